//! What the databases did with the program's own statements, as the program prepared them: PostgreSQL tells its plans, with
//! the rows that it went through, in its log; SQLite is asked for the plans of the statements that reached it.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use serde_json::Value;

use crate::{Database, Place, statements};

/// The variable that names the log of the PostgreSQL server.
const SERVER_LOG: &str = "BREVDUE_TEST_POSTGRES_LOG";

/// A statement of the program, and what a database did with it, or would do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its text, with places for values.
    pub statement: String,
    /// The tables and indexes that it goes through, in the database's own words.
    pub steps: BTreeSet<String>,
    /// The tables that it goes through from the first row on.
    pub whole: BTreeSet<String>,
    /// Whether a page of it is cut out of rows that are put in order first. Known of SQLite only: on PostgreSQL the rows that
    /// are read tell it.
    pub sorts: bool,
    /// The rows that were gone through. Zero on SQLite, which does not tell.
    pub rows_read: u64,
    /// Whether it was planned without its values.
    pub is_generic: bool,
}

impl Plan {
    /// Whether it asks for rows of a table.
    #[must_use]
    pub fn is_of(&self, table: &str) -> bool {
        let text = self.statement.to_lowercase().replace(['"', '`', '('], "");
        text.contains(&format!(" from {table} "))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { statement, steps, whole, sorts, rows_read, is_generic } = self;
        write!(f, "{rows_read} rows, whole {whole:?}, sorts {sorts}, generic {is_generic}: {steps:?}\n    {statement}")
    }
}

/// Looks over the shoulder of the database of a place.
pub struct PlanLog {
    database: Database,
    schema: String,
    sqlite_file: String,
    file: PathBuf,
    read_to: u64,
}

impl PlanLog {
    /// Begins to look. On SQLite before the program starts, for it hears of statements from connections that are made later.
    ///
    /// # Panics
    /// On PostgreSQL without the server's log in `BREVDUE_TEST_POSTGRES_LOG`: no test is skipped for want of it.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a setting of the tests themselves")]
    pub fn new(place: &Place) -> Self {
        let file = match place.database() {
            Database::Postgres => std::env::var(SERVER_LOG).unwrap_or_else(|_| {
                panic!("{SERVER_LOG} is not set: run ./test, which starts a server and names its log")
            }),
            Database::Sqlite => {
                statements::keep(&place.sqlite_file().to_string_lossy());
                String::new()
            }
        };
        let mut log = Self {
            database: place.database(),
            schema: place.schema().unwrap_or_default().to_owned(),
            sqlite_file: place.sqlite_file().to_string_lossy().into_owned(),
            file: file.into(),
            read_to: 0,
        };
        let _ = log.news();
        log
    }

    /// The plans of the statements that looked for rows and have run since this was asked before.
    ///
    /// # Panics
    /// When the database does not tell.
    pub fn plans(&mut self, place: &Place) -> Vec<Plan> {
        match self.database {
            Database::Postgres => {
                let news = self.news();
                told(&news).iter().filter(|plan| self.is_ours(plan)).filter_map(of_postgres).collect()
            }
            Database::Sqlite => {
                let statements = statements::taken(&self.sqlite_file);
                statements.into_iter().filter(|text| is_query(text)).map(|text| of_sqlite(place, text)).collect()
            }
        }
    }

    fn is_ours(&self, plan: &Value) -> bool {
        plan["Settings"]["search_path"].as_str().is_some_and(|path| path.trim_matches('"') == self.schema)
    }

    /// What has been written to the log since it was read before.
    fn news(&mut self) -> String {
        if self.database == Database::Sqlite {
            return String::new();
        }
        let mut file = std::fs::File::open(&self.file).expect("the server's log can be opened");
        file.seek(SeekFrom::Start(self.read_to)).expect("it can be read");
        let mut news = vec![];
        self.read_to += u64::try_from(file.read_to_end(&mut news).expect("it can be read")).expect("a size");
        String::from_utf8_lossy(&news).into_owned()
    }
}

/// The plans in a piece of a server's log: objects of JSON, each line of which begins with a tab.
fn told(log: &str) -> Vec<Value> {
    let (mut plans, mut lines) = (vec![], log.lines().peekable());
    while let Some(line) = lines.next() {
        if line.ends_with("  plan:") {
            let mut text = String::new();
            while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
                text.push_str(line);
            }
            plans.extend(serde_json::from_str::<Value>(&text));
        }
    }
    plans
}

/// Whether it looks for rows.
fn is_query(statement: &str) -> bool {
    ["SELECT", "DELETE"].iter().any(|word| statement.trim_start().to_uppercase().starts_with(word))
}

fn of_postgres(told: &Value) -> Option<Plan> {
    let statement = told["Query Text"].as_str()?.to_owned();
    let mut plan = Plan {
        statement,
        steps: BTreeSet::new(),
        whole: BTreeSet::new(),
        sorts: false,
        rows_read: 0,
        is_generic: told["Plan"].to_string().contains("$1"),
    };
    go_through(&told["Plan"], &mut plan);
    is_query(&plan.statement).then_some(plan)
}

fn go_through(node: &Value, plan: &mut Plan) {
    let text = |name: &str| node[name].as_str().unwrap_or_default();
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    let kind = text("Node Type");
    if kind.ends_with("Scan") {
        let rows = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        // What a bitmap names is read by the step above it.
        if kind != "Bitmap Index Scan" {
            plan.rows_read += (rows * number("Actual Loops").max(1.0)) as u64;
        }
        plan.steps.insert(format!("{kind} {} {}", text("Relation Name"), text("Index Name")));
        if kind == "Seq Scan" {
            plan.whole.insert(text("Relation Name").to_owned());
        }
    }
    node["Plans"].as_array().into_iter().flatten().for_each(|node| go_through(node, plan));
}

fn of_sqlite(place: &Place, statement: String) -> Plan {
    let steps: BTreeSet<String> = place.details(&format!("EXPLAIN QUERY PLAN {statement}")).into_iter().collect();
    let whole =
        steps.iter().filter_map(|step| step.strip_prefix("SCAN ")?.split(' ').next()).map(str::to_owned).collect();
    let sorts = steps.contains("USE TEMP B-TREE FOR ORDER BY") && statement.contains(" LIMIT ");
    Plan { statement, steps, whole, sorts, rows_read: 0, is_generic: false }
}

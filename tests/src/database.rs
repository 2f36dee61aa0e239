//! A place to start the program in: a database and a data folder of its own, gone at the end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use tempfile::TempDir;

use crate::{PostgresServer, statements};

/// The variable that names the PostgreSQL server, as a user that may create databases.
const SERVER_URL: &str = "BREVDUE_TEST_POSTGRES_URL";

/// The database of all stories. It stays, empty; making one for each story takes longer than most stories do.
const DATABASE: &str = "brevdue_test";

/// Which of the two databases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Database {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A database and a data folder that nobody else uses. Both go when this is dropped. On a server, the database is a
/// schema of its own, which is all that its connections see.
pub struct Place {
    folder: TempDir,
    /// Where it is on a server; none for SQLite.
    schema: Option<Schema>,
}

/// A schema on a server.
struct Schema {
    name: String,
    /// The address of its database.
    database: String,
}

#[derive(QueryableByName)]
struct NumberRow {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    text: String,
}

enum Connection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Connection {
    fn execute(&mut self, statements: &str) {
        match self {
            Self::Postgres(connection) => connection.batch_execute(statements),
            Self::Sqlite(connection) => connection.batch_execute(statements),
        }
        .expect("the statements work");
    }
}

/// A transaction of somebody else, which has not ended yet. Dropping it takes it back.
pub struct OpenTransaction(Connection);

impl OpenTransaction {
    /// Ends it well.
    pub fn commit(mut self) {
        self.0.execute("COMMIT");
    }
}

impl Place {
    /// Makes an empty one. Nothing has been migrated.
    ///
    /// # Panics
    /// Without a server in `BREVDUE_TEST_POSTGRES_URL`: no test is skipped for want of one.
    #[must_use]
    pub fn new(database: Database) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::Builder::new().prefix("brevdue-story-").tempdir().expect("a folder can be made");
        let schema = (database == Database::Postgres).then(|| {
            let schema = format!("story_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            Schema::make(schema, stories_url().to_owned())
        });
        Self { folder, schema }
    }

    /// Makes an empty one on a server of the story's own.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn on(server: &PostgresServer) -> Self {
        let folder = tempfile::Builder::new().prefix("brevdue-story-").tempdir().expect("a folder can be made");
        Self { folder, schema: Some(Schema::make("story".to_owned(), server.url())) }
    }

    /// Which database it is.
    #[must_use]
    pub fn database(&self) -> Database {
        if self.schema.is_some() { Database::Postgres } else { Database::Sqlite }
    }

    /// The folder of everything that the program writes there.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the bytes of attachments are.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.folder().join("blobs")
    }

    /// How many files the object store holds, for attachments and for uploads.
    ///
    /// # Panics
    /// When its folder cannot be read.
    #[must_use]
    pub fn blob_count(&self) -> usize {
        count_files(&self.blobs())
    }

    pub(crate) fn sqlite_file(&self) -> PathBuf {
        self.folder().join("brevdue.sqlite")
    }

    /// The name of the schema on the server; none for SQLite.
    pub(crate) fn schema(&self) -> Option<&str> {
        self.schema.as_ref().map(|schema| schema.name.as_str())
    }

    /// The address of the server's database in which the schema is.
    pub(crate) fn server_url(&self) -> &str {
        self.schema.as_ref().map(|schema| schema.database.as_str()).unwrap_or_default()
    }

    /// A connection to that database.
    fn server(&self) -> PgConnection {
        PgConnection::establish(self.server_url()).expect("PostgreSQL answers")
    }

    /// Takes the database away, as if there had never been one.
    ///
    /// # Panics
    /// When a program holds it.
    pub fn drop_database(&self) {
        match &self.schema {
            Some(Schema { name, .. }) => {
                self.server().batch_execute(&format!("DROP SCHEMA {name} CASCADE")).expect("it can be dropped");
            }
            None => {
                for ending in ["", "-wal", "-shm"] {
                    let file = self.folder().join(format!("brevdue.sqlite{ending}"));
                    assert!(std::fs::remove_file(&file).is_ok() || !file.exists(), "it can be removed");
                }
            }
        }
    }

    /// Makes an empty database where there is none.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn make_database(&self) {
        if let Some(Schema { name, .. }) = &self.schema {
            self.server().batch_execute(&format!("CREATE SCHEMA {name}")).expect("a schema can be made");
        }
    }

    /// The address of the database, as in the settings.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.schema {
            Some(Schema { name, database }) => format!("{database}?options=-csearch_path%3D{name}"),
            None => format!("sqlite:{}", self.sqlite_file().display()),
        }
    }

    /// Keeps the statements of programs that are started here from now on.
    pub fn keep_statements(&self) {
        statements::keep(&self.connected_to());
    }

    /// The statements that have come since this was asked before.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        statements::taken(&self.connected_to())
    }

    /// The address as connections name it.
    fn connected_to(&self) -> String {
        match &self.schema {
            Some(_) => self.url(),
            None => self.sqlite_file().to_string_lossy().into_owned(),
        }
    }

    /// The same address, for connections whose server writes the plans of their statements to its log, with what each step
    /// came to. `planning` is PostgreSQL's `plan_cache_mode`.
    #[must_use]
    pub fn explained_url(&self, planning: &str) -> String {
        let url = self.url();
        if self.schema.is_none() {
            return url;
        }
        let settings = [
            "session_preload_libraries=auto_explain",
            "auto_explain.log_min_duration=0",
            "auto_explain.log_analyze=on",
            "auto_explain.log_timing=off",
            "auto_explain.log_settings=on",
            "auto_explain.log_format=json",
            &format!("plan_cache_mode={planning}"),
        ];
        settings.iter().fold(url, |url, setting| format!("{url}%20-c{}", setting.replace('=', "%3D")))
    }

    /// The address of the database, as the store takes it.
    #[must_use]
    pub fn store_url(&self) -> persistence::DatabaseUrl {
        match &self.schema {
            Some(_) => persistence::DatabaseUrl::Postgres(self.url()),
            None => persistence::DatabaseUrl::Sqlite(self.sqlite_file()),
        }
    }

    /// The settings of a program that runs here, as variables of its environment: any free port, no limits in the way.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let data_folder = self.folder().display().to_string();
        [
            ("BREVDUE_LISTEN", "127.0.0.1:0"),
            ("BREVDUE_WORKERS", "1"),
            ("BREVDUE_DATA_FOLDER", &data_folder),
            ("BREVDUE_DATABASE__URL", &self.url()),
            ("BREVDUE_DATABASE__CONNECTIONS", "4"),
            // Far above what a loaded machine takes, so that no story fails for want of a processor.
            ("BREVDUE_DATABASE__ACQUIRE_TIMEOUT_MS", "20000"),
            ("BREVDUE_RATE_LIMIT__CITIZEN_PER_SECOND", "1000000"),
            ("BREVDUE_RATE_LIMIT__CITIZEN_BURST", "1000000"),
            ("BREVDUE_RATE_LIMIT__SYSTEM_PER_SECOND", "1000000"),
            ("BREVDUE_RATE_LIMIT__SYSTEM_BURST", "1000000"),
            ("BREVDUE_LIMITS__POWERS_A_DAY", "10000"),
            ("BREVDUE_LIMITS__POWER_NOTICES_OF_PAIR_A_DAY", "10000"),
            ("BREVDUE_LIMITS__POWER_NOTICES_A_DAY", "10000"),
            ("BREVDUE_LIMITS__WEBHOOK_TESTS_A_MINUTE", "1000"),
            ("BREVDUE_LOG__FILTER", "error"),
            // Stories that are not about the wait go on at once.
            ("BREVDUE_REGISTERED_POWERS__WAIT_HOURS", "0"),
            // At noon of a working day, so that no story depends on when it is told.
            ("BREVDUE_SANDBOX__NOW", "2026-11-24T11:00:00Z"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
    }

    fn connect(&self) -> Connection {
        match &self.schema {
            Some(_) => Connection::Postgres(PgConnection::establish(&self.url()).expect("PostgreSQL answers")),
            None => {
                let file = self.sqlite_file();
                let mut connection = SqliteConnection::establish(&file.to_string_lossy()).expect("the file opens");
                connection.batch_execute("PRAGMA busy_timeout = 10000").expect("a pragma");
                Connection::Sqlite(connection)
            }
        }
    }

    /// A time as it stands in a statement.
    #[must_use]
    pub fn time(&self, time: DateTime<Utc>) -> String {
        match self.database() {
            Database::Postgres => format!("'{}'::timestamptz", time.to_rfc3339()),
            Database::Sqlite => time.timestamp_micros().to_string(),
        }
    }

    /// An id, as statements write it.
    #[must_use]
    pub fn id(&self, id: &str) -> String {
        match self.database() {
            Database::Postgres => format!("'{id}'::uuid"),
            Database::Sqlite => format!("x'{}'", id.replace('-', "")),
        }
    }

    /// The number that a query gives, in a column named `number`.
    ///
    /// # Panics
    /// When the query fails.
    #[must_use]
    pub fn number(&self, query: &str) -> i64 {
        let rows: Vec<NumberRow> = match self.connect() {
            Connection::Postgres(mut connection) => diesel::sql_query(query).load(&mut connection),
            Connection::Sqlite(mut connection) => diesel::sql_query(query).load(&mut connection),
        }
        .expect("the query works");
        rows.first().map_or(0, |row| row.number)
    }

    /// The texts that a query gives, in a column named `text`.
    ///
    /// # Panics
    /// When the query fails.
    #[must_use]
    pub fn texts(&self, query: &str) -> Vec<String> {
        let rows: Vec<TextRow> = match self.connect() {
            Connection::Postgres(mut connection) => diesel::sql_query(query).load(&mut connection),
            Connection::Sqlite(mut connection) => diesel::sql_query(query).load(&mut connection),
        }
        .expect("the query works");
        rows.into_iter().map(|row| row.text).collect()
    }

    /// The lines of an explanation by SQLite.
    pub(crate) fn details(&self, query: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Detail {
            #[diesel(sql_type = Text)]
            detail: String,
        }
        let Connection::Sqlite(mut connection) = self.connect() else { return vec![] };
        let rows: Vec<Detail> = diesel::sql_query(query).load(&mut connection).expect("the query is explained");
        rows.into_iter().map(|row| row.detail).collect()
    }

    /// Runs statements.
    ///
    /// # Panics
    /// When one fails.
    pub fn execute(&self, statements: &str) {
        self.connect().execute(statements);
    }

    /// Runs statements in a transaction that stays open.
    ///
    /// # Panics
    /// When one fails.
    #[must_use]
    pub fn transaction(&self, statements: &str) -> OpenTransaction {
        let mut connection = self.connect();
        connection.execute("BEGIN");
        connection.execute(statements);
        OpenTransaction(connection)
    }

    /// Every column of the database, as `table.column`, without those of the migrations themselves.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        let query = match self.database() {
            Database::Postgres => {
                "SELECT table_name || '.' || column_name AS text FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_\\_%'"
            }
            Database::Sqlite => {
                "SELECT tables.name || '.' || columns.name AS text \
                 FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns \
                 WHERE tables.type = 'table' AND substr(tables.name, 1, 2) <> '__' AND tables.name NOT LIKE 'sqlite%'"
            }
        };
        let mut columns = self.texts(query);
        columns.sort();
        columns
    }

    /// Where everything lies that the program and its database have written: the data folder, and on a PostgreSQL of
    /// this machine the files of the database and the write-ahead log. Of a server elsewhere, a copy of all rows.
    ///
    /// # Panics
    /// When the database does not answer.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.folder().to_owned()];
        if self.database() == Database::Sqlite {
            return files;
        }
        self.execute("CHECKPOINT");
        let data = PathBuf::from(self.texts("SELECT current_setting('data_directory') AS text").concat());
        let database = "SELECT oid::bigint AS number FROM pg_database WHERE datname = current_database()";
        let database = self.number(database);
        let of_database = data.join("base").join(database.to_string());
        if of_database.is_dir() {
            files.extend([of_database, data.join("pg_wal"), data.join("log")]);
        } else {
            let tables: Vec<String> = self.row_counts().into_keys().collect();
            let rows = tables.iter().flat_map(|table| self.texts(&format!("SELECT t::text AS text FROM {table} AS t")));
            std::fs::write(self.folder().join("rows.txt"), rows.collect::<String>()).expect("the rows can be written");
        }
        files
    }

    /// How many rows each table has, in one query. Heartbeats are not counted: they come with the time alone.
    ///
    /// # Panics
    /// When the database does not answer.
    #[must_use]
    pub fn row_counts(&self) -> BTreeMap<String, i64> {
        // The same in every database of the stories.
        static TABLES: OnceLock<Vec<String>> = OnceLock::new();
        let tables = TABLES.get_or_init(|| {
            let mut tables: Vec<String> =
                self.columns().iter().filter_map(|column| Some(column.split_once('.')?.0.to_owned())).collect();
            tables.dedup();
            tables
        });
        let count = |table: &String| {
            let which = if table == "event" { " WHERE kind <> 'feed.heartbeat'" } else { "" };
            format!("SELECT '{table} ' || (SELECT count(*) FROM {table}{which}) AS text")
        };
        let query = tables.iter().map(count).collect::<Vec<_>>().join(" UNION ALL ");
        let told = |text: String| {
            let (table, count) = text.split_once(' ').expect("a table and a count");
            (table.to_owned(), count.parse().expect("a number"))
        };
        self.texts(&query).into_iter().map(told).collect()
    }
}

impl Schema {
    fn make(name: String, database: String) -> Self {
        let mut server = PgConnection::establish(&database).expect("the database of the stories answers");
        server.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE")).expect("it can be dropped");
        server.batch_execute(&format!("CREATE SCHEMA {name}")).expect("a schema can be made");
        Self { name, database }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(Schema { name, database }) = &self.schema else { return };
        // A server of the story's own may be gone already, and goes with all that it has.
        let Ok(mut server) = PgConnection::establish(database) else { return };
        // The program that ran here may still be at its background work, and hold a table that the drop wants while it
        // waits for one that the drop has. The server breaks one of the two off; then it is the drop's turn again.
        let dropped = (0..10)
            .map(|_| server.batch_execute(&format!("DROP SCHEMA {name} CASCADE")))
            .find(|dropped| !matches!(dropped, Err(error) if error.to_string().contains("deadlock")));
        if let Some(Err(error)) = dropped
            && !std::thread::panicking()
        {
            panic!("the database of a story could not be dropped: {error}");
        }
    }
}

/// The texts that a query gives over a connection that the story holds, in a column named `text`.
///
/// # Panics
/// When the query fails.
pub fn texts_of(connection: &mut PgConnection, query: &str) -> Vec<String> {
    let rows: Vec<TextRow> = diesel::sql_query(query).load(connection).expect("the query works");
    rows.into_iter().map(|row| row.text).collect()
}

/// The address of the database of all stories, which is made by the first of them.
fn stories_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let url = server_url();
        let mut server = PgConnection::establish(&url).expect("the PostgreSQL of BREVDUE_TEST_POSTGRES_URL answers");
        match server.batch_execute(&format!("CREATE DATABASE {DATABASE}")) {
            Ok(()) => {}
            // Left by others, or made by others at this very moment.
            Err(error) if error.to_string().contains("already exists") => {}
            Err(error) => panic!("the database of the stories cannot be made: {error}"),
        }
        with_database(&url, DATABASE)
    })
}

#[expect(clippy::disallowed_methods, reason = "the one setting of the tests themselves")]
fn server_url() -> String {
    std::env::var(SERVER_URL).unwrap_or_else(|_| panic!("{SERVER_URL} is not set: run ./test, which starts a server"))
}

/// The address of another database on the same server, without parameters.
fn with_database(url: &str, name: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("an address starts with postgres://");
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    format!("{scheme}://{authority}/{name}")
}

fn count_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("the folder is there").flatten();
    entries.map(|entry| if entry.path().is_dir() { count_files(&entry.path()) } else { 1 }).sum()
}

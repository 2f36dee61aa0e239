//! The database of a run: made for it, looked into, and dropped.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::deserialize::QueryableByName;
use diesel::pg::{CopyFormat, Pg, PgConnection};
use diesel::sql_types::{BigInt, Integer, Text};
use diesel::{Connection as _, ExecuteCopyFromDsl as _, RunQueryDsl as _, copy_from, sql_query};
use uuid::Uuid;

use crate::server::STARTS_AT;
use crate::{Result, processes};

/// How long the backlog of a round may take. Past that something is wrong.
const MOST_PATIENCE: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A fresh database on a PostgreSQL server. It is dropped with this.
pub(crate) struct Database {
    connection: PgConnection,
    server_url: String,
    url: String,
    name: String,
    /// The server's first process, where it runs on this machine.
    postmaster: Option<u32>,
}

#[derive(QueryableByName)]
struct One {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct Process {
    #[diesel(sql_type = Integer)]
    value: i32,
}

diesel::table! {
    told (person_hash) {
        person_hash -> Binary,
        is_closed -> Bool,
    }
}

/// A citizen of an exchange, as the database knows them.
#[derive(QueryableByName)]
pub(crate) struct ToldRow {
    #[diesel(sql_type = Text)]
    pub(crate) hash: String,
}

impl Database {
    pub(crate) fn create(server_url: &str) -> Result<Self> {
        let name = format!("brevdue_load_{}", Uuid::now_v7().simple());
        let url = replace_database(server_url, &name)?;
        PgConnection::establish(server_url)?.batch_execute(&format!("CREATE DATABASE {name}"))?;
        let mut connection = PgConnection::establish(&url)?;
        let Process { value } = sql_query("SELECT pg_backend_pid() AS value").get_result(&mut connection)?;
        let backend = u32::try_from(value)?;
        let is_here = processes::name(backend).is_some_and(|name| name == "postgres");
        let postmaster = if is_here { processes::parent(backend) } else { None };
        Ok(Self { connection, server_url: server_url.to_owned(), url, name, postmaster })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A speed of a server that may forget what it has confirmed says nothing.
    pub(crate) fn require_durability(&mut self) -> Result<()> {
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value = self.text(&format!("SELECT current_setting('{setting}') AS value"))?;
            if value != "on" {
                return Err(format!("{setting} is {value}: measure with {setting} = on").into());
            }
        }
        Ok(())
    }

    pub(crate) fn execute(&mut self, statements: &str) -> Result<()> {
        Ok(self.connection.batch_execute(statements)?)
    }

    /// The column `value` of a single row.
    pub(crate) fn text(&mut self, query: &str) -> Result<String> {
        Ok(sql_query(query).get_result::<One>(&mut self.connection)?.value)
    }

    /// The column `value` of a single row.
    pub(crate) fn count(&mut self, query: &str) -> Result<u64> {
        Ok(u64::try_from(sql_query(query).get_result::<Count>(&mut self.connection)?.value)?)
    }

    pub(crate) fn load<T: QueryableByName<Pg> + 'static>(&mut self, query: &str) -> Result<Vec<T>> {
        Ok(sql_query(query).load(&mut self.connection)?)
    }

    /// Who receives a service, as `COPY` takes them.
    pub(crate) fn told_hashes(&mut self, service: &str) -> Result<Vec<ToldRow>> {
        self.load(&format!("SELECT person_hash::text AS hash FROM relationship WHERE service_id = '{service}'"))
    }

    /// Copies rows of comma-separated values into the table `told` of this connection.
    pub(crate) fn copy_told(&mut self, rows: &[u8]) -> Result<()> {
        copy_from(told::table)
            .from_raw_data((told::person_hash, told::is_closed), |copy| {
                copy.write_all(rows).map_err(|error| diesel::result::Error::SerializationError(error.into()))
            })
            .with_format(CopyFormat::Csv)
            .execute(&mut self.connection)?;
        Ok(())
    }

    /// All of it, or nothing.
    pub(crate) fn in_transaction(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.execute("BEGIN")?;
        work(self)?;
        self.execute("COMMIT")
    }

    /// Waits until the program has nothing left to do, then writes everything through: what one half of a round left
    /// behind is not for the other to carry.
    pub(crate) fn settle(&mut self) -> Result<()> {
        // By the server's clock: what is due within a day, but for what waits for weeks.
        self.wait_for_jobs(&format!("run_at <= timestamptz '{STARTS_AT}' + interval '1 day'"), 0)?;
        self.execute("CHECKPOINT")
    }

    /// Waits until at most so many of such jobs are left.
    pub(crate) fn wait_for_jobs(&mut self, which: &str, at_most: u64) -> Result<()> {
        let started = Instant::now();
        while self.count(&format!("SELECT count(*) AS value FROM job WHERE {which}"))? > at_most {
            if started.elapsed() > MOST_PATIENCE {
                return Err("the program does not finish its jobs".into());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Processor time that the database server has used; none where it runs elsewhere.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        self.postmaster.and_then(|pid| processes::cpu_of_family(pid).ok())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let dropped = PgConnection::establish(&self.server_url).map_err(|error| error.to_string()).and_then(|mut c| {
            let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            c.batch_execute(&statement).map_err(|error| error.to_string())
        });
        if let Err(error) = dropped {
            eprintln!("load: the database {} is left behind: {error}", self.name);
        }
    }
}

/// The same server, another database.
fn replace_database(url: &str, name: &str) -> Result<String> {
    let (address, options) = url.split_once('?').map_or((url, None), |(address, options)| (address, Some(options)));
    let start = address.find("://").ok_or("a database URL begins with postgres://")? + 3;
    let end = address[start..].find('/').map_or(address.len(), |slash| start + slash);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    Ok(format!("{}/{name}{options}", &address[..end]))
}

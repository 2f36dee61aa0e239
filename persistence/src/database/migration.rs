//! Migrations: one folder for each backend, compiled in.
//!
//! On PostgreSQL they wait for locks briefly and often, because whoever wants a table waits behind a migration that waits.
//! An index on a table that grows is made with `CREATE INDEX CONCURRENTLY`, alone in its file, with `run_in_transaction = false`
//! in `metadata.toml` beside it; one that broke off is dropped and made again (ADR 24).

use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::migration::MigrationSource;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, FileBasedMigrations, MigrationHarness, embed_migrations};

use crate::database::{Connection, DatabaseUrl, OwnConnection};
use crate::error::StoreError;

const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");

/// One process migrates a schema at a time. It is asked for again and again: a statement that waits for it would stand in the
/// way of `CREATE INDEX CONCURRENTLY`.
const POSTGRES_LOCK: &str =
    "SELECT pg_try_advisory_lock(hashtextextended('brevdue migrates ' || current_schema(), 0)) AS is_ours";
/// How long until it is asked for again.
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// How long a statement waits for a table. Everybody who wants the table waits behind it meanwhile.
const LOCK_TIMEOUT: &str = "SET lock_timeout = '2s'";
/// How long those who waited behind it have before it is tried again.
const TABLE_PAUSE: Duration = Duration::from_secs(1);
/// After how many pauses of a second it is given up. A try at a table takes two seconds besides.
const MOST_PAUSES: u32 = 600;

/// Why a migration did not happen.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A migration failed. It was rolled back.
    #[error("a migration failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Somebody else has held what it needs for all the time that it waits.
    #[error("a migration waited in vain for {0}: see pg_stat_activity for who holds it, and run it again")]
    Waited(&'static str),
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    is_ours: bool,
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Applies what has not been applied. Says how many that were.
///
/// # Errors
/// The database away, a migration that fails, or a lock that does not come free.
pub fn migrate(url: &DatabaseUrl) -> Result<usize, MigrationError> {
    apply_to(url, POSTGRES, SQLITE)
}

/// Applies the migrations of a folder, as [`migrate`] does those of the program. For trying migrations out.
///
/// # Errors
/// As [`migrate`]; and a folder that cannot be read.
pub fn migrate_folder(url: &DatabaseUrl, folder: &std::path::Path) -> Result<usize, MigrationError> {
    let source = || FileBasedMigrations::from_path(folder).map_err(|error| MigrationError::Failed(Box::new(error)));
    apply_to(url, source()?, source()?)
}

fn apply_to(
    url: &DatabaseUrl,
    postgres: impl MigrationSource<Pg>,
    sqlite: impl MigrationSource<Sqlite>,
) -> Result<usize, MigrationError> {
    match OwnConnection::establish(url)? {
        OwnConnection::Postgres(mut connection) => apply(&mut connection, postgres),
        OwnConnection::Sqlite(mut connection) => {
            connection.run_pending_migrations(sqlite).map(|applied| applied.len()).map_err(MigrationError::Failed)
        }
    }
}

/// Applies what is pending, one at a time, each tried until it gets its locks.
fn apply(connection: &mut PgConnection, source: impl MigrationSource<Pg>) -> Result<usize, MigrationError> {
    lock(connection)?;
    connection.batch_execute(LOCK_TIMEOUT).map_err(StoreError::from)?;
    let pending = connection.pending_migrations(source).map_err(MigrationError::Failed)?;
    for migration in &pending {
        let name = migration.name().to_string();
        until_free("a table", &name, TABLE_PAUSE, || {
            drop_broken_indexes(connection)?;
            match connection.run_migration(migration) {
                Ok(_) => Ok(true),
                Err(error) if waited_for_a_lock(error.as_ref()) => Ok(false),
                Err(error) => Err(MigrationError::Failed(error)),
            }
        })?;
    }
    Ok(pending.len())
}

fn lock(connection: &mut PgConnection) -> Result<(), MigrationError> {
    until_free("another process that migrates", "", LOCK_PAUSE, || {
        let locked: Locked = diesel::sql_query(POSTGRES_LOCK).get_result(connection).map_err(StoreError::from)?;
        Ok(locked.is_ours)
    })
}

/// Tries until it succeeds, and says what it waits for, in the log once a second and in the error.
fn until_free(
    what: &'static str,
    name: &str,
    pause: Duration,
    mut attempt: impl FnMut() -> Result<bool, MigrationError>,
) -> Result<(), MigrationError> {
    let in_a_second = 1000 / u32::try_from(pause.as_millis()).unwrap_or(1000).clamp(1, 1000);
    for number in 0..MOST_PAUSES * in_a_second {
        if attempt()? {
            return Ok(());
        }
        if number % in_a_second == 0 {
            tracing::warn!(migration = name, "migrating waits for {what}");
        }
        thread::sleep(pause);
    }
    Err(MigrationError::Waited(what))
}

/// An index whose making broke off is there, and is not used. The migration that makes it is not on record as applied.
fn drop_broken_indexes(connection: &mut PgConnection) -> Result<(), MigrationError> {
    // Those of a REINDEX that runs belong to who runs it.
    const BROKEN: &str = "SELECT quote_ident(relname) AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
         WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace AND relname !~ '_cc(new|old)[0-9]*$'";
    let broken: Vec<Index> = diesel::sql_query(BROKEN).load(connection).map_err(StoreError::from)?;
    for Index { name } in broken {
        tracing::warn!(index = name, "an index that broke off is made again");
        connection.batch_execute(&format!("DROP INDEX IF EXISTS {name}")).map_err(StoreError::from)?;
    }
    Ok(())
}

fn waited_for_a_lock(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.to_string().contains("lock timeout"))
}

/// Takes every migration back. All data is lost.
///
/// # Errors
/// The database away, or a migration that fails.
pub fn revert_all(url: &DatabaseUrl) -> Result<(), MigrationError> {
    match OwnConnection::establish(url)? {
        OwnConnection::Postgres(mut connection) => {
            lock(&mut connection)?;
            connection.revert_all_migrations(POSTGRES).map(|_| ())
        }
        OwnConnection::Sqlite(mut connection) => connection.revert_all_migrations(SQLITE).map(|_| ()),
    }
    .map_err(MigrationError::Failed)
}

/// Whether there is something to apply.
///
/// # Errors
/// The database away.
pub(crate) fn is_pending(url: &DatabaseUrl) -> Result<bool, MigrationError> {
    match OwnConnection::establish(url)? {
        OwnConnection::Postgres(mut connection) => connection.has_pending_migration(POSTGRES),
        OwnConnection::Sqlite(mut connection) => connection.has_pending_migration(SQLITE),
    }
    .map_err(MigrationError::Failed)
}

/// Whether no migration has been applied.
///
/// # Errors
/// The database away.
pub(crate) fn is_new(url: &DatabaseUrl) -> Result<bool, MigrationError> {
    match OwnConnection::establish(url)? {
        OwnConnection::Postgres(mut connection) => connection.applied_migrations().map(|applied| applied.is_empty()),
        OwnConnection::Sqlite(mut connection) => connection.applied_migrations().map(|applied| applied.is_empty()),
    }
    .map_err(MigrationError::Failed)
}

/// Whether the last migration of this release is on record: one statement, for those who ask often.
pub(crate) fn is_applied(connection: &mut Connection) -> Result<bool, StoreError> {
    const OF: &str = "SELECT count(*) AS number FROM __diesel_schema_migrations WHERE version = ";
    let applied: Count = match connection {
        Connection::Postgres(link) => diesel::sql_query(format!("{OF}$1"))
            .bind::<Text, _>(latest::<Pg>(&POSTGRES)?)
            .get_result(&mut **link as &mut PgConnection)?,
        Connection::Sqlite(link, _) => diesel::sql_query(format!("{OF}?"))
            .bind::<Text, _>(latest::<diesel::sqlite::Sqlite>(&SQLITE)?)
            .get_result(&mut **link as &mut SqliteConnection)?,
    };
    Ok(applied.number == 1)
}

fn latest<DB: diesel::backend::Backend>(source: &impl MigrationSource<DB>) -> Result<String, StoreError> {
    let unreadable = |_| StoreError::Corrupt { what: "migration" };
    let migrations = source.migrations().map_err(unreadable)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).max().unwrap_or_default())
}

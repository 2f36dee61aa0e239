//! Migrations: one folder for each backend, compiled in.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::database::{DatabaseUrl, OwnConnection};
use crate::error::StoreError;

const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");

/// One process migrates at a time; a second one waits here and then finds nothing to do.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_lock(4242640103)";

/// Why a migration did not happen.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A migration failed. It was rolled back.
    #[error("a migration failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Applies what has not been applied. Says how many that were.
///
/// # Errors
/// The database away, or a migration that fails.
pub fn migrate(url: &DatabaseUrl) -> Result<usize, MigrationError> {
    let applied = match own_connection(url)? {
        OwnConnection::Postgres(mut connection) => {
            lock(&mut connection)?;
            connection.run_pending_migrations(POSTGRES).map(|applied| applied.len())
        }
        OwnConnection::Sqlite(mut connection) => connection.run_pending_migrations(SQLITE).map(|applied| applied.len()),
    };
    applied.map_err(MigrationError::Failed)
}

/// Takes every migration back. All data is lost.
///
/// # Errors
/// The database away, or a migration that fails.
pub fn revert_all(url: &DatabaseUrl) -> Result<(), MigrationError> {
    match own_connection(url)? {
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
    match own_connection(url)? {
        OwnConnection::Postgres(mut connection) => connection.has_pending_migration(POSTGRES),
        OwnConnection::Sqlite(mut connection) => connection.has_pending_migration(SQLITE),
    }
    .map_err(MigrationError::Failed)
}

fn own_connection(url: &DatabaseUrl) -> Result<OwnConnection, StoreError> {
    OwnConnection::establish(url)
}

fn lock(connection: &mut PgConnection) -> Result<(), StoreError> {
    diesel::sql_query(POSTGRES_LOCK).execute(connection)?;
    Ok(())
}

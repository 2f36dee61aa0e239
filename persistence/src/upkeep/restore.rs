//! Database and attachments that are not of the same moment, or not of the same installation.
//!
//! The attachments have a mark with the database's id and the generation at which it was last seen. The database counts its
//! generations, at each start and each sweep, and notes them there afterwards. So a mark of another id means another
//! installation's attachments: the store does not open. A mark of a higher generation means a database that has lost its
//! last hours, by a restore or a failover: it is taken for a restored one, without being asked.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::Store;
use crate::blob::{BlobError, BlobSettings, BlobStore, Mark};
use crate::chain::Chain;
use crate::database::migration;
use crate::database::{Connection, DatabaseUrl, Pool};
use crate::error::{Failure, StoreError};
use crate::feeds::feed;
use crate::store::OpenError;
use crate::upkeep::installation;
use crate::upkeep::loose_blob;

/// How long a connection is waited for.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Whose attachments have been made this database's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Adopted {
    /// The database.
    pub database: uuid::Uuid,
    /// The one that they belonged to; none where nothing said so.
    pub before: Option<uuid::Uuid>,
}

/// Makes the attachments of a store those of a database, whatever they were. For an operator who knows that they belong
/// together.
///
/// # Errors
/// The database or the attachments away, or the database not up to date.
pub async fn adopt_attachments(
    database: &DatabaseUrl,
    blobs: &BlobSettings,
    now: DateTime<Utc>,
) -> Result<Adopted, OpenError> {
    if migration::is_pending(database)? {
        return Err(OpenError::MigrationsPending);
    }
    let blobs = BlobStore::open(blobs)?;
    let before = match blobs.mark().await {
        Err(BlobError::Unmarked) => None,
        other => other?.map(|mark| mark.database),
    };
    let mark =
        Pool::new(database, 1, ACQUIRE_TIMEOUT).get()?.write(|connection| installation::mark(connection, now))?;
    blobs.set_mark(mark).await?;
    Ok(Adopted { database: mark.database, before })
}

/// Goes on with a database that has been restored, beside attachments that may have seen a later time of it. For an operator
/// who has restored it; where the attachments tell, the program does it by itself.
///
/// # Errors
/// The database or the attachments away, the database not up to date, or the attachments another database's.
pub async fn begin_after_restore(
    database: &DatabaseUrl,
    blobs: &BlobSettings,
    now: DateTime<Utc>,
) -> Result<(), OpenError> {
    if migration::is_pending(database)? {
        return Err(OpenError::MigrationsPending);
    }
    let blobs = BlobStore::open(blobs)?;
    let mut connection = Pool::new(database, 1, ACQUIRE_TIMEOUT).get()?;
    let own = connection.write(|connection| installation::mark(connection, now))?;
    let seen = blobs.bind(own).await.map_err(not_bound)?;
    let mark = connection.write(|connection| {
        begin_anew(connection, now)?;
        installation::advance(connection, seen)
    })?;
    Ok(blobs.set_mark(mark).await?)
}

fn not_bound(error: BlobError) -> OpenError {
    match error {
        BlobError::Foreign(_) | BlobError::Unmarked | BlobError::Emptied => OpenError::NotOurs(error),
        BlobError::Unavailable(_) | BlobError::Corrupt | BlobError::NotFound => OpenError::Blobs(error),
    }
}

/// Readers of the feeds hear that this is not the database they knew, and no bytes are deleted before an operator has had a
/// week to think again.
fn begin_anew(connection: &mut Connection, now: DateTime<Utc>) -> Result<(), StoreError> {
    feed::begin_after_restore(connection, now)?;
    loose_blob::wait_again(connection, now)
}

impl Store {
    /// Makes sure that the attachments are this database's, and begins anew where they have seen a later time of it.
    pub(crate) async fn bind_blobs(&self, now: DateTime<Utc>) -> Result<(), OpenError> {
        let own: Mark = self.run(move |_, connection| Ok(connection.write(|c| installation::mark(c, now))?)).await?;
        let seen = match self.inner.blobs.bind(own).await {
            Ok(generation) => generation,
            Err(error @ BlobError::Unavailable(_)) => {
                // Looked at again before anything is written there.
                tracing::error!(error = %Chain(&error), "the store of attachments is away");
                return Ok(());
            }
            Err(error) => return Err(not_bound(error)),
        };
        if seen > own.generation {
            tracing::error!(
                database.generation = own.generation,
                attachments.generation = seen,
                "the database is older than its attachments: it is taken for a restored one (docs/restore.md)"
            );
            self.run(move |_, connection| Ok(connection.write(|connection| begin_anew(connection, now))?)).await?;
            self.inner.events.notify_one();
        }
        Ok(self.note_generation(seen).await?)
    }

    /// Takes the database on by a generation, at least past one that was seen, and notes it beside the attachments: never
    /// there first, so that a database which lost its last writes is found to be the older one.
    pub(crate) async fn note_generation(&self, seen: i64) -> Result<(), Failure> {
        let mark = self.run(move |_, connection| Ok(connection.write(|c| installation::advance(c, seen))?)).await?;
        Ok(self.inner.blobs.set_mark(mark).await.map_err(StoreError::from)?)
    }
}

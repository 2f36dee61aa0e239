//! Whose bytes these are: an object beside them that names their database.
//!
//! In a folder it also tells the folder from the empty place where it is mounted: without it, bytes would be written where
//! nobody finds them again.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{BlobError, BlobStore};

/// Not a name that a blob can have.
pub(super) const MARK: &str = ".brevdue-blobs";

/// What the store of attachments says of its database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The id of the database.
    pub(crate) database: Uuid,
    /// How far the database had come when this was written. It grows with each start and each sweep.
    pub(crate) generation: i64,
}

/// The database that a process has opened the store for, and whether the store has turned out to be that database's.
#[derive(Default)]
pub(super) struct Owner {
    mark: OnceLock<Mark>,
    is_known: AtomicBool,
}

impl BlobStore {
    /// Makes sure that the bytes here are those of a database, and gives the generation at which it was last seen. A
    /// store without bytes becomes that of a database that has not had one.
    ///
    /// # Errors
    /// The store is another database's, or it cannot be told whose it is; or it is not available.
    pub(crate) async fn bind(&self, own: Mark) -> Result<i64, BlobError> {
        let own = *self.owner.mark.get_or_init(|| own);
        let generation = match self.mark().await? {
            Some(found) if found.database == own.database => found.generation,
            Some(found) => return Err(BlobError::Foreign(found.database)),
            None if !self.is_empty().await? => return Err(BlobError::Unmarked),
            None if own.generation > 0 => return Err(BlobError::Emptied),
            None => {
                self.set_mark(own).await?;
                own.generation
            }
        };
        self.owner.is_known.store(true, Ordering::Release);
        Ok(generation)
    }

    /// The mark; nothing where there is none.
    pub(crate) async fn mark(&self) -> Result<Option<Mark>, BlobError> {
        let found = async { self.store.get(&mark_path()).await?.bytes().await }.await.map_err(BlobError::from);
        match found {
            Ok(content) => serde_json::from_slice(&content).map(Some).map_err(|_| BlobError::Unmarked),
            Err(BlobError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the mark, whatever it said before.
    pub(crate) async fn set_mark(&self, mark: Mark) -> Result<(), BlobError> {
        let content = serde_json::to_vec(&mark).map_err(BlobError::unavailable)?;
        self.store.put(&mark_path(), Bytes::from(content).into()).await.map_err(BlobError::unavailable)?;
        Ok(())
    }

    /// Whether there are no bytes, neither in their places nor in the trash.
    async fn is_empty(&self) -> Result<bool, BlobError> {
        Ok(std::pin::pin!(self.list()).try_next().await?.is_none())
    }

    /// Before bytes are written or moved: that they go to where those of this database are. A bucket that was away at the
    /// start is looked at here; a folder each time, for it can be unmounted.
    pub(super) async fn check_owner(&self) -> Result<(), BlobError> {
        match (self.owner.is_known.load(Ordering::Acquire), self.owner.mark.get()) {
            (false, Some(own)) => self.bind(*own).await.map(drop),
            (true, _) | (false, None) => self.check_folder().await,
        }
    }

    /// That the folder is the one that was opened: not deleted, and not the empty place where it was mounted.
    pub(super) async fn check_folder(&self) -> Result<(), BlobError> {
        match &self.folder {
            Some(folder) => tokio::fs::metadata(folder.join(MARK)).await.map(drop).map_err(BlobError::unavailable),
            None => Ok(()),
        }
    }
}

fn mark_path() -> Path {
    Path::from(MARK)
}

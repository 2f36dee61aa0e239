//! The bytes of attachments: encrypted, in a local folder or an S3 bucket, and never whole in memory.
//!
//! A blob is written once and never changed. It is written before the row that names it, so a crash leaves a blob
//! without a row and never a row without its blob. Nothing is deleted here at once but what was never named: the rest goes
//! through the trash.
//!
//! Deliberately not here: who may read what, and what the bytes mean.

mod chunks;
mod mark;
mod read;
mod reader;
mod settings;
#[cfg(test)]
mod tests;
mod trash;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use mark::Owner;
use trash::trash_path_of;

pub(crate) use mark::Mark;
pub use settings::BlobSettings;
pub(crate) use write::PutError;

use crate::work::threads::cores;

/// Where the readiness check writes, the same bytes each time. Not a name that a blob can have.
const CHECK: &str = "check";

/// Why bytes cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The store does not answer, is full or refuses. Worth trying again.
    #[error("the store of attachments is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The bytes are not those that were written. Trying again does not help.
    #[error("a stored attachment is damaged")]
    Corrupt,
    /// There are no such bytes.
    #[error("there is no such stored attachment")]
    NotFound,
    /// The bytes are those of another database.
    #[error("the attachments there are those of database {0}")]
    Foreign(Uuid),
    /// There are bytes, and nothing says whose.
    #[error("there are attachments there and nothing that says of which database")]
    Unmarked,
    /// There is nothing, where this database has had its bytes before.
    #[error("there is nothing there, and this database has had attachments: is the volume mounted?")]
    Emptied,
}

impl BlobError {
    fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound,
            other => Self::unavailable(other),
        }
    }
}

/// A blob that is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Listed {
    pub(crate) id: Uuid,
    /// Whether it lies in the trash.
    pub(crate) is_trashed: bool,
}

/// The store of attachment bytes. Cloning is cheap.
#[derive(Clone)]
pub(crate) struct BlobStore {
    store: Arc<dyn ObjectStore>,
    /// The folder, where it is a local one.
    folder: Option<PathBuf>,
    /// How many chunks are written at a time.
    chunks_per_part: usize,
    owner: Arc<Owner>,
    /// Room for steps on files, each of which takes a thread for a moment.
    room: Arc<Semaphore>,
}

/// The most steps on files at a time, and how many there are for each core: a disk is not quicker for more, and the threads
/// that they take, each with buffers of its own, are the database's as well.
const MOST_STEPS: usize = 16;
const STEPS_PER_CORE: usize = 2;

/// How many threads the steps on files take at the most.
#[must_use]
pub fn steps_at_a_time() -> usize {
    (STEPS_PER_CORE * cores()).min(MOST_STEPS)
}

impl BlobStore {
    /// Whether there are bytes under this id.
    ///
    /// # Errors
    /// The store is not available.
    pub(crate) async fn exists(&self, id: Uuid) -> Result<bool, BlobError> {
        match self.store.head(&path_of(id)).await.map_err(BlobError::from) {
            Ok(_) => Ok(true),
            Err(BlobError::NotFound) => self.check_folder().await.map(|()| false),
            Err(error) => Err(error),
        }
    }

    /// Deletes bytes that this process has just written and that nothing has ever named. That there are none is fine.
    ///
    /// # Errors
    /// The store is not available.
    pub(crate) async fn delete(&self, id: Uuid) -> Result<(), BlobError> {
        match self.store.delete(&path_of(id)).await.map_err(BlobError::from) {
            Err(BlobError::NotFound) => self.check_folder().await,
            other => other,
        }
    }

    /// Every stored blob, in the trash too, in no order.
    pub(crate) fn list(&self) -> impl Stream<Item = Result<Listed, BlobError>> + Send + 'static + use<> {
        self.store.list(None).map_err(BlobError::from).try_filter_map(|object| async move {
            let id = object.location.filename().and_then(|name| Uuid::try_parse(name).ok());
            Ok(id.and_then(|id| {
                let is_trashed = object.location == trash_path_of(id);
                (is_trashed || object.location == path_of(id)).then_some(Listed { id, is_trashed })
            }))
        })
    }

    /// Writes and reads a few bytes, so that a store that is away, full or read-only is noticed.
    ///
    /// # Errors
    /// The store is not available.
    pub(crate) async fn check(&self) -> Result<(), BlobError> {
        const CONTENT: &[u8] = b"check";
        self.check_owner().await?;
        let path = Path::from(CHECK);
        self.store.put(&path, Bytes::from_static(CONTENT).into()).await.map_err(BlobError::unavailable)?;
        let read = async { self.store.get(&path).await?.bytes().await }.await.map_err(BlobError::unavailable)?;
        if read == CONTENT { Ok(()) } else { Err(BlobError::Corrupt) }
    }

    /// Waits for room for a step on a file. A step that waits for a network takes no thread, and none is given.
    async fn enter(&self) -> Option<OwnedSemaphorePermit> {
        self.folder.as_ref()?;
        Arc::clone(&self.room).acquire_owned().await.ok()
    }
}

impl std::fmt::Debug for BlobStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BlobStore(…)")
    }
}

/// Two levels of folders by the last bytes of the id, which are random where the first ones are the time.
fn path_of(id: Uuid) -> Path {
    let [.., last_but_one, last] = id.into_bytes();
    Path::from_iter([format!("{last:02x}"), format!("{last_but_one:02x}"), id.to_string()])
}

/// The stream of [`futures_util`] under a name that says what is in it.
type ByteStream = futures_util::stream::BoxStream<'static, Result<Bytes, BlobError>>;

/// A stream that only tells what is wrong.
fn failed(error: BlobError) -> ByteStream {
    futures_util::stream::once(async { Err(error) }).boxed()
}

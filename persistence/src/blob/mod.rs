//! The bytes of attachments: encrypted, in a local folder or an S3 bucket, and never whole in memory.
//!
//! A blob is written once and never changed. It is written before the row that names it, so a crash leaves a blob
//! without a row and never a row without its blob; what has no row is found by [`BlobStore::list`].
//!
//! Deliberately not here: who may read what, and what the bytes mean.

mod abandoned;
mod chunks;
mod read;
mod reader;
mod settings;
#[cfg(test)]
mod tests;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use uuid::Uuid;

pub use reader::BlobReader;
pub use settings::BlobSettings;
pub use write::{PutError, StoredBlob};

/// A file in a local folder that tells it from an empty mount point: without it, bytes would be written where nobody
/// finds them again.
const MARKER: &str = ".brevdue-blobs";

/// Where the readiness check writes. Not a name that a blob can have.
const CHECK_PREFIX: &str = "check";

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

/// The store of attachment bytes. Cloning is cheap.
#[derive(Clone)]
pub struct BlobStore {
    store: Arc<dyn ObjectStore>,
    /// The folder, where it is a local one.
    folder: Option<PathBuf>,
    /// How many chunks are written at a time.
    chunks_per_part: usize,
}

impl BlobStore {
    /// Whether there are bytes under this id.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn exists(&self, id: Uuid) -> Result<bool, BlobError> {
        match self.store.head(&path_of(id)).await.map_err(BlobError::from) {
            Ok(_) => Ok(true),
            Err(BlobError::NotFound) => self.check_folder().await.map(|()| false),
            Err(error) => Err(error),
        }
    }

    /// Deletes bytes. That there are none is fine.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn delete(&self, id: Uuid) -> Result<(), BlobError> {
        match self.store.delete(&path_of(id)).await.map_err(BlobError::from) {
            Err(BlobError::NotFound) => self.check_folder().await,
            other => other,
        }
    }

    /// Every stored blob with the time at which it was written, in no order.
    pub fn list(&self) -> impl Stream<Item = Result<(Uuid, DateTime<Utc>), BlobError>> + Send + 'static + use<> {
        self.store.list(None).map_err(BlobError::from).try_filter_map(|object| async move {
            let id = object.location.filename().and_then(|name| Uuid::try_parse(name).ok());
            Ok(id.filter(|id| path_of(*id) == object.location).map(|id| (id, object.last_modified)))
        })
    }

    /// Writes, reads and deletes a few bytes, so that a store that is away, full or read-only is noticed.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn check(&self) -> Result<(), BlobError> {
        const CONTENT: &[u8] = b"check";
        self.check_folder().await?;
        let path = Path::from_iter([CHECK_PREFIX.to_owned(), Uuid::now_v7().to_string()]);
        self.store.put(&path, Bytes::from_static(CONTENT).into()).await.map_err(BlobError::unavailable)?;
        let read = async { self.store.get(&path).await?.bytes().await }.await;
        self.store.delete(&path).await.map_err(BlobError::unavailable)?;
        match read {
            Ok(content) if content == CONTENT => Ok(()),
            Ok(_) => Err(BlobError::Corrupt),
            Err(error) => Err(BlobError::unavailable(error)),
        }
    }

    /// That the folder is the one that was opened: not deleted, and not the empty place where it was mounted.
    async fn check_folder(&self) -> Result<(), BlobError> {
        match &self.folder {
            Some(folder) => tokio::fs::metadata(folder.join(MARKER)).await.map(drop).map_err(BlobError::unavailable),
            None => Ok(()),
        }
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

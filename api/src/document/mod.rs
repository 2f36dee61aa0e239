//! Documents that others keep: made whole in memory, a few at a time.

mod dialogue_message;
mod font;
mod form;
mod journal_pdf;
mod letter_pdf;
mod pdf;
#[cfg(test)]
mod tests;
mod words;

use std::time::Duration;

use futures_util::TryStreamExt as _;
use persistence::{Fetched, StoreError};
use tokio::sync::{Semaphore, SemaphorePermit};

pub(crate) use self::dialogue_message::dialogue_message;
pub(crate) use self::journal_pdf::journal_pdf;
pub(crate) use self::letter_pdf::letter_pdf;
use crate::problem::{ApiError, Problem, ProblemKind};

/// The most documents that are made at once: each may hold its files in memory, two or three times over.
const MOST_AT_ONCE: usize = 2;

/// How long a request waits for its turn.
const MOST_WAIT: Duration = Duration::from_secs(20);

/// The bytes of the files that a document carries, in the order in which it names them.
pub(crate) type Contents = Vec<Vec<u8>>;

/// Where documents are made, with room for a few.
pub(crate) struct Workshop {
    room: Semaphore,
}

impl Workshop {
    pub(crate) const fn new() -> Self {
        Self { room: Semaphore::const_new(MOST_AT_ONCE) }
    }

    /// Waits for room. It is held until the value is dropped.
    ///
    /// # Errors
    /// `unavailable`: others take long.
    pub(crate) async fn enter(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        match tokio::time::timeout(MOST_WAIT, self.room.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(ProblemKind::Unavailable.into()),
        }
    }
}

/// Reads files whole.
///
/// # Errors
/// A file that is away or not as it was written.
pub(crate) async fn read_contents(files: impl IntoIterator<Item = &Fetched>) -> Result<Contents, StoreError> {
    let mut contents = Contents::new();
    for file in files {
        let size_bytes = file.attachment.size_bytes;
        let mut bytes = Vec::with_capacity(usize::try_from(size_bytes).unwrap_or_default());
        let mut parts = Box::pin(file.content(0..size_bytes));
        while let Some(part) = parts.try_next().await? {
            bytes.extend_from_slice(&part);
        }
        contents.push(bytes);
    }
    Ok(contents)
}

/// Does what takes a processor long, off the threads that serve.
///
/// # Errors
/// `internal-error`: the work came to no end.
pub(crate) async fn make<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    let failed = |error| ApiError::caused_by(Problem::new(ProblemKind::InternalError), error);
    tokio::task::spawn_blocking(work).await.map_err(|error: tokio::task::JoinError| failed(error))
}

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

use domain::conversation::Turn as Said;
use domain::journal::JournalDocument;
use futures_util::TryStreamExt as _;
use persistence::{BrokenOff, Fetched, StoreError, Threads, Turn, cores};

pub(crate) use self::dialogue_message::dialogue_message;
pub(crate) use self::journal_pdf::journal_pdf;
pub(crate) use self::letter_pdf::letter_pdf;
use crate::problem::{ApiError, Problem, ProblemKind};

/// The most documents that are made at once: each may hold its files in memory, two or three times over.
const MOST_AT_ONCE: usize = 2;

/// How many may wait for that.
const MOST_WAITING: usize = 8;

/// How long a request waits for its turn.
const MOST_WAIT: Duration = Duration::from_secs(20);

/// The most characters that become pages: some hundred of them, and a second of a processor's time.
const MOST_CHARS_OF_PAGES: usize = 1_000_000;

/// The bytes of the files that a document carries, in the order in which it names them.
pub(crate) type Contents = Vec<Vec<u8>>;

/// Where documents are made, with room for a few.
pub(crate) struct Workshop {
    threads: Threads,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        Self { threads: Threads::new(MOST_AT_ONCE.min(cores().div_ceil(2)), MOST_WAITING) }
    }

    /// Waits for room, which is for one document.
    ///
    /// # Errors
    /// `unavailable`: others take long, or many wait.
    pub(crate) async fn enter(&self) -> Result<Room, ApiError> {
        match tokio::time::timeout(MOST_WAIT, self.threads.enter()).await {
            Ok(Ok(turn)) => Ok(Room(turn)),
            Ok(Err(error)) => Err(ApiError::caused_by(Problem::new(ProblemKind::Unavailable), error)),
            Err(_) => Err(ProblemKind::Unavailable.into()),
        }
    }
}

/// Room to make one document. It is taken as long as that takes, also where nobody waits for it any more.
pub(crate) struct Room(Turn);

impl Room {
    /// Makes it, off the threads that serve.
    ///
    /// # Errors
    /// `internal-error`: the work came to no end.
    pub(crate) async fn make<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let failed = |error: BrokenOff| ApiError::caused_by(Problem::new(ProblemKind::InternalError), error);
        self.0.run(work).await.map_err(failed)
    }
}

/// Whether a conversation is so long that nobody makes pages of it while somebody waits.
pub(crate) fn is_too_long_for_pages(document: &JournalDocument) -> bool {
    let answers = |turn: &Said| turn.form_answers.as_ref().map_or(0, |filled| filled.answers.expose().len());
    let chars = |turn: &Said| turn.subject.expose().len() + turn.body.expose().len() + answers(turn);
    document.turns.iter().map(chars).sum::<usize>() > MOST_CHARS_OF_PAGES
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

#[cfg(test)]
pub(crate) use self::{letter_pdf::every_letter_text, words::every_journal_text};

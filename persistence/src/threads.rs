//! Threads of our own, for work that takes a processor long or waits for something that the runtime does.
//!
//! Not the runtime's own threads for blocking work: there are few of them, the database's work and each step on a file need
//! one, and what holds one while it waits for another stands still for ever when all of them do.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};

/// Why work came to no end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokenOff {
    /// There is no thread to be had.
    #[error("no thread could be started")]
    Start(#[from] std::io::Error),
    /// It panicked.
    #[error("the work was broken off")]
    Panicked,
}

/// Some threads, each of which lives as long as its work.
#[derive(Clone, Debug)]
pub(crate) struct Threads {
    room: Arc<Semaphore>,
}

impl Threads {
    /// At most so many at a time. More work waits its turn.
    #[must_use]
    pub(crate) fn new(most: usize) -> Self {
        Self { room: Arc::new(Semaphore::new(most.max(1))) }
    }

    /// One for each core: more of what needs a processor would only take turns.
    #[must_use]
    pub(crate) fn for_each_core() -> Self {
        Self::new(cores())
    }

    /// Does work, off the threads that serve. It may block, and wait for the runtime.
    ///
    /// # Errors
    /// The work did not begin, or not end.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BrokenOff> {
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| BrokenOff::Panicked)?;
        let (tell, told) = oneshot::channel();
        std::thread::Builder::new().name("brevdue-work".to_owned()).spawn(move || {
            let _room = room;
            // Whoever asked may have gone away.
            let _ = tell.send(work());
        })?;
        told.await.map_err(|_| BrokenOff::Panicked)
    }
}

/// The cores of this machine, as far as we may use them.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

//! Threads of our own, for work that takes a processor long or waits for something that the runtime does.
//!
//! Not the runtime's own threads for blocking work: there are few of them, the database's work and each step on a file need
//! one, and what holds one while it waits for another stands still for ever when all of them do.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::error::StoreError;

/// Why work came to no end.
#[derive(Debug, thiserror::Error)]
pub enum BrokenOff {
    /// As much work waits already as may.
    #[error("too much work is waiting")]
    Full,
    /// There is no thread to be had.
    #[error("no thread could be started")]
    Start(#[from] std::io::Error),
    /// It panicked.
    #[error("the work was broken off")]
    Panicked,
}

impl From<BrokenOff> for StoreError {
    fn from(error: BrokenOff) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

/// Some threads, each of which lives as long as its work, and a queue of those who wait for one.
#[derive(Clone, Debug)]
pub struct Threads {
    room: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Threads {
    /// At most so many at a time, while so many more wait their turn. What comes on top of these is refused.
    #[must_use]
    pub fn new(most: usize, waiting: usize) -> Self {
        let most = most.max(1);
        Self { room: Arc::new(Semaphore::new(most)), queue: Arc::new(Semaphore::new(most + waiting)) }
    }

    /// Waits for a turn. Whoever stops waiting leaves the queue, and nothing is done for them.
    ///
    /// # Errors
    /// The queue is full.
    pub async fn enter(&self) -> Result<Turn, BrokenOff> {
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| BrokenOff::Full)?;
        let room = Arc::clone(&self.room).acquire_owned().await.map_err(|_| BrokenOff::Panicked)?;
        Ok(Turn { _room: room, _place: place })
    }

    /// Does work when it is its turn, off the threads that serve. It may block, and wait for the runtime.
    ///
    /// # Errors
    /// The work did not begin, or not end.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, BrokenOff> {
        self.enter().await?.run(work).await
    }
}

/// A turn, which is over when this is dropped.
#[derive(Debug)]
pub struct Turn {
    _room: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Turn {
    /// Does work on a thread of its own. The turn lasts as long as the work does, also where nobody waits for it any more.
    ///
    /// # Errors
    /// The work did not begin, or not end.
    pub async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, BrokenOff> {
        let (tell, told) = oneshot::channel();
        std::thread::Builder::new().name("brevdue-work".to_owned()).spawn(move || {
            let _turn = self;
            // Whoever asked may have gone away.
            let _ = tell.send(work());
        })?;
        told.await.map_err(|_| BrokenOff::Panicked)
    }
}

/// The cores of this machine, as far as we may use them.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_is_more_than_may_wait_is_refused_and_what_nobody_waits_for_is_not_begun() {
        let threads = Threads::new(1, 1);
        let (release, held) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let turn = threads.enter().await.expect("a turn");
            turn.run(move || held.recv().is_err())
        });
        let (begun, has_begun) = mpsc::channel::<()>();
        let mut left = Box::pin(threads.run(move || begun.send(())));
        assert!(futures_util::poll!(&mut left).is_pending());

        assert!(matches!(threads.run(|| ()).await, Err(BrokenOff::Full)));

        drop(left);
        assert!(has_begun.recv().is_err(), "the work has gone without having begun");
        let mut honest = Box::pin(threads.run(|| 7));
        assert!(futures_util::poll!(&mut honest).is_pending());
        drop(release);
        assert!(first.await.expect("it ends").expect("it ran"));
        assert_eq!(honest.await.expect("it ran"), 7);
    }

    #[tokio::test]
    async fn a_turn_lasts_as_long_as_its_work_where_nobody_waits_for_it() {
        let threads = Threads::new(1, 0);
        let (release, held) = mpsc::channel::<()>();
        let mut left = Box::pin(threads.run(move || held.recv().is_err()));
        assert!(futures_util::poll!(&mut left).is_pending());

        drop(left);

        assert!(matches!(threads.enter().await, Err(BrokenOff::Full)));
        drop(release);
    }
}

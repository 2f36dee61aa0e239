//! How long a request waits for the store, all its waits together. What it waits for besides, such as the bytes of a file or
//! the next event, does not count. Work that nobody waits for, such as that of the workers, has no such bound.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::StoreError;
use crate::work::undertaking::Undertaking;

tokio::task_local! {
    static PATIENCE: Arc<Patience>;
}

/// Answers a request, which waits for the store at most so long.
pub async fn within<F: Future>(limit: Duration, request: F) -> F::Output {
    PATIENCE.scope(Arc::new(Patience { limit, waits: Mutex::default() }), request).await
}

/// Waits for work at the store, and gives it up when the request has waited long enough.
pub(crate) async fn wait<T, E: From<StoreError>>(
    undertaking: &Undertaking,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let Ok(patience) = PATIENCE.try_with(Arc::clone) else { return work.await };
    let (_wait, left) = patience.begin();
    match tokio::time::timeout(left, work).await {
        Ok(done) => done,
        Err(_) => Err(undertaking.give_up().into()),
    }
}

struct Patience {
    limit: Duration,
    waits: Mutex<Waits>,
}

#[derive(Default)]
struct Waits {
    /// Since when somebody has been waiting, and how many wait side by side.
    running: Option<(Instant, usize)>,
    /// All waits that are over.
    spent: Duration,
}

/// A wait that has not ended.
struct Wait(Arc<Patience>);

impl Patience {
    fn begin(self: Arc<Self>) -> (Wait, Duration) {
        let now = Instant::now();
        let mut waits = self.waits();
        let (since, others) = waits.running.unwrap_or((now, 0));
        waits.running = Some((since, others + 1));
        let left = self.limit.saturating_sub(waits.spent + (now - since));
        drop(waits);
        (Wait(self), left)
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut waits = self.0.waits();
        match waits.running {
            Some((since, count)) if count > 1 => waits.running = Some((since, count - 1)),
            Some((since, _)) => {
                waits.spent += since.elapsed();
                waits.running = None;
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_count_together_and_side_by_side_once() {
        let patience = Arc::new(Patience { limit: Duration::from_secs(15), waits: Mutex::default() });
        let spend = |seconds| patience.waits().spent += Duration::from_secs(seconds);

        let (first, left) = Arc::clone(&patience).begin();
        assert_eq!(left, Duration::from_secs(15));
        let (second, _) = Arc::clone(&patience).begin();
        drop(first);
        assert!(patience.waits().running.is_some_and(|(_, count)| count == 1));
        drop(second);
        assert!(patience.waits().running.is_none());

        spend(20);
        assert_eq!(Arc::clone(&patience).begin().1, Duration::ZERO);
    }

    #[test]
    fn work_that_never_ends_is_given_up_by_a_request_only() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let undertaking = Undertaking::default();
        let never = std::future::pending::<Result<(), StoreError>>();

        let done = runtime.block_on(within(Duration::from_millis(1), wait(&undertaking, never)));

        assert!(matches!(done, Err(StoreError::Unavailable(_))));
        assert!(!undertaking.may_commit());
        let unbounded = wait(&undertaking, std::future::ready(Ok::<_, StoreError>(1)));
        assert_eq!(runtime.block_on(unbounded).unwrap(), 1);
    }
}

//! Requests that arrive at the same time share a transaction (group commit).
//!
//! One thread takes what is waiting and goes; it never lingers for more. Each request still gets its own answer.

use tokio::sync::{mpsc, oneshot};

use crate::error::StoreError;
use crate::work::patience;
use crate::work::undertaking::Undertaking;

/// The most requests that share a transaction.
const MAX_BATCH: usize = 256;

/// The most requests that wait. Past that a caller is told to come back, which is better than an ever longer queue.
const MAX_WAITING: usize = 4096;

type Waiting<T, R> = (T, oneshot::Sender<R>);

/// The way in to a thread that works in batches.
pub(crate) struct Batcher<T, R> {
    queue: mpsc::Sender<Waiting<T, R>>,
}

impl<T: Send + 'static, R: Send + 'static> Batcher<T, R> {
    /// Starts the thread. `work` answers each request at its own place. The thread ends, after the last batch, when
    /// the batcher is dropped.
    pub(crate) fn start(name: &str, mut work: impl FnMut(Vec<T>) -> Vec<R> + Send + 'static) -> std::io::Result<Self> {
        let (queue, mut waiting) = mpsc::channel::<Waiting<T, R>>(MAX_WAITING);
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut batch = Vec::with_capacity(MAX_BATCH);
            while let Some(first) = waiting.blocking_recv() {
                batch.push(first);
                while batch.len() < MAX_BATCH
                    && let Ok(next) = waiting.try_recv()
                {
                    batch.push(next);
                }
                // Whoever asked may have gone before their turn came.
                batch.retain(|(_, answer)| !answer.is_closed());
                let (requests, answers): (Vec<T>, Vec<_>) = batch.drain(..).unzip();
                for (answer, result) in answers.into_iter().zip(work(requests)) {
                    // Whoever asked may have gone meanwhile. What was done stays done and can be asked for again.
                    let _ = answer.send(result);
                }
            }
        })?;
        Ok(Self { queue })
    }

    /// Hands in a request and waits for its answer. One that is given up before `work` has come to its commit is not done.
    pub(crate) async fn ask(&self, request: T, undertaking: &Undertaking) -> Result<R, StoreError> {
        let (answer, answered) = oneshot::channel();
        let full = |_| StoreError::unavailable("too many requests are waiting");
        patience::wait(undertaking, async {
            self.queue.try_send((request, answer)).map_err(full)?;
            answered.await.map_err(|_| undertaking.give_up())
        })
        .await
    }
}

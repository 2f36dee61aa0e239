//! Runs the jobs. Work may happen twice; each job is safe to do again.

mod hand_over;
mod notice_text;
mod notify;
pub(crate) mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use persistence::{Chain, Failure, Store};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::webhooks::Post;
use crate::clock::Clock;
use crate::outbound::{Carriers, Messengers};
use crate::rate_limit::RateLimiter;
use crate::telemetry;

/// How often to look for work that nobody announced: another process's, or a lease that ran out.
const PATROL: Duration = Duration::from_secs(1);
/// How often to look for events that nobody announced.
const EVENT_PATROL: Duration = Duration::from_millis(250);
/// How long to wait after trouble.
const AFTER_TROUBLE: Duration = Duration::from_secs(2);
/// How often figures are gathered up and idle rate limits dropped.
const UPKEEP: Duration = Duration::from_secs(5);
/// How often what is out of date is cleaned up.
pub(crate) const CLEAN_UP_EVERY: TimeDelta = TimeDelta::hours(1);

/// What the outside is reached with.
#[derive(Clone, Default)]
pub(crate) struct Outside {
    pub(crate) messengers: Messengers,
    pub(crate) carriers: Carriers,
    /// One at a time in a process: whoever asks for what is due also waits for what is being done.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Outside {
    pub(crate) fn new(messengers: Messengers, carriers: Carriers) -> Self {
        Self { messengers, carriers, turn: Arc::default() }
    }
}

/// The background tasks of one process.
pub(crate) struct Worker {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Worker {
    /// Starts them.
    pub(crate) fn start(
        store: Store,
        outside: Outside,
        clock: Clock,
        limiter: Arc<RateLimiter>,
        post: Arc<Post>,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let tasks = vec![
            tokio::spawn(deliver(store.clone(), clock.clone(), stopped.clone())),
            tokio::spawn(carry(store.clone(), outside, clock.clone(), stopped.clone())),
            tokio::spawn(relay(store.clone(), clock.clone(), stopped.clone())),
            tokio::spawn(webhooks::send(post, stopped.clone())),
            tokio::spawn(clean_up(store, clock, stopped.clone())),
            tokio::spawn(upkeep(limiter, stopped)),
        ];
        Self { stop, tasks }
    }

    /// Lets them finish what they are at.
    pub(crate) async fn stop(self) {
        // Nobody listens where all have ended already.
        let _ = self.stop.send(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(error = %Chain(&error), "a background task broke off");
            }
        }
    }
}

/// Runs everything that is due.
///
/// # Errors
/// The store away. What is left is done later.
pub(crate) async fn run_due(store: &Store, outside: &Outside, now: DateTime<Utc>) -> Result<(), Failure> {
    run_inside(store, now).await?;
    reach_out(store, outside, now).await?;
    // What came of it: a letter whose way was closed goes another.
    run_inside(store, now).await?;
    reach_out(store, outside, now).await?;
    while store.relay_due(now).await? > 0 {}
    Ok(())
}

/// Runs what is due and asks nobody but registers.
async fn run_inside(store: &Store, now: DateTime<Utc>) -> Result<(), Failure> {
    while store.deliver_due(now).await? > 0 {}
    while store.jobs_due(now).await? > 0 {}
    Ok(())
}

/// Runs what is due and waits for systems of others, which may be slow.
async fn reach_out(store: &Store, outside: &Outside, now: DateTime<Utc>) -> Result<(), Failure> {
    let _turn = outside.turn.lock().await;
    while hand_over::hand_over(store, &outside.carriers, now).await? > 0 {}
    while notify::notify(store, &outside.messengers, now).await? > 0 {}
    Ok(())
}

/// Numbers events as they come, beside all other work: a feed does not wait for a slow job.
async fn relay(store: Store, clock: Clock, mut stopped: watch::Receiver<bool>) {
    loop {
        let pause = match relay_once(&store, clock.now()).await {
            Ok(()) => EVENT_PATROL,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "events wait for their numbers");
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            _ = stopped.changed() => return,
            () = store.events_arrived() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn relay_once(store: &Store, now: DateTime<Utc>) -> Result<(), Failure> {
    while store.relay_due(now).await? > 0 {}
    store.feed_patrol().await
}

async fn deliver(store: Store, clock: Clock, mut stopped: watch::Receiver<bool>) {
    loop {
        let pause = match run_inside(&store, clock.now()).await {
            Ok(()) => PATROL,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "deliveries wait");
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            _ = stopped.changed() => return,
            () = store.work_arrived() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Beside all other work: an inbox does not wait for a slow printer.
async fn carry(store: Store, outside: Outside, clock: Clock, mut stopped: watch::Receiver<bool>) {
    loop {
        let pause = match reach_out(&store, &outside, clock.now()).await {
            Ok(()) => PATROL,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "letters and notices wait");
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn clean_up(store: Store, clock: Clock, mut stopped: watch::Receiver<bool>) {
    let mut last: Option<DateTime<Utc>> = None;
    loop {
        let now = clock.now();
        if last.is_none_or(|last| now - last >= CLEAN_UP_EVERY) {
            match store.clean_up(now).await {
                Ok(()) => last = Some(now),
                Err(error) => tracing::warn!(error = %Chain(&error), "the clean-up waits"),
            }
        }
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(UPKEEP) => {}
        }
    }
}

async fn upkeep(limiter: Arc<RateLimiter>, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(UPKEEP) => {}
        }
        limiter.shrink();
        telemetry::metrics_handle().run_upkeep();
    }
}

#[cfg(test)]
pub(crate) use notice_text::every_notice_text;

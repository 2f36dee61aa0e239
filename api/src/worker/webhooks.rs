//! Sends the feed to webhooks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::webhook::Reception;
use futures_util::StreamExt as _;
use futures_util::stream;
use persistence::{Attempt, Chain, Dispatch, Failure, Load, Outcome, Store};
use serde_json::json;
use tokio::sync::{RwLock, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{AFTER_TROUBLE, PATROL};
use crate::clock::Clock;
use crate::event_body::EventView;
use crate::outbound::webhook::{Courier, Parcel};

/// How many mailboxes' events are on their way to one receiver at a time.
const ABREAST: usize = 8;
/// After this time nothing more of a dispatch is sent, so that it is noted while its lease holds.
const MOST_TIME: Duration = Duration::from_secs(45);
/// How many receivers are sent to at a time.
const MOST_RECEIVERS: usize = 64;

/// Sends to webhooks, in the background and where somebody wants to see it done.
pub(crate) struct Post {
    store: Store,
    clock: Clock,
    courier: Courier,
    /// Whoever sends in the background reads, from the lease on; whoever wants all that is due to be done writes, and so
    /// waits for them.
    turn: Arc<RwLock<()>>,
}

impl Post {
    pub(crate) fn new(store: Store, clock: Clock, courier: Courier) -> Self {
        Self { store, clock, courier, turn: Arc::default() }
    }

    /// Who knows which addresses may be sent to.
    pub(crate) const fn courier(&self) -> &Courier {
        &self.courier
    }

    /// Sends all that is due.
    ///
    /// # Errors
    /// The store away. What is left is sent later.
    pub(crate) async fn send_due(&self) -> Result<(), Failure> {
        let _alone = self.turn.write().await;
        loop {
            let dispatches = self.store.webhook_lease(self.clock.now()).await?;
            if dispatches.is_empty() {
                return Ok(());
            }
            let sent: Vec<_> = stream::iter(dispatches)
                .map(|dispatch| self.carry_out(dispatch))
                .buffer_unordered(ABREAST)
                .collect()
                .await;
            sent.into_iter().collect::<Result<Vec<_>, _>>()?;
        }
    }

    /// Sends one thing, and notes what became of it.
    ///
    /// # Errors
    /// The store away.
    pub(crate) async fn carry_out(&self, dispatch: Dispatch) -> Result<Option<Reception>, Failure> {
        let url = dispatch.url.as_str();
        let outcome = match &dispatch.load {
            Load::Challenge => Outcome::Single(self.courier.challenge(url, &dispatch.keys, self.clock.now()).await),
            Load::Test => Outcome::Single(self.test(&dispatch).await),
            Load::Events(lanes) => Outcome::Events(self.send_lanes(&dispatch, lanes).await),
        };
        let single = match &outcome {
            Outcome::Single(reception) => Some(*reception),
            Outcome::Events(_) => None,
        };
        self.store.webhook_note(dispatch, outcome, self.clock.now()).await?;
        Ok(single)
    }

    async fn test(&self, dispatch: &Dispatch) -> Reception {
        let (id, now) = (Uuid::now_v7(), self.clock.now());
        let body = json!({"type": "webhook.test", "id": id, "at": now}).to_string().into_bytes();
        self.courier.send(dispatch.url.as_str(), &dispatch.keys, Parcel { id, body }, now).await
    }

    async fn send_lanes(&self, dispatch: &Dispatch, lanes: &[Vec<Attempt>]) -> Vec<(Attempt, Option<Reception>)> {
        let (started, is_gone) = (Instant::now(), AtomicBool::new(false));
        let sends: Vec<_> = lanes.iter().map(|lane| self.send_lane(dispatch, lane, started, &is_gone)).collect();
        stream::iter(sends).buffer_unordered(ABREAST).concat().await
    }

    /// Sends the events of one mailbox, one after the other, as far as the receiver takes them.
    async fn send_lane(
        &self,
        dispatch: &Dispatch,
        lane: &[Attempt],
        started: Instant,
        is_gone: &AtomicBool,
    ) -> Vec<(Attempt, Option<Reception>)> {
        let mut sent = Vec::with_capacity(lane.len());
        let mut goes_on = true;
        for attempt in lane {
            goes_on &= !attempt.is_held() && !is_gone.load(Ordering::Relaxed) && started.elapsed() < MOST_TIME;
            let reception = if goes_on { Some(self.send_event(dispatch, attempt).await) } else { None };
            match reception {
                Some(Reception::Taken | Reception::Never(_)) | None => {}
                Some(Reception::NotNow(..)) => goes_on = false,
                Some(Reception::Gone) => is_gone.store(true, Ordering::Relaxed),
            }
            sent.push((attempt.clone(), reception));
        }
        sent
    }

    async fn send_event(&self, dispatch: &Dispatch, attempt: &Attempt) -> Reception {
        let view = EventView::from(attempt.event.clone());
        let parcel = Parcel { id: attempt.event.id.as_uuid(), body: json!(view).to_string().into_bytes() };
        self.courier.send(dispatch.url.as_str(), &dispatch.keys, parcel, self.clock.now()).await
    }
}

/// Sends as things come, many receivers beside each other: a slow one holds up nobody else.
pub(super) async fn send(post: Arc<Post>, mut stopped: watch::Receiver<bool>) {
    let mut running: JoinSet<()> = JoinSet::new();
    loop {
        let mut pause = PATROL;
        if running.len() < MOST_RECEIVERS {
            let turn = Arc::new(Arc::clone(&post.turn).read_owned().await);
            match post.store.webhook_lease(post.clock.now()).await {
                Ok(dispatches) => {
                    for dispatch in dispatches {
                        let (post, turn) = (Arc::clone(&post), Arc::clone(&turn));
                        running.spawn(async move {
                            send_one(&post, dispatch).await;
                            drop(turn);
                        });
                    }
                }
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "webhooks wait");
                    pause = AFTER_TROUBLE;
                }
            }
        }
        tokio::select! {
            _ = stopped.changed() => break,
            () = post.store.webhooks_arrived() => {}
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    while running.join_next().await.is_some() {}
}

async fn send_one(post: &Post, dispatch: Dispatch) {
    let webhook = dispatch.webhook();
    if let Err(error) = post.carry_out(dispatch).await {
        tracing::warn!(webhook.id = %webhook, error = %Chain(&error), "what was sent to a webhook comes again");
    }
}

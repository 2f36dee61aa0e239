//! What is sent to a webhook, and what becomes of it.
//!
//! A webhook goes along the feed. What its receiver does not take is put aside and sent again later, and the webhook goes
//! on: one event that a receiver cannot take holds up the later ones of its own mailbox, which are put aside behind it, and
//! no others. Only when several fail in a row is it the receiver that is away; then the webhook waits where it is, and
//! tries one event now and then.
//!
//! One worker at a time sends for a webhook, by a lease. What it has sent counts when it has been noted; a worker that
//! dies in between has the same events sent again, with the same ids.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use domain::access::OrganisationAct;
use domain::event::Event;
use domain::id::{MailboxId, OrganisationId, WebhookId};
use domain::webhook::{
    AWAY_AFTER, EndReason, Fault, Lane, Reception, UndeliveredEvent, WebhookState, WebhookUrl, absence, next_attempt,
};

use super::rows::{self, HeadRow};
use super::{Place, key_of, object};
use crate::access::Done;
use crate::access::quota::QuotaReached;
use crate::chain::Chain;
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::feed;
use crate::schema::{feed as feeds, webhook, webhook_delivery};
use crate::vault::SigningKey;
use crate::{Inner, Store};

/// How long a worker has for what it leased: longer than it goes on sending.
const LEASE: TimeDelta = TimeDelta::seconds(120);
/// The most webhooks that are leased at a time.
const MOST_WEBHOOKS: i64 = 16;
/// The most events of one dispatch.
const MOST_EVENTS: usize = 50;
/// The most events put aside that are looked through for those that are due.
const MOST_ASIDE: i64 = 500;

/// Something to send to one receiver. It has to be noted afterwards with [`Store::webhook_note`].
pub struct Dispatch {
    /// The address.
    pub url: WebhookUrl,
    /// The keys that sign it.
    pub keys: Vec<SigningKey>,
    /// What to send.
    pub load: Load,
    place: Place,
    until: DateTime<Utc>,
}

impl Dispatch {
    /// Of which webhook it is.
    #[must_use]
    pub const fn webhook(&self) -> WebhookId {
        self.place.1
    }
}

/// What to send.
pub enum Load {
    /// A challenge, for the receiver has not answered one yet.
    Challenge,
    /// A message that tells nothing, for the organisation wants to see whether it arrives.
    Test,
    /// Events: each list in its order, the lists beside each other. After one that is not taken, the rest of its list is
    /// not sent.
    Events(Vec<Vec<Attempt>>),
}

/// An event that is about to be sent.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The event.
    pub event: Event,
    attempts: i32,
    first_at: Option<DateTime<Utc>>,
    /// Whether it was put aside before; otherwise it is the next of the feed.
    was_aside: bool,
    /// Whether it may be sent now.
    is_held: bool,
}

/// What became of a dispatch.
pub enum Outcome {
    /// Of a challenge or a test.
    Single(Reception),
    /// Of events, those that were not sent without a reception.
    Events(Vec<(Attempt, Option<Reception>)>),
}

impl Attempt {
    /// Whether an earlier event of its mailbox holds it up, so that it is not sent now.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.is_held
    }

    fn again(aside: UndeliveredEvent) -> Self {
        let UndeliveredEvent { event, attempts, first_at, .. } = aside;
        Self { event, attempts, first_at, was_aside: true, is_held: false }
    }

    const fn first(event: Event, is_held: bool) -> Self {
        Self { event, attempts: 0, first_at: None, was_aside: false, is_held }
    }
}

impl Store {
    /// Leases what is due to be sent. Several workers side by side get different webhooks.
    ///
    /// # Errors
    /// The store away.
    pub async fn webhook_lease(&self, now: DateTime<Utc>) -> Result<Vec<Dispatch>, Failure> {
        self.run(move |inner, connection| {
            let due = candidates(connection, now)?;
            if due.is_empty() {
                return Ok(vec![]);
            }
            connection.write(|connection| {
                let until = now + LEASE;
                let heads = rows::leased(connection, &due, now, until)?;
                let mut dispatches = vec![];
                for head in heads {
                    let (organisation, webhook) = head.place;
                    match dispatch(inner, connection, head, now, until) {
                        Ok(one) => dispatches.extend(one),
                        // It stays leased, and holds up no other.
                        Err(error @ StoreError::Corrupt { .. }) => {
                            tracing::error!(
                                error = %Chain(&error),
                                organisation.id = %organisation,
                                webhook.id = %webhook,
                                "nothing can be sent to a webhook"
                            );
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok(dispatches)
            })
        })
        .await
    }

    /// What to send so that an organisation sees whether it arrives: the challenge, where that has not been answered yet.
    ///
    /// `admit` counts the tests of an organisation: those of others take none of them.
    ///
    /// # Errors
    /// Refused, not there, too many tests, or the store away.
    pub async fn webhook_test(
        &self,
        context: &Context,
        id: WebhookId,
        admit: impl FnOnce(OrganisationId) -> Result<(), QuotaReached> + Send + 'static,
    ) -> Result<Dispatch, Failure> {
        let now = context.now;
        self.write_organisation(context, OrganisationAct::TEST_WEBHOOK, move |inner, connection, grant| {
            let place = (grant.organisation(), id);
            super::lock(connection, place.0, place.1)?;
            let webhook = rows::fetch(connection, place.0, place.1)?;
            admit(place.0).map_err(Failure::QuotaReached)?;
            let load = if webhook.state == WebhookState::Unconfirmed { Load::Challenge } else { Load::Test };
            let until = now + LEASE;
            if matches!(load, Load::Challenge) {
                on!(&mut *connection, c => diesel::update(webhook::table.find(key_of(place)))
                    .set(webhook::leased_until.eq(Time(until)))
                    .execute(c))?;
            }
            let keys = rows::signing_keys(inner, connection, place, now)?;
            Ok(Done::of(Dispatch { url: webhook.url, keys, load, place, until }).about(object(id)))
        })
        .await
    }

    /// Notes what became of a dispatch. It counts only where the lease still holds; otherwise somebody else has sent, or
    /// will send, the same again.
    ///
    /// # Errors
    /// The store away. The events come again when the lease has run out.
    pub async fn webhook_note(&self, dispatch: Dispatch, outcome: Outcome, now: DateTime<Utc>) -> Result<(), Failure> {
        if matches!(dispatch.load, Load::Test) {
            return Ok(());
        }
        self.run(move |_, connection| {
            connection.write(|connection| {
                let Some(head) = rows::still_leased(connection, dispatch.place, dispatch.until)? else { return Ok(()) };
                match outcome {
                    Outcome::Single(reception) => note_challenge(connection, &head, reception, now)?,
                    Outcome::Events(attempts) => note_events(connection, &head, attempts, now)?,
                }
                Ok(())
            })
        })
        .await
    }
}

/// The webhooks that have something to send, without holding them.
fn candidates(connection: &mut Connection, now: DateTime<Utc>) -> Result<Vec<Id>, StoreError> {
    let (unconfirmed, active) = (WebhookState::Unconfirmed.as_word(), WebhookState::Active.as_word());
    Ok(on!(connection, c => webhook::table
        .inner_join(feeds::table.on(feeds::organisation_id.eq(webhook::organisation_id)))
        .filter(webhook::next_at.le(Time(now)))
        .filter(webhook::leased_until.is_null().or(webhook::leased_until.lt(Time(now))))
        .filter(webhook::state.eq(unconfirmed).or(webhook::state.eq(active).and(
            feeds::last_number.gt(webhook::last_number).or(webhook::retry_at.le(Time(now)).assume_not_null()),
        )))
        .order(webhook::next_at)
        .limit(MOST_WEBHOOKS)
        .select(webhook::id)
        .load::<Id>(c))?)
}

fn dispatch(
    inner: &Inner,
    connection: &mut Connection,
    head: HeadRow,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Option<Dispatch>, StoreError> {
    let place = head.place;
    let load = if head.state == WebhookState::Unconfirmed {
        Load::Challenge
    } else {
        let oldest = feed::events_behind(connection, place.0, 0, 1)?.first().map(|event| event.number);
        if oldest.is_some_and(|oldest| head.last_number + 1 < oldest) {
            end(connection, place, EndReason::EventsExpired)?;
            return Ok(None);
        }
        Load::Events(lanes(connection, &head, now)?)
    };
    let keys = rows::signing_keys(inner, connection, place, now)?;
    Ok(Some(Dispatch { url: head.url, keys, load, place, until }))
}

/// What is due: of what was put aside the mailboxes whose first event is due, then the next events of the feed.
fn lanes(connection: &mut Connection, head: &HeadRow, now: DateTime<Utc>) -> Result<Vec<Vec<Attempt>>, StoreError> {
    let most = if head.failures >= AWAY_AFTER { 1 } else { MOST_EVENTS };
    let aside = rows::undelivered(connection, head.place, Some(true), 0, MOST_ASIDE)?;
    let is_all = aside.len() < usize::try_from(MOST_ASIDE).unwrap_or(usize::MAX);
    let mut lanes: BTreeMap<Lane, Vec<Attempt>> = BTreeMap::new();
    let mut cut: HashSet<Lane> = HashSet::new();
    let mut count = 0;
    for (lane, waiting) in by_lane(aside) {
        let is_due = waiting.first().and_then(|first| first.next_at).is_some_and(|at| at <= now);
        let taken = if is_due { waiting.len().min(most - count) } else { 0 };
        if taken < waiting.len() {
            cut.insert(lane);
        }
        if taken > 0 {
            count += taken;
            lanes.insert(lane, waiting.into_iter().take(taken).map(Attempt::again).collect());
        }
    }
    let limit = i64::try_from(most - count).unwrap_or(0);
    let next = feed::events_behind(connection, head.place.0, head.last_number, limit)?;
    let mailboxes: Vec<Id> = next.iter().filter_map(|event| Some(event.about?.mailbox.key())).collect();
    let waiting = rows::mailboxes_waiting(connection, head.place, &mailboxes)?;
    for event in next {
        let lane = Lane::of(&event);
        let has_waiting = event.about.is_some_and(|about| waiting.contains(&about.mailbox));
        let is_held = has_waiting && (cut.contains(&lane) || !(is_all && lanes.contains_key(&lane)));
        lanes.entry(lane).or_default().push(Attempt::first(event, is_held));
    }
    Ok(lanes.into_values().collect())
}

/// Those that must not overtake each other, together, in the order of their first ones.
fn by_lane(aside: Vec<UndeliveredEvent>) -> Vec<(Lane, Vec<UndeliveredEvent>)> {
    let mut lanes: Vec<(Lane, Vec<UndeliveredEvent>)> = vec![];
    let mut places: BTreeMap<Lane, usize> = BTreeMap::new();
    for one in aside {
        let lane = Lane::of(&one.event);
        let place = *places.entry(lane).or_insert_with(|| {
            lanes.push((lane, vec![]));
            lanes.len() - 1
        });
        lanes[place].1.push(one);
    }
    lanes
}

/// Ends all webhooks of an organisation that has ended. What is being sent at the moment does not count.
pub(crate) fn end_all(connection: &mut Connection, organisation: OrganisationId) -> Result<(), StoreError> {
    on!(connection, c => diesel::update(webhook::table.filter(webhook::organisation_id.eq(organisation.key())))
        .filter(webhook::state.ne(WebhookState::Ended.as_word()))
        .set((
            webhook::state.eq(WebhookState::Ended.as_word()),
            webhook::ended_because.eq(EndReason::OrganisationEnded.as_word()),
            webhook::leased_until.eq(None::<Time>),
        ))
        .execute(c))?;
    Ok(())
}

fn end(connection: &mut Connection, place: Place, reason: EndReason) -> Result<(), StoreError> {
    on!(connection, c => diesel::update(webhook::table.find(key_of(place)))
        .set((
            webhook::state.eq(WebhookState::Ended.as_word()),
            webhook::ended_because.eq(reason.as_word()),
            webhook::leased_until.eq(None::<Time>),
        ))
        .execute(c))?;
    Ok(())
}

fn note_challenge(
    connection: &mut Connection,
    head: &HeadRow,
    reception: Reception,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let set_state = |state: WebhookState, failures: i32, next_at: DateTime<Utc>| {
        (
            webhook::state.eq(state.as_word()),
            webhook::failures.eq(failures),
            webhook::next_at.eq(Time(next_at)),
            webhook::leased_until.eq(None::<Time>),
        )
    };
    let changed = match reception {
        Reception::Taken => set_state(WebhookState::Active, 0, now),
        Reception::Gone => return end(connection, head.place, EndReason::Gone),
        Reception::NotNow(..) | Reception::Never(_) => {
            let failures = head.failures.saturating_add(1);
            match next_attempt(head.challenged_from, now, failures, chance()) {
                Some(next) => set_state(WebhookState::Unconfirmed, failures, next),
                None => return end(connection, head.place, EndReason::ChallengeFailed),
            }
        }
    };
    on!(connection, c => diesel::update(webhook::table.find(key_of(head.place))).set(changed).execute(c))?;
    Ok(())
}

fn note_events(
    connection: &mut Connection,
    head: &HeadRow,
    attempts: Vec<(Attempt, Option<Reception>)>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (mut failed, mut answered, mut gone) = (0, false, false);
    let mut last_number = head.last_number;
    for (attempt, reception) in attempts {
        if !attempt.was_aside {
            last_number = last_number.max(attempt.event.number);
        }
        match reception {
            Some(Reception::Taken) | Some(Reception::Never(_)) => answered = true,
            Some(Reception::NotNow(..)) => failed += 1,
            Some(Reception::Gone) => gone = true,
            None => {}
        }
        note_event(connection, head.place, &attempt, reception, now)?;
    }
    let failures = if answered { 0 } else { head.failures.saturating_add(failed) };
    let next_at = now + absence(failures, chance());
    let aside = rows::undelivered(connection, head.place, Some(true), 0, MOST_ASIDE)?;
    let heads = by_lane(aside).into_iter().filter_map(|(_, waiting)| waiting.first().and_then(|first| first.next_at));
    on!(&mut *connection, c => diesel::update(webhook::table.find(key_of(head.place)))
        .set((
            webhook::last_number.eq(last_number),
            webhook::failures.eq(failures),
            webhook::next_at.eq(Time(next_at)),
            webhook::retry_at.eq(heads.min().map(Time)),
            webhook::leased_until.eq(None::<Time>),
        ))
        .execute(c))?;
    if gone { end(connection, head.place, EndReason::Gone) } else { Ok(()) }
}

/// What is kept of an event: nothing where it was taken, otherwise when it is sent again, if at all.
fn note_event(
    connection: &mut Connection,
    place: Place,
    attempt: &Attempt,
    reception: Option<Reception>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Attempt { event, attempts, first_at, was_aside, is_held: _ } = attempt;
    let first = first_at.unwrap_or(now);
    let (next_at, fault, status) = match reception {
        Some(Reception::Taken) if !was_aside => return Ok(()),
        Some(Reception::Taken) => return rows::forget_aside(connection, place, event.number),
        // Behind another of its mailbox, or for want of time: it stands as it stood.
        None if *was_aside => return Ok(()),
        None => (Some(now), None, None),
        Some(Reception::NotNow(fault, status)) => {
            (next_attempt(first, now, attempts + 1, chance()), Some(fault), status)
        }
        Some(Reception::Never(status)) => (None, Some(Fault::Status), Some(status)),
        // When the organisation begins again, it is the first to be sent.
        Some(Reception::Gone) => (Some(now), Some(Fault::Status), Some(410)),
    };
    let tried = reception.is_some();
    let values = (
        webhook_delivery::attempts.eq(attempts + i32::from(tried)),
        webhook_delivery::first_at.eq(tried.then_some(Time(first))),
        webhook_delivery::next_at.eq(next_at.map(Time)),
        webhook_delivery::fault.eq(fault.map(Fault::as_word)),
        webhook_delivery::status.eq(status.map(i32::from)),
    );
    let key = (
        webhook_delivery::organisation_id.eq(place.0.key()),
        webhook_delivery::webhook_id.eq(place.1.key()),
        webhook_delivery::number.eq(event.number),
        webhook_delivery::mailbox_id.eq(event.about.map(|about| MailboxId::key(about.mailbox))),
    );
    if *was_aside {
        on!(connection, c => diesel::update(webhook_delivery::table.find((place.0.key(), place.1.key(), event.number)))
            .set(values)
            .execute(c))?;
    } else {
        on!(connection, c => diesel::insert_into(webhook_delivery::table).values((key, values)).execute(c))?;
    }
    Ok(())
}

/// A number that nobody can foresee, so that webhooks that failed together do not come again together.
fn chance() -> u8 {
    let mut byte = [0];
    // Without random bytes all come at the same time, which is no harm.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    byte[0]
}

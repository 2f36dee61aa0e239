//! The feed of an organisation: its events, each in its place (BX-8).
//!
//! How they get there is in [`relay`]; how somebody waits for the next without asking over and over, in [`waiting`].

mod relay;
mod waiting;

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{OrganisationAct, OrganisationGrant};
use domain::event::{About, Event};
use domain::id::OrganisationId;

use crate::Store;
use crate::access::{Done, Unrecorded};
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::{event, feed};

pub(crate) use relay::{begin_after_restore, held};
pub(crate) use waiting::Waiting;

const CORRUPT: StoreError = StoreError::Corrupt { what: "event" };

/// Some events in the order of the feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedPage {
    /// The events.
    pub items: Vec<Event>,
    /// The place to go on after.
    pub next_after: i64,
}

/// What was found, before it is on record.
struct Found {
    organisation: OrganisationId,
    page: FeedPage,
}

impl Store {
    /// The events after a place in the feed of the caller's organisation; from the oldest that is kept where no place is
    /// named. Where there are none yet, waits for them.
    ///
    /// An answer with events is on record. One without tells nothing, and a poll must not fill the log.
    ///
    /// # Errors
    /// Refused, a place whose events are gone or that is yet to come, or the store away.
    pub async fn event_list(
        &self,
        context: &Context,
        after: Option<i64>,
        limit: u16,
        wait: Duration,
        now: impl Fn() -> DateTime<Utc> + Send,
    ) -> Result<FeedPage, Failure> {
        let is_empty = |found: &Unrecorded<Found>| found.ask(|found| found.page.items.is_empty());
        let mut found = self.events_after(context, after, limit).await?;
        if is_empty(&found)
            && !wait.is_zero()
            && let Some(mut arrivals) = self.inner.waiting.listen(found.ask(|found| found.organisation))
        {
            // Looked again after listening, so that what came between the two is not slept over.
            found = self.events_after(context, after, limit).await?;
            if is_empty(&found) {
                let seen = found.ask(|found| found.page.next_after);
                // Whether something came or the time is up: the answer is what is there then.
                let _ = tokio::time::timeout(wait, arrivals.wait_for(|last| *last > seen)).await;
                let later = Context { now: now(), ..context.clone() };
                found = self.events_after(&later, after, limit).await?;
            }
        }
        // Who waits for events asks all day: what told nothing is no entry.
        if is_empty(&found) { Ok(found.unshown().page) } else { Ok(found.record(self).await?.page) }
    }

    async fn events_after(
        &self,
        context: &Context,
        after: Option<i64>,
        limit: u16,
    ) -> Result<Unrecorded<Found>, Failure> {
        self.look_into_organisation(context, OrganisationAct::FOLLOW_EVENTS, move |_, connection, grant| {
            let page = page(connection, grant, after, limit)?;
            Ok(Done::of(Found { organisation: grant.organisation(), page }))
        })
        .await
    }
}

/// Gives an organisation its feed, where it has none yet.
pub(crate) fn open(
    connection: &mut Connection,
    organisation: OrganisationId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(feed::table)
        .values((
            feed::organisation_id.eq(organisation.key()),
            feed::last_number.eq(0),
            feed::last_event_at.eq(Time(now)),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

fn page(
    connection: &mut Connection,
    grant: &OrganisationGrant,
    after: Option<i64>,
    limit: u16,
) -> Result<FeedPage, Failure> {
    let organisation = grant.organisation();
    // First, so that everything up to it is committed when the events are read.
    let last = last_number(connection, organisation)?;
    if after.is_some_and(|after| after > last) {
        return Err(Failure::AheadOfFeed { last });
    }
    let mut items = events_behind(connection, organisation, after.unwrap_or(0), i64::from(limit) + 1)?;
    let first = items.first().map_or(last + 1, |event| event.number);
    // The places have no gaps but after a restore, so a missing next one is one that has been removed, or that a later time
    // had given out which the database does not know of.
    if after.is_some_and(|after| first > after + 1) {
        return Err(Failure::EventsExpired);
    }
    // Just before the next event, so that who has read all up to a gap goes on behind it.
    let next_after = match items.get(usize::from(limit)) {
        Some(next) => next.number - 1,
        None => items.last().map_or(last, |event| event.number.max(last)),
    };
    items.truncate(usize::from(limit));
    Ok(FeedPage { items, next_after })
}

pub(crate) fn last_number(connection: &mut Connection, organisation: OrganisationId) -> Result<i64, StoreError> {
    Ok(on!(connection, c => feed::table.find(organisation.key()).select(feed::last_number).first::<i64>(c))?)
}

type EventRow = (Option<i64>, Id, String, Time, (Option<Id>, Option<Id>, Option<Id>));

/// Where every query on a feed starts.
macro_rules! numbered {
    ($organisation:expr) => {
        event::table.filter(event::organisation_id.eq($organisation.key())).filter(event::number.is_not_null()).select(
            (
                event::number,
                event::id,
                event::kind,
                event::at,
                (event::mailbox_id, event::service_id, event::message_id),
            ),
        )
    };
}

/// The events behind a place, in order.
pub(crate) fn events_behind(
    connection: &mut Connection,
    organisation: OrganisationId,
    after: i64,
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    let rows = on!(connection, c => numbered!(organisation)
        .filter(event::number.gt(after))
        .order(event::number)
        .limit(limit)
        .load::<EventRow>(c))?;
    rows.into_iter().map(event_from).collect()
}

/// The events of these places, those that are still kept.
pub(crate) fn events_of(
    connection: &mut Connection,
    organisation: OrganisationId,
    numbers: &[Option<i64>],
) -> Result<HashMap<i64, Event>, StoreError> {
    let rows = on!(connection, c => numbered!(organisation).filter(event::number.eq_any(numbers)).load::<EventRow>(c))?;
    let numbered = |row| event_from(row).map(|event| (event.number, event));
    rows.into_iter().map(numbered).collect()
}

fn event_from((number, id, kind, at, about): EventRow) -> Result<Event, StoreError> {
    let about = match about {
        (Some(mailbox), Some(service), Some(message)) => {
            Some(About { mailbox: mailbox.into(), service: service.into(), message: message.into() })
        }
        _ => None,
    };
    Ok(Event {
        number: number.ok_or(CORRUPT)?,
        id: id.into(),
        kind: kind.parse().map_err(|_| CORRUPT)?,
        at: at.0,
        about,
    })
}

//! Rows of webhooks, their keys and what they have not delivered.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::id::{MailboxId, OrganisationId, WebhookId};
use domain::webhook::{Fault, UndeliveredEvent, Webhook, WebhookKey, WebhookState, WebhookUrl};

use super::{Place, key_of};
use crate::Inner;
use crate::database::{Connection, Id, Key, Time, locked, on};
use crate::error::{Failure, StoreError};
use crate::feeds::feed;
use crate::schema::{webhook, webhook_delivery, webhook_key};
use crate::vault::SigningKey;

const CORRUPT: StoreError = StoreError::Corrupt { what: "webhook" };

type WebhookRow = (Id, String, String, Option<String>, i64, Time);
type KeyRow = (Id, Id, Vec<u8>, Time, Option<Time>);

/// Holds a webhook to the end of the transaction.
pub(super) fn lock(connection: &mut Connection, organisation: OrganisationId, id: WebhookId) -> Result<(), Failure> {
    let row = webhook::table.find((organisation.key(), id.key())).select(webhook::id);
    let found = locked!(connection, row, first::<Id>).optional()?;
    found.map(|_| ()).ok_or(Failure::NotFound)
}

pub(super) fn fetch(
    connection: &mut Connection,
    organisation: OrganisationId,
    id: WebhookId,
) -> Result<Webhook, Failure> {
    fetch_all(connection, organisation)?.into_iter().find(|webhook| webhook.id == id).ok_or(Failure::NotFound)
}

/// An organisation's webhooks, which are few.
pub(super) fn fetch_all(connection: &mut Connection, organisation: OrganisationId) -> Result<Vec<Webhook>, Failure> {
    let rows = on!(&mut *connection, c => webhook::table
        .filter(webhook::organisation_id.eq(organisation.key()))
        .order(webhook::id)
        .select((
            webhook::id, webhook::url, webhook::state, webhook::ended_because, webhook::last_number, webhook::created_at,
        ))
        .load::<WebhookRow>(c))?;
    let keys = on!(connection, c => webhook_key::table
        .filter(webhook_key::organisation_id.eq(organisation.key()))
        .order(webhook_key::id)
        .select((
            webhook_key::webhook_id, webhook_key::id, webhook_key::public_key, webhook_key::created_at,
            webhook_key::signs_until,
        ))
        .load::<KeyRow>(c))?;
    let webhook = |(id, url, state, ended_because, last_number, created_at): WebhookRow| {
        Ok(Webhook {
            id: id.into(),
            url: WebhookUrl::parse(&url).map_err(|_| CORRUPT)?,
            state: state.parse().map_err(|_| CORRUPT)?,
            ended_because: ended_because.map(|reason| reason.parse()).transpose().map_err(|_| CORRUPT)?,
            last_number,
            keys: keys.iter().filter(|key| key.0 == id).map(key_from).collect(),
            created_at: created_at.0,
        })
    };
    rows.into_iter().map(webhook).collect()
}

fn key_from((_, id, public_key, created_at, signs_until): &KeyRow) -> WebhookKey {
    WebhookKey {
        id: (*id).into(),
        public_key: public_key.clone(),
        created_at: created_at.0,
        signs_until: signs_until.map(|until| until.0),
    }
}

/// Removes keys that no longer sign.
pub(super) fn forget_keys(
    connection: &mut Connection,
    organisation: OrganisationId,
    id: WebhookId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    on!(connection, c => diesel::delete(webhook_key::table)
        .filter(webhook_key::organisation_id.eq(organisation.key()))
        .filter(webhook_key::webhook_id.eq(id.key()))
        .filter(webhook_key::signs_until.le(Time(now)))
        .execute(c))?;
    Ok(())
}

/// The keys that sign now, oldest first.
pub(super) fn signing_keys(
    inner: &Inner,
    connection: &mut Connection,
    place: Place,
    now: DateTime<Utc>,
) -> Result<Vec<SigningKey>, StoreError> {
    let rows = on!(connection, c => webhook_key::table
        .filter(webhook_key::organisation_id.eq(place.0.key()))
        .filter(webhook_key::webhook_id.eq(place.1.key()))
        .filter(webhook_key::signs_until.is_null().or(webhook_key::signs_until.gt(Time(now))))
        .order(webhook_key::id)
        .select((webhook_key::id, webhook_key::private_key))
        .load::<(Id, Vec<u8>)>(c))?;
    let open = |(id, sealed): (Id, Vec<u8>)| inner.vault.open_signing_key(place.1, id.into(), &sealed);
    rows.into_iter().map(|row| open(row).map_err(|_| CORRUPT)).collect()
}

/// What a worker needs to know of a webhook.
pub(super) struct HeadRow {
    pub(super) place: Place,
    pub(super) url: WebhookUrl,
    pub(super) state: WebhookState,
    pub(super) last_number: i64,
    pub(super) failures: i32,
    pub(super) challenged_from: DateTime<Utc>,
}

type Head = (Id, Id, String, String, i64, i32, Time);

fn head_from(
    (organisation, id, url, state, last_number, failures, challenged_from): Head,
) -> Result<HeadRow, StoreError> {
    Ok(HeadRow {
        place: (organisation.into(), id.into()),
        url: WebhookUrl::parse(&url).map_err(|_| CORRUPT)?,
        state: state.parse().map_err(|_| CORRUPT)?,
        last_number,
        failures,
        challenged_from: challenged_from.0,
    })
}

macro_rules! heads {
    () => {
        webhook::table.select((
            webhook::organisation_id,
            webhook::id,
            webhook::url,
            webhook::state,
            webhook::last_number,
            webhook::failures,
            webhook::challenged_from,
        ))
    };
}

/// Leases those of these webhooks that nobody else has leased meanwhile.
pub(super) fn leased(
    connection: &mut Connection,
    ids: &[Id],
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<HeadRow>, StoreError> {
    let states = [WebhookState::Unconfirmed.as_word(), WebhookState::Active.as_word()];
    let free = heads!()
        .filter(webhook::id.eq_any(ids))
        .filter(webhook::state.eq_any(states))
        .filter(webhook::next_at.le(Time(now)))
        .filter(webhook::leased_until.is_null().or(webhook::leased_until.lt(Time(now))));
    let rows: Vec<Head> = match &mut *connection {
        Connection::Postgres(link) => free.for_update().skip_locked().load(&mut **link as &mut PgConnection)?,
        Connection::Sqlite(link, _) => free.load(&mut **link as &mut SqliteConnection)?,
    };
    let ids: Vec<Id> = rows.iter().map(|row| row.1).collect();
    on!(connection, c => diesel::update(webhook::table.filter(webhook::id.eq_any(&ids)))
        .set(webhook::leased_until.eq(Time(until)))
        .execute(c))?;
    rows.into_iter().map(head_from).collect()
}

/// Holds a webhook where its lease is still this one.
pub(super) fn still_leased(
    connection: &mut Connection,
    place: Place,
    until: DateTime<Utc>,
) -> Result<Option<HeadRow>, StoreError> {
    let mine = heads!()
        .filter(webhook::organisation_id.eq(place.0.key()))
        .filter(webhook::id.eq(place.1.key()))
        .filter(webhook::leased_until.eq(Time(until)));
    let row: Option<Head> = locked!(connection, mine, first).optional()?;
    row.map(head_from).transpose()
}

type AsideRow = (i64, i32, Option<Time>, Option<Time>, Option<String>, Option<i32>);

/// What was not delivered, in the order of the feed: what waits, what was given up, or both.
pub(super) fn undelivered(
    connection: &mut Connection,
    place: Place,
    is_waiting: Option<bool>,
    after: i64,
    limit: i64,
) -> Result<Vec<UndeliveredEvent>, StoreError> {
    let rows = on!(&mut *connection, c => {
        let mut query = webhook_delivery::table
            .filter(webhook_delivery::organisation_id.eq(place.0.key()))
            .filter(webhook_delivery::webhook_id.eq(place.1.key()))
            .filter(webhook_delivery::number.gt(after))
            .order(webhook_delivery::number)
            .limit(limit)
            .select((
                webhook_delivery::number, webhook_delivery::attempts, webhook_delivery::first_at,
                webhook_delivery::next_at, webhook_delivery::fault, webhook_delivery::status,
            ))
            .into_boxed();
        match is_waiting {
            Some(true) => query = query.filter(webhook_delivery::next_at.is_not_null()),
            Some(false) => query = query.filter(webhook_delivery::next_at.is_null()),
            None => {}
        }
        query.load::<AsideRow>(c)
    })?;
    let numbers: Vec<Option<i64>> = rows.iter().map(|row| Some(row.0)).collect();
    let mut events = feed::events_of(connection, place.0, &numbers)?;
    // One whose event has gone from the feed goes with the next clean-up.
    rows.into_iter()
        .filter_map(|(number, attempts, first_at, next_at, fault, status)| {
            let event = events.remove(&number)?;
            let fault = fault.map(|word| word.parse::<Fault>()).transpose().map_err(|_| CORRUPT);
            Some(fault.map(|fault| UndeliveredEvent {
                event,
                attempts,
                first_at: first_at.map(|at| at.0),
                next_at: next_at.map(|at| at.0),
                fault,
                status: status.and_then(|status| u16::try_from(status).ok()),
            }))
        })
        .collect()
}

/// Those of the mailboxes that have an event put aside that is sent again.
pub(super) fn mailboxes_waiting(
    connection: &mut Connection,
    place: Place,
    mailboxes: &[Id],
) -> Result<HashSet<MailboxId>, StoreError> {
    let mailboxes: Vec<Option<Id>> = mailboxes.iter().copied().map(Some).collect();
    let rows = on!(connection, c => webhook_delivery::table
        .filter(webhook_delivery::organisation_id.eq(place.0.key()))
        .filter(webhook_delivery::webhook_id.eq(place.1.key()))
        .filter(webhook_delivery::next_at.is_not_null())
        .filter(webhook_delivery::mailbox_id.eq_any(&mailboxes))
        .select(webhook_delivery::mailbox_id)
        .distinct()
        .load::<Option<Id>>(c))?;
    Ok(rows.into_iter().flatten().map(MailboxId::from).collect())
}

/// Removes an event that was put aside.
pub(super) fn forget_aside(connection: &mut Connection, place: Place, number: i64) -> Result<(), StoreError> {
    let (organisation, id) = key_of(place);
    on!(connection, c => diesel::delete(webhook_delivery::table.find((organisation, id, number))).execute(c))?;
    Ok(())
}

//! Webhooks: what an organisation arranges (BX-8). What is sent, and what becomes of it, is in [`dispatch`].

mod dispatch;
mod rows;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::OrganisationAct;
use domain::audit::{Object, ObjectKind};
use domain::id::{OrganisationId, WebhookId, WebhookKeyId};
use domain::webhook::{KEY_OVERLAP, MAX_KEYS, MAX_WEBHOOKS, UndeliveredEvent, Webhook, WebhookState, WebhookUrl};

use self::rows::{fetch, fetch_all, lock};
use crate::access::Done;
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::feed;
use crate::idempotency::{self, Created, RequestKey};
use crate::page::{Page, Slice};
use crate::schema::{event, webhook, webhook_delivery, webhook_key};
use crate::vault::SigningKey;
use crate::{Inner, Store};

pub(crate) use dispatch::end_all;
pub use dispatch::{Attempt, Dispatch, Load, Outcome};

/// What an organisation changes of a webhook. What is not there stays as it is.
#[derive(Clone, Debug)]
pub struct WebhookChange {
    /// Another address. Its receiver has to answer a challenge, too.
    pub url: Option<WebhookUrl>,
    /// Whether events are sent. A webhook that has ended is made active by it again, after another challenge.
    pub is_paused: Option<bool>,
}

const fn object(id: WebhookId) -> Object {
    Object { kind: ObjectKind::Webhook, id: id.as_uuid() }
}

impl Store {
    /// Makes a webhook, with its first key. Its receiver gets what happens from now on, once it has answered the challenge.
    ///
    /// # Errors
    /// Refused, too many webhooks, or the store away.
    pub async fn webhook_create(
        &self,
        context: &Context,
        url: WebhookUrl,
        key: Option<RequestKey>,
    ) -> Result<Created<Webhook>, Failure> {
        let (now, scope) = (context.now, self.idempotency_scope(context));
        self.write_organisation(context, OrganisationAct::CREATE_WEBHOOK, move |inner, connection, grant| {
            let organisation = grant.organisation();
            let made = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| insert(inner, connection, organisation, &url, now),
                |connection, id| fetch(connection, organisation, id.into()),
                |webhook: &Webhook| webhook.id.key(),
            )?;
            let id = made.value().id;
            Ok(Done::of(made).about(object(id)))
        })
        .await
    }

    /// The webhooks of the caller's organisation, oldest first.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn webhook_list(&self, context: &Context) -> Result<Vec<Webhook>, Failure> {
        self.read_organisation(context, OrganisationAct::LIST_WEBHOOKS, |_, connection, grant| {
            Ok(Done::of(fetch_all(connection, grant.organisation())?))
        })
        .await
    }

    /// One of them.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn webhook_fetch(&self, context: &Context, id: WebhookId) -> Result<Webhook, Failure> {
        self.read_organisation(context, OrganisationAct::SEE_WEBHOOK, move |_, connection, grant| {
            Ok(Done::of(fetch(connection, grant.organisation(), id)?).about(object(id)))
        })
        .await
    }

    /// Changes a webhook, where the caller has seen its latest version. What is being sent at the moment comes again.
    ///
    /// # Errors
    /// Refused, not there, changed by somebody else, or the store away.
    pub async fn webhook_change(
        &self,
        context: &Context,
        id: WebhookId,
        change: WebhookChange,
        is_current: impl FnOnce(&Webhook) -> bool + Send + 'static,
    ) -> Result<Webhook, Failure> {
        let now = context.now;
        self.write_organisation(context, OrganisationAct::CHANGE_WEBHOOK, move |inner, connection, grant| {
            let organisation = grant.organisation();
            lock(connection, organisation, id)?;
            let before = fetch(connection, organisation, id)?;
            if !is_current(&before) {
                return Err(Failure::VersionChanged);
            }
            apply(connection, organisation, &before, change, now)?;
            inner.webhooks.notify_one();
            Ok(Done::of(fetch(connection, organisation, id)?).about(object(id)))
        })
        .await
    }

    /// Removes a webhook, with its keys and what it has not delivered.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn webhook_delete(&self, context: &Context, id: WebhookId) -> Result<(), Failure> {
        self.write_organisation(context, OrganisationAct::DELETE_WEBHOOK, move |_, connection, grant| {
            let organisation = grant.organisation();
            lock(connection, organisation, id)?;
            on!(connection, c => diesel::delete(webhook::table.find((organisation.key(), id.key()))).execute(c))?;
            Ok(Done::of(()).about(object(id)))
        })
        .await
    }

    /// Gives a webhook another key. The others go on signing beside it for a day.
    ///
    /// # Errors
    /// Refused, not there, too many keys that still sign, or the store away.
    pub async fn webhook_key_add(&self, context: &Context, id: WebhookId) -> Result<Webhook, Failure> {
        let now = context.now;
        self.write_organisation(context, OrganisationAct::ADD_WEBHOOK_KEY, move |inner, connection, grant| {
            let organisation = grant.organisation();
            lock(connection, organisation, id)?;
            rows::forget_keys(connection, organisation, id, now)?;
            if fetch(connection, organisation, id)?.keys.len() >= MAX_KEYS {
                return Err(Failure::TooManyWebhookKeys);
            }
            on!(&mut *connection, c => diesel::update(webhook_key::table)
                .filter(webhook_key::organisation_id.eq(organisation.key()))
                .filter(webhook_key::webhook_id.eq(id.key()))
                .filter(webhook_key::signs_until.is_null())
                .set(webhook_key::signs_until.eq(Time(now + KEY_OVERLAP)))
                .execute(c))?;
            insert_key(inner, connection, organisation, id, now)?;
            Ok(Done::of(fetch(connection, organisation, id)?).about(object(id)))
        })
        .await
    }

    /// The events that a webhook has not delivered, in the order of the feed: those that wait, or those that were given
    /// up, or both.
    ///
    /// # Errors
    /// Refused, not there, a cursor of another list, or the store away.
    pub async fn webhook_delivery_list(
        &self,
        context: &Context,
        id: WebhookId,
        is_waiting: Option<bool>,
        page: Page,
    ) -> Result<Slice<UndeliveredEvent>, Failure> {
        self.read_organisation(context, OrganisationAct::LIST_WEBHOOK_DELIVERIES, move |inner, connection, grant| {
            let organisation = grant.organisation();
            fetch(connection, organisation, id)?;
            let list = format!("webhook-deliveries:{id}:{is_waiting:?}");
            let after: Option<i64> = page.position(&inner.vault, &list)?;
            let rows =
                rows::undelivered(connection, (organisation, id), is_waiting, after.unwrap_or(0), page.fetch_limit())?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row: &UndeliveredEvent| row.event.number);
            Ok(Done::of(slice).about(object(id)))
        })
        .await
    }

    /// Sends everything again from a number of the feed on. Says what the last number is at the moment.
    ///
    /// # Errors
    /// Refused, not there, a number whose event is gone or yet to come, or the store away.
    pub async fn webhook_redeliver(&self, context: &Context, id: WebhookId, from: i64) -> Result<i64, Failure> {
        self.write_organisation(context, OrganisationAct::REDELIVER_EVENTS, move |inner, connection, grant| {
            let organisation = grant.organisation();
            lock(connection, organisation, id)?;
            let last = feed::last_number(connection, organisation)?;
            if from > last {
                return Err(Failure::AheadOfFeed { last });
            }
            let oldest =
                feed::events_behind(connection, organisation, 0, 1)?.first().map_or(last + 1, |event| event.number);
            if from < oldest {
                return Err(Failure::EventsExpired);
            }
            on!(&mut *connection, c => diesel::delete(webhook_delivery::table)
                .filter(webhook_delivery::organisation_id.eq(organisation.key()))
                .filter(webhook_delivery::webhook_id.eq(id.key()))
                .filter(webhook_delivery::number.ge(from))
                .execute(c))?;
            // The lease is taken away, so that what is being sent at the moment does not count.
            on!(connection, c => diesel::update(webhook::table.find((organisation.key(), id.key())))
                .set((
                    webhook::last_number.eq(from - 1),
                    webhook::leased_until.eq(None::<Time>),
                    webhook::failures.eq(0),
                    webhook::next_at.eq(webhook::created_at),
                ))
                .execute(c))?;
            inner.webhooks.notify_one();
            Ok(Done::of(last).about(object(id)))
        })
        .await
    }

    /// Returns when there may be something to send.
    pub async fn webhooks_arrived(&self) {
        self.inner.webhooks.notified().await;
    }
}

fn insert(
    inner: &Inner,
    connection: &mut Connection,
    organisation: OrganisationId,
    url: &WebhookUrl,
    now: DateTime<Utc>,
) -> Result<Webhook, Failure> {
    // The feed is held, so that two who come at once do not pass the limit together, and no number comes between.
    let last = feed::held(connection, organisation)?;
    if fetch_all(connection, organisation)?.len() >= MAX_WEBHOOKS {
        return Err(Failure::TooManyWebhooks);
    }
    let id: WebhookId = new_id();
    on!(&mut *connection, c => diesel::insert_into(webhook::table)
        .values((
            webhook::organisation_id.eq(organisation.key()),
            webhook::id.eq(id.key()),
            webhook::url.eq(url.as_str()),
            webhook::state.eq(WebhookState::Unconfirmed.as_word()),
            webhook::last_number.eq(last),
            webhook::failures.eq(0),
            webhook::next_at.eq(Time(now)),
            webhook::challenged_from.eq(Time(now)),
            webhook::created_at.eq(Time(now)),
        ))
        .execute(c))?;
    insert_key(inner, connection, organisation, id, now)?;
    inner.webhooks.notify_one();
    fetch(connection, organisation, id)
}

fn insert_key(
    inner: &Inner,
    connection: &mut Connection,
    organisation: OrganisationId,
    webhook: WebhookId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (id, key) = (new_id::<WebhookKeyId>(), SigningKey::generate());
    let sealed = inner.vault.seal_signing_key(webhook, id, &key);
    on!(connection, c => diesel::insert_into(webhook_key::table)
        .values((
            webhook_key::organisation_id.eq(organisation.key()),
            webhook_key::webhook_id.eq(webhook.key()),
            webhook_key::id.eq(id.key()),
            webhook_key::private_key.eq(&sealed),
            webhook_key::public_key.eq(key.public_key()),
            webhook_key::created_at.eq(Time(now)),
        ))
        .execute(c))?;
    Ok(())
}

/// What an organisation wants changed. A new address, or a new beginning, takes a challenge first.
fn apply(
    connection: &mut Connection,
    organisation: OrganisationId,
    before: &Webhook,
    change: WebhookChange,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let WebhookChange { url, is_paused } = change;
    let is_moved = url.as_ref().is_some_and(|url| *url != before.url);
    let begins_again = before.state == WebhookState::Ended && is_paused == Some(false);
    let state = match (is_paused, before.state) {
        (Some(true), WebhookState::Unconfirmed | WebhookState::Active | WebhookState::Paused) => WebhookState::Paused,
        (_, state) if is_moved || begins_again => {
            if state == WebhookState::Paused && is_paused.is_none() {
                state
            } else {
                WebhookState::Unconfirmed
            }
        }
        // Whether the receiver had answered before the pause is not kept: it answers again.
        (Some(false), WebhookState::Paused) => WebhookState::Unconfirmed,
        (_, state) => state,
    };
    let url = url.as_ref().unwrap_or(&before.url).as_str();
    let ended = (state == WebhookState::Ended).then_some(before.ended_because).flatten().map(|reason| reason.as_word());
    let oldest = feed::events_behind(connection, organisation, 0, 1)?.first().map(|event| event.number);
    // What it has missed for good cannot be sent any more; it begins with what there is.
    let last_number =
        oldest.filter(|_| begins_again).map_or(before.last_number, |oldest| before.last_number.max(oldest - 1));
    on!(connection, c => diesel::update(webhook::table.find((organisation.key(), before.id.key())))
        .set((
            webhook::url.eq(url),
            webhook::state.eq(state.as_word()),
            webhook::ended_because.eq(ended),
            webhook::last_number.eq(last_number),
            webhook::failures.eq(0),
            webhook::next_at.eq(Time(now)),
            webhook::challenged_from.eq(Time(now)),
            webhook::leased_until.eq(None::<Time>),
        ))
        .execute(c))?;
    Ok(())
}

/// Removes what was not delivered of events that are no longer in the feed, and keys that no longer sign.
pub(crate) fn sweep(connection: &mut Connection, now: DateTime<Utc>) -> Result<(), StoreError> {
    let known = event::table
        .filter(event::organisation_id.eq(webhook_delivery::organisation_id))
        .filter(event::number.eq(webhook_delivery::number.nullable()));
    on!(&mut *connection, c => diesel::delete(webhook_delivery::table)
        .filter(diesel::dsl::not(diesel::dsl::exists(known)))
        .execute(c))?;
    on!(connection, c => diesel::delete(webhook_key::table.filter(webhook_key::signs_until.lt(Time(now)))).execute(c))?;
    Ok(())
}

/// A webhook as statements name it.
type Place = (OrganisationId, WebhookId);

fn key_of((organisation, webhook): Place) -> (Id, Id) {
    (organisation.key(), webhook.key())
}

//! The sender's side of messages: where they stand, never what they say.

mod steps;
mod withdrawal;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use domain::access::{ServiceAction, ServiceGrant};
use domain::audit::{Object, ObjectKind, Subject};
use domain::id::{MessageId, ServiceId};
use domain::message::{RouteStep, SenderReference, Sending};

pub(crate) use self::steps::{StepRow, channel_from, channel_word, reasons_text};
use self::steps::{routed_from, steps_of};
use crate::context::Context;
use crate::database::{Connection, Id, Key, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::page::{Page, Slice};
use crate::rows::rows;
use crate::schema::{message, sending};
use crate::{Store, audit};

const CORRUPT: StoreError = StoreError::Corrupt { what: "sending" };

rows! {
    /// That a service sent a message.
    SendingRow, SendingColumns => sending {
        service_id: Id as SqlUuid,
        message_id: Id as SqlUuid,
        mailbox_id: Id as SqlUuid,
        sender_reference: Option<String> as Nullable<Text>,
        reasons: String as Text,
    }
}

type SentRow =
    ((Id, Id, Option<String>, String), (String, String, String), (Option<Time>, Time, Option<Time>, Option<Time>));

macro_rules! sent {
    () => {
        sending::table
            .inner_join(
                message::table.on(message::mailbox_id.eq(sending::mailbox_id).and(message::id.eq(sending::message_id))),
            )
            .select((
                (sending::message_id, sending::service_id, sending::sender_reference, sending::reasons),
                (message::kind, message::channel, message::rule),
                (message::open_by, message::accepted_at, message::received_at, message::opened_at),
            ))
    };
}

impl Store {
    /// What a service has sent, newest first; with a reference, the one message that has it.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn sending_list(
        &self,
        context: &Context,
        service: ServiceId,
        reference: Option<SenderReference>,
        page: Page,
    ) -> Result<Slice<Sending>, Failure> {
        let owned = context.clone();
        self.for_service(context, service, ServiceAction::FollowSendings, move |inner, connection, grant| {
            let filter = reference.as_ref().map(SenderReference::as_str);
            let list = format!("sendings:{service}:{filter:?}");
            let before: Option<Id> = page.position(&inner.vault, &list)?;
            let rows = rows_before(connection, grant, filter, before.unwrap_or(Id::MAX), page.fetch_limit())?;
            record(connection, &owned, grant, None)?;
            let ids: Vec<Id> = rows.iter().map(|row| row.0.0).collect();
            let mut steps = steps_of(connection, grant.service(), &ids)?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| row.0.0);
            slice.try_map(|row| {
                let steps = steps.remove(&row.0.0).unwrap_or_default();
                Ok(sending_from(row, steps)?)
            })
        })
        .await
    }

    /// One message that a service has sent.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn sending_fetch(
        &self,
        context: &Context,
        service: ServiceId,
        id: MessageId,
    ) -> Result<Sending, Failure> {
        let owned = context.clone();
        self.for_service(context, service, ServiceAction::FollowSendings, move |_, connection, grant| {
            let sending = fetch(connection, grant.service(), id)?.ok_or(Failure::NotFound)?;
            record(connection, &owned, grant, Some(Object { kind: ObjectKind::Message, id: id.as_uuid() }))?;
            Ok(sending)
        })
        .await
    }
}

fn record(
    connection: &mut Connection,
    context: &Context,
    grant: &ServiceGrant,
    object: Option<Object>,
) -> Result<(), Failure> {
    let subject = Subject::Service(grant.service());
    let entry = audit::granted(context, None, subject, grant.action().as_word(), object, grant.rule());
    connection.write(|connection| Ok(audit::insert(connection, vec![entry])?))
}

fn rows_before(
    connection: &mut Connection,
    grant: &ServiceGrant,
    reference: Option<&str>,
    before: Id,
    limit: i64,
) -> Result<Vec<SentRow>, StoreError> {
    Ok(on!(connection, c => {
        let mut query = sent!()
            .filter(sending::service_id.eq(grant.service().key()))
            .filter(sending::message_id.lt(before))
            .order(sending::message_id.desc())
            .limit(limit)
            .into_boxed();
        if let Some(reference) = reference {
            query = query.filter(sending::sender_reference.eq(reference));
        }
        query.load::<SentRow>(c)
    })?)
}

/// A message of a service; none where it sent no such one.
pub(crate) fn fetch(
    connection: &mut Connection,
    service: ServiceId,
    id: MessageId,
) -> Result<Option<Sending>, StoreError> {
    let row = on!(&mut *connection, c => sent!()
        .filter(sending::service_id.eq(service.key()))
        .filter(sending::message_id.eq(id.key()))
        .first::<SentRow>(c)
        .optional())?;
    let Some(row) = row else { return Ok(None) };
    let steps = steps_of(connection, service, &[id.key()])?.remove(&id.key()).unwrap_or_default();
    sending_from(row, steps).map(Some)
}

/// Which of these references services have used, crosswise.
pub(crate) fn references_used(
    connection: &mut Connection,
    services: &[Id],
    references: &[&str],
) -> Result<Vec<(Id, Option<String>)>, StoreError> {
    if references.is_empty() {
        return Ok(vec![]);
    }
    Ok(on!(connection, c => sending::table
        .filter(sending::service_id.eq_any(services))
        .filter(sending::sender_reference.eq_any(references))
        .select((sending::service_id, sending::sender_reference))
        .load(c))?)
}

fn sending_from(row: SentRow, steps: Vec<RouteStep>) -> Result<Sending, StoreError> {
    let ((id, service, reference, reasons), (kind, channel, rule), (open_by, accepted_at, delivered_at, opened_at)) =
        row;
    Ok(Sending {
        id: id.into(),
        service: service.into(),
        kind: kind.parse().map_err(|_| CORRUPT)?,
        sender_reference: reference.map(|text| SenderReference::parse(&text)).transpose().map_err(|_| CORRUPT)?,
        accepted: routed_from(&channel, &rule, &reasons)?,
        steps,
        open_by: open_by.map(|at| at.0),
        accepted_at: accepted_at.0,
        delivered_at: delivered_at.map(|at| at.0),
        opened_at: opened_at.map(|at| at.0),
    })
}

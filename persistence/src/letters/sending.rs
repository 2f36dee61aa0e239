//! The sender's side of messages: where they stand, never what they say.

mod steps;
mod withdrawal;

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use domain::access::{ServiceAct, ServiceGrant};
use domain::audit::{Object, ObjectKind};
use domain::id::{MessageId, ServiceId};
use domain::message::{RouteStep, SenderReference, Sending};

pub(crate) use self::steps::{StepRow, channel_from, channel_word, reasons_text};
use self::steps::{routed_from, steps_of};
use crate::Store;
use crate::access::Done;
use crate::context::Context;
use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, Pairs, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::page::{Page, Slice};
use crate::schema::{message, sending};

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

/// That a message was sent: what is known of it without looking at the message.
type SentRow = (Id, Id, Id, Option<String>, String);
/// How a message stands.
type StandingRow = ((String, String, String), (Option<Time>, Time, Option<Time>, Option<Time>));

macro_rules! sent_columns {
    () => {
        (sending::message_id, sending::service_id, sending::mailbox_id, sending::sender_reference, sending::reasons)
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
        self.read_service(context, service, ServiceAct::LIST_SENDINGS, move |inner, connection, grant| {
            let filter = reference.as_ref().map(SenderReference::as_str);
            let list = format!("sendings:{service}:{filter:?}");
            let before: Option<Id> = page.position(&inner.vault, &list)?;
            let rows = rows_before(connection, grant, filter, before.unwrap_or(Id::MAX), page.fetch_limit())?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| row.0);
            let mut around = Around::gather(connection, grant.service(), &slice.items)?;
            Ok(Done::of(slice.try_map(|row| around.sending(row))?))
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
        self.read_service(context, service, ServiceAct::SEE_SENDING, move |_, connection, grant| {
            let sending = fetch(connection, grant.service(), id)?.ok_or(Failure::NotFound)?;
            Ok(Done::of(sending).about(Object { kind: ObjectKind::Message, id: id.as_uuid() }))
        })
        .await
    }
}

fn rows_before(
    connection: &mut Connection,
    grant: &ServiceGrant,
    reference: Option<&str>,
    before: Id,
    limit: i64,
) -> Result<Vec<SentRow>, StoreError> {
    let sent = sending::table.filter(sending::service_id.eq(grant.service().key())).select(sent_columns!());
    let Some(reference) = reference else {
        return Ok(on!(connection, c => sent
            .filter(sending::message_id.lt(before))
            .order(sending::message_id.desc())
            .limit(limit)
            .load::<SentRow>(c))?);
    };
    // One at the most: asked for by what is unique, and in no order, for which all of the service's would be gone through.
    let mut rows = on!(connection, c => sent.filter(sending::sender_reference.eq(reference)).load::<SentRow>(c))?;
    rows.retain(|row| row.0 < before);
    Ok(rows)
}

/// A message of a service; none where it sent no such one.
pub(crate) fn fetch(
    connection: &mut Connection,
    service: ServiceId,
    id: MessageId,
) -> Result<Option<Sending>, StoreError> {
    let row = on!(&mut *connection, c => sending::table
        .find((service.key(), id.key()))
        .select(sent_columns!())
        .first::<SentRow>(c)
        .optional())?;
    let Some(row) = row else { return Ok(None) };
    Around::gather(connection, service, std::slice::from_ref(&row))?.sending(row).map(Some)
}

/// What stands around sent messages, asked for all of them together. Not joined to them: a database that expects few rows
/// of a join reads all of both tables for one page.
struct Around {
    standing: HashMap<Id, StandingRow>,
    steps: HashMap<Id, Vec<RouteStep>>,
}

impl Around {
    fn gather(connection: &mut Connection, service: ServiceId, sent: &[SentRow]) -> Result<Self, StoreError> {
        let ids: Vec<Id> = sent.iter().map(|row| row.0).collect();
        let messages: Pairs = sent.iter().map(|row| (row.2, row.0)).collect();
        let standing = on!(&mut *connection, c => message::table
            .filter(messages.among(message::mailbox_id, message::id))
            .select((
                message::id,
                (
                    (message::kind, message::channel, message::rule),
                    (message::open_by, message::accepted_at, message::received_at, message::opened_at),
                ),
            ))
            .load::<(Id, StandingRow)>(c))?;
        let steps = steps_of(connection, service, &ids)?;
        Ok(Self { standing: standing.into_iter().collect(), steps })
    }

    fn sending(&mut self, (id, service, _, reference, reasons): SentRow) -> Result<Sending, StoreError> {
        let ((kind, channel, rule), (open_by, accepted_at, delivered_at, opened_at)) =
            self.standing.remove(&id).ok_or(CORRUPT)?;
        Ok(Sending {
            id: id.into(),
            service: service.into(),
            kind: kind.parse().map_err(|_| CORRUPT)?,
            sender_reference: reference.map(|text| SenderReference::parse(&text)).transpose().map_err(|_| CORRUPT)?,
            accepted: routed_from(&channel, &rule, &reasons)?,
            steps: self.steps.remove(&id).unwrap_or_default(),
            open_by: open_by.map(|at| at.0),
            accepted_at: accepted_at.0,
            delivered_at: delivered_at.map(|at| at.0),
            opened_at: opened_at.map(|at| at.0),
        })
    }
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

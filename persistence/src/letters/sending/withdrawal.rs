//! Taking a message back before it was read (BX-4).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::ServiceAct;
use domain::audit::{Object, ObjectKind};
use domain::event::{About, EventKind};
use domain::id::{MailboxId, MessageId, ServiceId};
use domain::message::{Sending, Status};
use domain::routing::{Channel, Routed};
use domain::rule::Rule;

use super::{CORRUPT, StepRow};
use crate::Store;
use crate::access::Done;
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, locked, on};
use crate::error::Failure;
use crate::feeds::event;
use crate::letters::handover::may_be_taken;
use crate::schema::{message, sending};

impl Store {
    /// Takes a message back: it leaves the inbox, and goes nowhere else. Again changes nothing.
    ///
    /// # Errors
    /// Refused, not there, opened or on paper by now, part of a conversation, or the store away.
    pub async fn message_withdraw(
        &self,
        context: &Context,
        service: ServiceId,
        id: MessageId,
    ) -> Result<Sending, Failure> {
        let now = context.now;
        self.write_service(context, service, ServiceAct::WITHDRAW_MESSAGE, move |_, connection, grant| {
            // In the recipient's log: it may have been in the inbox, and has gone from there (BX-6).
            let mailbox = withdraw(connection, grant.service(), id, now)?;
            let sending = super::fetch(connection, grant.service(), id)?.ok_or(Failure::NotFound)?;
            let object = Object { kind: ObjectKind::Message, id: id.as_uuid() };
            Ok(Done::of(sending).about(object).in_log_of(mailbox))
        })
        .await
    }
}

/// Says in which mailbox the message was.
fn withdraw(
    connection: &mut Connection,
    service: ServiceId,
    id: MessageId,
    now: DateTime<Utc>,
) -> Result<MailboxId, Failure> {
    let mailbox = on!(&mut *connection, c => sending::table
        .find((service.key(), id.key()))
        .select(sending::mailbox_id)
        .first::<Id>(c)
        .optional())?
    .ok_or(Failure::NotFound)?;
    // Held, so that nobody opens it, brings it or prints it meanwhile.
    let found = message::table.find((mailbox, id.key())).select(message::received_at);
    let received_at: Option<Time> = locked!(&mut *connection, found, first)?;
    let sending = super::fetch(connection, service, id)?.ok_or(CORRUPT)?;
    if sending.status() == Status::Withdrawn {
        return Ok(mailbox.into());
    }
    if !sending.can_be_withdrawn(may_be_taken(connection, (mailbox, id.key()))?) {
        return Err(Failure::NotWithdrawable);
    }
    on!(&mut *connection, c => diesel::update(message::table.find((mailbox, id.key())))
        .set((
            message::received_at.eq(None::<Time>),
            message::gone_at.eq(Time(now)),
            message::withdrawn_at.eq(Time(now)),
        ))
        .execute(c))?;
    let said = |channel, rule| Routed { channel, rule, reason: None, passed_over: vec![] };
    let step = |status, routed: &Routed, at| StepRow::new(service.key(), id.key(), status, routed, at);
    // That it was in the inbox stays known, though it is not there any more.
    let was_there = received_at.map(|at| step(Status::Delivered, &said(Some(Channel::Inbox), Rule::Hn4), at.0));
    let withdrawn = step(Status::Withdrawn, &said(None, Rule::Bx4), now);
    StepRow::insert_all(connection, was_there.into_iter().chain([withdrawn]).collect())?;
    let about = About { mailbox: mailbox.into(), service, message: id };
    event::record(connection, EventKind::MessageWithdrawn, &[about], now)?;
    Ok(mailbox.into())
}

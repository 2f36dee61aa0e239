//! The time by which a sender hopes that a message is read: when it is over, the sender is told, and where it has said so
//! the letter goes on paper (PP-6, KRR-14, BX-4).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::event::{About, EventKind};
use domain::message::{MessageKind, Status};
use domain::routing::{Channel, PassedOver, Reason, Routed};

use crate::Inner;
use crate::database::{Connection, Id, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::event;
use crate::letters::sending::StepRow;
use crate::schema::message;
use crate::services::service;
use crate::work::job::{JobKind, JobRow, Lease};

const CORRUPT: StoreError = StoreError::Corrupt { what: "message" };

/// Tells the sender of a message that nobody has opened, and has it printed where the service wants that. A message that
/// has gone another way, or was taken back, has no such time any more.
pub(crate) fn open_by_passed(
    inner: &Inner,
    connection: &mut Connection,
    lease: Lease,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let row: Option<(Id, String)> = on!(&mut *connection, c => message::table
        .filter(message::mailbox_id.eq(lease.mailbox))
        .filter(message::id.eq(lease.object))
        .filter(message::opened_at.is_null())
        .filter(message::gone_at.is_null())
        .select((message::service_id, message::kind))
        .first(c)
        .optional())?;
    let Some((service_id, kind)) = row else { return Ok(()) };
    let told = [About { mailbox: lease.mailbox.into(), service: service_id.into(), message: lease.object.into() }];
    event::record(connection, EventKind::MessageNotOpened, &told, now)?;
    let kind: MessageKind = kind.parse().map_err(|_| CORRUPT)?;
    let service = service::fetch(connection, service_id.into())?.ok_or(CORRUPT)?;
    if !inner.outlets.narrow(&service.policy.external).prints_unopened(kind) {
        return Ok(());
    }
    // What has not come into the inbox yet does not come any more: it comes on paper. What is there stays there.
    on!(&mut *connection, c => diesel::update(message::table)
        .filter(message::mailbox_id.eq(lease.mailbox))
        .filter(message::id.eq(lease.object))
        .filter(message::received_at.is_null())
        .set(message::gone_at.eq(Time(now)))
        .execute(c))?;
    let reason = Reason::NotOpened;
    let not_here = PassedOver { channel: Channel::Inbox, reason };
    let routed = Routed {
        channel: Some(Channel::Paper),
        rule: reason.rule(),
        reason: Some(reason),
        passed_over: vec![not_here],
    };
    StepRow::insert_all(connection, vec![StepRow::new(service_id, lease.object, Status::Routed, &routed, now)])?;
    JobRow::insert_all(connection, vec![JobRow::new(JobKind::Print, lease.mailbox.into(), lease.object, now)])?;
    Ok(event::record(connection, EventKind::MessageRouted, &told, now)?)
}

//! Appointments and visits: as the mailbox shows them, and as citizens cancel them (HN-10, DH-2).

mod rows;
mod telling;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{Action, MailboxAct, Standing, VisibleScope, decide};
use domain::appointment::{AppointmentView, CancelledBy, can_cancel, is_planned};
use domain::audit::{Object, ObjectKind};
use domain::event::{About, EventKind};
use domain::id::{AppointmentId, MailboxId, ServiceId};
use domain::message::{Body, Sender, Subject};
use domain::rule::Rule;
use domain::service::Service;
use serde::{Deserialize, Serialize};

use self::rows::{CORRUPT, Stored, StoredRow, stored_from};
use crate::access::{MailboxRef, Opened};
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, keys, on};
use crate::error::{Failure, StoreError};
use crate::feeds::event;
use crate::idempotency::{self, Created, RequestKey};
use crate::mailboxes::conversation::{Report, report};
use crate::mailboxes::message::within;
use crate::page::{Page, Slice};
use crate::schema::{appointment, appointment_name};
use crate::services::service;
use crate::words::Written;
use crate::{Inner, Store};

/// Where a page ended.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Position {
    starts_at: Time,
    id: Id,
}

const fn object(id: AppointmentId) -> Object {
    Object { kind: ObjectKind::Appointment, id: id.as_uuid() }
}

/// Where every query on the appointments of a mailbox starts: what the grant covers.
macro_rules! visible {
    ($grant:expr) => {{
        let visibility = $grant.visibility();
        let of_mailbox = appointment::table.filter(appointment::mailbox_id.eq($grant.mailbox().key()));
        let query = within!(of_mailbox, appointment, visibility.bounds()).into_boxed();
        match visibility.scope() {
            VisibleScope::Inbox => query,
            VisibleScope::Record(reach) => query.filter(appointment::service_id.eq_any(keys(reach.services()))),
        }
    }};
}

impl Store {
    /// The appointments of a mailbox that are not over, of all services, the soonest first.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn appointment_list(
        &self,
        context: &Context,
        mailbox: MailboxId,
        page: Page,
    ) -> Result<Slice<AppointmentView>, Failure> {
        let (which, now) = (MailboxRef::Id(mailbox), context.now);
        self.read_mailbox(context, which, MailboxAct::LIST_APPOINTMENTS, None, move |inner, connection, opened| {
            let list = format!("appointments:{mailbox}");
            let position: Option<Position> = page.position(&inner.vault, &list)?;
            let rows = rows_after(connection, opened, position, page.fetch_limit(), now)?;
            let position = |row: &StoredRow| Position { starts_at: row.starts_at, id: row.id };
            let slice = Slice::cut(rows, &page, &inner.vault, &list, position)
                .open_each(|row| row.id, |row| Ok(stored_from(row)?))?;
            let services = services_of(connection, &slice.items)?;
            slice
                .open_each(|found| found.id.key(), |found| Ok(view(inner, connection, opened, &services, &found, now)?))
        })
        .await
    }

    /// One appointment, also when it is over.
    ///
    /// # Errors
    /// Refused, not there or not visible, or the store away.
    pub async fn appointment_fetch(
        &self,
        context: &Context,
        mailbox: MailboxId,
        id: AppointmentId,
    ) -> Result<AppointmentView, Failure> {
        let (which, now) = (MailboxRef::Id(mailbox), context.now);
        self.read_mailbox(
            context,
            which,
            MailboxAct::SEE_APPOINTMENT,
            Some(object(id)),
            move |inner, connection, opened| fetch(inner, connection, opened, id, now),
        )
        .await
    }

    /// Cancels an appointment. For a citizen, or who acts for one, until the last moment that the service gives; the
    /// service finds it in its queue. For a health worker of the service while it is not over.
    ///
    /// # Errors
    /// Refused, not there or not visible, not to be cancelled by the caller, a key used before, or the store away: nothing
    /// is changed then.
    pub async fn appointment_cancel(
        &self,
        context: &Context,
        mailbox: MailboxId,
        id: AppointmentId,
        key: Option<RequestKey>,
    ) -> Result<Created<AppointmentView>, Failure> {
        let (scope, now) = (self.idempotency_scope(context), context.now);
        let (which, act) = (MailboxRef::Id(mailbox), MailboxAct::CANCEL_APPOINTMENT);
        self.write_mailbox(context, which, act, Some(object(id)), move |inner, connection, opened| {
            idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| {
                    cancel(inner, connection, opened, id, now)?;
                    fetch(inner, connection, opened, id, now)
                },
                |connection, id| fetch(inner, connection, opened, id.into(), now),
                |appointment: &AppointmentView| appointment.id.key(),
            )
        })
        .await
    }
}

fn rows_after(
    connection: &mut Connection,
    opened: &Opened,
    position: Option<Position>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<StoredRow>, StoreError> {
    Ok(on!(connection, c => {
        let mut query = visible!(opened.grant)
            .filter(appointment::ends_at.gt(Time(now)))
            .order((appointment::starts_at, appointment::id))
            .limit(limit)
            .select(StoredRow::as_select());
        if let Some(Position { starts_at, id }) = position {
            // The first condition is implied by the second; it alone lets both databases start in the index.
            query = query.filter(appointment::starts_at.ge(starts_at)).filter(
                appointment::starts_at.gt(starts_at).or(appointment::id.gt(id)),
            );
        }
        query.load::<StoredRow>(c)
    })?)
}

/// One visible appointment.
fn fetch(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    id: AppointmentId,
    now: DateTime<Utc>,
) -> Result<AppointmentView, Failure> {
    let row = on!(&mut *connection, c => visible!(opened.grant)
        .filter(appointment::id.eq(id.key()))
        .select(StoredRow::as_select())
        .first::<StoredRow>(c)
        .optional())?;
    let found = stored_from(row.ok_or(Failure::NotFound)?)?;
    let services = services_of(connection, std::slice::from_ref(&found))?;
    Ok(view(inner, connection, opened, &services, &found, now)?)
}

fn services_of(connection: &mut Connection, page: &[Stored]) -> Result<HashMap<ServiceId, Service>, StoreError> {
    if page.is_empty() {
        return Ok(HashMap::new());
    }
    let mut ids: Vec<ServiceId> = page.iter().map(|found| found.service).collect();
    ids.sort_unstable();
    ids.dedup();
    let services = service::fetch_all(connection, &ids)?;
    Ok(services.into_iter().map(|service| (service.id, service)).collect())
}

/// Whether somebody acts for the service, and not for the citizen.
const fn is_staff(opened: &Opened) -> bool {
    matches!(opened.grant.standing(), Standing::Staff(_))
}

fn view(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    services: &HashMap<ServiceId, Service>,
    found: &Stored,
    now: DateTime<Utc>,
) -> Result<AppointmentView, StoreError> {
    let policy = &services.get(&found.service).ok_or(CORRUPT)?.policy.dialogue;
    let sender = service::sender(inner, connection, found.service)?;
    let mut text = found.text(opened.key()?)?;
    let owner = opened.record.owner.ok_or(CORRUPT)?;
    if !found.kind.shows_place(owner.protection.at(now).is_graded(), opened.grant.is_owner()) {
        text.place = None;
    }
    // Who sees an appointment need not be one who cancels it: a parent of a child of 12 is not (CHI-5).
    let may_cancel = decide(Action::CancelAppointment, &opened.record.at(now), inner.policy).is_ok();
    let is_possible = if is_staff(opened) {
        is_planned(&found.facts, now).is_ok()
    } else {
        can_cancel(&found.facts, policy, now).is_ok()
    };
    Ok(AppointmentView {
        id: found.id,
        service: Sender::clone(&sender),
        kind: found.kind,
        facts: found.facts,
        text,
        can_cancel: may_cancel && is_possible,
        cancel_by: found.facts.cancel_by(policy).filter(|_| found.facts.cancellation.is_none()),
        version: u32::try_from(found.version).map_err(|_| CORRUPT)?,
        changed_at: found.changed_at,
    })
}

fn cancel(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    id: AppointmentId,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let visible = on!(&mut *connection, c => visible!(opened.grant)
        .filter(appointment::id.eq(id.key()))
        .select(appointment::id)
        .first::<Id>(c)
        .optional())?;
    visible.ok_or(Failure::NotFound)?;
    let found = rows::locked(connection, opened.grant.mailbox(), id)?.ok_or(Failure::NotFound)?;
    if is_staff(opened) {
        is_planned(&found.facts, now)?;
        return Ok(rows::cancel(connection, &found, CancelledBy::Service, now)?);
    }
    let service = service::fetch(connection, found.service)?.ok_or(CORRUPT)?;
    let rule = can_cancel(&found.facts, &service.policy.dialogue, now)?;
    rows::cancel(connection, &found, CancelledBy::Citizen, now)?;
    let title = found.text(opened.key()?)?.title;
    let written = inner.words.appointment_cancelled(found.kind, &title, found.facts.starts_at);
    tell_service(inner, connection, opened, (&found, rule, &written), now)
}

/// The service finds it in its queue, and its organisation in the feed.
fn tell_service(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    (found, rule, written): (&Stored, Rule, &Written),
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let subject = Subject::parse(&written.subject).map_err(|_| CORRUPT)?;
    let body = Body::parse(&written.body).map_err(|_| CORRUPT)?;
    let told = Report { opened, service: found.service, item: found.item, rule, subject: &subject, body: &body };
    let message = report(inner, connection, &told, now)?;
    let cancelled = About { mailbox: opened.grant.mailbox(), service: found.service, message };
    event::record(connection, EventKind::AppointmentCancelled, &[cancelled], now)?;
    Ok(())
}

/// Forgets the appointments of a mailbox. What a service tells of afterwards is there again.
pub(crate) fn forget_all(connection: &mut Connection, mailbox: MailboxId) -> Result<(), StoreError> {
    on!(&mut *connection, c => diesel::delete(appointment_name::table)
        .filter(appointment_name::mailbox_id.eq(mailbox.key()))
        .execute(c))?;
    on!(connection, c => diesel::delete(appointment::table.filter(appointment::mailbox_id.eq(mailbox.key())))
        .execute(c))?;
    Ok(())
}

//! Who a citizen's general practitioner is, by what a service tells, and the receipt for a change (HN-3).
//!
//! A change is put on record in the transaction that brings it: that of a batch, or of a job at the day on which a period
//! begins or ends. The receipt is a job of the same transaction, so that it is neither lost nor sent twice, and a batch
//! may change the practitioners of as many as it names.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::Integer;
use domain::health_contact::{ContactKind, ContactPeriod};
use domain::id::{HealthContactId, MailboxId, PractitionerChangeId, ServiceId};
use domain::person::day_of;
use domain::rule::Rule;

use super::rows::{CORRUPT, open_names};
use crate::Inner;
use crate::access::facts::owners_of;
use crate::context::new_id;
use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::letters::intake::notice::{self, Notice};
use crate::schema::{health_contact, practitioner_change};
use crate::services::service;
use crate::words::Written;
use crate::work::job::{JobKind, JobRow, Lease};

rows! {
    /// That somebody is a citizen's practitioner from a time on.
    ChangeRow, ChangeColumns => practitioner_change {
        mailbox_id: Id as SqlUuid,
        service_id: Id as SqlUuid,
        number: i32 as Integer,
        id: Id as SqlUuid,
        contact_id: Id as SqlUuid,
        name_version: i32 as Integer,
        at: Time as SqlTime,
    }
}

/// The jobs that look again on the days on which a contact begins to be one, and ends.
pub(super) fn turns(
    mailbox: MailboxId,
    contact: HealthContactId,
    period: &ContactPeriod,
    now: DateTime<Utc>,
) -> Vec<JobRow> {
    let job = |at| JobRow::new(JobKind::PractitionerTurns, mailbox, contact.key(), at);
    period.turns_after(now).into_iter().map(job).collect()
}

/// Puts on record who has got another practitioner. Each but the first of a mailbox gives a receipt. Whoever calls this
/// holds the service.
pub(super) fn note_changes(
    connection: &mut Connection,
    service: ServiceId,
    mailboxes: &[Id],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let known = last_known(connection, service, mailboxes)?;
    let (mut changes, mut jobs) = (vec![], vec![]);
    for (mailbox, (contact, name_version)) in practitioners(connection, service, mailboxes, day_of(now))? {
        let before = known.get(&mailbox);
        if before.is_some_and(|(_, contact_before, version)| (*contact_before, *version) == (contact, name_version)) {
            continue;
        }
        let id: PractitionerChangeId = new_id();
        if before.is_some() {
            jobs.push(JobRow::new(JobKind::PractitionerChanged, mailbox.into(), id.key(), now));
        }
        changes.push(ChangeRow {
            mailbox_id: mailbox,
            service_id: service.key(),
            number: before.map_or(0, |(number, ..)| number.saturating_add(1)),
            id: id.key(),
            contact_id: contact,
            name_version,
            at: Time(now),
        });
    }
    ChangeRow::insert_all(connection, changes)?;
    JobRow::insert_all(connection, jobs)
}

/// The practitioner of each mailbox on a day, with the version of the name. Of several the one who began last.
fn practitioners(
    connection: &mut Connection,
    service: ServiceId,
    mailboxes: &[Id],
    today: NaiveDate,
) -> Result<HashMap<Id, (Id, i32)>, StoreError> {
    use health_contact::dsl;
    let rows = on!(connection, c => dsl::health_contact
        .filter(dsl::service_id.eq(service.key()))
        .filter(dsl::mailbox_id.eq_any(mailboxes))
        .filter(dsl::kind.eq(ContactKind::GeneralPractitioner.as_word()))
        .filter(dsl::closed_on.is_null())
        .filter(dsl::valid_from.le(today))
        .filter(dsl::valid_to.is_null().or(dsl::valid_to.ge(today)))
        // The last of a mailbox stays in the map.
        .order((dsl::valid_from, dsl::id))
        .select((dsl::mailbox_id, (dsl::id, dsl::name_version)))
        .load::<(Id, (Id, i32))>(c))?;
    Ok(rows.into_iter().collect())
}

/// The last change of each mailbox that is on record: its number, the contact, and the version of the name.
fn last_known(
    connection: &mut Connection,
    service: ServiceId,
    mailboxes: &[Id],
) -> Result<HashMap<Id, (i32, Id, i32)>, StoreError> {
    use practitioner_change::dsl;
    let rows = on!(connection, c => dsl::practitioner_change
        .filter(dsl::service_id.eq(service.key()))
        .filter(dsl::mailbox_id.eq_any(mailboxes))
        .order(dsl::number)
        .select((dsl::mailbox_id, (dsl::number, dsl::contact_id, dsl::name_version)))
        .load::<(Id, (i32, Id, i32))>(c))?;
    Ok(rows.into_iter().collect())
}

/// Looks again on the day on which a contact begins to be one, or has ended.
pub(crate) fn practitioner_turns(
    _: &Inner,
    connection: &mut Connection,
    lease: Lease,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let service = on!(&mut *connection, c => health_contact::table
        .find((lease.mailbox, lease.object))
        .select(health_contact::service_id)
        .first::<Id>(c)
        .optional())?;
    let Some(service) = service else { return Ok(()) };
    service::lock(connection, service.into())?;
    Ok(note_changes(connection, service.into(), &[lease.mailbox], now)?)
}

/// Sends the receipt for a change.
pub(crate) fn tell_of_practitioner(
    inner: &Inner,
    connection: &mut Connection,
    lease: Lease,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let found = on!(&mut *connection, c => practitioner_change::table
        .inner_join(health_contact::table.on(
            health_contact::mailbox_id.eq(practitioner_change::mailbox_id)
                .and(health_contact::id.eq(practitioner_change::contact_id)),
        ))
        .filter(practitioner_change::mailbox_id.eq(lease.mailbox))
        .filter(practitioner_change::id.eq(lease.object))
        .select((
            practitioner_change::service_id,
            health_contact::id,
            health_contact::names,
            health_contact::valid_from,
        ))
        .first::<(Id, Id, Vec<u8>, NaiveDate)>(c)
        .optional())?;
    let Some((service, contact, names, from)) = found else { return Ok(()) };
    let service = service::fetch(connection, service.into())?.ok_or(CORRUPT)?;
    let owner = owners_of(connection, &[lease.mailbox], now)?.pop().ok_or(CORRUPT)?;
    let key = owner.key(&inner.vault)?;
    let Written { subject, body } = inner.words.practitioner_changed(&open_names(&key, contact.into(), &names)?, from);
    let reference = format!("practitioner-change/{}", lease.object.0);
    let notice = Notice { owner: &owner, reference, subject, body };
    notice::send_for(inner, connection, &service, &notice, Rule::Hn3, new_id(), now)
}

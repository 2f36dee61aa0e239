//! The end of a power of attorney: by one of the two or an operator, or because its time is over; and what becomes of
//! the profile after an assigned one (RET-16).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::MailboxAct;
use domain::audit::{Entry, Subject};
use domain::consent::ConsentLevel;
use domain::id::{MailboxId, PowerOfAttorneyId, TraceId};
use domain::power_of_attorney::{EndedBy, PowerKind, profile_end};
use domain::rule::Rule;

use super::proposal::profile_job;
use super::rows::{self, Stored};
use super::telling::{tell_both, tell_holder};
use crate::Inner;
use crate::access::audit;
use crate::context::new_id;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::letters::notification;
use crate::persons::consent;
use crate::persons::contact_details;
use crate::schema::{acceptance, consent as consents, mailbox, registered_relation};
use crate::words::PowerNews;
use crate::work::job::{JobRow, Lease};

const CORRUPT: StoreError = StoreError::Corrupt { what: "consent" };

/// How one is ended.
pub(super) struct Ending {
    pub(super) by: EndedBy,
    pub(super) trace: TraceId,
    /// What goes on record with it, where the door writes that elsewhere.
    pub(super) entry: Option<Entry>,
}

/// Ends one before its time; nothing changes where it is over already.
pub(super) fn end_now(
    inner: &Inner,
    connection: &mut Connection,
    found: &Stored,
    Ending { by, trace, entry }: Ending,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let mailboxes = rows::mailboxes_of(connection, found)?;
    rows::lock(connection, &mailboxes)?;
    let power = rows::given(connection, found.mailbox, found.id)?.ok_or(Failure::NotFound)?;
    if power.is_over(now) {
        return Ok(());
    }
    rows::end(connection, &power, now, by, None)?;
    JobRow::insert_all(connection, profile_job(&power, now).into_iter().collect())?;
    tell_both(inner, connection, PowerNews::Ended, &power, trace, now)?;
    audit::insert(connection, entry.into_iter().collect())?;
    Ok(())
}

/// Ends what an owner has given, since their consent is withdrawn, and tells the holders. The owner's inbox is closing, so nothing is
/// put into it. An assigned one rests on a form, and stays.
pub(crate) fn end_given(
    inner: &Inner,
    connection: &mut Connection,
    giver: MailboxId,
    trace: TraceId,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let mut mailboxes = vec![giver.key()];
    for power in rows::given_by(connection, giver)? {
        mailboxes.extend(rows::mailbox_of(connection, &power.holder.hash)?);
    }
    rows::lock(connection, &mailboxes)?;
    for power in rows::given_by(connection, giver)? {
        if power.kind == PowerKind::Assigned || power.is_over(now) {
            continue;
        }
        rows::end(connection, &power, now, EndedBy::Giver, None)?;
        tell_holder(inner, connection, PowerNews::Ended, &power, (trace, now))?;
    }
    Ok(())
}

/// Tells both that the time of one is over, unless it was ended before.
pub(crate) fn expire_power(
    inner: &Inner,
    connection: &mut Connection,
    lease: Lease,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let (mailbox, id): (MailboxId, PowerOfAttorneyId) = (lease.mailbox.into(), lease.object.into());
    let Some(found) = rows::given(connection, mailbox, id)? else { return Ok(()) };
    let mailboxes = rows::mailboxes_of(connection, &found)?;
    rows::lock(connection, &mailboxes)?;
    match rows::given(connection, mailbox, id)? {
        Some(power) if power.ended.is_none() && power.is_over(now) => {
            tell_both(inner, connection, PowerNews::Expired, &power, new_id::<TraceId>(), now)
        }
        Some(_) | None => Ok(()),
    }
}

/// Deletes the profile when the time after an assigned one is over too (FUL-14, RET-16). It stays where another was
/// assigned, where this one was ended before its first day, and where somebody else who may decide has given the consent:
/// since, or before a registration that an operator ended again, since it was a mistake or the owner decides anew.
pub(crate) fn end_profile(
    inner: &Inner,
    connection: &mut Connection,
    lease: Lease,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let (mailbox, id): (MailboxId, PowerOfAttorneyId) = (lease.mailbox.into(), lease.object.into());
    rows::lock(connection, &[lease.mailbox])?;
    let Some(power) = rows::given(connection, mailbox, id)? else { return Ok(()) };
    let Some(end) = power.end() else { return Ok(()) };
    if power.never_held() || now < profile_end(end) || rows::is_assigned(connection, mailbox, now)? {
        return Ok(());
    }
    if let Some((level, given_at, terms_version)) = current_consent(connection, mailbox)?
        && level > ConsentLevel::None
    {
        let is_undone = power.ended.is_some_and(|(_, by)| by == EndedBy::Operator);
        if given_at > end || (is_undone && given_at < power.given_at) {
            return Ok(());
        }
        consent::withdraw(inner, connection, mailbox, terms_version, (new_id(), now))?;
        // The entry stands in the mailbox's log, as that of any withdrawal.
        let (subject, action) = (Subject::Mailbox(mailbox), MailboxAct::WITHDRAW_CONSENT.word());
        let entry = audit::of_worker(subject, action, None, Rule::Ful14, new_id(), now);
        audit::insert(connection, vec![entry])?;
    }
    forget(connection, &power)
}

/// The consent that was put on record last.
pub(super) fn current_consent(
    connection: &mut Connection,
    mailbox: MailboxId,
) -> Result<Option<(ConsentLevel, DateTime<Utc>, String)>, StoreError> {
    let row = on!(connection, c => consents::table
        .filter(consents::mailbox_id.eq(mailbox.key()))
        .order(consents::id.desc())
        .select((consents::level, consents::given_at, consents::terms_version))
        .first::<(i16, Time, String)>(c)
        .optional())?;
    row.map(|(level, at, terms)| Ok((ConsentLevel::from_rank(level).ok_or(CORRUPT)?, at.0, terms))).transpose()
}

/// Forgets what was accepted, how the giver is reached, and what the register said: nothing of it is fetched again until
/// there is a reason.
fn forget(connection: &mut Connection, power: &Stored) -> Result<(), Failure> {
    contact_details::forget(connection, power.mailbox)?;
    notification::forget(connection, power.mailbox)?;
    let giver: Id = power.giver.key();
    on!(&mut *connection, c => diesel::delete(acceptance::table
        .filter(acceptance::mailbox_id.eq(power.mailbox.key())))
        .execute(c))?;
    on!(&mut *connection, c => diesel::delete(registered_relation::table
        .filter(registered_relation::mailbox_id.eq(giver)))
        .execute(c))?;
    on!(connection, c => diesel::update(mailbox::table.filter(mailbox::id.eq(giver)))
        .set(mailbox::known_at.eq(None::<Time>))
        .execute(c))?;
    Ok(())
}

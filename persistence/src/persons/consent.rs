//! Consent and acceptances.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{Grant, MailboxAct, OwnerFacts};
use domain::consent::{Acceptance, Consent, ConsentLevel, Document, DocumentVersion};
use domain::id::{MailboxId, TraceId};
use domain::person::age_years;

use crate::access::{MailboxRef, Opened};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::letters::delivery;
use crate::letters::notification;
use crate::mailboxes::appointment;
use crate::mailboxes::draft;
use crate::mailboxes::health_contact;
use crate::mailboxes::message;
use crate::page::{Page, Slice};
use crate::persons::contact_details;
use crate::persons::power_of_attorney;
use crate::schema::{acceptance, consent, mailbox};
use crate::services::relationship;
use crate::services::upload;
use crate::{Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "consent" };

#[derive(Insertable)]
#[diesel(table_name = consent)]
struct ConsentRow {
    mailbox_id: Id,
    id: Id,
    level: i16,
    terms_version: String,
    given_at: Time,
}

#[derive(Insertable)]
#[diesel(table_name = acceptance)]
struct AcceptanceRow {
    mailbox_id: Id,
    id: Id,
    document: &'static str,
    version: String,
    accepted_at: Time,
}

impl Store {
    /// Gives or changes consent: the caller's own, or that of a mailbox in which the caller decides it (CHI-12, FUL-14).
    /// What was held for want of it is delivered before this returns (PP-6, CON-9).
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn consent_set(
        &self,
        context: &Context,
        mailbox: Option<MailboxId>,
        level: ConsentLevel,
        terms_version: String,
    ) -> Result<Consent, Failure> {
        let now = context.now;
        let which = mailbox.map_or(MailboxRef::Own, MailboxRef::Id);
        let work = move |inner: &Inner, connection: &mut Connection, opened: &Opened| {
            let consent = consent_insert(connection, opened.grant.mailbox(), level, terms_version, now)?;
            if let Some(owner) = opened.record.owner {
                let owner = OwnerFacts { consent: level, ..owner.at(now) };
                delivery::deliver_held(connection, &owner, inner.policy, now)?;
            }
            Ok(consent)
        };
        let consent = self.write_mailbox(context, which, MailboxAct::GIVE_CONSENT, None, work).await?;
        self.deliver_now(now).await;
        Ok(consent)
    }

    /// Withdraws consent, like [`Store::consent_set`]. The inbox closes, and what rested on the consent goes for good; the senders'
    /// records, the log and the consents themselves stay (TK-8, CON-9, CON-10, RET-15).
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn consent_withdraw(
        &self,
        context: &Context,
        mailbox: Option<MailboxId>,
        terms_version: String,
    ) -> Result<Consent, Failure> {
        let now = context.now;
        let which = mailbox.map_or(MailboxRef::Own, MailboxRef::Id);
        let trace = context.trace;
        self.write_mailbox(context, which, MailboxAct::WITHDRAW_CONSENT, None, move |inner, connection, opened| {
            withdraw(inner, connection, opened.grant.mailbox(), terms_version, (trace, now))
        })
        .await
    }

    /// Every consent of the caller, newest first.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn consent_history(&self, context: &Context, page: Page) -> Result<Slice<Consent>, Failure> {
        self.read_mailbox(
            context,
            MailboxRef::Own,
            MailboxAct::LIST_CONSENTS,
            None,
            move |inner, connection, opened| {
                let list = format!("consent-history:{}", opened.grant.mailbox());
                let before: Option<Id> = page.position(&inner.vault, &list)?;
                let rows = consents_before(connection, &opened.grant, before.unwrap_or(Id::MAX), page.fetch_limit())?;
                Slice::cut(rows, &page, &inner.vault, &list, |(id, ..)| *id).try_map(|row| Ok(consent_from(row)?))
            },
        )
        .await
    }

    /// Puts on record that the caller accepts a version of a document (DH-5). Accepting it again changes nothing, unless the consent was
    /// withdrawn since.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn acceptance_put(
        &self,
        context: &Context,
        document: Document,
        version: DocumentVersion,
    ) -> Result<Acceptance, Failure> {
        let now = context.now;
        self.write_mailbox(context, MailboxRef::Own, MailboxAct::ACCEPT_DOCUMENT, None, move |_, connection, opened| {
            let withdrawn_at = withdrawn_at(connection, opened.grant.mailbox())?;
            let accepted = acceptances(connection, opened.grant.mailbox())?.into_iter().find(|accepted| {
                accepted.document == document
                    && accepted.version == version
                    && withdrawn_at.is_none_or(|at| at < accepted.accepted_at)
            });
            if let Some(accepted) = accepted {
                return Ok(accepted);
            }
            let row = AcceptanceRow {
                mailbox_id: opened.grant.mailbox().key(),
                id: new_id(),
                document: document.as_word(),
                version: version.as_str().to_owned(),
                accepted_at: Time(now),
            };
            on!(connection, c => diesel::insert_into(acceptance::table).values(row).execute(c))?;
            Ok(Acceptance { document, version, accepted_at: now })
        })
        .await
    }
}

/// Closes an inbox. What rested on the consent goes: the owner's copies of messages, what was being written, appointments and
/// health contacts as the owner saw them, the powers that the owner gave, youth access, how the owner is reached, and who was said to
/// receive which service, which holds again when the exchange tells it again. What the law keeps stays: the senders' records, the log,
/// the consents and acceptances. An assigned power stays: it rests on a form, and opens nothing while there is no consent.
pub(crate) fn withdraw(
    inner: &Inner,
    connection: &mut Connection,
    mailbox: MailboxId,
    terms_version: String,
    (trace, now): (TraceId, DateTime<Utc>),
) -> Result<Consent, Failure> {
    power_of_attorney::end_given(inner, connection, mailbox, trace, now)?;
    message::remove_all(connection, mailbox, now)?;
    draft::forget_all(connection, mailbox)?;
    upload::forget_all(connection, mailbox, now)?;
    appointment::forget_all(connection, mailbox)?;
    health_contact::forget_all(connection, mailbox)?;
    relationship::close_all(connection, mailbox, trace, now)?;
    contact_details::forget(connection, mailbox)?;
    notification::forget(connection, mailbox)?;
    on!(&mut *connection, c => diesel::update(mailbox::table.filter(mailbox::id.eq(mailbox.key())))
        .set(mailbox::youth_access_at.eq(None::<Time>))
        .execute(c))?;
    consent_insert(connection, mailbox, ConsentLevel::None, terms_version, now)
}

/// Puts a consent on record, which holds from now on.
pub(crate) fn consent_insert(
    connection: &mut Connection,
    mailbox: MailboxId,
    level: ConsentLevel,
    terms_version: String,
    now: DateTime<Utc>,
) -> Result<Consent, Failure> {
    let mailbox_id = mailbox.key();
    let consent = Consent { level, given_at: now, terms_version };
    let row = ConsentRow {
        mailbox_id,
        id: new_id(),
        level: level.rank(),
        terms_version: consent.terms_version.clone(),
        given_at: Time(now),
    };
    on!(&mut *connection, c => diesel::insert_into(consent::table).values(row).execute(c))?;
    on!(connection, c => diesel::update(mailbox::table.filter(mailbox::id.eq(mailbox_id)))
        .set(mailbox::consent.eq(level.rank()))
        .execute(c))?;
    Ok(consent)
}

type ConsentColumns = (Id, i16, Time, String);

fn consents_before(
    connection: &mut Connection,
    grant: &Grant,
    before: Id,
    limit: i64,
) -> Result<Vec<ConsentColumns>, StoreError> {
    Ok(on!(connection, c => consent::table
        .filter(consent::mailbox_id.eq(grant.mailbox().key()))
        .filter(consent::id.lt(before))
        .order(consent::id.desc())
        .limit(limit)
        .select((consent::id, consent::level, consent::given_at, consent::terms_version))
        .load::<ConsentColumns>(c))?)
}

fn consent_from((_, level, given_at, terms_version): ConsentColumns) -> Result<Consent, StoreError> {
    Ok(Consent { level: ConsentLevel::from_rank(level).ok_or(CORRUPT)?, given_at: given_at.0, terms_version })
}

/// The consent as it stands; none where none was ever given.
pub(crate) fn current(connection: &mut Connection, grant: &Grant) -> Result<Option<Consent>, StoreError> {
    consents_before(connection, grant, Id::MAX, 1)?.pop().map(consent_from).transpose()
}

/// When the consent was last withdrawn; none where it never was.
fn withdrawn_at(connection: &mut Connection, mailbox: MailboxId) -> Result<Option<DateTime<Utc>>, StoreError> {
    let at = on!(connection, c => consent::table
        .filter(consent::mailbox_id.eq(mailbox.key()))
        .filter(consent::level.eq(ConsentLevel::None.rank()))
        .order(consent::id.desc())
        .select(consent::given_at)
        .first::<Time>(c)
        .optional())?;
    Ok(at.map(|at| at.0))
}

/// What an owner has still to accept before they write (DH-5).
pub(crate) fn lacking(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    now: DateTime<Utc>,
) -> Result<Vec<Document>, StoreError> {
    let mailbox = opened.grant.mailbox();
    let owner = opened.record.owner.ok_or(CORRUPT)?;
    let accepted = acceptances(connection, mailbox)?;
    let withdrawn_at = withdrawn_at(connection, mailbox)?;
    Ok(inner.terms.lacking(&accepted, withdrawn_at, age_years(owner.birth_date, now)))
}

/// The newest acceptance of each document.
pub(crate) fn acceptances(connection: &mut Connection, mailbox: MailboxId) -> Result<Vec<Acceptance>, StoreError> {
    let rows = on!(connection, c => acceptance::table
        .filter(acceptance::mailbox_id.eq(mailbox.key()))
        .order(acceptance::id.desc())
        .select((acceptance::document, acceptance::version, acceptance::accepted_at))
        .load::<(String, String, Time)>(c))?;
    let mut newest: Vec<Acceptance> = Vec::new();
    for (document, version, accepted_at) in rows {
        let document: Document = document.parse().map_err(|_| CORRUPT)?;
        if newest.iter().all(|accepted| accepted.document != document) {
            let version = DocumentVersion::parse(&version).map_err(|_| CORRUPT)?;
            newest.push(Acceptance { document, version, accepted_at: accepted_at.0 });
        }
    }
    Ok(newest)
}

//! Powers of attorney that operators put on record, from paper forms (FUL-8, DH-10) or because one was assigned
//! (FUL-14). Operators register and end, and see nothing else.

use domain::access::{MailboxAct, OwnerFacts, PlatformAct, Refusal};
use domain::audit::{Object, ObjectKind, Subject};
use domain::consent::ConsentLevel;
use domain::id::{MailboxId, PowerOfAttorneyId};
use domain::identity::NationalId;
use domain::power_of_attorney::{CaseNumber, EndedBy, HolderWords, PowerKind, RegisteredPower, status};
use domain::rule::Rule;

use super::CORRUPT;
use super::ending::{self, Ending};
use super::proposal::{Asked, PowerTerms, Wanted, earliest, trusted};
use super::rows::{self, Stored};
use crate::access::facts::{Owner, owner_by_hash};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key};
use crate::error::{Failure, StoreError};
use crate::idempotency::{self, Created, RequestKey};
use crate::register::Whom;
use crate::{Inner, Store, audit, consent, delivery};

/// A power of attorney as a form has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRegisteredPower {
    /// How it comes about.
    pub kind: PowerKind,
    /// Who gives it, or for whom it is assigned.
    pub giver: NationalId,
    /// Who is to hold it, as the form has it.
    pub holder: HolderWords,
    /// What it covers, and when.
    pub terms: PowerTerms,
    /// The case in which the form was handled.
    pub case_number: CaseNumber,
    /// What the giver consents to on the form, and the version of the terms that apply.
    pub consent: Option<(ConsentLevel, String)>,
}

impl Store {
    /// Puts one on record. The consent that the form carries is recorded with it, and delivers what was held for want
    /// of it.
    ///
    /// # Errors
    /// Refused, what the rules have against it, the register away, or the store away: nothing is stored then.
    pub async fn power_register(
        &self,
        context: &Context,
        new: NewRegisteredPower,
        key: Option<RequestKey>,
    ) -> Result<Created<RegisteredPower>, Failure> {
        let answer = match self.register_once(context, &new, key.clone(), Asked::NotYet).await {
            Err(Failure::Refused(Refusal::RegisterUnavailable)) => {
                let whom = vec![Whom::Number(new.giver.clone())];
                let asked = self.refresh(whom, context.now).await?.into();
                self.register_once(context, &new, key, asked).await
            }
            answer => answer,
        };
        if let Err(failure) = &answer
            && let Some(rule) = super::rule_against(failure)
        {
            let (subject, action) = (Subject::Platform, PlatformAct::REGISTER_POWER.word());
            let outcome = domain::audit::Outcome::Refused;
            let entry = audit::entry(context, None, subject, action, None, outcome, rule);
            self.inner.audit.record(entry).await?;
        }
        self.deliver_now(context.now).await;
        answer
    }

    async fn register_once(
        &self,
        context: &Context,
        new: &NewRegisteredPower,
        key: Option<RequestKey>,
        asked: Asked,
    ) -> Result<Created<RegisteredPower>, Failure> {
        let (owned, new, scope) = (context.clone(), new.clone(), self.idempotency_scope(context));
        let action = PlatformAct::REGISTER_POWER;
        self.for_platform(context, action, Subject::Platform, move |inner, connection, _| {
            let made = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                owned.now,
                |connection| register(inner, connection, &owned, new, asked),
                |connection, id| {
                    let power = rows::any(connection, id.into())?.ok_or(Failure::NotFound)?;
                    Ok(as_registered(power)?)
                },
                |power: &RegisteredPower| power.id.key(),
            )?;
            let object = object(made.value().id);
            Ok((made, Some(object)))
        })
        .await
    }

    /// Ends one, for a form that says so. Ending one that is over changes nothing.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn power_end_registered(&self, context: &Context, id: PowerOfAttorneyId) -> Result<(), Failure> {
        let owned = context.clone();
        let action = PlatformAct::END_POWER;
        self.for_platform(context, action, Subject::Platform, move |inner, connection, _| {
            let power = rows::any(connection, id)?.ok_or(Failure::NotFound)?;
            let subject = Subject::Mailbox(power.mailbox);
            let entry =
                audit::granted(&owned, None, subject, PlatformAct::END_POWER.word(), Some(object(id)), Rule::Ful8);
            let ending = Ending { by: EndedBy::Operator, trace: owned.trace, entry: Some(entry) };
            ending::end_now(inner, connection, &power, ending, owned.now)?;
            Ok(((), Some(object(id))))
        })
        .await
    }
}

const fn object(id: PowerOfAttorneyId) -> Object {
    Object { kind: ObjectKind::PowerOfAttorney, id: id.as_uuid() }
}

fn register(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    new: NewRegisteredPower,
    asked: Asked,
) -> Result<RegisteredPower, Failure> {
    let NewRegisteredPower { kind, giver, holder, terms, case_number, consent } = new;
    let now = context.now;
    let wanted = Wanted {
        id: new_id(),
        kind,
        holder,
        areas: terms.ordered_areas(),
        period: terms.period(earliest(None, now)),
        case_number: Some(case_number),
        replaces: None,
    };
    wanted.check_terms(connection, now)?;
    let find = |connection: &mut Connection, number: &NationalId| {
        let found = owner_by_hash(connection, &inner.vault.lookup_hash(number), now)?;
        trusted(inner, found, asked, now)
    };
    let of_giver = find(connection, &giver)?.map(|owner| owner.record.mailbox.key());
    let of_holder = rows::mailbox_of(connection, &inner.vault.lookup_hash(&wanted.holder.number))?;
    let mailboxes: Vec<Id> = [of_giver, of_holder].into_iter().flatten().collect();
    rows::lock(connection, &mailboxes)?;
    let giver = find(connection, &giver)?;
    let level = consent.as_ref().map(|(level, _)| *level);
    wanted.check(inner, connection, giver.as_ref(), level, now)?;
    let Some(giver) = giver else { return Err(CORRUPT.into()) };
    if let Some((level, terms_version)) = consent {
        record_consent(inner, connection, context, &giver, level, terms_version)?;
    }
    let power = wanted.keep(inner, connection, &giver, context.trace, now)?;
    // Beside the platform's own entry, so that the giver sees it too.
    let rule = match kind {
        PowerKind::Given => Rule::Dh10,
        PowerKind::Assigned => Rule::Ful14,
    };
    let (subject, action) = (Subject::Mailbox(power.mailbox), PlatformAct::REGISTER_POWER.word());
    let entry = audit::granted(context, None, subject, action, Some(object(power.id)), rule);
    audit::insert(connection, vec![entry])?;
    Ok(as_registered(power)?)
}

/// Records the consent that a form carries where it goes further than the one that stands, and delivers what was held
/// for want of it. A form for a power of attorney takes back no consent.
fn record_consent(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    giver: &Owner,
    level: ConsentLevel,
    terms_version: String,
) -> Result<(), Failure> {
    if level <= giver.facts.consent {
        return Ok(());
    }
    let mailbox: MailboxId = giver.record.mailbox;
    consent::consent_insert(connection, mailbox, level, terms_version, context.now)?;
    let (subject, action) = (Subject::Mailbox(mailbox), MailboxAct::GIVE_CONSENT.word());
    let entry = audit::granted(context, None, subject, action, None, Rule::Dh10);
    audit::insert(connection, vec![entry])?;
    let owner = OwnerFacts { consent: level, ..giver.facts };
    delivery::deliver_held(connection, &owner, inner.policy, context.now)
}

/// As it stood when it was put on record: the answer that the operator got, and gets again for the same key.
fn as_registered(power: Stored) -> Result<RegisteredPower, StoreError> {
    let Stored {
        id,
        mailbox: _,
        giver: _,
        holder: _,
        kind,
        areas,
        period,
        given_at,
        case_number,
        ended: _,
        replaced_by: _,
    } = power;
    Ok(RegisteredPower {
        id,
        kind,
        status: status(period, None, false, given_at),
        areas,
        period,
        given_at,
        case_number: case_number.ok_or(CORRUPT)?,
    })
}

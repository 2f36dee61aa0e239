//! Powers of attorney that operators put on record, from paper forms (FUL-8, DH-10) or because one was assigned
//! (FUL-14). Operators register and end, and see nothing else.

use chrono::{DateTime, Utc};
use domain::access::{Caller, MailboxAct, OwnerFacts, PlatformAct, Refusal};
use domain::audit::{Object, ObjectKind, Subject};
use domain::consent::ConsentLevel;
use domain::id::{MailboxId, PowerOfAttorneyId};
use domain::identity::NationalId;
use domain::power_of_attorney::{
    CaseNumber, Confirmable, EndedBy, HolderWords, PowerKind, RegisteredPower, check_confirmation, status,
};
use domain::rule::Rule;

use super::CORRUPT;
use super::ending::{self, Ending};
use super::proposal::{Asked, PowerTerms, Wanted, earliest, trusted};
use super::rows::{self, Registration, Stored};
use super::telling::tell_both;
use crate::access::audit;
use crate::access::facts::{Owner, owner_by_hash, owner_of};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key};
use crate::error::{Failure, StoreError};
use crate::idempotency::{self, Created, RequestKey};
use crate::letters::delivery;
use crate::persons::consent;
use crate::persons::register::Whom;
use crate::words::PowerNews;
use crate::{Inner, Store};

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

/// What a confirming operator has before them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PowerOnForm {
    /// Who gives it, or for whom it is assigned.
    pub giver: NationalId,
    /// Who is to hold it.
    pub holder: NationalId,
    /// The case in which the form was handled.
    pub case_number: CaseNumber,
}

impl Store {
    /// Puts one on record, where it waits for another operator to confirm it. The giver is told.
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
                    Ok(as_registered(power, None)?)
                },
                |power: &RegisteredPower| power.id.key(),
            )?;
            let object = object(made.value().id);
            Ok((made, Some(object)))
        })
        .await
    }

    /// Confirms one that another operator put on record: it has effect once the wait is over, and the consent on its form is recorded.
    /// Both sides are told.
    ///
    /// # Errors
    /// Refused, not there, something against it, or the store away.
    pub async fn power_confirm(
        &self,
        context: &Context,
        id: PowerOfAttorneyId,
        form: PowerOnForm,
    ) -> Result<RegisteredPower, Failure> {
        let owned = context.clone();
        let action = PlatformAct::CONFIRM_POWER;
        let answer = self
            .for_platform(context, action, Subject::Platform, move |inner, connection, _| {
                Ok((confirm(inner, connection, &owned, id, &form)?, Some(object(id))))
            })
            .await;
        let against = match &answer {
            Err(Failure::Confirmation(_)) => Some(Rule::Pjl22),
            Err(Failure::NotFound) => Some(Rule::Pp5),
            Ok(_) | Err(_) => None,
        };
        if let Some(rule) = against {
            let (subject, outcome) = (Subject::Platform, domain::audit::Outcome::Refused);
            let entry = audit::entry(context, None, subject, action.word(), Some(object(id)), outcome, rule);
            self.inner.audit.record(entry).await?;
        }
        self.deliver_now(context.now).await;
        answer
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
    let level = consent.as_ref().map(|(level, _)| *level);
    let registration = Registration {
        by: operator(context)?.to_owned(),
        earliest_at: now + inner.policy.registered_power_wait,
        consent,
        confirmed: None,
    };
    let wanted = Wanted {
        id: new_id(),
        kind,
        holder,
        areas: terms.ordered_areas(),
        period: terms.period(earliest(None, now)),
        case_number: Some(case_number),
        registration: Some(registration),
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
    wanted.check(inner, connection, giver.as_ref(), level, now)?;
    let Some(giver) = giver else { return Err(CORRUPT.into()) };
    let power = wanted.keep(inner, connection, &giver, context.trace, now)?;
    // Beside the platform's own entry, so that the giver sees it too.
    let rule = match kind {
        PowerKind::Given => Rule::Dh10,
        PowerKind::Assigned => Rule::Ful14,
    };
    let (subject, action) = (Subject::Mailbox(power.mailbox), PlatformAct::REGISTER_POWER.word());
    let entry = audit::granted(context, None, subject, action, Some(object(power.id)), rule);
    audit::insert(connection, vec![entry])?;
    Ok(as_registered(power, None)?)
}

/// Who the operator is, as the token issuer knows them.
fn operator(context: &Context) -> Result<&str, StoreError> {
    match &context.caller {
        Caller::Operator { subject, .. } => Ok(subject),
        Caller::Citizen { .. } | Caller::HealthWorker { .. } | Caller::System { .. } => Err(CORRUPT),
    }
}

fn confirm(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    id: PowerOfAttorneyId,
    form: &PowerOnForm,
) -> Result<RegisteredPower, Failure> {
    let now = context.now;
    let found = rows::any(connection, id)?.ok_or(Failure::NotFound)?;
    let mailboxes = rows::mailboxes_of(connection, &found)?;
    rows::lock(connection, &mailboxes)?;
    let mut power = rows::any(connection, id)?.ok_or(Failure::NotFound)?;
    let registration = power.registration.clone().ok_or(Failure::NotFound)?;
    let giver = owner_of(connection, power.mailbox, now)?.ok_or(CORRUPT)?;
    let on_record = Confirmable {
        registered_by: &registration.by,
        is_confirmed: registration.confirmed.is_some(),
        is_over: power.is_over(now),
        is_as_on_form: giver.lookup_hash() == inner.vault.lookup_hash(&form.giver)
            && power.holder.hash == inner.vault.lookup_hash(&form.holder)
            && power.case_number.as_ref() == Some(&form.case_number),
    };
    let by = operator(context)?;
    check_confirmation(on_record, by).map_err(Failure::Confirmation)?;
    let effective_at = registration.earliest_at.max(now);
    rows::confirm(connection, &power, by, effective_at)?;
    if let Some((level, terms_version)) = registration.consent.clone()
        && is_undecided_since(connection, &power)?
    {
        record_consent(inner, connection, context, &giver, level, terms_version)?;
    }
    power.registration = Some(Registration { confirmed: Some((by.to_owned(), effective_at)), ..registration });
    tell_both(inner, connection, PowerNews::Given, &power, context.trace, now)?;
    let (subject, action) = (Subject::Mailbox(power.mailbox), PlatformAct::CONFIRM_POWER.word());
    let entry = audit::granted(context, None, subject, action, Some(object(id)), Rule::Pjl22);
    audit::insert(connection, vec![entry])?;
    Ok(as_registered(power, Some(now))?)
}

/// Whether nobody has decided about the giver's consent since the form was put on record: what is decided later counts.
fn is_undecided_since(connection: &mut Connection, power: &Stored) -> Result<bool, StoreError> {
    let current = ending::current_consent(connection, power.mailbox)?;
    Ok(current.is_none_or(|(_, given_at, _)| given_at < power.given_at))
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

/// As operators see it: at a time, or as it stood when it was put on record, which is the answer that the operator got, and gets again
/// for the same key.
fn as_registered(power: Stored, at: Option<DateTime<Utc>>) -> Result<RegisteredPower, StoreError> {
    let has_effect = at.is_some_and(|now| power.has_effect(now));
    let is_confirmed = at.is_some() && !power.is_waiting();
    let Stored { id, kind, areas, period, given_at, case_number, registration, .. } = power;
    let registration = registration.ok_or(CORRUPT)?;
    Ok(RegisteredPower {
        id,
        kind,
        status: status(period, None, has_effect, false, at.unwrap_or(given_at)),
        areas,
        period,
        given_at,
        case_number: case_number.ok_or(CORRUPT)?,
        is_confirmed,
        effective_at: if is_confirmed { registration.effective_at() } else { registration.earliest_at },
    })
}

//! Powers of attorney: what one adult lets another do in their name (FUL-1 to FUL-18).

#[cfg(test)]
mod tests;

use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::consent::ConsentLevel;
use crate::id::{MailboxId, PowerOfAttorneyId};
use crate::identity::NationalId;
use crate::person::{
    ADULT_YEARS, HEALTH_MAJORITY_YEARS, PARENTS_SEE_LESS_YEARS, PersonName, Protection, age_years, day_of, start_of,
};
use crate::rule::Rule;
use crate::text::{line, line_type, secret_text_type};

line_type! {
    /// The number of the case in which a form was handled.
    CaseNumber, 100
}

secret_text_type! {
    /// What the giver calls the holder. The register is not asked whether it is their name.
    HolderName, 100, line
}

/// The holder in the giver's own words. The giver sees these, and never what the register says: it would tell by what it leaves
/// out who has a protected address (ADR-8, ADR-9).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HolderWords {
    /// The number.
    pub number: NationalId,
    /// What the giver calls them.
    pub name: Option<HolderName>,
}

/// How a power of attorney came about (FUL-1).
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum PowerKind {
    /// The giver gave it (code FU).
    #[strum(serialize = "powerOfAttorney")]
    Given,
    /// It was assigned, the giver lacking decision competence (code TD).
    #[strum(serialize = "assignedPowerOfAttorney")]
    Assigned,
}

impl PowerKind {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// The code of a service area. What the codes are called is in a table; one of them has a meaning here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServiceArea(pub i16);

impl ServiceArea {
    /// "Digital health services": what the inbox takes (FUL-3, FUL-4).
    pub const DIGITAL_HEALTH_SERVICES: Self = Self(3);
}

/// The days on which something holds, in Oslo. Both ends are included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day; open-ended when there is none.
    pub to: Option<NaiveDate>,
}

impl Period {
    /// Whether it holds at a time.
    #[must_use]
    pub fn holds(self, now: DateTime<Utc>) -> bool {
        let today = day_of(now);
        self.from <= today && self.to.is_none_or(|last| today <= last)
    }

    /// Whether the two have a day in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        other.to.is_none_or(|last| self.from <= last) && self.to.is_none_or(|last| other.from <= last)
    }

    /// When it is over.
    #[must_use]
    pub fn end(self) -> Option<DateTime<Utc>> {
        self.to.and_then(|last| last.checked_add_days(Days::new(1))).map(start_of)
    }
}

/// Who or what ended a power of attorney before its time.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum EndedBy {
    /// The giver.
    Giver,
    /// The holder.
    Holder,
    /// An operator, from a paper form (FUL-8).
    Operator,
    /// An edit, which gave a new one (FUL-7).
    Replacement,
}

impl EndedBy {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// How a power of attorney stands. Computed, never stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum PowerStatus {
    /// It has not begun, or waits for a second operator.
    Pending,
    /// It holds.
    Active,
    /// It would hold, and cannot be used for a reason that is not told (ADR-9).
    Suspended,
    /// Its period is over.
    Expired,
    /// One of the two, or an operator, ended it.
    Ended,
    /// An edit took its place.
    Replaced,
}

impl PowerStatus {
    /// The sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// Which of the two somebody is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub enum PowerRole {
    /// Who gave it.
    Giver,
    /// Who holds it.
    Holder,
}

impl PowerRole {
    /// The sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// The holder, as one of the two sees them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HolderSeen {
    /// For the giver: what they wrote; none where it was not kept.
    Written(Option<HolderWords>),
    /// For the holder.
    Oneself(Option<PersonName>),
}

/// A power of attorney, as one of the two sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PowerOfAttorney {
    /// Its id.
    pub id: PowerOfAttorneyId,
    /// Which of the two the caller is.
    pub role: PowerRole,
    /// How it came about.
    pub kind: PowerKind,
    /// How it stands.
    pub status: PowerStatus,
    /// Which areas it covers, in order.
    pub areas: Vec<ServiceArea>,
    /// When it holds.
    pub period: Period,
    /// The giver's mailbox.
    pub mailbox: MailboxId,
    /// Who gave it; none where the holder must not be told the name (ADR-8).
    pub giver_name: Option<PersonName>,
    /// Who holds it: for the giver as they wrote it, for the holder their own name.
    pub holder: HolderSeen,
    /// When it was given.
    pub given_at: DateTime<Utc>,
    /// When it was ended before its time, and by whom.
    pub ended: Option<(DateTime<Utc>, EndedBy)>,
    /// What took its place.
    pub replaced_by: Option<PowerOfAttorneyId>,
}

impl PowerOfAttorney {
    /// The giver's mailbox, for whoever may open it: the giver always, the holder while it holds.
    #[must_use]
    pub fn mailbox_shown(&self) -> Option<MailboxId> {
        let is_shown = self.role == PowerRole::Giver || self.status == PowerStatus::Active;
        is_shown.then_some(self.mailbox)
    }
}

/// A power of attorney that an operator put on record, as operators see it: nobody's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisteredPower {
    /// Its id.
    pub id: PowerOfAttorneyId,
    /// How it came about.
    pub kind: PowerKind,
    /// How it stood when it was put on record.
    pub status: PowerStatus,
    /// Which areas it covers, in order.
    pub areas: Vec<ServiceArea>,
    /// When it holds.
    pub period: Period,
    /// When it was put on record.
    pub given_at: DateTime<Utc>,
    /// The case in which the form was handled.
    pub case_number: CaseNumber,
    /// Whether another operator has confirmed it.
    pub is_confirmed: bool,
    /// From when on it has effect, once it is confirmed: not before its giver, who has been told, could object.
    pub effective_at: DateTime<Utc>,
}

/// Why an operator cannot confirm what stands on record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, VariantArray)]
pub enum ConfirmationFault {
    /// Whoever put it on record does not confirm it, whatever roles they have.
    SameOperator,
    /// It is over: its giver has ended it, another operator has, or its time has passed.
    Over,
    /// It is confirmed already.
    Confirmed,
    /// The form that the operator has says something else.
    Differs,
}

/// What stands on record of one that an operator may confirm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Confirmable<'r> {
    /// Who put it on record.
    pub registered_by: &'r str,
    /// Whether somebody has confirmed it.
    pub is_confirmed: bool,
    /// Whether it is over.
    pub is_over: bool,
    /// Whether it is what stands on the confirming operator's form.
    pub is_as_on_form: bool,
}

/// Whether an operator can confirm one: no operator alone opens a mailbox.
///
/// # Errors
/// The first thing against it.
pub fn check_confirmation(on_record: Confirmable<'_>, operator: &str) -> Result<(), ConfirmationFault> {
    let Confirmable { registered_by, is_confirmed, is_over, is_as_on_form } = on_record;
    match () {
        () if registered_by == operator => Err(ConfirmationFault::SameOperator),
        () if !is_as_on_form => Err(ConfirmationFault::Differs),
        () if is_over => Err(ConfirmationFault::Over),
        () if is_confirmed => Err(ConfirmationFault::Confirmed),
        () => Ok(()),
    }
}

/// How one stands. `is_suspended` tells that it cannot be used for a reason that whoever looks may know of: to the giver their own
/// protected address alone, to the holder that one of the two is dead or has one. `has_effect` tells that it was confirmed where an
/// operator put it on record, and that the wait is over.
#[must_use]
pub fn status(
    period: Period,
    ended: Option<EndedBy>,
    has_effect: bool,
    is_suspended: bool,
    now: DateTime<Utc>,
) -> PowerStatus {
    match ended {
        Some(EndedBy::Replacement) => PowerStatus::Replaced,
        Some(EndedBy::Giver | EndedBy::Holder | EndedBy::Operator) => PowerStatus::Ended,
        None if day_of(now) < period.from => PowerStatus::Pending,
        None if !period.holds(now) => PowerStatus::Expired,
        None if !has_effect => PowerStatus::Pending,
        None if is_suspended => PowerStatus::Suspended,
        None => PowerStatus::Active,
    }
}

/// What is asked of whoever gives a power of attorney.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Giver {
    /// Whether the register has a day of death.
    pub is_dead: bool,
    /// Age in whole years.
    pub age_years: i32,
    /// The protection of the address.
    pub protection: Protection,
    /// The consent as it stands.
    pub consent: ConsentLevel,
}

/// A power of attorney that is to be given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// How it comes about.
    pub kind: PowerKind,
    /// Who gives it; none where they are in no register.
    pub giver: Option<Giver>,
    /// Whether the two are the same.
    pub holder_is_giver: bool,
    /// When the holder was born, where the number tells. Nothing else is asked of them: whether they can hold it is decided at each
    /// use, and the answer to the giver is the same for the unknown, the dead and the protected (ADR-8, ADR-9, FUL-13).
    pub holder_born: Option<NaiveDate>,
    /// What it is to cover.
    pub areas: Vec<ServiceArea>,
    /// When it is to hold.
    pub period: Period,
}

/// Why a power of attorney cannot be given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, VariantArray)]
pub enum PowerFault {
    /// The giver is in no register, is dead, or has a protected address. One answer for all: nobody learns which.
    GiverUnavailable,
    /// The giver is below 16; 12 where it is assigned.
    GiverTooYoung,
    /// The giver has not consented to the service.
    GiverWithoutConsent,
    /// Giver and holder are the same.
    HolderIsGiver,
    /// The holder's number is that of somebody below 18.
    HolderTooYoung,
    /// An area that is in no table.
    AreaUnknown,
    /// It ends before it begins.
    EndsBeforeStart,
    /// It would be over already.
    Over,
    /// An assigned one holds for five years at most.
    TooLong,
    /// The two have one that holds on some of the days.
    Overlaps,
}

impl PowerFault {
    /// The rule that decided.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::GiverUnavailable | Self::GiverTooYoung | Self::HolderIsGiver | Self::HolderTooYoung => Rule::Ful2,
            Self::GiverWithoutConsent => Rule::Ful15,
            Self::AreaUnknown => Rule::Ful3,
            Self::EndsBeforeStart | Self::Over | Self::Overlaps => Rule::Ful7,
            Self::TooLong => Rule::Ful14,
        }
    }
}

/// The longest time of one that was assigned (FUL-14).
pub const ASSIGNED_YEARS: u32 = 5;

/// How long after an assigned one has ended the profile is kept (RET-16).
pub const PROFILE_KEPT: TimeDelta = TimeDelta::days(30);

/// When the profile is deleted after an assigned one that ended at a time. Where that would be past all time, never.
#[must_use]
pub fn profile_end(end: DateTime<Utc>) -> DateTime<Utc> {
    end.checked_add_signed(PROFILE_KEPT).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Checks what a power of attorney is to cover, and when, whoever the two are.
///
/// # Errors
/// The first thing against it.
pub fn check_terms(
    areas: &[ServiceArea],
    period: Period,
    known: &[ServiceArea],
    now: DateTime<Utc>,
) -> Result<(), PowerFault> {
    let Period { from, to } = period;
    if to.is_some_and(|last| last < from) {
        return Err(PowerFault::EndsBeforeStart);
    }
    if to.is_some_and(|last| last < day_of(now)) {
        return Err(PowerFault::Over);
    }
    if areas.is_empty() || areas.iter().any(|area| !known.contains(area)) {
        return Err(PowerFault::AreaUnknown);
    }
    Ok(())
}

/// Checks a power of attorney that is to be given. `known` are the areas in the table, `others` the periods of those
/// of the same kind between the two that nobody has ended.
///
/// # Errors
/// The first thing against it.
pub fn check(
    proposal: &Proposal,
    known: &[ServiceArea],
    others: &[Period],
    now: DateTime<Utc>,
) -> Result<(), PowerFault> {
    check_terms(&proposal.areas, proposal.period, known, now)?;
    let Period { from, to } = proposal.period;
    // Ages come first: a child with a protected address is answered as every child is.
    let youngest = match proposal.kind {
        PowerKind::Given => HEALTH_MAJORITY_YEARS,
        PowerKind::Assigned => PARENTS_SEE_LESS_YEARS,
    };
    if proposal.giver.is_some_and(|giver| giver.age_years < youngest) {
        return Err(PowerFault::GiverTooYoung);
    }
    let available = |giver: &Giver| !giver.is_dead && giver.protection == Protection::Ungraded;
    let giver = proposal.giver.filter(available).ok_or(PowerFault::GiverUnavailable)?;
    if proposal.holder_is_giver {
        return Err(PowerFault::HolderIsGiver);
    }
    if proposal.holder_born.is_some_and(|born| age_years(born, now) < ADULT_YEARS) {
        return Err(PowerFault::HolderTooYoung);
    }
    match proposal.kind {
        PowerKind::Given if giver.consent < ConsentLevel::Basis => return Err(PowerFault::GiverWithoutConsent),
        PowerKind::Assigned if to.is_none_or(|last| is_over_five_years(from, last)) => return Err(PowerFault::TooLong),
        PowerKind::Given | PowerKind::Assigned => {}
    }
    if others.iter().any(|other| proposal.period.overlaps(*other)) {
        return Err(PowerFault::Overlaps);
    }
    Ok(())
}

fn is_over_five_years(from: NaiveDate, last: NaiveDate) -> bool {
    from.checked_add_months(Months::new(12 * ASSIGNED_YEARS)).is_some_and(|limit| last >= limit)
}

//! What is asked before a power of attorney is given or changed, and what is written when it may be.

use chrono::{DateTime, NaiveDate, Utc};
use domain::consent::ConsentLevel;
use domain::id::{PowerOfAttorneyId, TraceId};
use domain::person::day_of;
use domain::power_of_attorney::{
    CaseNumber, EndedBy, Giver, HolderWords, Period, PowerKind, Proposal, ServiceArea, check, check_terms, profile_end,
};

use super::rows::{self, Holder, Registration, Stored};
use super::telling::tell_both;
use crate::Inner;
use crate::access::facts::Owner;
use crate::database::{Connection, Key};
use crate::error::{Failure, StoreError};
use crate::persons::register::Refreshed;
use crate::services::service_area;
use crate::words::PowerNews;
use crate::work::job::{JobKind, JobRow};

/// What a power of attorney is to cover, and when it is to hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PowerTerms {
    /// What it is to cover.
    pub areas: Vec<ServiceArea>,
    /// The first day; the day on which it is given where left out.
    pub valid_from: Option<NaiveDate>,
    /// The last day; open-ended where left out.
    pub valid_to: Option<NaiveDate>,
}

impl PowerTerms {
    /// When it is to hold. `earliest` is the day on which it begins where no day is given.
    pub(super) fn period(&self, earliest: NaiveDate) -> Period {
        Period { from: self.valid_from.unwrap_or(earliest), to: self.valid_to }
    }

    /// The areas in order, each once.
    pub(super) fn ordered_areas(&self) -> Vec<ServiceArea> {
        let mut areas = self.areas.clone();
        areas.sort_unstable();
        areas.dedup();
        areas
    }
}

/// Whether the register has been asked about the giver. Where they are unknown, or what is known is out of date, nothing is decided
/// before (ADR-11). About the holder it is never asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    NotYet,
    Told,
    Away,
}

impl From<Refreshed> for Asked {
    fn from(refreshed: Refreshed) -> Self {
        match refreshed {
            Refreshed::Told => Self::Told,
            Refreshed::Away => Self::Away,
        }
    }
}

/// A power of attorney that is wanted.
pub(super) struct Wanted {
    pub(super) id: PowerOfAttorneyId,
    pub(super) kind: PowerKind,
    pub(super) holder: HolderWords,
    pub(super) areas: Vec<ServiceArea>,
    pub(super) period: Period,
    pub(super) case_number: Option<CaseNumber>,
    /// Of one that an operator puts on record.
    pub(super) registration: Option<Registration>,
    /// The one whose place it takes.
    pub(super) replaces: Option<Stored>,
}

impl Wanted {
    /// What needs no register: so that a request that is wrong anyway asks nobody about anybody.
    pub(super) fn check_terms(&self, connection: &mut Connection, now: DateTime<Utc>) -> Result<(), Failure> {
        check_terms(&self.areas, self.period, &known_areas(connection)?, now).map_err(Failure::Power)
    }

    /// Everything that is asked of it and of the giver. `consent` is what the giver consents to with it.
    pub(super) fn check(
        &self,
        inner: &Inner,
        connection: &mut Connection,
        giver: Option<&Owner>,
        consent: Option<ConsentLevel>,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let holder = inner.vault.lookup_hash(&self.holder.number);
        let but = self.replaces.as_ref().map(|replaced| replaced.id);
        let others = match giver {
            Some(giver) => rows::periods(connection, giver.record.mailbox, &holder, self.kind, but)?,
            None => vec![],
        };
        let asked = |giver: &Owner| Giver {
            is_dead: giver.facts.is_dead,
            age_years: giver.facts.age_years,
            protection: giver.facts.protection,
            consent: consent.unwrap_or(giver.facts.consent),
        };
        let proposal = Proposal {
            kind: self.kind,
            giver: giver.map(asked),
            holder_is_giver: giver.is_some_and(|giver| giver.lookup_hash() == holder),
            holder_born: self.holder.number.born(),
            areas: self.areas.clone(),
            period: self.period,
        };
        check(&proposal, &known_areas(connection)?, &others, now).map_err(Failure::Power)
    }

    /// Keeps it, tells both, and sees to it that its end is not missed.
    pub(super) fn keep(
        self,
        inner: &Inner,
        connection: &mut Connection,
        giver: &Owner,
        trace: TraceId,
        now: DateTime<Utc>,
    ) -> Result<Stored, Failure> {
        let Self { id, kind, holder, areas, period, case_number, registration, replaces } = self;
        let key = giver.key(&inner.vault)?;
        let power = Stored {
            id,
            mailbox: giver.record.mailbox,
            giver: giver.record.person,
            holder: Holder::seal(inner, &key, id, &holder),
            kind,
            areas,
            period,
            given_at: now,
            case_number,
            registration,
            ended: None,
            replaced_by: None,
        };
        rows::insert(connection, &power)?;
        let news = match &replaces {
            Some(replaced) => {
                rows::end(connection, replaced, now, EndedBy::Replacement, Some(id))?;
                PowerNews::Changed
            }
            None if power.is_waiting() => PowerNews::Registered,
            None => PowerNews::Given,
        };
        JobRow::insert_all(connection, jobs(&power))?;
        tell_both(inner, connection, news, &power, trace, now)?;
        Ok(power)
    }
}

/// What is to be done when its time is over.
fn jobs(power: &Stored) -> Vec<JobRow> {
    let Some(end) = power.period.end() else { return vec![] };
    let mut jobs = vec![JobRow::new(JobKind::PowerExpires, power.mailbox, power.id.key(), end)];
    jobs.extend(profile_job(power, end));
    jobs
}

/// What is to be done with the profile after an assigned one has ended (RET-16).
pub(super) fn profile_job(power: &Stored, end: DateTime<Utc>) -> Option<JobRow> {
    match power.kind {
        PowerKind::Assigned => Some(JobRow::new(JobKind::ProfileEnds, power.mailbox, power.id.key(), profile_end(end))),
        PowerKind::Given => None,
    }
}

/// The giver, where what the register says of them can be trusted; none where it does not have them.
pub(super) fn trusted(
    inner: &Inner,
    owner: Option<Owner>,
    asked: Asked,
    now: DateTime<Utc>,
) -> Result<Option<Owner>, Failure> {
    match (owner.filter(|owner| owner.is_fresh(now, inner.register_max_age)), asked) {
        (Some(owner), _) => Ok(Some(owner)),
        (None, Asked::Told) => Ok(None),
        (None, Asked::NotYet | Asked::Away) => Err(Failure::Refused(domain::access::Refusal::RegisterUnavailable)),
    }
}

/// The day on which one begins that takes the place of another, where no day is given: today, or when that would begin.
pub(super) fn earliest(replaced: Option<&Stored>, now: DateTime<Utc>) -> NaiveDate {
    let today = day_of(now);
    replaced.map_or(today, |replaced| replaced.period.from.max(today))
}

fn known_areas(connection: &mut Connection) -> Result<Vec<ServiceArea>, StoreError> {
    Ok(service_area::all(connection)?.into_iter().map(|area| area.code).collect())
}

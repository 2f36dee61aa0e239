//! Health contacts: the general practitioner and the others of a citizen, as their services tell of them (HN-2, HN-11).

use chrono::{DateTime, NaiveDate, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::dialogue::{Inquiry, NotWritable};
use crate::id::HealthContactId;
use crate::message::Sender;
use crate::person::{day_of, start_of};
use crate::rule::Rule;
use crate::service::ServiceKind;
use crate::text::{line, secret_text_type};

secret_text_type! {
    /// The name of a person or unit that is in contact with a citizen.
    ContactName, 200, line
}

secret_text_type! {
    /// What somebody is to a citizen, in the service's own words.
    ContactRole, 100, line
}

/// What a contact is to the citizen (HN-3).
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum ContactKind {
    /// A general practitioner.
    GeneralPractitioner,
    /// A specialist.
    Specialist,
    /// A department of a hospital.
    HospitalDepartment,
    /// A pathway coordinator or another contact of a hospital trust.
    PathwayCoordinator,
    /// Municipal care.
    MunicipalCare,
    /// Something else, which the role tells.
    Other,
}

impl ContactKind {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// What the contacts of a service are where it does not say.
    #[must_use]
    pub const fn of_service(kind: ServiceKind) -> Self {
        match kind {
            ServiceKind::GeneralPractitioner => Self::GeneralPractitioner,
            ServiceKind::Specialist => Self::Specialist,
            ServiceKind::HospitalDepartment => Self::HospitalDepartment,
            ServiceKind::PathwayCoordinator => Self::PathwayCoordinator,
            ServiceKind::MunicipalCare => Self::MunicipalCare,
            ServiceKind::AllotmentOffice
            | ServiceKind::AppealsBody
            | ServiceKind::SurveyOrTrial
            | ServiceKind::RegisterHelpDesk
            | ServiceKind::Platform => Self::Other,
        }
    }
}

/// Who a contact is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactNames {
    /// What they are to the citizen, in the service's own words.
    pub role: Option<ContactRole>,
    /// The person.
    pub person: Option<ContactName>,
    /// The unit. There is a person or a unit.
    pub unit: Option<ContactName>,
}

impl ContactNames {
    /// Whether this is somebody else than before: another person, or another unit where no person is named.
    #[must_use]
    pub fn is_another(&self, before: &Self) -> bool {
        match (&self.person, &before.person) {
            (None, None) => self.unit != before.unit,
            (one, other) => one != other,
        }
    }

    /// The names in one line: the person, then the unit.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        let names: Vec<&str> = self.person.iter().chain(&self.unit).map(ContactName::expose).collect();
        names.join(", ")
    }
}

/// How a contact stands.
// The words below are sent. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum ContactState {
    /// Now.
    Current,
    /// From a later day on.
    Upcoming,
    /// No more.
    Former,
}

impl ContactState {
    /// The sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// The days on which a contact is one, in Oslo.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContactPeriod {
    /// The first day.
    pub from: NaiveDate,
    /// The last day; none while none is known.
    pub to: Option<NaiveDate>,
    /// The day on which the service named it no more. It is over from that day on.
    pub closed_on: Option<NaiveDate>,
}

impl ContactPeriod {
    /// How the contact stands on a day.
    #[must_use]
    pub fn state(&self, today: NaiveDate) -> ContactState {
        if self.closed_on.is_some() || self.to.is_some_and(|last| last < today) {
            ContactState::Former
        } else if self.from > today {
            ContactState::Upcoming
        } else {
            ContactState::Current
        }
    }

    /// The last day, as far as one is known.
    #[must_use]
    pub fn last_day(&self) -> Option<NaiveDate> {
        match (self.to, self.closed_on) {
            (Some(to), Some(closed)) => Some(to.min(closed)),
            (to, closed) => to.or(closed),
        }
    }

    /// When the contact begins to be one, and when it ends, as far as that is after a time.
    #[must_use]
    pub fn turns_after(&self, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let end = self.to.and_then(|last| last.succ_opt());
        [Some(self.from), end].into_iter().flatten().map(start_of).filter(|at| *at > now).collect()
    }
}

/// Whether a contact can be written to now: what holds for its service, as long as it is a contact. A request for access
/// is to the controller, whoever was the contact (PP-8).
///
/// # Errors
/// The first reason against it: that it is a contact no more, or not yet, or what stands against its service.
pub fn may_write_to(
    period: &ContactPeriod,
    inquiry: Inquiry,
    service: Result<Rule, NotWritable>,
    now: DateTime<Utc>,
) -> Result<Rule, NotWritable> {
    if inquiry == Inquiry::AccessRequest {
        return service;
    }
    let begins_at = start_of(period.from);
    match (period.state(day_of(now)), service) {
        (_, Err(NotWritable::NotForCaller)) => Err(NotWritable::NotForCaller),
        (ContactState::Former, _) => Err(NotWritable::NoLongerReceived),
        (ContactState::Upcoming, Ok(_)) => Err(NotWritable::Pending { active_from: begins_at }),
        (ContactState::Upcoming, Err(NotWritable::Pending { active_from })) => {
            Err(NotWritable::Pending { active_from: active_from.max(begins_at) })
        }
        (ContactState::Upcoming | ContactState::Current, service) => service,
    }
}

/// A contact as the mailbox shows it.
#[derive(Clone, Debug)]
pub struct HealthContact {
    /// Its id.
    pub id: HealthContactId,
    /// What it is to the citizen.
    pub kind: ContactKind,
    /// How it stands now.
    pub state: ContactState,
    /// Who it is.
    pub names: ContactNames,
    /// When it is one.
    pub period: ContactPeriod,
    /// The service to which one writes.
    pub service: Sender,
    /// For each thing that can be written: the rule that allows it now, or why not.
    pub inquiries: Vec<(Inquiry, Result<Rule, NotWritable>)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn period(from: &str, to: Option<&str>, closed_on: Option<&str>) -> ContactPeriod {
        ContactPeriod { from: day(from), to: to.map(day), closed_on: closed_on.map(day) }
    }

    fn names(person: Option<&str>, unit: Option<&str>) -> ContactNames {
        let name = |text: &str| ContactName::parse(text).expect("a name");
        ContactNames { role: None, person: person.map(name), unit: unit.map(name) }
    }

    #[test]
    fn hn_11_a_contact_is_one_from_its_first_to_its_last_day() {
        let table = [
            ("without an end", period("2020-01-01", None, None), ContactState::Current),
            ("on its first day", period("2026-12-01", None, None), ContactState::Current),
            ("on its last day", period("2020-01-01", Some("2026-12-01"), None), ContactState::Current),
            ("the day before its first", period("2026-12-02", None, None), ContactState::Upcoming),
            ("the day after its last", period("2020-01-01", Some("2026-11-30"), None), ContactState::Former),
            ("named no more since today", period("2020-01-01", None, Some("2026-12-01")), ContactState::Former),
        ];
        for (row, period, expected) in table {
            assert_eq!(period.state(day("2026-12-01")), expected, "{row}");
        }
        let closed_before = period("2020-01-01", Some("2026-12-31"), Some("2026-12-01"));
        assert_eq!(closed_before.last_day(), Some(day("2026-12-01")));
    }

    #[test]
    fn hn_2_each_row_of_the_table_of_writing_to_a_contact() {
        // A quarter of an hour before midnight in Oslo.
        let now = at("2026-11-30T22:45:00Z");
        let pending = |text| Err(NotWritable::Pending { active_from: at(text) });
        let (current, former) = (period("2020-01-01", None, None), period("2020-01-01", Some("2026-11-29"), None));
        let tomorrow = period("2026-12-01", None, None);
        let (dialogue, access) = (Inquiry::Dialogue, Inquiry::AccessRequest);
        let open = Ok(Rule::Hn2);
        let table = [
            ("a current one", current, dialogue, open, open),
            ("one whose service is not open", current, dialogue, Err(NotWritable::NotOpen), Err(NotWritable::NotOpen)),
            ("a former one", former, dialogue, open, Err(NotWritable::NoLongerReceived)),
            ("one from tomorrow", tomorrow, dialogue, open, pending("2026-11-30T23:00:00Z")),
            (
                "one from tomorrow, of a service that works from the day after",
                tomorrow,
                dialogue,
                pending("2026-12-01T23:00:00Z"),
                pending("2026-12-01T23:00:00Z"),
            ),
            ("the right of access to a former one", former, access, Ok(Rule::Pp8), Ok(Rule::Pp8)),
            (
                "who cannot write at all hears nothing else",
                former,
                dialogue,
                Err(NotWritable::NotForCaller),
                Err(NotWritable::NotForCaller),
            ),
        ];
        for (row, period, inquiry, service, expected) in table {
            assert_eq!(may_write_to(&period, inquiry, service, now), expected, "{row}");
        }
    }

    #[test]
    fn another_is_who_has_another_name_and_not_who_has_moved() {
        let kari = names(Some("Kari Lege"), Some("Solvika legesenter"));
        assert!(!names(Some("Kari Lege"), Some("Storgata legesenter")).is_another(&kari));
        assert!(names(Some("Ola Lege"), Some("Solvika legesenter")).is_another(&kari));
        assert!(names(None, Some("Solvika legesenter")).is_another(&kari));
        assert!(names(None, Some("Storgata legesenter")).is_another(&names(None, Some("Solvika legesenter"))));
    }

    #[test]
    fn the_days_on_which_something_turns_begin_at_midnight_in_oslo() {
        let period = period("2027-01-01", Some("2027-03-31"), None);
        assert_eq!(
            period.turns_after(at("2026-12-31T22:59:59Z")),
            [at("2026-12-31T23:00:00Z"), at("2027-03-31T22:00:00Z")]
        );
        assert_eq!(period.turns_after(at("2026-12-31T23:00:00Z")), [at("2027-03-31T22:00:00Z")]);
    }
}

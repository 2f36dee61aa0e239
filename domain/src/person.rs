//! Persons as the population register knows them.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Oslo;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::id::{MailboxId, PersonId};

/// The age at which a person decides alone on health matters (CHI-4).
pub const HEALTH_MAJORITY_YEARS: i32 = 16;

/// The age from which parents see less and do not write for a child (CHI-3, CHI-5).
pub const PARENTS_SEE_LESS_YEARS: i32 = 12;

/// The age from which somebody can hold a power of attorney (FUL-2).
pub const ADULT_YEARS: i32 = 18;

/// A person with what the rules ask of the register.
#[derive(Clone)]
pub struct Person {
    /// The person's id here.
    pub id: PersonId,
    /// The mailbox of this person.
    pub mailbox: MailboxId,
    /// The name in the register.
    pub name: PersonName,
    /// From the register, never from the identity number.
    pub birth_date: NaiveDate,
    /// The protection of the address.
    pub protection: Protected,
    /// The day of death, where the register has one.
    pub death_date: Option<NaiveDate>,
}

/// Protection of a person's address (ADR-1).
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Protection {
    /// The address is open.
    Ungraded,
    /// Confidential (fortrolig, "code 7").
    Confidential,
    /// Strictly confidential (strengt fortrolig, "code 6"): the address is not in the register.
    StrictlyConfidential,
    /// Strictly confidential, and living abroad.
    StrictlyConfidentialAbroad,
}

impl Protection {
    /// The stored word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// Whether any protection applies.
    #[must_use]
    pub const fn is_graded(self) -> bool {
        match self {
            Self::Ungraded => false,
            Self::Confidential | Self::StrictlyConfidential | Self::StrictlyConfidentialAbroad => true,
        }
    }
}

/// A name as the register writes it. It does not print by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Takes a register's name as it is.
    #[must_use]
    pub fn from_register(name: String) -> Self {
        Self(name)
    }

    /// The name. Every use of this shows who somebody is.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(***)")
    }
}

/// A grade of protection and the last day on which it holds, in Oslo (ADR-11).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protected {
    /// The grade.
    pub grade: Protection,
    /// The last day; none where it has no end.
    pub until: Option<NaiveDate>,
}

impl Protected {
    /// No protection.
    pub const NOT: Self = Self { grade: Protection::Ungraded, until: None };

    /// The grade that holds at a time.
    #[must_use]
    pub fn at(self, now: DateTime<Utc>) -> Protection {
        match self.until {
            Some(last) if day_of(now) > last => Protection::Ungraded,
            Some(_) | None => self.grade,
        }
    }
}

/// The day that it is in Oslo.
#[must_use]
pub fn day_of(now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&Oslo).date_naive()
}

/// When a day begins in Oslo. Its clocks change in the night, never at midnight.
#[must_use]
pub fn start_of(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    Oslo.from_local_datetime(&midnight).earliest().map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
}

/// A time as the clocks of Oslo show it.
#[must_use]
pub fn in_oslo(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&Oslo).fixed_offset()
}

/// The day on which somebody is so many years old; whoever was born on 29 February has it on 1 March in common years.
#[must_use]
pub fn birthday(birth_date: NaiveDate, years: i32) -> NaiveDate {
    let year = birth_date.year() + years;
    birth_date.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1)).unwrap_or(NaiveDate::MAX)
}

/// Age in whole years. It changes at 00:00 in Oslo on the birthday; whoever was born on 29 February has it on 1 March
/// in common years.
#[must_use]
pub fn age_years(birth_date: NaiveDate, now: DateTime<Utc>) -> i32 {
    let today = day_of(now);
    let had_birthday = (today.month(), today.day()) >= (birth_date.month(), birth_date.day());
    today.year() - birth_date.year() - i32::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn born(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_birthday_is_the_day_on_which_the_age_changes() {
        for (born_on, years) in [("2010-12-31", 16), ("2010-07-01", 12), ("2012-02-29", 15), ("2012-02-29", 16)] {
            let at = start_of(birthday(born(born_on), years));
            assert_eq!(age_years(born(born_on), at), years, "{born_on} {years}");
            assert_eq!(age_years(born(born_on), at - TimeDelta::microseconds(1)), years - 1, "{born_on} {years}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_oslo_also_when_the_clocks_change() {
        for (day, expected) in [
            ("2026-03-29", "2026-03-28T23:00:00Z"),
            ("2026-03-30", "2026-03-29T22:00:00Z"),
            ("2026-10-25", "2026-10-24T22:00:00Z"),
            ("2026-10-26", "2026-10-25T23:00:00Z"),
        ] {
            assert_eq!(start_of(born(day)), at(expected), "{day}");
        }
    }

    #[test]
    fn clocks_in_oslo_are_two_hours_ahead_in_summer_and_one_in_winter() {
        for (utc, oslo) in [
            ("2026-07-01T10:00:00Z", "2026-07-01T12:00:00+02:00"),
            ("2026-12-01T10:00:00Z", "2026-12-01T11:00:00+01:00"),
            // The hour that comes twice.
            ("2026-10-25T00:30:00Z", "2026-10-25T02:30:00+02:00"),
            ("2026-10-25T01:30:00Z", "2026-10-25T02:30:00+01:00"),
        ] {
            assert_eq!(in_oslo(at(utc)).to_rfc3339(), oslo, "{utc}");
        }
    }

    #[test]
    fn a_grade_holds_to_the_end_of_its_last_day_in_oslo() {
        let grade = Protected { grade: Protection::Confidential, until: Some(born("2026-11-22")) };

        assert_eq!(grade.at(at("2026-11-22T22:59:59Z")), Protection::Confidential);
        assert_eq!(grade.at(at("2026-11-22T23:00:00Z")), Protection::Ungraded);
        assert_eq!(Protected { until: None, ..grade }.at(at("2099-01-01T00:00:00Z")), Protection::Confidential);
    }

    #[test]
    fn age_changes_at_midnight_in_oslo_on_the_birthday() {
        let table = [
            ("winter, a second before", "2010-12-31", "2026-12-30T22:59:59Z", 15),
            ("winter, midnight", "2010-12-31", "2026-12-30T23:00:00Z", 16),
            ("summer, a second before", "2010-07-01", "2026-06-30T21:59:59Z", 15),
            ("summer, midnight", "2010-07-01", "2026-06-30T22:00:00Z", 16),
            ("leap day, 28 February of a common year", "2012-02-29", "2027-02-28T22:59:59Z", 14),
            ("leap day, 1 March of a common year", "2012-02-29", "2027-02-28T23:00:00Z", 15),
            ("leap day in a leap year", "2012-02-29", "2028-02-28T23:00:00Z", 16),
            ("the day of birth", "2026-11-22", "2026-11-22T12:00:00Z", 0),
        ];
        for (name, birth_date, now, expected) in table {
            assert_eq!(age_years(born(birth_date), at(now)), expected, "{name}");
        }
    }
}

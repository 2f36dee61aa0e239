//! Persons as the population register knows them.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Europe::Oslo;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::id::{MailboxId, PersonId};

/// The age at which a person decides alone on health matters (CHI-4).
pub const HEALTH_MAJORITY_YEARS: i32 = 16;

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
    /// The grade of protection of the address.
    pub protection: Protection,
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

/// Age in whole years. It changes at 00:00 in Oslo on the birthday; whoever was born on 29 February has it on 1 March
/// in common years.
#[must_use]
pub fn age_years(birth_date: NaiveDate, now: DateTime<Utc>) -> i32 {
    let today = now.with_timezone(&Oslo).date_naive();
    let had_birthday = (today.month(), today.day()) >= (birth_date.month(), birth_date.day());
    today.year() - birth_date.year() - i32::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn born(text: &str) -> NaiveDate {
        text.parse().expect("a date")
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

//! Privacy notices: what an organisation says of its use of personal data, in versions that never change (PP-11).

use chrono::NaiveDate;

use crate::identity::OrganisationNumber;
use crate::organisation::Name;
use crate::text::{TextError, paragraphs};

/// What a notice says, in one language, as Markdown. Known to everybody, so it prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeText(String);

impl NoticeText {
    /// The longest one, in characters.
    pub const MAX_CHARS: usize = 100_000;

    /// Checks.
    ///
    /// # Errors
    /// Blank, too long, or with control characters.
    pub fn parse(input: &str) -> Result<Self, TextError> {
        paragraphs(input, Self::MAX_CHARS).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A notice in the languages that there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeTexts {
    /// In Bokmål, which is always there.
    pub bokmal: NoticeText,
    /// In Nynorsk.
    pub nynorsk: Option<NoticeText>,
    /// In English.
    pub english: Option<NoticeText>,
}

/// A version of an organisation's notice, without its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoticeVersion {
    /// Counted from 1, without gaps.
    pub number: u32,
    /// The first day on which it holds, in Oslo.
    pub valid_from: NaiveDate,
}

/// The version that holds on a day: of those that have begun, the one that was put on record last.
#[must_use]
pub fn current(versions: &[NoticeVersion], today: NaiveDate) -> Option<NoticeVersion> {
    versions.iter().filter(|version| version.valid_from <= today).max_by_key(|version| version.number).copied()
}

/// The version that takes over next, where one is on record: a newer one than that which holds.
#[must_use]
pub fn upcoming(versions: &[NoticeVersion], today: NaiveDate) -> Option<NoticeVersion> {
    let current = current(versions, today).map_or(0, |version| version.number);
    let newer = versions.iter().filter(|version| version.valid_from > today && version.number > current);
    newer.min_by_key(|version| (version.valid_from, std::cmp::Reverse(version.number))).copied()
}

/// One version of the notice of an organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrivacyNotice {
    /// The controller's number.
    pub organisation_number: OrganisationNumber,
    /// The controller's name.
    pub organisation_name: Name,
    /// Which version.
    pub version: NoticeVersion,
    /// What it says.
    pub texts: NoticeTexts,
    /// The version that takes over next from the one that holds now.
    pub upcoming: Option<NoticeVersion>,
}

/// The notice of an organisation in the list of all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedNotice {
    /// The controller's number.
    pub organisation_number: OrganisationNumber,
    /// The controller's name.
    pub organisation_name: Name,
    /// The version that holds now.
    pub version: NoticeVersion,
    /// The version that takes over next.
    pub upcoming: Option<NoticeVersion>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pp_11_of_the_versions_that_have_begun_the_newest_holds() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let version = |number, from| NoticeVersion { number, valid_from: day(from) };
        let (first, second) = (version(1, "2026-01-01"), version(2, "2026-07-01"));
        // Put on record later, and in force earlier: the second never holds.
        let third = version(3, "2026-06-01");
        let table = [
            ("none yet", vec![first], "2025-12-31", None, Some(first)),
            ("the first day", vec![first, second], "2026-01-01", Some(first), Some(second)),
            ("the last day before the second", vec![first, second], "2026-06-30", Some(first), Some(second)),
            ("the second", vec![first, second], "2026-07-01", Some(second), None),
            ("a third before the second", vec![first, second, third], "2026-05-31", Some(first), Some(third)),
            ("the third", vec![first, second, third], "2026-06-01", Some(third), None),
            ("the day of the second", vec![first, second, third], "2026-07-01", Some(third), None),
            ("nothing", vec![], "2026-07-01", None, None),
        ];
        for (row, versions, today, holds, next) in table {
            assert_eq!((current(&versions, day(today)), upcoming(&versions, day(today))), (holds, next), "{row}");
        }
    }
}

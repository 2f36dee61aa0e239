//! Data-processing agreements (PP-3): the clinic is the controller, the platform its processor.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Oslo;

use crate::consent::DocumentVersion;
use crate::id::{AgreementId, OrganisationId};
use crate::organisation::Name;
use crate::person::day_of;

/// A data-processing agreement of one organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// The controller.
    pub organisation: OrganisationId,
    /// Which text was signed.
    pub version: DocumentVersion,
    /// The role of who signed for the controller.
    pub signatory_role: Name,
    /// The first day on which it holds, in Oslo.
    pub valid_from: NaiveDate,
    /// The last day on which it holds; open-ended when there is none.
    pub valid_to: Option<NaiveDate>,
    /// From when on it holds no more, where it was ended before its last day.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Agreement {
    /// The last day on which it holds or held in full, where there is one.
    #[must_use]
    pub fn last_day(&self) -> Option<NaiveDate> {
        let before_end = self.ended_at.and_then(|at| day_of(at).pred_opt());
        [self.valid_to, before_end].into_iter().flatten().min()
    }

    /// Whether it holds now. Days begin at midnight in Oslo.
    #[must_use]
    pub fn in_force(&self, now: DateTime<Utc>) -> bool {
        in_force(self.valid_from, self.valid_to, self.ended_at, now)
    }
}

/// Whether a period of days, both included, holds now, which ends early where it was ended. Days begin at midnight in Oslo.
#[must_use]
pub fn in_force(
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    ended_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let today = now.with_timezone(&Oslo).date_naive();
    valid_from <= today && valid_to.is_none_or(|last| today <= last) && ended_at.is_none_or(|end| now < end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreement_holds_from_its_first_to_its_last_day_in_oslo() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let table = [
            ("the evening before, in Oslo", "2026-06-30T21:59:59Z", false),
            ("midnight of the first day", "2026-06-30T22:00:00Z", true),
            ("the last evening", "2026-12-31T22:59:59Z", true),
            ("midnight after the last day", "2026-12-31T23:00:00Z", false),
        ];
        for (name, now, expected) in table {
            let now = now.parse().expect("a time");
            assert_eq!(in_force(day("2026-07-01"), Some(day("2026-12-31")), None, now), expected, "{name}");
        }
        assert!(in_force(day("2026-07-01"), None, None, "2099-01-01T00:00:00Z".parse().expect("a time")), "open-ended");
        let ended = Some("2026-09-01T12:00:00Z".parse().expect("a time"));
        for (now, expected) in [("2026-09-01T11:59:59Z", true), ("2026-09-01T12:00:00Z", false)] {
            assert_eq!(in_force(day("2026-07-01"), None, ended, now.parse().expect("a time")), expected, "{now}");
        }
    }
}

//! Appointments and visits: what services' own systems tell of them, and until when citizens cancel them (HN-10, DH-2).

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::dialogue::DialoguePolicy;
use crate::id::{AppointmentId, MailboxId};
use crate::message::{Recipient, Sender};
use crate::person::in_oslo;
use crate::rule::Rule;
use crate::text::{line, line_type, paragraphs, secret_text_type};

secret_text_type! {
    /// The line shown in the list of appointments. Short enough for a subject that begins with another word.
    AppointmentTitle, 100, line
}

secret_text_type! {
    /// Where it is.
    Place, 200, line
}

secret_text_type! {
    /// What else there is to know, such as how to prepare.
    AppointmentDescription, 2_000, paragraphs
}

line_type! {
    /// The service's own name for an appointment or a health contact. Unique for each service.
    ExternalId, 100
}

/// How the two meet.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum AppointmentKind {
    /// At the service.
    Appointment,
    /// Where the citizen lives.
    HomeVisit,
    /// By video.
    Video,
    /// By telephone.
    Phone,
}

impl AppointmentKind {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// Whether the place is shown. Of an owner with a protected address the place of a home visit tells where they live,
    /// so nobody reads it out of the mailbox; every other place is shown to the owner alone (ADR-8).
    #[must_use]
    pub const fn shows_place(self, owner_is_protected: bool, caller_is_owner: bool) -> bool {
        match self {
            Self::HomeVisit => !owner_is_protected,
            Self::Appointment | Self::Video | Self::Phone => !owner_is_protected || caller_is_owner,
        }
    }
}

/// Who cancelled an appointment.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum CancelledBy {
    /// The service: its own system, or one of its health workers.
    Service,
    /// The citizen, or somebody who acts for them.
    Citizen,
}

impl CancelledBy {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// That an appointment was cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cancellation {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: CancelledBy,
}

/// When an appointment is, and whether it still is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AppointmentFacts {
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// When it ends: later than it starts.
    pub ends_at: DateTime<Utc>,
    /// Whether the citizen may cancel it, where the service allows that at all.
    pub is_cancellable: bool,
    /// Whether it was cancelled, and by whom.
    pub cancellation: Option<Cancellation>,
}

impl AppointmentFacts {
    /// The last moment at which the citizen may cancel it; none where they may not at all.
    #[must_use]
    pub fn cancel_by(&self, policy: &DialoguePolicy) -> Option<DateTime<Utc>> {
        let hours = policy.cancellation_limit_hours.filter(|_| self.is_cancellable)?;
        Some(self.starts_at - TimeDelta::hours(hours.into()))
    }
}

/// Why an appointment is not cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotCancellable {
    /// It was cancelled before.
    AlreadyCancelled,
    /// It is over.
    Over,
    /// The service does not let citizens cancel it here.
    NotOffered,
    /// The last moment for it has passed.
    TooLate,
}

/// Whether an appointment still takes place, or has begun to: what its service may cancel.
///
/// # Errors
/// It was cancelled, or is over.
pub fn is_planned(facts: &AppointmentFacts, now: DateTime<Utc>) -> Result<(), NotCancellable> {
    if facts.cancellation.is_some() {
        Err(NotCancellable::AlreadyCancelled)
    } else if now >= facts.ends_at {
        Err(NotCancellable::Over)
    } else {
        Ok(())
    }
}

/// Whether a citizen may cancel an appointment now.
///
/// # Errors
/// The first reason against it.
pub fn can_cancel(
    facts: &AppointmentFacts,
    policy: &DialoguePolicy,
    now: DateTime<Utc>,
) -> Result<Rule, NotCancellable> {
    is_planned(facts, now)?;
    let last = facts.cancel_by(policy).ok_or(NotCancellable::NotOffered)?;
    if now > last { Err(NotCancellable::TooLate) } else { Ok(Rule::Dh2) }
}

/// An appointment as a service tells of it, every part of it checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAppointment {
    /// Whose it is.
    pub recipient: Recipient,
    /// How the two meet.
    pub kind: AppointmentKind,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// What it says.
    pub text: AppointmentText,
    /// Whether the citizen may cancel it, where the service allows that at all.
    pub is_cancellable: bool,
}

/// What an appointment says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppointmentText {
    /// The line shown.
    pub title: AppointmentTitle,
    /// Where it is.
    pub place: Option<Place>,
    /// What else there is to know.
    pub description: Option<AppointmentDescription>,
}

/// An appointment as its service sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceAppointment {
    /// Its id.
    pub id: AppointmentId,
    /// The service's own name for it.
    pub external_id: ExternalId,
    /// Whose it is.
    pub mailbox: MailboxId,
    /// How the two meet.
    pub kind: AppointmentKind,
    /// When it is, and whether it still is.
    pub facts: AppointmentFacts,
    /// What it says.
    pub text: AppointmentText,
    /// When it was last told of, or cancelled.
    pub changed_at: DateTime<Utc>,
}

/// An appointment as the mailbox shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppointmentView {
    /// Its id.
    pub id: AppointmentId,
    /// The service.
    pub service: Sender,
    /// How the two meet.
    pub kind: AppointmentKind,
    /// When it is, and whether it still is.
    pub facts: AppointmentFacts,
    /// What it says: the place only where it is shown.
    pub text: AppointmentText,
    /// Whether the caller can cancel it now.
    pub can_cancel: bool,
    /// The last moment at which it can be cancelled; none where it cannot.
    pub cancel_by: Option<DateTime<Utc>>,
    /// How often it was changed.
    pub version: u32,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
}

impl AppointmentView {
    /// When it starts, by the clocks of those who come.
    #[must_use]
    pub fn local_start(&self) -> DateTime<FixedOffset> {
        in_oslo(self.facts.starts_at)
    }

    /// When it ends, by the same clocks.
    #[must_use]
    pub fn local_end(&self) -> DateTime<FixedOffset> {
        in_oslo(self.facts.ends_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    const START: &str = "2026-12-03T09:00:00Z";

    fn planned() -> AppointmentFacts {
        AppointmentFacts {
            starts_at: at(START),
            ends_at: at("2026-12-03T09:30:00Z"),
            is_cancellable: true,
            cancellation: None,
        }
    }

    #[test]
    fn dh_2_each_row_of_the_table_of_cancelling() {
        let limit = |hours| DialoguePolicy { cancellation_limit_hours: hours, ..DialoguePolicy::CLOSED };
        let (day, to_the_start, never) = (limit(Some(24)), limit(Some(0)), limit(None));
        let fixed = AppointmentFacts { is_cancellable: false, ..planned() };
        let cancelled = |by| {
            let cancellation = Some(Cancellation { at: at("2026-12-01T09:00:00Z"), by });
            AppointmentFacts { cancellation, ..planned() }
        };
        let early = "2026-11-22T11:00:00Z";
        let table = [
            ("in good time", planned(), &day, early, Ok(Rule::Dh2)),
            ("at the last moment", planned(), &day, "2026-12-02T09:00:00Z", Ok(Rule::Dh2)),
            ("after it", planned(), &day, "2026-12-02T09:00:00.000001Z", Err(NotCancellable::TooLate)),
            ("until it starts", planned(), &to_the_start, START, Ok(Rule::Dh2)),
            ("it has started", planned(), &to_the_start, "2026-12-03T09:10:00Z", Err(NotCancellable::TooLate)),
            ("it is over", planned(), &day, "2026-12-03T09:30:00Z", Err(NotCancellable::Over)),
            ("the service offers it for none", planned(), &never, early, Err(NotCancellable::NotOffered)),
            ("the service does not for this one", fixed, &day, early, Err(NotCancellable::NotOffered)),
            ("cancelled", cancelled(CancelledBy::Citizen), &day, early, Err(NotCancellable::AlreadyCancelled)),
            (
                "cancelled by the service",
                cancelled(CancelledBy::Service),
                &never,
                early,
                Err(NotCancellable::AlreadyCancelled),
            ),
            (
                "cancelled, and over by now",
                cancelled(CancelledBy::Service),
                &day,
                "2027-01-01T00:00:00Z",
                Err(NotCancellable::AlreadyCancelled),
            ),
        ];
        for (row, facts, policy, now, expected) in table {
            assert_eq!(can_cancel(&facts, policy, at(now)), expected, "{row}");
        }
        assert_eq!(planned().cancel_by(&day), Some(at("2026-12-02T09:00:00Z")));
        assert_eq!((planned().cancel_by(&never), fixed.cancel_by(&day)), (None, None));
    }

    #[test]
    fn adr_8_the_place_of_a_home_visit_at_a_protected_address_is_shown_to_nobody() {
        let table = [
            (AppointmentKind::HomeVisit, false, false, true),
            (AppointmentKind::HomeVisit, false, true, true),
            (AppointmentKind::HomeVisit, true, false, false),
            (AppointmentKind::HomeVisit, true, true, false),
            (AppointmentKind::Appointment, false, false, true),
            (AppointmentKind::Appointment, true, true, true),
            (AppointmentKind::Appointment, true, false, false),
            (AppointmentKind::Video, true, false, false),
            (AppointmentKind::Phone, true, true, true),
        ];
        for (kind, is_protected, is_owner, expected) in table {
            assert_eq!(kind.shows_place(is_protected, is_owner), expected, "{kind:?} {is_protected} {is_owner}");
        }
    }
}

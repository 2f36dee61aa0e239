//! Who may write to which service, and how (HN-2, DH-4, DH-8).

use chrono::{DateTime, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::attachment::MAX_FILE_BYTES;
use crate::organisation::Name;
use crate::rule::Rule;
use crate::text::{TextError, line, line_type};

/// What citizens write to a service.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Inquiry {
    /// Messages back and forth (DH-1).
    Dialogue,
    /// A formal letter. The service answers it with a letter, which has no reply (HK-2, HK-3).
    Letter,
    /// The citizen asks the controller what is held about them (PP-8). It is a right: no service closes it.
    AccessRequest,
}

impl Inquiry {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

line_type! {
    /// Which of the organisation's rules on keeping and deleting holds: a reference into its own plan.
    RetentionPolicy, 100
}

/// The address of a page that people open in a browser: `https` only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageAddress(String);

/// Why a text is no address of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PageAddressError {
    /// As for any line.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Not an absolute address over HTTPS.
    #[error("not an https address")]
    NotHttps,
}

impl PageAddress {
    /// The longest one, in characters.
    pub const MAX_CHARS: usize = 500;

    /// Checks the form: `https://`, a host, and nothing that ends an address.
    ///
    /// # Errors
    /// Empty, too long, or not an absolute address over HTTPS.
    pub fn parse(input: &str) -> Result<Self, PageAddressError> {
        let text = line(input, Self::MAX_CHARS)?;
        let rest = text.strip_prefix("https://").ok_or(PageAddressError::NotHttps)?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_host = host.contains('.') && host.chars().all(|char| char.is_alphanumeric() || "-.:".contains(char));
        let is_clean = !rest.chars().any(|char| char.is_whitespace() || "\"<>\\^`{|}".contains(char));
        if is_host && is_clean { Ok(Self(text)) } else { Err(PageAddressError::NotHttps) }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A subject that a service takes on a form and not as a message (TK-2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedSubject {
    /// What it is called. A message whose subject contains these words, in this order, is on it.
    pub name: Name,
    /// Where the form is.
    pub form: PageAddress,
}

/// How a service takes part in dialogue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DialoguePolicy {
    /// What citizens may write to it; nothing where the service has not opened (CON-17). Access requests stand open
    /// everywhere and are not named.
    pub accepts: Vec<Inquiry>,
    /// Whether only those may write who receive the service (DH-4, DH-8).
    pub requires_relationship: bool,
    /// Whether citizens answer in a conversation, or begin a new one each time.
    pub takes_replies: bool,
    /// What it takes on a form.
    pub refused_subjects: Vec<RefusedSubject>,
    /// The largest file that it takes, in bytes.
    pub max_attachment_bytes: u64,
    /// Within how many working days it mostly answers (CON-18): told, not enforced.
    pub expected_reply_days: Option<u16>,
    /// How many hours before an appointment a citizen may still cancel it; not at all where there is none (DH-2).
    pub cancellation_limit_hours: Option<u16>,
    /// How many days its journal has to confirm what was marked as relevant to care (TK-3).
    pub archiving_deadline_days: u16,
    /// How long it keeps what it gets.
    pub retention_policy: Option<RetentionPolicy>,
}

impl DialoguePolicy {
    /// What a service has that was opened without a choice: nobody writes to it.
    pub const CLOSED: Self = Self {
        accepts: vec![],
        requires_relationship: true,
        takes_replies: true,
        refused_subjects: vec![],
        max_attachment_bytes: MAX_FILE_BYTES,
        expected_reply_days: None,
        cancellation_limit_hours: None,
        archiving_deadline_days: 7,
        retention_policy: None,
    };

    /// The refused subject that a line is on, if any.
    #[must_use]
    pub fn refused_subject(&self, line: &str) -> Option<&RefusedSubject> {
        let words = words_of(line);
        self.refused_subjects.iter().find(|refused| {
            let refused = words_of(refused.name.as_str());
            !refused.is_empty() && words.windows(refused.len()).any(|part| part == refused)
        })
    }
}

fn words_of(text: &str) -> Vec<String> {
    let is_part = |char: char| char.is_alphanumeric();
    text.split(|char| !is_part(char)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// That a citizen receives a service, as its own system has told (CON-16).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Relationship {
    /// When writing becomes possible: the day after the systems have talked (CON-15).
    pub active_from: DateTime<Utc>,
    /// When the service ended, where it has.
    pub closed_at: Option<DateTime<Utc>>,
}

/// How a relationship stands.
// The words below are sent. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum RelationshipState {
    /// It works from the next day.
    Pending,
    /// It works.
    Active,
    /// The citizen does not receive the service any more.
    Closed,
}

impl RelationshipState {
    /// The sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

impl Relationship {
    /// How it stands at a time.
    #[must_use]
    pub fn state(&self, now: DateTime<Utc>) -> RelationshipState {
        if self.closed_at.is_some_and(|at| at <= now) {
            RelationshipState::Closed
        } else if now < self.active_from {
            RelationshipState::Pending
        } else {
            RelationshipState::Active
        }
    }
}

/// Why a mailbox cannot write to a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotWritable {
    /// The service has not opened for this (CON-17, DH-4).
    NotOpen,
    /// The citizen does not receive the service (DH-8).
    NotReceived,
    /// The citizen received it once.
    NoLongerReceived,
    /// It works from this time (CON-15, DH-6).
    Pending {
        /// The time.
        active_from: DateTime<Utc>,
    },
    /// What the caller would write they could not read themselves: the service is closed to them, to their consent, or
    /// at a protected address. One answer for all (CON-6, HN-9, CHI-8).
    NotForCaller,
}

impl NotWritable {
    /// The rule that decided.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::NotOpen => Rule::Con17,
            Self::NotReceived | Self::NoLongerReceived => Rule::Dh8,
            Self::Pending { .. } => Rule::Con15,
            Self::NotForCaller => Rule::Con6,
        }
    }

    /// The sent word.
    #[must_use]
    pub const fn as_word(self) -> &'static str {
        match self {
            Self::NotOpen => "notOpen",
            Self::NotReceived => "notReceived",
            Self::NoLongerReceived => "noLongerReceived",
            Self::Pending { .. } => "pending",
            Self::NotForCaller => "notForCaller",
        }
    }
}

/// Whether a mailbox may write to a service now. `is_admitted` says whether the caller may see what they would write.
///
/// # Errors
/// The first reason against it. Whether the service is received comes before whether it is open for this kind: that is
/// what the citizen can do something about.
pub fn may_write(
    policy: &DialoguePolicy,
    inquiry: Inquiry,
    relationship: Option<Relationship>,
    is_admitted: bool,
    now: DateTime<Utc>,
) -> Result<Rule, NotWritable> {
    if !is_admitted {
        return Err(NotWritable::NotForCaller);
    }
    if inquiry == Inquiry::AccessRequest {
        return Ok(Rule::Pp8);
    }
    let is_open = policy.accepts.contains(&inquiry);
    if is_open && policy.requires_relationship {
        let relationship = relationship.ok_or(NotWritable::NotReceived)?;
        match relationship.state(now) {
            RelationshipState::Active => {}
            RelationshipState::Closed => return Err(NotWritable::NoLongerReceived),
            RelationshipState::Pending => {
                return Err(NotWritable::Pending { active_from: relationship.active_from });
            }
        }
    }
    if is_open { Ok(Rule::Hn2) } else { Err(NotWritable::NotOpen) }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-11-22T11:00:00Z".parse().expect("a time")
    }

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    #[test]
    fn each_row_of_the_table_of_writing() {
        let open = DialoguePolicy { accepts: vec![Inquiry::Dialogue], ..DialoguePolicy::CLOSED };
        let to_all = DialoguePolicy { requires_relationship: false, ..open.clone() };
        let later = noon() + TimeDelta::hours(12);
        let since = |active_from, closed_at| Some(Relationship { active_from, closed_at });
        let received = since(noon(), None);
        let (dialogue, letter, access) = (Inquiry::Dialogue, Inquiry::Letter, Inquiry::AccessRequest);
        let table = [
            ("HN-2: received and open", &open, dialogue, received, true, Ok(Rule::Hn2)),
            ("HN-2: open to everybody", &to_all, dialogue, None, true, Ok(Rule::Hn2)),
            ("DH-8: never received", &open, dialogue, None, true, Err(NotWritable::NotReceived)),
            (
                "DH-8: received once",
                &open,
                dialogue,
                since(noon(), Some(noon())),
                true,
                Err(NotWritable::NoLongerReceived),
            ),
            (
                "CON-15: from tomorrow",
                &open,
                dialogue,
                since(later, None),
                true,
                Err(NotWritable::Pending { active_from: later }),
            ),
            (
                "CON-17: received and not open",
                &DialoguePolicy::CLOSED,
                dialogue,
                received,
                true,
                Err(NotWritable::NotOpen),
            ),
            ("CON-17: open for something else", &open, letter, received, true, Err(NotWritable::NotOpen)),
            ("CON-6: closed to the caller", &open, dialogue, received, false, Err(NotWritable::NotForCaller)),
            ("PP-8: the right of access", &DialoguePolicy::CLOSED, access, None, true, Ok(Rule::Pp8)),
        ];
        for (row, policy, inquiry, relationship, is_admitted, expected) in table {
            assert_eq!(may_write(policy, inquiry, relationship, is_admitted, noon()), expected, "{row}");
        }
    }

    #[test]
    fn tk_2_a_line_is_on_a_refused_subject_when_it_has_its_words_in_order() {
        let refused = RefusedSubject {
            name: name("Søknad om hjemmehjelp"),
            form: PageAddress::parse("https://solvika.example/skjema").expect("an address"),
        };
        let policy = DialoguePolicy { refused_subjects: vec![refused.clone()], ..DialoguePolicy::CLOSED };
        for line in ["Søknad om hjemmehjelp", "SØKNAD OM HJEMMEHJELP!", "Ny søknad om hjemmehjelp for far"] {
            assert_eq!(policy.refused_subject(line), Some(&refused), "{line}");
        }
        for line in ["Hjemmehjelp", "Om søknad hjemmehjelp", "Søknad om hjemmehjelpen", ""] {
            assert_eq!(policy.refused_subject(line), None, "{line}");
        }
    }

    #[test]
    fn an_address_is_one_that_a_browser_opens_safely() {
        for good in
            ["https://solvika.example", "https://solvika.example:8443/skjema?a=1#b", "https://sølvika.example/å"]
        {
            assert!(PageAddress::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://solvika.example",
            "javascript:alert(1)",
            "https://",
            "https://a b.no",
            "https://localhost",
            "https://a.no/<",
        ] {
            assert!(PageAddress::parse(bad).is_err(), "{bad}");
        }
    }
}

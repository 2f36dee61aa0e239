//! Who works for a service, and whom they follow up (DH-7, ADR-7).

use chrono::{DateTime, TimeDelta, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::id::{MailboxId, PersonId, RecordedAccessId, ServiceId};
use crate::person::{PersonName, Protection};
use crate::text::{paragraphs, secret_text_type};

secret_text_type! {
    /// Why a health worker has lawful access. Never shown online (RET-10).
    AccessReason, 1000, paragraphs
}

/// How long a recorded access holds: a shift and its aftermath.
pub const RECORDED_ACCESS_HOLDS: TimeDelta = TimeDelta::hours(24);

/// A health worker as a member of a service. Systems name them by number and hear no name: it would be a way to anybody's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// The grades of protection that they have the role for.
    pub clearances: Vec<Protection>,
}

/// Who said that a member follows up a patient.
// The words below are sent to systems. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum FollowUpSource {
    /// The service's own system, of this patient alone.
    Hand,
    /// The nightly exchange. Only the exchange changes it.
    Exchange,
}

impl FollowUpSource {
    /// The word that is sent.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// That a member of a service follows up a patient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FollowUp {
    /// Who said so.
    pub source: FollowUpSource,
    /// The patient's mailbox.
    pub mailbox: MailboxId,
    /// The patient's name, for the member alone.
    pub patient_name: Option<PersonName>,
    /// The member.
    pub person: PersonId,

    /// Since when; by the exchange, since when the patient receives the service.
    pub since: DateTime<Utc>,
}

/// That a health worker has put on record that they have lawful access to a patient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedAccess {
    /// Its id.
    pub id: RecordedAccessId,
    /// The service for which it holds.
    pub service: ServiceId,
    /// The patient's mailbox.
    pub mailbox: MailboxId,
    /// When it ends.
    pub valid_until: DateTime<Utc>,
}

//! Lawful access of health workers to a patient (DH-7): the ways to it, and what of the mailbox it reaches.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::id::{ConversationId, ServiceId};

/// What gives a member of a service access to a patient, or to one conversation of theirs.
// The words below are sent to citizens and portals. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum LawfulWay {
    /// The service's own system has said, by hand, that the member follows the patient up.
    FollowUp,
    /// The nightly exchange names the member as responsible, and has not closed the relationship.
    Responsibility,
    /// The member has put on record, with a reason, that they have lawful access, and it has not run out.
    RecordedAccess,
    /// The member is to answer a conversation that is not closed. It reaches that conversation and nothing else.
    Assignment,
}

impl LawfulWay {
    /// The word that is sent.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// Whether it gives access to the patient, and not to one conversation only.
    #[must_use]
    pub const fn is_of_patient(self) -> bool {
        match self {
            Self::FollowUp | Self::Responsibility | Self::RecordedAccess => true,
            Self::Assignment => false,
        }
    }
}

/// What of a mailbox a health worker reaches. Never nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reach {
    services: Vec<ServiceId>,
    conversations: Vec<ConversationId>,
}

impl Reach {
    /// None where there is nothing to reach.
    pub(super) fn of(services: Vec<ServiceId>, conversations: Vec<ConversationId>) -> Option<Self> {
        (!services.is_empty() || !conversations.is_empty()).then_some(Self { services, conversations })
    }

    /// The services for which they have lawful access to the patient: all that these sent or received.
    #[must_use]
    pub fn services(&self) -> &[ServiceId] {
        &self.services
    }

    /// Conversations of other services, each alone: those that they are to answer and that are not closed.
    #[must_use]
    pub fn conversations(&self) -> &[ConversationId] {
        &self.conversations
    }

    /// Whether they have lawful access to the patient, and not to single conversations only.
    #[must_use]
    pub const fn is_of_patient(&self) -> bool {
        !self.services.is_empty()
    }
}

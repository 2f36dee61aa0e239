//! Facts → channel, each with its rule (BX-3).
//!
//! Only the inbox is a channel yet. Digital mailboxes and paper come as further rows of [`decide`].

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::access::{OwnerFacts, Policy};
use crate::consent::ConsentLevel;
use crate::message::{ParentVisibility, YouthVisibility};
use crate::person::{HEALTH_MAJORITY_YEARS, PARENTS_SEE_LESS_YEARS};
use crate::rule::Rule;
use crate::service::{ItemPolicy, UnregisteredRecipients};

/// Where a message goes.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Channel {
    /// The recipient's inbox here.
    Inbox,
}

impl Channel {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// What routing asks about the recipient and the sending service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Whether the register has a day of death.
    pub recipient_is_dead: bool,
    /// The recipient's consent.
    pub consent: ConsentLevel,
    /// Whether the recipient's address is protected.
    pub recipient_is_protected: bool,
    /// The least consent that the service asks for.
    pub minimum_consent: ConsentLevel,
    /// Whether the service is there for persons with a protected address.
    pub available_at_protected_address: bool,
    /// Whether anybody could read it here: see [`has_reader`].
    pub has_reader: bool,
    /// What the service wants done where the inbox is closed.
    pub unregistered_recipients: UnregisteredRecipients,
}

impl Facts {
    /// What routing asks about an item of a service and its recipient.
    #[must_use]
    pub fn of(
        owner: &OwnerFacts,
        item: ItemPolicy,
        unregistered_recipients: UnregisteredRecipients,
        policy: Policy,
    ) -> Self {
        Self {
            recipient_is_dead: owner.is_dead,
            consent: effective_consent(owner, item, policy),
            recipient_is_protected: owner.protection.is_graded(),
            minimum_consent: item.minimum_consent,
            available_at_protected_address: item.available_at_protected_address,
            has_reader: has_reader(owner, item, policy),
            unregistered_recipients,
        }
    }
}

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// Into the inbox now.
    Deliver(Rule),
    /// Kept until the inbox opens (PP-6).
    Hold(Rule),
    /// Refused, and the sender told.
    Reject(Rejection),
}

/// Why a message goes nowhere. The words are what a sender may know.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Rejection {
    /// Dead: there is nobody to read.
    RecipientCannotReceive,
    /// The inbox is not open to this service, for whatever reason. One answer for all: a sender must not learn of a
    /// protected address.
    InboxNotOpen,
}

impl Rejection {
    /// The rule that decided.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::RecipientCannotReceive => Rule::Krr8,
            Self::InboxNotOpen => Rule::Con7,
        }
    }
}

/// Whether anybody could read a message here: its owner from 16 on; for a child, the child itself by youth access, or
/// somebody with parental responsibility (CHI-2, CHI-8, CHI-10). A message that nobody can read is not delivered.
#[must_use]
pub fn has_reader(owner: &OwnerFacts, item: ItemPolicy, policy: Policy) -> bool {
    if owner.age_years >= HEALTH_MAJORITY_YEARS {
        return true;
    }
    let needed =
        if owner.age_years < PARENTS_SEE_LESS_YEARS { ParentVisibility::Until12 } else { ParentVisibility::Until16 };
    let parents = owner.lives_with_responsible
        && !owner.protection.is_graded()
        && item.parents >= needed
        && item.youth < YouthVisibility::Always;
    let youth_needed = if owner.youth_access && owner.consent == ConsentLevel::Full {
        YouthVisibility::WithConsent
    } else {
        YouthVisibility::Always
    };
    parents || (owner.age_years >= policy.youth_from_years && item.youth >= youth_needed)
}

/// The consent that counts for a message: none while the owner has locked the mailbox (CON-14); what a child arranges
/// alone takes nobody's (CHI-10).
#[must_use]
pub fn effective_consent(owner: &OwnerFacts, item: ItemPolicy, policy: Policy) -> ConsentLevel {
    if owner.is_locked {
        return ConsentLevel::None;
    }
    let is_alone = (policy.youth_from_years..HEALTH_MAJORITY_YEARS).contains(&owner.age_years);
    if is_alone && item.youth == YouthVisibility::Always { ConsentLevel::Full } else { owner.consent }
}

/// Chooses the channel. Asked at acceptance, and again when the message is delivered.
#[must_use]
pub fn decide(facts: &Facts) -> Route {
    if facts.recipient_is_dead {
        return Route::Reject(Rejection::RecipientCannotReceive);
    }
    let consents = facts.consent >= facts.minimum_consent && facts.consent >= ConsentLevel::Basis;
    let reachable = !facts.recipient_is_protected || facts.available_at_protected_address;
    if facts.has_reader && consents && reachable {
        return Route::Deliver(Rule::Hn4);
    }
    match facts.unregistered_recipients {
        UnregisteredRecipients::Hold => Route::Hold(Rule::Pp6),
        UnregisteredRecipients::Reject => Route::Reject(Rejection::InboxNotOpen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Facts = Facts {
        recipient_is_dead: false,
        consent: ConsentLevel::Basis,
        recipient_is_protected: false,
        minimum_consent: ConsentLevel::Basis,
        available_at_protected_address: false,
        has_reader: true,
        unregistered_recipients: UnregisteredRecipients::Reject,
    };

    #[test]
    fn each_row_of_the_routing_table() {
        let rejected = Route::Reject(Rejection::InboxNotOpen);
        let dead = Route::Reject(Rejection::RecipientCannotReceive);
        let holds = UnregisteredRecipients::Hold;
        let table = [
            ("HN-4: consent at the level asked for", OPEN, Route::Deliver(Rule::Hn4)),
            ("CON-7: no consent", Facts { consent: ConsentLevel::None, ..OPEN }, rejected),
            ("CON-6: the service asks for more", Facts { minimum_consent: ConsentLevel::Full, ..OPEN }, rejected),
            (
                "HN-5: never without consent, whatever the service says",
                Facts { consent: ConsentLevel::None, minimum_consent: ConsentLevel::None, ..OPEN },
                rejected,
            ),
            (
                "PP-6: no consent, and the service waits",
                Facts { consent: ConsentLevel::None, unregistered_recipients: holds, ..OPEN },
                Route::Hold(Rule::Pp6),
            ),
            (
                "HN-9: protected, and the service is closed to such",
                Facts { recipient_is_protected: true, ..OPEN },
                rejected,
            ),
            (
                "HN-9: protected, and the service is open to such",
                Facts { recipient_is_protected: true, available_at_protected_address: true, ..OPEN },
                Route::Deliver(Rule::Hn4),
            ),
            ("CHI-2: a child for whom nobody reads", Facts { has_reader: false, ..OPEN }, rejected),
            ("KRR-8: dead", Facts { recipient_is_dead: true, ..OPEN }, dead),
            (
                "KRR-8: dead, and the service waits",
                Facts { recipient_is_dead: true, unregistered_recipients: holds, ..OPEN },
                dead,
            ),
        ];
        for (name, facts, expected) in table {
            assert_eq!(decide(&facts), expected, "{name}");
        }
    }
}

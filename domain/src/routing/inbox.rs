//! Whether an inbox here is open to a message.

use crate::access::{OwnerFacts, Policy};
use crate::consent::ConsentLevel;
use crate::message::{ParentVisibility, YouthVisibility};
use crate::person::{HEALTH_MAJORITY_YEARS, PARENTS_SEE_LESS_YEARS};
use crate::service::ItemPolicy;

/// What opens and closes an inbox to a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InboxFacts {
    /// The recipient's consent, as it counts: see [`effective_consent`].
    pub consent: ConsentLevel,
    /// Whether the recipient's address is protected.
    pub recipient_is_protected: bool,
    /// The least consent that the service asks for.
    pub minimum_consent: ConsentLevel,
    /// Whether the service is there for persons with a protected address.
    pub available_at_protected_address: bool,
    /// Whether anybody could read it here: see [`has_reader`].
    pub has_reader: bool,
}

impl InboxFacts {
    /// What opens and closes the inbox of an owner to an item of a service.
    #[must_use]
    pub fn of(owner: &OwnerFacts, item: ItemPolicy, policy: Policy) -> Self {
        Self {
            consent: effective_consent(owner, item, policy),
            recipient_is_protected: owner.protection.is_graded(),
            minimum_consent: item.minimum_consent,
            available_at_protected_address: item.available_at_protected_address,
            has_reader: has_reader(owner, item, policy),
        }
    }

    /// Whether the message may come in. What closes an inbox is not told apart: nobody who asks is to know.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let consents = self.consent >= self.minimum_consent && self.consent >= ConsentLevel::Basis;
        let reachable = !self.recipient_is_protected || self.available_at_protected_address;
        self.has_reader && consents && reachable
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

//! Which items of a mailbox somebody may see.

use super::Reach;
use super::decide::Standing;
use super::facts::OwnerFacts;
use crate::consent::ConsentLevel;
use crate::message::{ParentVisibility, YouthVisibility};
use crate::person::HEALTH_MAJORITY_YEARS;
use crate::service::ItemPolicy;

/// What an item asks of who looks at it. Fixed when it was accepted, but for what is withheld later.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ItemFlags {
    /// The least consent of the owner (CON-6).
    pub minimum_consent: ConsentLevel,
    /// Whether it is shown at a protected address (HN-9).
    pub available_at_protected_address: bool,
    /// Until which age of the owner parents see it (CHI-1, CHI-3).
    pub parents: ParentVisibility,
    /// Whether health personnel withhold it from parents (CHI-6).
    pub withheld_from_parents: bool,
    /// Whether holders of a power of attorney see it.
    pub power_of_attorney: bool,
    /// Whether the owner withholds it from holders (FUL-18).
    pub withheld_from_holders: bool,
    /// Whether a child with access of its own sees it (CHI-8, CHI-10).
    pub youth: YouthVisibility,
    /// Whether a parent wrote it on behalf of the child, or it answers such a message (CHI-9).
    pub is_parental: bool,
}

impl From<ItemPolicy> for ItemFlags {
    /// As it is accepted: nothing is withheld yet.
    fn from(policy: ItemPolicy) -> Self {
        let ItemPolicy { minimum_consent, available_at_protected_address, parents, power_of_attorney, youth } = policy;
        Self {
            minimum_consent,
            available_at_protected_address,
            parents,
            withheld_from_parents: false,
            power_of_attorney,
            withheld_from_holders: false,
            youth,
            is_parental: false,
        }
    }
}

impl ItemFlags {
    /// What both ask together: an answer is shown to nobody who does not see what it answers.
    #[must_use]
    pub fn narrowed_by(self, other: Self) -> Self {
        let parents = self.parents.min(other.parents);
        Self {
            minimum_consent: self.minimum_consent.max(other.minimum_consent),
            available_at_protected_address: self.available_at_protected_address && other.available_at_protected_address,
            parents,
            withheld_from_parents: self.withheld_from_parents || other.withheld_from_parents,
            power_of_attorney: self.power_of_attorney && other.power_of_attorney,
            withheld_from_holders: self.withheld_from_holders || other.withheld_from_holders,
            // What a child arranges alone is never for parents, so two that differ in it are for neither alone.
            youth: self.youth.min(other.youth),
            is_parental: self.is_parental || other.is_parental,
        }
    }
}

/// Bounds for the flags of an item. An item within all of them is visible. The same bounds are what a query filters by,
/// so a list cannot differ from single reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Bounds {
    /// Items that ask for at most this much consent.
    pub minimum_consent_at_most: ConsentLevel,
    /// Only items that are available at a protected address.
    pub only_available_at_protected_address: bool,
    /// Items that parents may see for at least so long.
    pub parents_at_least: ParentVisibility,
    /// Also items withheld from parents.
    pub with_withheld_from_parents: bool,
    /// Only items open to holders of a power of attorney.
    pub only_open_to_holders: bool,
    /// Also items withheld from holders.
    pub with_withheld_from_holders: bool,
    /// Items that are open at least so far to a child.
    pub youth_at_least: YouthVisibility,
    /// Items that are open at most so far to a child.
    pub youth_at_most: YouthVisibility,
    /// Also items that a parent wrote or that answer them.
    pub with_parental: bool,
}

impl Bounds {
    const ALL: Self = Self {
        minimum_consent_at_most: ConsentLevel::Full,
        only_available_at_protected_address: false,
        parents_at_least: ParentVisibility::Never,
        with_withheld_from_parents: true,
        only_open_to_holders: false,
        with_withheld_from_holders: true,
        youth_at_least: YouthVisibility::Never,
        youth_at_most: YouthVisibility::Always,
        with_parental: true,
    };

    /// Bounds that no item is within: none is open so far to a child and at the same time less far.
    const fn closed(self) -> Self {
        Self { youth_at_least: YouthVisibility::Always, youth_at_most: YouthVisibility::Never, ..self }
    }

    /// Whether an item is within them.
    #[must_use]
    pub fn admit(self, item: ItemFlags) -> bool {
        item.minimum_consent <= self.minimum_consent_at_most
            && item.available_at_protected_address >= self.only_available_at_protected_address
            && item.parents >= self.parents_at_least
            && item.withheld_from_parents <= self.with_withheld_from_parents
            && item.power_of_attorney >= self.only_open_to_holders
            && item.withheld_from_holders <= self.with_withheld_from_holders
            && item.youth >= self.youth_at_least
            && item.youth <= self.youth_at_most
            && item.is_parental <= self.with_parental
    }
}

/// Where the items are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The inbox: what has been delivered, and not been deleted by its owner.
    Inbox,
    /// The record of services, as far as a health worker reaches it: what has been delivered, also what the owner has deleted.
    Record(Reach),
}

/// Which items of a mailbox a grant covers. Lists, counts and single reads all go through the same one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visibility {
    scope: Scope,
    bounds: Bounds,
}

impl Visibility {
    /// What somebody of this standing sees of this owner's items: of an inbox that is closed to them, nothing. Else who
    /// may only see that the mailbox is there could tell by its unread count that it is locked.
    pub(super) fn of(standing: &Standing, owner: &OwnerFacts, is_open: bool) -> Self {
        let inbox = Bounds {
            minimum_consent_at_most: owner.consent,
            only_available_at_protected_address: owner.protection.is_graded(),
            with_parental: false,
            ..Bounds::ALL
        };
        let parent = |at_least| Bounds {
            parents_at_least: at_least,
            with_withheld_from_parents: false,
            // What a child arranges alone is never shown to parents (CHI-10).
            youth_at_most: YouthVisibility::WithConsent,
            with_parental: true,
            ..inbox
        };
        let holder = Bounds { only_open_to_holders: true, with_withheld_from_holders: false, ..inbox };
        let bounds = match standing {
            Standing::Owner => inbox,
            Standing::Youth => Bounds { youth_at_least: YouthVisibility::WithConsent, ..inbox },
            // What a child arranges alone takes nobody's consent (CHI-10).
            Standing::YouthAlone => {
                Bounds { youth_at_least: YouthVisibility::Always, minimum_consent_at_most: ConsentLevel::Full, ..inbox }
            }
            Standing::ParentUnder12 => parent(ParentVisibility::Until12),
            Standing::ParentUnder16 => parent(ParentVisibility::Until16),
            Standing::Holder | Standing::Guardian => holder,
            // Who is assigned for a child mostly is a parent, so what is kept from parents is kept from them (CHI-6).
            Standing::Assigned if owner.age_years < HEALTH_MAJORITY_YEARS => {
                Bounds { with_withheld_from_holders: false, with_parental: false, ..parent(ParentVisibility::Until16) }
            }
            // What the owner once arranged alone stays from them: they mostly are parents.
            Standing::Assigned => {
                Bounds { with_withheld_from_holders: false, youth_at_most: YouthVisibility::WithConsent, ..inbox }
            }
            Standing::Staff(_) => Bounds::ALL,
        };
        let bounds = if is_open { bounds } else { bounds.closed() };
        let scope = match standing {
            Standing::Staff(reach) => Scope::Record(reach.clone()),
            Standing::Owner
            | Standing::Youth
            | Standing::YouthAlone
            | Standing::ParentUnder12
            | Standing::ParentUnder16
            | Standing::Holder
            | Standing::Assigned
            | Standing::Guardian => Scope::Inbox,
        };
        Self { scope, bounds }
    }

    /// Where the items are.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What holds for their flags.
    #[must_use]
    pub const fn bounds(&self) -> Bounds {
        self.bounds
    }
}

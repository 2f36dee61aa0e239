//! Every combination of facts, by values at and around each bound.

use domain::access::{
    Assurance, Facts, ItemFlags, Membership, OwnerFacts, Policy, PowerFacts, Relation, Representative, Staff,
};
use domain::consent::ConsentLevel;
use domain::id::{ConversationId, MailboxId, PersonId, ServiceId};
use domain::message::{ParentVisibility, YouthVisibility};
use domain::person::Protection;
use strum::VariantArray;
use uuid::Uuid;

pub(crate) const BOTH: [bool; 2] = [false, true];
pub(crate) const POWERS: [PowerFacts; 4] =
    [PowerFacts::None, PowerFacts::NotInForce, PowerFacts::OtherAreas, PowerFacts::Inbox];
pub(crate) const ASSURANCES: [Option<Assurance>; 4] =
    [Some(Assurance::High), Some(Assurance::Substantial), Some(Assurance::Low), None];

pub(crate) fn mailbox() -> MailboxId {
    MailboxId::from(Uuid::from_u128(1))
}

pub(crate) fn owner_person() -> PersonId {
    PersonId::from(Uuid::from_u128(2))
}

pub(crate) fn other_person() -> PersonId {
    PersonId::from(Uuid::from_u128(3))
}

pub(crate) fn service(number: u128) -> ServiceId {
    ServiceId::from(Uuid::from_u128(100 + number))
}

pub(crate) fn conversation(number: u128) -> ConversationId {
    ConversationId::from(Uuid::from_u128(200 + number))
}

/// Which values are gone through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// All combinations of the values that the rules tell apart.
    Small,
    /// Also of those that they do not: each age, each grade, whatever else holds for the dead.
    Full,
}

/// Both youth bounds, guardians admitted or not.
pub(crate) fn policies() -> Vec<Policy> {
    [12, 13]
        .into_iter()
        .flat_map(|youth_from_years| {
            BOTH.map(|admits_guardians| Policy { youth_from_years, admits_guardians, ..Policy::default() })
        })
        .collect()
}

/// An adult with all consent at an open address.
pub(crate) fn plain_owner() -> OwnerFacts {
    OwnerFacts {
        mailbox: mailbox(),
        person: owner_person(),
        is_dead: false,
        age_years: 40,
        protection: Protection::Ungraded,
        consent: ConsentLevel::Full,
        is_locked: false,
        youth_access: false,
        lives_with_responsible: false,
    }
}

/// An adult who is nothing to the owner.
pub(crate) fn plain_other() -> Representative {
    Representative {
        person: other_person(),
        is_dead: false,
        age_years: 40,
        protection: Protection::Ungraded,
        has_responsibility: false,
        given: PowerFacts::None,
        assigned: PowerFacts::None,
        is_guardian: false,
        is_certain: true,
    }
}

/// Owners, and that there is none.
pub(crate) fn owners(size: Size) -> Vec<Option<OwnerFacts>> {
    let ages: &[i32] = match size {
        Size::Small => &[11, 12, 13, 15, 16],
        Size::Full => &[0, 11, 12, 13, 15, 16, 17, 18],
    };
    let mut owners = vec![None];
    for is_dead in BOTH {
        for &age_years in ages {
            for &protection in Protection::VARIANTS {
                for &consent in ConsentLevel::VARIANTS {
                    for is_locked in BOTH {
                        for youth_access in BOTH {
                            for lives_with_responsible in BOTH {
                                owners.push(Some(OwnerFacts {
                                    is_dead,
                                    age_years,
                                    protection,
                                    consent,
                                    is_locked,
                                    youth_access,
                                    lives_with_responsible,
                                    ..plain_owner()
                                }));
                            }
                        }
                    }
                }
            }
        }
    }
    if size == Size::Small {
        owners.retain(|owner| owner.as_ref().is_none_or(is_told_apart));
    }
    owners
}

/// Whether the rules tell an owner from the others here: of the dead one for each age is enough, and of the grades one.
fn is_told_apart(owner: &OwnerFacts) -> bool {
    let is_plain_for_dead = owner.consent == ConsentLevel::Full
        && !owner.is_locked
        && owner.youth_access
        && owner.lives_with_responsible
        && owner.protection == Protection::Ungraded;
    let is_first_grade = matches!(owner.protection, Protection::Ungraded | Protection::StrictlyConfidential);
    is_first_grade && (!owner.is_dead || is_plain_for_dead)
}

/// Citizens who ask for another's mailbox.
pub(crate) fn others() -> Vec<Representative> {
    let mut others = Vec::new();
    for is_dead in BOTH {
        for age_years in [17, 18] {
            for protection in [Protection::Ungraded, Protection::Confidential] {
                for has_responsibility in BOTH {
                    for given in POWERS {
                        for assigned in POWERS {
                            for is_guardian in BOTH {
                                for is_certain in BOTH {
                                    others.push(Representative {
                                        person: other_person(),
                                        is_dead,
                                        age_years,
                                        protection,
                                        has_responsibility,
                                        given,
                                        assigned,
                                        is_guardian,
                                        is_certain,
                                    });
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    others
}

/// Health workers with no, one or two services.
pub(crate) fn staff() -> Vec<Staff> {
    let memberships = |number: u128| -> Vec<Membership> {
        (0..16_u8)
            .map(|bits| Membership {
                service: service(number),
                has_lawful_access: bits & 1 != 0,
                answers: if bits & 2 != 0 { vec![conversation(number)] } else { vec![] },
                is_cleared: bits & 4 != 0,
                lacks_hpr_number: bits & 8 != 0,
            })
            .collect()
    };
    let mut lists = vec![Vec::new()];
    for first in memberships(1) {
        lists.extend(memberships(2).into_iter().map(|second| vec![first.clone(), second]));
        lists.push(vec![first]);
    }
    let mut staff = Vec::new();
    for person in [None, Some(other_person())] {
        for is_close in BOTH {
            for memberships in &lists {
                staff.push(Staff { person, is_close, memberships: memberships.clone() });
            }
        }
    }
    staff
}

/// Everything that a caller can be to an owner.
pub(crate) fn relations() -> Vec<Relation> {
    let mut relations = vec![Relation::Own(owner_person()), Relation::System, Relation::Operator, Relation::Nobody];
    relations.extend(others().into_iter().map(Relation::Other));
    relations.extend(staff().into_iter().map(Relation::Staff));
    relations
}

/// Every kind of item.
pub(crate) fn items() -> Vec<ItemFlags> {
    let mut items = Vec::new();
    for &minimum_consent in ConsentLevel::VARIANTS {
        for &parents in ParentVisibility::VARIANTS {
            for &youth in YouthVisibility::VARIANTS {
                for bits in 0..32_u8 {
                    let is = |place: u8| bits & (1 << place) != 0;
                    items.push(ItemFlags {
                        minimum_consent,
                        available_at_protected_address: is(0),
                        parents,
                        withheld_from_parents: is(1),
                        power_of_attorney: is(2),
                        withheld_from_holders: is(3),
                        youth,
                        is_parental: is(4),
                    });
                }
            }
        }
    }
    items
}

/// Calls with each combination of these relations, owners and logins. The facts are made anew only where they change.
pub(crate) fn each(
    relations: &[Relation],
    owners: &[Option<OwnerFacts>],
    assurances: &[Option<Assurance>],
    mut visit: impl FnMut(&Facts),
) {
    for relation in relations {
        let mut facts = Facts { assurance: None, owner: None, relation: relation.clone() };
        for owner in owners {
            facts.owner = *owner;
            for assurance in assurances {
                facts.assurance = *assurance;
                visit(&facts);
            }
        }
    }
}

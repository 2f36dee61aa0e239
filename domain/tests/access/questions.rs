//! Questions that a lawyer would ask, put to the decision itself over the whole space. They do not use the oracle.

use domain::access::{
    Action, Bounds, Facts, ItemFlags, OwnerFacts, Policy, PowerFacts, Refusal, Relation, Standing, VisibleScope, decide,
};
use domain::consent::ConsentLevel;
use domain::message::YouthVisibility;
use domain::person::Protection;
use strum::VariantArray;

use crate::space::{self, ASSURANCES, Size};

/// What only whoever stands in the citizen's place may do, or the citizen alone.
const DECISIONS: [Action; 8] = [
    Action::DecideConsent,
    Action::DecideYouthAccess,
    Action::DecideLock,
    Action::DecidePowers,
    Action::SeePowers,
    Action::AcceptDocument,
    Action::WithholdFromHolders,
    Action::WithholdFromParents,
];

/// The items that each set of bounds admits, worked out once.
#[derive(Default)]
struct Shown {
    items: Vec<ItemFlags>,
    of: Vec<(Bounds, Vec<bool>)>,
}

impl Shown {
    fn by(&mut self, bounds: Bounds) -> usize {
        if self.items.is_empty() {
            self.items = space::items();
        }
        self.of.iter().position(|(known, _)| *known == bounds).unwrap_or_else(|| {
            self.of.push((bounds, self.items.iter().map(|item| bounds.admit(*item)).collect()));
            self.of.len() - 1
        })
    }

    /// The items that `one` shows and `other` does not.
    fn beyond(&mut self, one: Bounds, other: Bounds) -> Vec<ItemFlags> {
        if one == other {
            return Vec::new();
        }
        let (one, other) = (self.by(one), self.by(other));
        let pairs = self.of[one].1.iter().zip(&self.of[other].1).zip(&self.items);
        pairs.filter(|((one, other), _)| **one && !**other).map(|(_, item)| *item).collect()
    }
}

/// Living citizens, and a few of the dead, of whom one is as good as another.
fn citizens() -> Vec<Relation> {
    let others = space::others().into_iter().enumerate();
    others.filter(|(index, other)| !other.is_dead || index % 31 == 0).map(|(_, other)| Relation::Other(other)).collect()
}

fn health_workers() -> Vec<Relation> {
    space::staff().into_iter().map(Relation::Staff).collect()
}

/// Visits these relations at level high, for every policy. The youth bound is one for the owner alone.
fn each(relations: &[Relation], owners: &[Option<OwnerFacts>], mut visit: impl FnMut(&Facts, Policy)) {
    let has_owner = relations.iter().any(|relation| matches!(relation, Relation::Own(_)));
    for policy in space::policies().into_iter().filter(|policy| has_owner || policy.youth_from_years == 13) {
        space::each(relations, owners, &ASSURANCES[..1], |facts| visit(facts, policy));
    }
}

fn owners_who(holds: impl Fn(&OwnerFacts) -> bool) -> Vec<Option<OwnerFacts>> {
    space::owners(Size::Small).into_iter().filter(|owner| owner.as_ref().is_some_and(&holds)).collect()
}

fn graded(protection: Protection) -> bool {
    protection != Protection::Ungraded
}

fn with_owner(facts: &Facts, change: impl FnOnce(&mut OwnerFacts)) -> Facts {
    let mut facts = facts.clone();
    if let Some(owner) = &mut facts.owner {
        change(owner);
    }
    facts
}

#[test]
fn below_level_high_nobody_gets_anything_and_all_hear_the_same() {
    let relations = space::relations();
    let owners = space::owners(Size::Small);
    let low: Vec<_> = owners.iter().step_by(7).copied().collect();

    space::each(&relations, &low, &ASSURANCES[1..], |facts| {
        let has_no_person = matches!(facts.relation, Relation::System | Relation::Operator);
        if has_no_person && facts.assurance.is_none() {
            return;
        }
        for &action in Action::VARIANTS {
            let answer = decide(action, facts, Policy::default()).map(|_| ());
            assert_eq!(answer, Err(Refusal::AssuranceTooLow), "{action:?} {facts:?}");
        }
    });
}

#[test]
fn operators_systems_and_those_in_no_register_get_nothing_at_all() {
    let relations = [Relation::System, Relation::Operator, Relation::Nobody];
    for policy in space::policies() {
        space::each(&relations, &space::owners(Size::Full), &ASSURANCES, |facts| {
            for &action in Action::VARIANTS {
                let answer = decide(action, facts, policy);
                let refusal = answer.expect_err("never a grant");
                assert!(refusal.is_hidden() || refusal == Refusal::AssuranceTooLow, "{refusal:?} {facts:?}");
            }
        });
    }
}

#[test]
fn nobody_gets_anything_of_the_dead_or_of_nobody() {
    let owners: Vec<_> =
        space::owners(Size::Full).into_iter().filter(|owner| owner.is_none_or(|owner| owner.is_dead)).collect();
    let few: Vec<_> = owners.iter().step_by(11).copied().chain([None]).collect();
    each(&space::relations(), &few, |facts, policy| {
        for &action in Action::VARIANTS {
            let refusal = decide(action, facts, policy).expect_err("never a grant");
            assert!(refusal.is_hidden(), "{refusal:?} {facts:?}");
        }
    });
}

#[test]
fn at_a_protected_address_nobody_acts_for_the_owner_and_the_owner_acts_for_nobody() {
    let everybody = space::owners(Size::Small);
    each(&citizens(), &everybody, |facts, policy| {
        let Relation::Other(other) = &facts.relation else { return };
        let is_protected = facts.owner.is_some_and(|owner| graded(owner.protection)) || graded(other.protection);
        if is_protected {
            for &action in Action::VARIANTS {
                let refusal = decide(action, facts, policy).expect_err("no representation");
                assert!(refusal.is_hidden(), "{action:?} {facts:?}");
            }
        }
    });
}

#[test]
fn of_a_protected_patient_staff_see_what_their_cleared_services_have_and_of_others_what_theirs_have() {
    each(&health_workers(), &owners_who(|owner| !owner.is_dead), |facts, policy| {
        let (Some(owner), Relation::Staff(staff)) = (&facts.owner, &facts.relation) else { return };
        for &action in Action::VARIANTS {
            let Ok(grant) = decide(action, facts, policy) else { continue };
            let VisibleScope::Record(reach) = grant.visibility().scope() else {
                panic!("staff never look into an inbox: {facts:?}")
            };
            assert!(reach.is_of_patient() || !reach.conversations().is_empty(), "{facts:?}");
            assert!(!staff.is_close, "{facts:?}");
            assert!(!DECISIONS.contains(&action) || action == Action::WithholdFromParents, "{action:?}");
            let open = || {
                let cleared = staff.memberships.iter().filter(|of| of.is_cleared || !graded(owner.protection));
                cleared.filter(|of| !of.lacks_hpr_number)
            };
            for service in reach.services() {
                assert!(open().any(|of| of.service == *service && of.has_lawful_access), "{facts:?}");
            }
            for conversation in reach.conversations() {
                assert!(open().any(|of| !of.has_lawful_access && of.answers.contains(conversation)), "{facts:?}");
            }
        }
    });
}

#[test]
fn no_holder_and_no_guardian_decides_anything_or_leaves_a_trace_in_the_inbox() {
    let never = [Action::MarkMessage, Action::DeleteMessage, Action::ReadAccessLog, Action::SeeProfile];
    each(&citizens(), &owners_who(|owner| !owner.is_dead), |facts, policy| {
        for action in DECISIONS.into_iter().chain(never) {
            let Ok(grant) = decide(action, facts, policy) else { continue };
            let is_holder = matches!(grant.standing(), Standing::Holder | Standing::Guardian);
            assert!(!is_holder, "{action:?} {facts:?}");
        }
    });
}

#[test]
fn nobody_but_the_owner_decides_a_lock_or_a_power_or_accepts_or_sees_powers() {
    let mut relations = citizens();
    relations.extend(health_workers());
    let owners_alone = [
        Action::DecideLock,
        Action::DecidePowers,
        Action::SeePowers,
        Action::AcceptDocument,
        Action::WithholdFromHolders,
        Action::SeeProfile,
    ];
    each(&relations, &owners_who(|owner| !owner.is_dead), |facts, policy| {
        for action in owners_alone {
            assert!(decide(action, facts, policy).is_err(), "{action:?} {facts:?}");
        }
    });
}

#[test]
fn below_16_the_owner_decides_nothing_that_takes_consent() {
    let own = [Relation::Own(space::owner_person())];
    each(&own, &owners_who(|owner| owner.age_years < 16), |facts, policy| {
        for action in DECISIONS {
            let is_allowed = decide(action, facts, policy).is_ok();
            // With a parent's consent the child accepts the terms of the services itself (CON-12).
            let has_access = facts.owner.is_some_and(|owner| owner.youth_access && owner.consent == ConsentLevel::Full);
            assert!(!is_allowed || (action == Action::AcceptDocument && has_access), "{action:?} {facts:?}");
        }
    });
}

#[test]
fn what_a_parent_may_and_sees_never_grows_with_the_age_of_the_child() {
    let mut shown = Shown::default();
    // Powers that begin at 12 or 16 are other relations, and grow by themselves.
    let is_parent_alone = |relation: &Relation| match relation {
        Relation::Other(other) => {
            other.has_responsibility
                && other.given != PowerFacts::Inbox
                && other.assigned != PowerFacts::Inbox
                && !other.is_guardian
        }
        _ => false,
    };
    let parents: Vec<_> = citizens().into_iter().filter(is_parent_alone).collect();
    each(&parents, &owners_who(|owner| owner.age_years == 11), |young, policy| {
        let older: Vec<_> = [11, 12, 13, 15, 16, 18].map(|age| with_owner(young, |owner| owner.age_years = age)).into();
        for pair in older.windows(2) {
            for &action in Action::VARIANTS {
                let Ok(later) = decide(action, &pair[1], policy) else { continue };
                let Ok(before) = decide(action, &pair[0], policy) else {
                    // The one right that begins at 12: before, there is no access to give (CHI-8).
                    assert_eq!(action, Action::DecideYouthAccess, "{pair:?}");
                    continue;
                };
                let more = shown.beyond(later.visibility().bounds(), before.visibility().bounds());
                assert!(more.is_empty(), "{pair:?} {more:?}");
                assert!(pair[1].owner.is_some_and(|owner| owner.age_years < 16), "{pair:?}");
            }
        }
    });
}

#[test]
fn whoever_represents_may_and_sees_no_more_than_the_owner() {
    let mut shown = Shown::default();
    each(&citizens(), &owners_who(|owner| !owner.is_dead), |facts, policy| {
        // A child is measured by what it could do and see at 16: until then others do it in its place.
        let mut grown = with_owner(facts, |owner| owner.age_years = owner.age_years.max(16));
        grown.relation = Relation::Own(space::owner_person());
        for &action in Action::VARIANTS {
            let Ok(grant) = decide(action, facts, policy) else { continue };
            let is_parent = matches!(grant.standing(), Standing::ParentUnder12 | Standing::ParentUnder16);
            let Ok(own) = decide(action, &grown, policy) else {
                // The one thing that a child cannot decide at any age.
                assert!(is_parent && action == Action::DecideYouthAccess, "{action:?} {facts:?}");
                continue;
            };
            let more = shown.beyond(grant.visibility().bounds(), own.visibility().bounds());
            // Parents see what they wrote themselves (CHI-9).
            assert!(more.iter().all(|item| is_parent && item.is_parental), "{facts:?} {more:?}");
        }
    });
}

#[test]
fn what_a_child_arranges_alone_is_for_the_owner_and_what_a_parent_wrote_is_for_parents() {
    let mut shown = Shown::default();
    let mut relations = citizens();
    relations.push(Relation::Own(space::owner_person()));
    each(&relations, &owners_who(|owner| !owner.is_dead), |facts, policy| {
        let Ok(grant) = decide(Action::SeeMailbox, facts, policy) else { return };
        let index = shown.by(grant.visibility().bounds());
        let items =
            || shown.items.iter().zip(&shown.of[index].1).filter(|(_, is_shown)| **is_shown).map(|(item, _)| item);
        match grant.standing() {
            Standing::ParentUnder12 | Standing::ParentUnder16 => {
                assert!(items().all(|item| item.youth != YouthVisibility::Always && !item.withheld_from_parents));
            }
            Standing::Assigned => {
                assert!(items().all(|item| item.youth != YouthVisibility::Always && !item.is_parental));
            }
            Standing::Owner | Standing::Youth | Standing::YouthAlone | Standing::Holder | Standing::Guardian => {
                assert!(items().all(|item| !item.is_parental));
            }
            Standing::Staff(_) => panic!("a citizen is no health worker"),
        }
    });
}

#[test]
fn a_closed_inbox_shows_nothing_of_its_content_to_anybody_but_the_services_staff() {
    let mut shown = Shown::default();
    let is_closed = |owner: &OwnerFacts| !owner.is_dead && (owner.is_locked || owner.consent == ConsentLevel::None);
    let mut relations = citizens();
    relations.push(Relation::Own(space::owner_person()));
    each(&relations, &owners_who(is_closed), |facts, policy| {
        for &action in Action::VARIANTS {
            let Ok(grant) = decide(action, facts, policy) else { continue };
            let is_locked = facts.owner.is_some_and(|owner| owner.is_locked);
            // What a child arranges alone takes nobody's consent (CHI-10).
            if *grant.standing() == Standing::YouthAlone && !is_locked {
                continue;
            }
            assert!(!action.needs_open_inbox(), "{action:?} {facts:?}");
            let index = shown.by(grant.visibility().bounds());
            assert!(!shown.of[index].1.contains(&true), "{action:?} {facts:?}");
        }
    });
}

#[test]
fn nobody_but_the_owner_can_tell_a_lock_from_a_missing_consent() {
    each(&citizens(), &owners_who(|owner| !owner.is_dead && owner.is_locked), |locked, policy| {
        let without = with_owner(locked, |owner| {
            owner.is_locked = false;
            owner.consent = ConsentLevel::None;
        });
        for &action in Action::VARIANTS {
            match (decide(action, locked, policy), decide(action, &without, policy)) {
                (Ok(one), Ok(other)) => assert_eq!((one.rule(), one.standing()), (other.rule(), other.standing())),
                (Err(one), Err(other)) => {
                    assert_eq!(
                        (one.rule(), one.is_hidden()),
                        (other.rule(), other.is_hidden()),
                        "{action:?} {locked:?}"
                    );
                    assert_ne!(one, Refusal::EmergencyLocked, "told to the owner alone");
                }
                (one, other) => panic!("{action:?}: {one:?} and {other:?}"),
            }
        }
    });
}

#[test]
fn to_whoever_stands_in_no_row_every_answer_is_that_of_an_unknown_id() {
    let mut relations = citizens();
    relations.extend(health_workers());
    each(&relations, &space::owners(Size::Small), |facts, policy| {
        if decide(Action::ExplainAccess, facts, policy).is_ok() {
            return;
        }
        let mut fresh = facts.clone();
        match &mut fresh.relation {
            Relation::Other(other) => other.is_certain = true,
            Relation::Staff(staff) => staff.memberships.iter_mut().for_each(|of| of.lacks_hpr_number = false),
            Relation::Own(_) | Relation::System | Relation::Operator | Relation::Nobody => {}
        }
        // Who would stand in a row on fresh facts, or with an HPR number, may try again; nobody else hears that there is
        // anything to try.
        let may_try_again = decide(Action::ExplainAccess, &fresh, policy).is_ok();
        for &action in Action::VARIANTS {
            let refusal = decide(action, facts, policy).expect_err("explaining is refused, so is all else");
            let says_so = matches!(refusal, Refusal::RegisterUnavailable | Refusal::HprNumberMissing);
            assert_eq!(says_so, may_try_again, "{action:?} {facts:?}");
            assert_ne!(refusal.is_hidden(), may_try_again, "{action:?} {facts:?}");
        }
    });
}

#[test]
fn every_refusal_of_a_mailbox_can_happen_and_every_grant_names_who_acts() {
    let mut seen = Vec::new();
    let policies = [Policy::default(), Policy { admits_guardians: true, ..Policy::default() }];
    for policy in policies {
        space::each(&space::relations(), &space::owners(Size::Small), &ASSURANCES[..2], |facts| {
            for &action in Action::VARIANTS {
                match decide(action, facts, policy) {
                    Err(refusal) if seen.contains(&refusal) => {}
                    Err(refusal) => seen.push(refusal),
                    Ok(grant) => {
                        let acts = match &facts.relation {
                            Relation::Own(person) => Some(*person),
                            Relation::Other(other) => Some(other.person),
                            Relation::Staff(staff) => staff.person,
                            Relation::System | Relation::Operator | Relation::Nobody => None,
                        };
                        let is_own = matches!(facts.relation, Relation::Own(_));
                        assert_eq!((grant.person(), grant.is_owner()), (acts, is_own), "{facts:?}");
                    }
                }
            }
        });
    }
    let of_other_doors = [
        Refusal::WrongKindOfCaller,
        Refusal::PersonUnknown,
        Refusal::ScopeMissing,
        Refusal::ClientNotRegistered,
        Refusal::NoAgreementInForce,
        Refusal::OrganisationEnded,
    ];
    for refusal in Refusal::VARIANTS {
        assert_ne!(seen.contains(refusal), of_other_doors.contains(refusal), "{refusal:?}");
    }
}

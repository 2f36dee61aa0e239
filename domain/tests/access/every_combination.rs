//! The decision compared with the oracle, over everything that can be.

use std::collections::BTreeMap;
use std::time::Instant;

use domain::access::{Action, Bounds, Grant, ItemFlags, Policy, Refusal, Relation, VisibleScope, decide};
use domain::consent::ConsentLevel;
use strum::VariantArray;

use crate::oracle::{Oracle, ROWS, Row, Step};
use crate::space::{self, ASSURANCES, Size};

/// At which step of the order a refusal falls. Those of other doors than a mailbox fall at none.
fn step_of(refusal: Refusal) -> Option<Step> {
    Some(match refusal {
        Refusal::AssuranceTooLow => Step::Level,
        Refusal::NotThere | Refusal::OwnerIsDead => Step::Owner,
        Refusal::NotRelated
        | Refusal::OperatorSeesNoContent
        | Refusal::PowerNotInForce
        | Refusal::PowerLacksArea
        | Refusal::AgeOutsidePower
        | Refusal::ChildIsSixteen
        | Refusal::NobodyResponsibleAtAddress
        | Refusal::GuardiansNotAdmitted
        | Refusal::CloseToOwner
        | Refusal::NotFollowedUp => Step::Relation,
        Refusal::ProtectedAddress | Refusal::GradeNotCleared => Step::Protection,
        Refusal::HprNumberMissing => Step::Number,
        Refusal::RegisterUnavailable => Step::Stale,
        Refusal::ConsentRequired => Step::Consent,
        Refusal::EmergencyLocked | Refusal::LockedByOwner => Step::Lock,
        Refusal::OwnerTooYoung
        | Refusal::OnlyTheOwner
        | Refusal::OnlyHealthPersonnel
        | Refusal::OnlyParents
        | Refusal::ChildIsTwelve
        | Refusal::NoPowersAtProtectedAddress => Step::Row,
        Refusal::WrongKindOfCaller
        | Refusal::PersonUnknown
        | Refusal::ScopeMissing
        | Refusal::ClientNotRegistered
        | Refusal::NoAgreementInForce
        | Refusal::OrganisationEnded => return None,
    })
}

/// What was compared, and what differed: each kind of difference with how often, and one case of it.
#[derive(Default)]
struct Tally {
    decisions: u64,
    grants: u64,
    differences: BTreeMap<String, (u64, String)>,
    /// For each row as the items see it: the bounds that were compared with the oracle item by item.
    compared: Vec<Vec<Bounds>>,
    items_compared: u64,
}

impl Tally {
    fn differs(&mut self, kind: String, case: impl FnOnce() -> String) {
        self.differences.entry(kind).or_insert_with(|| (0, case())).0 += 1;
    }

    fn add(mut self, other: Self) -> Self {
        self.decisions += other.decisions;
        self.grants += other.grants;
        self.items_compared += other.items_compared;
        for (kind, (times, case)) in other.differences {
            self.differences.entry(kind).or_insert((0, case)).0 += times;
        }
        self
    }

    fn compare_items(&mut self, oracle: &Oracle, items: &[ItemFlags], row: &Row, bounds: Bounds) {
        let key = ((row.number * ConsentLevel::VARIANTS.len() + row.consent as usize) * 2 + usize::from(row.is_graded))
            * 2
            + usize::from(row.closed.is_some());
        self.compared.resize(ROWS.len() * ConsentLevel::VARIANTS.len() * 4, Vec::new());
        if self.compared[key].contains(&bounds) {
            return;
        }
        self.compared[key].push(bounds);
        for item in items {
            self.items_compared += 1;
            let expected = oracle.shows(row, *item);
            if bounds.admit(*item) != expected {
                let kind = format!("item for {}, closed: {:?}, expected shown: {expected}", row.name(), row.closed);
                self.differs(kind, || format!("{row:?} {bounds:?} {item:?}"));
            }
        }
    }

    fn compare_grant(&mut self, oracle: &Oracle, items: &[ItemFlags], row: &Row, grant: &Grant) {
        self.grants += 1;
        let reached = match grant.visibility().scope() {
            VisibleScope::Inbox => None,
            VisibleScope::Record(reach) => Some((reach.services().to_vec(), reach.conversations().to_vec())),
        };
        if reached != row.reach {
            self.differs(format!("scope of {}", row.name()), || format!("{row:?} {grant:?}"));
        }
        if grant.reads_as_the_citizen() != row.opens() {
            self.differs(format!("opening by {}", row.name()), || format!("{row:?} {grant:?}"));
        }
        if grant.standing().as_word() != row.word() {
            self.differs(format!("word of {}", row.name()), || format!("{row:?} {grant:?}"));
        }
        if grant.mailbox() != space::mailbox() || grant.owner() != space::owner_person() {
            self.differs("mailbox or owner of the grant".to_owned(), || format!("{grant:?}"));
        }
        self.compare_items(oracle, items, row, grant.visibility().bounds());
    }
}

/// Goes through everything for one policy.
fn compare(relations: &[Relation], size: Size, policy: Policy) -> Tally {
    let oracle = Oracle::new();
    let items = space::items();
    let mut tally = Tally::default();
    let mut visit = |facts: &domain::access::Facts| {
        let row = oracle.row(facts, policy);
        for &action in Action::VARIANTS {
            tally.decisions += 1;
            let expected = row.as_ref().map_err(|step| *step).and_then(|row| oracle.verdict(action, row));
            match (expected, decide(action, facts, policy)) {
                (Ok(()), Ok(grant)) => {
                    if let Ok(row) = &row {
                        tally.compare_grant(&oracle, &items, row, &grant);
                    }
                    if grant.action() != action {
                        tally.differs("action of the grant".to_owned(), || format!("{grant:?}"));
                    }
                }
                (Err(step), Err(refusal))
                    if step_of(refusal) == Some(step) && refusal.is_hidden() == step.is_hidden() => {}
                (expected, got) => {
                    let name = row.as_ref().map_or("none", Row::name);
                    let got = got.map(|_| ());
                    tally.differs(format!("{action:?} by row {name}: {expected:?} expected, got {got:?}"), || {
                        format!("{facts:?} {policy:?}")
                    });
                }
            }
        }
    };
    let owners = space::owners(size);
    match size {
        Size::Full => space::each(relations, &owners, &ASSURANCES, &mut visit),
        Size::Small => {
            space::each(relations, &owners, &ASSURANCES[..1], &mut visit);
            // Below level high nothing else matters; the dead and one in twenty of the living show it.
            let few: Vec<_> = owners.iter().step_by(20).copied().collect();
            space::each(relations, &few, &ASSURANCES[1..], &mut visit);
        }
    }
    tally
}

#[test]
fn every_combination() {
    let is_heavy = std::env::var_os("BREVDUE_TEST_HEAVY").is_some();
    let size = if is_heavy { Size::Full } else { Size::Small };
    let relations = space::relations();
    let started = Instant::now();

    let tally = std::thread::scope(|scope| {
        let relations = &relations;
        let threads: Vec<_> =
            space::policies().into_iter().map(|policy| scope.spawn(move || compare(relations, size, policy))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread that ends well"))
            .fold(Tally::default(), Tally::add)
    });

    println!(
        "{} decisions, {} of them grants, {} pairs of bounds and item, {:.1} s",
        tally.decisions,
        tally.grants,
        tally.items_compared,
        started.elapsed().as_secs_f32()
    );
    for (kind, (times, case)) in &tally.differences {
        println!("{times:>10} × {kind}\n           {case}");
    }
    assert!(tally.differences.is_empty(), "{} kinds of differences", tally.differences.len());
}

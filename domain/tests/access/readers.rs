//! Routing and access agree: a message comes into the inbox exactly when there is somebody who reads it there.

use domain::access::{Action, Facts, ItemFlags, OwnerFacts, Policy, Relation, Representative, decide};
use domain::consent::ConsentLevel;
use domain::message::{ParentVisibility, YouthVisibility};
use domain::routing::{self, Rejection, Route};
use domain::service::{ItemPolicy, UnregisteredRecipients};
use strum::VariantArray;

use crate::space::{self, Size};

/// Everything that a service may have chosen, but that its inbox takes at least consent at level Basis (HN-5).
fn item_policies() -> Vec<ItemPolicy> {
    let mut policies = Vec::new();
    for &minimum_consent in &ConsentLevel::VARIANTS[1..] {
        for available_at_protected_address in space::BOTH {
            for &parents in ParentVisibility::VARIANTS {
                for power_of_attorney in space::BOTH {
                    for &youth in YouthVisibility::VARIANTS {
                        policies.push(ItemPolicy {
                            minimum_consent,
                            available_at_protected_address,
                            parents,
                            power_of_attorney,
                            youth,
                        });
                    }
                }
            }
        }
    }
    policies
}

/// Whether the owner, or somebody with parental responsibility whom nothing else stops, reads a new message.
fn somebody_reads(owner: OwnerFacts, item: ItemPolicy, policy: Policy) -> bool {
    let item = ItemFlags {
        minimum_consent: item.minimum_consent,
        available_at_protected_address: item.available_at_protected_address,
        parents: item.parents,
        withheld_from_parents: false,
        power_of_attorney: item.power_of_attorney,
        withheld_from_holders: false,
        youth: item.youth,
        is_parental: false,
    };
    let parent = Representative { has_responsibility: true, ..space::plain_other() };
    [Relation::Own(owner.person), Relation::Other(parent)].into_iter().any(|relation| {
        let facts = Facts { assurance: space::ASSURANCES[0], owner: Some(owner), relation };
        decide(Action::ReadMessage, &facts, policy).is_ok_and(|grant| grant.visibility().bounds().admit(item))
    })
}

fn route(
    owner: &OwnerFacts,
    item: ItemPolicy,
    policy: Policy,
    unregistered_recipients: UnregisteredRecipients,
) -> Route {
    routing::decide(&routing::Facts::inbox_only(owner, item, unregistered_recipients, policy)).route
}

#[test]
fn a_message_is_delivered_exactly_when_somebody_reads_it() {
    let mut delivered = 0;
    for policy in space::policies() {
        for owner in space::owners(Size::Full).into_iter().flatten() {
            for item in item_policies() {
                let expected = somebody_reads(owner, item, policy);
                delivered += u32::from(expected);
                let refused = Rejection::RecipientCannotReceive;
                for (unregistered, otherwise) in [
                    (UnregisteredRecipients::Hold, Route::Hold),
                    (UnregisteredRecipients::Reject, Route::Reject(Rejection::InboxNotOpen)),
                ] {
                    let expected = match (owner.is_dead, expected) {
                        (true, _) => Route::Reject(refused),
                        (false, true) => Route::Inbox,
                        (false, false) => otherwise,
                    };
                    assert_eq!(route(&owner, item, policy, unregistered), expected, "{owner:?} {item:?} {policy:?}");
                }
            }
        }
    }
    assert!(delivered > 0, "some messages are delivered");
}

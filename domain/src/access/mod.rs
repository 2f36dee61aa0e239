//! Facts → decision. The heart.
//!
//! Each `decide` is the only maker of its grant; every query on what the grant is about starts from it. So forgetting
//! to ask does not compile, and a list shows exactly what single reads would show.
//!
//! Evaluated in this order, and the first refusal wins: token and level; owner known and alive; relation, in force now;
//! protection on either side; consent and lock; the row of the relation. What an item itself forbids is in
//! [`Visibility`], which the grant carries into the query.

mod act;
mod action;
mod caller;
mod decide;
mod explain;
mod facts;
mod lawful;
mod organisation;
mod platform;
mod record;
mod refusal;
mod rows;
mod service;
mod visibility;

pub use act::{
    Act, DeskAct, MailboxAct, OrganisationAct, OtherAct, PlatformAct, ServiceAct, Word, in_mailbox, vocabulary, words,
};
pub use action::Action;
pub use caller::{Assurance, Caller, OperatorRole, Scope};
pub use decide::{Grant, Standing, decide};
pub use explain::{Change, Explanation, Right, explain};
pub use facts::{Facts, Membership, OwnerFacts, Policy, PowerFacts, Relation, Representative, Staff};
pub use lawful::{LawfulWay, Reach};
pub use organisation::{OrganisationAction, OrganisationFacts, OrganisationGrant, decide_organisation};
pub use platform::{PlatformAction, PlatformGrant, decide_platform};
pub use record::{MembershipRecord, OwnerRecord, PowerRecord, Record, RelationRecord, RepresentativeRecord};
pub use refusal::Refusal;
pub use service::{
    ServiceAction, ServiceFacts, ServiceGrant, ServiceRelation, decide_service, scope_to_name_responsible,
};
pub use visibility::{Bounds, ItemFlags, Scope as VisibleScope, Visibility};

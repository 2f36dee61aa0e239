//! Facts → decision. The heart.
//!
//! Each `decide` is the only maker of its grant; every query on what the grant is about starts from it. So forgetting
//! to ask does not compile, and a list shows exactly what single reads would show.
//!
//! Evaluated in this order, and the first refusal wins: token and level, owner known and alive, relation, age of the
//! owner, consent. What an item itself forbids is in [`Visibility`], which the grant carries into the query.

mod caller;
mod mailbox;
mod platform;
mod refusal;
mod service;

pub use caller::{Assurance, Caller, Scope};
pub use mailbox::{Action, Facts, Grant, ItemFlags, OwnerFacts, Relation, Visibility, decide};
pub use platform::{PlatformAction, PlatformGrant, decide_platform};
pub use refusal::Refusal;
pub use service::{ServiceAction, ServiceFacts, ServiceGrant, ServiceRelation, decide_service};

//! What the rules ask before somebody does something in a mailbox, as it stands at one moment.
//!
//! Everything here is an answer to a question with few answers, so that all combinations can be gone through. Where the
//! answers come from, and how they change with time, is in [`super::record`].

use chrono::TimeDelta;

use crate::access::Assurance;
use crate::consent::ConsentLevel;
use crate::id::{ConversationId, MailboxId, PersonId, ServiceId};
use crate::person::Protection;

/// What the rules ask about the owner of a mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnerFacts {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The owner.
    pub person: PersonId,
    /// Whether the register has a day of death.
    pub is_dead: bool,
    /// Age in whole years, from the register's birth date.
    pub age_years: i32,
    /// The protection of the address.
    pub protection: Protection,
    /// The consent as it stands.
    pub consent: ConsentLevel,
    /// Whether the owner has locked the mailbox (CON-14).
    pub is_locked: bool,
    /// Whether a parent has given the child access of its own (CHI-8).
    pub youth_access: bool,
    /// Whether somebody with parental responsibility is registered at the owner's address (CHI-2).
    pub lives_with_responsible: bool,
}

/// How a power of attorney, given or assigned, stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PowerFacts {
    /// There never was one.
    None,
    /// Not begun, expired, ended or replaced.
    NotInForce,
    /// In force, and not for the inbox (FUL-4).
    OtherAreas,
    /// In force, and for the inbox.
    Inbox,
}

/// A citizen who asks for another's mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Representative {
    /// Who.
    pub person: PersonId,
    /// Whether the register has a day of death.
    pub is_dead: bool,
    /// Age in whole years.
    pub age_years: i32,
    /// The protection of the address.
    pub protection: Protection,
    /// Whether the register gives them parental responsibility for the owner. Being a parent is not enough.
    pub has_responsibility: bool,
    /// The power of attorney that the owner gave.
    pub given: PowerFacts,
    /// The power of attorney that was assigned, the owner lacking decision competence (FUL-14).
    pub assigned: PowerFacts,
    /// Whether the register names them as the owner's guardian (FUL-19).
    pub is_guardian: bool,
    /// Whether what the register says of the two is fresh. On stale facts nobody represents anybody.
    pub is_certain: bool,
}

/// A service whose member the health worker is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    /// The service. It belongs to the organisation that the health worker's token names.
    pub service: ServiceId,
    /// Whether the health worker has lawful access to the owner: by follow-up, by responsibility or on record.
    pub has_lawful_access: bool,
    /// The owner's conversations with the service that the health worker is to answer, and that are not closed.
    pub answers: Vec<ConversationId>,
    /// Whether the health worker has the role for the owner's grade of protection (ADR-7).
    pub is_cleared: bool,
    /// Whether the service needs an HPR number, and the token has none (RET-11).
    pub lacks_hpr_number: bool,
}

/// A health worker who asks for a patient's mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Staff {
    /// Who; none where they are in no register.
    pub person: Option<PersonId>,
    /// Whether they are the owner, or the register has them in the owner's close family (ADR-7).
    pub is_close: bool,
    /// Their services.
    pub memberships: Vec<Membership>,
}

/// What the caller is to the owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Relation {
    /// The owner.
    Own(PersonId),
    /// Another citizen.
    Other(Representative),
    /// A health worker.
    Staff(Staff),
    /// An organisation's system. It reads nothing here.
    System,
    /// Who runs the platform.
    Operator,
    /// A citizen who is in no register.
    Nobody,
}

/// All that is asked before somebody does something in a mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// How sure the login is; none where there is no person behind the token.
    pub assurance: Option<Assurance>,
    /// The owner; none where there is no such mailbox.
    pub owner: Option<OwnerFacts>,
    /// What the caller is to the owner.
    pub relation: Relation,
}

/// What an installation has chosen where the rules leave a choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// From which age a child can have access of its own: 12 or 13.
    pub youth_from_years: i32,
    /// Whether guardians act online. No source gives them that right, so the default is no (FUL-19).
    pub admits_guardians: bool,
    /// How long one that an operator put on record has no effect after its giver has been told, however soon it is confirmed.
    pub registered_power_wait: TimeDelta,
}

impl Default for Policy {
    fn default() -> Self {
        Self { youth_from_years: 13, admits_guardians: false, registered_power_wait: TimeDelta::hours(72) }
    }
}

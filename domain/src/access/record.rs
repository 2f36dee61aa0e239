//! What is known of an owner and a caller, with its dates, and what it comes to at a time.

use chrono::{DateTime, NaiveDate, Utc};

use super::LawfulWay;
use super::facts::{Facts, Membership, OwnerFacts, PowerFacts, Relation, Representative, Staff};
use crate::access::Assurance;
use crate::consent::ConsentLevel;
use crate::id::{ConversationId, MailboxId, PersonId, ServiceId};
use crate::person::{Protected, Protection, age_years};
use crate::power_of_attorney::{Period, PowerKind};

/// What is known of the owner of a mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnerRecord {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The owner.
    pub person: PersonId,
    /// The register's birth date.
    pub birth_date: NaiveDate,
    /// The register's day of death.
    pub death_date: Option<NaiveDate>,
    /// The protection of the address.
    pub protection: Protected,
    /// The consent as it stands.
    pub consent: ConsentLevel,
    /// Whether the owner has locked the mailbox.
    pub is_locked: bool,
    /// Whether a parent has given the child access of its own.
    pub youth_access: bool,
    /// Whether somebody with parental responsibility is registered at the owner's address.
    pub lives_with_responsible: bool,
}

/// A power of attorney between the owner and the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PowerRecord {
    /// Given or assigned.
    pub kind: PowerKind,
    /// Whether it is for the inbox (FUL-4).
    pub covers_inbox: bool,
    /// When it holds.
    pub period: Period,
    /// Whether somebody has ended it, or it was replaced.
    pub is_ended: bool,
    /// From when on it has effect, where an operator put it on record.
    pub effective_at: Option<DateTime<Utc>>,
}

/// What is known of a citizen who asks for another's mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RepresentativeRecord {
    /// Who.
    pub person: PersonId,
    /// The register's birth date.
    pub birth_date: NaiveDate,
    /// The register's day of death.
    pub death_date: Option<NaiveDate>,
    /// The protection of the address.
    pub protection: Protected,
    /// Whether the register gives them parental responsibility for the owner.
    pub has_responsibility: bool,
    /// Whether the register names them as the owner's guardian.
    pub is_guardian: bool,
    /// What the owner gave them, and what was assigned to them.
    pub powers: Vec<PowerRecord>,
    /// Whether what the register says of the two is fresh.
    pub is_certain: bool,
}

/// A service whose member the health worker is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MembershipRecord {
    /// The service.
    pub service: ServiceId,
    /// Whether the service's system has said that the health worker follows up the owner.
    pub follows_up: bool,
    /// Whether the nightly exchange names the health worker as responsible for the owner.
    pub is_responsible: bool,
    /// Until when a recorded lawful access holds.
    pub access_until: Option<DateTime<Utc>>,
    /// The owner's conversations with the service that the health worker is to answer, and that are not closed.
    pub answers: Vec<ConversationId>,
    /// The grades of protection that the health worker has the role for.
    pub cleared: Vec<Protection>,
    /// Whether the service needs an HPR number, and the token has none.
    pub lacks_hpr_number: bool,
}

/// What is known of the caller, seen from the owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RelationRecord {
    /// The owner.
    Own(PersonId),
    /// Another citizen.
    Other(RepresentativeRecord),
    /// A health worker.
    Staff {
        /// Who; none where they are in no register.
        person: Option<PersonId>,
        /// Whether they are the owner or of the owner's close family.
        is_close: bool,
        /// Their services, out of those of the organisation that their token names.
        memberships: Vec<MembershipRecord>,
    },
    /// An organisation's system.
    System,
    /// Who runs the platform.
    Operator,
    /// A citizen who is in no register.
    Nobody,
}

/// All that is known before somebody does something in a mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// How sure the login is; none where there is no person behind the token.
    pub assurance: Option<Assurance>,
    /// The owner; none where there is no such mailbox.
    pub owner: Option<OwnerRecord>,
    /// What the caller is to the owner.
    pub relation: RelationRecord,
}

impl OwnerRecord {
    /// What it comes to at a time.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> OwnerFacts {
        let Self {
            mailbox,
            person,
            birth_date,
            death_date,
            protection,
            consent,
            is_locked,
            youth_access,
            lives_with_responsible,
        } = *self;
        OwnerFacts {
            mailbox,
            person,
            is_dead: death_date.is_some(),
            age_years: age_years(birth_date, now),
            protection: protection.at(now),
            consent,
            is_locked,
            youth_access,
            lives_with_responsible,
        }
    }
}

impl RepresentativeRecord {
    fn at(&self, now: DateTime<Utc>) -> Representative {
        Representative {
            person: self.person,
            is_dead: self.death_date.is_some(),
            age_years: age_years(self.birth_date, now),
            protection: self.protection.at(now),
            has_responsibility: self.has_responsibility,
            given: self.power_at(PowerKind::Given, now),
            assigned: self.power_at(PowerKind::Assigned, now),
            is_guardian: self.is_guardian,
            is_certain: self.is_certain,
        }
    }

    /// The strongest of a kind.
    fn power_at(&self, kind: PowerKind, now: DateTime<Utc>) -> PowerFacts {
        let mut of_kind = self.powers.iter().filter(|power| power.kind == kind).peekable();
        if of_kind.peek().is_none() {
            return PowerFacts::None;
        }
        let in_force = of_kind.filter(|power| {
            !power.is_ended && power.period.holds(now) && power.effective_at.is_none_or(|from| from <= now)
        });
        in_force.map(|power| power.covers_inbox).max().map_or(PowerFacts::NotInForce, |covers_inbox| {
            if covers_inbox { PowerFacts::Inbox } else { PowerFacts::OtherAreas }
        })
    }
}

impl Record {
    /// The facts at a time.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> Facts {
        let owner = self.owner.map(|owner| owner.at(now));
        let grade = owner.map_or(Protection::Ungraded, |owner| owner.protection);
        let relation = match &self.relation {
            RelationRecord::Own(person) => Relation::Own(*person),
            RelationRecord::Other(representative) => Relation::Other(representative.at(now)),
            RelationRecord::Staff { person, is_close, memberships } => Relation::Staff(Staff {
                person: *person,
                is_close: *is_close,
                memberships: memberships.iter().map(|membership| membership.at(grade, now)).collect(),
            }),
            RelationRecord::System => Relation::System,
            RelationRecord::Operator => Relation::Operator,
            RelationRecord::Nobody => Relation::Nobody,
        };
        Facts { assurance: self.assurance, owner, relation }
    }
}

impl MembershipRecord {
    /// What gives the health worker access at a time, whether or not something else stands against it.
    #[must_use]
    pub fn ways(&self, now: DateTime<Utc>) -> Vec<LawfulWay> {
        let ways = [
            (LawfulWay::FollowUp, self.follows_up),
            (LawfulWay::Responsibility, self.is_responsible),
            (LawfulWay::RecordedAccess, self.access_until.is_some_and(|until| now < until)),
            (LawfulWay::Assignment, !self.answers.is_empty()),
        ];
        ways.into_iter().filter(|(_, holds)| *holds).map(|(way, _)| way).collect()
    }

    fn at(&self, grade: Protection, now: DateTime<Utc>) -> Membership {
        Membership {
            service: self.service,
            has_lawful_access: self.ways(now).into_iter().any(LawfulWay::is_of_patient),
            answers: self.answers.clone(),
            is_cleared: self.cleared.contains(&grade),
            lacks_hpr_number: self.lacks_hpr_number,
        }
    }
}

//! Who may do what in a citizen's mailbox: the decision table, row by row.
//!
//! Docs: `docs/adr/0008-order-of-the-access-decision.md` tells how each row was read, `docs/access-matrix.md` what comes
//! out. An oracle in `domain/tests` says the same in another form; the two are compared over all combinations of facts.

use super::action::Action;
use super::facts::{Facts, Membership, OwnerFacts, Policy, PowerFacts, Relation, Representative, Staff};
use super::rows::row;
use super::visibility::Visibility;
use super::{Assurance, Reach, Refusal};
use crate::consent::ConsentLevel;
use crate::id::{MailboxId, PersonId};
use crate::person::{ADULT_YEARS, HEALTH_MAJORITY_YEARS, PARENTS_SEE_LESS_YEARS, Protection};
use crate::rule::Rule;

/// The row of the decision table that a caller stands in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The owner, 16 or older.
    Owner,
    /// A child with access of its own.
    Youth,
    /// A child that is old enough for such access, and has none: what it may arrange alone (CHI-10).
    YouthAlone,
    /// Parental responsibility for a child under 12.
    ParentUnder12,
    /// Parental responsibility for a child of 12 to 15.
    ParentUnder16,
    /// A power of attorney for the inbox.
    Holder,
    /// An assigned power of attorney.
    Assigned,
    /// A guardian, where guardians are admitted.
    Guardian,
    /// A health worker, with what they reach.
    Staff(Reach),
}

impl Standing {
    /// The stored and sent word for what the caller is to the owner. Never change one.
    #[must_use]
    pub const fn as_word(&self) -> &'static str {
        match self {
            Self::Owner | Self::Youth | Self::YouthAlone => "self",
            Self::ParentUnder12 | Self::ParentUnder16 => "parent",
            Self::Holder => "powerOfAttorney",
            Self::Assigned => "assignedPowerOfAttorney",
            Self::Guardian => "guardian",
            Self::Staff(_) => "staff",
        }
    }

    /// Whether what this caller opens counts as opened by the citizen. A holder's reading does not (KRR-10, FUL-9); that
    /// of those who stand in the citizen's place by law does.
    const fn reads_as_the_citizen(&self) -> bool {
        match self {
            Self::Owner
            | Self::Youth
            | Self::YouthAlone
            | Self::ParentUnder12
            | Self::ParentUnder16
            | Self::Assigned => true,
            Self::Holder | Self::Guardian | Self::Staff(_) => false,
        }
    }

    /// Whether another citizen acts, for the owner.
    const fn is_representation(&self) -> bool {
        match self {
            Self::ParentUnder12 | Self::ParentUnder16 | Self::Holder | Self::Assigned | Self::Guardian => true,
            Self::Owner | Self::Youth | Self::YouthAlone | Self::Staff(_) => false,
        }
    }
}

/// That something may be done in one mailbox. Only [`decide`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    mailbox: MailboxId,
    owner: PersonId,
    person: Option<PersonId>,
    action: Action,
    rule: Rule,
    standing: Standing,
    visibility: Visibility,
    may_write: bool,
}

impl Grant {
    /// The mailbox, and no other.
    #[must_use]
    pub const fn mailbox(&self) -> MailboxId {
        self.mailbox
    }

    /// Whose it is.
    #[must_use]
    pub const fn owner(&self) -> PersonId {
        self.owner
    }

    /// Who acts; none for a health worker who is in no register.
    #[must_use]
    pub const fn person(&self) -> Option<PersonId> {
        self.person
    }

    /// What may be done.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// The rule that allows it.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// In which row of the decision table the caller stands.
    #[must_use]
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Which items it covers.
    #[must_use]
    pub const fn visibility(&self) -> &Visibility {
        &self.visibility
    }

    /// Whether the caller may also write in the mailbox, to services that are open to it.
    #[must_use]
    pub const fn may_write(&self) -> bool {
        self.may_write
    }

    /// Whether reading by this caller counts as the citizen having opened the message (KRR-10).
    #[must_use]
    pub const fn reads_as_the_citizen(&self) -> bool {
        self.standing.reads_as_the_citizen()
    }

    /// Whether the caller sees the access log as it is. From 16 on nothing in a mailbox is kept from its owner; to
    /// everybody else the log shows no more than the messages do, or it would tell of those that are hidden (BX-5).
    #[must_use]
    pub const fn sees_whole_log(&self) -> bool {
        matches!(self.standing, Standing::Owner)
    }

    /// Whether somebody acts by parental responsibility. What they write for the child is not shown to it (CHI-9).
    #[must_use]
    pub const fn is_parent(&self) -> bool {
        matches!(self.standing, Standing::ParentUnder12 | Standing::ParentUnder16)
    }

    /// Whether the caller is told who else may see something: the owner, and those who stand in the owner's place by law
    /// (BX-2).
    #[must_use]
    pub const fn hears_of_others(&self) -> bool {
        self.standing.reads_as_the_citizen()
    }

    /// Whether the owner acts.
    #[must_use]
    pub const fn is_owner(&self) -> bool {
        matches!(self.standing, Standing::Owner | Standing::Youth | Standing::YouthAlone)
    }
}

/// Decides whether a caller may do something in a mailbox.
///
/// # Errors
/// The first reason against it, in the order of the decision table.
pub fn decide(action: Action, facts: &Facts, policy: Policy) -> Result<Grant, Refusal> {
    // Where there is somebody behind the token, a level that is not known is too low.
    let takes_level = !matches!(facts.relation, Relation::System | Relation::Operator);
    if facts.assurance.map_or(takes_level, |assurance| assurance < Assurance::High) {
        return Err(Refusal::AssuranceTooLow);
    }
    let owner = facts.owner.ok_or(Refusal::NotThere)?;
    if owner.is_dead {
        return Err(Refusal::OwnerIsDead);
    }
    let (standing, person) = standing(&owner, &facts.relation, policy)?;
    if let Relation::Other(representative) = &facts.relation {
        may_represent(&owner, representative)?;
    }
    let open = is_open(&owner, &standing);
    if action.needs_open_inbox() {
        open?;
    }
    let rule = row(action, &standing, &owner)?;
    let visibility = Visibility::of(&standing, &owner, open.is_ok());
    let may_write = open.is_ok() && row(Action::WriteMessage, &standing, &owner).is_ok();
    Ok(Grant { mailbox: owner.mailbox, owner: owner.person, person, action, rule, standing, visibility, may_write })
}

/// What the caller is to the owner, and in force now.
fn standing(owner: &OwnerFacts, relation: &Relation, policy: Policy) -> Result<(Standing, Option<PersonId>), Refusal> {
    match relation {
        Relation::Own(person) => Ok((own(owner, policy)?, Some(*person))),
        Relation::Other(representative) => {
            Ok((represents(owner, representative, policy)?, Some(representative.person)))
        }
        Relation::Staff(staff) => Ok((has_access(owner, staff)?, staff.person)),
        Relation::Operator => Err(Refusal::OperatorSeesNoContent),
        Relation::System | Relation::Nobody => Err(Refusal::NotRelated),
    }
}

fn own(owner: &OwnerFacts, policy: Policy) -> Result<Standing, Refusal> {
    if owner.age_years >= HEALTH_MAJORITY_YEARS {
        Ok(Standing::Owner)
    } else if owner.age_years < policy.youth_from_years {
        Err(Refusal::OwnerTooYoung)
    } else if owner.youth_access && owner.consent == ConsentLevel::Full {
        Ok(Standing::Youth)
    } else {
        Ok(Standing::YouthAlone)
    }
}

/// The strongest relation that is in force; where none is, why the most likely one is not.
fn represents(owner: &OwnerFacts, other: &Representative, policy: Policy) -> Result<Standing, Refusal> {
    if other.is_dead {
        return Err(Refusal::NotRelated);
    }
    [assigned(owner, other), parental(owner, other), given(owner, other), guardian(owner, other, policy)]
        .into_iter()
        .reduce(|first, next| match (&first, &next) {
            (Ok(_), _) | (Err(_), Err(Refusal::NotRelated)) => first,
            (Err(_), Ok(_)) | (Err(Refusal::NotRelated), Err(_)) => next,
            (Err(_), Err(_)) => first,
        })
        .unwrap_or(Err(Refusal::NotRelated))
}

fn assigned(owner: &OwnerFacts, other: &Representative) -> Result<Standing, Refusal> {
    match other.assigned {
        PowerFacts::None => Err(Refusal::NotRelated),
        PowerFacts::NotInForce => Err(Refusal::PowerNotInForce),
        PowerFacts::OtherAreas => Err(Refusal::PowerLacksArea),
        PowerFacts::Inbox if owner.age_years < PARENTS_SEE_LESS_YEARS || other.age_years < ADULT_YEARS => {
            Err(Refusal::AgeOutsidePower)
        }
        PowerFacts::Inbox => Ok(Standing::Assigned),
    }
}

fn parental(owner: &OwnerFacts, other: &Representative) -> Result<Standing, Refusal> {
    if !other.has_responsibility {
        Err(Refusal::NotRelated)
    } else if owner.age_years >= HEALTH_MAJORITY_YEARS {
        Err(Refusal::ChildIsSixteen)
    } else if !owner.lives_with_responsible {
        Err(Refusal::NobodyResponsibleAtAddress)
    } else if owner.age_years >= PARENTS_SEE_LESS_YEARS {
        Ok(Standing::ParentUnder16)
    } else {
        Ok(Standing::ParentUnder12)
    }
}

fn given(owner: &OwnerFacts, other: &Representative) -> Result<Standing, Refusal> {
    match other.given {
        PowerFacts::None => Err(Refusal::NotRelated),
        PowerFacts::NotInForce => Err(Refusal::PowerNotInForce),
        PowerFacts::OtherAreas => Err(Refusal::PowerLacksArea),
        PowerFacts::Inbox if owner.age_years < HEALTH_MAJORITY_YEARS || other.age_years < ADULT_YEARS => {
            Err(Refusal::AgeOutsidePower)
        }
        PowerFacts::Inbox => Ok(Standing::Holder),
    }
}

/// Guardians stand as holders do, so at the ages at which there can be a holder: no source gives them more (FUL-19).
const fn guardian(owner: &OwnerFacts, other: &Representative, policy: Policy) -> Result<Standing, Refusal> {
    if !other.is_guardian {
        Err(Refusal::NotRelated)
    } else if !policy.admits_guardians {
        Err(Refusal::GuardiansNotAdmitted)
    } else if owner.age_years < HEALTH_MAJORITY_YEARS || other.age_years < ADULT_YEARS {
        Err(Refusal::AgeOutsidePower)
    } else {
        Ok(Standing::Guardian)
    }
}

/// What of the mailbox a health worker reaches (DH-7). Where they have lawful access to the patient, what they are to answer
/// of that service is part of it.
fn has_access(owner: &OwnerFacts, staff: &Staff) -> Result<Standing, Refusal> {
    if staff.is_close {
        return Err(Refusal::CloseToOwner);
    }
    if staff.memberships.is_empty() {
        return Err(Refusal::NotRelated);
    }
    let has_any = |member: &Membership| member.has_lawful_access || !member.answers.is_empty();
    if !staff.memberships.iter().any(has_any) {
        return Err(Refusal::NotFollowedUp);
    }
    let is_protected = owner.protection.is_graded();
    let cleared: Vec<&Membership> =
        staff.memberships.iter().filter(|member| !is_protected || member.is_cleared).collect();
    if !cleared.iter().any(|member| has_any(member)) {
        return Err(Refusal::GradeNotCleared);
    }
    // Last, so that only those hear of a number who would reach the patient with one.
    let (lawful, others): (Vec<&Membership>, Vec<&Membership>) =
        cleared.into_iter().filter(|member| !member.lacks_hpr_number).partition(|member| member.has_lawful_access);
    let services = lawful.into_iter().map(|member| member.service).collect();
    let conversations = others.into_iter().flat_map(|member| member.answers.iter().copied()).collect();
    Reach::of(services, conversations).map(Standing::Staff).ok_or(Refusal::HprNumberMissing)
}

/// Nobody represents, or is represented, at a protected address (ADR-5), and nobody on facts that may be out of date.
fn may_represent(owner: &OwnerFacts, other: &Representative) -> Result<(), Refusal> {
    if owner.protection != Protection::Ungraded || other.protection != Protection::Ungraded {
        return Err(Refusal::ProtectedAddress);
    }
    if !other.is_certain {
        return Err(Refusal::RegisterUnavailable);
    }
    Ok(())
}

/// Whether the citizen's side of the mailbox is open (CON-5, CON-14). The services' records do not depend on it.
fn is_open(owner: &OwnerFacts, standing: &Standing) -> Result<(), Refusal> {
    if matches!(standing, Standing::Staff(_)) {
        return Ok(());
    }
    if owner.is_locked {
        return Err(if standing.is_representation() { Refusal::LockedByOwner } else { Refusal::EmergencyLocked });
    }
    if owner.consent < ConsentLevel::Basis && *standing != Standing::YouthAlone {
        return Err(Refusal::ConsentRequired);
    }
    Ok(())
}

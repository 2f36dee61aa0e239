//! Who may do what in a citizen's mailbox.

use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{Assurance, Caller, Refusal};
use crate::consent::ConsentLevel;
use crate::id::{MailboxId, PersonId};
use crate::person::{HEALTH_MAJORITY_YEARS, Protection};
use crate::rule::Rule;

/// What somebody wants to do in a mailbox.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Action {
    /// See that the mailbox is there, its name and its unread count.
    SeeMailbox,
    /// See the profile that is held of the owner.
    SeeProfile,
    /// Give, change or withdraw consent, and see what was given.
    DecideConsent,
    /// Accept a document.
    AcceptDocument,
    /// See the overview.
    ListMessages,
    /// Read a message.
    ReadMessage,
    /// Mark a message as read or unread.
    MarkMessage,
    /// Delete a message from the inbox.
    DeleteMessage,
    /// Fetch a file.
    FetchAttachment,
    /// See who opened what.
    ReadAccessLog,
}

impl Action {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// The rule on which the owner may do it.
    const fn ground(self) -> Rule {
        match self {
            Self::SeeMailbox | Self::SeeProfile => Rule::Tk4,
            Self::DecideConsent => Rule::Con9,
            Self::AcceptDocument => Rule::Dh5,
            Self::ListMessages | Self::ReadMessage | Self::MarkMessage | Self::FetchAttachment => Rule::Hn5,
            Self::DeleteMessage => Rule::Pp7,
            Self::ReadAccessLog => Rule::Ret10,
        }
    }

    /// Whether it is about content, which takes an inbox that is open (HN-5).
    const fn needs_open_inbox(self) -> bool {
        match self {
            Self::ListMessages
            | Self::ReadMessage
            | Self::MarkMessage
            | Self::DeleteMessage
            | Self::FetchAttachment => true,
            Self::SeeMailbox | Self::SeeProfile | Self::DecideConsent | Self::AcceptDocument | Self::ReadAccessLog => {
                false
            }
        }
    }
}

/// What the caller is to the owner. Parents, holders of a power of attorney and staff come as further rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Relation {
    /// The owner.
    Own(PersonId),
    /// A system of a service that may write to the mailbox. It reads nothing here.
    ServiceSystem,
    /// Who runs the platform.
    Operator,
    /// None.
    Nobody,
}

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
}

/// All that is asked before somebody does something in a mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The owner; none where there is no such mailbox.
    pub owner: Option<OwnerFacts>,
    /// What the caller is to the owner.
    pub relation: Relation,
}

impl Facts {
    /// Brings the caller and the owner together. `caller_person` is who the caller's identity number belongs to.
    #[must_use]
    pub fn new(caller: &Caller, caller_person: Option<PersonId>, owner: Option<OwnerFacts>) -> Self {
        let relation = match caller {
            Caller::Citizen { .. } => match (caller_person, owner) {
                (Some(person), Some(owner)) if person == owner.person => Relation::Own(person),
                (Some(_) | None, Some(_) | None) => Relation::Nobody,
            },
            Caller::System { .. } => Relation::ServiceSystem,
            Caller::Operator { .. } => Relation::Operator,
            Caller::HealthWorker { .. } => Relation::Nobody,
        };
        Self { owner, relation }
    }
}

/// That something may be done in one mailbox. Only [`decide`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    mailbox: MailboxId,
    person: PersonId,
    action: Action,
    rule: Rule,
    visibility: Visibility,
}

impl Grant {
    /// The mailbox, and no other.
    #[must_use]
    pub const fn mailbox(&self) -> MailboxId {
        self.mailbox
    }

    /// Who acts.
    #[must_use]
    pub const fn person(&self) -> PersonId {
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

    /// Which items it covers.
    #[must_use]
    pub const fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// Whether reading by this caller counts as the citizen having opened the message (KRR-10).
    #[must_use]
    pub const fn is_owner(&self) -> bool {
        true
    }
}

/// Which items of a mailbox a grant covers. Lists, counts and single reads all go through the same one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Visibility {
    /// Items that ask for at most this much consent (CON-6).
    pub consent: ConsentLevel,
    /// Only items of services that are there for persons with a protected address (HN-9).
    pub protected_only: bool,
}

/// What an item asks of who looks at it, fixed when it was accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ItemFlags {
    /// The least consent.
    pub minimum_consent: ConsentLevel,
    /// Whether it is shown at a protected address.
    pub available_at_protected_address: bool,
}

impl Visibility {
    /// Whether an item is covered. The query of a list says the same in SQL; a test compares the two.
    #[must_use]
    pub fn admits(self, item: ItemFlags) -> bool {
        self.consent >= item.minimum_consent && (!self.protected_only || item.available_at_protected_address)
    }
}

/// Decides whether a caller may do something in a mailbox.
///
/// # Errors
/// The first reason against it, in the order of the decision table.
pub fn decide(action: Action, caller: &Caller, facts: &Facts) -> Result<Grant, Refusal> {
    if let Caller::Citizen { assurance, .. } | Caller::HealthWorker { assurance, .. } = caller
        && *assurance < Assurance::High
    {
        return Err(Refusal::AssuranceTooLow);
    }
    let owner = facts.owner.ok_or(Refusal::NotThere)?;
    let person = match facts.relation {
        Relation::Own(person) => person,
        Relation::Operator => return Err(Refusal::OperatorSeesNoContent),
        Relation::ServiceSystem | Relation::Nobody => return Err(Refusal::NotRelated),
    };
    if owner.is_dead {
        return Err(Refusal::OwnerIsDead);
    }
    if owner.age_years < HEALTH_MAJORITY_YEARS {
        return Err(Refusal::OwnerTooYoung);
    }
    if action.needs_open_inbox() && owner.consent < ConsentLevel::Basis {
        return Err(Refusal::ConsentRequired);
    }
    Ok(Grant {
        mailbox: owner.mailbox,
        person,
        action,
        rule: action.ground(),
        visibility: Visibility { consent: owner.consent, protected_only: owner.protection.is_graded() },
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::identity::{NationalId, NumberSeries, OrganisationNumber};
    use crate::organisation::ExternalClientId;

    const OWNER: Uuid = Uuid::from_u128(1);
    const STRANGER: Uuid = Uuid::from_u128(2);

    fn owner() -> OwnerFacts {
        OwnerFacts {
            mailbox: Uuid::from_u128(3).into(),
            person: OWNER.into(),
            is_dead: false,
            age_years: 54,
            protection: Protection::Ungraded,
            consent: ConsentLevel::Basis,
        }
    }

    fn citizen(assurance: Assurance) -> Caller {
        let national_id = NationalId::parse("29827200059", NumberSeries::Synthetic).expect("a synthetic number");
        Caller::Citizen { national_id, assurance }
    }

    fn system() -> Caller {
        Caller::System {
            organisation: OrganisationNumber::parse("310000019").expect("a number"),
            supplier: None,
            client: ExternalClientId::parse("ehr").expect("a client"),
            scopes: vec![],
        }
    }

    fn outcome(
        action: Action,
        caller: &Caller,
        person: Option<Uuid>,
        owner: Option<OwnerFacts>,
    ) -> Result<(), Refusal> {
        let facts = Facts::new(caller, person.map(PersonId::from), owner);
        decide(action, caller, &facts).map(|_| ())
    }

    #[test]
    fn each_row_of_the_decision_table_for_reading() {
        let high = citizen(Assurance::High);
        let operator = Caller::Operator { subject: "op".to_owned() };
        let dead = OwnerFacts { is_dead: true, ..owner() };
        let fifteen = OwnerFacts { age_years: 15, ..owner() };
        let sixteen = OwnerFacts { age_years: 16, ..owner() };
        let without_consent = OwnerFacts { consent: ConsentLevel::None, ..owner() };
        let table = [
            ("HN-5: the owner", &high, Some(OWNER), Some(owner()), Ok(())),
            ("the owner at 16", &high, Some(OWNER), Some(sixteen), Ok(())),
            (
                "HK-8: the owner at level substantial",
                &citizen(Assurance::Substantial),
                Some(OWNER),
                Some(owner()),
                Err(Refusal::AssuranceTooLow),
            ),
            ("HK-8 comes before all else", &citizen(Assurance::Low), None, None, Err(Refusal::AssuranceTooLow)),
            ("no such mailbox", &high, Some(OWNER), None, Err(Refusal::NotThere)),
            ("a stranger", &high, Some(STRANGER), Some(owner()), Err(Refusal::NotRelated)),
            ("somebody in no register", &high, None, Some(owner()), Err(Refusal::NotRelated)),
            ("a stranger hears nothing of a death", &high, Some(STRANGER), Some(dead), Err(Refusal::NotRelated)),
            (
                "a stranger hears nothing of consent",
                &high,
                Some(STRANGER),
                Some(without_consent),
                Err(Refusal::NotRelated),
            ),
            ("KRR-8: the dead", &high, Some(OWNER), Some(dead), Err(Refusal::OwnerIsDead)),
            ("CHI-8: a child of 15", &high, Some(OWNER), Some(fifteen), Err(Refusal::OwnerTooYoung)),
            ("HN-5: without consent", &high, Some(OWNER), Some(without_consent), Err(Refusal::ConsentRequired)),
            ("PP-5: a system", &system(), None, Some(owner()), Err(Refusal::NotRelated)),
            ("PP-5: an operator", &operator, None, Some(owner()), Err(Refusal::OperatorSeesNoContent)),
        ];
        for (name, caller, person, owner, expected) in table {
            assert_eq!(outcome(Action::ReadMessage, caller, person, owner), expected, "{name}");
        }
    }

    #[test]
    fn without_consent_the_owner_does_all_that_is_not_about_content() {
        let caller = citizen(Assurance::High);
        let without_consent = OwnerFacts { consent: ConsentLevel::None, ..owner() };
        for action in Action::VARIANTS {
            let expected = if action.needs_open_inbox() { Err(Refusal::ConsentRequired) } else { Ok(()) };
            assert_eq!(outcome(*action, &caller, Some(OWNER), Some(without_consent)), expected, "{action:?}");
        }
    }

    #[test]
    fn nobody_but_the_owner_does_anything() {
        let operator = Caller::Operator { subject: "op".to_owned() };
        for action in Action::VARIANTS {
            for (caller, person) in [
                (citizen(Assurance::High), Some(STRANGER)),
                (citizen(Assurance::High), None),
                (system(), None),
                (operator.clone(), None),
            ] {
                let refusal = outcome(*action, &caller, person, Some(owner())).expect_err("not the owner");
                assert!(refusal.is_hidden(), "{action:?} tells {caller:?} that the mailbox is there");
            }
        }
    }

    #[test]
    fn an_item_is_visible_when_consent_and_protection_allow_it() {
        let basis = ConsentLevel::Basis;
        let item = |minimum_consent, available_at_protected_address| ItemFlags {
            minimum_consent,
            available_at_protected_address,
        };
        let table = [
            ("CON-6: enough", Visibility { consent: basis, protected_only: false }, item(basis, false), true),
            (
                "CON-6: too little",
                Visibility { consent: basis, protected_only: false },
                item(ConsentLevel::Full, true),
                false,
            ),
            (
                "HN-9: closed to the protected",
                Visibility { consent: ConsentLevel::Full, protected_only: true },
                item(basis, false),
                false,
            ),
            (
                "HN-9: open to the protected",
                Visibility { consent: ConsentLevel::Full, protected_only: true },
                item(basis, true),
                true,
            ),
        ];
        for (name, visibility, item, expected) in table {
            assert_eq!(visibility.admits(item), expected, "{name}");
        }
    }
}

//! Why something is not allowed.

use strum::{IntoStaticStr, VariantArray};

use crate::rule::Rule;

/// A refusal. The whole reason goes to the audit log; what of it the caller hears is decided by
/// [`Refusal::is_hidden`].
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Refusal {
    /// The login is below level high.
    AssuranceTooLow,
    /// The resource is for another kind of caller.
    WrongKindOfCaller,
    /// The token's identity number is in no register.
    PersonUnknown,
    /// There is no such mailbox or service.
    NotThere,
    /// The owner is dead.
    OwnerIsDead,
    /// The caller has nothing to do with the mailbox or service.
    NotRelated,
    /// Operators never see content.
    OperatorSeesNoContent,
    /// The owner is a child, and too young for this.
    OwnerTooYoung,
    /// A power of attorney that has not begun, has expired, or was ended.
    PowerNotInForce,
    /// A power of attorney over other areas than the inbox.
    PowerLacksArea,
    /// A power of attorney whose giver or holder is not of the age for it.
    AgeOutsidePower,
    /// The access of parents ends when the child is 16.
    ChildIsSixteen,
    /// Nobody with parental responsibility is registered at the child's address.
    NobodyResponsibleAtAddress,
    /// Guardians do not act online here.
    GuardiansNotAdmitted,
    /// The owner or the caller has a protected address, and so there is no representation.
    ProtectedAddress,
    /// What the population register says is out of date, and the register is away.
    RegisterUnavailable,
    /// The health worker is the owner, or of the owner's close family.
    CloseToOwner,
    /// The health worker neither follows up the owner nor has recorded lawful access.
    NotFollowedUp,
    /// The health worker lacks the role for the owner's grade of protection.
    GradeNotCleared,
    /// The service needs a health worker's HPR number, and the token has none.
    HprNumberMissing,
    /// The owner has locked the mailbox and is told so.
    EmergencyLocked,
    /// The owner has locked the mailbox, which is nobody else's business.
    LockedByOwner,
    /// What only the owner does.
    OnlyTheOwner,
    /// What only health personnel do.
    OnlyHealthPersonnel,
    /// What only somebody with parental responsibility does, while the child is 12 to 15.
    OnlyParents,
    /// From 12 on parents do not write or cancel for the child.
    ChildIsTwelve,
    /// At a protected address no power of attorney is given or received.
    NoPowersAtProtectedAddress,
    /// The owner has not consented to the inbox.
    ConsentRequired,
    /// The token lacks the scope.
    ScopeMissing,
    /// The organisation has registered the systems that may act for it, and this is none of them.
    ClientNotRegistered,
    /// The organisation has no data-processing agreement in force.
    NoAgreementInForce,
    /// The organisation has stopped using the mailbox.
    OrganisationEnded,
}

impl Refusal {
    /// The stored word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// The rule that decided.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::AssuranceTooLow => Rule::Hk8,
            Self::WrongKindOfCaller
            | Self::PersonUnknown
            | Self::NotThere
            | Self::NotRelated
            | Self::ScopeMissing
            | Self::ClientNotRegistered => Rule::Pp5,
            Self::OwnerIsDead => Rule::Krr8,
            Self::OperatorSeesNoContent => Rule::Pjl22,
            Self::OwnerTooYoung | Self::OnlyParents => Rule::Chi8,
            Self::PowerNotInForce => Rule::Ful7,
            Self::PowerLacksArea => Rule::Ful4,
            Self::AgeOutsidePower => Rule::Ful2,
            Self::ChildIsSixteen => Rule::Chi4,
            Self::NobodyResponsibleAtAddress => Rule::Chi2,
            Self::GuardiansNotAdmitted => Rule::Ful19,
            Self::ProtectedAddress => Rule::Adr5,
            Self::RegisterUnavailable => Rule::Adr11,
            Self::CloseToOwner | Self::GradeNotCleared => Rule::Adr7,
            Self::NotFollowedUp => Rule::Dh7,
            Self::HprNumberMissing => Rule::Ret11,
            Self::EmergencyLocked => Rule::Con14,
            Self::OnlyTheOwner => Rule::Ful9,
            Self::OnlyHealthPersonnel => Rule::Chi6,
            Self::ChildIsTwelve => Rule::Chi5,
            Self::NoPowersAtProtectedAddress => Rule::Ful13,
            // That it is locked is told to the owner alone; others hear that the inbox is not open.
            Self::LockedByOwner | Self::ConsentRequired => Rule::Hn5,
            Self::NoAgreementInForce | Self::OrganisationEnded => Rule::Pp3,
        }
    }

    /// Whether the caller must not learn that the thing exists, so that the answer is the one for an unknown id.
    #[must_use]
    pub const fn is_hidden(self) -> bool {
        match self {
            Self::NotThere
            | Self::OwnerIsDead
            | Self::NotRelated
            | Self::OperatorSeesNoContent
            | Self::PowerNotInForce
            | Self::PowerLacksArea
            | Self::AgeOutsidePower
            | Self::ChildIsSixteen
            | Self::NobodyResponsibleAtAddress
            | Self::GuardiansNotAdmitted
            | Self::ProtectedAddress
            | Self::CloseToOwner
            | Self::NotFollowedUp
            | Self::GradeNotCleared => true,
            Self::AssuranceTooLow
            | Self::WrongKindOfCaller
            | Self::PersonUnknown
            | Self::OwnerTooYoung
            | Self::ConsentRequired
            | Self::RegisterUnavailable
            | Self::HprNumberMissing
            | Self::EmergencyLocked
            | Self::LockedByOwner
            | Self::OnlyTheOwner
            | Self::OnlyHealthPersonnel
            | Self::OnlyParents
            | Self::ChildIsTwelve
            | Self::NoPowersAtProtectedAddress
            | Self::ScopeMissing
            | Self::ClientNotRegistered
            | Self::NoAgreementInForce
            | Self::OrganisationEnded => false,
        }
    }
}

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
    /// The owner is a child, and a child reads only by youth access.
    OwnerTooYoung,
    /// The owner has not consented to the inbox.
    ConsentRequired,
    /// The token lacks the scope.
    ScopeMissing,
    /// The organisation has registered the systems that may act for it, and this is none of them.
    ClientNotRegistered,
    /// The organisation has no data-processing agreement in force.
    NoAgreementInForce,
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
            Self::OwnerTooYoung => Rule::Chi8,
            Self::ConsentRequired => Rule::Hn5,
            Self::NoAgreementInForce => Rule::Pp3,
        }
    }

    /// Whether the caller must not learn that the thing exists, so that the answer is the one for an unknown id.
    #[must_use]
    pub const fn is_hidden(self) -> bool {
        match self {
            Self::NotThere | Self::OwnerIsDead | Self::NotRelated | Self::OperatorSeesNoContent => true,
            Self::AssuranceTooLow
            | Self::WrongKindOfCaller
            | Self::PersonUnknown
            | Self::OwnerTooYoung
            | Self::ConsentRequired
            | Self::ScopeMissing
            | Self::ClientNotRegistered
            | Self::NoAgreementInForce => false,
        }
    }
}

//! What operators do: configuration and figures, never content.

use strum::VariantArray;

use super::{Caller, OperatorRole, Refusal};
use crate::rule::Rule;

/// What somebody wants to do with the platform's registrations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, VariantArray)]
pub enum PlatformAction {
    /// See organisations, their agreements, systems and services.
    SeeOrganisations,
    /// Register an organisation.
    RegisterOrganisation,
    /// Put an agreement on record.
    RegisterAgreement,
    /// Register a system.
    RegisterClient,
    /// End an organisation's use of the mailbox.
    EndOrganisation,
    /// End an agreement.
    EndAgreement,
    /// End a system's acting for an organisation.
    EndClient,
    /// Open a service.
    RegisterService,
    /// Put a version of a privacy notice on record (PP-11).
    RegisterPrivacyNotice,
    /// Name a service area.
    NameServiceArea,
    /// Put a power of attorney on record, from a form.
    RegisterPower,
    /// Confirm one that another has put on record.
    ConfirmPower,
    /// End one, for a form that says so.
    EndPower,
    /// See which background work is in trouble.
    SeeJobs,
    /// Let background work in trouble be tried again.
    RestartJob,
    /// Say whether a carrier has a letter that it may have.
    SettleHandover,
    /// See what operators have done.
    SeeOperators,
}

impl PlatformAction {}
impl PlatformAction {
    /// The role that it takes beside being an operator; none where every operator may.
    const fn role(self) -> Option<OperatorRole> {
        match self {
            Self::RegisterPower => Some(OperatorRole::RegisterPowers),
            Self::ConfirmPower => Some(OperatorRole::ConfirmPowers),
            Self::SeeOperators => Some(OperatorRole::SeeOperators),
            Self::SeeOrganisations
            | Self::RegisterOrganisation
            | Self::RegisterAgreement
            | Self::RegisterClient
            | Self::EndOrganisation
            | Self::EndAgreement
            | Self::EndClient
            | Self::RegisterService
            | Self::RegisterPrivacyNotice
            | Self::NameServiceArea
            | Self::EndPower
            | Self::SeeJobs
            | Self::RestartJob
            | Self::SettleHandover => None,
        }
    }
}

/// That an operator may do something. Only [`decide_platform`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlatformGrant {
    action: PlatformAction,
}

impl PlatformGrant {
    /// What may be done.
    #[must_use]
    pub const fn action(&self) -> PlatformAction {
        self.action
    }

    /// The rule that allows it.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        Rule::Pjl22
    }
}

/// Decides whether a caller may do something with the platform's registrations.
///
/// # Errors
/// For everybody but operators, and for operators whose token lacks the role.
pub fn decide_platform(action: PlatformAction, caller: &Caller) -> Result<PlatformGrant, Refusal> {
    match caller {
        Caller::Operator { roles, .. } => match action.role() {
            Some(role) if !roles.contains(&role) => Err(Refusal::ScopeMissing),
            Some(_) | None => Ok(PlatformGrant { action }),
        },
        Caller::Citizen { .. } | Caller::HealthWorker { .. } | Caller::System { .. } => Err(Refusal::WrongKindOfCaller),
    }
}

//! Who may do what for an organisation as a whole.

use strum::VariantArray;

use super::{Caller, Refusal, Scope};
use crate::id::OrganisationId;
use crate::identity::OrganisationNumber;
use crate::rule::Rule;

/// What a system wants to do for its organisation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, VariantArray)]
pub enum OrganisationAction {
    /// Follow the feed of what happens.
    FollowEvents,
    /// See to which addresses it is sent, and what was not delivered.
    SeeWebhooks,
    /// Say to which addresses it is sent, and send again.
    ManageWebhooks,
    /// Read what its own staff and systems did (PJL-22).
    ReadStaffLog,
}

impl OrganisationAction {
    const fn scope(self) -> Scope {
        match self {
            Self::FollowEvents => Scope::MessagesRead,
            Self::SeeWebhooks | Self::ManageWebhooks => Scope::WebhooksWrite,
            Self::ReadStaffLog => Scope::StaffLogRead,
        }
    }
}

/// What the rules ask about an organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrganisationFacts {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Its number.
    pub number: OrganisationNumber,
    /// Whether the organisation has stopped using the mailbox.
    pub is_ended: bool,
    /// The systems that are registered and have not ended. None where none ever was: then any system of the organisation acts for it.
    pub registered_clients: Option<Vec<String>>,
}

/// That something may be done for one organisation. Only [`decide_organisation`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrganisationGrant {
    organisation: OrganisationId,
    action: OrganisationAction,
}

impl OrganisationGrant {
    /// The organisation, and no other.
    #[must_use]
    pub const fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    /// What may be done.
    #[must_use]
    pub const fn action(&self) -> OrganisationAction {
        self.action
    }

    /// The rule that allows it.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        match self.action {
            OrganisationAction::FollowEvents | OrganisationAction::SeeWebhooks | OrganisationAction::ManageWebhooks => {
                Rule::Bx8
            }
            OrganisationAction::ReadStaffLog => Rule::Pjl22,
        }
    }
}

/// Decides whether a caller may do something for the organisation of the token. `facts` is none where it is not
/// registered. No agreement is asked for: what was sent is followed after it has ended, too.
///
/// # Errors
/// The first reason against it. What the token alone decides comes first.
pub fn decide_organisation(
    action: OrganisationAction,
    caller: &Caller,
    facts: Option<&OrganisationFacts>,
) -> Result<OrganisationGrant, Refusal> {
    let (number, client) = match caller {
        Caller::System { scopes, .. } if !scopes.contains(&action.scope()) => return Err(Refusal::ScopeMissing),
        Caller::System { organisation, client, .. } => (organisation, client),
        Caller::Citizen { .. } | Caller::HealthWorker { .. } | Caller::Operator { .. } => {
            return Err(Refusal::WrongKindOfCaller);
        }
    };
    let facts = facts.filter(|facts| facts.number == *number).ok_or(Refusal::NotThere)?;
    if facts.is_ended {
        return Err(Refusal::OrganisationEnded);
    }
    let is_registered = |registered: &String| registered == client.as_str();
    if facts.registered_clients.as_ref().is_some_and(|registered| !registered.iter().any(is_registered)) {
        return Err(Refusal::ClientNotRegistered);
    }
    Ok(OrganisationGrant { organisation: facts.organisation, action })
}

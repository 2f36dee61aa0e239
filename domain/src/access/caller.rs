//! Who calls, as the token says it.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::identity::{HprNumber, NationalId, OrganisationNumber};
use crate::organisation::ExternalClientId;

/// How sure the identity provider is of who somebody is. The order is the meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, VariantArray)]
pub enum Assurance {
    /// Below what any health service takes.
    Low,
    /// Level 3.
    Substantial,
    /// Level 4: what health content takes (HK-8, PP-10).
    High,
}

/// What a system's token lets it do for its organisation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
pub enum Scope {
    /// Send messages and hand in files.
    #[strum(serialize = "brevdue:messages.write")]
    MessagesWrite,
    /// Follow what was sent.
    #[strum(serialize = "brevdue:messages.read")]
    MessagesRead,
    /// Say who works for a service, and who follows up whom.
    #[strum(serialize = "brevdue:staff.write")]
    StaffWrite,
    /// Decide how a service takes part, and say who receives it.
    #[strum(serialize = "brevdue:services.write")]
    ServicesWrite,
    /// Say to which addresses the organisation's events are sent.
    #[strum(serialize = "brevdue:webhooks.write")]
    WebhooksWrite,
    /// Read what the organisation's own staff and systems did.
    #[strum(serialize = "brevdue:staff-log.read")]
    StaffLogRead,
}

impl Scope {
    /// The word in the token.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// What an operator's token lets them do beside the registrations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
pub enum OperatorRole {
    /// Put powers of attorney on record, from forms.
    #[strum(serialize = "brevdue-register-powers")]
    RegisterPowers,
    /// Confirm those that another has put on record.
    #[strum(serialize = "brevdue-confirm-powers")]
    ConfirmPowers,
    /// See what operators have done.
    #[strum(serialize = "brevdue-see-operators")]
    SeeOperators,
}

impl OperatorRole {
    /// The word in the token.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// Who calls. Made from a token that has been checked; nothing in here has been looked up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Caller {
    /// A person on their own behalf.
    Citizen {
        /// Who.
        national_id: NationalId,
        /// How sure the login is.
        assurance: Assurance,
    },
    /// A health worker on behalf of an organisation.
    HealthWorker {
        /// Who.
        national_id: NationalId,
        /// The number in the register of health personnel, where there is one.
        hpr_number: Option<HprNumber>,
        /// The organisation.
        organisation: OrganisationNumber,
        /// How sure the login is.
        assurance: Assurance,
    },
    /// An organisation's system, with nobody at the keys.
    System {
        /// The data controller. Authorisation goes by this, never by the client.
        organisation: OrganisationNumber,
        /// The vendor that runs the system, for the log.
        supplier: Option<OrganisationNumber>,
        /// The system, as its token issuer knows it.
        client: ExternalClientId,
        /// What the token allows.
        scopes: Vec<Scope>,
    },
    /// Who runs the platform. Never sees content.
    Operator {
        /// The operator, as the token issuer knows them.
        subject: String,
        /// What the token allows beside the registrations.
        roles: Vec<OperatorRole>,
    },
}

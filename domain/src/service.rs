//! Services: units of an organisation that send and receive.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::attachment::FileType;
use crate::consent::ConsentLevel;
use crate::dialogue::DialoguePolicy;
use crate::id::{OrganisationId, ServiceId};
use crate::message::{MessageKind, ParentVisibility, YouthVisibility};
use crate::organisation::Name;
use crate::routing::ExternalChannels;

/// A unit of an organisation that sends and receives. The recipient of what citizens write is always a service (HK-2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// The organisation: the controller of all that it sends.
    pub organisation: OrganisationId,
    /// What people call it.
    pub name: Name,
    /// What it is called in Nynorsk, where that differs.
    pub name_nynorsk: Option<Name>,
    /// What it does.
    pub kind: ServiceKind,
    /// How it wants to be used.
    pub policy: ServicePolicy,
}

/// The settings by which a service takes part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServicePolicy {
    /// What its messages ask of who looks at them.
    pub visibility: ItemPolicy,
    /// Where that differs for a kind of message. Each kind at most once.
    pub by_kind: Vec<(MessageKind, ItemPolicy)>,
    /// What becomes of a message to somebody who has not joined (PP-6, CON-7).
    pub unregistered_recipients: UnregisteredRecipients,
    /// The types of files that its messages carry, judged by bytes (HK-4).
    pub attachment_types: Vec<FileType>,
    /// How citizens write to it.
    pub dialogue: DialoguePolicy,
    /// The channels beside the inbox that its letters may take (HK-5).
    pub external: ExternalChannels,
    /// Whether its health workers work only with an HPR number in their token (RET-11).
    pub needs_hpr_number: bool,
}

impl ServicePolicy {
    /// What a message of a kind asks of who looks at it.
    #[must_use]
    pub fn visibility_of(&self, kind: MessageKind) -> ItemPolicy {
        self.by_kind.iter().find(|(of, _)| *of == kind).map_or(self.visibility, |(_, policy)| *policy)
    }
}

/// What a service's messages ask of who looks at them. A sender narrows it for one message, and never widens it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ItemPolicy {
    /// The least consent of an owner who gets them in the inbox (CON-6). At least Basis (HN-5).
    pub minimum_consent: ConsentLevel,
    /// Whether they are shown to owners with a protected address (HN-9).
    pub available_at_protected_address: bool,
    /// Until which age of a child its parents see them (CHI-1, CHI-3).
    pub parents: ParentVisibility,
    /// Whether holders of a power of attorney see them.
    pub power_of_attorney: bool,
    /// Whether a child with access of its own sees them (CHI-8). What it sees without asking anybody is never shown to
    /// parents (CHI-10).
    pub youth: YouthVisibility,
}

impl ItemPolicy {
    /// What a service has that was opened without a choice.
    pub const DEFAULT: Self = Self {
        minimum_consent: ConsentLevel::Basis,
        available_at_protected_address: false,
        parents: ParentVisibility::Until12,
        power_of_attorney: true,
        youth: YouthVisibility::Never,
    };
}

/// What a service does (the kinds of sender of HN-3).
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum ServiceKind {
    /// A general practitioner.
    GeneralPractitioner,
    /// A specialist clinic.
    Specialist,
    /// A department of a hospital.
    HospitalDepartment,
    /// Municipal care.
    MunicipalCare,
    /// A municipality's allotment office.
    AllotmentOffice,
    /// An appeals body.
    AppealsBody,
    /// A pathway coordinator or another contact of a hospital trust.
    PathwayCoordinator,
    /// Who tells of the results of a survey or trial.
    SurveyOrTrial,
    /// Who answers for a national register, such as a case handler on an error reported in it.
    RegisterHelpDesk,
    /// The mailbox itself, which tells of powers of attorney (FUL-17).
    Platform,
}

impl ServiceKind {
    /// Those that an organisation's services may have. The mailbox itself is opened by its settings.
    pub const OFFERED: [Self; 9] = [
        Self::GeneralPractitioner,
        Self::Specialist,
        Self::HospitalDepartment,
        Self::MunicipalCare,
        Self::AllotmentOffice,
        Self::AppealsBody,
        Self::PathwayCoordinator,
        Self::SurveyOrTrial,
        Self::RegisterHelpDesk,
    ];

    /// Whether its health workers need an HPR number unless its organisation says otherwise. Those who treat do; a case
    /// handler has none, nor has everybody in municipal care.
    #[must_use]
    pub const fn needs_hpr_number(self) -> bool {
        match self {
            Self::GeneralPractitioner | Self::Specialist | Self::HospitalDepartment => true,
            Self::MunicipalCare
            | Self::AllotmentOffice
            | Self::AppealsBody
            | Self::PathwayCoordinator
            | Self::SurveyOrTrial
            | Self::RegisterHelpDesk
            | Self::Platform => false,
        }
    }

    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// What becomes of a message to somebody who has not joined.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum UnregisteredRecipients {
    /// It waits, and is delivered when the recipient joins (PP-6).
    Hold,
    /// The sender is told at once (CON-7).
    Reject,
}

impl UnregisteredRecipients {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

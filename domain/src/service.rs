//! Services: units of an organisation that send and receive.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::attachment::FileType;
use crate::consent::ConsentLevel;
use crate::id::{OrganisationId, ServiceId};
use crate::organisation::Name;

/// A unit of an organisation that sends and receives. The recipient of what citizens write is always a service (HK-2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// The organisation: the controller of all that it sends.
    pub organisation: OrganisationId,
    /// What people call it.
    pub name: Name,
    /// What it does.
    pub kind: ServiceKind,
    /// How it wants to be used.
    pub policy: ServicePolicy,
}

/// The settings by which a service takes part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServicePolicy {
    /// The least consent of an owner who gets its messages in the inbox (CON-6). At least Basis (HN-5).
    pub minimum_consent: ConsentLevel,
    /// What becomes of a message to somebody who has not joined (PP-6, CON-7).
    pub unregistered_recipients: UnregisteredRecipients,
    /// Whether its messages are shown to owners with a protected address (HN-9).
    pub available_at_protected_address: bool,
    /// The types of files that its messages carry, judged by bytes (HK-4).
    pub attachment_types: Vec<FileType>,
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
}

impl ServiceKind {
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

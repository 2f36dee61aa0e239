//! How a service takes part, as its own organisation and operators see it.

use crate::vocabulary;
use std::collections::BTreeMap;

use domain::attachment::FileType;
use domain::service::{ItemPolicy, ServicePolicy};
use serde::Serialize;
use utoipa::ToSchema;

use super::dialogue::DialogueView;
use super::external_channels::ExternalChannelsView;

/// How a service wants to be used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct PolicyView {
    #[serde(flatten)]
    visibility: ItemPolicyView,
    /// What differs for a kind of message, by its word.
    kinds: BTreeMap<&'static str, ItemPolicyView>,
    /// What becomes of a message to somebody whose inbox is not open: `hold` keeps it until it is (PP-6), `reject`
    /// tells the sender at once (CON-7).
    #[schema(value_type = vocabulary::UnregisteredRecipients, example = "reject")]
    unregistered_recipients: &'static str,
    /// The types of files that it takes, judged by their bytes (HK-4): `pdf`, `docx` and `doc`.
    #[schema(value_type = Vec<vocabulary::FileType>, example = json!(["pdf", "docx", "doc"]))]
    attachment_types: Vec<&'static str>,
    /// How citizens write to it.
    dialogue: DialogueView,
    /// The channels beside the inbox that its letters may take.
    external_channels: ExternalChannelsView,
    /// Whether its health workers work only with an HPR number in their token (RET-11).
    hpr_number_required: bool,
}

/// What messages ask of who looks at them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct ItemPolicyView {
    /// The least consent of those who get them in the inbox (CON-6): `basis`, `basisPlus` or `full`.
    #[schema(value_type = vocabulary::ConsentGiven, example = "basis")]
    minimum_consent: &'static str,
    /// Whether they are shown to owners with a protected address (HN-9).
    available_at_protected_address: bool,
    /// Until which age of a child its parents see them (CHI-1, CHI-3): `never`, `until12` or `until16`.
    #[schema(value_type = vocabulary::ParentVisibility, example = "until12")]
    parents: &'static str,
    /// Whether holders of a power of attorney see them.
    power_of_attorney: bool,
    /// Whether a child below 16 sees them: `never`, `withConsent` of a parent (CHI-8), or `always` (CHI-10).
    #[schema(value_type = vocabulary::YouthVisibility, example = "never")]
    youth: &'static str,
}

impl From<ItemPolicy> for ItemPolicyView {
    fn from(policy: ItemPolicy) -> Self {
        let ItemPolicy { minimum_consent, available_at_protected_address, parents, power_of_attorney, youth } = policy;
        Self {
            minimum_consent: minimum_consent.as_word(),
            available_at_protected_address,
            parents: parents.as_word(),
            power_of_attorney,
            youth: youth.as_word(),
        }
    }
}

impl PolicyView {
    pub(in crate::http) fn of(policy: ServicePolicy) -> Self {
        let ServicePolicy {
            visibility,
            by_kind,
            unregistered_recipients,
            attachment_types,
            dialogue,
            external,
            needs_hpr_number,
        } = policy;
        Self {
            visibility: visibility.into(),
            kinds: by_kind.into_iter().map(|(kind, policy)| (kind.as_word(), policy.into())).collect(),
            unregistered_recipients: unregistered_recipients.as_word(),
            attachment_types: attachment_types.into_iter().map(FileType::as_word).collect(),
            dialogue: dialogue.into(),
            external_channels: external.into(),
            hpr_number_required: needs_hpr_number,
        }
    }
}

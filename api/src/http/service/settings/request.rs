//! What an organisation decides about a service: asked for by an operator who opens it, and by its own systems.

use std::collections::BTreeMap;

use domain::attachment::FileType;
use domain::consent::ConsentLevel;
use domain::dialogue::DialoguePolicy;
use domain::message::{MessageKind, ParentVisibility, YouthVisibility};
use domain::organisation::Name;
use domain::routing::ExternalChannels;
use domain::service::{ItemPolicy, ServiceKind, ServicePolicy, UnregisteredRecipients};
use persistence::NewService;
use serde::Deserialize;
use utoipa::ToSchema;

use super::dialogue::DialogueRequest;
use super::external_channels::ExternalChannelsRequest;
use crate::http::request::input::{Field, Unknown, Violations};
use crate::problem::{ApiError, ViolationCode};
use crate::vocabulary;

/// A service, as its organisation wants it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceRequest {
    /// What recipients see.
    #[schema(value_type = String, max_length = 200, example = "Hudpoliklinikken")]
    name: Field<String>,
    /// What it is called in Nynorsk, where that differs.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    name_nynorsk: Field<String>,
    /// `generalPractitioner`, `specialist`, `hospitalDepartment`, `municipalCare`, `allotmentOffice`, `appealsBody`,
    /// `pathwayCoordinator`, `surveyOrTrial` or `registerHelpDesk`.
    #[schema(value_type = vocabulary::ServiceKind, example = "specialist")]
    kind: Field<String>,
    /// The least consent of those who get its messages in the inbox (CON-6): `basis` (where left out), `basisPlus` or
    /// `full`.
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::ConsentGiven>, example = "basis")]
    minimum_consent: Field<String>,
    /// What becomes of a message to somebody whose inbox is not open: `hold` keeps it until it is (PP-6), `reject`
    /// (where left out) tells the sender at once (CON-7).
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::UnregisteredRecipients>, example = "reject")]
    unregistered_recipients: Field<String>,
    /// Whether its messages are shown to owners with a protected address (HN-9). `false` where left out.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    available_at_protected_address: Field<bool>,
    /// Until which age of a child its parents see them (CHI-1, CHI-3): `never`, `until12` (where left out) or `until16`.
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::ParentVisibility>, example = "until12")]
    parents: Field<String>,
    /// Whether holders of a power of attorney see them. `true` where left out.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    power_of_attorney: Field<bool>,
    /// Whether a child below 16 sees them: `never` (where left out), `withConsent` of a parent (CHI-8), or `always`
    /// (CHI-10), which takes `parents` to be `never`.
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::YouthVisibility>, example = "never")]
    youth: Field<String>,
    /// What differs for a kind of message, by its word: `letter`, `dialogue`, `service` or `appointmentLetter`.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, ItemPolicyRequest>>)]
    kinds: Field<BTreeMap<String, Field<ItemPolicyRequest>>>,
    /// The types of files that it takes, judged by their bytes (HK-4): `pdf`, `docx` and `doc`. All where left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["pdf", "docx", "doc"]))]
    attachment_types: Field<Vec<Field<String>>>,
    /// How citizens write to it. Nobody does where left out.
    #[serde(default)]
    #[schema(value_type = Option<DialogueRequest>)]
    dialogue: Field<DialogueRequest>,
    /// The channels beside the inbox that its letters may take. None where left out.
    #[serde(default)]
    #[schema(value_type = Option<ExternalChannelsRequest>)]
    external_channels: Field<ExternalChannelsRequest>,
    /// Whether its health workers work only with an HPR number in their token (RET-11). Where left out: `true` for
    /// `generalPractitioner`, `specialist` and `hospitalDepartment`, and `false` for all others.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    hpr_number_required: Field<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What messages of one kind ask of who looks at them. What is left out is as for all of the service's messages.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ItemPolicyRequest {
    /// `basis`, `basisPlus` or `full`.
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::ConsentGiven>, example = "basis")]
    minimum_consent: Field<String>,
    /// Whether they are shown to owners with a protected address.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    available_at_protected_address: Field<bool>,
    /// `never`, `until12` or `until16`.
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::ParentVisibility>, example = "until12")]
    parents: Field<String>,
    /// Whether holders of a power of attorney see them.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    power_of_attorney: Field<bool>,
    /// `never`, `withConsent` or `always`.
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::YouthVisibility>, example = "never")]
    youth: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Reads what an organisation wants of a service.
///
/// # Errors
/// All that is wrong.
pub(in crate::http) fn settings(request: ServiceRequest) -> Result<NewService, ApiError> {
    let ServiceRequest {
        name,
        name_nynorsk,
        kind,
        minimum_consent,
        unregistered_recipients,
        available_at_protected_address,
        parents,
        power_of_attorney,
        youth,
        kinds,
        attachment_types,
        dialogue,
        external_channels,
        hpr_number_required,
        unknown,
    } = request;
    let mut violations = Violations::new();
    let name = violations.required("/name", name);
    let name = violations.parse("/name", name, Name::parse);
    let name_nynorsk = violations.optional("/nameNynorsk", name_nynorsk);
    let name_nynorsk = violations.parse("/nameNynorsk", name_nynorsk, Name::parse);
    let kind = violations.required("/kind", kind);
    let kind = violations.choice_of("/kind", kind, &ServiceKind::OFFERED);
    let visibility = ItemPolicyRequest {
        minimum_consent,
        available_at_protected_address,
        parents,
        power_of_attorney,
        youth,
        unknown: Unknown::default(),
    };
    let visibility = item_policy(&mut violations, "", visibility, ItemPolicy::DEFAULT);
    let kinds = violations.optional("/kinds", kinds).unwrap_or_default();
    let by_kind = by_kind(&mut violations, kinds, visibility);
    let unregistered = violations.optional("/unregisteredRecipients", unregistered_recipients);
    let unregistered = violations.choice("/unregisteredRecipients", unregistered);
    let attachment_types = violations.optional("/attachmentTypes", attachment_types);
    let attachment_types = attachment_types.map(|types| file_types(&mut violations, types));
    let dialogue = violations.optional("/dialogue", dialogue);
    let dialogue = dialogue.map_or(DialoguePolicy::CLOSED, |request| super::dialogue::policy(&mut violations, request));
    let external = violations.optional("/externalChannels", external_channels);
    let external =
        external.map_or(ExternalChannels::NONE, |request| super::external_channels::external(&mut violations, request));
    let needs_hpr_number = violations.optional("/hprNumberRequired", hpr_number_required);
    violations.unknown("", &unknown);
    let (Some(name), Some(kind)) = (name, kind) else { return Err(violations.into_error()) };
    violations.finish()?;
    let policy = ServicePolicy {
        visibility,
        by_kind,
        unregistered_recipients: unregistered.unwrap_or(UnregisteredRecipients::Reject),
        attachment_types: attachment_types.unwrap_or_else(|| vec![FileType::Pdf, FileType::Docx, FileType::Doc]),
        dialogue,
        external,
        needs_hpr_number: needs_hpr_number.unwrap_or_else(|| kind.needs_hpr_number()),
    };
    Ok(NewService { name, name_nynorsk, kind, policy })
}

/// Reads a policy; what is left out is as in `default`.
fn item_policy(violations: &mut Violations, at: &str, request: ItemPolicyRequest, default: ItemPolicy) -> ItemPolicy {
    let ItemPolicyRequest {
        minimum_consent,
        available_at_protected_address,
        parents,
        power_of_attorney,
        youth,
        unknown,
    } = request;
    let pointer = |field: &str| format!("{at}/{field}");
    let consent = violations.optional(&pointer("minimumConsent"), minimum_consent);
    let consent = violations.parse(&pointer("minimumConsent"), consent, minimum_consent_of);
    let protected = violations.optional(&pointer("availableAtProtectedAddress"), available_at_protected_address);
    let parents_word = violations.optional(&pointer("parents"), parents);
    let parents: Option<ParentVisibility> = violations.choice(&pointer("parents"), parents_word);
    let holders = violations.optional(&pointer("powerOfAttorney"), power_of_attorney);
    let youth = violations.optional(&pointer("youth"), youth);
    let youth: YouthVisibility = violations.choice(&pointer("youth"), youth).unwrap_or(default.youth);
    violations.unknown(at, &unknown);
    let is_alone = youth == YouthVisibility::Always;
    if is_alone && parents.is_some_and(|parents| parents != ParentVisibility::Never) {
        violations.add(pointer("parents"), ViolationCode::NeverToParents);
    }
    ItemPolicy {
        minimum_consent: consent.unwrap_or(default.minimum_consent),
        available_at_protected_address: protected.unwrap_or(default.available_at_protected_address),
        parents: if is_alone { ParentVisibility::Never } else { parents.unwrap_or(default.parents) },
        power_of_attorney: holders.unwrap_or(default.power_of_attorney),
        youth,
    }
}

fn by_kind(
    violations: &mut Violations,
    kinds: BTreeMap<String, Field<ItemPolicyRequest>>,
    default: ItemPolicy,
) -> Vec<(MessageKind, ItemPolicy)> {
    let mut policies = Vec::new();
    for (word, request) in kinds {
        let pointer = format!("/kinds/{}", word.replace('~', "~0").replace('/', "~1"));
        let Ok(kind) = word.parse::<MessageKind>() else {
            violations.add(pointer, ViolationCode::UnknownField);
            continue;
        };
        if let Some(request) = violations.required(&pointer, request) {
            policies.push((kind, item_policy(violations, &pointer, request, default)));
        }
    }
    policies
}

/// The inbox takes consent at level Basis at least (HN-5), so a service cannot ask for none.
fn minimum_consent_of(text: &str) -> Result<ConsentLevel, ViolationCode> {
    let levels = [ConsentLevel::Basis, ConsentLevel::BasisPlus, ConsentLevel::Full];
    levels
        .into_iter()
        .find(|level| level.as_word() == text)
        .ok_or_else(|| ViolationCode::NotAChoice { choices: levels.map(ConsentLevel::as_word).to_vec() })
}

fn file_types(violations: &mut Violations, words: Vec<Field<String>>) -> Vec<FileType> {
    let mut types = Vec::new();
    for (place, word) in words.into_iter().enumerate() {
        let pointer = format!("/attachmentTypes/{place}");
        let word = violations.required(&pointer, word);
        let Some(file_type) = violations.choice::<FileType>(&pointer, word) else { continue };
        if types.contains(&file_type) {
            violations.add(pointer, ViolationCode::Duplicate);
        } else {
            types.push(file_type);
        }
    }
    types
}

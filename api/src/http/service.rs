//! A service, for its own systems.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use domain::attachment::FileType;
use domain::id::ServiceId;
use domain::message::Sender;
use domain::service::{ItemPolicy, Service, ServicePolicy};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::context::Call;
use super::etag::tagged;
use crate::app::AppState;
use crate::problem::ApiError;
use crate::problem::responses::CallProblems;

/// Which service.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(super) struct ServicePath {
    /// The service.
    #[param(value_type = Uuid)]
    pub(super) service_id: ServiceId,
}

/// A service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceView {
    id: Uuid,
    /// What recipients see.
    name: String,
    /// `generalPractitioner`, `specialist`, `hospitalDepartment`, `municipalCare`, `allotmentOffice` or `appealsBody`.
    #[schema(example = "specialist")]
    kind: &'static str,
    /// The controller's number in the register of legal entities.
    organisation_number: String,
    /// The controller's name.
    organisation_name: String,
    #[serde(flatten)]
    policy: PolicyView,
}

/// How a service wants to be used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolicyView {
    #[serde(flatten)]
    visibility: ItemPolicyView,
    /// What differs for a kind of message, by its word.
    kinds: BTreeMap<&'static str, ItemPolicyView>,
    /// What becomes of a message to somebody whose inbox is not open: `hold` keeps it until it is (PP-6), `reject`
    /// tells the sender at once (CON-7).
    #[schema(example = "reject")]
    unregistered_recipients: &'static str,
    /// The types of files that it takes, judged by their bytes (HK-4): `pdf`, `docx` and `doc`.
    #[schema(example = json!(["pdf", "docx", "doc"]))]
    attachment_types: Vec<&'static str>,
}

/// What messages ask of who looks at them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ItemPolicyView {
    /// The least consent of those who get them in the inbox (CON-6): `basis`, `basisPlus` or `full`.
    #[schema(example = "basis")]
    minimum_consent: &'static str,
    /// Whether they are shown to owners with a protected address (HN-9).
    available_at_protected_address: bool,
    /// Until which age of a child its parents see them (CHI-1, CHI-3): `never`, `until12` or `until16`.
    #[schema(example = "until12")]
    parents: &'static str,
    /// Whether holders of a power of attorney see them.
    power_of_attorney: bool,
    /// Whether a child below 16 sees them: `never`, `withConsent` of a parent (CHI-8), or `always` (CHI-10).
    #[schema(example = "never")]
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
    pub(super) fn of(policy: ServicePolicy) -> Self {
        let ServicePolicy { visibility, by_kind, unregistered_recipients, attachment_types } = policy;
        Self {
            visibility: visibility.into(),
            kinds: by_kind.into_iter().map(|(kind, policy)| (kind.as_word(), policy.into())).collect(),
            unregistered_recipients: unregistered_recipients.as_word(),
            attachment_types: attachment_types.into_iter().map(FileType::as_word).collect(),
        }
    }
}

impl ServiceView {
    fn of(service: Service, sender: Sender) -> Self {
        let Service { id, organisation: _, name, kind, policy } = service;
        let Sender { service: _, service_name: _, organisation_number, organisation_name } = sender;
        Self {
            id: id.as_uuid(),
            name: name.as_str().to_owned(),
            kind: kind.as_word(),
            organisation_number: organisation_number.as_str().to_owned(),
            organisation_name: organisation_name.as_str().to_owned(),
            policy: PolicyView::of(policy),
        }
    }
}

/// Show a service
///
/// For systems of its own organisation.
#[utoipa::path(
    operation_id = "serviceShow",
    tag = "Services",
    params(ServicePath, ("If-None-Match" = Option<String>, Header, description = "Tags of versions that the caller has.")),
    responses(
        (status = 200, description = "The service.", body = ServiceView, headers(("ETag" = String, description = "The tag of this version."))),
        (status = 304, description = "The caller has this version (`If-None-Match`)."),
        CallProblems,
    ),
)]
#[get("/v1/services/{serviceId}")]
pub(crate) async fn service_show(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<ServicePath>,
) -> Result<HttpResponse, ApiError> {
    let (service, sender) = state.store.service_fetch(&call, path.service_id).await?;
    tagged(&request, &ServiceView::of(service, sender))
}

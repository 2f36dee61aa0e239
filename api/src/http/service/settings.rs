//! A service, for its own systems.

pub(in crate::http) mod dialogue;
mod external_channels;
pub(in crate::http) mod request;
pub(in crate::http) mod view;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, put};
use domain::id::ServiceId;
use domain::message::Sender;
use domain::service::Service;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::request::{ServiceRequest, settings};
use self::view::PolicyView;
use crate::http::request::context::Call;
use crate::http::request::etag::{Expected, tagged_as, version_of};
use crate::http::request::input::JsonBody;
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems, VersionProblems};
use crate::state::AppState;

/// Which service.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(in crate::http) struct ServicePath {
    /// The service.
    #[param(value_type = Uuid)]
    pub(in crate::http) service_id: ServiceId,
}

/// A service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceView {
    id: Uuid,
    /// What recipients see.
    name: String,
    /// What it is called in Nynorsk, where that differs.
    #[schema(required)]
    name_nynorsk: Option<String>,
    /// What it does, in the words of the request.
    #[schema(example = "specialist")]
    kind: &'static str,
    /// The controller's number in the register of legal entities.
    organisation_number: String,
    /// The controller's name.
    organisation_name: String,
    #[serde(flatten)]
    policy: PolicyView,
    /// The `ETag`, as `If-Match` takes it.
    version: String,
}

impl ServiceView {
    fn of(service: Service, sender: Sender) -> Self {
        let Service { id, organisation: _, name, name_nynorsk, kind, policy } = service;
        let Sender { service: _, service_name: _, organisation_number, organisation_name } = sender;
        let mut view = Self {
            id: id.as_uuid(),
            name: name.as_str().to_owned(),
            name_nynorsk: name_nynorsk.map(|name| name.as_str().to_owned()),
            kind: kind.as_word(),
            organisation_number: organisation_number.as_str().to_owned(),
            organisation_name: organisation_name.as_str().to_owned(),
            policy: PolicyView::of(policy),
            version: String::new(),
        };
        view.version = version_of(&view);
        view
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
    let view = ServiceView::of(service, sender);
    tagged_as(&request, &view.version, &view)
}

/// Change a service
///
/// By a system of its own organisation, with the scope `brevdue:services.write`. The body says all that the organisation
/// decides; what is left out is as for a new service. What was accepted before keeps what held then.
#[utoipa::path(
    operation_id = "serviceChange",
    tag = "Services",
    params(ServicePath, ("If-Match" = String, Header, description = "The `ETag` of the version that the change starts from.")),
    request_body = ServiceRequest,
    responses(
        (status = 200, description = "The service as it is now.", body = ServiceView, headers(("ETag" = String, description = "The tag of this version."))),
        CallProblems,
        BodyProblems,
        VersionProblems,
    ),
)]
#[put("/v1/services/{serviceId}")]
pub(crate) async fn service_change(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<ServicePath>,
    body: JsonBody<ServiceRequest>,
) -> Result<HttpResponse, ApiError> {
    let wanted = settings(body.value)?;
    let expected = Expected::required(&request)?;
    let is_current = move |service: &Service, sender: &Sender| {
        expected.is_version(&ServiceView::of(service.clone(), sender.clone()).version)
    };
    let (service, sender) = state.store.service_change(&call, path.service_id, wanted, is_current).await?;
    let view = ServiceView::of(service, sender);
    tagged_as(&request, &view.version, &view)
}

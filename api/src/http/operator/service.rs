//! Services as operators open them for an organisation.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use domain::service::Service;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::operator::organisation::OrganisationPath;
use crate::http::request::context::Call;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::JsonBody;
use crate::http::request::page::ListView;
use crate::http::service::settings::request::{ServiceRequest, settings};
use crate::http::service::settings::view::PolicyView;
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems};
use crate::state::AppState;

/// A service, as operators see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegisteredServiceView {
    id: Uuid,
    /// What recipients see.
    name: String,
    /// What it is called in Nynorsk, where that differs.
    #[schema(required)]
    name_nynorsk: Option<String>,
    /// What it does, in the words of the request.
    #[schema(example = "specialist")]
    kind: &'static str,
    #[serde(flatten)]
    policy: PolicyView,
}

impl From<Service> for RegisteredServiceView {
    fn from(service: Service) -> Self {
        let Service { id, organisation: _, name, name_nynorsk, kind, policy } = service;
        Self {
            id: id.as_uuid(),
            name: name.as_str().to_owned(),
            name_nynorsk: name_nynorsk.map(|name| name.as_str().to_owned()),
            kind: kind.as_word(),
            policy: PolicyView::of(policy),
        }
    }
}

/// Open a service of an organisation
///
/// A unit that sends and receives, with the settings by which it takes part.
#[utoipa::path(
    operation_id = "serviceRegister",
    tag = "Organisations",
    params(OrganisationPath, ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = ServiceRequest,
    responses(
        (status = 201, description = "The service.", body = RegisteredServiceView, headers(
            ("Location" = String, description = "The service's path, for its own systems."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/organisations/{organisationId}/services")]
pub(crate) async fn service_register(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<OrganisationPath>,
    body: JsonBody<ServiceRequest>,
) -> Result<HttpResponse, ApiError> {
    let new = settings(body.value)?;
    let key = optional_key(&request, &body.sha256)?;
    let (service, replayed) = state.store.service_register(&call, path.organisation_id, new, key).await?.into_parts();
    let location = format!("/v1/services/{}", service.id);
    Ok(created(location, replayed).json(RegisteredServiceView::from(service)))
}

/// List the services of an organisation
///
/// In the order in which they were opened.
#[utoipa::path(
    operation_id = "serviceList",
    tag = "Organisations",
    params(OrganisationPath),
    responses(
        (status = 200, description = "All services.", body = ListView<RegisteredServiceView>),
        CallProblems,
    ),
)]
#[get("/v1/organisations/{organisationId}/services")]
pub(crate) async fn service_list(
    call: Call,
    state: Data<AppState>,
    path: Path<OrganisationPath>,
) -> Result<HttpResponse, ApiError> {
    let services = state.store.service_list(&call, path.organisation_id).await?;
    Ok(HttpResponse::Ok().json(ListView::whole(services, RegisteredServiceView::from)))
}

//! Organisations. For operators.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use domain::id::OrganisationId;
use domain::identity::OrganisationNumber;
use domain::organisation::{Name, Organisation};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::request::context::Call;
use crate::http::request::etag::tagged;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::page::{ListView, page};
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems, QueryProblems};
use crate::state::AppState;

/// Which organisation.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(in crate::http) struct OrganisationPath {
    /// The organisation.
    #[param(value_type = Uuid)]
    pub(in crate::http) organisation_id: OrganisationId,
}

/// Which of the organisations.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OrganisationQuery {
    /// At most this many items.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Field<String>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    cursor: Field<String>,
    #[serde(flatten)]
    #[param(ignore)]
    unknown: Unknown,
}

/// An organisation that is to use the mailbox.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrganisationRequest {
    /// Its number in the register of legal entities: nine digits.
    #[schema(value_type = String, example = "310000019")]
    organisation_number: Field<String>,
    /// Its name, of at most 200 characters.
    #[schema(value_type = String, max_length = 200, example = "Fjordklinikken AS")]
    name: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// An organisation that uses the mailbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrganisationView {
    id: Uuid,
    /// Its number in the register of legal entities.
    #[schema(example = "310000019")]
    organisation_number: String,
    /// Its name.
    name: String,
    /// When it stopped using the mailbox; null where it has not.
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
}

impl From<Organisation> for OrganisationView {
    fn from(organisation: Organisation) -> Self {
        let Organisation { id, number, name, ended_at } = organisation;
        Self {
            id: id.as_uuid(),
            organisation_number: number.as_str().to_owned(),
            name: name.as_str().to_owned(),
            ended_at,
        }
    }
}

/// Register an organisation
///
/// It can send when it has a data-processing agreement in force (PP-3) and a service.
#[utoipa::path(
    operation_id = "organisationRegister",
    tag = "Organisations",
    params(("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = OrganisationRequest,
    responses(
        (status = 201, description = "The organisation.", body = OrganisationView, headers(
            ("Location" = String, description = "The organisation's path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/organisations")]
pub(crate) async fn organisation_register(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    body: JsonBody<OrganisationRequest>,
) -> Result<HttpResponse, ApiError> {
    let (number, name) = organisation(body.value)?;
    let key = optional_key(&request, &body.sha256)?;
    let (organisation, replayed) = state.store.organisation_register(&call, number, name, key).await?.into_parts();
    let location = format!("/v1/organisations/{}", organisation.id);
    Ok(created(location, replayed).json(OrganisationView::from(organisation)))
}

fn organisation(request: OrganisationRequest) -> Result<(OrganisationNumber, Name), ApiError> {
    let OrganisationRequest { organisation_number, name, unknown } = request;
    let mut violations = Violations::new();
    let number = violations.required("/organisationNumber", organisation_number);
    let number = violations.parse("/organisationNumber", number, OrganisationNumber::parse);
    let name = violations.required("/name", name);
    let name = violations.parse("/name", name, Name::parse);
    violations.unknown("", &unknown);
    let (Some(number), Some(name)) = (number, name) else { return Err(violations.into_error()) };
    violations.finish().map(|()| (number, name))
}

/// List the organisations
///
/// In the order in which they were registered.
#[utoipa::path(
    operation_id = "organisationList",
    tag = "Organisations",
    params(OrganisationQuery),
    responses(
        (status = 200, description = "A page of the organisations.", body = ListView<OrganisationView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/organisations")]
pub(crate) async fn organisation_list(
    call: Call,
    state: Data<AppState>,
    query: QueryInput<OrganisationQuery>,
) -> Result<HttpResponse, ApiError> {
    let QueryInput { value: OrganisationQuery { limit, cursor, unknown }, mut violations } = query;
    let page = page(&mut violations, limit, cursor);
    violations.unknown("?", &unknown);
    violations.finish()?;
    let slice = state.store.organisation_list(&call, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, OrganisationView::from)))
}

/// Show an organisation
///
/// What operators registered of it.
#[utoipa::path(
    operation_id = "organisationShow",
    tag = "Organisations",
    params(OrganisationPath, ("If-None-Match" = Option<String>, Header, description = "Tags of versions that the caller has.")),
    responses(
        (status = 200, description = "The organisation.", body = OrganisationView, headers(("ETag" = String, description = "The tag of this version."))),
        (status = 304, description = "The caller has this version (`If-None-Match`)."),
        CallProblems,
    ),
)]
#[get("/v1/organisations/{organisationId}")]
pub(crate) async fn organisation_show(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<OrganisationPath>,
) -> Result<HttpResponse, ApiError> {
    let organisation = state.store.organisation_fetch(&call, path.organisation_id).await?;
    tagged(&request, &OrganisationView::from(organisation))
}

/// End an organisation's use of the mailbox
///
/// From now on nobody acts for it: sending and everything else is refused with `organisation-ended`, its webhooks stop, and whoever waits
/// for its events is refused. What was accepted before is still delivered. It stays in the list with its end, and its number can be
/// registered anew, as another organisation that begins with nothing. Ending it again changes nothing.
#[utoipa::path(
    operation_id = "organisationEnd",
    tag = "Organisations",
    params(OrganisationPath),
    responses((status = 204, description = "It has ended."), CallProblems),
)]
#[delete("/v1/organisations/{organisationId}")]
pub(crate) async fn organisation_end(
    call: Call,
    state: Data<AppState>,
    path: Path<OrganisationPath>,
) -> Result<HttpResponse, ApiError> {
    state.store.organisation_end(&call, path.organisation_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

//! Systems that act for an organisation. For operators.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use domain::id::{ClientId, OrganisationId};
use domain::organisation::{Client, ExternalClientId, Name};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::operator::organisation::OrganisationPath;
use crate::http::request::context::Call;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::http::request::page::ListView;
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems};
use crate::state::AppState;

/// A system of an organisation.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct ClientPath {
    /// The organisation.
    #[param(value_type = Uuid)]
    organisation_id: OrganisationId,
    /// The system.
    #[param(value_type = Uuid)]
    client_id: ClientId,
}

/// A system that is to act for the organisation.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientRequest {
    /// The `client_id` in the tokens of its issuer.
    #[schema(value_type = String, max_length = 255, example = "sandbox-ehr")]
    client_id: Field<String>,
    /// What people call it.
    #[schema(value_type = String, max_length = 200, example = "Journalsystemet")]
    name: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A system that acts for an organisation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientView {
    id: Uuid,
    /// The `client_id` in the tokens of its issuer.
    #[schema(example = "sandbox-ehr")]
    client_id: String,
    /// What people call it.
    name: String,
    /// When it ended; null where it has not.
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
}

impl From<Client> for ClientView {
    fn from(client: Client) -> Self {
        let Client { id, organisation: _, external_id, name, ended_at } = client;
        Self { id: id.as_uuid(), client_id: external_id.as_str().to_owned(), name: name.as_str().to_owned(), ended_at }
    }
}

/// Register a system of an organisation
///
/// From the first one on, no others act for the organisation, not even when all of them have ended.
#[utoipa::path(
    operation_id = "clientRegister",
    tag = "Organisations",
    params(OrganisationPath, ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = ClientRequest,
    responses(
        (status = 201, description = "The system.", body = ClientView, headers(
            ("Location" = String, description = "The path of the list that it stands in."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/organisations/{organisationId}/clients")]
pub(crate) async fn client_register(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<OrganisationPath>,
    body: JsonBody<ClientRequest>,
) -> Result<HttpResponse, ApiError> {
    let (external_id, name) = client(body.value)?;
    let key = optional_key(&request, &body.sha256)?;
    let organisation = path.organisation_id;
    let (client, replayed) =
        state.store.client_register(&call, organisation, external_id, name, key).await?.into_parts();
    let location = format!("/v1/organisations/{organisation}/clients");
    Ok(created(location, replayed).json(ClientView::from(client)))
}

fn client(request: ClientRequest) -> Result<(ExternalClientId, Name), ApiError> {
    let ClientRequest { client_id, name, unknown } = request;
    let mut violations = Violations::new();
    let external_id = violations.required("/clientId", client_id);
    let external_id = violations.parse("/clientId", external_id, ExternalClientId::parse);
    let name = violations.required("/name", name);
    let name = violations.parse("/name", name, Name::parse);
    violations.unknown("", &unknown);
    let (Some(external_id), Some(name)) = (external_id, name) else { return Err(violations.into_error()) };
    violations.finish().map(|()| (external_id, name))
}

/// List the systems of an organisation
///
/// Those that may act for it, and those that have ended. Where none was ever registered, any system with a token of the organisation may.
#[utoipa::path(
    operation_id = "clientList",
    tag = "Organisations",
    params(OrganisationPath),
    responses(
        (status = 200, description = "All systems.", body = ListView<ClientView>),
        CallProblems,
    ),
)]
#[get("/v1/organisations/{organisationId}/clients")]
pub(crate) async fn client_list(
    call: Call,
    state: Data<AppState>,
    path: Path<OrganisationPath>,
) -> Result<HttpResponse, ApiError> {
    let clients = state.store.client_list(&call, path.organisation_id).await?;
    Ok(HttpResponse::Ok().json(ListView::whole(clients, ClientView::from)))
}

/// End a system of an organisation
///
/// From now on it acts for the organisation no more: its next request is refused, and so are answers of before that it asks for again by
/// their keys. What was accepted is still delivered. It stays in the list, and its `clientId` can be registered anew. Ending it again
/// changes nothing. Where it was the only one, no system acts for the organisation until another is registered.
#[utoipa::path(
    operation_id = "clientEnd",
    tag = "Organisations",
    params(ClientPath),
    responses((status = 204, description = "It has ended."), CallProblems),
)]
#[delete("/v1/organisations/{organisationId}/clients/{clientId}")]
pub(crate) async fn client_end(
    call: Call,
    state: Data<AppState>,
    path: Path<ClientPath>,
) -> Result<HttpResponse, ApiError> {
    state.store.client_end(&call, path.organisation_id, path.client_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

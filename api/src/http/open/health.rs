//! For load balancers, monitoring and readers of the contract. Open to everybody: none of it tells of anybody.

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use crate::contract::{self, Contract};
use crate::problem::{ApiError, ProblemBody, ProblemKind};
use crate::state::AppState;

/// Whether the program runs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Liveness {
    /// Always `up`: who answers, lives.
    #[schema(example = "up")]
    status: &'static str,
    /// The release.
    version: &'static str,
}

/// What the program stands on, and whether each part answers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadinessView {
    /// The database takes writes.
    database: bool,
    /// Every migration of this release has been applied.
    migrations: bool,
    /// The object store takes and gives bytes.
    object_store: bool,
}

/// Tell whether the program runs
///
/// It touches neither database nor object store: a program that cannot reach them must not be restarted for it.
#[utoipa::path(
    operation_id = "healthLive",
    tag = "Health",
    security(()),
    responses((status = 200, description = "It runs.", body = Liveness)),
)]
#[get("/health/live")]
pub(crate) async fn health_live() -> HttpResponse {
    HttpResponse::Ok().json(Liveness { status: "up", version: env!("CARGO_PKG_VERSION") })
}

/// Tell whether requests can be served
///
/// Asks the database for a write, its migrations, and the object store. An answer holds for a second. A program that is about
/// to end is not ready, and serves requests on until balancers have noticed.
#[utoipa::path(
    operation_id = "healthReady",
    tag = "Health",
    security(()),
    responses(
        (status = 200, description = "Everything answers.", body = ReadinessView),
        (status = 503, description = "A part is away, or the program is about to end.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[get("/health/ready")]
pub(crate) async fn health_ready(state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    if state.ending.has_begun() {
        return Err(ProblemKind::Unavailable.into());
    }
    let persistence::Readiness { database, migrations, object_store } = state.store.readiness().await;
    if database && migrations && object_store {
        Ok(HttpResponse::Ok().json(ReadinessView { database, migrations, object_store }))
    } else {
        tracing::warn!(database, migrations, object_store, "not ready");
        Err(ProblemKind::Unavailable.into())
    }
}

/// Show the figures
///
/// Counters and histograms in the text format of Prometheus. No figure is about a person.
#[utoipa::path(
    operation_id = "metricsShow",
    tag = "Health",
    security(()),
    responses((status = 200, description = "The figures.", body = String, content_type = "text/plain")),
)]
#[get("/metrics")]
pub(crate) async fn metrics_show() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(crate::telemetry::metrics_handle().render())
}

/// Show this contract
///
/// The OpenAPI document with the operations of the sandbox.
#[utoipa::path(
    operation_id = "openapiShow",
    tag = "Documentation",
    security(()),
    responses((status = 200, description = "The document.", body = String, content_type = "application/yaml")),
)]
#[get("/openapi.yaml")]
pub(crate) async fn openapi_show() -> HttpResponse {
    HttpResponse::Ok().content_type("application/yaml").body(contract::YAML)
}

/// The operations of this server as JSON, for the documentation in the browser.
pub(crate) async fn contract_show(contract: Data<Contract>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(contract.json.clone())
}

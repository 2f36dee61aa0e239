//! Background work in trouble. For operators.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post, put};
use chrono::{DateTime, Utc};
use domain::id::JobId;
use persistence::JobInTrouble;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::page::{ListView, PageQuery};
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems, QueryProblems};
use crate::state::AppState;

/// Where a job stands.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct JobPath {
    /// The job.
    #[param(value_type = Uuid)]
    job_id: JobId,
}

/// A piece of background work that could not be done when it was tried last.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobView {
    id: Uuid,
    /// What is to be done.
    #[schema(example = "deliver")]
    kind: &'static str,
    /// What it is to be done with: mostly a message.
    object_id: Uuid,
    /// `away`: another system did not answer, or not as it should. `unknown`: a register has not said what has to be known,
    /// and is asked until it does. `refused`: another system does not take it. `uncertain`: another system may have taken
    /// it, and it would go another way by now; ask them, and say what they said in `settlement`. `broken`: it cannot be
    /// done with what is stored here; the program's log says why.
    #[schema(example = "away")]
    trouble: &'static str,
    /// How often it was tried.
    attempts: i32,
    /// When it is tried next; past where it has been given up.
    run_at: DateTime<Utc>,
    /// Since when it waits for an operator; none while it is still tried.
    #[schema(required)]
    given_up_at: Option<DateTime<Utc>>,
    /// By what the other system knows the letter, where it may have it.
    #[schema(required)]
    handover_id: Option<Uuid>,
}

/// What whoever carries letters says of one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettlementRequest {
    /// Whether they have it.
    #[schema(value_type = bool, example = false)]
    taken: Field<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

impl From<JobInTrouble> for JobView {
    fn from(job: JobInTrouble) -> Self {
        let JobInTrouble { id, kind, object, trouble, attempts, run_at, given_up_at, handover } = job;
        let handover_id = handover.map(|id| id.as_uuid());
        let trouble = trouble.as_word();
        Self { id: id.as_uuid(), kind, object_id: object, trouble, attempts, run_at, given_up_at, handover_id }
    }
}

/// List the background work in trouble
///
/// What could not be done when it was tried last, oldest first. It is tried again by itself, after longer and longer pauses
/// for some two and a half days; then it waits for an operator. For operators.
#[utoipa::path(
    operation_id = "jobList",
    tag = "Operation",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of it.", body = ListView<JobView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/jobs")]
pub(crate) async fn job_list(
    call: Call,
    state: Data<AppState>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let slice = state.store.job_list(&call, PageQuery::read(query)?).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, JobView::from)))
}

/// Let background work in trouble be tried again
///
/// At once, and as often as if it were new. For operators, when what was in its way has been mended.
#[utoipa::path(
    operation_id = "jobRestart",
    tag = "Operation",
    params(JobPath),
    responses((status = 204, description = "It is being tried."), CallProblems),
)]
#[post("/v1/jobs/{jobId}/restart")]
pub(crate) async fn job_restart(
    call: Call,
    state: Data<AppState>,
    path: Path<JobPath>,
) -> Result<HttpResponse, ApiError> {
    state.store.job_restart(&call, path.job_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Say whether a carrier has a letter
///
/// A letter that a printer or a provider may have goes nowhere by itself when its way is closed: it could come twice. Ask
/// them by `handoverId`, and say here what they said. One that they have has gone; one that they have not goes at once, the
/// way that is open by now. For operators, when the job has been given up.
#[utoipa::path(
    operation_id = "jobSettle",
    tag = "Operation",
    params(JobPath),
    request_body = SettlementRequest,
    responses((status = 204, description = "It is settled."), CallProblems, BodyProblems),
)]
#[put("/v1/jobs/{jobId}/settlement")]
pub(crate) async fn job_settle(
    call: Call,
    state: Data<AppState>,
    path: Path<JobPath>,
    body: JsonBody<SettlementRequest>,
) -> Result<HttpResponse, ApiError> {
    let SettlementRequest { taken, unknown } = body.value;
    let mut violations = Violations::new();
    let taken = violations.required("/taken", taken);
    violations.unknown("", &unknown);
    violations.finish()?;
    state.store.handover_settle(&call, path.job_id, taken == Some(true)).await?;
    Ok(HttpResponse::NoContent().finish())
}

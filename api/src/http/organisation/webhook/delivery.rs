//! What a webhook has not delivered, and sending again.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::id::OrganisationId;
use domain::webhook::{Fault, Reception, UndeliveredEvent};
use persistence::{Limited, Load, QuotaReached};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::WebhookPath;
use crate::event_body::EventView;
use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::page::{ListView, page};
use crate::problem::responses::{BodyProblems, CallProblems, QueryProblems};
use crate::problem::{ApiError, ProblemBody, ViolationCode};
use crate::state::AppState;
use crate::vocabulary::DeliveryState;

/// Which of what was not delivered.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    /// Only those that wait to be sent again, or only those that were given up: `waiting` or `undelivered`.
    #[serde(default)]
    #[param(value_type = Option<DeliveryState>, example = "undelivered")]
    state: Field<String>,
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

/// An event that the receiver has not taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryView {
    event: EventView,
    /// `waiting`: it is sent again. `undelivered`: it was given up.
    #[schema(value_type = DeliveryState, example = "undelivered")]
    state: &'static str,
    /// How often it was sent.
    attempts: i32,
    /// When it was sent first; not yet where an earlier one of its mailbox holds it up.
    #[schema(required)]
    first_attempt_at: Option<DateTime<Utc>>,
    /// When it is sent next, unless an earlier one of its mailbox holds it up.
    #[schema(required)]
    next_attempt_at: Option<DateTime<Utc>>,
    /// Why the receiver has not taken it: `status`, `redirect` or `unreachable`.
    #[schema(required, example = "status")]
    fault: Option<&'static str>,
    /// The status that the receiver answered with.
    #[schema(required, example = 500)]
    status: Option<u16>,
}

impl From<UndeliveredEvent> for DeliveryView {
    fn from(undelivered: UndeliveredEvent) -> Self {
        let UndeliveredEvent { event, attempts, first_at, next_at, fault, status } = undelivered;
        Self {
            event: EventView::from(event),
            state: if next_at.is_some() { "waiting" } else { "undelivered" },
            attempts,
            first_attempt_at: first_at,
            next_attempt_at: next_at,
            fault: fault.map(Fault::told),
            status,
        }
    }
}

/// List what was not delivered
///
/// The events that the receiver has not taken, in the order of the feed: those that are sent again, and those that were
/// given up.
#[utoipa::path(
    operation_id = "webhookDeliveryList",
    tag = "Events",
    params(WebhookPath, DeliveryQuery),
    responses(
        (status = 200, description = "A page of them.", body = ListView<DeliveryView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/webhooks/{webhookId}/deliveries")]
pub(crate) async fn webhook_delivery_list(
    call: Call,
    state: Data<AppState>,
    path: Path<WebhookPath>,
    query: QueryInput<DeliveryQuery>,
) -> Result<HttpResponse, ApiError> {
    let QueryInput { value: DeliveryQuery { state: wanted, limit, cursor, unknown }, mut violations } = query;
    let wanted = violations.optional("?state", wanted);
    let is_waiting = violations.parse("?state", wanted, |word| match word {
        "waiting" => Ok(true),
        "undelivered" => Ok(false),
        _ => Err(ViolationCode::NotAChoice { choices: vec!["waiting", "undelivered"] }),
    });
    let page = page(&mut violations, limit, cursor);
    violations.unknown("?", &unknown);
    violations.finish()?;
    let slice = state.store.webhook_delivery_list(&call, path.webhook_id, is_waiting, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, DeliveryView::from)))
}

/// From where on to send again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedeliveryRequest {
    /// The number of the first event that is sent again.
    #[schema(value_type = i64, minimum = 1, example = 17)]
    from: Field<i64>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What is sent again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedeliveryView {
    /// The number of the first event.
    from: i64,
    /// The number of the last event that there is at the moment.
    to: i64,
}

/// Send events again
///
/// Everything from a number of the feed on, in order, also what the receiver has taken before.
#[utoipa::path(
    operation_id = "webhookRedeliver",
    tag = "Events",
    params(WebhookPath),
    request_body = RedeliveryRequest,
    responses(
        (status = 202, description = "It is sent.", body = RedeliveryView),
        CallProblems,
        BodyProblems,
        (status = 410, description = "The event is no longer kept.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[post("/v1/webhooks/{webhookId}/redeliveries")]
pub(crate) async fn webhook_redeliver(
    call: Call,
    state: Data<AppState>,
    path: Path<WebhookPath>,
    body: JsonBody<RedeliveryRequest>,
) -> Result<HttpResponse, ApiError> {
    let RedeliveryRequest { from, unknown } = body.value;
    let mut violations = Violations::new();
    let from = violations.required("/from", from);
    let from = violations.in_range("/from", from, 1..=i64::MAX);
    violations.unknown("", &unknown);
    let Some(from) = from else { return Err(violations.into_error()) };
    violations.finish()?;
    let to = state.store.webhook_redeliver(&call, path.webhook_id, from).await?;
    Ok(HttpResponse::Accepted().json(RedeliveryView { from, to }))
}

/// What a receiver made of a test.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TestView {
    /// `challenge` where the receiver had not answered one yet, otherwise `test`.
    #[schema(example = "test")]
    sent: &'static str,
    /// Whether the receiver took it.
    taken: bool,
    /// Why it did not: `status`, `redirect`, `unreachable` or `wrongChallenge`.
    #[schema(required)]
    fault: Option<&'static str>,
    /// The status that it answered with, where it was no success.
    #[schema(required)]
    status: Option<u16>,
}

/// Try a webhook
///
/// Sends `{"type": "webhook.test"}` at once, signed like all else, and tells what the receiver made of it. Where the receiver
/// has not answered the challenge yet, it is the challenge that is sent. It says nothing of any event, and is not tried again. An
/// organisation has a few a minute.
#[utoipa::path(
    operation_id = "webhookTest",
    tag = "Events",
    params(WebhookPath),
    responses((status = 200, description = "What became of it.", body = TestView), CallProblems),
)]
#[post("/v1/webhooks/{webhookId}/test")]
pub(crate) async fn webhook_test(
    call: Call,
    state: Data<AppState>,
    path: Path<WebhookPath>,
) -> Result<HttpResponse, ApiError> {
    let webhook = path.webhook_id;
    let tests = state.clone().into_inner();
    let admit = move |organisation: OrganisationId| {
        tests.webhook_tests.take(&organisation.to_string()).map_err(|(most, retry_after_seconds)| QuotaReached {
            limited: Limited::WebhookTestsAMinute,
            most: most.into(),
            retry_after_seconds,
        })
    };
    let dispatch = state.store.webhook_test(&call, webhook, admit).await?;
    let sent = if matches!(dispatch.load, Load::Challenge) { "challenge" } else { "test" };
    let reception = state.post.carry_out(dispatch).await?;
    // The caller is told less.
    tracing::info!(webhook.id = %webhook, reception = ?reception, "a webhook was tried");
    let (taken, fault, status) = match reception {
        Some(Reception::Taken) => (true, None, None),
        Some(Reception::NotNow(fault, status)) => (false, Some(fault), status),
        Some(Reception::Never(status)) => (false, Some(Fault::Status), Some(status)),
        Some(Reception::Gone) => (false, Some(Fault::Status), Some(410)),
        None => (false, None, None),
    };
    Ok(HttpResponse::Ok().json(TestView { sent, taken, fault: fault.map(Fault::told), status }))
}

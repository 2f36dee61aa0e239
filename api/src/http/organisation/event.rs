//! The feed of an organisation: what happens to its messages, in order (BX-8). Ids and words, never content.

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use persistence::FeedPage;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::event_body::EventView;
use crate::http::request::context::Call;
use crate::http::request::input::{Field, QueryInput, Unknown};
use crate::problem::responses::{CallProblems, QueryProblems};
use crate::problem::{ApiError, ProblemBody};
use crate::state::AppState;

/// The longest that a request waits for the next event.
const MOST_WAIT_SECONDS: i64 = 30;
const MOST_ITEMS: i64 = 1000;
const DEFAULT_ITEMS: u16 = 100;

/// From where on, and how long to wait.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct EventQuery {
    /// The number of the last event that was seen: `nextAfter` of the answer before. Left out, the feed begins with the
    /// oldest event that is kept.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 0)]
    after: Field<String>,
    /// For how many seconds to wait for an event where there is none yet.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 0, maximum = 30, default = 0)]
    wait: Field<String>,
    /// At most this many events.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000, default = 100)]
    limit: Field<String>,
    #[serde(flatten)]
    #[param(ignore)]
    unknown: Unknown,
}

/// Some of the feed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeedView {
    /// The events, in the order of their numbers.
    items: Vec<EventView>,
    /// For the next request, as `after`.
    next_after: i64,
}

impl From<FeedPage> for FeedView {
    fn from(page: FeedPage) -> Self {
        let FeedPage { items, next_after } = page;
        Self { items: items.into_iter().map(EventView::from).collect(), next_after }
    }
}

/// Follow what happens
///
/// The events of the organisation, in one order that never changes: each number comes once, and none is left out. What
/// happened in one mailbox comes in its order. A consumer keeps `nextAfter` and asks with it again; events come again
/// when an older number is asked for. With `wait`, the answer comes with the next event, or empty when the time is up.
///
/// Events are kept for 90 days. A number whose events are gone is answered with `410`; one that the feed has not reached
/// is wrong. When nothing happens for an hour, a heartbeat does. Takes the scope `brevdue:messages.read`.
#[utoipa::path(
    operation_id = "eventList",
    tag = "Events",
    params(EventQuery),
    responses(
        (status = 200, description = "The events.", body = FeedView),
        CallProblems,
        QueryProblems,
        (status = 410, description = "Events after the number are no longer kept.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[get("/v1/events")]
pub(crate) async fn event_list(
    call: Call,
    state: Data<AppState>,
    query: QueryInput<EventQuery>,
) -> Result<HttpResponse, ApiError> {
    let QueryInput { value: EventQuery { after, wait, limit, unknown }, mut violations } = query;
    let after = violations.optional("?after", after);
    let after = violations.number_in_range("?after", after, 0..=i64::MAX);
    let wait = violations.optional("?wait", wait);
    let wait = violations.number_in_range("?wait", wait, 0..=MOST_WAIT_SECONDS);
    let limit = violations.optional("?limit", limit);
    let limit = violations.number_in_range("?limit", limit, 1..=MOST_ITEMS);
    violations.unknown("?", &unknown);
    violations.finish()?;
    let wait = Duration::from_secs(wait.and_then(|seconds| seconds.try_into().ok()).unwrap_or(0));
    let limit = limit.and_then(|limit| limit.try_into().ok()).unwrap_or(DEFAULT_ITEMS);
    let page = state.store.event_list(&call, after, limit, wait, || state.clock.now()).await?;
    Ok(HttpResponse::Ok().json(FeedView::from(page)))
}

//! What would become of a message, without sending it (BX-3).

use std::borrow::Cow;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use domain::attachment::{MAX_FILE_BYTES, MAX_FILES};
use domain::identity::NumberSeries;
use domain::routing::{Channel, Decision, Route, Routed};
use persistence::Preview;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::http::service::routed::{PassedOverView, passed_over, text};
use crate::http::service::sending::request::{RecipientRequest, recipient};
use crate::http::service::settings::ServicePath;
use crate::language::Language;
use crate::problem::responses::{BodyProblems, CallProblems};
use crate::problem::{ApiError, ViolationCode};
use crate::state::AppState;
use crate::vocabulary;

/// The largest file, as a problem tells it.
const MOST_BYTES: i64 = MAX_FILE_BYTES.cast_signed();

/// A message that might be sent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PreviewRequest {
    /// Who it would be for.
    #[schema(value_type = RecipientRequest)]
    recipient: Field<RecipientRequest>,
    /// What it would be, in the words of a message.
    #[schema(value_type = String, example = "letter")]
    kind: Field<String>,
    /// The sizes of its files in bytes: at most 20. None where left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<u64>>, max_items = 20, example = json!([120_000]))]
    file_sizes: Field<Vec<Field<u64>>>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What would become of the message, if it were sent now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PreviewView {
    /// `sent`: over the channel. `held`: it would wait until the inbox opens. `waiting`: a register does not answer, and
    /// nobody guesses. `rejected`: it would be refused.
    #[schema(example = "sent")]
    outcome: &'static str,
    /// `inbox`, `digitalMailbox` or `paper`; none where it goes nowhere, or nothing is decided.
    #[schema(value_type = Option<vocabulary::Channel>, required, example = "inbox")]
    channel: Option<&'static str>,
    /// The rule that decides.
    #[schema(example = "HN-4")]
    rule: &'static str,
    /// Why.
    #[schema(example = "inboxOpen")]
    reason: &'static str,
    /// The same in words, in the language of the request.
    #[schema(value_type = String, example = "Mottakeren har åpnet innboksen for tjenesten.")]
    text: Cow<'static, str>,
    /// Each channel that is not chosen, with what stands against it.
    passed_over: Vec<PassedOverView>,
}

impl PreviewView {
    fn of(decision: &Decision, language: Language) -> Self {
        let Routed { channel, rule, reason: _, passed_over: against } = Routed::from(decision);
        let outcome = match decision.route {
            Route::Inbox | Route::DigitalMailbox(_) | Route::Paper => "sent",
            Route::Hold => "held",
            Route::Wait => "waiting",
            Route::Reject(_) => "rejected",
        };
        Self {
            outcome,
            channel: channel.map(Channel::as_word),
            rule: rule.id(),
            reason: decision.reason.as_word(),
            text: text(decision.reason, language),
            passed_over: passed_over(against, language),
        }
    }
}

/// Tell which way a message would take
///
/// The decision that `POST …/messages` would come to now, with its rule and that of each channel that is passed over.
/// Nothing is sent and nothing is stored but that it was asked. It is decided again when the message is sent, and at each
/// step after that.
#[utoipa::path(
    operation_id = "routingPreview",
    tag = "Services",
    params(ServicePath),
    request_body = PreviewRequest,
    responses(
        (status = 200, description = "What would become of it.", body = PreviewView),
        CallProblems,
        BodyProblems,
    ),
)]
#[post("/v1/services/{serviceId}/routing-preview")]
pub(crate) async fn routing_preview(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
    language: Language,
    body: JsonBody<PreviewRequest>,
) -> Result<HttpResponse, ApiError> {
    let preview = preview(body.value, state.series)?;
    let decision = state.store.routing_preview(&call, path.service_id, preview).await?;
    Ok(HttpResponse::Ok().json(PreviewView::of(&decision, language)))
}

fn preview(request: PreviewRequest, series: NumberSeries) -> Result<Preview, ApiError> {
    let PreviewRequest { recipient: of, kind, file_sizes, unknown } = request;
    let mut violations = Violations::new();
    let of = violations.required("/recipient", of);
    let recipient = match of {
        Some(of) => recipient(&mut violations, of, series)?,
        None => None,
    };
    let kind = violations.required("/kind", kind);
    let kind = violations.choice("/kind", kind);
    let file_sizes = sizes(&mut violations, file_sizes);
    violations.unknown("", &unknown);
    let (Some(recipient), Some(kind)) = (recipient, kind) else { return Err(violations.into_error()) };
    violations.finish()?;
    Ok(Preview { recipient, kind, file_sizes })
}

fn sizes(violations: &mut Violations, sizes: Field<Vec<Field<u64>>>) -> Vec<u64> {
    let sizes = violations.optional("/fileSizes", sizes).unwrap_or_default();
    if sizes.len() > MAX_FILES {
        violations.add("/fileSizes", ViolationCode::TooMany { max: MAX_FILES });
        return vec![];
    }
    let size = |(place, size): (usize, Field<u64>)| {
        let pointer = format!("/fileSizes/{place}");
        let size = violations.required(&pointer, size)?;
        if size > MAX_FILE_BYTES {
            violations.add(pointer, ViolationCode::OutOfRange { min: 0, max: MOST_BYTES });
        }
        Some(size)
    };
    sizes.into_iter().enumerate().filter_map(size).collect()
}

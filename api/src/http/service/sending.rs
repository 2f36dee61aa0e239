//! Messages of services: sending them, and following where they stand. Never what they say.

pub(in crate::http) mod request;

use std::borrow::Cow;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::id::{MessageId, ServiceId, UploadId};
use domain::message::{SenderReference, Sending, Step};
use domain::routing::{Channel, Routed};
use persistence::Created;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::request::{MessageRequest, draft};
use crate::http::request::context::Call;
use crate::http::request::etag::tagged;
use crate::http::request::idempotency::{created, required_key};
use crate::http::request::input::{Field, QueryInput, Unknown};
use crate::http::request::multipart::{self, Sender};
use crate::http::request::page::{ListView, page};
use crate::http::service::routed::{self, PassedOverView};
use crate::http::service::settings::ServicePath;
use crate::language::Language;
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems, QueryProblems};
use crate::state::AppState;
use crate::vocabulary;

/// Which message of which service.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(in crate::http) struct SendingPath {
    /// The service.
    #[param(value_type = Uuid)]
    pub(in crate::http) service_id: ServiceId,
    /// The message.
    #[param(value_type = Uuid)]
    pub(in crate::http) message_id: MessageId,
}

/// Which of the messages.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct SendingQuery {
    /// Only the one message that the service gave this name.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026/1234-5")]
    sender_reference: Field<String>,
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

/// A message as its sender follows it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendingView {
    id: Uuid,
    /// `letter`, `dialogue`, `service` or `appointmentLetter`.
    #[schema(value_type = vocabulary::MessageKind, example = "letter")]
    kind: &'static str,
    /// `accepted`: it is safe, and the recipient cannot see it yet. `routed`: it goes over the channel, or has left the house.
    /// `delivered`: it is in the inbox. `opened`: the recipient has read it. `returned`: it came to nobody, and is the
    /// sender's again. More words will come.
    #[schema(value_type = vocabulary::SendingStatus, example = "accepted")]
    status: &'static str,
    /// Where it goes: `inbox`, `digitalMailbox` or `paper`. More words will come; none while nothing is decided, and where it
    /// goes nowhere.
    #[schema(value_type = Option<vocabulary::Channel>, required, example = "inbox")]
    channel: Option<&'static str>,
    /// The rule that chose the channel (BX-3).
    #[schema(example = "HN-4")]
    rule: &'static str,
    /// Why; none for messages from before reasons were kept.
    #[schema(required, example = "inboxOpen")]
    reason: Option<&'static str>,
    /// The same in words, in the language of the request.
    #[schema(value_type = Option<String>, required, example = "Mottakeren har åpnet innboksen for tjenesten.")]
    text: Option<Cow<'static, str>>,
    /// Each channel that was not chosen, with what stood against it.
    passed_over: Vec<PassedOverView>,
    /// The sender's own name for it.
    #[schema(required, example = "2026/1234-5")]
    sender_reference: Option<String>,
    /// Until when the sender hopes that it is read.
    #[schema(required)]
    open_by: Option<DateTime<Utc>>,
    /// When it was stored safely.
    accepted_at: DateTime<Utc>,
    /// What has happened, in order.
    timeline: Vec<StepView>,
}

/// A step on a message's way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StepView {
    /// What was reached, in the words of the message's `status`.
    #[schema(value_type = vocabulary::SendingStatus, example = "accepted")]
    status: &'static str,
    /// When.
    at: DateTime<Utc>,
    /// The rule by which.
    #[schema(example = "HN-4")]
    rule: &'static str,
}

impl SendingView {
    pub(in crate::http) fn of(sending: Sending, language: Language) -> Self {
        let (status, timeline, routed) = (sending.status(), sending.timeline(), sending.routed().clone());
        let Sending {
            id,
            service: _,
            kind,
            sender_reference,
            accepted: _,
            steps: _,
            open_by,
            accepted_at,
            delivered_at: _,
            opened_at: _,
        } = sending;
        let Routed { channel, rule, reason, passed_over } = routed;
        let (reason, text) = routed::why(reason, language);
        let step = |Step { status, at, rule }| StepView { status: status.as_word(), at, rule: rule.id() };
        Self {
            id: id.as_uuid(),
            kind: kind.as_word(),
            status: status.as_word(),
            channel: channel.map(Channel::as_word),
            rule: rule.id(),
            reason,
            text,
            passed_over: routed::passed_over(passed_over, language),
            sender_reference: sender_reference.map(|reference| reference.as_str().to_owned()),
            open_by,
            accepted_at,
            timeline: timeline.into_iter().map(step).collect(),
        }
    }
}

/// Send a message
///
/// To one person. Files are handed in ahead (`uploadOpen`, `uploadFill`) and named by their ids. Without a generated client
/// both go in one request: as `multipart/form-data` with a part named `message` (the same JSON) and up to 20 files of at most
/// 30 MiB each, in any order. When the answer is `201`, the message is safe (BX-1). Files are judged by their bytes (HK-4). The
/// recipient is a citizen, never an employee (HK-2).
#[utoipa::path(
    operation_id = "messageSend",
    tag = "Services",
    params(ServicePath, ("Idempotency-Key" = String, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = MessageRequest,
    responses(
        (status = 201, description = "The message is stored safely.", body = SendingView, headers(
            ("Location" = String, description = "The message's path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request sent it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/services/{serviceId}/messages")]
pub(crate) async fn message_send(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<ServicePath>,
    language: Language,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let (service, mut files) = (path.service_id, Vec::new());
    let outcome = receive(&state, &call, service, &request, payload, &mut files).await;
    // The files of a message that is refused, or was sent before, belong to nothing.
    if !matches!(outcome, Ok(Created::New(_))) {
        state.store.upload_discard(service.into(), &files, state.clock.now()).await;
    }
    let (sending, replayed) = outcome?.into_parts();
    let location = format!("/v1/services/{service}/messages/{}", sending.id);
    Ok(created(location, replayed).json(SendingView::of(sending, language)))
}

/// Takes a message in. What has been stored of its files is noted in `files`, also on failure.
async fn receive(
    state: &AppState,
    call: &Call,
    service: ServiceId,
    request: &HttpRequest,
    payload: Payload,
    files: &mut Vec<UploadId>,
) -> Result<Created<Sending>, ApiError> {
    // The files are part of what the key stands for; whether there is one at all is seen before they come.
    required_key(request, &[0; 32])?;
    let read = |message| draft(message, state.series, call.now);
    let sender = Sender { state, call, owner: service.into(), read: &read, uploads: |draft| &mut draft.uploads };
    let (draft, content) = multipart::receive(&sender, request, payload, files).await?;
    let key = required_key(request, &content)?;
    Ok(state.store.message_send(call, service, draft, key).await?)
}

/// List what a service has sent
///
/// Newest first, or the one message that has a sender reference. Where each stands, never what it says.
#[utoipa::path(
    operation_id = "sendingList",
    tag = "Services",
    params(ServicePath, SendingQuery),
    responses(
        (status = 200, description = "A page of the messages.", body = ListView<SendingView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/services/{serviceId}/messages")]
pub(crate) async fn sending_list(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
    language: Language,
    query: QueryInput<SendingQuery>,
) -> Result<HttpResponse, ApiError> {
    let QueryInput { value: SendingQuery { sender_reference, limit, cursor, unknown }, mut violations } = query;
    let reference = violations.optional("?senderReference", sender_reference);
    let reference = violations.parse("?senderReference", reference, SenderReference::parse);
    let page = page(&mut violations, limit, cursor);
    violations.unknown("?", &unknown);
    violations.finish()?;
    let slice = state.store.sending_list(&call, path.service_id, reference, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, |sending| SendingView::of(sending, language))))
}

/// Show where a message stands
///
/// For the service that sent it. Never what it says.
#[utoipa::path(
    operation_id = "sendingShow",
    tag = "Services",
    params(SendingPath, ("If-None-Match" = Option<String>, Header, description = "Tags of versions that the caller has.")),
    responses(
        (status = 200, description = "The message.", body = SendingView, headers(("ETag" = String, description = "The tag of this version."))),
        (status = 304, description = "The caller has this version (`If-None-Match`)."),
        CallProblems,
    ),
)]
#[get("/v1/services/{serviceId}/messages/{messageId}")]
pub(crate) async fn sending_show(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<SendingPath>,
    language: Language,
) -> Result<HttpResponse, ApiError> {
    let sending = state.store.sending_fetch(&call, path.service_id, path.message_id).await?;
    tagged(&request, &SendingView::of(sending, language))
}

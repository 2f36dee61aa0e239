//! The work queue of a service: for its members, and the same for its own systems.

mod view;

use actix_web::http::header::ETag;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use chrono::{DateTime, Utc};
use domain::conversation::{ConversationState, NoteText, QueueItem, WrittenText};
use domain::id::{AttachmentId, ConversationId, MessageId, PersonId, ServiceId};
use persistence::{AssigneeFilter, Page, QueueFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::view::{NoteView, tag};
pub(in crate::http) use self::view::{QueueItemView, SaidView, TurnView};
use crate::http::mailbox::attachment::serve;
use crate::http::mailbox::writing::{TextRequest, text};
use crate::http::request::context::Call;
use crate::http::request::etag::Expected;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::multipart::{self, Sender};
use crate::http::request::page::{ListView, PageQuery, page};
use crate::http::service::settings::ServicePath;
use crate::http::service::staff::MemberRefRequest;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems, QueryProblems, VersionProblems};
use crate::problem::{ApiError, ViolationCode};
use crate::state::AppState;
use crate::vocabulary;

/// Which conversation of which service.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(in crate::http) struct DeskPath {
    /// The service.
    #[param(value_type = Uuid)]
    pub(in crate::http) service_id: ServiceId,
    /// The conversation.
    #[param(value_type = Uuid)]
    pub(in crate::http) conversation_id: ConversationId,
}

/// Which file of which message.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
struct TurnFilePath {
    /// The service.
    #[param(value_type = Uuid)]
    service_id: ServiceId,
    /// The conversation.
    #[param(value_type = Uuid)]
    conversation_id: ConversationId,
    /// The message.
    #[param(value_type = Uuid)]
    message_id: MessageId,
    /// The file.
    #[param(value_type = Uuid)]
    attachment_id: AttachmentId,
}

/// Which conversations are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct QueueQuery {
    /// `new`, `open`, `waitingForCitizen` or `closed`.
    #[serde(default)]
    #[param(value_type = Option<vocabulary::ConversationState>, example = "new")]
    state: Field<String>,
    /// `me`, `nobody`, or the id of a member.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "me")]
    assignee: Field<String>,
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

/// An answer that is safe.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnsweredView {
    /// The message. Where it stands is told among what the service has sent.
    id: Uuid,
}

/// Who is to answer.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssignmentRequest {
    /// A member; `null` for nobody.
    #[serde(default)]
    #[schema(required, value_type = Option<MemberRefRequest>)]
    member: Field<MemberRefRequest>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What staff write to each other.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NoteRequest {
    /// What it says: at most 10,000 characters.
    #[schema(value_type = String, max_length = 10_000, example = "Ringt, ikke svar.")]
    text: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

fn wanted(QueryInput { value, mut violations }: QueryInput<QueueQuery>) -> Result<(QueueFilter, Page), ApiError> {
    let QueueQuery { state, assignee, limit, cursor, unknown } = value;
    let state = violations.optional("?state", state);
    let state: Option<ConversationState> = violations.choice("?state", state);
    let assignee = violations.optional("?assignee", assignee);
    let assignee = violations.parse("?assignee", assignee, |text| match text {
        "me" => Ok(AssigneeFilter::Me),
        "nobody" => Ok(AssigneeFilter::Nobody),
        id => Uuid::try_parse(id).map(|id| AssigneeFilter::Member(id.into())).map_err(|_| ViolationCode::NotAUuid),
    });
    let page = page(&mut violations, limit, cursor);
    violations.unknown("?", &unknown);
    violations.finish()?;
    Ok((QueueFilter { state, assignee }, page))
}

pub(in crate::http) fn shown(item: QueueItem, now: DateTime<Utc>) -> HttpResponse {
    let tag = tag(item.id, item.version);
    HttpResponse::Ok().insert_header(ETag(tag)).json(QueueItemView::at(item, now))
}

/// List the conversations of a service
///
/// Those in which something happened last first. A system sees all. A member sees those of patients to whom they have
/// lawful access; of those that nobody has taken, that there is one (DH-7).
#[utoipa::path(
    operation_id = "queueList",
    tag = "Queue",
    params(ServicePath, QueueQuery),
    responses(
        (status = 200, description = "A page of the queue.", body = ListView<QueueItemView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/services/{serviceId}/conversations")]
pub(crate) async fn queue_list(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
    query: QueryInput<QueueQuery>,
) -> Result<HttpResponse, ApiError> {
    let (filter, page) = wanted(query)?;
    let slice = state.store.queue_list(&call, path.service_id, filter, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, |item| QueueItemView::at(item, call.now))))
}

/// Show a conversation of a service
///
/// Its `ETag` is what answers and changes start from.
#[utoipa::path(
    operation_id = "queueShow",
    tag = "Queue",
    params(DeskPath),
    responses(
        (status = 200, description = "The conversation.", body = QueueItemView, headers(("ETag" = String, description = "Another one with each message, and when it has gone to somebody else, was closed or opened again."))),
        CallProblems,
    ),
)]
#[get("/v1/services/{serviceId}/conversations/{conversationId}")]
pub(crate) async fn queue_show(
    call: Call,
    state: Data<AppState>,
    path: Path<DeskPath>,
) -> Result<HttpResponse, ApiError> {
    let item = state.store.desk_show(&call, path.service_id, path.conversation_id).await?;
    Ok(shown(item, call.now))
}

/// Read the messages of a conversation
///
/// From the first on. That a member has looked stands in the conversation, and in the patient's access log.
#[utoipa::path(
    operation_id = "turnList",
    tag = "Queue",
    params(DeskPath, PageQuery),
    responses(
        (status = 200, description = "A page of them.", body = ListView<TurnView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/services/{serviceId}/conversations/{conversationId}/messages")]
pub(crate) async fn turn_list(
    call: Call,
    state: Data<AppState>,
    path: Path<DeskPath>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = PageQuery::read(query)?;
    let slice = state.store.desk_messages(&call, path.service_id, path.conversation_id, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, TurnView::from)))
}

/// Answer a citizen
///
/// As the service; the author is on record. A letter has no reply: the service sends a letter of its own. Files are
/// handed in ahead (`uploadOpen`, `uploadFill`), or come with it as `multipart/form-data` with a part named `message`.
#[utoipa::path(
    operation_id = "turnSend",
    tag = "Queue",
    params(
        DeskPath,
        ("If-Match" = String, Header, description = "The `ETag` of the conversation as the caller has seen it."),
        ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again."),
    ),
    request_body = TextRequest,
    responses(
        (status = 201, description = "The answer is stored safely.", body = AnsweredView, headers(
            ("Location" = String, description = "Where it is told how it stands."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request sent it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
        VersionProblems,
    ),
)]
#[post("/v1/services/{serviceId}/conversations/{conversationId}/messages")]
pub(crate) async fn turn_send(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<DeskPath>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let DeskPath { service_id: service, conversation_id: id } = path.into_inner();
    let expected = Expected::required(&request)?;
    let mut files = Vec::new();
    let sender = Sender {
        state: &state,
        call: &call,
        owner: service.into(),
        read: &text,
        uploads: |text: &mut WrittenText| &mut text.uploads,
    };
    let outcome = async {
        let (text, content) = multipart::receive(&sender, &request, payload, &mut files).await?;
        let key = optional_key(&request, &content)?;
        let is_current = move |version| expected.is(&tag(id, version));
        Ok::<_, ApiError>(state.store.desk_answer(&call, service, id, is_current, text, key).await?)
    }
    .await;
    if !matches!(outcome, Ok(persistence::Created::New(_))) {
        state.store.upload_discard(service.into(), &files, state.clock.now()).await;
    }
    let (message, replayed) = outcome?.into_parts();
    let location = format!("/v1/services/{service}/messages/{message}");
    Ok(created(location, replayed).json(AnsweredView { id: message.as_uuid() }))
}

/// Say who is to answer
///
/// A member may take what nobody has taken, or give it to another: by that the other follows the patient up.
#[utoipa::path(
    operation_id = "assignmentPut",
    tag = "Queue",
    params(DeskPath, ("If-Match" = String, Header, description = "The `ETag` of the conversation as the caller has seen it.")),
    request_body = AssignmentRequest,
    responses(
        (status = 200, description = "The conversation as it is now.", body = QueueItemView, headers(("ETag" = String, description = "The tag of this version."))),
        CallProblems,
        BodyProblems,
        VersionProblems,
    ),
)]
#[put("/v1/services/{serviceId}/conversations/{conversationId}/assignment")]
pub(crate) async fn assignment_put(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<DeskPath>,
    body: JsonBody<AssignmentRequest>,
) -> Result<HttpResponse, ApiError> {
    let member = assignee(body.value)?;
    let expected = Expected::required(&request)?;
    let DeskPath { service_id: service, conversation_id: id } = path.into_inner();
    let is_current = move |version| expected.is(&tag(id, version));
    Ok(shown(state.store.desk_assign(&call, service, id, is_current, member).await?, call.now))
}

fn assignee(request: AssignmentRequest) -> Result<Option<PersonId>, ApiError> {
    let AssignmentRequest { member, unknown } = request;
    let mut violations = Violations::new();
    if matches!(member, Field::Missing) {
        violations.add("/member", ViolationCode::Required);
    }
    let member = violations.optional("/member", member);
    let member = member.and_then(|request| request.read(&mut violations, "/member"));
    violations.unknown("", &unknown);
    violations.finish().map(|()| member)
}

/// Close a conversation
///
/// Nobody writes in it until it is opened again.
#[utoipa::path(
    operation_id = "closurePut",
    tag = "Queue",
    params(DeskPath, ("If-Match" = String, Header, description = "The `ETag` of the conversation as the caller has seen it.")),
    responses(
        (status = 200, description = "The conversation as it is now.", body = QueueItemView, headers(("ETag" = String, description = "The tag of this version."))),
        CallProblems,
        VersionProblems,
    ),
)]
#[post("/v1/services/{serviceId}/conversations/{conversationId}/closure")]
pub(crate) async fn closure_put(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<DeskPath>,
) -> Result<HttpResponse, ApiError> {
    close(&call, &request, &state, path.into_inner(), true).await
}

/// Open a conversation again
///
/// Both sides can write in it.
#[utoipa::path(
    operation_id = "closureRemove",
    tag = "Queue",
    params(DeskPath, ("If-Match" = String, Header, description = "The `ETag` of the conversation as the caller has seen it.")),
    responses(
        (status = 200, description = "The conversation as it is now.", body = QueueItemView, headers(("ETag" = String, description = "The tag of this version."))),
        CallProblems,
        VersionProblems,
    ),
)]
#[delete("/v1/services/{serviceId}/conversations/{conversationId}/closure")]
pub(crate) async fn closure_remove(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<DeskPath>,
) -> Result<HttpResponse, ApiError> {
    close(&call, &request, &state, path.into_inner(), false).await
}

async fn close(
    call: &Call,
    request: &HttpRequest,
    state: &AppState,
    path: DeskPath,
    is_closed: bool,
) -> Result<HttpResponse, ApiError> {
    let expected = Expected::required(request)?;
    let DeskPath { service_id: service, conversation_id: id } = path;
    let is_current = move |version| expected.is(&tag(id, version));
    Ok(shown(state.store.desk_close(call, service, id, is_current, is_closed).await?, call.now))
}

/// Write a note about a conversation
///
/// For the service alone: citizens never see it.
#[utoipa::path(
    operation_id = "noteAdd",
    tag = "Queue",
    params(DeskPath, ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = NoteRequest,
    responses(
        (status = 201, description = "The note.", body = NoteView, headers(
            ("Location" = String, description = "The path of the notes."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request wrote it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/services/{serviceId}/conversations/{conversationId}/notes")]
pub(crate) async fn note_add(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<DeskPath>,
    body: JsonBody<NoteRequest>,
) -> Result<HttpResponse, ApiError> {
    let key = optional_key(&request, &body.sha256)?;
    let NoteRequest { text, unknown } = body.value;
    let mut violations = Violations::new();
    let text = violations.required("/text", text);
    let text = violations.parse("/text", text, NoteText::parse);
    violations.unknown("", &unknown);
    let Some(text) = text else { return Err(violations.into_error()) };
    violations.finish()?;
    let DeskPath { service_id: service, conversation_id: id } = path.into_inner();
    let (note, replayed) = state.store.desk_note_add(&call, service, id, text, key).await?.into_parts();
    let location = format!("/v1/services/{service}/conversations/{id}/notes");
    Ok(created(location, replayed).json(NoteView::from(note)))
}

/// List the notes about a conversation
///
/// From the first on.
#[utoipa::path(
    operation_id = "noteList",
    tag = "Queue",
    params(DeskPath),
    responses((status = 200, description = "All notes.", body = ListView<NoteView>), CallProblems),
)]
#[get("/v1/services/{serviceId}/conversations/{conversationId}/notes")]
pub(crate) async fn note_list(
    call: Call,
    state: Data<AppState>,
    path: Path<DeskPath>,
) -> Result<HttpResponse, ApiError> {
    let notes = state.store.desk_notes(&call, path.service_id, path.conversation_id).await?;
    Ok(HttpResponse::Ok().json(ListView::of(notes, NoteView::from)))
}

/// Fetch a file of a conversation
///
/// As the citizen fetches one. `Content-Type` is the file's own.
#[utoipa::path(
    operation_id = "turnAttachmentFetch",
    tag = "Queue",
    params(TurnFilePath),
    responses(
        (status = 200, description = "The file.", content(
            (crate::http::mailbox::attachment::FileBytes = "application/octet-stream"),
        )),
        CallProblems,
    ),
)]
#[get("/v1/services/{serviceId}/conversations/{conversationId}/messages/{messageId}/attachments/{attachmentId}")]
pub(crate) async fn turn_attachment_fetch(
    call: Call,
    state: Data<AppState>,
    path: Path<TurnFilePath>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let TurnFilePath { service_id, conversation_id, message_id, attachment_id } = path.into_inner();
    let fetched = state.store.desk_attachment(&call, service_id, conversation_id, message_id, attachment_id).await?;
    serve(&request, &fetched).await
}

//! What citizens have begun to write, and not sent.

use actix_web::http::header::{ETag, EntityTag};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use chrono::{DateTime, Utc};
use domain::dialogue::Inquiry;
use domain::draft::{Draft, DraftAddress, DraftContent};
use domain::form::FilledForm;
use domain::id::{ConversationId, DraftId, MailboxId};
use domain::message::{Body, Subject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::mailbox::writing::{ServiceRecipientRequest, WrittenView, recipient, written_answer};
use crate::http::request::context::Call;
use crate::http::request::etag::{Expected, caller_has, etag_of};
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::http::request::page::ListView;
use crate::http::service::form::{FormAnswersRequest, filled, stored_json};
use crate::http::service::sending::request::{AttachmentRequest, body_format, uploads};
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems, VersionProblems};
use crate::problem::{ApiError, ViolationCode};
use crate::state::AppState;
use crate::vocabulary::{BodyFormat, InquiryKind};

/// Which draft in which mailbox.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
struct DraftPath {
    /// The mailbox.
    #[param(value_type = Uuid)]
    mailbox_id: MailboxId,
    /// The draft.
    #[param(value_type = Uuid)]
    draft_id: DraftId,
}

/// What there is of a message. All of it may be left out until it is sent; an empty text is one that is left out.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DraftRequest {
    /// Whom it is for.
    #[serde(default)]
    #[schema(value_type = Option<ServiceRecipientRequest>)]
    recipient: Field<ServiceRecipientRequest>,
    /// The conversation that it answers, instead of `recipient`, `kind` and `subject`.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    conversation_id: Field<String>,
    /// `dialogue`, `letter` or `accessRequest`.
    #[serde(default)]
    #[schema(value_type = Option<InquiryKind>, example = "dialogue")]
    kind: Field<String>,
    /// The line shown in the overview: at most 120 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 120)]
    subject: Field<String>,
    /// What it says: at most 100,000 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100_000, example = "Kan dere komme etter")]
    body: Field<String>,
    /// How the body is written: `text` (where left out) or `markdown`.
    #[serde(default)]
    #[schema(value_type = Option<BodyFormat>, example = "text")]
    body_format: Field<String>,
    /// Files handed in ahead, at most 20. They are kept as long as the draft is.
    #[serde(default)]
    #[schema(value_type = Option<Vec<AttachmentRequest>>, max_items = 20)]
    attachments: Field<Vec<Field<AttachmentRequest>>>,
    /// A form of the service, as far as it is filled in. It is judged when the draft is sent.
    #[serde(default)]
    #[schema(value_type = Option<FormAnswersRequest>)]
    form_answers: Field<FormAnswersRequest>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A draft, with what there is of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DraftView {
    id: Uuid,
    /// Whom it is for.
    #[schema(required)]
    recipient: Option<DraftRecipientView>,
    /// The conversation that it answers.
    #[schema(required)]
    conversation_id: Option<Uuid>,
    /// `dialogue`, `letter` or `accessRequest`.
    #[schema(value_type = Option<InquiryKind>, required, example = "dialogue")]
    kind: Option<&'static str>,
    /// The line shown in the overview.
    #[schema(required)]
    subject: Option<String>,
    /// What it says.
    #[schema(required)]
    body: Option<String>,
    /// `text` or `markdown`.
    #[schema(value_type = BodyFormat, example = "text")]
    body_format: &'static str,
    /// The files.
    attachments: Vec<DraftFileView>,
    /// The form, as far as it is filled in.
    #[schema(required)]
    form_answers: Option<DraftFormView>,
    /// When it was last changed.
    changed_at: DateTime<Utc>,
    /// When it is thrown away, unless it is changed.
    expires_at: DateTime<Utc>,
    /// The `ETag`, as `If-Match` takes it.
    version: String,
}

/// The service that a draft is for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DraftRecipientView {
    /// The service.
    service_id: Uuid,
}

/// A file that a draft names.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DraftFileView {
    /// The file handed in ahead.
    upload_id: Uuid,
}

/// A form, as far as it is filled in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DraftFormView {
    /// The service's name for the form.
    form: String,
    /// The version that is filled in.
    version: i32,
    /// The answers.
    answers: Value,
}

impl From<Draft> for DraftView {
    fn from(draft: Draft) -> Self {
        let Draft { id, content, version, changed_at, expires_at } = draft;
        let DraftContent { address, inquiry, subject, body, body_format, uploads, form } = content;
        let (recipient, conversation) = match address {
            DraftAddress::Inquiry(service) => (service, None),
            DraftAddress::Reply(conversation) => (None, Some(conversation)),
        };
        Self {
            id: id.as_uuid(),
            recipient: recipient.map(|service| DraftRecipientView { service_id: service.as_uuid() }),
            conversation_id: conversation.map(ConversationId::as_uuid),
            kind: inquiry.map(Inquiry::as_word),
            subject: subject.map(|subject| subject.expose().to_owned()),
            body: body.map(|body| body.expose().to_owned()),
            body_format: body_format.as_word(),
            attachments: uploads.into_iter().map(|id| DraftFileView { upload_id: id.as_uuid() }).collect(),
            form_answers: form.map(DraftFormView::from),
            changed_at,
            expires_at,
            version: tag(id, version).to_string(),
        }
    }
}

impl From<FilledForm> for DraftFormView {
    fn from(filled: FilledForm) -> Self {
        let FilledForm { form, version, answers } = filled;
        Self { form: form.as_str().to_owned(), version, answers: stored_json(answers.expose()) }
    }
}

/// Reads what there is of a draft.
fn content(request: DraftRequest) -> Result<DraftContent, ApiError> {
    let DraftRequest {
        recipient: to,
        conversation_id,
        kind,
        subject,
        body,
        body_format,
        attachments,
        form_answers,
        unknown,
    } = request;
    let mut violations = Violations::new();
    if conversation_id.is_given() {
        // A reply has the kind and the subject of its conversation.
        let fields = [("/recipient", to.is_given()), ("/kind", kind.is_given()), ("/subject", subject.is_given())];
        for (pointer, is_given) in fields {
            if is_given {
                violations.add(pointer, ViolationCode::UnknownField);
            }
        }
    }
    let service = match violations.optional("/recipient", to) {
        Some(to) => recipient(&mut violations, to)?,
        None => None,
    };
    let conversation = violations.optional("/conversationId", conversation_id);
    let conversation = violations.id("/conversationId", conversation, ConversationId::from);
    let kind = violations.optional("/kind", kind);
    let inquiry: Option<Inquiry> = violations.choice("/kind", kind);
    let subject = violations.optional("/subject", subject).filter(|text| !text.trim().is_empty());
    let subject = violations.parse("/subject", subject, Subject::parse);
    let body = violations.optional("/body", body).filter(|text| !text.trim().is_empty());
    let body = violations.parse("/body", body, Body::parse);
    let body_format = self::body_format(&mut violations, body_format);
    let uploads = uploads(&mut violations, attachments)?;
    let form = filled(&mut violations, form_answers);
    violations.unknown("", &unknown);
    violations.finish()?;
    let address = conversation.map_or(DraftAddress::Inquiry(service), DraftAddress::Reply);
    Ok(DraftContent { address, inquiry, subject, body, body_format, uploads, form })
}

/// The tag of a draft: another one with each change.
fn tag(id: DraftId, version: i32) -> EntityTag {
    etag_of(&[id.as_uuid().as_bytes(), &version.to_be_bytes()])
}

fn shown(draft: Draft) -> HttpResponse {
    let tag = tag(draft.id, draft.version);
    HttpResponse::Ok().insert_header(ETag(tag)).json(DraftView::from(draft))
}

/// Keep what was begun
///
/// So that a lost connection loses nothing. Only its author sees a draft, whoever else the mailbox is open to. It is
/// kept for 90 days after its last change; somebody has at most 100 in a mailbox.
#[utoipa::path(
    operation_id = "draftCreate",
    tag = "Writing",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again."),
    ),
    request_body = DraftRequest,
    responses(
        (status = 201, description = "It is kept.", body = DraftView, headers(
            ("Location" = String, description = "The draft's path."),
            ("ETag" = String, description = "The tag of this version."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/mailboxes/{mailboxId}/drafts")]
pub(crate) async fn draft_create(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<MailboxId>,
    body: JsonBody<DraftRequest>,
) -> Result<HttpResponse, ApiError> {
    let mailbox = path.into_inner();
    let key = optional_key(&request, &body.sha256)?;
    let (draft, replayed) = state.store.draft_create(&call, mailbox, content(body.value)?, key).await?.into_parts();
    let mut response = created(format!("/v1/mailboxes/{mailbox}/drafts/{}", draft.id), replayed);
    Ok(response.insert_header(ETag(tag(draft.id, draft.version))).json(DraftView::from(draft)))
}

/// List drafts
///
/// The caller's own, those changed last first.
#[utoipa::path(
    operation_id = "draftList",
    tag = "Writing",
    params(("mailboxId" = Uuid, Path, description = "The mailbox.")),
    responses((status = 200, description = "The drafts.", body = ListView<DraftView>), CallProblems),
)]
#[get("/v1/mailboxes/{mailboxId}/drafts")]
pub(crate) async fn draft_list(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
) -> Result<HttpResponse, ApiError> {
    let drafts = state.store.draft_list(&call, path.into_inner()).await?;
    Ok(HttpResponse::Ok().json(ListView::of(drafts, DraftView::from)))
}

/// Show a draft
///
/// To its author.
#[utoipa::path(
    operation_id = "draftShow",
    tag = "Writing",
    params(DraftPath, ("If-None-Match" = Option<String>, Header, description = "Tags of versions that the caller has.")),
    responses(
        (status = 200, description = "The draft.", body = DraftView, headers(("ETag" = String, description = "The tag of this version."))),
        (status = 304, description = "The caller has this version (`If-None-Match`)."),
        CallProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}/drafts/{draftId}")]
pub(crate) async fn draft_show(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<DraftPath>,
) -> Result<HttpResponse, ApiError> {
    let draft = state.store.draft_fetch(&call, path.mailbox_id, path.draft_id).await?;
    let tag = tag(draft.id, draft.version);
    if caller_has(&request, &tag) {
        return Ok(HttpResponse::NotModified().insert_header(ETag(tag)).finish());
    }
    Ok(shown(draft))
}

/// Change a draft
///
/// The body says all that there is of it. Saying what is known already changes nothing, whatever the version, so that a
/// change can be sent again after a lost answer.
#[utoipa::path(
    operation_id = "draftChange",
    tag = "Writing",
    params(DraftPath, ("If-Match" = String, Header, description = "The `ETag` of the version that the change starts from.")),
    request_body = DraftRequest,
    responses(
        (status = 200, description = "The draft as it is now.", body = DraftView, headers(("ETag" = String, description = "The tag of this version."))),
        CallProblems,
        BodyProblems,
        VersionProblems,
    ),
)]
#[put("/v1/mailboxes/{mailboxId}/drafts/{draftId}")]
pub(crate) async fn draft_change(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<DraftPath>,
    body: JsonBody<DraftRequest>,
) -> Result<HttpResponse, ApiError> {
    let content = content(body.value)?;
    let (expected, id) = (Expected::required(&request)?, path.draft_id);
    let is_current = move |version| expected.is(&tag(id, version));
    Ok(shown(state.store.draft_change(&call, path.mailbox_id, id, content, is_current).await?))
}

/// Throw a draft away
///
/// With the files that it names.
#[utoipa::path(
    operation_id = "draftDiscard",
    tag = "Writing",
    params(DraftPath),
    responses((status = 204, description = "It is gone."), CallProblems),
)]
#[delete("/v1/mailboxes/{mailboxId}/drafts/{draftId}")]
pub(crate) async fn draft_discard(
    call: Call,
    state: Data<AppState>,
    path: Path<DraftPath>,
) -> Result<HttpResponse, ApiError> {
    state.store.draft_discard(&call, path.mailbox_id, path.draft_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Send a draft
///
/// It is judged as what is written at once: what it lacks, and whether the service can be written to now. Then it is a
/// message, and a draft no more. Sending it again, for want of an answer, gives the message that it became.
#[utoipa::path(
    operation_id = "draftSend",
    tag = "Writing",
    params(DraftPath, ("If-Match" = String, Header, description = "The `ETag` of the version that is to be sent.")),
    responses(
        (status = 201, description = "It is stored safely.", body = WrittenView, headers(
            ("Location" = String, description = "The message's path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request sent it."),
        )),
        CallProblems,
        BodyProblems,
        VersionProblems,
        CreateProblems,
    ),
)]
#[post("/v1/mailboxes/{mailboxId}/drafts/{draftId}/sending")]
pub(crate) async fn draft_send(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<DraftPath>,
) -> Result<HttpResponse, ApiError> {
    let (expected, id) = (Expected::required(&request)?, path.draft_id);
    let is_current = move |version| expected.is(&tag(id, version));
    let outcome = state.store.draft_send(&call, path.mailbox_id, id, is_current).await?;
    Ok(written_answer(path.mailbox_id, outcome))
}

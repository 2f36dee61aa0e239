//! What citizens write to services.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use chrono::{DateTime, Utc};
use domain::conversation::{NewInquiry, WrittenText};
use domain::dialogue::Inquiry;
use domain::id::{ConversationId, MailboxId, ServiceId, UploadId};
use domain::message::{Body, Message, Subject};
use domain::rule::Rule;
use persistence::Created;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::mailbox::message::MessageView;
use crate::http::request::context::Call;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, Unknown, Violations};
use crate::http::request::multipart::{self, Sender};
use crate::http::service::form::{FormAnswersRequest, filled};
use crate::http::service::sending::request::{AttachmentRequest, body_format, uploads};
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems};
use crate::problem::{ApiError, Problem, ProblemKind};
use crate::state::AppState;
use crate::vocabulary::{BodyFormat, InquiryKind};

/// What a citizen writes to a service.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InquiryRequest {
    /// Whom it is for.
    #[schema(value_type = ServiceRecipientRequest)]
    recipient: Field<ServiceRecipientRequest>,
    /// `dialogue`, `letter` (formal, without reply), or `accessRequest`: what the organisation holds about the owner of
    /// the mailbox (PP-8).
    #[schema(value_type = InquiryKind, example = "dialogue")]
    kind: Field<String>,
    /// The line shown in the overview: at most 120 characters.
    #[schema(value_type = String, max_length = 120, example = "Spørsmål om besøket på torsdag")]
    subject: Field<String>,
    /// A form of the service, filled in (TK-9).
    #[serde(default)]
    #[schema(value_type = Option<FormAnswersRequest>)]
    form_answers: Field<FormAnswersRequest>,
    #[serde(flatten)]
    text: TextRequest,
}

/// What a citizen answers.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplyRequest {
    /// A form of the service, filled in (TK-9).
    #[serde(default)]
    #[schema(value_type = Option<FormAnswersRequest>)]
    form_answers: Field<FormAnswersRequest>,
    #[serde(flatten)]
    text: TextRequest,
}

/// What an answer says.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TextRequest {
    /// What it says: at most 100,000 characters.
    #[schema(value_type = String, max_length = 100_000, example = "Kan dere komme etter klokken ti?")]
    body: Field<String>,
    /// How the body is written: `text` (where left out) or `markdown`.
    #[serde(default)]
    #[schema(value_type = Option<BodyFormat>, example = "text")]
    body_format: Field<String>,
    /// Files handed in ahead, in the order in which they are shown: at most 20.
    #[serde(default)]
    #[schema(value_type = Option<Vec<AttachmentRequest>>, max_items = 20)]
    attachments: Field<Vec<Field<AttachmentRequest>>>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A service, never an employee (HK-2).
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceRecipientRequest {
    /// The service.
    #[schema(value_type = Uuid)]
    service_id: Field<String>,
    #[serde(default)]
    #[schema(ignore)]
    hpr_number: Field<Value>,
    #[serde(default)]
    #[schema(ignore)]
    employee: Field<Value>,
    #[serde(default)]
    #[schema(ignore)]
    employee_id: Field<Value>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What was written, and the receipt for it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WrittenView {
    #[serde(flatten)]
    message: MessageView,
    /// That it is safe, and in the service's queue (KRR-11).
    receipt: ReceiptView,
}

/// That what was written has come.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReceiptView {
    /// By what to ask for it.
    reference: Uuid,
    /// When it came.
    received_at: DateTime<Utc>,
}

impl From<Message> for WrittenView {
    fn from(message: Message) -> Self {
        let receipt =
            ReceiptView { reference: message.overview.id.as_uuid(), received_at: message.overview.received_at };
        Self { message: message.into(), receipt }
    }
}

fn inquiry(request: InquiryRequest) -> Result<NewInquiry, ApiError> {
    let InquiryRequest { recipient, kind, subject, form_answers, text } = request;
    let mut violations = Violations::new();
    let recipient = violations.required("/recipient", recipient);
    let recipient = match recipient {
        Some(recipient) => self::recipient(&mut violations, recipient)?,
        None => None,
    };
    let kind = violations.required("/kind", kind);
    let kind: Option<Inquiry> = violations.choice("/kind", kind);
    let subject = violations.required("/subject", subject);
    let subject = violations.parse("/subject", subject, Subject::parse);
    let form = filled(&mut violations, form_answers);
    let text = written(&mut violations, text)?;
    let (Some(recipient), Some(inquiry), Some(subject), Some(text)) = (recipient, kind, subject, text) else {
        return Err(violations.into_error());
    };
    violations.finish()?;
    Ok(NewInquiry { recipient, inquiry, subject, text: WrittenText { form, ..text } })
}

pub(in crate::http) fn recipient(
    violations: &mut Violations,
    request: ServiceRecipientRequest,
) -> Result<Option<ServiceId>, ApiError> {
    let ServiceRecipientRequest { service_id, hpr_number, employee, employee_id, unknown } = request;
    if [&hpr_number, &employee, &employee_id].iter().any(|field| !matches!(field, Field::Missing)) {
        return Err(Problem::new(ProblemKind::RecipientIsEmployee).rule(Rule::Hk2).into());
    }
    let service = violations.required("/recipient/serviceId", service_id);
    violations.unknown("/recipient", &unknown);
    Ok(violations.id("/recipient/serviceId", service, ServiceId::from))
}

/// Reads what somebody writes.
///
/// # Errors
/// An answer with all that is wrong.
pub(in crate::http) fn text(request: TextRequest) -> Result<WrittenText, ApiError> {
    let mut violations = Violations::new();
    let text = written(&mut violations, request)?;
    let Some(text) = text else { return Err(violations.into_error()) };
    violations.finish().map(|()| text)
}

fn reply(request: ReplyRequest) -> Result<WrittenText, ApiError> {
    let ReplyRequest { form_answers, text } = request;
    let mut violations = Violations::new();
    let form = filled(&mut violations, form_answers);
    let text = written(&mut violations, text)?;
    let Some(text) = text else { return Err(violations.into_error()) };
    violations.finish().map(|()| WrittenText { form, ..text })
}

fn written(violations: &mut Violations, request: TextRequest) -> Result<Option<WrittenText>, ApiError> {
    let TextRequest { body, body_format, attachments, unknown } = request;
    let body = violations.required("/body", body);
    let body = violations.parse("/body", body, Body::parse);
    let body_format = self::body_format(violations, body_format);
    let uploads = uploads(violations, attachments)?;
    violations.unknown("", &unknown);
    Ok(body.map(|body| WrittenText { body, body_format, uploads, form: None }))
}

/// Write to a service
///
/// A new conversation, a formal letter, or a request for access. Files are handed in ahead (`mailboxUploadOpen`,
/// `mailboxUploadFill`), or come with it as `multipart/form-data` with a part named `message` (the same JSON) and up to 20
/// files. Who writes for somebody else writes in their own name, on the owner's
/// behalf. When the answer is `201`, it is safe and in the service's queue (KRR-11). `GET …/recipients` tells whom this
/// mailbox can write to.
#[utoipa::path(
    operation_id = "inquirySend",
    tag = "Writing",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again."),
    ),
    request_body = InquiryRequest,
    responses(
        (status = 201, description = "It is stored safely.", body = WrittenView, headers(
            ("Location" = String, description = "The message's path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request sent it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/mailboxes/{mailboxId}/messages")]
pub(crate) async fn inquiry_send(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<MailboxId>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, mut files) = (path.into_inner(), Vec::new());
    let sender = Sender {
        state: &state,
        call: &call,
        owner: mailbox.into(),
        read: &inquiry,
        uploads: |inquiry: &mut NewInquiry| &mut inquiry.text.uploads,
    };
    let outcome = async {
        let (inquiry, content) = multipart::receive(&sender, &request, payload, &mut files).await?;
        let key = optional_key(&request, &content)?;
        Ok(state.store.inquiry_send(&call, mailbox, inquiry, key).await?)
    }
    .await;
    answered(&state, mailbox, outcome, &files).await
}

/// Answer in a conversation
///
/// Like writing to the service, in a conversation of which the caller sees something. A letter has no reply (HK-3).
#[utoipa::path(
    operation_id = "replySend",
    tag = "Writing",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("conversationId" = Uuid, Path, description = "The conversation."),
        ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again."),
    ),
    request_body = ReplyRequest,
    responses(
        (status = 201, description = "It is stored safely.", body = WrittenView, headers(
            ("Location" = String, description = "The message's path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request sent it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/mailboxes/{mailboxId}/conversations/{conversationId}/messages")]
pub(crate) async fn reply_send(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<(MailboxId, ConversationId)>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let ((mailbox, conversation), mut files) = (path.into_inner(), Vec::new());
    let sender = Sender {
        state: &state,
        call: &call,
        owner: mailbox.into(),
        read: &reply,
        uploads: |text: &mut WrittenText| &mut text.uploads,
    };
    let outcome = async {
        let (text, content) = multipart::receive(&sender, &request, payload, &mut files).await?;
        let key = optional_key(&request, &content)?;
        Ok(state.store.reply_send(&call, mailbox, conversation, text, key).await?)
    }
    .await;
    answered(&state, mailbox, outcome, &files).await
}

/// The files of what is refused, or was sent before, belong to nothing.
async fn answered(
    state: &AppState,
    mailbox: MailboxId,
    outcome: Result<Created<Message>, ApiError>,
    files: &[UploadId],
) -> Result<HttpResponse, ApiError> {
    if !matches!(outcome, Ok(Created::New(_))) {
        state.store.upload_discard(mailbox.into(), files, state.clock.now()).await;
    }
    Ok(written_answer(mailbox, outcome?))
}

/// The answer to what was written.
pub(in crate::http) fn written_answer(mailbox: MailboxId, outcome: Created<Message>) -> HttpResponse {
    let (message, replayed) = outcome.into_parts();
    let location = format!("/v1/mailboxes/{mailbox}/messages/{}", message.overview.id);
    created(location, replayed).json(WrittenView::from(message))
}

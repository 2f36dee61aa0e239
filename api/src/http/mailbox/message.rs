//! Messages as the citizen reads them.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use chrono::{DateTime, Utc};
use domain::attachment::Attachment;
use domain::id::{MailboxId, MessageId};
use domain::message::{Message, Overview, Sender};
use persistence::{MessageFilter, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::open::privacy_notice;
use crate::http::request::context::Call;
use crate::http::request::etag::tagged;
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::page::{ListView, page};
use crate::http::service::form::FormAnswersView;
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems, QueryProblems};
use crate::state::AppState;
use crate::vocabulary::{BodyFormat, Direction, MessageKind};

/// A message in the overview.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OverviewView {
    /// The message.
    id: Uuid,
    /// Which way it went, seen from the mailbox: `received` or `sent`.
    #[schema(value_type = Direction, example = "received")]
    direction: &'static str,
    /// What it is: `letter`, `dialogue`, `service` or `appointmentLetter`.
    #[schema(value_type = MessageKind, example = "letter")]
    kind: &'static str,
    /// The line to show in a list.
    #[schema(example = "Vedtak i klagesak")]
    subject: String,
    /// The service at the other end.
    service: MessageServiceView,
    /// The conversation that the message is part of; null where it is part of none.
    #[schema(required)]
    conversation_id: Option<Uuid>,
    /// Whether it is marked as read, by opening it or by hand.
    read: bool,
    /// When its recipient first opened it; null until then.
    #[schema(required)]
    opened_at: Option<DateTime<Utc>>,
    /// When it came into the inbox.
    received_at: DateTime<Utc>,
    /// How many files it carries.
    attachment_count: u16,
    /// Whether the caller can answer it.
    can_reply: bool,
    /// Who wrote it.
    sent_by: SentByView,
}

/// A service of an organisation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageServiceView {
    /// The service.
    id: Uuid,
    /// Its name.
    name: String,
    /// The number of its organisation.
    #[schema(example = "310000019")]
    organisation_number: String,
    /// The name of its organisation.
    organisation_name: String,
}

/// Who wrote a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentByView {
    /// What the writer is to the owner of the mailbox: `service`, `self`, `parent`, `powerOfAttorney`,
    /// `assignedPowerOfAttorney` or `guardian`. Whoever is not `service` or `self` wrote on the owner's behalf.
    #[schema(example = "service")]
    relation: String,
    /// The writer's name; null where it may not be shown.
    #[schema(required)]
    name: Option<String>,
}

/// A message with all its content.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageView {
    #[serde(flatten)]
    overview: OverviewView,
    /// What it says.
    body: String,
    /// How the body is written: `text` or `markdown`. HTML in Markdown is to be shown as it stands, never run.
    #[schema(value_type = BodyFormat, example = "text")]
    body_format: &'static str,
    /// Its files, in the sender's order.
    attachments: Vec<AttachmentView>,
    /// Whether the owner withholds it from holders of a power of attorney (FUL-18).
    withheld_from_holders: bool,
    /// Whether health personnel withhold it from parents (CHI-6).
    withheld_from_parents: bool,
    /// The form that was filled in, where it carries one (TK-9).
    #[schema(required)]
    form_answers: Option<FormAnswersView>,
    /// Who is responsible for what the message says about its recipient.
    controller: ControllerView,
}

/// A file of a message, without its bytes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachmentView {
    /// The file.
    id: Uuid,
    /// The name under which it was sent.
    #[schema(example = "vedtak.pdf")]
    file_name: String,
    /// The media type, by the bytes of the file.
    #[schema(example = "application/pdf")]
    content_type: &'static str,
    /// The size, in bytes.
    size_bytes: u64,
    /// The SHA-256 of the bytes, in hexadecimal digits.
    sha256: String,
}

/// The controller of personal data.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ControllerView {
    /// The number of the organisation.
    #[schema(example = "310000019")]
    organisation_number: String,
    /// Its name.
    name: String,
    /// The path of its privacy notice, which is open to everybody (PP-11).
    #[schema(example = "/v1/privacy-notices/310000019")]
    privacy_notice: String,
}

/// Which messages are wanted. Each parameter that is there narrows the list.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct MessageQuery {
    /// `received` or `sent`.
    #[serde(default)]
    #[param(value_type = Option<Direction>, example = "received")]
    direction: Field<String>,
    /// `letter`, `dialogue`, `service` or `appointmentLetter`.
    #[serde(default)]
    #[param(value_type = Option<MessageKind>, example = "letter")]
    kind: Field<String>,
    /// Those of one service.
    #[serde(default)]
    #[param(value_type = Option<Uuid>)]
    service_id: Field<String>,
    /// `true` for those that are not read, `false` for those that are.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    unread: Field<String>,
    /// Those received at this time or later.
    #[serde(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    after: Field<String>,
    /// Those received before this time.
    #[serde(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    before: Field<String>,
    /// Those of one conversation.
    #[serde(default)]
    #[param(value_type = Option<Uuid>)]
    conversation_id: Field<String>,
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

/// How to mark a message.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MarkRequest {
    /// Whether it is read.
    #[schema(value_type = bool, example = true)]
    read: Field<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

impl From<Sender> for MessageServiceView {
    fn from(sender: Sender) -> Self {
        let Sender { service, service_name, organisation_number, organisation_name } = sender;
        Self {
            id: service.as_uuid(),
            name: service_name.as_str().to_owned(),
            organisation_number: organisation_number.as_str().to_owned(),
            organisation_name: organisation_name.as_str().to_owned(),
        }
    }
}

impl From<Overview> for OverviewView {
    fn from(overview: Overview) -> Self {
        let Overview {
            id,
            direction,
            kind,
            subject,
            sender,
            read,
            opened_at,
            received_at,
            attachment_count,
            conversation,
            can_reply,
            author,
        } = overview;
        Self {
            id: id.as_uuid(),
            direction: direction.as_word(),
            kind: kind.as_word(),
            subject: subject.expose().to_owned(),
            service: sender.into(),
            conversation_id: conversation.map(|id| id.as_uuid()),
            read,
            opened_at,
            received_at,
            attachment_count,
            can_reply,
            sent_by: SentByView { relation: author.relation, name: author.name },
        }
    }
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        let Message {
            mailbox: _,
            overview,
            body,
            body_format,
            attachments,
            form_answers,
            withheld_from_holders,
            withheld_from_parents,
        } = message;
        let overview = OverviewView::from(overview);
        let controller = ControllerView {
            privacy_notice: privacy_notice::path_of(&overview.service.organisation_number),
            organisation_number: overview.service.organisation_number.clone(),
            name: overview.service.organisation_name.clone(),
        };
        Self {
            overview,
            body: body.expose().to_owned(),
            body_format: body_format.as_word(),
            attachments: attachments.into_iter().map(AttachmentView::from).collect(),
            withheld_from_holders,
            withheld_from_parents,
            form_answers: form_answers.map(FormAnswersView::from),
            controller,
        }
    }
}

impl From<Attachment> for AttachmentView {
    fn from(attachment: Attachment) -> Self {
        let Attachment { id, file_name, file_type, size_bytes, sha256 } = attachment;
        Self {
            id: id.as_uuid(),
            file_name: file_name.expose().to_owned(),
            content_type: file_type.media_type(),
            size_bytes,
            sha256: hex::encode(sha256),
        }
    }
}

/// What a query asks for.
struct Wanted {
    filter: MessageFilter,
    page: Page,
}

fn wanted(QueryInput { value, mut violations }: QueryInput<MessageQuery>) -> Result<Wanted, ApiError> {
    let MessageQuery { direction, kind, service_id, unread, after, before, conversation_id, limit, cursor, unknown } =
        value;
    let direction = violations.optional("?direction", direction);
    let direction = violations.choice("?direction", direction);
    let kind = violations.optional("?kind", kind);
    let kind = violations.choice("?kind", kind);
    let service = violations.optional("?serviceId", service_id);
    let service = violations.id("?serviceId", service, Into::into);
    let unread = violations.optional("?unread", unread);
    let unread = violations.boolean("?unread", unread);
    let after = violations.optional("?after", after);
    let after = violations.time("?after", after);
    let before = violations.optional("?before", before);
    let before = violations.time("?before", before);
    let conversation = violations.optional("?conversationId", conversation_id);
    let conversation = violations.id("?conversationId", conversation, Into::into);
    let page = page(&mut violations, limit, cursor);
    violations.unknown("?", &unknown);
    violations.finish()?;
    let filter = MessageFilter { direction, kind, service, unread, after, before, conversation };
    Ok(Wanted { filter, page })
}

/// List the messages of a mailbox
///
/// The overview of what is in it now, newest first, without content.
#[utoipa::path(
    operation_id = "messageList",
    tag = "Mailboxes",
    params(("mailboxId" = Uuid, Path, description = "The mailbox."), MessageQuery),
    responses(
        (status = 200, description = "A page of the overview.", body = ListView<OverviewView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}/messages")]
pub(crate) async fn message_list(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
    query: QueryInput<MessageQuery>,
) -> Result<HttpResponse, ApiError> {
    let Wanted { filter, page } = wanted(query)?;
    let found = state.store.message_list(&call, path.into_inner(), filter, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(found, OverviewView::from)))
}

/// Read a message
///
/// With all its content. The first time that the owner of the mailbox does so, the message is marked as read and its
/// sender sees it as opened.
#[utoipa::path(
    operation_id = "messageShow",
    tag = "Mailboxes",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("messageId" = Uuid, Path, description = "The message."),
        ("If-None-Match" = Option<String>, Header, nullable = false,
            description = "The `ETag` of the answer that the caller has."),
    ),
    responses(
        (status = 200, description = "The message.", body = MessageView,
            headers(("ETag" = String, description = "Changes whenever the answer does."))),
        (status = 304, description = "The caller has it already."),
        CallProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}/messages/{messageId}")]
pub(crate) async fn message_show(
    call: Call,
    state: Data<AppState>,
    path: Path<(MailboxId, MessageId)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, id) = path.into_inner();
    let message = state.store.message_read(&call, mailbox, id).await?;
    tagged(&request, &MessageView::from(message))
}

/// Mark a message as read or unread
///
/// That it was once opened stays on record, and its sender sees no difference.
#[utoipa::path(
    operation_id = "messageMark",
    tag = "Mailboxes",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("messageId" = Uuid, Path, description = "The message."),
    ),
    request_body = MarkRequest,
    responses((status = 204, description = "It is marked."), CallProblems, BodyProblems),
)]
#[put("/v1/mailboxes/{mailboxId}/messages/{messageId}/read")]
pub(crate) async fn message_mark(
    call: Call,
    state: Data<AppState>,
    path: Path<(MailboxId, MessageId)>,
    body: JsonBody<MarkRequest>,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, id) = path.into_inner();
    let MarkRequest { read, unknown } = body.value;
    let mut violations = Violations::new();
    let read = violations.required("/read", read);
    violations.unknown("", &unknown);
    let Some(read) = read else { return Err(violations.into_error()) };
    violations.finish()?;
    state.store.message_mark(&call, mailbox, id, read).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Delete a message from the inbox
///
/// It goes from this mailbox for good. What its sender holds stays.
#[utoipa::path(
    operation_id = "messageDelete",
    tag = "Mailboxes",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("messageId" = Uuid, Path, description = "The message."),
    ),
    responses((status = 204, description = "It is gone."), CallProblems),
)]
#[delete("/v1/mailboxes/{mailboxId}/messages/{messageId}")]
pub(crate) async fn message_delete(
    call: Call,
    state: Data<AppState>,
    path: Path<(MailboxId, MessageId)>,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, id) = path.into_inner();
    state.store.message_delete(&call, mailbox, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

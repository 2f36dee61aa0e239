//! Conversations as the mailbox shows them.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use domain::conversation::ConversationView as Conversation;
use domain::id::{ConversationId, MailboxId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::mailbox::message::MessageServiceView;
use crate::http::request::context::Call;
use crate::http::request::input::QueryInput;
use crate::http::request::page::{ListView, PageQuery};
use crate::problem::ApiError;
use crate::problem::responses::{CallProblems, QueryProblems};
use crate::state::AppState;
use crate::vocabulary::{InquiryKind, OpenOrClosed};

/// A conversation. Its messages are in the overview, by `conversationId`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConversationView {
    id: Uuid,
    /// The service at the other end.
    service: MessageServiceView,
    /// What it began as: `dialogue`, `letter` or `accessRequest`.
    #[schema(value_type = InquiryKind, example = "dialogue")]
    kind: &'static str,
    /// The line to show in a list.
    #[schema(example = "Spørsmål om besøket på torsdag")]
    subject: String,
    /// `open`, or `closed` by the service.
    #[schema(value_type = OpenOrClosed, example = "open")]
    state: &'static str,
    /// Whether the caller can answer.
    can_reply: bool,
    /// When the service's journal confirmed that it has archived what of it is relevant to care (TK-3).
    #[schema(required)]
    archived_at: Option<DateTime<Utc>>,
    /// When the first message came that the caller sees.
    begun_at: DateTime<Utc>,
    /// When the last did.
    last_message_at: DateTime<Utc>,
    /// How many messages the caller sees.
    message_count: u64,
    /// How many of them are not read.
    unread: u64,
}

impl From<Conversation> for ConversationView {
    fn from(conversation: Conversation) -> Self {
        let Conversation {
            id,
            service,
            inquiry,
            subject,
            is_closed,
            archived_at,
            can_reply,
            begun_at,
            last_message_at,
            messages,
            unread,
        } = conversation;
        Self {
            id: id.as_uuid(),
            service: service.into(),
            kind: inquiry.as_word(),
            subject: subject.expose().to_owned(),
            state: if is_closed { "closed" } else { "open" },
            can_reply,
            archived_at,
            begun_at,
            last_message_at,
            message_count: messages,
            unread,
        }
    }
}

/// List the conversations of a mailbox
///
/// Those begun last first. Of each, only what the caller sees of it counts.
#[utoipa::path(
    operation_id = "conversationList",
    tag = "Mailboxes",
    params(("mailboxId" = Uuid, Path, description = "The mailbox."), PageQuery),
    responses(
        (status = 200, description = "A page of them.", body = ListView<ConversationView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}/conversations")]
pub(crate) async fn conversation_list(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let slice = state.store.conversation_list(&call, path.into_inner(), PageQuery::read(query)?).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, ConversationView::from)))
}

/// Show a conversation
///
/// Its messages are in the overview, by `conversationId`.
#[utoipa::path(
    operation_id = "conversationShow",
    tag = "Mailboxes",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("conversationId" = Uuid, Path, description = "The conversation."),
    ),
    responses((status = 200, description = "The conversation.", body = ConversationView), CallProblems),
)]
#[get("/v1/mailboxes/{mailboxId}/conversations/{conversationId}")]
pub(crate) async fn conversation_show(
    call: Call,
    state: Data<AppState>,
    path: Path<(MailboxId, ConversationId)>,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, id) = path.into_inner();
    let conversation = state.store.conversation_fetch(&call, mailbox, id).await?;
    Ok(HttpResponse::Ok().json(ConversationView::from(conversation)))
}

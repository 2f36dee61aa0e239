//! What of a conversation is relevant to care, and its way into the patient's journal (TK-3).

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, put};
use chrono::{DateTime, Utc};
use domain::id::{ConversationId, MessageId};
use domain::journal::{JournalEntry, JournalReference};
use persistence::Relevance;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::context::Call;
use super::desk::{DeskPath, QueueItemView, shown};
use super::input::{Field, JsonBody, Unknown, Violations};
use super::service::ServicePath;
use crate::app::AppState;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems};
use crate::problem::{ApiError, ViolationCode};

/// The most messages that are named at once. More are marked by marking the whole.
const MAX_MESSAGES: usize = 1000;

/// What is relevant to care.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RelevanceRequest {
    /// `true`: what is named goes into the journal. `false`: nothing does, after all.
    #[schema(value_type = bool, example = true)]
    relevant: Field<bool>,
    /// The messages, at most 1,000; the whole conversation as it is now where left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, max_items = 1000)]
    message_ids: Field<Vec<Field<String>>>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// That the journal has archived what was marked.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JournalReceiptRequest {
    /// The conversation.
    #[schema(value_type = Uuid)]
    conversation_id: Field<String>,
    /// Where: the journal's own name for it, of at most 200 characters.
    #[schema(value_type = String, max_length = 200, example = "EPJ-2026-118842")]
    journal_reference: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What of a conversation is relevant to care.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JournalEntryView {
    /// `relevant`: it waits for the journal. `notArchived`: it has not been confirmed in time. `archived`: it has.
    #[schema(example = "relevant")]
    state: &'static str,
    /// When it was marked.
    marked_at: DateTime<Utc>,
    /// Until when the journal should confirm it.
    confirm_by: DateTime<Utc>,
    /// The messages.
    message_ids: Vec<Uuid>,
    /// When the journal confirmed it.
    #[schema(required)]
    archived_at: Option<DateTime<Utc>>,
    /// Where: the journal's own name for it.
    #[schema(required)]
    journal_reference: Option<String>,
}

impl JournalEntryView {
    /// How it stands at a time.
    pub(super) fn at(entry: JournalEntry, now: DateTime<Utc>) -> Self {
        let state = entry.state(now).as_word();
        let JournalEntry { marked_at, confirm_by, messages, archived } = entry;
        let (archived_at, reference) = archived.unzip();
        Self {
            state,
            marked_at,
            confirm_by,
            message_ids: messages.into_iter().map(MessageId::as_uuid).collect(),
            archived_at,
            journal_reference: reference.map(|reference| reference.as_str().to_owned()),
        }
    }
}

fn relevance(request: RelevanceRequest) -> Result<Relevance, ApiError> {
    let RelevanceRequest { relevant, message_ids, unknown } = request;
    let mut violations = Violations::new();
    let relevant = violations.required("/relevant", relevant);
    let named = violations.optional("/messageIds", message_ids);
    let messages = named.map(|ids| messages(&mut violations, ids));
    violations.unknown("", &unknown);
    let Some(relevant) = relevant else { return Err(violations.into_error()) };
    violations.finish()?;
    Ok(match messages {
        _ if !relevant => Relevance::Nothing,
        Some(messages) => Relevance::Messages(messages),
        None => Relevance::Whole,
    })
}

fn messages(violations: &mut Violations, ids: Vec<Field<String>>) -> Vec<MessageId> {
    if ids.is_empty() {
        violations.add("/messageIds", ViolationCode::Empty);
    }
    if ids.len() > MAX_MESSAGES {
        violations.add("/messageIds", ViolationCode::TooMany { max: MAX_MESSAGES });
        return vec![];
    }
    let mut messages = vec![];
    for (place, id) in ids.into_iter().enumerate() {
        let pointer = format!("/messageIds/{place}");
        let id = violations.required(&pointer, id);
        match violations.id(&pointer, id, MessageId::from) {
            Some(id) if messages.contains(&id) => violations.add(pointer, ViolationCode::Duplicate),
            id => messages.extend(id),
        }
    }
    messages
}

/// Mark what is relevant to care
///
/// The whole conversation as it is now, or single messages. The service's journal system is told by an event, fetches the
/// document, archives it, and confirms it. Marking again replaces what was marked.
#[utoipa::path(
    operation_id = "journalMark",
    tag = "Queue",
    params(DeskPath),
    request_body = RelevanceRequest,
    responses(
        (status = 200, description = "The conversation as it is now.", body = QueueItemView),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[put("/v1/services/{serviceId}/conversations/{conversationId}/journal")]
pub(crate) async fn journal_mark(
    call: Call,
    state: Data<AppState>,
    path: Path<DeskPath>,
    body: JsonBody<RelevanceRequest>,
) -> Result<HttpResponse, ApiError> {
    let relevance = relevance(body.value)?;
    let item = state.store.journal_mark(&call, path.service_id, path.conversation_id, relevance).await?;
    Ok(shown(item, call.now))
}

/// Confirm that the journal has archived it
///
/// With the journal's own name for it. Confirming it again under the same name changes nothing.
#[utoipa::path(
    operation_id = "journalReceiptCreate",
    tag = "Queue",
    params(ServicePath),
    request_body = JournalReceiptRequest,
    responses(
        (status = 200, description = "The conversation as it is now.", body = QueueItemView),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/services/{serviceId}/journal-receipts")]
pub(crate) async fn journal_receipt_create(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
    body: JsonBody<JournalReceiptRequest>,
) -> Result<HttpResponse, ApiError> {
    let JournalReceiptRequest { conversation_id, journal_reference, unknown } = body.value;
    let mut violations = Violations::new();
    let id = violations.required("/conversationId", conversation_id);
    let id = violations.id("/conversationId", id, ConversationId::from);
    let reference = violations.required("/journalReference", journal_reference);
    let reference = violations.parse("/journalReference", reference, JournalReference::parse);
    violations.unknown("", &unknown);
    let (Some(id), Some(reference)) = (id, reference) else { return Err(violations.into_error()) };
    violations.finish()?;
    let item = state.store.journal_confirm(&call, path.service_id, id, reference).await?;
    Ok(shown(item, call.now))
}

//! What of a conversation is relevant to care, and its way into the patient's journal (TK-3).

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, put};
use chrono::{DateTime, Utc};
use domain::id::{ConversationId, MessageId};
use domain::journal::{FaultCode, FaultText, JournalEntry, JournalFault, JournalReceipt, JournalReference};
use persistence::{Marked, Relevance};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, JsonOrXml, Unknown, Violations};
use crate::http::service::apprec;
use crate::http::service::desk::{DeskPath, QueueItemView, shown};
use crate::http::service::settings::ServicePath;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems};
use crate::problem::{ApiError, ViolationCode};
use crate::state::AppState;
use crate::vocabulary::JournalState;

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

/// What the journal answers: either that it has archived what was marked, or that it would not take it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JournalReceiptRequest {
    /// The conversation.
    #[schema(value_type = Uuid)]
    conversation_id: Field<String>,
    /// It is archived, and where: the journal's own name for it, of at most 200 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200, example = "EPJ-2026-118842")]
    journal_reference: Field<String>,
    /// It was not taken, and why.
    #[serde(default)]
    #[schema(value_type = Option<RejectedRequest>)]
    rejected: Field<RejectedRequest>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Why a journal would not take what was marked.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RejectedRequest {
    /// As a word of at most 20 characters, of code system 8221 where it has one.
    #[schema(value_type = String, max_length = 20, example = "E35")]
    code: Field<String>,
    /// In words: at most 500 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 500, example = "Pasienten er ukjent hos mottakeren")]
    message: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What of a conversation is relevant to care.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JournalEntryView {
    /// `relevant`: it waits for the journal. `notArchived`: it has not been confirmed in time. `rejected`: the journal would
    /// not take it. `archived`: it has it.
    #[schema(value_type = JournalState, example = "relevant")]
    state: &'static str,
    /// What was marked, until it is marked anew: the `documentId` of the document, and the `MsgId` of the dialogue message.
    document_id: Uuid,
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
    /// That the journal would not take it; null where it has not said so, or has archived it since.
    #[schema(required)]
    rejection: Option<RejectionView>,
}

/// That a journal would not take what was marked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RejectionView {
    /// When it said so.
    rejected_at: DateTime<Utc>,
    /// Why.
    faults: Vec<FaultView>,
}

/// One reason of a journal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FaultView {
    /// As a word of the journal's code system, mostly 8221.
    #[schema(example = "E35")]
    code: String,
    /// In the journal's words; null where it gave none.
    #[schema(required)]
    message: Option<String>,
}

impl From<JournalFault> for FaultView {
    fn from(JournalFault { code, text }: JournalFault) -> Self {
        Self { code: code.as_str().to_owned(), message: text.map(|text| text.expose().to_owned()) }
    }
}

impl JournalEntryView {
    /// How it stands at a time.
    pub(in crate::http) fn at(entry: JournalEntry, now: DateTime<Utc>) -> Self {
        let state = entry.state(now).as_word();
        let JournalEntry { document, marked_at, confirm_by, messages, archived, rejected } = entry;
        let (archived_at, reference) = archived.unzip();
        Self {
            state,
            document_id: document.as_uuid(),
            marked_at,
            confirm_by,
            message_ids: messages.into_iter().map(MessageId::as_uuid).collect(),
            archived_at,
            journal_reference: reference.map(|reference| reference.as_str().to_owned()),
            rejection: rejected.map(|(rejected_at, faults)| RejectionView {
                rejected_at,
                faults: faults.into_iter().map(FaultView::from).collect(),
            }),
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

fn receipt(request: JournalReceiptRequest) -> Result<(Marked, JournalReceipt), ApiError> {
    const ANSWERS: &[&str] = &["journalReference", "rejected"];
    let JournalReceiptRequest { conversation_id, journal_reference, rejected, unknown } = request;
    let mut violations = Violations::new();
    let id = violations.required("/conversationId", conversation_id);
    let id = violations.id("/conversationId", id, ConversationId::from);
    if journal_reference.is_given() == rejected.is_given() {
        violations.add("", ViolationCode::ExactlyOneOf { fields: ANSWERS });
    }
    let reference = violations.optional("/journalReference", journal_reference);
    let reference = violations.parse("/journalReference", reference, JournalReference::parse);
    let rejected = violations.optional("/rejected", rejected);
    let fault = rejected.and_then(|rejected| fault(&mut violations, rejected));
    violations.unknown("", &unknown);
    let receipt = match (reference, fault) {
        (Some(reference), None) => Some(JournalReceipt::Archived(reference)),
        (None, Some(fault)) => Some(JournalReceipt::Rejected(vec![fault])),
        (Some(_), Some(_)) | (None, None) => None,
    };
    let (Some(id), Some(receipt)) = (id, receipt) else { return Err(violations.into_error()) };
    violations.finish().map(|()| (Marked::Conversation(id), receipt))
}

fn fault(violations: &mut Violations, request: RejectedRequest) -> Option<JournalFault> {
    let RejectedRequest { code, message, unknown } = request;
    let code = violations.required("/rejected/code", code);
    let code = violations.parse("/rejected/code", code, FaultCode::parse);
    let text = violations.optional("/rejected/message", message);
    let text = violations.parse("/rejected/message", text, FaultText::parse);
    violations.unknown("/rejected", &unknown);
    code.map(|code| JournalFault { code, text })
}

/// Tell what the journal answers
///
/// That it has archived what was marked, with its own name for it, or that it would not take it, and why; then the queue
/// shows it and an event tells of it. The same answer again changes nothing. What was rejected can be archived later.
///
/// Also taken as `application/xml`: an application receipt of the Norwegian standards, KITH AppRec v1.0 or v1.1, of at most 65,536 bytes. It
/// is about the document whose `documentId` is the `Id` in its `OriginalMsgId`. Status 1 says that it is archived, under
/// the receipt's own `Id`; 2, with at least one `Error`, that it was not taken. Other statuses are refused.
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
    body: JsonOrXml<JournalReceiptRequest, { apprec::MAX_BYTES }>,
) -> Result<HttpResponse, ApiError> {
    let (about, receipt) = match body {
        JsonOrXml::Json(body) => receipt(body.value)?,
        JsonOrXml::Xml(bytes) => apprec::read(&bytes)?,
    };
    let item = state.store.journal_receive(&call, path.service_id, about, receipt).await?;
    Ok(shown(item, call.now))
}

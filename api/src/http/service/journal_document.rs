//! What a journal fetches of a conversation, and archives (TK-3).

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_LANGUAGE, VARY};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::attachment::Attachment;
use domain::conversation::Turn;
use domain::id::{MessageId, ServiceId};
use domain::journal::JournalDocument;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::document::{Contents, dialogue_message, is_too_long_for_pages, journal_pdf, read_contents};
use crate::http::mailbox::attachment::FileBytes;
use crate::http::mailbox::message::{AttachmentView, MessageServiceView};
use crate::http::request::accept::form_of;
use crate::http::request::context::Call;
use crate::http::service::desk::{DeskPath, SaidView};
use crate::language::Language;
use crate::problem::responses::{CallProblems, FormProblems};
use crate::problem::{ApiError, Problem, ProblemKind};
use crate::state::AppState;
use crate::vocabulary::InquiryKind;

/// What a journal archives: all that it takes to understand it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JournalDocumentView {
    /// The same however often it is fetched, until the conversation is marked anew.
    document_id: Uuid,
    /// The conversation.
    conversation_id: Uuid,
    /// What it began as: `dialogue`, `letter` or `accessRequest`.
    #[schema(value_type = InquiryKind, example = "dialogue")]
    kind: &'static str,
    /// The service, with its controller.
    service: MessageServiceView,
    /// The line shown.
    subject: String,
    /// The patient.
    patient: JournalPatientView,
    /// When it was marked.
    marked_at: DateTime<Utc>,
    /// Until when the journal should confirm it.
    confirm_by: DateTime<Utc>,
    /// Whether the files are in the document. Files of more than 41,943,040 bytes (40 MiB) together are not: then each is
    /// listed, and fetched at its `path`.
    carries_files: bool,
    /// The messages, in order.
    messages: Vec<JournalMessageView>,
}

/// Whose journal it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JournalPatientView {
    /// The national identity number.
    #[schema(example = "29827200059")]
    national_id: String,
    /// The name.
    name: String,
}

/// A message, as a journal archives it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JournalMessageView {
    #[serde(flatten)]
    said: SaidView,
    /// Its files.
    attachments: Vec<JournalFileView>,
}

/// A file of a message, as a journal archives it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JournalFileView {
    #[serde(flatten)]
    file: AttachmentView,
    /// The path at which the file is fetched by itself.
    path: String,
    /// Its bytes, in Base64 (RFC 4648, section 4, with padding); null where the document only lists its files.
    #[schema(required, content_encoding = "base64")]
    content: Option<String>,
}

impl JournalDocumentView {
    fn of(document: JournalDocument, contents: Option<Contents>) -> Self {
        let carries_files = document.carries_files();
        let JournalDocument {
            id,
            conversation,
            service,
            inquiry,
            subject,
            patient,
            patient_name,
            marked_at,
            confirm_by,
            turns,
        } = document;
        let desk = desk_path(service.service, conversation.as_uuid());
        let mut contents = contents.into_iter().flatten();
        // Each content is let go of when it has become text, so that a document is not in memory twice.
        let messages = turns.into_iter().map(|turn| JournalMessageView::of(turn, &desk, &mut contents)).collect();
        Self {
            document_id: id.as_uuid(),
            conversation_id: conversation.as_uuid(),
            kind: inquiry.as_word(),
            service: service.into(),
            subject: subject.expose().to_owned(),
            patient: JournalPatientView {
                national_id: patient.expose().to_owned(),
                name: patient_name.expose().to_owned(),
            },
            marked_at,
            confirm_by,
            carries_files,
            messages,
        }
    }
}

impl JournalMessageView {
    fn of(turn: Turn, desk: &str, contents: &mut impl Iterator<Item = Vec<u8>>) -> Self {
        let id = turn.id;
        let (said, attachments) = SaidView::of(turn);
        let file = |file: Attachment| JournalFileView {
            path: file_path(desk, id, &file),
            file: file.into(),
            content: contents.next().map(|bytes| STANDARD.encode(bytes)),
        };
        Self { said, attachments: attachments.into_iter().map(file).collect() }
    }
}

fn desk_path(service: ServiceId, conversation: Uuid) -> String {
    format!("/v1/services/{service}/conversations/{conversation}")
}

fn file_path(desk: &str, message: MessageId, file: &Attachment) -> String {
    format!("{desk}/messages/{message}/attachments/{}", file.id)
}

/// A dialogue message, as XML.
#[derive(ToSchema)]
#[schema(value_type = String)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) struct DialogueMessage(String);

/// The forms of the document.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Pdf,
    Xml,
}

/// In order of preference of a caller who has none.
const FORMS: [(&str, Form); 3] =
    [("application/json", Form::Json), ("application/pdf", Form::Pdf), ("application/xml", Form::Xml)];

/// Fetch what the journal archives
///
/// Everything that it takes to understand it: who, when, on whose behalf, and what, with the files. Files of more than
/// 40 MiB together are only listed, and fetched one by one. As JSON, or by `Accept`:
///
/// - `application/pdf`: PDF/A-3b, which people read on paper and which embeds the files; its own words are in the language
///   of `Accept-Language`. Conversations of more than some 1,000,000 characters are not made into pages.
/// - `application/xml`: a dialogue message of the Norwegian standards: KITH MsgHead v1.2 (2006-05-24) with a Dialogmelding
///   1.1 (2013-01-23) and the files as Base64Container, of the type `DIALOG_HELSEFAGLIG`. Its `MsgId` is the `documentId`,
///   the same however often it is fetched; an application receipt about it is taken where receipts are.
#[utoipa::path(
    operation_id = "journalDocumentShow",
    tag = "Queue",
    params(DeskPath),
    responses(
        (status = 200, description = "The document.",
            content(
                (JournalDocumentView = "application/json"),
                (FileBytes = "application/pdf"),
                (DialogueMessage = "application/xml"),
            ),
            headers(
                ("Content-Disposition" = String, description = "Of other forms than JSON: `attachment`, with a name."),
                ("Content-Language" = String, description = "Of the PDF: the language of its own words."),
            )),
        CallProblems,
        FormProblems,
    ),
)]
#[get("/v1/services/{serviceId}/conversations/{conversationId}/journal")]
pub(crate) async fn journal_document_show(
    call: Call,
    language: Language,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<DeskPath>,
) -> Result<HttpResponse, ApiError> {
    let form = form_of(&request, &FORMS)?;
    let (document, files) = state.store.journal_document(&call, path.service_id, path.conversation_id).await?;
    if matches!(form, Form::Pdf) && is_too_long_for_pages(&document) {
        return Err(ProblemKind::TooLongForPages.into());
    }
    let room = state.workshop.enter().await?;
    let contents = if document.carries_files() { Some(read_contents(&files).await?) } else { None };
    let mut response = HttpResponse::Ok();
    response.insert_header((VARY, "accept, accept-language"));
    let name = format!("journal-{}", document.conversation);
    Ok(match form {
        Form::Json => {
            let bytes = room.make(move || serde_json::to_vec(&JournalDocumentView::of(document, contents))).await?;
            response.content_type("application/json").body(bytes.map_err(not_made)?)
        }
        Form::Xml => {
            let path = |document: &JournalDocument, turn: &Turn, file: &Attachment| {
                let desk = desk_path(document.service.service, document.conversation.as_uuid());
                file_path(&desk, turn.id, file)
            };
            let bytes = room
                .make(move || dialogue_message(&document, contents, |turn, file| path(&document, turn, file)))
                .await?;
            response
                .insert_header((CONTENT_DISPOSITION, format!(r#"attachment; filename="{name}.xml""#)))
                .content_type("application/xml")
                .body(bytes.map_err(not_made)?)
        }
        Form::Pdf => {
            let bytes = room.make(move || journal_pdf(&document, contents, language)).await?;
            response
                .insert_header((CONTENT_DISPOSITION, format!(r#"attachment; filename="{name}.pdf""#)))
                .insert_header((CONTENT_LANGUAGE, language.tag()))
                .content_type("application/pdf")
                .body(bytes.map_err(not_made)?)
        }
    })
}

/// A document that could not be made is a fault of the program. The errors say nothing of what stands in it.
fn not_made(error: impl std::error::Error + Send + Sync + 'static) -> ApiError {
    ApiError::caused_by(Problem::new(ProblemKind::InternalError), error)
}

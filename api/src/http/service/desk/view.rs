//! The work queue of a service, as its members and systems see it.

use actix_web::http::header::EntityTag;
use chrono::{DateTime, Utc};
use domain::attachment::Attachment;
use domain::conversation::{Author, Note, Patient, QueueItem, Turn};
use domain::id::ConversationId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::mailbox::message::AttachmentView;
use crate::http::service::form::FormAnswersView;
use crate::http::service::journal::JournalEntryView;
use crate::vocabulary::{BodyFormat, ConversationState, Direction, InquiryKind};

/// A conversation in the queue.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueueItemView {
    id: Uuid,
    /// What it began as: `dialogue`, `letter` or `accessRequest`.
    #[schema(value_type = InquiryKind, example = "dialogue")]
    kind: &'static str,
    /// `new`: nobody has looked. `open`: there is something to do. `waitingForCitizen`: the service has written last.
    /// `closed`: nobody writes in it.
    #[schema(value_type = ConversationState, example = "new")]
    state: &'static str,
    /// Who is to answer.
    #[schema(required)]
    assignee_id: Option<Uuid>,
    /// Whom it is with, and about what; null for a member who has no lawful access to the patient, and may only take the
    /// conversation (DH-7).
    #[schema(required)]
    patient: Option<PatientView>,
    /// When it began.
    begun_at: DateTime<Utc>,
    /// When the last message came.
    changed_at: DateTime<Utc>,
    /// Whether there is something of the citizen's that the member has not seen; null for a system.
    #[schema(required)]
    unread: Option<bool>,
    /// What of it is relevant to care; null where nothing is, or the member may not see it.
    #[schema(required)]
    journal: Option<JournalEntryView>,
    /// The `ETag`, as `If-Match` takes it.
    version: String,
}

/// The tag of a conversation in the queue: another one with each message, and when it has gone to somebody else, was closed or opened
/// again.
pub(super) fn tag(id: ConversationId, version: i32) -> EntityTag {
    EntityTag::new_strong(format!("{id}-{version}"))
}

/// Whom a conversation is with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PatientView {
    /// The mailbox.
    mailbox_id: Uuid,
    /// The name.
    name: String,
    /// The line to show in a list.
    subject: String,
}

impl QueueItemView {
    /// How it stands at a time.
    pub(in crate::http) fn at(item: QueueItem, now: DateTime<Utc>) -> Self {
        let QueueItem {
            id,
            service: _,
            inquiry,
            state,
            assignee,
            patient,
            begun_at,
            changed_at,
            is_unread,
            journal,
            version,
        } = item;
        Self {
            id: id.as_uuid(),
            kind: inquiry.as_word(),
            state: state.as_word(),
            assignee_id: assignee.map(|id| id.as_uuid()),
            patient: patient.map(|Patient { mailbox, name, subject }| PatientView {
                mailbox_id: mailbox.as_uuid(),
                name: name.expose().to_owned(),
                subject: subject.expose().to_owned(),
            }),
            begun_at,
            changed_at,
            unread: is_unread,
            journal: journal.map(|entry| JournalEntryView::at(entry, now)),
            version: tag(id, version).to_string(),
        }
    }
}

/// A message of a conversation, as the service sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TurnView {
    #[serde(flatten)]
    said: SaidView,
    /// Its files.
    attachments: Vec<AttachmentView>,
}

/// A message of a conversation, but for its files.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SaidView {
    id: Uuid,
    /// Which way it went, seen from the citizen: `sent` or `received`.
    #[schema(value_type = Direction, example = "sent")]
    direction: &'static str,
    /// The line to show in a list.
    subject: String,
    /// What it says.
    body: String,
    /// `text` or `markdown`.
    #[schema(value_type = BodyFormat, example = "text")]
    body_format: &'static str,
    /// Who wrote it.
    author: AuthorView,
    /// When it was stored safely.
    at: DateTime<Utc>,
    /// When the citizen first opened what the service wrote.
    #[schema(required)]
    opened_at: Option<DateTime<Utc>>,
    /// The form that was filled in, where it carries one (TK-9).
    #[schema(required)]
    form_answers: Option<FormAnswersView>,
}

/// Who wrote a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthorView {
    /// What the author is to the patient: `self`, `parent`, `powerOfAttorney`, `assignedPowerOfAttorney`, `guardian`;
    /// `staff`, or `service` where a system wrote.
    #[schema(example = "self")]
    relation: String,
    /// The person, where there is one.
    #[schema(required)]
    person_id: Option<Uuid>,
    /// The name, where it may be shown.
    #[schema(required)]
    name: Option<String>,
}

impl From<Author> for AuthorView {
    fn from(author: Author) -> Self {
        let Author { relation, person, name } = author;
        Self { relation, person_id: person.map(|id| id.as_uuid()), name }
    }
}

impl SaidView {
    /// What was said, and its files.
    pub(in crate::http) fn of(turn: Turn) -> (Self, Vec<Attachment>) {
        let Turn { id, direction, subject, body, body_format, author, at, opened_at, attachments, form_answers } = turn;
        let said = Self {
            id: id.as_uuid(),
            direction: direction.as_word(),
            subject: subject.expose().to_owned(),
            body: body.expose().to_owned(),
            body_format: body_format.as_word(),
            author: author.into(),
            at,
            opened_at,
            form_answers: form_answers.map(FormAnswersView::from),
        };
        (said, attachments)
    }
}

impl From<Turn> for TurnView {
    fn from(turn: Turn) -> Self {
        let (said, attachments) = SaidView::of(turn);
        Self { said, attachments: attachments.into_iter().map(AttachmentView::from).collect() }
    }
}

/// What staff wrote to each other. Citizens never see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NoteView {
    id: Uuid,
    /// Who wrote it; null where a system did.
    #[schema(required)]
    author_id: Option<Uuid>,
    /// What it says.
    text: String,
    /// When.
    at: DateTime<Utc>,
}

impl From<Note> for NoteView {
    fn from(note: Note) -> Self {
        let Note { id, author, text, at } = note;
        Self { id: id.as_uuid(), author_id: author.map(|id| id.as_uuid()), text: text.expose().to_owned(), at }
    }
}

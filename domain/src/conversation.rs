//! Conversations between a citizen and a service, and the letters and requests that services get (DH-1, HK-2, PP-8).

use chrono::{DateTime, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::attachment::Attachment;
use crate::dialogue::Inquiry;
use crate::form::{FilledForm, FormAnswers};
use crate::id::{ConversationId, MailboxId, MessageId, NoteId, PersonId, ServiceId, UploadId};
use crate::journal::JournalEntry;
use crate::message::{Body, BodyFormat, Direction, MessageKind, Sender, Subject};
use crate::person::PersonName;
use crate::text::{paragraphs, secret_text_type};

secret_text_type! {
    /// What staff write to each other about a conversation. Citizens never see it.
    NoteText, 10_000, paragraphs
}

/// How a conversation stands in the service's queue.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum ConversationState {
    /// The citizen has written, and nobody of the service has looked.
    New,
    /// The service has something to do.
    Open,
    /// The service has written last.
    WaitingForCitizen,
    /// Ended by the service. Nobody writes in it until it is opened again.
    Closed,
}

impl ConversationState {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// How it stands after a message; none where nobody may write any more.
    #[must_use]
    pub const fn after_message(self, direction: Direction) -> Option<Self> {
        match (self, direction) {
            (Self::Closed, _) => None,
            (Self::New, Direction::Sent) => Some(Self::New),
            (Self::Open | Self::WaitingForCitizen, Direction::Sent) => Some(Self::Open),
            (Self::New | Self::Open | Self::WaitingForCitizen, Direction::Received) => Some(Self::WaitingForCitizen),
        }
    }

    /// How it stands after somebody of the service has looked, or said who is to answer.
    #[must_use]
    pub const fn after_look(self) -> Self {
        match self {
            Self::New | Self::Open => Self::Open,
            Self::WaitingForCitizen => Self::WaitingForCitizen,
            Self::Closed => Self::Closed,
        }
    }

    /// How it stands after it was opened again.
    #[must_use]
    pub const fn after_reopening(self) -> Self {
        match self {
            Self::Closed => Self::Open,
            state => state,
        }
    }
}

/// Why nobody can answer in a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoReply {
    /// A letter has no reply: who wants to write begins a new one (HK-3).
    Letter,
    /// The service has ended it.
    Closed,
    /// The service takes no replies.
    NotTaken,
}

/// Whether a message can be answered by its kind. Only dialogue is answered.
///
/// # Errors
/// Why not.
pub const fn can_answer(kind: Inquiry, state: ConversationState, takes_replies: bool) -> Result<(), NoReply> {
    match (kind, state) {
        (Inquiry::Letter, _) => Err(NoReply::Letter),
        (Inquiry::Dialogue | Inquiry::AccessRequest, ConversationState::Closed) => Err(NoReply::Closed),
        (Inquiry::Dialogue, _) if !takes_replies => Err(NoReply::NotTaken),
        (Inquiry::Dialogue | Inquiry::AccessRequest, _) => Ok(()),
    }
}

/// What kind of message an inquiry begins with.
#[must_use]
pub const fn message_kind(inquiry: Inquiry) -> MessageKind {
    match inquiry {
        Inquiry::Letter => MessageKind::Letter,
        Inquiry::Dialogue | Inquiry::AccessRequest => MessageKind::Dialogue,
    }
}

/// What a citizen writes to a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewInquiry {
    /// The service.
    pub recipient: ServiceId,
    /// What it is.
    pub inquiry: Inquiry,
    /// The line shown.
    pub subject: Subject,
    /// What it says, and its files.
    pub text: WrittenText,
}

/// What a citizen writes, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Writing {
    /// A new inquiry.
    Inquiry(NewInquiry),
    /// An answer in a conversation.
    Reply(ConversationId, WrittenText),
}

/// What somebody writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrittenText {
    /// What it says.
    pub body: Body,
    /// How it is written.
    pub body_format: BodyFormat,
    /// The files, in the order in which they are shown.
    pub uploads: Vec<UploadId>,
    /// A form of the service, filled in (TK-9).
    pub form: Option<FilledForm>,
}

/// A conversation, as the mailbox shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConversationView {
    /// Its id.
    pub id: ConversationId,
    /// The service.
    pub service: Sender,
    /// What it began as.
    pub inquiry: Inquiry,
    /// The line shown: of the first message that the caller sees.
    pub subject: Subject,
    /// Whether the service has ended it.
    pub is_closed: bool,
    /// When the journal confirmed that it has archived what is relevant to care (TK-3).
    pub archived_at: Option<DateTime<Utc>>,
    /// Whether the caller can answer.
    pub can_reply: bool,
    /// When the first message that the caller sees was received or sent.
    pub begun_at: DateTime<Utc>,
    /// When the last was.
    pub last_message_at: DateTime<Utc>,
    /// How many messages the caller sees.
    pub messages: u64,
    /// How many of them are not read.
    pub unread: u64,
}

/// A conversation in the queue of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueueItem {
    /// Its id.
    pub id: ConversationId,
    /// The service.
    pub service: ServiceId,
    /// What it began as.
    pub inquiry: Inquiry,
    /// How it stands.
    pub state: ConversationState,
    /// Who is to answer.
    pub assignee: Option<PersonId>,
    /// The patient and the line shown; none for a member who may not see them.
    pub patient: Option<Patient>,
    /// When it began.
    pub begun_at: DateTime<Utc>,
    /// When the last message came.
    pub changed_at: DateTime<Utc>,
    /// Whether there is something of the citizen's that the caller has not seen. None for a system, which sees for nobody.
    pub is_unread: Option<bool>,
    /// What of it is relevant to care, and whether the journal has it.
    pub journal: Option<JournalEntry>,
    /// Grows when it moves to somebody else, is closed or is opened again.
    pub version: i32,
}

/// Whom a conversation is with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Patient {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The name.
    pub name: PersonName,
    /// The line shown.
    pub subject: Subject,
}

/// A message of a conversation, as the service sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Its id.
    pub id: MessageId,
    /// Which way it went, seen from the citizen.
    pub direction: Direction,
    /// The line shown.
    pub subject: Subject,
    /// What it says.
    pub body: Body,
    /// How it is written.
    pub body_format: BodyFormat,
    /// Who wrote it.
    pub author: Author,
    /// When it was stored safely.
    pub at: DateTime<Utc>,
    /// When the citizen first opened it, for what the service wrote.
    pub opened_at: Option<DateTime<Utc>>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// The form that was filled in, where it carries one (TK-9).
    pub form_answers: Option<FormAnswers>,
}

/// Who wrote a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Author {
    /// What the author is to the owner of the mailbox, by the word of their standing; `service` for a service.
    pub relation: String,
    /// The author; none where a system wrote, and for citizens where somebody of a service did.
    pub person: Option<PersonId>,
    /// The author's name, where it may be shown. To citizens a service writes under its own.
    pub name: Option<String>,
}

/// What staff wrote to each other about a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// Who wrote it; none where a system did.
    pub author: Option<PersonId>,
    /// What it says.
    pub text: NoteText,
    /// When.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_goes_through_its_states() {
        use ConversationState::{Closed, New, Open, WaitingForCitizen as Waiting};
        let (citizen, service) = (Direction::Sent, Direction::Received);
        let table = [
            (New, citizen, Some(New)),
            (New, service, Some(Waiting)),
            (Open, citizen, Some(Open)),
            (Open, service, Some(Waiting)),
            (Waiting, citizen, Some(Open)),
            (Waiting, service, Some(Waiting)),
            (Closed, citizen, None),
            (Closed, service, None),
        ];
        for (state, direction, expected) in table {
            assert_eq!(state.after_message(direction), expected, "{state:?} {direction:?}");
        }
        assert_eq!([New, Open, Waiting, Closed].map(ConversationState::after_look), [Open, Open, Waiting, Closed]);
        assert_eq!([New, Open, Waiting, Closed].map(ConversationState::after_reopening), [New, Open, Waiting, Open]);
    }

    #[test]
    fn hk_3_a_letter_has_no_reply_and_dialogue_has_until_it_is_closed() {
        let open = ConversationState::Open;
        assert_eq!(can_answer(Inquiry::Letter, open, true), Err(NoReply::Letter));
        assert_eq!(can_answer(Inquiry::Dialogue, open, true), Ok(()));
        assert_eq!(can_answer(Inquiry::Dialogue, open, false), Err(NoReply::NotTaken));
        assert_eq!(can_answer(Inquiry::AccessRequest, open, false), Ok(()));
        assert_eq!(can_answer(Inquiry::AccessRequest, ConversationState::Closed, true), Err(NoReply::Closed));
    }
}

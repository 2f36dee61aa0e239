//! What of a conversation is relevant to care, and goes into the patient's journal (TK-3).

use chrono::{DateTime, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::attachment::{Attachment, MAX_FILE_BYTES};
use crate::conversation::Turn;
use crate::dialogue::Inquiry;
use crate::id::{ConversationId, JournalDocumentId, MessageId};
use crate::identity::NationalId;
use crate::message::{Sender, Subject};
use crate::person::PersonName;
use crate::text::{line, line_type, secret_text_type};

/// The most bytes of files that a document carries: the largest file, and a few more beside it. A document is made in
/// memory, and is half as large again in text. Where the files are more they are all listed and none is carried: a part of
/// them would look like the whole.
pub const MAX_CARRIED_BYTES: u64 = MAX_FILE_BYTES + 10 * 1024 * 1024;

line_type! {
    /// Where the journal has archived it: the journal's own name for it.
    JournalReference, 200
}

line_type! {
    /// Why a journal would not take a document, as a word of a code system, such as 8221 of Volven: `E35`.
    FaultCode, 20
}

secret_text_type! {
    /// The same in words. A journal may name the patient in it.
    FaultText, 500, line
}

/// One reason of a journal not to take a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalFault {
    /// As a word.
    pub code: FaultCode,
    /// As a sentence, where the journal gave one.
    pub text: Option<FaultText>,
}

/// What a journal answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JournalReceipt {
    /// It has archived the document, under this name.
    Archived(JournalReference),
    /// It would not take it. At least one reason.
    Rejected(Vec<JournalFault>),
}

impl JournalReceipt {
    /// The most reasons.
    pub const MAX_FAULTS: usize = 20;
}

/// That a part of a conversation is relevant to care.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalEntry {
    /// What was marked, until it is marked anew.
    pub document: JournalDocumentId,
    /// When it was marked.
    pub marked_at: DateTime<Utc>,
    /// Until when the journal should have confirmed it.
    pub confirm_by: DateTime<Utc>,
    /// The messages.
    pub messages: Vec<MessageId>,
    /// When the journal confirmed it, and under which name.
    pub archived: Option<(DateTime<Utc>, JournalReference)>,
    /// When the journal would not take it, and why.
    pub rejected: Option<(DateTime<Utc>, Vec<JournalFault>)>,
}

/// How it stands.
// The words below are sent. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum JournalState {
    /// Marked, and not yet confirmed.
    Relevant,
    /// Marked, and not confirmed in time: somebody has to look.
    NotArchived,
    /// The journal would not take it: somebody has to look.
    Rejected,
    /// Confirmed.
    Archived,
}

impl JournalState {
    /// The sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

impl JournalEntry {
    /// How it stands at a time.
    #[must_use]
    pub fn state(&self, now: DateTime<Utc>) -> JournalState {
        if self.archived.is_some() {
            JournalState::Archived
        } else if self.rejected.is_some() {
            JournalState::Rejected
        } else if now < self.confirm_by {
            JournalState::Relevant
        } else {
            JournalState::NotArchived
        }
    }
}

/// What a journal gets: everything that it takes to understand it, and nothing that leads back here for that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalDocument {
    /// The same however often it is fetched, until the conversation is marked anew.
    pub id: JournalDocumentId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The service, with its controller.
    pub service: Sender,
    /// What it began as.
    pub inquiry: Inquiry,
    /// The line shown.
    pub subject: Subject,
    /// The patient's number.
    pub patient: NationalId,
    /// The patient's name.
    pub patient_name: PersonName,
    /// When it was marked.
    pub marked_at: DateTime<Utc>,
    /// Until when it should be confirmed.
    pub confirm_by: DateTime<Utc>,
    /// The messages, in order.
    pub turns: Vec<Turn>,
}

impl JournalDocument {
    /// The files of all messages, in order.
    pub fn files(&self) -> impl Iterator<Item = &Attachment> {
        self.turns.iter().flat_map(|turn| &turn.attachments)
    }

    /// Whether the document carries the bytes of its files, or only lists them.
    #[must_use]
    pub fn carries_files(&self) -> bool {
        self.files().map(|file| file.size_bytes).fold(0, u64::saturating_add) <= MAX_CARRIED_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tk_3_what_is_not_confirmed_in_time_is_not_archived_until_it_is() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let (marked_at, confirm_by) = (time("2026-11-22T11:00:00Z"), time("2026-11-29T11:00:00Z"));
        let document = uuid::Uuid::from_u128(1).into();
        let entry = JournalEntry { document, marked_at, confirm_by, messages: vec![], archived: None, rejected: None };
        let reference = JournalReference::parse("EPJ-1").expect("a reference");
        let fault = JournalFault { code: FaultCode::parse("E35").expect("a code"), text: None };
        let rejected = JournalEntry { rejected: Some((marked_at, vec![fault])), ..entry.clone() };
        let archived = JournalEntry { archived: Some((confirm_by, reference)), ..rejected.clone() };

        assert_eq!(entry.state(marked_at), JournalState::Relevant);
        assert_eq!(entry.state(confirm_by), JournalState::NotArchived);
        assert_eq!(rejected.state(confirm_by), JournalState::Rejected);
        assert_eq!(archived.state(confirm_by), JournalState::Archived);
    }
}

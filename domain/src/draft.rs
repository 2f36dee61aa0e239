//! What somebody has begun to write and not sent, so that a lost connection loses nothing.

use chrono::{DateTime, TimeDelta, Utc};

use crate::conversation::{NewInquiry, Writing, WrittenText};
use crate::dialogue::Inquiry;
use crate::form::FilledForm;
use crate::id::{ConversationId, DraftId, ServiceId, UploadId};
use crate::message::{Body, BodyFormat, Subject};

/// How long a draft is kept after its last change, with the files that it names.
pub const DRAFT_LIFETIME: TimeDelta = TimeDelta::days(90);

/// The most drafts that somebody has in a mailbox.
pub const MAX_DRAFTS: usize = 100;

/// Something begun. Only who began it sees it, whoever else the mailbox is open to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Its id.
    pub id: DraftId,
    /// What there is of it.
    pub content: DraftContent,
    /// Grows with each change.
    pub version: i32,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
    /// When it is thrown away, unless it is changed.
    pub expires_at: DateTime<Utc>,
}

/// Where something is to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DraftAddress {
    /// A new inquiry, to this service where that has been chosen.
    Inquiry(Option<ServiceId>),
    /// An answer in this conversation.
    Reply(ConversationId),
}

/// What there is of a draft. It may lack anything that a message needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftContent {
    /// Where it is to go.
    pub address: DraftAddress,
    /// What it is to be; nothing for an answer.
    pub inquiry: Option<Inquiry>,
    /// The line shown; none for an answer.
    pub subject: Option<Subject>,
    /// What it says.
    pub body: Option<Body>,
    /// How it is written.
    pub body_format: BodyFormat,
    /// The files, in the order in which they are shown.
    pub uploads: Vec<UploadId>,
    /// A form of the service, as far as it is filled in.
    pub form: Option<FilledForm>,
}

/// What a draft lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lack {
    /// The service.
    Recipient,
    /// What it is to be.
    Inquiry,
    /// The line shown.
    Subject,
    /// What it says.
    Body,
}

impl DraftContent {
    /// The message that it is to become.
    ///
    /// # Errors
    /// All that it lacks.
    pub fn ready(self) -> Result<Writing, Vec<Lack>> {
        let Self { address, inquiry, subject, body, body_format, uploads, form } = self;
        let text = body.map(|body| WrittenText { body, body_format, uploads, form });
        match (address, inquiry, subject, text) {
            (DraftAddress::Reply(conversation), _, _, Some(text)) => Ok(Writing::Reply(conversation, text)),
            (DraftAddress::Reply(_), _, _, None) => Err(vec![Lack::Body]),
            (DraftAddress::Inquiry(Some(recipient)), Some(inquiry), Some(subject), Some(text)) => {
                Ok(Writing::Inquiry(NewInquiry { recipient, inquiry, subject, text }))
            }
            (DraftAddress::Inquiry(recipient), inquiry, subject, text) => Err([
                recipient.is_none().then_some(Lack::Recipient),
                inquiry.is_none().then_some(Lack::Inquiry),
                subject.is_none().then_some(Lack::Subject),
                text.is_none().then_some(Lack::Body),
            ]
            .into_iter()
            .flatten()
            .collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(address: DraftAddress) -> DraftContent {
        DraftContent {
            address,
            inquiry: None,
            subject: None,
            body: None,
            body_format: BodyFormat::Text,
            uploads: vec![],
            form: None,
        }
    }

    #[test]
    fn a_draft_becomes_a_message_when_it_lacks_nothing() {
        let empty = nothing(DraftAddress::Inquiry(None));
        assert_eq!(empty.clone().ready(), Err(vec![Lack::Recipient, Lack::Inquiry, Lack::Subject, Lack::Body]));
        let service = ServiceId::from(uuid::Uuid::from_u128(7));
        let subject = Subject::parse("Besøket").expect("a subject");
        let body = Body::parse("Hei").expect("a body");
        let half = DraftContent {
            address: DraftAddress::Inquiry(Some(service)),
            subject: Some(subject.clone()),
            ..empty.clone()
        };
        assert_eq!(half.clone().ready(), Err(vec![Lack::Inquiry, Lack::Body]));
        let text = WrittenText { body: body.clone(), body_format: BodyFormat::Text, uploads: vec![], form: None };
        let whole = DraftContent { inquiry: Some(Inquiry::Letter), body: Some(body), ..half };
        let inquiry = NewInquiry { recipient: service, inquiry: Inquiry::Letter, subject, text: text.clone() };
        assert_eq!(whole.clone().ready(), Ok(Writing::Inquiry(inquiry)));
        let conversation = ConversationId::from(uuid::Uuid::from_u128(8));
        assert_eq!(nothing(DraftAddress::Reply(conversation)).ready(), Err(vec![Lack::Body]));
        let reply = DraftContent { address: DraftAddress::Reply(conversation), ..whole };
        assert_eq!(reply.ready(), Ok(Writing::Reply(conversation, text)));
    }
}

//! An event as it is told: the same in the feed and to webhooks.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use domain::event::{About, Event, EventKind};
use serde::Serialize;
use strum::VariantArray as _;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::vocabulary::growing;

/// Something that happened. More fields may come.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventView {
    /// Its place in the feed of the organisation: 1, 2, 3 and so on, without gaps.
    #[schema(minimum = 1)]
    number: i64,
    /// Its id, the same each time that it is told.
    id: Uuid,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(value_type = EventType)]
    kind: &'static str,
    /// When.
    at: DateTime<Utc>,
    /// The service that it is about; none for a heartbeat.
    #[schema(required)]
    service_id: Option<Uuid>,
    /// The citizen's mailbox; none for a heartbeat. The events of one mailbox come in the order in which they happened.
    #[schema(required)]
    mailbox_id: Option<Uuid>,
    /// The message; none for a heartbeat.
    #[schema(required)]
    message_id: Option<Uuid>,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        let Event { number, id, kind, at, about } = event;
        let (service_id, mailbox_id, message_id) = match about {
            Some(About { mailbox, service, message }) => {
                (Some(service.as_uuid()), Some(mailbox.as_uuid()), Some(message.as_uuid()))
            }
            None => (None, None, None),
        };
        Self { number, id: id.as_uuid(), kind: kind.as_word(), at, service_id, mailbox_id, message_id }
    }
}

/// The words of `type` in the contract, each with what it means.
pub(crate) struct EventType;

impl ToSchema for EventType {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("EventType")
    }
}

impl PartialSchema for EventType {
    fn schema() -> RefOr<Schema> {
        growing("What happened.", EventKind::VARIANTS.iter().map(|kind| (kind.as_word(), meaning(*kind))))
    }
}

const fn meaning(kind: EventKind) -> &'static str {
    match kind {
        EventKind::MessageAccepted => "A message of the service is stored safely.",
        EventKind::MessageRouted => "It goes another way than into the inbox: to a mailbox at a provider, or on paper.",
        EventKind::MessageReturned => "It came to nobody, and is the sender's again.",
        EventKind::MessageNotified => {
            "Somebody has been told by SMS or e-mail that it is there. A deadline to appeal runs from here."
        }
        EventKind::MessageNotNotified => "It is in the inbox, and nobody could be told so.",
        EventKind::MessageUndelivered => {
            "A step of its delivery failed again and again, and waits for an operator of the mailbox. Nothing is lost."
        }
        EventKind::MessagePrinted => "It has been handed to whoever prints and posts it.",
        EventKind::MessageWithdrawn => "Its sender has taken it back.",
        EventKind::MessageNotOpened => "Nobody has opened it by the time that its sender had set.",
        EventKind::MessageDelivered => {
            "It is in the recipient's inbox, or in the mailbox that the recipient has at a provider."
        }
        EventKind::MessageOpened => "The recipient has read it.",
        EventKind::InquiryReceived => "A citizen has written to the service.",
        EventKind::JournalRelevant => "Something of a conversation is relevant to care, and waits for the journal.",
        EventKind::JournalNotArchived => "The journal has not confirmed it in time.",
        EventKind::JournalRejected => "The journal would not take it; its reasons stand in the queue.",
        EventKind::AppointmentCancelled => {
            "A citizen has cancelled an appointment. The message is the one that tells of it in the service's queue."
        }
        EventKind::Heartbeat => "Nothing else has happened for an hour: the feed lives.",
    }
}

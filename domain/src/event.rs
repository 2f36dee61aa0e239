//! What happened to a message, for the feed of the sender's organisation. Ids and kinds only, never content (BX-8).

use strum::{EnumString, IntoStaticStr, VariantArray};

/// What happened.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
pub enum EventKind {
    /// Stored safely.
    #[strum(serialize = "message.accepted")]
    MessageAccepted,
    /// Routed over another channel than the inbox.
    #[strum(serialize = "message.routed")]
    MessageRouted,
    /// Come to nobody; the sender has it again.
    #[strum(serialize = "message.returned")]
    MessageReturned,
    /// In the recipient's inbox.
    #[strum(serialize = "message.delivered")]
    MessageDelivered,
    /// Somebody has been told by SMS or e-mail that it is there. The deadline to appeal runs from here (KRR-12).
    #[strum(serialize = "message.notified")]
    MessageNotified,
    /// It is there, and nobody could be told so.
    #[strum(serialize = "message.notNotified")]
    MessageNotNotified,
    /// A step of its delivery failed again and again. It waits for an operator of the mailbox; nothing is lost.
    #[strum(serialize = "message.undelivered")]
    MessageUndelivered,
    /// Read by the recipient.
    #[strum(serialize = "message.opened")]
    MessageOpened,
    /// A citizen has written to the service.
    #[strum(serialize = "inquiry.received")]
    InquiryReceived,
    /// Something of a conversation is relevant to care, and waits for the journal (TK-3).
    #[strum(serialize = "journal.relevant")]
    JournalRelevant,
    /// The journal has not confirmed it in time.
    #[strum(serialize = "journal.notArchived")]
    JournalNotArchived,
    /// The journal would not take it; its reasons stand in the queue.
    #[strum(serialize = "journal.rejected")]
    JournalRejected,
    /// A citizen has cancelled an appointment. The message is the one that tells of it in the service's queue.
    #[strum(serialize = "appointment.cancelled")]
    AppointmentCancelled,
}

impl EventKind {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

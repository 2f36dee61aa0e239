//! What happened to a message, for the feed of the sender's organisation. Ids and kinds only, never content (BX-8).

use chrono::{DateTime, TimeDelta, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::id::{EventId, MailboxId, MessageId, ServiceId};

/// How long an event stays in the feed.
pub const KEPT: TimeDelta = TimeDelta::days(90);

/// After how long without an event a heartbeat says that the feed lives.
pub const QUIET: TimeDelta = TimeDelta::hours(1);

/// Places of a feed are counted on from a multiple of this after a restore. So many events do not come in a second, and the
/// microseconds of some two hundred years to come are numbers that JavaScript holds exactly.
const RESTART: i64 = 1_000_000;

/// The place after which a feed that has come to `last` goes on when its database was restored at a time. It lies behind
/// every place that was given out before, by this copy of the database or by another.
#[must_use]
pub const fn restart_after(last: i64, now: DateTime<Utc>) -> i64 {
    let (next, by_time) = ((last / RESTART + 1) * RESTART, now.timestamp() * RESTART);
    if by_time > next { by_time } else { next }
}

/// Whether a place is one after which a restored feed goes on: the only ones behind which there may be a gap.
#[must_use]
pub const fn is_restart(place: i64) -> bool {
    place > 0 && place % RESTART == 0
}

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
    /// Handed to whoever prints.
    #[strum(serialize = "message.printed")]
    MessagePrinted,
    /// Taken back by its sender.
    #[strum(serialize = "message.withdrawn")]
    MessageWithdrawn,
    /// Not opened by the time that its sender had set (PP-6).
    #[strum(serialize = "message.notOpened")]
    MessageNotOpened,
    /// In the recipient's inbox, or in the mailbox that the recipient has at a provider.
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
    /// Nothing else has happened for an hour: the feed lives. It is about no message.
    #[strum(serialize = "feed.heartbeat")]
    Heartbeat,
}

impl EventKind {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// An event in its place in the feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Its place: 1, 2, 3 and so on in each organisation's feed, without gaps.
    pub number: i64,
    /// Its id, the same wherever it is told.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: DateTime<Utc>,
    /// What it is about; nothing for a heartbeat.
    pub about: Option<About>,
}

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct About {
    /// The citizen's mailbox. What happens in one mailbox keeps its order.
    pub mailbox: MailboxId,
    /// The service of the organisation.
    pub service: ServiceId,
    /// The message.
    pub message: MessageId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_feed_goes_on_where_no_copy_of_it_has_been() {
        let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).expect("a time");
        let table = [
            ("by the time", 41, at(1_790_000_000), 1_790_000_000_000_000),
            ("again a second later", 1_790_000_000_000_012, at(1_790_000_001), 1_790_000_001_000_000),
            ("with a clock that went back", 1_790_000_000_000_012, at(1_780_000_000), 1_790_000_001_000_000),
            (
                "in the same second, with nothing in between",
                1_790_000_000_000_000,
                at(1_790_000_000),
                1_790_000_001_000_000,
            ),
        ];
        for (name, last, now, expected) in table {
            let place = restart_after(last, now);
            assert_eq!(place, expected, "{name}");
            assert!(place > last && is_restart(place) && !is_restart(place + 1), "{name}");
        }
        assert!(!is_restart(0), "no feed begins with a restore");
    }
}

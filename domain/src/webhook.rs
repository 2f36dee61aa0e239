//! Webhooks: addresses to which the feed of an organisation is sent (BX-8).

use chrono::{DateTime, TimeDelta, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::event::Event;
use crate::id::{EventId, MailboxId, WebhookId, WebhookKeyId};
use crate::text::line_type;

line_type! {
    /// The address of a receiver.
    WebhookUrl, 2000
}

/// The most webhooks of an organisation.
pub const MAX_WEBHOOKS: usize = 10;

/// The most keys of a webhook that sign at the same time.
pub const MAX_KEYS: usize = 5;

/// How long a key goes on signing beside the one that comes after it.
pub const KEY_OVERLAP: TimeDelta = TimeDelta::hours(24);

/// How long an event is tried before it is kept as undelivered, and a challenge before it has failed.
pub const TRIED_FOR: TimeDelta = TimeDelta::days(3);

/// After so many failures in a row it is the receiver that is away, and no longer a single event that it does not take.
pub const AWAY_AFTER: i32 = 5;

const FIRST_PAUSE_SECONDS: i64 = 10;
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(8);
/// A receiver that is away is asked at least this often whether it is back.
const LONGEST_ABSENCE: TimeDelta = TimeDelta::hours(1);

/// What becomes of events for a webhook.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum WebhookState {
    /// The receiver has not yet answered the challenge. Events wait.
    Unconfirmed,
    /// Events are sent.
    Active,
    /// The organisation has put it on hold. Events wait.
    Paused,
    /// It gets no more events, until the organisation makes it active again.
    Ended,
}

impl WebhookState {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// Why a webhook has ended.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum EndReason {
    /// The receiver has answered `410`.
    Gone,
    /// The receiver has not answered the challenge in three days.
    ChallengeFailed,
    /// Events that it had not got have been removed from the feed.
    EventsExpired,
    /// The organisation has stopped using the mailbox.
    OrganisationEnded,
}

impl EndReason {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// A webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The address of the receiver.
    pub url: WebhookUrl,
    /// What becomes of events.
    pub state: WebhookState,
    /// Why it has ended, where it has.
    pub ended_because: Option<EndReason>,
    /// Up to which number of the feed events have been sent, or are kept as not delivered.
    pub last_number: i64,
    /// The keys that sign, oldest first.
    pub keys: Vec<WebhookKey>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A key that signs what is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookKey {
    /// Its id.
    pub id: WebhookKeyId,
    /// What verifies its signatures: an Ed25519 key.
    pub public_key: Vec<u8>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it signs; none for the newest.
    pub signs_until: Option<DateTime<Utc>>,
}

/// Why a receiver has not taken something.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Fault {
    /// It answered with a status that is no success.
    Status,
    /// It answered with a redirect, which is not followed.
    Redirect,
    /// It did not answer in time.
    Timeout,
    /// The connection failed, or its certificate does not hold.
    Connection,
    /// Its name leads to no address that is open to the world.
    AddressNotPublic,
    /// It did not give the challenge back.
    WrongChallenge,
}

impl Fault {
    /// The stored word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// The word that the organisation is told. One for all that keeps a receiver from being reached: who names an address must
    /// not learn what our network knows of it, or which ports are closed.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Timeout | Self::Connection | Self::AddressNotPublic => "unreachable",
            Self::WrongChallenge => "wrongChallenge",
        }
    }
}

/// What a receiver made of one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reception {
    /// It has taken it.
    Taken,
    /// It has not, and may later.
    NotNow(Fault, Option<u16>),
    /// It will not take this one: a status of 4xx.
    Never(u16),
    /// It wants nothing more: 410.
    Gone,
}

impl Reception {
    /// What a status says. A timeout of the receiver and too many requests pass; other refusals stay.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Taken,
            300..=399 => Self::NotNow(Fault::Redirect, Some(status)),
            410 => Self::Gone,
            408 | 425 | 429 => Self::NotNow(Fault::Status, Some(status)),
            400..=499 => Self::Never(status),
            _ => Self::NotNow(Fault::Status, Some(status)),
        }
    }
}

/// An event that a receiver has not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UndeliveredEvent {
    /// The event.
    pub event: Event,
    /// How often it was sent.
    pub attempts: i32,
    /// When it was sent first; not yet where an earlier one of its mailbox holds it up.
    pub first_at: Option<DateTime<Utc>>,
    /// When it is sent next; none where it was given up.
    pub next_at: Option<DateTime<Utc>>,
    /// Why it was not taken last time.
    pub fault: Option<Fault>,
    /// The status that the receiver answered with last time.
    pub status: Option<u16>,
}

/// What must not overtake each other: the events of one mailbox. A heartbeat is by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lane {
    /// Of a mailbox.
    Mailbox(MailboxId),
    /// Of nobody.
    Single(EventId),
}

impl Lane {
    /// The lane of an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        event.about.map_or(Self::Single(event.id), |about| Self::Mailbox(about.mailbox))
    }
}

/// When to send again what has been sent so often: ten seconds after the first time, then three times as long each time,
/// up to eight hours. `chance`, of 0 to 255, moves it by up to a fifth to either side, so that not all come at once.
/// None when three days are over; the last attempt is made when they are.
#[must_use]
pub fn next_attempt(first_at: DateTime<Utc>, now: DateTime<Utc>, attempts: i32, chance: u8) -> Option<DateTime<Utc>> {
    let end = first_at + TRIED_FOR;
    (now < end).then(|| (now + pause(attempts, chance, LONGEST_PAUSE)).min(end))
}

/// How long to leave a receiver in peace that has failed so often in a row; not at all before it counts as away.
#[must_use]
pub fn absence(failures: i32, chance: u8) -> TimeDelta {
    if failures < AWAY_AFTER { TimeDelta::zero() } else { pause(failures - AWAY_AFTER + 1, chance, LONGEST_ABSENCE) }
}

fn pause(attempts: i32, chance: u8, longest: TimeDelta) -> TimeDelta {
    // Beyond this power it is the longest in any case.
    let doublings = u32::try_from(attempts.clamp(1, 12) - 1).unwrap_or(0);
    let seconds = (FIRST_PAUSE_SECONDS * 3_i64.pow(doublings)).min(longest.num_seconds());
    // 80 to 120 per cent.
    TimeDelta::milliseconds(seconds * (800 + i64::from(chance) * 400 / 255))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).expect("a time")
    }

    #[test]
    fn an_event_is_tried_for_three_days_and_last_at_their_end() {
        for chance in [0, 100, 255] {
            let mut at = time(0);
            let mut times = vec![];
            while let Some(next) = next_attempt(time(0), at, i32::try_from(times.len()).expect("few") + 1, chance) {
                assert!(next > at);
                times.push(next - at);
                at = next;
            }
            assert_eq!(at, time(0) + TRIED_FOR);
            assert!((14..25).contains(&times.len()), "{times:?}");
            let first = times[0].num_milliseconds();
            assert!((8_000..=12_000).contains(&first), "{first}");
            assert!(times.iter().all(|pause| *pause <= LONGEST_PAUSE * 6 / 5));
        }
    }

    #[test]
    fn a_receiver_that_is_away_is_asked_again_within_the_hour() {
        assert_eq!(absence(AWAY_AFTER - 1, 128), TimeDelta::zero());
        let mut before = TimeDelta::zero();
        for failures in AWAY_AFTER..200 {
            let absence = absence(failures, 128);
            assert!(absence >= before && absence <= LONGEST_ABSENCE * 6 / 5);
            before = absence;
        }
    }

    #[test]
    fn each_status_has_its_meaning() {
        let table = [
            (200, Reception::Taken),
            (204, Reception::Taken),
            (302, Reception::NotNow(Fault::Redirect, Some(302))),
            (400, Reception::Never(400)),
            (404, Reception::Never(404)),
            (408, Reception::NotNow(Fault::Status, Some(408))),
            (410, Reception::Gone),
            (429, Reception::NotNow(Fault::Status, Some(429))),
            (500, Reception::NotNow(Fault::Status, Some(500))),
            (503, Reception::NotNow(Fault::Status, Some(503))),
            (999, Reception::NotNow(Fault::Status, Some(999))),
        ];
        for (status, expected) in table {
            assert_eq!(Reception::of_status(status), expected, "{status}");
        }
    }
}

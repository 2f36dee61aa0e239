//! What the sandbox has sent out: it goes nowhere but here, where it can be looked at.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use domain::routing::Channel;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, TryFutureExt as _};
use uuid::Uuid;

use super::fault::{Fault, FaultSwitch};
use crate::clock::Clock;
use crate::outbound::{Carrier, Consignment, Messenger, OutgoingNotice, Progress, SendError};

/// The most that is kept; the oldest goes first.
const MOST: usize = 10_000;

/// Something that left the mailbox.
#[derive(Clone)]
pub(crate) struct Sent {
    /// What the other side knows it by.
    pub(crate) id: Uuid,
    /// Over what it went.
    pub(crate) kind: &'static str,
    pub(crate) at: DateTime<Utc>,
    pub(crate) to: String,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    /// The sizes of documents, in bytes.
    pub(crate) documents: Vec<usize>,
    /// How often it came.
    pub(crate) times: u32,
}

/// Everything that left the mailbox, in its order. Like the systems that it stands for, it knows what it has by its id:
/// what comes again is counted, and not another.
pub(crate) struct Outbox {
    clock: Clock,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    sent: VecDeque<Sent>,
    /// How many went before the first of `sent`.
    gone: usize,
    /// The place of each among all that there ever were.
    places: HashMap<Uuid, usize>,
}

impl Outbox {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing that is done under this lock can break off half way.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is, oldest first.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.kept().sent.iter().cloned().collect()
    }

    /// Takes something.
    pub(crate) fn take(&self, sent: Sent) {
        let mut kept = self.kept();
        let Kept { sent: all, gone, places } = &mut *kept;
        if let Some(before) = places.get(&sent.id).and_then(|place| all.get_mut(place - *gone)) {
            before.times += 1;
            return;
        }
        if all.len() == MOST
            && let Some(oldest) = all.pop_front()
        {
            places.remove(&oldest.id);
            *gone += 1;
        }
        places.insert(sent.id, *gone + all.len());
        all.push_back(sent);
    }
}

/// A gateway, mail server, printer or provider of the sandbox.
pub(crate) struct SandboxCarrier {
    /// Over what it goes.
    kind: &'static str,
    outbox: Arc<Outbox>,
    pub(crate) fault: FaultSwitch,
}

impl SandboxCarrier {
    pub(crate) fn new(kind: &'static str, outbox: Arc<Outbox>) -> Self {
        Self { kind, outbox, fault: FaultSwitch::default() }
    }

    /// Takes something, or does with it what it was told to.
    async fn answer(&self, sent: impl FnOnce(&'static str, DateTime<Utc>) -> Sent) -> Result<(), SendError> {
        let fault = self.fault.when_answering().await;
        match fault {
            Some(Fault::Down) => return Err(SendError::Unreached("the sandbox was told so".into())),
            Some(Fault::Rejecting) => {
                let told = "the sandbox was told to reject".into();
                // What a provider of mailboxes has against a letter is that it does not know the recipient.
                return Err(match self.kind == Channel::DigitalMailbox.as_word() {
                    true => SendError::Unknown(told),
                    false => SendError::Refused(told),
                });
            }
            Some(Fault::Slow | Fault::AnsweringTwice | Fault::LosingAnswer) | None => {}
        }
        let sent = sent(self.kind, self.outbox.clock.now());
        if fault == Some(Fault::AnsweringTwice) {
            self.outbox.take(sent.clone());
        }
        self.outbox.take(sent);
        if fault == Some(Fault::LosingAnswer) {
            return Err(SendError::Away("the sandbox was told to lose the answer".into()));
        }
        Ok(())
    }
}

impl Messenger for SandboxCarrier {
    fn send<'a>(&'a self, notice: &'a OutgoingNotice) -> BoxFuture<'a, Result<(), SendError>> {
        let sent = |kind, at| Sent {
            id: notice.id.as_uuid(),
            kind,
            at,
            to: notice.to.clone(),
            subject: (!notice.subject.is_empty()).then(|| notice.subject.clone().into_owned()),
            text: notice.text.clone(),
            documents: vec![],
            times: 1,
        };
        self.answer(sent).boxed()
    }
}

impl Carrier for SandboxCarrier {
    fn hand_over<'a>(&'a self, letter: &'a Consignment) -> BoxFuture<'a, Result<Progress, SendError>> {
        let sent = |kind, at| Sent {
            id: letter.id.as_uuid(),
            kind,
            at,
            to: letter.address_lines().join(", "),
            subject: letter.documents.first().map(|document| document.title.clone()),
            text: String::new(),
            documents: letter
                .documents
                .iter()
                .map(|of| usize::try_from(of.pdf.size_bytes()).unwrap_or(usize::MAX))
                .collect(),
            times: 1,
        };
        self.answer(sent).map_ok(|()| Progress::Arrived).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first_and_what_comes_again_is_counted() {
        let outbox = Outbox::new(Clock::standing());
        let sent = |n: usize| Sent {
            id: Uuid::from_u128(n as u128),
            kind: "sms",
            at: DateTime::UNIX_EPOCH,
            to: n.to_string(),
            subject: None,
            text: String::new(),
            documents: vec![],
            times: 1,
        };
        for n in 0..MOST + 2 {
            outbox.take(sent(n));
        }
        outbox.take(sent(2));
        outbox.take(sent(0));

        let kept = outbox.sent();
        assert_eq!(kept.len(), MOST);
        let ends: Vec<(&str, u32)> = kept.iter().map(|sent| (sent.to.as_str(), sent.times)).collect();
        assert_eq!(ends.first(), Some(&("3", 1)), "2 was counted before it went");
        assert_eq!(ends.last(), Some(&("0", 1)), "0 was gone, and is new");
    }
}

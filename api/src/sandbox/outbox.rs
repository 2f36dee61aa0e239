//! What the sandbox has sent out: it goes nowhere but here, where it can be looked at.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::fault::{Fault, FaultSwitch};
use crate::clock::Clock;
use crate::outbound::{Carrier, Consignment, Messenger, OutgoingNotice, SendError};

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
    sent: Mutex<Vec<Sent>>,
}

impl Outbox {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, sent: Mutex::default() }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Sent>> {
        // Nothing that is done under this lock can break off half way.
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is, oldest first.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.all().clone()
    }

    /// Takes something.
    pub(crate) fn take(&self, sent: Sent) {
        let mut all = self.all();
        if let Some(before) = all.iter_mut().find(|before| before.id == sent.id) {
            before.times += 1;
            return;
        }
        if all.len() == MOST {
            all.remove(0);
        }
        all.push(sent);
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
            Some(Fault::Rejecting) => return Err(SendError::Refused("the sandbox was told to reject".into())),
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
            subject: (!notice.subject.is_empty()).then(|| notice.subject.to_owned()),
            text: notice.text.clone(),
            documents: vec![],
            times: 1,
        };
        self.answer(sent).boxed()
    }
}

impl Carrier for SandboxCarrier {
    fn hand_over<'a>(&'a self, letter: &'a Consignment) -> BoxFuture<'a, Result<(), SendError>> {
        let sent = |kind, at| Sent {
            id: letter.id.as_uuid(),
            kind,
            at,
            to: letter.address_lines().join(", "),
            subject: letter.documents.first().map(|document| document.title.clone()),
            text: String::new(),
            documents: letter.documents.iter().map(|document| document.pdf.len()).collect(),
            times: 1,
        };
        self.answer(sent).boxed()
    }
}

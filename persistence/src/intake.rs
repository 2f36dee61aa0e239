//! The one way in for messages. A single message is a batch of one.
//!
//! For each message, its recipient's entry, the sender's side, job, event, audit entry and idempotency record are one
//! transaction (BX-1), and messages that arrive at the same time share it. What is wrong with one of them is found
//! before anything is written; should the database refuse a batch all the same, each message is tried alone, so that
//! a bad one never fails its neighbours.

pub(crate) mod content;
mod facts;
pub(crate) mod notice;
mod prepare;
mod write;

use domain::access::{Caller, Refusal, Scope};
use domain::id::ServiceId;
use domain::message::{Draft, Recipient, Sending};
use domain::routing::Contact;

use self::facts::BatchFacts;
use self::prepare::{Outcome, Prepared};
use crate::batcher::Batcher;
use crate::context::Context;
use crate::database::Key as _;
use crate::error::{Failure, StoreError};
use crate::idempotency::{Created, RequestKey};
use crate::register::{Refreshed, Whom, numbers_of_mailboxes};
use crate::{Inner, Store, audit, sending};

/// A message on its way in.
#[derive(Clone)]
pub(crate) struct Incoming {
    pub(crate) context: Context,
    pub(crate) service: ServiceId,
    pub(crate) draft: Draft,
    /// What the contact register says of the recipient, where the message is one for which it is asked.
    pub(crate) contact: Contact,
    pub(crate) scope: String,
    pub(crate) key: RequestKey,
}

pub(crate) type Answer = Result<Created<Sending>, Failure>;
pub(crate) type Intake = Batcher<Incoming, Answer>;

impl Store {
    /// Accepts a message. When this returns, it is safe. The population register is asked for a recipient who is not
    /// known here.
    ///
    /// # Errors
    /// Refused, rejected by routing, unknown uploads, a key or reference used before, the register away where it has to
    /// be asked, or the store away: nothing is stored then.
    pub async fn message_send(&self, context: &Context, service: ServiceId, draft: Draft, key: RequestKey) -> Answer {
        let scope = self.idempotency_scope(context);
        let contact = self.contact_ahead(context, &draft).await?;
        let number = match &draft.recipient {
            Recipient::Person(number) => Some(number.clone()),
            Recipient::Mailbox(_) => None,
        };
        let incoming = Incoming { context: context.clone(), service, draft, contact, scope, key };
        match (self.intake.ask(incoming.clone()).await?, number) {
            (Err(Failure::RecipientUnknown), Some(number)) => {
                match self.refresh(vec![Whom::Number(number)], context.now).await? {
                    Refreshed::Told => self.intake.ask(incoming).await?,
                    Refreshed::Away => Err(Refusal::RegisterUnavailable.into()),
                }
            }
            (answer, _) => answer,
        }
    }

    /// What the contact register says of the recipient of a letter. It is asked before the message joins a batch, never inside
    /// of a transaction, and not at all for a caller whose token lets nobody send.
    async fn contact_ahead(&self, context: &Context, draft: &Draft) -> Result<Contact, Failure> {
        let may_send =
            matches!(&context.caller, Caller::System { scopes, .. } if scopes.contains(&Scope::MessagesWrite));
        if !may_send || !draft.kind.asks_contact_register() {
            return Ok(Contact::Unknown);
        }
        let number = match &draft.recipient {
            Recipient::Person(number) => Some(number.clone()),
            Recipient::Mailbox(mailbox) => {
                let mailbox = mailbox.key();
                let found = self.run(move |inner, connection| Ok(numbers_of_mailboxes(inner, connection, &[mailbox])?));
                found.await?.pop().map(|(_, number)| number)
            }
        };
        let Some(number) = number else { return Ok(Contact::Unknown) };
        Ok(self.contacts(vec![number.clone()]).await.contact(&number, context.now))
    }
}

/// Starts the writer.
pub(crate) fn start(inner: std::sync::Arc<Inner>) -> std::io::Result<Intake> {
    Batcher::start("intake", move |batch: Vec<Incoming>| accept(&inner, &batch))
}

/// Answers each message of a batch at its place.
fn accept(inner: &Inner, batch: &[Incoming]) -> Vec<Answer> {
    metrics::histogram!("brevdue_intake_batch_messages")
        .record(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
    match accept_together(inner, batch) {
        Ok(answers) => answers,
        Err(StoreError::Conflict(_)) if batch.len() == 1 => {
            // Somebody else used the key, the reference or the upload a moment ago. Now it shows.
            accept_together(inner, batch).unwrap_or_else(|error| vec![Err(error.into())])
        }
        Err(error @ StoreError::Unavailable(_)) => {
            inner.pool.renew();
            let mut first = Some(error);
            let away = || StoreError::unavailable("the batch of this message could not be written");
            batch.iter().map(|_| Err(first.take().unwrap_or_else(away).into())).collect()
        }
        Err(error) if batch.len() == 1 => vec![Err(error.into())],
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a batch is taken apart");
            batch.iter().flat_map(|one| accept(inner, std::slice::from_ref(one))).collect()
        }
    }
}

fn accept_together(inner: &Inner, batch: &[Incoming]) -> Result<Vec<Answer>, StoreError> {
    let mut connection = inner.pool.get()?;
    let facts = BatchFacts::gather(inner, &mut connection, batch)?;
    let outcomes = prepare::all(inner, batch, &facts);
    let mut answers = Vec::with_capacity(batch.len());
    let mut prepared: Vec<Prepared> = Vec::with_capacity(batch.len());
    let mut refusals = Vec::new();
    for outcome in outcomes {
        answers.push(match outcome {
            Outcome::Accept(ready) => {
                let sending = ready.sending.clone().as_accepted();
                prepared.push(*ready);
                Ok(Created::New(sending))
            }
            Outcome::Replay(service, message) => match sending::fetch(&mut connection, service, message)? {
                Some(sending) => Ok(Created::Replayed(sending.as_accepted())),
                None => Err(StoreError::Corrupt { what: "sending" }.into()),
            },
            Outcome::Refuse(failure, entry) => {
                refusals.push(*entry);
                Err(failure)
            }
            Outcome::Fail(failure) => Err(failure),
        });
    }
    if !prepared.is_empty() {
        let is_all_there = prepared.iter().all(|message| message.sending.delivered_at.is_some());
        write::all(&mut connection, prepared)?;
        inner.events.notify_one();
        if !is_all_there {
            inner.work.notify_one();
        }
    }
    if !refusals.is_empty() {
        connection.write(|connection| audit::insert(connection, refusals))?;
    }
    Ok(answers)
}

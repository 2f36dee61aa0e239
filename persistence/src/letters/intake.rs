//! The one way in for messages. A single message is a batch of one.
//!
//! For each message, its recipient's entry, the sender's side, job, event, audit entry and idempotency record are one
//! transaction (BX-1), and messages that arrive at the same time share it. What is wrong with one of them is found
//! before anything is written; should the database refuse a batch all the same, each message is tried alone, so that
//! a bad one never fails its neighbours. Should the database be lost while it commits, it is asked what became of the batch
//! before anybody is answered.

pub(crate) mod content;
mod doubt;
mod facts;
pub(crate) mod notice;
mod prepare;
mod write;

use std::sync::Arc;

use domain::access::{Caller, Refusal, Scope};
use domain::audit::Entry;
use domain::id::ServiceId;
use domain::message::{Draft, Recipient, Sending};
use domain::routing::Contact;

use self::facts::BatchFacts;
use self::prepare::{Outcome, Prepared};
use crate::access::audit;
use crate::chain::Chain;
use crate::context::Context;
use crate::database::Connection;
use crate::database::Key as _;
use crate::error::{Failure, StoreError};
use crate::idempotency::{Created, KeyScope, RequestKey};
use crate::letters::sending;
use crate::persons::register::{Refreshed, Whom, numbers_of_mailboxes};
use crate::work::batcher::Batcher;
use crate::work::undertaking::Undertaking;
use crate::{Inner, Store};

/// A message on its way in.
#[derive(Clone)]
pub(crate) struct Incoming {
    pub(crate) context: Context,
    pub(crate) service: ServiceId,
    pub(crate) draft: Draft,
    /// What the contact register says of the recipient, where the message is one for which it is asked.
    pub(crate) contact: Contact,
    pub(crate) scope: KeyScope,
    pub(crate) key: RequestKey,
    /// Who waits for it.
    pub(crate) undertaking: Arc<Undertaking>,
}

pub(crate) type Answer = Result<Created<Sending>, Failure>;
pub(crate) type Intake = Batcher<Incoming, Answer>;

impl Store {
    /// Accepts a message. When this returns, it is safe. The population register is asked for a recipient who is not
    /// known here.
    ///
    /// # Errors
    /// Refused, rejected by routing, unknown uploads, a key or reference used before, the register away where it has to
    /// be asked, or the store away: nothing is stored then. Where the outcome is unknown, the same key tells it.
    pub async fn message_send(&self, context: &Context, service: ServiceId, draft: Draft, key: RequestKey) -> Answer {
        let scope = self.idempotency_scope(context);
        let contact = self.contact_ahead(context, &draft).await?;
        let number = match &draft.recipient {
            Recipient::Person(number) => Some(number.clone()),
            Recipient::Mailbox(_) => None,
        };
        let undertaking = Arc::new(Undertaking::default());
        let waited_for = Arc::clone(&undertaking);
        let incoming =
            Incoming { context: context.clone(), service, draft, contact, scope, key, undertaking: waited_for };
        match (self.intake.ask(incoming.clone(), &undertaking).await?, number) {
            (Err(Failure::RecipientUnknown), Some(number)) => {
                match self.refresh(vec![Whom::Number(number)], context.now).await? {
                    Refreshed::Told => self.intake.ask(incoming, &undertaking).await?,
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
        Err(error) if error.ends_connections() => {
            inner.pool.renew();
            let mut first = Some(error);
            let away = || StoreError::unavailable("the batch of this message could not be written");
            batch.iter().map(|_| Err(first.take().unwrap_or_else(away).into())).collect()
        }
        Err(error) if batch.len() == 1 => vec![Err(error.into())],
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "a batch is taken apart");
            batch.iter().flat_map(|one| accept(inner, std::slice::from_ref(one))).collect()
        }
    }
}

fn accept_together(inner: &Inner, batch: &[Incoming]) -> Result<Vec<Answer>, StoreError> {
    let mut connection = inner.pool.get()?;
    let Plan { mut answers, prepared, refusals } = plan(inner, &mut connection, batch)?;
    if !prepared.is_empty() {
        let is_all_there = prepared.iter().all(|message| message.sending.delivered_at.is_some());
        match write::all(&mut connection, prepared) {
            Err(error @ StoreError::OutcomeUnknown(_)) => {
                let lost = connection.session();
                // It goes back to the pool, which drops it.
                drop(connection);
                doubt::settle(inner, batch, &mut answers, lost, &error);
                connection = match inner.pool.get() {
                    Ok(connection) => connection,
                    Err(_) => return Ok(unrecorded(answers)),
                };
            }
            written => written?,
        }
        inner.events.notify_one();
        if !is_all_there {
            inner.work.notify_one();
        }
    }
    if !refusals.is_empty()
        && let Err(error) = connection.write(|connection| audit::insert(connection, refusals))
    {
        tracing::error!(error = %Chain(&error), "refusals could not be put on record");
        answers = unrecorded(answers);
    }
    Ok(answers)
}

/// What becomes of a batch, before anything is written.
struct Plan {
    /// For each message at its place: for those that are to be written, the answer when they are.
    answers: Vec<Answer>,
    prepared: Vec<Prepared>,
    /// The entries of those that are refused.
    refusals: Vec<Entry>,
}

fn plan(inner: &Inner, connection: &mut Connection, batch: &[Incoming]) -> Result<Plan, StoreError> {
    let facts = BatchFacts::gather(inner, connection, batch)?;
    let mut plan = Plan { answers: Vec::with_capacity(batch.len()), prepared: Vec::new(), refusals: Vec::new() };
    for (incoming, outcome) in batch.iter().zip(prepare::all(inner, batch, &facts)) {
        plan.answers.push(match outcome {
            Outcome::Accept(_) if !incoming.undertaking.may_commit() => Err(incoming.undertaking.give_up().into()),
            Outcome::Accept(ready) => {
                let sending = ready.sending.clone().as_accepted();
                plan.prepared.push(*ready);
                Ok(Created::New(sending))
            }
            Outcome::Replay(service, message) => match sending::fetch(connection, service, message)? {
                Some(sending) => Ok(Created::Replayed(sending.as_accepted())),
                None => Err(StoreError::Corrupt { what: "sending" }.into()),
            },
            Outcome::Refuse(failure, entry) => {
                plan.refusals.push(*entry);
                Err(failure)
            }
            Outcome::Fail(failure) => Err(failure),
        });
    }
    Ok(plan)
}

/// The answers where refusals could not be put on record: nobody hears of a refusal that is not. What is stored is stored.
fn unrecorded(answers: Vec<Answer>) -> Vec<Answer> {
    let unless_refused = |answer: Answer| match answer {
        Err(Failure::Refused(_) | Failure::Rejected(_)) => {
            Err(StoreError::unavailable("the refusal cannot be put on record").into())
        }
        other => other,
    };
    answers.into_iter().map(unless_refused).collect()
}

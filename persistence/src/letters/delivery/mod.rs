//! Brings accepted messages to their recipients. The world is asked again at this step (BX-4): consent may have gone
//! meanwhile, somebody may have reserved themselves, moved or died.
//!
//! Before the transaction the contact register is asked about the recipients of letters, all in one call. Inside of it
//! routing decides once more, and what it says is carried out: into the inbox at once; to paper or a mailbox at a provider
//! by a job of its own; back to the sender; or another try later, where nothing is known. Nothing leaves the house on facts
//! of the population register that are stale.

mod inbox;
mod outcome;
mod plan;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use domain::access::{OwnerFacts, Policy};
use domain::id::PersonId;
use domain::message::MessageKind;
use domain::routing::{Contact, InboxFacts};

use self::inbox::put_into_inbox;
use self::outcome::Outcomes;
pub(crate) use self::plan::leaving;
use self::plan::{Planned, Waiting, plan};
use crate::chain::Chain;
use crate::database::{Connection, Id, Pairs, on};
use crate::error::{Failure, StoreError};
use crate::persons::contact_register::Contacts;
use crate::persons::register::{Refreshed, Whom, numbers_of_mailboxes};
use crate::schema::message;
use crate::work::job::{self, JobKind, JobRow, Lease};
use crate::{Inner, Store};

/// The most messages that are delivered in one transaction. No more than one call to the contact register takes.
const MOST: i64 = 500;

/// How long a letter waits before the second try; each further wait is twice as long.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
/// The longest wait.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// How far what is known of recipients is trusted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// What is stale is asked again first.
    OnlyFresh,
    /// It has been asked. What is still stale waits.
    AsItIs,
}

/// What a transaction came to.
#[derive(Default)]
struct Settled {
    done: usize,
    /// Letters that would leave the house, if only what is known of their recipients were fresh.
    stale: Vec<(Lease, PersonId)>,
}

impl Store {
    /// Delivers what is due. Says how many jobs were finished or put off; none means that there is nothing to do.
    ///
    /// # Errors
    /// The store away. The jobs wait.
    pub async fn deliver_due(&self, now: DateTime<Utc>) -> Result<usize, Failure> {
        // One at a time in a process: whoever asks for what is due also waits for what is being done.
        let _turn = self.inner.delivering.lock().await;
        let (leases, until) =
            self.run(move |_, connection| Ok(job::lease(connection, JobKind::Deliver, now, MOST)?)).await?;
        let done = match self.deliver_leased(&leases, until, now).await {
            // One of them cannot be delivered. It must not hold up the others.
            Err(failure) if !job::passes(&failure) => {
                let mut done = 0;
                for lease in leases {
                    done += match self.deliver_leased(&[lease], until, now).await {
                        Err(failure) if !job::passes(&failure) => {
                            let rest = move |connection: &mut Connection| {
                                job::rest_broken(connection, lease, until, &failure, now)
                            };
                            self.run(move |_, connection| rest(connection)).await?;
                            1
                        }
                        delivered => delivered?,
                    };
                }
                done
            }
            delivered => delivered?,
        };
        if done > 0 {
            // What leaves the house is done by others.
            self.inner.work.notify_one();
        }
        Ok(done)
    }

    /// Delivers messages that this process has leased. Says how many jobs were finished or put off.
    async fn deliver_leased(
        &self,
        leases: &[Lease],
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<usize, Failure> {
        if leases.is_empty() {
            return Ok(0);
        }
        let leases = leases.to_vec();
        let asked = leases.clone();
        let numbers = self
            .run(move |inner, connection| {
                let letters = letters_among(connection, &asked)?;
                Ok(numbers_of_mailboxes(inner, connection, &letters)?)
            })
            .await?;
        let told = match numbers.is_empty() {
            true => Contacts::default(),
            false => self.contacts(numbers.iter().map(|(_, number)| number.clone()).collect()).await,
        };
        let contacts: HashMap<Id, Contact> =
            numbers.iter().map(|(mailbox, number)| (*mailbox, told.contact(number, now))).collect();
        let Settled { mut done, stale } =
            self.settle_deliveries(leases, until, contacts.clone(), Trust::OnlyFresh, now).await?;
        if !stale.is_empty() {
            let whom = stale.iter().map(|(_, person)| Whom::Person(*person)).collect();
            if self.refresh(whom, now).await? == Refreshed::Away {
                tracing::warn!(letters = stale.len(), "letters wait for the population register");
            }
            let leases = stale.into_iter().map(|(lease, _)| lease).collect();
            done += self.settle_deliveries(leases, until, contacts, Trust::AsItIs, now).await?.done;
        }
        Ok(done)
    }

    async fn settle_deliveries(
        &self,
        leases: Vec<Lease>,
        until: DateTime<Utc>,
        contacts: HashMap<Id, Contact>,
        trust: Trust,
        now: DateTime<Utc>,
    ) -> Result<Settled, Failure> {
        self.run(move |inner, connection| {
            connection.write(|connection| settle(inner, connection, &leases, until, &contacts, trust, now))
        })
        .await
    }

    /// Delivers what has just become deliverable, after the transaction that made it so, so that the caller finds it there.
    /// What goes wrong here is done by a worker.
    pub(crate) async fn deliver_now(&self, now: DateTime<Utc>) {
        if let Err(error) = self.deliver_due(now).await {
            tracing::warn!(error = %Chain(&error), "deliveries wait");
        }
    }
}

fn settle(
    inner: &Inner,
    connection: &mut Connection,
    leases: &[Lease],
    until: DateTime<Utc>,
    contacts: &HashMap<Id, Contact>,
    trust: Trust,
    now: DateTime<Utc>,
) -> Result<Settled, Failure> {
    let wanted: Vec<(Id, Id)> = leases.iter().map(|lease| (lease.mailbox, lease.object)).collect();
    let planned = plan(inner, connection, &wanted, contacts, now)?;
    let is_stale = |lease: &Lease| planned.get(&(lease.mailbox, lease.object)).filter(|of| of.leaves_on_stale_facts());
    let mut settled = Settled::default();
    let mut ready = Vec::with_capacity(leases.len());
    for lease in leases {
        match is_stale(lease) {
            Some(planned) if trust == Trust::OnlyFresh => settled.stale.push((*lease, planned.person)),
            _ => ready.push(*lease),
        }
    }
    let mine = job::still_leased(connection, &ready, until)?;
    let mut outcomes = Outcomes::default();
    for lease in &mine {
        // Of a message that is not waiting any more there is nothing to do.
        if let Some(planned) = planned.get(&(lease.mailbox, lease.object)) {
            outcomes.add(*lease, planned, now);
        }
    }
    outcomes.carry_out(connection, now)?;
    settled.done = mine.len();
    Ok(settled)
}

/// The mailboxes of those leased messages for which the contact register is asked.
fn letters_among(connection: &mut Connection, leases: &[Lease]) -> Result<Vec<Id>, StoreError> {
    if leases.is_empty() {
        return Ok(vec![]);
    }
    let messages: Pairs = leases.iter().map(|lease| (lease.mailbox, lease.object)).collect();
    let kinds = [MessageKind::Letter, MessageKind::AppointmentLetter].map(MessageKind::as_word);
    Ok(on!(connection, c => message::table
        .filter(messages.among(message::mailbox_id, message::id))
        .filter(message::kind.eq_any(kinds))
        .filter(message::received_at.is_null())
        .filter(message::gone_at.is_null())
        .select(message::mailbox_id)
        .load::<Id>(c))?)
}

/// How long a letter waits after so many tries.
fn wait_after(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    (FIRST_WAIT * 2_i32.pow(doublings)).min(LONGEST_WAIT)
}

/// Delivers what was held for want of a reader, in the transaction that opens the inbox: consent, youth access, or the
/// end of a lock (PP-6). `owner` is how the owner stands after it. Letters are for the contact register too, so they get a
/// job, which whoever ends the transaction has done at once: see [`Store::deliver_now`].
pub(crate) fn deliver_held(
    connection: &mut Connection,
    owner: &OwnerFacts,
    policy: Policy,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let held = plan::held(connection, owner.mailbox)?;
    let open = |waiting: &Waiting| InboxFacts::of(owner, waiting.item, policy).is_open() && !owner.is_dead;
    let (letters, others): (Vec<Waiting>, Vec<Waiting>) =
        held.into_iter().filter(open).partition(|waiting| waiting.kind.asks_contact_register());
    put_into_inbox(connection, &others, now)?;
    // As old as they are, so that they are the first of what is due.
    let jobs = letters.iter().map(|of| JobRow::new(JobKind::Deliver, owner.mailbox, of.id, of.accepted_at)).collect();
    Ok(JobRow::insert_all(connection, jobs)?)
}

/// Delivers messages that have just been stored, in the transaction that stores them: those whose inbox is open. The
/// others are held. For kinds of message that only the inbox takes.
pub(crate) fn deliver_at_once(
    inner: &Inner,
    connection: &mut Connection,
    wanted: &[(Id, Id)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let planned = plan(inner, connection, wanted, &HashMap::new(), now)?;
    let ready: Vec<Waiting> = planned.into_values().filter(Planned::is_for_inbox).map(|of| of.waiting).collect();
    put_into_inbox(connection, &ready, now)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_as_long_as_the_one_before_up_to_an_hour() {
        let waits: Vec<i64> = [0, 1, 2, 3, 7, 8, 100, i32::MAX].map(|tries| wait_after(tries).num_seconds()).to_vec();

        assert_eq!(waits, [30, 30, 60, 120, 1920, 3600, 3600, 3600]);
    }
}

//! What came of handing a letter over, and what of it is written down.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use domain::event::{About, EventKind};
use domain::job::Trouble;
use domain::message::Status;
use domain::routing::{Channel, Reason, Routed};
use domain::rule::Rule;

use super::{HandoverJob, settlement};
use crate::Store;
use crate::database::{Connection, Id, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::event;
use crate::letters::sending::StepRow;
use crate::schema::{handover, message};
use crate::work::job::{self, JobKind, JobRow, Lease};

/// How long it takes, as a rule, until routing has said where a letter goes instead.
const UNTIL_ROUTED: TimeDelta = TimeDelta::minutes(1);

/// What came of handing a letter over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandoverOutcome {
    /// The carrier has it, and answers for it.
    Taken,
    /// The carrier has it, and says later what became of it.
    Underway,
    /// The carrier does not take it, and will not.
    Refused,
    /// The carrier does not know the recipient.
    Unknown,
    /// The carrier had it, and says that it does not come there: it has nothing of it any more.
    Failed,
    /// The carrier was not reached, and has nothing of it.
    Unreached,
    /// The carrier did not answer, or not as it should. It may have it.
    Away,
    /// It could not be made into what the carrier takes.
    Broken,
}

impl HandoverOutcome {
    const fn trouble(self) -> Trouble {
        match self {
            Self::Taken | Self::Underway | Self::Unreached | Self::Away => Trouble::Away,
            Self::Refused | Self::Unknown | Self::Failed => Trouble::Refused,
            Self::Broken => Trouble::Broken,
        }
    }
}

impl Store {
    /// Notes what came of a letter, in the transaction that ends its job or lets it rest.
    pub(super) async fn handover_done(
        &self,
        job: HandoverJob,
        outcome: HandoverOutcome,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let HandoverJob { lease, until, channel, may_be_taken, letter: _ } = job;
        let trouble = match outcome {
            HandoverOutcome::Taken => {
                let note = move |connection: &mut Connection| note_taken(connection, lease, until, channel, now);
                return self.run(move |_, connection| connection.write(note)).await;
            }
            HandoverOutcome::Underway => {
                let wait = move |connection: &mut Connection| Ok(job::ask_again(connection, lease, until, now)?);
                return self.run(move |_, connection| connection.write(wait)).await;
            }
            // Then it goes another way. Not where an earlier try may have been taken, unless that is what failed; nor from paper,
            // which reaches everybody.
            HandoverOutcome::Unknown | HandoverOutcome::Failed
                if channel == Channel::DigitalMailbox && (!may_be_taken || outcome == HandoverOutcome::Failed) =>
            {
                let go_on = move |connection: &mut Connection| {
                    if reroute(connection, lease, until, now)? {
                        note_unknown(connection, lease, channel, now)?;
                    }
                    Ok::<_, Failure>(())
                };
                self.run(move |_, connection| connection.write(go_on)).await?;
                self.inner.work.notify_one();
                return Ok(());
            }
            HandoverOutcome::Unreached
            | HandoverOutcome::Away
            | HandoverOutcome::Refused
            | HandoverOutcome::Unknown
            | HandoverOutcome::Failed
            | HandoverOutcome::Broken => outcome.trouble(),
        };
        // The carrier has nothing of it, now or from an earlier try: it can still go another way, and be taken back.
        let has_nothing = !may_be_taken && outcome != HandoverOutcome::Away;
        let rest = move |connection: &mut Connection| {
            let is_mine = job::put_off(connection, lease, until, trouble, now)?;
            if is_mine && has_nothing {
                settlement::free(connection, (lease.mailbox, lease.object), channel)?;
            }
            Ok(())
        };
        self.run(move |_, connection| connection.write(rest)).await
    }
}

fn note_taken(
    connection: &mut Connection,
    lease: Lease,
    until: DateTime<Utc>,
    channel: Channel,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    if job::still_leased(connection, &[lease], until)?.is_empty() {
        return Ok(());
    }
    Ok(record_taken(connection, (lease.mailbox, lease.object), channel, now)?)
}

/// Writes down that a carrier has a letter, and tells its sender.
pub(super) fn record_taken(
    connection: &mut Connection,
    key: (Id, Id),
    channel: Channel,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let order = handover::table.find((key.0, key.1, channel.as_word()));
    on!(&mut *connection, c => diesel::update(order).set(handover::handed_at.eq(Time(now))).execute(c))?;
    let service = on!(&mut *connection, c => message::table
        .find(key)
        .select(message::service_id)
        .first::<Id>(c))?;
    let (status, kind, rule) = match channel {
        Channel::Paper => (Status::Printed, EventKind::MessagePrinted, Rule::Hn4),
        Channel::DigitalMailbox | Channel::Inbox => (Status::Delivered, EventKind::MessageDelivered, Rule::Krr6),
    };
    let routed = Routed { channel: Some(channel), rule, reason: None, passed_over: vec![] };
    step(connection, key, service, status, routed, now)?;
    event::record(connection, kind, &[about(key, service)], now)
}

/// Writes down that a carrier has nothing of a letter: it does not know the recipient, or has failed.
fn note_unknown(
    connection: &mut Connection,
    lease: Lease,
    channel: Channel,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let order = handover::table.find((lease.mailbox, lease.object, channel.as_word()));
    on!(connection, c => diesel::update(order)
        .set((handover::may_be_taken.eq(false), handover::unknown_at.eq(Time(now))))
        .execute(c))?;
    Ok(())
}

/// Gives a letter back to its sender: there is nobody to send it to, or nowhere.
pub(super) fn give_back(
    connection: &mut Connection,
    lease: Lease,
    until: DateTime<Utc>,
    service: Id,
    reason: Reason,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    if job::still_leased(connection, &[lease], until)?.is_empty() {
        return Ok(());
    }
    let routed = Routed { channel: None, rule: reason.rule(), reason: Some(reason), passed_over: vec![] };
    let key = (lease.mailbox, lease.object);
    step(connection, key, service, Status::Returned, routed, now)?;
    Ok(event::record(connection, EventKind::MessageReturned, &[about(key, service)], now)?)
}

/// Has routing asked once more about a letter whose way is closed by now. False where somebody else has its job.
///
/// Its sender's own time may have run out meanwhile, and been passed over, for the letter was on its way. That is looked at
/// again as soon as it is known where it goes: whoever waits in vain is told all the same (PP-6, KRR-14).
pub(super) fn reroute(
    connection: &mut Connection,
    lease: Lease,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if job::still_leased(connection, &[lease], until)?.is_empty() {
        return Ok(false);
    }
    let letter = message::table.find((lease.mailbox, lease.object));
    on!(&mut *connection, c => diesel::update(letter).set(message::gone_at.eq(None::<Time>)).execute(c))?;
    let open_by = on!(&mut *connection, c => letter.select(message::open_by).first::<Option<Time>>(c))?;
    let job = |kind, at| JobRow::new(kind, lease.mailbox.into(), lease.object, at);
    let mut jobs = vec![job(JobKind::Deliver, now)];
    jobs.extend(open_by.filter(|at| at.0 <= now).map(|_| job(JobKind::OpenByPassed, now + UNTIL_ROUTED)));
    JobRow::insert_all(connection, jobs)?;
    Ok(true)
}

fn about((mailbox, message): (Id, Id), service: Id) -> About {
    About { mailbox: mailbox.into(), service: service.into(), message: message.into() }
}

fn step(
    connection: &mut Connection,
    (_, message): (Id, Id),
    service: Id,
    status: Status,
    routed: Routed,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    StepRow::insert_all(connection, vec![StepRow::new(service, message, status, &routed, now)])
}

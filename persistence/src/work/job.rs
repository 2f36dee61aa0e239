//! Background work: rows, written in the transaction that causes the work, leased by one worker at a time.
//!
//! Work may happen twice: a lease that runs out, because its worker died or was slow, is given to the next. So what a
//! job does must be safe to do again.
//!
//! What cannot be done rests, longer each time (see [`domain::job`]), and then waits for an operator, who sees it and lets
//! it be tried again.

mod trouble;

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use domain::id::{JobId, MailboxId};
use domain::job::Trouble;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::chain::Chain;
use crate::context::new_id;
use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, Pairs, SqlTime, SqlUuid, Time, locked, on};
use crate::error::{Failure, StoreError};
use crate::schema::job;
use crate::{Inner, Store};

pub use self::trouble::JobInTrouble;
pub(crate) use self::trouble::{ask_again, put_off, restart};
use crate::letters::deadline::open_by_passed;
use crate::mailboxes::conversation::tell_overdue;
use crate::mailboxes::health_contact::{practitioner_turns, tell_of_practitioner};
use crate::persons::power_of_attorney::{end_profile, expire_power};

/// How long a worker has for what it leased.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// The most jobs of a kind that are leased at once.
const MOST: i64 = 50;

/// What there is to do.
// The words below are stored. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub(crate) enum JobKind {
    /// Bring an accepted message to its recipient.
    Deliver,
    /// See whether a message was opened by the time that its sender had set (PP-6).
    OpenByPassed,
    /// Tell by SMS and e-mail that a message has come (DH-9).
    Notify,
    /// Tell once more, a week later (KRR-10).
    NotifyAgain,
    /// Print a letter and send it on paper.
    Print,
    /// Send a letter to a mailbox at a provider.
    DigitalMailbox,
    /// Tell both sides that a power of attorney has run out.
    PowerExpires,
    /// Delete the profile after an assigned power of attorney (RET-16).
    ProfileEnds,
    /// Tell a service of what its journal has not confirmed in time (TK-3).
    ConfirmationDue,
    /// See whether a citizen has another general practitioner from this day on.
    PractitionerTurns,
    /// Send the receipt for a change of general practitioner (HN-3).
    PractitionerChanged,
}

impl JobKind {
    pub(crate) fn as_word(self) -> &'static str {
        self.into()
    }

    /// How a job of this kind is done, each in a transaction of its own. Deliveries and notices are done many at a time, and
    /// what leaves the house takes others: see [`crate::letters::delivery`], [`crate::letters::notification`] and [`crate::letters::handover`].
    fn work(self) -> Option<Work> {
        match self {
            Self::Deliver | Self::Notify | Self::NotifyAgain | Self::Print | Self::DigitalMailbox => None,
            Self::OpenByPassed => Some(open_by_passed),
            Self::PowerExpires => Some(expire_power),
            Self::ProfileEnds => Some(end_profile),
            Self::ConfirmationDue => Some(tell_overdue),
            Self::PractitionerTurns => Some(practitioner_turns),
            Self::PractitionerChanged => Some(tell_of_practitioner),
        }
    }
}

impl Store {
    /// When the next thing after a time is due; nothing where that is later than a limit.
    ///
    /// # Errors
    /// The store away.
    pub async fn next_due(&self, after: DateTime<Utc>, limit: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Failure> {
        self.run(move |_, connection| {
            let next = on!(connection, c => job::table
                .filter(job::given_up_at.is_null())
                .filter(job::run_at.gt(Time(after)))
                .filter(job::run_at.le(Time(limit)))
                .order(job::run_at)
                .select(job::run_at)
                .first::<Time>(c)
                .optional())?;
            Ok(next.map(|at| at.0))
        })
        .await
    }

    /// Does what is due, but for deliveries. Says how many jobs were finished; none means that there is nothing to do.
    ///
    /// # Errors
    /// The store away. The jobs wait.
    pub async fn jobs_due(&self, now: DateTime<Utc>) -> Result<usize, Failure> {
        // One at a time in a process: whoever asks for what is due also waits for what is being done.
        let _turn = self.inner.delivering.lock().await;
        self.run(move |inner, connection| {
            let mut finished = 0;
            for kind in JobKind::VARIANTS {
                let Some(work) = kind.work() else { continue };
                let (leases, until) = lease(connection, *kind, now, MOST)?;
                for lease in leases {
                    finished += finish(inner, connection, lease, until, work, now)?;
                }
            }
            Ok(finished)
        })
        .await
    }
}

rows! {
    /// A job that nobody has leased yet.
    JobRow, JobColumns => job {
        id: Id as SqlUuid,
        kind: &'static str as Text,
        mailbox_id: Id as SqlUuid,
        object_id: Id as SqlUuid,
        run_at: Time as SqlTime,
        attempts: i32 as Integer,
    }
}

impl JobRow {
    pub(crate) fn new(kind: JobKind, mailbox: MailboxId, object: Id, run_at: DateTime<Utc>) -> Self {
        Self {
            id: new_id::<JobId>().key(),
            kind: kind.as_word(),
            mailbox_id: mailbox.key(),
            object_id: object,
            run_at: Time(run_at),
            attempts: 0,
        }
    }
}

/// A job that this worker has until `leased_until`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(crate) kind: JobKind,
    pub(crate) job: Id,
    pub(crate) mailbox: Id,
    pub(crate) object: Id,
    /// How many have had it so far, this one included.
    pub(crate) attempts: i32,
}

impl Lease {
    /// The same job once more, later.
    pub(crate) fn again(&self, run_at: DateTime<Utc>) -> JobRow {
        JobRow { attempts: self.attempts, ..JobRow::new(self.kind, self.mailbox.into(), self.object, run_at) }
    }
}

/// Leases what is due, oldest first. Several workers side by side get different jobs.
pub(crate) fn lease(
    connection: &mut Connection,
    kind: JobKind,
    now: DateTime<Utc>,
    most: i64,
) -> Result<(Vec<Lease>, DateTime<Utc>), StoreError> {
    let until = now + LEASE;
    let leases = connection.write(|connection| {
        let due = job::table
            .filter(job::kind.eq(kind.as_word()))
            .filter(job::run_at.le(Time(now)))
            .filter(job::given_up_at.is_null())
            .filter(job::leased_until.is_null().or(job::leased_until.lt(Time(now))))
            .order(job::run_at)
            .limit(most)
            .select((job::id, job::mailbox_id, job::object_id, job::attempts));
        let rows: Vec<(Id, Id, Id, i32)> = match &mut *connection {
            // Only PostgreSQL has several writers, and only there a row can be locked.
            Connection::Postgres(link) => due.for_update().skip_locked().load(&mut **link as &mut PgConnection)?,
            Connection::Sqlite(link, _) => due.load(&mut **link as &mut SqliteConnection)?,
        };
        let due: Pairs = rows.iter().map(|row| (row.1, row.0)).collect();
        if !due.is_empty() {
            on!(connection, c => diesel::update(job::table.filter(due.among(job::mailbox_id, job::id)))
                .set((job::leased_until.eq(Time(until)), job::attempts.eq(job::attempts + 1)))
                .execute(c))?;
        }
        let lease = |(job, mailbox, object, before)| Lease { kind, job, mailbox, object, attempts: before + 1 };
        Ok::<_, StoreError>(rows.into_iter().map(lease).collect())
    })?;
    Ok((leases, until))
}

/// Takes finished jobs off the list, in the transaction of what they did. Says which of them were still leased by
/// this worker; the others have gone to somebody else, and what was done for them must not count.
pub(crate) fn still_leased(
    connection: &mut Connection,
    leases: &[Lease],
    until: DateTime<Utc>,
) -> Result<Vec<Lease>, StoreError> {
    let all: Pairs = leases.iter().map(|lease| (lease.mailbox, lease.job)).collect();
    let mine = job::table
        .filter(all.among(job::mailbox_id, job::id))
        .filter(job::leased_until.eq(Time(until)))
        .select((job::mailbox_id, job::id));
    let kept: Vec<(Id, Id)> = locked!(&mut *connection, mine, load)?;
    let done: Pairs = kept.iter().copied().collect();
    if !done.is_empty() {
        on!(connection, c => diesel::delete(job::table.filter(done.among(job::mailbox_id, job::id))).execute(c))?;
    }
    let kept: HashSet<Id> = kept.into_iter().map(|(_, job)| job).collect();
    Ok(leases.iter().filter(|lease| kept.contains(&lease.job)).copied().collect())
}

/// What a job does. It may be done twice.
pub(crate) type Work = fn(&Inner, &mut Connection, Lease, DateTime<Utc>) -> Result<(), Failure>;

/// Whether what went wrong with jobs passes by itself: then all of them wait. Else something is wrong with one of them, which
/// must not hold up the others.
pub(crate) const fn passes(failure: &Failure) -> bool {
    // Also where a commit is in doubt: work that was done finds its job gone, and the rest is safe to do again.
    matches!(failure, Failure::Store(error) if error.ends_connections())
}

/// Lets a job rest that cannot be done with what is stored.
pub(crate) fn rest_broken(
    connection: &mut Connection,
    lease: Lease,
    until: DateTime<Utc>,
    failure: &Failure,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let error = Chain(failure);
    let Lease { kind, job, mailbox, object, attempts } = lease;
    tracing::error!(%error, job.kind = kind.as_word(), job.id = %job.0, job.attempts = attempts, mailbox.id = %mailbox.0, object.id = %object.0, "a job cannot be done");
    connection.write(|connection| Ok(put_off(connection, lease, until, Trouble::Broken, now).map(drop)?))
}

/// Does one job in a transaction of its own, so that one that cannot be done holds up no other. Says how many were done.
pub(crate) fn finish(
    inner: &Inner,
    connection: &mut Connection,
    lease: Lease,
    until: DateTime<Utc>,
    work: Work,
    now: DateTime<Utc>,
) -> Result<usize, Failure> {
    let done = connection.write(|connection| {
        let mine = still_leased(connection, &[lease], until)?;
        for lease in &mine {
            work(inner, connection, *lease, now)?;
        }
        Ok::<_, Failure>(mine.len())
    });
    match done {
        Err(failure) if passes(&failure) => Err(failure),
        Err(failure) => rest_broken(connection, lease, until, &failure, now).map(|()| 0),
        Ok(count) => Ok(count),
    }
}

//! Jobs that could not be done: how they rest, and where operators see them and let them go on.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::PlatformAct;
use domain::audit::{Object, ObjectKind, Subject};
use domain::event::{About, EventKind};
use domain::id::{HandoverId, JobId};
use domain::job::{Next, Trouble, after_failure};

use super::{JobKind, Lease};
use crate::Store;
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::event;
use crate::letters::handover::references;
use crate::page::{Page, Slice};
use crate::schema::{job, message};

const CORRUPT: StoreError = StoreError::Corrupt { what: "job" };

/// A job that could not be done when it was tried last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobInTrouble {
    /// Its id.
    pub id: JobId,
    /// The word of what is to be done.
    pub kind: &'static str,
    /// What it is to be done with.
    pub object: uuid::Uuid,
    /// Why it could not be done.
    pub trouble: Trouble,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next.
    pub run_at: DateTime<Utc>,
    /// Since when it waits for an operator; none while it is still tried.
    pub given_up_at: Option<DateTime<Utc>>,
    /// By what a carrier knows the letter that it may have.
    pub handover: Option<HandoverId>,
}

type TroubleRow = (Id, String, Id, Option<String>, i32, Time, Option<Time>);

fn from_row(
    (id, kind, object, trouble, attempts, run_at, given_up_at): TroubleRow,
) -> Result<JobInTrouble, StoreError> {
    let kind: JobKind = kind.parse().map_err(|_| CORRUPT)?;
    Ok(JobInTrouble {
        id: id.into(),
        kind: kind.as_word(),
        object: object.0,
        trouble: trouble.ok_or(CORRUPT)?.parse().map_err(|_| CORRUPT)?,
        attempts,
        run_at: run_at.0,
        given_up_at: given_up_at.map(|at| at.0),
        handover: None,
    })
}

impl Store {
    /// The jobs in trouble, oldest first.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn job_list(&self, context: &Context, page: Page) -> Result<Slice<JobInTrouble>, Failure> {
        self.for_platform(context, PlatformAct::LIST_JOBS, Subject::Platform, move |inner, connection, _| {
            let after: Option<Id> = page.position(&inner.vault, "jobs")?;
            let rows = on!(&mut *connection, c => job::table
                .filter(job::trouble.is_not_null())
                .filter(job::id.gt(after.unwrap_or(Id::MIN)))
                .order(job::id)
                .limit(page.fetch_limit())
                .select((
                    job::id,
                    job::kind,
                    job::object_id,
                    job::trouble,
                    job::attempts,
                    job::run_at,
                    job::given_up_at,
                ))
                .load::<TroubleRow>(c))?;
            let letters = references(connection, &rows.iter().map(|row| row.2).collect::<Vec<_>>())?;
            let slice = Slice::cut(rows, &page, &inner.vault, "jobs", |row| row.0);
            let with_reference = |row: TroubleRow| {
                let handover = letters.get(&row.2).copied();
                Ok::<_, StoreError>(JobInTrouble { handover, ..from_row(row)? })
            };
            Ok((slice.try_map(with_reference)?, None))
        })
        .await
    }

    /// Lets a job in trouble be tried again at once, and as often as a new one.
    ///
    /// # Errors
    /// Refused, no such job in trouble, or the store away.
    pub async fn job_restart(&self, context: &Context, id: JobId) -> Result<(), Failure> {
        let now = context.now;
        let restarted = self
            .for_platform(context, PlatformAct::RESTART_JOB, Subject::Platform, move |_, connection, _| {
                if !restart(connection, id, now)? {
                    return Err(Failure::NotFound);
                }
                Ok(((), Some(Object { kind: ObjectKind::Job, id: id.as_uuid() })))
            })
            .await;
        self.inner.work.notify_one();
        restarted
    }
}

/// Lets a job in trouble begin anew. False where there is none.
pub(crate) fn restart(connection: &mut Connection, id: JobId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let waiting = job::table.filter(job::id.eq(id.key())).filter(job::trouble.is_not_null());
    let count = on!(connection, c => diesel::update(waiting)
        .set((
            job::run_at.eq(Time(now)),
            job::attempts.eq(0),
            job::leased_until.eq(None::<Time>),
            job::trouble.eq(None::<String>),
            job::given_up_at.eq(None::<Time>),
        ))
        .execute(c))?;
    Ok(count > 0)
}

/// Lets a leased job rest after it could not be done, or gives it up: then the organisation whose message it is about is
/// told. False where somebody else has it by now: then nothing happens.
pub(crate) fn put_off(
    connection: &mut Connection,
    lease: Lease,
    until: DateTime<Utc>,
    trouble: Trouble,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let [.., spread] = lease.job.0.into_bytes();
    let (run_at, given_up_at) = match after_failure(lease.attempts, trouble, spread) {
        Next::TryAgain(pause) => (now + pause, None),
        Next::GiveUp => (now, Some(Time(now))),
    };
    let mine = job::table.find((lease.mailbox, lease.job)).filter(job::leased_until.eq(Time(until)));
    let count = on!(&mut *connection, c => diesel::update(mine)
        .set((
            job::run_at.eq(Time(run_at)),
            job::leased_until.eq(None::<Time>),
            job::trouble.eq(trouble.as_word()),
            job::given_up_at.eq(given_up_at),
        ))
        .execute(c))?;
    if count == 1 && given_up_at.is_some() {
        let (job, mailbox, object) = (lease.job.0, lease.mailbox.0, lease.object.0);
        tracing::error!(job.kind = lease.kind.as_word(), job.id = %job, mailbox.id = %mailbox, object.id = %object, trouble = trouble.as_word(), "a job waits for an operator");
        metrics::counter!("brevdue_jobs_given_up_total").increment(1);
        tell(connection, lease, now)?;
    }
    Ok(count == 1)
}

/// Lets a leased job rest whose letter a carrier has and has not said what became of. It is asked again and again, as often as
/// what is in trouble; then an operator has to ask.
pub(crate) fn ask_again(
    connection: &mut Connection,
    lease: Lease,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let [.., spread] = lease.job.0.into_bytes();
    let Next::TryAgain(pause) = after_failure(lease.attempts, Trouble::Away, spread) else {
        return put_off(connection, lease, until, Trouble::Uncertain, now).map(drop);
    };
    let mine = job::table.find((lease.mailbox, lease.job)).filter(job::leased_until.eq(Time(until)));
    on!(connection, c => diesel::update(mine)
        .set((
            job::run_at.eq(Time(now + pause)),
            job::leased_until.eq(None::<Time>),
            job::trouble.eq(None::<String>),
        ))
        .execute(c))?;
    Ok(())
}

fn tell(connection: &mut Connection, lease: Lease, now: DateTime<Utc>) -> Result<(), StoreError> {
    let service = on!(&mut *connection, c => message::table
        .find((lease.mailbox, lease.object))
        .select(message::service_id)
        .first::<Id>(c)
        .optional())?;
    let Some(service) = service else { return Ok(()) };
    let about = About { mailbox: lease.mailbox.into(), service: service.into(), message: lease.object.into() };
    event::record(connection, EventKind::MessageUndelivered, &[about], now)
}

//! This database among others: its id, how far it has come, and whose turn it is to sweep.
//!
//! The store of attachments holds both too (see [`crate::blob`]). So a database finds out that the files there are not its
//! own, or that it is older than they are, as after a restore.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::blob::Mark;
use crate::database::{Connection, Id, Time, on};
use crate::error::StoreError;
use crate::schema::installation;

/// The one row.
const SINGLETON: i16 = 1;

/// How often the store of attachments is swept, whatever the number of processes.
const SWEEP_EVERY: TimeDelta = TimeDelta::hours(1);

/// The mark of this database; a new one gets its id here.
pub(crate) fn mark(connection: &mut Connection, now: DateTime<Utc>) -> Result<Mark, StoreError> {
    on!(&mut *connection, c => diesel::insert_into(installation::table)
        .values((
            installation::singleton.eq(SINGLETON),
            installation::id.eq(Id(Uuid::now_v7())),
            installation::generation.eq(0),
            installation::created_at.eq(Time(now)),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    let (database, generation) = on!(connection, c => installation::table
        .find(SINGLETON)
        .select((installation::id, installation::generation))
        .first::<(Id, i64)>(c))?;
    Ok(Mark { database: database.0, generation })
}

/// Takes the database on from a generation, and gives the mark that it has then.
pub(crate) fn advance(connection: &mut Connection, from: i64) -> Result<Mark, StoreError> {
    let (database, before) = on!(&mut *connection, c => installation::table
        .find(SINGLETON)
        .select((installation::id, installation::generation))
        .first::<(Id, i64)>(c))?;
    let generation = before.max(from) + 1;
    on!(connection, c => diesel::update(installation::table.find(SINGLETON))
        .set(installation::generation.eq(generation))
        .execute(c))?;
    Ok(Mark { database: database.0, generation })
}

/// Whether it is this process that sweeps now: one does in an hour. A time of the last sweep that lies ahead was noted by a
/// clock that went wrong, and does not count.
pub(crate) fn take_turn(connection: &mut Connection, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let is_due = installation::swept_at
        .is_null()
        .or(installation::swept_at.le(Time(now - SWEEP_EVERY)).assume_not_null())
        .or(installation::swept_at.gt(Time(now)).assume_not_null());
    let taken = on!(connection, c => diesel::update(installation::table.find(SINGLETON))
        .filter(is_due)
        .set(installation::swept_at.eq(Time(now)))
        .execute(c))?;
    Ok(taken == 1)
}

//! This database among others: its id, what kind of server it serves, how far it has come, and whose turn it is to sweep.
//!
//! The store of attachments holds both too (see [`crate::blob`]). So a database finds out that the files there are not its
//! own, or that it is older than they are, as after a restore.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

use super::restore::ACQUIRE_TIMEOUT;
use crate::blob::Mark;
use crate::database::migration;
use crate::database::{Connection, DatabaseUrl, Id, Pool, Time, on};
use crate::error::StoreError;
use crate::schema::installation;
use crate::store::OpenError;

/// What an installation is for. One never becomes the other: in a sandbox anybody is anybody, by tokens that it gives itself.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum InstallationKind {
    /// Made-up persons.
    Sandbox,
    /// Real persons.
    Production,
}

/// The database has served an installation of another kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the database is that of a {}, and this server is a {}: set mode, or name another database in database.url",
    name(*.stored),
    name(*.wanted)
)]
pub struct OtherKind {
    stored: InstallationKind,
    wanted: InstallationKind,
}

fn name(kind: InstallationKind) -> &'static str {
    match kind {
        InstallationKind::Sandbox => "sandbox",
        InstallationKind::Production => "production installation",
    }
}

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

/// Makes sure that the database serves this kind of installation, which a new one does from here on.
pub(crate) fn claim(connection: &mut Connection, kind: InstallationKind, now: DateTime<Utc>) -> Result<(), OpenError> {
    let word: &'static str = kind.into();
    connection.write(|connection| {
        mark(connection, now)?;
        on!(connection, c => diesel::update(installation::table.find(SINGLETON))
            .filter(installation::kind.is_null())
            .set(installation::kind.eq(word))
            .execute(c))
        .map_err(StoreError::from)
    })?;
    check(connection, kind)
}

/// Refuses a kind that the database does not serve. One that serves none yet may become any.
fn check(connection: &mut Connection, wanted: InstallationKind) -> Result<(), OpenError> {
    let stored = on!(connection, c => installation::table
        .find(SINGLETON)
        .select(installation::kind)
        .first::<Option<String>>(c)
        .optional())
    .map_err(StoreError::from)?;
    let Some(word) = stored.flatten() else { return Ok(()) };
    let stored = word.parse().map_err(|_| StoreError::Corrupt { what: "installation" })?;
    if stored == wanted { Ok(()) } else { Err(OtherKind { stored, wanted }.into()) }
}

/// Refuses a database that has served an installation of another kind, before anything is changed there.
///
/// # Errors
/// It has, or the database is away.
pub fn check_installation(database: &DatabaseUrl, kind: InstallationKind) -> Result<(), OpenError> {
    if migration::is_new(database)? {
        return Ok(());
    }
    check(&mut Pool::new(database, 1, ACQUIRE_TIMEOUT).get()?, kind)
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

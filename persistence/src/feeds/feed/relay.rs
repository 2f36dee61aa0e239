//! Gives committed events their places: 1, 2, 3 and so on in each organisation's feed, without gaps (BX-8).
//!
//! Whoever numbers the events of an organisation holds its row of `feed` until the numbers are committed, so there is one
//! relay for it at a time, in however many processes. The numbers and the last of them are one transaction: a relay that
//! is killed has done nothing.
//!
//! **Why what happens in one mailbox keeps its order.** Say that B follows A: it was caused by it, or had to wait for a
//! lock that A's transaction held. Then A's transaction ended before B's row was written. So whoever sees B sees A, and
//! A is numbered before B or together with it. Among those that are numbered together the order is that of `arrival`,
//! which the database itself counts up when a row is written, and A's was. Neither ids nor times could tell: each
//! process makes its own, by a clock of its own.

use std::ops::Range;

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::sqlite::{Sqlite, SqliteConnection};
use domain::event::{EventKind, KEPT, QUIET, restart_after};
use domain::id::{EventId, OrganisationId};

use crate::Store;
use crate::context::new_id;
use crate::database::{Connection, Id, Key, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::{event, feed};

/// The most events that are numbered in one transaction.
const MOST: i64 = 1000;
/// The most events that are removed in one transaction.
const MOST_REMOVED: i64 = 5000;
/// The most heartbeats that are written in one go.
const MOST_HEARTBEATS: i64 = 200;

impl Store {
    /// Numbers what waits for it, and tells who waits for numbers. Says how many got one; none means that there is
    /// nothing to do, or that another process is at it.
    ///
    /// # Errors
    /// The store away. The events wait.
    pub async fn relay_due(&self, now: DateTime<Utc>) -> Result<usize, Failure> {
        // One at a time in a process: whoever asks for what is due also waits for what is being done.
        let _turn = self.inner.relaying.lock().await;
        let numbered = self
            .run(move |_, connection| {
                beat(connection, now)?;
                let mut numbered = vec![];
                let mut before = Id::MIN;
                while let Some(organisation) = next_waiting(connection, before)? {
                    numbered.extend(number(connection, organisation, now)?);
                    before = organisation;
                }
                Ok(numbered)
            })
            .await?;
        for (organisation, _, last) in &numbered {
            self.inner.waiting.tell(*organisation, *last);
        }
        if !numbered.is_empty() {
            self.inner.webhooks.notify_one();
        }
        let count: usize = numbered.iter().map(|(_, count, _)| count).sum();
        metrics::counter!("brevdue_events_numbered_total").increment(count.try_into().unwrap_or(u64::MAX));
        Ok(count)
    }

    /// Removes events that are older than they are kept, feed by feed.
    ///
    /// # Errors
    /// The store away. What is left is for the next time.
    pub(crate) async fn events_remove_old(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        let feeds = self
            .run(|_, connection| Ok(on!(connection, c => feed::table.select(feed::organisation_id).load::<Id>(c))?))
            .await?;
        for feed in feeds {
            while self.run(move |_, connection| Ok(remove_old(connection, feed.into(), now)?)).await? {}
        }
        Ok(())
    }

    /// Returns when there may be events to number.
    pub async fn events_arrived(&self) {
        self.inner.events.notified().await;
    }
}

/// The next organisation, in the order of ids, that has events without a number: one step into a partial index, which
/// holds nothing but those.
fn next_waiting(connection: &mut Connection, before: Id) -> Result<Option<Id>, StoreError> {
    Ok(on!(connection, c => event::table
        .filter(event::number.is_null())
        .filter(event::organisation_id.gt(before))
        .order(event::organisation_id)
        .select(event::organisation_id)
        .first::<Id>(c)
        .optional())?)
}

/// Numbers the events of one organisation, unless another relay is at it. Says how many, and the last number.
fn number(
    connection: &mut Connection,
    organisation: Id,
    now: DateTime<Utc>,
) -> Result<Option<(OrganisationId, usize, i64)>, StoreError> {
    connection.write(|connection| {
        let Some(last) = hold(connection, organisation)? else { return Ok(None) };
        // A statement of its own, after the row is held: it sees all that the relay before has numbered.
        let statement = NumberStatement { organisation, last, most: MOST };
        let count = match &mut *connection {
            Connection::Postgres(link) => statement.execute(&mut **link as &mut PgConnection)?,
            Connection::Sqlite(link, _) => statement.execute(&mut **link as &mut SqliteConnection)?,
        };
        let last = last + i64::try_from(count).unwrap_or(i64::MAX);
        on!(connection, c => diesel::update(feed::table.find(organisation))
            .set((feed::last_number.eq(last), feed::last_event_at.eq(Time(now))))
            .execute(c))?;
        Ok(Some((organisation.into(), count, last)))
    })
}

/// Holds the feed of an organisation to the end of the transaction, and says how far it has come; nothing where somebody
/// else holds it.
fn hold(connection: &mut Connection, organisation: Id) -> Result<Option<i64>, StoreError> {
    let row = feed::table.find(organisation).select(feed::last_number);
    let last = match connection {
        Connection::Postgres(link) => {
            row.for_no_key_update().skip_locked().first::<i64>(&mut **link as &mut PgConnection).optional()?
        }
        // The one writer holds everything.
        Connection::Sqlite(link, _) => row.first::<i64>(&mut **link as &mut SqliteConnection).optional()?,
    };
    Ok(last)
}

/// Holds the feed of an organisation to the end of the transaction, and says how far it has come. Waits for who else does.
pub(crate) fn held(connection: &mut Connection, organisation: OrganisationId) -> Result<i64, StoreError> {
    let row = feed::table.find(organisation.key()).select(feed::last_number);
    Ok(match connection {
        Connection::Postgres(link) => row.for_no_key_update().first::<i64>(&mut **link as &mut PgConnection)?,
        Connection::Sqlite(link, _) => row.first::<i64>(&mut **link as &mut SqliteConnection)?,
    })
}

/// Writes a heartbeat into each feed that has been quiet for long.
fn beat(connection: &mut Connection, now: DateTime<Utc>) -> Result<(), StoreError> {
    let quiet = on!(&mut *connection, c => feed::table
        .filter(feed::last_event_at.le(Time(now - QUIET)))
        .limit(MOST_HEARTBEATS)
        .select(feed::organisation_id)
        .load::<Id>(c))?;
    for organisation in quiet {
        connection.write(|connection| {
            // Looked at again while it is held, so that of two relays only one writes.
            if hold(connection, organisation)?.is_none() {
                return Ok(());
            }
            let marked = on!(&mut *connection, c => diesel::update(feed::table.find(organisation))
                .filter(feed::last_event_at.le(Time(now - QUIET)))
                .set(feed::last_event_at.eq(Time(now)))
                .execute(c))?;
            if marked == 1 {
                write_heartbeat(connection, organisation, now)?;
            }
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(())
}

fn write_heartbeat(connection: &mut Connection, organisation: Id, now: DateTime<Utc>) -> Result<(), StoreError> {
    on!(connection, c => diesel::insert_into(event::table)
        .values((
            event::organisation_id.eq(organisation),
            event::id.eq(new_id::<EventId>().key()),
            event::kind.eq(EventKind::Heartbeat.as_word()),
            event::at.eq(Time(now)),
        ))
        .execute(c))?;
    Ok(())
}

/// Lets each feed go on at a place that no reader can have come to: a restored database does not know which numbers a later
/// time gave out. Everybody who was past what is left misses the next place, and hears that it is gone. The places follow the
/// time, so that they are other ones after a second restore of the same copy.
///
/// The heartbeat is the first event there, so that each reader of webhooks comes past the gap.
pub(crate) fn begin_after_restore(connection: &mut Connection, now: DateTime<Utc>) -> Result<(), StoreError> {
    let feeds: Vec<(Id, i64)> =
        on!(&mut *connection, c => feed::table.select((feed::organisation_id, feed::last_number)).load(c))?;
    let last = feeds.iter().map(|(_, last)| *last).max().unwrap_or(0);
    let place = restart_after(last, now);
    on!(&mut *connection, c => diesel::update(feed::table).set(feed::last_number.eq(place)).execute(c))?;
    for (organisation, _) in feeds {
        write_heartbeat(connection, organisation, now)?;
    }
    Ok(())
}

/// Numbers the events of an organisation in the order of their arrival, on from the last number.
struct NumberStatement {
    organisation: Id,
    last: i64,
    most: i64,
}

impl NumberStatement {
    fn walk<'b, DB>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend + diesel::sql_types::HasSqlType<SqlUuid>,
        Id: diesel::serialize::ToSql<SqlUuid, DB>,
        i64: diesel::serialize::ToSql<BigInt, DB>,
    {
        // Planned anew each time: a plan from when the organisation had few events walks through all of them for each.
        out.unsafe_to_cache_prepared();
        out.push_sql("UPDATE event SET number = placed.number FROM (SELECT id, ");
        out.push_bind_param::<BigInt, _>(&self.last)?;
        out.push_sql(" + row_number() OVER (ORDER BY arrival) AS number FROM event WHERE organisation_id = ");
        out.push_bind_param::<SqlUuid, _>(&self.organisation)?;
        out.push_sql(" AND number IS NULL ORDER BY arrival LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.most)?;
        out.push_sql(") AS placed WHERE event.organisation_id = ");
        out.push_bind_param::<SqlUuid, _>(&self.organisation)?;
        out.push_sql(" AND event.id = placed.id");
        Ok(())
    }
}

impl QueryFragment<Pg> for NumberStatement {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk(out)
    }
}

impl QueryFragment<Sqlite> for NumberStatement {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk(out)
    }
}

impl QueryId for NumberStatement {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for NumberStatement {}
impl RunQueryDsl<SqliteConnection> for NumberStatement {}

/// The places of the oldest events of a feed that are to go now, at most so many as go in one transaction. They are looked at
/// from the oldest on, as far as they go and one further: what stays costs nothing. A feed loses its beginning and never
/// something from its middle, whatever the clocks of several processes said.
fn outdated(
    connection: &mut Connection,
    organisation: OrganisationId,
    now: DateTime<Utc>,
) -> Result<Option<Range<i64>>, StoreError> {
    let oldest_at = Time(now - KEPT);
    macro_rules! numbered {
        () => {
            event::table
                .filter(event::organisation_id.eq(organisation.key()))
                .filter(event::number.is_not_null())
                .order(event::number)
                .select((event::number.assume_not_null(), event::at))
        };
    }
    // First, so that nothing that is numbered meanwhile is among those that go.
    let end = super::last_number(connection, organisation)? + 1;
    let oldest = on!(&mut *connection, c => numbered!().first::<(i64, Time)>(c).optional())?;
    let first = match oldest {
        Some((number, at)) if at < oldest_at => number,
        Some(_) | None => return Ok(None),
    };
    let end = end.min(first + MOST_REMOVED);
    let kept = on!(connection, c => numbered!()
        .filter(event::number.ge(first))
        .filter(event::number.lt(end))
        .filter(event::at.ge(oldest_at))
        .first::<(i64, Time)>(c)
        .optional())?;
    Ok(Some(first..kept.map_or(end, |(number, _)| number)))
}

/// Removes the oldest events of a feed that are older than they are kept, some at a time. Says whether there may be more.
fn remove_old(
    connection: &mut Connection,
    organisation: OrganisationId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(Range { start, end }) = outdated(connection, organisation, now)? else { return Ok(false) };
    connection.write(|connection| {
        on!(connection, c => diesel::delete(event::table)
            .filter(event::organisation_id.eq(organisation.key()))
            // From where to where: a database that knows one end only may take the range for a third of the table.
            .filter(event::number.ge(start))
            .filter(event::number.lt(end))
            .execute(c))?;
        Ok::<_, StoreError>(())
    })?;
    Ok(end - start == MOST_REMOVED)
}

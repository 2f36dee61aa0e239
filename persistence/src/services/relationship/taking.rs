//! Taking a batch of relationships over, in the transaction that ends it.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use domain::access::{ServiceAct, ServiceGrant};
use domain::id::{BatchId, MailboxId, ServiceId};
use domain::person::{day_of, start_of};

use super::{count, leave_out, repeats};
use crate::access::lawful::{mailboxes_of, told_at_night};
use crate::batch::{BatchReport, BatchTerms, LineFault, in_order};
use crate::context::Context;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::{membership, relationship, relationship_line};
use crate::services::follow_up;

/// Has PostgreSQL join the lines of a batch by hashing until the transaction ends. It knows nothing yet of lines that have
/// just come, and would take a way that is quadratic where it guesses that there are few.
fn join_whole(connection: &mut Connection) -> Result<(), StoreError> {
    if let Connection::Postgres(link) = connection {
        let link: &mut PgConnection = &mut *link;
        diesel::sql_query("SET LOCAL enable_nestloop = off").execute(link)?;
    }
    Ok(())
}

/// Takes the lines over that have been put aside, and says what came of them.
pub(super) fn apply(
    connection: &mut Connection,
    context: &Context,
    grant: &ServiceGrant,
    batch: BatchId,
    terms: BatchTerms,
) -> Result<BatchReport, Failure> {
    let now = context.now;
    join_whole(connection)?;
    let rejected = rejected(connection, grant.service(), batch)?;
    let is_broken = terms.has_broken_lines || !rejected.is_empty();
    let total = count(connection, batch)?;
    if terms.is_full && total == 0 && !is_broken {
        return Err(Failure::EmptyBatch);
    }
    let mut report = BatchReport { rejected, ..BatchReport::default() };
    if terms.is_atomic && is_broken {
        return Ok(report);
    }
    leave_out(connection, batch, &report.rejected)?;
    let total = total.saturating_sub(report.rejected.len() as u64);
    let before = known(connection, grant.service())?;
    let closes_others = terms.is_full && !is_broken;
    note_responsibility(connection, context, grant, batch, closes_others)?;
    let merge = MergeStatement {
        service: grant.service().key(),
        batch: batch.key(),
        now: Time(now),
        active_from: Time(start_of(day_of(now).succ_opt().ok_or(StoreError::Corrupt { what: "clock" })?)),
    };
    let touched = on!(&mut *connection, c => merge.execute(c))? as u64;
    report.created = known(connection, grant.service())?.saturating_sub(before);
    report.changed = touched.saturating_sub(report.created);
    report.unchanged = total.saturating_sub(touched);
    if closes_others {
        report.closed = close_others(connection, grant.service(), batch, now)?;
    }
    Ok(report)
}

/// Tells the citizens in their access logs for whom somebody becomes responsible by the batch, and for whom nobody is, or
/// somebody else, who was. Only who is known here has a log.
fn note_responsibility(
    connection: &mut Connection,
    context: &Context,
    grant: &ServiceGrant,
    batch: BatchId,
    closes_others: bool,
) -> Result<(), Failure> {
    let service = grant.service().key();
    let lines = || relationship_line::table.filter(relationship_line::batch_id.eq(batch.key()));
    // The same member as before is no change. What is compared is never missing: both are asked first.
    let known_as_told = told_at_night!()
        .filter(relationship::service_id.eq(service))
        .filter(relationship::person_hash.eq(relationship_line::person_hash))
        .filter(relationship::responsible_id.eq(relationship_line::responsible_id));
    let begun = lines()
        .filter(relationship_line::is_closed.eq(false))
        .filter(relationship_line::responsible_id.is_not_null())
        .filter(not(exists(known_as_told)))
        .select(relationship_line::person_hash);
    let begun: Vec<Vec<u8>> = on!(&mut *connection, c => begun.load(c))?;
    let same = relationship_line::is_closed
        .eq(false)
        .and(relationship_line::responsible_id.is_not_null())
        .and(relationship_line::responsible_id.assume_not_null().eq(relationship::responsible_id.assume_not_null()));
    let known = || told_at_night!().filter(relationship::service_id.eq(service));
    let of_citizen = || lines().filter(relationship_line::person_hash.eq(relationship::person_hash));
    let ended = known().filter(exists(of_citizen().filter(not(same)))).select(relationship::person_hash);
    let mut ended: Vec<Vec<u8>> = on!(&mut *connection, c => ended.load(c))?;
    if closes_others {
        let closed = known().filter(not(exists(of_citizen()))).select(relationship::person_hash);
        ended.extend(on!(&mut *connection, c => closed.load::<Vec<u8>>(c))?);
    }
    for (act, hashes) in [(ServiceAct::END_FOLLOW_UP, ended), (ServiceAct::BEGIN_FOLLOW_UP, begun)] {
        let patients = mailboxes_of(connection, &hashes)?.into_iter().map(MailboxId::from).collect();
        follow_up::note(connection, context, grant, act, patients)?;
    }
    Ok(())
}

fn known(connection: &mut Connection, service: ServiceId) -> Result<u64, StoreError> {
    let all = relationship::table.filter(relationship::service_id.eq(service.key()));
    let count = on!(connection, c => all.count().get_result::<i64>(c))?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// The lines that cannot be taken, in their order, each once.
fn rejected(
    connection: &mut Connection,
    service: ServiceId,
    batch: BatchId,
) -> Result<Vec<(u32, LineFault)>, StoreError> {
    let of_batch = || relationship_line::table.filter(relationship_line::batch_id.eq(batch.key()));
    let members =
        membership::table.filter(membership::service_id.eq(service.key())).select(membership::person_id.nullable());
    let strangers = of_batch()
        .filter(relationship_line::responsible_id.is_not_null())
        .filter(relationship_line::responsible_id.ne_all(members))
        .select(relationship_line::line);
    let repeats = repeats(connection, batch)?;
    let strangers: Vec<i32> = on!(connection, c => strangers.load(c))?;
    let duplicates = repeats.into_iter().map(|line| (line, LineFault::Duplicate));
    Ok(in_order(duplicates.chain(strangers.into_iter().map(|line| (line, LineFault::NotAMember)))))
}

/// Closes those whom a full list does not name.
fn close_others(
    connection: &mut Connection,
    service: ServiceId,
    batch: BatchId,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let named = relationship_line::table
        .filter(relationship_line::batch_id.eq(batch.key()))
        .filter(relationship_line::person_hash.eq(relationship::person_hash))
        .select(relationship_line::line);
    let closed = on!(connection, c => diesel::update(relationship::table)
        .filter(relationship::service_id.eq(service.key()))
        .filter(relationship::closed_at.is_null())
        .filter(not(exists(named)))
        .set(relationship::closed_at.eq(Time(now)))
        .execute(c))?;
    Ok(closed as u64)
}

/// Takes the lines of a batch over, in one statement whose text is the same for both databases. Only what differs gets as
/// far as the index and is written. A relationship that comes back begins anew, with its night (CON-15).
struct MergeStatement {
    service: Id,
    batch: Id,
    now: Time,
    active_from: Time,
}

impl<DB> QueryFragment<DB> for MergeStatement
where
    DB: diesel::backend::Backend + diesel::sql_types::HasSqlType<SqlUuid> + diesel::sql_types::HasSqlType<SqlTime>,
    Id: diesel::serialize::ToSql<SqlUuid, DB>,
    Time: diesel::serialize::ToSql<SqlTime, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO relationship (service_id, person_hash, told_at, active_from, closed_at, responsible_id) SELECT ",
        );
        out.push_bind_param::<SqlUuid, _>(&self.service)?;
        out.push_sql(", line.person_hash, line.told_at, ");
        out.push_bind_param::<SqlTime, _>(&self.active_from)?;
        out.push_sql(", CASE WHEN line.is_closed THEN ");
        out.push_bind_param::<SqlTime, _>(&self.now)?;
        out.push_sql(
            " END, line.responsible_id FROM relationship_line AS line LEFT JOIN relationship AS known \
             ON known.person_hash = line.person_hash AND known.service_id = ",
        );
        out.push_bind_param::<SqlUuid, _>(&self.service)?;
        out.push_sql(" WHERE line.batch_id = ");
        out.push_bind_param::<SqlUuid, _>(&self.batch)?;
        out.push_sql(
            " AND (known.person_hash IS NULL OR (known.closed_at IS NULL) = line.is_closed \
             OR known.responsible_id IS DISTINCT FROM line.responsible_id) \
             ON CONFLICT (service_id, person_hash) DO UPDATE SET \
             told_at = CASE WHEN relationship.closed_at IS NOT NULL AND excluded.closed_at IS NULL \
             THEN excluded.told_at ELSE relationship.told_at END, \
             active_from = CASE WHEN relationship.closed_at IS NOT NULL AND excluded.closed_at IS NULL \
             THEN excluded.active_from ELSE relationship.active_from END, \
             closed_at = CASE WHEN excluded.closed_at IS NULL THEN NULL \
             ELSE coalesce(relationship.closed_at, excluded.closed_at) END, \
             responsible_id = excluded.responsible_id",
        );
        Ok(())
    }
}

impl QueryId for MergeStatement {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<C> RunQueryDsl<C> for MergeStatement {}

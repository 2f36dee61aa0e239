//! Who receives a service: the nightly exchange with its own system (DH-6, CON-15 to CON-17).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::copy_from;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Binary, Bool, Integer, Nullable};
use domain::access::{ServiceAction, ServiceGrant};
use domain::audit::Subject;
use domain::dialogue::{Relationship, RelationshipState};
use domain::id::{BatchId, MailboxId, PersonId, ServiceId};
use domain::identity::NationalId;
use domain::person::{day_of, start_of};

use crate::batch::{BatchReport, BatchTerms, LineFault, batch_lines, in_order};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::page::{Page, Slice};
use crate::rows::rows;
use crate::schema::{membership, person, relationship, relationship_line};
use crate::{Store, audit, service};

/// A line of a batch.
#[derive(Clone, Debug)]
pub struct RelationshipLine {
    /// Where it stands, from 1.
    pub line: u32,
    /// Who receives the service, or did.
    pub citizen: NationalId,
    /// Whether the citizen receives it no more.
    pub is_closed: bool,
    /// The member who follows up.
    pub responsible: Option<PersonId>,
}

/// A relationship, as the service's own system sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelationshipEntry {
    /// The citizen's mailbox; none while the citizen is not known here.
    pub mailbox: Option<MailboxId>,
    /// When it begins and ended.
    pub relationship: Relationship,
    /// How it stands now.
    pub state: RelationshipState,
    /// The member who follows up.
    pub responsible: Option<PersonId>,
}

rows! {
    /// A line that has been put aside.
    LineRow, LineColumns => relationship_line {
        batch_id: Id as SqlUuid,
        line: i32 as Integer,
        person_hash: Vec<u8> as Binary,
        is_closed: bool as Bool,
        responsible_id: Option<Id> as Nullable<SqlUuid>,
        told_at: Time as SqlTime,
    }
}

batch_lines!(relationship_line by person_hash: Vec<u8>);

impl Store {
    /// Begins a batch.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn relationship_batch_begin(&self, context: &Context, service: ServiceId) -> Result<BatchId, Failure> {
        self.service_authorise(context, service, ServiceAction::ManageRelationships).await?;
        Ok(new_id())
    }

    /// Puts lines of a batch aside. They count for nothing yet.
    ///
    /// # Errors
    /// The store away.
    pub async fn relationship_batch_add(
        &self,
        context: &Context,
        batch: BatchId,
        lines: Vec<RelationshipLine>,
    ) -> Result<(), Failure> {
        let now = context.now;
        self.run(move |inner, connection| {
            let row = |line: RelationshipLine| {
                let RelationshipLine { line, citizen, is_closed, responsible } = line;
                Ok(LineRow {
                    batch_id: batch.key(),
                    line: i32::try_from(line).map_err(|_| StoreError::Corrupt { what: "line" })?,
                    person_hash: inner.vault.lookup_hash(&citizen).to_vec(),
                    is_closed,
                    responsible_id: responsible.map(Key::key),
                    told_at: Time(now),
                })
            };
            let rows: Vec<LineRow> = lines.into_iter().map(row).collect::<Result<_, StoreError>>()?;
            connection.write(|connection| Ok::<_, Failure>(put_aside(connection, rows)?))
        })
        .await
    }

    /// Ends a batch: all that can be taken counts from now, in one transaction. With [`BatchTerms::is_atomic`] nothing
    /// counts where a line cannot be taken. A full list closes nobody where a line of it was broken: who is missing
    /// cannot be told then.
    ///
    /// # Errors
    /// Refused, a full list without a single line, or the store away.
    pub async fn relationship_batch_end(
        &self,
        context: &Context,
        service: ServiceId,
        batch: BatchId,
        terms: BatchTerms,
    ) -> Result<BatchReport, Failure> {
        let owned = context.clone();
        let action = ServiceAction::ManageRelationships;
        self.for_service(context, service, action, move |_, connection, grant| {
            connection.write(|connection| {
                service::lock(connection, grant.service())?;
                let report = apply(connection, grant, batch, terms, owned.now)?;
                forget(connection, batch)?;
                let entry =
                    audit::granted(&owned, None, Subject::Service(service), action.as_word(), None, grant.rule());
                audit::insert(connection, vec![entry])?;
                Ok(report)
            })
        })
        .await
    }

    /// Forgets the lines of a batch that came to nothing. Should this fail, they go after a day.
    pub async fn relationship_batch_discard(&self, batch: BatchId) {
        let gone = self
            .run(move |_, connection| connection.write(|connection| Ok::<_, Failure>(forget(connection, batch)?)))
            .await;
        if let Err(error) = gone {
            tracing::warn!(error = &error as &dyn std::error::Error, "lines of no batch are left for a while");
        }
    }

    /// Who receives a service, in an order of no meaning.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn relationship_list(
        &self,
        context: &Context,
        service: ServiceId,
        page: Page,
    ) -> Result<Slice<RelationshipEntry>, Failure> {
        let owned = context.clone();
        let action = ServiceAction::ManageRelationships;
        self.for_service(context, service, action, move |inner, connection, grant| {
            let list = format!("relationships:{service}");
            let after: Option<Vec<u8>> = page.position(&inner.vault, &list)?;
            let rows = on!(&mut *connection, c => relationship::table
                .left_join(person::table.on(person::lookup_hash.eq(relationship::person_hash)))
                .filter(relationship::service_id.eq(service.key()))
                .filter(relationship::person_hash.gt(after.unwrap_or_default()))
                .order(relationship::person_hash)
                .limit(page.fetch_limit())
                .select((
                    relationship::person_hash,
                    person::mailbox_id.nullable(),
                    relationship::active_from,
                    relationship::closed_at,
                    relationship::responsible_id,
                ))
                .load::<(Vec<u8>, Option<Id>, Time, Option<Time>, Option<Id>)>(c))?;
            let entry = audit::granted(&owned, None, Subject::Service(service), action.as_word(), None, grant.rule());
            connection.write(|connection| audit::insert(connection, vec![entry]))?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| row.0.clone());
            slice.try_map(|(_, mailbox, active_from, closed_at, responsible)| {
                let relationship = from_columns(active_from, closed_at);
                Ok(RelationshipEntry {
                    mailbox: mailbox.map(Into::into),
                    relationship,
                    state: relationship.state(owned.now),
                    responsible: responsible.map(Into::into),
                })
            })
        })
        .await
    }
}

fn from_columns(active_from: Time, closed_at: Option<Time>) -> Relationship {
    Relationship { active_from: active_from.0, closed_at: closed_at.map(|at| at.0) }
}

/// The relationships of a citizen, with who follows up: of one service, or of all.
pub(crate) fn of_citizen(
    connection: &mut Connection,
    person_hash: &[u8],
    service: Option<ServiceId>,
) -> Result<HashMap<ServiceId, (Relationship, Option<PersonId>)>, StoreError> {
    let rows = on!(connection, c => {
        let mut query = relationship::table
            .filter(relationship::person_hash.eq(person_hash))
            .select((
                relationship::service_id,
                relationship::active_from,
                relationship::closed_at,
                relationship::responsible_id,
            ))
            .into_boxed();
        if let Some(service) = service {
            query = query.filter(relationship::service_id.eq(service.key()));
        }
        query.load::<(Id, Time, Option<Time>, Option<Id>)>(c)
    })?;
    let row = |(service, active_from, closed_at, responsible): (Id, Time, Option<Time>, Option<Id>)| {
        (service.into(), (from_columns(active_from, closed_at), responsible.map(Into::into)))
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Takes a member out of all that they are responsible for in a service.
pub(crate) fn release(connection: &mut Connection, service: ServiceId, member: PersonId) -> Result<(), StoreError> {
    on!(connection, c => diesel::update(relationship::table)
        .filter(relationship::service_id.eq(service.key()))
        .filter(relationship::responsible_id.eq(member.key()))
        .set(relationship::responsible_id.eq(None::<Id>))
        .execute(c))?;
    Ok(())
}

/// Puts lines into their table: the quickest way that the database has for many.
fn put_aside(connection: &mut Connection, rows: Vec<LineRow>) -> Result<(), StoreError> {
    match connection {
        Connection::Postgres(link) => {
            let link: &mut PgConnection = &mut *link;
            copy_from(relationship_line::table).from_insertable(&rows).execute(link)?;
        }
        Connection::Sqlite(..) => LineRow::insert_all(connection, rows)?,
    }
    Ok(())
}

/// Has PostgreSQL join the lines of a batch by hashing until the transaction ends. It knows nothing yet of lines that have
/// just come, and would take a way that is quadratic where it guesses that there are few.
fn join_whole(connection: &mut Connection) -> Result<(), StoreError> {
    if let Connection::Postgres(link) = connection {
        let link: &mut PgConnection = &mut *link;
        diesel::sql_query("SET LOCAL enable_nestloop = off").execute(link)?;
    }
    Ok(())
}

fn apply(
    connection: &mut Connection,
    grant: &ServiceGrant,
    batch: BatchId,
    terms: BatchTerms,
    now: DateTime<Utc>,
) -> Result<BatchReport, Failure> {
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
    if terms.is_full && !is_broken {
        report.closed = close_others(connection, grant.service(), batch, now)?;
    }
    Ok(report)
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
        .filter(diesel::dsl::not(diesel::dsl::exists(named)))
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

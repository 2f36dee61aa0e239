//! Who receives a service: the nightly exchange with its own system (DH-6, CON-15 to CON-17).

mod taking;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::copy_from;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Integer, Nullable};
use domain::access::{ServiceAct, scope_to_name_responsible};
use domain::audit::{Object, ObjectKind, Subject};
use domain::dialogue::{Relationship, RelationshipState};
use domain::id::{BatchId, MailboxId, PersonId, ServiceId, TraceId};
use domain::identity::NationalId;
use domain::rule::Rule;

use crate::Store;
use crate::access::Done;
use crate::access::audit;
use crate::access::lawful::told_at_night;
use crate::batch::{BatchReport, BatchTerms, LineFault, batch_lines};
use crate::chain::Chain;
use crate::context::{Context, new_id};
use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::page::{Page, Slice};
use crate::schema::{mailbox as mailboxes, person_lookup, relationship, relationship_line};
use crate::services::service;

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
        self.service_authorise(context, service, ServiceAct::TELL_RELATIONSHIPS).await?;
        Ok(new_id())
    }

    /// Puts lines of a batch aside. They count for nothing yet. Lines that say who is responsible are not taken, and given
    /// back, where the token lacks the scope for that.
    ///
    /// # Errors
    /// The store away.
    pub async fn relationship_batch_add(
        &self,
        context: &Context,
        batch: BatchId,
        mut lines: Vec<RelationshipLine>,
    ) -> Result<Vec<(u32, LineFault)>, Failure> {
        let now = context.now;
        let mut faults = vec![];
        if let Some(scope) = scope_to_name_responsible(&context.caller) {
            let refused = lines.extract_if(.., |line| line.responsible.is_some());
            faults.extend(refused.map(|line| (line.line, LineFault::ScopeMissing(scope))));
        }
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
            connection.write(|connection| Ok::<_, Failure>(put_aside(connection, rows)?))?;
            Ok(faults)
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
        self.write_service(context, service, ServiceAct::TELL_RELATIONSHIPS, move |_, connection, grant| {
            service::lock(connection, grant.service())?;
            let report = taking::apply(connection, &owned, grant, batch, terms)?;
            forget(connection, batch)?;
            Ok(Done::of(report))
        })
        .await
    }

    /// Forgets the lines of a batch that came to nothing. Should this fail, they go after a day.
    pub async fn relationship_batch_discard(&self, batch: BatchId) {
        let gone = self
            .run(move |_, connection| connection.write(|connection| Ok::<_, Failure>(forget(connection, batch)?)))
            .await;
        if let Err(error) = gone {
            tracing::warn!(error = %Chain(&error), "lines of no batch are left for a while");
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
        let now = context.now;
        self.read_service(context, service, ServiceAct::LIST_RELATIONSHIPS, move |inner, connection, _| {
            let list = format!("relationships:{service}");
            let after: Option<Vec<u8>> = page.position(&inner.vault, &list)?;
            let rows = on!(&mut *connection, c => relationship::table
                .left_join(person_lookup::table.on(person_lookup::lookup_hash.eq(relationship::person_hash)))
                .filter(relationship::service_id.eq(service.key()))
                .filter(relationship::person_hash.gt(after.unwrap_or_default()))
                .order(relationship::person_hash)
                .limit(page.fetch_limit())
                .select((
                    relationship::person_hash,
                    person_lookup::mailbox_id.nullable(),
                    relationship::active_from,
                    relationship::closed_at,
                    relationship::responsible_id,
                ))
                .load::<(Vec<u8>, Option<Id>, Time, Option<Time>, Option<Id>)>(c))?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| row.0.clone());
            let entry = |(_, mailbox, active_from, closed_at, responsible): (_, Option<Id>, _, _, Option<Id>)| {
                let relationship = from_columns(active_from, closed_at);
                Ok::<_, Failure>(RelationshipEntry {
                    mailbox: mailbox.map(Into::into),
                    relationship,
                    state: relationship.state(now),
                    responsible: responsible.map(Into::into),
                })
            };
            Ok(Done::of(slice.try_map(entry)?))
        })
        .await
    }
}

fn from_columns(active_from: Time, closed_at: Option<Time>) -> Relationship {
    Relationship { active_from: active_from.0, closed_at: closed_at.map(|at| at.0) }
}

/// The relationships of a citizen, with who is responsible as long as they are not closed: of one service, or of all.
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
        let responsible = responsible.filter(|_| closed_at.is_none());
        (service.into(), (from_columns(active_from, closed_at), responsible.map(Into::into)))
    };
    Ok(rows.into_iter().map(row).collect())
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

/// Closes all relationships of an owner, and with them what they told of responsibility, which the owner's log says. Each begins anew,
/// with its night, when the exchange tells it again (CON-15).
pub(crate) fn close_all(
    connection: &mut Connection,
    mailbox: MailboxId,
    trace: TraceId,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let of_owner = mailboxes::table.filter(mailboxes::id.eq(mailbox.key())).select(mailboxes::lookup_hash);
    let hash = on!(&mut *connection, c => of_owner.first::<Vec<u8>>(c))?;
    let responsible = told_at_night!().filter(relationship::person_hash.eq(&hash)).select(relationship::service_id);
    let services = on!(&mut *connection, c => responsible.load::<Id>(c))?;
    let entry = |service: Id| {
        let object = Some(Object { kind: ObjectKind::Service, id: service.0 });
        let (subject, action) = (Subject::Mailbox(mailbox), ServiceAct::END_FOLLOW_UP.word());
        audit::of_worker(subject, action, object, Rule::Con9, trace, now)
    };
    audit::insert(connection, services.into_iter().map(entry).collect())?;
    on!(connection, c => diesel::update(relationship::table)
        .filter(relationship::person_hash.eq(&hash))
        .filter(relationship::closed_at.is_null())
        .set((relationship::closed_at.eq(Some(Time(now))), relationship::responsible_id.eq(None::<Id>)))
        .execute(c))?;
    Ok(())
}

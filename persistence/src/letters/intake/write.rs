//! Writes a prepared batch: all of it, or nothing.

use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::{QueryResult, RunQueryDsl};

use super::content::{AttachmentRow, BodyColumns, BodyRow, MessageColumns, MessageRow};
use super::prepare::Prepared;
use crate::access::audit::{AuditColumns, AuditRow};
use crate::database::{Connection, Id};
use crate::error::StoreError;
use crate::feeds::event::{EventColumns, EventRow};
use crate::idempotency::{IdempotencyColumns, IdempotencyRow};
use crate::letters::sending::{SendingColumns, SendingRow};
use crate::mailboxes::conversation::{ConversationColumns, ConversationRow};
use crate::services::upload;
use crate::work::job::{JobColumns, JobRow};

/// The rows of a batch, table by table.
#[derive(Default)]
struct Rows {
    sendings: Vec<SendingRow>,
    messages: Vec<MessageRow>,
    bodies: Vec<BodyRow>,
    conversations: Vec<ConversationRow>,
    jobs: Vec<JobRow>,
    events: Vec<EventRow>,
    audit: Vec<AuditRow>,
    idempotency: Vec<IdempotencyRow>,
    attachments: Vec<AttachmentRow>,
    uploads: Vec<Id>,
}

/// Writes them all. With files in the batch it takes a few statements in a transaction; without, PostgreSQL takes all
/// eight tables in a single statement, which is a transaction by itself.
pub(super) fn all(connection: &mut Connection, prepared: Vec<Prepared>) -> Result<(), StoreError> {
    let mut rows = Rows::default();
    for message in prepared {
        let Prepared {
            sending: _,
            sending_row,
            message,
            body,
            conversation,
            jobs,
            events,
            audit,
            idempotency,
            attachments,
            uploads,
        } = message;
        rows.sendings.push(sending_row);
        rows.messages.push(message);
        rows.bodies.push(body);
        rows.conversations.extend(conversation);
        rows.jobs.extend(jobs);
        rows.events.extend(events);
        rows.audit.push(audit);
        rows.idempotency.push(idempotency);
        rows.attachments.extend(attachments);
        rows.uploads.extend(uploads);
    }
    if let Connection::Postgres(link) = connection
        && rows.uploads.is_empty()
    {
        let accept = AcceptStatement::from(rows).execute(&mut **link as &mut PgConnection);
        return accept.map(drop).map_err(StoreError::of_commit);
    }
    connection.write(|connection| {
        let Rows { sendings, messages, bodies, conversations, jobs, events, audit, idempotency, attachments, uploads } =
            rows;
        if upload::consume(connection, &uploads)? != uploads.len() {
            // Another message took one of them a moment ago.
            return Err(StoreError::Conflict(diesel::result::Error::NotFound));
        }
        SendingRow::insert_all(connection, sendings)?;
        MessageRow::insert_all(connection, messages)?;
        BodyRow::insert_all(connection, bodies)?;
        ConversationRow::insert_all(connection, conversations)?;
        AttachmentRow::insert_all(connection, attachments)?;
        JobRow::insert_all(connection, jobs)?;
        EventRow::insert_all(connection, events)?;
        AuditRow::insert_all(connection, audit)?;
        IdempotencyRow::insert_all(connection, idempotency)
    })
}

/// Eight tables in one statement whose text never changes: prepared once, one round trip, one commit.
struct AcceptStatement {
    sendings: SendingColumns,
    messages: MessageColumns,
    bodies: BodyColumns,
    conversations: ConversationColumns,
    jobs: JobColumns,
    events: EventColumns,
    audit: AuditColumns,
    idempotency: IdempotencyColumns,
}

impl From<Rows> for AcceptStatement {
    fn from(rows: Rows) -> Self {
        Self {
            sendings: rows.sendings.into_iter().collect(),
            messages: rows.messages.into_iter().collect(),
            bodies: rows.bodies.into_iter().collect(),
            conversations: rows.conversations.into_iter().collect(),
            jobs: rows.jobs.into_iter().collect(),
            events: rows.events.into_iter().collect(),
            audit: rows.audit.into_iter().collect(),
            idempotency: rows.idempotency.into_iter().collect(),
        }
    }
}

impl QueryFragment<Pg> for AcceptStatement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH s AS (");
        self.sendings.walk_ast(out.reborrow())?;
        out.push_sql("), m AS (");
        self.messages.walk_ast(out.reborrow())?;
        out.push_sql("), b AS (");
        self.bodies.walk_ast(out.reborrow())?;
        out.push_sql("), c AS (");
        self.conversations.walk_ast(out.reborrow())?;
        out.push_sql("), j AS (");
        self.jobs.walk_ast(out.reborrow())?;
        out.push_sql("), e AS (");
        self.events.walk_ast(out.reborrow())?;
        out.push_sql("), a AS (");
        self.audit.walk_ast(out.reborrow())?;
        out.push_sql(") ");
        self.idempotency.walk_ast(out.reborrow())
    }
}

impl QueryId for AcceptStatement {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for AcceptStatement {}

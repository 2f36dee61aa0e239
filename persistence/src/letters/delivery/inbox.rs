//! The last step into the inbox.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Array;
use domain::event::{About, EventKind};

use super::plan::Waiting;
use crate::database::{Connection, Id, SqlTime, SqlUuid, Time};
use crate::error::StoreError;
use crate::feeds::event;
use crate::letters::notification;
use crate::schema::message;
use crate::work::job::JobRow;

/// Puts messages into the inbox. Gives those that came there by this: others came meanwhile, or went another way.
pub(super) fn put_into_inbox(
    connection: &mut Connection,
    ready: &[Waiting],
    now: DateTime<Utc>,
) -> Result<HashSet<Id>, StoreError> {
    if ready.is_empty() {
        return Ok(HashSet::new());
    }
    let came: HashSet<Id> = match &mut *connection {
        Connection::Postgres(link) => {
            let statement = DeliverStatement {
                mailboxes: ready.iter().map(|waiting| waiting.mailbox).collect(),
                messages: ready.iter().map(|waiting| waiting.id).collect(),
                now: Time(now),
            };
            statement.load::<Id>(&mut **link as &mut PgConnection)?.into_iter().collect()
        }
        Connection::Sqlite(link, _) => {
            let connection: &mut SqliteConnection = &mut *link;
            let mut came = HashSet::with_capacity(ready.len());
            for waiting in ready {
                let changed = diesel::update(message::table)
                    .filter(message::mailbox_id.eq(waiting.mailbox))
                    .filter(message::id.eq(waiting.id))
                    .filter(message::received_at.is_null())
                    .filter(message::gone_at.is_null())
                    .set(message::received_at.eq(Time(now)))
                    .execute(connection)?;
                came.extend((changed > 0).then_some(waiting.id));
            }
            came
        }
    };
    let told: Vec<About> = ready.iter().filter(|waiting| came.contains(&waiting.id)).map(Waiting::about).collect();
    let arrived = told.iter().map(|about| (about.mailbox, about.message));
    JobRow::insert_all(connection, notification::tell_of(arrived, now))?;
    event::record(connection, EventKind::MessageDelivered, &told, now)?;
    Ok(came)
}

/// Marks any number of messages as received, in one statement whose text never changes.
struct DeliverStatement {
    mailboxes: Vec<Id>,
    messages: Vec<Id>,
    now: Time,
}

impl QueryFragment<Pg> for DeliverStatement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE message SET received_at = ");
        out.push_bind_param::<SqlTime, _>(&self.now)?;
        out.push_sql(" FROM unnest(");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.mailboxes)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.messages)?;
        out.push_sql(
            ") AS ready (mailbox_id, id) WHERE message.mailbox_id = ready.mailbox_id AND message.id = ready.id \
             AND message.received_at IS NULL AND message.gone_at IS NULL RETURNING message.id",
        );
        Ok(())
    }
}

impl Query for DeliverStatement {
    type SqlType = SqlUuid;
}

impl QueryId for DeliverStatement {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for DeliverStatement {}

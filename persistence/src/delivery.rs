//! Brings accepted messages into the inbox. The world is asked again at this step: consent may have gone meanwhile.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Array;
use domain::access::{OwnerFacts, Policy};
use domain::consent::ConsentLevel;
use domain::event::{About, EventKind};
use domain::message::{ParentVisibility, YouthVisibility};
use domain::routing::{self, Route};
use domain::service::{ItemPolicy, UnregisteredRecipients};

use crate::access::facts::owners_of;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::job::{self, JobKind, JobRow};
use crate::schema::message;
use crate::{Store, event, notification};

/// The most messages that are delivered in one transaction.
const MOST: i64 = 500;

/// A message on its way: mailbox, id, service, and what it asks of who looks at it.
type Waiting = (Id, Id, Id, (i16, bool, i16, i16));

macro_rules! waiting_columns {
    () => {
        (
            message::mailbox_id,
            message::id,
            message::service_id,
            (
                message::minimum_consent,
                message::available_at_protected_address,
                message::parents_until_years,
                message::youth,
            ),
        )
    };
}

impl Store {
    /// Delivers what is due. Says how many jobs were finished; none means that there is nothing to do.
    ///
    /// # Errors
    /// The store away. The jobs wait.
    pub async fn deliver_due(&self, now: DateTime<Utc>) -> Result<usize, Failure> {
        // One at a time in a process: whoever asks for what is due also waits for what is being done.
        let _turn = self.inner.delivering.lock().await;
        let done = self.run(move |inner, connection| {
            let (leases, until) = job::lease(connection, JobKind::Deliver, now, MOST)?;
            if leases.is_empty() {
                return Ok(0);
            }
            connection.write(|connection| {
                let mine = job::still_leased(connection, &leases, until)?;
                let wanted: Vec<(Id, Id)> = mine.iter().map(|lease| (lease.mailbox, lease.object)).collect();
                let ready = those_ready(connection, &wanted, inner.policy, now)?;
                put_into_inbox(connection, &ready, now)?;
                Ok(mine.len())
            })
        });
        let count = done.await?;
        if count > 0 {
            self.inner.events.notify_one();
        }
        Ok(count)
    }
}

/// Delivers what was held for want of a reader, in the transaction that opens the inbox: consent, youth access, or the
/// end of a lock (PP-6). `owner` is how the owner stands after it.
pub(crate) fn deliver_held(
    connection: &mut Connection,
    owner: &OwnerFacts,
    policy: Policy,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let held = on!(&mut *connection, c => message::table
        .filter(message::mailbox_id.eq(owner.mailbox.key()))
        .filter(message::received_at.is_null())
        .filter(message::removed_at.is_null())
        .order(message::id)
        .select(waiting_columns!())
        .load::<Waiting>(c))?;
    let ready: Vec<Waiting> = held.into_iter().filter(|waiting| may_come(owner, waiting, policy)).collect();
    put_into_inbox(connection, &ready, now)?;
    Ok(())
}

/// Delivers messages that have just been stored, in the transaction that stores them: those whose inbox is open. The
/// others are held.
pub(crate) fn deliver_at_once(
    connection: &mut Connection,
    wanted: &[(Id, Id)],
    policy: Policy,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let ready = those_ready(connection, wanted, policy, now)?;
    put_into_inbox(connection, &ready, now)
}

/// Whether a message may come into the inbox now. The world is asked again.
fn may_come(owner: &OwnerFacts, waiting: &Waiting, policy: Policy) -> bool {
    let (minimum_consent, available_at_protected_address, parents, youth) = waiting.3;
    let (Some(minimum_consent), Some(parents), Some(youth)) = (
        ConsentLevel::from_rank(minimum_consent),
        ParentVisibility::from_until_years(parents),
        YouthVisibility::from_rank(youth),
    ) else {
        return false;
    };
    // Holders read for adults, who are readers themselves.
    let item = ItemPolicy { minimum_consent, available_at_protected_address, parents, power_of_attorney: false, youth };
    // It was accepted, so it is not rejected any more: it waits.
    let facts = routing::Facts::inbox_only(owner, item, UnregisteredRecipients::Hold, policy);
    routing::decide(&facts).route == Route::Inbox
}

/// Those of the wanted messages that may come into the inbox now. The others stay held.
fn those_ready(
    connection: &mut Connection,
    wanted: &[(Id, Id)],
    policy: Policy,
    now: DateTime<Utc>,
) -> Result<Vec<Waiting>, StoreError> {
    let mut mailboxes: Vec<Id> = wanted.iter().map(|(mailbox, _)| *mailbox).collect();
    mailboxes.sort_unstable();
    mailboxes.dedup();
    let ids: Vec<Id> = wanted.iter().map(|(_, id)| *id).collect();
    let wanted: HashSet<&(Id, Id)> = wanted.iter().collect();
    let owners: HashMap<Id, OwnerFacts> = owners_of(connection, &mailboxes, now)?
        .into_iter()
        .map(|owner| (owner.facts.mailbox.key(), owner.facts))
        .collect();
    let waiting = on!(connection, c => message::table
        .filter(message::mailbox_id.eq_any(&mailboxes))
        .filter(message::id.eq_any(&ids))
        .filter(message::received_at.is_null())
        .select(waiting_columns!())
        .load::<Waiting>(c))?;
    let is_ready = |waiting: &Waiting| {
        wanted.contains(&(waiting.0, waiting.1))
            && owners.get(&waiting.0).is_some_and(|owner| may_come(owner, waiting, policy))
    };
    Ok(waiting.into_iter().filter(is_ready).collect())
}

fn put_into_inbox(connection: &mut Connection, ready: &[Waiting], now: DateTime<Utc>) -> Result<(), StoreError> {
    if ready.is_empty() {
        return Ok(());
    }
    match &mut *connection {
        Connection::Postgres(link) => {
            let statement = DeliverStatement {
                mailboxes: ready.iter().map(|waiting| waiting.0).collect(),
                messages: ready.iter().map(|waiting| waiting.1).collect(),
                now: Time(now),
            };
            statement.execute(&mut **link as &mut PgConnection)?;
        }
        Connection::Sqlite(link, _) => {
            let connection: &mut SqliteConnection = &mut *link;
            for (mailbox, id, ..) in ready {
                diesel::update(message::table)
                    .filter(message::mailbox_id.eq(mailbox))
                    .filter(message::id.eq(id))
                    .set(message::received_at.eq(Time(now)))
                    .execute(connection)?;
            }
        }
    }
    let arrived = ready.iter().map(|waiting| (waiting.0.into(), waiting.1.into()));
    JobRow::insert_all(connection, notification::tell_of(arrived, now))?;
    let happening = |(mailbox, message, service, _): &Waiting| About {
        mailbox: (*mailbox).into(),
        service: (*service).into(),
        message: (*message).into(),
    };
    let told: Vec<About> = ready.iter().map(happening).collect();
    event::record(connection, EventKind::MessageDelivered, &told, now)
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
             AND message.received_at IS NULL",
        );
        Ok(())
    }
}

impl QueryId for DeliverStatement {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for DeliverStatement {}

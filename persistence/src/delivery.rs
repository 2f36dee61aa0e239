//! Brings accepted messages into the inbox. The world is asked again at this step: consent may have gone meanwhile.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Array;
use domain::access::Grant;
use domain::consent::ConsentLevel;
use domain::event::EventKind;
use domain::id::{MessageId, ServiceId};
use domain::routing::{self, Route};
use domain::service::UnregisteredRecipients;

use crate::access::owners_of;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::job::{self, JobKind};
use crate::schema::message;
use crate::{Store, event};

/// The most messages that are delivered in one transaction.
const MOST: i64 = 500;

/// A message on its way: mailbox, id, service, least consent, shown at a protected address.
type Waiting = (Id, Id, Id, i16, bool);

macro_rules! waiting_columns {
    () => {
        (
            message::mailbox_id,
            message::id,
            message::service_id,
            message::minimum_consent,
            message::available_at_protected_address,
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
        self.run(move |_, connection| {
            let (leases, until) = job::lease(connection, JobKind::Deliver, now, MOST)?;
            if leases.is_empty() {
                return Ok(0);
            }
            connection.write(|connection| {
                let mine = job::still_leased(connection, &leases, until)?;
                let wanted: Vec<(Id, Id)> = mine.iter().map(|lease| (lease.mailbox, lease.message)).collect();
                let ready = those_ready(connection, &wanted, now)?;
                put_into_inbox(connection, &ready, now)?;
                Ok(mine.len())
            })
        })
        .await
    }
}

/// Delivers what was held for want of consent, in the transaction in which the consent is given (PP-6).
pub(crate) fn deliver_held(
    connection: &mut Connection,
    grant: &Grant,
    level: ConsentLevel,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let protected_only = grant.visibility().protected_only;
    let held = on!(&mut *connection, c => message::table
        .filter(message::mailbox_id.eq(grant.mailbox().key()))
        .filter(message::received_at.is_null())
        .filter(message::removed_at.is_null())
        .filter(message::minimum_consent.le(level.rank()))
        .filter(message::available_at_protected_address.ge(protected_only))
        .order(message::id)
        .select(waiting_columns!())
        .load::<Waiting>(c))?;
    put_into_inbox(connection, &held, now)?;
    Ok(())
}

/// Those of the wanted messages that may come into the inbox now. The others stay held.
fn those_ready(
    connection: &mut Connection,
    wanted: &[(Id, Id)],
    now: DateTime<Utc>,
) -> Result<Vec<Waiting>, StoreError> {
    let mut mailboxes: Vec<Id> = wanted.iter().map(|(mailbox, _)| *mailbox).collect();
    mailboxes.sort_unstable();
    mailboxes.dedup();
    let ids: Vec<Id> = wanted.iter().map(|(_, id)| *id).collect();
    let wanted: HashSet<&(Id, Id)> = wanted.iter().collect();
    let owners: HashMap<Id, _> = owners_of(connection, &mailboxes, now)?
        .into_iter()
        .map(|owner| (owner.facts.mailbox.key(), owner.facts))
        .collect();
    let waiting = on!(connection, c => message::table
        .filter(message::mailbox_id.eq_any(&mailboxes))
        .filter(message::id.eq_any(&ids))
        .filter(message::received_at.is_null())
        .select(waiting_columns!())
        .load::<Waiting>(c))?;
    let may_come = |(mailbox, id, _, minimum_consent, protected): &Waiting| {
        let (Some(owner), Some(minimum_consent)) = (owners.get(mailbox), ConsentLevel::from_rank(*minimum_consent))
        else {
            return false;
        };
        let facts = routing::Facts {
            recipient_is_dead: owner.is_dead,
            consent: owner.consent,
            recipient_is_protected: owner.protection.is_graded(),
            minimum_consent,
            available_at_protected_address: *protected,
            // It was accepted, so it is not rejected any more: it waits.
            unregistered_recipients: UnregisteredRecipients::Hold,
        };
        wanted.contains(&(*mailbox, *id)) && matches!(routing::decide(&facts), Route::Deliver(_))
    };
    Ok(waiting.into_iter().filter(may_come).collect())
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
    let told: Vec<(ServiceId, MessageId)> = ready.iter().map(|waiting| (waiting.2.into(), waiting.1.into())).collect();
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

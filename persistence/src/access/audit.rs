//! The audit log: entries, and the writer that makes those of reads durable together.

mod daily;
mod log;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Nullable, Text};
use domain::access::{Caller, Refusal, Word};
use domain::audit::{Actor, Entry, Object, Outcome, Subject, Tally};
use domain::id::{PersonId, TraceId};
use domain::rule::Rule;

use crate::chain::Chain;
use crate::context::{Context, new_id};
use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, Pool, SqlTime, SqlUuid, Time};
use crate::error::StoreError;
use crate::work::batcher::Batcher;
use crate::work::undertaking::Undertaking;

rows! {
    /// An entry as it is stored: ids and words, nothing that tells of health.
    AuditRow, AuditColumns => audit_entry {
        subject_id: Id as SqlUuid,
        id: Id as SqlUuid,
        subject_kind: &'static str as Text,
        at: Time as SqlTime,
        actor_kind: &'static str as Text,
        actor_person: Option<Id> as Nullable<SqlUuid>,
        actor_organisation: Option<String> as Nullable<Text>,
        actor_subject: Option<String> as Nullable<Text>,
        action: &'static str as Text,
        object_kind: Option<&'static str> as Nullable<Text>,
        object_id: Option<Id> as Nullable<SqlUuid>,
        outcome: &'static str as Text,
        rule: &'static str as Text,
        trace_id: Id as SqlUuid,
        actor_relation: Option<&'static str> as Nullable<Text>,
        actor_client: Option<String> as Nullable<Text>,
        actor_supplier: Option<String> as Nullable<Text>,
        actor_hpr_number: Option<String> as Nullable<Text>,
    }
}

/// What is stored of an actor beside the kind.
#[derive(Default)]
struct ActorColumns {
    person: Option<Id>,
    organisation: Option<String>,
    subject: Option<String>,
    client: Option<String>,
    supplier: Option<String>,
    hpr_number: Option<String>,
}

impl From<Actor> for ActorColumns {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Citizen(person) => Self { person: person.map(Key::key), ..Self::default() },
            Actor::HealthWorker { person, organisation, hpr_number } => Self {
                person: person.map(Key::key),
                organisation: Some(organisation.as_str().to_owned()),
                hpr_number: hpr_number.map(|number| number.as_str().to_owned()),
                ..Self::default()
            },
            Actor::System { organisation, supplier, client } => Self {
                organisation: Some(organisation.as_str().to_owned()),
                supplier: supplier.map(|number| number.as_str().to_owned()),
                client: Some(client.as_str().to_owned()),
                ..Self::default()
            },
            Actor::Operator(subject) => Self { subject: Some(subject), ..Self::default() },
            Actor::Worker => Self::default(),
        }
    }
}

impl From<Entry> for AuditRow {
    fn from(entry: Entry) -> Self {
        let Entry { id, at, subject, actor, relation, action, object, outcome, rule, trace, tally: _ } = entry;
        let actor_kind = actor.kind().as_word();
        let actor = ActorColumns::from(actor);
        Self {
            subject_id: Id(subject.as_uuid()),
            id: id.key(),
            subject_kind: subject.kind_word(),
            at: Time(at),
            actor_kind,
            actor_person: actor.person,
            actor_organisation: actor.organisation,
            actor_subject: actor.subject,
            action: action.as_str(),
            object_kind: object.map(|object| object.kind.as_word()),
            object_id: object.map(|object| Id(object.id)),
            outcome: outcome.as_word(),
            rule: rule.id(),
            trace_id: trace.key(),
            actor_relation: relation,
            actor_client: actor.client,
            actor_supplier: actor.supplier,
            actor_hpr_number: actor.hpr_number,
        }
    }
}

/// An entry about something that was allowed.
pub(crate) fn granted(
    context: &Context,
    person: Option<PersonId>,
    subject: Subject,
    action: Word,
    object: Option<Object>,
    rule: Rule,
) -> Entry {
    entry(context, person, subject, action, object, Outcome::Granted, rule)
}

/// An entry about something that was not.
pub(crate) fn refused(
    context: &Context,
    person: Option<PersonId>,
    subject: Subject,
    action: Word,
    object: Option<Object>,
    refusal: Refusal,
) -> Entry {
    entry(context, person, subject, action, object, Outcome::Refused, refusal.rule())
}

pub(crate) fn entry(
    context: &Context,
    person: Option<PersonId>,
    subject: Subject,
    action: Word,
    object: Option<Object>,
    outcome: Outcome,
    rule: Rule,
) -> Entry {
    let actor = match &context.caller {
        Caller::Citizen { .. } => Actor::Citizen(person),
        Caller::HealthWorker { organisation, hpr_number, .. } => {
            Actor::HealthWorker { person, organisation: organisation.clone(), hpr_number: hpr_number.clone() }
        }
        Caller::System { organisation, supplier, client, .. } => {
            Actor::System { organisation: organisation.clone(), supplier: supplier.clone(), client: client.clone() }
        }
        Caller::Operator { subject, .. } => Actor::Operator(subject.clone()),
    };
    Entry {
        id: new_id(),
        at: context.now,
        subject,
        actor,
        relation: None,
        action,
        object,
        outcome,
        rule,
        trace: context.trace,
        tally: Tally::Each,
    }
}

/// An entry about something that the program does by itself.
pub(crate) fn of_worker(
    subject: Subject,
    action: Word,
    object: Option<Object>,
    rule: Rule,
    trace: TraceId,
    at: DateTime<Utc>,
) -> Entry {
    let (actor, outcome) = (Actor::Worker, Outcome::Granted);
    let tally = Tally::Each;
    Entry { id: new_id(), at, subject, actor, relation: None, action, object, outcome, rule, trace, tally }
}

/// Writes entries in the transaction of what they are about.
pub(crate) fn insert(connection: &mut Connection, mut entries: Vec<Entry>) -> Result<(), StoreError> {
    let daily: Vec<Entry> = entries.extract_if(.., |entry| entry.tally == Tally::Daily).collect();
    AuditRow::insert_all(connection, entries.into_iter().map(AuditRow::from).collect())?;
    daily::count(connection, daily)
}

/// Writes entries of their own, all or none. On PostgreSQL those that stand for themselves are one statement, which is a
/// transaction by itself.
fn write_all(connection: &mut Connection, entries: Vec<Entry>) -> Result<(), StoreError> {
    let is_one_statement = entries.iter().all(|entry| entry.tally == Tally::Each);
    match connection {
        Connection::Postgres(_) if is_one_statement => insert(connection, entries),
        Connection::Postgres(_) | Connection::Sqlite(..) => connection.write(|connection| insert(connection, entries)),
    }
}

/// Makes the entries of reads durable. Those that come at the same time share a transaction.
pub(crate) struct AuditLog(Batcher<Vec<Entry>, bool>);

impl AuditLog {
    pub(crate) fn start(pool: Pool) -> std::io::Result<Self> {
        Batcher::start("audit", move |requests: Vec<Vec<Entry>>| {
            let count = requests.len();
            let entries = requests.into_iter().flatten().collect();
            let written =
                pool.get().and_then(|mut connection| write_all(&mut connection, entries).inspect_err(|_| pool.renew()));
            if let Err(error) = &written {
                tracing::error!(error = %Chain(error), "audit entries could not be written");
            }
            vec![written.is_ok(); count]
        })
        .map(Self)
    }

    /// Returns when the entry is on the disk.
    pub(crate) async fn record(&self, entry: Entry) -> Result<(), StoreError> {
        self.record_all(vec![entry]).await
    }

    /// Returns when the entries are on the disk, all of them.
    pub(crate) async fn record_all(&self, entries: Vec<Entry>) -> Result<(), StoreError> {
        // Nothing is done by the entries alone: they may stand there, and what they are about has not been answered.
        if self.0.ask(entries, &Undertaking::default()).await? {
            Ok(())
        } else {
            Err(StoreError::unavailable("the audit log cannot be written"))
        }
    }
}

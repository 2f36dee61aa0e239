//! The audit log: entries, the writer that makes those of reads durable together, and the citizen's view of it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use domain::access::{Caller, Grant, Refusal};
use domain::audit::{AccessLogEntry, Actor, Entry, Object, Outcome, Subject};
use domain::id::{MailboxId, PersonId, TraceId};
use domain::identity::OrganisationNumber;
use domain::rule::Rule;

use crate::access::MailboxRef;
use crate::batcher::Batcher;
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Pool, SqlTime, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::message::{covered, within};
use crate::page::{Page, Slice};
use crate::rows::rows;
use crate::schema::{appointment, attachment, audit_entry, message};
use crate::undertaking::Undertaking;
use crate::{Store, organisation, person};

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
    }
}

impl From<Entry> for AuditRow {
    fn from(entry: Entry) -> Self {
        let Entry { id, at, subject, actor, relation, action, object, outcome, rule, trace } = entry;
        let actor_kind = actor.kind_word();
        let (actor_person, actor_organisation, actor_subject) = match actor {
            Actor::Citizen(person) => (person.map(Key::key), None, None),
            Actor::HealthWorker(person, organisation) => {
                (person.map(Key::key), Some(organisation.as_str().to_owned()), None)
            }
            Actor::System(organisation) => (None, Some(organisation.as_str().to_owned()), None),
            Actor::Operator(subject) => (None, None, Some(subject)),
            Actor::Worker => (None, None, None),
        };
        Self {
            subject_id: Id(subject.as_uuid()),
            id: id.key(),
            subject_kind: subject.kind_word(),
            at: Time(at),
            actor_kind,
            actor_person,
            actor_organisation,
            actor_subject,
            action,
            object_kind: object.map(|object| object.kind.as_word()),
            object_id: object.map(|object| Id(object.id)),
            outcome: outcome.as_word(),
            rule: rule.id(),
            trace_id: trace.key(),
            actor_relation: relation,
        }
    }
}

/// An entry about something that was allowed.
pub(crate) fn granted(
    context: &Context,
    person: Option<PersonId>,
    subject: Subject,
    action: &'static str,
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
    action: &'static str,
    object: Option<Object>,
    refusal: Refusal,
) -> Entry {
    entry(context, person, subject, action, object, Outcome::Refused, refusal.rule())
}

pub(crate) fn entry(
    context: &Context,
    person: Option<PersonId>,
    subject: Subject,
    action: &'static str,
    object: Option<Object>,
    outcome: Outcome,
    rule: Rule,
) -> Entry {
    let actor = match &context.caller {
        Caller::Citizen { .. } => Actor::Citizen(person),
        Caller::HealthWorker { organisation, .. } => Actor::HealthWorker(person, organisation.clone()),
        Caller::System { organisation, .. } => Actor::System(organisation.clone()),
        Caller::Operator { subject } => Actor::Operator(subject.clone()),
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
    }
}

/// An entry about something that the program does by itself.
pub(crate) fn of_worker(
    subject: Subject,
    action: &'static str,
    object: Option<Object>,
    rule: Rule,
    trace: TraceId,
    at: DateTime<Utc>,
) -> Entry {
    let (actor, outcome) = (Actor::Worker, Outcome::Granted);
    Entry { id: new_id(), at, subject, actor, relation: None, action, object, outcome, rule, trace }
}

/// Writes entries in the transaction of what they are about.
pub(crate) fn insert(connection: &mut Connection, entries: Vec<Entry>) -> Result<(), StoreError> {
    AuditRow::insert_all(connection, entries.into_iter().map(AuditRow::from).collect())
}

/// Writes entries of their own, all or none. On PostgreSQL they are one statement, which is a transaction by itself.
fn write_all(connection: &mut Connection, entries: Vec<Entry>) -> Result<(), StoreError> {
    match connection {
        Connection::Postgres(_) => insert(connection, entries),
        Connection::Sqlite(..) => connection.write(|connection| insert(connection, entries)),
    }
}

/// Makes the entries of reads durable. Those that come at the same time share a transaction.
pub(crate) struct AuditLog(Batcher<Entry, bool>);

impl AuditLog {
    pub(crate) fn start(pool: Pool) -> std::io::Result<Self> {
        Batcher::start("audit", move |entries: Vec<Entry>| {
            let count = entries.len();
            let written =
                pool.get().and_then(|mut connection| write_all(&mut connection, entries).inspect_err(|_| pool.renew()));
            if let Err(error) = &written {
                tracing::error!(error = error as &dyn std::error::Error, "audit entries could not be written");
            }
            vec![written.is_ok(); count]
        })
        .map(Self)
    }

    /// Returns when the entry is on the disk.
    pub(crate) async fn record(&self, entry: Entry) -> Result<(), StoreError> {
        // Nothing is done by the entry alone: it may stand there, and what it is about has not been answered.
        if self.0.ask(entry, &Undertaking::default()).await? {
            Ok(())
        } else {
            Err(StoreError::unavailable("the audit log cannot be written"))
        }
    }
}

type EntryRow = (
    (Id, Time, String, Option<Id>, Option<String>, Option<String>),
    (String, Option<String>, Option<Id>, String, String),
);

impl Store {
    /// Who did or tried what in a mailbox, newest first (RET-10, BX-6).
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn access_log_list(
        &self,
        context: &Context,
        mailbox: MailboxId,
        page: Page,
    ) -> Result<Slice<AccessLogEntry>, Failure> {
        let (action, now) = (domain::access::Action::ReadAccessLog, context.now);
        self.read_mailbox(context, MailboxRef::Id(mailbox), action, None, move |inner, connection, opened| {
            let list = format!("access-log:{mailbox}");
            let before: Option<Id> = page.position(&inner.vault, &list)?;
            let rows = entries_before(connection, &opened.grant, before, page.fetch_limit())?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| row.0.0);
            let actors = slice.items.iter().filter_map(|row| row.0.3.map(PersonId::from));
            let named: Vec<PersonId> = actors.chain([opened.grant.owner()]).collect();
            let names = Names {
                owner: opened.grant.owner(),
                persons: person::names_shown(inner, connection, &named, opened.grant.person(), now)?,
                organisations: organisation::names_of(
                    connection,
                    slice.items.iter().filter_map(|row| row.0.4.as_deref()),
                )?,
            };
            slice.try_map(|row| access_log_entry(row, &names))
        })
        .await
    }
}

/// A page of the log: all of it for an owner who sees everything in the mailbox. For others only what cannot tell of
/// an item that is hidden from them: entries about messages and appointments that they see, and what citizens and
/// operators did to the mailbox as a whole (BX-5).
fn entries_before(
    connection: &mut Connection,
    grant: &Grant,
    before: Option<Id>,
    limit: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    use audit_entry::dsl;
    const MESSAGE: &str = "message";
    const FILE: &str = "attachment";
    const APPOINTMENT: &str = "appointment";
    let mailbox = grant.mailbox().key();
    // Every id is below the largest there is, so the first page is the page before that.
    let before = before.unwrap_or(Id::MAX);
    Ok(on!(connection, c => {
        let mut query = dsl::audit_entry
            .filter(dsl::subject_id.eq(mailbox))
            .filter(dsl::id.lt(before))
            .order(dsl::id.desc())
            .limit(limit)
            .select((
                (dsl::id, dsl::at, dsl::actor_kind, dsl::actor_person, dsl::actor_organisation, dsl::actor_relation),
                (dsl::action, dsl::object_kind, dsl::object_id, dsl::rule, dsl::outcome),
            ))
            .into_boxed();
        if !grant.sees_whole_log() {
            let messages = || covered!(grant.visibility().bounds(), message::mailbox_id.eq(mailbox));
            let files = attachment::table
                .filter(attachment::mailbox_id.eq(mailbox))
                .filter(attachment::message_id.eq_any(messages().select(message::id)))
                .select(attachment::id.nullable());
            let about_a_message = dsl::object_kind
                .eq(MESSAGE)
                .and(dsl::object_id.eq_any(messages().select(message::id.nullable())));
            let about_a_file = dsl::object_kind.eq(FILE).and(dsl::object_id.eq_any(files));
            let appointments = within!(
                appointment::table.filter(appointment::mailbox_id.eq(mailbox)),
                appointment,
                grant.visibility().bounds()
            );
            let about_an_appointment =
                dsl::object_kind.eq(APPOINTMENT).and(dsl::object_id.eq_any(appointments.select(appointment::id.nullable())));
            let about_the_mailbox =
                dsl::actor_kind.eq_any(["citizen", "operator"]).and(dsl::object_kind.is_null());
            query = query.filter(about_a_message.or(about_a_file).or(about_an_appointment).or(about_the_mailbox));
        }
        query.load::<EntryRow>(c)
    })?)
}

/// The names of those who stand in a page of the log.
struct Names {
    owner: PersonId,
    persons: HashMap<PersonId, String>,
    organisations: HashMap<String, String>,
}

fn access_log_entry(row: EntryRow, names: &Names) -> Result<AccessLogEntry, Failure> {
    const CORRUPT: StoreError = StoreError::Corrupt { what: "audit entry" };
    let ((id, at, actor_kind, person, organisation, relation), (action, object_kind, object_id, rule, outcome)) = row;
    let name_of = |person: Id| names.persons.get(&PersonId::from(person)).cloned();
    // Whoever acted as somebody else than the owner, and not for a service, acted for the owner.
    let outcome = outcome.parse().map_err(|_| CORRUPT)?;
    // Whoever reads this need not be who has the protected address, and must not learn from it who has (ADR-9).
    let rule = match (outcome, rule.parse().map_err(|_| CORRUPT)?) {
        (Outcome::Refused, Rule::Adr5) => Rule::Pp5,
        (_, rule) => rule,
    };
    let is_representation = relation.as_deref().is_some_and(|relation| !["self", "staff"].contains(&relation));
    Ok(AccessLogEntry {
        id: id.into(),
        at: at.0,
        actor_kind,
        actor_name: person.and_then(name_of),
        actor_relation: relation,
        actor_organisation: organisation.as_deref().map(OrganisationNumber::parse).transpose().map_err(|_| CORRUPT)?,
        actor_organisation_name: organisation.and_then(|number| names.organisations.get(&number).cloned()),
        on_behalf: is_representation.then(|| names.persons.get(&names.owner).cloned()).flatten(),
        action,
        object: object_kind.zip(object_id.map(|id| id.0)),
        rule,
        outcome,
    })
}

//! The log as it is read: by the owner of a mailbox (RET-10, BX-6), and by the controller whose staff and systems did what
//! stands there (PJL-22, RET-9).

use std::collections::HashMap;

use diesel::prelude::*;
use domain::access::{Grant, MailboxAct, OrganisationAct, Word};
use domain::audit::{
    AccessLogEntry, ActorKind, LogFilter, Object, ObjectKind, Outcome, StaffActor, StaffLogEntry, Subject, Times,
};
use domain::id::{MailboxId, PersonId};
use domain::identity::OrganisationNumber;
use domain::rule::Rule;
use serde::{Deserialize, Serialize};

use crate::access::{Done, MailboxRef};
use crate::context::Context;
use crate::database::literal::word;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::mailboxes::message::{covered, within};
use crate::page::{Page, Slice};
use crate::persons::person;
use crate::schema::{appointment, attachment, audit_entry, message};
use crate::services::organisation;
use crate::{Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "audit entry" };

/// An entry as it stands in the table.
#[derive(Queryable)]
struct EntryRow {
    id: Id,
    at: Time,
    subject: (String, Id),
    actor: ActorRow,
    action: String,
    object: (Option<String>, Option<Id>),
    decision: (String, String),
    times: (i32, Option<Time>),
    trace: Id,
}

/// Who acted, as it stands in the table.
#[derive(Queryable)]
struct ActorRow {
    kind: String,
    person: Option<Id>,
    organisation: Option<String>,
    relation: Option<String>,
    client: Option<String>,
    supplier: Option<String>,
    hpr_number: Option<String>,
}

macro_rules! entry_columns {
    () => {{
        use audit_entry::dsl;
        (
            dsl::id,
            dsl::at,
            (dsl::subject_kind, dsl::subject_id),
            (
                dsl::actor_kind,
                dsl::actor_person,
                dsl::actor_organisation,
                dsl::actor_relation,
                dsl::actor_client,
                dsl::actor_supplier,
                dsl::actor_hpr_number,
            ),
            dsl::action,
            (dsl::object_kind, dsl::object_id),
            (dsl::rule, dsl::outcome),
            (dsl::count, dsl::last_at),
            dsl::trace_id,
        )
    }};
}

/// The entries of a query that a filter wants.
macro_rules! wanted {
    ($query:expr, $filter:expr) => {{
        use audit_entry::dsl;
        let LogFilter { after, before, actor, person, client, mailbox, action, outcome } = $filter;
        let mut query = $query;
        if let Some(after) = after {
            query = query.filter(dsl::at.ge(Time(*after)));
        }
        if let Some(before) = before {
            query = query.filter(dsl::at.lt(Time(*before)));
        }
        if let Some(actor) = actor {
            query = query.filter(dsl::actor_kind.eq(word(actor.as_word())));
        }
        if let Some(person) = person {
            query = query.filter(dsl::actor_person.eq(person.key()));
        }
        if let Some(client) = client {
            query = query.filter(dsl::actor_client.eq(client));
        }
        if let Some(mailbox) = mailbox {
            query = query.filter(dsl::subject_id.eq(mailbox.key()));
        }
        if let Some(action) = action {
            query = query.filter(dsl::action.eq(action.as_str()));
        }
        if let Some(outcome) = outcome {
            query = query.filter(dsl::outcome.eq(word(outcome.as_word())));
        }
        query
    }};
}

/// Where a page of the controller's log ended.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Position {
    at: Time,
    id: Id,
}

impl Store {
    /// Who did or tried what in a mailbox, newest first (RET-10, BX-6).
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn access_log_list(
        &self,
        context: &Context,
        mailbox: MailboxId,
        filter: LogFilter,
        page: Page,
    ) -> Result<Slice<AccessLogEntry>, Failure> {
        let (act, now) = (MailboxAct::READ_ACCESS_LOG, context.now);
        self.read_mailbox(context, MailboxRef::Id(mailbox), act, None, move |inner, connection, opened| {
            let list = list_name("access-log", mailbox, &filter)?;
            let before: Option<Id> = page.position(&inner.vault, &list)?;
            // Every id is below the largest there is, so the first page is the page before that.
            let before = before.unwrap_or(Id::MAX);
            let rows = entries_before(connection, &opened.grant, &filter, before, page.fetch_limit())?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| row.id);
            let actors = slice.items.iter().filter_map(|row| row.actor.person.map(PersonId::from));
            let named: Vec<PersonId> = actors.chain([opened.grant.owner()]).collect();
            let numbers = slice.items.iter().filter_map(|row| row.actor.organisation.as_deref());
            let names = Names {
                owner: opened.grant.owner(),
                organisations: organisation::names_of(connection, numbers)?,
                persons: person::names_shown(inner, connection, &named, opened.grant.person(), now)?,
            };
            slice.open_each(|row| row.id, |row| Ok(access_log_entry(row, &names)?))
        })
        .await
    }

    /// What the staff and systems of the caller's organisation did or tried, newest first: the control that a controller
    /// owes its patients (PJL-22).
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn staff_log_list(
        &self,
        context: &Context,
        filter: LogFilter,
        page: Page,
    ) -> Result<Slice<StaffLogEntry>, Failure> {
        self.read_organisation(context, OrganisationAct::READ_STAFF_LOG, move |inner, connection, grant| {
            let list = list_name("staff-log", grant.organisation(), &filter)?;
            let position: Option<Position> = page.position(&inner.vault, &list)?;
            let number = organisation::number_of(connection, grant.organisation())?;
            let rows = staff_entries(connection, &number, &filter, position, page.fetch_limit())?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| Position { at: row.at, id: row.id });
            let names = names_of_actors(inner, connection, &slice.items)?;
            Ok(Done::of(slice.open_each(|row| row.id, |row| Ok(staff_log_entry(row, &names)?))?))
        })
        .await
    }
}

fn list_name(list: &str, of: impl std::fmt::Display, filter: &LogFilter) -> Result<String, Failure> {
    let filter = serde_json::to_string(filter).map_err(|_| CORRUPT)?;
    Ok(format!("{list}:{of}:{filter}"))
}

/// A page of the log: all of it for an owner who sees everything in the mailbox. For others only what cannot tell of
/// an item that is hidden from them: entries about messages and appointments that they see, and what citizens and
/// operators did to the mailbox as a whole (BX-5).
fn entries_before(
    connection: &mut Connection,
    grant: &Grant,
    filter: &LogFilter,
    before: Id,
    limit: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    use audit_entry::dsl;
    let [about_message, about_file, about_appointment] =
        [ObjectKind::Message, ObjectKind::Attachment, ObjectKind::Appointment].map(ObjectKind::as_word);
    let mailbox = grant.mailbox().key();
    Ok(on!(connection, c => {
        let mut query = dsl::audit_entry
            .filter(dsl::subject_id.eq(mailbox))
            .filter(dsl::id.lt(before))
            .order(dsl::id.desc())
            .limit(limit)
            .select(entry_columns!())
            .into_boxed();
        if !grant.sees_whole_log() {
            let messages = || covered!(grant.visibility().bounds(), message::mailbox_id.eq(mailbox));
            let files = attachment::table
                .filter(attachment::mailbox_id.eq(mailbox))
                .filter(attachment::message_id.eq_any(messages().select(message::id)))
                .select(attachment::id.nullable());
            let of_a_message = dsl::object_kind
                .eq(about_message)
                .and(dsl::object_id.eq_any(messages().select(message::id.nullable())));
            let of_a_file = dsl::object_kind.eq(about_file).and(dsl::object_id.eq_any(files));
            let appointments = within!(
                appointment::table.filter(appointment::mailbox_id.eq(mailbox)),
                appointment,
                grant.visibility().bounds()
            );
            let of_an_appointment = dsl::object_kind
                .eq(about_appointment)
                .and(dsl::object_id.eq_any(appointments.select(appointment::id.nullable())));
            let of_the_mailbox = dsl::actor_kind
                .eq_any([ActorKind::Citizen, ActorKind::Operator].map(ActorKind::as_word))
                .and(dsl::object_kind.is_null());
            query = query.filter(of_a_message.or(of_a_file).or(of_an_appointment).or(of_the_mailbox));
        }
        wanted!(query, filter).load::<EntryRow>(c)
    })?)
}

fn staff_entries(
    connection: &mut Connection,
    organisation: &str,
    filter: &LogFilter,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    use audit_entry::dsl;
    Ok(on!(connection, c => {
        let mut query = dsl::audit_entry
            .filter(dsl::actor_organisation.eq(organisation))
            .order((dsl::at.desc(), dsl::id.desc()))
            .limit(limit)
            .select(entry_columns!())
            .into_boxed();
        if let Some(Position { at, id }) = position {
            query = query.filter(dsl::at.le(at)).filter(dsl::at.lt(at).or(dsl::id.lt(id)));
        }
        wanted!(query, filter).load::<EntryRow>(c)
    })?)
}

/// The names of those who stand in a page of the log.
struct Names {
    owner: PersonId,
    persons: HashMap<PersonId, String>,
    organisations: HashMap<String, String>,
}

fn access_log_entry(row: EntryRow, names: &Names) -> Result<AccessLogEntry, StoreError> {
    let object = object_of(row.object)?;
    let (rule, outcome) = row.decision;
    let outcome = outcome.parse().map_err(|_| CORRUPT)?;
    // Whoever reads this need not be who has the protected address, and must not learn from it who has (ADR-9).
    let rule = match (outcome, rule.parse().map_err(|_| CORRUPT)?) {
        (Outcome::Refused, Rule::Adr5) => Rule::Pp5,
        (_, rule) => rule,
    };
    let name_of = |person: Id| names.persons.get(&PersonId::from(person)).cloned();
    let ActorRow { kind, person, organisation, relation, .. } = row.actor;
    // Whoever acted as somebody else than the owner, and not for a service, acted for the owner.
    let is_representation = relation.as_deref().is_some_and(|relation| !["self", "staff"].contains(&relation));
    Ok(AccessLogEntry {
        id: row.id.into(),
        at: row.at.0,
        actor_kind: kind.parse().map_err(|_| CORRUPT)?,
        actor_name: person.and_then(name_of),
        actor_relation: relation,
        actor_organisation: organisation.as_deref().map(OrganisationNumber::parse).transpose().map_err(|_| CORRUPT)?,
        actor_organisation_name: organisation.and_then(|number| names.organisations.get(&number).cloned()),
        on_behalf: is_representation.then(|| names.persons.get(&names.owner).cloned()).flatten(),
        action: Word::parse(&row.action).ok_or(CORRUPT)?,
        object,
        rule,
        outcome,
        times: times_of(row.times, row.at)?,
    })
}

/// The names of staff. Their organisation knows whom it employs, also those whose address is protected.
fn names_of_actors(
    inner: &Inner,
    connection: &mut Connection,
    rows: &[EntryRow],
) -> Result<HashMap<PersonId, String>, StoreError> {
    let persons: Vec<PersonId> = rows.iter().filter_map(|row| row.actor.person.map(PersonId::from)).collect();
    person::names_of(inner, connection, &persons)
}

fn staff_log_entry(row: EntryRow, names: &HashMap<PersonId, String>) -> Result<StaffLogEntry, StoreError> {
    let (kind, id) = row.subject;
    let (rule, outcome) = row.decision;
    let ActorRow { kind: actor, person, client, supplier, hpr_number, .. } = row.actor;
    let actor = match actor.parse().map_err(|_| CORRUPT)? {
        ActorKind::HealthWorker => {
            let person = person.map(PersonId::from);
            let name = person.and_then(|person| names.get(&person).cloned());
            StaffActor::HealthWorker { person, name, hpr_number }
        }
        ActorKind::System => StaffActor::System { client, supplier },
        ActorKind::Citizen | ActorKind::Operator | ActorKind::Worker => return Err(CORRUPT),
    };
    Ok(StaffLogEntry {
        id: row.id.into(),
        at: row.at.0,
        subject: Subject::from_words(&kind, id.0).ok_or(CORRUPT)?,
        actor,
        action: Word::parse(&row.action).ok_or(CORRUPT)?,
        object: object_of(row.object)?,
        rule: rule.parse().map_err(|_| CORRUPT)?,
        outcome: outcome.parse().map_err(|_| CORRUPT)?,
        times: times_of(row.times, row.at)?,
        trace: row.trace.into(),
    })
}

fn object_of((kind, id): (Option<String>, Option<Id>)) -> Result<Option<Object>, StoreError> {
    let object = |(kind, id): (String, Id)| Ok(Object { kind: kind.parse().map_err(|_| CORRUPT)?, id: id.0 });
    kind.zip(id).map(object).transpose()
}

fn times_of((count, last_at): (i32, Option<Time>), at: Time) -> Result<Times, StoreError> {
    Ok(Times { count: u32::try_from(count).map_err(|_| CORRUPT)?, last_at: last_at.unwrap_or(at).0 })
}

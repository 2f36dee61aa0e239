//! The queue of a service.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use domain::access::{Caller, ServiceAction, ServiceGrant};
use domain::audit::Subject as Log;
use domain::conversation::{ConversationState, Patient, QueueItem};
use domain::id::{MailboxId, PersonId, ServiceId};
use domain::journal::JournalEntry;
use domain::person::{PersonName, Protection, day_of};
use serde::{Deserialize, Serialize};

use super::rows::{Stored, StoredRow, stored_columns, stored_from};
use crate::access::number_of;
use crate::context::Context;
use crate::database::literal::word;
use crate::database::{Connection, Id, Key, Pairs, Time, on};
use crate::error::{Failure, StoreError};
use crate::page::{Page, Slice};
use crate::schema::{
    conversation, conversation_seen, follow_up, mailbox, membership, person, recorded_access, registered_relation,
    relationship,
};
use crate::vault::{DataKey, WrappedDataKey};
use crate::{Inner, Store, audit};

const CORRUPT: StoreError = StoreError::Corrupt { what: "conversation" };

/// Whose work is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum AssigneeFilter {
    /// The caller's own.
    Me,
    /// Nobody's yet.
    Nobody,
    /// A member's.
    Member(PersonId),
}

/// Which conversations of a queue are wanted. Each part that is there narrows the list.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub struct QueueFilter {
    /// How they stand.
    #[serde(serialize_with = "as_word")]
    pub state: Option<ConversationState>,
    /// Who is to answer.
    pub assignee: Option<AssigneeFilter>,
}

fn as_word<S: serde::Serializer>(state: &Option<ConversationState>, out: S) -> Result<S::Ok, S::Error> {
    state.map(ConversationState::as_word).serialize(out)
}

/// Where a page ended.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Position {
    changed_at: Time,
    id: Id,
}

/// A health worker at the queue of their service.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) person: PersonId,
    hash: Vec<u8>,
    cleared: Vec<&'static str>,
}

impl Store {
    /// The conversations of a service, those in which something happened last first. A system sees all. A member sees
    /// those of patients to whom they have lawful access (DH-7); of those that nobody has taken they see that there is
    /// one, and no more. Of patients who are close to them, and of a grade that they have no role for, nothing.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn queue_list(
        &self,
        context: &Context,
        service: ServiceId,
        filter: QueueFilter,
        page: Page,
    ) -> Result<Slice<QueueItem>, Failure> {
        let owned = context.clone();
        self.for_service(context, service, ServiceAction::SeeConversations, move |inner, connection, grant| {
            let worker = worker(inner, connection, &owned, grant)?;
            let filter_text = serde_json::to_string(&filter).map_err(|_| CORRUPT)?;
            let list = format!("queue:{service}:{filter_text}:{:?}", worker.as_ref().map(|worker| worker.person));
            let position: Option<Position> = page.position(&inner.vault, &list)?;
            let wanted = Wanted {
                service: grant.service(),
                worker: worker.as_ref(),
                state: filter.state,
                position,
                limit: page.fetch_limit(),
                now: owned.now,
            };
            let rows = rows_after(connection, &wanted, filter.assignee)?;
            let person = worker.as_ref().map(|worker| worker.person);
            let (subject, action) = (Log::Service(service), grant.action().as_word());
            let entry = audit::granted(&owned, person, subject, action, None, grant.rule());
            connection.write(|connection| audit::insert(connection, vec![entry]))?;
            let position = |row: &StoredRow| Position { changed_at: row.2.1, id: row.0.1 };
            let slice = Slice::cut(rows, &page, &inner.vault, &list, position).try_map(stored_from)?;
            let around = Around::gather(inner, connection, worker.as_ref(), &slice.items, owned.now)?;
            slice.try_map(|stored| Ok(around.item(&stored)?))
        })
        .await
    }
}

/// The health worker who calls; none where a system does.
pub(super) fn worker(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    grant: &ServiceGrant,
) -> Result<Option<Worker>, StoreError> {
    let Caller::HealthWorker { .. } = &context.caller else { return Ok(None) };
    let number = number_of(&context.caller).ok_or(CORRUPT)?;
    let hash = inner.vault.lookup_hash(number).to_vec();
    let (person, clearances) = on!(connection, c => membership::table
        .inner_join(person::table.on(person::id.eq(membership::person_id)))
        .filter(membership::service_id.eq(grant.service().key()))
        .filter(person::lookup_hash.eq(&hash))
        .select((person::id, membership::clearances))
        .first::<(Id, String)>(c))?;
    let grades = clearances.split_whitespace().map(|word| word.parse::<Protection>().map_err(|_| CORRUPT));
    let mut cleared = vec![Protection::Ungraded.as_word()];
    for grade in grades {
        cleared.push(grade?.as_word());
    }
    Ok(Some(Worker { person: person.into(), hash, cleared }))
}

/// What makes access to a patient lawful: follow-up, by hand or by the service's own system, a recorded access, or being
/// the one who is to answer. With an offset, though of nothing, each is asked for a patient, and not for all there are at once.
macro_rules! lawful {
    ($worker:expr, $now:expr) => {{
        let person: Id = $worker.person.key();
        let follows = follow_up::table
            .filter(follow_up::service_id.eq(conversation::service_id))
            .filter(follow_up::mailbox_id.eq(conversation::mailbox_id))
            .filter(follow_up::person_id.eq(person))
            .offset(0);
        let is_responsible = relationship::table
            .filter(relationship::service_id.eq(conversation::service_id))
            .filter(relationship::person_hash.eq(person::lookup_hash))
            .filter(relationship::responsible_id.eq(person))
            .filter(relationship::closed_at.is_null())
            .offset(0);
        let has_recorded = recorded_access::table
            .filter(recorded_access::service_id.eq(conversation::service_id))
            .filter(recorded_access::mailbox_id.eq(conversation::mailbox_id))
            .filter(recorded_access::person_id.eq(person))
            .filter(recorded_access::valid_until.gt(Time($now)))
            .offset(0);
        exists(follows).or(exists(is_responsible)).or(exists(has_recorded))
    }};
}

/// What the caller is to answer.
macro_rules! mine {
    ($worker:expr) => {
        conversation::assignee_id
            .is_not_null()
            .and(conversation::assignee_id.assume_not_null().eq($worker.person.key()))
    };
}

/// A member with more patients than these is taken to follow up much of the queue: then it is gone through in order.
const MOST_PATIENTS: usize = 1000;

/// What is wanted of a queue.
struct Wanted<'w> {
    service: ServiceId,
    worker: Option<&'w Worker>,
    state: Option<ConversationState>,
    position: Option<Position>,
    limit: i64,
    now: DateTime<Utc>,
}

/// A part of a queue: one range of an index, so that what is between is not gone through.
enum Part {
    /// All of it.
    All,
    /// What nobody has taken.
    Nobodys,
    /// What one member is to answer.
    Of(PersonId),
    /// What concerns these patients, of the member who calls.
    Patients(Vec<Id>),
    /// What concerns any patient of the member who calls.
    Lawful,
}

fn rows_after(
    connection: &mut Connection,
    wanted: &Wanted<'_>,
    assignee: Option<AssigneeFilter>,
) -> Result<Vec<StoredRow>, StoreError> {
    let parts = match (assignee, wanted.worker) {
        (Some(AssigneeFilter::Me), Some(worker)) => vec![Part::Of(worker.person)],
        (Some(AssigneeFilter::Member(member)), _) => vec![Part::Of(member)],
        // A system has no work of its own, but for what nobody has taken.
        (Some(AssigneeFilter::Me | AssigneeFilter::Nobody), _) => vec![Part::Nobodys],
        (None, None) => vec![Part::All],
        (None, Some(worker)) => {
            let patients = patients(connection, wanted.service, worker, wanted.now)?;
            let patients = if patients.len() > MOST_PATIENTS { Part::Lawful } else { Part::Patients(patients) };
            vec![Part::Nobodys, Part::Of(worker.person), patients]
        }
    };
    let mut rows = vec![];
    for part in &parts {
        rows.extend(rows_of(connection, wanted, part)?);
    }
    rows.sort_unstable_by_key(|row: &StoredRow| std::cmp::Reverse((row.2.1, row.0.1)));
    rows.dedup_by_key(|row| row.0.1);
    rows.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
    Ok(rows)
}

fn rows_of(connection: &mut Connection, wanted: &Wanted<'_>, part: &Part) -> Result<Vec<StoredRow>, StoreError> {
    let Wanted { service, worker, state, position, limit, now } = *wanted;
    Ok(on!(connection, c => {
        let mut query = conversation::table
            .inner_join(person::table.on(person::mailbox_id.eq(conversation::mailbox_id)))
            .order((conversation::changed_at.desc(), conversation::id.desc()))
            .limit(limit)
            .select(stored_columns!())
            .into_boxed();
        if let Some(state) = state {
            query = query.filter(conversation::state.eq(word(state.as_word())));
        }
        query = match part {
            // One of a list of one: the index that has a queue in its order does not answer that, for the whole of it might be
            // gone through for a few patients.
            Part::Patients(_) => query.filter(conversation::service_id.eq_any([service.key()])),
            Part::All | Part::Lawful | Part::Nobodys | Part::Of(_) => {
                query.filter(conversation::service_id.eq(service.key()))
            }
        };
        match part {
            Part::All | Part::Lawful => {}
            Part::Nobodys => query = query.filter(conversation::assignee_id.is_null()),
            Part::Of(member) => query = query.filter(conversation::assignee_id.eq(member.key())),
            Part::Patients(patients) => query = query.filter(conversation::mailbox_id.eq_any(patients)),
        }
        if let Some(worker) = worker {
            let relatives = registered_relation::table
                .filter(registered_relation::person_id.eq(person::id))
                .filter(registered_relation::relative_hash.eq(&worker.hash));
            query = query
                .filter(person::lookup_hash.ne(&worker.hash))
                .filter(not(exists(relatives)))
                .filter(person::protection.eq_any(&worker.cleared).or(
                    person::protection_until.assume_not_null().lt(day_of(now)).and(person::protection_until.is_not_null()),
                ));
            match part {
                Part::Of(member) if *member == worker.person => {}
                Part::Of(_) | Part::Lawful => query = query.filter(lawful!(worker, now)),
                Part::All | Part::Nobodys | Part::Patients(_) => {}
            }
        }
        if let Some(Position { changed_at, id }) = position {
            query = query.filter(conversation::changed_at.le(changed_at)).filter(
                conversation::changed_at.lt(changed_at).or(conversation::id.lt(id)),
            );
        }
        query.load::<StoredRow>(c)
    })?)
}

/// The mailboxes of the patients to whom a member has lawful access, one more than counts at the most.
fn patients(
    connection: &mut Connection,
    service: ServiceId,
    worker: &Worker,
    now: DateTime<Utc>,
) -> Result<Vec<Id>, StoreError> {
    let (service, member) = (service.key(), worker.person.key());
    let most = i64::try_from(MOST_PATIENTS + 1).unwrap_or(i64::MAX);
    let mut patients = on!(&mut *connection, c => follow_up::table
        .filter(follow_up::service_id.eq(service))
        .filter(follow_up::person_id.eq(member))
        .select(follow_up::mailbox_id)
        .limit(most)
        .load::<Id>(c))?;
    patients.extend(on!(&mut *connection, c => relationship::table
        .inner_join(person::table.on(person::lookup_hash.eq(relationship::person_hash)))
        .filter(relationship::service_id.eq(service))
        .filter(relationship::responsible_id.eq(member))
        .filter(relationship::closed_at.is_null())
        .select(person::mailbox_id)
        .limit(most)
        .load::<Id>(c))?);
    patients.extend(on!(connection, c => recorded_access::table
        .filter(recorded_access::service_id.eq(service))
        .filter(recorded_access::person_id.eq(member))
        .filter(recorded_access::valid_until.gt(Time(now)))
        .select(recorded_access::mailbox_id)
        .limit(most)
        .load::<Id>(c))?);
    patients.sort_unstable();
    patients.dedup();
    Ok(patients)
}

/// What stands around a page of a queue.
pub(super) struct Around {
    is_system: bool,
    me: Option<PersonId>,
    lawful: HashSet<Id>,
    keys: HashMap<MailboxId, (DataKey, PersonName)>,
    seen: HashMap<Id, DateTime<Utc>>,
    journal: HashMap<Id, JournalEntry>,
}

impl Around {
    pub(super) fn gather(
        inner: &Inner,
        connection: &mut Connection,
        worker: Option<&Worker>,
        page: &[Stored],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        // Each table begins its key with the mailbox: without it, all of it would be gone through.
        let conversations: Pairs = page.iter().map(|stored| (stored.mailbox.key(), stored.id.key())).collect();
        let (lawful, seen) = match worker {
            None => (HashSet::new(), HashMap::new()),
            Some(worker) => {
                let lawful = on!(&mut *connection, c => conversation::table
                    .inner_join(person::table.on(person::mailbox_id.eq(conversation::mailbox_id)))
                    .filter(conversations.among(conversation::mailbox_id, conversation::id))
                    .filter(mine!(worker).or(lawful!(worker, now)))
                    .select(conversation::id)
                    .load::<Id>(c))?;
                let seen = on!(&mut *connection, c => conversation_seen::table
                    .filter(conversations.among(conversation_seen::mailbox_id, conversation_seen::conversation_id))
                    .filter(conversation_seen::person_id.eq(worker.person.key()))
                    .select((conversation_seen::conversation_id, conversation_seen::seen_at))
                    .load::<(Id, Time)>(c))?;
                (lawful.into_iter().collect(), seen.into_iter().map(|(id, at)| (id, at.0)).collect())
            }
        };
        let is_system = worker.is_none();
        let shown = page.iter().filter(|stored| is_system || lawful.contains(&stored.id.key()));
        let keys = keys(inner, connection, shown.map(|stored| stored.mailbox))?;
        let journal =
            super::journal::entries(connection, &conversations, |mailbox| keys.get(&mailbox).map(|(key, _)| key))?;
        Ok(Self { is_system, me: worker.map(|worker| worker.person), lawful, keys, seen, journal })
    }

    pub(super) fn item(&self, stored: &Stored) -> Result<QueueItem, StoreError> {
        let is_shown = self.is_system || self.lawful.contains(&stored.id.key());
        let patient = if is_shown {
            let (key, name) = self.keys.get(&stored.mailbox).ok_or(CORRUPT)?;
            Some(Patient { mailbox: stored.mailbox, name: name.clone(), subject: stored.subject(key)? })
        } else {
            None
        };
        let is_unread = self.me.map(|_| {
            let seen = self.seen.get(&stored.id.key());
            stored.inbound_at.is_some_and(|inbound| seen.is_none_or(|seen| *seen < inbound))
        });
        Ok(QueueItem {
            id: stored.id,
            service: stored.service,
            inquiry: stored.inquiry,
            state: stored.state,
            assignee: stored.assignee,
            patient,
            begun_at: stored.begun_at,
            changed_at: stored.changed_at,
            is_unread,
            journal: self.journal.get(&stored.id.key()).filter(|_| is_shown).cloned(),
            version: stored.version,
        })
    }
}

fn keys(
    inner: &Inner,
    connection: &mut Connection,
    mailboxes: impl Iterator<Item = MailboxId>,
) -> Result<HashMap<MailboxId, (DataKey, PersonName)>, StoreError> {
    let mut ids: Vec<Id> = mailboxes.map(Key::key).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = on!(connection, c => mailbox::table
        .filter(mailbox::id.eq_any(&ids))
        .select((mailbox::id, mailbox::person_id, mailbox::key_epoch, mailbox::data_key, mailbox::person_name))
        .load::<(Id, Id, i32, Vec<u8>, Vec<u8>)>(c))?;
    rows.into_iter()
        .map(|(id, person, epoch, wrapped, name)| {
            let key = inner.vault.data_key(id.into(), &WrappedDataKey { epoch, wrapped }).map_err(|_| CORRUPT)?;
            let name = crate::person::open_name(&key, person, &name)?;
            Ok((id.into(), (key, name)))
        })
        .collect()
}

//! The queue of a service.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{Caller, ServiceAct};
use domain::conversation::{ConversationState, Patient, QueueItem};
use domain::id::{MailboxId, PersonId, ServiceId};
use domain::journal::JournalEntry;
use domain::person::PersonName;
use serde::{Deserialize, Serialize};

use super::rows::{Stored, StoredRow, stored_from};
use crate::access::Done;
use crate::access::lawful::{self, Worker, in_sight, is_lawful, is_to_answer};
use crate::context::Context;
use crate::database::literal::word;
use crate::database::{Connection, Id, Key, Pairs, Time, on};
use crate::error::{Failure, StoreError};
use crate::page::{Page, Slice};
use crate::persons::person::open_name;
use crate::schema::{conversation, conversation_seen, mailbox};
use crate::services::key::service_key;
use crate::vault::ServiceKey;
use crate::{Inner, Store};

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

impl Store {
    /// The conversations of a service, those in which something happened last first. A system sees all. A member sees
    /// those of patients to whom they have lawful access (DH-7), and those that they are to answer until they are closed; of
    /// those that nobody has taken they see that there is one, and no more. Of the dead, of patients who are close to them,
    /// and of a grade that they have no role for, nothing.
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
        self.read_service(context, service, ServiceAct::LIST_QUEUE, move |inner, connection, grant| {
            let worker = worker(inner, connection, &owned, service)?;
            let filter_text = serde_json::to_string(&filter).map_err(|_| CORRUPT)?;
            let list = format!("queue:{service}:{filter_text}:{:?}", worker.as_ref().map(|worker| worker.person));
            let position: Option<Position> = page.position(&inner.vault, &list)?;
            let wanted = Wanted {
                service: grant.service(),
                worker: worker.as_ref(),
                filter,
                position,
                limit: page.fetch_limit(),
                now: owned.now,
            };
            let rows = rows_after(connection, &wanted)?;
            let position = |row: &StoredRow| Position { changed_at: row.changed_at, id: row.id };
            let slice = Slice::cut(rows, &page, &inner.vault, &list, position)
                .open_each(|row| row.id, |row| Ok(stored_from(row)?))?;
            let around = Around::gather(inner, connection, worker.as_ref(), &slice.items, owned.now)?;
            let page = slice.open_each(|stored| stored.id.key(), |stored| Ok(around.item(&stored)?))?;
            let shown: BTreeSet<MailboxId> =
                page.items.iter().filter_map(|item| item.patient.as_ref()).map(|patient| patient.mailbox).collect();
            Ok(Done::of(page).showing(shown))
        })
        .await
    }
}

/// The health worker who calls; none where a system does.
pub(super) fn worker(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    service: ServiceId,
) -> Result<Option<Worker>, StoreError> {
    let Caller::HealthWorker { national_id, .. } = &context.caller else { return Ok(None) };
    let hash = inner.vault.lookup_hash(national_id);
    Ok(Some(Worker::find(connection, service, &hash)?.ok_or(CORRUPT)?))
}

/// A member with more patients than these is taken to follow up much of the queue: then it is gone through in order.
const MOST_PATIENTS: usize = 1000;

/// What is wanted of a queue.
struct Wanted<'w> {
    service: ServiceId,
    worker: Option<&'w Worker>,
    filter: QueueFilter,
    position: Option<Position>,
    limit: i64,
    now: DateTime<Utc>,
}

/// A part of a queue: one range of an index, so that what is between is not gone through.
enum Part {
    /// All of it, or what one member is to answer.
    All(Option<PersonId>),
    /// What nobody has taken.
    Nobodys,
    /// What the member who calls is to answer, and is not closed.
    Mine(PersonId),
    /// What concerns these patients, of the member who calls; all of it, or what one member is to answer.
    Patients(Vec<Id>, Option<PersonId>),
}

/// The parts of which a queue consists, for whom it is. A member reaches what they are to answer, and what concerns patients
/// to whom they have lawful access; of what nobody has taken they see that it is there.
fn parts(connection: &mut Connection, wanted: &Wanted<'_>) -> Result<Vec<Part>, StoreError> {
    let assignee = wanted.filter.assignee;
    let Some(worker) = wanted.worker else {
        return Ok(vec![match assignee {
            None => Part::All(None),
            Some(AssigneeFilter::Member(member)) => Part::All(Some(member)),
            // A system has no work of its own, but for what nobody has taken.
            Some(AssigneeFilter::Me | AssigneeFilter::Nobody) => Part::Nobodys,
        }]);
    };
    let me = worker.person;
    let (mut parts, member) = match assignee {
        Some(AssigneeFilter::Nobody) => return Ok(vec![Part::Nobodys]),
        None => (vec![Part::Nobodys, Part::Mine(me)], None),
        Some(AssigneeFilter::Me) => (vec![Part::Mine(me)], Some(me)),
        Some(AssigneeFilter::Member(member)) if member == me => (vec![Part::Mine(me)], Some(me)),
        Some(AssigneeFilter::Member(member)) => (vec![], Some(member)),
    };
    let most = i64::try_from(MOST_PATIENTS + 1).unwrap_or(i64::MAX);
    let patients = lawful::patients(connection, wanted.service, me, most, wanted.now)?;
    parts.push(if patients.len() > MOST_PATIENTS { Part::All(member) } else { Part::Patients(patients, member) });
    Ok(parts)
}

fn rows_after(connection: &mut Connection, wanted: &Wanted<'_>) -> Result<Vec<StoredRow>, StoreError> {
    let mut rows = vec![];
    for part in &parts(connection, wanted)? {
        rows.extend(rows_of(connection, wanted, part)?);
    }
    rows.sort_unstable_by_key(|row: &StoredRow| std::cmp::Reverse((row.changed_at, row.id)));
    rows.dedup_by_key(|row| row.id);
    rows.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
    Ok(rows)
}

fn rows_of(connection: &mut Connection, wanted: &Wanted<'_>, part: &Part) -> Result<Vec<StoredRow>, StoreError> {
    let Wanted { service, worker, filter, position, limit, now } = *wanted;
    Ok(on!(connection, c => {
        let mut query = conversation::table
            .inner_join(mailbox::table.on(mailbox::id.eq(conversation::mailbox_id)))
            .order((conversation::changed_at.desc(), conversation::id.desc()))
            .limit(limit)
            .select(StoredRow::as_select())
            .into_boxed();
        if let Some(state) = filter.state {
            query = query.filter(conversation::state.eq(word(state.as_word())));
        }
        query = match part {
            // One of a list of one: the index that has a queue in its order does not answer that, for the whole of it might be
            // gone through for a few patients.
            Part::Patients(..) => query.filter(conversation::service_id.eq_any([service.key()])),
            Part::All(_) | Part::Nobodys | Part::Mine(_) => query.filter(conversation::service_id.eq(service.key())),
        };
        query = match part {
            Part::All(_) => query,
            Part::Nobodys => query.filter(conversation::assignee_id.is_null()),
            Part::Mine(me) => query.filter(is_to_answer!(me.key())),
            Part::Patients(patients, _) => query.filter(conversation::mailbox_id.eq_any(patients)),
        };
        if let Part::All(Some(member)) | Part::Patients(_, Some(member)) = part {
            query = query.filter(conversation::assignee_id.eq(member.key()));
        }
        if let Some(worker) = worker {
            query = in_sight!(query, worker, now);
            if matches!(part, Part::All(_)) {
                query = query.filter(is_lawful!(worker.person.key(), now));
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

/// What stands around a page of a queue.
pub(super) struct Around {
    is_system: bool,
    me: Option<PersonId>,
    lawful: HashSet<Id>,
    /// None where the page is empty.
    key: Option<Arc<ServiceKey>>,
    names: HashMap<MailboxId, PersonName>,
    seen: HashMap<Id, DateTime<Utc>>,
    journal: HashMap<Id, Option<JournalEntry>>,
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
                    .inner_join(mailbox::table.on(mailbox::id.eq(conversation::mailbox_id)))
                    .filter(conversations.among(conversation::mailbox_id, conversation::id))
                    .filter(is_to_answer!(worker.person.key()).or(is_lawful!(worker.person.key(), now)))
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
        let names = names(inner, connection, shown.map(|stored| stored.mailbox))?;
        let key = page.first().map(|stored| service_key(inner, connection, stored.service)).transpose()?;
        let journal = match &key {
            Some(key) => super::journal::entries(connection, &conversations, key)?,
            None => HashMap::new(),
        };
        Ok(Self { is_system, me: worker.map(|worker| worker.person), lawful, key, names, seen, journal })
    }

    pub(super) fn item(&self, stored: &Stored) -> Result<QueueItem, StoreError> {
        let is_shown = self.is_system || self.lawful.contains(&stored.id.key());
        let patient = if is_shown {
            let name = self.names.get(&stored.mailbox).ok_or(CORRUPT)?;
            Some(Patient {
                mailbox: stored.mailbox,
                name: name.clone(),
                subject: stored.subject(self.key.as_ref().ok_or(CORRUPT)?)?,
            })
        } else {
            None
        };
        let is_unread = self.me.map(|_| {
            let seen = self.seen.get(&stored.id.key());
            stored.inbound_at.is_some_and(|inbound| seen.is_none_or(|seen| *seen < inbound))
        });
        let journal = match self.journal.get(&stored.id.key()).filter(|_| is_shown) {
            Some(entry) => Some(entry.clone().ok_or(CORRUPT)?),
            None => None,
        };
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
            journal,
            version: stored.version,
        })
    }
}

fn names(
    inner: &Inner,
    connection: &mut Connection,
    mailboxes: impl Iterator<Item = MailboxId>,
) -> Result<HashMap<MailboxId, PersonName>, StoreError> {
    let mut ids: Vec<Id> = mailboxes.map(Key::key).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = on!(connection, c => mailbox::table
        .filter(mailbox::id.eq_any(&ids))
        .select((mailbox::id, mailbox::person_name))
        .load::<(Id, Vec<u8>)>(c))?;
    // Of somebody whose name does not open nothing is shown; the others are.
    let open = |(id, name): (Id, Vec<u8>)| Some((id.into(), open_name(&inner.vault, id.into(), &name).ok()?));
    Ok(rows.into_iter().filter_map(open).collect())
}

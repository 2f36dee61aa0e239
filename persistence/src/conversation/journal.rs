//! What of a conversation is relevant to care: marked by the service, fetched and archived by its journal system, which
//! confirms it (TK-3).

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use domain::conversation::{QueueItem, Turn};
use domain::event::EventKind;
use domain::id::{ConversationId, MessageId, PersonId, ServiceId};
use domain::journal::{JournalDocument, JournalEntry, JournalReference};

use super::CORRUPT;
use super::desk::{Desk, Work, item, turn, turns_after};
use crate::attachment::Fetched;
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::job::{self, JobKind, JobRow};
use crate::person::open_name;
use crate::register::stored_number;
use crate::schema::{conversation, journal_entry, mailbox, message};
use crate::vault::Field;
use crate::{Inner, Store, attachment, event, person, service};

/// The most jobs that are leased at once.
const MOST: i64 = 50;

/// As many messages of a document are read at once.
const CHUNK: i64 = 200;

/// What is to be marked as relevant to care.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Relevance {
    /// All that has been written until now.
    Whole,
    /// These messages.
    Messages(Vec<MessageId>),
    /// Nothing, after all.
    Nothing,
}

impl Store {
    /// Marks what of a conversation is relevant to care, or that nothing is. Marking again replaces what was marked, and
    /// asks for a new confirmation.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, messages of another conversation, what the journal has already, or the
    /// store away.
    pub async fn journal_mark(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        relevance: Relevance,
    ) -> Result<QueueItem, Failure> {
        self.at_desk(context, (service, id), Work::Do, move |inner, connection, desk| {
            mark(connection, desk, relevance)?;
            item(inner, connection, desk)
        })
        .await
    }

    /// What a journal archives of a conversation, and its files in the order in which the document names them; none where
    /// it only lists them.
    ///
    /// # Errors
    /// Refused, not there or nothing marked, or the store away.
    pub async fn journal_document(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
    ) -> Result<(JournalDocument, Vec<Fetched>), Failure> {
        self.at_desk(context, (service, id), Work::See, |inner, connection, desk| {
            let document = document(inner, connection, desk)?;
            let mut files = vec![];
            if document.carries_files() {
                for turn in document.turns.iter().filter(|turn| !turn.attachments.is_empty()) {
                    files.extend(attachment::fetch_all(inner, connection, desk.found.mailbox, desk.key, turn.id)?);
                }
            }
            Ok((document, files))
        })
        .await
    }

    /// Puts on record that the journal has archived what was marked. Confirming it again under the same name changes
    /// nothing.
    ///
    /// # Errors
    /// Refused, not there or nothing marked, confirmed under another name, or the store away.
    pub async fn journal_confirm(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        reference: JournalReference,
    ) -> Result<QueueItem, Failure> {
        self.at_desk(context, (service, id), Work::Do, move |inner, connection, desk| {
            let entry = fetch(connection, desk.key_of())?.ok_or(Failure::NotFound)?;
            match &entry.archived {
                Some((_, known)) if *known == reference => {}
                Some(_) => return Err(Failure::AlreadyArchived),
                None => {
                    on!(&mut *connection, c => diesel::update(journal_entry::table.find(desk.key_of()))
                        .set((
                            journal_entry::archived_at.eq(Time(desk.context.now)),
                            journal_entry::reference.eq(reference.as_str()),
                        ))
                        .execute(c))?;
                }
            }
            item(inner, connection, desk)
        })
        .await
    }

    /// Tells services of what their journals have not confirmed in time. Says how many jobs were finished; none means
    /// that there is nothing to do.
    ///
    /// # Errors
    /// The store away. The jobs wait.
    pub async fn journal_due(&self, now: DateTime<Utc>) -> Result<usize, Failure> {
        let _turn = self.inner.delivering.lock().await;
        self.run(move |_, connection| {
            let (leases, until) = job::lease(connection, JobKind::ConfirmationDue, now, MOST)?;
            if leases.is_empty() {
                return Ok(0);
            }
            connection.write(|connection| {
                let mine = job::still_leased(connection, &leases, until)?;
                for lease in &mine {
                    tell_overdue(connection, (lease.mailbox, lease.object), now)?;
                }
                Ok(mine.len())
            })
        })
        .await
    }
}

fn mark(connection: &mut Connection, desk: &Desk<'_>, relevance: Relevance) -> Result<(), Failure> {
    let known = fetch(connection, desk.key_of())?;
    let of_conversation = on!(&mut *connection, c => message::table
        .filter(message::mailbox_id.eq(desk.found.mailbox.key()))
        .filter(message::conversation_id.eq(desk.found.id.key()))
        .order(message::id)
        .select(message::id)
        .load::<Id>(c))?;
    let messages = match relevance {
        Relevance::Nothing if known.is_some_and(|entry| entry.archived.is_some()) => {
            return Err(Failure::AlreadyArchived);
        }
        Relevance::Nothing => {
            on!(connection, c => diesel::delete(journal_entry::table.find(desk.key_of())).execute(c))?;
            return Ok(());
        }
        Relevance::Whole => of_conversation,
        Relevance::Messages(messages) => {
            let all: HashSet<Id> = of_conversation.into_iter().collect();
            let is_strange = |(at, id): (usize, &MessageId)| (!all.contains(&id.key())).then_some(at);
            let strange: Vec<usize> = messages.iter().enumerate().filter_map(is_strange).collect();
            if !strange.is_empty() {
                return Err(Failure::UnknownMessages(strange));
            }
            messages.into_iter().map(Key::key).collect()
        }
    };
    let service = service::fetch(connection, desk.found.service)?.ok_or(Failure::NotFound)?;
    let now = desk.context.now;
    let confirm_by = now + TimeDelta::days(i64::from(service.policy.dialogue.archiving_deadline_days));
    let (mailbox, id) = desk.key_of();
    on!(&mut *connection, c => diesel::delete(journal_entry::table.find((mailbox, id))).execute(c))?;
    on!(&mut *connection, c => diesel::insert_into(journal_entry::table)
        .values((
            journal_entry::mailbox_id.eq(mailbox),
            journal_entry::conversation_id.eq(id),
            journal_entry::marked_at.eq(Time(now)),
            journal_entry::marked_by.eq(desk.member.map(Key::key)),
            journal_entry::confirm_by.eq(Time(confirm_by)),
            journal_entry::messages.eq(to_text(&messages)),
        ))
        .execute(c))?;
    let last: MessageId = messages.last().copied().ok_or(CORRUPT)?.into();
    event::record(connection, EventKind::JournalRelevant, &[(desk.found.service, last)], now)?;
    JobRow::insert_all(connection, vec![JobRow::new(JobKind::ConfirmationDue, desk.found.mailbox, id, confirm_by)])?;
    Ok(())
}

fn to_text(messages: &[Id]) -> String {
    messages.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(" ")
}

fn from_text(text: &str) -> Result<Vec<MessageId>, StoreError> {
    text.split_whitespace().map(|id| uuid::Uuid::try_parse(id).map(Into::into).map_err(|_| CORRUPT)).collect()
}

type EntryRow = (Id, Time, Time, String, Option<Time>, Option<String>);

fn entry_from(
    (_, marked_at, confirm_by, messages, archived_at, reference): EntryRow,
) -> Result<JournalEntry, StoreError> {
    let reference = reference.map(|text| JournalReference::parse(&text)).transpose().map_err(|_| CORRUPT)?;
    Ok(JournalEntry {
        marked_at: marked_at.0,
        confirm_by: confirm_by.0,
        messages: from_text(&messages)?,
        archived: archived_at.map(|at| at.0).zip(reference),
    })
}

/// What is marked of conversations, by their ids.
pub(crate) fn entries(
    connection: &mut Connection,
    conversations: &[Id],
) -> Result<HashMap<Id, JournalEntry>, StoreError> {
    if conversations.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = on!(connection, c => journal_entry::table
        .filter(journal_entry::conversation_id.eq_any(conversations))
        .select((
            journal_entry::conversation_id,
            journal_entry::marked_at,
            journal_entry::confirm_by,
            journal_entry::messages,
            journal_entry::archived_at,
            journal_entry::reference,
        ))
        .load::<EntryRow>(c))?;
    rows.into_iter().map(|row| Ok((row.0, entry_from(row)?))).collect()
}

fn fetch(connection: &mut Connection, (_, id): (Id, Id)) -> Result<Option<JournalEntry>, StoreError> {
    Ok(entries(connection, &[id])?.remove(&id))
}

fn document(inner: &Inner, connection: &mut Connection, desk: &Desk<'_>) -> Result<JournalDocument, Failure> {
    let entry = fetch(connection, desk.key_of())?.ok_or(Failure::NotFound)?;
    let wanted: HashSet<Id> = entry.messages.iter().map(|id| id.key()).collect();
    let mut rows = vec![];
    let mut after = Id::MIN;
    loop {
        let page = turns_after(connection, desk, after, CHUNK)?;
        let Some(last) = page.last() else { break };
        after = last.0.0;
        rows.extend(page.into_iter().filter(|row| wanted.contains(&row.0.0)));
    }
    let authors: Vec<PersonId> = rows.iter().filter_map(|row| row.0.4).map(Into::into).collect();
    let names = person::names_shown(inner, connection, &authors, desk.member, desk.context.now)?;
    let turns = rows
        .into_iter()
        .map(|row| turn(connection, desk, row, |person| names.get(&person).cloned()))
        .collect::<Result<Vec<Turn>, StoreError>>()?;
    let (person_id, number, name) = on!(&mut *connection, c => mailbox::table
        .find(desk.found.mailbox.key())
        .select((mailbox::person_id, mailbox::national_id, mailbox::person_name))
        .first::<(Id, Vec<u8>, Vec<u8>)>(c))?;
    let number = desk.key.open_text(person_id.0, Field::NationalId, &number).map_err(|_| CORRUPT)?;
    Ok(JournalDocument {
        conversation: desk.found.id,
        service: domain::message::Sender::clone(&*service::sender(inner, connection, desk.found.service)?),
        inquiry: desk.found.inquiry,
        subject: desk.found.subject(desk.key)?,
        patient: stored_number(&number)?,
        patient_name: open_name(desk.key, person_id, &name)?,
        marked_at: entry.marked_at,
        confirm_by: entry.confirm_by,
        turns,
    })
}

/// Tells the service, unless the journal has confirmed it meanwhile, or it was marked anew and has time again.
fn tell_overdue(connection: &mut Connection, key: (Id, Id), now: DateTime<Utc>) -> Result<(), Failure> {
    let Some(entry) = fetch(connection, key)? else { return Ok(()) };
    let Some(last) = entry.messages.last().copied() else { return Ok(()) };
    if entry.archived.is_some() || now < entry.confirm_by {
        return Ok(());
    }
    let service = on!(&mut *connection, c => conversation::table
        .find(key)
        .select(conversation::service_id)
        .first::<Id>(c)
        .optional())?;
    let Some(service) = service else { return Ok(()) };
    Ok(event::record(connection, EventKind::JournalNotArchived, &[(service.into(), last)], now)?)
}

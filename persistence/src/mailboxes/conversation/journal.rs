//! What of a conversation is relevant to care: marked by the service, fetched and archived by its journal system, which
//! confirms it (TK-3).

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use domain::access::DeskAct;
use domain::conversation::{QueueItem, Turn};
use domain::event::{About, EventKind};
use domain::id::{ConversationId, JournalDocumentId, MessageId, ServiceId};
use domain::journal::{
    FaultCode, FaultText, JournalDocument, JournalEntry, JournalFault, JournalReceipt, JournalReference,
};

use super::desk::{Desk, item};
use super::{CORRUPT, turns};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Pairs, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::event;
use crate::mailboxes::attachment;
use crate::mailboxes::attachment::Fetched;
use crate::mailboxes::message_key::MessageKeys;
use crate::persons::person::open_name;
use crate::persons::register::open_number;
use crate::schema::{conversation, journal_entry, mailbox, message};
use crate::services::service;
use crate::vault::{Field, ServiceKey};
use crate::work::job::{JobKind, JobRow, Lease};
use crate::{Inner, Store};

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

/// What a journal answers about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Marked {
    /// What is marked of a conversation at this moment.
    Conversation(ConversationId),
    /// What was marked once; nothing where it was marked anew since.
    Document(JournalDocumentId),
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
        self.at_desk(context, (service, id), DeskAct::MARK_FOR_JOURNAL, move |inner, connection, desk| {
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
        self.at_desk(context, (service, id), DeskAct::FETCH_JOURNAL_DOCUMENT, |inner, connection, desk| {
            let (document, keys) = document(inner, connection, desk)?;
            let messages: Vec<MessageId> = document.turns.iter().map(|turn| turn.id).collect();
            let files = if document.carries_files() {
                attachment::fetch_all(inner, connection, desk.found.mailbox, &keys, &messages)?
            } else {
                vec![]
            };
            Ok((document, files))
        })
        .await
    }

    /// Puts on record what the journal answers. The same answer again changes nothing. What it has rejected it may
    /// archive later, but not the other way round.
    ///
    /// # Errors
    /// Refused, not there or nothing marked, archived before, or the store away.
    pub async fn journal_receive(
        &self,
        context: &Context,
        service: ServiceId,
        about: Marked,
        receipt: JournalReceipt,
    ) -> Result<QueueItem, Failure> {
        let (id, document) = match about {
            Marked::Conversation(id) => (id, None),
            Marked::Document(document) => {
                let found = self.run(move |_, connection| Ok(of_document(connection, service, document)?)).await?;
                // One that is not there is refused like a conversation that is not there.
                (found.unwrap_or_else(|| document.as_uuid().into()), Some(document))
            }
        };
        self.at_desk(context, (service, id), DeskAct::CONFIRM_ARCHIVING, move |inner, connection, desk| {
            receive(connection, desk, document, &receipt)?;
            item(inner, connection, desk)
        })
        .await
    }
}

/// The conversation of which a service has marked a document.
fn of_document(
    connection: &mut Connection,
    service: ServiceId,
    document: JournalDocumentId,
) -> Result<Option<ConversationId>, StoreError> {
    let id = on!(connection, c => journal_entry::table
        .inner_join(conversation::table.on(
            conversation::mailbox_id.eq(journal_entry::mailbox_id)
                .and(conversation::id.eq(journal_entry::conversation_id)),
        ))
        .filter(journal_entry::document_id.eq(document.key()))
        .filter(conversation::service_id.eq(service.key()))
        .select(conversation::id)
        .first::<Id>(c)
        .optional())?;
    Ok(id.map(Into::into))
}

fn receive(
    connection: &mut Connection,
    desk: &Desk<'_>,
    document: Option<JournalDocumentId>,
    receipt: &JournalReceipt,
) -> Result<(), Failure> {
    let entry = fetch(connection, desk)?.ok_or(Failure::NotFound)?;
    if document.is_some_and(|document| document != entry.document) {
        return Err(Failure::NotFound);
    }
    let now = Time(desk.context.now);
    match (&entry.archived, receipt) {
        // A receipt of its own for each time that the document was sent has a name of its own each time.
        (Some((_, known)), JournalReceipt::Archived(name)) if document.is_some() || known == name => Ok(()),
        (Some(_), _) => Err(Failure::AlreadyArchived),
        (None, JournalReceipt::Archived(name)) => {
            on!(connection, c => diesel::update(journal_entry::table.find(desk.key_of()))
                .set((
                    journal_entry::archived_at.eq(now),
                    journal_entry::reference.eq(name.as_str()),
                    journal_entry::rejected_at.eq(None::<Time>),
                    journal_entry::rejection.eq(None::<Vec<u8>>),
                ))
                .execute(c))?;
            Ok(())
        }
        (None, JournalReceipt::Rejected(faults)) => {
            if entry.rejected.as_ref().is_some_and(|(_, known)| known == faults) {
                return Ok(());
            }
            let sealed = seal(desk.service_key, entry.document, faults)?;
            on!(&mut *connection, c => diesel::update(journal_entry::table.find(desk.key_of()))
                .set((journal_entry::rejected_at.eq(now), journal_entry::rejection.eq(sealed)))
                .execute(c))?;
            let message = *entry.messages.last().ok_or(CORRUPT)?;
            let rejected = About { mailbox: desk.found.mailbox, service: desk.found.service, message };
            Ok(event::record(connection, EventKind::JournalRejected, &[rejected], desk.context.now)?)
        }
    }
}

fn seal(key: &ServiceKey, document: JournalDocumentId, faults: &[JournalFault]) -> Result<Vec<u8>, StoreError> {
    let text = |fault: &JournalFault| fault.text.as_ref().map(|text| text.expose().to_owned());
    let plain: Vec<(&str, Option<String>)> = faults.iter().map(|fault| (fault.code.as_str(), text(fault))).collect();
    let plain = serde_json::to_vec(&plain).map_err(|_| CORRUPT)?;
    Ok(key.seal(document.as_uuid(), Field::JournalRejection, &plain))
}

fn open(key: &ServiceKey, document: JournalDocumentId, sealed: &[u8]) -> Result<Vec<JournalFault>, StoreError> {
    let plain = key.open_text(document.as_uuid(), Field::JournalRejection, sealed).map_err(|_| CORRUPT)?;
    let plain: Vec<(String, Option<String>)> = serde_json::from_str(&plain).map_err(|_| CORRUPT)?;
    let fault = |(code, text): (String, Option<String>)| {
        let text = text.map(|text| FaultText::parse(&text)).transpose().map_err(|_| CORRUPT)?;
        Ok(JournalFault { code: FaultCode::parse(&code).map_err(|_| CORRUPT)?, text })
    };
    plain.into_iter().map(fault).collect()
}

fn mark(connection: &mut Connection, desk: &Desk<'_>, relevance: Relevance) -> Result<(), Failure> {
    let known = fetch(connection, desk)?;
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
            journal_entry::document_id.eq(new_id::<JournalDocumentId>().key()),
        ))
        .execute(c))?;
    let message: MessageId = messages.last().copied().ok_or(CORRUPT)?.into();
    let relevant = About { mailbox: desk.found.mailbox, service: desk.found.service, message };
    event::record(connection, EventKind::JournalRelevant, &[relevant], now)?;
    JobRow::insert_all(connection, vec![JobRow::new(JobKind::ConfirmationDue, desk.found.mailbox, id, confirm_by)])?;
    Ok(())
}

fn to_text(messages: &[Id]) -> String {
    messages.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(" ")
}

fn from_text(text: &str) -> Result<Vec<MessageId>, StoreError> {
    text.split_whitespace().map(|id| uuid::Uuid::try_parse(id).map(Into::into).map_err(|_| CORRUPT)).collect()
}

type EntryRow = ((Id, Id, Time, Time, String), (Option<Time>, Option<String>), (Id, Option<Time>, Option<Vec<u8>>));

fn rows(connection: &mut Connection, conversations: &Pairs) -> Result<Vec<EntryRow>, StoreError> {
    Ok(on!(connection, c => journal_entry::table
        .filter(conversations.among(journal_entry::mailbox_id, journal_entry::conversation_id))
        .select((
            (
                journal_entry::mailbox_id,
                journal_entry::conversation_id,
                journal_entry::marked_at,
                journal_entry::confirm_by,
                journal_entry::messages,
            ),
            (journal_entry::archived_at, journal_entry::reference),
            (journal_entry::document_id, journal_entry::rejected_at, journal_entry::rejection),
        ))
        .load::<EntryRow>(c))?)
}

fn entry_from(key: &ServiceKey, row: EntryRow) -> Result<JournalEntry, StoreError> {
    let ((_, _, marked_at, confirm_by, messages), (archived_at, reference), (document, rejected_at, rejection)) = row;
    let reference = reference.map(|text| JournalReference::parse(&text)).transpose().map_err(|_| CORRUPT)?;
    let document = document.into();
    let faults = rejection.map(|sealed| open(key, document, &sealed)).transpose()?;
    Ok(JournalEntry {
        document,
        marked_at: marked_at.0,
        confirm_by: confirm_by.0,
        messages: from_text(&messages)?,
        archived: archived_at.map(|at| at.0).zip(reference),
        rejected: rejected_at.map(|at| at.0).zip(faults),
    })
}

/// What is marked of conversations of a service, by their ids; none for what is damaged.
pub(crate) fn entries(
    connection: &mut Connection,
    conversations: &Pairs,
    key: &ServiceKey,
) -> Result<HashMap<Id, Option<JournalEntry>>, StoreError> {
    if conversations.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(rows(connection, conversations)?.into_iter().map(|row| (row.0.1, entry_from(key, row).ok())).collect())
}

fn fetch(connection: &mut Connection, desk: &Desk<'_>) -> Result<Option<JournalEntry>, StoreError> {
    let key = desk.key_of();
    entries(connection, &Pairs::from_iter([key]), desk.service_key)?
        .remove(&key.1)
        .map(|entry| entry.ok_or(CORRUPT))
        .transpose()
}

/// The document, and the keys of its messages.
fn document(
    inner: &Inner,
    connection: &mut Connection,
    desk: &Desk<'_>,
) -> Result<(JournalDocument, MessageKeys), Failure> {
    let entry = fetch(connection, desk)?.ok_or(Failure::NotFound)?;
    let wanted: HashSet<Id> = entry.messages.iter().map(|id| id.key()).collect();
    let mut rows = vec![];
    let mut after = Id::MIN;
    loop {
        let page = turns::rows_after(connection, desk, after, CHUNK)?;
        let Some(last) = page.last() else { break };
        after = last.id();
        rows.extend(page.into_iter().filter(|row| wanted.contains(&row.id())));
    }
    let mut around = turns::Around::gather(inner, connection, desk, &rows)?;
    let turns = rows.into_iter().map(|row| around.turn(row)).collect::<Result<Vec<Turn>, StoreError>>()?;
    let (number, name) = on!(&mut *connection, c => mailbox::table
        .find(desk.found.mailbox.key())
        .select((mailbox::national_id, mailbox::person_name))
        .first::<(Vec<u8>, Vec<u8>)>(c))?;
    let document = JournalDocument {
        id: entry.document,
        conversation: desk.found.id,
        service: domain::message::Sender::clone(&*service::sender(inner, connection, desk.found.service)?),
        inquiry: desk.found.inquiry,
        subject: desk.found.subject(desk.service_key)?,
        patient: open_number(&inner.vault, desk.found.mailbox, &number)?,
        patient_name: open_name(&inner.vault, desk.found.mailbox, &name)?,
        marked_at: entry.marked_at,
        confirm_by: entry.confirm_by,
        turns,
    };
    Ok((document, around.keys))
}

/// Tells the service, unless the journal has answered meanwhile, or it was marked anew and has time again.
pub(crate) fn tell_overdue(
    _: &Inner,
    connection: &mut Connection,
    lease: Lease,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let key = (lease.mailbox, lease.object);
    let Some(row) = rows(connection, &Pairs::from_iter([key]))?.pop() else { return Ok(()) };
    let ((_, _, _, confirm_by, messages), (archived_at, _), (_, rejected_at, _)) = row;
    let Some(message) = from_text(&messages)?.pop() else { return Ok(()) };
    if archived_at.is_some() || rejected_at.is_some() || now < confirm_by.0 {
        return Ok(());
    }
    let service = on!(&mut *connection, c => conversation::table
        .find(key)
        .select(conversation::service_id)
        .first::<Id>(c)
        .optional())?;
    let Some(service) = service else { return Ok(()) };
    let overdue = About { mailbox: key.0.into(), service: service.into(), message };
    Ok(event::record(connection, EventKind::JournalNotArchived, &[overdue], now)?)
}

//! Messages in a mailbox: the overview, one message, its marks, its deletion.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{Grant, MailboxAct};
use domain::audit::{Object, ObjectKind};
use domain::event::{About, EventKind};
use domain::id::{ConversationId, MailboxId, MessageId, ServiceId};
use domain::message::{Body, Direction, Message, MessageKind, Overview, Sender, Subject};
use serde::{Deserialize, Serialize};

use crate::access::{MailboxRef, Opened};
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::event;
use crate::mailboxes::attachment;
use crate::mailboxes::message_key::MessageKeyRow;
use crate::mailboxes::surroundings::Surroundings;
use crate::page::{Page, Slice};
use crate::schema::{message, message_body};
use crate::services::form;
use crate::services::form::FilledRow;
use crate::services::service;
use crate::vault::{Field, MessageKey};
use crate::{Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "message" };

/// Which messages of a mailbox are wanted. Each part that is there narrows the list.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct MessageFilter {
    /// Which way they went.
    #[serde(serialize_with = "as_word")]
    pub direction: Option<Direction>,
    /// What they are.
    #[serde(serialize_with = "as_word")]
    pub kind: Option<MessageKind>,
    /// Who sent them.
    pub service: Option<ServiceId>,
    /// Read, or not.
    pub unread: Option<bool>,
    /// Received at this time or later.
    pub after: Option<DateTime<Utc>>,
    /// Received before this time.
    pub before: Option<DateTime<Utc>>,
    /// Of this conversation.
    pub conversation: Option<ConversationId>,
}

fn as_word<T: Copy + Into<&'static str>, S: serde::Serializer>(value: &Option<T>, out: S) -> Result<S::Ok, S::Error> {
    value.map(Into::<&'static str>::into).serialize(out)
}

/// Where a page ended.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Position {
    received_at: Time,
    id: Id,
}

/// A line of the overview.
#[derive(Queryable, Selectable)]
#[diesel(table_name = message)]
struct OverviewRow {
    #[diesel(embed)]
    key: MessageKeyRow,
    direction: String,
    kind: String,
    subject: Vec<u8>,
    attachment_count: i16,
    #[diesel(select_expression = message::received_at.assume_not_null())]
    #[diesel(select_expression_type = diesel::dsl::AssumeNotNull<message::received_at>)]
    received_at: Time,
    opened_at: Option<Time>,
    read_at: Option<Time>,
    conversation_id: Option<Id>,
    author_relation: Option<String>,
    author_id: Option<Id>,
}

/// The text of a message.
#[derive(Queryable, Selectable)]
#[diesel(table_name = message_body)]
struct TextRow {
    format: String,
    body: Vec<u8>,
    #[diesel(embed)]
    filled: FilledRow,
}

/// What of a query on a table of items is within bounds, flag by flag as in [`domain::access::Bounds::admit`]. False is
/// less than true, in both databases too. One text for every table that has the flags.
macro_rules! within {
    ($query:expr, $table:ident, $bounds:expr) => {{
        use $crate::database::literal::{number, truth};
        let bounds: domain::access::Bounds = $bounds;
        $query
            .filter($table::minimum_consent.le(number(bounds.minimum_consent_at_most.rank())))
            .filter($table::available_at_protected_address.ge(truth(bounds.only_available_at_protected_address)))
            .filter($table::parents_until_years.ge(number(bounds.parents_at_least.until_years())))
            .filter($table::withheld_from_parents.le(truth(bounds.with_withheld_from_parents)))
            .filter($table::power_of_attorney.ge(truth(bounds.only_open_to_holders)))
            .filter($table::withheld_from_holders.le(truth(bounds.with_withheld_from_holders)))
            .filter($table::youth.between(number(bounds.youth_at_least.rank()), number(bounds.youth_at_most.rank())))
            .filter($table::is_parental.le(truth(bounds.with_parental)))
    }};
}
pub(crate) use within;

/// The delivered messages of a mailbox that are within bounds.
macro_rules! covered {
    ($bounds:expr, $mailbox:expr) => {{
        let delivered = message::table.filter($mailbox).filter(message::received_at.is_not_null());
        $crate::mailboxes::message::within!(delivered, message, $bounds)
    }};
}
pub(crate) use covered;

/// Where every query on the messages of a mailbox starts: what the grant covers.
macro_rules! visible {
    ($grant:expr) => {{
        let visibility = $grant.visibility();
        let query =
            $crate::mailboxes::message::covered!(visibility.bounds(), message::mailbox_id.eq($grant.mailbox().key()));
        $crate::mailboxes::message::in_scope!(query.into_boxed(), visibility)
    }};
}
pub(crate) use visible;

/// What of the messages within bounds is where the grant looks.
macro_rules! in_scope {
    ($query:expr, $visibility:expr) => {{
        let query = $query;
        match $visibility.scope() {
            domain::access::VisibleScope::Inbox => query.filter(message::removed_at.is_null()),
            domain::access::VisibleScope::Record(reach) => {
                let services = message::service_id.eq_any($crate::database::keys(reach.services()));
                // Where it can tell nothing more, it is not asked: most have lawful access to the patient.
                match reach.conversations() {
                    [] => query.filter(services),
                    conversations => query.filter(
                        services.or(message::conversation_id
                            .assume_not_null()
                            .eq_any($crate::database::keys(conversations))
                            .and(message::conversation_id.is_not_null())),
                    ),
                }
            }
        }
    }};
}
pub(crate) use in_scope;

/// What may be changed of a message: the parts that are there.
#[derive(Default, AsChangeset)]
#[diesel(table_name = message)]
struct Change {
    read_at: Option<Option<Time>>,
    withheld_from_holders: Option<bool>,
    withheld_from_parents: Option<bool>,
    removed_at: Option<Time>,
    owner_key: Option<Option<Vec<u8>>>,
}

impl Store {
    /// The overview of a mailbox, newest first (HN-1).
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn message_list(
        &self,
        context: &Context,
        mailbox: MailboxId,
        filter: MessageFilter,
        page: Page,
    ) -> Result<Slice<Overview>, Failure> {
        let (which, now) = (MailboxRef::Id(mailbox), context.now);
        self.read_mailbox(context, which, MailboxAct::LIST_MESSAGES, None, move |inner, connection, opened| {
            let filter_text = serde_json::to_string(&filter).map_err(|_| CORRUPT)?;
            let list = format!("messages:{mailbox}:{filter_text}");
            let position: Option<Position> = page.position(&inner.vault, &list)?;
            let rows = rows_after(connection, &opened.grant, &filter, position, page.fetch_limit())?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| Position {
                received_at: row.received_at,
                id: row.key.id,
            });
            let around = surroundings(inner, connection, opened, &slice.items, now)?;
            slice.open_each(|row| row.key.id, |row| Ok(overview(inner, connection, opened, &around, row)?))
        })
        .await
    }

    /// One message with its content. The first reading by the owner, or by whom the law puts in the owner's place, is
    /// recorded as opened; a holder's is not (KRR-10, FUL-9).
    ///
    /// # Errors
    /// Refused, not there or not visible, or the store away.
    pub async fn message_read(&self, context: &Context, mailbox: MailboxId, id: MessageId) -> Result<Message, Failure> {
        let (which, act, object) = (MailboxRef::Id(mailbox), MailboxAct::READ_MESSAGE, object(id));
        let now = context.now;
        let seen = self
            .look_into_mailbox(context, which, act, object, move |inner, connection, opened| {
                let message = fetch(inner, connection, opened, id, now)?;
                Ok(Seen { message, counts: opened.grant.reads_as_the_citizen() })
            })
            .await?;
        if !seen.ask(|seen| seen.counts && seen.message.overview.opened_at.is_none()) {
            return Ok(seen.record(self).await?.message);
        }
        self.write_mailbox(context, which, act, object, move |inner, connection, opened| {
            open_message(connection, &opened.grant, id, now)?;
            fetch(inner, connection, opened, id, now)
        })
        .await
    }

    /// Marks a message as read or unread. That it was once opened stays on record.
    ///
    /// # Errors
    /// Refused, not there or not visible, or the store away.
    pub async fn message_mark(
        &self,
        context: &Context,
        mailbox: MailboxId,
        id: MessageId,
        read: bool,
    ) -> Result<(), Failure> {
        let change = Change { read_at: Some(read.then_some(Time(context.now))), ..Change::default() };
        self.change_message(context, mailbox, id, MailboxAct::MARK_MESSAGE, change).await
    }

    /// Withholds a message from holders of a power of attorney, or shows it to them again (FUL-18).
    ///
    /// # Errors
    /// Refused, not there or not visible, or the store away.
    pub async fn message_withhold_from_holders(
        &self,
        context: &Context,
        mailbox: MailboxId,
        id: MessageId,
        is_withheld: bool,
    ) -> Result<(), Failure> {
        let change = Change { withheld_from_holders: Some(is_withheld), ..Change::default() };
        let act = if is_withheld { MailboxAct::WITHHOLD_FROM_HOLDERS } else { MailboxAct::SHOW_TO_HOLDERS };
        self.change_message(context, mailbox, id, act, change).await
    }

    /// Withholds a message from parents, or shows it to them again (CHI-6).
    ///
    /// # Errors
    /// Refused, not there or not of the caller's service, or the store away.
    pub async fn message_withhold_from_parents(
        &self,
        context: &Context,
        mailbox: MailboxId,
        id: MessageId,
        is_withheld: bool,
    ) -> Result<(), Failure> {
        let change = Change { withheld_from_parents: Some(is_withheld), ..Change::default() };
        let act = if is_withheld { MailboxAct::WITHHOLD_FROM_PARENTS } else { MailboxAct::SHOW_TO_PARENTS };
        self.change_message(context, mailbox, id, act, change).await
    }

    /// Deletes a message from the owner's inbox, and what opens their copy of it. The sender's record stays (PP-7).
    ///
    /// # Errors
    /// Refused, not there or not visible, or the store away.
    pub async fn message_delete(&self, context: &Context, mailbox: MailboxId, id: MessageId) -> Result<(), Failure> {
        let change = Change { removed_at: Some(Time(context.now)), owner_key: Some(None), ..Change::default() };
        self.change_message(context, mailbox, id, MailboxAct::DELETE_MESSAGE, change).await
    }

    async fn change_message(
        &self,
        context: &Context,
        mailbox: MailboxId,
        id: MessageId,
        act: MailboxAct,
        change: Change,
    ) -> Result<(), Failure> {
        self.write_mailbox(context, MailboxRef::Id(mailbox), act, object(id), move |_, connection, opened| {
            exists(connection, &opened.grant, id)?;
            on!(connection, c => diesel::update(message::table)
                .filter(message::mailbox_id.eq(mailbox.key()))
                .filter(message::id.eq(id.key()))
                .set(&change)
                .execute(c))?;
            Ok(())
        })
        .await
    }
}

/// A message, and whether reading it counts as the citizen having opened it.
struct Seen {
    message: Message,
    counts: bool,
}

const fn object(id: MessageId) -> Option<Object> {
    Some(Object { kind: ObjectKind::Message, id: id.as_uuid() })
}

fn rows_after(
    connection: &mut Connection,
    grant: &Grant,
    filter: &MessageFilter,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<OverviewRow>, StoreError> {
    let MessageFilter { direction, kind, service, unread, after, before, conversation } = filter;
    Ok(on!(connection, c => {
        let mut query = visible!(grant)
            .select(OverviewRow::as_select())
            .order((message::received_at.desc(), message::id.desc()))
            .limit(limit);
        if let Some(direction) = direction {
            query = query.filter(message::direction.eq(direction.as_word()));
        }
        if let Some(kind) = kind {
            query = query.filter(message::kind.eq(kind.as_word()));
        }
        if let Some(service) = service {
            query = query.filter(message::service_id.eq(service.key()));
        }
        if let Some(after) = after {
            query = query.filter(message::received_at.ge(Time(*after)));
        }
        if let Some(before) = before {
            query = query.filter(message::received_at.lt(Time(*before)));
        }
        if let Some(conversation) = conversation {
            query = query.filter(message::conversation_id.eq(conversation.key()));
        }
        match unread {
            Some(true) => query = query.filter(message::read_at.is_null()),
            Some(false) => query = query.filter(message::read_at.is_not_null()),
            None => {}
        }
        if let Some(Position { received_at, id }) = position {
            // The first condition is implied by the second; it alone lets both databases start in the index.
            query = query.filter(message::received_at.le(received_at)).filter(
                message::received_at.lt(received_at).or(message::id.lt(id)),
            );
        }
        query.load::<OverviewRow>(c)
    })?)
}

fn overview(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    around: &Surroundings,
    row: OverviewRow,
) -> Result<Overview, StoreError> {
    let key = opened.message_key(inner, connection, &row.key)?;
    overview_with(inner, connection, &key, around, row)
}

fn overview_with(
    inner: &Inner,
    connection: &mut Connection,
    key: &MessageKey,
    around: &Surroundings,
    row: OverviewRow,
) -> Result<Overview, StoreError> {
    let id = row.key.id;
    // A letter stands for itself, also where a service keeps it in its queue.
    let conversation = row.conversation_id.filter(|id| around.is_dialogue(*id));
    let sender: Arc<Sender> = service::sender(inner, connection, row.key.service())?;
    let subject = key.open_text(id.0, Field::Subject, &row.subject).map_err(|_| CORRUPT)?;
    Ok(Overview {
        id: id.into(),
        direction: row.direction.parse().map_err(|_| CORRUPT)?,
        kind: row.kind.parse().map_err(|_| CORRUPT)?,
        subject: Subject::parse(&subject).map_err(|_| CORRUPT)?,
        sender: Sender::clone(&sender),
        read: row.read_at.is_some(),
        opened_at: row.opened_at.map(|at| at.0),
        received_at: row.received_at.0,
        attachment_count: u16::try_from(row.attachment_count).map_err(|_| CORRUPT)?,
        conversation: conversation.map(Into::into),
        can_reply: conversation.is_some_and(|id| around.can_reply(id)),
        author: around.author(row.author_relation.as_deref(), row.author_id, &sender)?,
    })
}

fn surroundings(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    rows: &[OverviewRow],
    now: DateTime<Utc>,
) -> Result<Surroundings, StoreError> {
    let conversations: Vec<Id> = rows.iter().filter_map(|row| row.conversation_id).collect();
    let authors: Vec<Id> =
        rows.iter().filter(|row| row.author_relation.is_some()).filter_map(|row| row.author_id).collect();
    Surroundings::gather(inner, connection, opened, &conversations, &authors, now)
}

/// One visible message with its content.
pub(crate) fn fetch(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    id: MessageId,
    now: DateTime<Utc>,
) -> Result<Message, Failure> {
    let row = on!(&mut *connection, c => visible!(opened.grant)
        .inner_join(message_body::table.on(
            message_body::mailbox_id.eq(message::mailbox_id).and(message_body::message_id.eq(message::id)),
        ))
        .filter(message::id.eq(id.key()))
        .select((
            OverviewRow::as_select(),
            TextRow::as_select(),
            (message::withheld_from_holders, message::withheld_from_parents),
        ))
        .first::<(OverviewRow, TextRow, (bool, bool))>(c)
        .optional())?;
    let (row, text, (withheld_from_holders, withheld_from_parents)) = row.ok_or(Failure::NotFound)?;
    let key = opened.message_key(inner, connection, &row.key)?;
    let body = key.open_text(id.as_uuid(), Field::Body, &text.body).map_err(|_| CORRUPT)?;
    let (service, around) =
        (row.key.service(), surroundings(inner, connection, opened, std::slice::from_ref(&row), now)?);
    let overview = overview_with(inner, connection, &key, &around, row)?;
    let keys = HashMap::from([(id, key)]);
    let filled = std::iter::once((id, &text.filled));
    let form_answers = form::answers(connection, &keys, service, filled)?.remove(&id);
    let attachments = if overview.attachment_count == 0 {
        vec![]
    } else {
        attachment::list(connection, opened.grant.mailbox(), &keys, &[id])?.remove(&id).unwrap_or_default()
    };
    Ok(Message {
        mailbox: opened.grant.mailbox(),
        overview,
        body: Body::parse(&body).map_err(|_| CORRUPT)?,
        body_format: text.format.parse().map_err(|_| CORRUPT)?,
        attachments,
        form_answers,
        // What the owner keeps from holders is not for the service to know.
        withheld_from_holders: withheld_from_holders && opened.grant.is_owner(),
        withheld_from_parents,
    })
}

/// What opens a message that is there and visible.
pub(crate) fn key_row(connection: &mut Connection, grant: &Grant, id: MessageId) -> Result<MessageKeyRow, Failure> {
    let found = on!(connection, c => visible!(grant)
        .filter(message::id.eq(id.key()))
        .select(MessageKeyRow::as_select())
        .first::<MessageKeyRow>(c)
        .optional())?;
    found.ok_or(Failure::NotFound)
}

/// That a message is there and visible.
pub(crate) fn exists(connection: &mut Connection, grant: &Grant, id: MessageId) -> Result<(), Failure> {
    let found = on!(connection, c => visible!(grant)
        .filter(message::id.eq(id.key()))
        .select(message::id)
        .first::<Id>(c)
        .optional())?;
    found.map(|_| ()).ok_or(Failure::NotFound)
}

/// Records the first opening, once, with its event.
fn open_message(connection: &mut Connection, grant: &Grant, id: MessageId, now: DateTime<Utc>) -> Result<(), Failure> {
    let opened = on!(&mut *connection, c => diesel::update(message::table)
        .filter(message::mailbox_id.eq(grant.mailbox().key()))
        .filter(message::id.eq(id.key()))
        .filter(message::opened_at.is_null())
        .filter(message::removed_at.is_null())
        .set((message::opened_at.eq(Time(now)), message::read_at.eq(Time(now))))
        .execute(c))?;
    if opened == 1 {
        let service = on!(&mut *connection, c => message::table
            .filter(message::mailbox_id.eq(grant.mailbox().key()))
            .filter(message::id.eq(id.key()))
            .select(message::service_id)
            .first::<Id>(c))?;
        let opened = About { mailbox: grant.mailbox(), service: service.into(), message: id };
        event::record(connection, EventKind::MessageOpened, &[opened], now)?;
    }
    Ok(())
}

/// How many visible messages have not been read.
pub(crate) fn unread_count(connection: &mut Connection, grant: &Grant) -> Result<u64, StoreError> {
    let count = on!(connection, c => visible!(grant)
        .filter(message::read_at.is_null())
        .count()
        .get_result::<i64>(c))?;
    u64::try_from(count).map_err(|_| CORRUPT)
}

/// How many visible messages have not been read, in each of several mailboxes of which the same is seen.
pub(crate) fn unread_counts(
    connection: &mut Connection,
    grants: &[&Grant],
) -> Result<Vec<(MailboxId, u64)>, StoreError> {
    let Some(first) = grants.first() else { return Ok(vec![]) };
    let ids: Vec<Id> = grants.iter().map(|grant| grant.mailbox().key()).collect();
    let bounds = first.visibility().bounds();
    let counts = on!(connection, c => covered!(bounds, message::mailbox_id.eq_any(&ids))
        .filter(message::removed_at.is_null())
        .filter(message::read_at.is_null())
        .group_by(message::mailbox_id)
        .select((message::mailbox_id, diesel::dsl::count_star()))
        .load::<(Id, i64)>(c))?;
    counts.into_iter().map(|(id, count)| Ok((id.into(), u64::try_from(count).map_err(|_| CORRUPT)?))).collect()
}

/// Deletes every message from the owner's inbox.
pub(crate) fn remove_all(connection: &mut Connection, mailbox: MailboxId, now: DateTime<Utc>) -> Result<(), Failure> {
    on!(connection, c => diesel::update(message::table)
        .filter(message::mailbox_id.eq(mailbox.key()))
        .filter(message::received_at.is_not_null())
        .filter(message::removed_at.is_null())
        .set((message::removed_at.eq(Time(now)), message::owner_key.eq(None::<Vec<u8>>)))
        .execute(c))?;
    Ok(())
}

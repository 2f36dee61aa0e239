//! Conversations: as the mailbox shows them, as citizens write in them, and as the service works through them.

mod desk;
mod journal;
mod notes;
mod queue;
mod rows;
mod turns;
mod writing;

use std::collections::HashMap;

use diesel::dsl::{count_star, exists, max, min};
use diesel::prelude::*;
use domain::access::{MailboxAct, VisibleScope};
use domain::audit::{Object, ObjectKind};
use domain::conversation::{ConversationState, ConversationView};
use domain::id::{ConversationId, MailboxId, PersonId, ServiceId};
use domain::message::{Sender, Subject};

pub(crate) use self::journal::tell_overdue;
pub use self::journal::{Marked, Relevance};
pub use self::queue::{AssigneeFilter, QueueFilter};
pub(crate) use self::rows::{ConversationColumns, ConversationRow};
pub(crate) use self::writing::{Report, addressee, item_of, owner_hash, report, write};
use crate::access::{MailboxRef, Opened};
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, keys, on};
use crate::error::{Failure, StoreError};
use crate::mailboxes::message::{covered, in_scope, visible};
use crate::mailboxes::message_key::MessageKeyRow;
use crate::mailboxes::surroundings::Surroundings;
use crate::page::{Page, Slice};
use crate::schema::{conversation, message};
use crate::services::service;
use crate::vault::Field;
use crate::{Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "conversation" };

/// The health worker who calls at the queue of their service; none where a system does.
pub(crate) fn member(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    service: ServiceId,
) -> Result<Option<PersonId>, StoreError> {
    Ok(queue::worker(inner, connection, context, service)?.map(|worker| worker.person))
}

const fn object(id: ConversationId) -> Object {
    Object { kind: ObjectKind::Conversation, id: id.as_uuid() }
}

/// What a caller sees of one conversation.
struct Seen {
    first_at: Time,
    last_at: Time,
    messages: i64,
    unread: i64,
    subject: Vec<u8>,
    /// The message that the subject is of.
    subject_of: MessageKeyRow,
}

impl Store {
    /// The conversations of a mailbox of which the caller sees something, those begun last first. The order is that of
    /// their beginnings, for that of their last messages would tell of messages that the caller does not see (BX-5).
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn conversation_list(
        &self,
        context: &Context,
        mailbox: MailboxId,
        page: Page,
    ) -> Result<Slice<ConversationView>, Failure> {
        let which = MailboxRef::Id(mailbox);
        let now = context.now;
        self.read_mailbox(context, which, MailboxAct::LIST_CONVERSATIONS, None, move |inner, connection, opened| {
            let list = format!("conversations:{mailbox}");
            let before: Option<Id> = page.position(&inner.vault, &list)?;
            let ids = visible_ids(connection, opened, before.unwrap_or(Id::MAX), page.fetch_limit())?;
            let slice = Slice::cut(ids, &page, &inner.vault, &list, |id| *id);
            let seen = seen(connection, opened, &slice.items)?;
            let around = Surroundings::of_conversations(inner, connection, opened, &slice.items, now)?;
            slice.open_each(|id| *id, |id| Ok(view(inner, connection, opened, &around, &seen, id)?))
        })
        .await
    }

    /// One conversation. Its messages are in the overview, by its id.
    ///
    /// # Errors
    /// Refused, not there or not visible, or the store away.
    pub async fn conversation_fetch(
        &self,
        context: &Context,
        mailbox: MailboxId,
        id: ConversationId,
    ) -> Result<ConversationView, Failure> {
        let which = MailboxRef::Id(mailbox);
        let now = context.now;
        self.read_mailbox(
            context,
            which,
            MailboxAct::SEE_CONVERSATION,
            Some(object(id)),
            move |inner, connection, opened| {
                let seen = seen(connection, opened, &[id.key()])?;
                if seen.is_empty() {
                    return Err(Failure::NotFound);
                }
                let around = Surroundings::of_conversations(inner, connection, opened, &[id.key()], now)?;
                Ok(view(inner, connection, opened, &around, &seen, id.key())?)
            },
        )
        .await
    }
}

fn visible_ids(connection: &mut Connection, opened: &Opened, before: Id, limit: i64) -> Result<Vec<Id>, StoreError> {
    let (mailbox, visibility) = (opened.grant.mailbox().key(), opened.grant.visibility());
    Ok(on!(connection, c => {
        // With an offset, though of nothing, it is asked for each conversation on the page, and not for all there are at once.
        let messages = covered!(visibility.bounds(), message::mailbox_id.eq(mailbox))
            .filter(message::conversation_id.eq(conversation::id.nullable()))
            .offset(0);
        let query = conversation::table
            .filter(conversation::mailbox_id.eq(mailbox))
            .filter(conversation::id.lt(before))
            .order(conversation::id.desc())
            .limit(limit)
            .select(conversation::id)
            .into_boxed();
        match visibility.scope() {
            VisibleScope::Inbox => query.filter(exists(messages.filter(message::removed_at.is_null()))),
            VisibleScope::Record(reach) => {
                let services = conversation::service_id.eq_any(keys(reach.services()));
                query.filter(services.or(conversation::id.eq_any(keys(reach.conversations())))).filter(exists(messages))
            }
        }
        .load::<Id>(c)
    })?)
}

/// That the caller sees something of a conversation.
fn is_visible(connection: &mut Connection, opened: &Opened, id: ConversationId) -> Result<(), Failure> {
    let found = on!(connection, c => visible!(opened.grant)
        .filter(message::conversation_id.eq(id.key()))
        .select(message::id)
        .first::<Id>(c)
        .optional())?;
    found.map(|_| ()).ok_or(Failure::NotFound)
}

/// What the caller sees of each of these conversations; those of which they see nothing are left out.
fn seen(connection: &mut Connection, opened: &Opened, ids: &[Id]) -> Result<HashMap<Id, Seen>, StoreError> {
    type Sums = (Option<Id>, i64, Option<Time>, Option<Time>);
    let (mailbox, visibility) = (opened.grant.mailbox().key(), opened.grant.visibility());
    let (sums, unread, firsts) = on!(connection, c => {
        let messages = || {
            covered!(visibility.bounds(), message::mailbox_id.eq(mailbox))
                .filter(message::conversation_id.eq_any(ids))
        };
        let sums = messages().group_by(message::conversation_id).select((
            message::conversation_id,
            count_star(),
            min(message::received_at),
            max(message::received_at),
        ));
        let sums = in_scope!(sums.into_boxed(), visibility).load::<Sums>(c)?;
        let unread = messages()
            .filter(message::read_at.is_null())
            .group_by(message::conversation_id)
            .select((message::conversation_id, count_star()));
        let unread = in_scope!(unread.into_boxed(), visibility).load::<(Option<Id>, i64)>(c)?;
        let times: Vec<Time> = sums.iter().filter_map(|row| row.2).collect();
        let firsts = messages()
            .filter(message::received_at.eq_any(times))
            .order((message::received_at.desc(), message::id.desc()))
            .select((message::conversation_id, MessageKeyRow::as_select(), message::subject));
        let firsts = in_scope!(firsts.into_boxed(), visibility).load::<(Option<Id>, MessageKeyRow, Vec<u8>)>(c)?;
        (sums, unread, firsts)
    });
    let unread: HashMap<Option<Id>, i64> = unread.into_iter().collect();
    // The last of each wins: the earliest message.
    let firsts: HashMap<Option<Id>, (MessageKeyRow, Vec<u8>)> =
        firsts.into_iter().map(|(conversation, key, subject)| (conversation, (key, subject))).collect();
    let seen = sums.into_iter().filter_map(|(conversation, messages, first_at, last_at)| {
        let (subject_of, subject) = firsts.get(&conversation)?.clone();
        let unread = unread.get(&conversation).copied().unwrap_or_default();
        let (first_at, last_at) = (first_at?, last_at?);
        Some((conversation?, Seen { first_at, last_at, messages, unread, subject, subject_of }))
    });
    Ok(seen.collect())
}

fn view(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    around: &Surroundings,
    seen: &HashMap<Id, Seen>,
    id: Id,
) -> Result<ConversationView, StoreError> {
    let seen = seen.get(&id).ok_or(CORRUPT)?;
    let known = around.conversation(id).ok_or(CORRUPT)?;
    let service = service::sender(inner, connection, known.service)?;
    let key = opened.message_key(inner, connection, &seen.subject_of)?;
    let subject = key.open_text(seen.subject_of.id.0, Field::Subject, &seen.subject).map_err(|_| CORRUPT)?;
    let count = |count: i64| u64::try_from(count).map_err(|_| CORRUPT);
    Ok(ConversationView {
        id: id.into(),
        service: Sender::clone(&service),
        inquiry: known.inquiry,
        subject: Subject::parse(&subject).map_err(|_| CORRUPT)?,
        is_closed: known.state == ConversationState::Closed,
        archived_at: known.archived_at,
        can_reply: around.can_reply(id),
        begun_at: seen.first_at.0,
        last_message_at: seen.last_at.0,
        messages: count(seen.messages)?,
        unread: count(seen.unread)?,
    })
}

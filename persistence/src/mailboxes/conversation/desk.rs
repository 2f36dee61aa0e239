//! A service at work in one of its conversations: members who have lawful access to the patient (DH-7), and the
//! organisation's own systems.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use domain::access::{Caller, DeskAct, Grant, ItemFlags, VisibleScope};
use domain::conversation::{ConversationState, QueueItem, WrittenText, can_answer, message_kind};
use domain::event::{About, EventKind};
use domain::id::{ConversationId, MessageId, PersonId, ServiceId};
use domain::message::Direction;
use domain::rule::Rule;

use super::queue::{Around, worker};
use super::rows::{self, Stored};
use super::{CORRUPT, object};
use crate::access::Done;
use crate::access::facts::owner_of;
use crate::access::lawful::Taken;
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::event::EventRow;
use crate::idempotency::{self, Created, RequestKey};
use crate::letters::delivery;
use crate::letters::intake::content::{self, AttachmentRow, BodyRow, Head, MessageRow};
use crate::letters::sending::SendingRow;
use crate::schema::{conversation, conversation_seen, membership};
use crate::services::key::service_key;
use crate::services::service;
use crate::services::upload::{self, Whose};
use crate::vault::{BothKeys, MailboxKey, ServiceKey};
use crate::{Inner, Store};

/// Somebody of the service at a conversation, which nobody else changes meanwhile.
pub(super) struct Desk<'d> {
    pub(super) found: Stored,
    pub(super) service_key: &'d ServiceKey,
    /// Nothing but writing takes it, and it may have ended.
    mailbox_key: Option<&'d MailboxKey>,
    /// The member; none where a system works.
    pub(super) member: Option<PersonId>,
    pub(super) context: &'d Context,
}

impl Desk<'_> {
    /// Where the conversation is.
    pub(super) fn key_of(&self) -> (Id, Id) {
        (self.found.mailbox.key(), self.found.id.key())
    }
}

impl Store {
    /// A conversation of a service's queue.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, or the store away.
    pub async fn desk_show(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
    ) -> Result<QueueItem, Failure> {
        self.at_desk(context, (service, id), DeskAct::SEE_CONVERSATION, item).await
    }

    /// Answers as the service. `is_current` says of the conversation's version whether it is the one that the caller has
    /// seen: it may have gone to somebody else.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, another version by now, no answer possible, unknown uploads, a key used
    /// before, or the store away.
    pub async fn desk_answer(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        is_current: impl FnOnce(i32) -> bool + Send + 'static,
        text: WrittenText,
        key: Option<RequestKey>,
    ) -> Result<Created<MessageId>, Failure> {
        let scope = self.idempotency_scope(context);
        self.at_desk(context, (service, id), DeskAct::ANSWER_MESSAGE, move |inner, connection, desk| {
            idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                desk.context.now,
                |connection| {
                    is_of_version(desk, is_current)?;
                    answer(inner, connection, desk, &text)
                },
                |_, id| Ok(id.into()),
                |id: &MessageId| id.key(),
            )
        })
        .await
    }

    /// Says who is to answer, or that nobody is. A member may take what nobody has: that opens this conversation to them, and
    /// nothing else of the patient, until it is closed or goes to somebody else (DH-7).
    ///
    /// # Errors
    /// Refused, not there or not for the caller, another version by now, somebody who is no member, or the store away.
    pub async fn desk_assign(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        is_current: impl FnOnce(i32) -> bool + Send + 'static,
        assignee: Option<PersonId>,
    ) -> Result<QueueItem, Failure> {
        self.at_desk(context, (service, id), DeskAct::ASSIGN_CONVERSATION, move |inner, connection, desk| {
            is_of_version(desk, is_current)?;
            if let Some(assignee) = assignee
                && !is_member(connection, service, assignee)?
            {
                return Err(Failure::NotRegistered("/member/personId"));
            }
            let state = if assignee.is_some() { desk.found.state.after_look() } else { desk.found.state };
            change(inner, connection, desk, state, assignee)
        })
        .await
    }

    /// Closes a conversation, or opens it again. Doing it twice changes nothing.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, another version by now, or the store away.
    pub async fn desk_close(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        is_current: impl FnOnce(i32) -> bool + Send + 'static,
        is_closed: bool,
    ) -> Result<QueueItem, Failure> {
        let act = if is_closed { DeskAct::CLOSE_CONVERSATION } else { DeskAct::REOPEN_CONVERSATION };
        self.at_desk(context, (service, id), act, move |inner, connection, desk| {
            is_of_version(desk, is_current)?;
            let state = if is_closed { ConversationState::Closed } else { desk.found.state.after_reopening() };
            if state == desk.found.state {
                return item(inner, connection, desk);
            }
            // Whoever was to answer may have left the service since it was closed.
            let assignee = match desk.found.assignee {
                Some(assignee) if is_member(connection, service, assignee)? => Some(assignee),
                Some(_) | None => None,
            };
            change(inner, connection, desk, state, assignee)
        })
        .await
    }

    /// Works at a conversation of a service, in one transaction with the entry, which stands in the patient's log. First
    /// the service's door; then, for a member, that of the patient's mailbox.
    pub(super) async fn at_desk<T: Send + 'static>(
        &self,
        context: &Context,
        (service, id): (ServiceId, ConversationId),
        act: DeskAct,
        work: impl FnOnce(&Inner, &mut Connection, &Desk<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let owned = context.clone();
        let found = self
            .ask_service(context, service, (act.at_service(), Some(object(id))), move |connection| {
                rows::of_service(connection, service, id)?.ok_or(Failure::NotFound)
            })
            .await?;
        let mailbox = found.mailbox;
        if let Caller::HealthWorker { .. } = context.caller {
            let takes = (act == DeskAct::ASSIGN_CONVERSATION && can_be_taken(&found))
                .then_some(Taken { service, conversation: id });
            let (act, object) = (act.in_mailbox(), Some(object(id)));
            return self
                .write_for_patient(context, (mailbox, act), object, takes, move |inner, connection, opened| {
                    let found = rows::locked(connection, mailbox, id)?.ok_or(Failure::NotFound)?;
                    // Somebody else was given it since, so there is nothing left to take, whatever `If-Match` says.
                    if takes.is_some() && !can_be_taken(&found) {
                        return Err(Failure::VersionChanged);
                    }
                    let member = opened.grant.person();
                    if takes.is_none() && !covers(&opened.grant, &found) {
                        return Err(Failure::NotFound);
                    }
                    let service = service_key(inner, connection, found.service)?;
                    let (service_key, mailbox_key) = (service.as_ref(), opened.key().ok());
                    work(inner, connection, &Desk { found, service_key, mailbox_key, member, context: &owned })
                })
                .await;
        }
        self.write_service(context, service, act.at_service(), move |inner, connection, _| {
            let found = rows::locked(connection, mailbox, id)?.ok_or(Failure::NotFound)?;
            let owner = owner_of(connection, mailbox, owned.now)?.ok_or(CORRUPT)?;
            let (service, mailbox_key) = (service_key(inner, connection, service)?, owner.key(&inner.vault).ok());
            let (service_key, mailbox_key) = (service.as_ref(), mailbox_key.as_ref());
            let desk = Desk { found, service_key, mailbox_key, member: None, context: &owned };
            let value = work(inner, connection, &desk)?;
            Ok(Done::of(value).about(object(id)).in_log_of(mailbox))
        })
        .await
    }
}

/// Whether a member may take it who has no lawful access to the patient: by that they get to this one conversation.
fn can_be_taken(found: &Stored) -> bool {
    found.assignee.is_none() && found.state != ConversationState::Closed
}

/// Whether a grant in a mailbox covers a conversation as it stands, which may have been closed or gone to somebody else
/// since the facts were read.
fn covers(grant: &Grant, found: &Stored) -> bool {
    let VisibleScope::Record(reach) = grant.visibility().scope() else { return false };
    let is_to_answer =
        found.state != ConversationState::Closed && found.assignee.is_some() && found.assignee == grant.person();
    reach.services().contains(&found.service) || (is_to_answer && reach.conversations().contains(&found.id))
}

/// Whether somebody is a member of a service, who stays one until the transaction ends.
fn is_member(connection: &mut Connection, service: ServiceId, person: PersonId) -> Result<bool, StoreError> {
    let row = membership::table.find((service.key(), person.key())).select(membership::person_id);
    let found: Option<Id> = match connection {
        Connection::Postgres(link) => row.for_key_share().first(&mut **link as &mut PgConnection).optional()?,
        Connection::Sqlite(link, _) => row.first(&mut **link as &mut SqliteConnection).optional()?,
    };
    Ok(found.is_some())
}

fn is_of_version(desk: &Desk<'_>, is_current: impl FnOnce(i32) -> bool) -> Result<(), Failure> {
    if is_current(desk.found.version) { Ok(()) } else { Err(Failure::VersionChanged) }
}

pub(super) fn item(inner: &Inner, connection: &mut Connection, desk: &Desk<'_>) -> Result<QueueItem, Failure> {
    let worker = worker(inner, connection, desk.context, desk.found.service)?;
    let found = rows::locked(connection, desk.found.mailbox, desk.found.id)?.ok_or(Failure::NotFound)?;
    let around = Around::gather(inner, connection, worker.as_ref(), std::slice::from_ref(&found), desk.context.now)?;
    Ok(around.item(&found)?)
}

fn change(
    inner: &Inner,
    connection: &mut Connection,
    desk: &Desk<'_>,
    state: ConversationState,
    assignee: Option<PersonId>,
) -> Result<QueueItem, Failure> {
    on!(&mut *connection, c => diesel::update(conversation::table.find(desk.key_of()))
        .set((
            conversation::state.eq(state.as_word()),
            conversation::assignee_id.eq(assignee.map(Key::key)),
            conversation::version.eq(desk.found.version + 1),
        ))
        .execute(c))?;
    item(inner, connection, desk)
}

/// Notes that a member has looked: the conversation is new no more, and nothing in it is unread for them.
pub(super) fn look(connection: &mut Connection, desk: &Desk<'_>) -> Result<(), StoreError> {
    note_seen(connection, desk)?;
    let state = desk.found.state.after_look();
    if desk.member.is_some() && state != desk.found.state {
        on!(connection, c => diesel::update(conversation::table.find(desk.key_of()))
            .set(conversation::state.eq(state.as_word()))
            .execute(c))?;
    }
    Ok(())
}

fn answer(
    inner: &Inner,
    connection: &mut Connection,
    desk: &Desk<'_>,
    text: &WrittenText,
) -> Result<MessageId, Failure> {
    let (found, now) = (&desk.found, desk.context.now);
    let service = service::fetch(connection, found.service)?.ok_or(Failure::NotFound)?;
    // The service itself may answer, whether or not it takes replies.
    can_answer(found.inquiry, found.state, true).map_err(|reason| Failure::NoReply(reason, found.service))?;
    let kind = message_kind(found.inquiry);
    let own: ItemFlags = service.policy.visibility_of(kind).into();
    let item = rows::flags(connection, found)?.narrowed_by(own);
    let head = Head {
        mailbox: found.mailbox,
        id: new_id(),
        service: found.service,
        direction: Direction::Received,
        kind,
        item,
        rule: Rule::Dh1,
        accepted_at: now,
        open_by: None,
        conversation: Some(found.id),
        author: desk.member.map(|member| ("staff", Some(member))),
    };
    let stored = upload::fetch_all(inner, connection, &text.uploads, now)?;
    let author = Whose::of(found.service, desk.member, &desk.context.caller)?;
    let mine = |id| stored.iter().find(|stored| stored.upload.id == id && author.has(stored));
    let keys = BothKeys { mailbox: desk.mailbox_key.ok_or(CORRUPT)?, service: desk.service_key };
    let key = head.new_key(keys);
    let attachments = content::attachments(&text.uploads, mine, head, &key.key)?;
    let ids: Vec<Id> = text.uploads.iter().map(|id| id.key()).collect();
    if upload::consume(connection, &ids)? != ids.len() {
        return Err(Failure::InProgress);
    }
    let subject = found.subject(desk.service_key)?;
    let sending = SendingRow {
        service_id: found.service.key(),
        message_id: head.id.key(),
        mailbox_id: found.mailbox.key(),
        sender_reference: None,
        reasons: String::new(),
    };
    SendingRow::insert_all(connection, vec![sending])?;
    MessageRow::insert_all(connection, vec![MessageRow::new(head, &key, &subject, attachments.len())])?;
    BodyRow::insert_all(connection, vec![BodyRow::new(head, &key.key, text.body_format, &text.body)])?;
    AttachmentRow::insert_all(connection, attachments)?;
    let kind = EventKind::MessageAccepted;
    let accepted = About { mailbox: found.mailbox, service: service.id, message: head.id };
    EventRow::insert_all(connection, vec![EventRow::new(service.organisation, kind, accepted, now)])?;
    let state = found.state.after_message(Direction::Received).ok_or(CORRUPT)?;
    rows::note_message(connection, found, state, head)?;
    note_seen(connection, desk)?;
    // Where the inbox is open it is in it when this ends; elsewhere it waits until it is.
    delivery::deliver_at_once(inner, connection, &[(found.mailbox.key(), head.id.key())], now)?;
    Ok(head.id)
}

/// Nothing that the citizen has written until now is unread for the member.
fn note_seen(connection: &mut Connection, desk: &Desk<'_>) -> Result<(), StoreError> {
    let Some(member) = desk.member else { return Ok(()) };
    let now = Time(desk.context.now);
    on!(connection, c => diesel::insert_into(conversation_seen::table)
        .values((
            conversation_seen::mailbox_id.eq(desk.found.mailbox.key()),
            conversation_seen::conversation_id.eq(desk.found.id.key()),
            conversation_seen::person_id.eq(member.key()),
            conversation_seen::seen_at.eq(now),
        ))
        .on_conflict((
            conversation_seen::mailbox_id,
            conversation_seen::conversation_id,
            conversation_seen::person_id,
        ))
        .do_update()
        .set(conversation_seen::seen_at.eq(now))
        .execute(c))?;
    Ok(())
}

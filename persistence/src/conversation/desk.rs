//! A service at work in one of its conversations: members who have lawful access to the patient (DH-7), and the
//! organisation's own systems.

use diesel::prelude::*;
use domain::access::{Action, Caller, Grant, ServiceAction, ServiceGrant, VisibleScope};
use domain::attachment::Attachment;
use domain::audit::{Outcome, Subject as Log};
use domain::conversation::{
    Author, ConversationState, Note, NoteText, QueueItem, Turn, WrittenText, can_answer, message_kind,
};
use domain::id::{AttachmentId, ConversationId, MessageId, NoteId, PersonId, ServiceId};
use domain::message::{Body, Direction, Subject};
use domain::rule::Rule;

use super::queue::{Around, worker};
use super::rows::{self, Stored};
use super::{CORRUPT, object};
use crate::access::facts::owner_of;
use crate::attachment::{self, Fetched};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::delivery;
use crate::error::{Failure, StoreError};
use crate::event::EventRow;
use crate::form::{self, FormColumns, form_columns};
use crate::idempotency::{self, Created, RequestKey};
use crate::intake::content::{self, AttachmentRow, BodyRow, Head, MessageRow};
use crate::page::{Page, Slice};
use crate::schema::{conversation, conversation_note, conversation_seen, membership, message, message_body};
use crate::sending::SendingRow;
use crate::vault::{DataKey, Field};
use crate::{Inner, Store, audit, person, service, upload};

/// What somebody of the service does at a conversation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Looks.
    See,
    /// Answers, closes, writes notes.
    Do,
    /// Says who is to answer.
    Assign,
}

impl Work {
    /// What it is at the service's door, and at that of the patient's mailbox.
    const fn actions(self) -> (ServiceAction, Action) {
        match self {
            Self::See => (ServiceAction::SeeConversations, Action::ReadMessage),
            Self::Do | Self::Assign => (ServiceAction::WorkConversations, Action::AnswerMessage),
        }
    }
}

/// Somebody of the service at a conversation, which nobody else changes meanwhile.
pub(super) struct Desk<'d> {
    pub(super) found: Stored,
    pub(super) key: &'d DataKey,
    grant: &'d ServiceGrant,
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
        self.at_desk(context, (service, id), Work::See, item).await
    }

    /// The messages of a conversation, from the first on. That a member has looked stands in the conversation.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, a cursor of another list, or the store away.
    pub async fn desk_messages(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        page: Page,
    ) -> Result<Slice<Turn>, Failure> {
        self.at_desk(context, (service, id), Work::See, move |inner, connection, desk| {
            let list = format!("turns:{id}");
            let after: Option<Id> = page.position(&inner.vault, &list)?;
            let rows = turns_after(connection, desk, after.unwrap_or(Id::MIN), page.fetch_limit())?;
            look(connection, desk)?;
            let authors: Vec<PersonId> = rows.iter().filter_map(|row| row.0.4).map(Into::into).collect();
            let names = person::names_shown(inner, connection, &authors, desk.member, desk.context.now)?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| row.0.0);
            slice.try_map(|row| Ok(turn(connection, desk, row, |person| names.get(&person).cloned())?))
        })
        .await
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
        self.at_desk(context, (service, id), Work::Do, move |inner, connection, desk| {
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

    /// Says who is to answer, or that nobody is. A member may take what nobody has: by that they follow the patient up.
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
        self.at_desk(context, (service, id), Work::Assign, move |inner, connection, desk| {
            is_of_version(desk, is_current)?;
            if let Some(assignee) = assignee {
                let row = membership::table.find((service.key(), assignee.key()));
                let is_member =
                    on!(&mut *connection, c => diesel::select(diesel::dsl::exists(row)).get_result::<bool>(c))?;
                if !is_member {
                    return Err(Failure::NotRegistered("/member/personId"));
                }
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
        self.at_desk(context, (service, id), Work::Do, move |inner, connection, desk| {
            is_of_version(desk, is_current)?;
            let state = if is_closed { ConversationState::Closed } else { desk.found.state.after_reopening() };
            if state == desk.found.state {
                return item(inner, connection, desk);
            }
            change(inner, connection, desk, state, desk.found.assignee)
        })
        .await
    }

    /// Writes a note that citizens never see.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, a key used before, or the store away.
    pub async fn desk_note_add(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        text: NoteText,
        key: Option<RequestKey>,
    ) -> Result<Created<Note>, Failure> {
        let scope = self.idempotency_scope(context);
        self.at_desk(context, (service, id), Work::Do, move |_, connection, desk| {
            idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                desk.context.now,
                |connection| note(connection, desk, text),
                |connection, id| notes(connection, desk, Some(id))?.pop().ok_or(Failure::NotFound),
                |note: &Note| note.id.key(),
            )
        })
        .await
    }

    /// The notes of a conversation, from the first on.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, or the store away.
    pub async fn desk_notes(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
    ) -> Result<Vec<Note>, Failure> {
        self.at_desk(context, (service, id), Work::See, |_, connection, desk| Ok(notes(connection, desk, None)?)).await
    }

    /// A file of a message in a conversation.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, or the store away.
    pub async fn desk_attachment(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        message: MessageId,
        file: AttachmentId,
    ) -> Result<Fetched, Failure> {
        self.at_desk(context, (service, id), Work::See, move |inner, connection, desk| {
            let found = on!(&mut *connection, c => message::table
                .filter(message::mailbox_id.eq(desk.found.mailbox.key()))
                .filter(message::id.eq(message.key()))
                .filter(message::conversation_id.eq(id.key()))
                .select(message::id)
                .first::<Id>(c)
                .optional())?;
            found.ok_or(Failure::NotFound)?;
            attachment::fetch(inner, connection, desk.found.mailbox, desk.key, message, file)
        })
        .await
    }

    /// Works at a conversation of a service, in one transaction with the entry, which stands in the patient's log. First
    /// the service's door; then, for a member, that of the patient's mailbox.
    pub(super) async fn at_desk<T: Send + 'static>(
        &self,
        context: &Context,
        (service, id): (ServiceId, ConversationId),
        work_of: Work,
        work: impl FnOnce(&Inner, &mut Connection, &Desk<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let owned = context.clone();
        let (action, in_mailbox) = work_of.actions();
        let grant = self.service_authorise(context, service, action).await?;
        let found = self.run(move |_, connection| Ok(rows::of_service(connection, service, id)?)).await?;
        let Some(found) = found else {
            let outcome = Outcome::Refused;
            let entry =
                audit::entry(&owned, None, Log::Service(service), action.as_word(), object(id), outcome, Rule::Pp5);
            self.inner.audit.record(entry).await?;
            return Err(Failure::NotFound);
        };
        let mailbox = found.mailbox;
        if let Caller::HealthWorker { .. } = context.caller {
            // Who takes what nobody has follows the patient up by that.
            let takes = (work_of == Work::Assign && found.assignee.is_none()).then_some(service);
            return self
                .write_for_patient(context, mailbox, in_mailbox, object(id), takes, move |inner, connection, opened| {
                    let found = rows::locked(connection, mailbox, id)?.ok_or(Failure::NotFound)?;
                    // Somebody else was given it since, so there is nothing left to take, whatever `If-Match` says.
                    if takes.is_some() && found.assignee.is_some() {
                        return Err(Failure::VersionChanged);
                    }
                    if !covers(&opened.grant, service) {
                        return Err(Failure::NotFound);
                    }
                    let member = opened.grant.person();
                    let desk = Desk { found, key: &opened.key, grant: &grant, member, context: &owned };
                    work(inner, connection, &desk)
                })
                .await;
        }
        self.for_service(context, service, action, move |inner, connection, grant| {
            connection.write(|connection| {
                let found = rows::locked(connection, mailbox, id)?.ok_or(Failure::NotFound)?;
                let owner = owner_of(connection, mailbox, owned.now)?.ok_or(CORRUPT)?;
                let key = inner.vault.data_key(mailbox, &owner.wrapped_key).map_err(|_| CORRUPT)?;
                let desk = Desk { found, key: &key, grant, member: None, context: &owned };
                let value = work(inner, connection, &desk)?;
                let entry = audit::granted(
                    &owned,
                    None,
                    Log::Mailbox(mailbox),
                    grant.action().as_word(),
                    object(id),
                    grant.rule(),
                );
                audit::insert(connection, vec![entry])?;
                Ok(value)
            })
        })
        .await
    }
}

/// Whether a grant in a mailbox covers what is a service's.
fn covers(grant: &Grant, service: ServiceId) -> bool {
    match grant.visibility().scope() {
        VisibleScope::Services(services) => services.contains(&service),
        VisibleScope::Inbox => false,
    }
}

fn is_of_version(desk: &Desk<'_>, is_current: impl FnOnce(i32) -> bool) -> Result<(), Failure> {
    if is_current(desk.found.version) { Ok(()) } else { Err(Failure::VersionChanged) }
}

pub(super) fn item(inner: &Inner, connection: &mut Connection, desk: &Desk<'_>) -> Result<QueueItem, Failure> {
    let worker = worker(inner, connection, desk.context, desk.grant)?;
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
fn look(connection: &mut Connection, desk: &Desk<'_>) -> Result<(), StoreError> {
    note_seen(connection, desk)?;
    let state = desk.found.state.after_look();
    if desk.member.is_some() && state != desk.found.state {
        on!(connection, c => diesel::update(conversation::table.find(desk.key_of()))
            .set(conversation::state.eq(state.as_word()))
            .execute(c))?;
    }
    Ok(())
}

pub(super) type TurnRow =
    ((Id, String, Vec<u8>, Option<String>, Option<Id>), (Time, Option<Time>, i16), (String, Vec<u8>, FormColumns));

pub(super) fn turns_after(
    connection: &mut Connection,
    desk: &Desk<'_>,
    after: Id,
    limit: i64,
) -> Result<Vec<TurnRow>, StoreError> {
    Ok(on!(connection, c => message::table
        .inner_join(message_body::table.on(
            message_body::mailbox_id.eq(message::mailbox_id).and(message_body::message_id.eq(message::id)),
        ))
        .filter(message::mailbox_id.eq(desk.found.mailbox.key()))
        .filter(message::conversation_id.eq(desk.found.id.key()))
        .filter(message::id.gt(after))
        .order(message::id)
        .limit(limit)
        .select((
            (message::id, message::direction, message::subject, message::author_relation, message::author_id),
            (message::accepted_at, message::opened_at, message::attachment_count),
            (message_body::format, message_body::body, form_columns!()),
        ))
        .load::<TurnRow>(c))?)
}

pub(super) fn turn(
    connection: &mut Connection,
    desk: &Desk<'_>,
    row: TurnRow,
    name_of: impl Fn(PersonId) -> Option<String>,
) -> Result<Turn, StoreError> {
    let ((id, direction, subject, relation, author), (at, opened_at, files), (format, body, filled)) = row;
    let subject = desk.key.open_text(id.0, Field::Subject, &subject).map_err(|_| CORRUPT)?;
    let body = desk.key.open_text(id.0, Field::Body, &body).map_err(|_| CORRUPT)?;
    let attachments: Vec<Attachment> =
        if files == 0 { vec![] } else { attachment::list(connection, desk.found.mailbox, desk.key, id.into())? };
    let form_answers = form::answers(connection, desk.key, desk.found.service.key(), id.into(), filled)?;
    let author = author.map(PersonId::from);
    Ok(Turn {
        id: id.into(),
        direction: direction.parse().map_err(|_| CORRUPT)?,
        subject: Subject::parse(&subject).map_err(|_| CORRUPT)?,
        body: Body::parse(&body).map_err(|_| CORRUPT)?,
        body_format: format.parse().map_err(|_| CORRUPT)?,
        author: Author {
            relation: relation.unwrap_or_else(|| "service".to_owned()),
            person: author,
            name: author.and_then(name_of),
        },
        at: at.0,
        opened_at: opened_at.map(|at| at.0),
        attachments,
        form_answers,
    })
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
    let own = service.policy.visibility_of(kind).into();
    let item = rows::flags(connection, found.mailbox, found.id)?.map_or(own, |flags| flags.narrowed_by(own));
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
    let mine = |id| stored.iter().find(|stored| stored.upload.id == id && stored.owner == found.service.key());
    let attachments = content::attachments(&text.uploads, mine, head, desk.key)?;
    let ids: Vec<Id> = text.uploads.iter().map(|id| id.key()).collect();
    if upload::consume(connection, &ids)? != ids.len() {
        return Err(Failure::InProgress);
    }
    let subject = found.subject(desk.key)?;
    let sending = SendingRow {
        service_id: found.service.key(),
        message_id: head.id.key(),
        mailbox_id: found.mailbox.key(),
        sender_reference: None,
    };
    SendingRow::insert_all(connection, vec![sending])?;
    MessageRow::insert_all(connection, vec![MessageRow::new(head, desk.key, &subject, attachments.len())])?;
    BodyRow::insert_all(connection, vec![BodyRow::new(head, desk.key, text.body_format, &text.body)])?;
    AttachmentRow::insert_all(connection, attachments)?;
    let kind = domain::event::EventKind::MessageAccepted;
    EventRow::insert_all(connection, vec![EventRow::new(service.organisation, kind, service.id, head.id, now)])?;
    let state = found.state.after_message(Direction::Received).ok_or(CORRUPT)?;
    rows::note_message(connection, found, state, now, false)?;
    note_seen(connection, desk)?;
    // Where the inbox is open it is in it when this ends; elsewhere it waits until it is.
    delivery::deliver_at_once(connection, &[(found.mailbox.key(), head.id.key())], inner.policy, now)?;
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

fn note(connection: &mut Connection, desk: &Desk<'_>, text: NoteText) -> Result<Note, Failure> {
    let note = Note { id: new_id(), author: desk.member, text, at: desk.context.now };
    on!(connection, c => diesel::insert_into(conversation_note::table)
        .values((
            conversation_note::mailbox_id.eq(desk.found.mailbox.key()),
            conversation_note::conversation_id.eq(desk.found.id.key()),
            conversation_note::id.eq(note.id.key()),
            conversation_note::author_id.eq(note.author.map(Key::key)),
            conversation_note::text.eq(desk.key.seal(note.id.as_uuid(), Field::Note, note.text.expose().as_bytes())),
            conversation_note::at.eq(Time(note.at)),
        ))
        .execute(c))?;
    Ok(note)
}

fn notes(connection: &mut Connection, desk: &Desk<'_>, only: Option<Id>) -> Result<Vec<Note>, StoreError> {
    let rows = on!(connection, c => {
        let mut query = conversation_note::table
            .filter(conversation_note::mailbox_id.eq(desk.found.mailbox.key()))
            .filter(conversation_note::conversation_id.eq(desk.found.id.key()))
            .order(conversation_note::id)
            .select((conversation_note::id, conversation_note::author_id, conversation_note::text, conversation_note::at))
            .into_boxed();
        if let Some(id) = only {
            query = query.filter(conversation_note::id.eq(id));
        }
        query.load::<(Id, Option<Id>, Vec<u8>, Time)>(c)
    })?;
    rows.into_iter()
        .map(|(id, author, text, at)| {
            let text = desk.key.open_text(id.0, Field::Note, &text).map_err(|_| CORRUPT)?;
            Ok(Note {
                id: NoteId::from(id),
                author: author.map(Into::into),
                text: NoteText::parse(&text).map_err(|_| CORRUPT)?,
                at: at.0,
            })
        })
        .collect()
}

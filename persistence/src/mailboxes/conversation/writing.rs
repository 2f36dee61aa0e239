//! What citizens write: a new inquiry, and answers.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{ItemFlags, MailboxAct};
use domain::attachment::FileFault;
use domain::audit::{Object, ObjectKind};
use domain::conversation::{NewInquiry, NoReply, Writing, WrittenText, can_answer, message_kind};
use domain::dialogue::{Inquiry, NotWritable, Relationship, RelationshipState, may_write};
use domain::event::{About, EventKind};
use domain::id::{ConversationId, MailboxId, MessageId, PersonId, ServiceId};
use domain::message::{Body, BodyFormat, Direction, Message, Subject};
use domain::rule::Rule;
use domain::service::{Service, ServiceKind};

use super::rows::{self, ConversationRow, Stored};
use crate::access::{MailboxRef, Opened, service_facts};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, on};
use crate::error::{Failure, StoreError};
use crate::feeds::event;
use crate::idempotency::{self, Created, RequestKey};
use crate::letters::intake::content::{self, AttachmentRow, BodyRow, Head, MessageRow};
use crate::mailboxes::message;
use crate::persons::consent;
use crate::schema::mailbox;
use crate::services::form;
use crate::services::key::service_key;
use crate::services::relationship;
use crate::services::service;
use crate::services::upload::{self, Stored as StoredUpload, Whose};
use crate::vault::BothKeys;
use crate::{Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "person" };

impl Store {
    /// Writes to a service. When this returns, the message is safe, and in the service's queue.
    ///
    /// # Errors
    /// Refused, a service that cannot be written to, a subject that it takes on a form, files that it does not take, a
    /// key used before, or the store away: nothing is stored then.
    pub async fn inquiry_send(
        &self,
        context: &Context,
        mailbox: MailboxId,
        new: NewInquiry,
        key: Option<RequestKey>,
    ) -> Result<Created<Message>, Failure> {
        self.write(context, mailbox, Writing::Inquiry(new), key).await
    }

    /// Answers in a conversation of which the caller sees something.
    ///
    /// # Errors
    /// As for [`Store::inquiry_send`], and where the conversation takes no answer.
    pub async fn reply_send(
        &self,
        context: &Context,
        mailbox: MailboxId,
        conversation: ConversationId,
        text: WrittenText,
        key: Option<RequestKey>,
    ) -> Result<Created<Message>, Failure> {
        self.write(context, mailbox, Writing::Reply(conversation, text), key).await
    }

    async fn write(
        &self,
        context: &Context,
        mailbox: MailboxId,
        writing: Writing,
        key: Option<RequestKey>,
    ) -> Result<Created<Message>, Failure> {
        let act = match writing {
            Writing::Inquiry(_) => MailboxAct::WRITE_MESSAGE,
            Writing::Reply(..) => MailboxAct::WRITE_REPLY,
        };
        let judged = self.form_judge(context, (mailbox, act), &writing).await?;
        self.write_once(context, (mailbox, act), key, move |inner, connection, opened, now| {
            write(inner, connection, opened, writing, judged, now)
        })
        .await
    }

    /// Writes once, where the owner has accepted what is in force (DH-5). An answer of before is given again whatever is in force.
    pub(crate) async fn write_once(
        &self,
        context: &Context,
        (mailbox, act): (MailboxId, MailboxAct),
        key: Option<RequestKey>,
        write: impl FnOnce(&Inner, &mut Connection, &Opened, DateTime<Utc>) -> Result<MessageId, Failure> + Send + 'static,
    ) -> Result<Created<Message>, Failure> {
        let (scope, now) = (self.idempotency_scope(context), context.now);
        let which = MailboxRef::Id(mailbox);
        self.create_in_mailbox(context, which, act, move |inner, connection, opened| {
            let created = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| {
                    let lacking = consent::lacking(inner, connection, opened, now)?;
                    if !lacking.is_empty() {
                        return Err(Failure::TermsNotAccepted(lacking));
                    }
                    let id = write(inner, connection, opened, now)?;
                    message::fetch(inner, connection, opened, id, now)
                },
                |connection, id| message::fetch(inner, connection, opened, id.into(), now),
                |message: &Message| message.overview.id.key(),
            )?;
            let object = Object { kind: ObjectKind::Message, id: created.value().overview.id.as_uuid() };
            Ok((created, object))
        })
        .await
    }
}

/// Writes. `judged` is what came of judging the form that it carries.
pub(crate) fn write(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    writing: Writing,
    judged: Result<(), Failure>,
    now: DateTime<Utc>,
) -> Result<MessageId, Failure> {
    match writing {
        Writing::Inquiry(new) => begin(inner, connection, opened, new, judged, now),
        Writing::Reply(conversation, text) => answer(inner, connection, opened, (conversation, text, judged), now),
    }
}

/// Something written, before it is rows.
struct Piece<'p> {
    opened: &'p Opened,
    service: &'p Service,
    conversation: ConversationId,
    inquiry: Inquiry,
    item: ItemFlags,
    rule: Rule,
    subject: &'p Subject,
    text: &'p WrittenText,
}

/// The service that something is for, where the caller may write it.
///
/// # Errors
/// As for writing it, but for what is only known of the whole message.
pub(crate) fn addressee(
    connection: &mut Connection,
    opened: &Opened,
    writing: &Writing,
    now: DateTime<Utc>,
) -> Result<ServiceId, Failure> {
    match writing {
        Writing::Inquiry(new) => Ok(may_begin(connection, opened, new, now)?.service.id),
        Writing::Reply(conversation, _) => {
            super::is_visible(connection, opened, *conversation)?;
            let found = rows::of_mailbox(connection, opened.grant.mailbox(), *conversation)?;
            let found = found.ok_or(Failure::NotFound)?;
            Ok(may_answer(connection, opened, &found, now)?.0.id)
        }
    }
}

/// What is known of an inquiry that may be begun.
struct Beginning {
    service: Service,
    item: ItemFlags,
    rule: Rule,
    received: Option<(Relationship, Option<PersonId>)>,
}

fn may_begin(
    connection: &mut Connection,
    opened: &Opened,
    new: &NewInquiry,
    now: DateTime<Utc>,
) -> Result<Beginning, Failure> {
    let NewInquiry { recipient, inquiry, subject, text: _ } = new;
    // The mailbox's own service is nobody to write to.
    let service = service::fetch(connection, *recipient)?
        .filter(|service| service.kind != ServiceKind::Platform)
        .ok_or(Failure::NotRegistered("/recipient/serviceId"))?;
    let item = item_of(opened, &service, *inquiry);
    let received = relationship_of(connection, opened, *recipient)?;
    let is_admitted = opened.grant.visibility().bounds().admit(item);
    let rule = may_write(&service.policy.dialogue, *inquiry, received.map(|(of, _)| of), is_admitted, now)?;
    has_agreement(connection, *recipient, now)?;
    if *inquiry != Inquiry::AccessRequest
        && let Some(refused) = service.policy.dialogue.refused_subject(subject.expose())
    {
        return Err(Failure::SubjectRefused(refused.clone()));
    }
    Ok(Beginning { service, item, rule, received })
}

fn begin(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    new: NewInquiry,
    judged: Result<(), Failure>,
    now: DateTime<Utc>,
) -> Result<MessageId, Failure> {
    let Beginning { service, item, rule, received } = may_begin(connection, opened, &new, now)?;
    judged?;
    let NewInquiry { recipient: _, inquiry, subject, text } = new;
    let conversation: ConversationId = new_id();
    let piece = Piece { opened, service: &service, conversation, inquiry, item, rule, subject: &subject, text: &text };
    let head = head(&piece, now);
    // Who followed the citizen up while they received the service does not get what comes after.
    let is_received = |of: &Relationship| of.state(now) != RelationshipState::Closed;
    let responsible = received.filter(|(of, _)| is_received(of)).and_then(|(_, responsible)| responsible);
    let row = ConversationRow::begun_by_citizen(
        (head, conversation),
        inquiry,
        &*service_key(inner, connection, head.service)?,
        &subject,
        responsible,
    );
    ConversationRow::insert_all(connection, vec![row])?;
    store(inner, connection, &piece, head, now)?;
    Ok(head.id)
}

/// The service that is answered, and what the answer asks of who looks at it.
fn may_answer(
    connection: &mut Connection,
    opened: &Opened,
    found: &Stored,
    now: DateTime<Utc>,
) -> Result<(Service, ItemFlags), Failure> {
    let service = service::fetch(connection, found.service)?.ok_or(Failure::NotFound)?;
    can_answer(found.inquiry, found.state, service.policy.dialogue.takes_replies)
        .map_err(|reason| Failure::NoReply(reason, found.service))?;
    if let Some((relationship, _)) = relationship_of(connection, opened, found.service)?
        && relationship.state(now) == RelationshipState::Closed
    {
        return Err(NotWritable::NoLongerReceived.into());
    }
    has_agreement(connection, found.service, now)?;
    let own = item_of(opened, &service, found.inquiry);
    let item = rows::flags(connection, found)?.narrowed_by(own);
    // Nobody writes what they could not read themselves.
    if !opened.grant.visibility().bounds().admit(item) {
        return Err(NotWritable::NotForCaller.into());
    }
    Ok((service, item))
}

fn answer(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    (id, text, judged): (ConversationId, WrittenText, Result<(), Failure>),
    now: DateTime<Utc>,
) -> Result<MessageId, Failure> {
    super::is_visible(connection, opened, id)?;
    let mailbox = opened.grant.mailbox();
    let found = rows::locked(connection, mailbox, id)?.ok_or(Failure::NotFound)?;
    let (service, item) = may_answer(connection, opened, &found, now)?;
    judged?;
    let subject = found.subject(&*service_key(inner, connection, found.service)?)?;
    let state = found.state.after_message(Direction::Sent).ok_or(Failure::NoReply(NoReply::Closed, found.service))?;
    let piece = Piece {
        opened,
        service: &service,
        conversation: id,
        inquiry: found.inquiry,
        item,
        rule: Rule::Dh1,
        subject: &subject,
        text: &text,
    };
    let head = head(&piece, now);
    rows::note_message(connection, &found, state, head)?;
    store(inner, connection, &piece, head, now)?;
    Ok(head.id)
}

/// What a citizen did elsewhere in the mailbox, as the service is told of it in its queue.
pub(crate) struct Report<'r> {
    pub(crate) opened: &'r Opened,
    pub(crate) service: ServiceId,
    /// What it is about, so that whoever sees that sees this.
    pub(crate) item: ItemFlags,
    pub(crate) rule: Rule,
    pub(crate) subject: &'r Subject,
    pub(crate) body: &'r Body,
}

/// Begins a conversation by which a service learns what the citizen did. It does not ask whether the service can be
/// written to: what was done must reach it.
pub(crate) fn report(
    inner: &Inner,
    connection: &mut Connection,
    report: &Report<'_>,
    now: DateTime<Utc>,
) -> Result<MessageId, StoreError> {
    let Report { opened, service, item, rule, subject, body } = report;
    let grant = &opened.grant;
    let conversation: ConversationId = new_id();
    let head = Head {
        mailbox: grant.mailbox(),
        id: new_id(),
        service: *service,
        direction: Direction::Sent,
        kind: message_kind(Inquiry::Dialogue),
        item: ItemFlags { is_parental: grant.is_parent(), ..*item },
        rule: *rule,
        accepted_at: now,
        open_by: None,
        conversation: Some(conversation),
        author: Some((grant.standing().as_word(), grant.person())),
    };
    let service_key = service_key(inner, connection, *service)?;
    let keys = BothKeys { mailbox: opened.key()?, service: &service_key };
    let key = head.new_key(keys);
    // Who is to answer gets lawful access by that, so nobody does for a citizen who receives the service no more.
    let responsible = relationship_of(connection, opened, *service)?
        .filter(|(relationship, _)| relationship.state(now) != RelationshipState::Closed)
        .and_then(|(_, responsible)| responsible);
    let row =
        ConversationRow::begun_by_citizen((head, conversation), Inquiry::Dialogue, keys.service, subject, responsible);
    ConversationRow::insert_all(connection, vec![row])?;
    MessageRow::insert_all(connection, vec![MessageRow::new(head, &key, subject, 0)])?;
    BodyRow::insert_all(connection, vec![BodyRow::new(head, &key.key, BodyFormat::Text, body)])?;
    Ok(head.id)
}

/// What somebody writes asks of who looks at it what the service's own messages ask. What a parent writes for a child is
/// for parents (CHI-9).
pub(crate) fn item_of(opened: &Opened, service: &Service, inquiry: Inquiry) -> ItemFlags {
    let policy = service.policy.visibility_of(message_kind(inquiry));
    ItemFlags { is_parental: opened.grant.is_parent(), ..policy.into() }
}

/// The keyed hash of the owner's number, by which relationships are kept.
pub(crate) fn owner_hash(connection: &mut Connection, opened: &Opened) -> Result<Vec<u8>, StoreError> {
    let hash = on!(connection, c => mailbox::table
        .filter(mailbox::id.eq(opened.grant.mailbox().key()))
        .select(mailbox::lookup_hash)
        .first::<Vec<u8>>(c)
        .optional())?;
    hash.ok_or(CORRUPT)
}

/// Whether the citizen receives the service, and who follows them up.
fn relationship_of(
    connection: &mut Connection,
    opened: &Opened,
    service: ServiceId,
) -> Result<Option<(Relationship, Option<PersonId>)>, StoreError> {
    let hash = owner_hash(connection, opened)?;
    Ok(relationship::of_citizen(connection, &hash, Some(service))?.remove(&service))
}

/// Without an agreement nobody processes anything for the organisation, so the service is not open (PP-3).
fn has_agreement(connection: &mut Connection, service: ServiceId, now: DateTime<Utc>) -> Result<(), Failure> {
    let facts = service_facts(connection, &[service], now)?;
    let in_force = facts.get(&service).is_some_and(|facts| facts.agreement_in_force);
    if in_force { Ok(()) } else { Err(NotWritable::NotOpen.into()) }
}

fn head(piece: &Piece<'_>, now: DateTime<Utc>) -> Head {
    let grant = &piece.opened.grant;
    Head {
        mailbox: grant.mailbox(),
        id: new_id(),
        service: piece.service.id,
        direction: Direction::Sent,
        kind: message_kind(piece.inquiry),
        item: piece.item,
        rule: piece.rule,
        accepted_at: now,
        open_by: None,
        conversation: Some(piece.conversation),
        author: Some((grant.standing().as_word(), grant.person())),
    }
}

fn store(
    inner: &Inner,
    connection: &mut Connection,
    piece: &Piece<'_>,
    head: Head,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let service_key = service_key(inner, connection, head.service)?;
    let key = head.new_key(BothKeys { mailbox: piece.opened.key()?, service: &service_key });
    let uploads = &piece.text.uploads;
    let stored = upload::fetch_all(inner, connection, uploads, now)?;
    let author = Whose::of_person(head.mailbox, piece.opened.grant.person().ok_or(Failure::NotFound)?);
    let mine = |id| stored.iter().find(|stored| stored.upload.id == id && author.has(stored));
    let attachments = content::attachments(uploads, mine, head, &key.key)?;
    accepts(piece.service, uploads.iter().filter_map(|id| mine(*id)))?;
    let ids: Vec<Id> = uploads.iter().map(|id| id.key()).collect();
    if upload::consume(connection, &ids)? != ids.len() {
        return Err(Failure::InProgress);
    }
    MessageRow::insert_all(connection, vec![MessageRow::new(head, &key, piece.subject, attachments.len())])?;
    BodyRow::insert_all(connection, vec![BodyRow::new(head, &key.key, piece.text.body_format, &piece.text.body)])?;
    AttachmentRow::insert_all(connection, attachments)?;
    if let Some(filled) = &piece.text.form {
        form::carry(connection, &key.key, (head.mailbox, head.id), filled)?;
    }
    let received = About { mailbox: head.mailbox, service: head.service, message: head.id };
    event::record(connection, EventKind::InquiryReceived, &[received], now)?;
    Ok(())
}

/// Whether the service takes these files (HK-4).
fn accepts<'u>(service: &Service, uploads: impl Iterator<Item = &'u StoredUpload>) -> Result<(), Failure> {
    for content in uploads.filter_map(|stored| stored.upload.content) {
        if !service.policy.attachment_types.contains(&content.file_type) {
            return Err(Failure::File(FileFault::UnacceptedType));
        }
        if content.size_bytes > service.policy.dialogue.max_attachment_bytes {
            return Err(Failure::File(FileFault::TooLarge));
        }
    }
    Ok(())
}

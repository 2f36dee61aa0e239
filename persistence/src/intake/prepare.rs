//! Decides about each message of a batch, and seals what is accepted. Nothing is written here.

use std::collections::HashSet;

use diesel::sql_types::{BigInt, Binary, Bool, Nullable, SmallInt, Text};
use domain::access::{ServiceAction, decide_service};
use domain::audit::{Entry, Object, ObjectKind, Subject};
use domain::event::EventKind;
use domain::id::{AttachmentId, MessageId, ServiceId};
use domain::message::{Direction, Draft, Sending};
use domain::routing::{self, Channel, Route};
use domain::service::{ItemPolicy, Service};

use super::Incoming;
use super::facts::BatchFacts;
use crate::Inner;
use crate::access::facts::Owner;
use crate::access::refused_service_entry;
use crate::audit::{self, AuditRow};
use crate::context::new_id;
use crate::database::{Id, Key, SqlTime, SqlUuid, Time};
use crate::error::{Failure, StoreError, Widened};
use crate::event::EventRow;
use crate::idempotency::IdempotencyRow;
use crate::job::{JobKind, JobRow};
use crate::rows::rows;
use crate::sending::SendingRow;
use crate::vault::{DataKey, Field};

rows! {
    /// A message that has just been accepted.
    MessageRow, MessageColumns => message {
        mailbox_id: Id as SqlUuid,
        id: Id as SqlUuid,
        service_id: Id as SqlUuid,
        direction: &'static str as Text,
        kind: &'static str as Text,
        subject: Vec<u8> as Binary,
        attachment_count: i16 as SmallInt,
        minimum_consent: i16 as SmallInt,
        available_at_protected_address: bool as Bool,
        power_of_attorney: bool as Bool,
        channel: &'static str as Text,
        rule: &'static str as Text,
        accepted_at: Time as SqlTime,
        open_by: Option<Time> as Nullable<SqlTime>,
        parents_until_years: i16 as SmallInt,
        withheld_from_holders: bool as Bool,
        youth: i16 as SmallInt,
    }
}

rows! {
    /// What it says.
    BodyRow, BodyColumns => message_body {
        mailbox_id: Id as SqlUuid,
        message_id: Id as SqlUuid,
        format: &'static str as Text,
        body: Vec<u8> as Binary,
    }
}

rows! {
    /// A file of it.
    AttachmentRow, AttachmentColumns => attachment {
        mailbox_id: Id as SqlUuid,
        message_id: Id as SqlUuid,
        id: Id as SqlUuid,
        place: i16 as SmallInt,
        blob_id: Id as SqlUuid,
        file_key: Vec<u8> as Binary,
        file_name: Vec<u8> as Binary,
        file_type: &'static str as Text,
        size_bytes: i64 as BigInt,
        sha256: Vec<u8> as Binary,
    }
}

/// All rows of one accepted message.
pub(super) struct Prepared {
    pub(super) sending: Sending,
    pub(super) sending_row: SendingRow,
    pub(super) message: MessageRow,
    pub(super) body: BodyRow,
    pub(super) job: JobRow,
    pub(super) event: EventRow,
    pub(super) audit: AuditRow,
    pub(super) idempotency: IdempotencyRow,
    pub(super) attachments: Vec<AttachmentRow>,
    pub(super) uploads: Vec<Id>,
}

/// What becomes of a message.
pub(super) enum Outcome {
    Accept(Box<Prepared>),
    Replay(ServiceId, MessageId),
    Refuse(Failure, Box<Entry>),
    Fail(Failure),
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::Fail(failure)
    }
}

/// Decides about each, with an eye on its neighbours: of two with the same key, reference or upload the first wins.
pub(super) fn all(inner: &Inner, batch: &[Incoming], facts: &BatchFacts) -> Vec<Outcome> {
    let mut taken = Taken::default();
    batch
        .iter()
        .map(|incoming| {
            let outcome = decide(inner, incoming, facts).unwrap_or_else(|outcome| outcome);
            match outcome {
                Outcome::Accept(prepared) => taken.claim(prepared),
                other => other,
            }
        })
        .collect()
}

/// What earlier messages of the batch have taken.
#[derive(Default)]
struct Taken {
    keys: HashSet<(String, String)>,
    references: HashSet<(Id, String)>,
    uploads: HashSet<Id>,
}

impl Taken {
    fn claim(&mut self, prepared: Box<Prepared>) -> Outcome {
        let key = (prepared.idempotency.scope.clone(), prepared.idempotency.key.clone());
        let reference =
            prepared.sending_row.sender_reference.clone().map(|text| (prepared.sending_row.service_id, text));
        if self.keys.contains(&key) {
            return Outcome::Fail(Failure::InProgress);
        }
        if reference.as_ref().is_some_and(|reference| self.references.contains(reference)) {
            return Outcome::Fail(Failure::SenderReferenceTaken);
        }
        let gone: Vec<usize> =
            prepared.uploads.iter().enumerate().filter(|(_, id)| self.uploads.contains(id)).map(|(at, _)| at).collect();
        if !gone.is_empty() {
            return Outcome::Fail(Failure::UnknownUploads(gone));
        }
        self.keys.insert(key);
        self.references.extend(reference);
        self.uploads.extend(&prepared.uploads);
        Outcome::Accept(prepared)
    }
}

fn decide(inner: &Inner, incoming: &Incoming, facts: &BatchFacts) -> Result<Outcome, Outcome> {
    let Incoming { context, service: service_id, draft, scope: _, key } = incoming;
    let action = ServiceAction::SendMessage;
    let known = facts.service(*service_id);
    let grant = decide_service(action, &context.caller, known.map(|(facts, _)| facts)).map_err(|refusal| {
        let entry = refused_service_entry(context, *service_id, known.is_some(), action, refusal);
        Outcome::Refuse(Failure::Refused(refusal), Box::new(entry))
    })?;
    let (_, service) = known.ok_or(Outcome::Fail(Failure::NotFound))?;
    if let Some((digest, message)) = facts.used_key(incoming) {
        let replay = Outcome::Replay(*service_id, (*message).into());
        return if key.is_same_request(digest) { Ok(replay) } else { Err(Failure::IdempotencyKeyReused.into()) };
    }
    if draft.open_by.is_some_and(|open_by| open_by <= context.now) {
        return Err(Failure::OpenByPassed.into());
    }
    let recipient = facts.recipient(inner, &draft.recipient).ok_or(Failure::RecipientUnknown)?;
    let item = narrowed(draft, service.policy.visibility_of(draft.kind))?;
    let route = routing::decide(&routing::Facts {
        recipient_is_dead: recipient.facts.is_dead,
        consent: routing::effective_consent(&recipient.facts, item, inner.policy),
        recipient_is_protected: recipient.facts.protection.is_graded(),
        minimum_consent: item.minimum_consent,
        available_at_protected_address: item.available_at_protected_address,
        has_reader: routing::has_reader(&recipient.facts, item, inner.policy),
        unregistered_recipients: service.policy.unregistered_recipients,
    });
    let rule = match route {
        Route::Deliver(rule) | Route::Hold(rule) => rule,
        Route::Reject(rejection) => {
            let subject = Subject::Service(*service_id);
            let outcome = domain::audit::Outcome::Refused;
            let entry = audit::entry(context, None, subject, action.as_word(), None, outcome, rejection.rule());
            return Err(Outcome::Refuse(Failure::Rejected(rejection), Box::new(entry)));
        }
    };
    if let Some(reference) = &draft.sender_reference
        && facts.reference_is_used(*service_id, reference.as_str())
    {
        return Err(Failure::SenderReferenceTaken.into());
    }
    let data_key = inner
        .vault
        .data_key(recipient.facts.mailbox, &recipient.wrapped_key)
        .map_err(|_| Failure::Store(StoreError::Corrupt { what: "data key" }))?;
    let sending = Sending {
        id: new_id(),
        service: *service_id,
        kind: draft.kind,
        sender_reference: draft.sender_reference.clone(),
        channel: Channel::Inbox,
        rule,
        open_by: draft.open_by,
        accepted_at: context.now,
        delivered_at: None,
        opened_at: None,
    };
    let attachments = attachments(facts, incoming, recipient, &data_key, sending.id)?;
    // The entry stands in the mailbox's log: its owner sees who sent what, and when.
    let object = Object { kind: ObjectKind::Message, id: sending.id.as_uuid() };
    let subject = Subject::Mailbox(recipient.facts.mailbox);
    let entry = audit::granted(context, None, subject, action.as_word(), Some(object), grant.rule());
    Ok(Outcome::Accept(Box::new(rows_of(incoming, service, item, recipient, &data_key, sending, entry, attachments))))
}

/// What the message asks of who looks at it: what the service allows, narrowed by the sender.
fn narrowed(draft: &Draft, allowed: ItemPolicy) -> Result<ItemPolicy, Failure> {
    let parents = draft.parents.unwrap_or(allowed.parents);
    let power_of_attorney = draft.power_of_attorney.unwrap_or(allowed.power_of_attorney);
    let widened: Vec<Widened> = [
        (parents > allowed.parents).then_some(Widened::Parents),
        (power_of_attorney && !allowed.power_of_attorney).then_some(Widened::PowerOfAttorney),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !widened.is_empty() {
        return Err(Failure::VisibilityWidened(widened));
    }
    Ok(ItemPolicy { parents, power_of_attorney, ..allowed })
}

#[expect(clippy::too_many_arguments, reason = "all that a message is made of, once")]
fn rows_of(
    incoming: &Incoming,
    service: &Service,
    item: ItemPolicy,
    recipient: &Owner,
    data_key: &DataKey,
    sending: Sending,
    entry: Entry,
    attachments: Vec<AttachmentRow>,
) -> Prepared {
    let Draft {
        recipient: _,
        kind,
        subject,
        body,
        body_format,
        sender_reference,
        uploads,
        parents: _,
        power_of_attorney: _,
        open_by,
    } = &incoming.draft;
    let now = incoming.context.now;
    let (mailbox, id) = (recipient.facts.mailbox, sending.id);
    let object = id.as_uuid();
    Prepared {
        sending_row: SendingRow {
            service_id: service.id.key(),
            message_id: id.key(),
            mailbox_id: mailbox.key(),
            sender_reference: sender_reference.as_ref().map(|text| text.as_str().to_owned()),
        },
        message: MessageRow {
            mailbox_id: mailbox.key(),
            id: id.key(),
            service_id: service.id.key(),
            direction: Direction::Received.as_word(),
            kind: kind.as_word(),
            subject: data_key.seal(object, Field::Subject, subject.expose().as_bytes()),
            attachment_count: i16::try_from(attachments.len()).unwrap_or(i16::MAX),
            minimum_consent: item.minimum_consent.rank(),
            available_at_protected_address: item.available_at_protected_address,
            power_of_attorney: item.power_of_attorney,
            channel: sending.channel.as_word(),
            rule: sending.rule.id(),
            accepted_at: Time(now),
            open_by: open_by.map(Time),
            parents_until_years: item.parents.until_years(),
            withheld_from_holders: false,
            youth: item.youth.rank(),
        },
        body: BodyRow {
            mailbox_id: mailbox.key(),
            message_id: id.key(),
            format: body_format.as_word(),
            body: data_key.seal(object, Field::Body, body.expose().as_bytes()),
        },
        job: JobRow::new(JobKind::Deliver, mailbox, sending.id.key(), now),
        event: EventRow::new(service.organisation, EventKind::MessageAccepted, service.id, sending.id, now),
        audit: entry.into(),
        idempotency: IdempotencyRow::new(&incoming.scope, &incoming.key, id.key(), now),
        attachments,
        uploads: uploads.iter().map(|upload| upload.key()).collect(),
        sending,
    }
}

/// The files, their names and keys sealed anew under the recipient's key.
fn attachments(
    facts: &BatchFacts,
    incoming: &Incoming,
    recipient: &Owner,
    data_key: &DataKey,
    message: MessageId,
) -> Result<Vec<AttachmentRow>, Failure> {
    let uploads = &incoming.draft.uploads;
    let unknown: Vec<usize> = uploads
        .iter()
        .enumerate()
        .filter(|(at, id)| facts.upload(incoming.service, **id).is_none() || uploads[..*at].contains(id))
        .map(|(at, _)| at)
        .collect();
    if !unknown.is_empty() {
        return Err(Failure::UnknownUploads(unknown));
    }
    let stored = uploads.iter().filter_map(|id| facts.upload(incoming.service, *id));
    stored
        .enumerate()
        .map(|(place, stored)| {
            let (Some((blob, key)), Some(content)) = (&stored.bytes, stored.upload.content) else {
                return Err(Failure::UploadNotReady);
            };
            let id: AttachmentId = new_id();
            let too_large = |_| StoreError::Corrupt { what: "upload" };
            Ok(AttachmentRow {
                mailbox_id: recipient.facts.mailbox.key(),
                message_id: message.key(),
                id: id.key(),
                place: i16::try_from(place).map_err(too_large)?,
                blob_id: *blob,
                file_key: data_key.seal_file_key(id, key),
                file_name: data_key.seal(id.as_uuid(), Field::FileName, stored.upload.file_name.expose().as_bytes()),
                file_type: content.file_type.as_word(),
                size_bytes: i64::try_from(content.size_bytes).map_err(too_large)?,
                sha256: content.sha256.to_vec(),
            })
        })
        .collect()
}

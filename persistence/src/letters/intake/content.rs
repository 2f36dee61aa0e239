//! A message as rows: the same for what services send, what citizens write, and what the mailbox itself tells.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, SmallInt, Text};
use domain::access::ItemFlags;
use domain::id::{AttachmentId, ConversationId, MailboxId, MessageId, PersonId, ServiceId, UploadId};
use domain::message::{Body, BodyFormat, Direction, MessageKind, Subject};
use domain::routing::Channel;
use domain::rule::Rule;

use crate::database::rows::rows;
use crate::database::{Id, Key, SqlTime, SqlUuid, Time};
use crate::error::{Failure, StoreError};
use crate::services::upload::Stored;
use crate::vault::{BothKeys, Field, MessageKey, MessagePlace, NewMessageKey};

rows! {
    /// A message that has just been accepted.
    MessageRow, MessageColumns => message {
        mailbox_id: Id as SqlUuid,
        id: Id as SqlUuid,
        service_id: Id as SqlUuid,
        direction: &'static str as Text,
        kind: &'static str as Text,
        owner_key: Option<Vec<u8>> as Nullable<Binary>,
        service_key: Option<Vec<u8>> as Nullable<Binary>,
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
        withheld_from_parents: bool as Bool,
        withheld_from_holders: bool as Bool,
        youth: i16 as SmallInt,
        is_parental: bool as Bool,
        received_at: Option<Time> as Nullable<SqlTime>,
        read_at: Option<Time> as Nullable<SqlTime>,
        conversation_id: Option<Id> as Nullable<SqlUuid>,
        author_relation: Option<&'static str> as Nullable<Text>,
        author_id: Option<Id> as Nullable<SqlUuid>,
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
        scanned: bool as Bool,
    }
}

/// All of a message but its content.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(crate) mailbox: MailboxId,
    pub(crate) id: MessageId,
    pub(crate) service: ServiceId,
    pub(crate) direction: Direction,
    pub(crate) kind: MessageKind,
    pub(crate) item: ItemFlags,
    pub(crate) rule: Rule,
    pub(crate) accepted_at: DateTime<Utc>,
    pub(crate) open_by: Option<DateTime<Utc>>,
    pub(crate) conversation: Option<ConversationId>,
    /// Who wrote it: the word of their standing, and who they are. None for what a system sent.
    pub(crate) author: Option<(&'static str, Option<PersonId>)>,
}

impl Head {
    /// Makes the key of the message.
    pub(crate) fn new_key(&self, keys: BothKeys<'_>) -> NewMessageKey {
        let place = MessagePlace { mailbox: self.mailbox, message: self.id, service: self.service };
        NewMessageKey::generate(place, keys)
    }
}

impl MessageRow {
    pub(crate) fn new(head: Head, key: &NewMessageKey, subject: &Subject, attachment_count: usize) -> Self {
        let Head { mailbox, id, service, direction, kind, item, rule, accepted_at, open_by, conversation, author } =
            head;
        // What a citizen writes is in the overview at once, and read: it is their own.
        let at_once = (direction == Direction::Sent).then_some(Time(accepted_at));
        Self {
            mailbox_id: mailbox.key(),
            id: id.key(),
            service_id: service.key(),
            direction: direction.as_word(),
            kind: kind.as_word(),
            owner_key: Some(key.for_owner.clone()),
            service_key: Some(key.for_service.clone()),
            subject: key.key.seal(id.as_uuid(), Field::Subject, subject.expose().as_bytes()),
            attachment_count: i16::try_from(attachment_count).unwrap_or(i16::MAX),
            minimum_consent: item.minimum_consent.rank(),
            available_at_protected_address: item.available_at_protected_address,
            power_of_attorney: item.power_of_attorney,
            channel: Channel::Inbox.as_word(),
            rule: rule.id(),
            accepted_at: Time(accepted_at),
            open_by: open_by.map(Time),
            parents_until_years: item.parents.until_years(),
            withheld_from_parents: item.withheld_from_parents,
            withheld_from_holders: item.withheld_from_holders,
            youth: item.youth.rank(),
            is_parental: item.is_parental,
            received_at: at_once,
            read_at: at_once,
            conversation_id: conversation.map(Key::key),
            author_relation: author.map(|(relation, _)| relation),
            author_id: author.and_then(|(_, person)| person).map(Key::key),
        }
    }
}

impl BodyRow {
    pub(crate) fn new(head: Head, key: &MessageKey, format: BodyFormat, body: &Body) -> Self {
        Self {
            mailbox_id: head.mailbox.key(),
            message_id: head.id.key(),
            format: format.as_word(),
            body: key.seal(head.id.as_uuid(), Field::Body, body.expose().as_bytes()),
        }
    }
}

/// The files of a message, their names and keys sealed anew under the message's key. `find` gives an upload of the
/// sender's.
///
/// # Errors
/// Uploads that there are not, that are named twice, or that have no bytes yet.
pub(crate) fn attachments<'s>(
    uploads: &[UploadId],
    find: impl Fn(UploadId) -> Option<&'s Stored>,
    head: Head,
    key: &MessageKey,
) -> Result<Vec<AttachmentRow>, Failure> {
    let is_unknown = |(at, id): &(usize, &UploadId)| find(**id).is_none() || uploads[..*at].contains(id);
    let unknown: Vec<usize> = uploads.iter().enumerate().filter(is_unknown).map(|(at, _)| at).collect();
    if !unknown.is_empty() {
        return Err(Failure::UnknownUploads(unknown));
    }
    let stored = uploads.iter().filter_map(|id| find(*id));
    stored
        .enumerate()
        .map(|(place, stored)| {
            let (Some((blob, file_key)), Some(content)) = (&stored.bytes, stored.upload.content) else {
                return Err(Failure::UploadNotReady);
            };
            let id: AttachmentId = crate::context::new_id();
            let too_large = |_| StoreError::Corrupt { what: "upload" };
            Ok(AttachmentRow {
                mailbox_id: head.mailbox.key(),
                message_id: head.id.key(),
                id: id.key(),
                place: i16::try_from(place).map_err(too_large)?,
                blob_id: *blob,
                file_key: key.seal_file_key(id, file_key),
                file_name: key.seal(id.as_uuid(), Field::FileName, stored.upload.file_name.expose().as_bytes()),
                file_type: content.file_type.as_word(),
                size_bytes: i64::try_from(content.size_bytes).map_err(too_large)?,
                sha256: key.seal(id.as_uuid(), Field::FileDigest, &content.sha256),
                scanned: stored.scanned,
            })
        })
        .collect()
}

//! Files of messages.

use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;
use diesel::prelude::*;
use domain::access::MailboxAct;
use domain::attachment::{Attachment, FileName};
use domain::audit::{Object, ObjectKind};
use domain::id::{AttachmentId, MailboxId, MessageId};
use futures_util::{Stream, StreamExt as _};

use crate::access::MailboxRef;
use crate::blob::BlobStore;
use crate::context::Context;
use crate::database::{Connection, Id, Key, on};
use crate::error::{Failure, StoreError};
use crate::mailboxes::message;
use crate::mailboxes::message_key::MessageKeys;
use crate::schema::attachment;
use crate::vault::{Field, FileKey, MessageKey};
use crate::{Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "attachment" };

type AttachmentRow = (Id, Vec<u8>, String, i64, Vec<u8>, Id, Vec<u8>);

macro_rules! attachment_columns {
    () => {
        (
            attachment::id,
            attachment::file_name,
            attachment::file_type,
            attachment::size_bytes,
            attachment::sha256,
            attachment::blob_id,
            attachment::file_key,
        )
    };
}

/// A file that a caller may fetch.
pub struct Fetched {
    /// What it is.
    pub attachment: Attachment,
    blob: Id,
    key: FileKey,
    blobs: BlobStore,
}

impl Fetched {
    /// The bytes of a range, decrypted as they come. The range must lie within the file.
    pub fn content(&self, range: Range<u64>) -> impl Stream<Item = Result<Bytes, StoreError>> + Send + use<> {
        self.blobs
            .read(self.blob.0, &self.key, self.attachment.size_bytes, range)
            .map(|part| part.map_err(StoreError::from))
    }
}

impl Store {
    /// A file of a visible message.
    ///
    /// # Errors
    /// Refused, not there or not visible, or the store away.
    pub async fn attachment_fetch(
        &self,
        context: &Context,
        mailbox: MailboxId,
        message: MessageId,
        id: AttachmentId,
    ) -> Result<Fetched, Failure> {
        let object = Some(Object { kind: ObjectKind::Attachment, id: id.as_uuid() });
        let which = MailboxRef::Id(mailbox);
        self.read_mailbox(context, which, MailboxAct::FETCH_ATTACHMENT, object, move |inner, connection, opened| {
            let found = message::key_row(connection, &opened.grant, message)?;
            let key = opened.message_key(inner, connection, &found)?;
            fetch(inner, connection, (mailbox, message), &key, id)
        })
        .await
    }
}

/// A file of a message that has been found visible.
pub(crate) fn fetch(
    inner: &Inner,
    connection: &mut Connection,
    (mailbox, message): (MailboxId, MessageId),
    key: &MessageKey,
    id: AttachmentId,
) -> Result<Fetched, Failure> {
    let row = on!(connection, c => attachment::table
        .filter(attachment::mailbox_id.eq(mailbox.key()))
        .filter(attachment::message_id.eq(message.key()))
        .filter(attachment::id.eq(id.key()))
        .select(attachment_columns!())
        .first::<AttachmentRow>(c)
        .optional())?
    .ok_or(Failure::NotFound)?;
    Ok(fetched_from(inner, key, row)?)
}

/// All files of messages that have been found visible, in the order of the messages and in theirs, with what it takes to
/// read them.
pub(crate) fn fetch_all(
    inner: &Inner,
    connection: &mut Connection,
    mailbox: MailboxId,
    keys: &MessageKeys,
    messages: &[MessageId],
) -> Result<Vec<Fetched>, StoreError> {
    let rows = rows(connection, mailbox, messages)?.into_iter();
    rows.map(|(message, row)| fetched_from(inner, keys.get(&message.into()).ok_or(CORRUPT)?, row)).collect()
}

fn fetched_from(inner: &Inner, message_key: &MessageKey, row: AttachmentRow) -> Result<Fetched, StoreError> {
    let blob = row.5;
    let key = message_key.open_file_key(row.0.into(), &row.6).map_err(|_| CORRUPT)?;
    Ok(Fetched { attachment: attachment_from(message_key, row)?, blob, key, blobs: inner.blobs.clone() })
}

/// The files of messages that have been found visible, in their order. Of a message without a key, none.
pub(crate) fn list(
    connection: &mut Connection,
    mailbox: MailboxId,
    keys: &MessageKeys,
    messages: &[MessageId],
) -> Result<HashMap<MessageId, Vec<Attachment>>, StoreError> {
    let mut files: HashMap<MessageId, Vec<Attachment>> = HashMap::new();
    for (message, row) in rows(connection, mailbox, messages)? {
        let message = message.into();
        let Some(key) = keys.get(&message) else { continue };
        files.entry(message).or_default().push(attachment_from(key, row)?);
    }
    Ok(files)
}

/// As few values in a statement as every database takes.
const CHUNK: usize = 1000;

fn rows(
    connection: &mut Connection,
    mailbox: MailboxId,
    messages: &[MessageId],
) -> Result<Vec<(Id, AttachmentRow)>, StoreError> {
    let mut ids: Vec<Id> = messages.iter().map(|id| id.key()).collect();
    ids.sort_unstable();
    let mut all = vec![];
    for ids in ids.chunks(CHUNK) {
        all.extend(on!(&mut *connection, c => attachment::table
            .filter(attachment::mailbox_id.eq(mailbox.key()))
            .filter(attachment::message_id.eq_any(ids))
            .order((attachment::message_id, attachment::place))
            .select((attachment::message_id, attachment_columns!()))
            .load::<(Id, AttachmentRow)>(c))?);
    }
    Ok(all)
}

fn attachment_from(key: &MessageKey, row: AttachmentRow) -> Result<Attachment, StoreError> {
    let (id, file_name, file_type, size_bytes, sha256, _, _) = row;
    let file_name = key.open_text(id.0, Field::FileName, &file_name).map_err(|_| CORRUPT)?;
    let file_type = file_type.parse().map_err(|_| CORRUPT)?;
    Ok(Attachment {
        id: id.into(),
        file_name: FileName::parse(&file_name).map_err(|_| CORRUPT)?.ending_as(file_type),
        file_type,
        size_bytes: u64::try_from(size_bytes).map_err(|_| CORRUPT)?,
        sha256: key
            .open(id.0, Field::FileDigest, &sha256)
            .ok()
            .and_then(|plain| plain.as_slice().try_into().ok())
            .ok_or(CORRUPT)?,
    })
}

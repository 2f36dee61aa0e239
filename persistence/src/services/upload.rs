//! Files handed in ahead of their message. The bytes go into the object store first; the row that names them decides
//! whether they count. Bytes without a row are swept away.

mod whose;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::access::{MailboxAct, ServiceAct};
use domain::attachment::{FileFault, FileName, FileType, MAX_FILE_BYTES};
use domain::audit::{Object, ObjectKind};
use domain::id::{MailboxId, UploadId};
use domain::upload::{UPLOAD_LIFETIME, Upload, UploadOwner, UploadedContent};
use futures_util::Stream;
use strum::VariantArray as _;

use crate::access::{Done, MailboxRef};
use crate::blob::PutError;
use crate::chain::Chain;
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, locked, on};
use crate::error::{Failure, StoreError};
use crate::file_inspection::{InspectError, inspect};
use crate::idempotency::{self, Created, RequestKey};
use crate::mailboxes::conversation;
use crate::schema::upload;
use crate::services::service;
use crate::upkeep::loose_blob;
use crate::vault::FileKey;
use crate::{Inner, Store};

pub(crate) use self::whose::Whose;

const CORRUPT: StoreError = StoreError::Corrupt { what: "upload" };

/// What is said of the bytes of an upload.
type ContentRow = (Option<Id>, Option<Vec<u8>>, Option<String>, Option<i64>, Option<Vec<u8>>, bool);
type UploadRow = (Id, String, Id, Vec<u8>, Time, ContentRow);

macro_rules! upload_columns {
    () => {
        (
            upload::owner_id,
            upload::author,
            upload::id,
            upload::file_name,
            upload::expires_at,
            (upload::blob_id, upload::file_key, upload::file_type, upload::size_bytes, upload::sha256, upload::scanned),
        )
    };
}

/// An upload, with what it takes to turn it into an attachment.
pub(crate) struct Stored {
    pub(crate) owner: Id,
    pub(crate) author: String,
    pub(crate) upload: Upload,
    pub(crate) bytes: Option<(Id, FileKey)>,
    /// Whether a scanner has looked for malware in the bytes.
    pub(crate) scanned: bool,
}

/// Why the bytes of an upload were not taken. `E` is what went wrong on the way here.
#[derive(Debug, thiserror::Error)]
pub enum FillError<E> {
    /// The caller stopped sending, or sent what could not be read.
    #[error("the content could not be received")]
    Source(E),
    /// Something of ours, or of the file.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// What is done with an upload.
#[derive(Clone, Copy)]
enum UploadAct {
    Begin,
    See,
    Fill,
}

impl UploadAct {
    const fn in_mailbox(self) -> MailboxAct {
        match self {
            Self::Begin => MailboxAct::BEGIN_UPLOAD,
            Self::See => MailboxAct::SEE_UPLOAD,
            Self::Fill => MailboxAct::FILL_UPLOAD,
        }
    }

    const fn at_service(self) -> ServiceAct {
        match self {
            Self::Begin => ServiceAct::BEGIN_UPLOAD,
            Self::See => ServiceAct::SEE_UPLOAD,
            Self::Fill => ServiceAct::FILL_UPLOAD,
        }
    }
}

impl Store {
    /// Opens an upload: a place for the bytes of one file.
    ///
    /// # Errors
    /// Refused, as many as the caller may have, or the store away.
    pub async fn upload_open(
        &self,
        context: &Context,
        owner: UploadOwner,
        file_name: FileName,
        key: Option<RequestKey>,
    ) -> Result<Created<Upload>, Failure> {
        let (scope, now) = (self.idempotency_scope(context), context.now);
        self.for_upload(context, owner, UploadAct::Begin, move |inner, connection, mine| {
            let created = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| {
                    mine.has_room(connection, &inner.quotas, now)?;
                    insert(inner, connection, mine, file_name, now)
                },
                |connection, id| fetch(inner, connection, mine, id.into(), now),
                |upload: &Upload| upload.id.key(),
            )?;
            let id = created.value().id;
            Ok((created, id))
        })
        .await
    }

    /// An upload of the caller's.
    ///
    /// # Errors
    /// Refused, not there or expired, or the store away.
    pub async fn upload_fetch(&self, context: &Context, owner: UploadOwner, id: UploadId) -> Result<Upload, Failure> {
        let now = context.now;
        self.for_upload(context, owner, UploadAct::See, move |inner, connection, mine| {
            Ok((fetch(inner, connection, mine, id, now)?, id))
        })
        .await
    }

    /// Takes the bytes of an upload, encrypting them as they come, and judges them when they are all here. An upload
    /// is filled once; filling it again with the same bytes answers the same.
    ///
    /// # Errors
    /// Refused, not there, bytes of a type that the service does not take, more bytes than the caller may have, or the store
    /// away. Nothing is kept then.
    pub async fn upload_fill<S, E>(
        &self,
        context: &Context,
        owner: UploadOwner,
        id: UploadId,
        content: S,
    ) -> Result<Upload, FillError<E>>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let now = context.now;
        // An id and a key of their own for these bytes: a second attempt never touches those of the first, and no key
        // ever seals two contents.
        let (blob, file_key) = (new_id::<Id>(), FileKey::generate());
        let accepted = self
            .for_upload(context, owner, UploadAct::Fill, move |inner, connection, mine| {
                if fetch(inner, connection, mine, id, now)?.content.is_none() {
                    // Before anything is read: one byte at least.
                    mine.has_room_for(connection, &inner.quotas, (id, 1), now)?;
                }
                loose_blob::loosen(connection, &[blob], now)?;
                Ok((accepted_types(connection, owner)?, id))
            })
            .await?;
        let stored = match self.inner.blobs.put(blob.0, &file_key, content, MAX_FILE_BYTES).await {
            Ok(stored) => stored,
            Err(error) => {
                self.discard(blob).await;
                return Err(fill_error(error));
            }
        };
        let (file_type, scanned) = match self.judge_and_scan(blob, &file_key, stored.size_bytes, &accepted).await {
            Ok(judged) => judged,
            Err(failure) => {
                // What a scanner recognised is kept for who looks into it, encrypted and named by no row, until the sweep.
                if matches!(failure, Failure::File(FileFault::Malware)) {
                    tracing::warn!(upload.id = %id, blob.id = %blob.0, "malware in an upload: its bytes are in quarantine");
                } else {
                    self.discard(blob).await;
                }
                return Err(failure.into());
            }
        };
        let content = UploadedContent { file_type, size_bytes: stored.size_bytes, sha256: stored.sha256 };
        let upload = self
            .for_upload(context, owner, UploadAct::Fill, move |inner, connection, mine| {
                if fetch(inner, connection, mine, id, now)?.content.is_none() {
                    mine.has_room_for(connection, &inner.quotas, (id, content.size_bytes), now)?;
                }
                let file_key = inner.vault.wrap_upload_key(owner.as_uuid(), id, &file_key);
                let sha256 = inner.vault.seal_upload_digest(owner.as_uuid(), id, &content.sha256);
                let bytes = NewBytes { blob, file_key, sha256, content, scanned };
                let filled = fill(inner, connection, (owner, id), bytes, now)?;
                Ok(((fetch(inner, connection, mine, id, now)?, filled), id))
            })
            .await;
        let upload = match upload {
            Err(failure @ Failure::QuotaReached(_)) => {
                self.discard(blob).await;
                return Err(failure.into());
            }
            upload => upload?,
        };
        match upload {
            (upload, true) => Ok(upload),
            (upload, false) => {
                self.discard(blob).await;
                if upload.content == Some(content) { Ok(upload) } else { Err(Failure::UploadFilled.into()) }
            }
        }
    }

    /// Does something with an upload of the caller's, in one transaction with its entry. `work` says which upload it was.
    async fn for_upload<T: Send + 'static>(
        &self,
        context: &Context,
        owner: UploadOwner,
        act: UploadAct,
        work: impl FnOnce(&Inner, &mut Connection, &Whose) -> Result<(T, UploadId), Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let object = |id: UploadId| Object { kind: ObjectKind::Upload, id: id.as_uuid() };
        match owner {
            UploadOwner::Mailbox(mailbox) => {
                let (which, caller) = (MailboxRef::Id(mailbox), context.caller.clone());
                self.create_in_mailbox(context, which, act.in_mailbox(), move |inner, connection, opened| {
                    let mine = Whose::of(mailbox, opened.grant.person(), &caller)?;
                    let (value, id) = work(inner, connection, &mine)?;
                    Ok((value, object(id)))
                })
                .await
            }
            UploadOwner::Service(service) => {
                let owned = context.clone();
                self.write_service(context, service, act.at_service(), move |inner, connection, grant| {
                    let member = conversation::member(inner, connection, &owned, grant.service())?;
                    let mine = Whose::of(service, member, &owned.caller)?;
                    let (value, id) = work(inner, connection, &mine)?;
                    Ok(Done::of(value).about(object(id)))
                })
                .await
            }
        }
    }

    /// Takes files away that came with a message that came to nothing, or had come before. Those that a message has
    /// taken stay. Should this fail, they go when their time is over.
    pub async fn upload_discard(&self, owner: UploadOwner, ids: &[UploadId], now: DateTime<Utc>) {
        if ids.is_empty() {
            return;
        }
        let ids: Vec<Id> = ids.iter().map(|id| id.key()).collect();
        let left = self
            .run(move |_, connection| {
                connection.write(|connection| Ok::<_, Failure>(take(connection, owner, &ids, now)?))
            })
            .await;
        match left {
            Ok(blobs) => {
                for blob in blobs {
                    self.discard(blob).await;
                }
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "files of no message are left for a while");
            }
        }
    }

    /// What the bytes are, and whether they have been scanned.
    async fn judge_and_scan(
        &self,
        blob: Id,
        key: &FileKey,
        size_bytes: u64,
        accepted: &[FileType],
    ) -> Result<(FileType, bool), Failure> {
        let file_type = self.judge(blob, key, size_bytes).await?;
        if !accepted.contains(&file_type) {
            return Err(Failure::File(FileFault::UnacceptedType));
        }
        Ok((file_type, self.scan(blob, key, size_bytes).await?))
    }

    async fn judge(&self, blob: Id, key: &FileKey, size_bytes: u64) -> Result<FileType, Failure> {
        let reader = self.inner.blobs.reader(blob.0, key, size_bytes, tokio::runtime::Handle::current());
        let reader = reader.map_err(StoreError::from)?;
        let inspected = self.inner.threads.run(move || inspect(reader, size_bytes)).await;
        let judged = inspected.map_err(StoreError::from)?;
        judged.map_err(|error| match error {
            InspectError::Fault(fault) => Failure::File(fault),
            InspectError::Io(error) => Failure::Store(StoreError::Unavailable(Box::new(error))),
        })
    }

    /// Takes bytes away that came a moment ago and count for nothing. Should that fail, the sweep does it.
    async fn discard(&self, blob: Id) {
        let deleted = match self.inner.blobs.delete(blob.0).await.map_err(StoreError::from) {
            Ok(()) => self.run(move |_, connection| Ok(loose_blob::forget(connection, &[blob])?)).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = deleted {
            let error = Chain(&error);
            tracing::warn!(%error, blob.id = %blob.0, "a discarded attachment is left for the sweep");
        }
    }
}

pub(crate) const fn key_of(owner: UploadOwner) -> Id {
    Id(owner.as_uuid())
}

/// What the bytes may be. A citizen has not said yet whom the file is for, who says it when it is sent.
fn accepted_types(connection: &mut Connection, owner: UploadOwner) -> Result<Vec<FileType>, Failure> {
    match owner {
        UploadOwner::Service(service) => {
            Ok(service::fetch(connection, service)?.ok_or(Failure::NotFound)?.policy.attachment_types)
        }
        UploadOwner::Mailbox(_) => Ok(FileType::VARIANTS.to_vec()),
    }
}

fn fill_error<E>(error: PutError<E>) -> FillError<E> {
    match error {
        PutError::Content(error) => FillError::Source(error),
        PutError::Empty => FillError::Failure(Failure::File(FileFault::Empty)),
        PutError::TooLarge { .. } => FillError::Failure(Failure::File(FileFault::TooLarge)),
        PutError::Store(error) => FillError::Failure(Failure::Store(error.into())),
    }
}

fn insert(
    inner: &Inner,
    connection: &mut Connection,
    Whose { owner, author, .. }: &Whose,
    file_name: FileName,
    now: DateTime<Utc>,
) -> Result<Upload, Failure> {
    let id: UploadId = new_id();
    let expires_at = now + UPLOAD_LIFETIME;
    let row = (
        upload::owner_id.eq(key_of(*owner)),
        upload::author.eq(author),
        upload::id.eq(id.key()),
        upload::scanned.eq(false),
        upload::file_name.eq(inner.vault.seal_upload_name(owner.as_uuid(), id, file_name.expose())),
        upload::created_at.eq(Time(now)),
        upload::expires_at.eq(Time(expires_at)),
    );
    on!(connection, c => diesel::insert_into(upload::table).values(row).execute(c))?;
    Ok(Upload { id, file_name, content: None, expires_at })
}

/// Bytes that have come for an upload.
struct NewBytes {
    blob: Id,
    file_key: Vec<u8>,
    sha256: Vec<u8>,
    content: UploadedContent,
    scanned: bool,
}

/// Puts on record what the bytes are. Only the first filling counts, and one that was not scanned where that is required
/// now does not; says whether this was it.
fn fill(
    inner: &Inner,
    connection: &mut Connection,
    (owner, id): (UploadOwner, UploadId),
    NewBytes { blob, file_key, sha256, content, scanned }: NewBytes,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let unscanned_is_none = inner.scanning.required.into_sql::<Bool>();
    let size_bytes = i64::try_from(content.size_bytes).map_err(|_| CORRUPT)?;
    let before = on!(&mut *connection, c => upload::table
        .find((key_of(owner), id.key()))
        .select(upload::blob_id)
        .first::<Option<Id>>(c)
        .optional())?;
    let filled = on!(&mut *connection, c => diesel::update(upload::table)
        .filter(upload::owner_id.eq(key_of(owner)))
        .filter(upload::id.eq(id.key()))
        .filter(upload::expires_at.gt(Time(now)))
        .filter(upload::blob_id.is_null().or(upload::scanned.eq(false).and(unscanned_is_none)))
        .set((
            upload::blob_id.eq(blob),
            upload::file_key.eq(file_key),
            upload::file_type.eq(content.file_type.as_word()),
            upload::size_bytes.eq(size_bytes),
            upload::sha256.eq(sha256),
            upload::scanned.eq(scanned),
        ))
        .execute(c))?;
    if filled == 1 {
        loose_blob::forget(connection, &[blob])?;
        // Bytes that were not scanned have given place to these.
        loose_blob::loosen(connection, before.flatten().as_slice(), now)?;
    }
    Ok(filled == 1)
}

fn fetch(
    inner: &Inner,
    connection: &mut Connection,
    mine: &Whose,
    id: UploadId,
    now: DateTime<Utc>,
) -> Result<Upload, Failure> {
    let found = fetch_all(inner, connection, &[id], now)?.into_iter().find(|stored| mine.has(stored));
    found.map(|stored| stored.upload).ok_or(Failure::NotFound)
}

/// Uploads by their ids, whoever has handed them in, that have not expired.
pub(crate) fn fetch_all(
    inner: &Inner,
    connection: &mut Connection,
    ids: &[UploadId],
    now: DateTime<Utc>,
) -> Result<Vec<Stored>, StoreError> {
    let ids: Vec<Id> = ids.iter().map(|id| id.key()).collect();
    let rows = on!(connection, c => upload::table
        .filter(upload::id.eq_any(&ids))
        .filter(upload::expires_at.gt(Time(now)))
        .select(upload_columns!())
        .load::<UploadRow>(c))?;
    rows.into_iter().map(|row| stored_from(inner, row)).collect()
}

fn stored_from(inner: &Inner, row: UploadRow) -> Result<Stored, StoreError> {
    let (owner, author, id, file_name, expires_at, content) = row;
    let id = UploadId::from(id);
    let file_name = inner.vault.open_upload_name(owner.0, id, &file_name).map_err(|_| CORRUPT)?;
    let file_name = FileName::parse(&file_name).map_err(|_| CORRUPT)?;
    let scanned = content.5;
    // Bytes that were not scanned count, where that is required now, as not having come.
    let (bytes, content) = match content {
        (Some(blob), Some(key), Some(file_type), Some(size_bytes), Some(sha256), scanned)
            if scanned || !inner.scanning.required =>
        {
            let key = inner.vault.open_upload_key(owner.0, id, &key).map_err(|_| CORRUPT)?;
            let content = UploadedContent {
                file_type: file_type.parse().map_err(|_| CORRUPT)?,
                size_bytes: u64::try_from(size_bytes).map_err(|_| CORRUPT)?,
                sha256: inner.vault.open_upload_digest(owner.0, id, &sha256).map_err(|_| CORRUPT)?,
            };
            (Some((blob, key)), Some(content))
        }
        _ => (None, None),
    };
    // What it is called is known when it is known what it is.
    let file_name = content.as_ref().map_or(file_name.clone(), |content| file_name.ending_as(content.file_type));
    Ok(Stored { owner, author, upload: Upload { id, file_name, content, expires_at: expires_at.0 }, bytes, scanned })
}

/// Which of these uploads of an author are there.
pub(crate) fn known(
    connection: &mut Connection,
    Whose { owner, author, .. }: &Whose,
    ids: &[UploadId],
    now: DateTime<Utc>,
) -> Result<Vec<UploadId>, StoreError> {
    let ids: Vec<Id> = ids.iter().map(|id| id.key()).collect();
    let known = on!(connection, c => upload::table
        .filter(upload::owner_id.eq(key_of(*owner)))
        .filter(upload::author.eq(author))
        .filter(upload::id.eq_any(&ids))
        .filter(upload::expires_at.gt(Time(now)))
        .select(upload::id)
        .load::<Id>(c))?;
    Ok(known.into_iter().map(Into::into).collect())
}

/// Keeps uploads of an author until a time.
pub(crate) fn keep(
    connection: &mut Connection,
    Whose { owner, author, .. }: &Whose,
    ids: &[UploadId],
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    let ids: Vec<Id> = ids.iter().map(|id| id.key()).collect();
    on!(connection, c => diesel::update(upload::table)
        .filter(upload::owner_id.eq(key_of(*owner)))
        .filter(upload::author.eq(author))
        .filter(upload::id.eq_any(&ids))
        .set(upload::expires_at.eq(Time(until)))
        .execute(c))?;
    Ok(())
}

/// Takes uploads that a message has taken off the list. Says how many were still there.
pub(crate) fn consume(connection: &mut Connection, ids: &[Id]) -> Result<usize, StoreError> {
    Ok(on!(connection, c => diesel::delete(upload::table.filter(upload::id.eq_any(ids))).execute(c))?)
}

/// Takes uploads of a service off the list, and says which bytes they leave behind.
fn take(
    connection: &mut Connection,
    owner: UploadOwner,
    ids: &[Id],
    now: DateTime<Utc>,
) -> Result<Vec<Id>, StoreError> {
    let these = upload::table.filter(upload::owner_id.eq(key_of(owner))).filter(upload::id.eq_any(ids));
    let ids = on!(&mut *connection, c => these.select(upload::id).load::<Id>(c))?;
    remove(connection, &ids, now)
}

/// Takes expired uploads off the list. Their bytes are left for the sweep.
pub(crate) fn expire(connection: &mut Connection, now: DateTime<Utc>) -> Result<(), StoreError> {
    let expired = upload::table.filter(upload::expires_at.le(Time(now)));
    let ids = on!(&mut *connection, c => expired.select(upload::id).load::<Id>(c))?;
    remove(connection, &ids, now).map(drop)
}

/// Takes all uploads of a mailbox off the list, whoever opened them. Their bytes are left for the sweep.
pub(crate) fn forget_all(
    connection: &mut Connection,
    mailbox: MailboxId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let of_mailbox = upload::table.filter(upload::owner_id.eq(mailbox.key()));
    let ids = on!(&mut *connection, c => of_mailbox.select(upload::id).load::<Id>(c))?;
    remove(connection, &ids, now).map(drop)
}

/// Removes uploads, and says which bytes they leave behind. A message may be taking one of them at this moment: then the row
/// is locked, we wait, and it is gone; its bytes are the message's and must not be named here.
fn remove(connection: &mut Connection, ids: &[Id], now: DateTime<Utc>) -> Result<Vec<Id>, StoreError> {
    let these = upload::table.filter(upload::id.eq_any(ids)).select((upload::id, upload::blob_id));
    let removed: Vec<(Id, Option<Id>)> = locked!(&mut *connection, these, load)?;
    let (ids, blobs): (Vec<Id>, Vec<Option<Id>>) = removed.into_iter().unzip();
    on!(connection, c => diesel::delete(upload::table.filter(upload::id.eq_any(&ids))).execute(c))?;
    let blobs: Vec<Id> = blobs.into_iter().flatten().collect();
    loose_blob::loosen(connection, &blobs, now)?;
    Ok(blobs)
}

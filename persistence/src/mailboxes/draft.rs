//! What citizens have begun to write, until they send it. Only its author sees a draft.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::MailboxAct;
use domain::audit::{Object, ObjectKind};
use domain::draft::{DRAFT_LIFETIME, Draft, DraftAddress, DraftContent, MAX_DRAFTS};
use domain::form::{AnswersText, FilledForm, FormName};
use domain::id::{ConversationId, DraftId, MailboxId, PersonId, ServiceId, UploadId};
use domain::message::{Body, Message, Subject};
use domain::upload::UPLOAD_LIFETIME;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::access::quota;
use crate::access::{MailboxRef, Opened};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::idempotency::{self, Created, RequestKey};
use crate::mailboxes::conversation;
use crate::page::Slice;
use crate::schema::draft;
use crate::services::upload::{self, Whose};
use crate::vault::{Field, MailboxKey};

const CORRUPT: StoreError = StoreError::Corrupt { what: "draft" };

type DraftRow = (Id, Vec<u8>, i32, Time, Time);

macro_rules! columns {
    () => {
        (draft::id, draft::content, draft::version, draft::changed_at, draft::expires_at)
    };
}

impl Store {
    /// Keeps what somebody has begun to write, with the files that it names.
    ///
    /// # Errors
    /// Refused, unknown uploads, more drafts than somebody can have, or the store away.
    pub async fn draft_create(
        &self,
        context: &Context,
        mailbox: MailboxId,
        content: DraftContent,
        key: Option<RequestKey>,
    ) -> Result<Created<Draft>, Failure> {
        let (scope, now) = (self.idempotency_scope(context), context.now);
        self.at_drafts(context, mailbox, MailboxAct::SAVE_DRAFT, move |connection, drafts| {
            let created = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| drafts.insert(connection, content),
                |connection, id| drafts.fetch(connection, id.into()),
                |draft: &Draft| draft.id.key(),
            )?;
            let id = created.value().id;
            Ok((created, id))
        })
        .await
    }

    /// Changes a draft. `is_current` says of a version whether it is the one that the caller has seen. Saying what is
    /// known already changes nothing, whatever the version: so a change can be sent again after a lost answer.
    ///
    /// # Errors
    /// Refused, no such draft of the caller's, another version by now, unknown uploads, or the store away.
    pub async fn draft_change(
        &self,
        context: &Context,
        mailbox: MailboxId,
        id: DraftId,
        content: DraftContent,
        is_current: impl FnOnce(i32) -> bool + Send + 'static,
    ) -> Result<Draft, Failure> {
        self.at_drafts(context, mailbox, MailboxAct::SAVE_DRAFT, move |connection, drafts| {
            let known = drafts.locked(connection, id)?;
            if known.content == content {
                return Ok((known, id));
            }
            if !is_current(known.version) {
                return Err(Failure::VersionChanged);
            }
            Ok((drafts.update(connection, known, content)?, id))
        })
        .await
    }

    /// A draft of the caller's.
    ///
    /// # Errors
    /// Refused, no such draft of the caller's, or the store away.
    pub async fn draft_fetch(&self, context: &Context, mailbox: MailboxId, id: DraftId) -> Result<Draft, Failure> {
        let (which, now) = (MailboxRef::Id(mailbox), context.now);
        let object = Some(Object { kind: ObjectKind::Draft, id: id.as_uuid() });
        self.read_mailbox(context, which, MailboxAct::SEE_DRAFT, object, move |_, connection, opened| {
            Drafts::of(opened, now)?.fetch(connection, id)
        })
        .await
    }

    /// The caller's drafts in a mailbox, that changed last first.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn draft_list(&self, context: &Context, mailbox: MailboxId) -> Result<Slice<Draft>, Failure> {
        let (which, now) = (MailboxRef::Id(mailbox), context.now);
        self.read_mailbox(context, which, MailboxAct::LIST_DRAFTS, None, move |_, connection, opened| {
            Drafts::of(opened, now)?.list(connection)
        })
        .await
    }

    /// Throws a draft away, with the files that it names.
    ///
    /// # Errors
    /// Refused, no such draft of the caller's, or the store away.
    pub async fn draft_discard(&self, context: &Context, mailbox: MailboxId, id: DraftId) -> Result<(), Failure> {
        self.at_drafts(context, mailbox, MailboxAct::DISCARD_DRAFT, move |connection, drafts| {
            let known = drafts.locked(connection, id)?;
            upload::keep(connection, &drafts.files, &known.content.uploads, drafts.now)?;
            drafts.remove(connection, id)?;
            Ok(((), id))
        })
        .await
    }

    /// Sends a draft, once: whoever asks again gets the message that it became.
    ///
    /// # Errors
    /// As for what is written at once; and a draft that lacks something, or has changed.
    pub async fn draft_send(
        &self,
        context: &Context,
        mailbox: MailboxId,
        id: DraftId,
        is_current: impl FnOnce(i32) -> bool + Send + 'static,
    ) -> Result<Created<Message>, Failure> {
        let (which, owned) = (MailboxRef::Id(mailbox), context.clone());
        let seen = self
            .look_into_mailbox(context, which, MailboxAct::SEND_DRAFT, None, move |_, connection, opened| {
                match Drafts::of(opened, owned.now)?.fetch(connection, id) {
                    Ok(draft) => Ok(Some(draft)),
                    Err(Failure::NotFound) => Ok(None),
                    Err(failure) => Err(failure),
                }
            })
            .await?
            .ask(Clone::clone);
        // Where there is none, it may have been sent: what to say to that is found out where it is written.
        let ready = match seen {
            Some(draft) => {
                let writing = draft.content.ready().map_err(Failure::DraftIncomplete)?;
                let judged = self.form_judge(context, (mailbox, MailboxAct::SEND_DRAFT), &writing).await?;
                Some((draft.version, writing, judged))
            }
            None => None,
        };
        let key = RequestKey::of_ours("draft", id);
        self.write_once(context, (mailbox, MailboxAct::SEND_DRAFT), Some(key), move |inner, connection, opened, now| {
            let drafts = Drafts::of(opened, now)?;
            let known = match drafts.locked(connection, id) {
                // It was there a moment ago: another request is sending it.
                Err(Failure::NotFound) if ready.is_some() => Err(Failure::InProgress),
                known => known,
            }?;
            let (version, writing, judged) = ready.ok_or(Failure::VersionChanged)?;
            if version != known.version || !is_current(version) {
                return Err(Failure::VersionChanged);
            }
            drafts.remove(connection, id)?;
            conversation::write(inner, connection, opened, writing, judged, now)
        })
        .await
    }

    async fn at_drafts<T: Send + 'static>(
        &self,
        context: &Context,
        mailbox: MailboxId,
        act: MailboxAct,
        work: impl FnOnce(&mut Connection, &Drafts<'_>) -> Result<(T, DraftId), Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (which, now) = (MailboxRef::Id(mailbox), context.now);
        self.create_in_mailbox(context, which, act, move |_, connection, opened| {
            let (value, id) = work(connection, &Drafts::of(opened, now)?)?;
            Ok((value, Object { kind: ObjectKind::Draft, id: id.as_uuid() }))
        })
        .await
    }
}

/// The drafts of one author in one mailbox.
struct Drafts<'d> {
    mailbox: MailboxId,
    author: PersonId,
    /// The files that its drafts may name.
    files: Whose,
    key: &'d MailboxKey,
    now: DateTime<Utc>,
}

impl<'d> Drafts<'d> {
    fn of(opened: &'d Opened, now: DateTime<Utc>) -> Result<Self, Failure> {
        let (mailbox, author) = (opened.grant.mailbox(), opened.grant.person().ok_or(Failure::NotFound)?);
        Ok(Self { mailbox, author, files: Whose::of_person(mailbox, author), key: opened.key()?, now })
    }

    fn insert(&self, connection: &mut Connection, content: DraftContent) -> Result<Draft, Failure> {
        // Two at a time would each find room for one.
        quota::one_at_a_time(connection, &format!("drafts {} {}", self.mailbox, self.author))?;
        let mine = draft::table
            .filter(draft::mailbox_id.eq(self.mailbox.key()))
            .filter(draft::author_id.eq(self.author.key()));
        let kept = on!(&mut *connection, c => mine
            .filter(draft::expires_at.gt(Time(self.now)))
            .count()
            .get_result::<i64>(c))?;
        if usize::try_from(kept).is_ok_and(|kept| kept >= MAX_DRAFTS) {
            return Err(Failure::TooManyDrafts);
        }
        let expires_at = self.now + DRAFT_LIFETIME;
        let draft = Draft { id: new_id(), content, version: 1, changed_at: self.now, expires_at };
        self.keep_files(connection, &draft)?;
        on!(connection, c => diesel::insert_into(draft::table)
            .values((
                draft::mailbox_id.eq(self.mailbox.key()),
                draft::id.eq(draft.id.key()),
                draft::author_id.eq(self.author.key()),
                draft::content.eq(self.sealed(&draft)?),
                draft::version.eq(draft.version),
                draft::changed_at.eq(Time(self.now)),
                draft::expires_at.eq(Time(expires_at)),
            ))
            .execute(c))?;
        Ok(draft)
    }

    fn update(&self, connection: &mut Connection, known: Draft, content: DraftContent) -> Result<Draft, Failure> {
        // What it names no more is kept as long as any file that nothing has taken.
        upload::keep(connection, &self.files, &known.content.uploads, self.now + UPLOAD_LIFETIME)?;
        let expires_at = self.now + DRAFT_LIFETIME;
        let draft = Draft { id: known.id, content, version: known.version + 1, changed_at: self.now, expires_at };
        self.keep_files(connection, &draft)?;
        on!(connection, c => diesel::update(draft::table.find((self.mailbox.key(), draft.id.key())))
            .set((
                draft::content.eq(self.sealed(&draft)?),
                draft::version.eq(draft.version),
                draft::changed_at.eq(Time(self.now)),
                draft::expires_at.eq(Time(expires_at)),
            ))
            .execute(c))?;
        Ok(draft)
    }

    fn keep_files(&self, connection: &mut Connection, draft: &Draft) -> Result<(), Failure> {
        let uploads = &draft.content.uploads;
        let known = upload::known(connection, &self.files, uploads, self.now)?;
        let is_unknown =
            |(at, id): (usize, &UploadId)| (!known.contains(id) || uploads[..at].contains(id)).then_some(at);
        let unknown: Vec<usize> = uploads.iter().enumerate().filter_map(is_unknown).collect();
        if !unknown.is_empty() {
            return Err(Failure::UnknownUploads(unknown));
        }
        Ok(upload::keep(connection, &self.files, uploads, draft.expires_at)?)
    }

    fn remove(&self, connection: &mut Connection, id: DraftId) -> Result<(), StoreError> {
        on!(connection, c => diesel::delete(draft::table.find((self.mailbox.key(), id.key()))).execute(c))?;
        Ok(())
    }

    fn fetch(&self, connection: &mut Connection, id: DraftId) -> Result<Draft, Failure> {
        let row = self.rows(connection, Some(id))?.pop().ok_or(Failure::NotFound)?;
        Ok(self.opened(row)?)
    }

    /// A draft that nobody else changes until the transaction ends.
    fn locked(&self, connection: &mut Connection, id: DraftId) -> Result<Draft, Failure> {
        if let Connection::Postgres(link) = connection {
            let row = draft::table.find((self.mailbox.key(), id.key())).select(draft::id).for_update();
            row.first::<Id>(&mut **link as &mut diesel::pg::PgConnection).optional()?;
        }
        self.fetch(connection, id)
    }

    fn list(&self, connection: &mut Connection) -> Result<Slice<Draft>, Failure> {
        Slice::whole(self.rows(connection, None)?).open_each(|row| row.0, |row| Ok(self.opened(row)?))
    }

    fn rows(&self, connection: &mut Connection, id: Option<DraftId>) -> Result<Vec<DraftRow>, StoreError> {
        Ok(on!(connection, c => {
            let mut query = draft::table
                .filter(draft::mailbox_id.eq(self.mailbox.key()))
                .filter(draft::author_id.eq(self.author.key()))
                .filter(draft::expires_at.gt(Time(self.now)))
                .order((draft::changed_at.desc(), draft::id.desc()))
                .select(columns!())
                .into_boxed();
            if let Some(id) = id {
                query = query.filter(draft::id.eq(id.key()));
            }
            query.load::<DraftRow>(c)
        })?)
    }

    fn opened(&self, (id, content, version, changed_at, expires_at): DraftRow) -> Result<Draft, StoreError> {
        let text = self.key.open_text(id.0, Field::Draft, &content).map_err(|_| CORRUPT)?;
        let content: StoredDraft = serde_json::from_str(&text).map_err(|_| CORRUPT)?;
        Ok(Draft {
            id: id.into(),
            content: content.into_content().ok_or(CORRUPT)?,
            version,
            changed_at: changed_at.0,
            expires_at: expires_at.0,
        })
    }

    fn sealed(&self, draft: &Draft) -> Result<Vec<u8>, StoreError> {
        let text = serde_json::to_string(&StoredDraft::from(&draft.content)).map_err(|_| CORRUPT)?;
        Ok(self.key.seal(draft.id.as_uuid(), Field::Draft, text.as_bytes()))
    }
}

/// Forgets drafts that nobody has changed for long. Their files go by their own time.
pub(crate) fn expire(connection: &mut Connection, now: DateTime<Utc>) -> Result<usize, StoreError> {
    Ok(on!(connection, c => diesel::delete(draft::table.filter(draft::expires_at.le(Time(now)))).execute(c))?)
}

/// A draft as it is sealed.
#[derive(Serialize, Deserialize)]
struct StoredDraft {
    service: Option<ServiceId>,
    conversation: Option<ConversationId>,
    inquiry: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    body_format: String,
    uploads: Vec<UploadId>,
    form: Option<(String, i32, String)>,
}

impl From<&DraftContent> for StoredDraft {
    fn from(content: &DraftContent) -> Self {
        let DraftContent { address, inquiry, subject, body, body_format, uploads, form } = content;
        let (service, conversation) = match address {
            DraftAddress::Inquiry(service) => (*service, None),
            DraftAddress::Reply(conversation) => (None, Some(*conversation)),
        };
        let form = form.as_ref().map(|FilledForm { form, version, answers }| {
            (form.as_str().to_owned(), *version, answers.expose().to_owned())
        });
        Self {
            service,
            conversation,
            inquiry: inquiry.map(|inquiry| inquiry.as_word().to_owned()),
            subject: subject.as_ref().map(|subject| subject.expose().to_owned()),
            body: body.as_ref().map(|body| body.expose().to_owned()),
            body_format: body_format.as_word().to_owned(),
            uploads: uploads.clone(),
            form,
        }
    }
}

impl StoredDraft {
    /// None where something in it is not what was sealed.
    fn into_content(self) -> Option<DraftContent> {
        let Self { service, conversation, inquiry, subject, body, body_format, uploads, form } = self;
        let form = form.map(|(name, version, answers)| {
            let (form, answers) = (FormName::parse(&name).ok()?, AnswersText::parse(&answers).ok()?);
            Some(FilledForm { form, version, answers })
        });
        Some(DraftContent {
            address: conversation.map_or(DraftAddress::Inquiry(service), DraftAddress::Reply),
            inquiry: inquiry.map(|word| word.parse()).transpose().ok()?,
            subject: subject.map(|text| Subject::parse(&text)).transpose().ok()?,
            body: body.map(|text| Body::parse(&text)).transpose().ok()?,
            body_format: body_format.parse().ok()?,
            uploads,
            form: match form {
                Some(form) => Some(form?),
                None => None,
            },
        })
    }
}

/// Throws away what anybody has begun to write in a mailbox.
pub(crate) fn forget_all(connection: &mut Connection, mailbox: MailboxId) -> Result<(), StoreError> {
    on!(connection, c => diesel::delete(draft::table.filter(draft::mailbox_id.eq(mailbox.key()))).execute(c))?;
    Ok(())
}

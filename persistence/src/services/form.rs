//! Forms of services, and the judgement of what was filled in (TK-9).

mod cost;
mod schema;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::max;
use diesel::prelude::*;
use domain::access::{MailboxAct, ServiceAct};
use domain::audit::{Object, ObjectKind};
use domain::conversation::Writing;
use domain::form::{AnswersText, FilledForm, Form, FormAnswers, FormName, FormSchema, FormTitle, MAX_FORMS};
use domain::id::{MailboxId, MessageId, ServiceId};

use crate::Store;
use crate::access::{Done, MailboxRef};
use crate::context::Context;
use crate::database::{Connection, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::mailboxes::conversation;
use crate::mailboxes::message_key::MessageKeys;
use crate::schema::{form, message_body};
use crate::services::service;
use crate::vault::{Field, MessageKey};

pub use self::schema::{SchemaFault, SchemaFaultReason};

const CORRUPT: StoreError = StoreError::Corrupt { what: "form" };

/// What of a message's text tells of a form.
#[derive(Queryable, Selectable)]
#[diesel(table_name = message_body)]
pub(crate) struct FilledRow {
    form_name: Option<String>,
    form_version: Option<i32>,
    form_answers: Option<Vec<u8>>,
}

type FormRow = (String, i32, String, String);

macro_rules! columns {
    () => {
        (form::name, form::version, form::title, form::schema)
    };
}

/// A form as a service wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewForm {
    /// The service's name for it.
    pub name: FormName,
    /// What people call it.
    pub title: FormTitle,
    /// What it asks, in which [`Store::form_schema_faults`] has found none.
    pub schema: FormSchema,
}

impl Store {
    /// Opens a form of a service, or a new version of it where something in it has changed. Says whether there is a new
    /// version. What was answered before keeps the version that was filled in.
    ///
    /// # Errors
    /// Refused, more forms than a service has, or the store away.
    pub async fn form_put(&self, context: &Context, service: ServiceId, new: NewForm) -> Result<(Form, bool), Failure> {
        self.change_forms(context, service, ServiceAct::REGISTER_FORM, move |connection, now| {
            put(connection, service, new, now)
        })
        .await
    }

    /// Takes a form out of use. What was answered stays.
    ///
    /// # Errors
    /// Refused, no such form in use, or the store away.
    pub async fn form_retire(&self, context: &Context, service: ServiceId, name: FormName) -> Result<(), Failure> {
        self.change_forms(context, service, ServiceAct::RETIRE_FORM, move |connection, now| {
            if retire(connection, service, &name, now)? == 0 { Err(Failure::NotFound) } else { Ok(()) }
        })
        .await
    }

    /// The forms of a service that are in use, for its own systems, by name.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn form_list(&self, context: &Context, service: ServiceId) -> Result<Vec<Form>, Failure> {
        self.read_service(context, service, ServiceAct::LIST_FORMS, move |_, connection, _| {
            Ok(Done::of(in_use(connection, service, None)?))
        })
        .await
    }

    /// The forms of a service that this mailbox can fill in, by name.
    ///
    /// # Errors
    /// Refused, no such service, or the store away.
    pub async fn recipient_forms(
        &self,
        context: &Context,
        mailbox: MailboxId,
        service: ServiceId,
    ) -> Result<Vec<Form>, Failure> {
        let which = MailboxRef::Id(mailbox);
        self.read_mailbox(context, which, MailboxAct::LIST_FORMS, None, move |_, connection, _| {
            service::fetch(connection, service)?.ok_or(Failure::NotFound)?;
            Ok(in_use(connection, service, None)?)
        })
        .await
    }

    /// Where a schema is none that answers can be judged by, for a caller who may change the service's forms: nobody else's
    /// schema is looked at.
    ///
    /// # Errors
    /// Refused, more waits to be judged than may, or the store away.
    pub async fn form_schema_faults(
        &self,
        context: &Context,
        service: ServiceId,
        schema: FormSchema,
    ) -> Result<Vec<SchemaFault>, Failure> {
        self.service_authorise(context, service, ServiceAct::REGISTER_FORM).await?;
        let judged = self.inner.judges.run(move || schema::faults(&schema)).await;
        Ok(judged.map_err(StoreError::from)?)
    }

    /// Judges a form that was filled in, outside of any transaction, for a caller to whom the door of the mailbox opens and
    /// whom the service lets write. Everything is decided again where it is written; until then it tells nobody anything.
    ///
    /// # Errors
    /// Refused, more waits to be judged than may, or the store away. Then nothing has been judged.
    pub(crate) async fn form_judge(
        &self,
        context: &Context,
        (mailbox, act): (MailboxId, MailboxAct),
        writing: &Writing,
    ) -> Result<Result<(), Failure>, Failure> {
        let text = match writing {
            Writing::Inquiry(new) => &new.text,
            Writing::Reply(_, text) => text,
        };
        let Some(FilledForm { form: name, version, answers }) = text.form.clone() else { return Ok(Ok(())) };
        let (which, wanted, now) = (MailboxRef::Id(mailbox), writing.clone(), context.now);
        let found = self
            .look_into_mailbox(context, which, act, None, move |_, connection, opened| {
                let addressee = conversation::addressee(connection, opened, &wanted, now);
                match addressee.and_then(|service| of_version(connection, service, &name, version)) {
                    Err(Failure::Store(error)) => Err(error.into()),
                    found => Ok(found),
                }
            })
            .await?
            .unshown();
        let form = match found {
            Ok(form) => form,
            Err(failure) => return Ok(Err(failure)),
        };
        let judged = self.inner.judges.run(move || schema::judge(&form.schema, &answers)).await;
        Ok(judged.map_err(StoreError::from)?)
    }

    async fn change_forms<T: Send + 'static>(
        &self,
        context: &Context,
        service: ServiceId,
        act: ServiceAct,
        work: impl FnOnce(&mut Connection, DateTime<Utc>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let now = context.now;
        self.write_service(context, service, act, move |_, connection, _| {
            service::lock(connection, service)?;
            Ok(Done::of(work(connection, now)?).about(Object { kind: ObjectKind::Service, id: service.as_uuid() }))
        })
        .await
    }
}

fn put(
    connection: &mut Connection,
    service: ServiceId,
    new: NewForm,
    now: DateTime<Utc>,
) -> Result<(Form, bool), Failure> {
    let NewForm { name, title, schema } = new;
    if let Some(known) = in_use(connection, service, Some(&name))?.pop() {
        if known.title == title && known.schema == schema {
            return Ok((known, false));
        }
        retire(connection, service, &name, now)?;
    } else if in_use(connection, service, None)?.len() >= MAX_FORMS {
        return Err(Failure::TooManyForms);
    }
    let last = on!(&mut *connection, c => form::table
        .filter(form::service_id.eq(service.key()))
        .filter(form::name.eq(name.as_str()))
        .select(max(form::version))
        .first::<Option<i32>>(c))?;
    let new = Form { version: last.unwrap_or(0) + 1, name, title, schema };
    on!(connection, c => diesel::insert_into(form::table)
        .values((
            form::service_id.eq(service.key()),
            form::name.eq(new.name.as_str()),
            form::version.eq(new.version),
            form::title.eq(new.title.as_str()),
            form::schema.eq(new.schema.as_str()),
            form::created_at.eq(Time(now)),
        ))
        .execute(c))?;
    Ok((new, true))
}

fn retire(
    connection: &mut Connection,
    service: ServiceId,
    name: &FormName,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    Ok(on!(connection, c => diesel::update(form::table)
        .filter(form::service_id.eq(service.key()))
        .filter(form::name.eq(name.as_str()))
        .filter(form::retired_at.is_null())
        .set(form::retired_at.eq(Time(now)))
        .execute(c))?)
}

/// The forms of a service that are in use: all, or the one of a name.
fn in_use(connection: &mut Connection, service: ServiceId, name: Option<&FormName>) -> Result<Vec<Form>, StoreError> {
    let rows = on!(connection, c => {
        let mut query = form::table
            .filter(form::service_id.eq(service.key()))
            .filter(form::retired_at.is_null())
            .order(form::name)
            .select(columns!())
            .into_boxed();
        if let Some(name) = name {
            query = query.filter(form::name.eq(name.as_str()));
        }
        query.load::<FormRow>(c)
    })?;
    rows.into_iter().map(form_from).collect()
}

fn form_from((name, version, title, schema): FormRow) -> Result<Form, StoreError> {
    Ok(Form {
        name: FormName::parse(&name).map_err(|_| CORRUPT)?,
        version,
        title: FormTitle::parse(&title).map_err(|_| CORRUPT)?,
        schema: FormSchema::parse(&schema).map_err(|_| CORRUPT)?,
    })
}

/// The form of this name, where this version of it is the one in use.
fn of_version(connection: &mut Connection, service: ServiceId, name: &FormName, version: i32) -> Result<Form, Failure> {
    let form = in_use(connection, service, Some(name))?.pop().ok_or(Failure::UnknownForm)?;
    if form.version == version { Ok(form) } else { Err(Failure::FormChanged { version: form.version }) }
}

/// Puts the answers with what was written. A form that changes between the judgement and this changes nothing: versions stay.
pub(crate) fn carry(
    connection: &mut Connection,
    key: &MessageKey,
    (mailbox, message): (MailboxId, MessageId),
    filled: &FilledForm,
) -> Result<(), StoreError> {
    let FilledForm { form: name, version, answers } = filled;
    let sealed = key.seal(message.as_uuid(), Field::FormAnswers, answers.expose().as_bytes());
    on!(connection, c => diesel::update(message_body::table.find((mailbox.key(), message.key())))
        .set((
            message_body::form_name.eq(name.as_str()),
            message_body::form_version.eq(version),
            message_body::form_answers.eq(sealed),
        ))
        .execute(c))?;
    Ok(())
}

/// The forms that messages of a service carry, of those that carry one and have a key.
pub(crate) fn answers<'f>(
    connection: &mut Connection,
    keys: &MessageKeys,
    service: ServiceId,
    filled: impl Iterator<Item = (MessageId, &'f FilledRow)>,
) -> Result<HashMap<MessageId, FormAnswers>, StoreError> {
    let filled: Vec<(MessageId, (&str, i32), &[u8])> = filled
        .filter(|(message, _)| keys.contains_key(message))
        .filter_map(|(message, row)| {
            Some((message, (row.form_name.as_deref()?, row.form_version?), row.form_answers.as_deref()?))
        })
        .collect();
    let mut forms: HashMap<(&str, i32), Form> = HashMap::new();
    for (_, (name, version), _) in &filled {
        if !forms.contains_key(&(*name, *version)) {
            let row = on!(&mut *connection, c => form::table
                .find((service.key(), name, version))
                .select(columns!())
                .first::<FormRow>(c)
                .optional())?;
            forms.insert((name, *version), form_from(row.ok_or(CORRUPT)?)?);
        }
    }
    let one = |(message, which, sealed): (MessageId, (&str, i32), &[u8])| {
        let key = keys.get(&message).ok_or(CORRUPT)?;
        let answers = key.open_text(message.as_uuid(), Field::FormAnswers, sealed).map_err(|_| CORRUPT)?;
        let answers = AnswersText::parse(&answers).map_err(|_| CORRUPT)?;
        Ok((message, FormAnswers { form: forms.get(&which).ok_or(CORRUPT)?.clone(), answers }))
    };
    filled.into_iter().map(one).collect()
}

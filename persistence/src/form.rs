//! Forms of services, and the judgement of what was filled in (TK-9).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::max;
use diesel::prelude::*;
use domain::access::{MailboxAct, ServiceAct};
use domain::audit::{Object, ObjectKind};
use domain::conversation::Writing;
use domain::form::{
    AnswerFault, AnswerFaultReason, AnswersText, FilledForm, Form, FormAnswers, FormName, FormSchema, FormTitle,
    MAX_FORMS,
};
use domain::id::{ConversationId, MailboxId, MessageId, ServiceId};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use crate::access::{Done, MailboxRef};
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::{conversation, form, message_body};
use crate::vault::{DataKey, Field};
use crate::{Store, service};

const CORRUPT: StoreError = StoreError::Corrupt { what: "form" };

/// What of a row of `message_body` tells of a form.
pub(crate) type FormColumns = (Option<String>, Option<i32>, Option<Vec<u8>>);

macro_rules! form_columns {
    () => {
        (
            $crate::schema::message_body::form_name,
            $crate::schema::message_body::form_version,
            $crate::schema::message_body::form_answers,
        )
    };
}
pub(crate) use form_columns;

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
    /// What it asks, in which [`schema_faults`] has found none.
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

    /// Judges a form that was filled in, outside of any transaction: what an organisation asks for may take long to
    /// check. It tells nobody anything before the door to the mailbox has opened.
    pub(crate) async fn form_judge(
        &self,
        mailbox: MailboxId,
        writing: &Writing,
    ) -> Result<Result<(), Failure>, Failure> {
        let (addressee, text) = match writing {
            Writing::Inquiry(new) => (Err(new.recipient), &new.text),
            Writing::Reply(conversation, text) => (Ok((mailbox, *conversation)), text),
        };
        let Some(FilledForm { form: name, version, answers }) = text.form.clone() else { return Ok(Ok(())) };
        let found = self
            .run(move |_, connection| {
                let service = match addressee {
                    Ok(conversation) => service_of(connection, conversation),
                    Err(service) => Ok(service),
                };
                Ok(service.and_then(|service| of_version(connection, service, &name, version)))
            })
            .await?;
        let form = match found {
            Ok(form) => form,
            Err(Failure::Store(error)) => return Err(error.into()),
            Err(failure) => return Ok(Err(failure)),
        };
        let judged = self.inner.threads.run(move || answer_faults(&form.schema, &answers)).await;
        let faults = judged.map_err(|error| StoreError::Unavailable(Box::new(error)))??;
        Ok(if faults.is_empty() { Ok(()) } else { Err(Failure::AnswersDoNotFit(faults)) })
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

fn service_of(connection: &mut Connection, (mailbox, id): (MailboxId, ConversationId)) -> Result<ServiceId, Failure> {
    let service = on!(connection, c => conversation::table
        .find((mailbox.key(), id.key()))
        .select(conversation::service_id)
        .first::<Id>(c)
        .optional())?;
    service.map(Into::into).ok_or(Failure::NotFound)
}

/// The form of this name, where this version of it is the one in use.
fn of_version(connection: &mut Connection, service: ServiceId, name: &FormName, version: i32) -> Result<Form, Failure> {
    let form = in_use(connection, service, Some(name))?.pop().ok_or(Failure::UnknownForm)?;
    if form.version == version { Ok(form) } else { Err(Failure::FormChanged { version: form.version }) }
}

/// Puts the answers with what was written. A form that changes between the judgement and this changes nothing: versions stay.
pub(crate) fn carry(
    connection: &mut Connection,
    key: &DataKey,
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

/// The forms that messages of a service carry, of those that carry one.
pub(crate) fn answers<'f>(
    connection: &mut Connection,
    key: &DataKey,
    service: ServiceId,
    filled: impl Iterator<Item = (MessageId, &'f FormColumns)>,
) -> Result<HashMap<MessageId, FormAnswers>, StoreError> {
    let filled: Vec<(MessageId, (&str, i32), &[u8])> = filled
        .filter_map(|(message, (name, version, answers))| {
            Some((message, (name.as_deref()?, (*version)?), answers.as_deref()?))
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
        let answers = key.open_text(message.as_uuid(), Field::FormAnswers, sealed).map_err(|_| CORRUPT)?;
        let answers = AnswersText::parse(&answers).map_err(|_| CORRUPT)?;
        Ok((message, FormAnswers { form: forms.get(&which).ok_or(CORRUPT)?.clone(), answers }))
    };
    filled.into_iter().map(one).collect()
}

/// Nothing is fetched from elsewhere, and no pattern takes longer than its text is long.
fn validator(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    let options = jsonschema::draft202012::options();
    options.should_validate_formats(true).with_pattern_options(PatternOptions::regex()).build(schema)
}

/// Where a schema is none for an object, or reaches elsewhere: JSON pointers into it.
#[must_use]
pub fn schema_faults(schema: &FormSchema) -> Vec<String> {
    const EDITION: &str = "https://json-schema.org/draft/2020-12/schema";
    let Ok(schema) = serde_json::from_str::<Value>(schema.as_str()) else { return vec![String::new()] };
    if schema.get("$schema").is_some_and(|edition| edition != EDITION) {
        return vec!["/$schema".to_owned()];
    }
    if schema.get("type").is_none_or(|kind| kind != "object") {
        return vec!["/type".to_owned()];
    }
    let meta = jsonschema::draft202012::meta::validator();
    let mut faults: Vec<String> = meta.iter_errors(&schema).map(|error| error.instance_path().to_string()).collect();
    if faults.is_empty() {
        faults.extend(validator(&schema).err().map(|error| error.instance_path().to_string()));
    }
    faults.sort_unstable();
    faults.dedup();
    faults
}

/// What is wrong with answers, all of it.
fn answer_faults(schema: &FormSchema, answers: &AnswersText) -> Result<Vec<AnswerFault>, StoreError> {
    let schema: Value = serde_json::from_str(schema.as_str()).map_err(|_| CORRUPT)?;
    let answers: Value = serde_json::from_str(answers.expose()).map_err(|_| CORRUPT)?;
    let validator = validator(&schema).map_err(|_| CORRUPT)?;
    Ok(validator.iter_errors(&answers).flat_map(|error| faults_of(&error)).collect())
}

fn faults_of(error: &ValidationError<'_>) -> Vec<AnswerFault> {
    let at = error.instance_path().to_string();
    let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let pointer = property.as_str().map_or_else(|| at.clone(), below);
            vec![AnswerFault { pointer, reason: AnswerFaultReason::Missing }]
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| AnswerFault { pointer: below(name), reason: AnswerFaultReason::NotAsked })
            .collect(),
        _ => {
            let rule = error.schema_path().to_string();
            vec![AnswerFault { pointer: at, reason: AnswerFaultReason::Breaks { rule } }]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(text: &str) -> FormSchema {
        FormSchema::parse(text).expect("a schema")
    }

    fn faults(of: &str, answers: &str) -> Vec<AnswerFault> {
        let answers = AnswersText::parse(answers).expect("answers");
        answer_faults(&schema(of), &answers).expect("a judgement")
    }

    #[test]
    fn tk_9_all_that_is_wrong_with_answers_is_told_at_once() {
        let form = r#"{"type":"object","required":["diet","a/b"],"additionalProperties":false,"properties":{
            "diet":{"enum":["none","vegetarian"]},"a/b":{},"visits":{"type":"integer","minimum":1}}}"#
            .replace('\n', " ");
        let found = faults(&form, r#"{"visits":0,"colour":"blue"}"#);
        let missing = |pointer: &str| AnswerFault { pointer: pointer.into(), reason: AnswerFaultReason::Missing };
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found.contains(&missing("/diet")) && found.contains(&missing("/a~1b")));
        assert!(found.contains(&AnswerFault { pointer: "/colour".into(), reason: AnswerFaultReason::NotAsked }));
        let rule = "/properties/visits/minimum".to_owned();
        assert!(found.contains(&AnswerFault { pointer: "/visits".into(), reason: AnswerFaultReason::Breaks { rule } }));
        assert_eq!(faults(&form, r#"{"visits":1,"diet":"none","a/b":null}"#), []);
    }

    #[test]
    fn a_schema_that_is_none_or_reaches_elsewhere_is_found_out() {
        let table = [
            (r#"{"type":"object"}"#, vec![]),
            (r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"}"#, vec![]),
            (r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}"#, vec!["/$schema"]),
            (r#"{"type":"array"}"#, vec!["/type"]),
            ("true", vec!["/type"]),
            (
                r#"{"type":"object","required":"a","properties":{"a":{"minimum":"x"}}}"#,
                vec!["/properties/a/minimum", "/required"],
            ),
            (r#"{"type":"object","$ref":"https://elsewhere.example/schema"}"#, vec![""]),
            (r##"{"type":"object","$ref":"#/$defs/none"}"##, vec![""]),
            (r#"{"type":"object","properties":{"a":{"pattern":"("}}}"#, vec!["/properties/a/pattern"]),
        ];
        for (text, expected) in table {
            assert_eq!(schema_faults(&schema(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_schema_without_end_and_a_pattern_that_backtracks_end() {
        let endless = r##"{"type":"object","$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}}}"##;
        assert_eq!(schema_faults(&schema(endless)), Vec::<String>::new());
        let _ = faults(endless, "{}");
        let slow = r#"{"type":"object","properties":{"a":{"pattern":"^(a+)+$"}}}"#;
        assert_eq!(faults(slow, &format!(r#"{{"a":"{}!"}}"#, "a".repeat(50_000))).len(), 1);
    }
}

//! A message as a service hands it in → a draft, with all that is wrong told at once.

use chrono::{DateTime, Utc};
use domain::attachment::MAX_FILES;
use domain::id::{MailboxId, UploadId};
use domain::identity::{NationalId, NumberSeries};
use domain::message::{Body, BodyFormat, Draft, ParentVisibility, Recipient, SenderReference, Subject};
use domain::rule::Rule;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::request::input::{Field, Unknown, Violations};
use crate::problem::{ApiError, Problem, ProblemKind, ViolationCode};
use crate::vocabulary;

/// A message.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageRequest {
    /// Who it is for.
    #[schema(value_type = RecipientRequest)]
    recipient: Field<RecipientRequest>,
    /// `letter` (formal, without reply), `dialogue`, `service` (information of no legal weight) or `appointmentLetter`.
    #[schema(value_type = vocabulary::MessageKind, example = "letter")]
    kind: Field<String>,
    /// The line shown in the overview: at most 120 characters.
    #[schema(value_type = String, max_length = 120, example = "Vedtak i klagesak")]
    subject: Field<String>,
    /// What it says: at most 100,000 characters.
    #[schema(value_type = String, max_length = 100_000, example = "Du har fått medhold.")]
    body: Field<String>,
    /// How the body is written: `text` (where left out) or `markdown`.
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::BodyFormat>, example = "text")]
    body_format: Field<String>,
    /// The sender's own name for the message, of at most 100 characters. Unique for each service, for ever.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100, example = "2026/1234-5")]
    sender_reference: Field<String>,
    /// Files handed in ahead, in the order in which they are shown: at most 20.
    #[serde(default)]
    #[schema(value_type = Option<Vec<AttachmentRequest>>, max_items = 20)]
    attachments: Field<Vec<Field<AttachmentRequest>>>,
    /// Who else may see it.
    #[serde(default)]
    #[schema(value_type = Option<VisibilityRequest>)]
    visibility: Field<VisibilityRequest>,
    /// Until when the sender hopes that it is read. Later than now.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    open_by: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A citizen, by one of the two. Never an employee (HK-2).
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecipientRequest {
    /// The citizen's national identity number.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "29827200059")]
    national_id: Field<String>,
    /// The citizen's mailbox.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    mailbox_id: Field<String>,
    #[serde(default)]
    #[schema(ignore)]
    hpr_number: Field<Value>,
    #[serde(default)]
    #[schema(ignore)]
    employee: Field<Value>,
    #[serde(default)]
    #[schema(ignore)]
    employee_id: Field<Value>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A file handed in ahead.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachmentRequest {
    /// The upload.
    #[schema(value_type = Uuid)]
    upload_id: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Who else may see a message. It narrows what the service allows, and never widens it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VisibilityRequest {
    /// Parents of a child: `never`, `until12`, or `until16`; as far as the service allows where left out.
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::ParentVisibility>, example = "until12")]
    parents: Field<String>,
    /// Holders of a power of attorney; as the service allows where left out.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    power_of_attorney: Field<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Reads a message.
///
/// # Errors
/// All that is wrong; a recipient who is an employee; too many files.
pub(super) fn draft(request: MessageRequest, series: NumberSeries, now: DateTime<Utc>) -> Result<Draft, ApiError> {
    let MessageRequest {
        recipient,
        kind,
        subject,
        body,
        body_format,
        sender_reference,
        attachments,
        visibility,
        open_by,
        unknown,
    } = request;
    let mut violations = Violations::new();
    let recipient = violations.required("/recipient", recipient);
    let recipient = match recipient {
        Some(recipient) => self::recipient(&mut violations, recipient, series)?,
        None => None,
    };
    let kind = violations.required("/kind", kind);
    let kind = violations.choice("/kind", kind);
    let subject = violations.required("/subject", subject);
    let subject = violations.parse("/subject", subject, Subject::parse);
    let body = violations.required("/body", body);
    let body = violations.parse("/body", body, Body::parse);
    let body_format = self::body_format(&mut violations, body_format);
    let sender_reference = violations.optional("/senderReference", sender_reference);
    let sender_reference = violations.parse("/senderReference", sender_reference, SenderReference::parse);
    let uploads = uploads(&mut violations, attachments)?;
    let (parents, power_of_attorney) = match violations.optional("/visibility", visibility) {
        Some(visibility) => self::visibility(&mut violations, visibility),
        None => (None, None),
    };
    let open_by = violations.optional("/openBy", open_by);
    let open_by = violations.time("/openBy", open_by);
    violations.unknown("", &unknown);
    // A time that has passed, and nothing else, is for the store to refuse: a request that was accepted in time gets its
    // first answer again, however late it is repeated.
    if open_by.is_some_and(|open_by| open_by <= now) && !violations.is_empty() {
        violations.add("/openBy", ViolationCode::InThePast);
    }
    let (Some(recipient), Some(kind), Some(subject), Some(body)) = (recipient, kind, subject, body) else {
        return Err(violations.into_error());
    };
    violations.finish()?;
    Ok(Draft {
        recipient,
        kind,
        subject,
        body,
        body_format,
        sender_reference,
        uploads,
        parents,
        power_of_attorney,
        open_by,
    })
}

/// Reads who something is for.
///
/// # Errors
/// An employee (HK-2).
pub(in crate::http) fn recipient(
    violations: &mut Violations,
    request: RecipientRequest,
    series: NumberSeries,
) -> Result<Option<Recipient>, ApiError> {
    let RecipientRequest { national_id, mailbox_id, hpr_number, employee, employee_id, unknown } = request;
    if [&hpr_number, &employee, &employee_id].iter().any(|field| !matches!(field, Field::Missing)) {
        return Err(Problem::new(ProblemKind::RecipientIsEmployee).rule(Rule::Hk2).into());
    }
    if national_id.is_given() == mailbox_id.is_given() {
        violations.add("/recipient", ViolationCode::ExactlyOneOf { fields: &["nationalId", "mailboxId"] });
    }
    let national_id = violations.optional("/recipient/nationalId", national_id);
    let person = violations.parse("/recipient/nationalId", national_id, |text| NationalId::parse(text, series));
    let mailbox_id = violations.optional("/recipient/mailboxId", mailbox_id);
    let mailbox = violations.id("/recipient/mailboxId", mailbox_id, MailboxId::from);
    violations.unknown("/recipient", &unknown);
    Ok(person.map(Recipient::Person).or(mailbox.map(Recipient::Mailbox)))
}

/// Reads how a body is written: as plain text where that is left out.
pub(in crate::http) fn body_format(violations: &mut Violations, body_format: Field<String>) -> BodyFormat {
    let body_format = violations.optional("/bodyFormat", body_format);
    violations.choice("/bodyFormat", body_format).unwrap_or(BodyFormat::Text)
}

/// Reads which files handed in ahead are meant.
///
/// # Errors
/// More than a message carries.
pub(in crate::http) fn uploads(
    violations: &mut Violations,
    attachments: Field<Vec<Field<AttachmentRequest>>>,
) -> Result<Vec<UploadId>, ApiError> {
    let attachments = violations.optional("/attachments", attachments).unwrap_or_default();
    if attachments.len() > MAX_FILES {
        return Err(ProblemKind::TooManyFiles.into());
    }
    let mut uploads = Vec::with_capacity(attachments.len());
    for (place, attachment) in attachments.into_iter().enumerate() {
        let Some(attachment) = violations.required(&format!("/attachments/{place}"), attachment) else { continue };
        let AttachmentRequest { upload_id, unknown } = attachment;
        let pointer = format!("/attachments/{place}/uploadId");
        let upload_id = violations.required(&pointer, upload_id);
        if let Some(upload) = violations.id(&pointer, upload_id, UploadId::from) {
            if uploads.contains(&upload) {
                violations.add(pointer, ViolationCode::Duplicate);
            }
            uploads.push(upload);
        }
        violations.unknown(&format!("/attachments/{place}"), &unknown);
    }
    Ok(uploads)
}

fn visibility(violations: &mut Violations, request: VisibilityRequest) -> (Option<ParentVisibility>, Option<bool>) {
    let VisibilityRequest { parents, power_of_attorney, unknown } = request;
    let parents = violations.optional("/visibility/parents", parents);
    let parents = violations.choice("/visibility/parents", parents);
    let power_of_attorney = violations.optional("/visibility/powerOfAttorney", power_of_attorney);
    violations.unknown("/visibility", &unknown);
    (parents, power_of_attorney)
}

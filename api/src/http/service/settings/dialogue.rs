//! How citizens write to a service.

use domain::attachment::MAX_FILE_BYTES;
use domain::dialogue::{DialoguePolicy, Inquiry, PageAddress, RefusedSubject, RetentionPolicy};
use domain::organisation::Name;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::request::input::{Field, Unknown, Violations};
use crate::problem::ViolationCode;

/// The most subjects that a service refuses.
const MAX_REFUSED_SUBJECTS: usize = 100;

/// The most days and hours that a service can ask for: a year.
const MAX_DAYS: i64 = 365;
const MAX_HOURS: i64 = MAX_DAYS * 24;

/// How citizens write to a service.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DialogueRequest {
    /// What they may write: `dialogue` and `letter`. Nothing where left out. Requests for access (PP-8) are always taken.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["dialogue"]))]
    accepts: Field<Vec<Field<String>>>,
    /// Whether only those may write who receive the service (DH-8). `true` where left out.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    requires_relationship: Field<bool>,
    /// Whether citizens answer in a conversation; else they begin a new one. `true` where left out.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    takes_replies: Field<bool>,
    /// What it takes on a form (TK-2): at most 100.
    #[serde(default)]
    #[schema(value_type = Option<Vec<RefusedSubjectRequest>>, max_items = 100)]
    refused_subjects: Field<Vec<Field<RefusedSubjectRequest>>>,
    /// The largest file that it takes, in bytes: 30 MiB where left out.
    #[serde(default)]
    #[schema(value_type = Option<u64>, minimum = 1, maximum = 31_457_280)]
    max_attachment_bytes: Field<i64>,
    /// Within how many working days it mostly answers.
    #[serde(default)]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 365)]
    expected_reply_days: Field<i64>,
    /// How many hours before an appointment a citizen may still cancel it; not at all where left out (DH-2).
    #[serde(default)]
    #[schema(value_type = Option<u16>, minimum = 0, maximum = 8760)]
    cancellation_limit_hours: Field<i64>,
    /// How many days its journal has to confirm what was marked as relevant to care (TK-3): 7 where left out.
    #[serde(default)]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 365)]
    archiving_deadline_days: Field<i64>,
    /// Which of the organisation's rules on keeping and deleting holds.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    retention_policy: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A subject that is taken on a form and not as a message.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefusedSubjectRequest {
    /// What it is called. A message whose subject contains these words, in this order, is refused.
    #[schema(value_type = String, max_length = 200, example = "Søknad om hjemmehjelp")]
    name: Field<String>,
    /// Where the form is: an address that begins with `https://`.
    #[schema(value_type = String, max_length = 500, example = "https://solvika.example/skjema")]
    form: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// How citizens write to a service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DialogueView {
    /// What they may write: `dialogue` and `letter`.
    #[schema(example = json!(["dialogue"]))]
    accepts: Vec<&'static str>,
    /// Whether only those may write who receive the service.
    requires_relationship: bool,
    /// Whether citizens answer in a conversation.
    takes_replies: bool,
    /// What it takes on a form.
    refused_subjects: Vec<RefusedSubjectView>,
    /// The largest file that it takes, in bytes.
    max_attachment_bytes: u64,
    /// Within how many working days it mostly answers.
    #[schema(required)]
    expected_reply_days: Option<u16>,
    /// How many hours before an appointment a citizen may still cancel it.
    #[schema(required)]
    cancellation_limit_hours: Option<u16>,
    /// How many days its journal has to confirm what was marked as relevant to care.
    archiving_deadline_days: u16,
    /// Which of the organisation's rules on keeping and deleting holds.
    #[schema(required)]
    retention_policy: Option<String>,
}

/// A subject that is taken on a form and not as a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefusedSubjectView {
    /// What it is called.
    #[schema(example = "Søknad om hjemmehjelp")]
    name: String,
    /// Where the form is.
    #[schema(example = "https://solvika.example/skjema")]
    form: String,
}

impl From<&RefusedSubject> for RefusedSubjectView {
    fn from(refused: &RefusedSubject) -> Self {
        Self { name: refused.name.as_str().to_owned(), form: refused.form.as_str().to_owned() }
    }
}

impl From<DialoguePolicy> for DialogueView {
    fn from(policy: DialoguePolicy) -> Self {
        let DialoguePolicy {
            accepts,
            requires_relationship,
            takes_replies,
            refused_subjects,
            max_attachment_bytes,
            expected_reply_days,
            cancellation_limit_hours,
            archiving_deadline_days,
            retention_policy,
        } = policy;
        Self {
            accepts: accepts.into_iter().map(Inquiry::as_word).collect(),
            requires_relationship,
            takes_replies,
            refused_subjects: refused_subjects.iter().map(RefusedSubjectView::from).collect(),
            max_attachment_bytes,
            expected_reply_days,
            cancellation_limit_hours,
            archiving_deadline_days,
            retention_policy: retention_policy.map(|policy| policy.as_str().to_owned()),
        }
    }
}

/// Reads it; what is left out is as in [`DialoguePolicy::CLOSED`].
pub(super) fn policy(violations: &mut Violations, request: DialogueRequest) -> DialoguePolicy {
    let DialogueRequest {
        accepts,
        requires_relationship,
        takes_replies,
        refused_subjects,
        max_attachment_bytes,
        expected_reply_days,
        cancellation_limit_hours,
        archiving_deadline_days,
        retention_policy,
        unknown,
    } = request;
    let closed = DialoguePolicy::CLOSED;
    let accepts = violations.optional("/dialogue/accepts", accepts).unwrap_or_default();
    let accepts = inquiries(violations, accepts);
    let requires_relationship = violations.optional("/dialogue/requiresRelationship", requires_relationship);
    let takes_replies = violations.optional("/dialogue/takesReplies", takes_replies);
    let subjects = violations.optional("/dialogue/refusedSubjects", refused_subjects).unwrap_or_default();
    let refused_subjects = self::refused_subjects(violations, subjects);
    let max_bytes = i64::try_from(MAX_FILE_BYTES).unwrap_or(i64::MAX);
    let mut number = |name: &str, field, range| {
        let pointer = format!("/dialogue/{name}");
        let value = violations.optional(&pointer, field);
        violations.in_range(&pointer, value, range)
    };
    let max_attachment_bytes = number("maxAttachmentBytes", max_attachment_bytes, 1..=max_bytes);
    let small = |value: Option<i64>| value.and_then(|value| u16::try_from(value).ok());
    let expected_reply_days = small(number("expectedReplyDays", expected_reply_days, 1..=MAX_DAYS));
    let cancellation_limit_hours = small(number("cancellationLimitHours", cancellation_limit_hours, 0..=MAX_HOURS));
    let archiving_deadline_days = small(number("archivingDeadlineDays", archiving_deadline_days, 1..=MAX_DAYS));
    let retention = violations.optional("/dialogue/retentionPolicy", retention_policy);
    let retention_policy = violations.parse("/dialogue/retentionPolicy", retention, RetentionPolicy::parse);
    violations.unknown("/dialogue", &unknown);
    DialoguePolicy {
        accepts,
        requires_relationship: requires_relationship.unwrap_or(closed.requires_relationship),
        takes_replies: takes_replies.unwrap_or(closed.takes_replies),
        refused_subjects,
        max_attachment_bytes: max_attachment_bytes
            .and_then(|bytes| u64::try_from(bytes).ok())
            .unwrap_or(closed.max_attachment_bytes),
        expected_reply_days,
        cancellation_limit_hours,
        archiving_deadline_days: archiving_deadline_days.unwrap_or(closed.archiving_deadline_days),
        retention_policy,
    }
}

fn inquiries(violations: &mut Violations, words: Vec<Field<String>>) -> Vec<Inquiry> {
    let mut accepted = Vec::new();
    for (place, word) in words.into_iter().enumerate() {
        let pointer = format!("/dialogue/accepts/{place}");
        let word = violations.required(&pointer, word);
        match violations.choice_of(&pointer, word, &[Inquiry::Dialogue, Inquiry::Letter]) {
            Some(inquiry) if accepted.contains(&inquiry) => violations.add(pointer, ViolationCode::Duplicate),
            inquiry => accepted.extend(inquiry),
        }
    }
    accepted
}

fn refused_subjects(violations: &mut Violations, requests: Vec<Field<RefusedSubjectRequest>>) -> Vec<RefusedSubject> {
    if requests.len() > MAX_REFUSED_SUBJECTS {
        violations.add("/dialogue/refusedSubjects", ViolationCode::TooMany { max: MAX_REFUSED_SUBJECTS });
        return vec![];
    }
    let mut subjects = Vec::new();
    for (place, request) in requests.into_iter().enumerate() {
        let at = format!("/dialogue/refusedSubjects/{place}");
        let Some(RefusedSubjectRequest { name, form, unknown }) = violations.required(&at, request) else { continue };
        let name = violations.required(&format!("{at}/name"), name);
        let name = violations.parse(&format!("{at}/name"), name, Name::parse);
        let form = violations.required(&format!("{at}/form"), form);
        let form = violations.parse(&format!("{at}/form"), form, PageAddress::parse);
        violations.unknown(&at, &unknown);
        subjects.extend(name.zip(form).map(|(name, form)| RefusedSubject { name, form }));
    }
    subjects
}

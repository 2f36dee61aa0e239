//! What the contact register of the sandbox has of a person: shown, and changed.

use chrono::{DateTime, Utc};
use domain::contact_register::{ContactLanguage, ContactPoint, DigitalMailbox, Entry, Status};
use domain::identity::OrganisationNumber;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::request::input::{Field, Unknown, Violations};
use crate::sandbox::contact_register::{LineChange, Mailbox, Point, certificate_end};
use crate::vocabulary;

/// What the contact register says of a person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactView {
    /// Whether they are reserved against digital communication.
    reserved: bool,
    /// `active`, `deleted` or `notRegistered`.
    #[schema(example = "active")]
    status: &'static str,
    /// Follows from the rest: active, not reserved, and an address confirmed within 18 months.
    can_be_notified: bool,
    /// `nb`, `nn`, `en` or `se`.
    #[schema(value_type = Option<vocabulary::ContactLanguage>)]
    language: Option<&'static str>,
    email: Option<ContactPointView>,
    mobile: Option<ContactPointView>,
    /// The mailbox that they have chosen at a provider.
    mailbox: Option<ContactMailboxView>,
}

/// An address at which a person is notified.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactPointView {
    address: String,
    /// When they last confirmed it.
    verified_at: Option<DateTime<Utc>>,
}

/// A mailbox at a provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactMailboxView {
    /// The provider, by organisation number.
    #[schema(example = "984661185")]
    provider: String,
    /// Until when its certificate holds.
    certificate_until: Option<DateTime<Utc>>,
}

/// What the contact register is to say from now on. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactChangeRequest {
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false)]
    reserved: Field<bool>,
    /// `active`, `deleted` or `notRegistered`.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, example = "active")]
    status: Field<String>,
    /// `nb`, `nn`, `en` or `se`.
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::ContactLanguage>, example = "nb")]
    language: Field<String>,
    #[serde(default)]
    #[schema(value_type = Option<ContactPointRequest>)]
    email: Field<ContactPointRequest>,
    #[serde(default)]
    #[schema(value_type = Option<ContactPointRequest>)]
    mobile: Field<ContactPointRequest>,
    #[serde(default)]
    #[schema(value_type = Option<ContactMailboxRequest>)]
    mailbox: Field<ContactMailboxRequest>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// An address at which a person is notified.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactPointRequest {
    #[schema(value_type = String, example = "kari@example.com")]
    address: Field<String>,
    /// When they last confirmed it. Again and again, however far the clock is moved, where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    verified_at: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A mailbox at a provider.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactMailboxRequest {
    /// The provider, by organisation number; any.
    #[schema(value_type = String, example = "984661185")]
    provider: Field<String>,
    /// Until when its certificate holds. For decades where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    certificate_until: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

impl From<Entry> for ContactView {
    fn from(entry: Entry) -> Self {
        let Entry { national_id: _, is_reserved, status, can_be_notified, language, email, mobile, mailbox } = entry;
        let point = |point: ContactPoint| ContactPointView {
            address: point.expose().to_owned(),
            verified_at: point.verified_at,
        };
        let shown = |mailbox: DigitalMailbox| ContactMailboxView {
            provider: mailbox.provider.as_str().to_owned(),
            certificate_until: mailbox.certificate.map(|certificate| certificate.valid_until),
        };
        Self {
            reserved: is_reserved,
            status: status.as_word(),
            can_be_notified,
            language: language.map(ContactLanguage::as_word),
            email: email.map(point),
            mobile: mobile.map(point),
            mailbox: mailbox.map(shown),
        }
    }
}

/// Reads what is to be changed.
pub(super) fn change(violations: &mut Violations, request: ContactChangeRequest) -> LineChange {
    let ContactChangeRequest { reserved, status, language, email, mobile, mailbox, unknown } = request;
    let is_reserved = match reserved {
        Field::Missing => None,
        reserved => violations.required("/contact/reserved", reserved),
    };
    let status = match status {
        Field::Missing => None,
        status => violations.required("/contact/status", status),
    };
    let status: Option<Status> = violations.choice("/contact/status", status);
    let language = nullable(violations, "/contact/language", language, |violations, pointer, word| {
        violations.choice::<ContactLanguage>(pointer, Some(word))
    });
    let email = nullable(violations, "/contact/email", email, point);
    let mobile = nullable(violations, "/contact/mobile", mobile, point);
    let mailbox = nullable(violations, "/contact/mailbox", mailbox, self::mailbox);
    violations.unknown("/contact", &unknown);
    LineChange { is_reserved, status, language, email, mobile, mailbox }
}

/// What can be left out, which changes nothing, or be `null`, which takes it away.
fn nullable<T, R>(
    violations: &mut Violations,
    pointer: &str,
    field: Field<T>,
    read: impl FnOnce(&mut Violations, &str, T) -> Option<R>,
) -> Option<Option<R>> {
    match field {
        Field::Missing => None,
        Field::Null => Some(None),
        field => {
            let value = violations.optional(pointer, field)?;
            read(violations, pointer, value).map(Some)
        }
    }
}

fn point(violations: &mut Violations, pointer: &str, request: ContactPointRequest) -> Option<Point> {
    let ContactPointRequest { address, verified_at, unknown } = request;
    let address = violations.required(&format!("{pointer}/address"), address);
    let at = format!("{pointer}/verifiedAt");
    let verified_at = violations.optional(&at, verified_at);
    let verified_at = violations.time(&at, verified_at);
    violations.unknown(pointer, &unknown);
    Some(Point { address: address?, verified_at })
}

fn mailbox(violations: &mut Violations, pointer: &str, request: ContactMailboxRequest) -> Option<Mailbox> {
    let ContactMailboxRequest { provider, certificate_until, unknown } = request;
    let at = format!("{pointer}/provider");
    let provider = violations.required(&at, provider);
    let provider = violations.parse(&at, provider, OrganisationNumber::parse);
    let at = format!("{pointer}/certificateUntil");
    let certificate_until = violations.optional(&at, certificate_until);
    let certificate_until = violations.time(&at, certificate_until).unwrap_or_else(certificate_end);
    violations.unknown(pointer, &unknown);
    Some(Mailbox { provider: provider?, certificate_until })
}

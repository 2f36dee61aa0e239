//! How notices are sent: the gateway for SMS, and the mail server.

use lettre::message::Mailbox;
use secrecy::SecretString;
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::reader::Reader;
use super::url;

/// How notices are sent. What is not set is not used.
#[derive(Clone, Default)]
pub struct NotificationSettings {
    /// The gateway for SMS.
    pub sms: Option<SmsSettings>,
    /// The mail server.
    pub email: Option<EmailSettings>,
}

/// How a gateway wants its requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum SmsShape {
    /// JSON with `to`, `from`, `text` and `reference`, and a bearer token.
    Json,
    /// A form with `To`, `From` and `Body`, and a user with a password.
    Form,
}

/// A gateway for SMS.
#[derive(Clone)]
pub struct SmsSettings {
    /// Where requests go.
    pub url: String,
    /// What they look like.
    pub shape: SmsShape,
    /// Whom recipients see as the sender.
    pub sender: String,
    /// Our user, with `form`.
    pub user: Option<String>,
    /// Our token or password.
    pub secret: SecretString,
}

/// How the connection to a mail server is kept from others' eyes. Without that there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum EmailEncryption {
    /// From the first byte on.
    Tls,
    /// From the command `STARTTLS` on, which the server must know.
    Starttls,
}

/// A mail server.
#[derive(Clone)]
pub struct EmailSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: EmailEncryption,
    /// Our user, where the server asks for one.
    pub user: Option<String>,
    /// And the password.
    pub password: Option<SecretString>,
    /// Whom recipients see as the sender.
    pub from: Mailbox,
}

pub(super) fn notifications(reader: &mut Reader<'_>) -> NotificationSettings {
    NotificationSettings { sms: sms(reader), email: email(reader) }
}

fn sms(reader: &mut Reader<'_>) -> Option<SmsSettings> {
    let url = reader.parsed("notifications.sms.url", url::store_endpoint);
    let shape = reader.word("notifications.sms.shape");
    let sender = reader.parsed("notifications.sms.sender", |text| {
        let is_right = text.chars().count() <= 11 && text.chars().all(|char| char.is_ascii_alphanumeric());
        if is_right { Ok(text.to_owned()) } else { Err("must be at most 11 letters and digits") }
    });
    let user = reader.text("notifications.sms.user");
    let secret = reader.secret("notifications.sms.secret");
    if url.is_none() && shape.is_none() && sender.is_none() && user.is_none() && secret.is_none() {
        return None;
    }
    if url.as_ref().is_some_and(|url| url.starts_with("http://")) {
        reader.problem("notifications.sms.url", "must be https: it carries telephone numbers");
    }
    for (place, is_there) in [("notifications.sms.url", url.is_some()), ("notifications.sms.secret", secret.is_some())]
    {
        if !is_there {
            reader.missing(place, "must be set where notifications.sms is");
        }
    }
    let shape = shape.unwrap_or(SmsShape::Json);
    if shape == SmsShape::Form && user.is_none() {
        reader.missing("notifications.sms.user", "must be set with the shape form");
    }
    Some(SmsSettings {
        url: url?,
        shape,
        sender: sender.unwrap_or_else(|| "Brevdue".to_owned()),
        user,
        secret: secret?,
    })
}

fn email(reader: &mut Reader<'_>) -> Option<EmailSettings> {
    let host = reader.text("notifications.email.host");
    let port = reader.number("notifications.email.port", 1..=65_535).and_then(|port| u16::try_from(port).ok());
    let encryption = reader.word("notifications.email.encryption");
    let user = reader.text("notifications.email.user");
    let password = reader.secret("notifications.email.password");
    let from = reader.parsed("notifications.email.from", |text| {
        text.parse::<Mailbox>().map_err(|_| "must be an address: Brevdue <ikke-svar@brevdue.example>")
    });
    if host.is_none()
        && port.is_none()
        && encryption.is_none()
        && user.is_none()
        && password.is_none()
        && from.is_none()
    {
        return None;
    }
    for (place, is_there) in
        [("notifications.email.host", host.is_some()), ("notifications.email.from", from.is_some())]
    {
        if !is_there {
            reader.missing(place, "must be set where notifications.email is");
        }
    }
    if user.is_some() != password.is_some() {
        reader.missing("notifications.email.password", "must be set: user and password come together or not at all");
    }
    let encryption = encryption.unwrap_or(EmailEncryption::Starttls);
    let usual = match encryption {
        EmailEncryption::Tls => 465,
        EmailEncryption::Starttls => 587,
    };
    Some(EmailSettings { host: host?, port: port.unwrap_or(usual), encryption, user, password, from: from? })
}

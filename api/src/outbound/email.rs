//! E-mail by a mail server (SMTP with TLS).

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use secrecy::ExposeSecret as _;

use super::{Messenger, OutgoingNotice, SendError};
use crate::settings::{EmailEncryption, EmailSettings};

const TIMEOUT: Duration = Duration::from_secs(10);

/// A mail server, and who we are there.
pub(crate) struct EmailServer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl EmailServer {
    /// # Errors
    /// When no TLS client can be made.
    pub(crate) fn new(settings: EmailSettings) -> Result<Self, lettre::transport::smtp::Error> {
        let EmailSettings { host, port, encryption, user, password, from } = settings;
        let builder = match encryption {
            EmailEncryption::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(&host)?,
            EmailEncryption::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&host)?,
        };
        let builder = builder.port(port).timeout(Some(TIMEOUT));
        let builder = match user.zip(password) {
            Some((user, password)) => builder.credentials(Credentials::new(user, password.expose_secret().to_owned())),
            None => builder,
        };
        Ok(Self { transport: builder.build(), from })
    }
}

/// The e-mail. Its id is that of the notice, so that who gets it twice can tell.
fn message(from: &Mailbox, notice: &OutgoingNotice) -> Result<Message, SendError> {
    let refused = |error: &dyn std::error::Error| SendError::Refused(error.to_string().into());
    let to = notice.to.parse().map_err(|_| SendError::Refused("not an address".into()))?;
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    let message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(&*notice.subject)
        .message_id(Some(format!("<{}@{}>", notice.id, from.email.domain())))
        // Nobody's holiday answers it (RFC 3834).
        .raw_header(HeaderValue::new(name, "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN)
        .body(notice.text.clone());
    message.map_err(|error| refused(&error))
}

impl Messenger for EmailServer {
    fn send<'a>(&'a self, notice: &'a OutgoingNotice) -> BoxFuture<'a, Result<(), SendError>> {
        async {
            let message = message(&self.from, notice)?;
            match self.transport.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() => Err(SendError::Refused(error.into())),
                Err(error) => Err(SendError::Away(error.into())),
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod unit {
    use super::*;
    use domain::id::NoticeId;

    #[test]
    fn an_email_is_known_by_the_notice_and_answered_by_no_machine() {
        let from: Mailbox = "Brevdue <ikke-svar@brevdue.example>".parse().expect("an address");
        let id = NoticeId::from(uuid::Uuid::from_u128(7));
        let to = "kari@example.no".to_owned();
        let notice =
            OutgoingNotice { id, to, subject: "Ny melding".into(), text: "Du har fått en melding.".to_owned() };

        let written = message(&from, &notice).expect("an e-mail").formatted();

        let written = String::from_utf8(written).expect("text");
        for line in [
            "From: Brevdue <ikke-svar@brevdue.example>",
            "To: kari@example.no",
            "Message-ID: <00000000-0000-0000-0000-000000000007@brevdue.example>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(written.lines().any(|of| of == line), "{line} in {written}");
        }
        let nobody = OutgoingNotice { to: "nobody".to_owned(), ..notice };
        assert!(matches!(message(&from, &nobody), Err(SendError::Refused(_))));
    }
}

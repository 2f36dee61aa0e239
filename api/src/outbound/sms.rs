//! SMS by a gateway that takes one message in one HTTP request, as nearly all do. Two shapes of request cover the common
//! ones: JSON with a bearer token, and a form with a user and a password.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde::Serialize;

use super::http::client_for;
use super::{Messenger, OutgoingNotice, SendError};
use crate::settings::{SmsSettings, SmsShape};

const TIMEOUT: Duration = Duration::from_secs(10);

/// A gateway.
pub(crate) struct SmsGateway {
    client: Client,
    settings: SmsSettings,
}

/// The body of the shape `json`.
#[derive(Serialize)]
struct JsonBody<'n> {
    to: &'n str,
    from: &'n str,
    text: &'n str,
    reference: String,
}

impl SmsGateway {
    /// # Errors
    /// When no TLS client can be made.
    pub(crate) fn new(settings: SmsSettings) -> Result<Self, reqwest::Error> {
        let client = client_for(&settings.url, TIMEOUT)?;
        Ok(Self { client, settings })
    }

    fn request(&self, notice: &OutgoingNotice) -> RequestBuilder {
        let SmsSettings { url, shape, sender, user, secret } = &self.settings;
        let request = self.client.post(url.as_str()).header("idempotency-key", notice.id.to_string());
        match shape {
            SmsShape::Json => {
                let body =
                    JsonBody { to: &notice.to, from: sender, text: &notice.text, reference: notice.id.to_string() };
                request.bearer_auth(secret.expose_secret()).json(&body)
            }
            SmsShape::Form => request
                .basic_auth(user.as_deref().unwrap_or_default(), Some(secret.expose_secret()))
                .form(&[("To", notice.to.as_str()), ("From", sender), ("Body", &notice.text)]),
        }
    }
}

impl Messenger for SmsGateway {
    fn send<'a>(&'a self, notice: &'a OutgoingNotice) -> BoxFuture<'a, Result<(), SendError>> {
        async {
            let answer = self.request(notice).send().await?;
            let status = answer.status();
            // The body is not looked at: it may be anything, of any length.
            match status {
                _ if status.is_success() => Ok(()),
                StatusCode::REQUEST_TIMEOUT
                | StatusCode::CONFLICT
                | StatusCode::TOO_EARLY
                | StatusCode::TOO_MANY_REQUESTS
                // Our own credentials are wrong, which says nothing of the notice.
                | StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN => Err(SendError::Away(status.to_string().into())),
                _ if status.is_client_error() => Err(SendError::Refused(status.to_string().into())),
                _ => Err(SendError::Away(status.to_string().into())),
            }
        }
        .boxed()
    }
}

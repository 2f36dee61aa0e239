//! What asking a register of another organisation has in common: a token from Maskinporten, an answer that is not too
//! long, and leaving the register alone for a moment after it failed, so that people do not wait for it in turn.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::http::{CallError, body_of, client_for};
use super::maskinporten::{Maskinporten, TokenError};

/// How long a register is left alone after it did not answer.
const PAUSE: Duration = Duration::from_secs(2);

/// Why a register said nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// Nothing to get in with.
    #[error("no token for the register")]
    Token(#[from] TokenError),
    /// No answer, or one that is of no use.
    #[error("the register was called in vain")]
    Call(#[from] CallError),
    /// What it says of anybody is not to be trusted.
    #[error("the register answered for another person than asked")]
    AnotherPerson,
    /// With everything that it takes to ask it.
    #[error("the register did not answer in time")]
    TooLate,
    /// It was not asked.
    #[error("the register did not answer a moment ago")]
    LeftAlone,
}

/// A register at an address.
pub(super) struct RegisterClient {
    url: String,
    scopes: String,
    most_bytes: usize,
    client: reqwest::Client,
    maskinporten: Maskinporten,
    failed_at: Mutex<Option<Instant>>,
}

impl RegisterClient {
    /// A client with tokens for these scopes. An answer has at most `most_bytes`.
    ///
    /// # Errors
    /// When no TLS client can be made.
    pub(super) fn new(
        url: String,
        scopes: String,
        maskinporten: Maskinporten,
        timeout: Duration,
        most_bytes: usize,
    ) -> Result<Self, reqwest::Error> {
        let client = client_for(&url, timeout)?;
        Ok(Self { url, scopes, most_bytes, client, maskinporten, failed_at: Mutex::default() })
    }

    /// Asks, unless the register failed a moment ago.
    pub(super) async fn unless_away<T>(
        &self,
        question: impl Future<Output = Result<T, AskError>>,
    ) -> Result<T, AskError> {
        if self.failed_at().is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(AskError::LeftAlone);
        }
        let answer = question.await;
        *self.failed_at() = answer.is_err().then(Instant::now);
        answer
    }

    fn failed_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.failed_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body of the answer to a question. Who is asked about stands in the question, never in the address.
    pub(super) async fn post(&self, query: &str, question: &Value) -> Result<Vec<u8>, AskError> {
        let token = self.maskinporten.token(&self.scopes).await?;
        match self.call(query, question, &token).await {
            // A token that was taken back, or a key that was changed: once more with a new one.
            Err(CallError::Status(401)) => {
                self.maskinporten.forget(&self.scopes, &token).await;
                let token = self.maskinporten.token(&self.scopes).await?;
                Ok(self.call(query, question, &token).await?)
            }
            body => Ok(body?),
        }
    }

    async fn call(&self, query: &str, question: &Value, token: &SecretString) -> Result<Vec<u8>, CallError> {
        let request = self.client.post(format!("{}{query}", self.url)).bearer_auth(token.expose_secret());
        let response = request.header("accept", "application/json").json(question).send().await?;
        body_of(response, self.most_bytes).await
    }
}

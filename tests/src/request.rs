//! One request, as an actor makes it.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::Answer;

/// A request. Awaiting it sends it.
pub struct Request {
    builder: RequestBuilder,
    asked: String,
}

impl Request {
    pub(crate) fn new(client: &reqwest::Client, method: Method, base: &str, path: &str, token: Option<&str>) -> Self {
        let asked = format!("{method} {path}");
        let builder = client.request(method, format!("{base}{path}"));
        let builder = match token {
            Some(token) => builder.bearer_auth(token),
            None => builder,
        };
        Self { builder, asked }
    }

    fn with(self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        Self { builder: change(self.builder), asked: self.asked }
    }

    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|builder| builder.header(name, value))
    }

    /// With an `Idempotency-Key`.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.with(|builder| builder.json(body))
    }

    /// With a body of some type.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        self.with(|builder| builder.header("content-type", content_type).body(body))
    }

    /// With a body of several parts.
    #[must_use]
    pub fn form(self, form: Form) -> Self {
        self.with(|builder| builder.multipart(form))
    }

    /// Sends it. A server that answers before it has read all of a body may close the connection, so that the answer
    /// is lost; only then there is none.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.builder.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status, headers, bytes, body, asked: self.asked })
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let asked = self.asked.clone();
            self.try_send().await.unwrap_or_else(|error| panic!("{asked}: no answer: {error:?}"))
        })
    }
}

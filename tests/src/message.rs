//! Messages as services send them. A builder says only what matters to its story.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{Actor, Answer, File, Request, Service, TestApp};

/// The recipient of the walk, where a story names none.
const RECIPIENT: &str = "29827200059";

/// A message on its way to a service's `POST`.
pub struct MessageBuilder {
    app: TestApp,
    message: Value,
    files: Vec<File>,
    key: String,
    path: String,
    from: Option<Actor>,
}

impl TestApp {
    /// A letter from the clinic's dermatology to the recipient of the walk.
    #[must_use]
    pub fn message(&self, subject: &str) -> MessageBuilder {
        let message = json!({
            "recipient": {"nationalId": RECIPIENT},
            "kind": "letter",
            "subject": subject,
            "body": "Prøven viste ingen tegn til sykdom.",
        });
        MessageBuilder {
            app: self.clone(),
            message,
            files: vec![],
            key: self.unique("key-"),
            path: self.dermatology().path("/messages"),
            from: None,
        }
    }
}

impl MessageBuilder {
    /// With any field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.message[field] = value.into();
        self
    }

    /// Without a field that messages have.
    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        if let Some(message) = self.message.as_object_mut() {
            message.remove(field);
        }
        self
    }

    /// To the person with this number.
    #[must_use]
    pub fn to(self, national_id: &str) -> Self {
        self.with("recipient", json!({"nationalId": national_id}))
    }

    /// From another service, by a system of its organisation.
    #[must_use]
    pub fn from(mut self, system: &Actor, service: &Service) -> Self {
        self.path = service.path("/messages");
        self.from = Some(system.clone());
        self
    }

    /// By another caller.
    #[must_use]
    pub fn by(mut self, actor: &Actor) -> Self {
        self.from = Some(actor.clone());
        self
    }

    /// Of a kind.
    #[must_use]
    pub fn kind(self, kind: &str) -> Self {
        self.with("kind", kind)
    }

    /// With a body.
    #[must_use]
    pub fn body(self, body: &str) -> Self {
        self.with("body", body)
    }

    /// With the sender's own name for it.
    #[must_use]
    pub fn reference(self, reference: &str) -> Self {
        self.with("senderReference", reference)
    }

    /// With an idempotency key of the story's choice.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.key);
        self
    }

    /// With a file.
    #[must_use]
    pub fn file(mut self, file: File) -> Self {
        self.files.push(file);
        self
    }

    /// The message as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.message.clone()
    }

    async fn request(self) -> Request {
        let Self { app, message, files, key, path, from } = self;
        let from = match from {
            Some(from) => from,
            None => app.ehr().await,
        };
        if files.is_empty() {
            return from.post(&path, &message).key(&key);
        }
        from.request(reqwest::Method::POST, &path).key(&key).form(form(&message, files))
    }

    /// Sends it, whatever the answer.
    pub async fn try_send(self) -> Answer {
        self.request().await.await
    }

    /// Sends it, and gives its id.
    pub async fn send(self) -> String {
        self.try_send().await.expect(201).id()
    }

    /// Sends it, and has it delivered. Gives its id.
    pub async fn deliver(self) -> String {
        let app = self.app.clone();
        let id = self.send().await;
        app.deliver_all().await;
        id
    }
}

/// A message with its files, as a form.
#[must_use]
pub fn form(message: &Value, files: Vec<File>) -> Form {
    let part = Part::text(message.to_string()).mime_str("application/json").expect("a media type");
    files.into_iter().fold(Form::new().part("message", part), |form, file| form.part("file", file.into_part()))
}

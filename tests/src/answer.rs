//! What came back.

use std::ops::Index;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// What came back. `answer["field"]` looks into a JSON body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub bytes: Bytes,
    /// The body, where it is JSON; `null` where it is not.
    pub body: Value,
    /// What was asked, for messages of tests that fail.
    pub(crate) asked: String,
}

impl Answer {
    /// Reads an answer as it came over the wire, of a request that no client library sends.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn from_wire(response: &[u8]) -> Self {
        let text = String::from_utf8_lossy(response);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?))
        };
        Self {
            status,
            headers: lines.filter_map(header).collect(),
            bytes: Bytes::copy_from_slice(body.as_bytes()),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
            asked: "by hand".to_owned(),
        }
    }

    /// A header, where there is one.
    ///
    /// # Panics
    /// When it is not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("the header is text"))
    }

    /// A text of the body.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self[field].as_str().unwrap_or_else(|| panic!("no text {field} in {self}"))
    }

    /// The id of what the body tells of.
    #[must_use]
    pub fn id(&self) -> String {
        self.text("id").to_owned()
    }

    /// The items of a list.
    ///
    /// # Panics
    /// When the body is no list.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        self["items"].as_array().unwrap_or_else(|| panic!("no items in {self}"))
    }

    /// The texts of one field of all items.
    #[must_use]
    pub fn each(&self, field: &str) -> Vec<&str> {
        self.items().iter().filter_map(|item| item[field].as_str()).collect()
    }

    /// Goes on where the status is this one.
    ///
    /// # Panics
    /// When it is another.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status == status, "expected {status}: {self}");
        self
    }

    /// Goes on where this is a problem of a kind, in the shape of all problems.
    ///
    /// # Panics
    /// When it is something else.
    #[must_use]
    #[track_caller]
    pub fn problem(self, slug: &str) -> Self {
        assert_eq!(self.slug(), Some(slug), "{self}");
        self.check_problem();
        self
    }

    /// The kind of a problem.
    #[must_use]
    pub fn slug(&self) -> Option<&str> {
        self["type"].as_str()?.strip_prefix("https://brevdue.dev/problems/")
    }

    /// Checks the shape that all problems have.
    ///
    /// # Panics
    /// When it has another.
    #[track_caller]
    pub fn check_problem(&self) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self}");
        let slug = self.slug().unwrap_or_else(|| panic!("no type: {self}"));
        let kind: api::problem::ProblemKind = slug.parse().unwrap_or_else(|_| panic!("not in the registry: {self}"));
        assert_eq!(kind.status().as_u16(), self.status, "{self}");
        assert_eq!(self["status"], self.status, "{self}");
        assert_eq!(self["retryable"], kind.is_retryable(), "{self}");
        assert!(!self.text("title").is_empty() && !self.text("detail").is_empty(), "{self}");
        assert!(self.text("instance").starts_with("urn:uuid:"), "{self}");
        let known = [
            "type",
            "title",
            "status",
            "detail",
            "instance",
            "rule",
            "retryable",
            "errors",
            "activeFrom",
            "form",
            "serviceId",
            "limit",
        ];
        let body = self.body.as_object().unwrap_or_else(|| panic!("no object: {self}"));
        assert!(body.keys().all(|field| known.contains(&field.as_str())), "{self}");
        for error in body.get("errors").and_then(Value::as_array).into_iter().flatten() {
            for field in ["pointer", "code", "message"] {
                assert!(error[field].is_string(), "{self}");
            }
        }
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self}");
    }

    /// What is wrong with a request: pairs of pointer and code, in order of the pointers.
    ///
    /// # Panics
    /// When nothing is.
    #[must_use]
    #[track_caller]
    pub fn violations(&self) -> Vec<(String, String)> {
        let errors = self["errors"].as_array().unwrap_or_else(|| panic!("no errors in {self}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut violations: Vec<_> =
            errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect();
        violations.sort();
        violations
    }

    /// The rule that a problem names.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self["rule"].as_str()
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.body[field]
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.bytes);
        let body: String = body.chars().take(2000).collect();
        write!(f, "{} → {} {body}", self.asked, self.status)
    }
}

/// All that a caller can see of an answer, but for what differs with each request: the trace id, the date, what is left
/// of the caller's limit, and whether the connection is kept, which goes by how much of a body was on its way.
#[must_use]
pub fn without_instance(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut body = answer.body.clone();
    if let Some(body) = body.as_object_mut() {
        body.remove("instance");
    }
    let headers =
        answer.headers.iter().filter(|(name, _)| !["connection", "date", "ratelimit"].contains(&name.as_str()));
    let headers =
        headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    (answer.status, headers, body)
}

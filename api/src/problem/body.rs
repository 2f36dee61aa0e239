//! The body and the headers of a problem.

use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, body};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::texts::ProblemText;
use super::{Problem, TYPE_BASE, Violation, texts};
use crate::language::Language;
use crate::text::text;

/// The media type of problems (RFC 9457).
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What went wrong, for programs and for people (RFC 9457).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProblemBody {
    /// The kind of problem, out of a closed list. Under this address it is explained.
    #[serde(rename = "type")]
    #[schema(example = "https://brevdue.dev/problems/not-found")]
    type_uri: String,
    /// What is wrong, in the language asked for.
    title: String,
    /// The status of the response.
    status: u16,
    /// How to mend it, in the language asked for.
    detail: String,
    /// The trace id of the request. Give it when you report a fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057")]
    instance: Option<String>,
    /// The rule that decided, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "HN-5")]
    rule: Option<&'static str>,
    /// Whether the same request, sent again unchanged, can succeed.
    retryable: bool,
    /// From when on the request can succeed: with `link-pending`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    active_from: Option<DateTime<Utc>>,
    /// The address of the form that takes it: with `subject-refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "https://solvika.example/skjema")]
    form: Option<String>,
    /// The service to write to instead: with `letter-has-no-reply` and `conversation-closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    service_id: Option<Uuid>,
    /// The limit that has been reached: with `quota-exceeded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    limit: Option<LimitBody>,
    /// All that is wrong with the fields of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<ViolationBody>,
}

/// A limit of the caller's.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitBody {
    /// Of what: `uploads` (files that no message has taken), `uploadBytes` (their bytes), `powersADay` (powers of attorney given
    /// in 24 hours), `requestsAtOnce` (requests that run at a time) or `webhookTestsAMinute`.
    #[schema(example = "uploads")]
    name: &'static str,
    /// How much it lets through.
    #[schema(example = 200)]
    most: u64,
}

/// One thing that is wrong with a field.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ViolationBody {
    /// A JSON pointer into the body (RFC 6901), or `?name` for a parameter of the query.
    #[schema(example = "/recipient/nationalId")]
    pointer: String,
    /// What is wrong, for programs.
    #[schema(example = "control_digit")]
    code: &'static str,
    /// What is wrong, for people. It never repeats what was sent.
    message: String,
}

impl ProblemBody {
    /// Translates.
    #[must_use]
    pub(super) fn new(problem: &Problem, language: Language, trace_id: Option<Uuid>) -> Self {
        let Problem { kind, rule, errors, retry_after_seconds: _, position, more } = problem;
        let mut detail = texts::fix(*kind, language).into_owned();
        if let Some(place) = position {
            detail.push(' ');
            detail.push_str(&text(&ProblemText::Place(*place), language));
        }
        Self {
            type_uri: format!("{TYPE_BASE}{}", kind.slug()),
            title: texts::title(*kind, language).into_owned(),
            status: kind.status().as_u16(),
            detail,
            instance: trace_id.map(|id| id.urn().to_string()),
            rule: rule.map(domain::rule::Rule::id),
            retryable: kind.is_retryable(),
            active_from: more.active_from,
            form: more.form.clone(),
            service_id: more.service.map(|id| id.as_uuid()),
            limit: more.limit.map(|(name, most)| LimitBody { name, most }),
            errors: errors.iter().map(|violation| ViolationBody::new(violation, language)).collect(),
        }
    }
}

impl ViolationBody {
    /// Translates.
    #[must_use]
    pub(crate) fn new(violation: &Violation, language: Language) -> Self {
        let Violation { pointer, code } = violation;
        Self { pointer: pointer.clone(), code: code.as_word(), message: text(code, language).into_owned() }
    }
}

/// What of the request shapes the answer.
pub(super) struct Reader {
    /// What the caller reads.
    pub(super) language: Language,
    /// The request's trace id, where the program traces.
    pub(super) trace_id: Option<Uuid>,
    /// Whether the answer ends with its headers.
    pub(super) is_head: bool,
}

impl Reader {
    /// Whether a method's answers end with their headers.
    pub(super) fn is_head(method: &Method) -> bool {
        method == Method::HEAD
    }

    /// The response: the headers that were there, with the problem's own in place of those that told of another body.
    #[must_use]
    pub(super) fn respond(&self, problem: &Problem, headers: &HeaderMap) -> HttpResponse {
        let body = ProblemBody::new(problem, self.language, self.trace_id);
        let mut response = if self.is_head {
            HttpResponse::new(problem.kind.status()).set_body(body::BoxBody::new(body::None::new()))
        } else {
            HttpResponse::build(problem.kind.status()).json(body)
        };
        let own = response.headers_mut();
        for (name, value) in headers.iter().filter(|(name, _)| !tells_of_the_body(name.as_str())) {
            own.append(name.clone(), value.clone());
        }
        own.insert(CONTENT_TYPE, PROBLEM_JSON);
        own.insert(CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        own.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = problem.retry_after_seconds {
            own.insert(RETRY_AFTER, seconds.into());
        }
        if let Some(challenge) = problem.kind.challenge() {
            own.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// `Content-Range` stays: with 416 it tells the size of the file.
fn tells_of_the_body(name: &str) -> bool {
    matches!(
        name,
        "cache-control"
            | "content-disposition"
            | "content-encoding"
            | "content-language"
            | "content-length"
            | "content-type"
            | "etag"
            | "last-modified"
            | "repr-digest"
            | "transfer-encoding"
    )
}

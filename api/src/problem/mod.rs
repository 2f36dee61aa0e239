//! Every error that leaves the program (BX-11): a closed registry of kinds, with status, rule, and whether to try
//! again. The only place with status codes of errors. What they say to people stands in `api/texts`.
//!
//! An error carries its [`Problem`] in the extensions of its response; [`middleware()`] writes the body, because only
//! there language and trace id are known. What the web framework refuses by itself becomes a problem there too.

mod body;
mod config;
#[cfg(test)]
mod docs;
mod from;
mod middleware;
pub(crate) mod page;
mod registry;
pub(crate) mod responses;
#[cfg(test)]
mod tests;
mod texts;
mod violation;
pub(crate) mod violations;

use std::error::Error;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use chrono::{DateTime, Utc};
use domain::id::ServiceId;
use domain::rule::Rule;

pub(crate) use body::{ProblemBody, ViolationBody};
pub(crate) use config::{JsonLimit, configure, malformed_json};
#[cfg(test)]
pub(crate) use docs::examples as every_violation;
pub(crate) use middleware::middleware;
pub use registry::ProblemKind;
#[cfg(test)]
pub(crate) use texts::{every_label, every_text};
pub(crate) use violation::{Violation, ViolationCode};

/// Where `type` points: the slug follows.
pub(crate) const TYPE_BASE: &str = "https://brevdue.dev/problems/";

/// What went wrong with one request, as far as its caller may know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Problem {
    kind: ProblemKind,
    rule: Option<Rule>,
    errors: Vec<Violation>,
    retry_after_seconds: Option<u32>,
    position: Option<Position>,
    more: Box<More>,
}

/// What some kinds of problems say besides, so that a program can mend them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct More {
    /// From when on the request can succeed (CON-15).
    pub(crate) active_from: Option<DateTime<Utc>>,
    /// Where the form is that takes it (TK-2).
    pub(crate) form: Option<String>,
    /// The service to write to instead (HK-3).
    pub(crate) service: Option<ServiceId>,
    /// The limit that has been reached: its name, and how much it lets through.
    pub(crate) limit: Option<(&'static str, u64)>,
}

/// A place in a text, both counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Position {
    /// The line.
    pub(crate) line: usize,
    /// The column.
    pub(crate) column: usize,
}

impl Problem {
    /// A problem of a kind, with nothing more to say.
    #[must_use]
    pub(crate) fn new(kind: ProblemKind) -> Self {
        Self {
            kind,
            rule: None,
            errors: Vec::new(),
            retry_after_seconds: kind.retry_after_seconds(),
            position: None,
            more: Box::default(),
        }
    }

    /// Says more than the kind does.
    #[must_use]
    pub(crate) fn more(mut self, more: More) -> Self {
        *self.more = more;
        self
    }

    /// Names the rule that decided.
    #[must_use]
    pub(crate) fn rule(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self
    }

    /// Names all that is wrong.
    #[must_use]
    pub(crate) fn errors(mut self, errors: Vec<Violation>) -> Self {
        self.errors = errors;
        self
    }

    /// Says when to try again, where more is known than the kind's own time.
    #[must_use]
    pub(crate) fn retry_after_seconds(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Says where in the body the fault is.
    #[must_use]
    pub(crate) fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }
}

/// The error of every handler: a problem for the caller, and for the log what caused it.
pub(crate) struct ApiError {
    problem: Problem,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// A problem with its cause, which is logged where it is the program's fault and never sent.
    #[must_use]
    pub(crate) fn caused_by(problem: Problem, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { problem, source: Some(source.into()) }
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self { problem, source: None }
    }
}

impl From<ProblemKind> for ApiError {
    fn from(kind: ProblemKind) -> Self {
        Problem::new(kind).into()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem.kind.slug())
    }
}

/// Pointers of violations hold names that the caller chose, so they do not print.
impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiError({self})")
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.problem.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(self.problem.clone());
        response
    }
}

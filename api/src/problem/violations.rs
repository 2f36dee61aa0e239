//! All that is wrong with a request, told at once.

use super::{ApiError, Problem, ProblemKind, Violation, ViolationCode};

/// At most so many violations are told of: a request of nothing but unknown fields must not make a longer answer.
pub(crate) const MAX_VIOLATIONS: usize = 100;

/// Collects what is wrong with a request.
///
/// Its methods give `Some` where the value is there and right. `None` says that it is absent or that a violation has
/// been noted; [`Violations::finish`] tells the two apart for required fields.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    found: Vec<Violation>,
}

impl Violations {
    /// Nothing wrong yet.
    #[must_use]
    pub(crate) const fn new() -> Self {
        Self { found: Vec::new() }
    }

    /// Notes something wrong.
    pub(crate) fn add(&mut self, pointer: impl Into<String>, code: impl Into<ViolationCode>) {
        if self.found.len() < MAX_VIOLATIONS {
            self.found.push(Violation { pointer: pointer.into(), code: code.into() });
        }
    }

    /// What was found.
    pub(crate) fn into_found(self) -> Vec<Violation> {
        self.found
    }

    /// Whether nothing wrong has been found.
    #[must_use]
    pub(crate) const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Goes on only where nothing is wrong.
    ///
    /// # Errors
    /// `invalid-request` with all that was found.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.found.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }

    /// The refusal, for `let … else` after the last field.
    #[must_use]
    pub(crate) fn into_error(self) -> ApiError {
        Problem::new(ProblemKind::InvalidRequest).errors(self.found).into()
    }
}

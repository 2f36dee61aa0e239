//! What operations answer when they refuse, for the contract. One list for each kind of operation.

use utoipa::IntoResponses;

use super::ProblemBody;

/// Of every operation that takes a token.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) enum CallProblems {
    /// No token, or one that is not accepted.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(ProblemBody),
    /// The caller may know of the thing, and may not do this with it.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// There is no such thing, or none that the caller may know of.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// Too many requests of this caller, or another limit of theirs is reached, which `limit` names.
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemBody),
    /// A fault of the program.
    #[response(status = 500, content_type = "application/problem+json")]
    InternalError(ProblemBody),
    /// Something that the program needs is away. With `unavailable`, nothing was done; with `outcome-unknown`, it may have
    /// been. The same request may be sent again, with the same `Idempotency-Key` where it has one.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// Of every operation that is open to everybody and reads what is stored.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) enum OpenProblems {
    /// There is no such thing.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// Too many requests from this address.
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemBody),
    /// A fault of the program.
    #[response(status = 500, content_type = "application/problem+json")]
    InternalError(ProblemBody),
    /// Something that the program needs is away. The same request may be sent again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// Of every operation with a query.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) enum QueryProblems {
    /// The query cannot be read, or the cursor is not one of this list.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// Parameters are wrong; all of them are named.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemBody),
}

/// Of every operation with a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) enum BodyProblems {
    /// The body or a header cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// The body came too slowly.
    #[response(status = 408, content_type = "application/problem+json")]
    Timeout(ProblemBody),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is of another media type.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(ProblemBody),
    /// Fields are wrong; all of them are named.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemBody),
}

/// Of every operation that makes something once for an idempotency key.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) enum CreateProblems {
    /// It exists already, or the same request is being worked on.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemBody),
}

/// Of every operation without a body that takes an idempotency key.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) enum KeyProblems {
    /// The key is none.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// The key was used for another request.
    #[response(status = 422, content_type = "application/problem+json")]
    Reused(ProblemBody),
}

/// Of every operation that changes what others change too.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) enum VersionProblems {
    /// Somebody has changed it since the version in `If-Match`.
    #[response(status = 412, content_type = "application/problem+json")]
    VersionChanged(ProblemBody),
    /// `If-Match` is missing.
    #[response(status = 428, content_type = "application/problem+json")]
    PreconditionRequired(ProblemBody),
}

/// Of every operation that answers in several forms.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) enum FormProblems {
    /// It answers in none of the media types of `Accept`.
    #[response(status = 406, content_type = "application/problem+json")]
    NotAcceptable(ProblemBody),
}

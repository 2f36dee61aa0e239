//! `ETag`, and what callers make depend on it (RFC 9110, section 13).

use actix_web::http::header::{ETag, EntityTag, Header as _, IF_MATCH, IfMatch, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{Context, SHA256};
use serde::Serialize;

use crate::problem::{ApiError, Problem, ProblemKind};

/// The strong tag of what a representation is made of. Each part is hashed with its length, so that no two lists of
/// parts run together.
#[must_use]
pub(crate) fn etag_of(parts: &[&[u8]]) -> EntityTag {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    EntityTag::new_strong(hex::encode(context.finish()))
}

/// Whether the caller has this very representation already, so that `304` is the answer.
#[must_use]
pub(crate) fn caller_has(request: &HttpRequest, current: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|tag| tag.weak_eq(current)),
        Err(_) => false,
    }
}

/// A single resource with its tag, or `304` to a caller who has it already.
///
/// # Errors
/// A view that cannot be written as JSON, which is a fault of the program.
pub(crate) fn tagged(request: &HttpRequest, view: &impl Serialize) -> Result<HttpResponse, ApiError> {
    let json = serde_json::to_vec(view)
        .map_err(|error| ApiError::caused_by(Problem::new(ProblemKind::InternalError), error))?;
    let tag = etag_of(&[&json]);
    if caller_has(request, &tag) {
        return Ok(HttpResponse::NotModified().insert_header(ETag(tag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header(ETag(tag)).content_type("application/json").body(json))
}

/// Refuses a change of something that has changed since the caller read it. Without `If-Match` the change goes ahead.
///
/// # Errors
/// `precondition-failed`.
pub(crate) fn check_if_match(request: &HttpRequest, current: &EntityTag) -> Result<(), ApiError> {
    if !request.headers().contains_key(IF_MATCH) {
        return Ok(());
    }
    let matches = match IfMatch::parse(request) {
        Ok(IfMatch::Any) => true,
        Ok(IfMatch::Items(expected)) => expected.iter().any(|tag| tag.strong_eq(current)),
        Err(_) => false,
    };
    if matches { Ok(()) } else { Err(ProblemKind::PreconditionFailed.into()) }
}

/// As [`check_if_match`], where a change without `If-Match` could overwrite another's.
///
/// # Errors
/// `precondition-required`, `precondition-failed`.
pub(crate) fn require_if_match(request: &HttpRequest, current: &EntityTag) -> Result<(), ApiError> {
    if !request.headers().contains_key(IF_MATCH) {
        return Err(ProblemKind::PreconditionRequired.into());
    }
    check_if_match(request, current)
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError as _;
    use actix_web::http::header::IF_NONE_MATCH;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_tag_depends_on_each_part_and_on_where_parts_end() {
        assert_eq!(etag_of(&[b"ab", b"c"]), etag_of(&[b"ab", b"c"]));
        assert_ne!(etag_of(&[b"ab", b"c"]), etag_of(&[b"a", b"bc"]));
        assert!(!etag_of(&[b"a"]).weak);
    }

    #[test]
    fn a_representation_that_the_caller_has_is_not_sent_again() {
        let current = EntityTag::new_strong("a1".into());
        let table = [
            (r#""a1""#, true),
            (r#"W/"a1""#, true),
            (r#""b2", "a1""#, true),
            ("*", true),
            (r#""b2""#, false),
            ("a1", false),
        ];
        for (header, expected) in table {
            let request = TestRequest::default().insert_header((IF_NONE_MATCH, header)).to_http_request();
            assert_eq!(caller_has(&request, &current), expected, "{header}");
        }
        assert!(!caller_has(&TestRequest::default().to_http_request(), &current));
    }

    #[test]
    fn a_change_of_something_changed_meanwhile_is_refused() {
        let current = EntityTag::new_strong("a1".into());
        let table = [
            (Some(r#""a1""#), None, None),
            (Some("*"), None, None),
            (Some(r#"W/"a1""#), Some(412), Some(412)),
            (Some(r#""b2""#), Some(412), Some(412)),
            (Some("nonsense"), Some(412), Some(412)),
            (None, None, Some(428)),
        ];
        for (header, checked, required) in table {
            let mut request = TestRequest::default();
            if let Some(header) = header {
                request = request.insert_header((IF_MATCH, header));
            }
            let request = request.to_http_request();
            let status = |result: Result<(), ApiError>| result.err().map(|error| error.status_code().as_u16());
            assert_eq!(status(check_if_match(&request, &current)), checked, "{header:?}");
            assert_eq!(status(require_if_match(&request, &current)), required, "{header:?}");
        }
    }
}

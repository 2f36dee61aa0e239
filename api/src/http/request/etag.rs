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
    let json = json_of(view)?;
    let tag = etag_of(&[&json]);
    if caller_has(request, &tag) {
        return Ok(HttpResponse::NotModified().insert_header(ETag(tag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header(ETag(tag)).content_type("application/json").body(json))
}

/// The tag of a single resource, as [`tagged`] gives it.
///
/// # Errors
/// As for [`tagged`].
pub(crate) fn tag_of(view: &impl Serialize) -> Result<EntityTag, ApiError> {
    Ok(etag_of(&[&json_of(view)?]))
}

/// The version of a view as it stands in its body, for clients that cannot read headers: what `If-Match` takes. It is the tag of all
/// else, so it is made while the view has none.
#[must_use]
pub(crate) fn version_of(view: &impl Serialize) -> String {
    tag_of(view).map(|tag| tag.to_string()).unwrap_or_default()
}

/// A single resource that has its version in its body, with the same as its tag.
///
/// # Errors
/// As for [`tagged`].
pub(crate) fn tagged_as(request: &HttpRequest, version: &str, view: &impl Serialize) -> Result<HttpResponse, ApiError> {
    let tag = version.parse::<EntityTag>().map_err(|_| ApiError::from(ProblemKind::InternalError))?;
    if caller_has(request, &tag) {
        return Ok(HttpResponse::NotModified().insert_header(ETag(tag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header(ETag(tag)).json(view))
}

fn json_of(view: &impl Serialize) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec(view).map_err(|error| ApiError::caused_by(Problem::new(ProblemKind::InternalError), error))
}

/// The version that a change starts from.
#[derive(Clone, Debug)]
pub(crate) struct Expected(IfMatch);

impl Expected {
    /// Reads `If-Match`, which a change must have where two writers can meet.
    ///
    /// # Errors
    /// `precondition-required` where there is none that can be read.
    pub(crate) fn required(request: &HttpRequest) -> Result<Self, ApiError> {
        match IfMatch::parse(request) {
            Ok(IfMatch::Items(tags)) if tags.is_empty() => Err(ProblemKind::PreconditionRequired.into()),
            Ok(expected) => Ok(Self(expected)),
            Err(_) => Err(ProblemKind::PreconditionRequired.into()),
        }
    }

    /// Reads `If-Match`, where there is one: a change by one writer alone need not have it.
    ///
    /// # Errors
    /// `precondition-required` where it cannot be read.
    pub(crate) fn optional(request: &HttpRequest) -> Result<Option<Self>, ApiError> {
        let is_there = request.headers().contains_key(IF_MATCH);
        is_there.then(|| Self::required(request)).transpose()
    }

    /// Whether it is the version that stands in a body.
    pub(crate) fn is_version(&self, version: &str) -> bool {
        version.parse().is_ok_and(|tag| self.is(&tag))
    }

    /// Whether it is the version that there is.
    pub(crate) fn is(&self, current: &EntityTag) -> bool {
        match &self.0 {
            IfMatch::Any => true,
            IfMatch::Items(tags) => tags.iter().any(|tag| tag.strong_eq(current)),
        }
    }
}

#[cfg(test)]
mod tests {
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
}

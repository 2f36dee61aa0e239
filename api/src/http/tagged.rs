//! A single resource with its tag, or `304` where the caller has it.

use actix_web::http::header::ETag;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::etag::{caller_has, etag_of};
use crate::problem::{ApiError, Problem, ProblemKind};

/// `200` with the view and its tag, or `304`.
///
/// # Errors
/// A view that cannot be written as JSON, which is a fault of the program.
pub(super) fn tagged(request: &HttpRequest, view: &impl Serialize) -> Result<HttpResponse, ApiError> {
    let body = serde_json::to_vec(view)
        .map_err(|error| ApiError::caused_by(Problem::new(ProblemKind::InternalError), error))?;
    let tag = etag_of(&[&body]);
    if caller_has(request, &tag) {
        return Ok(HttpResponse::NotModified().insert_header(ETag(tag)).finish());
    }
    Ok(HttpResponse::Ok().insert_header(ETag(tag)).content_type("application/json").body(body))
}

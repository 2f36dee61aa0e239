//! `Idempotency-Key`: by it a request that is sent again gets the first answer again.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use aws_lc_rs::digest::{Context, SHA256};
use persistence::RequestKey;

use crate::problem::{ApiError, ProblemKind};

/// The header of the request.
const KEY: &str = "idempotency-key";
/// The header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The key of a request, where there is one. `content` is the SHA-256 of what the request says.
///
/// # Errors
/// A key that is none, or several.
pub(crate) fn optional_key(request: &HttpRequest, content: &[u8; 32]) -> Result<Option<RequestKey>, ApiError> {
    let mut values = request.headers().get_all(KEY);
    let (value, more) = (values.next(), values.next());
    let Some(value) = value else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| more.is_none()).ok_or(ProblemKind::IdempotencyKeyInvalid)?;
    RequestKey::parse(text, digest(request, content)).map(Some).map_err(|_| ProblemKind::IdempotencyKeyInvalid.into())
}

/// The key of a sender's request, which must have one.
///
/// # Errors
/// No key, a key that is none, or several.
pub(crate) fn required_key(request: &HttpRequest, content: &[u8; 32]) -> Result<RequestKey, ApiError> {
    optional_key(request, content)?.ok_or_else(|| ProblemKind::IdempotencyKeyMissing.into())
}

/// What makes a request the same: method, path and content.
fn digest(request: &HttpRequest, content: &[u8; 32]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(request.method().as_str().as_bytes());
    context.update(b" ");
    context.update(request.path().as_bytes());
    context.update(b"\n");
    context.update(content);
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// `201` with the address of what was made; marked where it was made by an earlier request.
pub(crate) fn created(location: String, replayed: bool) -> HttpResponseBuilder {
    let mut response = HttpResponse::Created();
    response.insert_header(("location", location));
    if replayed {
        response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    }
    response
}

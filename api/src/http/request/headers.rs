//! Headers that every answer of the API carries.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _};

use crate::http::request::context::{Limits, OfferedNonce};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Adds the caller's limits, and keeps answers out of caches: they are somebody's health information.
pub(crate) async fn middleware(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let limits = response.request().extensions().get::<Limits>().cloned();
    let nonce = response.request().extensions().get::<OfferedNonce>().cloned();
    let headers = response.headers_mut();
    if let Some(Limits { policy, decision }) = limits
        && let (Ok(policy), Ok(left)) = (HeaderValue::from_str(&policy), HeaderValue::from_str(&decision.header()))
    {
        headers.insert(RATE_LIMIT_POLICY, policy);
        headers.insert(RATE_LIMIT, left);
    }
    if let Some(nonce) = nonce.and_then(|OfferedNonce(nonce)| HeaderValue::try_from(nonce).ok()) {
        headers.insert(DPOP_NONCE, nonce);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

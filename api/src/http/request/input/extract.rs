//! Bodies and queries as arguments of handlers.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Violations, pointer_to};
use crate::http::request::stream::{pace_of, whole};
use crate::problem::{ApiError, JsonLimit, ProblemKind, ViolationCode, malformed_json};

/// The limit where none is configured: 1 MiB.
const DEFAULT_LIMIT_BYTES: usize = 1024 * 1024;

const JSON: &str = "application/json";
const XML: &str = "application/xml";

/// How long a JSON body may take to come, or one of XML.
const MOST_TIME: Duration = Duration::from_secs(30);

/// A JSON object.
pub(crate) struct JsonBody<T> {
    /// The fields as they came.
    pub(crate) value: T,
    /// The SHA-256 of the bytes, by which a repeated request is known.
    pub(crate) sha256: [u8; 32],
}

impl<T: DeserializeOwned> JsonBody<T> {
    /// Reads an object from bytes that are in hand, such as a part of a multipart body. Of equal names the last counts.
    ///
    /// # Errors
    /// `malformed-json`, or `invalid-request` where the JSON is no object.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, ApiError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| malformed_json(&error))?;
        let value = if value.is_object() { T::deserialize(value).ok() } else { None };
        let Some(value) = value else {
            let mut violations = Violations::new();
            violations.add("", ViolationCode::WrongType);
            return Err(violations.into_error());
        };
        Ok(Self { value, sha256: sha256(bytes) })
    }
}

/// The largest JSON body of this server.
pub(crate) fn json_limit_bytes(request: &HttpRequest) -> usize {
    request.app_data::<JsonLimit>().map_or(DEFAULT_LIMIT_BYTES, |limit| limit.0)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = whole_body(request, payload, JSON, json_limit_bytes(request));
        Box::pin(async move { Self::from_bytes(&bytes.await?) })
    }
}

/// A JSON object, or XML of at most so many bytes.
pub(crate) enum JsonOrXml<T, const MOST_XML_BYTES: usize> {
    /// The object.
    Json(JsonBody<T>),
    /// The bytes.
    Xml(Bytes),
}

impl<T: DeserializeOwned + 'static, const MOST_XML_BYTES: usize> FromRequest for JsonOrXml<T, MOST_XML_BYTES> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if is_of_type(request, XML) {
            let bytes = whole_body(request, payload, XML, MOST_XML_BYTES);
            return Box::pin(async move { Ok(Self::Xml(bytes.await?)) });
        }
        let body = JsonBody::from_request(request, payload);
        Box::pin(async move { Ok(Self::Json(body.await?)) })
    }
}

/// A change of some fields may also say that it is one (RFC 7396).
fn is_of_type(request: &HttpRequest, media_type: &str) -> bool {
    let is_patch = media_type == JSON && *request.method() == Method::PATCH;
    let is_it = |given: &str| given == media_type || (is_patch && given == "application/merge-patch+json");
    matches!(request.mime_type(), Ok(Some(mime)) if is_it(mime.essence_str()))
}

/// A body of a media type, in one piece.
fn whole_body(
    request: &HttpRequest,
    payload: &mut Payload,
    media_type: &str,
    limit_bytes: usize,
) -> LocalBoxFuture<'static, Result<Bytes, ApiError>> {
    let (checked, pace) = (check_head(request, media_type, limit_bytes), pace_of(request));
    let payload = web::Payload::from_request(request, payload);
    Box::pin(async move {
        checked?;
        let malformed = |_| ApiError::from(ProblemKind::MalformedRequest);
        let payload = payload.await.map_err(malformed)?;
        tokio::time::timeout(MOST_TIME, whole(payload, pace, limit_bytes))
            .await
            .map_err(|_| ApiError::from(ProblemKind::RequestTimeout))?
    })
}

/// What can be refused before the body comes.
fn check_head(request: &HttpRequest, media_type: &str, limit_bytes: usize) -> Result<(), ApiError> {
    if !is_of_type(request, media_type) || request.headers().contains_key(CONTENT_ENCODING) {
        return Err(ProblemKind::UnsupportedMediaType.into());
    }
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    match declared {
        Some(length) if length > limit_bytes => Err(ProblemKind::PayloadTooLarge.into()),
        _ => Ok(()),
    }
}

/// The parameters of a query. Each value is a text: the fields of `T` are `Field<String>`.
pub(crate) struct QueryInput<T> {
    /// The parameters as they came.
    pub(crate) value: T,
    /// What is wrong already: parameters given twice. Go on with this collector.
    pub(crate) violations: Violations,
}

impl<T: DeserializeOwned> QueryInput<T> {
    /// # Errors
    /// `malformed-query`.
    fn from_query(query: &str) -> Result<Self, ApiError> {
        let malformed = || ApiError::from(ProblemKind::MalformedQuery);
        if !is_percent_encoded(query) {
            return Err(malformed());
        }
        let pairs = web::Query::<Vec<(String, String)>>::from_query(query).map_err(|_| malformed())?.into_inner();
        let mut violations = Violations::new();
        let mut parameters = BTreeMap::new();
        for (name, value) in pairs {
            // The decoder puts this character in the place of bytes that are no UTF-8.
            if name.contains(char::REPLACEMENT_CHARACTER) || value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(malformed());
            }
            let pointer = pointer_to("?", &name);
            if parameters.insert(name, Value::String(value)).is_some() {
                violations.add(pointer, ViolationCode::Duplicate);
            }
        }
        let object = Value::Object(parameters.into_iter().collect::<Map<_, _>>());
        let value = T::deserialize(object).map_err(|_| malformed())?;
        Ok(Self { value, violations })
    }
}

/// Whether each `%` has its two digits.
fn is_percent_encoded(query: &str) -> bool {
    query.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}

impl<T: DeserializeOwned> FromRequest for QueryInput<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::from_query(request.query_string()))
    }
}

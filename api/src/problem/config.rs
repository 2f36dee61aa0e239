//! What the web framework's own extractors answer when they refuse.

use actix_web::error::{JsonPayloadError, PayloadError};
use actix_web::web::{JsonConfig, PathConfig, PayloadConfig, QueryConfig, ServiceConfig};

use super::{ApiError, Problem, ProblemKind};

/// The largest JSON body, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct JsonLimit(pub(crate) usize);

/// Sets the limit of JSON bodies and makes the framework's extractors answer with our problems.
pub(crate) fn configure(config: &mut ServiceConfig, json_limit_bytes: usize) {
    config
        .app_data(JsonLimit(json_limit_bytes))
        .app_data(PayloadConfig::new(json_limit_bytes))
        .app_data(JsonConfig::default().limit(json_limit_bytes).error_handler(|error, _| json(&error).into()))
        .app_data(QueryConfig::default().error_handler(|_, _| ApiError::from(ProblemKind::MalformedQuery).into()))
        // An id that is none names nothing.
        .app_data(PathConfig::default().error_handler(|_, _| ApiError::from(ProblemKind::NotFound).into()));
}

fn json(error: &JsonPayloadError) -> ApiError {
    let kind = match error {
        JsonPayloadError::Overflow { .. }
        | JsonPayloadError::OverflowKnownLength { .. }
        | JsonPayloadError::Payload(PayloadError::Overflow) => ProblemKind::PayloadTooLarge,
        JsonPayloadError::ContentType => ProblemKind::UnsupportedMediaType,
        JsonPayloadError::Deserialize(error) if error.is_data() => ProblemKind::InvalidRequest,
        JsonPayloadError::Deserialize(error) => return malformed_json(error),
        _ => ProblemKind::MalformedRequest,
    };
    kind.into()
}

/// Tells where the text stops being JSON, and nothing of the text.
pub(crate) fn malformed_json(error: &serde_json::Error) -> ApiError {
    let position = super::Position { line: error.line(), column: error.column() };
    Problem::new(ProblemKind::MalformedJson).at(position).into()
}

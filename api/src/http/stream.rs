//! Bodies that are too large to be held, taken as they come.

use std::io;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::web::Payload;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use crate::problem::{ApiError, ProblemKind};

/// How long a caller may be silent in the middle of a body.
const MOST_SILENCE: Duration = Duration::from_secs(30);

/// The body, broken off when the caller falls silent.
pub(super) fn timed(payload: Payload) -> impl Stream<Item = Result<Bytes, PayloadError>> + 'static {
    let chunks = stream::unfold(payload, |mut payload| async {
        match tokio::time::timeout(MOST_SILENCE, payload.next()).await {
            Ok(Some(chunk)) => Some((chunk, payload)),
            Ok(None) => None,
            Err(_) => Some((Err(PayloadError::Io(io::ErrorKind::TimedOut.into())), payload)),
        }
    });
    // Its readers may ask again after the end.
    chunks.fuse()
}

/// What is told of a body that broke off; `otherwise` where the caller did not just fall silent.
pub(super) fn broken_off(error: &PayloadError, otherwise: ProblemKind) -> ApiError {
    match error {
        PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut => ProblemKind::RequestTimeout,
        _ => otherwise,
    }
    .into()
}

/// Compressed bodies are not taken: their size says nothing of what they hold.
///
/// # Errors
/// `unsupported-media-type`.
pub(super) fn refuse_encoded(request: &HttpRequest) -> Result<(), ApiError> {
    if request.headers().contains_key(CONTENT_ENCODING) {
        return Err(ProblemKind::UnsupportedMediaType.into());
    }
    Ok(())
}

/// The size that the caller has announced, in bytes.
pub(super) fn announced_bytes(request: &HttpRequest) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

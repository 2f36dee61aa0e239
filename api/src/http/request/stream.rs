//! Bodies taken as they come, from callers who send them at a pace.

use std::io;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::web::Data;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::time::Instant;

use crate::problem::{ApiError, ProblemKind};
use crate::settings::BodyPace;
use crate::state::AppState;

/// How long a caller may be silent in the middle of a body, however fast it came until then.
const MOST_SILENCE: Duration = Duration::from_secs(30);

/// The pace that this server asks for.
pub(in crate::http) fn pace_of(request: &HttpRequest) -> BodyPace {
    request.app_data::<Data<AppState>>().map_or_else(BodyPace::default, |state| state.limits.body)
}

/// A body, broken off when the caller falls silent or behind. Only the time counts that we wait for it.
pub(in crate::http) fn timed<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin>(
    payload: S,
    pace: BodyPace,
) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    let chunks = stream::unfold((payload, Waited::default()), move |(mut payload, mut waited)| async move {
        let began = Instant::now();
        let chunk = tokio::time::timeout(waited.patience(pace), payload.next()).await;
        waited.time += began.elapsed();
        match chunk {
            Ok(Some(chunk)) => {
                waited.bytes += chunk.as_ref().map_or(0, Bytes::len);
                Some((chunk, (payload, waited)))
            }
            Ok(None) => None,
            Err(_) => Some((Err(PayloadError::Io(io::ErrorKind::TimedOut.into())), (payload, waited))),
        }
    });
    // Its readers may ask again after the end.
    chunks.fuse()
}

/// What has come so far, and how long we have waited for it.
#[derive(Clone, Copy, Default)]
struct Waited {
    bytes: usize,
    time: Duration,
}

impl Waited {
    /// How long we go on waiting for more.
    fn patience(self, BodyPace { grace, bytes_a_second }: BodyPace) -> Duration {
        let earned = Duration::from_secs_f64(self.bytes as f64 / f64::from(bytes_a_second));
        (grace + earned).saturating_sub(self.time).min(MOST_SILENCE)
    }
}

/// A body whole.
///
/// # Errors
/// `payload-too-large`, `request-timeout`, or `malformed-request`.
pub(in crate::http) async fn whole(
    payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    pace: BodyPace,
    limit_bytes: usize,
) -> Result<Bytes, ApiError> {
    let mut chunks = std::pin::pin!(timed(payload, pace));
    let mut body = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| broken_off(&error, ProblemKind::MalformedRequest))?;
        if body.len() + chunk.len() > limit_bytes {
            return Err(ProblemKind::PayloadTooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What is told of a body that broke off; `otherwise` where the caller did not just fall silent or behind.
pub(in crate::http) fn broken_off(error: &PayloadError, otherwise: ProblemKind) -> ApiError {
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
pub(in crate::http) fn refuse_encoded(request: &HttpRequest) -> Result<(), ApiError> {
    if request.headers().contains_key(CONTENT_ENCODING) {
        return Err(ProblemKind::UnsupportedMediaType.into());
    }
    Ok(())
}

/// The size that the caller has announced, in bytes.
pub(in crate::http) fn announced_bytes(request: &HttpRequest) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: BodyPace = BodyPace { grace: Duration::from_secs(15), bytes_a_second: 1024 };

    #[test]
    fn who_sends_a_byte_now_and_then_falls_behind_and_who_sends_at_the_pace_does_not() {
        let waited = |bytes, seconds| Waited { bytes, time: Duration::from_secs(seconds) };
        let table = [
            (waited(0, 0), 15),
            (waited(0, 15), 0),
            // A byte in five seconds.
            (waited(3, 15), 0),
            (waited(10, 600), 0),
            // The pace, and much more.
            (waited(1024 * 60, 60), 15),
            (waited(30 * 1024 * 1024, 60), 30),
        ];
        for (waited, patience) in table {
            assert_eq!(waited.patience(PACE).as_secs(), patience, "{} bytes in {:?}", waited.bytes, waited.time);
        }
    }

    #[test]
    fn a_body_that_stops_is_broken_off_and_one_that_comes_is_whole() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let pace = BodyPace { grace: Duration::from_millis(1), bytes_a_second: 1_000_000 };
        let begun = || stream::iter([Ok(Bytes::from_static(b"ab"))]);
        let silent = begun().chain(stream::pending()).boxed();
        let error = runtime.block_on(whole(silent, pace, 10)).expect_err("it never ends");
        assert_eq!(error.to_string(), "request-timeout");
        assert_eq!(runtime.block_on(whole(begun(), pace, 2)).expect("it came"), "ab");
        assert_eq!(
            runtime.block_on(whole(begun(), pace, 1)).expect_err("it is longer").to_string(),
            "payload-too-large"
        );
    }
}

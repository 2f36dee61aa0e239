//! How we call other organisations' systems over HTTP: with time-outs, without redirects, and never reading on for ever.

use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a call came to nothing. No answer is repeated: it may tell of persons.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No answer, or one that broke off.
    #[error("no answer")]
    Transport(#[from] reqwest::Error),
    /// An answer that is no success.
    #[error("status {0}")]
    Status(u16),
    /// More than any answer can be.
    #[error("the answer is too long")]
    TooLong,
    /// An answer that cannot be read.
    #[error("the answer cannot be read")]
    Unreadable,
}

/// A client for the system at an address.
///
/// # Errors
/// When no TLS client can be made.
pub(crate) fn client_for(url: &str, total_timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(total_timeout)
        .redirect(reqwest::redirect::Policy::none());
    let stays_here = reqwest::Url::parse(url).is_ok_and(|url| is_loopback(&url));
    if stays_here { builder.no_proxy().build() } else { builder.build() }
}

/// The body of an answer that is a success.
///
/// # Errors
/// Another status, more bytes than `most`, or an answer that breaks off.
pub(crate) async fn body_of(response: reqwest::Response, most: usize) -> Result<Vec<u8>, CallError> {
    if response.status() != reqwest::StatusCode::OK {
        return Err(CallError::Status(response.status().as_u16()));
    }
    bytes_of(response, most).await
}

/// The body of an answer, whatever its status.
///
/// # Errors
/// More bytes than `most`, or an answer that breaks off.
pub(crate) async fn bytes_of(mut response: reqwest::Response, most: usize) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > most {
            return Err(CallError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether an address never leaves this machine.
pub(crate) fn is_loopback(url: &reqwest::Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

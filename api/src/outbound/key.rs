//! The private keys by which other systems know us.

use std::path::Path;

use jsonwebtoken::EncodingKey;

/// Why a client that signs could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    File(#[from] std::io::Error),
    /// It holds something else.
    #[error("the file holds no private RSA key in PEM")]
    Unreadable(#[from] jsonwebtoken::errors::Error),
    /// No TLS client can be made.
    #[error("no TLS client can be made")]
    Client(#[from] reqwest::Error),
}

/// Reads a private RSA key in PEM.
///
/// # Errors
/// A file that cannot be read, or holds something else.
pub(super) fn read_key(file: &Path) -> Result<EncodingKey, KeyError> {
    let pem = std::fs::read(file)?;
    Ok(EncodingKey::from_rsa_pem(&pem)?)
}

//! The private keys and certificates by which other systems know us.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use x509_cert::Certificate;
use x509_cert::der::Encode as _;

/// Why a client that signs could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    File(#[from] std::io::Error),
    /// It holds something else.
    #[error("the file holds no private RSA key in PEM")]
    Unreadable(#[from] jsonwebtoken::errors::Error),
    /// It holds no certificates.
    #[error("the file holds no certificates in PEM")]
    NoCertificates,
    /// It holds something else than certificates.
    #[error("the file holds no certificates in PEM")]
    Certificates(#[from] x509_cert::der::Error),
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

/// Reads certificates in PEM, our own first, as DER.
///
/// # Errors
/// A file that cannot be read, or holds something else, or nothing.
pub(super) fn read_certificates(file: &Path) -> Result<Vec<Vec<u8>>, KeyError> {
    let chain = Certificate::load_pem_chain(&std::fs::read(file)?)?;
    if chain.is_empty() {
        return Err(KeyError::NoCertificates);
    }
    Ok(chain.iter().map(Certificate::to_der).collect::<Result<_, _>>()?)
}

/// A private RSA key that signs with SHA-256.
pub(super) struct Signer(EncodingKey);

impl Signer {
    /// Reads it.
    ///
    /// # Errors
    /// A file that cannot be read, or holds something else.
    pub(super) fn read(file: &Path) -> Result<Self, KeyError> {
        Ok(Self(read_key(file)?))
    }

    /// The signature of a text (RSASSA-PKCS1-v1_5).
    ///
    /// # Errors
    /// A key that does not sign.
    pub(super) fn sign(&self, text: &[u8]) -> Result<Vec<u8>, jsonwebtoken::errors::Error> {
        let signature = jsonwebtoken::crypto::sign(text, &self.0, Algorithm::RS256)?;
        Ok(BASE64_URL_SAFE_NO_PAD.decode(signature)?)
    }

    /// A signed document (JWS) that says with which certificate, in DER, it can be checked.
    ///
    /// # Errors
    /// A key that does not sign.
    pub(super) fn jws(
        &self,
        document: &impl Serialize,
        certificate: Option<&Vec<u8>>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let x5c = certificate.map(|der| vec![BASE64_STANDARD.encode(der)]);
        jsonwebtoken::encode(&Header { x5c, ..Header::new(Algorithm::RS256) }, document, &self.0)
    }
}

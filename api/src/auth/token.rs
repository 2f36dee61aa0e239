//! The compact form of a signed JWT, before and after its signature is checked.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::claims::Claims;
use super::error::AuthError;

/// Longest token that is looked at, in bytes. Real ones have one to four thousand.
pub(super) const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// What we read of a JOSE header. Keys and addresses of keys in there are never followed.
#[derive(Deserialize)]
pub(super) struct Header {
    /// As written: `none` and whatever else must be refused by name.
    pub(super) alg: String,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    /// Only for DPoP proofs.
    pub(super) jwk: Option<Map<String, Value>>,
    crit: Option<Value>,
}

/// A token whose signature nobody has checked. Its claims come out by [`Unverified::verify`] only; but for `iss`, which
/// picks the key.
pub(super) struct Unverified<'t> {
    pub(super) header: Header,
    claims: Claims,
    signed_part: &'t str,
    signature: &'t str,
}

impl<'t> Unverified<'t> {
    /// Reads header and claims.
    pub(super) fn parse(token: &'t str) -> Result<Self, AuthError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthError::TooLarge);
        }
        let (signed_part, signature) = token.rsplit_once('.').ok_or(AuthError::MalformedToken)?;
        let (header, payload) = signed_part.split_once('.').ok_or(AuthError::MalformedToken)?;
        let header: Header = decode(header)?;
        if header.crit.is_some() {
            return Err(AuthError::MalformedToken);
        }
        Ok(Self { header, claims: Claims::new(decode(payload)?), signed_part, signature })
    }

    /// The issuer that the token claims to be of.
    pub(super) fn claimed_issuer(&self) -> Result<&str, AuthError> {
        self.claims.text("iss")
    }

    /// Checks the signature and gives the claims.
    pub(super) fn verify(self, key: &DecodingKey, algorithm: Algorithm) -> Result<Claims, AuthError> {
        match jsonwebtoken::crypto::verify(self.signature, self.signed_part.as_bytes(), key, algorithm) {
            Ok(true) => Ok(self.claims),
            Ok(false) | Err(_) => Err(AuthError::BadSignature),
        }
    }

    /// As [`Unverified::verify`] for ES512, which `jsonwebtoken` does not know.
    pub(super) fn verify_es512(self, key: &Jwk) -> Result<Claims, AuthError> {
        let AlgorithmParameters::EllipticCurve(point) = &key.algorithm else { return Err(AuthError::BadSignature) };
        let bytes = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| AuthError::BadSignature);
        let uncompressed = [vec![4], bytes(&point.x)?, bytes(&point.y)?].concat();
        let public_key = aws_lc_rs::signature::UnparsedPublicKey::new(
            &aws_lc_rs::signature::ECDSA_P521_SHA512_FIXED,
            uncompressed.as_slice(),
        );
        public_key
            .verify(self.signed_part.as_bytes(), &bytes(self.signature)?)
            .map(|()| self.claims)
            .map_err(|_| AuthError::BadSignature)
    }
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, AuthError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| AuthError::MalformedToken)?;
    serde_json::from_slice(&bytes).map_err(|_| AuthError::MalformedToken)
}

/// Whether a key may be used by an algorithm: its family, its curve, and what the key itself says.
pub(super) fn key_fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let family_fits = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(_), _) => algorithm.family() == AlgorithmFamily::Rsa,
        (AlgorithmParameters::EllipticCurve(point), Algorithm::ES256) => point.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(point), Algorithm::ES384) => point.curve == EllipticCurve::P384,
        _ => false,
    };
    family_fits && key.common.key_algorithm.is_none_or(|named| named == KeyAlgorithm::from(algorithm))
}

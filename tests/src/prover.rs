//! The key of a client to which its tokens are bound, and proofs of having it (RFC 9449).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// A client's key.
pub struct Prover {
    key: EncodingKey,
    public_key: Jwk,
}

impl Prover {
    /// Makes one.
    ///
    /// # Panics
    /// When the operating system gives no random bytes.
    #[must_use]
    pub fn new() -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let key = EncodingKey::from_ec_der(pkcs8.expect("a key can be made").as_ref());
        let public_key = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a key has a public part");
        Self { key, public_key }
    }

    /// What a token says that is bound to it.
    ///
    /// # Panics
    /// When the key has no thumbprint.
    #[must_use]
    pub fn confirmation(&self) -> Value {
        json!({"jkt": self.public_key.thumbprint(ThumbprintHash::SHA256).expect("a thumbprint")})
    }

    /// A proof for a `GET` of an address with a token, with whatever else it is to say: `iat`, `jti`, `nonce`.
    ///
    /// # Panics
    /// When the claims cannot be written.
    #[must_use]
    pub fn proof(&self, url: &str, token: &str, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("dpop+jwt".to_owned());
        header.jwk = Some(self.public_key.clone());
        let ath = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
        let mut all = json!({"htm": "GET", "htu": url, "ath": ath});
        if let (Some(all), Some(claims)) = (all.as_object_mut(), claims.as_object()) {
            all.extend(claims.clone());
        }
        jsonwebtoken::encode(&header, &all, &self.key).expect("the key signs")
    }
}

impl Default for Prover {
    fn default() -> Self {
        Self::new()
    }
}

//! A token issuer whose key the test holds, so that tokens can be bent in any way.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

/// Our name at this issuer.
const AUDIENCE: &str = "brevdue";

/// An issuer with a key of its own, published on this machine.
pub struct Issuer {
    /// The exact `iss` of its tokens.
    pub name: String,
    key: EncodingKey,
    public_key: Jwk,
    jwks_url: String,
}

impl Issuer {
    /// Makes a key and publishes it.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn start(name: &str) -> Self {
        let issuer = Self::unpublished(name);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let jwks_url = format!("http://{}/jwks", listener.local_addr().expect("it has an address"));
        let body = json!({"keys": [issuer.public_key]}).to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
                     connection: close\r\n\r\n{body}"
                );
                // Who asks and then goes away needs no answer.
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { jwks_url, ..issuer }
    }

    /// Makes a key that nobody can fetch: where it should be, nobody listens.
    ///
    /// # Panics
    /// When the operating system gives no random bytes.
    #[must_use]
    pub fn unpublished(name: &str) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let key = EncodingKey::from_ec_der(pkcs8.expect("a key can be made").as_ref());
        let mut public_key = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a key has a public part");
        public_key.common.key_id = Some("key-1".to_owned());
        public_key.common.public_key_use = Some(PublicKeyUse::Signature);
        let name = name.to_owned();
        // Port 1 is reserved, and nothing of ours listens there.
        Self { name, key, public_key, jwks_url: "http://127.0.0.1:1/jwks".to_owned() }
    }

    /// Its table in the settings file.
    #[must_use]
    pub fn settings(&self, preset: &str) -> String {
        let Self { name, jwks_url, .. } = self;
        format!(
            "[[issuers]]\npreset = \"{preset}\"\nissuer = \"{name}\"\naudience = [\"{AUDIENCE}\"]\n\
             jwks_url = \"{jwks_url}\"\n"
        )
    }

    /// What a good token of a citizen says.
    #[must_use]
    pub fn citizen(&self, national_id: &str, now: i64) -> Value {
        json!({
            "iss": self.name,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 600,
            "jti": format!("{national_id}-{now}"),
            "brevdue_kind": "citizen",
            "pid": national_id,
            "acr": "idporten-loa-high",
        })
    }

    /// What a token of HelseID says of a system of the clinic, bound to a key.
    #[must_use]
    pub fn helseid_system(&self, now: i64) -> Value {
        json!({
            "iss": self.name,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 600,
            "client_id": "journal",
            "helseid://claims/client/claims/orgnr_parent": "310000019",
            "scope": "brevdue:messages.read",
            "cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
        })
    }

    /// A token that says this, signed.
    ///
    /// # Panics
    /// When the claims cannot be written.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some("key-1".to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).expect("the key signs")
    }

    /// A token that says this, signed by HMAC with the public key for a secret, as published: what a server takes that
    /// lets the token choose the algorithm.
    ///
    /// # Panics
    /// When the claims cannot be written.
    #[must_use]
    pub fn sign_by_public_key(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("key-1".to_owned());
        let secret = serde_json::to_vec(&self.public_key).expect("a key can be written");
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&secret)).expect("the key signs")
    }

    /// A token that says this, with `alg` none and no signature.
    #[must_use]
    pub fn unsigned(&self, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(&json!({"alg": "none", "typ": "at+jwt"})), part(claims))
    }
}

//! What every test of tokens needs: keys, issuers and tokens that can be bent in any way.

mod attacks;
mod callers;
mod dpop;
mod keys;
mod settings;

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::identity::NumberSeries;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Value, json};

use super::issuer::{IssuerSettings, JwksSource, Preset};
use super::{AuthError, Authenticated, Authenticator, Possession, Presented, PresentedHeader};
use crate::clock::Clock;

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://brevdue.example";
const PUBLIC_URL: &str = "https://brevdue.example/";
const PATH: &str = "/v1/me";
const URL: &str = "https://brevdue.example/v1/me";
/// Of the synthetic series.
const PERSON: &str = "15832250004";
const ORGANISATION: &str = "310000019";
const SUPPLIER: &str = "312345676";

type Signer = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A key pair that signs whatever it is given.
struct TestKey {
    id: &'static str,
    algorithm: &'static str,
    public: Value,
    sign: Signer,
}

impl TestKey {
    fn es256(id: &'static str) -> Self {
        Self::elliptic(id, "ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)
    }

    fn es512(id: &'static str) -> Self {
        Self::elliptic(id, "ES512", "P-521", &ECDSA_P521_SHA512_FIXED_SIGNING)
    }

    fn elliptic(
        id: &'static str,
        algorithm: &'static str,
        curve: &str,
        signing: &'static EcdsaSigningAlgorithm,
    ) -> Self {
        let pair = EcdsaKeyPair::generate(signing).expect("a key");
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let public = json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)});
        let sign = move |message: &[u8]| pair.sign(&SystemRandom::new(), message).expect("signed").as_ref().to_vec();
        Self { id, algorithm, public, sign: Box::new(sign) }
    }

    fn rsa(id: &'static str, algorithm: &'static str) -> Self {
        let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("a key");
        let public = Jwk::from_decoding_key(&DecodingKey::from_rsa_der(pair.public_key().as_ref()), None);
        let public = serde_json::to_value(public.expect("a public key")).expect("JSON");
        let sign = move |message: &[u8]| {
            let mut signature = vec![0; pair.public_modulus_len()];
            let padding = if algorithm == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
            pair.sign(padding, &SystemRandom::new(), message, &mut signature).expect("signed");
            signature
        };
        Self { id, algorithm, public, sign: Box::new(sign) }
    }

    /// The key as its issuer publishes it.
    fn published(&self) -> Value {
        with(self.public.clone(), json!({"kid": self.id, "use": "sig", "alg": self.algorithm}))
    }

    fn header(&self) -> Value {
        json!({"alg": self.algorithm, "typ": "at+jwt", "kid": self.id})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = (self.sign)(message.as_bytes());
        format!("{message}.{}", encode(&signature))
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A JSON object with some members set; `null` takes one away.
fn with(mut object: Value, changes: Value) -> Value {
    let (Value::Object(members), Value::Object(changes)) = (&mut object, changes) else { panic!("objects") };
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name)
        } else {
            members.insert(name, value)
        };
    }
    object
}

fn key_set(keys: &[&TestKey]) -> JwkSet {
    let keys = keys.iter().map(|key| serde_json::from_value(key.published()).expect("a key")).collect();
    JwkSet { keys }
}

fn settings_of(preset: Preset, jwks: JwksSource) -> IssuerSettings {
    IssuerSettings {
        issuer: ISSUER.to_owned(),
        preset,
        audience: vec![AUDIENCE.to_owned()],
        jwks,
        algorithms: vec![Algorithm::ES256, Algorithm::RS256, Algorithm::PS256],
        accept_unspecified_audience: false,
        longest_token: chrono::TimeDelta::hours(1),
    }
}

/// Proofs are for this address, and this process remembers them.
fn possession() -> Possession {
    Possession { public_url: Some(PUBLIC_URL.to_owned()), ..Possession::default() }
}

/// An authenticator with one issuer, and that issuer's key.
struct Fixture {
    clock: Clock,
    key: TestKey,
    authenticator: Authenticator,
}

impl Fixture {
    fn of(preset: Preset) -> Self {
        Self::changed(preset, |_| {})
    }

    fn changed(preset: Preset, change: impl FnOnce(&mut IssuerSettings)) -> Self {
        Self::with_key(TestKey::es256("key-1"), preset, change)
    }

    fn with_key(key: TestKey, preset: Preset, change: impl FnOnce(&mut IssuerSettings)) -> Self {
        let clock = Clock::standing();
        let mut settings = settings_of(preset, JwksSource::Fixed(key_set(&[&key])));
        change(&mut settings);
        let authenticator = Authenticator::new(vec![settings], NumberSeries::Synthetic, clock.clone(), possession());
        Self { clock, key, authenticator: authenticator.expect("one issuer") }
    }

    /// The claims of a good token of the fixture's issuer, with changes.
    fn claims(&self, changes: Value) -> Value {
        let now = self.clock.now().timestamp();
        let good = json!({
            "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 120, "jti": "a",
            "brevdue_kind": "citizen", "pid": PERSON, "acr": "idporten-loa-high", "scope": "brevdue:inbox",
        });
        with(good, changes)
    }

    fn token(&self, changes: Value) -> String {
        self.key.sign(&self.key.header(), &self.claims(changes))
    }

    async fn bearer(&self, token: &str) -> Result<Arc<Authenticated>, AuthError> {
        bearer(&self.authenticator, token).await
    }

    /// What becomes of a good token with changed claims.
    async fn outcome(&self, changes: Value) -> Result<Arc<Authenticated>, AuthError> {
        self.bearer(&self.token(changes)).await
    }

    /// What becomes of a good token with a changed header.
    async fn outcome_of_header(&self, changes: Value) -> Result<Arc<Authenticated>, AuthError> {
        self.bearer(&self.key.sign(&with(self.key.header(), changes), &self.claims(json!({})))).await
    }
}

async fn bearer(authenticator: &Authenticator, token: &str) -> Result<Arc<Authenticated>, AuthError> {
    let header = format!("Bearer {token}");
    authenticator.authenticate(presented(&header)).await
}

fn presented(authorization: &str) -> Presented<'_> {
    let authorization = PresentedHeader::One(authorization);
    Presented { authorization, dpop: PresentedHeader::Absent, method: "GET", path: PATH }
}

//! Proofs that the caller has the key that the token is bound to (RFC 9449), checked in HelseID's order.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use persistence::{Chain, Store};
use serde_json::{Map, Value};

use super::claims::Claims;
use super::error::AuthError;
use super::token::{Unverified, key_fits};

/// How long a proof serves.
const VALIDITY: TimeDelta = TimeDelta::seconds(1);
/// How far clocks may be apart, to either side.
const SKEW: TimeDelta = TimeDelta::seconds(5);
/// Proofs are remembered for a little longer than any of them serves (1 s and 5 s to either side).
const REMEMBERED: Duration = Duration::from_secs(12);
/// The same, as the store keeps them: clocks of processes may be apart.
const KEPT: TimeDelta = TimeDelta::seconds(60);
/// The most proofs that are remembered: some 16,000 a second.
const MAX_REMEMBERED: u64 = 200_000;

/// The parts of a key that only its owner may have, and the value of a symmetric one.
const PRIVATE_PARTS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What a proof has to prove.
pub(super) struct Expected<'r> {
    /// The thumbprint of the key that the token is bound to.
    pub(super) thumbprint: &'r str,
    /// SHA-256 of the access token.
    pub(super) token_digest: &'r [u8; 32],
    pub(super) method: &'r str,
    /// Below our public address, without the query.
    pub(super) path: &'r str,
    pub(super) now: DateTime<Utc>,
}

/// What proofs are held against.
#[derive(Default)]
pub struct Possession {
    /// The address under which callers reach us, which proofs name, whatever the request says of itself. It has no query; a slash
    /// at its end does not count. Without it no proof holds.
    pub public_url: Option<String>,
    /// Where proofs need a nonce.
    pub nonces: Option<Nonces>,
    /// Where used proofs are kept, so that no other process takes them. Without it this process alone remembers.
    pub store: Option<Store>,
}

/// Nonces that tell when they were made, and that nobody else makes (RFC 9449, section 9). None is kept anywhere.
pub struct Nonces(hmac::Key);

impl Nonces {
    /// How long one is the newest. It serves as long again.
    const SECONDS: i64 = 300;

    /// With a key that every process has.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    fn newest(&self, now: DateTime<Utc>) -> String {
        self.of(now.timestamp() / Self::SECONDS)
    }

    fn serves(&self, nonce: &str, now: DateTime<Utc>) -> bool {
        let period = now.timestamp() / Self::SECONDS;
        // The next one is of a process whose clock is ahead.
        [period, period - 1, period + 1].iter().any(|period| self.of(*period) == nonce)
    }

    fn of(&self, period: i64) -> String {
        let tag = hmac::sign(&self.0, &period.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(&tag.as_ref()[..16])
    }
}

/// Checks proofs, and remembers them so that none serves twice.
pub(super) struct ProofChecker {
    possession: Possession,
    /// SHA-256 over key and proof id: of a fixed size, whatever a caller writes.
    seen: Cache<[u8; 32], ()>,
}

impl ProofChecker {
    pub(super) fn new(possession: Possession) -> Self {
        // A new proof must always be let in, which the default policy does not promise for a full cache.
        let seen = Cache::builder()
            .max_capacity(MAX_REMEMBERED)
            .time_to_live(REMEMBERED)
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { possession, seen }
    }

    /// A nonce for the next proof, where proofs need one.
    pub(super) fn nonce(&self, now: DateTime<Utc>) -> Option<String> {
        self.possession.nonces.as_ref().map(|nonces| nonces.newest(now))
    }

    /// Checks one proof.
    pub(super) async fn check(&self, proof: &str, expected: &Expected<'_>) -> Result<(), AuthError> {
        let Possession { public_url, nonces, store } = &self.possession;
        let proof = Unverified::parse(proof).map_err(|_| AuthError::DpopInvalid("form"))?;
        let claims = verified_claims(proof, expected.thumbprint)?;
        let public_url = public_url.as_ref().ok_or(AuthError::DpopInvalid("htu"))?;
        let proof_id = checked_proof_id(&claims, public_url, expected)?;
        if let Some(nonces) = nonces
            && !claims.text("nonce").is_ok_and(|nonce| nonces.serves(nonce, expected.now))
        {
            return Err(AuthError::DpopNonce);
        }

        let key = sha256(format!("{}.{proof_id}", expected.thumbprint).as_bytes());
        let mut is_first = self.seen.entry(key).or_insert(()).is_fresh();
        if let Some(store) = store.as_ref().filter(|_| is_first) {
            let until = expected.now + KEPT;
            let used = store.proof_use(expected.thumbprint, proof_id, until).await;
            is_first = used.map_err(|error| {
                tracing::warn!(error = %Chain(&error), "a proof cannot be checked");
                AuthError::ProofsUnavailable
            })?;
        }
        if is_first { Ok(()) } else { Err(AuthError::DpopInvalid("replayed")) }
    }
}

/// Header, key and signature.
fn verified_claims(proof: Unverified<'_>, thumbprint: &str) -> Result<Claims, AuthError> {
    if !proof.header.typ.as_ref().is_some_and(|typ| typ.eq_ignore_ascii_case("dpop+jwt")) {
        return Err(AuthError::DpopInvalid("typ"));
    }
    let algorithm = ProofAlgorithm::parse(&proof.header.alg).ok_or(AuthError::DpopInvalid("alg"))?;
    let key = public_key(proof.header.jwk.as_ref())?;
    if !algorithm.fits(&key) {
        return Err(AuthError::DpopInvalid("alg"));
    }
    if !key.thumbprint(ThumbprintHash::SHA256).is_ok_and(|computed| computed == thumbprint) {
        return Err(AuthError::DpopInvalid("key"));
    }
    let verified = match algorithm {
        ProofAlgorithm::Known(algorithm) => DecodingKey::from_jwk(&key)
            .map_err(|_| AuthError::DpopInvalid("jwk"))
            .and_then(|key| proof.verify(&key, algorithm)),
        ProofAlgorithm::Es512 => proof.verify_es512(&key),
    };
    verified.map_err(|_| AuthError::DpopInvalid("signature"))
}

fn public_key(jwk: Option<&Map<String, Value>>) -> Result<Jwk, AuthError> {
    let jwk = jwk.ok_or(AuthError::DpopInvalid("jwk"))?;
    if PRIVATE_PARTS.iter().any(|part| jwk.contains_key(*part)) {
        return Err(AuthError::DpopInvalid("private key"));
    }
    serde_json::from_value(Value::Object(jwk.clone())).map_err(|_| AuthError::DpopInvalid("jwk"))
}

/// What the proof is for and when it was made. Gives its id.
fn checked_proof_id<'c>(claims: &'c Claims, public_url: &str, expected: &Expected<'_>) -> Result<&'c str, AuthError> {
    let text = |name| claims.text(name).map_err(|_| AuthError::DpopInvalid(name));
    if text("ath")? != BASE64_URL_SAFE_NO_PAD.encode(expected.token_digest) {
        return Err(AuthError::DpopInvalid("ath"));
    }
    let proof_id = text("jti")?;
    if proof_id.is_empty() {
        return Err(AuthError::DpopInvalid("jti"));
    }
    if text("htm")? != expected.method {
        return Err(AuthError::DpopInvalid("htm"));
    }
    if text("htu")?.strip_prefix(public_url.trim_end_matches('/')) != Some(expected.path) {
        return Err(AuthError::DpopInvalid("htu"));
    }
    let issued_at = claims.time("iat").ok().flatten().ok_or(AuthError::DpopInvalid("iat"))?;
    let age = expected.now - issued_at;
    if age > VALIDITY + SKEW || age < -SKEW {
        return Err(AuthError::DpopInvalid("iat"));
    }
    Ok(proof_id)
}

/// RS, PS and ES with 256, 384 and 512 bits.
enum ProofAlgorithm {
    Known(Algorithm),
    Es512,
}

impl ProofAlgorithm {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "ES512" => Some(Self::Es512),
            "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "ES256" | "ES384" => {
                word.parse().ok().map(Self::Known)
            }
            _ => None,
        }
    }

    fn fits(&self, key: &Jwk) -> bool {
        match (self, &key.algorithm) {
            (Self::Known(algorithm), _) => key_fits(key, *algorithm),
            (Self::Es512, AlgorithmParameters::EllipticCurve(point)) => point.curve == EllipticCurve::P521,
            (Self::Es512, _) => false,
        }
    }
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest(&SHA256, bytes).as_ref());
    sum
}

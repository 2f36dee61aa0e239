//! One request's token: from the header to the caller.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use chrono::{DateTime, Utc};
use domain::access::Caller;
use domain::identity::NumberSeries;
use jsonwebtoken::Algorithm;
use moka::sync::Cache;

use super::caller::caller_of;
use super::claims::Claims;
use super::dpop::{Expected, Possession, ProofChecker, sha256};
use super::error::AuthError;
use super::issuer::IssuerSettings;
use super::jwks::Keys;
use super::token::{MAX_TOKEN_BYTES, Unverified};
use crate::clock::Clock;

/// The most verified tokens that are remembered.
const MAX_REMEMBERED: u64 = 50_000;
/// How long at most a token is taken without looking at its issuer's keys again.
const REMEMBERED: Duration = Duration::from_secs(600);
/// The kinds of token that are for calling services, besides those that do not say their kind.
const ACCESS_TOKEN_TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];
/// Claims that only an identity token has.
const IDENTITY_TOKEN_CLAIMS: [&str; 3] = ["nonce", "at_hash", "c_hash"];

/// What came with a request.
#[derive(Clone, Copy)]
pub struct Presented<'r> {
    /// The `Authorization` header.
    pub authorization: PresentedHeader<'r>,
    /// The `DPoP` header.
    pub dpop: PresentedHeader<'r>,
    /// The method, as written.
    pub method: &'r str,
    /// The path, without the query.
    pub path: &'r str,
}

/// A header that may be there once.
#[derive(Clone, Copy)]
pub enum PresentedHeader<'r> {
    /// Not there.
    Absent,
    /// There once.
    One(&'r str),
    /// There several times, or not readable.
    Malformed,
}

impl<'r> PresentedHeader<'r> {
    /// From all headers of one name.
    pub fn from_values(mut values: impl Iterator<Item = &'r HeaderValue>) -> Self {
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => value.to_str().map_or(Self::Malformed, Self::One),
            (Some(_), Some(_)) => Self::Malformed,
        }
    }
}

/// Who calls, and until when that is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authenticated {
    /// Who calls.
    pub caller: Caller,
    /// The same for all tokens of one person or one client while this process lives. Tells nothing about them.
    pub rate_key: String,
    /// The end of the token's time.
    pub expires_at: DateTime<Utc>,
}

/// Why the configured issuers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Two of the same name.
    #[error("the issuer {0} is configured twice")]
    DuplicateIssuer(String),
    /// No algorithm, or one whose verification key could also sign.
    #[error("the issuer {0} needs algorithms, and asymmetric ones only")]
    Algorithms(String),
    /// The HTTP client that fetches keys could not be made.
    #[error("no HTTP client could be made for the keys of the issuer {issuer}")]
    Client {
        /// Whose keys.
        issuer: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    Randomness,
}

/// Turns tokens into callers.
pub struct Authenticator {
    issuers: HashMap<String, Issuer>,
    series: NumberSeries,
    clock: Clock,
    /// By SHA-256 of the token.
    verified: Cache<[u8; 32], Arc<Verified>>,
    proofs: ProofChecker,
    rate_key_secret: hmac::Key,
}

struct Issuer {
    settings: IssuerSettings,
    keys: Arc<Keys>,
}

struct Verified {
    authenticated: Arc<Authenticated>,
    /// The thumbprint of the key that the token is bound to.
    bound_to: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Bearer,
    Dpop,
}

impl Authenticator {
    /// For tokens of these issuers about people with numbers of that series.
    ///
    /// # Errors
    /// When the issuers contradict each other or no client can be made.
    pub fn new(
        issuers: Vec<IssuerSettings>,
        series: NumberSeries,
        clock: Clock,
        possession: Possession,
    ) -> Result<Self, SetupError> {
        let mut by_name = HashMap::new();
        for settings in issuers {
            let name = settings.issuer.clone();
            if !settings.has_only_asymmetric_algorithms() {
                return Err(SetupError::Algorithms(name));
            }
            let keys = Keys::new(name.clone(), settings.jwks.clone(), clock.clone())
                .map_err(|source| SetupError::Client { issuer: name.clone(), source })?;
            if by_name.insert(name.clone(), Issuer { settings, keys: Arc::new(keys) }).is_some() {
                return Err(SetupError::DuplicateIssuer(name));
            }
        }
        let rate_key_secret =
            hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| SetupError::Randomness)?;
        let verified = Cache::builder().max_capacity(MAX_REMEMBERED).time_to_live(REMEMBERED).build();
        let proofs = ProofChecker::new(possession);
        Ok(Self { issuers: by_name, series, clock, verified, proofs, rate_key_secret })
    }

    /// A nonce for the next proof, where proofs need one.
    pub fn nonce(&self) -> Option<String> {
        self.proofs.nonce(self.clock.now())
    }

    /// Who the request is from.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub async fn authenticate(&self, presented: Presented<'_>) -> Result<Arc<Authenticated>, AuthError> {
        let (scheme, token) = scheme_and_token(presented.authorization)?;
        let digest = sha256(token.as_bytes());
        let verified = match self.remembered(&digest) {
            Some(verified) => verified,
            None => self.verify_and_remember(token, digest).await?,
        };
        match (&verified.bound_to, scheme) {
            (None, Scheme::Bearer) => {}
            (None, Scheme::Dpop) => return Err(AuthError::DpopInvalid("cnf.jkt")),
            (Some(_), Scheme::Bearer) => return Err(AuthError::DpopMissing),
            (Some(thumbprint), Scheme::Dpop) => self.check_proof(presented, thumbprint, &digest).await?,
        }
        Ok(Arc::clone(&verified.authenticated))
    }

    /// A token that was verified before, as long as its time has not passed.
    fn remembered(&self, digest: &[u8; 32]) -> Option<Arc<Verified>> {
        let verified = self.verified.get(digest)?;
        if self.clock.now() < verified.authenticated.expires_at {
            return Some(verified);
        }
        self.verified.invalidate(digest);
        None
    }

    async fn verify_and_remember(&self, token: &str, digest: [u8; 32]) -> Result<Arc<Verified>, AuthError> {
        let verified = Arc::new(self.verify(token).await?);
        if self.clock.now() < verified.authenticated.expires_at {
            self.verified.insert(digest, Arc::clone(&verified));
        }
        Ok(verified)
    }

    async fn verify(&self, token: &str) -> Result<Verified, AuthError> {
        let token = Unverified::parse(token)?;
        let issuer = self.issuers.get(token.claimed_issuer()?).ok_or(AuthError::UnknownIssuer)?;
        let settings = &issuer.settings;
        let algorithm: Algorithm = token.header.alg.parse().map_err(|_| AuthError::AlgorithmNotAllowed)?;
        if !settings.algorithms.contains(&algorithm) {
            return Err(AuthError::AlgorithmNotAllowed);
        }
        let has_known_type = |typ: &String| ACCESS_TOKEN_TYPES.iter().any(|known| known.eq_ignore_ascii_case(typ));
        if !token.header.typ.as_ref().is_none_or(has_known_type) {
            return Err(AuthError::WrongTokenType);
        }
        let key = issuer.keys.find(token.header.kid.as_deref(), algorithm).await?;
        let claims = token.verify(&key, algorithm)?;

        let now = self.clock.now();
        let expires_at = claims.check_times(now)?;
        claims.check_life(now, settings.longest_token)?;
        claims.check_audience(&settings.audience, settings.accept_unspecified_audience)?;
        let is_identity_token = IDENTITY_TOKEN_CLAIMS.iter().any(|name| claims.get(name).is_some());
        if is_identity_token || (settings.preset.always_has_scope() && claims.scopes()?.is_empty()) {
            return Err(AuthError::WrongTokenType);
        }
        let bound_to = bound_to(&claims)?;
        if settings.preset.requires_dpop() && bound_to.is_none() {
            return Err(AuthError::ClaimMissing("cnf.jkt"));
        }
        let caller = caller_of(settings.preset, &claims, self.series)?;
        let rate_key = self.rate_key(&settings.issuer, &caller);
        Ok(Verified { authenticated: Arc::new(Authenticated { caller, rate_key, expires_at }), bound_to })
    }

    async fn check_proof(
        &self,
        presented: Presented<'_>,
        thumbprint: &str,
        digest: &[u8; 32],
    ) -> Result<(), AuthError> {
        let proof = match presented.dpop {
            PresentedHeader::One(proof) => proof,
            PresentedHeader::Absent => return Err(AuthError::DpopMissing),
            PresentedHeader::Malformed => return Err(AuthError::DpopInvalid("header")),
        };
        let Presented { method, path, .. } = presented;
        let now = self.clock.now();
        self.proofs.check(proof, &Expected { thumbprint, token_digest: digest, method, path, now }).await
    }

    /// Keyed, because the eleven digits of an identity number are soon guessed from a plain hash.
    fn rate_key(&self, issuer: &str, caller: &Caller) -> String {
        let parts: [&str; 4] = match caller {
            Caller::Citizen { national_id, .. } => ["citizen", national_id.expose(), "", ""],
            Caller::HealthWorker { national_id, organisation, .. } => {
                ["healthWorker", national_id.expose(), organisation.as_str(), ""]
            }
            Caller::System { organisation, client, .. } => ["system", issuer, organisation.as_str(), client.as_str()],
            Caller::Operator { subject, .. } => ["operator", issuer, subject, ""],
        };
        let mut context = hmac::Context::with_key(&self.rate_key_secret);
        for part in parts {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        hex::encode(&context.sign().as_ref()[..16])
    }
}

fn scheme_and_token(header: PresentedHeader<'_>) -> Result<(Scheme, &str), AuthError> {
    let header = match header {
        PresentedHeader::One(header) => header,
        PresentedHeader::Absent => return Err(AuthError::Missing),
        PresentedHeader::Malformed => return Err(AuthError::MalformedHeader),
    };
    let (scheme, token) = header.split_once(' ').ok_or(AuthError::MalformedHeader)?;
    let scheme = match scheme {
        word if word.eq_ignore_ascii_case("Bearer") => Scheme::Bearer,
        word if word.eq_ignore_ascii_case("DPoP") => Scheme::Dpop,
        _ => return Err(AuthError::MalformedHeader),
    };
    let token = token.trim_matches(' ');
    if token.len() > MAX_TOKEN_BYTES {
        return Err(AuthError::TooLarge);
    }
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') {
        return Err(AuthError::MalformedHeader);
    }
    Ok((scheme, token))
}

/// The thumbprint that `cnf` binds the token to. A binding of a kind that we cannot check is refused.
fn bound_to(claims: &Claims) -> Result<Option<String>, AuthError> {
    let Some(confirmation) = claims.get("cnf") else { return Ok(None) };
    match confirmation.get("jkt").and_then(serde_json::Value::as_str) {
        Some(thumbprint) => Ok(Some(thumbprint.to_owned())),
        None => Err(AuthError::ClaimInvalid("cnf")),
    }
}

//! The keys of an issuer: fetched, kept, and fetched again when a token names one that is not among them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::error::AuthError;
use super::issuer::JwksSource;
use super::token::key_fits;
use crate::clock::Clock;
use crate::outbound::http::{CallError, body_of, client_for, is_loopback};

const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BODY_BYTES: usize = 256 * 1024;

/// Keys of this age are fetched again while they still serve, so that an outage at the issuer goes unnoticed.
pub(super) const REFRESH_AGE: TimeDelta = TimeDelta::hours(12);
/// Keys of this age serve no more: one that the issuer took back must come to an end.
pub(super) const MAX_AGE: TimeDelta = TimeDelta::hours(24);
/// Least time between two fetches, however many unknown keys are named.
pub(super) const FETCH_PAUSE: TimeDelta = TimeDelta::minutes(1);
/// The same while there are no keys and so nobody can be let in.
pub(super) const FETCH_PAUSE_WITHOUT_KEYS: TimeDelta = TimeDelta::seconds(5);

/// The keys of one issuer.
pub(super) struct Keys {
    issuer: String,
    source: Source,
    clock: Clock,
    state: Mutex<State>,
    /// Held while fetching: whoever comes meanwhile waits for the same answer.
    flight: tokio::sync::Mutex<()>,
}

enum Source {
    Fixed(KeySet),
    Remote {
        client: reqwest::Client,
        url: String,
    },
    /// Asked for where its keys are each time, so that they may move.
    Described {
        client: reqwest::Client,
        url: String,
    },
}

#[derive(Default)]
struct State {
    fetched: Option<(Arc<KeySet>, DateTime<Utc>)>,
    attempted_at: Option<DateTime<Utc>>,
    last_attempt_failed: bool,
}

impl Keys {
    /// # Errors
    /// When no TLS client can be made.
    pub(super) fn new(issuer: String, source: JwksSource, clock: Clock) -> Result<Self, reqwest::Error> {
        let source = match source {
            JwksSource::Fixed(JwkSet { keys }) => Source::Fixed(KeySet::new(keys)),
            JwksSource::Url(url) => Source::Remote { client: client_for(&url, TOTAL_TIMEOUT)?, url },
            JwksSource::Described(url) => Source::Described { client: client_for(&url, TOTAL_TIMEOUT)?, url },
        };
        Ok(Self { issuer, source, clock, state: Mutex::default(), flight: tokio::sync::Mutex::default() })
    }

    /// The key of that id, for that algorithm.
    pub(super) async fn find(
        self: &Arc<Self>,
        key_id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<DecodingKey>, AuthError> {
        if let Source::Fixed(set) = &self.source {
            return set.find(key_id, algorithm)?.ok_or(AuthError::UnknownKey);
        }
        if let Some(set) = self.usable()
            && let Some(key) = set.find(key_id, algorithm)?
        {
            self.refresh_in_time();
            return Ok(key);
        }
        self.refresh().await;
        let set = self.usable().ok_or(AuthError::KeysUnavailable)?;
        set.find(key_id, algorithm)?.ok_or_else(|| {
            // While the issuer cannot be asked, nobody knows whether it has such a key.
            if self.state().last_attempt_failed { AuthError::KeysUnavailable } else { AuthError::UnknownKey }
        })
    }

    fn usable(&self) -> Option<Arc<KeySet>> {
        let now = self.clock.now();
        self.state().fetched.as_ref().filter(|(_, at)| now - at < MAX_AGE).map(|(set, _)| Arc::clone(set))
    }

    /// Starts a fetch when the keys are getting old, without waiting for it.
    fn refresh_in_time(self: &Arc<Self>) {
        let now = self.clock.now();
        let is_old = self.state().fetched.as_ref().is_some_and(|(_, at)| now - at >= REFRESH_AGE);
        if is_old && self.may_fetch(now) && self.flight.try_lock().is_ok() {
            let keys = Arc::clone(self);
            tokio::spawn(async move { keys.fetch_if_due().await });
        }
    }

    /// In a task of its own, so that a caller who hangs up does not stop the fetch that others wait for.
    async fn refresh(self: &Arc<Self>) {
        let keys = Arc::clone(self);
        if tokio::spawn(async move { keys.fetch_if_due().await }).await.is_err() {
            tracing::error!(issuer = self.issuer, "fetching the issuer's keys was cut off");
        }
    }

    async fn fetch_if_due(&self) {
        if matches!(self.source, Source::Fixed(_)) {
            return;
        }
        let _flight = self.flight.lock().await;
        let now = self.clock.now();
        if !self.may_fetch(now) {
            return;
        }
        self.state().attempted_at = Some(now);
        let answer = self.fetch().await;
        let mut state = self.state();
        state.last_attempt_failed = answer.is_err();
        match answer {
            Ok(set) => state.fetched = Some((Arc::new(set), now)),
            Err(error) => {
                tracing::warn!(issuer = self.issuer, error = %error, "the issuer's keys could not be fetched");
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        match &self.source {
            Source::Fixed(_) => Err(FetchError::NoKeys),
            Source::Remote { client, url } => fetch(client, url).await,
            Source::Described { client, url } => {
                let place = place_of_keys(client, url, &self.issuer).await?;
                fetch(client, &place).await
            }
        }
    }

    fn may_fetch(&self, now: DateTime<Utc>) -> bool {
        let pause = if self.usable().is_some() { FETCH_PAUSE } else { FETCH_PAUSE_WITHOUT_KEYS };
        // An attempt in the future was made before the clock was set back.
        self.state().attempted_at.is_none_or(|at| at > now || now - at >= pause)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of one answer that can verify signatures.
struct KeySet(Vec<(Jwk, Arc<DecodingKey>)>);

impl KeySet {
    fn new(keys: Vec<Jwk>) -> Self {
        let with_decoding_key = |key: Jwk| DecodingKey::from_jwk(&key).ok().map(|decoding| (key, Arc::new(decoding)));
        Self(keys.into_iter().filter(verifies_signatures).filter_map(with_decoding_key).collect())
    }

    /// The key of that id; without an id, the only key there is. `None` where the issuer may have got it since.
    fn find(&self, key_id: Option<&str>, algorithm: Algorithm) -> Result<Option<Arc<DecodingKey>>, AuthError> {
        let Some(key_id) = key_id else {
            let [(key, decoding_key)] = self.0.as_slice() else { return Err(AuthError::UnknownKey) };
            let fits = key_fits(key, algorithm);
            return if fits { Ok(Some(Arc::clone(decoding_key))) } else { Err(AuthError::AlgorithmNotAllowed) };
        };
        let mut named = self.0.iter().filter(|(key, _)| key.common.key_id.as_deref() == Some(key_id)).peekable();
        if named.peek().is_none() {
            return Ok(None);
        }
        let fitting = named.find(|(key, _)| key_fits(key, algorithm));
        fitting.map(|(_, key)| Some(Arc::clone(key))).ok_or(AuthError::AlgorithmNotAllowed)
    }
}

fn verifies_signatures(key: &Jwk) -> bool {
    let is_public_pair = matches!(key.algorithm, AlgorithmParameters::RSA(_) | AlgorithmParameters::EllipticCurve(_));
    let for_signatures = key.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let may_verify =
        key.common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    is_public_pair && for_signatures && may_verify
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the answer is no set of keys")]
    NoKeys,
    #[error("the issuer's description cannot be read")]
    NoDescription,
    #[error("the issuer's description is that of another issuer")]
    OtherIssuer,
    #[error(
        "the issuer's description has its keys neither at an https address nor on the machine that it is on itself"
    )]
    Place,
}

/// Where an issuer says that its keys are. Only what it says of itself counts: its description must name it exactly.
async fn place_of_keys(client: &reqwest::Client, url: &str, issuer: &str) -> Result<String, FetchError> {
    #[derive(Deserialize)]
    struct Description {
        issuer: String,
        jwks_uri: String,
    }
    let answer = client.get(url).header("accept", "application/json").send().await.map_err(CallError::from)?;
    let body = body_of(answer, MAX_BODY_BYTES).await?;
    let description: Description = serde_json::from_slice(&body).map_err(|_| FetchError::NoDescription)?;
    if description.issuer != issuer {
        return Err(FetchError::OtherIssuer);
    }
    let stays_here = |url: &str| reqwest::Url::parse(url).is_ok_and(|url| is_loopback(&url));
    let scheme = reqwest::Url::parse(&description.jwks_uri).map_err(|_| FetchError::Place)?.scheme().to_owned();
    match (&*scheme, stays_here(url), stays_here(&description.jwks_uri)) {
        // Whoever is elsewhere has no business with what listens on this machine.
        ("https", false, false) | ("https" | "http", true, true) | ("https", true, false) => Ok(description.jwks_uri),
        _ => Err(FetchError::Place),
    }
}

async fn fetch(client: &reqwest::Client, url: &str) -> Result<KeySet, FetchError> {
    let answer = client.get(url).header("accept", "application/json").send().await.map_err(CallError::from)?;
    let body = body_of(answer, MAX_BODY_BYTES).await?;
    /// Keys one by one, so that one of a kind we do not know does not hide the others.
    #[derive(Deserialize)]
    struct Answer {
        keys: Vec<Value>,
    }
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| FetchError::NoKeys)?;
    let set = KeySet::new(answer.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect());
    // An answer without keys is a mishap at the issuer, no order to let nobody in.
    if set.0.is_empty() { Err(FetchError::NoKeys) } else { Ok(set) }
}

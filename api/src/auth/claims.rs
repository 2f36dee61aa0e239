//! The claims of a token, read strictly: a claim of another type than it should be is not taken for absent.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::error::AuthError;

/// How far clocks may be apart.
const LEEWAY: TimeDelta = TimeDelta::seconds(10);

/// What an `aud` says that was asked for without a resource.
const UNSPECIFIED: &str = "unspecified";

/// How the names of our own scopes start.
const OUR_SCOPES: &str = "brevdue:";

/// The claims of one token.
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    pub(super) fn new(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// A claim that is there; `null` is the same as not there.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Whether any claim's name starts so.
    pub(super) fn has_prefix(&self, prefix: &str) -> bool {
        self.0.keys().any(|name| name.starts_with(prefix))
    }

    /// A text that may be absent.
    pub(super) fn optional_text(&self, name: &'static str) -> Result<Option<&str>, AuthError> {
        self.get(name).map(|value| value.as_str().ok_or(AuthError::ClaimInvalid(name))).transpose()
    }

    /// A text that must be there.
    pub(super) fn text(&self, name: &'static str) -> Result<&str, AuthError> {
        self.optional_text(name)?.ok_or(AuthError::ClaimMissing(name))
    }

    /// A text or a list of texts; empty when absent.
    pub(super) fn texts(&self, name: &'static str) -> Result<Vec<&str>, AuthError> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::String(one)) => Ok(vec![one]),
            Some(Value::Array(many)) => {
                many.iter().map(|value| value.as_str().ok_or(AuthError::ClaimInvalid(name))).collect()
            }
            Some(_) => Err(AuthError::ClaimInvalid(name)),
        }
    }

    /// The scopes: separated by spaces at ID-porten and Maskinporten, a list at HelseID.
    pub(super) fn scopes(&self) -> Result<Vec<&str>, AuthError> {
        Ok(self.texts("scope")?.into_iter().flat_map(str::split_ascii_whitespace).collect())
    }

    /// A time in seconds since 1970, with or without a fraction.
    pub(super) fn time(&self, name: &'static str) -> Result<Option<DateTime<Utc>>, AuthError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        // The cast saturates, and such a time is then refused.
        let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.floor() as i64));
        let time = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        // Times that a year later could no longer be added to are no times of tokens.
        let in_range = time.filter(|time| time.checked_add_signed(TimeDelta::days(366)).is_some());
        in_range.map(Some).ok_or(AuthError::ClaimInvalid(name))
    }

    /// Checks that the token is valid now, and gives the end of its time.
    pub(super) fn check_times(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, AuthError> {
        let expires_at = self.time("exp")?.ok_or(AuthError::ClaimMissing("exp"))?;
        if now >= expires_at + LEEWAY {
            return Err(AuthError::Expired);
        }
        for name in ["nbf", "iat"] {
            if self.time(name)?.is_some_and(|time| time > now + LEEWAY) {
                return Err(AuthError::NotYetValid);
            }
        }
        Ok(expires_at)
    }

    /// Checks that the token is valid for no longer than tokens of its issuer may be: from when it was issued, or from now on
    /// where it does not say when that was.
    pub(super) fn check_life(&self, now: DateTime<Utc>, longest: TimeDelta) -> Result<(), AuthError> {
        let expires_at = self.time("exp")?.ok_or(AuthError::ClaimMissing("exp"))?;
        let issued_at = self.time("iat")?.unwrap_or(now);
        if expires_at - issued_at > longest + LEEWAY { Err(AuthError::ClaimInvalid("exp")) } else { Ok(()) }
    }

    /// Checks that the token is for us. A token for nobody in particular counts only where that is configured, and
    /// then only with a scope of ours.
    pub(super) fn check_audience(&self, ours: &[String], accept_unspecified: bool) -> Result<(), AuthError> {
        let audience = self.texts("aud")?;
        if audience.iter().any(|audience| ours.iter().any(|our| our == audience)) {
            return Ok(());
        }
        let unspecified = audience.is_empty() || audience == [UNSPECIFIED];
        if unspecified && accept_unspecified && self.scopes()?.iter().any(|scope| scope.starts_with(OUR_SCOPES)) {
            return Ok(());
        }
        Err(AuthError::WrongAudience)
    }
}

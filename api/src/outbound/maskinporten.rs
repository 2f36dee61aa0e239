//! Tokens for our own calls, from Maskinporten: a JWT that we sign is exchanged for an access token (RFC 7523).

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::identity::OrganisationNumber;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::http::{CallError, body_of, client_for};
use super::key::{KeyError, read_key};
use crate::clock::Clock;
use crate::settings::MaskinportenSettings;

/// How long a request for a token may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// An answer with a token is a few thousand bytes.
const MOST_BYTES: usize = 64 * 1024;
/// How long what we sign can be used. Maskinporten takes at most 120 seconds.
const ASSERTION_LIFETIME: TimeDelta = TimeDelta::seconds(100);
/// A token is not used any more so long before it runs out, so that it does not run out on its way.
const BEFORE_EXPIRY: TimeDelta = TimeDelta::seconds(30);
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// Maskinporten gave none.
    #[error("Maskinporten gave no token")]
    Refused(#[source] CallError),
    /// Our key does not sign.
    #[error("the key does not sign")]
    Key(#[from] jsonwebtoken::errors::Error),
}

/// What gets tokens, one for each list of scopes, and keeps each until shortly before it runs out.
pub(crate) struct Maskinporten {
    settings: MaskinportenSettings,
    key: EncodingKey,
    client: reqwest::Client,
    clock: Clock,
    /// Held while a token is asked for: whoever comes meanwhile waits for the same answer.
    tokens: tokio::sync::Mutex<HashMap<Grant, Token>>,
}

/// What a token is for: scopes, and the organisation on whose behalf, where that is another than ours.
type Grant = (String, Option<OrganisationNumber>);

struct Token {
    text: SecretString,
    until: DateTime<Utc>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    expires_in: u32,
}

impl Maskinporten {
    /// Reads the key.
    ///
    /// # Errors
    /// A key file that cannot be used.
    pub(crate) fn new(settings: MaskinportenSettings, clock: Clock) -> Result<Self, KeyError> {
        let key = read_key(&settings.key_file)?;
        let client = client_for(&settings.token_url, TIMEOUT)?;
        Ok(Self { settings, key, client, clock, tokens: tokio::sync::Mutex::default() })
    }

    /// A token for these scopes.
    ///
    /// # Errors
    /// Maskinporten away, or it refuses.
    pub(crate) async fn token(&self, scopes: &str) -> Result<SecretString, TokenError> {
        self.token_of((scopes.to_owned(), None)).await
    }

    /// A token for these scopes on behalf of an organisation that has delegated them to us.
    ///
    /// # Errors
    /// Maskinporten away, or it refuses: without a delegation, for example.
    pub(crate) async fn token_for(
        &self,
        scopes: &str,
        organisation: &OrganisationNumber,
    ) -> Result<SecretString, TokenError> {
        self.token_of((scopes.to_owned(), Some(organisation.clone()))).await
    }

    async fn token_of(&self, grant: Grant) -> Result<SecretString, TokenError> {
        let mut tokens = self.tokens.lock().await;
        let now = self.clock.now();
        if let Some(token) = tokens.get(&grant).filter(|token| token.until > now) {
            return Ok(token.text.clone());
        }
        let assertion = self.assertion(&grant, now)?;
        let TokenAnswer { access_token, expires_in } = self.ask(&assertion).await.map_err(TokenError::Refused)?;
        let until = now + TimeDelta::seconds(expires_in.into()) - BEFORE_EXPIRY;
        tokens.insert(grant, Token { text: access_token.clone(), until });
        Ok(access_token)
    }

    /// Forgets a token for these scopes that was not accepted, on whosever behalf. One that has come since stays.
    pub(crate) async fn forget(&self, scopes: &str, refused: &SecretString) {
        let is_refused =
            |grant: &Grant, token: &Token| grant.0 == scopes && token.text.expose_secret() == refused.expose_secret();
        self.tokens.lock().await.retain(|grant, token| !is_refused(grant, token));
    }

    async fn ask(&self, assertion: &str) -> Result<TokenAnswer, CallError> {
        let request = self.client.post(&self.settings.token_url);
        let request = request.form(&[("grant_type", GRANT_TYPE), ("assertion", assertion)]);
        let body = body_of(request.send().await?, MOST_BYTES).await?;
        serde_json::from_slice(&body).map_err(|_| CallError::Unreadable)
    }

    /// What we sign. It is used once.
    fn assertion(&self, (scopes, organisation): &Grant, now: DateTime<Utc>) -> Result<String, TokenError> {
        let MaskinportenSettings { audience, client_id, key_id, token_url: _, key_file: _ } = &self.settings;
        let header = Header { kid: Some(key_id.clone()), ..Header::new(Algorithm::RS256) };
        let mut claims = json!({
            "aud": audience,
            "iss": client_id,
            "scope": scopes,
            "iat": now.timestamp(),
            "exp": (now + ASSERTION_LIFETIME).timestamp(),
            "jti": uuid::Uuid::now_v7(),
        });
        if let Some(organisation) = organisation {
            claims["consumer_org"] = organisation.as_str().into();
        }
        Ok(jsonwebtoken::encode(&header, &claims, &self.key)?)
    }
}

//! Whose tokens are taken, and what is expected of them.

use chrono::TimeDelta;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, AlgorithmFamily};

use crate::settings::IssuerConfig;
pub use crate::settings::Preset;

const RSA: &[Algorithm] = &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512];
const RSA_AND_EC: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
];

impl Preset {
    /// The algorithms that such an issuer signs by. Asymmetric ones only.
    #[must_use]
    pub fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::IdPorten | Self::Maskinporten => RSA,
            Self::HelseId | Self::Operator | Self::Test => RSA_AND_EC,
        }
    }

    /// Whether a token that is not bound to a key is refused. A token that is bound needs its proof from any issuer.
    #[must_use]
    pub fn requires_dpop(self) -> bool {
        self == Self::HelseId
    }

    /// Where such an issuer describes itself, below its name: OpenID Connect Discovery, or RFC 8414 where nobody logs in.
    fn description_path(self) -> &'static str {
        match self {
            Self::Maskinporten => ".well-known/oauth-authorization-server",
            Self::IdPorten | Self::HelseId | Self::Operator | Self::Test => ".well-known/openid-configuration",
        }
    }

    /// Whether its access tokens always carry a scope, so that one without is another kind of token.
    pub(super) fn always_has_scope(self) -> bool {
        self == Self::IdPorten
    }
}

/// Where an issuer's keys come from.
#[derive(Clone, Debug)]
pub enum JwksSource {
    /// Fetched, cached and refreshed.
    Url(String),
    /// Where the issuer's own description, which is at this address, says that they are.
    Described(String),
    /// Known from the start.
    Fixed(JwkSet),
}

/// One issuer whose tokens are taken.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// The exact `iss` of its tokens; a slash at the end counts.
    pub issuer: String,
    /// What kind of issuer it is.
    pub preset: Preset,
    /// Our names. One of them must be in a token's `aud`.
    pub audience: Vec<String>,
    /// Its keys.
    pub jwks: JwksSource,
    /// What it may sign by.
    pub algorithms: Vec<Algorithm>,
    /// Whether a token for nobody in particular is taken when it has a scope of ours.
    pub accept_unspecified_audience: bool,
    /// The longest that a token is valid.
    pub longest_token: TimeDelta,
}

impl IssuerSettings {
    /// Whether every algorithm is asymmetric and there is one.
    pub(super) fn has_only_asymmetric_algorithms(&self) -> bool {
        let asymmetric = |algorithm: &Algorithm| algorithm.family() != AlgorithmFamily::Hmac;
        !self.algorithms.is_empty() && self.algorithms.iter().all(asymmetric)
    }
}

impl From<IssuerConfig> for IssuerSettings {
    /// With what the preset implies.
    fn from(config: IssuerConfig) -> Self {
        let IssuerConfig { preset, issuer, audience, jwks_url, accept_unspecified_audience, longest_token } = config;
        let algorithms = preset.algorithms().to_vec();
        let description = || format!("{}/{}", issuer.trim_end_matches('/'), preset.description_path());
        let jwks = jwks_url.map_or_else(|| JwksSource::Described(description()), JwksSource::Url);
        let longest_token = TimeDelta::from_std(longest_token).unwrap_or_default();
        Self { issuer, preset, audience, jwks, algorithms, accept_unspecified_audience, longest_token }
    }
}

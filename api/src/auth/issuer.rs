//! Whose tokens are taken, and what is expected of them.

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
        let IssuerConfig { preset, issuer, audience, jwks_url, accept_unspecified_audience } = config;
        let algorithms = preset.algorithms().to_vec();
        Self { issuer, preset, audience, jwks: JwksSource::Url(jwks_url), algorithms, accept_unspecified_audience }
    }
}

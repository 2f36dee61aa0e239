//! Whose tokens are taken, and what is expected of them.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, AlgorithmFamily};
use serde::Deserialize;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::outbound::http::is_loopback;

/// What kind of issuer it is: which claims it writes and for whom it may speak.
// The words below stand in configuration files. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum Preset {
    /// Log-in of citizens. Speaks for citizens.
    IdPorten,
    /// Log-in of health personnel and their systems. Speaks for health workers and systems; its tokens are always
    /// bound to a key by DPoP.
    HelseId,
    /// Tokens of organisations' systems. Speaks for systems.
    Maskinporten,
    /// The platform's own log-in. Speaks for operators.
    Operator,
    /// Made-up callers of any kind, as the claim `brevdue_kind` says. Not for production.
    Test,
}

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

/// The exact names of the issuers that speak for living people and real organisations.
const PRODUCTION_ISSUERS: [&str; 3] = ["https://idporten.no", "https://maskinporten.no/", "https://helseid-sts.nhn.no"];

impl Preset {
    /// The word in configuration.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

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

    /// Whether such an issuer writes tokens for nobody in particular.
    fn may_leave_out_audience(self) -> bool {
        matches!(self, Self::IdPorten | Self::Maskinporten)
    }

    fn production_issuer(self) -> Option<&'static str> {
        match self {
            Self::IdPorten => Some(PRODUCTION_ISSUERS[0]),
            Self::Maskinporten => Some(PRODUCTION_ISSUERS[1]),
            Self::HelseId => Some(PRODUCTION_ISSUERS[2]),
            Self::Operator | Self::Test => None,
        }
    }

    /// Where such an issuer keeps its keys, below its name.
    fn jwks_path(self) -> Option<&'static str> {
        match self {
            Self::IdPorten => Some("jwks.json"),
            Self::Maskinporten => Some("jwk"),
            Self::HelseId => Some(".well-known/openid-configuration/jwks"),
            Self::Operator | Self::Test => None,
        }
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
    /// Whether it speaks for living people or real organisations. A sandbox must not start beside such an issuer.
    #[must_use]
    pub fn is_production(&self) -> bool {
        let bare = |issuer: &str| issuer.trim_end_matches('/').to_ascii_lowercase();
        PRODUCTION_ISSUERS.iter().any(|production| bare(production) == bare(&self.issuer))
    }

    /// Whether every algorithm is asymmetric and there is one.
    pub(super) fn has_only_asymmetric_algorithms(&self) -> bool {
        let asymmetric = |algorithm: &Algorithm| algorithm.family() != AlgorithmFamily::Hmac;
        !self.algorithms.is_empty() && self.algorithms.iter().all(asymmetric)
    }
}

/// One issuer, as the settings file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// What kind of issuer it is.
    pub preset: Preset,
    /// The exact `iss`; the production issuer of the preset when left out.
    pub issuer: Option<String>,
    /// Our names at this issuer.
    #[serde(default)]
    pub audience: Vec<String>,
    /// Where its keys are; the preset's place below the issuer when left out.
    pub jwks_url: Option<String>,
    /// See [`IssuerSettings::accept_unspecified_audience`].
    #[serde(default)]
    pub accept_unspecified_audience: bool,
}

impl IssuerConfig {
    /// Fills in what the preset implies.
    ///
    /// # Errors
    /// What is wrong, everything at once, each naming its setting.
    pub fn into_settings(self) -> Result<IssuerSettings, String> {
        let Self { preset, issuer, audience, jwks_url, accept_unspecified_audience } = self;
        let mut problems = Vec::new();
        let issuer = issuer.or_else(|| preset.production_issuer().map(str::to_owned)).unwrap_or_default();
        if issuer.is_empty() {
            problems.push(format!("issuer: must be given for the preset {}", preset.as_word()));
        }
        if audience.is_empty() || audience.iter().any(String::is_empty) {
            problems.push("audience: needs at least one name, and none may be empty".to_owned());
        }
        if accept_unspecified_audience && !preset.may_leave_out_audience() {
            problems.push(format!("accept_unspecified_audience: not possible with the preset {}", preset.as_word()));
        }
        let below_issuer = |path| format!("{}/{path}", issuer.trim_end_matches('/'));
        let jwks_url = jwks_url.or_else(|| preset.jwks_path().map(below_issuer)).unwrap_or_default();
        if let Err(problem) = check_jwks_url(&jwks_url) {
            problems.push(format!("jwks_url: {problem}"));
        }
        if !problems.is_empty() {
            return Err(problems.join("; "));
        }
        let algorithms = preset.algorithms().to_vec();
        let jwks = JwksSource::Url(jwks_url);
        Ok(IssuerSettings { issuer, preset, audience, jwks, algorithms, accept_unspecified_audience })
    }
}

fn check_jwks_url(url: &str) -> Result<(), &'static str> {
    let url = reqwest::Url::parse(url).map_err(|_| "must be an https address")?;
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) {
        Ok(())
    } else {
        Err("must be an https address, but for one on this machine")
    }
}

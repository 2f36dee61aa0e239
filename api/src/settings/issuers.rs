//! Who may issue tokens: one table for each. What their tokens must be like is the business of `auth`.

use std::time::Duration;

use strum::{EnumString, IntoStaticStr, VariantArray, VariantNames};
use toml::Table;

use super::Mode;
use super::reader::Reader;
use super::url;

/// What kind of issuer it is: which claims it writes and for whom it may speak.
// The words below stand in settings files. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray, VariantNames)]
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

/// The exact names of the issuers that speak for living people and real organisations.
const PRODUCTION_ISSUERS: [&str; 3] = ["https://idporten.no", "https://maskinporten.no/", "https://helseid-sts.nhn.no"];

impl Preset {
    /// The word in the settings.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    fn production_issuer(self) -> Option<&'static str> {
        match self {
            Self::IdPorten => Some(PRODUCTION_ISSUERS[0]),
            Self::Maskinporten => Some(PRODUCTION_ISSUERS[1]),
            Self::HelseId => Some(PRODUCTION_ISSUERS[2]),
            Self::Operator | Self::Test => None,
        }
    }

    /// Whether such an issuer writes tokens for nobody in particular.
    fn may_leave_out_audience(self) -> bool {
        matches!(self, Self::IdPorten | Self::Maskinporten)
    }
}

/// One issuer, as the settings have it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuerConfig {
    /// What kind of issuer it is.
    pub preset: Preset,
    /// The exact `iss` of its tokens; a slash at the end counts.
    pub issuer: String,
    /// Our names at this issuer. One of them must be in a token's `aud`.
    pub audience: Vec<String>,
    /// Where its keys are; found by discovery where it is not set.
    pub jwks_url: Option<String>,
    /// Whether a token for nobody in particular is taken when it has a scope of ours.
    pub accept_unspecified_audience: bool,
    /// The longest that a token is valid. One that is valid for longer is not taken.
    pub longest_token: Duration,
}

impl IssuerConfig {
    /// Whether it speaks for living people or real organisations.
    fn is_production(&self) -> bool {
        let bare = |issuer: &str| issuer.trim_end_matches('/').to_ascii_lowercase();
        PRODUCTION_ISSUERS.iter().any(|production| bare(production) == bare(&self.issuer))
    }
}

/// The issuers, as far as they are right.
pub(super) fn issuers(reader: &mut Reader<'_>, mode: Mode) -> Vec<IssuerConfig> {
    let tables: Vec<Table> = reader.tables("issuers").unwrap_or_default();
    if mode == Mode::Production && tables.is_empty() {
        reader.missing("issuers", "must have at least one issuer of tokens in production");
    }
    let mut issuers: Vec<IssuerConfig> = Vec::new();
    for (index, table) in tables.into_iter().enumerate() {
        let place = format!("issuers[{index}]");
        let Some(read) = reader.inside(&place, table, |reader| issuer(reader, mode)) else { continue };
        if issuers.iter().any(|other| other.issuer == read.issuer) {
            reader.problem(format!("{place}.issuer"), "must not be that of another table too");
        }
        issuers.push(read);
    }
    issuers
}

fn issuer(reader: &mut Reader<'_>, mode: Mode) -> Option<IssuerConfig> {
    let preset: Option<Preset> = reader.word("preset");
    let issuer = reader.text("issuer");
    let audience =
        reader.list("audience", |name| if name.is_empty() { Err("must not be empty") } else { Ok(name.to_owned()) });
    let jwks_url = reader.parsed("jwks_url", url::of_keys);
    let accept_unspecified_audience = reader.flag("accept_unspecified_audience").unwrap_or(false);
    if audience.as_ref().is_none_or(Vec::is_empty) {
        reader.missing("audience", "must have at least one name: what tokens for this server have in aud");
    }
    let minutes = reader.number("longest_token_minutes", 1..=10_080).unwrap_or(1440);
    let longest_token = Duration::from_secs(60 * u64::from(minutes));
    let Some(preset) = preset else {
        reader.missing("preset", "must say what kind of issuer it is");
        return None;
    };
    let word = preset.as_word();
    if mode == Mode::Production && preset == Preset::Test {
        reader.problem("preset", "must not be test in production: its tokens are for anybody");
    }
    if accept_unspecified_audience && !preset.may_leave_out_audience() {
        reader.problem("accept_unspecified_audience", format!("must not be true with the preset {word}"));
    }
    let Some(issuer) = issuer.or_else(|| preset.production_issuer().map(str::to_owned)) else {
        reader.missing("issuer", &format!("must be set with the preset {word}"));
        return None;
    };
    if jwks_url.is_none() && url::of_keys(&issuer).is_err() {
        reader.missing("jwks_url", "must be set where the issuer is no https address, at which to ask for it");
    }
    let audience = audience.unwrap_or_default();
    let config = IssuerConfig { preset, issuer, audience, jwks_url, accept_unspecified_audience, longest_token };
    if mode == Mode::Sandbox && config.is_production() {
        reader.problem(
            "issuer",
            "must not be one of real persons in the sandbox: set mode to production, or another issuer",
        );
    }
    Some(config)
}

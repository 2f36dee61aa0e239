//! What an issuer's settings become.

use strum::VariantArray;

use super::super::SetupError;
use super::super::issuer::IssuerConfig;
use super::*;

fn parse(toml: &str) -> Result<IssuerSettings, String> {
    toml::from_str::<IssuerConfig>(toml).map_err(|error| error.to_string())?.into_settings()
}

fn url(settings: &IssuerSettings) -> &str {
    let JwksSource::Url(url) = &settings.jwks else { panic!("an address") };
    url
}

#[test]
fn a_preset_fills_in_the_production_issuer() {
    let table = [
        ("idPorten", "https://idporten.no", "https://idporten.no/jwks.json"),
        ("maskinporten", "https://maskinporten.no/", "https://maskinporten.no/jwk"),
        ("helseId", "https://helseid-sts.nhn.no", "https://helseid-sts.nhn.no/.well-known/openid-configuration/jwks"),
    ];
    for (preset, issuer, jwks_url) in table {
        let settings = parse(&format!("preset = '{preset}'\naudience = ['a']")).expect(preset);
        assert_eq!((settings.issuer.as_str(), url(&settings)), (issuer, jwks_url));
        assert_eq!(settings.preset.as_word(), preset);
        assert!(settings.is_production());
        assert!(!settings.accept_unspecified_audience);
    }
}

#[test]
fn a_test_environment_keeps_its_keys_at_the_same_place() {
    let toml = "preset = 'maskinporten'\nissuer = 'https://test.maskinporten.no/'\naudience = ['a']";
    let settings = parse(toml).expect("settings");
    assert_eq!(settings.issuer, "https://test.maskinporten.no/");
    assert_eq!(url(&settings), "https://test.maskinporten.no/jwk");
    assert!(!settings.is_production());
}

#[test]
fn production_is_known_by_any_spelling() {
    let issuers =
        ["https://idporten.no/", "https://IDPORTEN.no", "https://maskinporten.no", "https://helseid-sts.nhn.no/"];
    for issuer in issuers {
        let mut settings = settings_of(Preset::Test, JwksSource::Fixed(JwkSet::default()));
        settings.issuer = issuer.to_owned();
        assert!(settings.is_production(), "{issuer}");
    }
}

#[test]
fn everything_wrong_is_named_at_once() {
    let problems = parse("preset = 'operator'\naccept_unspecified_audience = true").expect_err("refused");
    for setting in ["issuer:", "audience:", "accept_unspecified_audience:", "jwks_url:"] {
        assert!(problems.contains(setting), "{setting} in {problems}");
    }
    assert!(parse("preset = 'idPorten'\naudience = ['']").is_err());
    assert!(parse("preset = 'idporten'\naudience = ['a']").is_err(), "a word is its exact spelling");
    assert!(parse("preset = 'idPorten'\naudience = ['a']\nsecret = 'x'").is_err(), "an unknown setting");
}

#[test]
fn keys_come_by_https_or_from_this_machine() {
    let table = [
        ("https://keys.example/jwks", true),
        ("http://127.0.0.1:8080/jwks", true),
        ("http://localhost/jwks", true),
        ("http://[::1]:8080/jwks", true),
        ("http://keys.example/jwks", false),
        ("http://127.0.0.1.evil.example/jwks", false),
        ("file:///etc/passwd", false),
        ("keys", false),
    ];
    for (jwks_url, expected) in table {
        let toml = format!("preset = 'test'\nissuer = 'i'\naudience = ['a']\njwks_url = '{jwks_url}'");
        assert_eq!(parse(&toml).is_ok(), expected, "{jwks_url}");
    }
}

#[test]
fn no_preset_takes_a_symmetric_algorithm() {
    for preset in Preset::VARIANTS {
        assert!(!preset.algorithms().is_empty());
        for algorithm in preset.algorithms() {
            assert_ne!(algorithm.family(), jsonwebtoken::AlgorithmFamily::Hmac, "{}", preset.as_word());
        }
        assert_eq!(preset.as_word().parse::<Preset>(), Ok(*preset));
    }
}

#[test]
fn an_issuer_is_configured_once() {
    let settings = || settings_of(Preset::Test, JwksSource::Fixed(JwkSet::default()));
    let made =
        Authenticator::new(vec![settings(), settings()], NumberSeries::Synthetic, Clock::standing(), possession());
    assert!(matches!(made, Err(SetupError::DuplicateIssuer(_))));
}

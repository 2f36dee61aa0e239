//! What an issuer's settings become.

use strum::VariantArray;

use super::super::SetupError;
use super::*;

/// What a table of the settings becomes.
fn issuer_of(preset: &str, issuer: &str, jwks_url: &str) -> IssuerSettings {
    let table = format!("[[issuers]]\npreset = '{preset}'\nissuer = '{issuer}'\naudience = ['a']\n{jwks_url}");
    let settings = crate::settings::Settings::read(Some(&table), &crate::settings::Environment::default());
    settings.expect("they are right").issuers.remove(0).into()
}

#[test]
fn an_issuer_is_asked_where_its_keys_are_unless_the_settings_say() {
    let table = [
        ("idPorten", "https://test.idporten.no", "https://test.idporten.no/.well-known/openid-configuration"),
        (
            "helseId",
            "https://helseid-sts.test.nhn.no",
            "https://helseid-sts.test.nhn.no/.well-known/openid-configuration",
        ),
        (
            "maskinporten",
            "https://test.maskinporten.no/",
            "https://test.maskinporten.no/.well-known/oauth-authorization-server",
        ),
        (
            "operator",
            "https://login.example.no/drift",
            "https://login.example.no/drift/.well-known/openid-configuration",
        ),
    ];
    for (preset, issuer, description) in table {
        let asked = issuer_of(preset, issuer, "");
        assert!(matches!(&asked.jwks, JwksSource::Described(url) if url == description), "{:?}", asked.jwks);
        let told = issuer_of(preset, issuer, "jwks_url = 'https://keys.example.no'");
        assert!(matches!(&told.jwks, JwksSource::Url(url) if url == "https://keys.example.no"), "{:?}", told.jwks);
        assert_eq!(asked.longest_token, chrono::TimeDelta::days(1));
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

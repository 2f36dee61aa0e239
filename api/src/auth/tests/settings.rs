//! What an issuer's settings become.

use strum::VariantArray;

use super::super::SetupError;
use super::*;

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

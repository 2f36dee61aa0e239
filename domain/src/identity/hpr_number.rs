//! Numbers of the register of health personnel (HPR).

use std::fmt;

/// One to nine digits without a leading zero (IDN-3). The register publishes no control digit.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HprNumber(String);

/// Why a text is not an HPR number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an HPR number has 1 to 9 digits and does not start with 0")]
pub struct HprNumberError;

impl HprNumber {
    /// The register's numbers have at most this many digits.
    pub const MAX_DIGITS: usize = 9;

    /// Checks the form.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(input: &str) -> Result<Self, HprNumberError> {
        let fits = (1..=Self::MAX_DIGITS).contains(&input.len())
            && input.bytes().all(|byte| byte.is_ascii_digit())
            && !input.starts_with('0');
        if fits { Ok(Self(input.to_owned())) } else { Err(HprNumberError) }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HprNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

//! Organisation numbers of the Central Coordinating Register.

use std::fmt;

const LENGTH: usize = 9;
const WEIGHTS: [u32; 8] = [3, 2, 7, 6, 5, 4, 3, 2];
const ISO6523_AUTHORITY: &str = "0192";

/// Nine digits with a control digit (IDN-1). Public, so it prints.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrganisationNumber(String);

/// Why a text is not an organisation number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OrganisationNumberError {
    /// Not exactly nine digits from 0 to 9.
    #[error("an organisation number has exactly 9 digits")]
    NotNineDigits,
    /// The last digit does not fit the others.
    #[error("the control digit of the organisation number is wrong")]
    ControlDigit,
    /// An ISO 6523 identifier of another register than the Norwegian one.
    #[error("only organisations of register 0192 are known")]
    OtherRegister,
}

impl OrganisationNumber {
    /// Checks length and control digit.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn parse(input: &str) -> Result<Self, OrganisationNumberError> {
        let bytes: &[u8; LENGTH] = input.as_bytes().try_into().map_err(|_| OrganisationNumberError::NotNineDigits)?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(OrganisationNumberError::NotNineDigits);
        }
        let digits = bytes.map(|byte| u32::from(byte - b'0'));
        let sum: u32 = WEIGHTS.iter().zip(digits).map(|(weight, digit)| weight * digit).sum();
        if (sum + digits[8]).is_multiple_of(11) {
            Ok(Self(input.to_owned()))
        } else {
            Err(OrganisationNumberError::ControlDigit)
        }
    }

    /// Reads the form `0192:<number>` that tokens carry (IDN-2).
    ///
    /// # Errors
    /// Another authority, or a number that is none.
    pub fn parse_iso6523(input: &str) -> Result<Self, OrganisationNumberError> {
        match input.split_once(':') {
            Some((ISO6523_AUTHORITY, number)) => Self::parse(number),
            Some(_) | None => Err(OrganisationNumberError::OtherRegister),
        }
    }

    /// The nine digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganisationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

//! National identity numbers: birth numbers, D-numbers and common help numbers (FH-numbers).

use std::fmt;

use chrono::NaiveDate;
use zeroize::Zeroize;

const LENGTH: usize = 11;
const FIRST_WEIGHTS: [u32; 9] = [3, 7, 6, 1, 8, 9, 4, 5, 2];
const SECOND_WEIGHTS: [u32; 10] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

/// The number by which Norwegian registers know a person. It does not print.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NationalId(String);

/// Who gave out the number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NationalIdKind {
    /// Birth number (fødselsnummer): a resident.
    BirthNumber,
    /// D-number: a person with a temporary tie to Norway.
    DNumber,
    /// Common help number (felles hjelpenummer): a patient without either, as given by the health sector.
    CommonHelpNumber,
}

/// Which numbers an installation takes. A real person's number has no place in a sandbox, and a made-up one none in
/// production. FH-numbers carry no date, so nothing tells a made-up one from a real one; both worlds take them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NumberSeries {
    /// Numbers of living people: production.
    Real,
    /// Month + 80 (the tax administration's test population) or month + 40: everywhere else.
    Synthetic,
}

/// Why a text is not a national identity number. The number is not repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NationalIdError {
    /// Not exactly eleven digits from 0 to 9.
    #[error("an identity number has exactly 11 digits")]
    NotElevenDigits,
    /// One of the two control digits does not fit.
    #[error("a control digit of the identity number is wrong")]
    ControlDigit,
    /// The digits of the date are no date.
    #[error("the identity number does not start with a date")]
    NoDate,
    /// A real number in a sandbox, or a synthetic one in production.
    #[error("the identity number is of a series that this installation does not take")]
    WrongSeries,
}

impl NationalId {
    /// Checks length, both control digits, the date and the series.
    ///
    /// The first control digit may leave a remainder of 0 to 3: from 1 January 2032 numbers are given out by that
    /// rule, and old and new ones live side by side.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn parse(input: &str, series: NumberSeries) -> Result<Self, NationalIdError> {
        let digits = digits_of(input)?;
        let weighted =
            |weights: &[u32]| -> u32 { weights.iter().zip(digits).map(|(weight, digit)| weight * digit).sum() };
        if (weighted(&FIRST_WEIGHTS) + digits[9]) % 11 > 3
            || !(weighted(&SECOND_WEIGHTS) + digits[10]).is_multiple_of(11)
        {
            return Err(NationalIdError::ControlDigit);
        }
        if kind_of(digits[0]) != NationalIdKind::CommonHelpNumber {
            let (number_series, day, month) = date_parts(&digits);
            if !is_date(day, month, digits[4] * 10 + digits[5]) {
                return Err(NationalIdError::NoDate);
            }
            if number_series != series {
                return Err(NationalIdError::WrongSeries);
            }
        }
        Ok(Self(input.to_owned()))
    }

    /// The eleven digits. Every use of this is a place where a number could leak.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Which series it is of; none for an FH-number, which does not tell.
    #[must_use]
    pub fn series(&self) -> Option<NumberSeries> {
        let digits = digits_of(&self.0).ok()?;
        (self.kind() != NationalIdKind::CommonHelpNumber).then(|| date_parts(&digits).0)
    }

    /// The day on which its holder was born, as far as a birth number tells it; none for other numbers, whose digits fit several
    /// centuries. The register alone says how old somebody is: by this a child's number is known for one without asking anybody.
    /// Numbers given out from 2032 on do not tell the century, and are taken for the later one.
    #[must_use]
    pub fn born(&self) -> Option<NaiveDate> {
        let digits = digits_of(&self.0).ok()?;
        if self.kind() != NationalIdKind::BirthNumber {
            return None;
        }
        let (_, day, month) = date_parts(&digits);
        let century = match (digits[6], digits[4]) {
            (5.., 0..4) => 2000,
            (5..7, 6..) => 1800,
            _ => 1900,
        };
        let year = i32::try_from(century + digits[4] * 10 + digits[5]).ok()?;
        NaiveDate::from_ymd_opt(year, month, day)
    }

    /// Who gave out the number.
    #[must_use]
    pub fn kind(&self) -> NationalIdKind {
        kind_of(u32::from(self.0.as_bytes()[0] - b'0'))
    }
}

impl fmt::Debug for NationalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NationalId(***)")
    }
}

impl Drop for NationalId {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn digits_of(input: &str) -> Result<[u32; LENGTH], NationalIdError> {
    let bytes: &[u8; LENGTH] = input.as_bytes().try_into().map_err(|_| NationalIdError::NotElevenDigits)?;
    if !bytes.iter().all(u8::is_ascii_digit) {
        return Err(NationalIdError::NotElevenDigits);
    }
    Ok(bytes.map(|byte| u32::from(byte - b'0')))
}

fn kind_of(first_digit: u32) -> NationalIdKind {
    match first_digit {
        8.. => NationalIdKind::CommonHelpNumber,
        4..8 => NationalIdKind::DNumber,
        0..4 => NationalIdKind::BirthNumber,
    }
}

/// Series, day and month, with what D-numbers and synthetic series add to them taken off.
fn date_parts(digits: &[u32; LENGTH]) -> (NumberSeries, u32, u32) {
    let day = (digits[0] % 4) * 10 + digits[1];
    let month = digits[2] * 10 + digits[3];
    match digits[2] {
        8.. => (NumberSeries::Synthetic, day, month - 80),
        4..6 => (NumberSeries::Synthetic, day, month - 40),
        0..4 | 6..8 => (NumberSeries::Real, day, month),
    }
}

/// The century is not known, so 29 February passes in every fourth year: of the two centuries one had it.
fn is_date(day: u32, month: u32, year_of_century: u32) -> bool {
    i32::try_from(2000 + year_of_century).is_ok_and(|year| NaiveDate::from_ymd_opt(year, month, day).is_some())
}

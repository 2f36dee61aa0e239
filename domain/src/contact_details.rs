//! Contact details: what the citizen entered, and whom to ask about everything else (PP-9, TK-4).

use std::fmt;

use email_address::Options;
use strum::{IntoStaticStr, VariantArray};

use crate::text::{TextError, line};

/// An e-mail address that a citizen entered. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// Why a text is no e-mail address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EmailAddressError {
    /// As for any line.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Not the form of an address.
    #[error("not an e-mail address")]
    NotAnAddress,
}

impl EmailAddress {
    /// The longest one, in characters (RFC 5321).
    pub const MAX_CHARS: usize = 254;

    /// Checks the form: a local part and a domain with a dot, without a name beside it.
    ///
    /// # Errors
    /// Empty, too long, or of another form.
    pub fn parse(input: &str) -> Result<Self, EmailAddressError> {
        let text = line(input, Self::MAX_CHARS)?;
        let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
        match email_address::EmailAddress::parse_with_options(&text, options) {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(EmailAddressError::NotAnAddress),
        }
    }

    /// The address. Every use of this shows how to reach somebody.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(***)")
    }
}

/// The code by which a country is called: `46`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallingCode(u16);

/// Why a text is no code of a country.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be the calling code of a country, from 1 to 3 digits: 46. Satellites and shared services are none")]
pub struct CallingCodeError;

impl CallingCode {
    /// Norway.
    pub const NORWAY: Self = Self(47);
    /// Codes of no country: of satellites, international services, and what is not given out (800, 808, 870 to 889, 979 …).
    const OF_NO_COUNTRY: [u16; 15] = [388, 800, 808, 870, 875, 876, 877, 878, 879, 881, 882, 883, 888, 979, 991];

    /// Reads a code, with or without `+`.
    ///
    /// # Errors
    /// Something else, or a code of no country.
    pub fn parse(input: &str) -> Result<Self, CallingCodeError> {
        let digits = input.trim().trim_start_matches('+');
        let is_code = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let code = digits.parse().ok().filter(|code| is_code && *code > 0 && !Self::OF_NO_COUNTRY.contains(code));
        code.map(Self).ok_or(CallingCodeError)
    }
}

impl fmt::Display for CallingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

/// A mobile number that a citizen entered, as `+4791234567` (E.164). It does not print.
///
/// The plans of all countries, which a library would bring, are a megabyte of data that changes by the month. What is
/// checked is the form; Norwegian numbers, which nearly all are, by the Norwegian plan. Sending to some numbers costs much, to the
/// gain of who has them, so that others than Norwegian ones are taken only of countries that the operator names.
#[derive(Clone, PartialEq, Eq)]
pub struct MobileNumber(String);

/// Why a text is no mobile number that is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MobileNumberError {
    /// Not the form of one.
    #[error("not a mobile number")]
    NotANumber,
    /// Of a country whose numbers are not taken.
    #[error("a mobile number of a country whose numbers are not taken")]
    Country,
}

impl MobileNumber {
    /// Reads a number: with its country (`+` or `00`), or the 8 digits of a Norwegian one. Spaces and hyphens between
    /// digits are taken out.
    ///
    /// # Errors
    /// Other characters, a length that E.164 does not have, or a Norwegian number that is none of a mobile telephone.
    pub fn parse(input: &str) -> Result<Self, MobileNumberError> {
        let text = input.trim();
        let digits = |text: &str| -> Result<String, MobileNumberError> {
            let kept: String = text.chars().filter(|char| !matches!(char, ' ' | '\u{a0}' | '-')).collect();
            if kept.bytes().all(|byte| byte.is_ascii_digit()) { Ok(kept) } else { Err(MobileNumberError::NotANumber) }
        };
        let international = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
        let number = match international {
            Some(rest) => digits(rest)?,
            None => format!("47{}", digits(text)?),
        };
        // In Norway the numbers of mobile telephones have 8 digits and begin with 4 or 9.
        let is_right = match number.strip_prefix("47") {
            Some(national) => national.len() == 8 && national.starts_with(['4', '9']),
            None => (8..=15).contains(&number.len()) && !number.starts_with('0'),
        };
        if is_right { Ok(Self(format!("+{number}"))) } else { Err(MobileNumberError::NotANumber) }
    }

    /// Reads a number that is Norwegian or of one of these countries.
    ///
    /// # Errors
    /// As for [`MobileNumber::parse`], and a number of another country.
    pub fn parse_of(input: &str, countries: &[CallingCode]) -> Result<Self, MobileNumberError> {
        let number = Self::parse(input)?;
        let is_of = |country: &CallingCode| number.0.starts_with(&country.to_string());
        let is_taken = is_of(&CallingCode::NORWAY) || countries.iter().any(is_of);
        if is_taken { Ok(number) } else { Err(MobileNumberError::Country) }
    }

    /// The number. Every use of this shows how to reach somebody.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MobileNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MobileNumber(***)")
    }
}

/// How a citizen can be reached, as the citizen has said.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ContactDetails {
    /// Where e-mail goes.
    pub email: Option<EmailAddress>,
    /// Where text messages go.
    pub mobile: Option<MobileNumber>,
}

/// What becomes of one piece.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Piece<T> {
    /// It stays as it is.
    #[default]
    Kept,
    /// It goes.
    Removed,
    /// It becomes this.
    Entered(T),
}

impl<T> Piece<T> {
    fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Kept => before,
            Self::Removed => None,
            Self::Entered(value) => Some(value),
        }
    }
}

/// What a citizen changes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ContactDetailsChange {
    /// Of the e-mail address.
    pub email: Piece<EmailAddress>,
    /// Of the mobile number.
    pub mobile: Piece<MobileNumber>,
}

impl ContactDetailsChange {
    /// What holds after it.
    #[must_use]
    pub fn over(self, before: ContactDetails) -> ContactDetails {
        ContactDetails { email: self.email.over(before.email), mobile: self.mobile.over(before.mobile) }
    }
}

/// A piece of what is held of a citizen that the citizen did not enter.
// The words below are sent. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum HeldPiece {
    /// The name.
    Name,
    /// The identity number.
    NationalId,
    /// The day of birth.
    BirthDate,
    /// The address, and whether it is protected.
    Address,
    /// Who has parental responsibility.
    ParentalResponsibility,
    /// What services have written, and what they have told of appointments and contacts.
    HealthInformation,
}

/// Who corrects it.
// The words below are sent. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Corrector {
    /// The population register.
    PopulationRegister,
    /// The service that it came from: the controller, through the mailbox (PP-8).
    Service,
}

impl HeldPiece {
    /// The sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// Whom to ask about an error in it (PP-9).
    #[must_use]
    pub const fn corrector(self) -> Corrector {
        match self {
            Self::Name | Self::NationalId | Self::BirthDate | Self::Address | Self::ParentalResponsibility => {
                Corrector::PopulationRegister
            }
            Self::HealthInformation => Corrector::Service,
        }
    }
}

impl Corrector {
    /// The sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pp_9_an_address_is_taken_as_it_is_written_and_nothing_else_is() {
        for good in ["kari@example.no", " kari.nordmann+helse@post.example.no ", "kåre@blåbær.no", "o'hara@example.com"]
        {
            assert_eq!(EmailAddress::parse(good).expect("an address").expose(), good.trim(), "{good}");
        }
        let long = format!("{}@example.no", "a".repeat(250));
        for bad in [
            "",
            "kari",
            "kari@",
            "@example.no",
            "kari@localhost",
            "Kari <kari@example.no>",
            "a b@example.no",
            "kari@[10.0.0.1]",
            "kari@example.no\nbcc: x@y.no",
            &long,
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(format!("{:?}", EmailAddress::parse("kari@example.no").expect("an address")), "EmailAddress(***)");
    }

    #[test]
    fn pp_9_a_number_is_kept_with_its_country() {
        let table = [
            ("91234567", "+4791234567"),
            (" 412 34 567 ", "+4741234567"),
            ("+47 912 34 567", "+4791234567"),
            ("0047-91234567", "+4791234567"),
            ("+46 70 123 45 67", "+46701234567"),
            ("+1 415 555 2671", "+14155552671"),
        ];
        for (text, expected) in table {
            assert_eq!(MobileNumber::parse(text).expect("a number").expose(), expected, "{text}");
        }
        for bad in [
            "",
            "+",
            "9123456",
            "912345678",
            "21234567",
            "+4721234567",
            "+0123456789",
            "+12345678901234567",
            "ring meg",
            "+47 912 34 56x",
            "++4791234567",
        ] {
            assert_eq!(MobileNumber::parse(bad), Err(MobileNumberError::NotANumber), "{bad}");
        }
    }

    #[test]
    fn a_change_leaves_alone_what_it_does_not_name() {
        let email = EmailAddress::parse("kari@example.no").ok();
        let mobile = MobileNumber::parse("91234567").ok();
        let both = ContactDetails { email: email.clone(), mobile: mobile.clone() };
        let removed = ContactDetailsChange { email: Piece::Removed, mobile: Piece::Kept };
        assert_eq!(removed.over(both.clone()), ContactDetails { email: None, mobile });
        assert_eq!(ContactDetailsChange::default().over(both.clone()), both);
        let entered =
            ContactDetailsChange { email: email.clone().map_or(Piece::Kept, Piece::Entered), mobile: Piece::Removed };
        assert_eq!(entered.over(ContactDetails::default()), ContactDetails { email, mobile: None });
    }

    #[test]
    fn numbers_of_other_countries_are_taken_where_the_operator_names_the_country() {
        let nordic = ["45", "+46", "358"].map(|code| CallingCode::parse(code).expect("a code"));
        let table = [
            ("+47 912 34 567", true, true),
            ("41234567", true, true),
            ("+46 70 123 45 67", false, true),
            ("0045 20 12 34 56", false, true),
            // Of the North American plan, of satellites, of networks of no country, and where sending costs much.
            ("+1 900 555 0100", false, false),
            ("+881 6 1234 5678", false, false),
            ("+882 16 1234 5678", false, false),
            ("+252 61 1234567", false, false),
            // Not of Denmark: the code of Guadeloupe begins with other digits.
            ("+590 690 12 34 56", false, false),
        ];
        for (text, at_home, with_others) in table {
            assert_eq!(MobileNumber::parse_of(text, &[]).is_ok(), at_home, "{text}");
            assert_eq!(MobileNumber::parse_of(text, &nordic).is_ok(), with_others, "{text}");
        }
        assert_eq!(MobileNumber::parse_of("+46 70 123 45 67", &[]), Err(MobileNumberError::Country));
        for bad in ["", "0", "+", "4a", "1234", "881", "+882", "870", "999"] {
            assert_eq!(CallingCode::parse(bad).is_ok(), bad == "999", "{bad}");
        }
    }
}

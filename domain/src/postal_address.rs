//! Where paper goes: the addresses of the population register, and which of them is used.

use std::fmt;

use crate::person::Protection;

/// An address as it stands on an envelope, below the name. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct PostalAddress {
    lines: Vec<String>,
}

impl PostalAddress {
    /// An address as the register writes it: at least a line, the last with the place.
    #[must_use]
    pub fn from_register(lines: Vec<String>) -> Option<Self> {
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.trim().is_empty()).collect();
        (!lines.is_empty()).then_some(Self { lines })
    }

    /// The lines. Every use of this shows where somebody lives, or gets their post.
    #[must_use]
    pub fn expose(&self) -> &[String] {
        &self.lines
    }
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalAddress(***)")
    }
}

/// The addresses of a person.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Addresses {
    /// Where they live (`bostedsadresse`).
    pub residence: Option<PostalAddress>,
    /// Where they get their post, which everybody may know (`postadresse`).
    pub postal: Option<PostalAddress>,
}

impl Addresses {
    /// The address that a letter goes to: that for post, or else where the person lives; of somebody with a protected
    /// address only the former, for the latter is what is protected (ADR-3).
    #[must_use]
    pub fn for_paper(&self, protection: Protection) -> Option<&PostalAddress> {
        let residence = self.residence.as_ref().filter(|_| !protection.is_graded());
        self.postal.as_ref().or(residence)
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    fn address(street: &str) -> Option<PostalAddress> {
        PostalAddress::from_register(vec![street.to_owned(), String::new(), "0001 Oslo".to_owned()])
    }

    #[test]
    fn adr_3_paper_to_somebody_who_is_protected_goes_to_the_open_address_or_nowhere() {
        let (home, box_) = (address("Hjemveien 1"), address("Postboks 1"));
        for protection in Protection::VARIANTS {
            let of = |residence: &Option<PostalAddress>, postal: &Option<PostalAddress>| {
                let addresses = Addresses { residence: residence.clone(), postal: postal.clone() };
                addresses.for_paper(*protection).cloned()
            };
            assert_eq!(of(&home, &box_), box_);
            assert_eq!(of(&None, &box_), box_);
            assert_eq!(of(&home, &None), if protection.is_graded() { None } else { home.clone() }, "{protection:?}");
            assert_eq!(of(&None, &None), None);
        }
    }

    #[test]
    fn an_address_has_a_line_and_does_not_print() {
        assert_eq!(PostalAddress::from_register(vec![" ".to_owned()]), None);
        let address = address("Hjemveien 1").expect("an address");
        assert_eq!(address.expose(), ["Hjemveien 1", "0001 Oslo"]);
        assert!(!format!("{address:?}").contains("Hjem"));
    }
}

//! What the contact and reservation register says of a person (KRR, kontakt- og reservasjonsregisteret; the Norwegian names
//! stand beside ours).
//!
//! Nothing of it is kept: it is asked at each step, and forgotten after the decision. An entry that is missing means that
//! nothing is known, never that the person is not reserved.

use std::fmt;

use chrono::{DateTime, Months, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::identity::{NationalId, OrganisationNumber};
use crate::routing::{Contact, ContactFacts, MailboxFacts, MailboxProvider};

/// How long an address is taken to reach the person after it was changed or confirmed (KRR-3).
const USABLE: Months = Months::new(18);

/// A person as the register has them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The identity number.
    pub national_id: NationalId,
    /// Reserved against digital communication (`reservasjon`).
    pub is_reserved: bool,
    /// Whether the person is in the register (`status`).
    pub status: Status,
    /// The register's own word that the person can be notified (`varslingsstatus`).
    pub can_be_notified: bool,
    /// The language that the person wants to be written to in (`spraak`).
    pub language: Option<ContactLanguage>,
    /// The e-mail address (`epostadresse`).
    pub email: Option<ContactPoint>,
    /// The mobile number (`mobiltelefonnummer`).
    pub mobile: Option<ContactPoint>,
    /// The mailbox at a provider (`digital_post`).
    pub mailbox: Option<DigitalMailbox>,
}

/// Whether a person is in the register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Status {
    /// Yes (`AKTIV`).
    Active,
    /// Not any more (`SLETTET`).
    Deleted,
    /// Never was: has never used an ID-porten service (`IKKE_REGISTRERT`).
    NotRegistered,
}

impl Status {
    /// The sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// The languages of the register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum ContactLanguage {
    /// Norwegian Bokmål.
    Nb,
    /// Norwegian Nynorsk.
    Nn,
    /// English.
    En,
    /// Northern Sámi.
    Se,
}

impl ContactLanguage {
    /// The register's word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// An address at which a person is notified. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactPoint {
    address: String,
    /// When the person last changed it (`_oppdatert`).
    pub updated_at: Option<DateTime<Utc>>,
    /// When the person last confirmed it (`_sist_verifisert`).
    pub verified_at: Option<DateTime<Utc>>,
}

impl ContactPoint {
    /// An address as the register writes it.
    #[must_use]
    pub const fn new(address: String, updated_at: Option<DateTime<Utc>>, verified_at: Option<DateTime<Utc>>) -> Self {
        Self { address, updated_at, verified_at }
    }

    /// The address. Every use of this shows how to reach somebody.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.address
    }

    /// Whether it may carry a notice of a decision: changed or confirmed within the last 18 months, each address by itself
    /// (KRR-3).
    #[must_use]
    pub fn is_usable(&self, now: DateTime<Utc>) -> bool {
        let oldest = now.checked_sub_months(USABLE).unwrap_or(DateTime::<Utc>::MIN_UTC);
        [self.updated_at, self.verified_at].into_iter().flatten().any(|at| at > oldest)
    }
}

impl fmt::Debug for ContactPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContactPoint(***)")
    }
}

/// A mailbox that a person has chosen at a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct DigitalMailbox {
    /// The provider (`postkasseleverandoeradresse`), which may be one that no service here sends to.
    pub provider: OrganisationNumber,
    /// The provider's name for the mailbox (`postkasseadresse`).
    address: String,
    /// What is encrypted to; none where the register has none, or one that cannot be read.
    pub certificate: Option<Certificate>,
}

impl DigitalMailbox {
    /// A mailbox as the register writes it.
    #[must_use]
    pub const fn new(provider: OrganisationNumber, address: String, certificate: Option<Certificate>) -> Self {
        Self { provider, address, certificate }
    }

    /// The provider's name for the mailbox. Every use of this shows how to reach somebody.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.address
    }
}

impl fmt::Debug for DigitalMailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DigitalMailbox({}, ***)", self.provider.as_str())
    }
}

/// A certificate (X.509) with the time in which it holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// As it stands, in DER.
    pub der: Vec<u8>,
    /// From when it holds.
    pub valid_from: DateTime<Utc>,
    /// Until when it holds.
    pub valid_until: DateTime<Utc>,
}

impl Certificate {
    /// Whether it holds.
    #[must_use]
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        (self.valid_from..=self.valid_until).contains(&now)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate(until {})", self.valid_until)
    }
}

impl Entry {
    /// Somebody whom the register does not have.
    #[must_use]
    pub const fn not_registered(national_id: NationalId) -> Self {
        Self {
            national_id,
            is_reserved: false,
            status: Status::NotRegistered,
            can_be_notified: false,
            language: None,
            email: None,
            mobile: None,
            mailbox: None,
        }
    }

    /// The e-mail address, where it may carry a notice of a decision (KRR-3).
    #[must_use]
    pub fn usable_email(&self, now: DateTime<Utc>) -> Option<&ContactPoint> {
        self.email.as_ref().filter(|email| email.is_usable(now))
    }

    /// The mobile number, where it may carry a notice of a decision (KRR-3).
    #[must_use]
    pub fn usable_mobile(&self, now: DateTime<Utc>) -> Option<&ContactPoint> {
        self.mobile.as_ref().filter(|mobile| mobile.is_usable(now))
    }

    /// What routing asks of it.
    #[must_use]
    pub fn contact(&self, now: DateTime<Utc>) -> Contact {
        let is_valid = |mailbox: &DigitalMailbox| mailbox.certificate.as_ref().is_some_and(|of| of.is_valid(now));
        let mailbox = self.mailbox.as_ref().map(|mailbox| MailboxFacts {
            provider: MailboxProvider::of(&mailbox.provider),
            certificate_is_valid: is_valid(mailbox),
        });
        Contact::Known(ContactFacts {
            is_reserved: self.is_reserved,
            is_registered: self.status != Status::NotRegistered,
            // The register's word is not taken for somebody whom it has deleted.
            can_be_notified: self.can_be_notified && self.status == Status::Active,
            mailbox,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn krr_3_an_address_is_usable_for_18_months_after_either_of_its_dates() {
        let now = at("2026-11-22T12:00:00Z");
        let (fresh, at_limit, old) =
            (Some(at("2025-05-22T12:00:01Z")), Some(at("2025-05-22T12:00:00Z")), Some(at("2020-01-01T00:00:00Z")));
        let table = [
            (fresh, None, true),
            (None, fresh, true),
            (old, fresh, true),
            (fresh, old, true),
            (at_limit, None, false),
            (old, at_limit, false),
            (None, None, false),
        ];
        for (updated_at, verified_at, expected) in table {
            let point = ContactPoint::new("kari@example.no".to_owned(), updated_at, verified_at);
            assert_eq!(point.is_usable(now), expected, "{updated_at:?} {verified_at:?}");
        }
    }

    #[test]
    fn krr_3_each_address_goes_by_its_own_dates() {
        let number = NationalId::parse("29827200059", crate::identity::NumberSeries::Synthetic).expect("a number");
        let now = at("2026-11-22T12:00:00Z");
        let point = |address: &str, verified| Some(ContactPoint::new(address.to_owned(), None, Some(at(verified))));
        let entry = Entry {
            email: point("kari@example.no", "2024-11-22T12:00:00Z"),
            mobile: point("+4799999999", "2026-01-01T12:00:00Z"),
            ..Entry::not_registered(number)
        };

        assert_eq!(entry.usable_email(now), None);
        assert_eq!(entry.usable_mobile(now).map(ContactPoint::expose), Some("+4799999999"));
        assert!(!format!("{entry:?}").contains("kari") && !format!("{entry:?}").contains("9999"));
    }
}

//! What the population register says of a person (Folkeregisteret; the Norwegian names stand beside ours).

use chrono::NaiveDate;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::identity::NationalId;
use crate::person::{PersonName, Protected};
use crate::postal_address::Addresses;

/// A person as the register has them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisteredPerson {
    /// The identity number.
    pub national_id: NationalId,
    /// The name.
    pub name: PersonName,
    /// The date of birth, which may differ from the one in the number.
    pub birth_date: NaiveDate,
    /// The day of death.
    pub death_date: Option<NaiveDate>,
    /// The protection of the address (`adressegradering`), by its current entry (ADR-2).
    pub protection: Protected,
    /// Who has parental responsibility for this person (`foreldreansvar`).
    pub responsible: Vec<Responsible>,
    /// This person's guardians (`vergemål`).
    pub guardians: Vec<NationalId>,
    /// Close family (`familierelasjon`): parents, children, siblings, spouse or partner.
    pub family: Vec<NationalId>,
    /// Where they live and get their post.
    pub addresses: Addresses,
    /// For whom this person has parental responsibility.
    pub children: Vec<NationalId>,
}

/// Somebody with parental responsibility for a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Responsible {
    /// Who.
    pub national_id: NationalId,
    /// Of which kind.
    pub kind: ResponsibilityKind,
    /// Whether they are registered at the person's address.
    pub shares_address: bool,
}

/// The kinds of parental responsibility (`ansvar`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum ResponsibilityKind {
    /// Both parents (`felles`).
    Shared,
    /// The mother alone (`mor`).
    Mother,
    /// The father alone (`far`).
    Father,
    /// The co-mother alone (`medmor`).
    CoMother,
    /// Another whom a court appointed (`andre`). A system that misses them is wrong.
    Other,
    /// The register does not know (`ukjent`).
    Unknown,
}

impl ResponsibilityKind {
    /// The sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// Whether it is parental responsibility. What the register does not know is not taken for it.
    #[must_use]
    pub const fn counts(self) -> bool {
        match self {
            Self::Shared | Self::Mother | Self::Father | Self::CoMother | Self::Other => true,
            Self::Unknown => false,
        }
    }
}

/// What somebody is to a person, as it is kept here. Being a parent is not having responsibility.
// The words below are stored. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum RegisteredRelation {
    /// Parental responsibility.
    Responsible,
    /// A guardian.
    Guardian,
    /// Close family. It gives no access; it takes it from health workers (ADR-7).
    Family,
}

impl RegisteredRelation {
    /// The stored word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

impl RegisteredPerson {
    /// Whether somebody with parental responsibility is registered at this person's address (CHI-2).
    #[must_use]
    pub fn lives_with_responsible(&self) -> bool {
        self.responsible.iter().any(|responsible| responsible.kind.counts() && responsible.shares_address)
    }

    /// Everybody whom the register names, and what they are to this person.
    pub fn relations(&self) -> impl Iterator<Item = (RegisteredRelation, &NationalId)> {
        let responsible = self.responsible.iter().filter(|responsible| responsible.kind.counts());
        responsible
            .map(|responsible| (RegisteredRelation::Responsible, &responsible.national_id))
            .chain(self.guardians.iter().map(|guardian| (RegisteredRelation::Guardian, guardian)))
            .chain(self.family.iter().map(|relative| (RegisteredRelation::Family, relative)))
    }
}

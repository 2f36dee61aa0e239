//! Consent to the service (CON-1 to CON-11) and acceptance of terms (DH-5).

use chrono::{DateTime, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::person::HEALTH_MAJORITY_YEARS;

/// How much of the service a person has consented to. The order is the meaning: a level covers all below it (CON-1).
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum ConsentLevel {
    /// Nothing: the inbox is closed and senders are told so (CON-7).
    None,
    /// Own data except the patient record (CON-2). The inbox takes this (HN-5).
    Basis,
    /// Also services that include the patient record (CON-3).
    BasisPlus,
    /// All services (CON-4).
    Full,
}

impl ConsentLevel {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// The place in the order, for comparisons inside a database.
    #[must_use]
    pub const fn rank(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Basis => 1,
            Self::BasisPlus => 2,
            Self::Full => 3,
        }
    }

    /// The level at a place in the order.
    #[must_use]
    pub const fn from_rank(rank: i16) -> Option<Self> {
        match rank {
            0 => Some(Self::None),
            1 => Some(Self::Basis),
            2 => Some(Self::BasisPlus),
            3 => Some(Self::Full),
            _ => None,
        }
    }
}

/// A person's consent as it stands, or stood, from a point in time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consent {
    /// The level chosen; [`ConsentLevel::None`] after a withdrawal.
    pub level: ConsentLevel,
    /// When it was chosen.
    pub given_at: DateTime<Utc>,
    /// The version of the terms that the person saw.
    pub terms_version: String,
}

/// A document that a person accepts apart from the consent (DH-5, CON-11).
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Document {
    /// The portal's terms of use.
    TermsOfUse,
    /// "Dialogue services and personal health archive".
    DialogueAndArchive,
}

impl Document {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// That a person has accepted a version of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acceptance {
    /// What was accepted.
    pub document: Document,
    /// The version that the person saw.
    pub version: DocumentVersion,
    /// When.
    pub accepted_at: DateTime<Utc>,
}

/// The versions in force of the documents that are accepted (DH-5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TermsInForce {
    /// Of the terms of use, which a consent names too.
    pub terms_of_use: DocumentVersion,
    /// Of "dialogue services and personal health archive".
    pub dialogue_and_archive: DocumentVersion,
}

impl TermsInForce {
    /// The version of a document.
    #[must_use]
    pub const fn version(&self, document: Document) -> &DocumentVersion {
        match document {
            Document::TermsOfUse => &self.terms_of_use,
            Document::DialogueAndArchive => &self.dialogue_and_archive,
        }
    }

    /// What somebody has still to accept before they write: each document whose version in force they have not accepted since they
    /// last withdrew their consent. Below 16 nobody is asked, for whoever is responsible for a child does not accept for it.
    #[must_use]
    pub fn lacking(
        &self,
        accepted: &[Acceptance],
        withdrawn_at: Option<DateTime<Utc>>,
        age_years: i32,
    ) -> Vec<Document> {
        if age_years < HEALTH_MAJORITY_YEARS {
            return vec![];
        }
        let is_accepted = |document: Document| {
            accepted.iter().any(|acceptance| {
                acceptance.document == document
                    && acceptance.version == *self.version(document)
                    && withdrawn_at.is_none_or(|at| at < acceptance.accepted_at)
            })
        };
        Document::VARIANTS.iter().copied().filter(|document| !is_accepted(*document)).collect()
    }
}

/// The version of a document, as its publisher writes it. Never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocumentVersion(String);

/// The first one, where its publisher has said nothing.
impl Default for DocumentVersion {
    fn default() -> Self {
        Self("1".to_owned())
    }
}

/// Why a text is not a version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a version has 1 to 40 characters out of letters, digits, '.', '-' and '_'")]
pub struct DocumentVersionError;

impl DocumentVersion {
    /// The longest version.
    pub const MAX_CHARS: usize = 40;

    /// Checks length and characters.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(input: &str) -> Result<Self, DocumentVersionError> {
        let fits = (1..=Self::MAX_CHARS).contains(&input.len())
            && input.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if fits { Ok(Self(input.to_owned())) } else { Err(DocumentVersionError) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> DocumentVersion {
        DocumentVersion::parse(text).expect("a version")
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn dh_5_what_is_lacking_goes_by_the_version_in_force_and_the_last_withdrawal() {
        use Document::{DialogueAndArchive, TermsOfUse};
        let terms = TermsInForce { terms_of_use: version("2"), dialogue_and_archive: version("1") };
        let accepted =
            |document, text| Acceptance { document, version: version(text), accepted_at: at("2026-11-22T12:00:00Z") };
        let both = vec![accepted(TermsOfUse, "2"), accepted(DialogueAndArchive, "1")];
        let table = [
            ("nothing accepted", vec![], None, 40, vec![TermsOfUse, DialogueAndArchive]),
            ("both", both.clone(), None, 40, vec![]),
            (
                "an old version",
                vec![accepted(TermsOfUse, "1"), accepted(DialogueAndArchive, "1")],
                None,
                40,
                vec![TermsOfUse],
            ),
            ("of the other document", vec![accepted(TermsOfUse, "2")], None, 40, vec![DialogueAndArchive]),
            (
                "before a withdrawal",
                both.clone(),
                Some("2026-11-22T12:00:00Z"),
                40,
                vec![TermsOfUse, DialogueAndArchive],
            ),
            ("after a withdrawal", both, Some("2026-11-22T11:59:59Z"), 40, vec![]),
            ("at 16", vec![], None, 16, vec![TermsOfUse, DialogueAndArchive]),
            ("at 15", vec![], None, 15, vec![]),
        ];
        for (name, accepted, withdrawn_at, age, expected) in table {
            assert_eq!(terms.lacking(&accepted, withdrawn_at.map(at), age), expected, "{name}");
        }
    }
}

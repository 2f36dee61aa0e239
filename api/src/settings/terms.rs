//! What citizens accept: which versions are in force, and where they can be read.

use domain::consent::{Document, DocumentVersion, TermsInForce};

use super::reader::Reader;
use super::url;

/// What citizens accept (DH-5).
#[derive(Clone, Debug)]
pub struct TermsSettings {
    /// The versions in force.
    pub in_force: TermsInForce,
    /// Where the terms of use can be read.
    pub url: Option<String>,
    /// Where "dialogue services and personal health archive" can be read.
    pub dialogue_url: Option<String>,
}

impl TermsSettings {
    /// The version of the terms of use, which a consent names.
    #[must_use]
    pub fn of_use(&self) -> String {
        self.in_force.terms_of_use.as_str().to_owned()
    }

    /// Where a document can be read, as far as the settings tell.
    #[must_use]
    pub fn url(&self, document: Document) -> Option<&str> {
        match document {
            Document::TermsOfUse => self.url.as_deref(),
            Document::DialogueAndArchive => self.dialogue_url.as_deref(),
        }
    }
}

pub(super) fn terms(reader: &mut Reader) -> TermsSettings {
    let mut version = |key| reader.parsed(key, DocumentVersion::parse).unwrap_or_default();
    let in_force = TermsInForce {
        terms_of_use: version("terms.version"),
        dialogue_and_archive: version("terms.dialogue_version"),
    };
    let mut page = |key| reader.parsed(key, url::public_url);
    TermsSettings { in_force, url: page("terms.url"), dialogue_url: page("terms.dialogue_url") }
}

//! The texts of routing's reasons.

use std::borrow::Cow;

use domain::routing::Reason;

use crate::language::Language;
use crate::text::{self, File, Message};

impl Message for Reason {
    const FILE: File = File::Routing;

    fn id(&self) -> &'static str {
        self.as_word()
    }
}

/// A reason in words, for senders. None tells more than the reason itself.
pub(in crate::http) fn text(reason: Reason, language: Language) -> Cow<'static, str> {
    text::text(&reason, language)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_reason_has_a_text_of_its_own_in_every_language() {
        for language in Language::VARIANTS {
            let texts: BTreeSet<_> = Reason::VARIANTS.iter().map(|reason| text(*reason, *language)).collect();

            assert_eq!(texts.len(), Reason::VARIANTS.len());
            assert!(texts.iter().all(|text| text.ends_with('.') && text.len() > 15));
        }
    }

    #[test]
    fn con_7_no_text_speaks_of_addresses_or_of_what_closes_an_inbox() {
        for language in Language::VARIANTS {
            for reason in Reason::VARIANTS {
                let text = text(*reason, *language).to_lowercase();
                for word in ["adresse", "address", "samtyk", "consent", "sperr", "lock", "fortrolig", "confidential"] {
                    assert!(!text.contains(word), "{text}");
                }
            }
        }
    }
}

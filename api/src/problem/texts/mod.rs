//! The texts that people read. One file per language, so that a translator sees a language as a whole.

mod en;
mod nb;
mod nn;

use super::ProblemKind;
use crate::language::Language;

/// What a problem says to people.
pub(crate) struct Text {
    /// What is wrong. Short, and the same for each problem of its kind.
    pub(crate) title: &'static str,
    /// How to mend it.
    pub(crate) fix: &'static str,
}

/// The text of a kind of problem.
#[must_use]
pub(crate) const fn text(kind: ProblemKind, language: Language) -> Text {
    match language {
        Language::Bokmal => nb::text(kind),
        Language::Nynorsk => nn::text(kind),
        Language::English => en::text(kind),
    }
}

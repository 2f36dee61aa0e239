//! What problems say to people, and their pages.

use std::borrow::Cow;

use strum::{IntoStaticStr, VariantArray};

use super::{Position, ProblemKind};
use crate::language::Language;
use crate::text::{self, File, Message, Value};

/// A text of problems.
#[derive(Clone, Copy, Debug)]
pub(super) enum ProblemText {
    /// What is wrong. Short, and the same for each problem of its kind.
    Title(ProblemKind),
    /// How to mend it.
    Fix(ProblemKind),
    /// Where the fault is in what was sent.
    Place(Position),
}

impl Message for ProblemText {
    const FILE: File = File::Problems;

    fn id(&self) -> &'static str {
        match self {
            Self::Title(kind) | Self::Fix(kind) => kind.slug(),
            Self::Place(_) => "place",
        }
    }

    fn attribute(&self) -> Option<&'static str> {
        match self {
            Self::Title(_) | Self::Place(_) => None,
            Self::Fix(_) => Some("fix"),
        }
    }

    fn values(&self) -> Vec<(&'static str, Value<'static>)> {
        match self {
            Self::Title(_) | Self::Fix(_) => vec![],
            Self::Place(Position { line, column }) => vec![("line", (*line).into()), ("column", (*column).into())],
        }
    }
}

/// What is wrong.
#[must_use]
pub(super) fn title(kind: ProblemKind, language: Language) -> Cow<'static, str> {
    text::text(&ProblemText::Title(kind), language)
}

/// How to mend it.
#[must_use]
pub(super) fn fix(kind: ProblemKind, language: Language) -> Cow<'static, str> {
    text::text(&ProblemText::Fix(kind), language)
}

/// What stands on the pages of problems beside the texts of the problems themselves.
#[derive(Clone, Copy, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Label {
    /// What the page with all kinds is called.
    All,
    /// What it is about.
    About,
    /// Before how to mend it.
    Mend,
    /// Before the status.
    Status,
    /// Whether to try again.
    Retry,
    /// That it may help.
    Yes,
    /// That it does not.
    No,
}

impl Message for Label {
    const FILE: File = File::Pages;

    fn id(&self) -> &'static str {
        self.into()
    }
}

/// Each text of problems, with values as they may be.
#[cfg(test)]
pub(crate) fn every_text() -> Vec<impl Message> {
    let of_kind = |kind: &ProblemKind| [ProblemText::Title(*kind), ProblemText::Fix(*kind)];
    let place = ProblemText::Place(Position { line: 1, column: 1 });
    ProblemKind::VARIANTS.iter().flat_map(of_kind).chain([place]).collect()
}

/// Each label of the pages.
#[cfg(test)]
pub(crate) fn every_label() -> Vec<impl Message> {
    Label::VARIANTS.to_vec()
}

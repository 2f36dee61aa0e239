//! What stands in documents beside what people wrote.

use std::borrow::Cow;

use domain::conversation::Author;
use domain::dialogue::Inquiry;
use domain::journal::JournalDocument;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::language::Language;
use crate::text::{File, Message, Value, text};

/// The words of a journal document, in its language.
#[derive(Clone, Copy)]
pub(super) struct Words(Language);

/// A word of a journal document.
#[derive(Clone, Copy, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Word {
    Title,
    Kind,
    Service,
    Controller,
    OrganisationNumber,
    Patient,
    NationalId,
    Subject,
    Conversation,
    MarkedAt,
    MessageCount,
    Times,
    Message,
    Author,
    Behalf,
    SentAt,
    OpenedAt,
    NotOpened,
    Nameless,
    Form,
    Files,
    Attached,
    Listed,
    Exact,
}

/// Who wrote a message, seen from the patient.
#[derive(Clone, Copy, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
enum Relation {
    #[strum(serialize = "self")]
    Patient,
    Parent,
    PowerOfAttorney,
    AssignedPowerOfAttorney,
    Guardian,
    Staff,
    Service,
}

/// A text of a journal document.
enum JournalText {
    Word(Word),
    Kind(Inquiry),
    Relation(Relation),
    /// That letters are shown by their numbers, and where the text itself is.
    Numbered {
        name: String,
    },
    /// The line below a page.
    Footer {
        page: usize,
        pages: usize,
    },
}

impl Message for JournalText {
    const FILE: File = File::Documents;

    fn id(&self) -> &'static str {
        match self {
            Self::Word(word) => word.into(),
            Self::Kind(_) => Word::Kind.into(),
            Self::Relation(_) => "relation",
            Self::Numbered { .. } => "numbered",
            Self::Footer { .. } => "footer",
        }
    }

    fn attribute(&self) -> Option<&'static str> {
        match self {
            Self::Word(_) | Self::Numbered { .. } | Self::Footer { .. } => None,
            Self::Kind(kind) => Some(kind.as_word()),
            Self::Relation(relation) => Some(relation.into()),
        }
    }

    fn values(&self) -> Vec<(&'static str, Value<'static>)> {
        match self {
            Self::Word(_) | Self::Kind(_) | Self::Relation(_) => vec![],
            Self::Numbered { name } => vec![("name", name.clone().into())],
            Self::Footer { page, pages } => vec![("page", (*page).into()), ("pages", (*pages).into())],
        }
    }
}

impl Words {
    pub(super) const fn of(language: Language) -> Self {
        Self(language)
    }

    /// A word.
    pub(super) fn say(self, word: Word) -> Cow<'static, str> {
        text(&JournalText::Word(word), self.0)
    }

    /// What the conversation is.
    pub(super) fn kind(self, kind: Inquiry) -> Cow<'static, str> {
        text(&JournalText::Kind(kind), self.0)
    }

    /// What an author is to the patient; the stored word itself where it is a new one.
    pub(super) fn relation(self, word: &str) -> Cow<'_, str> {
        match word.parse() {
            Ok(relation) => text(&JournalText::Relation(relation), self.0),
            Err(_) => Cow::Borrowed(word),
        }
    }

    /// That letters are shown by their numbers, and that the text itself is in the file of this name.
    pub(super) fn numbered(self, name: &str) -> Cow<'static, str> {
        text(&JournalText::Numbered { name: name.to_owned() }, self.0)
    }

    /// The line below a page.
    pub(super) fn footer(self, page: usize, pages: usize) -> String {
        text(&JournalText::Footer { page, pages }, self.0).into_owned()
    }

    /// Who wrote a message, and on whose behalf, where it was not their own.
    pub(super) fn author(self, document: &JournalDocument, author: &Author) -> (String, Option<String>) {
        let Author { relation, person: _, name } = author;
        let service = document.service.service_name.as_str();
        let name = match (name, relation.as_str()) {
            (Some(name), _) => Cow::Borrowed(name.as_str()),
            (None, "service") => Cow::Borrowed(service),
            (None, _) => self.say(Word::Nameless),
        };
        let behalf = match relation.as_str() {
            "self" => None,
            "staff" | "service" => Some(format!("{service}, {}", document.service.organisation_name.as_str())),
            _ => Some(document.patient_name.expose().to_owned()),
        };
        (format!("{name} ({})", self.relation(relation)), behalf)
    }
}

/// Each text of journal documents, with values as they may be.
#[cfg(test)]
pub(crate) fn every_journal_text() -> Vec<impl Message> {
    let words = Word::VARIANTS.iter().map(|word| JournalText::Word(*word));
    let kinds = Inquiry::VARIANTS.iter().map(|kind| JournalText::Kind(*kind));
    let relations = Relation::VARIANTS.iter().map(|relation| JournalText::Relation(*relation));
    let others = [JournalText::Numbered { name: "1-0.txt".to_owned() }, JournalText::Footer { page: 1, pages: 2 }];
    words.chain(kinds).chain(relations).chain(others).collect()
}

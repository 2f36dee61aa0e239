//! A letter as it leaves the house: for paper, a page with the address for the window of an envelope; then the text.

use domain::person::in_oslo;
use persistence::{Destination, Letter};

use super::pdf::{About, PdfError, PdfWriter};
use crate::language::Language;
use crate::text::{File, Message, Value, text};

/// The language of letters' own words.
const LANGUAGE: Language = Language::Bokmal;

/// A text of letters.
#[derive(Clone, Copy)]
enum LetterText {
    /// Before the sender.
    Sender,
    /// Before the day.
    Date,
    /// Before the names of files that are not there.
    LeftOut,
    /// The line below a page.
    Footer { page: usize, pages: usize },
}

impl Message for LetterText {
    const FILE: File = File::Letters;

    fn id(&self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Date => "date",
            Self::LeftOut => "left-out",
            Self::Footer { .. } => "footer",
        }
    }

    fn values(&self) -> Vec<(&'static str, Value<'static>)> {
        match self {
            Self::Sender | Self::Date | Self::LeftOut => vec![],
            Self::Footer { page, pages } => vec![("page", (*page).into()), ("pages", (*pages).into())],
        }
    }
}

/// Each text of letters, with values as they may be.
#[cfg(test)]
pub(crate) fn every_letter_text() -> Vec<impl Message> {
    vec![LetterText::Sender, LetterText::Date, LetterText::LeftOut, LetterText::Footer { page: 1, pages: 2 }]
}

/// How far below the top the address stands on its page, so that it shows in a window on the left (C5).
const WINDOW_SPACE: f32 = 40.0;

/// The letter as PDF/A-3b, A4. Its other files go beside it; those that cannot be are named.
///
/// # Errors
/// A document that cannot be PDF/A.
pub(crate) fn letter_pdf(letter: &Letter, left_out: &[&str]) -> Result<Vec<u8>, PdfError> {
    let Letter { id, destination, sender, subject, body, accepted_at, files: _ } = letter;
    let mut page = PdfWriter::new()?;
    if let Destination::Paper { name, address } = destination {
        page.space(WINDOW_SPACE);
        page.paragraph(name);
        for line in address.expose() {
            page.paragraph(line);
        }
        page.next_page();
    }
    page.field(
        &text(&LetterText::Sender, LANGUAGE),
        &format!("{}, {}", sender.organisation_name.as_str(), sender.service_name.as_str()),
    );
    page.field(&text(&LetterText::Date, LANGUAGE), &in_oslo(*accepted_at).format("%d.%m.%Y").to_string());
    page.space(18.0);
    page.heading(subject.expose(), 15.0);
    page.space(6.0);
    page.paragraph(body.expose());
    if !left_out.is_empty() {
        page.rule();
        page.paragraph(&text(&LetterText::LeftOut, LANGUAGE));
        for file in left_out {
            page.paragraph(file);
        }
    }
    let about = About {
        id: id.to_string(),
        title: subject.expose().to_owned(),
        language: LANGUAGE.tag(),
        at: *accepted_at,
        header: sender.organisation_name.as_str().to_owned(),
        footer: Box::new(|page, pages| text(&LetterText::Footer { page, pages }, LANGUAGE).into_owned()),
    };
    page.finish(about, vec![])
}

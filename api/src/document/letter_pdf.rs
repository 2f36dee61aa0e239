//! A letter as it leaves the house: for paper, a page with the address for the window of an envelope; then the text.

use domain::person::in_oslo;
use persistence::{Destination, Letter};

use super::pdf::{About, PdfError, PdfWriter};

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
    page.field("Avsender", &format!("{}, {}", sender.organisation_name.as_str(), sender.service_name.as_str()));
    page.field("Dato", &in_oslo(*accepted_at).format("%d.%m.%Y").to_string());
    page.space(18.0);
    page.heading(subject.expose(), 15.0);
    page.space(6.0);
    page.paragraph(body.expose());
    if !left_out.is_empty() {
        page.rule();
        page.paragraph("Disse vedleggene kan ikke sendes med. Ta kontakt med avsenderen for å få dem:");
        for file in left_out {
            page.paragraph(file);
        }
    }
    let about = About {
        id: id.to_string(),
        title: subject.expose().to_owned(),
        language: "nb",
        at: *accepted_at,
        header: sender.organisation_name.as_str().to_owned(),
        footer: |page, pages| format!("Side {page} av {pages}"),
    };
    page.finish(about, vec![])
}

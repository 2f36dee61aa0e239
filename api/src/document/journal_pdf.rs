//! What a journal archives, as a PDF that somebody reads on paper (TK-3).

use chrono::{DateTime, Utc};
use domain::attachment::Attachment;
use domain::conversation::Turn;
use domain::journal::JournalDocument;
use domain::message::Direction;
use domain::person::in_oslo;

use super::pdf::{About, PdfError, PdfFile, PdfWriter};
use super::words::{Word, Words};
use super::{Contents, form};
use crate::language::Language;

/// The document as PDF/A-3b, with its files embedded where their contents are given.
///
/// # Errors
/// A document that cannot be PDF/A.
pub(crate) fn journal_pdf(
    document: &JournalDocument,
    contents: Option<Contents>,
    language: Language,
) -> Result<Vec<u8>, PdfError> {
    let words = Words::of(language);
    let mut page = PdfWriter::new()?;
    let mut files = vec![];
    let mut contents = contents.map(Vec::into_iter);
    head(&mut page, words, document);
    for (place, turn) in document.turns.iter().enumerate() {
        let number = place + 1;
        page.rule();
        let exact = exact_text(&page, words, turn, number);
        message(&mut page, words, document, turn, number);
        if let Some(exact) = exact {
            page.space(6.0);
            page.small(&words.numbered(&exact.name));
            files.push(exact);
        }
        list_files(&mut page, words, turn, number, contents.is_some());
        for (place, file) in turn.attachments.iter().enumerate() {
            let Some(bytes) = contents.as_mut().and_then(Iterator::next) else { break };
            files.push(PdfFile {
                name: name_of(file, number, place + 1),
                media_type: file.file_type.media_type(),
                description: format!("{} {number}: {}", words.say(Word::Message), file.file_name.expose()),
                bytes,
                at: turn.at,
                is_alternative: false,
            });
        }
    }
    // The name last: it may be longer than the line.
    let patient = format!("{} {}", document.patient.expose(), document.patient_name.expose());
    let about = About {
        id: document.id.to_string(),
        title: format!("{}: {}", words.say(Word::Title), document.subject.expose()),
        language: language.tag(),
        at: document.marked_at,
        header: format!("{} · {patient}", document.conversation),
        footer: Box::new(move |page, pages| words.footer(page, pages)),
    };
    page.finish(about, files)
}

fn head(page: &mut PdfWriter, words: Words, document: &JournalDocument) {
    let JournalDocument {
        id: _,
        conversation,
        service,
        inquiry,
        subject,
        patient,
        patient_name,
        marked_at,
        confirm_by: _,
        turns,
    } = document;
    page.heading(&words.say(Word::Title), 17.0);
    page.space(4.0);
    page.field(&words.say(Word::Patient), patient_name.expose());
    page.field(&words.say(Word::NationalId), patient.expose());
    page.field(&words.say(Word::Service), service.service_name.as_str());
    let (name, number) = (service.organisation_name.as_str(), service.organisation_number.as_str());
    page.field(&words.say(Word::Controller), &format!("{name}, {} {number}", words.say(Word::OrganisationNumber)));
    page.field(&words.say(Word::Subject), subject.expose());
    page.field(&words.say(Word::Kind), &words.kind(*inquiry));
    page.field(&words.say(Word::Conversation), &conversation.to_string());
    page.field(&words.say(Word::MarkedAt), &clock(*marked_at));
    page.field(&words.say(Word::MessageCount), &turns.len().to_string());
    page.space(6.0);
    page.small(&words.say(Word::Times));
}

fn message(page: &mut PdfWriter, words: Words, document: &JournalDocument, turn: &Turn, number: usize) {
    let Turn { id: _, direction, subject, body, body_format: _, author, at, opened_at, attachments: _, form_answers } =
        turn;
    page.heading(&format!("{} {number}: {}", words.say(Word::Message), subject.expose()), 12.0);
    let (name, behalf) = words.author(document, author);
    page.field(&words.say(Word::Author), &name);
    if let Some(behalf) = behalf {
        page.field(&words.say(Word::Behalf), &behalf);
    }
    page.field(&words.say(Word::SentAt), &clock(*at));
    if *direction == Direction::Received {
        page.field(
            &words.say(Word::OpenedAt),
            &opened_at.map_or_else(|| words.say(Word::NotOpened).into_owned(), clock),
        );
    }
    page.space(6.0);
    page.paragraph(body.expose());
    if let Some(filled) = form_answers {
        page.space(8.0);
        page.heading(&format!("{}: {}", words.say(Word::Form), filled.form.title.as_str()), 10.0);
        for (question, answer) in form::lines(filled) {
            page.field(&question, &answer);
        }
    }
}

fn list_files(page: &mut PdfWriter, words: Words, turn: &Turn, number: usize, are_attached: bool) {
    if turn.attachments.is_empty() {
        return;
    }
    page.space(8.0);
    page.heading(&words.say(Word::Files), 10.0);
    for (place, file) in turn.attachments.iter().enumerate() {
        page.paragraph(&name_of(file, number, place + 1));
        let size = thousands(file.size_bytes);
        page.small(&format!("{}, {size} bytes", file.file_type.media_type()));
        page.small(&format!("SHA-256 {}", hex::encode(file.sha256)));
    }
    page.space(3.0);
    page.small(&words.say(if are_attached { Word::Attached } else { Word::Listed }));
}

/// The text itself, where letters of it are shown by their numbers.
fn exact_text(page: &PdfWriter, words: Words, turn: &Turn, number: usize) -> Option<PdfFile> {
    let (subject, body) = (turn.subject.expose(), turn.body.expose());
    let filled = turn.form_answers.as_ref().map(|filled| format!("\n{}\n", form::text(filled))).unwrap_or_default();
    if ![subject, body, &filled].iter().any(|text| page.lacks_some(text)) {
        return None;
    }
    Some(PdfFile {
        name: format!("{number}-0.txt"),
        media_type: "text/plain",
        description: words.say(Word::Exact).into_owned(),
        bytes: format!("{subject}\n\n{body}\n{filled}").into_bytes(),
        at: turn.at,
        is_alternative: true,
    })
}

/// A name that no other file of the document has.
fn name_of(file: &Attachment, message: usize, place: usize) -> String {
    format!("{message}-{place} {}", file.file_name.expose())
}

/// A time as people in Norway write it.
fn clock(at: DateTime<Utc>) -> String {
    in_oslo(at).format("%d.%m.%Y %H:%M:%S").to_string()
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

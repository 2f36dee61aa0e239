use chrono::{DateTime, Utc};
use domain::attachment::{Attachment, FileName, FileType};
use domain::conversation::{Author, Turn};
use domain::dialogue::Inquiry;
use domain::identity::{NationalId, NumberSeries, OrganisationNumber};
use domain::journal::JournalDocument;
use domain::message::{Body, BodyFormat, Direction, Sender, Subject};
use domain::organisation::Name;
use domain::person::PersonName;
use lopdf::{Document, Object};
use uuid::Uuid;

use super::*;
use crate::language::Language;

pub(super) fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn id<I: From<Uuid>>(number: u128) -> I {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number).into()
}

fn file(number: u128, name: &str, file_type: FileType, bytes: &[u8]) -> Attachment {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    Attachment {
        id: id(number),
        file_name: FileName::parse(name).expect("a name"),
        file_type,
        size_bytes: bytes.len() as u64,
        sha256: hash.as_ref().try_into().expect("32 bytes"),
    }
}

fn turn(number: u128, relation: &str, name: Option<&str>, body: &str, attachments: Vec<Attachment>) -> Turn {
    let is_of_service = matches!(relation, "staff" | "service");
    Turn {
        id: id(number),
        direction: if is_of_service { Direction::Received } else { Direction::Sent },
        subject: Subject::parse("Sår på foten <& \"Čáhci\">").expect("a subject"),
        body: Body::parse(body).expect("a body"),
        body_format: BodyFormat::Text,
        author: Author { relation: relation.to_owned(), person: Some(id(70)), name: name.map(str::to_owned) },
        at: time("2026-07-01T22:30:05Z"),
        opened_at: None,
        attachments,
        form_answers: None,
    }
}

const PDF: &[u8] = b"%PDF-1.4 the first file";
const DOCX: &[u8] = b"PK\x03\x04 the second file \x00\xff";

/// A conversation of a mother and a nurse, with two files.
pub(super) fn sample() -> (JournalDocument, Contents) {
    let files = vec![file(11, "bilde.pdf", FileType::Pdf, PDF), file(12, "prøve & svar.docx", FileType::Docx, DOCX)];
    let long = "Sykepleieren kommer klokken ti, og ser på såret. ".repeat(300);
    let turns = vec![
        turn(1, "parent", Some("Mona Ødegård"), "Hei 🙂\n\tBures, muoŧŧá lea boahtán – 37,5 °C.", files),
        turn(2, "staff", None, &long, vec![]),
        turn(3, "service", None, "Takk.", vec![]),
    ];
    let document = JournalDocument {
        id: id(10),
        conversation: id(9),
        service: Sender {
            service: id(8),
            service_name: Name::parse("Hjemmetjenesten").expect("a name"),
            organisation_number: OrganisationNumber::parse("310000019").expect("a number"),
            organisation_name: Name::parse("Vår kommune").expect("a name"),
        },
        inquiry: Inquiry::Dialogue,
        subject: Subject::parse("Sår på foten").expect("a subject"),
        patient: NationalId::parse("29827200059", NumberSeries::Synthetic).expect("a number"),
        patient_name: PersonName::from_register("Lille Ødegård".to_owned()),
        marked_at: time("2026-11-22T11:00:00Z"),
        confirm_by: time("2026-11-29T11:00:00Z"),
        turns,
    };
    (document, vec![PDF.to_vec(), DOCX.to_vec()])
}

/// The text of all pages, without the white between words: lines may break anywhere.
fn text_of(pdf: &Document) -> String {
    let pages: Vec<u32> = pdf.get_pages().into_keys().collect();
    dense(&pdf.extract_text(&pages).expect("text"))
}

fn dense(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// The embedded files: names and bytes.
fn embedded(pdf: &Document) -> Vec<(String, Vec<u8>)> {
    let specs = pdf.objects.values().filter_map(|object| object.as_dict().ok()).filter(|spec| spec.has(b"EF"));
    let mut files: Vec<(String, Vec<u8>)> = specs
        .map(|spec| {
            assert!(spec.has(b"AFRelationship") && spec.has(b"F"));
            let name = lopdf::decode_text_string(spec.get(b"UF").expect("a name")).expect("text");
            let stream = spec.get(b"EF").and_then(Object::as_dict).and_then(|ef| ef.get(b"F")).expect("a stream");
            let stream = pdf.get_object(stream.as_reference().expect("a reference")).and_then(Object::as_stream);
            (name, stream.expect("a stream").get_plain_content().expect("bytes"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn tk_3_the_pdf_says_all_that_was_written_and_carries_the_files_as_they_are() {
    let (document, contents) = sample();
    let bytes = journal_pdf(&document, Some(contents), Language::Bokmal).expect("a PDF");
    let pdf = Document::load_mem(&bytes).expect("a PDF that can be read");

    let text = text_of(&pdf);
    for turn in &document.turns {
        let body = turn.body.expose().replace('🙂', "[U+1F642]");
        // Header and footer stand between the pages of the long one.
        for part in body.split(". ").filter(|part| part.len() > 3) {
            assert!(text.contains(&dense(part)), "{part}");
        }
    }
    let count = text.matches(&dense("Sykepleieren kommer klokken ti")).count();
    assert!(count > 290, "{count}: but for those on which a page ends");
    let pages = pdf.get_pages().len();
    assert!(pages > 3, "{pages}");
    for page in 1..=pages {
        assert!(text.contains(&format!("Side{page}av{pages}")), "{page}");
    }
    for said in [
        "Lille Ødegård",
        "29827200059",
        "Hjemmetjenesten",
        "Vår kommune, org.nr. 310000019",
        "Merket 22.11.2026 12:00:00",
        "Fra Mona Ødegård (forelder)",
        "På vegne av Lille Ødegård",
        "Sendt 02.07.2026 00:30:05",
        "Fra navnet vises ikke (ansatt i tjenesten)",
        "På vegne av Hjemmetjenesten, Vår kommune",
        "Fra Hjemmetjenesten (tjenestens system)",
        "Melding 1: Sår på foten <& \"Čáhci\">",
        "1-2 prøve & svar.docx",
    ] {
        assert!(text.contains(&dense(said)), "{said}: {text}");
    }
    for file in document.files() {
        assert!(text.contains(&format!("SHA-256{}", hex::encode(file.sha256))));
    }
    let exact = format!("{}\n\n{}\n", document.turns[0].subject.expose(), document.turns[0].body.expose());
    let expected = [
        ("1-0.txt".to_owned(), exact.into_bytes()),
        ("1-1 bilde.pdf".to_owned(), PDF.to_vec()),
        ("1-2 prøve & svar.docx".to_owned(), DOCX.to_vec()),
    ];
    assert_eq!(embedded(&pdf), expected);
}

#[test]
fn tk_3_the_pdf_says_that_it_is_pdf_a_3b_and_is_the_same_each_time() {
    let made = || {
        let (document, contents) = sample();
        journal_pdf(&document, Some(contents), Language::Nynorsk).expect("a PDF")
    };
    let bytes = made();

    let pdf = Document::load_mem(&bytes).expect("a PDF that can be read");
    let metadata = pdf.catalog().and_then(|catalog| catalog.get(b"Metadata")).and_then(Object::as_reference);
    let metadata = pdf.get_object(metadata.expect("a reference")).and_then(Object::as_stream).expect("a stream");
    let xmp = String::from_utf8(metadata.get_plain_content().expect("bytes")).expect("text");
    assert!(
        xmp.contains("<pdfaid:part>3</pdfaid:part>") && xmp.contains("<pdfaid:conformance>B</pdfaid:conformance>"),
        "{xmp}"
    );
    assert!(pdf.catalog().expect("a catalog").has(b"OutputIntents") && pdf.catalog().expect("a catalog").has(b"AF"));
    assert!(made() == bytes);
}

#[test]
fn tk_3_a_pdf_that_only_lists_its_files_says_so() {
    let (document, _) = sample();
    for (language, said) in [
        (Language::Bokmal, "Filene er for store til å ligge ved."),
        (Language::Nynorsk, "Filene er for store til å liggje ved."),
        (Language::English, "The files are too large to be attached."),
    ] {
        let bytes = journal_pdf(&document, None, language).expect("a PDF");
        let pdf = Document::load_mem(&bytes).expect("a PDF that can be read");
        let text = text_of(&pdf);
        assert!(text.contains(&dense(said)) && text.contains(&dense("1-2 prøve & svar.docx")), "{text}");
        assert_eq!(embedded(&pdf).len(), 1, "the text alone");
    }
}

#[test]
fn each_text_that_somebody_may_write_becomes_a_pdf() {
    let (mut document, _) = sample();
    let strange = [
        "سلام 漢字 👩‍👩‍👧 \u{202e}abc\u{200b}\u{feff}",
        "\u{fffe}\u{ffff}\u{e000}\u{10ffff}",
        "a\u{301}\u{301}\u{301}",
        &"x".repeat(5000),
        "\n\n\n a \n\n",
        "\r\r\n\t\t",
    ];
    for text in strange {
        let Ok(body) = Body::parse(text) else { continue };
        document.turns[1].body = body;
        assert!(journal_pdf(&document, None, Language::Bokmal).is_ok(), "{text:?}");
    }
}

/// What stands in the elements of a name, as a reader of XML gets it.
fn read_back(xml: &[u8], wanted: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_reader(xml);
    let (mut found, mut inside) = (vec![], None);
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(start) if start.name().as_ref() == wanted.as_bytes() => inside = Some(String::new()),
            Event::End(end) if end.name().as_ref() == wanted.as_bytes() => found.extend(inside.take()),
            Event::Text(text) => {
                if let Some(inside) = &mut inside {
                    inside.push_str(&text.decode().expect("text"));
                }
            }
            Event::GeneralRef(reference) => {
                if let Some(inside) = &mut inside {
                    let name = reference.decode().expect("text");
                    let known = quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                    let letter = || reference.resolve_char_ref().expect("a letter").map(String::from);
                    inside.push_str(&known.or_else(letter).expect("a letter"));
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found
}

#[test]
fn tk_3_ehr_1_the_dialogue_message_says_all_that_was_written_and_carries_the_files() {
    use base64::Engine as _;
    let path = |turn: &Turn, file: &Attachment| format!("/v1/{}/{}", turn.id, file.id);
    let (mut document, contents) = sample();
    document.turns[1].body = Body::parse("a\r\nb ]]> <c> & \"d\"").expect("a body");
    let xml = dialogue_message(&document, Some(contents.clone()), path).expect("XML");

    let bodies: Vec<&str> = document.turns.iter().map(|turn| turn.body.expose()).collect();
    assert_eq!(read_back(&xml, "TekstNotatInnhold"), bodies);
    assert_eq!(read_back(&xml, "Tema"), vec![document.turns[0].subject.expose(); 3]);
    let engine = base64::engine::general_purpose::STANDARD;
    let carried: Contents =
        read_back(&xml, "Base64Container").iter().map(|text| engine.decode(text).expect("base64")).collect();
    assert!(carried == contents);
    assert_eq!(read_back(&xml, "Description"), ["bilde.pdf", "prøve & svar.docx"]);
    assert_eq!(read_back(&xml, "MsgId"), [document.id.to_string()]);
    assert_eq!(read_back(&xml, "GenDate"), ["2026-11-22T12:00:00+01:00"]);
    let remarks = read_back(&xml, "Merknad");
    assert_eq!(
        remarks[0],
        "Fra: Mona Ødegård (forelder). På vegne av: Lille Ødegård. Sendt: 2026-07-02T00:30:05+02:00."
    );
    assert!(remarks[1].contains("På vegne av: Hjemmetjenesten, Vår kommune."), "{remarks:?}");

    let listed = dialogue_message(&document, None, path).expect("XML");
    let references: Vec<String> =
        document.turns[0].attachments.iter().map(|file| path(&document.turns[0], file)).collect();
    assert_eq!(read_back(&listed, "FileReference"), references);
    assert!(read_back(&listed, "Base64Container").is_empty());
}

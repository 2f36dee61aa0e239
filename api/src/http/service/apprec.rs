//! The application receipt of the Norwegian standards (KITH AppRec v1.0 2004-11-21 and v1.1 2012-02-15), with which a
//! journal answers a dialogue message.
//!
//! It comes from outside, so it is read without a schema, an entity or a document type: only the few elements that say
//! what the answer is, and about which document.

use domain::id::JournalDocumentId;
use domain::journal::{FaultCode, FaultText, JournalFault, JournalReceipt, JournalReference};
use persistence::Marked;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, XmlVersion};
use uuid::Uuid;

use crate::http::request::input::Violations;
use crate::problem::{ApiError, ProblemKind, ViolationCode};

/// The largest one: a receipt is a page of text.
pub(in crate::http) const MAX_BYTES: usize = 64 * 1024;

const NAMESPACES: [&str; 2] =
    ["http://www.kith.no/xmlstds/apprec/2004-11-21", "http://www.kith.no/xmlstds/apprec/2012-02-15"];
const MAX_DEPTH: usize = 20;

// Values of code system 8258.
const ACCEPTED: &str = "1";
const REJECTED: &str = "2";

/// What the receipt says.
#[derive(Default, PartialEq, Eq, Debug)]
struct Said {
    ids: Vec<String>,
    statuses: Vec<Option<String>>,
    errors: Vec<Fault>,
    originals: Vec<String>,
}

/// An `Error` of it: code, name and other text.
#[derive(Default, PartialEq, Eq, Debug)]
struct Fault {
    code: Option<String>,
    name: Option<String>,
    other: Option<String>,
}

/// Reads a receipt: about which document, and what.
///
/// # Errors
/// `malformed-xml`, or `invalid-request` with all that is wrong with it.
pub(in crate::http) fn read(bytes: &[u8]) -> Result<(Marked, JournalReceipt), ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ApiError::from(ProblemKind::MalformedXml))?;
    let said = Said::read(text).ok_or_else(|| ApiError::from(ProblemKind::MalformedXml))?;
    let mut violations = Violations::new();
    let Some(said) = said else {
        violations.add("/AppRec", ViolationCode::Required);
        return Err(violations.into_error());
    };
    let Said { ids, statuses, errors, originals } = said;
    let document = one(&mut violations, "/AppRec/OriginalMsgId/Id", originals);
    let document = violations.parse("/AppRec/OriginalMsgId/Id", document, |text| {
        Uuid::try_parse(text.trim()).map(JournalDocumentId::from).map_err(|_| ViolationCode::NotAUuid)
    });
    let reference = one(&mut violations, "/AppRec/Id", ids);
    let reference = violations.parse("/AppRec/Id", reference, JournalReference::parse);
    let status = one(&mut violations, "/AppRec/Status", statuses).flatten();
    let receipt = match status.as_deref() {
        Some(ACCEPTED) => reference.map(JournalReceipt::Archived),
        Some(REJECTED) => faults(&mut violations, errors).map(JournalReceipt::Rejected),
        // A part of a document that is not taken is a document that is not taken: status 3 has no meaning here.
        Some(_) | None => {
            violations.add("/AppRec/Status/@V", ViolationCode::NotAChoice { choices: vec![ACCEPTED, REJECTED] });
            None
        }
    };
    let (Some(document), Some(receipt)) = (document, receipt) else { return Err(violations.into_error()) };
    violations.finish().map(|()| (Marked::Document(document), receipt))
}

/// What must be there exactly once.
fn one<T>(violations: &mut Violations, pointer: &str, mut found: Vec<T>) -> Option<T> {
    match found.len() {
        0 => violations.add(pointer, ViolationCode::Required),
        1 => {}
        _ => violations.add(pointer, ViolationCode::Duplicate),
    }
    found.pop()
}

fn faults(violations: &mut Violations, errors: Vec<Fault>) -> Option<Vec<JournalFault>> {
    const MAX: usize = JournalReceipt::MAX_FAULTS;
    if errors.is_empty() {
        violations.add("/AppRec/Error", ViolationCode::Required);
    }
    if errors.len() > MAX {
        violations.add("/AppRec/Error", ViolationCode::TooMany { max: MAX });
        return None;
    }
    let mut faults = vec![];
    for (place, Fault { code, name, other }) in errors.into_iter().enumerate() {
        let pointer = format!("/AppRec/Error/{place}");
        if code.is_none() {
            violations.add(format!("{pointer}/@V"), ViolationCode::Required);
        }
        let code = violations.parse(&format!("{pointer}/@V"), code, FaultCode::parse);
        let text: Vec<String> = name.into_iter().chain(other).filter(|text| !text.trim().is_empty()).collect();
        let text = (!text.is_empty()).then(|| text.join(": "));
        let text = violations.parse(&format!("{pointer}/@DN"), text, FaultText::parse);
        faults.extend(code.map(|code| JournalFault { code, text }));
    }
    (!faults.is_empty()).then_some(faults)
}

impl Said {
    /// None where it is no XML that we take; `Some(None)` where it is XML of something else.
    fn read(text: &str) -> Option<Option<Self>> {
        let mut reader = NsReader::from_str(text);
        let mut said = Self::default();
        let mut path: Vec<String> = vec![];
        let mut content = String::new();
        let (mut roots, mut is_receipt) = (0, false);
        loop {
            let (namespace, event) = reader.read_resolved_event().ok()?;
            match event {
                Event::Start(start) => {
                    let is_ours = is_ours(&namespace);
                    roots += usize::from(path.is_empty());
                    path.push(local_name(&start, is_ours)?);
                    is_receipt |= path == ["AppRec"];
                    content.clear();
                    if roots > 1 || path.len() > MAX_DEPTH {
                        return None;
                    }
                    said.note_attributes(&path, &start)?;
                }
                Event::Empty(start) => {
                    let is_ours = is_ours(&namespace);
                    roots += usize::from(path.is_empty());
                    path.push(local_name(&start, is_ours)?);
                    is_receipt |= path == ["AppRec"];
                    if roots > 1 {
                        return None;
                    }
                    said.note_attributes(&path, &start)?;
                    path.pop();
                }
                Event::End(_) => {
                    said.note_content(&path, &content);
                    content.clear();
                    path.pop();
                }
                Event::Text(part) => {
                    let part = part.xml10_content().ok()?;
                    if path.is_empty() && !part.trim().is_empty() {
                        return None;
                    }
                    content.push_str(&part);
                }
                Event::CData(part) => content.push_str(&part.decode().ok()?),
                Event::GeneralRef(reference) => content.push(letter_of(&reference)?),
                Event::Decl(declaration) => match declaration.encoding() {
                    Some(encoding) if !encoding.as_ref().is_ok_and(|name| name.eq_ignore_ascii_case(b"utf-8")) => {
                        return None;
                    }
                    Some(_) | None => {}
                },
                // Entities are declared there, which could name what is none of ours or grow without end.
                Event::DocType(_) => return None,
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        (roots == 1 && path.is_empty()).then_some(is_receipt.then_some(said))
    }

    fn note_attributes(&mut self, path: &[String], start: &BytesStart<'_>) -> Option<()> {
        let mut fault = Fault::default();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = Some(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned());
            match attribute.key.as_ref() {
                b"V" => fault.code = value,
                b"DN" => fault.name = value,
                b"OT" => fault.other = value,
                _ => {}
            }
        }
        if path == ["AppRec", "Status"] {
            self.statuses.push(fault.code);
        } else if path == ["AppRec", "Error"] {
            self.errors.push(fault);
        }
        Some(())
    }

    fn note_content(&mut self, path: &[String], content: &str) {
        if path == ["AppRec", "Id"] {
            self.ids.push(content.to_owned());
        } else if path == ["AppRec", "OriginalMsgId", "Id"] {
            self.originals.push(content.to_owned());
        }
    }
}

fn is_ours(namespace: &ResolveResult<'_>) -> bool {
    match namespace {
        ResolveResult::Bound(Namespace(name)) => NAMESPACES.iter().any(|known| known.as_bytes() == *name),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => false,
    }
}

/// What is not of the receipt's own names has none here.
fn local_name(start: &BytesStart<'_>, is_ours: bool) -> Option<String> {
    if !is_ours {
        return Some(String::new());
    }
    std::str::from_utf8(start.local_name().as_ref()).ok().map(str::to_owned)
}

/// The letter of a reference by number, or of one of the five that XML knows.
fn letter_of(reference: &BytesRef<'_>) -> Option<char> {
    if let Some(letter) = reference.resolve_char_ref().ok()? {
        return Some(letter);
    }
    resolve_predefined_entity(&reference.decode().ok()?)?.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "0197a0b6-0000-7000-8000-000000000001";

    fn receipt(namespace: &str, middle: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AppRec xmlns=\"{namespace}\"><MsgType V=\"APPREC\"/>\
             <MIGversion>v1.1 2012-02-15</MIGversion><GenDate>2026-11-22T12:00:00</GenDate><Id>EPJ-&#x31;&amp;2</Id>\
             <Sender><HCP><Inst><Name>Test</Name><Id>1</Id></Inst></HCP></Sender>{middle}\
             <OriginalMsgId><MsgType V=\"DIALOG_HELSEFAGLIG\"/><IssueDate>2026-11-22T12:00:00</IssueDate>\
             <Id> {DOCUMENT}\n</Id></OriginalMsgId></AppRec>"
        )
    }

    fn problem(text: &str) -> String {
        read(text.as_bytes()).expect_err("a problem").to_string()
    }

    #[test]
    fn ehr_7_both_versions_of_the_receipt_are_read() {
        let about = Marked::Document(Uuid::try_parse(DOCUMENT).expect("an id").into());
        for namespace in NAMESPACES {
            let accepted = receipt(namespace, r#"<Status V="1" DN="OK"/>"#);
            let reference = JournalReference::parse("EPJ-1&2").expect("a reference");
            assert_eq!(read(accepted.as_bytes()).ok(), Some((about, JournalReceipt::Archived(reference))));

            let errors = r#"<Status V="2"/><Error V="E35" DN="Ukjent &quot;her&quot;" OT="1" S="2.16.578.1.12.4.1.1.8221"/><Error V="X99"/>"#;
            let rejected = receipt(namespace, errors);
            let fault = |code, text: Option<&str>| JournalFault {
                code: FaultCode::parse(code).expect("a code"),
                text: text.map(|text| FaultText::parse(text).expect("a text")),
            };
            let faults = vec![fault("E35", Some("Ukjent \"her\": 1")), fault("X99", None)];
            assert_eq!(read(rejected.as_bytes()).ok(), Some((about, JournalReceipt::Rejected(faults))));
        }
        let prefixed = receipt(NAMESPACES[1], r#"<Status V="1"/>"#);
        let prefixed = prefixed.replace("<AppRec xmlns=", "<a:AppRec xmlns:a=").replace("</AppRec", "</a:AppRec");
        assert_eq!(problem(&prefixed), "invalid-request", "what is within is of no namespace");
    }

    #[test]
    fn what_is_no_xml_or_more_than_we_take_is_refused() {
        let right = receipt(NAMESPACES[1], r#"<Status V="1"/>"#);
        assert!(read(right.as_bytes()).is_ok());
        let deep = "<a>".repeat(30) + &"</a>".repeat(30);
        let table = [
            String::new(),
            "hei".to_owned(),
            right.replace("</AppRec>", ""),
            right.replace("</Sender>", "</Receiver>"),
            format!("{right}<AppRec/>"),
            format!("{right}hei"),
            right.replace("?>\n", "?><!DOCTYPE AppRec [<!ENTITY a \"b\">]>"),
            right.replace("EPJ-", "&a;"),
            right.replace("V=\"1\"", "V=\"&a;\""),
            right.replace("V=\"1\"", "V=\"1\" V=\"2\""),
            right.replace("UTF-8", "ISO-8859-1"),
            right.replace("<Status", &format!("{deep}<Status")),
        ];
        for text in table {
            assert_eq!(problem(&text), "malformed-xml", "{text}");
        }
        assert!(read(b"<AppRec>\xff</AppRec>").is_err());
    }

    #[test]
    fn what_the_receipt_does_not_say_is_missing() {
        let right = receipt(NAMESPACES[1], r#"<Status V="1"/>"#);
        let long = format!("<Status V=\"2\"/><Error V=\"E1\" DN=\"{}\"/>", "x".repeat(501));
        let table = [
            right.replace(NAMESPACES[1], "http://www.kith.no/xmlstds/apprec/2030-01-01"),
            right.replace("<Status V=\"1\"/>", ""),
            right.replace("V=\"1\"", "V=\"3\""),
            right.replace("V=\"1\"", "V=\"2\""),
            right.replace("<Status V=\"1\"/>", "<Status V=\"1\"/><Status V=\"2\"/>"),
            right.replace("<Status V=\"1\"/>", "<Status V=\"2\"/><Error DN=\"Feil\"/>"),
            right.replace("<Status V=\"1\"/>", &long),
            right.replace("<Status V=\"1\"/>", &format!("<Status V=\"2\"/>{}", "<Error V=\"E1\"/>".repeat(21))),
            right.replace(DOCUMENT, "17"),
            right.replace("<Id>EPJ-&#x31;&amp;2</Id>", ""),
        ];
        for text in table {
            assert_eq!(problem(&text), "invalid-request", "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[<>/&;!a-cA-C \"'=\\[\\]?-]{0,60}") {
            let _ = read(text.as_bytes());
            let _ = read(receipt(NAMESPACES[0], &text).as_bytes());
        }
    }
}

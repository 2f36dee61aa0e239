//! What a journal archives, as a message of the Norwegian standards: a head (KITH MsgHead v1.2), a dialogue message
//! (KITH Dialogmelding 1.1) with a note for each message, and the files (TK-3). Nothing is signed or sent: the journal
//! fetches it.

use std::borrow::Cow;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::attachment::Attachment;
use domain::conversation::Turn;
use domain::identity::NationalIdKind;
use domain::journal::JournalDocument;
use domain::person::{day_of, in_oslo};
use quick_xml::Writer;
use quick_xml::escape::escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::words::{Word, Words};
use super::{Contents, form};
use crate::language::Language;

const MSG_HEAD: &str = "http://www.kith.no/xmlstds/msghead/2006-05-24";
const DIALOGUE: &str = "http://www.kith.no/xmlstds/dialog/2013-01-23";
const BASE64: &str = "http://www.kith.no/xmlstds/base64container";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XS: &str = "http://www.w3.org/2001/XMLSchema";

// Code systems of Volven.
const KIND_OF_ORGANISATION_ID: &str = "2.16.578.1.12.4.1.1.9051";
const KIND_OF_PERSON_ID: &str = "2.16.578.1.12.4.1.1.8116";
const SUBJECT_OF_DIALOGUE: &str = "2.16.578.1.12.4.1.1.7322";

type Attributes<'a> = &'a [(&'a str, &'a str)];

/// The message. Where contents are not given, the files are referred to: `path_of` says where each is fetched.
///
/// # Errors
/// Memory that cannot be written.
pub(crate) fn dialogue_message(
    document: &JournalDocument,
    contents: Option<Contents>,
    path_of: impl Fn(&Turn, &Attachment) -> String,
) -> io::Result<Vec<u8>> {
    let mut xml = Xml { writer: Writer::new(Vec::new()) };
    let mut contents = contents.map(Vec::into_iter);
    xml.write(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.within("MsgHead", &[("xmlns", MSG_HEAD)], |xml| {
        xml.within("MsgInfo", &[], |xml| message_info(xml, document))?;
        xml.within("Document", &[], |xml| {
            xml.empty("DocumentConnection", &[("V", "H"), ("DN", "Hoveddokument")])?;
            xml.within("RefDoc", &[], |xml| {
                xml.empty("IssueDate", &[("V", &time(document.marked_at))])?;
                xml.empty("MsgType", &[("V", "XML"), ("DN", "XML-instans")])?;
                xml.within("Content", &[], |xml| {
                    xml.within("Dialogmelding", &[("xmlns", DIALOGUE)], |xml| {
                        document.turns.iter().try_for_each(|turn| note(xml, document, turn))
                    })
                })
            })
        })?;
        for turn in &document.turns {
            for file in &turn.attachments {
                let bytes = contents.as_mut().and_then(Iterator::next);
                attached(xml, turn, file, bytes, || path_of(turn, file))?;
            }
        }
        Ok(())
    })?;
    Ok(xml.writer.into_inner())
}

fn message_info(xml: &mut Xml, document: &JournalDocument) -> io::Result<()> {
    // The content is a dialogue message 1.1, and whoever receives that takes it under this name.
    xml.empty("Type", &[("V", "DIALOG_HELSEFAGLIG"), ("DN", "Helsefaglig dialog")])?;
    xml.leaf("MIGversion", &[], "v1.2 2006-05-24")?;
    xml.leaf("GenDate", &[], &time(document.marked_at))?;
    xml.leaf("MsgId", &[], &document.id.to_string())?;
    xml.empty("Ack", &[("V", "J"), ("DN", "Ja")])?;
    xml.within("ConversationRef", &[], |xml| {
        xml.leaf("RefToParent", &[], &document.conversation.to_string())?;
        xml.leaf("RefToConversation", &[], &document.conversation.to_string())
    })?;
    // The service tells its own organisation's journal.
    for role in ["Sender", "Receiver"] {
        xml.within(role, &[], |xml| organisation(xml, document))?;
    }
    xml.within("Patient", &[], |xml| {
        person_name(xml, document.patient_name.expose())?;
        let kind = match document.patient.kind() {
            NationalIdKind::DNumber => ("DNR", "D-nummer"),
            NationalIdKind::BirthNumber => ("FNR", "Fødselsnummer"),
            NationalIdKind::CommonHelpNumber => ("FHN", "Felles hjelpenummer"),
        };
        ident(xml, document.patient.expose(), kind, KIND_OF_PERSON_ID)
    })
}

fn organisation(xml: &mut Xml, document: &JournalDocument) -> io::Result<()> {
    let service = &document.service;
    xml.within("Organisation", &[], |xml| {
        xml.leaf("OrganisationName", &[], service.organisation_name.as_str())?;
        let kind = ("ENH", "Organisasjonsnummeret i Enhetsregisteret");
        ident(xml, service.organisation_number.as_str(), kind, KIND_OF_ORGANISATION_ID)?;
        xml.within("Organisation", &[], |xml| {
            xml.leaf("OrganisationName", &[], service.service_name.as_str())?;
            let kind = ("LOK", "Lokal identifikator");
            ident(xml, &service.service.to_string(), kind, KIND_OF_ORGANISATION_ID)
        })
    })
}

fn ident(xml: &mut Xml, id: &str, (kind, name): (&str, &str), system: &str) -> io::Result<()> {
    xml.within("Ident", &[], |xml| {
        xml.leaf("Id", &[], id)?;
        xml.empty("TypeId", &[("V", kind), ("S", system), ("DN", name)])
    })
}

/// The register gives a name in one piece. Its last word stands as the family name, so that no part of it is lost.
fn person_name(xml: &mut Xml, name: &str) -> io::Result<()> {
    let (given, family) = name_parts(name);
    xml.leaf("FamilyName", &[], family)?;
    given.map_or(Ok(()), |given| xml.leaf("GivenName", &[], given))
}

fn name_parts(name: &str) -> (Option<&str>, &str) {
    match name.trim().rsplit_once(' ') {
        Some((given, family)) => (Some(given.trim_end()), family),
        None => (None, name.trim()),
    }
}

fn note(xml: &mut Xml, document: &JournalDocument, turn: &Turn) -> io::Result<()> {
    let words = Words::of(Language::Bokmal);
    let (author, behalf) = words.author(document, &turn.author);
    let behalf = behalf.map(|behalf| format!("{}: {behalf}. ", words.say(Word::Behalf))).unwrap_or_default();
    let remark =
        format!("{}: {author}. {behalf}{}: {}.", words.say(Word::Author), words.say(Word::SentAt), time(turn.at));
    xml.within("Notat", &[], |xml| {
        let subject = [("V", "6"), ("S", SUBJECT_OF_DIALOGUE), ("DN", "Henvendelse om pasient")];
        xml.empty("TemaKodet", &subject)?;
        xml.leaf("Tema", &[], turn.subject.expose())?;
        let is_text = [("xmlns:xsi", XSI), ("xmlns:xs", XS), ("xsi:type", "xs:string")];
        let filled = turn.form_answers.as_ref().map(|filled| format!("\n\n{}", form::text(filled))).unwrap_or_default();
        xml.leaf("TekstNotatInnhold", &is_text, &format!("{}{filled}", turn.body.expose()))?;
        xml.leaf("Merknad", &[], &remark)?;
        xml.leaf("DokIdNotat", &[], &turn.id.to_string())?;
        xml.leaf("DatoNotat", &[], &day_of(turn.at).to_string())?;
        let Some(name) = &turn.author.name else { return Ok(()) };
        xml.within("RollerRelatertNotat", &[], |xml| {
            xml.empty("RoleToPatient", &[("OT", &words.relation(&turn.author.relation))])?;
            let (given, family) = name_parts(name);
            if turn.author.relation == "staff" {
                return xml.within("HealthcareProfessional", &[], |xml| {
                    xml.leaf("FamilyName", &[], family)?;
                    given.map_or(Ok(()), |given| xml.leaf("GivenName", &[], given))
                });
            }
            xml.within("Person", &[], |xml| {
                given.map_or(Ok(()), |given| xml.leaf("GivenName", &[], given))?;
                xml.leaf("FamilyName", &[], family)
            })
        })
    })
}

fn attached(
    xml: &mut Xml,
    turn: &Turn,
    file: &Attachment,
    bytes: Option<Vec<u8>>,
    path: impl FnOnce() -> String,
) -> io::Result<()> {
    xml.within("Document", &[], |xml| {
        xml.empty("DocumentConnection", &[("V", "V"), ("DN", "Vedlegg")])?;
        let about = format!("Melding {}, SHA-256 {}", turn.id, hex::encode(file.sha256));
        xml.leaf("ContentDescription", &[], &about)?;
        xml.within("RefDoc", &[], |xml| {
            xml.empty("IssueDate", &[("V", &time(turn.at))])?;
            xml.empty("MsgType", &[("V", "A"), ("DN", "Vedlegg")])?;
            xml.leaf("Id", &[], &file.id.to_string())?;
            xml.leaf("MimeType", &[], file.file_type.media_type())?;
            xml.leaf("Description", &[], file.file_name.expose())?;
            let Some(bytes) = bytes else { return xml.leaf("FileReference", &[], &path()) };
            xml.within("Content", &[], |xml| xml.leaf("Base64Container", &[("xmlns", BASE64)], &STANDARD.encode(bytes)))
        })
    })
}

/// A time with the offset of Oslo.
fn time(at: DateTime<Utc>) -> String {
    in_oslo(at).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// XML as it is written.
struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    fn write(&mut self, event: Event<'_>) -> io::Result<()> {
        self.writer.write_event(event)
    }

    fn empty(&mut self, name: &str, attributes: Attributes<'_>) -> io::Result<()> {
        self.write(Event::Empty(BytesStart::new(name).with_attributes(attributes.iter().copied())))
    }

    fn leaf(&mut self, name: &str, attributes: Attributes<'_>, text: &str) -> io::Result<()> {
        self.within(name, attributes, |xml| xml.write(Event::Text(BytesText::from_escaped(escaped(text)))))
    }

    fn within(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        content: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.write(Event::Start(BytesStart::new(name).with_attributes(attributes.iter().copied())))?;
        content(self)?;
        self.write(Event::End(BytesEnd::new(name)))
    }
}

/// A text between tags. What XML 1.0 does not allow at all, however it is written, stands as its number in Unicode; a
/// carriage return is written so that readers do not take it for a line end.
fn escaped(text: &str) -> Cow<'_, str> {
    let is_allowed = |letter: char| matches!(letter, '\t' | '\n' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}');
    let escaped = escape(text);
    if escaped.chars().all(is_allowed) {
        return escaped;
    }
    let written = |letter: char| match letter {
        '\r' => "&#13;".to_owned(),
        letter if is_allowed(letter) => letter.to_string(),
        letter => format!("[U+{:04X}]", u32::from(letter)),
    };
    escaped.chars().map(written).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_does_not_allow_is_seen() {
        let table = [
            ("a < b & \"c\"", "a &lt; b &amp; &quot;c&quot;"),
            ("]]>", "]]&gt;"),
            ("a\r\nb\tc", "a&#13;\nb\tc"),
            ("\u{fffe}\u{ffff}\u{0}\u{1b}", "[U+FFFE][U+FFFF][U+0000][U+001B]"),
            ("Čáhci 🙂", "Čáhci 🙂"),
        ];
        for (text, expected) in table {
            assert_eq!(escaped(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_name_stays_whole() {
        assert_eq!(name_parts("Mona Marie Ødegård"), (Some("Mona Marie"), "Ødegård"));
        assert_eq!(name_parts("Mona"), (None, "Mona"));
    }
}

//! One part of a Word document that is XML: its relationships and its fields.

use std::borrow::Cow;

use domain::attachment::FileFault;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::fields::{self, Fields, is_elsewhere};

/// Encodings in which ASCII reads as ASCII, whatever else is in them.
const ENCODINGS: [&str; 8] =
    ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "windows-1252", "utf-16", "iso-8859-15"];

/// Whether a part is XML, by its bytes.
pub(super) fn is_xml(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    start.trim_ascii_start().starts_with(b"<") || is_wide(start)
}

fn is_wide(start: &[u8]) -> bool {
    start.starts_with(b"\xff\xfe")
        || start.starts_with(b"\xfe\xff")
        || start.starts_with(b"<\0")
        || start.starts_with(b"\0<")
}

/// The part as a text, whatever it was written in.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    if !is_wide(bytes) {
        return String::from_utf8_lossy(bytes);
    }
    let is_little = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"<\0");
    let units = bytes.chunks_exact(2).map(|unit| match *unit {
        [low, high] if is_little => u16::from_le_bytes([low, high]),
        [high, low] => u16::from_be_bytes([high, low]),
        _ => 0,
    });
    Cow::Owned(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

pub(super) fn judge(bytes: &[u8]) -> Result<(), FileFault> {
    let text = text_of(bytes);
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut fields = Fields::default();
    let mut in_code = false;
    loop {
        match reader.read_event().map_err(|_| FileFault::Damaged)? {
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok);
                let encoding = encoding.map(|name| String::from_utf8_lossy(&name).to_ascii_lowercase());
                if encoding.is_some_and(|name| !ENCODINGS.contains(&name.as_str())) {
                    return Err(FileFault::Uncheckable);
                }
            }
            // Entities of one's own could spell anything. No program for Word writes them.
            Event::DocType(kind) if kind.to_ascii_lowercase().windows(6).any(|word| word == b"entity") => {
                return Err(FileFault::Uncheckable);
            }
            Event::Start(element) => {
                in_code = element.local_name().as_ref() == b"instrText";
                judge_element(&element, &mut fields)?;
            }
            Event::Empty(element) => judge_element(&element, &mut fields)?,
            Event::End(_) => in_code = false,
            Event::Text(text) if in_code => fields.code(&String::from_utf8_lossy(&text)),
            Event::CData(text) if in_code => fields.code(&String::from_utf8_lossy(&text)),
            Event::GeneralRef(reference) if in_code => {
                let character = reference.resolve_char_ref().map_err(|_| FileFault::Damaged)?;
                fields.code(&character.unwrap_or('"').to_string());
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn judge_element(element: &BytesStart<'_>, fields: &mut Fields) -> Result<(), FileFault> {
    match element.local_name().as_ref() {
        b"Relationship" => judge_relationship(element),
        b"fldSimple" => fields::judge(&attribute(element, b"instr")?),
        b"fldChar" => match attribute(element, b"fldCharType")?.as_str() {
            "begin" => fields.begin(),
            "separate" => fields.separate(),
            "end" => fields.end(),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// What a part leads to: by the kind of the relationship, which is the last word of its type.
fn judge_relationship(element: &BytesStart<'_>) -> Result<(), FileFault> {
    let kind = attribute(element, b"Type")?.to_ascii_lowercase();
    let is_outside = attribute(element, b"TargetMode")?.eq_ignore_ascii_case("external");
    match kind.rsplit('/').next().unwrap_or_default() {
        "vbaproject" | "wordvbadata" | "vbaprojectsignature" => Err(FileFault::Macros),
        "control" | "activexcontrolbinary" => Err(FileFault::Controls),
        "oleobject" if !is_outside => Err(FileFault::EmbeddedObjects),
        "oleobject" => Err(FileFault::DataLinks),
        "afchunk" => Err(FileFault::EmbeddedObjects),
        // Followed only by who clicks.
        "hyperlink" => Ok(()),
        _ if is_outside && is_elsewhere(&attribute(element, b"Target")?) => Err(FileFault::OutsideContent),
        _ => Ok(()),
    }
}

/// The value of an attribute; empty where there is none.
fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Result<String, FileFault> {
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| FileFault::Damaged)?;
        if attribute.key.local_name().as_ref() == name {
            let value = std::str::from_utf8(&attribute.value).map_err(|_| FileFault::Damaged)?;
            return Ok(quick_xml::escape::unescape(value).map_err(|_| FileFault::Uncheckable)?.into_owned());
        }
    }
    Ok(String::new())
}

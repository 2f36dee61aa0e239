//! Word, the binary form (MS-DOC).

use std::io::{Read, Seek};

use domain::attachment::FileFault;

use super::bounded::Bounded;
use super::compound_file::{CompoundFile, Entry, Kind};
use super::docx::judge_field;
use super::u16_at;

// Names are in lower case.
const DOCUMENT: &str = "worddocument";
const MACRO_STORAGES: [&str; 3] = ["macros", "_vba_project_cur", "vba"];
/// A newer document, locked with a password, is put into an old container.
const ENCRYPTED_STREAMS: [&str; 2] = ["encryptedpackage", "encryptioninfo"];

/// How the document's stream starts: since Word 97, and in Word 6 and 95.
const MAGIC: [u16; 2] = [0xa5ec, 0xa5dc];
/// The bit of the flags that tells of a password.
const ENCRYPTED_FLAG: u16 = 0x0100;
const FLAGS_AT: usize = 10;

/// Streams of embedded and linked objects, and of controls. `\u{1}Ole10Native` is a file of any kind.
const OBJECT_STREAMS: [&str; 2] = ["\u{3}objinfo", "\u{1}ole10native"];
const CONTROL_STREAMS: [&str; 2] = ["\u{3}ocxname", "\u{3}ocxdata"];
/// One of the two has the strings about the document, among them where its template is.
const TABLES: [&str; 2] = ["0table", "1table"];

/// Marks in the text: a field's start, the end of its code, the end of its result.
const FIELD_START: u8 = 0x13;
const FIELD_MARKS: [u8; 3] = [FIELD_START, 0x14, 0x15];
const MAX_CODE_BYTES: usize = 4096;
const MAX_PATH_BYTES: usize = 260;

pub(super) fn judge<R: Read + Seek>(file: &mut Bounded<R>) -> Result<(), FileFault> {
    let size_bytes = usize::try_from(file.size_bytes()).map_err(|_| FileFault::TooLarge)?;
    let mut file = Bounded::in_memory(file.read_all_of(0, size_bytes)?);
    let mut compound = CompoundFile::open(&mut file)?;
    if ENCRYPTED_STREAMS.iter().any(|name| compound.in_root(name).is_some()) {
        return Err(FileFault::Encrypted);
    }
    let document = compound.in_root(DOCUMENT).filter(|entry| entry.kind == Kind::Stream);
    let (start, size_bytes) = document.ok_or(FileFault::UnacceptedType)?.extent();
    let has = |kind: Kind, names: &[&str]| {
        compound.entries().any(|entry| entry.kind == kind && names.contains(&entry.name.as_str()))
    };
    // An embedded spreadsheet brings its macros along, so every storage counts. One without a line of code too: the
    // compiled code, which runs, is kept apart from the lines, which can be taken out.
    if has(Kind::Storage, &MACRO_STORAGES) {
        return Err(FileFault::Macros);
    }
    if has(Kind::Stream, &CONTROL_STREAMS) {
        return Err(FileFault::Controls);
    }
    if has(Kind::Stream, &OBJECT_STREAMS) {
        return Err(FileFault::EmbeddedObjects);
    }
    let header = compound.stream_start(start, size_bytes)?;
    if !MAGIC.contains(&u16_at(&header, 0)?) {
        return Err(FileFault::UnacceptedType);
    }
    if u16_at(&header, FLAGS_AT)? & ENCRYPTED_FLAG != 0 {
        return Err(FileFault::Encrypted);
    }
    judge_fields(&narrow(compound.stream(start, size_bytes)?))?;
    for table in TABLES {
        if let Some((start, size_bytes)) = compound.in_root(table).map(Entry::extent) {
            judge_template(&narrow(compound.stream(start, size_bytes)?))?;
        }
    }
    Ok(())
}

/// Without the zeros, ASCII in UTF-16 reads like ASCII.
fn narrow(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.retain(|byte| *byte != 0);
    bytes
}

fn judge_fields(text: &[u8]) -> Result<(), FileFault> {
    for at in memchr::memchr_iter(FIELD_START, text) {
        let code = &text[at + 1..];
        let code = &code[..code.len().min(MAX_CODE_BYTES)];
        let end = code.iter().position(|byte| FIELD_MARKS.contains(byte)).unwrap_or(code.len());
        judge_field(&String::from_utf8_lossy(&code[..end]))?;
    }
    Ok(())
}

/// A template's path is a string that holds `.dot`.
fn judge_template(table: &[u8]) -> Result<(), FileFault> {
    let table = table.to_ascii_lowercase();
    for at in memchr::memmem::find_iter(&table, b".dot") {
        let before = &table[at.saturating_sub(MAX_PATH_BYTES)..at];
        let start = before.iter().rposition(|byte| *byte < b' ').map_or(0, |at| at + 1);
        let path = &before[start..];
        if [b"://".as_slice(), b"\\\\"].iter().any(|mark| memchr::memmem::find(path, mark).is_some()) {
            return Err(FileFault::OutsideContent);
        }
    }
    Ok(())
}

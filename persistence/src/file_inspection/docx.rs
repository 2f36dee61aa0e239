//! Word, the zipped form.
//!
//! The end of the zip is checked before the library sees it: a directory that is larger than a document's would be
//! kept in memory whole, and a zip whose end can be read in two ways shows different files to different programs.

use std::io::{Read, Seek};

use domain::attachment::FileFault;
use zip::read::{ArchiveOffset, Config};
use zip::{HasZipMetadata, ZipArchive};

use super::bounded::Bounded;
use super::{u16_at, u32_at};

const END_MAGIC: &[u8] = b"PK\x05\x06";
const DIRECTORY_MAGIC: &[u8] = b"PK\x01\x02";
const END_BYTES: usize = 22;
const MAX_COMMENT_BYTES: usize = 65_535;

const MAX_ENTRIES: u16 = 10_000;
const MAX_DIRECTORY_BYTES: u32 = 4 * 1024 * 1024;
const MAX_CONTENT_TYPES_BYTES: u64 = 1024 * 1024;

const CONTENT_TYPES: &str = "[content_types].xml";
/// Names of the parts that hold macros, in lower case.
const MACRO_PARTS: [&str; 2] = ["vbaproject.bin", "vbadata.xml"];
/// Types of such parts and of documents that may have them, in lower case.
const MACRO_TYPES: [&[u8]; 2] = [b"macroenabled", b"vbaproject"];

/// The record at the end of a zip.
pub(super) struct ZipEnd {
    position: u64,
    disk_numbers: [u16; 2],
    entries_on_disk: u16,
    entries: u16,
    directory_bytes: u32,
    directory_start: u32,
}

/// The last record that ends a zip exactly where the file ends.
pub(super) fn zip_end<R: Read + Seek>(file: &mut Bounded<R>) -> Result<Option<ZipEnd>, FileFault> {
    let (start, tail) = file.read_end(END_BYTES + MAX_COMMENT_BYTES)?;
    let ends_the_file = |at: &usize| {
        let record = &tail[*at..];
        record.starts_with(END_MAGIC)
            && u16_at(record, 20).is_ok_and(|comment| END_BYTES + usize::from(comment) == record.len())
    };
    let Some(at) = (0..tail.len()).rev().find(ends_the_file) else { return Ok(None) };
    let record = &tail[at..];
    Ok(Some(ZipEnd {
        position: start + at as u64,
        disk_numbers: [u16_at(record, 4)?, u16_at(record, 6)?],
        entries_on_disk: u16_at(record, 8)?,
        entries: u16_at(record, 10)?,
        directory_bytes: u32_at(record, 12)?,
        directory_start: u32_at(record, 16)?,
    }))
}

pub(super) fn judge<R: Read + Seek>(file: &mut Bounded<R>) -> Result<(), FileFault> {
    let end = zip_end(file)?.ok_or(FileFault::Damaged)?;
    check_end(file, &end)?;
    // The offset is the one checked above; the library is not to look for another.
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let mut archive = ZipArchive::with_config(config, file).map_err(|_| FileFault::Damaged)?;
    let found = look_through(&mut archive)?;
    let Some(content_types) = found.content_types.filter(|_| found.has_document) else {
        return Err(FileFault::UnacceptedType);
    };
    if found.has_macros || declares_macros(&read_content_types(&mut archive, content_types)?)? {
        return Err(FileFault::Macros);
    }
    Ok(())
}

/// That the directory is of a document's size, lies in this one file, and ends where its end record starts.
fn check_end<R: Read + Seek>(file: &mut Bounded<R>, end: &ZipEnd) -> Result<(), FileFault> {
    if end.entries > MAX_ENTRIES || end.directory_bytes > MAX_DIRECTORY_BYTES {
        return Err(FileFault::UnacceptedType);
    }
    let start = u64::from(end.directory_start);
    let is_whole = end.disk_numbers == [0, 0]
        && end.entries_on_disk == end.entries
        && end.entries > 0
        && start + u64::from(end.directory_bytes) == end.position
        && file.read_up_to(start, DIRECTORY_MAGIC.len())? == DIRECTORY_MAGIC;
    if is_whole { Ok(()) } else { Err(FileFault::Damaged) }
}

/// What the directory names.
struct Found {
    content_types: Option<usize>,
    has_document: bool,
    has_macros: bool,
}

fn look_through<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Found, FileFault> {
    if archive.has_duplicate_names() {
        return Err(FileFault::Damaged);
    }
    let mut found = Found { content_types: None, has_document: false, has_macros: false };
    let mut starts_with_an_entry = false;
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(|_| FileFault::Damaged)?;
        if entry.encrypted() {
            return Err(FileFault::Encrypted);
        }
        starts_with_an_entry |= entry.get_metadata().header_start == 0;
        // Programs for Word compare names without regard to case.
        let name = entry.name().map_err(|_| FileFault::Damaged)?.to_ascii_lowercase();
        found.has_macros |= MACRO_PARTS.iter().any(|part| name.contains(part));
        found.has_document |= is_main_document(&name);
        if name == CONTENT_TYPES && found.content_types.replace(index).is_some() {
            return Err(FileFault::Damaged);
        }
    }
    if starts_with_an_entry { Ok(found) } else { Err(FileFault::UnacceptedType) }
}

/// `word/document.xml`, which some programs number: `word/document2.xml`.
fn is_main_document(name: &str) -> bool {
    name.strip_prefix("word/document")
        .and_then(|rest| rest.strip_suffix(".xml"))
        .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads one entry. What it grows to is bounded by what is taken of it, whatever the directory says.
fn read_content_types<R: Read + Seek>(archive: &mut ZipArchive<R>, index: usize) -> Result<Vec<u8>, FileFault> {
    let mut content = Vec::new();
    let entry = archive.by_index(index).map_err(|_| FileFault::Damaged)?;
    entry.take(MAX_CONTENT_TYPES_BYTES + 1).read_to_end(&mut content).map_err(|_| FileFault::Damaged)?;
    if content.len() as u64 > MAX_CONTENT_TYPES_BYTES { Err(FileFault::UnacceptedType) } else { Ok(content) }
}

fn declares_macros(content_types: &[u8]) -> Result<bool, FileFault> {
    // Without the zeros, ASCII in UTF-16 reads like ASCII.
    let text: Vec<u8> = content_types.iter().filter(|byte| **byte != 0).map(u8::to_ascii_lowercase).collect();
    let contains = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
    // A character reference or a declared entity could spell the words past this search. No program for Word writes
    // either here.
    if contains(b"&#") || contains(b"<!") && contains(b"entity") {
        return Err(FileFault::UnacceptedType);
    }
    Ok(MACRO_TYPES.iter().any(|word| contains(word)))
}

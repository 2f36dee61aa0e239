//! Word, the zipped form: what makes one, and what its parts do when it is opened (ADR 0025).

mod fields;
mod part;
#[cfg(test)]
mod tests;
mod zip_end;

use std::io::{Cursor, Read, Seek};

use domain::attachment::FileFault;
use zip::read::{ArchiveOffset, Config};
use zip::{HasZipMetadata, ZipArchive};

use super::bounded::Bounded;
use super::{ZIP_START, carried, compound_file};
pub(super) use fields::judge as judge_field;
pub(super) use zip_end::zip_end;
use zip_end::{Front, check};

const MAX_CONTENT_TYPES_BYTES: u64 = 1024 * 1024;
/// What one part that is read inflates to: a document of some ten thousand pages.
const MAX_PART_BYTES: u64 = 64 * 1024 * 1024;
/// What all parts that are read inflate to.
const MAX_READ_BYTES: u64 = 256 * 1024 * 1024;
/// A document carries tables behind its diagrams; they carry nothing.
const MAX_DEPTH: usize = 1;
/// As much of a part as tells what it is.
const START_BYTES: u64 = 64;

const CONTENT_TYPES: &str = "[content_types].xml";
/// Names of the parts that hold macros, in lower case.
const MACRO_PARTS: [&str; 2] = ["vbaproject.bin", "vbadata.xml"];
/// Types of such parts and of documents that may have them, in lower case.
const MACRO_TYPES: [&[u8]; 2] = [b"macroenabled", b"vbaproject"];

pub(super) fn judge<R: Read + Seek>(file: &mut Bounded<R>) -> Result<(), FileFault> {
    let mut budget = MAX_READ_BYTES;
    if judge_package(file, 0, &mut budget)? { Ok(()) } else { Err(FileFault::UnacceptedType) }
}

/// Judges a package that `depth` others carry. Says whether it is a Word document.
fn judge_package<R: Read + Seek>(file: &mut Bounded<R>, depth: usize, budget: &mut u64) -> Result<bool, FileFault> {
    let end = zip_end(file)?.ok_or(FileFault::Damaged)?;
    let front = end.end;
    check(file, end)?;
    // The offset is the one checked above; the library is not to look for another.
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let mut archive = ZipArchive::with_config(config, Front::new(file, front)).map_err(|_| FileFault::Damaged)?;
    let found = look_through(&mut archive)?;
    let Some(content_types) = found.content_types.filter(|_| found.has_document || depth > 0) else {
        return Err(FileFault::UnacceptedType);
    };
    if found.has_macros || declares_macros(&read_content_types(&mut archive, content_types)?)? {
        return Err(FileFault::Macros);
    }
    for index in 0..archive.len() {
        judge_part(&mut archive, index, depth, budget)?;
    }
    Ok(found.has_document)
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
        let name = entry.name().map_err(|_| FileFault::Damaged)?.to_ascii_lowercase().replace('\\', "/");
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

/// Judges a part by its bytes, whatever it is called.
fn judge_part<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    depth: usize,
    budget: &mut u64,
) -> Result<(), FileFault> {
    let mut entry = archive.by_index(index).map_err(|_| FileFault::Damaged)?;
    let mut content = Vec::new();
    Read::by_ref(&mut entry).take(START_BYTES).read_to_end(&mut content).map_err(|_| FileFault::Damaged)?;
    if carried::is_program(&content) {
        return Err(FileFault::Programs);
    }
    if content.starts_with(compound_file::START) {
        return Err(FileFault::EmbeddedObjects);
    }
    let is_package = content.starts_with(ZIP_START);
    if !is_package && !part::is_xml(&content) {
        return Ok(());
    }
    entry.take(MAX_PART_BYTES).read_to_end(&mut content).map_err(|_| FileFault::Damaged)?;
    let size_bytes = content.len() as u64;
    *budget = budget.checked_sub(size_bytes).filter(|_| size_bytes < MAX_PART_BYTES).ok_or(FileFault::Uncheckable)?;
    if !is_package {
        return part::judge(&content);
    }
    if depth >= MAX_DEPTH {
        return Err(FileFault::EmbeddedObjects);
    }
    let mut package = Bounded::new(Cursor::new(content), size_bytes);
    match judge_package(&mut package, depth + 1, budget) {
        Ok(_) => Ok(()),
        // An archive that is no document of any kind.
        Err(FileFault::UnacceptedType | FileFault::Damaged) => Err(FileFault::EmbeddedObjects),
        Err(fault) => Err(fault),
    }
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

//! What a file is, judged by its bytes, never by its name or by what the sender says (HK-4).
//!
//! The files come from outside and are taken to be hostile: however large a file says that its parts are, memory stays
//! within a small multiple of the largest file, and the bytes read and inflated within a small multiple of its size.
//!
//! Deliberately not here: a search for viruses, which a scanner does.

mod bounded;
mod carried;
mod compound_file;
mod doc;
mod docx;
mod pdf;
pub(crate) mod scan;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Seek, SeekFrom};

use domain::attachment::{FileFault, FileType};

use bounded::Bounded;

const ZIP_START: &[u8] = b"PK\x03\x04";

/// Why a file is not taken, or could not be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InspectError {
    /// Something is wrong with the file.
    #[error(transparent)]
    Fault(#[from] FileFault),
    /// The file could not be read. Nothing is known of it.
    #[error("the file could not be read")]
    Io(#[source] io::Error),
}

/// Tells the type of a file of `size_bytes`.
///
/// # Errors
/// The file is empty, of no accepted type, damaged, locked, or has in it what could harm; or it could not be read.
pub(crate) fn inspect<R: Read + Seek>(reader: R, size_bytes: u64) -> Result<FileType, InspectError> {
    let mut file = Bounded::new(reader, size_bytes);
    let judgement = judge(&mut file, 0);
    // A parser takes failed reads for damage; the reader knows better.
    match file.into_failure() {
        Some(error) => Err(InspectError::Io(error)),
        None => Ok(judgement?),
    }
}

/// Judges a file that is carried by `depth` others.
fn judge<R: Read + Seek>(file: &mut Bounded<R>, depth: usize) -> Result<FileType, FileFault> {
    if file.size_bytes() == 0 {
        return Err(FileFault::Empty);
    }
    let start = file.read_up_to(0, pdf::MARGIN_BYTES + 8)?;
    if start.starts_with(ZIP_START) {
        docx::judge(file).map(|()| FileType::Docx)
    } else if start.starts_with(compound_file::START) {
        doc::judge(file).map(|()| FileType::Doc)
    } else if pdf::starts_like_one(&start) {
        pdf::judge(file, depth).map(|()| FileType::Pdf)
    } else {
        Err(FileFault::UnacceptedType)
    }
}

/// How files start that other programs than readers of documents would take for theirs.
const OTHERS: [&[u8]; 9] =
    [b"PK", b"GIF8", b"RIFF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"ID3"];

/// Whether bytes around a document belong to a program, a script, a web page or an archive.
fn starts_like_another(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let is_markup = text.starts_with(b"<") || text.starts_with(compound_file::START);
    is_markup || carried::is_program(bytes) || OTHERS.iter().any(|other| bytes.starts_with(other))
}

/// Whether a browser would take a text for a page, whatever it is called.
fn is_web_page(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["<html", "<script", "<!doctype html", "<svg", "<hta:"].iter().any(|mark| text.contains(mark))
}

/// Little-endian numbers at fixed places of a record.
fn u16_at(record: &[u8], at: usize) -> Result<u16, FileFault> {
    record
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map(|bytes| u16::from_le_bytes(*bytes))
        .ok_or(FileFault::Damaged)
}

fn u32_at(record: &[u8], at: usize) -> Result<u32, FileFault> {
    record
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map(|bytes| u32::from_le_bytes(*bytes))
        .ok_or(FileFault::Damaged)
}

impl<R: Read + Seek> Bounded<R> {
    /// Reads at a position; less than asked only at the end of the file.
    fn read_up_to(&mut self, position: u64, length: usize) -> Result<Vec<u8>, FileFault> {
        let mut bytes = Vec::with_capacity(length);
        self.seek(SeekFrom::Start(position))
            .and_then(|_| Read::by_ref(self).take(length as u64).read_to_end(&mut bytes))
            .map_err(|_| FileFault::Damaged)?;
        Ok(bytes)
    }

    /// Reads at a position, all of it.
    fn read_all_of(&mut self, position: u64, length: usize) -> Result<Vec<u8>, FileFault> {
        let bytes = self.read_up_to(position, length)?;
        if bytes.len() == length { Ok(bytes) } else { Err(FileFault::Damaged) }
    }

    /// The last bytes, and where they start.
    fn read_end(&mut self, length: usize) -> Result<(u64, Vec<u8>), FileFault> {
        let start = self.size_bytes().saturating_sub(length as u64);
        Ok((start, self.read_up_to(start, length)?))
    }
}

//! The end of a zip, from which programs read it.
//!
//! It is checked before the library sees it: a directory that is larger than a document's would be kept in memory whole,
//! and a zip whose end can be read in two ways shows different files to different programs.

use std::io::{self, Read, Seek, SeekFrom};

use domain::attachment::FileFault;

use super::super::bounded::Bounded;
use super::super::{u16_at, u32_at};

const END_MAGIC: &[u8] = b"PK\x05\x06";
const DIRECTORY_MAGIC: &[u8] = b"PK\x01\x02";
/// Of the record that large archives have beside the usual one, and of the one that says where it is (zip64).
const LARGE_END_MAGIC: &[u8] = b"PK\x06\x06";
const LARGE_LOCATOR_MAGIC: &[u8] = b"PK\x06\x07";
const END_BYTES: usize = 22;
const LARGE_END_BYTES: u64 = 56;
const LARGE_LOCATOR_BYTES: u64 = 20;
const MAX_COMMENT_BYTES: usize = 65_535;
/// White space that some programs leave behind the end.
const MAX_AFTER_END: usize = 1024;

const MAX_ENTRIES: u64 = 10_000;
const MAX_DIRECTORY_BYTES: u64 = 4 * 1024 * 1024;

/// The record at the end of a zip.
pub(crate) struct ZipEnd {
    position: u64,
    /// Where the zip ends, with its comment.
    pub(super) end: u64,
    disk_numbers: [u16; 2],
    entries_on_disk: u64,
    entries: u64,
    directory_bytes: u64,
    directory_start: u64,
}

/// The last record that ends a zip where the file ends, but for white space and zeros.
pub(crate) fn zip_end<R: Read + Seek>(file: &mut Bounded<R>) -> Result<Option<ZipEnd>, FileFault> {
    let (start, tail) = file.read_end(END_BYTES + MAX_COMMENT_BYTES + MAX_AFTER_END)?;
    let end_of = |at: usize| {
        let record = tail[at..].starts_with(END_MAGIC).then(|| &tail[at..])?;
        let end = at + END_BYTES + usize::from(u16_at(record, 20).ok()?);
        let after = tail.get(end..)?;
        let is_blank = after.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace());
        (is_blank && after.len() <= MAX_AFTER_END).then_some(end)
    };
    let Some((at, end)) = (0..tail.len()).rev().find_map(|at| Some((at, end_of(at)?))) else { return Ok(None) };
    let record = &tail[at..];
    Ok(Some(ZipEnd {
        position: start + at as u64,
        end: start + end as u64,
        disk_numbers: [u16_at(record, 4)?, u16_at(record, 6)?],
        entries_on_disk: u16_at(record, 8)?.into(),
        entries: u16_at(record, 10)?.into(),
        directory_bytes: u32_at(record, 12)?.into(),
        directory_start: u32_at(record, 16)?.into(),
    }))
}

/// That the directory is of a document's size, lies in this one file, and ends where its end record starts.
pub(super) fn check<R: Read + Seek>(file: &mut Bounded<R>, mut end: ZipEnd) -> Result<(), FileFault> {
    if let Some(at) = end.position.checked_sub(LARGE_LOCATOR_BYTES) {
        let locator = file.read_up_to(at, LARGE_LOCATOR_BYTES as usize)?;
        if locator.starts_with(LARGE_LOCATOR_MAGIC) {
            end = large_end(file, end, &locator, at)?;
        }
    }
    if end.entries > MAX_ENTRIES || end.directory_bytes > MAX_DIRECTORY_BYTES {
        return Err(FileFault::UnacceptedType);
    }
    let start = end.directory_start;
    let is_whole = end.disk_numbers == [0, 0]
        && end.entries_on_disk == end.entries
        && end.entries > 0
        && start.checked_add(end.directory_bytes) == Some(end.position)
        && file.read_up_to(start, DIRECTORY_MAGIC.len())? == DIRECTORY_MAGIC;
    if is_whole { Ok(()) } else { Err(FileFault::Damaged) }
}

/// The record of a large archive, which must say what the usual one says, wherever that says anything.
fn large_end<R: Read + Seek>(
    file: &mut Bounded<R>,
    end: ZipEnd,
    locator: &[u8],
    locator_at: u64,
) -> Result<ZipEnd, FileFault> {
    let position = u64_at(locator, 8)?;
    if position.checked_add(LARGE_END_BYTES) != Some(locator_at) {
        return Err(FileFault::Damaged);
    }
    let record = file.read_all_of(position, LARGE_END_BYTES as usize)?;
    let large = ZipEnd {
        position,
        end: end.end,
        disk_numbers: end.disk_numbers,
        entries_on_disk: u64_at(&record, 24)?,
        entries: u64_at(&record, 32)?,
        directory_bytes: u64_at(&record, 40)?,
        directory_start: u64_at(&record, 48)?,
    };
    let agrees = |usual: u64, large: u64, unsaid: u64| usual == large || usual == unsaid;
    let is_same = record.starts_with(LARGE_END_MAGIC)
        && agrees(end.entries, large.entries, u16::MAX.into())
        && agrees(end.directory_bytes, large.directory_bytes, u32::MAX.into())
        && agrees(end.directory_start, large.directory_start, u32::MAX.into());
    if is_same { Ok(large) } else { Err(FileFault::Damaged) }
}

fn u64_at(record: &[u8], at: usize) -> Result<u64, FileFault> {
    Ok(u64::from(u32_at(record, at)?) | u64::from(u32_at(record, at + 4)?) << 32)
}

/// The part of a file before a place, as if it ended there.
pub(super) struct Front<'a, R> {
    file: &'a mut Bounded<R>,
    end: u64,
    position: u64,
}

impl<'a, R> Front<'a, R> {
    pub(super) const fn new(file: &'a mut Bounded<R>, end: u64) -> Self {
        Self { file, end, position: 0 }
    }
}

impl<R: Read + Seek> Read for Front<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let read = self.file.read(&mut buffer[..length])?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for Front<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.end.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let to = to.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.position = self.file.seek(SeekFrom::Start(to))?;
        Ok(self.position)
    }
}

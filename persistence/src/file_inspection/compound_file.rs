//! The container of binary Office files (MS-CFB): sectors in chains, and a directory of storages and streams.
//!
//! Read here rather than by a library, for a hostile file makes those that there are keep gigabytes: its allocation
//! table may name one sector millions of times. Here no table is kept; entries are looked up in the file as they are
//! needed, and every chain has an end.

use std::io::{Read, Seek};

use domain::attachment::FileFault;

use super::bounded::Bounded;
use super::{u16_at, u32_at};

pub(super) const START: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

const HEADER_BYTES: usize = 512;
/// Places of the header's list of sectors of the allocation table.
const LISTED_IN_HEADER: u32 = 109;
const LIST_START: usize = 76;
const ENTRY_BYTES: usize = 128;
const MINI_SECTOR_BYTES: u64 = 64;
/// Streams below this size lie in the mini stream.
const MINI_STREAM_LIMIT: u64 = 4096;
/// Numbers from here on are marks, not sectors.
const FIRST_MARK: u32 = 0xffff_fffa;
const END_OF_CHAIN: u32 = 0xffff_fffe;
const NO_ENTRY: u32 = 0xffff_ffff;
/// The entries of a Word document are some tens, with embedded objects some hundreds.
const MAX_ENTRIES: usize = 20_000;

/// What an entry of the directory is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unused,
    Storage,
    Stream,
    Root,
}

/// An entry of the directory.
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// In lower case, for names are compared so.
    pub(super) name: String,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    size_bytes: u64,
}

/// An open compound file.
pub(super) struct CompoundFile<'a, R> {
    file: &'a mut Bounded<R>,
    header: Vec<u8>,
    sector_bytes: u64,
    /// The sector of the allocation table that was read last, with its number.
    table: Option<(u32, Vec<u8>)>,
    /// Of the root, the first; empty for no file that opened.
    entries: Vec<Entry>,
}

impl<'a, R: Read + Seek> CompoundFile<'a, R> {
    pub(super) fn open(file: &'a mut Bounded<R>) -> Result<Self, FileFault> {
        let header = file.read_all_of(0, HEADER_BYTES)?;
        let sector_bytes = match (u16_at(&header, 26)?, u16_at(&header, 30)?) {
            (3, 9) => 512,
            (4, 12) => 4096,
            _ => return Err(FileFault::Damaged),
        };
        let mut opened = Self { file, header, sector_bytes, table: None, entries: Vec::new() };
        opened.read_directory()?;
        Ok(opened)
    }

    /// Every entry in use, wherever it hangs, and also where nothing leads to it.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.kind != Kind::Unused)
    }

    /// The entry of this name directly below the root.
    pub(super) fn in_root(&self, name: &str) -> Option<&Entry> {
        let mut seen = vec![false; self.entries.len()];
        let mut waiting = vec![self.entries.first()?.child];
        while let Some(number) = waiting.pop() {
            let Some(entry) = self.entries.get(number as usize) else { continue };
            if std::mem::replace(&mut seen[number as usize], true) {
                continue;
            }
            if entry.name == name {
                return Some(entry);
            }
            waiting.extend([entry.left, entry.right]);
        }
        None
    }

    /// The first bytes of a stream, at most a mini sector of them. A stream that is not there to its end is damaged.
    pub(super) fn stream_start(&mut self, start: u32, size_bytes: u64) -> Result<Vec<u8>, FileFault> {
        let wanted = size_bytes.min(MINI_SECTOR_BYTES) as usize;
        if size_bytes >= MINI_STREAM_LIMIT {
            let last = self.nth_of_chain(start, (size_bytes - 1) / self.sector_bytes)?;
            let in_last = (size_bytes - 1) % self.sector_bytes + 1;
            if self.position_of(last) + in_last > self.file.size_bytes() {
                return Err(FileFault::Damaged);
            }
            return self.file.read_all_of(self.position_of(start), wanted);
        }
        let root = self.entries.first().ok_or(FileFault::Damaged)?;
        let offset = u64::from(start) * MINI_SECTOR_BYTES;
        let sector = self.nth_of_chain(root.start, offset / self.sector_bytes)?;
        self.file.read_all_of(self.position_of(sector) + offset % self.sector_bytes, wanted)
    }

    /// All bytes of a stream.
    pub(super) fn stream(&mut self, start: u32, size_bytes: u64) -> Result<Vec<u8>, FileFault> {
        if size_bytes > self.file.size_bytes() {
            return Err(FileFault::Damaged);
        }
        let size = size_bytes as usize;
        if size_bytes >= MINI_STREAM_LIMIT {
            return self.chain(start, size);
        }
        let (root, root_bytes) = self.entries.first().ok_or(FileFault::Damaged)?.extent();
        let mini_stream = self.chain(root, root_bytes.min(self.file.size_bytes()) as usize)?;
        let table_sectors = u32_at(&self.header, 64)? as usize;
        let table_bytes = table_sectors.saturating_mul(self.sector_bytes as usize);
        let table = self.chain(u32_at(&self.header, 60)?, table_bytes.min(mini_stream.len() / 16 + 4))?;
        let (mut content, mut sector) = (Vec::with_capacity(size), start as usize);
        while content.len() < size {
            let at = sector.saturating_mul(MINI_SECTOR_BYTES as usize);
            let left = (size - content.len()).min(MINI_SECTOR_BYTES as usize);
            content.extend(mini_stream.get(at..at + left).ok_or(FileFault::Damaged)?);
            if content.len() < size {
                sector = u32_at(&table, sector * 4)? as usize;
            }
        }
        Ok(content)
    }

    /// So many bytes of the sectors that follow each other from a start on.
    fn chain(&mut self, start: u32, size: usize) -> Result<Vec<u8>, FileFault> {
        let (mut content, mut sector) = (Vec::with_capacity(size), start);
        while content.len() < size {
            content.extend(self.read_sector(sector)?);
            if content.len() < size {
                sector = self.next_of_chain(sector)?;
            }
        }
        content.truncate(size);
        Ok(content)
    }

    fn read_directory(&mut self) -> Result<(), FileFault> {
        let mut sector = u32_at(&self.header, 48)?;
        while sector != END_OF_CHAIN {
            // A chain that bites its tail ends here as well.
            if self.entries.len() >= MAX_ENTRIES {
                return Err(FileFault::Damaged);
            }
            for record in self.read_sector(sector)?.chunks_exact(ENTRY_BYTES) {
                self.entries.push(Entry::read(record, self.sector_bytes)?);
            }
            sector = self.next_of_chain(sector)?;
        }
        match self.entries.first() {
            Some(root) if root.kind == Kind::Root => Ok(()),
            _ => Err(FileFault::Damaged),
        }
    }

    fn nth_of_chain(&mut self, start: u32, steps: u64) -> Result<u32, FileFault> {
        if steps > self.file.size_bytes() / self.sector_bytes {
            return Err(FileFault::Damaged);
        }
        let mut sector = start;
        for _ in 0..steps {
            sector = self.next_of_chain(sector)?;
        }
        if sector < FIRST_MARK { Ok(sector) } else { Err(FileFault::Damaged) }
    }

    /// Looks a sector up in the allocation table.
    fn next_of_chain(&mut self, sector: u32) -> Result<u32, FileFault> {
        let per_sector = (self.sector_bytes / 4) as u32;
        let (number, place) = (sector / per_sector, (sector % per_sector) as usize * 4);
        if let Some((kept, table)) = &self.table
            && *kept == number
        {
            return u32_at(table, place);
        }
        let table_sector = self.table_sector(number)?;
        let table = self.read_sector(table_sector)?;
        let next = u32_at(&table, place);
        self.table = Some((number, table));
        next
    }

    /// Where the allocation table's own sector of this number lies: listed in the header, and past that in a chain of
    /// lists whose last place tells the next.
    fn table_sector(&mut self, number: u32) -> Result<u32, FileFault> {
        let Some(number) = number.checked_sub(LISTED_IN_HEADER) else {
            return u32_at(&self.header, LIST_START + number as usize * 4);
        };
        let per_list = (self.sector_bytes / 4 - 1) as u32;
        let mut list = u32_at(&self.header, 68)?;
        for _ in 0..number / per_list {
            list = self.word_at(list, per_list)?;
        }
        self.word_at(list, number % per_list)
    }

    fn word_at(&mut self, sector: u32, place: u32) -> Result<u32, FileFault> {
        let position = self.position_of(sector) + u64::from(place) * 4;
        u32_at(&self.file.read_all_of(position, 4)?, 0)
    }

    /// Reads a sector. The last one of a file may be shorter; what is missing reads as zeros.
    fn read_sector(&mut self, sector: u32) -> Result<Vec<u8>, FileFault> {
        let position = self.position_of(sector);
        if sector >= FIRST_MARK || position >= self.file.size_bytes() {
            return Err(FileFault::Damaged);
        }
        let mut bytes = self.file.read_up_to(position, self.sector_bytes as usize)?;
        bytes.resize(self.sector_bytes as usize, 0);
        Ok(bytes)
    }

    fn position_of(&self, sector: u32) -> u64 {
        (u64::from(sector) + 1) * self.sector_bytes
    }
}

impl Entry {
    fn read(record: &[u8], sector_bytes: u64) -> Result<Self, FileFault> {
        let kind = match record.get(66) {
            Some(0) => Kind::Unused,
            Some(1) => Kind::Storage,
            Some(2) => Kind::Stream,
            Some(5) => Kind::Root,
            _ => return Err(FileFault::Damaged),
        };
        // The length counts the zero at the end.
        let name_bytes = usize::from(u16_at(record, 64)?).saturating_sub(2).min(62);
        let units = record[..name_bytes].chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        let name = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
        // With small sectors the upper half of the size is not to be trusted.
        let upper = if sector_bytes == 512 { 0 } else { u32_at(record, 124)? };
        Ok(Self {
            kind,
            name: name.collect::<String>().to_lowercase(),
            left: u32_at(record, 68)?,
            right: u32_at(record, 72)?,
            child: if kind == Kind::Stream { NO_ENTRY } else { u32_at(record, 76)? },
            start: u32_at(record, 116)?,
            size_bytes: u64::from(upper) << 32 | u64::from(u32_at(record, 120)?),
        })
    }

    /// Where the stream starts, and how long it is.
    pub(super) const fn extent(&self) -> (u32, u64) {
        (self.start, self.size_bytes)
    }
}

//! Word, the binary form (MS-DOC).

use std::io::{Read, Seek};

use domain::attachment::FileFault;

use super::bounded::Bounded;
use super::compound_file::{CompoundFile, Kind};
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

pub(super) fn judge<R: Read + Seek>(file: &mut Bounded<R>) -> Result<(), FileFault> {
    let mut compound = CompoundFile::open(file)?;
    if ENCRYPTED_STREAMS.iter().any(|name| compound.in_root(name).is_some()) {
        return Err(FileFault::Encrypted);
    }
    // An embedded spreadsheet brings its macros along, so every storage counts.
    let has_macros =
        compound.entries().any(|entry| entry.kind == Kind::Storage && MACRO_STORAGES.contains(&entry.name.as_str()));
    let document = compound.in_root(DOCUMENT).filter(|entry| entry.kind == Kind::Stream);
    let (start, size_bytes) = document.ok_or(FileFault::UnacceptedType)?.extent();
    if has_macros {
        return Err(FileFault::Macros);
    }
    let header = compound.stream_start(start, size_bytes)?;
    if !MAGIC.contains(&u16_at(&header, 0)?) {
        return Err(FileFault::UnacceptedType);
    }
    if u16_at(&header, FLAGS_AT)? & ENCRYPTED_FLAG != 0 { Err(FileFault::Encrypted) } else { Ok(()) }
}

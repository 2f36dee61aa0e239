//! Files that a document carries along: PDF and Word are judged like any, programs are refused, and of the rest only what
//! no system runs is taken.

use std::io::Cursor;

use domain::attachment::FileFault;

use super::bounded::Bounded;

/// A carried file may itself carry none.
const MAX_DEPTH: usize = 1;

/// How programs, and what systems run like programs, start.
const PROGRAMS: [&[u8]; 10] = [
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"L\0\0\0\x01\x14\x02\0",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa",
    b"MSCF",
    b"!<arch>",
];

pub(super) fn is_program(start: &[u8]) -> bool {
    PROGRAMS.iter().any(|program| start.starts_with(program))
}

/// Judges the bytes of a file that one carries which is itself carried by `depth` others.
pub(super) fn judge(bytes: &[u8], depth: usize) -> Result<(), FileFault> {
    if depth >= MAX_DEPTH {
        return Err(FileFault::CarriedFiles);
    }
    if bytes.is_empty() {
        return Ok(());
    }
    if is_program(bytes) {
        return Err(FileFault::Programs);
    }
    match super::judge(&mut Bounded::new(Cursor::new(bytes), bytes.len() as u64), depth + 1) {
        Ok(_) => Ok(()),
        Err(FileFault::UnacceptedType) if is_text_or_picture(bytes) => Ok(()),
        Err(FileFault::UnacceptedType) => Err(FileFault::CarriedFiles),
        Err(fault) => Err(fault),
    }
}

fn is_text_or_picture(bytes: &[u8]) -> bool {
    let pictures: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*"];
    let is_picture = pictures.iter().any(|start| bytes.starts_with(start));
    is_picture || !bytes.contains(&0) && !super::is_web_page(&String::from_utf8_lossy(bytes))
}

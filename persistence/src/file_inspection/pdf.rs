//! PDF: its first line, its last line, and nothing around them that another program would take for its own.

use std::io::{Read, Seek};

use domain::attachment::FileFault;

use super::bounded::Bounded;
use super::docx::zip_end;

const STARTS: [&[u8]; 2] = [b"%PDF-1.", b"%PDF-2."];
const END: &[u8] = b"%%EOF";
/// White space that may follow the last line. Readers of PDF look no further back for it either.
const MAX_AFTER_END: usize = 1024;

pub(super) fn starts_like_one(start: &[u8]) -> bool {
    STARTS.iter().any(|expected| start.starts_with(expected))
}

pub(super) fn judge<R: Read + Seek>(file: &mut Bounded<R>) -> Result<(), FileFault> {
    // Programs read a zip from its end: a PDF can be one at the same time.
    if zip_end(file)?.is_some() {
        return Err(FileFault::UnacceptedType);
    }
    let (_, tail) = file.read_end(END.len() + MAX_AFTER_END)?;
    let end = tail.windows(END.len()).rposition(|window| window == END).ok_or(FileFault::Damaged)?;
    let after = &tail[end + END.len()..];
    if after.iter().all(|byte| matches!(byte, b'\0' | b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')) {
        Ok(())
    } else {
        Err(FileFault::UnacceptedType)
    }
}

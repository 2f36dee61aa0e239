//! PDF: what makes one, what it does when it is opened or clicked, and what it carries (ADR 0025).
//!
//! As forgiving as readers are about what is around the document and about its tables, for the programs that people use
//! write all kinds. What could run is looked for wherever a reader could find it.

mod encryption;
mod lexer;
mod objects;
mod streams;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use domain::attachment::FileFault;
use memchr::memmem;

use super::bounded::Bounded;
use super::docx::zip_end;
use super::{carried, starts_like_another};
use lexer::Lexer;
use objects::{Budget, Objects, StreamObject};
use streams::objects_of;
use value::Value;

const STARTS: [&[u8]; 2] = [b"%PDF-1.", b"%PDF-2."];
const END: &[u8] = b"%%EOF";
/// How far into the file readers look for the first line, and from its end for the last.
pub(super) const MARGIN_BYTES: usize = 1024;
/// The most files that one carries.
const MAX_CARRIED: usize = 100;
/// The most objects that one stream of objects may list.
const MAX_LISTED: i64 = 100_000;

/// Whether a file with this start is a PDF: its first line is there, and what stands before belongs to nothing else.
pub(super) fn starts_like_one(start: &[u8]) -> bool {
    let first_line = STARTS.iter().filter_map(|expected| memmem::find(start, expected)).min();
    first_line.is_some_and(|at| at <= MARGIN_BYTES && !starts_like_another(&start[..at]))
}

/// Judges a PDF, itself carried by `depth` others.
pub(super) fn judge<R: Read + Seek>(file: &mut Bounded<R>, depth: usize) -> Result<(), FileFault> {
    // Programs read a zip from its end: a PDF can be one at the same time.
    if zip_end(file)?.is_some() {
        return Err(FileFault::UnacceptedType);
    }
    let size_bytes = usize::try_from(file.size_bytes()).map_err(|_| FileFault::TooLarge)?;
    let bytes = file.read_all_of(0, size_bytes)?;
    let tail = &bytes[bytes.len().saturating_sub(END.len() + MARGIN_BYTES)..];
    let end = memmem::rfind(tail, END).ok_or(FileFault::Damaged)?;
    let after = &tail[end + END.len()..];
    if starts_like_another(after.trim_ascii_start()) || memmem::find(after, b"PK\x05\x06").is_some() {
        return Err(FileFault::UnacceptedType);
    }
    judge_content(&bytes, depth)
}

fn judge_content(bytes: &[u8], depth: usize) -> Result<(), FileFault> {
    let mut budget = Budget::of(bytes.len(), depth);
    let mut objects = Objects::find(bytes, &mut budget)?;
    let key = encryption::open(&objects)?;
    for stream in std::mem::take(&mut objects.object_streams) {
        let content = objects_of(bytes, &stream, key.as_ref(), &mut budget)?;
        read_listed(&mut objects, &stream, &content, &mut budget)?;
    }
    if !objects.has_catalog {
        return Err(FileFault::Damaged);
    }
    // Names and bytes of carried files are encrypted like all else; only streams of objects are opened here.
    if key.is_some() && !objects.carried.is_empty() {
        return Err(FileFault::CarriedFiles);
    }
    judge_carried(&objects, bytes, depth, &mut budget)
}

/// Reads what a stream of objects holds: at the places that it lists, and one after the other, for readers do either.
fn read_listed(
    objects: &mut Objects,
    stream: &StreamObject,
    content: &[u8],
    budget: &mut Budget,
) -> Result<(), FileFault> {
    let first = stream.dictionary.integer("First").and_then(|first| usize::try_from(first).ok()).unwrap_or(0);
    let count = stream.dictionary.integer("N").unwrap_or(0);
    if count > MAX_LISTED {
        return Err(FileFault::Uncheckable);
    }
    let mut list = Lexer::new(content, 0);
    for _ in 0..count {
        let (_, place) = (list.value(&mut |_| Ok(()))?, list.value(&mut |_| Ok(()))?);
        let Some(Value::Integer(place)) = place else { break };
        if let Some(place) = usize::try_from(place).ok().and_then(|place| place.checked_add(first)) {
            objects.read_value(content, place.min(content.len()), budget)?;
        }
    }
    let mut at = first.min(content.len());
    while at < content.len() {
        at = match objects.read_value(content, at, budget)? {
            Some((_, rest)) => rest.position(),
            None => break,
        };
    }
    Ok(())
}

fn judge_carried(objects: &Objects, bytes: &[u8], depth: usize, budget: &mut Budget) -> Result<(), FileFault> {
    let streams = objects.streams(bytes, &objects.carried, budget)?;
    let found: BTreeSet<u32> = streams.iter().map(|stream| stream.number).collect();
    if found != objects.carried {
        return Err(FileFault::CarriedFiles);
    }
    if streams.len() > MAX_CARRIED {
        return Err(FileFault::Uncheckable);
    }
    streams.iter().try_for_each(|stream| carried::judge(&streams::carried(bytes, stream, budget)?, depth))
}

//! The objects of a PDF, found without believing its tables: wherever a reader could find one.
//!
//! A reader finds an object where a table of the file says, or, where the table is wrong, by looking for `1 0 obj`. So
//! each place where that is written is read, be it inside a stream; what is read twice costs of the budget.

use std::collections::BTreeSet;

use domain::attachment::FileFault;
use memchr::memmem;

use super::lexer::{Lexer, is_space};
use super::value::{Dictionary, Value};

/// Large files have some hundred thousand objects.
const MAX_OBJECTS: usize = 1_000_000;
/// What may be read, beside a multiple of the file's size: of one that others carry, less.
const SPARE_BYTES: usize = 64 * 1024 * 1024;
const SPARE_BYTES_OF_CARRIED: usize = 4 * 1024 * 1024;
const READS_OF_SIZE: usize = 4;

/// What may still be read or inflated, in bytes.
pub(super) struct Budget(usize);

impl Budget {
    /// For a file that `depth` others carry.
    pub(super) const fn of(size_bytes: usize, depth: usize) -> Self {
        Self(size_bytes * READS_OF_SIZE + if depth == 0 { SPARE_BYTES } else { SPARE_BYTES_OF_CARRIED })
    }

    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), FileFault> {
        self.0 = self.0.checked_sub(bytes).ok_or(FileFault::Uncheckable)?;
        Ok(())
    }
}

/// A stream: the object that it is, what its dictionary says, and where its bytes start.
pub(super) struct StreamObject {
    pub(super) number: u32,
    pub(super) generation: u16,
    pub(super) dictionary: Dictionary,
    pub(super) start: usize,
}

/// What the file is encrypted by, as one of its trailers says.
pub(super) struct Lock {
    /// A dictionary, or a reference to one.
    pub(super) dictionary: Value,
    /// The first part of the file's id; empty where there is none.
    pub(super) file_id: Vec<u8>,
}

/// What the objects of a file tell.
#[derive(Default)]
pub(super) struct Objects {
    pub(super) has_catalog: bool,
    /// Where each object starts after its `obj`, with its number.
    places: Vec<(u32, usize)>,
    pub(super) object_streams: Vec<StreamObject>,
    pub(super) locks: Vec<Lock>,
    /// Dictionaries that a lock may refer to, with the number of the object that they are.
    pub(super) lock_dictionaries: Vec<(u32, Dictionary)>,
    /// The numbers of the streams that are files carried along.
    pub(super) carried: BTreeSet<u32>,
}

impl Objects {
    /// Reads every object that lies open in the file.
    pub(super) fn find(bytes: &[u8], budget: &mut Budget) -> Result<Self, FileFault> {
        let mut found = Self::default();
        for place in memmem::find_iter(bytes, b"obj") {
            let after = place + b"obj".len();
            let Some((number, generation)) = number_before(bytes, place) else { continue };
            if found.places.len() >= MAX_OBJECTS {
                return Err(FileFault::Uncheckable);
            }
            found.places.push((number, after));
            let read = found.read_value(bytes, after, budget)?;
            if let Some((Value::Dictionary(dictionary), mut rest)) = read {
                if dictionary.has("O") && dictionary.has("U") {
                    found.lock_dictionaries.push((number, dictionary.clone()));
                }
                if rest.takes(b"stream") {
                    let start = rest.position();
                    found.note_stream(StreamObject { number, generation, dictionary, start });
                }
            }
        }
        for place in memmem::find_iter(bytes, b"trailer") {
            found.read_value(bytes, place + b"trailer".len(), budget)?;
        }
        Ok(found)
    }

    /// Reads one value and judges what is in it.
    pub(super) fn read_value<'b>(
        &mut self,
        bytes: &'b [u8],
        at: usize,
        budget: &mut Budget,
    ) -> Result<Option<(Value, Lexer<'b>)>, FileFault> {
        let mut lexer = Lexer::new(bytes, at);
        let value = lexer.value(&mut |dictionary| self.note(dictionary))?;
        budget.spend(lexer.position() - at + 1)?;
        if let Some(value) = &value {
            judge_action(value)?;
        }
        Ok(value.map(|value| (value, lexer)))
    }

    /// The streams of these numbers that lie open in the file.
    pub(super) fn streams(
        &self,
        bytes: &[u8],
        numbers: &BTreeSet<u32>,
        budget: &mut Budget,
    ) -> Result<Vec<StreamObject>, FileFault> {
        let mut streams = vec![];
        for (number, after) in self.places.iter().filter(|(number, _)| numbers.contains(number)) {
            let mut lexer = Lexer::new(bytes, *after);
            let value = lexer.value(&mut |_| Ok(()))?;
            budget.spend(lexer.position() - after + 1)?;
            if let Some(Value::Dictionary(dictionary)) = value
                && lexer.takes(b"stream")
            {
                streams.push(StreamObject { number: *number, generation: 0, dictionary, start: lexer.position() });
            }
        }
        Ok(streams)
    }

    fn note_stream(&mut self, stream: StreamObject) {
        let StreamObject { number, dictionary, .. } = &stream;
        if dictionary.all("Type").any(|kind| kind.is_name("EmbeddedFile")) {
            self.carried.insert(*number);
        }
        if dictionary.all("Type").any(|kind| kind.is_name("ObjStm")) || dictionary.has("N") && dictionary.has("First") {
            self.object_streams.push(stream);
        }
    }

    /// Judges a dictionary, and notes what it tells.
    fn note(&mut self, dictionary: &Dictionary) -> Result<(), FileFault> {
        for action in dictionary.all("S") {
            judge_action(action)?;
        }
        if dictionary.all("JS").any(|script| matches!(script, Value::Text(_) | Value::Reference(..))) {
            return Err(FileFault::Scripts);
        }
        if dictionary.all("XFA").any(|form| !form.is_empty()) {
            return Err(FileFault::DynamicForm);
        }
        if dictionary.all("Subtype").any(|kind| kind.is_name("RichMedia")) {
            return Err(FileFault::Player);
        }
        self.has_catalog |= dictionary.has("Pages") || dictionary.all("Type").any(|kind| kind.is_name("Catalog"));
        for lock in dictionary.all("Encrypt").filter(|lock| !lock.is_empty()) {
            let file_id = match dictionary.one("ID") {
                Some(Value::Array(parts)) => match parts.first() {
                    Some(Value::Text(id)) => id.clone(),
                    _ => vec![],
                },
                _ => vec![],
            };
            self.locks.push(Lock { dictionary: lock.clone(), file_id });
        }
        for file in dictionary.all("EF").filter(|file| !file.is_empty()) {
            judge_names(dictionary)?;
            self.note_carried(file)?;
        }
        Ok(())
    }

    /// Of a file carried along, the numbers of its streams.
    fn note_carried(&mut self, file: &Value) -> Result<(), FileFault> {
        let Value::Dictionary(streams) = file else { return Err(FileFault::CarriedFiles) };
        for stream in streams.values() {
            let Value::Reference(number, _) = stream else { return Err(FileFault::CarriedFiles) };
            self.carried.insert(*number);
        }
        Ok(())
    }
}

/// Actions that run something, also where the name is an object of its own that others refer to.
fn judge_action(action: &Value) -> Result<(), FileFault> {
    if action.is_name("JavaScript") {
        return Err(FileFault::Scripts);
    }
    if action.is_name("Launch") {
        return Err(FileFault::StartsPrograms);
    }
    Ok(())
}

/// Extensions of files that a PDF may carry: documents, what printing houses leave in them, and what no system runs.
const HARMLESS: [&str; 12] =
    ["pdf", "docx", "doc", "xml", "txt", "csv", "json", "png", "jpg", "jpeg", "tif", "joboptions"];

/// The names under which readers put a carried file on the disk.
fn judge_names(specification: &Dictionary) -> Result<(), FileFault> {
    let mut names = ["F", "UF", "DOS", "Mac", "Unix"].into_iter().flat_map(|key| specification.all(key)).peekable();
    if names.peek().is_none() {
        return Err(FileFault::CarriedFiles);
    }
    for name in names {
        let Value::Text(name) = name else { return Err(FileFault::CarriedFiles) };
        // Without the zeros, ASCII in UTF-16 reads like ASCII.
        let name: Vec<u8> = name.iter().filter(|byte| **byte != 0).map(u8::to_ascii_lowercase).collect();
        let extension = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        if !HARMLESS.iter().any(|harmless| harmless.as_bytes() == extension) {
            return Err(FileFault::CarriedFiles);
        }
    }
    Ok(())
}

/// The number and generation that stand before `obj`. Where a comment may hide them they are 0, which no object is called.
fn number_before(bytes: &[u8], place: usize) -> Option<(u32, u16)> {
    let (generation, rest) = digits_before(&bytes[..place])?;
    let (number, _) = digits_before(rest)?;
    Some((number, u16::try_from(generation).unwrap_or(0)))
}

/// Digits at the end, and what stands before them.
fn digits_before(bytes: &[u8]) -> Option<(u32, &[u8])> {
    const LONGEST: usize = 10;
    let end = bytes.iter().rposition(|byte| !is_space(*byte))? + 1;
    let length = bytes[..end].iter().rev().take(LONGEST).take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        let after_line = bytes[end..].iter().any(|byte| matches!(byte, b'\r' | b'\n'));
        return after_line.then_some((0, b"0"));
    }
    let digits = std::str::from_utf8(&bytes[end - length..end]).ok()?;
    Some((digits.parse().unwrap_or(0), &bytes[..end - length]))
}

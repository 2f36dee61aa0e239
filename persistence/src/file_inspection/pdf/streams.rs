//! The bytes of streams: where they end, and what they inflate to, within bounds.

use std::io::Read as _;

use domain::attachment::FileFault;
use flate2::bufread::ZlibDecoder;
use memchr::memmem;

use super::encryption::Key;
use super::objects::{Budget, StreamObject};
use super::value::{Dictionary, Value};

/// What one stream of objects may inflate to: programs put some hundred objects into each.
const MAX_OBJECTS_BYTES: usize = 16 * 1024 * 1024;
/// What one file carried along may inflate to: as much as a file has.
const MAX_CARRIED_BYTES: usize = 30 * 1024 * 1024;

/// How a stream is packed.
enum Packing {
    None,
    Deflate,
}

impl Packing {
    /// Of packings that nobody uses for streams of objects and for carried files, none is known here: behind them
    /// anything could hide.
    fn of(dictionary: &Dictionary) -> Result<Self, FileFault> {
        let mut filters = dictionary.all("Filter").filter(|filter| !filter.is_empty());
        let filter = match (filters.next(), filters.next()) {
            (None, _) => return Ok(Self::None),
            (Some(Value::Array(filters)), None) => match filters.as_slice() {
                [filter] => filter,
                _ => return Err(FileFault::Uncheckable),
            },
            (Some(filter), None) => filter,
            (Some(_), Some(_)) => return Err(FileFault::Uncheckable),
        };
        if !filter.is_name("FlateDecode") && !filter.is_name("Fl") || has_predictor(dictionary) {
            return Err(FileFault::Uncheckable);
        }
        Ok(Self::Deflate)
    }
}

/// Whether the inflated bytes are turned into others.
fn has_predictor(dictionary: &Dictionary) -> bool {
    let parameters = dictionary.all("DecodeParms");
    parameters.filter(|parameters| !parameters.is_empty()).any(|parameters| {
        let parameters = match parameters {
            Value::Array(each) if each.len() == 1 => &each[0],
            other => other,
        };
        match parameters {
            Value::Nothing => false,
            Value::Dictionary(parameters) => parameters.has("Predictor") && parameters.integer("Predictor") != Some(1),
            _ => true,
        }
    })
}

/// What a stream of objects holds. Of one that is damaged, what can be read of it, as readers do.
pub(super) fn objects_of(
    bytes: &[u8],
    stream: &StreamObject,
    key: Option<&Key>,
    budget: &mut Budget,
) -> Result<Vec<u8>, FileFault> {
    let packing = Packing::of(&stream.dictionary)?;
    let Some(key) = key else {
        return match packing {
            Packing::None => {
                let content = &bytes[stream.start..end_of(bytes, stream)];
                budget.spend(content.len())?;
                Ok(content.to_vec())
            }
            Packing::Deflate => inflate(skip_space(&bytes[stream.start..]), MAX_OBJECTS_BYTES, budget).0,
        };
    };
    let content = key.decrypt(stream, &bytes[start_of(bytes, stream)..end_of(bytes, stream)]);
    let content = content.ok_or(FileFault::Uncheckable)?;
    budget.spend(content.len())?;
    match packing {
        Packing::None => Ok(content),
        Packing::Deflate => match inflate(&content, MAX_OBJECTS_BYTES, budget) {
            (content, true) => content,
            // The end of its bytes may have been set so that only a part is seen here.
            (_, false) => Err(FileFault::Uncheckable),
        },
    }
}

/// The bytes of a file that is carried along.
pub(super) fn carried(bytes: &[u8], stream: &StreamObject, budget: &mut Budget) -> Result<Vec<u8>, FileFault> {
    match Packing::of(&stream.dictionary)? {
        Packing::None => {
            let content = &bytes[start_of(bytes, stream)..end_of(bytes, stream)];
            budget.spend(content.len())?;
            Ok(content.to_vec())
        }
        Packing::Deflate => inflate(skip_space(&bytes[stream.start..]), MAX_CARRIED_BYTES, budget).0,
    }
}

/// Inflates; says too whether the packed bytes came to their end.
fn inflate(packed: &[u8], limit: usize, budget: &mut Budget) -> (Result<Vec<u8>, FileFault>, bool) {
    let mut content = vec![];
    let mut decoder = ZlibDecoder::new(packed).take(limit as u64 + 1);
    let is_whole = decoder.read_to_end(&mut content).is_ok();
    let within = if content.len() > limit { Err(FileFault::Uncheckable) } else { budget.spend(content.len()) };
    (within.map(|()| content), is_whole)
}

/// Zlib starts with no white space.
fn skip_space(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_start()
}

/// Where bytes that may start with white space start: after the end of the line.
fn start_of(bytes: &[u8], stream: &StreamObject) -> usize {
    match bytes.get(stream.start..).unwrap_or_default() {
        [b'\r', b'\n', ..] => stream.start + 2,
        [b'\r' | b'\n', ..] => stream.start + 1,
        _ => stream.start,
    }
}

/// Where a stream ends: at the first `endstream` after the length that it names.
fn end_of(bytes: &[u8], stream: &StreamObject) -> usize {
    let start = start_of(bytes, stream);
    let named = stream.dictionary.integer("Length").and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let from = start.saturating_add(named);
    let from = if from <= bytes.len() { from } else { start };
    let end = memmem::find(&bytes[from..], b"endstream").map_or(bytes.len(), |at| from + at);
    // The line's end before the word is not part of the stream.
    match &bytes[from..end] {
        [.., b'\r', b'\n'] => end - 2,
        [.., b'\r' | b'\n'] => end - 1,
        _ => end,
    }
}

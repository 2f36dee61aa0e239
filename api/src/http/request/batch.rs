//! Batches of lines of JSON, taken as they come: what all of them have in common.

use std::pin::pin;

use actix_web::error::PayloadError;
use actix_web::web::Payload;
use actix_web::{HttpMessage as _, HttpRequest};
use futures_util::{Stream, StreamExt as _};
use persistence::{BatchTerms, Failure, LineFault};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::io::StreamReader;
use utoipa::{IntoParams, ToSchema};

use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::stream::{broken_off, refuse_encoded, timed};
use crate::language::Language;
use crate::problem::{ApiError, ProblemKind, Violation, ViolationBody, ViolationCode};
use crate::settings::BodyPace;
use crate::vocabulary::BatchScope;

/// The most lines of a batch.
const MAX_LINES: u32 = 50_000;

/// The largest batch that comes as one document, which is held as a whole.
const MAX_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// The longest line, in bytes.
const MAX_LINE_BYTES: usize = 4096;

/// As many lines are put aside at once. Twice as many are held, for the next ones are read meanwhile.
const CHUNK_LINES: usize = 2500;

/// How a batch is to be taken.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct BatchQuery {
    /// `full`: the batch names all that there is, and what it does not name is closed. `partial` (where left out): it
    /// names that of which there is something to say.
    #[serde(default)]
    #[param(inline, value_type = Option<BatchScope>, example = "partial")]
    list: Field<String>,
    /// `true`: a line that cannot be taken stands against all others. `false` where left out.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    atomic: Field<String>,
    #[serde(flatten)]
    #[param(ignore)]
    unknown: Unknown,
}

impl BatchQuery {
    /// How the batch is to be taken, as far as it can be said before its lines are there.
    ///
    /// # Errors
    /// `invalid-request` with all that is wrong.
    pub(in crate::http) fn read(
        QueryInput { value, mut violations }: QueryInput<Self>,
    ) -> Result<BatchTerms, ApiError> {
        let Self { list, atomic, unknown } = value;
        let list = violations.optional("?list", list);
        let list = violations.choice_of("?list", list, &["full", "partial"]);
        let atomic = violations.optional("?atomic", atomic);
        let atomic = violations.boolean("?atomic", atomic);
        violations.unknown("?", &unknown);
        violations.finish()?;
        let (is_full, is_atomic) = (list == Some("full"), atomic.unwrap_or(false));
        Ok(BatchTerms { is_full, is_atomic, has_broken_lines: false })
    }
}

/// A line that was not taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RejectedLineView {
    /// Where it stands, from 1.
    line: u32,
    /// All that is wrong with it.
    errors: Vec<ViolationBody>,
}

/// A batch that has come in.
#[derive(Default)]
pub(in crate::http) struct Taken {
    /// Its lines in all. Empty ones count, so that numbers are those of the file, and say nothing.
    pub(in crate::http) lines: u32,
    /// Lines that cannot be taken, with what is wrong.
    broken: Vec<(u32, Vec<Violation>)>,
}

/// The form in which a batch comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::http) enum BatchForm {
    /// `{"items": […]}`, as generated clients send it.
    Items,
    /// A line of JSON for each, read as it comes.
    Lines,
}

impl BatchForm {
    /// Reads it out of the head of a request.
    ///
    /// # Errors
    /// `unsupported-media-type`.
    pub(in crate::http) fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        refuse_encoded(request)?;
        match request.mime_type() {
            Ok(Some(mime)) if mime.essence_str() == "application/json" => Ok(Self::Items),
            Ok(Some(mime)) if mime.essence_str() == "application/x-ndjson" => Ok(Self::Lines),
            _ => Err(ProblemKind::UnsupportedMediaType.into()),
        }
    }
}

/// A batch as one document: the text of each item.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Items {
    items: Vec<Box<RawValue>>,
}

/// The items of a batch that comes as one document, each as a line of its own.
///
/// # Errors
/// A body that breaks off, is too large, or is no such document.
async fn items_of(payload: Payload, pace: BodyPace) -> Result<Vec<Result<String, LinesCodecError>>, ApiError> {
    let mut body = Vec::new();
    let mut chunks = pin!(timed(payload, pace));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| broken_off(&error, ProblemKind::MalformedRequest))?;
        if body.len() + chunk.len() > MAX_DOCUMENT_BYTES {
            return Err(ProblemKind::PayloadTooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    let Items { items } = JsonBody::from_bytes(&body)?.value;
    Ok(items
        .into_iter()
        .map(|item| {
            if item.get().len() > MAX_LINE_BYTES {
                Err(LinesCodecError::MaxLineLengthExceeded)
            } else {
                Ok(item.get().to_owned())
            }
        })
        .collect())
}

/// Takes a batch in, a chunk of lines at a time. `read` says what a line means; `put_aside` keeps lines until the batch
/// ends, and says with which of them something is wrong.
///
/// # Errors
/// A body that breaks off or is over a limit, and whatever `put_aside` reports.
async fn take<L>(
    (form, payload, pace): (BatchForm, Payload, BodyPace),
    read: impl Fn(u32, &str) -> Result<L, Vec<Violation>>,
    mut put_aside: impl AsyncFnMut(Vec<L>) -> Result<Vec<(u32, Violation)>, ApiError>,
) -> Result<Taken, ApiError> {
    let lines = match form {
        BatchForm::Items => futures_util::stream::iter(items_of(payload, pace).await?).left_stream(),
        BatchForm::Lines => {
            let bytes = StreamReader::new(timed(payload, pace).map(|chunk| chunk.map_err(std::io::Error::other)));
            FramedRead::new(bytes, LinesCodec::new_with_max_length(MAX_LINE_BYTES)).right_stream()
        }
    };
    let mut lines = pin!(lines);
    let mut taken = Taken::default();
    let mut chunk = taken.next_chunk(&mut lines, &read).await?;
    while !chunk.is_empty() {
        // The next lines are read while these are put aside.
        let (faults, next) = tokio::join!(put_aside(chunk), taken.next_chunk(&mut lines, &read));
        let faults = faults?;
        taken.broken.extend(faults.into_iter().map(|(line, violation)| (line, vec![violation])));
        chunk = next?;
    }
    Ok(taken)
}

/// Takes a batch from its first line to its end: see [`take`]. `end` makes it count, on terms that say whether lines were
/// broken; `discard` forgets it where it came to nothing.
///
/// # Errors
/// Whatever [`take`] and `end` report.
pub(in crate::http) async fn carry<L, R>(
    body: (BatchForm, Payload, BodyPace),
    terms: BatchTerms,
    read: impl Fn(u32, &str) -> Result<L, Vec<Violation>>,
    put_aside: impl AsyncFnMut(Vec<L>) -> Result<Vec<(u32, Violation)>, ApiError>,
    end: impl AsyncFnOnce(BatchTerms) -> Result<R, Failure>,
    discard: impl AsyncFnOnce(),
) -> Result<(Taken, R), ApiError> {
    let ended = async {
        let taken = take(body, read, put_aside).await?;
        let report = end(BatchTerms { has_broken_lines: !taken.broken.is_empty(), ..terms }).await?;
        Ok((taken, report))
    }
    .await;
    if ended.is_err() {
        discard().await;
    }
    ended
}

/// A line that is not even JSON.
pub(in crate::http) fn not_json() -> Vec<Violation> {
    vec![Violation { pointer: String::new(), code: ViolationCode::NotJson }]
}

/// Why there are no more lines.
fn unreadable(error: LinesCodecError) -> ApiError {
    match error {
        LinesCodecError::MaxLineLengthExceeded => ProblemKind::PayloadTooLarge.into(),
        LinesCodecError::Io(error) => match error.downcast::<PayloadError>() {
            Ok(error) => broken_off(&error, ProblemKind::MalformedRequest),
            // Bytes that are not UTF-8.
            Err(_) => ProblemKind::MalformedRequest.into(),
        },
    }
}

impl Taken {
    /// The next lines that can be read; none at the end.
    async fn next_chunk<L>(
        &mut self,
        lines: &mut (impl Stream<Item = Result<String, LinesCodecError>> + Unpin),
        read: impl Fn(u32, &str) -> Result<L, Vec<Violation>>,
    ) -> Result<Vec<L>, ApiError> {
        let mut chunk = Vec::with_capacity(CHUNK_LINES);
        while chunk.len() < CHUNK_LINES
            && let Some(line) = lines.next().await.transpose().map_err(unreadable)?
        {
            self.lines += 1;
            if self.lines > MAX_LINES {
                return Err(ProblemKind::PayloadTooLarge.into());
            }
            if !line.trim().is_empty() {
                match read(self.lines, &line) {
                    Ok(line) => chunk.push(line),
                    Err(violations) => self.broken.push((self.lines, violations)),
                }
            }
        }
        Ok(chunk)
    }

    /// All lines that were not taken: those that were broken, and those that the store has rejected.
    ///
    /// # Errors
    /// `invalid-request` where one of them stands against all others.
    pub(in crate::http) fn rejected(
        self,
        rejected: Vec<(u32, LineFault)>,
        violation: impl Fn(LineFault) -> Violation,
        is_atomic: bool,
        language: Language,
    ) -> Result<Vec<RejectedLineView>, ApiError> {
        let by_store = rejected.into_iter().map(|(line, fault)| (line, vec![violation(fault)]));
        let mut all: Vec<(u32, Vec<Violation>)> = self.broken.into_iter().chain(by_store).collect();
        all.sort_by_key(|(line, _)| *line);
        if is_atomic && !all.is_empty() {
            let mut violations = Violations::new();
            for (line, found) in all {
                for Violation { pointer, code } in found {
                    violations.add(format!("/{line}{pointer}"), code);
                }
            }
            return Err(violations.into_error());
        }
        let view = |(line, found): (u32, Vec<Violation>)| RejectedLineView {
            line,
            errors: found.iter().map(|violation| ViolationBody::new(violation, language)).collect(),
        };
        Ok(all.into_iter().map(view).collect())
    }
}

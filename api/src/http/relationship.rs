//! Who receives a service: the nightly exchange, a line for each citizen.

use std::pin::pin;

use actix_web::error::PayloadError;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, get, put};
use chrono::{DateTime, Utc};
use domain::id::{RelationshipBatchId, ServiceId};
use domain::identity::NationalId;
use futures_util::StreamExt as _;
use persistence::{BatchReport, BatchTerms, LineFault, RelationshipEntry, RelationshipLine};
use serde::{Deserialize, Serialize};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::io::StreamReader;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::context::Call;
use super::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use super::page::{ListView, PageQuery};
use super::service::ServicePath;
use super::staff::MemberRefRequest;
use super::stream::{broken_off, refuse_encoded, timed};
use crate::app::AppState;
use crate::language::Language;
use crate::problem::responses::{BodyProblems, CallProblems, QueryProblems};
use crate::problem::{ApiError, ProblemKind, Violation, ViolationBody, ViolationCode};

/// The most lines of a batch.
const MAX_LINES: u32 = 50_000;

/// The longest line, in bytes.
const MAX_LINE_BYTES: usize = 4096;

/// As many lines are held at once.
const CHUNK_LINES: usize = 1000;

/// How a batch is to be taken.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct BatchQuery {
    /// `full`: the batch names all who receive the service, and those whom it does not name are closed. `partial` (where
    /// left out): it names those of whom there is something to say.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "partial")]
    list: Field<String>,
    /// `true`: a line that cannot be taken stands against all others. `false` where left out.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    atomic: Field<String>,
    #[serde(flatten)]
    #[param(ignore)]
    unknown: Unknown,
}

/// A line of a batch.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RelationshipRequest {
    /// The citizen's national identity number.
    #[schema(value_type = String, example = "29827200059")]
    national_id: Field<String>,
    /// `active` (where left out), or `closed` for somebody who receives the service no more.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "active")]
    state: Field<String>,
    /// Who follows up; nobody where left out.
    #[serde(default)]
    #[schema(value_type = Option<MemberRefRequest>)]
    responsible: Field<MemberRefRequest>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What came of a batch. A line that is not among the rejected ones counts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchReportView {
    /// Lines in all.
    lines: u32,
    /// Lines of citizens who were not known to receive the service. They can write from the next day on (CON-15).
    created: u64,
    /// Lines that changed something.
    changed: u64,
    /// Lines that said what was known.
    unchanged: u64,
    /// Citizens whom a full list no longer names. None are closed where a line was rejected: who is missing cannot be
    /// told then.
    closed: u64,
    /// The lines that were not taken.
    rejected: Vec<RejectedLineView>,
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

/// A citizen who receives the service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RelationshipView {
    /// The citizen's mailbox; null while the citizen is not known here.
    #[schema(required)]
    mailbox_id: Option<Uuid>,
    /// `pending` until `activeFrom`, `active`, or `closed`.
    #[schema(example = "active")]
    state: &'static str,
    /// When the citizen can write: the day after it was told.
    active_from: DateTime<Utc>,
    /// When the service ended for the citizen.
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
    /// Who follows up.
    #[schema(required)]
    responsible_id: Option<Uuid>,
}

impl From<RelationshipEntry> for RelationshipView {
    fn from(entry: RelationshipEntry) -> Self {
        let RelationshipEntry { mailbox, relationship, state, responsible } = entry;
        Self {
            mailbox_id: mailbox.map(|id| id.as_uuid()),
            state: state.as_word(),
            active_from: relationship.active_from,
            closed_at: relationship.closed_at,
            responsible_id: responsible.map(|id| id.as_uuid()),
        }
    }
}

/// Tell who receives a service
///
/// The nightly exchange: up to 50,000 lines of JSON, one for each citizen, as `application/x-ndjson`. It may be sent
/// again: what is known changes nothing. All lines that can be taken count from the moment of the answer, or none do where
/// it was broken off. A new citizen can write from the next day on (CON-15). Takes the scope `brevdue:services.write`.
#[utoipa::path(
    operation_id = "relationshipPut",
    tag = "Services",
    params(ServicePath, BatchQuery),
    request_body(content = RelationshipRequest, content_type = "application/x-ndjson", description = "A line for each citizen."),
    responses(
        (status = 200, description = "What came of each line.", body = BatchReportView),
        CallProblems,
        BodyProblems,
    ),
)]
#[put("/v1/services/{serviceId}/relationships")]
pub(crate) async fn relationship_put(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<ServicePath>,
    query: QueryInput<BatchQuery>,
    language: Language,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let (is_full, is_atomic) = terms(query)?;
    let service = path.service_id;
    let batch = state.store.relationship_batch_begin(&call, service).await?;
    refuse_encoded(&request)?;
    if !matches!(request.mime_type(), Ok(Some(mime)) if mime.essence_str() == "application/x-ndjson") {
        return Err(ProblemKind::UnsupportedMediaType.into());
    }
    let mut incoming =
        Incoming { state: &state, call: &call, service, batch, lines: 0, waiting: vec![], broken: vec![] };
    let report = incoming.take(payload, is_full, is_atomic).await;
    if report.is_err() {
        state.store.relationship_batch_discard(batch).await;
    }
    let report = report?;
    let Incoming { lines, broken, .. } = incoming;
    report_of(language, lines, broken, report, is_atomic)
}

fn terms(QueryInput { value, mut violations }: QueryInput<BatchQuery>) -> Result<(bool, bool), ApiError> {
    let BatchQuery { list, atomic, unknown } = value;
    let list = violations.optional("?list", list);
    let list = violations.choice_of("?list", list, &["full", "partial"]);
    let atomic = violations.optional("?atomic", atomic);
    let atomic = violations.boolean("?atomic", atomic);
    violations.unknown("?", &unknown);
    violations.finish()?;
    Ok((list == Some("full"), atomic.unwrap_or(false)))
}

/// A batch as it comes in.
struct Incoming<'r> {
    state: &'r AppState,
    call: &'r Call,
    service: ServiceId,
    batch: RelationshipBatchId,
    lines: u32,
    waiting: Vec<RelationshipLine>,
    /// Lines that cannot be read, with what is wrong.
    broken: Vec<(u32, Vec<Violation>)>,
}

impl Incoming<'_> {
    async fn take(&mut self, payload: Payload, is_full: bool, is_atomic: bool) -> Result<BatchReport, ApiError> {
        let bytes = StreamReader::new(timed(payload).map(|chunk| chunk.map_err(std::io::Error::other)));
        let mut lines = pin!(FramedRead::new(bytes, LinesCodec::new_with_max_length(MAX_LINE_BYTES)));
        while let Some(line) = lines.next().await {
            self.line(&line.map_err(unreadable)?).await?;
        }
        self.put_aside().await?;
        let terms = BatchTerms { is_full, is_atomic, has_broken_lines: !self.broken.is_empty() };
        Ok(self.state.store.relationship_batch_end(self.call, self.service, self.batch, terms).await?)
    }

    /// Empty lines count, so that numbers are those of the file, and say nothing.
    async fn line(&mut self, line: &str) -> Result<(), ApiError> {
        self.lines += 1;
        if self.lines > MAX_LINES {
            return Err(ProblemKind::PayloadTooLarge.into());
        }
        if line.trim().is_empty() {
            return Ok(());
        }
        match self.read(line) {
            Ok(line) => self.waiting.push(line),
            Err(violations) => self.broken.push((self.lines, violations)),
        }
        if self.waiting.len() >= CHUNK_LINES { self.put_aside().await } else { Ok(()) }
    }

    fn read(&self, line: &str) -> Result<RelationshipLine, Vec<Violation>> {
        let Ok(body) = JsonBody::<RelationshipRequest>::from_bytes(line.as_bytes()) else {
            return Err(vec![Violation { pointer: String::new(), code: ViolationCode::NotJson }]);
        };
        let RelationshipRequest { national_id, state, responsible, unknown } = body.value;
        let mut violations = Violations::new();
        let national_id = violations.required("/nationalId", national_id);
        let series = self.state.series;
        let citizen = violations.parse("/nationalId", national_id, |text| NationalId::parse(text, series));
        let state = violations.optional("/state", state);
        let state = violations.choice_of("/state", state, &["active", "closed"]);
        let responsible = violations.optional("/responsible", responsible);
        let responsible = responsible.and_then(|member| member.read(&mut violations, "/responsible"));
        violations.unknown("", &unknown);
        match citizen.filter(|_| violations.is_empty()) {
            Some(citizen) => {
                Ok(RelationshipLine { line: self.lines, citizen, is_closed: state == Some("closed"), responsible })
            }
            None => Err(violations.into_found()),
        }
    }

    async fn put_aside(&mut self) -> Result<(), ApiError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.waiting);
        Ok(self.state.store.relationship_batch_add(self.call, self.batch, lines).await?)
    }
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

fn report_of(
    language: Language,
    lines: u32,
    broken: Vec<(u32, Vec<Violation>)>,
    report: BatchReport,
    is_atomic: bool,
) -> Result<HttpResponse, ApiError> {
    let BatchReport { created, changed, unchanged, closed, rejected } = report;
    let fault = |(line, fault): (u32, LineFault)| {
        let (pointer, code) = match fault {
            LineFault::Duplicate => ("/nationalId", ViolationCode::Duplicate),
            LineFault::NotAMember => ("/responsible/personId", ViolationCode::NotAMember),
        };
        (line, vec![Violation { pointer: pointer.to_owned(), code }])
    };
    let mut all: Vec<(u32, Vec<Violation>)> = broken.into_iter().chain(rejected.into_iter().map(fault)).collect();
    all.sort_by_key(|(line, _)| *line);
    if is_atomic && !all.is_empty() {
        let mut violations = Violations::new();
        for (line, Violation { pointer, code }) in
            all.into_iter().flat_map(|(line, found)| found.into_iter().map(move |violation| (line, violation)))
        {
            violations.add(format!("/{line}{pointer}"), code);
        }
        return Err(violations.into_error());
    }
    let rejected = all
        .into_iter()
        .map(|(line, found)| RejectedLineView {
            line,
            errors: found.iter().map(|violation| ViolationBody::new(violation, language)).collect(),
        })
        .collect();
    Ok(HttpResponse::Ok().json(BatchReportView { lines, created, changed, unchanged, closed, rejected }))
}

/// List who receives a service
///
/// With who follows up. Takes the scope `brevdue:services.write`.
#[utoipa::path(
    operation_id = "relationshipList",
    tag = "Services",
    params(ServicePath, PageQuery),
    responses(
        (status = 200, description = "A page of them.", body = ListView<RelationshipView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/services/{serviceId}/relationships")]
pub(crate) async fn relationship_list(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let slice = state.store.relationship_list(&call, path.service_id, PageQuery::read(query)?).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, RelationshipView::from)))
}

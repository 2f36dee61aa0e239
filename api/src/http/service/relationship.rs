//! Who receives a service: the nightly exchange, a line for each citizen.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, get, put};
use chrono::{DateTime, Utc};
use domain::identity::{NationalId, NumberSeries};
use persistence::{BatchReport, LineFault, RelationshipEntry, RelationshipLine};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::request::batch::{self, BatchQuery, RejectedLineView};
use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::page::{ListView, PageQuery};
use crate::http::service::settings::ServicePath;
use crate::http::service::staff::MemberRefRequest;
use crate::language::Language;
use crate::problem::responses::{BodyProblems, CallProblems, QueryProblems};
use crate::problem::{ApiError, Violation, ViolationCode};
use crate::state::AppState;
use crate::vocabulary::{RelationshipState, RelationshipTold};

/// A batch of them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) struct RelationshipsRequest {
    /// An item for each citizen.
    #[schema(max_items = 50_000)]
    items: Vec<RelationshipRequest>,
}

/// An item of a batch.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RelationshipRequest {
    /// The citizen's national identity number.
    #[schema(value_type = String, example = "29827200059")]
    national_id: Field<String>,
    /// `active` (where left out), or `closed` for somebody who receives the service no more.
    #[serde(default)]
    #[schema(value_type = Option<RelationshipTold>, example = "active")]
    state: Field<String>,
    /// Who follows up; nobody where left out. It opens the citizen to them, so it takes the scope `brevdue:staff.write` too.
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

/// A citizen who receives the service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RelationshipView {
    /// The citizen's mailbox; null while the citizen is not known here.
    #[schema(required)]
    mailbox_id: Option<Uuid>,
    /// `pending` until `activeFrom`, `active`, or `closed`.
    #[schema(value_type = RelationshipState, example = "active")]
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
/// The nightly exchange: up to 50,000 items, one for each citizen. It is taken as `application/x-ndjson` too, a line for each;
/// the number of an item or line in the answer is its place, from 1. It may be sent
/// again: what is known changes nothing. All lines that can be taken count from the moment of the answer, or none do where
/// it was broken off. A new citizen can write from the next day on (CON-15). Takes the scope `brevdue:services.write`; a
/// line that says who is responsible also takes `brevdue:staff.write`, and is rejected without it. Whoever is named has
/// lawful access to the citizen until an exchange names somebody else or closes the relationship (DH-7); the citizen sees
/// both in the access log.
#[utoipa::path(
    operation_id = "relationshipPut",
    tag = "Services",
    params(ServicePath, BatchQuery),
    request_body = RelationshipsRequest,
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
    let (terms, service, store) = (BatchQuery::read(query)?, path.service_id, &state.store);
    let batch = store.relationship_batch_begin(&call, service).await?;
    let form = batch::BatchForm::of(&request)?;
    let read = |number, text: &str| read(number, text, state.series);
    let put_aside = async |lines| {
        let faults = store.relationship_batch_add(&call, batch, lines).await?;
        Ok(faults.into_iter().map(|(line, fault)| (line, violation(fault))).collect())
    };
    let end = async |terms| store.relationship_batch_end(&call, service, batch, terms).await;
    let discard = async || store.relationship_batch_discard(batch).await;
    let (taken, report) =
        batch::carry((form, payload, state.limits.body), terms, read, put_aside, end, discard).await?;
    let BatchReport { created, changed, unchanged, closed, rejected } = report;
    let lines = taken.lines;
    let rejected = taken.rejected(rejected, violation, terms.is_atomic, language)?;
    Ok(HttpResponse::Ok().json(BatchReportView { lines, created, changed, unchanged, closed, rejected }))
}

fn read(line: u32, text: &str, series: NumberSeries) -> Result<RelationshipLine, Vec<Violation>> {
    let Ok(body) = JsonBody::<RelationshipRequest>::from_bytes(text.as_bytes()) else {
        return Err(batch::not_json());
    };
    let RelationshipRequest { national_id, state, responsible, unknown } = body.value;
    let mut violations = Violations::new();
    let national_id = violations.required("/nationalId", national_id);
    let citizen = violations.parse("/nationalId", national_id, |text| NationalId::parse(text, series));
    let state = violations.optional("/state", state);
    let state = violations.choice_of("/state", state, &["active", "closed"]);
    let responsible = violations.optional("/responsible", responsible);
    let responsible = responsible.and_then(|member| member.read(&mut violations, "/responsible"));
    violations.unknown("", &unknown);
    match citizen.filter(|_| violations.is_empty()) {
        Some(citizen) => Ok(RelationshipLine { line, citizen, is_closed: state == Some("closed"), responsible }),
        None => Err(violations.into_found()),
    }
}

/// What is wrong with a line that the store has rejected.
fn violation(fault: LineFault) -> Violation {
    let (pointer, code) = match fault {
        LineFault::Duplicate => ("/nationalId", ViolationCode::Duplicate),
        LineFault::NotAMember => ("/responsible/personId", ViolationCode::NotAMember),
        LineFault::ScopeMissing(scope) => ("/responsible", ViolationCode::ScopeMissing { scope: scope.as_word() }),
        LineFault::NotRegistered => ("/nationalId", ViolationCode::NotRegistered),
        LineFault::UnknownService => ("", ViolationCode::UnknownService),
        LineFault::AnotherCitizens => ("/nationalId", ViolationCode::AnotherCitizens),
    };
    Violation { pointer: pointer.to_owned(), code }
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

//! Health contacts, as services' own systems tell of them: a line for each contact.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, put};
use domain::appointment::ExternalId;
use domain::health_contact::{ContactKind, ContactName, ContactNames, ContactRole};
use domain::id::ServiceId;
use domain::identity::{NationalId, NumberSeries};
use persistence::{BatchReport, HealthContactLine, HealthContactReport, LineFault};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::request::batch::{self, BatchQuery, RejectedLineView};
use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::service::settings::ServicePath;
use crate::language::Language;
use crate::problem::responses::{BodyProblems, CallProblems};
use crate::problem::{ApiError, Violation, ViolationCode};
use crate::state::AppState;
use crate::vocabulary;

/// A batch of them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) struct HealthContactsRequest {
    /// An item for each contact.
    #[schema(max_items = 50_000)]
    items: Vec<HealthContactRequest>,
}

/// An item of a batch.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HealthContactRequest {
    /// The citizen's national identity number.
    #[schema(value_type = String, example = "29827200059")]
    national_id: Field<String>,
    /// The service's own name for the contact: a line of at most 100 characters, unique for each service. Another
    /// practitioner is another contact, with a name of its own.
    #[schema(value_type = String, max_length = 100, example = "fastlege-2026-4711")]
    external_id: Field<String>,
    /// `generalPractitioner`, `specialist`, `hospitalDepartment`, `pathwayCoordinator`, `municipalCare` or `other`. Where
    /// left out, what the service is.
    #[serde(default)]
    #[schema(value_type = Option<vocabulary::ContactKind>, example = "generalPractitioner")]
    kind: Field<String>,
    /// What they are to the citizen, in the service's own words: at most 100 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100, example = "Fysioterapeut")]
    role: Field<String>,
    /// The person: at most 200 characters. A person or a unit is named.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200, example = "Kari Lege")]
    person_name: Field<String>,
    /// The unit: at most 200 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200, example = "Solvika legesenter")]
    unit_name: Field<String>,
    /// The first day, in Oslo.
    #[schema(value_type = NaiveDate)]
    valid_from: Field<String>,
    /// The last day, in Oslo; left out while none is known.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    valid_to: Field<String>,
    /// The service of the same organisation to which the citizen writes. Where left out, the one that tells.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    service_id: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What came of a batch. A line that is neither rejected nor unreachable counts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HealthContactReportView {
    /// Lines in all.
    lines: u32,
    /// Lines of contacts that were not known.
    created: u64,
    /// Lines that changed something.
    changed: u64,
    /// Lines that said what was known.
    unchanged: u64,
    /// Contacts that a full list no longer names. None are closed where a line was rejected: what is missing cannot be
    /// told then.
    closed: u64,
    /// The lines of citizens whose inbox is not open to the service, where it does not hold what it sends (CON-7). Nothing
    /// of them is kept, and they stand against nothing else.
    unreachable: Vec<u32>,
    /// The lines that were not taken.
    rejected: Vec<RejectedLineView>,
}

/// Tell of health contacts
///
/// Up to 50,000 items, one for each contact. It is taken as `application/x-ndjson` too, a line for each; the number of an item or
/// line in the answer is its place, from 1. It may be sent again: what is known changes
/// nothing. All lines that can be taken count from the moment of the answer, or none do where it was broken off. A full list
/// makes those whom it does not name former contacts. A citizen whose current general practitioner at this service becomes
/// another gets a receipt as a message of the service; the first one ever told of gives none (HN-3). Takes the scope
/// `brevdue:messages.write`, and an agreement in force (PP-3).
#[utoipa::path(
    operation_id = "healthContactPut",
    tag = "Health contacts",
    params(ServicePath, BatchQuery),
    request_body = HealthContactsRequest,
    responses(
        (status = 200, description = "What came of each line.", body = HealthContactReportView),
        CallProblems,
        BodyProblems,
    ),
)]
#[put("/v1/services/{serviceId}/health-contacts")]
pub(crate) async fn health_contact_put(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<ServicePath>,
    query: QueryInput<BatchQuery>,
    language: Language,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let (terms, service, store) = (BatchQuery::read(query)?, path.service_id, &state.store);
    let batch = store.health_contact_batch_begin(&call, service).await?;
    let form = batch::BatchForm::of(&request)?;
    let read = |number, text: &str| read(number, text, state.series);
    let put_aside = async |lines| {
        let faults = store.health_contact_batch_add(&call, service, batch, lines).await?;
        Ok(faults.into_iter().map(|(line, fault)| (line, violation(fault))).collect())
    };
    let end = async |terms| store.health_contact_batch_end(&call, service, batch, terms).await;
    let discard = async || store.health_contact_batch_discard(batch).await;
    let (taken, report) =
        batch::carry((form, payload, state.limits.body), terms, read, put_aside, end, discard).await?;
    let HealthContactReport { lines: report, unreachable } = report;
    let BatchReport { created, changed, unchanged, closed, rejected } = report;
    let lines = taken.lines;
    let rejected = taken.rejected(rejected, violation, terms.is_atomic, language)?;
    let view = HealthContactReportView { lines, created, changed, unchanged, closed, unreachable, rejected };
    Ok(HttpResponse::Ok().json(view))
}

fn read(line: u32, text: &str, series: NumberSeries) -> Result<HealthContactLine, Vec<Violation>> {
    let Ok(body) = JsonBody::<HealthContactRequest>::from_bytes(text.as_bytes()) else {
        return Err(batch::not_json());
    };
    let HealthContactRequest {
        national_id,
        external_id,
        kind,
        role,
        person_name,
        unit_name,
        valid_from,
        valid_to,
        service_id,
        unknown,
    } = body.value;
    let mut violations = Violations::new();
    let national_id = violations.required("/nationalId", national_id);
    let citizen = violations.parse("/nationalId", national_id, |text| NationalId::parse(text, series));
    let external_id = violations.required("/externalId", external_id);
    let external_id = violations.parse("/externalId", external_id, ExternalId::parse);
    let kind = violations.optional("/kind", kind);
    let kind: Option<ContactKind> = violations.choice("/kind", kind);
    let names = names(&mut violations, role, person_name, unit_name);
    let valid_from = violations.required("/validFrom", valid_from);
    let valid_from = violations.date("/validFrom", valid_from);
    let valid_to = violations.optional("/validTo", valid_to);
    let valid_to = violations.date("/validTo", valid_to);
    if valid_to.is_some_and(|last| valid_from.is_some_and(|first| last < first)) {
        violations.add("/validTo", ViolationCode::EndsBeforeStart);
    }
    let service_id = violations.optional("/serviceId", service_id);
    let writes_to = violations.id("/serviceId", service_id, ServiceId::from);
    violations.unknown("", &unknown);
    let (Some(citizen), Some(external_id), Some(valid_from), true) =
        (citizen, external_id, valid_from, violations.is_empty())
    else {
        return Err(violations.into_found());
    };
    Ok(HealthContactLine { line, citizen, external_id, kind, names, writes_to, valid_from, valid_to })
}

fn names(violations: &mut Violations, role: Field<String>, person: Field<String>, unit: Field<String>) -> ContactNames {
    let is_named = person.is_given() || unit.is_given();
    let role = violations.optional("/role", role);
    let role = violations.parse("/role", role, ContactRole::parse);
    let person = violations.optional("/personName", person);
    let person = violations.parse("/personName", person, ContactName::parse);
    let unit = violations.optional("/unitName", unit);
    let unit = violations.parse("/unitName", unit, ContactName::parse);
    if !is_named {
        violations.add("/unitName", ViolationCode::Required);
    }
    ContactNames { role, person, unit }
}

/// What is wrong with a line that the store has rejected.
fn violation(fault: LineFault) -> Violation {
    let (pointer, code) = match fault {
        LineFault::Duplicate => ("/externalId", ViolationCode::Duplicate),
        LineFault::NotAMember => ("", ViolationCode::NotAMember),
        LineFault::ScopeMissing(scope) => ("", ViolationCode::ScopeMissing { scope: scope.as_word() }),
        LineFault::NotRegistered => ("/nationalId", ViolationCode::NotRegistered),
        LineFault::UnknownService => ("/serviceId", ViolationCode::UnknownService),
        LineFault::AnotherCitizens => ("/nationalId", ViolationCode::AnotherCitizens),
    };
    Violation { pointer: pointer.to_owned(), code }
}

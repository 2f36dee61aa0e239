//! Who works for a service, and what lawful access they have put on record.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use chrono::{DateTime, Utc};
use domain::id::{PersonId, ServiceId};
use domain::identity::NationalId;
use domain::person::Protection;
use domain::staff::{AccessReason, Member, RecordedAccess};
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::request::context::Call;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::http::request::page::ListView;
use crate::http::service::settings::ServicePath;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems};
use crate::problem::{ApiError, ViolationCode};
use crate::state::AppState;

/// A member of a service.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct MemberPath {
    /// The service.
    #[param(value_type = Uuid)]
    service_id: ServiceId,
    /// The health worker.
    #[param(value_type = Uuid)]
    person_id: PersonId,
}

/// Who is to be a member.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberRequest {
    /// The health worker's national identity number.
    #[schema(value_type = String, example = "29827200059")]
    national_id: Field<String>,
    /// The grades of protection for which they have the role: `confidential`, `strictlyConfidential` and
    /// `strictlyConfidentialAbroad`. None where left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["confidential"]))]
    clearances: Field<Vec<Field<String>>>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A member of a service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberView {
    /// The health worker.
    person_id: Uuid,
    /// The grades of protection for which they have the role.
    #[schema(example = json!(["confidential"]))]
    clearances: Vec<&'static str>,
}

/// A patient, by number.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PatientRequest {
    /// The patient's national identity number.
    #[schema(value_type = String, example = "29827200059")]
    national_id: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A member, by id.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberRefRequest {
    /// The health worker.
    #[schema(value_type = Uuid)]
    person_id: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

impl MemberRefRequest {
    /// Reads it where it stands at `pointer`.
    pub(in crate::http) fn read(self, violations: &mut Violations, pointer: &str) -> Option<PersonId> {
        let at = format!("{pointer}/personId");
        let person = violations.required(&at, self.person_id);
        violations.unknown(pointer, &self.unknown);
        violations.id(&at, person, PersonId::from)
    }
}

/// A lawful access that is to be put on record.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordedAccessRequest {
    /// The patient.
    #[schema(value_type = PatientRequest)]
    patient: Field<PatientRequest>,
    /// Why the caller has lawful access. It is kept, and never shown online (RET-10).
    #[schema(value_type = String, max_length = 1000, example = "Vikar for fast kontakt i dag")]
    reason: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A lawful access on record.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordedAccessView {
    id: Uuid,
    /// The service for which it holds.
    service_id: Uuid,
    /// The patient's mailbox.
    mailbox_id: Uuid,
    /// When it ends.
    valid_until: DateTime<Utc>,
}

impl From<Member> for MemberView {
    fn from(Member { person, clearances }: Member) -> Self {
        Self { person_id: person.as_uuid(), clearances: clearances.into_iter().map(Protection::as_word).collect() }
    }
}

impl From<RecordedAccess> for RecordedAccessView {
    fn from(RecordedAccess { id, service, mailbox, valid_until }: RecordedAccess) -> Self {
        Self { id: id.as_uuid(), service_id: service.as_uuid(), mailbox_id: mailbox.as_uuid(), valid_until }
    }
}

fn clearances(violations: &mut Violations, words: Vec<Field<String>>) -> Vec<Protection> {
    let grades = || Protection::VARIANTS.iter().copied().filter(|grade| grade.is_graded());
    let mut cleared = Vec::new();
    for (place, word) in words.into_iter().enumerate() {
        let pointer = format!("/clearances/{place}");
        let Some(word) = violations.required(&pointer, word) else { continue };
        match grades().find(|grade| grade.as_word() == word) {
            Some(grade) if cleared.contains(&grade) => violations.add(pointer, ViolationCode::Duplicate),
            Some(grade) => cleared.push(grade),
            None => {
                let choices = grades().map(Protection::as_word).collect();
                violations.add(pointer, ViolationCode::NotAChoice { choices });
            }
        }
    }
    cleared
}

/// Reads the patient of a request.
pub(in crate::http) fn patient(
    violations: &mut Violations,
    state: &AppState,
    request: Field<PatientRequest>,
) -> Option<NationalId> {
    let PatientRequest { national_id, unknown } = violations.required("/patient", request)?;
    let number = violations.required("/patient/nationalId", national_id);
    let number = violations.parse("/patient/nationalId", number, |text| NationalId::parse(text, state.series));
    violations.unknown("/patient", &unknown);
    number
}

/// Make somebody a member of a service
///
/// A health worker who works for it, or a change of the grades that they are cleared for. It stands in their own access log, and
/// their name is not told. Takes the scope `brevdue:staff.write`.
#[utoipa::path(
    operation_id = "memberPut",
    tag = "Services",
    params(ServicePath),
    request_body = MemberRequest,
    responses((status = 200, description = "The member.", body = MemberView), CallProblems, BodyProblems),
)]
#[put("/v1/services/{serviceId}/members")]
pub(crate) async fn member_put(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
    body: JsonBody<MemberRequest>,
) -> Result<HttpResponse, ApiError> {
    let MemberRequest { national_id, clearances, unknown } = body.value;
    let mut violations = Violations::new();
    let number = violations.required("/nationalId", national_id);
    let number = violations.parse("/nationalId", number, |text| NationalId::parse(text, state.series));
    let words = violations.optional("/clearances", clearances).unwrap_or_default();
    let clearances = self::clearances(&mut violations, words);
    violations.unknown("", &unknown);
    let Some(number) = number else { return Err(violations.into_error()) };
    violations.finish()?;
    let member = state.store.member_put(&call, path.service_id, number, clearances).await?;
    Ok(HttpResponse::Ok().json(MemberView::from(member)))
}

/// List the members of a service
///
/// All at once.
#[utoipa::path(
    operation_id = "memberList",
    tag = "Services",
    params(ServicePath),
    responses((status = 200, description = "All members.", body = ListView<MemberView>), CallProblems),
)]
#[get("/v1/services/{serviceId}/members")]
pub(crate) async fn member_list(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
) -> Result<HttpResponse, ApiError> {
    let members = state.store.member_list(&call, path.service_id).await?;
    Ok(HttpResponse::Ok().json(ListView::whole(members, MemberView::from)))
}

/// End a membership
///
/// The health worker follows up nobody for the service any more, and what they have put on record there counts no more.
/// Conversations that they are to answer and that are not closed go back to nobody.
#[utoipa::path(
    operation_id = "memberRemove",
    tag = "Services",
    params(MemberPath),
    responses((status = 204, description = "It is ended."), CallProblems),
)]
#[delete("/v1/services/{serviceId}/members/{personId}")]
pub(crate) async fn member_remove(
    call: Call,
    state: Data<AppState>,
    path: Path<MemberPath>,
) -> Result<HttpResponse, ApiError> {
    state.store.member_remove(&call, path.service_id, path.person_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Put lawful access on record
///
/// A health worker who does not follow up a patient, and has lawful access all the same, says why. For a day they can read
/// what the service and the patient have sent each other. The patient sees it in the access log, without the reason.
#[utoipa::path(
    operation_id = "accessRecord",
    tag = "Services",
    params(ServicePath, ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = RecordedAccessRequest,
    responses(
        (status = 201, description = "The access on record.", body = RecordedAccessView, headers(
            ("Location" = String, description = "The patient's mailbox."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/services/{serviceId}/recorded-accesses")]
pub(crate) async fn access_record(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<ServicePath>,
    body: JsonBody<RecordedAccessRequest>,
) -> Result<HttpResponse, ApiError> {
    let RecordedAccessRequest { patient, reason, unknown } = body.value;
    let mut violations = Violations::new();
    let patient = self::patient(&mut violations, &state, patient);
    let reason = violations.required("/reason", reason);
    let reason = violations.parse("/reason", reason, AccessReason::parse);
    violations.unknown("", &unknown);
    let (Some(patient), Some(reason)) = (patient, reason) else { return Err(violations.into_error()) };
    violations.finish()?;
    let key = optional_key(&request, &body.sha256)?;
    let recorded = state.store.access_record(&call, path.service_id, patient, reason, key).await?;
    let (access, replayed) = recorded.into_parts();
    let location = format!("/v1/mailboxes/{}", access.mailbox);
    Ok(created(location, replayed).json(RecordedAccessView::from(access)))
}

//! Whom the members of a service follow up.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, put};
use chrono::{DateTime, Utc};
use domain::id::{MailboxId, PersonId, ServiceId};
use domain::staff::FollowUp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::page::{ListView, PageQuery};
use crate::http::service::settings::ServicePath;
use crate::http::service::staff::{self, MemberRefRequest, PatientRequest};
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems, QueryProblems};
use crate::state::AppState;
use crate::vocabulary::FollowUpSource;

/// A patient whom a member of a service follows up.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct FollowUpPath {
    /// The service.
    #[param(value_type = Uuid)]
    service_id: ServiceId,
    /// The patient's mailbox.
    #[param(value_type = Uuid)]
    mailbox_id: MailboxId,
    /// The health worker.
    #[param(value_type = Uuid)]
    person_id: PersonId,
}

/// Who is to follow up whom.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FollowUpRequest {
    /// The patient.
    #[schema(value_type = PatientRequest)]
    patient: Field<PatientRequest>,
    /// The member of the service.
    #[schema(value_type = MemberRefRequest)]
    member: Field<MemberRefRequest>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// That a member follows up a patient.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FollowUpView {
    /// Who said so: `hand` (the service's system, of this patient alone) or `exchange` (the nightly exchange, which alone
    /// changes it). Where both did, the patient is listed once for each.
    #[schema(value_type = FollowUpSource, example = "hand")]
    source: &'static str,
    /// The patient's mailbox.
    mailbox_id: Uuid,
    /// The patient's name, for the health worker. Null for systems.
    #[schema(required, example = "Kari Nordmann")]
    patient_name: Option<String>,
    /// The health worker.
    person_id: Uuid,
    /// Since when; by the exchange, since when the patient is told to receive the service.
    since: DateTime<Utc>,
}

impl From<FollowUp> for FollowUpView {
    fn from(FollowUp { source, mailbox, patient_name, person, since }: FollowUp) -> Self {
        Self {
            source: source.as_word(),
            mailbox_id: mailbox.as_uuid(),
            patient_name: patient_name.map(|name| name.expose().to_owned()),
            person_id: person.as_uuid(),
            since,
        }
    }
}

/// Let a member follow up a patient
///
/// The member can then read what the service and the patient have sent each other (DH-7). The patient sees it in the
/// access log. Takes the scope `brevdue:staff.write`.
#[utoipa::path(
    operation_id = "followUpPut",
    tag = "Services",
    params(ServicePath),
    request_body = FollowUpRequest,
    responses((status = 200, description = "Who follows up whom.", body = FollowUpView), CallProblems, BodyProblems),
)]
#[put("/v1/services/{serviceId}/follow-ups")]
pub(crate) async fn follow_up_put(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
    body: JsonBody<FollowUpRequest>,
) -> Result<HttpResponse, ApiError> {
    let FollowUpRequest { patient, member, unknown } = body.value;
    let mut violations = Violations::new();
    let patient = staff::patient(&mut violations, &state, patient);
    let member = violations.required("/member", member).and_then(|member| member.read(&mut violations, "/member"));
    violations.unknown("", &unknown);
    let (Some(patient), Some(member)) = (patient, member) else { return Err(violations.into_error()) };
    violations.finish()?;
    let follow_up = state.store.follow_up_put(&call, path.service_id, patient, member).await?;
    Ok(HttpResponse::Ok().json(FollowUpView::from(follow_up)))
}

/// List who follows up whom
///
/// For the service's own systems: what was said by hand, then what the nightly exchange has told of citizens who are known
/// here.
#[utoipa::path(
    operation_id = "followUpList",
    tag = "Services",
    params(ServicePath, PageQuery),
    responses(
        (status = 200, description = "A page of the list.", body = ListView<FollowUpView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/services/{serviceId}/follow-ups")]
pub(crate) async fn follow_up_list(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = PageQuery::read(query)?;
    let follow_ups = state.store.follow_up_list(&call, path.service_id, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(follow_ups, FollowUpView::from)))
}

/// Let a member follow up a patient no more
///
/// The member cannot read what the service and the patient have sent each other from then on. What the nightly exchange has
/// told is changed by the next one, and refused here.
#[utoipa::path(
    operation_id = "followUpRemove",
    tag = "Services",
    params(FollowUpPath),
    responses((status = 204, description = "It is ended."), CallProblems),
)]
#[delete("/v1/services/{serviceId}/follow-ups/{mailboxId}/{personId}")]
pub(crate) async fn follow_up_remove(
    call: Call,
    state: Data<AppState>,
    path: Path<FollowUpPath>,
) -> Result<HttpResponse, ApiError> {
    let FollowUpPath { service_id, mailbox_id, person_id } = path.into_inner();
    state.store.follow_up_remove(&call, service_id, mailbox_id, person_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List the patients whom I follow up
///
/// For a health worker, of one service: whom they follow up, by hand or by the nightly exchange. Not listed are the dead, the
/// health worker's close family, and patients at a protected address for whose grade they have no role.
#[utoipa::path(
    operation_id = "patientList",
    tag = "Services",
    params(ServicePath, PageQuery),
    responses(
        (status = 200, description = "A page of the list.", body = ListView<FollowUpView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/services/{serviceId}/patients")]
pub(crate) async fn patient_list(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = PageQuery::read(query)?;
    let patients = state.store.patient_list(&call, path.service_id, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(patients, FollowUpView::from)))
}

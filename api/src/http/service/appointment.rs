//! Appointments and visits, as the service's own system tells of them.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use chrono::{DateTime, Utc};
use domain::appointment::{
    AppointmentDescription, AppointmentKind, AppointmentText, AppointmentTitle, ExternalId, NewAppointment, Place,
    ServiceAppointment,
};
use domain::id::ServiceId;
use domain::identity::NumberSeries;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::mailbox::appointment::status;
use crate::http::request::context::Call;
use crate::http::request::etag::tagged;
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::http::service::sending::request::{RecipientRequest, recipient};
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems};
use crate::problem::{ApiError, ProblemKind, ViolationCode};
use crate::state::AppState;
use crate::vocabulary;

/// Which appointment of which service.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
struct AppointmentPath {
    /// The service.
    #[param(value_type = Uuid)]
    service_id: ServiceId,
    /// The service's own name for the appointment: a line of at most 100 characters, unique for each service.
    #[param(min_length = 1, max_length = 100, example = "2026-4711")]
    external_id: String,
}

impl AppointmentPath {
    /// The name, where it is one that an appointment can have.
    fn known(&self) -> Result<ExternalId, ApiError> {
        ExternalId::parse(&self.external_id).map_err(|_| ProblemKind::NotFound.into())
    }
}

/// An appointment or visit.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppointmentRequest {
    /// Whose it is. It never becomes another citizen's.
    #[schema(value_type = RecipientRequest)]
    recipient: Field<RecipientRequest>,
    /// `appointment` (at the service), `homeVisit`, `video` or `phone`.
    #[schema(value_type = vocabulary::AppointmentKind, example = "homeVisit")]
    kind: Field<String>,
    /// When it starts.
    #[schema(value_type = DateTime<Utc>)]
    starts_at: Field<String>,
    /// When it ends: later than it starts, and later than now.
    #[schema(value_type = DateTime<Utc>)]
    ends_at: Field<String>,
    /// The line shown: at most 100 characters.
    #[schema(value_type = String, max_length = 100, example = "Sårstell")]
    title: Field<String>,
    /// Where it is: at most 200 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200, example = "Storgata 1, 2. etasje")]
    place: Field<String>,
    /// What else there is to know: at most 2,000 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000, example = "Møt fastende.")]
    description: Field<String>,
    /// `false`: the citizen cannot cancel this one here. Where left out, as the service allows.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    is_cancellable: Field<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// An appointment or visit, as its service sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceAppointmentView {
    id: Uuid,
    /// The service's own name for it.
    #[schema(example = "2026-4711")]
    external_id: String,
    /// The citizen's mailbox.
    mailbox_id: Uuid,
    /// `appointment`, `homeVisit`, `video` or `phone`.
    #[schema(value_type = vocabulary::AppointmentKind, example = "homeVisit")]
    kind: &'static str,
    /// When it starts.
    starts_at: DateTime<Utc>,
    /// When it ends.
    ends_at: DateTime<Utc>,
    /// The line shown.
    title: String,
    /// Where it is.
    #[schema(required)]
    place: Option<String>,
    /// What else there is to know.
    #[schema(required)]
    description: Option<String>,
    /// Whether the citizen can cancel it, where the service allows that at all.
    is_cancellable: bool,
    /// `planned` or `cancelled`.
    #[schema(value_type = vocabulary::AppointmentStatus, example = "planned")]
    status: &'static str,
    /// When it was cancelled.
    #[schema(required)]
    cancelled_at: Option<DateTime<Utc>>,
    /// `service` or `citizen`, where it was cancelled.
    #[schema(value_type = Option<vocabulary::CancelledBy>, required, example = "citizen")]
    cancelled_by: Option<&'static str>,
    /// When it was last changed or cancelled.
    changed_at: DateTime<Utc>,
}

impl From<ServiceAppointment> for ServiceAppointmentView {
    fn from(appointment: ServiceAppointment) -> Self {
        let ServiceAppointment { id, external_id, mailbox, kind, facts, text, changed_at } = appointment;
        let AppointmentText { title, place, description } = text;
        let cancellation = facts.cancellation;
        Self {
            id: id.as_uuid(),
            external_id: external_id.as_str().to_owned(),
            mailbox_id: mailbox.as_uuid(),
            kind: kind.as_word(),
            starts_at: facts.starts_at,
            ends_at: facts.ends_at,
            title: title.expose().to_owned(),
            place: place.map(|place| place.expose().to_owned()),
            description: description.map(|text| text.expose().to_owned()),
            is_cancellable: facts.is_cancellable,
            status: status(cancellation),
            cancelled_at: cancellation.map(|cancellation| cancellation.at),
            cancelled_by: cancellation.map(|cancellation| cancellation.by.as_word()),
            changed_at,
        }
    }
}

/// Reads what a service tells of an appointment.
///
/// # Errors
/// All that is wrong; a recipient who is an employee.
fn told(
    external_id: &str,
    request: AppointmentRequest,
    series: NumberSeries,
    now: DateTime<Utc>,
) -> Result<(ExternalId, NewAppointment), ApiError> {
    let AppointmentRequest {
        recipient: citizen,
        kind,
        starts_at,
        ends_at,
        title,
        place,
        description,
        is_cancellable,
        unknown,
    } = request;
    let mut violations = Violations::new();
    let external_id = violations.parse("/externalId", Some(external_id), ExternalId::parse);
    let citizen = match violations.required("/recipient", citizen) {
        Some(citizen) => recipient(&mut violations, citizen, series)?,
        None => None,
    };
    let kind = violations.required("/kind", kind);
    let kind: Option<AppointmentKind> = violations.choice("/kind", kind);
    let starts_at = violations.required("/startsAt", starts_at);
    let starts_at = violations.time("/startsAt", starts_at);
    let ends_at = violations.required("/endsAt", ends_at);
    let ends_at = violations.time("/endsAt", ends_at);
    if ends_at.is_some_and(|ends_at| starts_at.is_some_and(|starts_at| ends_at <= starts_at)) {
        violations.add("/endsAt", ViolationCode::EndsBeforeStart);
    } else if ends_at.is_some_and(|ends_at| ends_at <= now) {
        violations.add("/endsAt", ViolationCode::InThePast);
    }
    let title = violations.required("/title", title);
    let title = violations.parse("/title", title, AppointmentTitle::parse);
    let place = violations.optional("/place", place);
    let place = violations.parse("/place", place, Place::parse);
    let description = violations.optional("/description", description);
    let description = violations.parse("/description", description, AppointmentDescription::parse);
    let is_cancellable = violations.optional("/isCancellable", is_cancellable).unwrap_or(true);
    violations.unknown("", &unknown);
    let (Some(external_id), Some(recipient), Some(kind), Some(starts_at), Some(ends_at), Some(title)) =
        (external_id, citizen, kind, starts_at, ends_at, title)
    else {
        return Err(violations.into_error());
    };
    violations.finish()?;
    let text = AppointmentText { title, place, description };
    Ok((external_id, NewAppointment { recipient, kind, starts_at, ends_at, text, is_cancellable }))
}

/// Tell of an appointment
///
/// A new one, or a change of one that was told of under the same name; what is known changes nothing, so it may be sent
/// again. The citizen sees it at once, where they see what the service sends as an appointment letter. One that was
/// cancelled, by either side, stays cancelled: what takes its place gets a name of its own. Takes the scope
/// `brevdue:messages.write`, and an agreement in force (PP-3).
#[utoipa::path(
    operation_id = "serviceAppointmentPut",
    tag = "Appointments",
    params(AppointmentPath),
    request_body = AppointmentRequest,
    responses(
        (status = 200, description = "It was known, and is as told now.", body = ServiceAppointmentView),
        (status = 201, description = "It is new.", body = ServiceAppointmentView, headers(("Location" = String, description = "Its path."))),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[put("/v1/services/{serviceId}/appointments/{externalId}")]
pub(crate) async fn service_appointment_put(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<AppointmentPath>,
    body: JsonBody<AppointmentRequest>,
) -> Result<HttpResponse, ApiError> {
    let AppointmentPath { service_id, external_id } = path.into_inner();
    let (external_id, new) = told(&external_id, body.value, state.series, call.now)?;
    let (appointment, is_new) = state.store.appointment_put(&call, service_id, external_id, new).await?;
    let mut response = HttpResponse::Ok();
    if is_new {
        response = HttpResponse::Created();
        response.insert_header(("location", request.uri().path()));
    }
    Ok(response.json(ServiceAppointmentView::from(appointment)))
}

/// Show what became of an appointment
///
/// For the service that told of it: as it stands now, and by whom it was cancelled. Takes the scope
/// `brevdue:messages.read`.
#[utoipa::path(
    operation_id = "serviceAppointmentShow",
    tag = "Appointments",
    params(AppointmentPath, ("If-None-Match" = Option<String>, Header, description = "Tags of versions that the caller has.")),
    responses(
        (status = 200, description = "The appointment.", body = ServiceAppointmentView, headers(("ETag" = String, description = "The tag of this version."))),
        (status = 304, description = "The caller has this version (`If-None-Match`)."),
        CallProblems,
    ),
)]
#[get("/v1/services/{serviceId}/appointments/{externalId}")]
pub(crate) async fn service_appointment_show(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<AppointmentPath>,
) -> Result<HttpResponse, ApiError> {
    let appointment = state.store.service_appointment_fetch(&call, path.service_id, path.known()?).await?;
    tagged(&request, &ServiceAppointmentView::from(appointment))
}

/// Cancel an appointment for the service
///
/// The citizen sees it as cancelled until it is over. Doing it twice changes nothing. Takes the scope
/// `brevdue:messages.write`, and an agreement in force (PP-3).
#[utoipa::path(
    operation_id = "serviceAppointmentCancel",
    tag = "Appointments",
    params(AppointmentPath),
    responses((status = 204, description = "It is cancelled."), CallProblems),
)]
#[delete("/v1/services/{serviceId}/appointments/{externalId}")]
pub(crate) async fn service_appointment_cancel(
    call: Call,
    state: Data<AppState>,
    path: Path<AppointmentPath>,
) -> Result<HttpResponse, ApiError> {
    state.store.service_appointment_cancel(&call, path.service_id, path.known()?).await?;
    Ok(HttpResponse::NoContent().finish())
}

//! Appointments and visits, as the mailbox shows them.

mod calendar;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, FixedOffset, Utc};
use domain::appointment::{AppointmentText, AppointmentView as Appointment, Cancellation};
use domain::id::{AppointmentId, MailboxId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::mailbox::message::MessageServiceView;
use crate::http::request::context::Call;
use crate::http::request::etag::tagged;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::QueryInput;
use crate::http::request::page::{ListView, PageQuery};
use crate::problem::ApiError;
use crate::problem::responses::{CallProblems, CreateProblems, KeyProblems, QueryProblems};
use crate::state::AppState;
use crate::vocabulary::{AppointmentKind, AppointmentStatus, CancelledBy};

/// An appointment or visit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppointmentView {
    id: Uuid,
    /// The service that it is with.
    service: MessageServiceView,
    /// `appointment` (at the service), `homeVisit`, `video` or `phone`.
    #[schema(value_type = AppointmentKind, example = "homeVisit")]
    kind: &'static str,
    /// The line to show in a list.
    #[schema(example = "Sårstell")]
    title: String,
    /// When it starts, with the offset of Europe/Oslo on that day.
    #[schema(example = "2026-12-03T10:00:00+01:00")]
    starts_at: DateTime<FixedOffset>,
    /// When it ends, with the offset of Europe/Oslo on that day.
    #[schema(example = "2026-12-03T10:30:00+01:00")]
    ends_at: DateTime<FixedOffset>,
    /// Where it is; null where the service has not told, and where it would tell where somebody with a protected address
    /// lives (ADR-8).
    #[schema(required)]
    place: Option<String>,
    /// What else there is to know.
    #[schema(required)]
    description: Option<String>,
    /// `planned` or `cancelled`.
    #[schema(value_type = AppointmentStatus, example = "planned")]
    status: &'static str,
    /// `service` or `citizen`, where it was cancelled.
    #[schema(value_type = Option<CancelledBy>, required, example = "citizen")]
    cancelled_by: Option<&'static str>,
    /// When it was cancelled.
    #[schema(required)]
    cancelled_at: Option<DateTime<Utc>>,
    /// Whether the caller can cancel it now.
    can_cancel: bool,
    /// The last moment at which the citizen can cancel it; null where they cannot do it here at all (DH-2).
    #[schema(required)]
    cancel_by: Option<DateTime<Utc>>,
}

/// The word for whether an appointment still takes place.
pub(in crate::http) const fn status(cancellation: Option<Cancellation>) -> &'static str {
    if cancellation.is_some() { "cancelled" } else { "planned" }
}

impl From<Appointment> for AppointmentView {
    fn from(appointment: Appointment) -> Self {
        let (starts_at, ends_at) = (appointment.local_start(), appointment.local_end());
        let Appointment { id, service, kind, facts, text, can_cancel, cancel_by, version: _, changed_at: _ } =
            appointment;
        let AppointmentText { title, place, description } = text;
        let cancellation = facts.cancellation;
        Self {
            id: id.as_uuid(),
            service: service.into(),
            kind: kind.as_word(),
            title: title.expose().to_owned(),
            starts_at,
            ends_at,
            place: place.map(|place| place.expose().to_owned()),
            description: description.map(|text| text.expose().to_owned()),
            status: status(cancellation),
            cancelled_by: cancellation.map(|cancellation| cancellation.by.as_word()),
            cancelled_at: cancellation.map(|cancellation| cancellation.at),
            can_cancel,
            cancel_by,
        }
    }
}

/// List the appointments of a mailbox
///
/// Of all services in one list, the soonest first (HN-10): those that are not over, also cancelled ones.
#[utoipa::path(
    operation_id = "appointmentList",
    tag = "Appointments",
    params(("mailboxId" = Uuid, Path, description = "The mailbox."), PageQuery),
    responses(
        (status = 200, description = "A page of them.", body = ListView<AppointmentView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}/appointments")]
pub(crate) async fn appointment_list(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let slice = state.store.appointment_list(&call, path.into_inner(), PageQuery::read(query)?).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, AppointmentView::from)))
}

/// Show an appointment
///
/// Also when it is over. To who asks for `text/calendar` as iCalendar (RFC 5545), of which the summary names the service
/// and nothing of health.
#[utoipa::path(
    operation_id = "appointmentShow",
    tag = "Appointments",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("appointmentId" = Uuid, Path, description = "The appointment."),
        ("If-None-Match" = Option<String>, Header, nullable = false,
            description = "The `ETag` of the answer that the caller has."),
    ),
    responses(
        (status = 200, description = "The appointment.",
            content((AppointmentView = "application/json"), (String = "text/calendar")),
            headers(("ETag" = String, description = "Of the JSON: changes whenever the answer does."))),
        (status = 304, description = "The caller has it already."),
        CallProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}/appointments/{appointmentId}")]
pub(crate) async fn appointment_show(
    call: Call,
    state: Data<AppState>,
    path: Path<(MailboxId, AppointmentId)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, id) = path.into_inner();
    let appointment = state.store.appointment_fetch(&call, mailbox, id).await?;
    if calendar::is_wanted(&request) {
        return Ok(calendar::respond(&appointment));
    }
    tagged(&request, &AppointmentView::from(appointment))
}

/// Cancel an appointment
///
/// Until the last moment that the service gives, `cancelBy` (DH-2). The service finds it in its queue, and its
/// organisation in the feed of events. A health worker of the service cancels for the service, until it is over.
#[utoipa::path(
    operation_id = "appointmentCancel",
    tag = "Appointments",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("appointmentId" = Uuid, Path, description = "The appointment."),
        ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again."),
    ),
    responses(
        (status = 201, description = "It is cancelled.", body = AppointmentView, headers(
            ("Location" = String, description = "The appointment's path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request cancelled it."),
        )),
        CallProblems,
        CreateProblems,
        KeyProblems,
    ),
)]
#[post("/v1/mailboxes/{mailboxId}/appointments/{appointmentId}/cancellation")]
pub(crate) async fn appointment_cancel(
    call: Call,
    state: Data<AppState>,
    path: Path<(MailboxId, AppointmentId)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, id) = path.into_inner();
    // There is no content: method and path are the whole request.
    let key = optional_key(&request, &[0; 32])?;
    let (appointment, replayed) = state.store.appointment_cancel(&call, mailbox, id, key).await?.into_parts();
    let location = format!("/v1/mailboxes/{mailbox}/appointments/{id}");
    Ok(created(location, replayed).json(AppointmentView::from(appointment)))
}

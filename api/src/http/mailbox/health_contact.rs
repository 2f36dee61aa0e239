//! Health contacts, as the mailbox shows them.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use domain::dialogue::Inquiry;
use domain::health_contact::{ContactNames, HealthContact};
use domain::id::MailboxId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::mailbox::message::MessageServiceView;
use crate::http::mailbox::recipient::InquiryVerdictView;
use crate::http::request::context::Call;
use crate::http::request::input::QueryInput;
use crate::http::request::page::{ListView, PageQuery};
use crate::problem::ApiError;
use crate::problem::responses::{CallProblems, QueryProblems};
use crate::state::AppState;
use crate::vocabulary::{ContactKind, ContactState};

/// Somebody in the health services who is, was or will be there for the owner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HealthContactView {
    id: Uuid,
    /// `generalPractitioner`, `specialist`, `hospitalDepartment`, `pathwayCoordinator`, `municipalCare` or `other`.
    #[schema(value_type = ContactKind, example = "generalPractitioner")]
    kind: &'static str,
    /// `current`, `upcoming` or `former`.
    #[schema(value_type = ContactState, example = "current")]
    status: &'static str,
    /// What they are to the owner, in the service's own words.
    #[schema(required, example = "Fysioterapeut")]
    role: Option<String>,
    /// The person. A person or a unit is named.
    #[schema(required, example = "Kari Lege")]
    person_name: Option<String>,
    /// The unit.
    #[schema(required, example = "Solvika legesenter")]
    unit_name: Option<String>,
    /// The first day, in Oslo.
    valid_from: NaiveDate,
    /// The last day, in Oslo; null while none is known.
    #[schema(required)]
    valid_to: Option<NaiveDate>,
    /// The service to which one writes.
    service: MessageServiceView,
    /// Whether the caller can write to it now: begin a conversation, or send a letter.
    can_write: bool,
    /// What can be written to it, and what not, why, and from when.
    kinds: Vec<InquiryVerdictView>,
}

impl From<HealthContact> for HealthContactView {
    fn from(contact: HealthContact) -> Self {
        let HealthContact { id, kind, state, names, period, service, inquiries } = contact;
        let ContactNames { role, person, unit } = names;
        let is_open =
            |(inquiry, verdict): &(Inquiry, Result<_, _>)| *inquiry != Inquiry::AccessRequest && verdict.is_ok();
        Self {
            id: id.as_uuid(),
            kind: kind.as_word(),
            status: state.as_word(),
            role: role.map(|role| role.expose().to_owned()),
            person_name: person.map(|name| name.expose().to_owned()),
            unit_name: unit.map(|name| name.expose().to_owned()),
            valid_from: period.from,
            valid_to: period.last_day(),
            service: service.into(),
            can_write: inquiries.iter().any(is_open),
            kinds: inquiries.into_iter().map(InquiryVerdictView::of).collect(),
        }
    }
}

/// List the health contacts of a mailbox
///
/// The general practitioner and the others, as their services have told (HN-11): those of now first, then those to come,
/// then the former ones; of each the newest first. Of each: whether it can be written to now, and if not, why and from when
/// (HN-2).
#[utoipa::path(
    operation_id = "healthContactList",
    tag = "Health contacts",
    params(("mailboxId" = Uuid, Path, description = "The mailbox."), PageQuery),
    responses(
        (status = 200, description = "A page of them.", body = ListView<HealthContactView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}/health-contacts")]
pub(crate) async fn health_contact_list(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let slice = state.store.health_contact_list(&call, path.into_inner(), PageQuery::read(query)?).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, HealthContactView::from)))
}

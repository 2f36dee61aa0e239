//! Who did or tried what in a mailbox.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use domain::audit::AccessLogEntry;
use domain::id::MailboxId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::context::Call;
use super::input::QueryInput;
use super::page::{ListView, PageQuery};
use crate::app::AppState;
use crate::problem::ApiError;
use crate::problem::responses::{CallProblems, QueryProblems};

/// Something that was done or tried in a mailbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessLogEntryView {
    /// The entry.
    id: Uuid,
    /// When.
    at: DateTime<Utc>,
    /// Who.
    actor: ActorView,
    /// The name of the person for whom the actor acted; null where they acted for themselves.
    #[schema(required)]
    on_behalf: Option<String>,
    /// Did what, such as `readMessage`, `fetchAttachment` or `deleteMessage`.
    #[schema(example = "readMessage")]
    action: String,
    /// To which thing; null where it was the mailbox as a whole.
    #[schema(required)]
    object: Option<ObjectView>,
    /// The rule that decided.
    #[schema(example = "PP-1")]
    ground: &'static str,
    /// `granted` or `refused`.
    #[schema(example = "granted")]
    outcome: &'static str,
}

/// Who acted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActorView {
    /// `citizen`, `healthWorker`, `system`, `operator` or `worker`, which is Brevdue itself.
    #[schema(example = "citizen")]
    kind: String,
    /// The name of a citizen or health worker; null for all others.
    #[schema(required, example = "Kari Nordmann")]
    name: Option<String>,
    /// What the actor was to the owner: `self`, `parent`, `powerOfAttorney`, `assignedPowerOfAttorney`, `guardian` or
    /// `staff`; null where the attempt was refused, and for systems, operators and Brevdue itself.
    #[schema(required, example = "self")]
    relation: Option<String>,
    /// The number of the organisation that the actor acted for; null for citizens, operators and Brevdue itself.
    #[schema(required, example = "310000019")]
    organisation: Option<String>,
    /// The name of that organisation.
    #[schema(required, example = "Fjellbrisen spesialistklinikk")]
    organisation_name: Option<String>,
}

/// A thing in a mailbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectView {
    /// What it is: `message` or `attachment`.
    #[serde(rename = "type")]
    #[schema(example = "message")]
    object_type: String,
    /// Which one.
    id: Uuid,
}

impl From<AccessLogEntry> for AccessLogEntryView {
    fn from(entry: AccessLogEntry) -> Self {
        let AccessLogEntry {
            id,
            at,
            actor_kind,
            actor_name,
            actor_relation,
            actor_organisation,
            actor_organisation_name,
            on_behalf,
            action,
            object,
            rule,
            outcome,
        } = entry;
        Self {
            id: id.as_uuid(),
            at,
            actor: ActorView {
                kind: actor_kind,
                name: actor_name,
                relation: actor_relation,
                organisation: actor_organisation.map(|number| number.as_str().to_owned()),
                organisation_name: actor_organisation_name,
            },
            on_behalf,
            action,
            object: object.map(|(object_type, id)| ObjectView { object_type, id }),
            ground: rule.id(),
            outcome: outcome.as_word(),
        }
    }
}

/// List who did what in a mailbox
///
/// Everything that was done or tried, by whom and on what ground, newest first. Looking at this list is an entry too.
#[utoipa::path(
    operation_id = "accessLogList",
    tag = "Mailboxes",
    params(("mailboxId" = Uuid, Path, description = "The mailbox."), PageQuery),
    responses(
        (status = 200, description = "A page of the log.", body = ListView<AccessLogEntryView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}/access-log")]
pub(crate) async fn access_log_list(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = PageQuery::read(query)?;
    let entries = state.store.access_log_list(&call, path.into_inner(), page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(entries, AccessLogEntryView::from)))
}

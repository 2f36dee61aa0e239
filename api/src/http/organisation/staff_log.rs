//! What an organisation's own staff and systems did: the control that a controller owes its patients (PJL-22, RET-9).

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use domain::audit::{ActorKind, LogFilter, StaffActor, StaffLogEntry, Subject};
use persistence::Page;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::mailbox::access_log::{ActWord, ObjectView, act, outcome_of};
use crate::http::request::context::Call;
use crate::http::request::input::{Field, QueryInput, Unknown};
use crate::http::request::page::{ListView, page};
use crate::problem::ApiError;
use crate::problem::responses::{CallProblems, QueryProblems};
use crate::state::AppState;
use crate::vocabulary::{Outcome, StaffActorKind};

/// The query of the log of staff and systems.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StaffLogQuery {
    /// At this time or later.
    #[serde(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    after: Field<String>,
    /// Before this time.
    #[serde(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    before: Field<String>,
    /// By whom: `healthWorker` or `system`.
    #[serde(default)]
    #[param(value_type = Option<StaffActorKind>, example = "healthWorker")]
    actor: Field<String>,
    /// By this health worker, as `GET …/members` names them.
    #[serde(default)]
    #[param(value_type = Option<Uuid>)]
    person_id: Field<String>,
    /// By this system, by the `client_id` of its tokens.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    client_id: Field<String>,
    /// In this mailbox.
    #[serde(default)]
    #[param(value_type = Option<Uuid>)]
    mailbox_id: Field<String>,
    /// What was done.
    #[serde(default)]
    #[param(value_type = Option<ActWord>, example = "readConversation")]
    action: Field<String>,
    /// `granted` or `refused`.
    #[serde(default)]
    #[param(value_type = Option<Outcome>, example = "refused")]
    outcome: Field<String>,
    /// At most this many items.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Field<String>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    cursor: Field<String>,
    #[serde(flatten)]
    #[param(ignore)]
    unknown: Unknown,
}

impl StaffLogQuery {
    fn read(QueryInput { value, mut violations }: QueryInput<Self>) -> Result<(LogFilter, Page), ApiError> {
        let Self { after, before, actor, person_id, client_id, mailbox_id, action, outcome, limit, cursor, unknown } =
            value;
        let after = violations.optional("?after", after);
        let before = violations.optional("?before", before);
        let actor = violations.optional("?actor", actor);
        let person = violations.optional("?personId", person_id);
        let mailbox = violations.optional("?mailboxId", mailbox_id);
        let filter = LogFilter {
            after: violations.time("?after", after),
            before: violations.time("?before", before),
            actor: violations.choice_of("?actor", actor, &[ActorKind::HealthWorker, ActorKind::System]),
            person: violations.id("?personId", person, Into::into),
            client: violations.optional("?clientId", client_id),
            mailbox: violations.id("?mailboxId", mailbox, Into::into),
            action: act(&mut violations, action),
            outcome: outcome_of(&mut violations, outcome),
        };
        let page = page(&mut violations, limit, cursor);
        violations.unknown("?", &unknown);
        violations.finish().map(|()| (filter, page))
    }
}

/// Something that staff or a system of the organisation did or tried.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StaffLogEntryView {
    /// The entry.
    id: Uuid,
    /// When; the first time, where it is counted by the day.
    at: DateTime<Utc>,
    /// In whose log it stands.
    log: LogView,
    /// Who.
    actor: StaffActorView,
    /// Did what.
    #[schema(value_type = ActWord, example = "readConversation")]
    action: &'static str,
    /// To which thing; null where it was no single one.
    #[schema(required)]
    object: Option<ObjectView>,
    /// The rule that decided.
    #[schema(example = "DH-7")]
    ground: &'static str,
    /// `granted` or `refused`.
    #[schema(value_type = Outcome, example = "granted")]
    outcome: &'static str,
    /// How often. Looks in lists, and what strangers to a mailbox try, are one entry for each day, actor and outcome; all
    /// else is 1.
    #[schema(example = 1, minimum = 1)]
    count: u32,
    /// When last.
    last_at: DateTime<Utc>,
    /// The request, as `instance` of a problem and the program's own log name it.
    trace_id: Uuid,
}

/// The log in which an entry stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogView {
    /// Of what it is: `mailbox`, which is that of a patient, `service`, `organisation` or `platform`, for what is not there.
    #[serde(rename = "type")]
    #[schema(example = "mailbox")]
    log_type: &'static str,
    /// Of which one; null for `platform`.
    #[schema(required)]
    id: Option<Uuid>,
}

/// Who acted for the organisation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StaffActorView {
    /// `healthWorker` or `system`.
    #[schema(value_type = StaffActorKind, example = "healthWorker")]
    kind: &'static str,
    /// The health worker; null for systems, and for whoever is not known here.
    #[schema(required)]
    person_id: Option<Uuid>,
    /// The name of the health worker.
    #[schema(required, example = "Kari Nordmann")]
    name: Option<String>,
    /// The health worker's number in the register of health personnel, where the token told one.
    #[schema(required, example = "565501")]
    hpr_number: Option<String>,
    /// The `client_id` of the system; null for health workers.
    #[schema(required, example = "journal")]
    client_id: Option<String>,
    /// The number of the vendor that runs the system, where that is somebody else than the organisation.
    #[schema(required, example = "310000019")]
    supplier: Option<String>,
}

impl From<StaffActor> for StaffActorView {
    fn from(actor: StaffActor) -> Self {
        match actor {
            StaffActor::HealthWorker { person, name, hpr_number } => Self {
                kind: ActorKind::HealthWorker.as_word(),
                person_id: person.map(|person| person.as_uuid()),
                name,
                hpr_number,
                client_id: None,
                supplier: None,
            },
            StaffActor::System { client, supplier } => Self {
                kind: ActorKind::System.as_word(),
                person_id: None,
                name: None,
                hpr_number: None,
                client_id: client,
                supplier,
            },
        }
    }
}

impl From<Subject> for LogView {
    fn from(subject: Subject) -> Self {
        let id = Some(subject.as_uuid()).filter(|_| subject != Subject::Platform);
        Self { log_type: subject.kind_word(), id }
    }
}

impl From<StaffLogEntry> for StaffLogEntryView {
    fn from(entry: StaffLogEntry) -> Self {
        let StaffLogEntry { id, at, subject, actor, action, object, rule, outcome, times, trace } = entry;
        Self {
            id: id.as_uuid(),
            at,
            log: subject.into(),
            actor: actor.into(),
            action: action.as_str(),
            object: object.map(ObjectView::from),
            ground: rule.id(),
            outcome: outcome.as_word(),
            count: times.count,
            last_at: times.last_at,
            trace_id: trace.as_uuid(),
        }
    }
}

/// List what your staff and systems did
///
/// Everything that the organisation's health workers and systems did or tried, in patients' mailboxes and elsewhere, newest
/// first: for the control that a controller owes its patients. What patients did themselves is not here. Takes the scope
/// `brevdue:staff-log.read`. Looking at this list is an entry too.
#[utoipa::path(
    operation_id = "staffLogList",
    tag = "Services",
    params(StaffLogQuery),
    responses(
        (status = 200, description = "A page of the log.", body = ListView<StaffLogEntryView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/staff-log")]
pub(crate) async fn staff_log_list(
    call: Call,
    state: Data<AppState>,
    query: QueryInput<StaffLogQuery>,
) -> Result<HttpResponse, ApiError> {
    let (filter, page) = StaffLogQuery::read(query)?;
    let entries = state.store.staff_log_list(&call, filter, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(entries, StaffLogEntryView::from)))
}

//! Who did or tried what in a mailbox.

use std::borrow::Cow;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use domain::access::{Word, vocabulary, words};
use domain::audit::{AccessLogEntry, LogFilter, Object, Outcome};
use domain::id::MailboxId;
use persistence::Page;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::http::request::context::Call;
use crate::http::request::input::{Field, QueryInput, Unknown, Violations};
use crate::http::request::page::{ListView, page};
use crate::problem::responses::{CallProblems, QueryProblems};
use crate::problem::{ApiError, ViolationCode};
use crate::state::AppState;
use crate::vocabulary;
use crate::vocabulary::growing;

/// The words for what can be done, each with what it means: of the logs, and of the explanation of access.
pub(crate) struct ActWord;

impl ToSchema for ActWord {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ActWord")
    }
}

impl PartialSchema for ActWord {
    fn schema() -> RefOr<Schema> {
        let words = vocabulary().into_iter().map(|(word, meaning)| (word.as_str(), meaning));
        growing("What was done, or can be.", words)
    }
}

/// The query of the access log.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccessLogQuery {
    /// At this time or later.
    #[serde(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    after: Field<String>,
    /// Before this time.
    #[serde(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    before: Field<String>,
    /// By whom: `citizen`, `healthWorker`, `system`, `operator` or `worker`, which is Brevdue itself.
    #[serde(default)]
    #[param(value_type = Option<vocabulary::ActorKind>, example = "healthWorker")]
    actor: Field<String>,
    /// What was done.
    #[serde(default)]
    #[param(value_type = Option<ActWord>, example = "readMessage")]
    action: Field<String>,
    /// `granted` or `refused`.
    #[serde(default)]
    #[param(value_type = Option<vocabulary::Outcome>, example = "granted")]
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

impl AccessLogQuery {
    fn read(QueryInput { value, mut violations }: QueryInput<Self>) -> Result<(LogFilter, Page), ApiError> {
        let Self { after, before, actor, action, outcome, limit, cursor, unknown } = value;
        let after = violations.optional("?after", after);
        let before = violations.optional("?before", before);
        let actor = violations.optional("?actor", actor);
        let filter = LogFilter {
            after: violations.time("?after", after),
            before: violations.time("?before", before),
            actor: violations.choice("?actor", actor),
            action: act(&mut violations, action),
            outcome: outcome_of(&mut violations, outcome),
            ..LogFilter::default()
        };
        let page = page(&mut violations, limit, cursor);
        violations.unknown("?", &unknown);
        violations.finish().map(|()| (filter, page))
    }
}

/// The act that `action` names.
pub(in crate::http) fn act(violations: &mut Violations, action: Field<String>) -> Option<Word> {
    let action = violations.optional("?action", action);
    violations.parse("?action", action, |text| {
        let choices = || words().into_iter().map(Word::as_str).collect();
        Word::parse(text).ok_or_else(|| ViolationCode::NotAChoice { choices: choices() })
    })
}

/// How it ended, as `outcome` says.
pub(in crate::http) fn outcome_of(violations: &mut Violations, outcome: Field<String>) -> Option<Outcome> {
    let outcome = violations.optional("?outcome", outcome);
    violations.choice("?outcome", outcome)
}

/// Something that was done or tried in a mailbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessLogEntryView {
    /// The entry.
    id: Uuid,
    /// When; the first time, where it is counted by the day.
    at: DateTime<Utc>,
    /// Who.
    actor: ActorView,
    /// The name of the person for whom the actor acted; null where they acted for themselves.
    #[schema(required)]
    on_behalf: Option<String>,
    /// Did what.
    #[schema(value_type = ActWord, example = "readMessage")]
    action: &'static str,
    /// To which thing; null where it was the mailbox as a whole.
    #[schema(required)]
    object: Option<ObjectView>,
    /// The rule that decided.
    #[schema(example = "PP-1")]
    ground: &'static str,
    /// `granted` or `refused`.
    #[schema(value_type = vocabulary::Outcome, example = "granted")]
    outcome: &'static str,
    /// How often. Looks in lists, and what strangers try, are one entry for each day, actor and outcome; all else is 1.
    #[schema(example = 1, minimum = 1)]
    count: u32,
    /// When last.
    last_at: DateTime<Utc>,
}

/// Who acted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActorView {
    /// `citizen`, `healthWorker`, `system`, `operator` or `worker`, which is Brevdue itself.
    #[schema(value_type = vocabulary::ActorKind, example = "citizen")]
    kind: &'static str,
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

/// The thing that was acted on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectView {
    /// What it is, such as `message`, `attachment`, `conversation` or `service`. More may come.
    #[serde(rename = "type")]
    #[schema(example = "message")]
    object_type: &'static str,
    /// Which one.
    id: Uuid,
}

impl From<Object> for ObjectView {
    fn from(Object { kind, id }: Object) -> Self {
        Self { object_type: kind.as_word(), id }
    }
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
            times,
        } = entry;
        Self {
            id: id.as_uuid(),
            at,
            actor: ActorView {
                kind: actor_kind.as_word(),
                name: actor_name,
                relation: actor_relation,
                organisation: actor_organisation.map(|number| number.as_str().to_owned()),
                organisation_name: actor_organisation_name,
            },
            on_behalf,
            action: action.as_str(),
            object: object.map(ObjectView::from),
            ground: rule.id(),
            outcome: outcome.as_word(),
            count: times.count,
            last_at: times.last_at,
        }
    }
}

/// List who did what in a mailbox
///
/// Everything that was done or tried, by whom and on what ground, newest first. Looking at this list is an entry too. What
/// comes in floods is counted: that somebody saw the mailbox in a list, or tried to get at it without having anything to do
/// with it, is one entry for a day (UTC), which stands at the beginning of that day.
#[utoipa::path(
    operation_id = "accessLogList",
    tag = "Mailboxes",
    params(("mailboxId" = Uuid, Path, description = "The mailbox."), AccessLogQuery),
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
    query: QueryInput<AccessLogQuery>,
) -> Result<HttpResponse, ApiError> {
    let (filter, page) = AccessLogQuery::read(query)?;
    let entries = state.store.access_log_list(&call, path.into_inner(), filter, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(entries, AccessLogEntryView::from)))
}

//! Who may do what in a mailbox, and why (BX-2).

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use domain::access::{Change, Explanation, LawfulWay, MailboxAct, Right, in_mailbox};
use domain::id::{ConversationId, MailboxId};
use persistence::{AccessExplained, OtherAccess};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::mailbox::access_log::ActWord;
use crate::http::request::context::Call;
use crate::problem::ApiError;
use crate::problem::responses::CallProblems;
use crate::state::AppState;
use crate::vocabulary;

/// What is explained: all that can be done in a mailbox.
static EXPLAINED: LazyLock<Vec<MailboxAct>> = LazyLock::new(in_mailbox);

/// What the caller may do here, now and later.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessView {
    /// What the caller is to the owner: `self`, `parent`, `powerOfAttorney`, `assignedPowerOfAttorney`, `guardian` or
    /// `staff`.
    #[schema(example = "parent")]
    relation: &'static str,
    /// What the caller may do now, and may not.
    rights: Vec<RightView>,
    /// What will be decided otherwise, in order of time, as far as birthdays and periods tell.
    upcoming: Vec<ChangeView>,
    /// Who else may see something here, or will: for the owner, for parents, and for whom an assigned power of attorney puts in
    /// the owner's place. Empty for everybody else. Who does not see everything in the mailbox is told of no service and no
    /// conversation of which they see nothing.
    others: Vec<OtherAccessView>,
}

/// Whether something may be done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RightView {
    /// What, by the words of the access log.
    #[schema(value_type = ActWord, example = "readMessage")]
    action: &'static str,
    /// Whether it is allowed now.
    allowed: bool,
    /// The rule that decides.
    #[schema(example = "CHI-1")]
    rule: &'static str,
    /// When it will be decided otherwise; null where nothing foreseen changes it.
    #[schema(required)]
    until: Option<DateTime<Utc>>,
}

/// Something that will be decided otherwise.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangeView {
    /// From when on.
    at: DateTime<Utc>,
    /// What, by the words of the access log.
    #[schema(value_type = ActWord, example = "readMessage")]
    action: &'static str,
    /// Whether it is allowed from then on.
    allowed: bool,
    /// The rule that will decide. Where only the rule changes, something is seen less or more of, such as by parents when
    /// a child turns 12.
    #[schema(example = "CHI-3")]
    rule: &'static str,
}

/// Somebody else who may see something in the mailbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OtherAccessView {
    /// Their name. Of a holder of a power of attorney, what you call them; null where you have called them nothing.
    #[schema(required, example = "Kari Nordmann")]
    name: Option<String>,
    /// The national identity number of a holder of a power of attorney, as you wrote it. Such a person is listed whether they can use
    /// it or not, which is decided when they do. Null for others.
    #[schema(required, example = "08854500016")]
    national_id: Option<String>,
    /// What they are to the owner, as in `relation` above; null as long as they are nothing yet.
    #[schema(required, example = "powerOfAttorney")]
    relation: Option<&'static str>,
    /// The service that they work for; null for citizens.
    #[schema(required)]
    service: Option<WorkplaceView>,
    /// What gives a health worker access: `followUp` (the service has said that they follow the owner up), `responsibility`
    /// (the service's nightly exchange names them), `recordedAccess` (they have put on record that they have lawful access)
    /// or `assignment` (they are to answer a conversation that is not closed, and see that conversation). Empty for citizens.
    #[schema(value_type = Vec<vocabulary::LawfulWay>, example = json!(["responsibility"]))]
    ways: Vec<&'static str>,
    /// The conversations that a health worker is to answer, as far as you can see them. Where `assignment` is their only
    /// way, they see nothing else.
    conversation_ids: Vec<Uuid>,
    /// What they may do now.
    rights: Vec<RightView>,
    /// What will be decided otherwise.
    upcoming: Vec<ChangeView>,
}

/// The service that a health worker works for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkplaceView {
    /// The service.
    id: Uuid,
    /// Its name.
    name: String,
}

impl From<Right> for RightView {
    fn from(Right { act, is_allowed, rule, until }: Right) -> Self {
        Self { action: act.word().as_str(), allowed: is_allowed, rule: rule.id(), until }
    }
}

impl From<Change> for ChangeView {
    fn from(Change { at, act, is_allowed, rule }: Change) -> Self {
        Self { at, action: act.word().as_str(), allowed: is_allowed, rule: rule.id() }
    }
}

/// The rights, and what will change of them: of what is not allowed before nor after, only the reason would.
fn views(Explanation { rights, upcoming }: Explanation) -> (Vec<RightView>, Vec<ChangeView>) {
    let mut allowed: HashMap<MailboxAct, bool> = rights.iter().map(|right| (right.act, right.is_allowed)).collect();
    let mut matters = |change: &Change| {
        let was_allowed = allowed.insert(change.act, change.is_allowed).unwrap_or(false);
        was_allowed || change.is_allowed
    };
    let upcoming = upcoming.into_iter().filter(|change| matters(change)).map(ChangeView::from).collect();
    (rights.into_iter().map(RightView::from).collect(), upcoming)
}

impl From<AccessExplained> for AccessView {
    fn from(AccessExplained { relation, own, others }: AccessExplained) -> Self {
        let (rights, upcoming) = views(own);
        Self { relation, rights, upcoming, others: others.into_iter().map(OtherAccessView::from).collect() }
    }
}

impl From<OtherAccess> for OtherAccessView {
    fn from(other: OtherAccess) -> Self {
        let OtherAccess { name, national_id, relation, service, ways, conversations, explanation } = other;
        let national_id = national_id.map(|number| number.expose().to_owned());
        let (mut rights, upcoming) = views(explanation);
        // Of others the owner wants to know what they may, not all that they may not.
        rights.retain(|right| right.allowed);
        let service = service.map(|(id, name)| WorkplaceView { id: id.as_uuid(), name });
        let ways = ways.into_iter().map(LawfulWay::as_word).collect();
        let conversation_ids = conversations.into_iter().map(ConversationId::as_uuid).collect();
        Self { name, national_id, relation, service, ways, conversation_ids, rights, upcoming }
    }
}

/// Explain who may do what in a mailbox
///
/// What the caller may do here and what not, each with the rule that decides, and what birthdays and periods will change.
/// The owner, and whoever stands in the owner's place, is also told who else may see something.
#[utoipa::path(
    operation_id = "accessExplain",
    tag = "Mailboxes",
    params(("mailboxId" = Uuid, Path, description = "The mailbox.")),
    responses((status = 200, description = "The explanation.", body = AccessView), CallProblems),
)]
#[get("/v1/mailboxes/{mailboxId}/access")]
pub(crate) async fn access_explain(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
) -> Result<HttpResponse, ApiError> {
    let explained = state.store.access_explain(&call, path.into_inner(), &EXPLAINED).await?;
    Ok(HttpResponse::Ok().json(AccessView::from(explained)))
}

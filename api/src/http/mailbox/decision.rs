//! What is decided about a mailbox as a whole: a child's consent and access, the owner's lock.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, put};
use domain::id::MailboxId;

use crate::http::me::profile::{ConsentRequest, ConsentView, level_of};
use crate::http::request::context::Call;
use crate::http::request::input::JsonBody;
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems};
use crate::state::AppState;

/// Give or change the consent of a mailbox
///
/// For a child under 16, by somebody with parental responsibility (CHI-12); for somebody who lacks decision competence, by
/// whom a power of attorney was assigned to (FUL-14). Owners use `/v1/me/consent`, or this. A holder of an ordinary power
/// of attorney never decides it (FUL-9).
#[utoipa::path(
    operation_id = "mailboxConsentSet",
    tag = "Mailboxes",
    params(("mailboxId" = Uuid, Path, description = "The mailbox.")),
    request_body = ConsentRequest,
    responses((status = 200, description = "The consent.", body = ConsentView), CallProblems, BodyProblems),
)]
#[put("/v1/mailboxes/{mailboxId}/consent")]
pub(crate) async fn mailbox_consent_set(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
    body: JsonBody<ConsentRequest>,
) -> Result<HttpResponse, ApiError> {
    let level = level_of(body.value)?;
    let consent = state.store.consent_set(&call, Some(path.into_inner()), level, state.terms.of_use()).await?;
    Ok(HttpResponse::Ok().json(ConsentView::from(consent)))
}

/// Withdraw the consent of a mailbox
///
/// By the same persons as give it. The inbox closes and everything in it goes; what senders and the record of consents
/// hold stays.
#[utoipa::path(
    operation_id = "mailboxConsentWithdraw",
    tag = "Mailboxes",
    params(("mailboxId" = Uuid, Path, description = "The mailbox.")),
    responses((status = 204, description = "It is withdrawn."), CallProblems),
)]
#[delete("/v1/mailboxes/{mailboxId}/consent")]
pub(crate) async fn mailbox_consent_withdraw(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
) -> Result<HttpResponse, ApiError> {
    state.store.consent_withdraw(&call, Some(path.into_inner()), state.terms.of_use()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Give a child access of its own
///
/// By somebody with parental responsibility, from when the child is 12. The child can then use what services open to
/// young people, from 13 on and while the consent is at level `full` (CHI-8). Parents keep their own access.
#[utoipa::path(
    operation_id = "youthAccessGive",
    tag = "Mailboxes",
    params(("mailboxId" = Uuid, Path, description = "The child's mailbox.")),
    responses((status = 204, description = "The child has access."), CallProblems),
)]
#[put("/v1/mailboxes/{mailboxId}/youth-access")]
pub(crate) async fn youth_access_give(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
) -> Result<HttpResponse, ApiError> {
    state.store.youth_access_set(&call, path.into_inner(), true).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take back a child's access of its own
///
/// By somebody with parental responsibility. What the child arranges alone stays open to it (CHI-10).
#[utoipa::path(
    operation_id = "youthAccessTake",
    tag = "Mailboxes",
    params(("mailboxId" = Uuid, Path, description = "The child's mailbox.")),
    responses((status = 204, description = "The child has no access of its own any more."), CallProblems),
)]
#[delete("/v1/mailboxes/{mailboxId}/youth-access")]
pub(crate) async fn youth_access_take(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
) -> Result<HttpResponse, ApiError> {
    state.store.youth_access_set(&call, path.into_inner(), false).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lock my mailbox
///
/// Nobody but the services' own staff sees anything in it then: not I, and nobody who acts for me (CON-14). To others it
/// looks as if it had never been opened.
#[utoipa::path(
    operation_id = "meLock",
    tag = "Me",
    responses((status = 204, description = "It is locked."), CallProblems),
)]
#[put("/v1/me/emergency-lock")]
pub(crate) async fn me_lock(call: Call, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    state.store.mailbox_lock(&call, true).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Open the lock of my mailbox
///
/// What was held meanwhile comes in at once.
#[utoipa::path(
    operation_id = "meUnlock",
    tag = "Me",
    responses((status = 204, description = "It is open."), CallProblems),
)]
#[delete("/v1/me/emergency-lock")]
pub(crate) async fn me_unlock(call: Call, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    state.store.mailbox_lock(&call, false).await?;
    Ok(HttpResponse::NoContent().finish())
}

//! From whom a message is withheld.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, put};
use domain::id::{MailboxId, MessageId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems};
use crate::state::AppState;

/// Whether a message is withheld.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WithholdRequest {
    /// Whether it is.
    #[schema(value_type = bool, example = true)]
    withheld: Field<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

fn is_withheld(request: WithholdRequest) -> Result<bool, ApiError> {
    let WithholdRequest { withheld, unknown } = request;
    let mut violations = Violations::new();
    let withheld = violations.required("/withheld", withheld);
    violations.unknown("", &unknown);
    let Some(withheld) = withheld else { return Err(violations.into_error()) };
    violations.finish()?;
    Ok(withheld)
}

/// Withhold a message from holders of a power of attorney
///
/// Or show it to them again. By the owner alone (FUL-18).
#[utoipa::path(
    operation_id = "messageWithholdFromHolders",
    tag = "Mailboxes",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("messageId" = Uuid, Path, description = "The message."),
    ),
    request_body = WithholdRequest,
    responses((status = 204, description = "It is as asked."), CallProblems, BodyProblems),
)]
#[put("/v1/mailboxes/{mailboxId}/messages/{messageId}/withheld-from-holders")]
pub(crate) async fn message_withhold_from_holders(
    call: Call,
    state: Data<AppState>,
    path: Path<(MailboxId, MessageId)>,
    body: JsonBody<WithholdRequest>,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, id) = path.into_inner();
    state.store.message_withhold_from_holders(&call, mailbox, id, is_withheld(body.value)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Withhold a message from parents
///
/// Or show it to them again. By health personnel of the service that sent it (CHI-6).
#[utoipa::path(
    operation_id = "messageWithholdFromParents",
    tag = "Mailboxes",
    params(
        ("mailboxId" = Uuid, Path, description = "The child's mailbox."),
        ("messageId" = Uuid, Path, description = "The message."),
    ),
    request_body = WithholdRequest,
    responses((status = 204, description = "It is as asked."), CallProblems, BodyProblems),
)]
#[put("/v1/mailboxes/{mailboxId}/messages/{messageId}/withheld-from-parents")]
pub(crate) async fn message_withhold_from_parents(
    call: Call,
    state: Data<AppState>,
    path: Path<(MailboxId, MessageId)>,
    body: JsonBody<WithholdRequest>,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, id) = path.into_inner();
    state.store.message_withhold_from_parents(&call, mailbox, id, is_withheld(body.value)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

//! Taking a message back (BX-4).

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};

use crate::http::request::context::Call;
use crate::http::service::sending::{SendingPath, SendingView};
use crate::language::Language;
use crate::problem::responses::CallProblems;
use crate::problem::{ApiError, ProblemBody};
use crate::state::AppState;

/// Take a message back
///
/// As long as nobody has opened it and it has not left the mailbox for a printer or a provider. It is in the inbox no more,
/// nobody is told of it, and it does not go on paper. Again changes nothing. What can be answered belongs to its conversation and
/// stays. Takes the scope `brevdue:messages.write`.
#[utoipa::path(
    operation_id = "messageWithdraw",
    tag = "Services",
    params(SendingPath),
    responses(
        (status = 200, description = "It is taken back.", body = SendingView),
        (status = 409, description = "It has been opened or has left, or belongs to a conversation.", body = ProblemBody, content_type = "application/problem+json"),
        CallProblems,
    ),
)]
#[post("/v1/services/{serviceId}/messages/{messageId}/withdrawal")]
pub(crate) async fn message_withdraw(
    call: Call,
    state: Data<AppState>,
    path: Path<SendingPath>,
    language: Language,
) -> Result<HttpResponse, ApiError> {
    let sending = state.store.message_withdraw(&call, path.service_id, path.message_id).await?;
    Ok(HttpResponse::Ok().json(SendingView::of(sending, language)))
}

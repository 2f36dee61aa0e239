//! What the sandbox has sent out.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::sandbox;
use crate::problem::ApiError;
use crate::sandbox::outbox::Sent;
use crate::state::AppState;

/// Everything that left the mailbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OutboxView {
    /// Oldest first; the latest 10,000.
    items: Vec<SentView>,
}

/// Something that left the mailbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentView {
    /// What the other side knows it by.
    id: Uuid,
    /// `sms`, `email`, `print` or `digitalMailbox`.
    #[schema(example = "sms")]
    kind: &'static str,
    /// When it came.
    at: DateTime<Utc>,
    /// The number or address; name and postal address; or the provider, the mailbox and its owner.
    #[schema(example = "+4799000001")]
    to: String,
    /// The line of an e-mail, or what a letter is called.
    #[schema(required)]
    subject: Option<String>,
    /// What a notice says.
    text: String,
    /// The sizes of a letter's documents in bytes; the first is the letter itself.
    documents: Vec<usize>,
    /// How often it came. Who knows it by its id takes it once.
    times: u32,
}

impl From<Sent> for SentView {
    fn from(sent: Sent) -> Self {
        let Sent { id, kind, at, to, subject, text, documents, times } = sent;
        Self { id, kind, at, to, subject, text, documents, times }
    }
}

/// Show what was sent out
///
/// Every SMS, e-mail and letter. They go nowhere else.
#[utoipa::path(
    operation_id = "sandboxOutboxShow",
    tag = "Sandbox",
    security(()),
    responses((status = 200, description = "What was sent.", body = OutboxView)),
)]
#[get("/sandbox/outbox")]
pub(crate) async fn sandbox_outbox_show(state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let items = sandbox(&state)?.partners.outbox.sent().into_iter().map(SentView::from).collect();
    Ok(HttpResponse::Ok().json(OutboxView { items }))
}

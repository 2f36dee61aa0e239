//! Mailboxes: whose they are, and how much is unread.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use domain::id::MailboxId;
use domain::mailbox::Mailbox;
use persistence::Mailboxes;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::request::context::Call;
use crate::http::request::etag::tagged;
use crate::problem::ApiError;
use crate::problem::responses::CallProblems;
use crate::state::AppState;

/// A mailbox that the caller may open.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailboxView {
    /// The mailbox.
    id: Uuid,
    /// The owner's name.
    #[schema(example = "Kari Nordmann")]
    name: String,
    /// What the caller is to the owner: `self`, `parent`, `powerOfAttorney`, `assignedPowerOfAttorney`, `guardian` or
    /// `staff`.
    #[schema(example = "self")]
    relation: &'static str,
    /// How many messages that the caller can see have not been read.
    unread: u64,
}

impl From<Mailbox> for MailboxView {
    fn from(Mailbox { id, owner_name, relation, unread }: Mailbox) -> Self {
        Self { id: id.as_uuid(), name: owner_name.expose().to_owned(), relation, unread }
    }
}

/// The mailboxes that the caller may open.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailboxesView {
    /// The mailboxes: the caller's own first.
    items: Vec<MailboxView>,
    /// Always null: they come all at once.
    #[schema(required)]
    next_cursor: Option<String>,
    /// Whether there may be more: the population register is away, and without it nobody acts for others. Ask again later.
    incomplete: bool,
}

impl From<Mailboxes> for MailboxesView {
    fn from(Mailboxes { mailboxes, is_incomplete }: Mailboxes) -> Self {
        let items = mailboxes.into_iter().map(MailboxView::from).collect();
        Self { items, next_cursor: None, incomplete: is_incomplete }
    }
}

/// Show a mailbox
///
/// Whose it is, what the caller is to the owner, and how many messages are unread.
#[utoipa::path(
    operation_id = "mailboxShow",
    tag = "Mailboxes",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("If-None-Match" = Option<String>, Header, nullable = false,
            description = "The `ETag` of the answer that the caller has."),
    ),
    responses(
        (status = 200, description = "The mailbox.", body = MailboxView,
            headers(("ETag" = String, description = "Changes whenever the answer does."))),
        (status = 304, description = "The caller has it already."),
        CallProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}")]
pub(crate) async fn mailbox_show(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let mailbox = state.store.mailbox_fetch(&call, path.into_inner()).await?;
    tagged(&request, &MailboxView::from(mailbox))
}

//! Webhooks: addresses to which an organisation has its feed sent (BX-8).

pub(in crate::http) mod delivery;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use chrono::{DateTime, Utc};
use domain::id::WebhookId;
use domain::webhook::{Webhook, WebhookKey, WebhookUrl};
use persistence::WebhookChange;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::request::context::Call;
use crate::http::request::etag::{Expected, tagged_as, version_of};
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::http::request::page::ListView;
use crate::outbound::webhook::public_key;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems, KeyProblems, VersionProblems};
use crate::problem::{ApiError, ViolationCode};
use crate::state::AppState;
use crate::vocabulary::WebhookState;

/// Which webhook.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
struct WebhookPath {
    /// The webhook.
    #[param(value_type = Uuid)]
    webhook_id: WebhookId,
}

/// An address to which events are to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookRequest {
    /// `https`, at port 443 where the operator takes no others, without user and fragment, and open to the world. A sandbox also takes one of its own machine, over `http`.
    #[schema(value_type = String, max_length = 2000, example = "https://ehr.example.no/brevdue")]
    url: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What to change. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookChangeRequest {
    /// Another address. Its receiver answers a challenge first.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000)]
    url: Field<String>,
    /// `true`: nothing is sent, and events wait. `false`: they are sent again, once the receiver has answered a challenge.
    /// That also begins anew with a webhook that has ended.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    paused: Field<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// An address to which events are sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookView {
    id: Uuid,
    url: String,
    /// `unconfirmed`: the receiver has not yet answered the challenge, and events wait. `active`: they are sent. `paused`:
    /// the organisation has put it on hold, and they wait. `ended`: nothing is sent any more.
    #[schema(value_type = WebhookState, example = "active")]
    state: &'static str,
    /// Why it has ended. `gone`: the receiver answered `410`. `challengeFailed`: it did not answer the challenge in three
    /// days. `eventsExpired`: events that it had not got have left the feed. `organisationEnded`: its organisation has stopped using
    /// the mailbox.
    #[schema(required)]
    ended_because: Option<&'static str>,
    /// The keys that sign, oldest first. Each request carries a signature of every one of them.
    keys: Vec<WebhookKeyView>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// The `ETag`, as `If-Match` takes it.
    version: String,
}

/// A key that signs what is sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookKeyView {
    id: Uuid,
    /// What verifies its signatures: an Ed25519 key as Standard Webhooks writes it.
    #[schema(example = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")]
    public_key: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Until when it signs; none for the newest.
    #[schema(required)]
    signs_until: Option<DateTime<Utc>>,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        // How far it has come changes with each event, and the version would with it.
        let Webhook { id, url, state, ended_because, last_number: _, keys, created_at } = webhook;
        let mut view = Self {
            id: id.as_uuid(),
            url: url.as_str().to_owned(),
            state: state.as_word(),
            ended_because: ended_because.map(|reason| reason.as_word()),
            keys: keys.into_iter().map(WebhookKeyView::from).collect(),
            created_at,
            version: String::new(),
        };
        view.version = version_of(&view);
        view
    }
}

impl From<WebhookKey> for WebhookKeyView {
    fn from(key: WebhookKey) -> Self {
        let WebhookKey { id, public_key: key, created_at, signs_until } = key;
        Self { id: id.as_uuid(), public_key: public_key(&key), created_at, signs_until }
    }
}

fn path_of(id: WebhookId) -> String {
    format!("/v1/webhooks/{id}")
}

/// What `url` says, where it is an address that may be sent to.
fn address(state: &AppState, violations: &mut Violations, url: Option<String>) -> Option<WebhookUrl> {
    let url = violations.parse("/url", url, WebhookUrl::parse)?;
    if state.post.courier().admits(url.as_str()) {
        return Some(url);
    }
    violations.add("/url", ViolationCode::NotAReceiver);
    None
}

/// Have events sent to an address
///
/// The receiver is asked first whether it wants them: it gets a `POST` of `{"type": "webhook.challenge", "challenge": "…"}`
/// and answers with `200` and `{"challenge": "…"}`, the same. After that it gets what has happened since the webhook was
/// made, each event as the feed shows it, by the rules of Standard Webhooks: `webhook-id` is the event's id and the same each
/// time that it is sent, `webhook-timestamp` is in seconds since 1970, and `webhook-signature` has for each key
/// `v1a,<base64>`, an Ed25519 signature over id, timestamp and body with full stops between.
///
/// An answer of 2xx takes an event. `410` ends the webhook. Any other 4xx gives the event up, but for 408, 425 and 429; those,
/// 3xx, 5xx and no answer have it sent again for three days, at growing intervals. What was given up is listed and can be sent
/// again. Takes the scope `brevdue:webhooks.write`. The events of one mailbox come in their order: one that has to come again holds up the later ones of its mailbox,
/// and no others. The same event can come twice. Redirects are not followed.
#[utoipa::path(
    operation_id = "webhookCreate",
    tag = "Events",
    params(("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = WebhookRequest,
    responses(
        (status = 201, description = "The webhook.", body = WebhookView, headers(
            ("Location" = String, description = "Its path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/webhooks")]
pub(crate) async fn webhook_create(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    body: JsonBody<WebhookRequest>,
) -> Result<HttpResponse, ApiError> {
    let key = optional_key(&request, &body.sha256)?;
    let WebhookRequest { url, unknown } = body.value;
    let mut violations = Violations::new();
    let url = violations.required("/url", url);
    let url = address(&state, &mut violations, url);
    violations.unknown("", &unknown);
    let Some(url) = url else { return Err(violations.into_error()) };
    violations.finish()?;
    let (webhook, replayed) = state.store.webhook_create(&call, url, key).await?.into_parts();
    Ok(created(path_of(webhook.id), replayed).json(WebhookView::from(webhook)))
}

/// List the webhooks
///
/// Those of the organisation, oldest first.
#[utoipa::path(
    operation_id = "webhookList",
    tag = "Events",
    responses((status = 200, description = "All of them.", body = ListView<WebhookView>), CallProblems),
)]
#[get("/v1/webhooks")]
pub(crate) async fn webhook_list(call: Call, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let webhooks = state.store.webhook_list(&call).await?;
    Ok(HttpResponse::Ok().json(ListView::whole(webhooks, WebhookView::from)))
}

/// Read a webhook
///
/// With the keys that verify what it sends.
#[utoipa::path(
    operation_id = "webhookShow",
    tag = "Events",
    params(WebhookPath),
    responses(
        (status = 200, description = "The webhook.", body = WebhookView, headers(
            ("ETag" = String, description = "The version, for `If-Match` of a change."),
        )),
        (status = 304, description = "The caller has it already."),
        CallProblems,
    ),
)]
#[get("/v1/webhooks/{webhookId}")]
pub(crate) async fn webhook_show(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<WebhookPath>,
) -> Result<HttpResponse, ApiError> {
    let view = WebhookView::from(state.store.webhook_fetch(&call, path.webhook_id).await?);
    tagged_as(&request, &view.version, &view)
}

/// Change a webhook
///
/// Move it to another address, put it on hold, or begin anew. What is on its way at the moment may come twice.
#[utoipa::path(
    operation_id = "webhookChange",
    tag = "Events",
    params(WebhookPath, ("If-Match" = String, Header, description = "The `ETag` of the version that the change starts from.")),
    request_body = WebhookChangeRequest,
    responses(
        (status = 200, description = "The webhook as it is now.", body = WebhookView, headers(
            ("ETag" = String, description = "The new version."),
        )),
        CallProblems,
        BodyProblems,
        VersionProblems,
    ),
)]
#[patch("/v1/webhooks/{webhookId}")]
pub(crate) async fn webhook_change(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<WebhookPath>,
    body: JsonBody<WebhookChangeRequest>,
) -> Result<HttpResponse, ApiError> {
    let expected = Expected::required(&request)?;
    let WebhookChangeRequest { url, paused, unknown } = body.value;
    let mut violations = Violations::new();
    let url = violations.optional("/url", url);
    let url = address(&state, &mut violations, url);
    let is_paused = violations.optional("/paused", paused);
    violations.unknown("", &unknown);
    violations.finish()?;
    let is_current = move |webhook: &Webhook| expected.is_version(&WebhookView::from(webhook.clone()).version);
    let change = WebhookChange { url, is_paused };
    let webhook = state.store.webhook_change(&call, path.webhook_id, change, is_current).await?;
    let view = WebhookView::from(webhook);
    tagged_as(&request, &view.version, &view)
}

/// Remove a webhook
///
/// With its keys and the list of what it has not delivered. The feed has it all still.
#[utoipa::path(
    operation_id = "webhookDelete",
    tag = "Events",
    params(WebhookPath),
    responses((status = 204, description = "It is gone."), CallProblems),
)]
#[delete("/v1/webhooks/{webhookId}")]
pub(crate) async fn webhook_delete(
    call: Call,
    state: Data<AppState>,
    path: Path<WebhookPath>,
) -> Result<HttpResponse, ApiError> {
    state.store.webhook_delete(&call, path.webhook_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Give a webhook another key
///
/// It signs at once. Those before it sign beside it for 24 hours more, so that a receiver has time to change over: it
/// accepts what any key that it knows has signed. At most five sign at a time.
#[utoipa::path(
    operation_id = "webhookKeyAdd",
    tag = "Events",
    params(WebhookPath),
    responses(
        (status = 200, description = "The webhook with all keys that sign now.", body = WebhookView),
        CallProblems,
        KeyProblems,
    ),
)]
#[post("/v1/webhooks/{webhookId}/keys")]
pub(crate) async fn webhook_key_add(
    call: Call,
    state: Data<AppState>,
    path: Path<WebhookPath>,
) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(WebhookView::from(state.store.webhook_key_add(&call, path.webhook_id).await?)))
}

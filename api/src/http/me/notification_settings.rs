//! How the citizen wants to be told that something has come (DH-9).

use actix_web::web::Data;
use actix_web::{HttpResponse, get, patch};
use domain::notification::NotificationSettings;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems};
use crate::state::AppState;

/// How the citizen is told that something has come.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationSettingsView {
    /// By SMS, where there is a number.
    sms: bool,
    /// By e-mail, where there is an address.
    email: bool,
}

impl From<NotificationSettings> for NotificationSettingsView {
    fn from(NotificationSettings { sms, email }: NotificationSettings) -> Self {
        Self { sms, email }
    }
}

/// How the citizen wants to be told. What is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationSettingsRequest {
    /// Whether by SMS.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    sms: Field<bool>,
    /// Whether by e-mail.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    email: Field<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Show how I am told that something has come
///
/// As long as the caller has not said otherwise, by SMS and by e-mail, at the addresses in the contact register or else at
/// those that the caller has entered here.
#[utoipa::path(
    operation_id = "meNotificationSettingsShow",
    tag = "Me",
    responses(
        (status = 200, description = "How the caller is told.", body = NotificationSettingsView),
        CallProblems,
    ),
)]
#[get("/v1/me/notification-settings")]
pub(crate) async fn me_notification_settings_show(call: Call, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let settings = state.store.notification_settings_fetch(&call).await?;
    Ok(HttpResponse::Ok().json(NotificationSettingsView::from(settings)))
}

/// Change how I am told that something has come
///
/// Who is told in no way finds what has come when they look. It holds for the caller's own messages and for those of whom
/// the caller acts for. What is not named stays. Also taken as `application/merge-patch+json`.
#[utoipa::path(
    operation_id = "meNotificationSettingsChange",
    tag = "Me",
    request_body = NotificationSettingsRequest,
    responses(
        (status = 200, description = "How the caller is told from now on.", body = NotificationSettingsView),
        CallProblems,
        BodyProblems,
    ),
)]
#[patch("/v1/me/notification-settings")]
pub(crate) async fn me_notification_settings_change(
    call: Call,
    state: Data<AppState>,
    body: JsonBody<NotificationSettingsRequest>,
) -> Result<HttpResponse, ApiError> {
    let NotificationSettingsRequest { sms, email, unknown } = body.value;
    let mut violations = Violations::new();
    let sms = violations.optional("/sms", sms);
    let email = violations.optional("/email", email);
    violations.unknown("", &unknown);
    violations.finish()?;
    let settings = state.store.notification_settings_change(&call, sms, email).await?;
    Ok(HttpResponse::Ok().json(NotificationSettingsView::from(settings)))
}

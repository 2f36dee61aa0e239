//! Who can be reached digitally.

use std::collections::HashSet;

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use domain::id::ServiceId;
use domain::identity::{NationalId, NumberSeries};
use domain::routing::Channel;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::problem::responses::{BodyProblems, CallProblems};
use crate::problem::{ApiError, ViolationCode};
use crate::state::AppState;
use crate::vocabulary;

/// The most persons of one question.
const MOST: usize = 1000;

/// Of whom it is asked, and for which service.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReachabilityRequest {
    /// The service that would send.
    #[schema(value_type = Uuid)]
    service_id: Field<String>,
    /// The national identity numbers: 1 to 1,000, each once.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 1000, example = json!(["29827200059"]))]
    national_ids: Field<Vec<Field<String>>>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Who can be reached.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReachabilityView {
    /// Each of those asked about, in the order of the question.
    items: Vec<ReachableView>,
}

/// Whether somebody can be reached.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReachableView {
    /// The national identity number, as it was asked.
    #[schema(example = "29827200059")]
    national_id: String,
    /// Whether a letter of the service would reach them digitally now. Those who do not exist, are dead, are reserved or have
    /// an inbox that is closed to the service are not told apart.
    digital: bool,
    /// Over which channel: `inbox` or `digitalMailbox`.
    #[schema(value_type = Option<vocabulary::Channel>, required, example = "inbox")]
    channel: Option<&'static str>,
}

/// Ask who can be reached digitally
///
/// For a service of the caller's organisation, by a system with the scope `brevdue:messages.write`. Nothing is stored but
/// that it was asked. Where a register is away nobody guesses: the answer is a problem that passes.
#[utoipa::path(
    operation_id = "reachabilityCheck",
    tag = "Services",
    request_body = ReachabilityRequest,
    responses(
        (status = 200, description = "Who can be reached.", body = ReachabilityView),
        CallProblems,
        BodyProblems,
    ),
)]
#[post("/v1/recipients/reachability")]
pub(crate) async fn reachability_check(
    call: Call,
    state: Data<AppState>,
    body: JsonBody<ReachabilityRequest>,
) -> Result<HttpResponse, ApiError> {
    let (service, numbers) = question(body.value, state.series)?;
    let channels = state.store.reachability(&call, service, numbers.clone()).await?;
    let item = |(number, channel): (&NationalId, Option<Channel>)| ReachableView {
        national_id: number.expose().to_owned(),
        digital: channel.is_some(),
        channel: channel.map(Channel::as_word),
    };
    Ok(HttpResponse::Ok().json(ReachabilityView { items: numbers.iter().zip(channels).map(item).collect() }))
}

fn question(request: ReachabilityRequest, series: NumberSeries) -> Result<(ServiceId, Vec<NationalId>), ApiError> {
    let ReachabilityRequest { service_id, national_ids, unknown } = request;
    let mut violations = Violations::new();
    let service = violations.required("/serviceId", service_id);
    let service = violations.id("/serviceId", service, ServiceId::from);
    let list = violations.required("/nationalIds", national_ids);
    match list.as_ref().map(Vec::len) {
        Some(0) => violations.add("/nationalIds", ViolationCode::Empty),
        Some(count) if count > MOST => violations.add("/nationalIds", ViolationCode::TooMany { max: MOST }),
        _ => {}
    }
    let (mut numbers, mut seen) = (Vec::new(), HashSet::new());
    for (place, field) in list.into_iter().flatten().take(MOST).enumerate() {
        let pointer = format!("/nationalIds/{place}");
        let text = violations.required(&pointer, field);
        let Some(number) = violations.parse(&pointer, text, |text| NationalId::parse(text, series)) else { continue };
        if seen.insert(number.clone()) {
            numbers.push(number);
        } else {
            violations.add(pointer, ViolationCode::Duplicate);
        }
    }
    violations.unknown("", &unknown);
    let Some(service) = service else { return Err(violations.into_error()) };
    violations.finish()?;
    Ok((service, numbers))
}

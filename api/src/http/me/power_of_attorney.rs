//! Powers of attorney that the caller has given or received.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use chrono::{DateTime, NaiveDate, Utc};
use domain::id::PowerOfAttorneyId;
use domain::identity::{NationalId, NumberSeries};
use domain::power_of_attorney::{HolderName, HolderSeen, HolderWords, Period, PowerOfAttorney, ServiceArea};
use persistence::{NewPower, PowerTerms};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::request::context::Call;
use crate::http::request::etag::tagged;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::page::{ListView, PageQuery};
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems, QueryProblems};
use crate::problem::{ApiError, ViolationCode};
use crate::state::AppState;
use crate::vocabulary::{EndedBy, PowerKind, PowerRole, PowerStatus};

/// The most areas that one request names.
const MOST_AREAS: usize = 100;

/// A power of attorney that the caller gives.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PowerOfAttorneyRequest {
    /// Who is to hold it: somebody else, of 18 years or older.
    #[schema(value_type = HolderRequest)]
    holder: Field<HolderRequest>,
    /// The codes of the service areas that it covers: one or more.
    #[schema(value_type = Vec<i16>, min_items = 1, example = json!([3]))]
    areas: Field<Vec<Field<i64>>>,
    /// The first day on which it holds; today where left out. Days begin at midnight in Oslo.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    valid_from: Field<String>,
    /// The last day on which it holds. Open-ended where left out.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    valid_to: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// What takes the place of a power of attorney. Who holds it stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PowerOfAttorneyChangeRequest {
    /// The codes of the service areas that it covers: one or more.
    #[schema(value_type = Vec<i16>, min_items = 1, example = json!([3]))]
    areas: Field<Vec<Field<i64>>>,
    /// The first day on which it holds; where left out today, or when the one that it replaces would begin.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    valid_from: Field<String>,
    /// The last day on which it holds. Open-ended where left out.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    valid_to: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A person.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonRequest {
    /// The national identity number.
    #[schema(value_type = String, example = "08854500016")]
    national_id: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Who is to hold a power of attorney.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HolderRequest {
    /// The national identity number.
    #[schema(value_type = String, example = "08854500016")]
    national_id: Field<String>,
    /// What the giver calls them, for their own lists and messages: at most 100 characters. The register's name is never told.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100, example = "Tante Kari")]
    name: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A power of attorney that the caller has given or received.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PowerOfAttorneyView {
    id: Uuid,
    /// What the caller is: `giver` or `holder`.
    #[schema(value_type = PowerRole, example = "giver")]
    role: &'static str,
    /// `powerOfAttorney`, or `assignedPowerOfAttorney` where the giver lacks decision competence.
    #[schema(value_type = PowerKind, example = "powerOfAttorney")]
    kind: &'static str,
    /// `pending` until it begins, `active` while it holds, `suspended` while it cannot be used (no reason is told; to the giver
    /// never because of the holder: whether the holder can use it is decided when they do), `expired` when its time is over, `ended` by somebody, or `replaced` by an edit.
    #[schema(value_type = PowerStatus, example = "active")]
    status: &'static str,
    /// The codes of the service areas that it covers. The inbox takes area 3 (FUL-4).
    #[schema(example = json!([3]))]
    areas: Vec<i16>,
    /// The first day on which it holds.
    valid_from: NaiveDate,
    /// The last day on which it holds; null where it is open-ended.
    #[schema(required)]
    valid_to: Option<NaiveDate>,
    /// Who gave it.
    giver: PartyView,
    /// Who holds it: for the giver as they wrote it, for the holder their own name.
    holder: PartyView,
    /// The giver's mailbox. For a holder null, unless the power of attorney is active.
    #[schema(required)]
    mailbox_id: Option<Uuid>,
    /// When it was given.
    given_at: DateTime<Utc>,
    /// When it was ended before its time; null where it was not.
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
    /// By whom or what: `giver`, `holder`, `operator` or `replacement`; null where it was not.
    #[schema(value_type = Option<EndedBy>, required, example = "holder")]
    ended_by: Option<&'static str>,
    /// What took its place; null where nothing did.
    #[schema(required)]
    replaced_by: Option<Uuid>,
}

/// One side of a power of attorney.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartyView {
    /// The name. Of the giver, null where they are no longer available here; no reason is told. Of the holder, what the giver calls
    /// them; null where the giver has called them nothing.
    #[schema(required, example = "Kari Nordmann")]
    name: Option<String>,
    /// The national identity number of the holder, for the giver, who wrote it. Null otherwise.
    #[schema(required, example = "08854500016")]
    national_id: Option<String>,
}

impl From<PowerOfAttorney> for PowerOfAttorneyView {
    fn from(power: PowerOfAttorney) -> Self {
        let mailbox_shown = power.mailbox_shown();
        let PowerOfAttorney {
            id,
            role,
            kind,
            status,
            areas,
            period: Period { from, to },
            mailbox: _,
            giver_name,
            holder,
            given_at,
            ended,
            replaced_by,
        } = power;
        Self {
            id: id.as_uuid(),
            role: role.as_word(),
            kind: kind.as_word(),
            status: status.as_word(),
            areas: areas.into_iter().map(|area| area.0).collect(),
            valid_from: from,
            valid_to: to,
            giver: PartyView { name: giver_name.map(|name| name.expose().to_owned()), national_id: None },
            holder: PartyView::from(holder),
            mailbox_id: mailbox_shown.map(|mailbox| mailbox.as_uuid()),
            given_at,
            ended_at: ended.map(|(at, _)| at),
            ended_by: ended.map(|(_, by)| by.as_word()),
            replaced_by: replaced_by.map(|id| id.as_uuid()),
        }
    }
}

impl From<HolderSeen> for PartyView {
    fn from(holder: HolderSeen) -> Self {
        match holder {
            HolderSeen::Oneself(name) => Self { name: name.map(|name| name.expose().to_owned()), national_id: None },
            HolderSeen::Written(None) => Self { name: None, national_id: None },
            HolderSeen::Written(Some(HolderWords { number, name })) => {
                Self { name: name.map(|name| name.expose().to_owned()), national_id: Some(number.expose().to_owned()) }
            }
        }
    }
}

/// List my powers of attorney
///
/// Those that the caller has given and received, also what is over, newest first. What others gave to each other is
/// nobody else's business (FUL-11).
#[utoipa::path(
    operation_id = "powerOfAttorneyList",
    tag = "Powers of attorney",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of them.", body = ListView<PowerOfAttorneyView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/me/powers-of-attorney")]
pub(crate) async fn power_of_attorney_list(
    call: Call,
    state: Data<AppState>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = PageQuery::read(query)?;
    let powers = state.store.power_list(&call, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(powers, PowerOfAttorneyView::from)))
}

/// Give a power of attorney
///
/// From the caller, 16 or older and with consent to the service, to an adult. Both are told by a message in their
/// inboxes (FUL-17). The register is not asked about the holder, and the answer tells nothing of them: it works if they can hold it
/// when they use it, and not otherwise, such as where either side has a protected address (FUL-13).
#[utoipa::path(
    operation_id = "powerOfAttorneyGive",
    tag = "Powers of attorney",
    params(("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = PowerOfAttorneyRequest,
    responses(
        (status = 201, description = "The power of attorney.", body = PowerOfAttorneyView, headers(
            ("Location" = String, description = "Its path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/me/powers-of-attorney")]
pub(crate) async fn power_of_attorney_give(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    body: JsonBody<PowerOfAttorneyRequest>,
) -> Result<HttpResponse, ApiError> {
    let new = new_power(body.value, state.series)?;
    let key = optional_key(&request, &body.sha256)?;
    let (power, replayed) = state.store.power_give(&call, new, key).await?.into_parts();
    Ok(created(path_of(&power), replayed).json(PowerOfAttorneyView::from(power)))
}

/// Show one of my powers of attorney
///
/// One that the caller has given or received.
#[utoipa::path(
    operation_id = "powerOfAttorneyShow",
    tag = "Powers of attorney",
    params(
        ("powerOfAttorneyId" = Uuid, Path, description = "The power of attorney."),
        ("If-None-Match" = Option<String>, Header, nullable = false,
            description = "The `ETag` of the answer that the caller has."),
    ),
    responses(
        (status = 200, description = "The power of attorney.", body = PowerOfAttorneyView,
            headers(("ETag" = String, description = "Changes whenever the answer does."))),
        (status = 304, description = "The caller has it already."),
        CallProblems,
    ),
)]
#[get("/v1/me/powers-of-attorney/{powerOfAttorneyId}")]
pub(crate) async fn power_of_attorney_show(
    call: Call,
    state: Data<AppState>,
    path: Path<PowerOfAttorneyId>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let power = state.store.power_fetch(&call, path.into_inner()).await?;
    tagged(&request, &PowerOfAttorneyView::from(power))
}

/// Change a power of attorney
///
/// For its giver. The one that is there ends as `replaced`, and a new one takes its place, with an id of its own
/// (FUL-7): it is the answer. An assigned one changes only by the form that it was assigned on.
#[utoipa::path(
    operation_id = "powerOfAttorneyChange",
    tag = "Powers of attorney",
    params(("powerOfAttorneyId" = Uuid, Path, description = "The power of attorney that is replaced.")),
    request_body = PowerOfAttorneyChangeRequest,
    responses(
        (status = 201, description = "The one that takes its place.", body = PowerOfAttorneyView, headers(
            ("Location" = String, description = "Its path."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[put("/v1/me/powers-of-attorney/{powerOfAttorneyId}")]
pub(crate) async fn power_of_attorney_change(
    call: Call,
    state: Data<AppState>,
    path: Path<PowerOfAttorneyId>,
    body: JsonBody<PowerOfAttorneyChangeRequest>,
) -> Result<HttpResponse, ApiError> {
    let terms = changed_terms(body.value)?;
    let power = state.store.power_change(&call, path.into_inner(), terms).await?;
    Ok(created(path_of(&power), false).json(PowerOfAttorneyView::from(power)))
}

/// End a power of attorney
///
/// By its giver or its holder, at once (FUL-8), and both are told. Ending one that is over changes nothing.
#[utoipa::path(
    operation_id = "powerOfAttorneyEnd",
    tag = "Powers of attorney",
    params(("powerOfAttorneyId" = Uuid, Path, description = "The power of attorney.")),
    responses((status = 204, description = "It is over."), CallProblems),
)]
#[delete("/v1/me/powers-of-attorney/{powerOfAttorneyId}")]
pub(crate) async fn power_of_attorney_end(
    call: Call,
    state: Data<AppState>,
    path: Path<PowerOfAttorneyId>,
) -> Result<HttpResponse, ApiError> {
    state.store.power_end(&call, path.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn path_of(power: &PowerOfAttorney) -> String {
    format!("/v1/me/powers-of-attorney/{}", power.id)
}

fn new_power(request: PowerOfAttorneyRequest, series: NumberSeries) -> Result<NewPower, ApiError> {
    let PowerOfAttorneyRequest { holder, areas, valid_from, valid_to, unknown } = request;
    let mut violations = Violations::new();
    let holder = holder_words(&mut violations, holder, series);
    let terms = terms(&mut violations, areas, valid_from, valid_to);
    violations.unknown("", &unknown);
    let Some(holder) = holder else { return Err(violations.into_error()) };
    violations.finish().map(|()| NewPower { holder, terms })
}

fn changed_terms(request: PowerOfAttorneyChangeRequest) -> Result<PowerTerms, ApiError> {
    let PowerOfAttorneyChangeRequest { areas, valid_from, valid_to, unknown } = request;
    let mut violations = Violations::new();
    let terms = terms(&mut violations, areas, valid_from, valid_to);
    violations.unknown("", &unknown);
    violations.finish().map(|()| terms)
}

/// A person by number.
pub(in crate::http) fn person(
    violations: &mut Violations,
    at: &str,
    person: Field<PersonRequest>,
    series: NumberSeries,
) -> Option<NationalId> {
    let PersonRequest { national_id, unknown } = violations.required(at, person)?;
    let pointer = format!("{at}/nationalId");
    let national_id = violations.required(&pointer, national_id);
    let national_id = violations.parse(&pointer, national_id, |text| NationalId::parse(text, series));
    violations.unknown(at, &unknown);
    national_id
}

/// Who is to hold it, in the giver's words.
pub(in crate::http) fn holder_words(
    violations: &mut Violations,
    holder: Field<HolderRequest>,
    series: NumberSeries,
) -> Option<HolderWords> {
    let HolderRequest { national_id, name, unknown } = violations.required("/holder", holder)?;
    let national_id = violations.required("/holder/nationalId", national_id);
    let number = violations.parse("/holder/nationalId", national_id, |text| NationalId::parse(text, series));
    let name = violations.optional("/holder/name", name);
    let name = violations.parse("/holder/name", name, HolderName::parse);
    violations.unknown("/holder", &unknown);
    number.map(|number| HolderWords { number, name })
}

/// What it covers, and when. Whether that makes sense, the rules say.
pub(in crate::http) fn terms(
    violations: &mut Violations,
    areas: Field<Vec<Field<i64>>>,
    valid_from: Field<String>,
    valid_to: Field<String>,
) -> PowerTerms {
    let codes = violations.required("/areas", areas);
    match codes.as_ref().map(Vec::len) {
        Some(0) => violations.add("/areas", ViolationCode::Empty),
        Some(count) if count > MOST_AREAS => violations.add("/areas", ViolationCode::TooMany { max: MOST_AREAS }),
        Some(_) | None => {}
    }
    let mut areas = Vec::new();
    for (place, code) in codes.unwrap_or_default().into_iter().enumerate().take(MOST_AREAS) {
        let pointer = format!("/areas/{place}");
        let code = violations.required(&pointer, code);
        let code = violations.in_range(&pointer, code, 1..=i64::from(i16::MAX));
        let Some(area) = code.and_then(|code| i16::try_from(code).ok()).map(ServiceArea) else { continue };
        if areas.contains(&area) {
            violations.add(pointer, ViolationCode::Duplicate);
        }
        areas.push(area);
    }
    let valid_from = violations.optional("/validFrom", valid_from);
    let valid_from = violations.date("/validFrom", valid_from);
    let valid_to = violations.optional("/validTo", valid_to);
    let valid_to = violations.date("/validTo", valid_to);
    PowerTerms { areas, valid_from, valid_to }
}

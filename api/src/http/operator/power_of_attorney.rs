//! Powers of attorney that operators put on record, from forms.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, post, put};
use chrono::{DateTime, NaiveDate, Utc};
use domain::id::PowerOfAttorneyId;
use domain::power_of_attorney::{CaseNumber, Period, RegisteredPower};
use persistence::{NewRegisteredPower, PowerOnForm};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::me::power_of_attorney::{HolderRequest, PersonRequest, holder_words, person, terms};
use crate::http::me::profile::level_to_give;
use crate::http::request::context::Call;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::problem::ApiError;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems};
use crate::state::AppState;
use crate::vocabulary::{ConsentGiven, PowerKind, PowerStatus};

/// A power of attorney as a form has it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegisteredPowerRequest {
    /// Who gives it, or for whom it is assigned.
    #[schema(value_type = PersonRequest)]
    giver: Field<PersonRequest>,
    /// Who is to hold it.
    #[schema(value_type = HolderRequest)]
    holder: Field<HolderRequest>,
    /// `powerOfAttorney`, or `assignedPowerOfAttorney` where the giver lacks decision competence (FUL-14).
    #[schema(value_type = PowerKind, example = "powerOfAttorney")]
    kind: Field<String>,
    /// The codes of the service areas that it covers: one or more.
    #[schema(value_type = Vec<i16>, min_items = 1, example = json!([3]))]
    areas: Field<Vec<Field<i64>>>,
    /// The first day on which it holds; today where left out. Days begin at midnight in Oslo.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    valid_from: Field<String>,
    /// The last day on which it holds. Open-ended where left out; an assigned one ends within five years.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    valid_to: Field<String>,
    /// The case in which the form was handled: at most 100 characters.
    #[schema(value_type = String, max_length = 100, example = "2026/1234")]
    case_number: Field<String>,
    /// What the giver consents to on the form: `basis`, `basisPlus` or `full`. It goes on record as the giver's consent.
    #[serde(default)]
    #[schema(value_type = Option<ConsentGiven>, example = "basis")]
    consent_level: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A power of attorney that an operator put on record.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegisteredPowerView {
    id: Uuid,
    /// `powerOfAttorney` or `assignedPowerOfAttorney`.
    #[schema(value_type = PowerKind, example = "powerOfAttorney")]
    kind: &'static str,
    /// `pending` until another operator has confirmed it and the wait is over, or until its first day; then `active`.
    #[schema(value_type = PowerStatus, example = "pending")]
    status: &'static str,
    /// Whether another operator has confirmed it.
    confirmed: bool,
    /// From when on it can have effect: not before its giver, who has been told, could object.
    effective_from: DateTime<Utc>,
    /// The codes of the service areas that it covers.
    #[schema(example = json!([3]))]
    areas: Vec<i16>,
    /// The first day on which it holds.
    valid_from: NaiveDate,
    /// The last day on which it holds; null where it is open-ended.
    #[schema(required)]
    valid_to: Option<NaiveDate>,
    /// The case in which the form was handled.
    #[schema(example = "2026/1234")]
    case_number: String,
    /// When it was put on record.
    given_at: DateTime<Utc>,
}

impl From<RegisteredPower> for RegisteredPowerView {
    fn from(power: RegisteredPower) -> Self {
        let RegisteredPower {
            id,
            kind,
            status,
            areas,
            period: Period { from, to },
            given_at,
            case_number,
            is_confirmed,
            effective_at,
        } = power;
        Self {
            id: id.as_uuid(),
            kind: kind.as_word(),
            status: status.as_word(),
            confirmed: is_confirmed,
            effective_from: effective_at,
            areas: areas.into_iter().map(|area| area.0).collect(),
            valid_from: from,
            valid_to: to,
            case_number: case_number.as_str().to_owned(),
            given_at,
        }
    }
}

/// Put a power of attorney on record
///
/// From a paper form (FUL-8), or one that was assigned (FUL-14). It opens nothing yet: another operator has to confirm it, and a wait has to
/// pass in which the giver, who is told at once, can end it. For operators with the role `brevdue-register-powers`, who see no power of
/// attorney afterwards.
#[utoipa::path(
    operation_id = "registeredPowerCreate",
    tag = "Powers of attorney",
    params(("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = RegisteredPowerRequest,
    responses(
        (status = 201, description = "The power of attorney.", body = RegisteredPowerView, headers(
            ("Location" = String, description = "Its path, for ending it."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/powers-of-attorney")]
pub(crate) async fn registered_power_create(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    body: JsonBody<RegisteredPowerRequest>,
) -> Result<HttpResponse, ApiError> {
    let new = registered_power(body.value, &state)?;
    let key = optional_key(&request, &body.sha256)?;
    let (power, replayed) = state.store.power_register(&call, new, key).await?.into_parts();
    let location = format!("/v1/powers-of-attorney/{}", power.id);
    Ok(created(location, replayed).json(RegisteredPowerView::from(power)))
}

/// What stands on the form that a confirming operator has before them.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfirmationRequest {
    /// Who gives it, or for whom it is assigned.
    #[schema(value_type = PersonRequest)]
    giver: Field<PersonRequest>,
    /// Who is to hold it.
    #[schema(value_type = PersonRequest)]
    holder: Field<PersonRequest>,
    /// The case in which the form was handled.
    #[schema(value_type = String, max_length = 100, example = "2026/1234")]
    case_number: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Confirm a power of attorney that another put on record
///
/// With the form at hand, whose giver, holder and case number are compared with what was registered. It has effect when the wait is over,
/// the consent on the form is recorded as the giver's, unless that was decided about since, and both sides are told. Whoever registered it
/// cannot confirm it. For operators with the role `brevdue-confirm-powers`.
#[utoipa::path(
    operation_id = "registeredPowerConfirm",
    tag = "Powers of attorney",
    params(("powerOfAttorneyId" = Uuid, Path, description = "The power of attorney.")),
    request_body = ConfirmationRequest,
    responses((status = 200, description = "The power of attorney.", body = RegisteredPowerView), CallProblems, BodyProblems),
)]
#[put("/v1/powers-of-attorney/{powerOfAttorneyId}/confirmation")]
pub(crate) async fn registered_power_confirm(
    call: Call,
    state: Data<AppState>,
    path: Path<PowerOfAttorneyId>,
    body: JsonBody<ConfirmationRequest>,
) -> Result<HttpResponse, ApiError> {
    let ConfirmationRequest { giver, holder, case_number, unknown } = body.value;
    let mut violations = Violations::new();
    let giver = person(&mut violations, "/giver", giver, state.series);
    let holder = person(&mut violations, "/holder", holder, state.series);
    let case_number = violations.required("/caseNumber", case_number);
    let case_number = violations.parse("/caseNumber", case_number, CaseNumber::parse);
    violations.unknown("", &unknown);
    let (Some(giver), Some(holder), Some(case_number)) = (giver, holder, case_number) else {
        return Err(violations.into_error());
    };
    violations.finish()?;
    let form = PowerOnForm { giver, holder, case_number };
    let power = state.store.power_confirm(&call, path.into_inner(), form).await?;
    Ok(HttpResponse::Ok().json(RegisteredPowerView::from(power)))
}

/// End a power of attorney by form
///
/// At once, and both sides are told; of one that nobody has confirmed, the giver alone. Ending one that is over changes nothing. For operators.
#[utoipa::path(
    operation_id = "registeredPowerEnd",
    tag = "Powers of attorney",
    params(("powerOfAttorneyId" = Uuid, Path, description = "The power of attorney.")),
    responses((status = 204, description = "It is over."), CallProblems),
)]
#[delete("/v1/powers-of-attorney/{powerOfAttorneyId}")]
pub(crate) async fn registered_power_end(
    call: Call,
    state: Data<AppState>,
    path: Path<PowerOfAttorneyId>,
) -> Result<HttpResponse, ApiError> {
    state.store.power_end_registered(&call, path.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn registered_power(request: RegisteredPowerRequest, state: &AppState) -> Result<NewRegisteredPower, ApiError> {
    let RegisteredPowerRequest {
        giver,
        holder,
        kind,
        areas,
        valid_from,
        valid_to,
        case_number,
        consent_level,
        unknown,
    } = request;
    let mut violations = Violations::new();
    let giver = person(&mut violations, "/giver", giver, state.series);
    let holder = holder_words(&mut violations, holder, state.series);
    let kind = violations.required("/kind", kind);
    let kind = violations.choice("/kind", kind);
    let terms = terms(&mut violations, areas, valid_from, valid_to);
    let case_number = violations.required("/caseNumber", case_number);
    let case_number = violations.parse("/caseNumber", case_number, CaseNumber::parse);
    let consent_level = violations.optional("/consentLevel", consent_level);
    let consent_level = violations.parse("/consentLevel", consent_level, level_to_give);
    violations.unknown("", &unknown);
    let (Some(giver), Some(holder), Some(kind), Some(case_number)) = (giver, holder, kind, case_number) else {
        return Err(violations.into_error());
    };
    violations.finish()?;
    let consent = consent_level.map(|level| (level, state.terms.of_use()));
    Ok(NewRegisteredPower { kind, giver, holder, terms, case_number, consent })
}

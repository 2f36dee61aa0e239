//! Data-processing agreements (PP-3). For operators.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use chrono::{DateTime, NaiveDate, Utc};
use domain::agreement::Agreement;
use domain::consent::DocumentVersion;
use domain::id::{AgreementId, OrganisationId};
use domain::organisation::Name;
use persistence::NewAgreement;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::operator::organisation::OrganisationPath;
use crate::http::request::context::Call;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::http::request::page::ListView;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems};
use crate::problem::{ApiError, ViolationCode};
use crate::state::AppState;

/// An agreement that has been signed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgreementRequest {
    /// Which text was signed: 1 to 40 letters, digits, `.`, `-` and `_`.
    #[schema(value_type = String, example = "2026-01")]
    version: Field<String>,
    /// The role of who signed for the controller.
    #[schema(value_type = String, max_length = 200, example = "Daglig leder")]
    signatory_role: Field<String>,
    /// The first day on which it holds. Days begin at midnight in Oslo.
    #[schema(value_type = NaiveDate)]
    valid_from: Field<String>,
    /// The last day on which it holds. Open-ended where left out.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    valid_to: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A data-processing agreement.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgreementView {
    id: Uuid,
    /// Which text was signed.
    #[schema(example = "2026-01")]
    version: String,
    /// The role of who signed for the controller.
    signatory_role: String,
    /// The first day on which it holds.
    valid_from: NaiveDate,
    /// The last day on which it holds; none where it is open-ended.
    #[schema(required)]
    valid_to: Option<NaiveDate>,
    /// From when on it holds no more, where it was ended before its last day; null where it was not.
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
    /// Whether it holds now.
    in_force: bool,
}

/// When an agreement ends.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgreementEndRequest {
    /// From when on it holds no more: now where left out, and never in the past.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    ended_at: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// An agreement of an organisation.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct AgreementPath {
    /// The organisation.
    #[param(value_type = Uuid)]
    organisation_id: OrganisationId,
    /// The agreement.
    #[param(value_type = Uuid)]
    agreement_id: AgreementId,
}

impl AgreementView {
    fn of(agreement: Agreement, now: DateTime<Utc>) -> Self {
        let in_force = agreement.in_force(now);
        let Agreement { id, organisation: _, version, signatory_role, valid_from, valid_to, ended_at } = agreement;
        Self {
            id: id.as_uuid(),
            version: version.as_str().to_owned(),
            signatory_role: signatory_role.as_str().to_owned(),
            valid_from,
            valid_to,
            ended_at,
            in_force,
        }
    }
}

/// Put an agreement on record
///
/// The organisation's services can send while an agreement is in force (PP-3). Periods do not overlap.
#[utoipa::path(
    operation_id = "agreementRegister",
    tag = "Organisations",
    params(OrganisationPath, ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = AgreementRequest,
    responses(
        (status = 201, description = "The agreement.", body = AgreementView, headers(
            ("Location" = String, description = "The path of the list that it stands in."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/organisations/{organisationId}/agreements")]
pub(crate) async fn agreement_register(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<OrganisationPath>,
    body: JsonBody<AgreementRequest>,
) -> Result<HttpResponse, ApiError> {
    let new = agreement(body.value)?;
    let key = optional_key(&request, &body.sha256)?;
    let organisation = path.organisation_id;
    let (agreement, replayed) = state.store.agreement_register(&call, organisation, new, key).await?.into_parts();
    let location = format!("/v1/organisations/{organisation}/agreements");
    Ok(created(location, replayed).json(AgreementView::of(agreement, call.now)))
}

fn agreement(request: AgreementRequest) -> Result<NewAgreement, ApiError> {
    let AgreementRequest { version, signatory_role, valid_from, valid_to, unknown } = request;
    let mut violations = Violations::new();
    let version = violations.required("/version", version);
    let version = violations.parse("/version", version, DocumentVersion::parse);
    let signatory_role = violations.required("/signatoryRole", signatory_role);
    let signatory_role = violations.parse("/signatoryRole", signatory_role, Name::parse);
    let valid_from = violations.required("/validFrom", valid_from);
    let valid_from = violations.date("/validFrom", valid_from);
    let valid_to = violations.optional("/validTo", valid_to);
    let valid_to = violations.date("/validTo", valid_to);
    if let (Some(from), Some(to)) = (valid_from, valid_to)
        && to < from
    {
        violations.add("/validTo", ViolationCode::EndsBeforeStart);
    }
    violations.unknown("", &unknown);
    let (Some(version), Some(signatory_role), Some(valid_from)) = (version, signatory_role, valid_from) else {
        return Err(violations.into_error());
    };
    violations.finish().map(|()| NewAgreement { version, signatory_role, valid_from, valid_to })
}

/// List the agreements of an organisation
///
/// Oldest first.
#[utoipa::path(
    operation_id = "agreementList",
    tag = "Organisations",
    params(OrganisationPath),
    responses(
        (status = 200, description = "All agreements.", body = ListView<AgreementView>),
        CallProblems,
    ),
)]
#[get("/v1/organisations/{organisationId}/agreements")]
pub(crate) async fn agreement_list(
    call: Call,
    state: Data<AppState>,
    path: Path<OrganisationPath>,
) -> Result<HttpResponse, ApiError> {
    let agreements = state.store.agreement_list(&call, path.organisation_id).await?;
    Ok(HttpResponse::Ok().json(ListView::whole(agreements, |agreement| AgreementView::of(agreement, call.now))))
}

/// End an agreement
///
/// Now, or at a moment to come. From then on the organisation's services send nothing unless another is in force; what was accepted
/// before is still delivered. An end to come can be moved; one that has come stays as it is, and is the answer.
#[utoipa::path(
    operation_id = "agreementEnd",
    tag = "Organisations",
    params(AgreementPath),
    request_body = AgreementEndRequest,
    responses((status = 200, description = "The agreement.", body = AgreementView), CallProblems, BodyProblems),
)]
#[put("/v1/organisations/{organisationId}/agreements/{agreementId}/end")]
pub(crate) async fn agreement_end(
    call: Call,
    state: Data<AppState>,
    path: Path<AgreementPath>,
    body: JsonBody<AgreementEndRequest>,
) -> Result<HttpResponse, ApiError> {
    let AgreementEndRequest { ended_at, unknown } = body.value;
    let mut violations = Violations::new();
    let ended_at = violations.optional("/endedAt", ended_at);
    let ended_at = violations.time("/endedAt", ended_at);
    if ended_at.is_some_and(|at| at < call.now) {
        violations.add("/endedAt", ViolationCode::InThePast);
    }
    violations.unknown("", &unknown);
    violations.finish()?;
    let agreement = state.store.agreement_end(&call, path.organisation_id, path.agreement_id, ended_at).await?;
    Ok(HttpResponse::Ok().json(AgreementView::of(agreement, call.now)))
}

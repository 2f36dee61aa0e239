//! How the citizen can be reached, as the citizen has said, and whom to ask about everything else (PP-9).

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, patch};
use domain::contact_details::{
    CallingCode, ContactDetails, ContactDetailsChange, Corrector, EmailAddress, HeldPiece, MobileNumber, Piece,
};
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;
use utoipa::ToSchema;

use crate::http::request::context::Call;
use crate::http::request::etag::{Expected, tagged_as, version_of};
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::problem::responses::{BodyProblems, CallProblems};
use crate::problem::{ApiError, ProblemBody, ViolationCode};
use crate::state::AppState;

/// How the citizen can be reached.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReachedByView {
    /// The e-mail address.
    #[schema(required, example = "kari@example.no")]
    email: Option<String>,
    /// The mobile number, with its country.
    #[schema(required, example = "+4791234567")]
    mobile: Option<String>,
}

impl From<ContactDetails> for ReachedByView {
    fn from(ContactDetails { email, mobile }: ContactDetails) -> Self {
        Self {
            email: email.map(|email| email.expose().to_owned()),
            mobile: mobile.map(|mobile| mobile.expose().to_owned()),
        }
    }
}

/// What the citizen entered, and whom to ask about what they did not enter.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactDetailsView {
    #[serde(flatten)]
    reached_by: ReachedByView,
    /// For every other piece of what is held: whom to ask about an error in it.
    corrections: Vec<CorrectionView>,
    /// The `ETag`, as `If-Match` takes it.
    version: String,
}

/// Whom to ask about an error.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CorrectionView {
    /// `name`, `nationalId`, `birthDate`, `address`, `parentalResponsibility` or `healthInformation`.
    #[schema(example = "name")]
    piece: &'static str,
    /// `populationRegister`; or `service`: the one that it came from, by a request for access through the mailbox (PP-8).
    #[schema(example = "populationRegister")]
    ask: &'static str,
}

impl From<ContactDetails> for ContactDetailsView {
    fn from(details: ContactDetails) -> Self {
        let correction =
            |piece: &HeldPiece| CorrectionView { piece: piece.as_word(), ask: piece.corrector().as_word() };
        let corrections = HeldPiece::VARIANTS.iter().map(correction).collect();
        let mut view = Self { reached_by: details.into(), corrections, version: String::new() };
        view.version = version_of(&view);
        view
    }
}

/// What is to become of the pieces: a JSON merge patch (RFC 7396).
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactDetailsRequest {
    /// The e-mail address; null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254, example = "kari@example.no")]
    email: Field<String>,
    /// The mobile number, with its country; the 8 digits of a Norwegian one are enough. Of other countries, those that the
    /// operator takes. Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "912 34 567")]
    mobile: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Show my contact details
///
/// What the caller entered, and for every other piece of what is held whom to ask about an error in it.
#[utoipa::path(
    operation_id = "meContactDetailsShow",
    tag = "Me",
    params(("If-None-Match" = Option<String>, Header, nullable = false, description = "The `ETag` of the answer that the caller has.")),
    responses(
        (status = 200, description = "The contact details.", body = ContactDetailsView,
            headers(("ETag" = String, description = "The tag of this version."))),
        (status = 304, description = "The caller has it already."),
        CallProblems,
    ),
)]
#[get("/v1/me/contact-details")]
pub(crate) async fn me_contact_details_show(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let details = state.store.contact_details_fetch(&call).await?;
    let view = ContactDetailsView::from(details);
    tagged_as(&request, &view.version, &view)
}

/// Change my contact details
///
/// What is named is entered, corrected or, with null, removed; what is not named stays. They go with the consent. Who tries
/// to change something else that is held is told whom to ask. Also taken as `application/merge-patch+json`.
#[utoipa::path(
    operation_id = "meContactDetailsChange",
    tag = "Me",
    params(("If-Match" = Option<String>, Header, nullable = false,
        description = "The `ETag` of the version that the caller has seen. Without it, the change goes for whatever there is.")),
    request_body = ContactDetailsRequest,
    responses(
        (status = 200, description = "The contact details.", body = ContactDetailsView,
            headers(("ETag" = String, description = "The tag of this version."))),
        (status = 412, description = "They have changed since the version in `If-Match`.", body = ProblemBody,
            content_type = "application/problem+json"),
        CallProblems,
        BodyProblems,
    ),
)]
#[patch("/v1/me/contact-details")]
pub(crate) async fn me_contact_details_change(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    body: JsonBody<ContactDetailsRequest>,
) -> Result<HttpResponse, ApiError> {
    let expected = Expected::optional(&request)?;
    let change = change(body.value, &state.limits.mobile_countries)?;
    let is_current = move |details: &ContactDetails| {
        expected.is_none_or(|expected| expected.is_version(&ContactDetailsView::from(details.clone()).version))
    };
    let details = state.store.contact_details_change(&call, change, is_current).await?;
    let view = ContactDetailsView::from(details);
    tagged_as(&request, &view.version, &view)
}

fn change(request: ContactDetailsRequest, countries: &[CallingCode]) -> Result<ContactDetailsChange, ApiError> {
    let ContactDetailsRequest { email, mobile, mut unknown } = request;
    let mut violations = Violations::new();
    let email = piece(&mut violations, "/email", email, EmailAddress::parse);
    let mobile = piece(&mut violations, "/mobile", mobile, |text| MobileNumber::parse_of(text, countries));
    for piece in HeldPiece::VARIANTS.iter().filter(|piece| unknown.take(piece.as_word())) {
        let code = match piece.corrector() {
            Corrector::PopulationRegister => ViolationCode::AskPopulationRegister,
            Corrector::Service => ViolationCode::AskService,
        };
        violations.add(format!("/{}", piece.as_word()), code);
    }
    violations.unknown("", &unknown);
    violations.finish().map(|()| ContactDetailsChange { email, mobile })
}

fn piece<T, E: Into<ViolationCode>>(
    violations: &mut Violations,
    pointer: &str,
    field: Field<String>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Piece<T> {
    if field == Field::Null {
        return Piece::Removed;
    }
    let text = violations.optional(pointer, field);
    violations.parse(pointer, text, parse).map_or(Piece::Kept, Piece::Entered)
}

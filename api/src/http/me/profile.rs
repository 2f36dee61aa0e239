//! The citizen's own profile, consent and acceptances.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, delete, get, put};
use chrono::{DateTime, NaiveDate, Utc};
use domain::consent::{Acceptance, Consent, ConsentLevel, Document, DocumentVersion};
use domain::mailbox::Profile;
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::mailbox::overview::MailboxesView;
use crate::http::me::contact_details::ReachedByView;
use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::page::{ListView, PageQuery};
use crate::problem::responses::{BodyProblems, CallProblems, QueryProblems};
use crate::problem::{ApiError, ProblemKind, ViolationCode};
use crate::state::AppState;
use crate::vocabulary;

/// All that is held of the caller's profile.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileView {
    /// The person.
    person_id: Uuid,
    /// The person's own mailbox.
    mailbox_id: Uuid,
    /// From the population register.
    #[schema(example = "Kari Nordmann")]
    name: String,
    /// From the login.
    #[schema(example = "29827200059")]
    national_id: String,
    /// From the population register. It may differ from the one in the identity number.
    birth_date: NaiveDate,
    /// Whether the population register protects the address.
    protected_address: bool,
    /// The last day of the protection; null where it has no end, or there is none.
    #[schema(required)]
    protected_address_until: Option<NaiveDate>,
    /// How the person can be reached, as the person has said. Changed under `/v1/me/contact-details`.
    contact_details: ReachedByView,
    /// The consent as it stands.
    consent: CurrentConsentView,
    /// The newest acceptance of each document.
    acceptances: Vec<AcceptanceView>,
    /// Since when the mailbox has been locked; null where it is not (CON-14).
    #[schema(required)]
    emergency_locked_at: Option<DateTime<Utc>>,
    /// What is missing: `consent` and `unlocking` before the inbox opens; `termsOfUse` and `dialogueAndArchive` before messages can be
    /// written, where the version in force has not been accepted since the consent was last withdrawn. What is in force:
    /// `GET /v1/terms`. Empty where nothing is.
    #[schema(example = json!(["consent", "termsOfUse"]))]
    missing: Vec<&'static str>,
}

/// The consent as it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CurrentConsentView {
    /// `none`, `basis`, `basisPlus` or `full`. `none` where none was ever given, and after a withdrawal.
    #[schema(value_type = vocabulary::ConsentLevel, example = "basis")]
    level: &'static str,
    /// Since when; null where none was ever given.
    #[schema(required)]
    given_at: Option<DateTime<Utc>>,
    /// The version of the terms that applied; null where none was ever given.
    #[schema(required)]
    terms_version: Option<String>,
}

/// A consent that was given, or its withdrawal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsentView {
    /// `basis`, `basisPlus` or `full`; in the history also `none`, for a withdrawal.
    #[schema(value_type = vocabulary::ConsentLevel, example = "basis")]
    level: &'static str,
    /// When.
    given_at: DateTime<Utc>,
    /// The version of the terms that applied.
    terms_version: String,
}

/// The consent that the caller gives.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsentRequest {
    /// `basis`, `basisPlus` or `full`. Each covers the ones before it.
    #[schema(value_type = vocabulary::ConsentGiven, example = "basis")]
    level: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// That a version of a document has been accepted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AcceptanceView {
    /// `termsOfUse` or `dialogueAndArchive`.
    #[schema(value_type = vocabulary::TermsDocument, example = "termsOfUse")]
    document: &'static str,
    /// The version that was accepted.
    #[schema(example = "2026-01")]
    version: String,
    /// When it was first accepted.
    accepted_at: DateTime<Utc>,
}

/// What the caller accepts.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AcceptanceRequest {
    /// The version that the caller has seen, which is the one in force: 1 to 40 letters from a to z, digits, `.`, `-` and `_`.
    #[schema(value_type = String, example = "2026-01", min_length = 1, max_length = 40)]
    version: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

impl From<Profile> for ProfileView {
    fn from(profile: Profile) -> Self {
        let Profile {
            person,
            mailbox,
            name,
            national_id,
            birth_date,
            protection,
            protection_until,
            contact_details,
            consent,
            locked_at,
            acceptances,
            lacking,
        } = profile;
        let consent = CurrentConsentView::from(consent);
        let lacks_consent = consent.level == ConsentLevel::None.as_word();
        let missing = [lacks_consent.then_some("consent"), locked_at.map(|_| "unlocking")];
        let missing = missing.into_iter().flatten().chain(lacking.into_iter().map(Document::as_word));
        Self {
            person_id: person.as_uuid(),
            mailbox_id: mailbox.as_uuid(),
            name: name.expose().to_owned(),
            national_id: national_id.expose().to_owned(),
            birth_date,
            protected_address: protection.is_graded(),
            protected_address_until: protection_until,
            contact_details: contact_details.into(),
            consent,
            acceptances: acceptances.into_iter().map(AcceptanceView::from).collect(),
            emergency_locked_at: locked_at,
            missing: missing.collect(),
        }
    }
}

impl From<Option<Consent>> for CurrentConsentView {
    fn from(consent: Option<Consent>) -> Self {
        match consent {
            Some(Consent { level, given_at, terms_version }) => {
                Self { level: level.as_word(), given_at: Some(given_at), terms_version: Some(terms_version) }
            }
            None => Self { level: ConsentLevel::None.as_word(), given_at: None, terms_version: None },
        }
    }
}

impl From<Consent> for ConsentView {
    fn from(Consent { level, given_at, terms_version }: Consent) -> Self {
        Self { level: level.as_word(), given_at, terms_version }
    }
}

impl From<Acceptance> for AcceptanceView {
    fn from(Acceptance { document, version, accepted_at }: Acceptance) -> Self {
        Self { document: document.as_word(), version: version.as_str().to_owned(), accepted_at }
    }
}

/// Show who I am here
///
/// Every piece of profile information that is held of the caller, the caller's mailbox, and what is missing before its
/// inbox works.
#[utoipa::path(
    operation_id = "meShow",
    tag = "Me",
    responses((status = 200, description = "The profile.", body = ProfileView), CallProblems),
)]
#[get("/v1/me")]
pub(crate) async fn me_show(call: Call, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let profile = state.store.profile_fetch(&call).await?;
    Ok(HttpResponse::Ok().json(ProfileView::from(profile)))
}

/// List the mailboxes that I may open
///
/// My own first, then those of others: children, and persons who gave me a power of attorney. All of them at once.
#[utoipa::path(
    operation_id = "meMailboxList",
    tag = "Me",
    responses((status = 200, description = "The mailboxes.", body = MailboxesView), CallProblems),
)]
#[get("/v1/me/mailboxes")]
pub(crate) async fn me_mailbox_list(call: Call, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let mailboxes = state.store.mailbox_list(&call).await?;
    Ok(HttpResponse::Ok().json(MailboxesView::from(mailboxes)))
}

/// Give or change my consent
///
/// With it the inbox opens, and messages that were held for want of consent come in at once. The version of the terms
/// that apply now goes on record. To withdraw the consent, delete it.
#[utoipa::path(
    operation_id = "meConsentSet",
    tag = "Me",
    request_body = ConsentRequest,
    responses((status = 200, description = "The consent.", body = ConsentView), CallProblems, BodyProblems),
)]
#[put("/v1/me/consent")]
pub(crate) async fn me_consent_set(
    call: Call,
    state: Data<AppState>,
    body: JsonBody<ConsentRequest>,
) -> Result<HttpResponse, ApiError> {
    let level = level_of(body.value)?;
    let consent = state.store.consent_set(&call, None, level, state.terms.of_use()).await?;
    Ok(HttpResponse::Ok().json(ConsentView::from(consent)))
}

/// The level that is to be given.
pub(in crate::http) fn level_of(request: ConsentRequest) -> Result<ConsentLevel, ApiError> {
    let ConsentRequest { level, unknown } = request;
    let mut violations = Violations::new();
    let level = violations.required("/level", level);
    let level = violations.parse("/level", level, level_to_give);
    violations.unknown("", &unknown);
    let Some(level) = level else { return Err(violations.into_error()) };
    violations.finish()?;
    Ok(level)
}

/// A level that can be given. No consent at all is a withdrawal, which is an operation of its own.
pub(in crate::http) fn level_to_give(word: &str) -> Result<ConsentLevel, ViolationCode> {
    let levels = || ConsentLevel::VARIANTS.iter().copied().filter(|level| *level != ConsentLevel::None);
    levels()
        .find(|level| level.as_word() == word)
        .ok_or_else(|| ViolationCode::NotAChoice { choices: levels().map(ConsentLevel::as_word).collect() })
}

/// Withdraw my consent
///
/// The inbox closes, and what rested on the consent goes for good: a consent that is given later brings none of it back. That is your
/// copies of messages, drafts and uploads, appointments and health contacts as you saw them, powers of attorney that you have given
/// (the holders are told), youth access, your contact details and settings of notices, and who you receive services from, until each
/// service tells it again. What stays is what others keep by law: the messages in the senders' own records, the access log, every consent
/// and acceptance, and an assigned power of attorney, which opens nothing without consent. Withdrawing again changes nothing but goes
/// on record too.
#[utoipa::path(
    operation_id = "meConsentWithdraw",
    tag = "Me",
    responses((status = 204, description = "It is withdrawn."), CallProblems),
)]
#[delete("/v1/me/consent")]
pub(crate) async fn me_consent_withdraw(call: Call, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    state.store.consent_withdraw(&call, None, state.terms.of_use()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List my consents
///
/// Every one that was given and every withdrawal, newest first.
#[utoipa::path(
    operation_id = "meConsentHistory",
    tag = "Me",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of the history.", body = ListView<ConsentView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/me/consent/history")]
pub(crate) async fn me_consent_history(
    call: Call,
    state: Data<AppState>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = PageQuery::read(query)?;
    let consents = state.store.consent_history(&call, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(consents, ConsentView::from)))
}

/// Accept a document
///
/// Puts on record that the caller accepts the version in force, as `GET /v1/terms` tells it. Another version is refused with the one in
/// force. Accepting the same version again gives the first record, unless the consent was withdrawn since.
#[utoipa::path(
    operation_id = "meAcceptancePut",
    tag = "Me",
    params((
        "document" = String,
        Path,
        description = "`termsOfUse` or `dialogueAndArchive`.",
        example = "termsOfUse",
    )),
    request_body = AcceptanceRequest,
    responses((status = 200, description = "The acceptance.", body = AcceptanceView), CallProblems, BodyProblems),
)]
#[put("/v1/me/acceptances/{document}")]
pub(crate) async fn me_acceptance_put(
    call: Call,
    state: Data<AppState>,
    path: Path<String>,
    body: JsonBody<AcceptanceRequest>,
) -> Result<HttpResponse, ApiError> {
    let document: Document = path.parse().map_err(|_| ProblemKind::NotFound)?;
    let AcceptanceRequest { version, unknown } = body.value;
    let mut violations = Violations::new();
    let version = violations.required("/version", version);
    let version = violations.parse("/version", version, DocumentVersion::parse);
    violations.unknown("", &unknown);
    let in_force = state.terms.in_force.version(document);
    if version.as_ref().is_some_and(|version| version != in_force) {
        violations.add("/version", ViolationCode::NotInForce { version: in_force.as_str().to_owned() });
    }
    let Some(version) = version else { return Err(violations.into_error()) };
    violations.finish()?;
    let acceptance = state.store.acceptance_put(&call, document, version).await?;
    Ok(HttpResponse::Ok().json(AcceptanceView::from(acceptance)))
}

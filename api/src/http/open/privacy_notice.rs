//! Privacy notices of organisations (PP-11): operators put them in, everybody reads them, without a token.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, HeaderValue, VARY};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::NaiveDate;
use domain::identity::OrganisationNumber;
use domain::privacy_notice::{ListedNotice, NoticeText, NoticeTexts, NoticeVersion, PrivacyNotice};
use persistence::{NewPrivacyNotice, WantedVersion};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::operator::organisation::OrganisationPath;
use crate::http::request::context::{Call, Visit};
use crate::http::request::etag::tagged;
use crate::http::request::idempotency::{created, optional_key};
use crate::http::request::input::{Field, JsonBody, QueryInput, Unknown, Violations};
use crate::http::request::page::{ListView, PageQuery};
use crate::language::Language;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems, OpenProblems, QueryProblems};
use crate::problem::{ApiError, ProblemKind};
use crate::state::AppState;
use crate::vocabulary::NoticeLanguage;

/// How long others may keep an answer: a new version shows after five minutes at the latest.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The path under which the notice of an organisation is read.
pub(in crate::http) fn path_of(organisation_number: &str) -> String {
    format!("/v1/privacy-notices/{organisation_number}")
}

/// A new version of a notice.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PrivacyNoticeRequest {
    /// The first day on which it holds. Days begin at midnight in Oslo.
    #[schema(value_type = NaiveDate)]
    valid_from: Field<String>,
    /// What it says in Bokmål, as Markdown.
    #[schema(value_type = String, max_length = 100_000)]
    nb: Field<String>,
    /// What it says in Nynorsk.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100_000)]
    nn: Field<String>,
    /// What it says in English.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100_000)]
    en: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A version of a notice, without its text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NoticeVersionView {
    /// Counted from 1.
    #[schema(example = 2)]
    version: u32,
    /// The first day on which it holds.
    valid_from: NaiveDate,
}

impl From<NoticeVersion> for NoticeVersionView {
    fn from(NoticeVersion { number, valid_from }: NoticeVersion) -> Self {
        Self { version: number, valid_from }
    }
}

/// The notice of an organisation, without its text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedNoticeView {
    /// The controller's number.
    #[schema(example = "310000019")]
    organisation_number: String,
    /// The controller's name.
    organisation_name: String,
    /// The version that holds now.
    current: NoticeVersionView,
    /// The version that takes over next; null where none is known.
    #[schema(required)]
    upcoming: Option<NoticeVersionView>,
    /// The path of the notice.
    #[schema(example = "/v1/privacy-notices/310000019")]
    path: String,
}

/// A version of the notice of an organisation, in one language.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PrivacyNoticeView {
    /// The controller's number.
    #[schema(example = "310000019")]
    organisation_number: String,
    /// The controller's name.
    organisation_name: String,
    /// Which version, counted from 1.
    #[schema(example = 2)]
    version: u32,
    /// The first day on which it holds.
    valid_from: NaiveDate,
    /// The language of the text: `nb`, `nn` or `en`. Bokmål where there is no text in the wanted one.
    #[schema(value_type = NoticeLanguage, example = "nb")]
    language: &'static str,
    /// The languages that there are.
    #[schema(example = json!(["nb", "nn"]))]
    languages: Vec<&'static str>,
    /// What it says, as Markdown. HTML in it is to be shown as it stands, never run.
    text: String,
    /// The version that takes over next from the one that holds now; null where none is known.
    #[schema(required)]
    upcoming: Option<NoticeVersionView>,
}

impl From<ListedNotice> for ListedNoticeView {
    fn from(notice: ListedNotice) -> Self {
        let ListedNotice { organisation_number, organisation_name, version, upcoming } = notice;
        Self {
            path: path_of(organisation_number.as_str()),
            organisation_number: organisation_number.as_str().to_owned(),
            organisation_name: organisation_name.as_str().to_owned(),
            current: version.into(),
            upcoming: upcoming.map(Into::into),
        }
    }
}

impl PrivacyNoticeView {
    fn of(notice: PrivacyNotice, wanted: Language) -> Self {
        let PrivacyNotice { organisation_number, organisation_name, version, texts, upcoming } = notice;
        let NoticeTexts { bokmal, nynorsk, english } = texts;
        let others = [(Language::Nynorsk, nynorsk), (Language::English, english)];
        let all = [(Language::Bokmal, Some(bokmal))].into_iter().chain(others);
        let mut texts: Vec<(Language, NoticeText)> =
            all.filter_map(|(language, text)| Some((language, text?))).collect();
        let languages = texts.iter().map(|(language, _)| language.tag()).collect();
        let place = texts.iter().position(|(language, _)| *language == wanted).unwrap_or(0);
        let (language, text) = texts.swap_remove(place);
        Self {
            organisation_number: organisation_number.as_str().to_owned(),
            organisation_name: organisation_name.as_str().to_owned(),
            version: version.number,
            valid_from: version.valid_from,
            language: language.tag(),
            languages,
            text: text.as_str().to_owned(),
            upcoming: upcoming.map(Into::into),
        }
    }
}

/// List the privacy notices
///
/// Of each organisation that has one the version that holds now, without the text. Open to everybody.
#[utoipa::path(
    operation_id = "privacyNoticeList",
    tag = "Privacy notices",
    security(()),
    params(PageQuery),
    responses(
        (status = 200, description = "A page of them.", body = ListView<ListedNoticeView>,
            headers(("Cache-Control" = String, description = "How long it may be kept."))),
        OpenProblems,
        QueryProblems,
    ),
)]
#[get("/v1/privacy-notices")]
pub(crate) async fn privacy_notice_list(
    visit: Visit,
    state: Data<AppState>,
    query: QueryInput<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let slice = state.store.privacy_notice_list(PageQuery::read(query)?, visit.now).await?;
    let list = ListView::of(slice, ListedNoticeView::from);
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, CACHED)).json(list))
}

/// Read the privacy notice of an organisation
///
/// The version that holds now, in the language of `Accept-Language`. Open to everybody.
#[utoipa::path(
    operation_id = "privacyNoticeShow",
    tag = "Privacy notices",
    security(()),
    params(
        ("organisationNumber" = String, Path, description = "The controller's number.", example = "310000019"),
        ("If-None-Match" = Option<String>, Header, nullable = false, description = "The `ETag` of the answer that the reader has."),
    ),
    responses(
        (status = 200, description = "The notice.", body = PrivacyNoticeView, headers(
            ("ETag" = String, description = "Changes whenever the answer does."),
            ("Cache-Control" = String, description = "How long it may be kept."),
            ("Content-Language" = String, description = "The language of the text."),
        )),
        (status = 304, description = "The reader has it already."),
        OpenProblems,
    ),
)]
#[get("/v1/privacy-notices/{organisationNumber}")]
pub(crate) async fn privacy_notice_show(
    visit: Visit,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<String>,
    language: Language,
) -> Result<HttpResponse, ApiError> {
    let number = OrganisationNumber::parse(&path).map_err(|_| ProblemKind::NotFound)?;
    let notice = state.store.privacy_notice_fetch(number, WantedVersion::Current, visit.now).await?;
    answer(&request, PrivacyNoticeView::of(notice, language))
}

/// Which version of whose notice.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
struct VersionPath {
    /// The controller's number.
    #[param(example = "310000019")]
    organisation_number: String,
    /// Which version, counted from 1.
    #[param(value_type = u32, minimum = 1, example = 1)]
    version: String,
}

/// Read a version of a privacy notice
///
/// Also one that does not hold yet, or any more. Its text never changes. Open to everybody.
#[utoipa::path(
    operation_id = "privacyNoticeVersionShow",
    tag = "Privacy notices",
    security(()),
    params(
        VersionPath,
        ("If-None-Match" = Option<String>, Header, nullable = false, description = "The `ETag` of the answer that the reader has."),
    ),
    responses(
        (status = 200, description = "The version.", body = PrivacyNoticeView, headers(
            ("ETag" = String, description = "Changes whenever the answer does."),
            ("Cache-Control" = String, description = "How long it may be kept."),
            ("Content-Language" = String, description = "The language of the text."),
        )),
        (status = 304, description = "The reader has it already."),
        OpenProblems,
    ),
)]
#[get("/v1/privacy-notices/{organisationNumber}/versions/{version}")]
pub(crate) async fn privacy_notice_version_show(
    visit: Visit,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<VersionPath>,
    language: Language,
) -> Result<HttpResponse, ApiError> {
    let not_found = || ApiError::from(ProblemKind::NotFound);
    let number = OrganisationNumber::parse(&path.organisation_number).map_err(|_| not_found())?;
    let version = path.version.parse().map_err(|_| not_found())?;
    let notice = state.store.privacy_notice_fetch(number, WantedVersion::Number(version), visit.now).await?;
    answer(&request, PrivacyNoticeView::of(notice, language))
}

/// A notice, or `304` to a reader who has it. Caches keep it apart for each language.
fn answer(request: &HttpRequest, view: PrivacyNoticeView) -> Result<HttpResponse, ApiError> {
    let mut response = tagged(request, &view)?;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, CACHED);
    headers.append(VARY, HeaderValue::from_static("Accept-Language"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(view.language));
    Ok(response)
}

/// Put a new version of a privacy notice on record
///
/// It gets the next number, and never changes. Of the versions that have begun, the newest holds. For operators.
#[utoipa::path(
    operation_id = "privacyNoticeRegister",
    tag = "Privacy notices",
    params(OrganisationPath, ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = PrivacyNoticeRequest,
    responses(
        (status = 201, description = "The version, in the language of `Accept-Language`.", body = PrivacyNoticeView, headers(
            ("Location" = String, description = "Its path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/organisations/{organisationId}/privacy-notices")]
pub(crate) async fn privacy_notice_register(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<OrganisationPath>,
    language: Language,
    body: JsonBody<PrivacyNoticeRequest>,
) -> Result<HttpResponse, ApiError> {
    let new = notice(body.value)?;
    let key = optional_key(&request, &body.sha256)?;
    let made = state.store.privacy_notice_register(&call, path.organisation_id, new, key).await?;
    let (notice, replayed) = made.into_parts();
    let location = format!("{}/versions/{}", path_of(notice.organisation_number.as_str()), notice.version.number);
    Ok(created(location, replayed).json(PrivacyNoticeView::of(notice, language)))
}

fn notice(request: PrivacyNoticeRequest) -> Result<NewPrivacyNotice, ApiError> {
    let PrivacyNoticeRequest { valid_from, nb, nn, en, unknown } = request;
    let mut violations = Violations::new();
    let valid_from = violations.required("/validFrom", valid_from);
    let valid_from = violations.date("/validFrom", valid_from);
    let nb = violations.required("/nb", nb);
    let bokmal = violations.parse("/nb", nb, NoticeText::parse);
    let nn = violations.optional("/nn", nn);
    let nynorsk = violations.parse("/nn", nn, NoticeText::parse);
    let en = violations.optional("/en", en);
    let english = violations.parse("/en", en, NoticeText::parse);
    violations.unknown("", &unknown);
    let (Some(valid_from), Some(bokmal)) = (valid_from, bokmal) else { return Err(violations.into_error()) };
    violations.finish()?;
    Ok(NewPrivacyNotice { valid_from, texts: NoticeTexts { bokmal, nynorsk, english } })
}

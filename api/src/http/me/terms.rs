//! What citizens accept before they write (DH-5).

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use domain::consent::Document;
use serde::Serialize;
use strum::VariantArray as _;
use utoipa::ToSchema;

use crate::http::request::context::Visit;
use crate::problem::ApiError;
use crate::problem::responses::OpenProblems;
use crate::state::AppState;
use crate::vocabulary::TermsDocument;

/// What is in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct TermsView {
    /// One of each document.
    items: Vec<DocumentView>,
}

/// A document as it is in force.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentView {
    /// `termsOfUse` or `dialogueAndArchive`.
    #[schema(value_type = TermsDocument, example = "termsOfUse")]
    document: &'static str,
    /// The version in force, which is the one to accept.
    #[schema(example = "2026-01")]
    version: String,
    /// Where it can be read; null where this installation has not said where.
    #[schema(required, example = "https://brevdue.example.no/bruksvilkar")]
    url: Option<String>,
}

/// List the documents that are accepted
///
/// The versions in force, and where they can be read. Open to everybody: people read before they log in. What somebody has accepted, and
/// what they lack, is in `GET /v1/me`. After a new version everybody is asked again: reading goes on, and writing waits for it.
#[utoipa::path(
    operation_id = "termsList",
    tag = "Me",
    security(()),
    responses((status = 200, description = "The documents.", body = TermsView), OpenProblems),
)]
#[get("/v1/terms")]
pub(crate) async fn terms_list(_: Visit, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let view = |document: &Document| DocumentView {
        document: document.as_word(),
        version: state.terms.in_force.version(*document).as_str().to_owned(),
        url: state.terms.url(*document).map(str::to_owned),
    };
    Ok(HttpResponse::Ok().json(TermsView { items: Document::VARIANTS.iter().map(view).collect() }))
}

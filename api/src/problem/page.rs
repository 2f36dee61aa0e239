//! The pages behind the `type` of problems, for people.

use actix_web::http::header::{CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, VARY};
use actix_web::{HttpResponse, get, web};
use strum::VariantArray as _;

use super::texts::Label;
use super::{ApiError, ProblemKind, texts};
use crate::language::Language;
use crate::text::text;

/// The page of a kind of problem, if there is such a kind.
#[must_use]
pub(crate) fn render(slug: &str, language: Language) -> Option<String> {
    let kind: ProblemKind = slug.parse().ok()?;
    let label = |label: Label| text(&label, language);
    let (title, fix) = (texts::title(kind, language), texts::fix(kind, language));
    let retry = label(if kind.is_retryable() { Label::Yes } else { Label::No });
    let content = format!(
        "<h1>{title}</h1>\n<p><code>{slug}</code></p>\n<h2>{}</h2>\n<p>{fix}</p>\n<dl>\n<dt>{}</dt><dd>{}</dd>\n\
         <dt>{}</dt><dd>{retry}</dd>\n</dl>\n<p><a href=\"/problems\">{}</a></p>\n",
        label(Label::Mend),
        label(Label::Status),
        kind.status().as_u16(),
        label(Label::Retry),
        label(Label::All),
    );
    Some(document(&title, &content, language))
}

/// The page with all kinds.
#[must_use]
pub(crate) fn render_index(language: Language) -> String {
    let (all, about) = (text(&Label::All, language), text(&Label::About, language));
    let mut content = format!("<h1>{all}</h1>\n<p>{about}</p>\n<ul>\n");
    for kind in ProblemKind::VARIANTS {
        let (slug, status, title) = (kind.slug(), kind.status().as_u16(), texts::title(*kind, language));
        let line = format!("<li><a href=\"/problems/{slug}\"><code>{slug}</code></a> ({status}): {title}</li>\n");
        content.push_str(&line);
    }
    content.push_str("</ul>\n");
    document(&all, &content, language)
}

/// All that is put into it comes from our own texts, which hold nothing that HTML gives a meaning.
fn document(title: &str, content: &str, language: Language) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}}\
         dt{{font-weight:bold}}</style>\n</head>\n<body>\n<main>\n{content}</main>\n</body>\n</html>\n",
        language.tag()
    )
}

fn respond(page: String, language: Language) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_LANGUAGE, language.tag()))
        .insert_header((VARY, "Accept-Language"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"))
        .body(page)
}

/// List the kinds of problems
///
/// A page for people: each kind of error, with its status.
#[utoipa::path(
    tag = "Documentation",
    security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
)]
#[get("/problems")]
pub(crate) async fn problem_index(language: Language) -> HttpResponse {
    respond(render_index(language), language)
}

/// Explain a kind of problem
///
/// The page behind the `type` of a problem: what it means, how to mend it, and whether to try again.
#[utoipa::path(
    tag = "Documentation",
    security(()),
    params(("slug" = String, Path, description = "The last part of the problem's `type`.", example = "not-found")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such kind.", body = super::ProblemBody,
            content_type = "application/problem+json"),
    ),
)]
#[get("/problems/{slug}")]
pub(crate) async fn problem_page(slug: web::Path<String>, language: Language) -> Result<HttpResponse, ApiError> {
    match render(&slug, language) {
        Some(page) => Ok(respond(page, language)),
        None => Err(ProblemKind::NotFound.into()),
    }
}

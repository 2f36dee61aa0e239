use std::collections::BTreeSet;

use actix_web::body::to_bytes;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{
    ACCEPT_LANGUAGE, ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG, HeaderMap, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::{App, HttpResponse, error, web};
use domain::access::Refusal;
use domain::attachment::{FileFault, MAX_FILE_BYTES, MAX_FILES};
use domain::routing::Rejection;
use serde_json::Value;
use strum::VariantArray as _;
use uuid::Uuid;

use super::*;
use crate::language::Language;

async fn of_kind(slug: web::Path<String>) -> Result<HttpResponse, ApiError> {
    Err(slug.parse::<ProblemKind>().expect("a slug of the registry").into())
}

async fn failing() -> Result<HttpResponse, ApiError> {
    let problem = Problem::new(ProblemKind::Unavailable).retry_after_seconds(7);
    Err(ApiError::caused_by(problem, "secret of the database"))
}

async fn read_by_id(_: web::Path<Uuid>) -> HttpResponse {
    HttpResponse::Ok().finish()
}

async fn read_numbers(_: web::Query<std::collections::BTreeMap<String, u8>>) -> HttpResponse {
    HttpResponse::Ok().finish()
}

async fn plain(status: web::Path<u16>) -> HttpResponse {
    let status = StatusCode::from_u16(*status).expect("a status");
    HttpResponse::build(status).insert_header((ETAG, "\"a\"")).insert_header(("x-kept", "yes")).body("plain text")
}

/// Status, headers and body of an answer of a small program with the middleware in front.
async fn answer(request: TestRequest) -> (u16, HeaderMap, Vec<u8>) {
    let app = init_service(
        App::new()
            .wrap(from_fn(middleware))
            .configure(|config| configure(config, 100))
            .service(page::problem_index)
            .service(page::problem_page)
            .route("/kinds/{slug}", web::route().to(of_kind))
            .route("/failing", web::get().to(failing))
            .route("/plain/{status}", web::get().to(plain))
            .route("/by-id/{id}", web::get().to(read_by_id))
            .route("/numbers", web::get().to(read_numbers))
            .service(
                web::resource("/refusing")
                    .wrap(from_fn(|_, _: actix_web::middleware::Next<actix_web::body::BoxBody>| async {
                        Err::<ServiceResponse, _>(error::ErrorForbidden("raised by another middleware"))
                    }))
                    .to(HttpResponse::Ok),
            )
            .service(web::resource("/only-get").route(web::get().to(HttpResponse::Ok))),
    )
    .await;
    let response = match try_call_service(&app, request.to_request()).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, to_bytes(response.into_body()).await.expect("a body in memory").to_vec())
}

async fn get(path: &str) -> (u16, HeaderMap, Value) {
    let (status, headers, body) = answer(TestRequest::get().uri(path)).await;
    (status, headers, serde_json::from_slice(&body).expect("JSON"))
}

fn text(headers: &HeaderMap, name: impl actix_web::http::header::AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[test]
fn each_kind_has_a_slug_of_its_own_and_texts_in_each_language() {
    let slugs: BTreeSet<_> = ProblemKind::VARIANTS.iter().map(|kind| kind.slug()).collect();
    assert_eq!(slugs.len(), ProblemKind::VARIANTS.len());

    for language in Language::VARIANTS {
        let mut titles = BTreeSet::new();
        for kind in ProblemKind::VARIANTS {
            let (title, fix) = (texts::title(*kind, *language), texts::fix(*kind, *language));
            let html = format!("{title}{fix}");
            assert!(title.len() > 8 && !title.ends_with('.'), "{kind:?} {language:?}");
            assert!(titles.insert(title), "{kind:?} {language:?}: another kind has this title");
            assert!(fix.ends_with('.'), "{kind:?} {language:?}");
            assert!(!html.contains(['<', '>', '&', '|']), "{kind:?} {language:?}: the pages put texts in as they are");
        }
    }
}

#[test]
fn the_limits_in_the_texts_are_those_of_the_rules() {
    for language in Language::VARIANTS {
        let size = format!("{} MB", MAX_FILE_BYTES / 1024 / 1024);
        assert!(texts::fix(ProblemKind::FileTooLarge, *language).contains(&size), "{language:?}");
        assert!(texts::fix(ProblemKind::TooManyFiles, *language).contains(&format!(" {MAX_FILES} ")), "{language:?}");
    }
}

#[test]
fn what_the_caller_may_not_know_of_looks_like_an_unknown_id() {
    let trace_id = Some(Uuid::from_u128(7));
    let bytes =
        |problem: &Problem, language| serde_json::to_vec(&ProblemBody::new(problem, language, trace_id)).expect("JSON");
    let hidden: Vec<_> = Refusal::VARIANTS.iter().filter(|refusal| refusal.is_hidden()).collect();
    assert!(!hidden.is_empty());
    for language in Language::VARIANTS {
        let unknown = bytes(&Problem::new(ProblemKind::NotFound), *language);
        for refusal in &hidden {
            assert_eq!(bytes(&Problem::from(**refusal), *language), unknown, "{refusal:?}");
        }
    }
}

#[test]
fn each_fault_of_a_file_has_a_problem_of_its_own() {
    let kinds: Vec<_> = FileFault::VARIANTS.iter().map(|fault| Problem::from(*fault).kind).collect();
    let different: std::collections::HashSet<_> = kinds.iter().collect();
    assert_eq!(different.len(), kinds.len(), "{kinds:?}");
}

#[test]
fn each_refusal_that_the_caller_may_know_of_names_its_rule() {
    for refusal in Refusal::VARIANTS.iter().filter(|refusal| !refusal.is_hidden()) {
        let problem = Problem::from(*refusal);
        let status = match refusal {
            Refusal::RegisterUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::FORBIDDEN,
        };
        // To others a locked mailbox looks like one that was never opened.
        let told = if *refusal == Refusal::LockedByOwner { Refusal::ConsentRequired } else { *refusal };
        assert_eq!((problem.kind.status(), problem.rule), (status, Some(told.rule())), "{refusal:?}");
    }
    for rejection in Rejection::VARIANTS {
        assert_eq!(Problem::from(*rejection).rule, Some(rejection.rule()));
    }
    assert_eq!(Problem::from(FileFault::Macros), Problem::new(ProblemKind::FileHasMacros).rule(Rule::Hk4));
}

#[actix_web::test]
async fn each_kind_is_written_whole() {
    for kind in ProblemKind::VARIANTS {
        let (status, headers, body) = get(&format!("/kinds/{}", kind.slug())).await;

        assert_eq!(status, kind.status().as_u16(), "{kind:?}");
        assert_eq!(body["type"], format!("{TYPE_BASE}{}", kind.slug()));
        assert_eq!(body["status"], status);
        assert_eq!(body["title"], *texts::title(*kind, Language::Bokmal));
        assert_eq!(body["retryable"], kind.is_retryable());
        assert_eq!((body.get("rule"), body.get("errors")), (None, None));
        assert_eq!(text(&headers, CONTENT_TYPE), Some("application/problem+json"));
        assert_eq!(text(&headers, CONTENT_LANGUAGE), Some("nb"));
        assert_eq!(text(&headers, CACHE_CONTROL), Some("no-store"));
        assert_eq!(headers.contains_key(WWW_AUTHENTICATE), kind.challenge().is_some());
        assert!(status != 401 || kind.challenge().is_some(), "{kind:?}: 401 takes a challenge");
        assert_eq!(headers.contains_key(RETRY_AFTER), kind.retry_after_seconds().is_some());
    }
}

#[actix_web::test]
async fn a_problem_speaks_the_language_of_its_reader() {
    let table = [("nb", "Finnes ikke"), ("nn-NO, en;q=0.3", "Finst ikkje"), ("en", "Not found"), ("de", "Finnes ikke")];
    for (wish, title) in table {
        let request = TestRequest::get().uri("/nowhere").insert_header((ACCEPT_LANGUAGE, wish));
        let (_, _, body) = answer(request).await;
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body["title"], title, "{wish}");
    }
}

#[actix_web::test]
async fn what_the_framework_refuses_becomes_a_problem() {
    let table = [
        ("/nowhere", 404, "not-found"),
        ("/by-id/no-id", 404, "not-found"),
        ("/numbers?a=x", 400, "malformed-query"),
        ("/refusing", 403, "wrong-caller"),
        ("/plain/400", 400, "malformed-request"),
        ("/plain/418", 400, "malformed-request"),
        ("/plain/408", 408, "request-timeout"),
        ("/plain/413", 413, "payload-too-large"),
        ("/plain/416", 416, "range-not-satisfiable"),
        ("/plain/500", 500, "internal-error"),
        ("/plain/502", 503, "unavailable"),
    ];
    for (path, status, slug) in table {
        let (answered, headers, body) = get(path).await;
        assert_eq!((answered, &body["status"]), (status, &Value::from(status)), "{path}");
        assert_eq!(body["type"], format!("{TYPE_BASE}{slug}"), "{path}");
        assert_eq!(text(&headers, CONTENT_TYPE), Some("application/problem+json"), "{path}");
    }
}

#[actix_web::test]
async fn headers_that_tell_of_the_first_body_go_and_others_stay() {
    let (_, headers, _) = get("/plain/404").await;
    assert_eq!((headers.contains_key(ETAG), text(&headers, "x-kept")), (false, Some("yes")));

    let (status, headers, _) = answer(TestRequest::post().uri("/only-get")).await;
    assert_eq!((status, text(&headers, ALLOW)), (405, Some("GET")));
    assert_eq!(text(&headers, CONTENT_TYPE), Some("application/problem+json"));
}

#[actix_web::test]
async fn the_cause_of_a_fault_stays_inside() {
    let (status, headers, body) = get("/failing").await;

    assert_eq!((status, text(&headers, RETRY_AFTER)), (503, Some("7")));
    assert!(!body.to_string().contains("secret"), "{body}");
}

#[actix_web::test]
async fn an_answer_to_head_has_no_body() {
    let (status, headers, body) =
        answer(TestRequest::default().method(actix_web::http::Method::HEAD).uri("/kinds/not-found")).await;

    assert_eq!((status, body.len()), (404, 0));
    assert_eq!(text(&headers, CONTENT_TYPE), Some("application/problem+json"));
}

#[actix_web::test]
async fn each_kind_has_its_page_and_the_index_leads_to_it() {
    for language in Language::VARIANTS {
        let index = page::render_index(*language);
        for kind in ProblemKind::VARIANTS {
            let (title, fix) = (texts::title(*kind, *language), texts::fix(*kind, *language));
            let page = page::render(kind.slug(), *language).expect("a page");
            assert!(page.contains(&*title) && page.contains(&*fix), "{kind:?} {language:?}");
            assert!(index.contains(&format!("\"/problems/{}\"", kind.slug())), "{kind:?} {language:?}");
        }
    }

    let (status, headers, _) = answer(TestRequest::get().uri("/problems/not-found")).await;
    assert_eq!((status, text(&headers, CONTENT_TYPE)), (200, Some("text/html; charset=utf-8")));
    let (status, _, _) = answer(TestRequest::get().uri("/problems")).await;
    assert_eq!(status, 200);
    let (status, _, body) = get("/problems/no-such-kind").await;
    assert_eq!((status, &body["type"]), (404, &Value::from(format!("{TYPE_BASE}not-found"))));
}

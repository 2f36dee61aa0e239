use actix_web::body::to_bytes;
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, middleware::from_fn, web};
use domain::consent::ConsentLevel;
use domain::identity::{NationalId, NumberSeries};
use domain::message::Subject;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::problem;
use crate::problem::ApiError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Letter {
    recipient: Field<Recipient>,
    subject: Field<String>,
    #[serde(default)]
    level: Field<String>,
    #[serde(default)]
    open_by: Field<String>,
    #[serde(default)]
    copies: Field<i64>,
    #[serde(default)]
    born: Field<String>,
    #[serde(default)]
    upload: Field<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    national_id: Field<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    limit: Field<String>,
    #[serde(default)]
    unread: Field<String>,
    #[serde(default)]
    after: Field<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

async fn send(body: JsonBody<Letter>) -> Result<HttpResponse, ApiError> {
    let JsonBody { value: letter, sha256 } = body;
    let mut violations = Violations::new();
    if let Some(recipient) = violations.required("/recipient", letter.recipient) {
        let number = violations.required("/recipient/nationalId", recipient.national_id);
        violations.parse("/recipient/nationalId", number, |text| NationalId::parse(text, NumberSeries::Synthetic));
        violations.unknown("/recipient", &recipient.unknown);
    }
    let subject = violations.required("/subject", letter.subject);
    violations.parse("/subject", subject, Subject::parse);
    let level = violations.optional("/level", letter.level);
    violations.choice::<ConsentLevel>("/level", level);
    let open_by = violations.optional("/openBy", letter.open_by);
    violations.time("/openBy", open_by);
    let copies = violations.optional("/copies", letter.copies);
    violations.in_range("/copies", copies, 1..=3);
    let born = violations.optional("/born", letter.born);
    violations.date("/born", born);
    let upload = violations.optional("/upload", letter.upload);
    violations.id("/upload", upload, |id| id);
    violations.unknown("", &letter.unknown);
    violations.finish()?;
    Ok(HttpResponse::Ok().json(json!({"sha256": hex::encode(sha256)})))
}

async fn list(query: QueryInput<Page>) -> Result<HttpResponse, ApiError> {
    let QueryInput { value: page, mut violations } = query;
    let limit = violations.optional("?limit", page.limit);
    let limit = violations.number_in_range("?limit", limit, 1..=200);
    let unread = violations.optional("?unread", page.unread);
    violations.boolean("?unread", unread);
    let after = violations.optional("?after", page.after);
    violations.time("?after", after);
    violations.unknown("?", &page.unknown);
    violations.finish()?;
    Ok(HttpResponse::Ok().json(json!({"limit": limit})))
}

async fn answer(request: TestRequest) -> (u16, Value) {
    let app = init_service(
        App::new()
            .wrap(from_fn(problem::middleware))
            .configure(|config| problem::configure(config, 2_000))
            .route("/letters", web::post().to(send))
            .route("/letters", web::get().to(list)),
    )
    .await;
    let response = call_service(&app, request.insert_header((ACCEPT_LANGUAGE, "en")).to_request()).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body()).await.expect("a body in memory");
    (status, serde_json::from_slice(&body).expect("JSON"))
}

async fn post(body: impl Into<String>) -> (u16, Value) {
    answer(
        TestRequest::post().uri("/letters").insert_header((CONTENT_TYPE, "application/json")).set_payload(body.into()),
    )
    .await
}

async fn get(query: &str) -> (u16, Value) {
    answer(TestRequest::get().uri(&format!("/letters?{query}"))).await
}

fn faults(body: &Value) -> Vec<(&str, &str)> {
    let errors = body["errors"].as_array().expect("errors");
    errors
        .iter()
        .map(|error| (error["pointer"].as_str().expect("text"), error["code"].as_str().expect("text")))
        .collect()
}

fn slug(body: &Value) -> &str {
    body["type"].as_str().and_then(|uri| uri.rsplit('/').next()).expect("a type")
}

#[actix_web::test]
async fn everything_wrong_is_told_at_once_in_the_order_of_the_document() {
    let (status, body) = post(
        json!({
            "recipient": {"nationalId": "15832250005", "name": "Kari"},
            "subject": "x".repeat(121),
            "level": "limitless",
            "openBy": "tomorrow",
            "copies": 4,
            "born": "+2026-1-1",
            "upload": 7,
            "a/b~c": null,
            "priority": {"high": true},
        })
        .to_string(),
    )
    .await;

    assert_eq!(status, 422);
    let expected = [
        ("/recipient/nationalId", "control_digit"),
        ("/recipient/name", "unknown_field"),
        ("/subject", "too_long"),
        ("/level", "not_a_choice"),
        ("/openBy", "not_a_time"),
        ("/copies", "out_of_range"),
        ("/born", "not_a_date"),
        ("/upload", "wrong_type"),
        ("/a~1b~0c", "unknown_field"),
        ("/priority", "unknown_field"),
    ];
    assert_eq!(faults(&body), expected);
    assert!(!body.to_string().contains("15832250005") && !body.to_string().contains("limitless"), "{body}");
}

#[actix_web::test]
async fn a_required_field_is_missing_whether_it_is_left_out_or_null() {
    let (_, body) = post(r#"{"recipient": null}"#).await;
    assert_eq!(faults(&body), [("/recipient", "required"), ("/subject", "required")]);

    let (_, body) = post(r#"{"recipient": ["15832250004"], "subject": {}}"#).await;
    assert_eq!(faults(&body), [("/recipient", "wrong_type"), ("/subject", "wrong_type")]);
}

#[actix_web::test]
async fn a_right_body_is_taken_with_its_hash_and_the_last_of_equal_names_counts() {
    let body = r#"{"recipient":{"nationalId":"15832250004"},"subject":"","subject":"Vedtak"}"#;

    let (status, answer) = post(body).await;

    assert_eq!((status, answer["sha256"].as_str()), (200, Some(hex::encode(digest_of(body)).as_str())));
}

fn digest_of(text: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

#[actix_web::test]
async fn a_body_that_is_no_json_object_is_refused_for_what_it_is() {
    let (status, body) = post("{\n  \"subject\": \"hemmelig\"x").await;
    assert_eq!((status, slug(&body)), (400, "malformed-json"));
    assert_eq!(body["detail"], "Correct the JSON and send the request again. Line 2, column 24.");

    for other in ["[]", "7", "null", "\"hemmelig\""] {
        let (status, body) = post(other).await;
        assert_eq!((status, faults(&body)), (422, vec![("", "wrong_type")]), "{other}");
    }

    let (status, body) = post("").await;
    assert_eq!((status, slug(&body)), (400, "malformed-json"));

    let (status, body) = post(format!("{{\"subject\": \"{}\"}}", "x".repeat(2_000))).await;
    assert_eq!((status, slug(&body)), (413, "payload-too-large"));

    for content_type in ["text/plain", "application/xml", "application/problem+json", "nonsense"] {
        let request = TestRequest::post().uri("/letters").insert_header((CONTENT_TYPE, content_type)).set_payload("{}");
        let (status, body) = answer(request).await;
        assert_eq!((status, slug(&body)), (415, "unsupported-media-type"), "{content_type}");
    }
}

#[actix_web::test]
async fn a_request_of_nothing_but_unknown_fields_gets_a_short_answer() {
    let fields: Vec<String> = (0..150).map(|number| format!("\"f{number}\":1")).collect();

    let (status, body) = post(format!("{{{}}}", fields.join(","))).await;

    assert_eq!((status, faults(&body).len()), (422, MAX_VIOLATIONS));
}

#[actix_web::test]
async fn everything_wrong_with_a_query_is_told_at_once() {
    let (status, body) = get("limit=201&unread=yes&after=x&colour=red&unread=no").await;
    assert_eq!(status, 422);
    let expected = [
        ("?unread", "duplicate"),
        ("?limit", "out_of_range"),
        ("?unread", "not_a_choice"),
        ("?after", "not_a_time"),
        ("?colour", "unknown_field"),
    ];
    assert_eq!(faults(&body), expected);

    let (status, body) = get("limit=12&unread=true&after=2026-01-02T03:04:05Z").await;
    assert_eq!((status, &body["limit"]), (200, &json!(12)));

    for malformed in ["limit=%zz", "limit=%4", "limit=%ff%fe", "%ff=1"] {
        let (status, body) = get(malformed).await;
        assert_eq!((status, slug(&body)), (400, "malformed-query"), "{malformed}");
    }
}

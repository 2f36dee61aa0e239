//! Nothing that is stored is computed from content or numbers without a key: whoever has a copy of the database, and knows
//! what may have been sent to whom, finds nobody by it.

use std::fmt::Write as _;

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512, digest};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::json;
use tests::{Database, Place, TestApp, files, stories};

use crate::persons::SKUDDAR;

/// Everything in the database, each value as hexadecimal digits of its bytes.
fn everything(place: &Place) -> String {
    let mut all = String::new();
    for name in place.columns() {
        let (table, column) = name.split_once('.').expect("a table and a column");
        let as_hex = match place.database() {
            Database::Sqlite => format!("hex({column})"),
            // What is no text of its own is text to PostgreSQL too; bytes are their digits after \x.
            Database::Postgres => format!("encode(convert_to({column}::text, 'UTF8'), 'hex')"),
        };
        let values = place.texts(&format!("SELECT {as_hex} AS text FROM {table} WHERE {column} IS NOT NULL"));
        for value in values {
            let _ = writeln!(all, "{}", value.to_lowercase());
        }
    }
    all
}

/// The forms in which a digest could stand in a column, as [`everything`] has them.
fn forms(of: &[u8]) -> Vec<String> {
    let algorithms: [&Algorithm; 3] = [&SHA256, &SHA512, &SHA1_FOR_LEGACY_USE_ONLY];
    algorithms
        .into_iter()
        .flat_map(|algorithm| {
            let digest = digest(algorithm, of);
            let digits = hex::encode(digest.as_ref());
            let texts = [
                digits.clone(),
                format!("\\x{digits}"),
                BASE64_STANDARD.encode(digest.as_ref()),
                BASE64_URL_SAFE_NO_PAD.encode(digest.as_ref()),
            ];
            // Also the first half: enough to find somebody by.
            let half = digits[..32].to_owned();
            texts.map(hex::encode).into_iter().chain([half.clone(), hex::encode(half)])
        })
        .collect()
}

stories! {
    async fn hn_5_no_stored_digest_is_of_something_that_others_can_know(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let (file, ehr) = (files::pdf(), app.ehr().await);
        let _ = app.message("Svar").body("Prøven er fin.").file(file.clone()).deliver().await;
        let upload = ehr.post(&app.dermatology().path("/uploads"), &json!({"fileName": "a.pdf"})).key("u").await.expect(201).id();
        let content = app.dermatology().path(&format!("/uploads/{upload}/content"));
        let _ = ehr.request(Method::PUT, &content).body("application/octet-stream", file.bytes.clone()).await.expect(200);
        let (path, body) = (app.dermatology().path("/messages"), app.message("Svar på prøve").to_json());
        let sent = ehr.post(&path, &body).key("once").await.expect(201);
        let details = json!({"email": "kanari@example.no", "mobile": "91234567"});
        let _ = patient.patch("/v1/me/contact-details", &details).await.expect(200);

        let all = everything(app.place());

        let content = body.to_string();
        let request = [format!("POST {path}\n").as_bytes(), digest(&SHA256, content.as_bytes()).as_ref()].concat();
        let known: [&[u8]; 9] = [
            &file.bytes,
            content.as_bytes(),
            &request,
            b"Svar",
            "Prøven er fin.".as_bytes(),
            SKUDDAR.as_bytes(),
            b"kanari@example.no",
            b"91234567",
            b"+4791234567",
        ];
        for of in known {
            for form in forms(of) {
                assert!(!all.contains(&form), "a digest of {:?} is stored", String::from_utf8_lossy(&of[..of.len().min(60)]));
            }
        }
        assert!(all.contains(&hex::encode("once")), "what is stored is looked at: {}", sent.status);
        // Every number of the sandbox, as somebody would who has the register.
        for person in app.persons() {
            assert!(forms(person.national_id.as_bytes()).iter().all(|form| !all.contains(form)));
        }
        let again = ehr.post(&path, &body).key("once").await.expect(201);
        assert_eq!(again.id(), sent.id(), "the same request is still known by it");
    }
}

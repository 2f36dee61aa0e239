//! TK-3: in which forms a journal fetches what it archives.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tests::files::File;
use tests::{TestApp, files, form, stories};

use crate::dialogue::{HomeCare, home_care_of, inquiry};

/// The citizen writes, with files, and the nurse marks it as relevant: the id of the conversation.
async fn relevant_with(care: &HomeCare, subject: &str, files: Vec<File>) -> String {
    let form = form(&inquiry(&care.service, "dialogue", subject), files);
    let written = care.citizen.request(Method::POST, &care.citizen.own("/messages")).form(form).await.expect(201);
    let id = written.text("conversationId").to_owned();
    let _ = care.nurse.put(&care.desk(&id, "/journal"), &json!({"relevant": true})).await.expect(200);
    id
}

stories! {
    async fn tk_3_the_document_carries_its_files(app: TestApp) {
        let care = home_care_of(&app).await;
        let (first, second) = (files::pdf_of(3000), files::docx().named("prøve.docx"));
        let id = relevant_with(&care, "Sår", vec![first.clone(), second.clone()]).await;

        let document = care.system.get(&care.desk(&id, "/journal")).await.expect(200);

        assert_eq!(document["carriesFiles"], true);
        let listed = document["messages"][0]["attachments"].as_array().expect("files");
        for (shown, file) in listed.iter().zip([&first, &second]) {
            let content = BASE64_STANDARD.decode(shown["content"].as_str().expect("a content")).expect("base64");
            assert_eq!(content, file.bytes, "{}", file.name);
            assert_eq!(shown["sha256"], hex::encode(digest(&SHA256, &file.bytes)));
            assert_eq!((&shown["fileName"], &shown["contentType"]), (&json!(file.name), &json!(file.content_type)));
            assert_eq!(shown["sizeBytes"], file.bytes.len());
        }
        assert_eq!(listed.len(), 2);
    }

    async fn tk_3_files_that_are_too_many_together_are_all_listed_and_fetched_one_by_one(app: TestApp) {
        let care = home_care_of(&app).await;
        let half = 20 * 1024 * 1024;
        let (below, above) = (files::pdf_of(half - 1000), files::pdf_of(half + 1000).named("stor.pdf"));
        let over = relevant_with(&care, "For mye", vec![below.clone(), above.clone()]).await;
        let within = relevant_with(&care, "Akkurat nok", vec![below.clone(), below.clone()]).await;

        let document = care.system.get(&care.desk(&over, "/journal")).await.expect(200);

        assert_eq!(document["carriesFiles"], false);
        let listed = document["messages"][0]["attachments"].as_array().expect("files");
        for (shown, file) in listed.iter().zip([&below, &above]) {
            assert_eq!((&shown["content"], &shown["fileName"]), (&Value::Null, &json!(file.name)));
            let fetched = care.system.get(shown["path"].as_str().expect("a path")).await.expect(200);
            assert!(fetched.bytes == file.bytes, "{}", file.name);
        }
        assert_eq!(listed.len(), 2);
        let document = care.system.get(&care.desk(&within, "/journal")).await.expect(200);
        assert_eq!(document["carriesFiles"], true);
        let contents = document["messages"][0]["attachments"].as_array().expect("files").iter();
        assert!(contents.map(|file| file["content"].as_str().expect("a content").len()).sum::<usize>() > 2 * half);
    }
}

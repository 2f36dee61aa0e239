//! TK-3: in which forms a journal fetches what it archives.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tests::files::File;
use tests::{TestApp, files, form, stories, without_instance};

use crate::dialogue::{HomeCare, home_care_of, inquiry};
use crate::persons::SKUDDAR;

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

    async fn tk_3_the_document_comes_as_pdf_a_with_its_files_embedded(app: TestApp) {
        let care = home_care_of(&app).await;
        let file = files::docx().named("prøve.docx");
        let id = relevant_with(&care, "Bures, muoŧŧá", vec![file.clone()]).await;
        let journal = care.desk(&id, "/journal");

        let answer = care.system.get(&journal).header("accept", "application/pdf").await.expect(200);

        assert_eq!(answer.header("content-type"), Some("application/pdf"));
        assert_eq!(answer.header("content-disposition"), Some(format!("attachment; filename=\"journal-{id}.pdf\"").as_str()));
        let pdf = lopdf::Document::load_mem(&answer.bytes).expect("a PDF");
        let text: String = pdf.extract_text(&[1]).expect("text").split_whitespace().collect();
        for said in [SKUDDAR, "Bures,muoŧŧá", "Kanderekommesenere?", "Side1av1", "Hjemmetjenesten"] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(text.contains(&hex::encode(digest(&SHA256, &file.bytes))), "{text}");
        let streams = pdf.objects.values().filter_map(|object| object.as_stream().ok());
        assert!(streams.filter(|stream| stream.content == file.bytes).count() == 1, "the file is in it, byte for byte");
        let again = care.system.get(&journal).header("accept", "application/pdf").await.expect(200);
        assert!(again.bytes == answer.bytes);
        let english = care.system.get(&journal).header("accept", "application/pdf").header("accept-language", "en").await;
        assert_eq!(english.expect(200).header("content-language"), Some("en"));
    }

    async fn tk_3_nobody_gets_another_form_of_what_they_may_not_see(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = relevant_with(&care, "Sår", vec![]).await;
        let stranger = app.system(app.clinic()).await;
        let unknown = care.desk(&uuid::Uuid::from_u128(7).to_string(), "/journal");

        for form in ["application/json", "application/pdf", "application/xml"] {
            let hidden = stranger.get(&care.desk(&id, "/journal")).header("accept", form).await.problem("not-found");
            let nothing = stranger.get(&unknown).header("accept", form).await.problem("not-found");
            assert_eq!(without_instance(&hidden), without_instance(&nothing), "{form}");
        }
        let _ = care.system.get(&care.desk(&id, "/journal")).header("accept", "text/html").await.problem("not-acceptable");
    }

    async fn tk_3_ehr_1_the_document_comes_as_a_dialogue_message_under_an_id_that_stays(app: TestApp) {
        let care = home_care_of(&app).await;
        let file = files::pdf_of(500);
        let id = relevant_with(&care, "Sår & \"vondt\" <her>", vec![file.clone()]).await;
        let journal = care.desk(&id, "/journal");
        let as_xml = async || {
            let answer = care.system.get(&journal).header("accept", "application/xml").await.expect(200);
            assert_eq!(answer.header("content-type"), Some("application/xml"));
            String::from_utf8(answer.bytes.to_vec()).expect("UTF-8")
        };

        let xml = as_xml().await;

        let document = care.system.get(&journal).await.expect(200);
        let organisation = &app.municipality().number;
        for part in [
            format!("<MsgId>{}</MsgId>", document.text("documentId")),
            "<Type V=\"DIALOG_HELSEFAGLIG\"".to_owned(),
            "<Ack V=\"J\"".to_owned(),
            format!("<RefToConversation>{id}</RefToConversation>"),
            format!("<Id>{organisation}</Id><TypeId V=\"ENH\""),
            format!("<Id>{SKUDDAR}</Id><TypeId V=\"FNR\""),
            "<Tema>Sår &amp; &quot;vondt&quot; &lt;her&gt;</Tema>".to_owned(),
            "xsi:type=\"xs:string\">Kan dere komme senere?</TekstNotatInnhold>".to_owned(),
            format!("base64container\">{}</Base64Container>", BASE64_STANDARD.encode(&file.bytes)),
        ] {
            assert!(xml.contains(&part), "{part}: {xml}");
        }
        assert_eq!(as_xml().await, xml);
        let _ = care.nurse.put(&journal, &json!({"relevant": true})).await.expect(200);
        let anew = care.system.get(&journal).await.expect(200);
        assert_ne!(anew["documentId"], document["documentId"]);
    }

    async fn tk_3_a_conversation_of_a_million_characters_is_fetched_but_not_as_pages(app: TestApp) {
        let care = home_care_of(&app).await;
        let (long, short) = (care.written("Lang").await, care.written("Kort").await);
        for _ in 0..11 {
            let reply = json!({"body": "ab ".repeat(33_000)});
            let _ = care.citizen.post(&care.citizen.own(&format!("/conversations/{long}/messages")), &reply).await.expect(201);
        }
        for id in [&long, &short] {
            let _ = care.nurse.put(&care.desk(id, "/journal"), &json!({"relevant": true})).await.expect(200);
        }
        let fetch = |id: &str, form: &str| care.system.get(&care.desk(id, "/journal")).header("accept", form);

        let _ = fetch(&long, "application/pdf").await.problem("too-long-for-pages");

        let _ = fetch(&long, "application/json").await.expect(200);
        let _ = fetch(&long, "application/xml").await.expect(200);
        // Others are served, many at a time as well.
        let fetched = futures_util::future::join_all((0..4).map(async |_| fetch(&short, "application/pdf").await)).await;
        assert!(fetched.iter().all(|answer| answer.status == 200), "{fetched:?}");
    }
}

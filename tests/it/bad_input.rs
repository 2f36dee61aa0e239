//! What is wrong is said, all of it at once, and nothing is stored.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{Answer, File, MessageBuilder, TestApp, files, stories};

use crate::persons::{SKUDDAR, UNKNOWN};

/// What is stored, but for the entries that say that somebody tried.
fn stored(app: &TestApp) -> (BTreeMap<String, i64>, usize) {
    let mut counts = app.place().row_counts();
    counts.remove("audit_entry");
    (counts, app.place().blob_count())
}

/// The kind of a problem, and pairs of pointer and code where fields are wrong.
type Expected = (&'static str, Vec<(String, String)>);

fn pairs(violations: &[(&str, &str)]) -> Vec<(String, String)> {
    violations.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

stories! {
    async fn everything_that_is_wrong_with_a_message_is_named_at_once(app: TestApp) {
        let before = stored(&app);
        let message = json!({
            "recipient": {"nationalId": "29827200058", "nickname": "Kari"},
            "kind": "postcard",
            "subject": "a".repeat(121),
            "body": "b".repeat(100_001),
            "bodyFormat": 7,
            "senderReference": " ",
            "attachments": [{"uploadId": "1"}, {}, 3],
            "visibility": {"parents": "always", "powerOfAttorney": "yes"},
            "openBy": "tomorrow",
            "colour": "red",
        });

        let answer = app.ehr().await.post(&app.dermatology().path("/messages"), &message).key("k").await;

        let answer = answer.problem("invalid-request");
        assert_eq!(answer.status, 422);
        let expected = pairs(&[
            ("/attachments/0/uploadId", "not_a_uuid"),
            ("/attachments/1/uploadId", "required"),
            ("/attachments/2", "wrong_type"),
            ("/body", "too_long"),
            ("/bodyFormat", "wrong_type"),
            ("/colour", "unknown_field"),
            ("/kind", "not_a_choice"),
            ("/openBy", "not_a_time"),
            ("/recipient/nationalId", "control_digit"),
            ("/recipient/nickname", "unknown_field"),
            ("/senderReference", "empty"),
            ("/subject", "too_long"),
            ("/visibility/parents", "not_a_choice"),
            ("/visibility/powerOfAttorney", "wrong_type"),
        ]);
        assert_eq!(answer.violations(), expected);
        // No answer repeats what was sent.
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(!text.contains("29827200058") && !text.contains("postcard") && !text.contains("Kari"), "{answer}");
        assert_eq!(before, stored(&app));
    }

    async fn each_wrong_message_gets_a_clear_problem_and_leaves_nothing_behind(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let before = stored(&app);
        let message = || app.message("Svar");
        let invalid = |pointer: &str, code: &str| ("invalid-request", pairs(&[(pointer, code)]));
        let long = "æ".repeat(121);
        let table: Vec<(&str, MessageBuilder, Expected)> = vec![
            ("an unknown field", message().with("priority", 1), invalid("/priority", "unknown_field")),
            ("a wrong control digit", message().to("29827200058"), invalid("/recipient/nationalId", "control_digit")),
            ("too few digits", message().to("2982720005"), invalid("/recipient/nationalId", "not_eleven_digits")),
            ("a real number", message().to("29027210056"), invalid("/recipient/nationalId", "wrong_series")),
            ("an unknown recipient", message().to(UNKNOWN), ("recipient-unknown", vec![])),
            ("no recipient", message().without("recipient"), invalid("/recipient", "required")),
            ("an empty recipient", message().with("recipient", json!({})), invalid("/recipient", "exactly_one_of")),
            ("a long subject", message().with("subject", long), invalid("/subject", "too_long")),
            ("a subject of spaces", message().with("subject", "  "), invalid("/subject", "empty")),
            ("a subject of two lines", message().with("subject", "a\nb"), invalid("/subject", "control_characters")),
            ("a long body", message().body(&"b".repeat(100_001)), invalid("/body", "too_long")),
            ("no body", message().without("body"), invalid("/body", "required")),
            (
                "a time that is over",
                message().with("openBy", "2020-01-01T00:00:00Z"),
                invalid("/openBy", "in_the_past"),
            ),
            ("an employee", message().with("recipient", json!({"employeeId": "7"})), ("recipient-is-employee", vec![])),
            (
                "an unknown upload",
                message().with("attachments", json!([{"uploadId": uuid::Uuid::from_u128(7)}])),
                invalid("/attachments/0/uploadId", "unknown_upload"),
            ),
            (
                "more than twenty uploads",
                message().with("attachments", Value::from(vec![json!({"uploadId": uuid::Uuid::from_u128(7)}); 21])),
                ("too-many-files", vec![]),
            ),
        ];
        for (name, message, (slug, violations)) in table {
            let answer = message.try_send().await;
            assert_eq!(answer.slug(), Some(slug), "{name}: {answer}");
            let answer = answer.problem(slug);
            if !violations.is_empty() {
                assert_eq!(answer.violations(), violations, "{name}");
            }
            assert_eq!(before, stored(&app), "{name}");
        }
    }

    async fn subject_and_body_at_their_limits_are_taken(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let (subject, body) = ("😀".repeat(120), "æ".repeat(100_000));

        let id = app.message(&subject).body(&body).deliver().await;

        let letter = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
        assert!(letter["subject"] == json!(subject) && letter["body"] == json!(body));
    }

    async fn each_wrong_file_gets_a_clear_problem_and_leaves_nothing_behind(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let before = stored(&app);
        let table: [(&str, File, &str); 8] = [
            ("a program under the name of a PDF", files::program_named_pdf(), "file-type-not-accepted"),
            ("a zip that is no Word document", files::zip_named_docx(), "file-type-not-accepted"),
            ("a Word document with macros", files::docx_with_macros(), "file-has-macros"),
            ("a locked Word document", files::locked_docx(), "file-encrypted"),
            ("an empty file", files::empty(), "file-empty"),
            ("a PDF that breaks off", files::cut_pdf(), "file-damaged"),
            ("a Word document that breaks off", files::cut_docx(), "file-damaged"),
            ("a file that is too large", files::pdf_of(30 * 1024 * 1024), "file-too-large"),
        ];
        for (name, file, slug) in table.into_iter().chain(files::harmful()) {
            for with_a_good_one in [false, true] {
                let message = app.message("Svar");
                let message = if with_a_good_one { message.file(files::pdf()) } else { message };
                let answer = message.file(file.clone()).try_send().await;
                assert_eq!(answer.slug(), Some(slug), "{name}: {answer}");
                answer.check_problem();
                assert_eq!(before, stored(&app), "{name}, after a good one: {with_a_good_one}");
            }
        }
    }

    async fn a_message_that_is_wrong_leaves_none_of_its_files_behind(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let before = stored(&app);

        let wrong = app.message(" ").file(files::pdf()).try_send().await;
        let unknown = app.message("Svar").to(UNKNOWN).file(files::pdf()).try_send().await;
        let many = (0..21).fold(app.message("Svar"), |message, _| message.file(files::pdf())).try_send().await;

        let _ =
            (wrong.problem("invalid-request"), unknown.problem("recipient-unknown"), many.problem("too-many-files"));
        assert_eq!(before, stored(&app));
    }

    async fn twenty_files_and_thirty_megabytes_are_taken(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let twenty = (0..20)
            .fold(app.message("Mange"), |message, place| message.file(files::pdf().named(&format!("{place}.pdf"))));
        let (many, large) = (twenty.deliver().await, files::pdf_of(30 * 1024 * 1024 - files::pdf().bytes.len()));
        assert_eq!(large.bytes.len(), 30 * 1024 * 1024);

        let id = app.message("Stor").file(large.clone()).deliver().await;

        let letter = patient.get(&patient.own(&format!("/messages/{many}"))).await.expect(200);
        assert_eq!(letter["attachments"][19]["fileName"], "19.pdf");
        let letter = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
        let file = letter["attachments"][0]["id"].as_str().expect("a file").to_owned();
        let fetched = patient.get(&patient.own(&format!("/messages/{id}/attachments/{file}"))).await.expect(200);
        assert!(fetched.bytes == large.bytes);
    }

    async fn a_file_that_is_too_large_is_refused_while_it_streams(app: TestApp) {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU64, Ordering};

        let ehr = app.ehr().await;
        let uploads = app.dermatology().path("/uploads");
        let upload = ehr.post(&uploads, &json!({"fileName": "stor.pdf"})).key("u").await.expect(201).id();
        // Three hundred megabytes, of unknown length, of which the server need not see more than a part.
        let sent = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&sent);
        let chunks = (0..4800).map(move |_| {
            counter.fetch_add(64 * 1024, Ordering::Relaxed);
            Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b'%'; 64 * 1024]))
        });
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));

        let path = format!("{uploads}/{upload}/content");
        let answer = ehr.request(reqwest::Method::PUT, &path).body("application/octet-stream", body).try_send().await;

        // Where the connection closes before the client has sent all, the answer may be lost.
        if let Ok(answer) = answer {
            let _ = answer.problem("file-too-large");
        }
        assert!(sent.load(Ordering::Relaxed) < 100 * 1024 * 1024, "{sent:?} bytes were taken");
        let shown = ehr.get(&format!("{uploads}/{upload}")).await.expect(200);
        assert!(shown["content"].is_null());
        assert_eq!(stored(&app).1, 1, "the marker of the folder is the only file");
    }

    async fn bodies_that_are_no_messages_are_refused_for_what_they_are(app: TestApp) {
        let (ehr, path) = (app.ehr().await, app.dermatology().path("/messages"));
        let before = stored(&app);
        let post = |content_type: &str, body: &str| {
            ehr.request(reqwest::Method::POST, &path).key("k").body(content_type, body.to_owned())
        };
        let boundary = "multipart/form-data; boundary=x";
        let table: [(&str, tests::Request, &str); 9] = [
            ("no JSON", post("application/json", "{\"recipient\": "), "malformed-json"),
            ("nothing", post("application/json", ""), "malformed-json"),
            ("a list", post("application/json", "[]"), "invalid-request"),
            ("plain text", post("text/plain", "hei"), "unsupported-media-type"),
            ("too much", post("application/json", &format!("\"{}\"", "a".repeat(1_600_000))), "payload-too-large"),
            ("no parts", post(boundary, "hei"), "malformed-multipart"),
            (
                "no message",
                post(
                    boundary,
                    "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\nhei\r\n--x--\r\n",
                ),
                "file-type-not-accepted",
            ),
            ("only an end", post(boundary, "--x--\r\n"), "malformed-multipart"),
            ("packed", post("application/json", "{}").header("content-encoding", "gzip"), "unsupported-media-type"),
        ];
        for (name, request, slug) in table {
            let answer: Answer = request.await;
            assert_eq!(answer.slug(), Some(slug), "{name}: {answer}");
            answer.check_problem();
        }
        assert_eq!(before, stored(&app));
    }

    async fn a_service_of_the_mailbox_itself_is_not_for_anybody_to_open(app: TestApp) {
        let path = format!("/v1/organisations/{}/services", app.clinic().id);
        let before = stored(&app);

        let answer = app.operator().await.post(&path, &json!({"name": "Innboksen", "kind": "platform"})).await;

        let violations = answer.problem("invalid-request").violations();
        assert_eq!(violations, [("/kind".to_owned(), "not_a_choice".to_owned())]);
        assert_eq!(before, stored(&app));
    }

    async fn everything_that_is_wrong_with_a_query_is_named_at_once(app: TestApp) {
        let patient = app.member(SKUDDAR).await;

        let answer =
            patient.get(&patient.own("/messages?limit=0&unread=maybe&kind=x&kind=y&after=now&colour=red")).await;

        let expected = pairs(&[
            ("?after", "not_a_time"),
            ("?colour", "unknown_field"),
            ("?kind", "duplicate"),
            ("?kind", "not_a_choice"),
            ("?limit", "out_of_range"),
            ("?unread", "not_a_choice"),
        ]);
        assert_eq!(answer.problem("invalid-request").violations(), expected);
        let _ = patient.get(&patient.own("/messages?limit=%zz")).await.problem("malformed-query");
    }

    async fn a_cursor_serves_its_own_list_only(app: TestApp) {
        let (patient, other) = (app.member(SKUDDAR).await, app.member(crate::persons::ELDRID).await);
        for place in 0..3 {
            let _ = app.message(&format!("Brev {place}")).deliver().await;
            let _ = app.message(&format!("Brev {place}")).to(crate::persons::ELDRID).deliver().await;
        }
        let page = patient.get(&patient.own("/messages?limit=1")).await.expect(200);
        let cursor = page["nextCursor"].as_str().expect("more").to_owned();
        let _ = patient.get(&patient.own(&format!("/messages?limit=1&cursor={cursor}"))).await.expect(200);

        let mut bent = cursor.clone().into_bytes();
        bent[10] = if bent[10] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).expect("text");
        let table = [
            ("another mailbox", other.get(&other.own(&format!("/messages?cursor={cursor}"))).await),
            ("another filter", patient.get(&patient.own(&format!("/messages?unread=true&cursor={cursor}"))).await),
            ("another list", patient.get(&patient.own(&format!("/access-log?cursor={cursor}"))).await),
            ("bent", patient.get(&patient.own(&format!("/messages?cursor={bent}"))).await),
            ("made up", patient.get(&patient.own("/messages?cursor=abc")).await),
            ("empty", patient.get(&patient.own("/messages?cursor=")).await),
        ];
        for (name, answer) in table {
            assert_eq!(answer.slug(), Some("cursor-invalid"), "{name}: {answer}");
        }
    }
}

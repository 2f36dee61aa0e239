//! Content is unreadable at rest: what was sent is looked for in every file that the program and its database leave.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem::Finder;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tests::{Database, Place, ServerProcess, stories};
use uuid::Uuid;

const RECIPIENT: &str = "29827200059";
/// Its name in the sandbox.
const RECIPIENT_NAME: &str = "Skuddår Testesen";
const HOLDER: &str = "08854500016";
const HOLDER_NAME: &str = "Eldrid Prøve";

stories! {
    async fn what_was_sent_is_in_no_file(database: Database) {
        nothing_in_clear(&Place::new(database)).await;
    }
}

async fn nothing_in_clear(place: &Place) {
    let secret = |what: &str| format!("{what}-{}", Uuid::new_v4().simple());
    let (subject, body, file, file_name) = (secret("emne"), secret("tekst"), secret("fil"), secret("navn"));
    // Not a secret: it must be found, or the search finds nothing at all.
    let plain = secret("klar");

    let server = ServerProcess::start(place);
    send_and_read(&server, &subject, &body, &file, &file_name).await;
    register_organisation(&server, &plain).await;
    // Killed, so that files are as a crash leaves them.
    server.kill();

    let haystack = Haystack::read(&place.files());
    assert!(haystack.finds(&plain).is_some(), "the search does not even find what is stored in clear");
    for secret in [&subject, &body, &file, &file_name, RECIPIENT, RECIPIENT_NAME, HOLDER, HOLDER_NAME] {
        assert_eq!(haystack.finds(secret), None, "{secret} lies in clear");
    }
}

async fn send_and_read(server: &ServerProcess, subject: &str, body: &str, file: &str, file_name: &str) {
    let (token, service) = server.clinic().await;
    let pdf = format!("%PDF-1.4\n% {file}\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");
    let message = json!({
        "recipient": {"nationalId": RECIPIENT}, "kind": "letter", "subject": subject, "body": body,
    });
    let form = Form::new()
        .part("message", Part::text(message.to_string()).mime_str("application/json").expect("a media type"))
        .part("file", Part::text(pdf.clone()).file_name(format!("{file_name}.pdf")));
    let url = server.url(&format!("/v1/services/{service}/messages"));
    let key = Uuid::new_v4().to_string();
    let request = server.client().post(url).bearer_auth(&token).header("Idempotency-Key", key).multipart(form);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED);
    let sent: Value = answer.json().await.expect("JSON");

    let appointment = json!({
        "recipient": {"nationalId": RECIPIENT}, "kind": "homeVisit", "startsAt": "2099-12-03T09:00:00Z",
        "endsAt": "2099-12-03T09:30:00Z", "title": subject, "place": body, "description": body,
    });
    let url = server.url(&format!("/v1/services/{service}/appointments/a"));
    let told = server.client().put(url).bearer_auth(&token).json(&appointment).send().await.expect("an answer");
    assert_eq!(told.status(), StatusCode::CREATED);

    let contact = json!({"nationalId": RECIPIENT, "externalId": "a", "role": subject, "personName": body, "unitName": subject,
        "validFrom": "2020-01-01"});
    let url = server.url(&format!("/v1/services/{service}/health-contacts"));
    let contacts = server.client().put(url).bearer_auth(&token).header("content-type", "application/x-ndjson");
    assert_eq!(contacts.body(contact.to_string()).send().await.expect("an answer").status(), StatusCode::OK);

    let patient = server.token(json!({"kind": "citizen", "nationalId": RECIPIENT})).await;
    let consent = server.client().put(server.url("/v1/me/consent")).bearer_auth(&patient);
    let consented = consent.json(&json!({"level": "basis"})).send().await.expect("an answer");
    assert_eq!(consented.status(), StatusCode::OK);
    let me = server.get("/v1/me", Some(&patient)).await;
    let mailbox = me["mailboxId"].as_str().expect("a mailbox");
    let id = sent["id"].as_str().expect("an id");
    let read = server.get(&format!("/v1/mailboxes/{mailbox}/messages/{id}"), Some(&patient)).await;
    assert_eq!(read["subject"], subject);
    assert_eq!(read["body"], body);
    let draft =
        json!({"subject": subject, "body": body, "formAnswers": {"form": "a", "version": 1, "answers": {"a": body}}});
    let url = server.url(&format!("/v1/mailboxes/{mailbox}/drafts"));
    let kept = server.client().post(url).bearer_auth(&patient).json(&draft).send().await.expect("an answer");
    assert_eq!(kept.status(), StatusCode::CREATED);
    let details = json!({"email": format!("{subject}@example.no")});
    let url = server.url("/v1/me/contact-details");
    let entered = server.client().patch(url).bearer_auth(&patient).json(&details).send().await.expect("an answer");
    assert_eq!(entered.status(), StatusCode::OK);
    // What both are told of a power of attorney names them.
    let power = json!({"holder": {"nationalId": HOLDER}, "areas": [3]});
    let given = server.client().post(server.url("/v1/me/powers-of-attorney")).bearer_auth(&patient).json(&power);
    assert_eq!(given.send().await.expect("an answer").status(), StatusCode::CREATED);
    let attachment = read["attachments"][0]["id"].as_str().expect("a file");
    let url = server.url(&format!("/v1/mailboxes/{mailbox}/messages/{id}/attachments/{attachment}"));
    let fetched = server.client().get(url).bearer_auth(&patient).send().await.expect("an answer");
    assert_eq!(fetched.text().await.expect("the file"), pdf);
    // A refused request, so that its problem and log lines are looked at as well.
    let wrong =
        json!({"recipient": {"nationalId": RECIPIENT}, "kind": body, "subject": subject.repeat(9), "body": body});
    let url = server.url(&format!("/v1/services/{}/messages", Uuid::now_v7()));
    let refused = server.client().post(url).bearer_auth(&patient).json(&wrong).send().await.expect("an answer");
    assert!(refused.status().is_client_error());
}

async fn register_organisation(server: &ServerProcess, name: &str) {
    let operator = server.token(json!({"kind": "operator"})).await;
    let organisation = json!({"organisationNumber": "310033340", "name": name});
    let request = server.client().post(server.url("/v1/organisations")).bearer_auth(operator).json(&organisation);
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::CREATED);
}

/// Everything that was left behind, place by place.
struct Haystack(Vec<(String, Vec<u8>)>);

impl Haystack {
    fn read(places: &[PathBuf]) -> Self {
        let mut all = Vec::new();
        for place in places {
            read_below(place, &mut all);
        }
        assert!(!all.is_empty(), "there is nothing to search");
        Self(all)
    }

    /// Where a text stands: as it is, in hexadecimal, in base64, or in UTF-16.
    fn finds(&self, text: &str) -> Option<&str> {
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut needles = vec![text.as_bytes().to_vec(), hex::encode(text).into_bytes(), utf16];
        // Base64 looks different by where in a group of three the text starts; its inner part tells.
        for shift in 0..3 {
            let padded = [vec![b' '; shift], text.as_bytes().to_vec()].concat();
            let encoded = STANDARD.encode(padded).into_bytes();
            needles.push(encoded[4..encoded.len() - 4].to_vec());
        }
        let needles: Vec<Finder<'_>> = needles.iter().map(Finder::new).collect();
        let found = self.0.iter().find(|(_, bytes)| needles.iter().any(|needle| needle.find(bytes).is_some()));
        found.map(|(place, _)| place.as_str())
    }
}

fn read_below(place: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    if place.is_dir() {
        // A running database removes files while we look; what is gone holds nothing.
        for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
            read_below(&entry.path(), all);
        }
    } else if let Ok(bytes) = std::fs::read(place) {
        all.push((place.display().to_string(), bytes));
    }
}

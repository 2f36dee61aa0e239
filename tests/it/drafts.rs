//! What citizens have begun to write, and not sent.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Answer, TestApp, files, stories, without_instance};

use crate::dialogue::{HomeCare, home_care_of, tell};
use crate::persons::{DAGNY, ELDRID, LILLE, MONA, SKUDDAR};

/// A draft that has all that a message needs.
fn whole(care: &HomeCare) -> Value {
    json!({"recipient": {"serviceId": care.service.id}, "kind": "dialogue", "subject": "Besøket", "body": "Kan dere komme senere?"})
}

fn tag(shown: &Answer) -> String {
    shown.header("etag").expect("a tag").to_owned()
}

async fn change(author: &Actor, path: &str, content: &Value, tag: &str) -> Answer {
    author.put(path, content).header("if-match", tag).await
}

async fn send(author: &Actor, path: &str, tag: &str) -> Answer {
    author.request(Method::POST, &format!("{path}/sending")).header("if-match", tag).await
}

stories! {
    async fn a_draft_survives_a_lost_connection_grows_and_is_sent_once(app: TestApp) {
        let care = home_care_of(&app).await;
        let citizen = &care.citizen;
        let drafts = citizen.own("/drafts");

        let begun = citizen.post(&drafts, &json!({"body": "Kan dere", "subject": ""})).key("d").await.expect(201);

        assert_eq!((&begun["body"], &begun["subject"], &begun["recipient"], &begun["attachments"]), (&json!("Kan dere"), &Value::Null, &Value::Null, &json!([])));
        let again = citizen.post(&drafts, &json!({"body": "Kan dere", "subject": ""})).key("d").await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &begun.body));
        let path = begun.header("location").expect("a path").to_owned();
        let first = tag(&begun);
        let mut content = whole(&care);
        content["attachments"] = json!([{"uploadId": care.filled_upload().await}]);
        let changed = change(citizen, &path, &content, &first).await.expect(200);
        // The answer was lost: the same change again is no conflict, another from the old version is.
        let repeated = change(citizen, &path, &content, &first).await.expect(200);
        assert_eq!((&repeated.body, tag(&repeated)), (&changed.body, tag(&changed)));
        let _ = change(citizen, &path, &json!({"body": "Nei"}), &first).await.problem("version-changed");
        let _ = citizen.put(&path, &content).await.problem("precondition-required");
        let _ = send(citizen, &path, &first).await.problem("version-changed");
        assert_eq!(citizen.get(&drafts).await.expect(200).items(), std::slice::from_ref(&changed.body));
        // Its files are kept as long as it is, not only for a day.
        app.advance("P30D").await;
        let citizen = &app.citizen(SKUDDAR).await;
        let shown = citizen.get(&path).await.expect(200);
        assert_eq!(citizen.get(&path).header("if-none-match", &tag(&shown)).await.status, 304);

        let sent = send(citizen, &path, &tag(&shown)).await.expect(201);

        assert_eq!((&sent["subject"], &sent["receipt"]["reference"], &sent["attachmentCount"]), (&json!("Besøket"), &sent["id"], &json!(1)));
        let replayed = send(citizen, &path, &tag(&shown)).await.expect(201);
        assert_eq!((replayed.header("idempotent-replayed"), &replayed["id"]), (Some("true"), &sent["id"]));
        let _ = citizen.get(&path).await.problem("not-found");
        assert!(citizen.get(&drafts).await.expect(200).items().is_empty());
        assert_eq!(citizen.get(&citizen.own("/messages")).await.expect(200).items().len(), 1);
        let nurse = app.health_worker(DAGNY, app.municipality()).await;
        assert_eq!(nurse.get(&care.service.path("/conversations")).await.expect(200).items().len(), 1);
    }

    async fn a_draft_is_judged_when_it_is_sent_with_all_that_it_lacks(app: TestApp) {
        let care = home_care_of(&app).await;
        let citizen = &care.citizen;
        let drafts = citizen.own("/drafts");
        let messages = app.place().row_counts()["message"];
        let empty = citizen.post(&drafts, &json!({})).await.expect(201);
        let path = empty.header("location").expect("a path").to_owned();

        let refused = send(citizen, &path, &tag(&empty)).await.problem("invalid-request");

        let required = |pointer: &str| (pointer.to_owned(), "required".to_owned());
        assert_eq!(refused.violations(), ["/body", "/kind", "/recipient", "/subject"].map(required));
        // The service closes, for the citizen or for all, after the draft was begun.
        let content = whole(&care);
        let changed = change(citizen, &path, &content, &tag(&empty)).await.expect(200);
        let closed = json!({"nationalId": SKUDDAR, "state": "closed"});
        let _ = tell(&care.system, &care.service, "", &[closed]).await.expect(200);
        let _ = send(citizen, &path, &tag(&changed)).await.problem("service-not-received");
        // A form that was changed meanwhile.
        let form = care.service.path("/forms/tiltak");
        let asked = json!({"title": "Tiltak", "schema": {"type": "object", "required": ["diet"]}});
        let _ = care.system.put(&form, &asked).await.expect(201);
        let active = json!({"nationalId": SKUDDAR});
        let _ = tell(&care.system, &care.service, "", &[active]).await.expect(200);
        app.advance("P1D").await;
        let (citizen, system) = (app.citizen(SKUDDAR).await, app.system(app.municipality()).await);
        let mut filled = content.clone();
        filled["formAnswers"] = json!({"form": "tiltak", "version": 1, "answers": {}});
        let changed = change(&citizen, &path, &filled, &tag(&changed)).await.expect(200);
        assert_eq!(changed["formAnswers"], filled["formAnswers"]);
        let refused = send(&citizen, &path, &tag(&changed)).await.problem("invalid-request");
        assert_eq!(refused.violations(), [required("/formAnswers/answers/diet")]);
        let _ = system.put(&form, &json!({"title": "Nytt", "schema": {"type": "object"}})).await.expect(201);
        let refused = send(&citizen, &path, &tag(&changed)).await.problem("invalid-request");
        assert_eq!(refused.violations(), [("/formAnswers/version".to_owned(), "form_changed".to_owned())]);
        assert_eq!(app.place().row_counts()["message"], messages);
        // What was refused is still there, and becomes a message when it is mended.
        filled["formAnswers"]["version"] = json!(2);
        let mended = change(&citizen, &path, &filled, &tag(&changed)).await.expect(200);
        assert_eq!(send(&citizen, &path, &tag(&mended)).await.expect(201)["formAnswers"]["title"], "Nytt");
    }

    async fn a_draft_of_an_answer_goes_into_its_conversation(app: TestApp) {
        let care = home_care_of(&app).await;
        let citizen = &care.citizen;
        let id = care.written("Hei").await;
        let both = json!({"conversationId": id, "recipient": {"serviceId": care.service.id}, "kind": "letter", "subject": "Nei"});

        let refused = citizen.post(&citizen.own("/drafts"), &both).await.problem("invalid-request");

        let unknown = |pointer: &str| (pointer.to_owned(), "unknown_field".to_owned());
        assert_eq!(refused.violations(), ["/kind", "/recipient", "/subject"].map(unknown));
        let begun = citizen.post(&citizen.own("/drafts"), &json!({"conversationId": id, "body": "Takk"})).await.expect(201);
        assert_eq!(begun["conversationId"], id.as_str());
        let path = begun.header("location").expect("a path").to_owned();
        let sent = send(citizen, &path, &tag(&begun)).await.expect(201);
        assert_eq!((&sent["conversationId"], &sent["body"]), (&json!(id), &json!("Takk")));
    }

    async fn nobody_has_more_drafts_than_a_hundred(app: TestApp) {
        let citizen = app.member(SKUDDAR).await;
        let drafts = citizen.own("/drafts");
        let first = citizen.post(&drafts, &json!({})).await.expect(201);
        for _ in 1..100 {
            let _ = citizen.post(&drafts, &json!({})).await.expect(201);
        }

        let refused = citizen.post(&drafts, &json!({})).await.problem("invalid-request");

        assert_eq!(refused.violations(), [(String::new(), "too_many".to_owned())]);
        let _ = citizen.delete(first.header("location").expect("a path")).await.expect(204);
        let _ = citizen.post(&drafts, &json!({})).await.expect(201);
    }

    async fn only_its_author_sees_a_draft(app: TestApp) {
        let care = home_care_of(&app).await;
        app.make_responsible(LILLE, &[MONA, ELDRID]).await;
        app.open_inbox_of(LILLE);
        let lille = &app.person(LILLE).mailbox;
        let (mona, other) = (app.citizen(MONA).await.within(lille), app.citizen(ELDRID).await.within(lille));
        let begun = mona.post(&mona.own("/drafts"), &json!({"body": "Om Lille"})).await.expect(201);
        let path = begun.header("location").expect("a path").to_owned();

        let _ = mona.get(&path).await.expect(200);

        assert!(other.get(&other.own("/drafts")).await.expect(200).items().is_empty());
        let unknown = other.own(&format!("/drafts/{}", uuid::Uuid::from_u128(7)));
        let nothing = other.get(&unknown).await.problem("not-found");
        assert_eq!(without_instance(&other.get(&path).await), without_instance(&nothing));
        let _ = change(&other, &path, &json!({}), "*").await.problem("not-found");
        let _ = send(&other, &path, "*").await.problem("not-found");
        let _ = other.delete(&path).await.problem("not-found");
        for stranger in [&care.nurse, &care.system, &care.citizen] {
            let _ = stranger.get(&path).await.problem("not-found");
        }
        let _ = mona.delete(&path).await.expect(204);
        let _ = mona.get(&path).await.problem("not-found");
    }

    async fn drafts_that_nobody_changes_are_forgotten_with_their_files(app: TestApp) {
        let care = home_care_of(&app).await;
        let citizen = &care.citizen;
        let mut content = whole(&care);
        content["attachments"] = json!([{"uploadId": care.filled_upload().await}]);
        let kept = citizen.post(&citizen.own("/drafts"), &content).await.expect(201);
        let unknown = json!({"attachments": [{"uploadId": uuid::Uuid::from_u128(7)}]});
        let refused = citizen.post(&citizen.own("/drafts"), &unknown).await.problem("invalid-request");
        assert_eq!(refused.violations(), [("/attachments/0/uploadId".to_owned(), "unknown_upload".to_owned())]);
        app.advance("P89D").await;
        let citizen = app.citizen(SKUDDAR).await;
        let path = kept.header("location").expect("a path");
        let _ = citizen.get(path).await.expect(200);

        app.advance("P2D").await;

        let citizen = app.citizen(SKUDDAR).await;
        let _ = citizen.get(path).await.problem("not-found");
        let left = app.place().row_counts();
        assert_eq!((left["draft"], left["upload"]), (0, 0));
    }
}

impl HomeCare {
    /// A file that the citizen has handed in.
    async fn filled_upload(&self) -> String {
        let citizen = &self.citizen;
        let place = citizen.post(&citizen.own("/uploads"), &json!({"fileName": "a.pdf"})).await.expect(201).id();
        let path = citizen.own(&format!("/uploads/{place}/content"));
        let _ =
            citizen.request(Method::PUT, &path).body("application/octet-stream", files::pdf().bytes).await.expect(200);
        place
    }
}

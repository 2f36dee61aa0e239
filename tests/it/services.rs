//! How services take part, and who decides it.

use serde_json::{Value, json};
use tests::{TestApp, stories};

use crate::persons::SKUDDAR;

/// A service as its organisation wants it, with everything that it can decide.
fn wanted() -> Value {
    json!({
        "name": "Hjemmesykepleien", "nameNynorsk": "Heimesjukepleia", "kind": "municipalCare",
        "minimumConsent": "basisPlus", "unregisteredRecipients": "hold", "availableAtProtectedAddress": true,
        "parents": "until16", "powerOfAttorney": false, "youth": "withConsent", "attachmentTypes": ["pdf"],
        "kinds": {"letter": {"parents": "never"}},
        "dialogue": {
            "accepts": ["dialogue", "letter"], "requiresRelationship": false, "takesReplies": false,
            "refusedSubjects": [{"name": "Søknad", "form": "https://solvika.example/skjema"}],
            "maxAttachmentBytes": 1_000_000, "expectedReplyDays": 2, "cancellationLimitHours": 24,
            "archivingDeadlineDays": 14, "retentionPolicy": "KOM-7",
        },
    })
}

stories! {
    async fn pp_3_a_service_changes_as_its_organisation_wants_it_and_tells_it_back(app: TestApp) {
        let (ehr, path) = (app.ehr().await, app.dermatology().path(""));
        let before = ehr.get(&path).await.expect(200);
        let tag = before.header("etag").expect("a tag").to_owned();

        let changed = ehr.put(&path, &wanted()).header("if-match", &tag).await.expect(200);

        let shown = ehr.get(&path).await.expect(200);
        assert_eq!((&shown.body, shown.header("etag")), (&changed.body, changed.header("etag")));
        let wanted = wanted();
        for (field, value) in wanted.as_object().expect("fields").iter().filter(|(field, _)| *field != "kinds") {
            assert_eq!(shown[field], *value, "{field}");
        }
        assert_eq!(shown["kinds"]["letter"]["parents"], "never");
        // What is left out is as for a new service.
        let plain = json!({"name": "Hudpoliklinikken", "kind": "specialist"});
        let tag = shown.header("etag").expect("a tag").to_owned();
        let plain = ehr.put(&path, &plain).header("if-match", &tag).await.expect(200);
        assert_eq!((&plain["dialogue"]["accepts"], &plain["nameNynorsk"]), (&json!([]), &Value::Null));
        assert_eq!(app.place().number("SELECT count(*) AS number FROM audit_entry WHERE action = 'changeService'"), 2);
    }

    async fn recipients_see_the_new_name_at_once(app: TestApp) {
        let (ehr, patient, path) = (app.ehr().await, app.member(SKUDDAR).await, app.dermatology().path(""));
        let _ = app.message("Svar").deliver().await;
        let name = async || patient.get(&patient.own("/messages")).await.expect(200).items()[0]["service"]["name"].clone();
        assert_eq!(name().await, app.dermatology().name.as_str());

        let new = json!({"name": "Hudlegene", "kind": "specialist"});
        let _ = ehr.put(&path, &new).header("if-match", "*").await.expect(200);

        assert_eq!(name().await, "Hudlegene");
    }

    async fn of_two_who_change_a_service_from_the_same_version_the_second_is_told(app: TestApp) {
        let (ehr, path) = (app.ehr().await, app.dermatology().path(""));
        let tag = ehr.get(&path).await.expect(200).header("etag").expect("a tag").to_owned();
        let named = |name: &str| json!({"name": name, "kind": "specialist"});
        let (one, other) = (named("En"), named("To"));
        let ask = |body| ehr.put(&path, body).header("if-match", &tag);

        let (first, second) = tokio::join!(ask(&one), ask(&other));

        let (won, lost) = if first.status == 200 { (first, second) } else { (second, first) };
        let (won, _) = (won.expect(200), lost.problem("version-changed"));
        assert_eq!(ehr.get(&path).await.expect(200).body, won.body);
        let _ = ehr.put(&path, &one).await.problem("precondition-required");
        let _ = ehr.put(&path, &one).header("if-match", "\"other\"").await.problem("version-changed");
        assert_eq!(ehr.get(&path).await.expect(200).body, won.body);
    }

    async fn everything_that_is_wrong_with_the_dialogue_of_a_service_is_named_at_once(app: TestApp) {
        let (ehr, path) = (app.ehr().await, app.dermatology().path(""));
        let before = ehr.get(&path).await.expect(200).body;
        let body = json!({
            "name": "Hud", "kind": "specialist", "nameNynorsk": " ",
            "dialogue": {
                "accepts": ["dialogue", "dialogue", "accessRequest", 7], "requiresRelationship": "yes",
                "refusedSubjects": [{"name": "", "form": "http://a.no"}, null, {"name": "A", "form": "x", "more": 1}],
                "maxAttachmentBytes": 0, "expectedReplyDays": 366, "cancellationLimitHours": -1,
                "archivingDeadlineDays": "7", "retentionPolicy": "", "colour": "red",
            },
        });

        let answer = ehr.put(&path, &body).header("if-match", "*").await.problem("invalid-request");

        let at = |rest: &str, code: &str| (format!("/dialogue/{rest}"), code.to_owned());
        let expected = [
            at("accepts/1", "duplicate"),
            at("accepts/2", "not_a_choice"),
            at("accepts/3", "wrong_type"),
        ];
        let violations = answer.violations();
        assert!(expected.iter().all(|violation| violations.contains(violation)), "{violations:?}");
        let expected = [
            ("/nameNynorsk".to_owned(), "empty".to_owned()),
            at("requiresRelationship", "wrong_type"),
            at("refusedSubjects/0/name", "empty"),
            at("refusedSubjects/0/form", "not_a_page_address"),
            at("refusedSubjects/1", "required"),
            at("refusedSubjects/2/form", "not_a_page_address"),
            at("refusedSubjects/2/more", "unknown_field"),
            at("maxAttachmentBytes", "out_of_range"),
            at("expectedReplyDays", "out_of_range"),
            at("cancellationLimitHours", "out_of_range"),
            at("archivingDeadlineDays", "wrong_type"),
            at("retentionPolicy", "empty"),
            at("colour", "unknown_field"),
        ];
        for violation in expected {
            assert!(violations.contains(&violation), "{violation:?} in {violations:?}");
        }
        assert_eq!(violations.len(), 3 + 13);
        assert_eq!(ehr.get(&path).await.expect(200).body, before);
    }
}

//! PP-9, TK-4: citizens enter and correct how they can be reached, and are told whom to ask about everything else.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Answer, Database, TestApp, stories};

use crate::persons::{ELDRID, MILLENNIA, NESTEN_SEKSTEN, SKUDDAR, SONJA};

const PATH: &str = "/v1/me/contact-details";

async fn change(actor: &Actor, patch: &Value) -> Answer {
    actor.patch(PATH, patch).await
}

stories! {
    async fn pp_9_tk_4_a_citizen_enters_corrects_and_removes_what_is_held(app: TestApp) {
        let citizen = app.citizen(SKUDDAR).await;
        let empty = citizen.get(PATH).await.expect(200);
        assert_eq!((&empty["email"], &empty["mobile"]), (&Value::Null, &Value::Null));

        // Also before there is a consent.
        let entered = change(&citizen, &json!({"email": "kari@example.no", "mobile": "412 34 567"})).await.expect(200);

        assert_eq!((entered.text("email"), entered.text("mobile")), ("kari@example.no", "+4741234567"));
        let corrected = change(&citizen, &json!({"email": "kari.nordmann@example.no"})).await.expect(200);
        assert_eq!((corrected.text("email"), corrected.text("mobile")), ("kari.nordmann@example.no", "+4741234567"));
        let me = citizen.get("/v1/me").await.expect(200);
        assert_eq!(me["contactDetails"], json!({"email": "kari.nordmann@example.no", "mobile": "+4741234567"}));
        let patch = citizen.request(Method::PATCH, PATH);
        let removed = patch.body("application/merge-patch+json", r#"{"mobile":null}"#).await.expect(200);
        assert_eq!((removed.text("email"), &removed["mobile"]), ("kari.nordmann@example.no", &Value::Null));
        let _ = change(&citizen, &json!({"email": null})).await.expect(200);
        assert_eq!(app.place().row_counts()["contact_details"], 0);
        let log = citizen.get(&citizen.own("/access-log?limit=100")).await.expect(200);
        let entries = log.items().iter().filter(|entry| entry["action"] == "changeContactDetails" && entry["ground"] == "PP-9");
        assert_eq!(entries.count(), 4);
    }

    async fn pp_9_for_every_other_piece_the_answer_says_whom_to_ask(app: TestApp) {
        let citizen = app.citizen(SKUDDAR).await;

        let shown = citizen.get(PATH).await.expect(200);

        let asked: Vec<(&str, &str)> = shown["corrections"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|item| (item["piece"].as_str().expect("a word"), item["ask"].as_str().expect("a word")))
            .collect();
        let register = "populationRegister";
        let expected = [
            ("name", register),
            ("nationalId", register),
            ("birthDate", register),
            ("address", register),
            ("parentalResponsibility", register),
            ("healthInformation", "service"),
        ];
        assert_eq!(asked, expected);
        // Who tries all the same is told so.
        let tried = change(&citizen, &json!({"name": "Kari", "healthInformation": null})).await.problem("invalid-request");
        let wanted = [("/healthInformation", "ask_service"), ("/name", "ask_population_register")];
        assert_eq!(tried.violations(), wanted.map(|(at, code)| (at.to_owned(), code.to_owned())));
    }

    async fn pp_9_what_is_wrong_is_said_all_at_once_and_nothing_is_stored(app: TestApp) {
        let citizen = app.citizen(SKUDDAR).await;
        let _ = change(&citizen, &json!({"mobile": "91234567"})).await.expect(200);
        let before = citizen.get(PATH).await.expect(200);

        let answer = change(&citizen, &json!({"email": "kari@localhost", "mobile": "21234567", "colour": "red"})).await;

        let answer = answer.problem("invalid-request");
        let expected = [("/colour", "unknown_field"), ("/email", "not_an_email_address"), ("/mobile", "not_a_mobile_number")];
        assert_eq!(answer.violations(), expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("localhost"), "{answer}");
        let wrong = change(&citizen, &json!({"email": 7, "mobile": ""})).await.problem("invalid-request");
        assert_eq!(wrong.violations(), [("/email", "wrong_type"), ("/mobile", "not_a_mobile_number")].map(|(at, code)| (at.to_owned(), code.to_owned())));
        let _ = citizen.request(Method::PATCH, PATH).body("text/plain", "{}").await.problem("unsupported-media-type");
        assert_eq!(citizen.get(PATH).await.expect(200).body, before.body);
    }

    async fn pp_9_a_change_of_an_old_version_is_refused_where_the_caller_says_which_it_saw(app: TestApp) {
        let citizen = app.citizen(SKUDDAR).await;
        let seen = change(&citizen, &json!({"mobile": "91234567"})).await.expect(200);
        let tag = seen.header("etag").expect("a tag").to_owned();
        let shown = citizen.get(PATH).header("if-none-match", &tag).await;
        assert_eq!((shown.status, shown.bytes.len()), (304, 0));
        let newer = citizen.patch(PATH, &json!({"mobile": "92345678"})).header("if-match", &tag).await.expect(200);

        let refused = citizen.patch(PATH, &json!({"mobile": null})).header("if-match", &tag).await;

        let _ = refused.problem("version-changed");
        assert_eq!(citizen.get(PATH).await.expect(200).text("mobile"), newer.text("mobile"));
    }

    async fn pp_9_ful_9_nobody_changes_them_for_the_owner_and_a_child_changes_its_own(app: TestApp) {
        let (owner, holder) = (app.member(SKUDDAR).await, app.member(MILLENNIA).await);
        let _ = app.give_power(&owner, MILLENNIA).await.expect(201);
        let _ = change(&owner, &json!({"email": "kari@example.no"})).await.expect(200);

        // There is no way to those of others: the path is one's own.
        let _ = change(&holder, &json!({"email": "ola@example.no"})).await.expect(200);

        assert_eq!(owner.get(PATH).await.expect(200).text("email"), "kari@example.no");
        let (child, mother) = (app.citizen(NESTEN_SEKSTEN).await, app.member(SONJA).await);
        let _ = change(&child, &json!({"mobile": "91234567"})).await.expect(200);
        assert_eq!(mother.get(PATH).await.expect(200)["mobile"], Value::Null);
        let _ = app.ehr().await.get(PATH).await.problem("wrong-caller");
        let _ = change(&app.operator().await, &json!({"mobile": null})).await.problem("wrong-caller");
    }

    async fn con_9_they_go_with_the_consent(app: TestApp) {
        let (citizen, other) = (app.member(SKUDDAR).await, app.member(ELDRID).await);
        for actor in [&citizen, &other] {
            let _ = change(actor, &json!({"email": "kari@example.no", "mobile": "91234567"})).await.expect(200);
        }

        let _ = citizen.delete("/v1/me/consent").await.expect(204);

        let shown = citizen.get(PATH).await.expect(200);
        assert_eq!((&shown["email"], &shown["mobile"]), (&Value::Null, &Value::Null));
        assert_eq!(app.place().row_counts()["contact_details"], 1);
    }

    async fn numbers_that_cost_others_money_are_not_taken(database: Database) {
        let app = TestApp::start_with(database, &[("BREVDUE_LIMITS__MOBILE_COUNTRIES", "46, 358")]).await;
        let citizen = app.citizen(SKUDDAR).await;
        for mobile in ["+1 900 555 0100", "+881 6 1234 5678", "+882 16 1234 5678", "+252 61 123 4567", "+44 7911 123456"] {
            let refused = change(&citizen, &json!({"mobile": mobile})).await.problem("invalid-request");
            assert_eq!(refused.violations(), [("/mobile".to_owned(), "country_not_taken".to_owned())], "{mobile}");
        }
        for mobile in ["912 34 567", "+46 70 123 45 67", "+358 40 123 4567"] {
            let _ = change(&citizen, &json!({"mobile": mobile})).await.expect(200);
        }
    }
}

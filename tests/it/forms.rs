//! Forms that citizens fill in when they write to a service.

use serde_json::{Value, json};
use tests::{Database, Place, Service, TestApp, stories};

use crate::dialogue::{HomeCare, home_care_of, inquiry};
use crate::persons::{ELDRID, MILLENNIA};

fn asked() -> Value {
    json!({
        "title": "Opplysninger før første besøk",
        "schema": {
            "type": "object",
            "required": ["diet", "contact"],
            "additionalProperties": false,
            "properties": {
                "diet": {"title": "Kosthold", "enum": ["none", "vegetarian"]},
                "contact": {"title": "Pårørende", "type": "string", "maxLength": 40},
                "visits": {"title": "Besøk i uken", "type": "integer", "minimum": 1},
                "since": {"title": "Fra", "type": "string", "format": "date"},
            },
        },
    })
}

fn form(service: &Service) -> String {
    service.path("/forms/tiltak")
}

fn filled(version: i64, answers: &Value) -> Value {
    json!({"form": "tiltak", "version": version, "answers": answers})
}

fn with_form(service: &Service, answers: &Value) -> Value {
    let mut body = inquiry(service, "dialogue", "Før første besøk");
    body["formAnswers"] = filled(1, answers);
    body
}

async fn care_with_form(app: &TestApp) -> HomeCare {
    let care = home_care_of(app).await;
    let opened = care.system.put(&form(&care.service), &asked()).await.expect(201);
    assert_eq!(opened.header("location"), Some(form(&care.service).as_str()));
    care
}

/// A schema of two kilobytes by which judging one number takes two to the thirtieth steps.
fn costly() -> Value {
    let pair = |n: usize| json!({"anyOf": [{"$ref": format!("#/$defs/d{n}")}, {"$ref": format!("#/$defs/d{n}")}]});
    let mut defs = json!({"d0": {"type": "string"}});
    for n in 0..30 {
        defs[format!("d{}", n + 1)] = pair(n);
    }
    json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/d30"}}, "$defs": defs})
}

stories! {
    async fn tk_9_a_form_is_filled_in_sent_read_by_both_sides_and_archived(app: TestApp) {
        let care = care_with_form(&app).await;
        let citizen = &care.citizen;
        let offered = citizen.get(&citizen.own(&format!("/recipients/{}/forms", care.service.id))).await.expect(200);
        assert_eq!(offered.items(), care.system.get(&care.service.path("/forms")).await.expect(200).items());
        let offered = &offered.items()[0];
        assert_eq!((&offered["form"], &offered["version"], &offered["title"]), (&json!("tiltak"), &json!(1), &asked()["title"]));
        // Questions are shown in the order in which the service has put them.
        assert_eq!(offered["schema"].to_string(), asked()["schema"].to_string());
        let answers = json!({"diet": "vegetarian", "contact": "Datter", "visits": 3, "since": "2026-12-01"});

        let sent = citizen.post(&citizen.own("/messages"), &with_form(&care.service, &answers)).await.expect(201);

        let expected = json!({"form": "tiltak", "version": 1, "title": asked()["title"], "schema": asked()["schema"], "answers": answers});
        assert_eq!(sent["formAnswers"], expected);
        // The service changes the form: what was answered is read as it was asked.
        let mut other = asked();
        other["title"] = json!("Kartlegging");
        let changed = care.system.put(&form(&care.service), &other).await.expect(201);
        assert_eq!(changed["version"], 2);
        let shown = citizen.get(&citizen.own(&format!("/messages/{}", sent.id()))).await.expect(200);
        assert_eq!(shown["formAnswers"], expected);
        let conversation = sent.text("conversationId");
        let turns = care.nurse.get(&care.desk(conversation, "/messages")).await.expect(200);
        assert_eq!(turns.items()[0]["formAnswers"], expected);
        let _ = care.nurse.put(&care.desk(conversation, "/journal"), &json!({"relevant": true})).await.expect(200);
        let document = care.system.get(&care.desk(conversation, "/journal")).await.expect(200);
        assert_eq!(document["messages"][0]["formAnswers"], expected);
        let message = care.system.get(&care.desk(conversation, "/journal")).header("accept", "application/xml").await;
        let message = String::from_utf8(message.bytes.to_vec()).expect("text");
        assert!(message.contains("Opplysninger før første besøk\nKosthold: vegetarian\nPårørende: Datter\nBesøk i uken: 3\nFra: 2026-12-01"), "{message}");
        // An answer can carry a form too, and what carries none says so.
        let reply = json!({"body": "Her er det andre.", "formAnswers": filled(2, &json!({"diet": "none", "contact": "Sønn"}))});
        let path = citizen.own(&format!("/conversations/{conversation}/messages"));
        assert_eq!(citizen.post(&path, &reply).await.expect(201)["formAnswers"]["version"], 2);
        assert_eq!(citizen.post(&path, &json!({"body": "Takk"})).await.expect(201)["formAnswers"], Value::Null);
    }

    async fn form_answers_that_break_their_schema_are_told_of_all_at_once_and_nothing_is_stored(app: TestApp) {
        let care = care_with_form(&app).await;
        let citizen = &care.citizen;
        let before = app.place().row_counts();
        let answers = json!({"diet": "meat", "visits": 0, "since": "i morgen", "colour": "blue"});
        let answers_at = |name: &str| format!("/formAnswers/answers/{name}");

        let refused = citizen.post(&citizen.own("/messages"), &with_form(&care.service, &answers)).await.problem("invalid-request");

        let mut found = refused.violations();
        found.sort_unstable();
        let expected = [("colour", "unknown_field"), ("contact", "required"), ("diet", "against_form"), ("since", "against_form"), ("visits", "against_form")];
        assert_eq!(found, expected.map(|(name, code)| (answers_at(name), code.to_owned())));
        // What was answered is not repeated.
        assert!(!refused.body.to_string().contains("i morgen"), "{refused}");
        let mut late = with_form(&care.service, &answers);
        late["formAnswers"] = json!({"form": "tiltak", "version": 2, "answers": {}});
        let changed = citizen.post(&citizen.own("/messages"), &late).await.problem("invalid-request");
        assert_eq!(changed.violations(), [("/formAnswers/version".to_owned(), "form_changed".to_owned())]);
        late["formAnswers"] = json!({"form": "Ukjent", "version": 0, "answers": [], "more": 1});
        let broken = citizen.post(&citizen.own("/messages"), &late).await.problem("invalid-request");
        assert_eq!(broken.violations().len(), 4, "{broken}");
        late["formAnswers"] = json!({"form": "ukjent", "version": 1, "answers": {}});
        let unknown = citizen.post(&citizen.own("/messages"), &late).await.problem("invalid-request");
        assert_eq!(unknown.violations(), [("/formAnswers/form".to_owned(), "unknown_form".to_owned())]);
        // A service that cannot be written to does not tell what it would have thought of the answers.
        let other = app.member(ELDRID).await;
        let _ = other.post(&other.own("/messages"), &with_form(&care.service, &answers)).await.problem("service-not-received");
        // A nurse answers with words.
        let id = care.written("Hei").await;
        let answer = json!({"body": "Ja", "formAnswers": filled(1, &json!({}))});
        let answered = care.nurse.post(&care.desk(&id, "/messages"), &answer).header("if-match", "*").await.problem("invalid-request");
        assert_eq!(answered.violations(), [("/formAnswers".to_owned(), "unknown_field".to_owned())]);
        assert_eq!(app.place().row_counts()["message"], before["message"] + 1);
    }

    async fn a_service_opens_changes_and_retires_its_forms(app: TestApp) {
        let care = care_with_form(&app).await;
        let path = form(&care.service);

        let again = care.system.put(&path, &asked()).await.expect(200);

        assert_eq!(again["version"], 1);
        let _ = care.system.delete(&path).await.expect(204);
        let _ = care.system.delete(&path).await.problem("not-found");
        assert!(care.system.get(&care.service.path("/forms")).await.expect(200).items().is_empty());
        let citizen = &care.citizen;
        let body = with_form(&care.service, &json!({"diet": "none", "contact": "Datter"}));
        let retired = citizen.post(&citizen.own("/messages"), &body).await.problem("invalid-request");
        assert_eq!(retired.violations(), [("/formAnswers/form".to_owned(), "unknown_form".to_owned())]);
        assert_eq!(care.system.put(&path, &asked()).await.expect(201)["version"], 2);
        // Others neither see nor change them, and find out nothing.
        for stranger in [&app.system(app.appeals_body()).await, &app.member(MILLENNIA).await, &care.nurse] {
            let _ = stranger.get(&care.service.path("/forms")).await.problem("not-found");
            let _ = stranger.put(&path, &asked()).await.problem("not-found");
        }
    }

    async fn no_service_has_more_forms_than_fifty_at_a_time(app: TestApp) {
        let care = home_care_of(&app).await;
        let path = |number: usize| care.service.path(&format!("/forms/tiltak-{number}"));
        for number in 0..50 {
            let _ = care.system.put(&path(number), &asked()).await.expect(201);
        }

        let refused = care.system.put(&path(50), &asked()).await.problem("invalid-request");

        assert_eq!(refused.violations(), [("/form".to_owned(), "too_many".to_owned())]);
        // A new version is no new form, and what is out of use makes room.
        let mut other = asked();
        other["title"] = json!("Annet");
        assert_eq!(care.system.put(&path(0), &other).await.expect(201)["version"], 2);
        let _ = care.system.delete(&path(1)).await.expect(204);
        let _ = care.system.put(&path(50), &asked()).await.expect(201);
    }

    async fn a_form_that_asks_for_no_json_schema_is_refused_with_the_places(app: TestApp) {
        let care = home_care_of(&app).await;
        let before = app.place().row_counts();
        let path = form(&care.service);
        let places = async |schema: Value| {
            let body = json!({"title": "Tiltak", "schema": schema});
            let refused = care.system.put(&path, &body).await.problem("invalid-request");
            refused.violations().into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect::<Vec<_>>()
        };

        assert_eq!(places(json!({"type": "object", "required": "diet", "properties": {"a": {"type": "strin"}}})).await, ["/schema/properties/a/type not_a_schema", "/schema/required not_a_schema"]);
        assert_eq!(places(json!({"type": "array"})).await, ["/schema/type not_a_schema"]);
        assert_eq!(places(json!({"type": "object", "$ref": "https://elsewhere.example/schema"})).await, ["/schema/$ref schema_reference"]);
        assert_eq!(places(json!({"type": "object", "properties": {"a": {"$ref": "#"}}})).await, ["/schema/properties/a/$ref schema_reference"]);
        assert_eq!(places(costly()).await, ["/schema schema_too_costly"]);
        let both = care.system.put(&path, &json!({"title": "", "schema": {"type": "array"}})).await.problem("invalid-request");
        assert_eq!(both.violations().len(), 2, "all at once");
        assert_eq!(places(json!([])).await, ["/schema wrong_type"]);
        assert_eq!(places(json!({"type": "object", "description": "x".repeat(60_000)})).await, ["/schema too_long"]);
        let bad_name = care.system.put(&care.service.path("/forms/S%C3%B8knad"), &json!({"more": 1})).await.problem("invalid-request");
        assert_eq!(bad_name.violations().len(), 4, "{bad_name}");
        assert_eq!(app.place().row_counts(), before);
    }

    async fn nothing_is_judged_for_those_who_may_not_write_it(database: Database) {
        let place = Place::new(database);
        place.keep_statements();
        let app = TestApp::start_at(place, &[], None).await;
        let care = care_with_form(&app).await;
        let citizen = &care.citizen;
        let begun = care.written("Hei").await;
        let answers = json!({"diet": "none", "contact": "Datter"});
        let (inquiry, reply) = (with_form(&care.service, &answers), json!({"body": "Ja", "formAnswers": filled(1, &answers)}));
        let replies = |mailbox: &str| format!("/v1/mailboxes/{mailbox}/conversations/{begun}/messages");
        let messages = |mailbox: &str| format!("/v1/mailboxes/{mailbox}/messages");
        let looked_at_forms = || app.place().statements().iter().any(|statement| statement.replace(['`', '"'], "").contains("FROM form "));
        let _ = looked_at_forms();
        let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
        let (stranger, operator) = (app.member(MILLENNIA).await, app.operator().await);
        let without_scopes = app.system_with_scopes(app.municipality(), &["other:scope"]).await;

        for caller in [&stranger, &operator, &without_scopes, &care.system, &care.nurse] {
            for mailbox in [citizen.mailbox.as_str(), unknown] {
                for (path, body) in [(messages(mailbox), &inquiry), (replies(mailbox), &reply)] {
                    let refused = caller.post(&path, body).await;
                    assert!([403, 404].contains(&refused.status), "{refused}");
                }
            }
        }
        let _ = citizen.post(&messages(unknown), &inquiry).await.problem("not-found");
        // Nor where the door opens and the service does not.
        let _ = stranger.post(&stranger.own("/messages"), &inquiry).await.problem("service-not-received");
        assert!(!looked_at_forms(), "a form was looked at");
        // A schema that an organisation hands in is looked at for those who may change its forms.
        for caller in [&stranger, &operator, &without_scopes, &app.system(app.appeals_body()).await] {
            let refused = caller.put(&form(&care.service), &json!({"title": "Tiltak", "schema": costly()})).await;
            assert!([403, 404].contains(&refused.status), "{refused}");
        }
        // Those who may are served.
        let _ = citizen.post(&messages(&citizen.mailbox), &inquiry).await.expect(201);
        let _ = citizen.post(&replies(&citizen.mailbox), &reply).await.expect(201);
        assert!(looked_at_forms());
    }

    async fn a_form_that_was_stored_by_rules_less_strict_never_runs(app: TestApp) {
        let care = care_with_form(&app).await;
        let citizen = &care.citizen;
        app.place().execute(&format!("UPDATE form SET schema = '{}'", costly()));
        let mut body = with_form(&care.service, &json!({"a": 1}));

        let refused = citizen.post(&citizen.own("/messages"), &body).await.problem("invalid-request");

        assert_eq!(refused.violations(), [("/formAnswers/answers".to_owned(), "answers_too_costly".to_owned())]);
        // The service mends it, and the citizen is served.
        let _ = care.system.put(&form(&care.service), &asked()).await.expect(201);
        body["formAnswers"] = filled(2, &json!({"diet": "none", "contact": "Datter"}));
        let _ = citizen.post(&citizen.own("/messages"), &body).await.expect(201);
        let many: Vec<usize> = (0..1000).collect();
        body["formAnswers"] = filled(2, &json!({"diet": many}));
        let refused = citizen.post(&citizen.own("/messages"), &body).await.problem("invalid-request");
        assert_eq!(refused.violations(), [("/formAnswers/answers".to_owned(), "too_many_answers".to_owned())]);
    }
}

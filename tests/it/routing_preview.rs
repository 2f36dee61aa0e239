//! BX-3: what a sender learns ahead: which way a letter would take, and who can be reached digitally.

use serde_json::{Value, json};
use tests::{TestApp, stories};

use crate::persons::{ALDRI, DINA, DOD, EGIL, ELDAR, LILLE, NILS, RESERVERT, SKJULT, SKUDDAR, UNKNOWN, UTGATT};
use crate::routing::{every_channel, passed_over, sender};

fn asked(person: &str, kind: &str) -> Value {
    json!({"recipient": {"nationalId": person}, "kind": kind})
}

/// Everything that is stored but the log.
fn stored(app: &TestApp) -> Vec<(String, i64)> {
    let counts = app.place().row_counts();
    counts
        .into_iter()
        .filter(|(table, _)| !table.starts_with("audit"))
        .map(|(table, count)| (table.to_string(), count))
        .collect()
}

stories! {
    async fn bx_3_the_preview_says_what_sending_does_and_stores_nothing(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let senders = [
            sender(&app, &every_channel()).await,
            sender(&app, &json!({})).await,
            sender(&app, &json!({"unregisteredRecipients": "hold"})).await,
        ];
        let persons = [SKUDDAR, RESERVERT, UTGATT, ALDRI, DINA, EGIL, DOD, LILLE, NILS, UNKNOWN];
        let kinds = ["letter", "appointmentLetter", "dialogue", "service"];
        let cases: Vec<_> = persons.iter().flat_map(|person| kinds.map(|kind| (*person, kind))).collect();
        let mut outcomes = std::collections::BTreeSet::new();
        for (ehr, service) in &senders {
            app.deliver_all().await;
            let before = stored(&app);
            let mut previews = vec![];
            for (person, kind) in &cases {
                previews.push(ehr.post(&service.path("/routing-preview"), &asked(person, kind)).await);
            }
            assert_eq!(stored(&app), before);

            for ((person, kind), preview) in cases.iter().zip(previews) {
                let sent = app.message("Vedtak").to(person).kind(kind).from(ehr, service).try_send().await;
                if *person == UNKNOWN {
                    let _ = (preview.problem("recipient-unknown"), sent.problem("recipient-unknown"));
                    continue;
                }
                let preview = preview.expect(200);
                outcomes.insert(preview.text("outcome").to_owned());
                if preview["outcome"] == "rejected" {
                    assert_eq!((sent.status, sent.rule()), (422, preview["rule"].as_str()));
                    continue;
                }
                let sent = sent.expect(201);
                for field in ["channel", "rule", "reason", "text", "passedOver"] {
                    assert_eq!(preview[field], sent[field], "{person} {kind}");
                }
            }
        }
        assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), ["held", "rejected", "sent"]);
    }

    async fn bx_3_the_size_of_files_and_the_register_count_too(app: TestApp) {
        let (ehr, service) = sender(&app, &every_channel()).await;
        let path = service.path("/routing-preview");
        let mut large = asked(DINA, "letter");
        large["fileSizes"] = json!([20_000_000, 25_000_000]);

        let large = ehr.post(&path, &large).await.expect(200);
        app.break_contact_register("down").await;
        let unknown = ehr.post(&path, &asked(DINA, "letter")).header("accept-language", "en").await.expect(200);

        assert_eq!(large["channel"], "paper");
        assert_eq!(passed_over(&large)[1], "digitalMailbox tooLarge KRR-8");
        assert_eq!((&unknown["outcome"], &unknown["channel"]), (&json!("waiting"), &Value::Null));
        assert!(unknown.text("text").starts_with("The contact and reservation register has not answered"));
    }

    async fn con_7_a_preview_does_not_tell_a_protected_address_from_a_closed_inbox(app: TestApp) {
        let (_, ehr) = (app.member_at(SKJULT, "full").await, app.ehr().await);
        let closed = json!({"availableAtProtectedAddress": false, "externalChannels": {"paper": true}});
        let (_, with_paper) = sender(&app, &closed).await;

        for service in [app.radiology(), &with_paper] {
            let path = service.path("/routing-preview");
            let protected = ehr.post(&path, &asked(SKJULT, "letter")).await.expect(200);
            let unregistered = ehr.post(&path, &asked(ELDAR, "letter")).await.expect(200);

            assert_eq!(protected.body, unregistered.body);
            assert_eq!(passed_over(&protected)[0], "inbox inboxNotOpen CON-7");
        }
    }

    async fn bx_3_a_preview_tells_all_that_is_wrong_at_once(app: TestApp) {
        let body = json!({"recipient": {"nationalId": "123"}, "kind": "fax", "fileSizes": [1, -1, 40_000_000], "to": 1});

        let refused = app.ehr().await.post(&app.dermatology().path("/routing-preview"), &body).await;

        let mut at: Vec<String> =
            refused.problem("invalid-request").violations().into_iter().map(|(pointer, _)| pointer).collect();
        at.sort();
        assert_eq!(at, ["/fileSizes/1", "/fileSizes/2", "/kind", "/recipient/nationalId", "/to"]);
    }

    async fn reachability_tells_who_is_digitally_active_and_of_nobody_else_why_not(app: TestApp) {
        let (_, _) = (app.member(SKUDDAR).await, app.member_at(SKJULT, "full").await);
        let (ehr, service) = sender(&app, &every_channel()).await;
        let numbers = [SKUDDAR, DINA, EGIL, ELDAR, SKJULT, DOD, RESERVERT, UNKNOWN, LILLE, NILS];
        let before = stored(&app);

        let question = json!({"serviceId": service.id, "nationalIds": numbers});
        let answer = ehr.post("/v1/recipients/reachability", &question).await.expect(200);

        let channels: Vec<&str> =
            answer.items().iter().map(|item| item["channel"].as_str().unwrap_or("-")).collect();
        assert_eq!(channels, ["inbox", "digitalMailbox", "-", "-", "-", "-", "-", "-", "-", "-"]);
        assert_eq!(answer.each("nationalId"), numbers);
        for item in &answer.items()[2..] {
            let mut item = item.clone();
            item.as_object_mut().expect("an object").remove("nationalId");
            assert_eq!(item, json!({"digital": false, "channel": null}));
        }
        assert_eq!(stored(&app), before);
    }

    async fn krr_15_reachability_does_not_guess_while_a_register_is_away(app: TestApp) {
        let (ehr, service) = sender(&app, &every_channel()).await;
        let ask = |numbers: Value| {
            ehr.post("/v1/recipients/reachability", &json!({"serviceId": service.id, "nationalIds": numbers}))
        };
        app.break_contact_register("rejecting").await;
        let away = ask(json!([SKUDDAR])).await.problem("contact-register-unavailable");
        app.mend_registers().await;
        app.take_register_away().await;
        let stranger = ask(json!([SKUDDAR, NILS])).await.problem("register-unavailable");
        let known = ask(json!([SKUDDAR])).await;

        for answer in [&away, &stranger] {
            assert_eq!((answer.status, &answer["retryable"]), (503, &json!(true)));
            assert!(answer.header("retry-after").is_some());
        }
        assert_eq!(away.rule(), Some("KRR-15"));
        assert_eq!(known.status, 200);
    }

    async fn reachability_takes_a_thousand_numbers_and_tells_all_that_is_wrong_at_once(app: TestApp) {
        let (ehr, service) = sender(&app, &every_channel()).await;
        let ask = |body: Value| ehr.post("/v1/recipients/reachability", &body);
        let wrong = json!({"serviceId": "x", "nationalIds": [SKUDDAR, "1", SKUDDAR, null], "why": 1});
        let many = vec![SKUDDAR; 1001];

        let wrong = ask(wrong).await.problem("invalid-request");
        let many = ask(json!({"serviceId": service.id, "nationalIds": many})).await.problem("invalid-request");
        let none = ask(json!({"serviceId": service.id, "nationalIds": []})).await.problem("invalid-request");

        let mut at: Vec<String> = wrong.violations().into_iter().map(|(pointer, _)| pointer).collect();
        at.sort();
        assert_eq!(at, ["/nationalIds/1", "/nationalIds/2", "/nationalIds/3", "/serviceId", "/why"]);
        assert!(many.violations().contains(&("/nationalIds".to_owned(), "too_many".to_owned())));
        assert_eq!(none.violations(), [("/nationalIds".to_owned(), "empty".to_owned())]);
    }

    async fn pp_5_nobody_asks_for_the_service_of_another_organisation(app: TestApp) {
        let stranger = app.system(app.appeals_body()).await;
        let ask = |service: &str| {
            stranger.post("/v1/recipients/reachability", &json!({"serviceId": service, "nationalIds": [SKUDDAR]}))
        };

        let foreign = ask(&app.dermatology().id).await.problem("not-found");
        let unknown = ask(&uuid::Uuid::from_u128(7).to_string()).await.problem("not-found");

        assert_eq!(tests::without_instance(&foreign), tests::without_instance(&unknown));
        let reader = app.system_with_scopes(app.clinic(), &["brevdue:messages.read"]).await;
        let path = app.dermatology().path("/routing-preview");
        let _ = reader.post(&path, &asked(SKUDDAR, "letter")).await.problem("scope-missing");
    }
}

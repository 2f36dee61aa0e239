//! DH-9, KRR-10: who is told by SMS and e-mail that something has come, where, and when.

use serde_json::{Value, json};
use tests::{Actor, TestApp, stories};

use crate::dialogue::home_care_of;
use crate::persons::{LILLE, MILLENNIA, MONA, NESTEN_SEKSTEN, SKUDDAR, SONJA};

/// A Monday at noon in Oslo, when nobody sleeps.
const NOON: &str = "2027-01-11T11:00:00Z";

/// Everything that was sent: to whom, and what it says.
async fn outbox(app: &TestApp) -> Vec<Value> {
    app.nobody().get("/sandbox/outbox").await.expect(200).items().to_vec()
}

/// To whom something was sent, in the order of their addresses.
async fn told(app: &TestApp) -> Vec<String> {
    let mut to: Vec<String> =
        outbox(app).await.iter().map(|sent| sent["to"].as_str().expect("an address").to_owned()).collect();
    to.sort_unstable();
    to
}

/// Where the contact register reaches a person: the e-mail address and the mobile number, in the order of [`told`].
async fn reach(app: &TestApp, national_id: &str) -> [String; 2] {
    let contact = &app.registered(national_id).await["contact"];
    let address = |field: &str| contact[field]["address"].as_str().expect("an address").to_owned();
    [address("mobile"), address("email")]
}

async fn break_down(app: &TestApp, faults: &Value) {
    let _ = app.nobody().put("/sandbox/faults", faults).await.expect(200);
}

fn events(app: &TestApp, kind: &str) -> i64 {
    app.place().number(&format!("SELECT count(*) AS number FROM event WHERE kind = '{kind}'"))
}

async fn by_sms_only(citizen: &Actor) {
    let changed = citizen.patch("/v1/me/notification-settings", &json!({"email": false})).await.expect(200);
    assert_eq!(changed.body, json!({"sms": true, "email": false}));
}

stories! {
    async fn dh_9_krr_16_a_message_is_told_of_without_saying_what_or_from_which_service(app: TestApp) {
        app.set_time(NOON).await;
        let citizen = app.member(SKUDDAR).await;
        let _ = app.message("Svar på hudprøve").deliver().await;

        assert_eq!(told(&app).await, reach(&app, SKUDDAR).await);
        for sent in outbox(&app).await {
            let text = sent["text"].as_str().expect("a text");
            assert_eq!(text, format!("Du har fått en melding fra {}. Logg inn i Brevdue for å lese den.", app.clinic().name));
            let whole = sent.to_string();
            assert!(!whole.contains("Hud") && !whole.contains("hud") && !whole.contains(SKUDDAR), "{whole}");
        }
        assert_eq!((events(&app, "message.notified"), events(&app, "message.notNotified")), (1, 0));
        // Where somebody is reached is asked each time and never kept.
        let [mobile, _] = reach(&app, SKUDDAR).await;
        let rows = app.place().row_counts();
        assert_eq!((rows["notice"], rows["contact_details"]), (2, 0), "{mobile}");
        let _ = citizen.get("/v1/me/notification-settings").await.expect(200);
    }

    async fn krr_10_who_does_not_open_is_told_once_more_after_a_week_and_who_opens_is_not(app: TestApp) {
        app.set_time(NOON).await;
        let citizen = app.member(SKUDDAR).await;
        by_sms_only(&citizen).await;
        let opened = app.message("Den ene").deliver().await;
        let _ = app.message("Den andre").deliver().await;
        let _ = citizen.get(&citizen.own(&format!("/messages/{opened}"))).await.expect(200);
        assert_eq!(told(&app).await.len(), 2);

        app.advance("P6DT23H59M").await;
        assert_eq!(told(&app).await.len(), 2, "not before a week is over");
        app.advance("PT1M").await;
        assert_eq!(told(&app).await.len(), 3, "of the one that is not opened");
        app.advance("P30D").await;
        assert_eq!(told(&app).await.len(), 3, "once");
        assert_eq!(events(&app, "message.notified"), 2, "the second notice is not told of");
    }

    async fn nobody_is_told_in_the_night(app: TestApp) {
        // Ten in the evening in Oslo.
        app.set_time("2027-01-11T21:00:00Z").await;
        let _ = app.member(SKUDDAR).await;
        let _ = app.message("Svar").deliver().await;
        assert_eq!(told(&app).await.len(), 0);
        app.set_time("2027-01-12T06:59:59Z").await;
        assert_eq!(told(&app).await.len(), 0);

        app.set_time("2027-01-12T07:00:00Z").await;

        assert_eq!(told(&app).await.len(), 2);
        assert!(outbox(&app).await[0]["at"].as_str().is_some_and(|at| at.starts_with("2027-01-12T07:00:0")));
    }

    async fn what_could_not_be_sent_in_the_evening_wakes_nobody_in_the_night(app: TestApp) {
        // A minute to nine in the evening in Oslo, and the gateways answer again an hour later.
        app.set_time("2027-01-11T19:59:00Z").await;
        let _ = app.member(SKUDDAR).await;
        break_down(&app, &json!({"sms": "down", "email": "down"})).await;
        let _ = app.message("Svar").deliver().await;
        app.advance("PT1H").await;
        break_down(&app, &json!({})).await;
        app.set_time("2027-01-12T06:59:59Z").await;
        assert_eq!(told(&app).await.len(), 0);

        app.set_time("2027-01-12T07:00:00Z").await;

        assert_eq!(told(&app).await.len(), 2);
    }

    async fn dh_9_a_citizen_says_how_to_be_told_or_not_at_all(app: TestApp) {
        app.set_time(NOON).await;
        let citizen = app.member(SKUDDAR).await;
        let path = "/v1/me/notification-settings";
        assert_eq!(citizen.get(path).await.expect(200).body, json!({"sms": true, "email": true}));
        let off = citizen.patch(path, &json!({"sms": false, "email": false})).await.expect(200);
        assert_eq!(off.body, json!({"sms": false, "email": false}));
        let _ = app.message("Svar").deliver().await;
        assert_eq!(told(&app).await.len(), 0);
        assert_eq!((events(&app, "message.notified"), events(&app, "message.notNotified")), (0, 1));

        let wrong = citizen.patch(path, &json!({"sms": "ja", "email": 1, "brevdue": true})).await.problem("invalid-request");

        let violation = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        let expected = [violation("/brevdue", "unknown_field"), violation("/email", "wrong_type"), violation("/sms", "wrong_type")];
        assert_eq!(wrong.violations(), expected);
        assert_eq!(citizen.get(path).await.expect(200).body, off.body);
        // The settings go with the consent.
        let _ = citizen.delete("/v1/me/consent").await.expect(204);
        assert_eq!(app.place().row_counts()["notification_settings"], 0);
    }

    async fn what_the_other_side_takes_and_does_not_answer_is_sent_under_the_same_id_and_counts_once(app: TestApp) {
        app.set_time(NOON).await;
        let citizen = app.member(SKUDDAR).await;
        by_sms_only(&citizen).await;
        break_down(&app, &json!({"sms": "losingAnswer"})).await;
        let _ = app.message("Svar").deliver().await;
        assert_eq!(outbox(&app).await[0]["times"], 1);
        assert_eq!(events(&app, "message.notified"), 0, "nobody knows yet");

        break_down(&app, &json!({})).await;
        app.advance("PT1M").await;

        let sent = outbox(&app).await;
        assert_eq!((sent.len(), &sent[0]["times"]), (1, &json!(2)));
        assert_eq!(events(&app, "message.notified"), 1);
        assert_eq!(app.place().number("SELECT count(*) AS number FROM job WHERE kind = 'notify'"), 0);
    }

    async fn what_is_refused_is_not_tried_again_and_the_other_channel_goes_on(app: TestApp) {
        app.set_time(NOON).await;
        let _ = app.member(SKUDDAR).await;
        break_down(&app, &json!({"sms": "rejecting", "email": "down"})).await;
        let _ = app.message("Svar").deliver().await;
        assert_eq!(told(&app).await.len(), 0);

        break_down(&app, &json!({})).await;
        app.advance("PT1M").await;

        let [_, email] = reach(&app, SKUDDAR).await;
        assert_eq!(told(&app).await, [email]);
        assert_eq!(app.place().number("SELECT count(*) AS number FROM notice WHERE refused_at IS NOT NULL"), 1);
        assert_eq!(events(&app, "message.notified"), 1);
    }

    async fn krr_15_while_a_register_is_away_nobody_is_told_and_nothing_is_forgotten(app: TestApp) {
        app.set_time(NOON).await;
        let _ = app.member(SKUDDAR).await;
        let dialogue = app.message("Spørsmål").kind("dialogue");
        break_down(&app, &json!({"contactRegister": "down"})).await;
        let _ = dialogue.deliver().await;
        assert_eq!(told(&app).await.len(), 0);

        break_down(&app, &json!({})).await;
        app.advance("PT1M").await;

        assert_eq!(told(&app).await, reach(&app, SKUDDAR).await);
    }

    async fn krr_3_expired_addresses_tell_of_no_letter_but_of_other_things_and_own_ones_stand_in(app: TestApp) {
        app.set_time(NOON).await;
        let citizen = app.member(SKUDDAR).await;
        let old = |address: &str| json!({"address": address, "verifiedAt": "2024-01-01T00:00:00Z"});
        let contact = json!({"contact": {"mobile": old("+4799000001"), "email": old("gammel@example.com")}});
        let _ = app.change_person(SKUDDAR, &contact).await;
        let _ = app.message("Spørsmål").kind("dialogue").deliver().await;
        assert_eq!(told(&app).await, ["+4799000001", "gammel@example.com"]);

        let _ = citizen.patch("/v1/me/contact-details", &json!({"mobile": "91234567"})).await.expect(200);
        let _ = app.message("Svar").deliver().await;

        assert_eq!(told(&app).await, ["+4791234567", "+4799000001", "gammel@example.com"]);
    }

    async fn parents_are_told_of_what_comes_to_a_child_and_the_child_is_not(app: TestApp) {
        app.set_time(NOON).await;
        app.open_inbox_of(LILLE);
        let _ = app.citizen(MONA).await;
        let _ = app.message("Vaksine").to(LILLE).deliver().await;

        let told = told(&app).await;

        let [mobile, email] = reach(&app, MONA).await;
        assert!(told.contains(&mobile) && told.contains(&email), "{told:?}");
        let [mobile, email] = reach(&app, LILLE).await;
        assert!(!told.contains(&mobile) && !told.contains(&email), "{told:?}");
        for sent in outbox(&app).await {
            assert!(sent["text"].as_str().expect("a text").starts_with("En du representerer"), "{sent}");
        }
    }

    async fn ful_18_holders_get_their_own_notice_of_what_they_see_and_of_nothing_else(app: TestApp) {
        app.set_time(NOON).await;
        let care = home_care_of(&app).await;
        let _ = app.member(MILLENNIA).await;
        let _ = app.give_power(&care.citizen, MILLENNIA).await.expect(201);
        app.deliver_all().await;
        let before = told(&app).await.len();
        let id = care.written("Medisin").await;
        let first = care.citizen.get(&care.citizen.own(&format!("/messages?conversationId={id}"))).await.expect(200);
        let withheld = care.citizen.own(&format!("/messages/{}/withheld-from-holders", first.items()[0]["id"].as_str().expect("an id")));

        let _ = care.answer(&id, "Ja").await.expect(201);
        app.deliver_all().await;
        let both = told(&app).await;
        let _ = care.citizen.put(&withheld, &json!({"withheld": true})).await.expect(204);
        let _ = care.answer(&id, "Nei").await.expect(201);
        app.deliver_all().await;
        let one = told(&app).await;

        assert_eq!((both.len() - before, one.len() - both.len()), (4, 2));
        let [mobile, _] = reach(&app, MILLENNIA).await;
        let times = |told: &[String]| told.iter().filter(|to| **to == mobile).count();
        assert_eq!(times(&both), times(&one), "what is withheld is not told of");
    }

    async fn a_youth_is_not_told_at_an_address_that_is_a_parents(app: TestApp) {
        app.set_time("2026-12-01T11:00:00Z").await;
        // Just 16 after the year's end: an owner, whose parents see nothing any more.
        app.set_time("2027-01-04T11:00:00Z").await;
        let [mobile, email] = reach(&app, SONJA).await;
        let shared = json!({"contact": {"mobile": {"address": mobile}}});
        let _ = app.change_person(NESTEN_SEKSTEN, &shared).await;
        let youth = app.member(NESTEN_SEKSTEN).await;
        let _ = app.message("Time").to(NESTEN_SEKSTEN).deliver().await;

        let told = told(&app).await;

        assert!(!told.contains(&mobile) && !told.contains(&email), "{told:?}");
        assert_eq!(told.len(), 1, "the youth's own e-mail address is left");
        let _ = youth.get("/v1/me").await.expect(200);
    }
}

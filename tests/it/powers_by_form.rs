//! DH-10, FUL-8, FUL-14: powers of attorney that operators put on record, and what becomes of the profile afterwards.

use serde_json::{Value, json};
use tests::{Actor, TestApp, stories, without_instance};

use crate::persons::{DOD, ELDAR, ELDRID, LILLE, MILLENNIA, NESTEN_SEKSTEN, NILS, SKJULT, SKUDDAR, UNKNOWN};
use crate::powers::{POWERS, day, path_of, status, stored};

const REGISTERED: &str = "/v1/powers-of-attorney";

/// A form of a giver for a holder, with whatever else stands on it.
fn form(giver: &str, holder: &str, more: &Value) -> Value {
    let mut form = json!({
        "giver": {"nationalId": giver}, "holder": {"nationalId": holder}, "kind": "powerOfAttorney", "areas": [3],
        "caseNumber": "2026/17",
    });
    if let (Some(form), Some(more)) = (form.as_object_mut(), more.as_object()) {
        form.extend(more.clone());
    }
    form
}

/// A form by which one is assigned until a day.
fn assigned(giver: &str, holder: &str, last: &str) -> Value {
    let more = json!({"kind": "assignedPowerOfAttorney", "validTo": last, "consentLevel": "basis"});
    form(giver, holder, &more)
}

async fn consent_of(citizen: &Actor) -> Value {
    citizen.get("/v1/me").await.expect(200)["consent"]["level"].clone()
}

stories! {
    async fn dh_10_ful_8_a_form_gives_it_when_another_operator_has_confirmed_it_and_a_form_ends_it(app: TestApp) {
        let (operator, other, daughter) = (app.operator().await, app.other_operator().await, app.member(SKUDDAR).await);
        let father = app.citizen(ELDRID).await;
        let waiting = app.message("Svar").to(ELDRID).deliver().await;
        let missing = operator.post(REGISTERED, &form(ELDRID, SKUDDAR, &json!({}))).await;
        let body = form(ELDRID, SKUDDAR, &json!({"consentLevel": "basis"}));

        let made = operator.post(REGISTERED, &body).key("form").await.expect(201);

        assert_eq!(missing.problem("giver-without-consent").rule(), Some("FUL-15"));
        let expected = json!({
            "id": made.id(), "kind": "powerOfAttorney", "status": "pending", "areas": [3], "confirmed": false,
            "effectiveFrom": made["givenAt"], "validFrom": day(app.now().await, 0), "validTo": null,
            "caseNumber": "2026/17", "givenAt": made["givenAt"],
        });
        assert_eq!(made.body, expected);
        let location = format!("{REGISTERED}/{}", made.id());
        assert_eq!(made.header("location"), Some(location.as_str()));
        // Nothing is open yet, nothing consented to, and the holder hears nothing: not even whose it is.
        let _ = daughter.get(&father.own("/messages")).await.problem("not-found");
        assert!(daughter.get(POWERS).await.expect(200).items().is_empty());
        let _ = daughter.get(&path_of(&made.id())).await.problem("not-found");
        assert!(daughter.get(&daughter.own("/messages")).await.expect(200).items().is_empty());
        assert_eq!(consent_of(&father).await, "none");
        assert_eq!(status(&father, &made.id()).await, "pending");

        let confirmed = app.confirm_power(&other, &made.id(), &body).await.expect(200);

        assert_eq!((&confirmed["status"], &confirmed["confirmed"]), (&json!("active"), &json!(true)));
        // The consent is on record and has brought what was held, and the daughter reads it.
        assert_eq!(father.get("/v1/me/consent/history").await.expect(200).each("level"), ["basis"]);
        assert_eq!(daughter.get(&father.own("/messages")).await.expect(200).each("id"), [waiting.as_str()]);
        let log = father.get(&father.own("/access-log")).await.expect(200);
        let by_operator: Vec<_> = log.items().iter().filter(|entry| entry["actor"]["kind"] == "operator").collect();
        let actions: Vec<_> = by_operator.iter().map(|entry| entry["action"].as_str().expect("a word")).collect();
        assert_eq!(actions, ["confirmPowerOfAttorney", "giveConsent", "registerPowerOfAttorney"]);
        let again = operator.post(REGISTERED, &body).key("form").await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &made.body));

        let _ = operator.delete(&location).await.expect(204);

        let _ = daughter.get(&father.own("/messages")).await.problem("not-found");
        let ended = father.get(&path_of(&made.id())).await.expect(200);
        assert_eq!((&ended["status"], &ended["endedBy"]), (&json!("ended"), &json!("operator")));
        let before = stored(&app).await;
        let _ = operator.delete(&location).await.expect(204);
        let _ = operator.delete(&format!("{REGISTERED}/{}", uuid::Uuid::from_u128(7))).await.problem("not-found");
        assert_eq!(stored(&app).await, before);
        // Operators see none of it.
        let _ = operator.get(POWERS).await.problem("wrong-caller");
        let _ = operator.get(&path_of(&made.id())).await.problem("wrong-caller");
        let _ = operator.get(REGISTERED).await.problem("method-not-allowed");
    }

    async fn each_wrong_form_has_a_problem_of_its_own_and_leaves_nothing(app: TestApp) {
        let (operator, now) = (app.operator().await, app.now().await);
        let _ = app.member(ELDRID).await;
        let before = stored(&app).await;
        let until = |days: i64| assigned(ELDRID, SKUDDAR, &day(now, days));
        let with = |more: Value| form(ELDRID, SKUDDAR, &more);
        let table = [
            ("giver-unavailable", "FUL-2", form(UNKNOWN, SKUDDAR, &json!({}))),
            ("giver-unavailable", "FUL-2", form(DOD, SKUDDAR, &json!({}))),
            ("giver-unavailable", "FUL-2", form(SKJULT, SKUDDAR, &json!({}))),
            ("giver-too-young", "FUL-2", form(NESTEN_SEKSTEN, SKUDDAR, &json!({"consentLevel": "full"}))),
            ("giver-too-young", "FUL-2", assigned(LILLE, SKUDDAR, &day(now, 9))),
            ("giver-without-consent", "FUL-15", form(MILLENNIA, SKUDDAR, &json!({}))),
            ("holder-is-giver", "FUL-2", form(ELDRID, ELDRID, &json!({}))),
            ("holder-too-young", "FUL-2", form(ELDRID, NESTEN_SEKSTEN, &json!({}))),
            ("area-unknown", "FUL-3", with(json!({"areas": [4711]}))),
            ("period-ends-before-start", "FUL-7", with(json!({"validFrom": day(now, 2), "validTo": day(now, 1)}))),
            ("period-over", "FUL-7", with(json!({"validFrom": day(now, -9), "validTo": day(now, -1)}))),
            ("period-too-long", "FUL-14", until(5 * 366 + 1)),
            ("period-too-long", "FUL-14", with(json!({"kind": "assignedPowerOfAttorney"}))),
        ];
        for (slug, rule, body) in &table {
            let refused = operator.post(REGISTERED, body).await.problem(slug);
            assert_eq!(refused.rule(), Some(*rule), "{slug}");
            assert_eq!(stored(&app).await, before, "{slug}");
        }
        let refusals = "SELECT count(*) AS number FROM audit_entry WHERE action = 'registerPowerOfAttorney' AND outcome = 'refused'";
        assert_eq!(app.place().number(refusals), i64::try_from(table.len()).expect("a small number"));
        let hidden = |at: usize| operator.post(REGISTERED, &table[at].2);
        assert_eq!(without_instance(&hidden(0).await), without_instance(&hidden(2).await));

        let wrong = json!({"kind": "x", "consentLevel": "none", "caseNumber": " ", "areas": [3], "giver": {}});
        let wrong = operator.post(REGISTERED, &wrong).await.problem("invalid-request");
        let pair = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        let expected = [
            pair("/caseNumber", "empty"),
            pair("/consentLevel", "not_a_choice"),
            pair("/giver/nationalId", "required"),
            pair("/holder", "required"),
            pair("/kind", "not_a_choice"),
        ];
        assert_eq!(wrong.violations(), expected);
        let _ = operator.post(REGISTERED, &until(9)).await.expect(201);
        let _ = operator.post(REGISTERED, &until(5)).await.problem("power-of-attorney-overlaps");
    }

    async fn ful_14_to_whom_it_is_assigned_stands_in_the_givers_place_and_does_not_change_it(app: TestApp) {
        let now = app.now().await;
        let (child, aunt) = (app.citizen(NESTEN_SEKSTEN).await, app.member(SKUDDAR).await);
        let made = app.register_power(&assigned(NESTEN_SEKSTEN, SKUDDAR, &day(now, 100))).await;

        let mailbox = aunt.get(&child.own("")).await.expect(200);

        assert_eq!(mailbox["relation"], "assignedPowerOfAttorney");
        // The messages about it are for the child, who reads them from 16 on, and for nobody in its place.
        assert!(aunt.get(&child.own("/messages")).await.expect(200).items().is_empty());
        let told = aunt.get(&aunt.own("/messages")).await.expect(200);
        assert_eq!(told.each("subject"), ["Du er tildelt en fullmakt"]);
        let held = "SELECT count(*) AS number FROM message WHERE received_at IS NULL AND withheld_from_holders";
        // That it was registered, and that it holds.
        assert_eq!(app.place().number(held), 2);
        // The giver may end it, and may not change it.
        let _ = app.register_power(&assigned(ELDAR, SKUDDAR, &day(now, 100))).await;
        let giver = app.citizen(ELDAR).await;
        let id = giver.get(POWERS).await.expect(200).each("id")[0].to_owned();
        let before = stored(&app).await;
        let refused = giver.put(&path_of(&id), &json!({"areas": [3]})).await.problem("power-of-attorney-assigned");
        assert_eq!((refused.status, refused.rule()), (403, Some("FUL-14")));
        assert_eq!(stored(&app).await, before);
        let _ = giver.delete(&path_of(&id)).await.expect(204);
        let _ = aunt.delete(&path_of(&made.id())).await.expect(204);
        let _ = aunt.get(&child.own("")).await.problem("not-found");
    }

    async fn ful_14_ret_16_thirty_days_after_an_assigned_one_the_profile_is_gone(app: TestApp) {
        let now = app.now().await;
        let owner = app.citizen(ELDRID).await;
        let _ = app.register_power(&assigned(ELDRID, SKUDDAR, &day(now, 9))).await;
        let _ = app.message("Svar").to(ELDRID).deliver().await;
        let _ = owner.put("/v1/me/acceptances/termsOfUse", &json!({"version": "1"})).await.expect(200);

        app.advance("P39D").await;
        assert_eq!(consent_of(&app.citizen(ELDRID).await).await, "basis");
        app.advance("P2D").await;

        let owner = app.citizen(ELDRID).await;
        let profile = owner.get("/v1/me").await.expect(200);
        assert_eq!((&profile["consent"]["level"], &profile["acceptances"]), (&json!("none"), &json!([])));
        assert_eq!(owner.get("/v1/me/consent/history").await.expect(200).each("level"), ["none", "basis"]);
        let left = "SELECT count(*) AS number FROM message WHERE received_at IS NOT NULL AND removed_at IS NULL";
        let mailbox = app.place().id(&owner.mailbox);
        assert_eq!(app.place().number(&format!("{left} AND mailbox_id = {mailbox}")), 0);
        let log = owner.get(&owner.own("/access-log")).await.expect(200);
        let entry = log.items().iter().find(|entry| entry["ground"] == "FUL-14" && entry["actor"]["kind"] == "worker");
        assert_eq!(entry.expect("it is on record")["action"], "withdrawConsent");
        assert_eq!(app.place().number("SELECT count(*) AS number FROM job WHERE kind <> 'notifyAgain'"), 0);
    }

    async fn ret_16_one_that_is_ended_early_counts_from_then_and_later_consent_stays(app: TestApp) {
        let now = app.now().await;
        let made = app.register_power(&assigned(ELDRID, SKUDDAR, &day(now, 60))).await.id();
        let kin = app.citizen(SKUDDAR).await;
        let _ = kin.delete(&path_of(&made)).await.expect(204);
        assert_eq!(status(&kin, &made).await, "ended");

        app.advance("P29D").await;
        assert_eq!(consent_of(&app.citizen(ELDRID).await).await, "basis");
        app.advance("P1DT1M").await;
        assert_eq!(consent_of(&app.citizen(ELDRID).await).await, "none");

        // The owner consents anew. The job of the planned end finds that somebody has decided since.
        let _ = app.member(ELDRID).await;
        app.advance("P70D").await;
        let owner = app.citizen(ELDRID).await;
        assert_eq!(consent_of(&owner).await, "basis");
        assert_eq!(owner.get("/v1/me/consent/history").await.expect(200).each("level"), ["basis", "none", "basis"]);
        assert_eq!(app.place().number("SELECT count(*) AS number FROM job WHERE kind <> 'notifyAgain'"), 0);
    }

    async fn ret_16_the_profile_stays_where_an_assigned_one_was_ended_before_its_first_day(app: TestApp) {
        let (operator, now) = (app.operator().await, app.now().await);
        let mut coming = assigned(ELDRID, SKUDDAR, &day(now, 9));
        coming["validFrom"] = json!(day(now, 5));
        let id = app.register_power(&coming).await.id();
        let _ = operator.delete(&format!("{REGISTERED}/{id}")).await.expect(204);

        app.advance("P45D").await;

        assert_eq!(consent_of(&app.citizen(ELDRID).await).await, "basis");
        assert_eq!(app.place().number("SELECT count(*) AS number FROM job WHERE kind <> 'notifyAgain'"), 0);
    }

    async fn ret_16_own_consent_outlives_a_form_that_was_put_on_the_wrong_person(app: TestApp) {
        let now = app.now().await;
        let owner = app.member_at(ELDRID, "full").await;
        let message = app.message("Svar").to(ELDRID).deliver().await;
        let id = app.register_power(&assigned(ELDRID, SKUDDAR, &day(now, 60))).await.id();
        // The form asks for less, and takes nothing back.
        assert_eq!(consent_of(&owner).await, "full");
        app.advance("P2D").await;
        let _ = app.operator().await.delete(&format!("{REGISTERED}/{id}")).await.expect(204);

        app.advance("P90D").await;

        let owner = app.citizen(ELDRID).await;
        assert_eq!(owner.get("/v1/me/consent/history").await.expect(200).each("level"), ["full"]);
        assert!(owner.get(&owner.own("/messages")).await.expect(200).each("id").contains(&message.as_str()));
    }

    async fn ret_16_the_profile_stays_while_another_is_assigned(app: TestApp) {
        let now = app.now().await;
        let _ = app.register_power(&assigned(ELDRID, SKUDDAR, &day(now, 9))).await;
        // Renewed before it runs out, to begin on the day after.
        let mut renewed = assigned(ELDRID, SKUDDAR, &day(now, 90));
        renewed["validFrom"] = json!(day(now, 10));
        let _ = app.register_power(&renewed).await;

        app.advance("P50D").await;

        assert_eq!(consent_of(&app.citizen(ELDRID).await).await, "basis");
        let kin = app.citizen(SKUDDAR).await;
        assert_eq!(kin.get(POWERS).await.expect(200).each("status"), ["active", "expired"]);
        app.advance("P72D").await;
        assert_eq!(consent_of(&app.citizen(ELDRID).await).await, "none");
    }

    async fn ful_2_adr_11_a_form_asks_the_register_where_what_is_known_is_old(app: TestApp) {
        let operator = app.operator().await;
        let body = form(NILS, SKUDDAR, &json!({"consentLevel": "full"}));
        app.take_register_away().await;
        let before = stored(&app).await;
        let refused = operator.post(REGISTERED, &body).key("form").await.problem("register-unavailable");
        assert_eq!(refused.rule(), Some("ADR-11"));
        assert_eq!(stored(&app).await, before);
        app.bring_register_back().await;

        let made = operator.post(REGISTERED, &body).key("form").await.expect(201);

        let _ = app.confirm_power(&app.other_operator().await, &made.id(), &body).await.expect(200);
        assert_eq!(consent_of(&app.citizen(NILS).await).await, "full");
    }
}

//! What is decided about a mailbox as a whole, and how access to it is explained (BX-2).

use serde_json::{Value, json};
use tests::{Answer, TestApp, stories};

use crate::persons::{ELDRID, MILLENNIA, NESTEN_SEKSTEN, SKUDDAR};

/// A right out of an explanation: whether it is allowed, by which rule, until when.
fn right(explained: &Answer, action: &str) -> (bool, String, Option<String>) {
    let rights = explained["rights"].as_array().expect("rights");
    let right = rights.iter().find(|right| right["action"] == action).unwrap_or_else(|| panic!("no {action}"));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (right["allowed"] == true, text(&right["rule"]).expect("a rule"), text(&right["until"]))
}

/// What will change of an action: when, whether it is allowed then, by which rule.
fn changes(explained: &Answer, action: &str) -> Vec<(String, bool, String)> {
    let upcoming = explained["upcoming"].as_array().expect("what is to come");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    upcoming
        .iter()
        .filter(|change| change["action"] == action)
        .map(|change| (text(&change["at"]), change["allowed"] == true, text(&change["rule"])))
        .collect()
}

stories! {
    async fn chi_12_a_parent_consents_for_the_child_and_the_inbox_opens(app: TestApp) {
        let (child, parent) = (app.citizen(NESTEN_SEKSTEN).await, app.member(ELDRID).await);
        app.make_responsible(NESTEN_SEKSTEN, &[ELDRID]).await;
        let operator = app.operator().await;
        let held = json!({"parents": "until16", "unregisteredRecipients": "hold"});
        let service = app.open_service(&operator, app.clinic(), &held).await;
        let ehr = app.ehr().await;
        let id = app.message("Time").to(NESTEN_SEKSTEN).from(&ehr, &service).deliver().await;
        let overview = child.own("/messages");
        let _ = parent.get(&overview).await.problem("consent-required");
        let _ = child.put("/v1/me/consent", &json!({"level": "basis"})).await.problem("too-young");

        let _ = parent.put(&child.own("/consent"), &json!({"level": "basis"})).await.expect(200);

        assert_eq!(parent.get(&overview).await.expect(200).each("id"), [id]);
        let log = parent.get(&child.own("/access-log")).await.problem("only-the-owner");
        assert_eq!(log.rule(), Some("FUL-9"));
        let own_log = child.get(&child.own("/access-log")).await.expect(200);
        let reading = own_log.items().iter().find(|entry| entry["action"] == "listMessages" && entry["outcome"] == "granted");
        let reading = reading.unwrap_or_else(|| panic!("no reading in {own_log}"));
        assert_eq!(reading["actor"]["relation"], "parent");
        assert_eq!(reading["actor"]["name"], "Eldrid Prøve");
        assert_eq!(reading["onBehalf"], "Nesten Seksten");

        let _ = parent.delete(&child.own("/consent")).await.expect(204);
        let _ = parent.get(&overview).await.problem("consent-required");
    }

    async fn chi_8_a_parent_gives_a_child_access_of_its_own_and_takes_it_back(app: TestApp) {
        let (child, parent) = (app.citizen(NESTEN_SEKSTEN).await, app.member(ELDRID).await);
        app.make_responsible(NESTEN_SEKSTEN, &[ELDRID]).await;
        let _ = parent.put(&child.own("/consent"), &json!({"level": "full"})).await.expect(200);
        let (operator, ehr) = (app.operator().await, app.ehr().await);
        let policy = |youth: &str| json!({"parents": "until16", "youth": youth});
        let closed = app.open_service(&operator, app.clinic(), &policy("never")).await;
        let open = app.open_service(&operator, app.clinic(), &policy("withConsent")).await;
        let nurse = app.open_service(&operator, app.clinic(), &json!({"youth": "always"})).await;
        let to_child = |subject: &str| app.message(subject).to(NESTEN_SEKSTEN);
        let letter = to_child("Brev").from(&ehr, &closed).deliver().await;
        let recipe = to_child("Resept").from(&ehr, &open).deliver().await;
        let booking = to_child("Helsesykepleier").from(&ehr, &nurse).deliver().await;
        let overview = child.own("/messages");
        // CHI-10: what the child arranges alone takes nobody's leave, and parents never see it.
        assert_eq!(child.get(&overview).await.expect(200).each("id"), [booking.as_str()]);
        assert_eq!(parent.get(&overview).await.expect(200).each("id"), [recipe.as_str(), letter.as_str()]);
        let _ = parent.get(&child.own(&format!("/messages/{booking}"))).await.problem("not-found");

        let _ = parent.put(&child.own("/youth-access"), &json!({})).await.expect(204);

        assert_eq!(child.get(&overview).await.expect(200).each("id"), [booking.as_str(), recipe.as_str()]);
        assert_eq!(parent.get(&overview).await.expect(200).each("id"), [recipe.as_str(), letter.as_str()]);
        let _ = child.put(&child.own("/youth-access"), &json!({})).await.problem("only-parents");

        let _ = parent.delete(&child.own("/youth-access")).await.expect(204);

        assert_eq!(child.get(&overview).await.expect(200).each("id"), [booking.as_str()]);
    }

    async fn con_14_a_locked_mailbox_is_closed_to_its_owner_and_looks_unopened_to_others(app: TestApp) {
        let (owner, holder) = (app.member(SKUDDAR).await, app.member(ELDRID).await);
        let _ = app.give_power(&owner, ELDRID).await.expect(201);
        let read = app.message("Svar").deliver().await;
        let path = owner.own("/messages?kind=letter");
        let _ = owner.put("/v1/me/emergency-lock", &json!({})).await.expect(204);

        assert_eq!(owner.get(&path).await.problem("emergency-locked").rule(), Some("CON-14"));
        let _ = holder.get(&path).await.problem("consent-required");
        assert_eq!(holder.get(&owner.own("")).await.expect(200)["unread"], 0, "the count tells nothing either");
        let profile = owner.get("/v1/me").await.expect(200);
        assert!(profile["emergencyLockedAt"].is_string(), "{profile}");
        assert_eq!(profile["missing"], json!(["unlocking"]));
        let held = app.message("Mens det var låst").deliver().await;

        let _ = owner.delete("/v1/me/emergency-lock").await.expect(204);

        assert_eq!(owner.get(&path).await.expect(200).each("id"), [held.as_str(), read.as_str()]);
        let _ = holder.get(&owner.own(&format!("/messages/{held}"))).await.expect(200);
        let _ = owner.delete("/v1/me/consent").await.expect(204);
        // What was given ends with the consent (TK-8).
        let _ = holder.get(&path).await.problem("not-found");
    }

    async fn ful_18_the_owner_withholds_a_message_from_holders(app: TestApp) {
        let (owner, holder) = (app.member(SKUDDAR).await, app.member(ELDRID).await);
        let _ = app.give_power(&owner, ELDRID).await.expect(201);
        let id = app.message("Svar").deliver().await;
        let message = owner.own(&format!("/messages/{id}"));
        let withheld = format!("{message}/withheld-from-holders");
        let _ = holder.get(&message).await.expect(200);
        let _ = holder.put(&withheld, &json!({"withheld": false})).await.problem("only-the-owner");

        let _ = owner.put(&withheld, &json!({"withheld": true})).await.expect(204);

        let _ = holder.get(&message).await.problem("not-found");
        assert!(holder.get(&owner.own("/messages")).await.expect(200).items().iter().all(|item| item["id"] != id.as_str()));
        assert_eq!(owner.get(&message).await.expect(200)["withheldFromHolders"], true);
        let _ = owner.put(&withheld, &json!({"withheld": false})).await.expect(204);
        let _ = holder.get(&message).await.expect(200);
    }

    async fn bx_2_a_parent_is_told_what_ends_when_the_child_turns_16_in_oslo(app: TestApp) {
        let (child, parent) = (app.citizen(NESTEN_SEKSTEN).await, app.member(ELDRID).await);
        app.make_responsible(NESTEN_SEKSTEN, &[ELDRID]).await;
        let _ = parent.put(&child.own("/consent"), &json!({"level": "basis"})).await.expect(200);

        let explained = parent.get(&child.own("/access")).await.expect(200);

        assert_eq!(explained.text("relation"), "parent");
        let sixteen = "2026-12-30T23:00:00Z".to_owned();
        assert_eq!(right(&explained, "readMessage"), (true, "CHI-3".to_owned(), Some(sixteen.clone())));
        assert_eq!(right(&explained, "giveConsent"), (true, "CHI-12".to_owned(), Some(sixteen.clone())));
        assert!(!right(&explained, "deleteMessage").0);
        assert_eq!(changes(&explained, "readMessage"), [(sixteen, false, "CHI-4".to_owned())]);
        assert_eq!(explained["others"], json!([]));
    }

    async fn bx_2_a_parent_of_a_small_child_is_told_of_12_and_of_16(app: TestApp) {
        let (child, parent) = (app.citizen(NESTEN_SEKSTEN).await, app.member(ELDRID).await);
        app.make_responsible(NESTEN_SEKSTEN, &[ELDRID]).await;
        app.change_person(NESTEN_SEKSTEN, &json!({"birthDate": "2020-02-29"})).await;
        let _ = parent.put(&child.own("/consent"), &json!({"level": "basis"})).await.expect(200);

        let explained = parent.get(&child.own("/access")).await.expect(200);

        let expected = [("2032-02-28T23:00:00Z", true, "CHI-3"), ("2036-02-28T23:00:00Z", false, "CHI-4")];
        let expected = expected.map(|(at, allowed, rule)| (at.to_owned(), allowed, rule.to_owned()));
        assert_eq!(changes(&explained, "readMessage"), expected);
        assert_eq!(right(&explained, "readMessage").1, "CHI-1");
        let _ = parent.get(&child.own("/access-log")).await.expect(200);
    }

    async fn bx_2_the_owner_is_told_who_else_may_see_what_and_until_when(app: TestApp) {
        let owner = app.member(SKUDDAR).await;
        let holder = app.member(ELDRID).await;
        let power = json!({"holder": {"nationalId": ELDRID}, "areas": [3], "validTo": "2027-05-31"});
        let _ = owner.post("/v1/me/powers-of-attorney", &power).await.expect(201);
        let members = app.dermatology().path("/members");
        let nurse = app.ehr().await.put(&members, &json!({"nationalId": MILLENNIA})).await.expect(200);
        let follow_up = json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": nurse.text("personId")}});
        let _ = app.ehr().await.put(&app.dermatology().path("/follow-ups"), &follow_up).await.expect(200);

        let explained = owner.get(&owner.own("/access")).await.expect(200);

        assert_eq!(explained.text("relation"), "self");
        assert_eq!(right(&explained, "readMessage"), (true, "HN-5".to_owned(), None));
        let others = explained["others"].as_array().expect("others");
        let names: Vec<&str> = others.iter().filter_map(|other| other["name"].as_str()).collect();
        assert_eq!(names, ["Millennia Testesen"]);
        assert_eq!(others[0]["nationalId"], ELDRID);
        assert_eq!(others[0]["relation"], "powerOfAttorney");
        let rights = others[0]["rights"].as_array().expect("rights");
        let reads = rights.iter().find(|right| right["action"] == "readMessage").expect("the right");
        assert_eq!((&reads["action"], &reads["rule"]), (&json!("readMessage"), &json!("FUL-5")));
        assert_eq!(reads["until"], "2027-05-31T22:00:00Z");
        assert_eq!((&others[1]["relation"], &others[1]["service"]["name"]), (&json!("staff"), &json!("Hudpoliklinikken")));
        // FUL-11: a holder learns nothing of the others.
        let told = holder.get(&owner.own("/access")).await.expect(200);
        assert_eq!((told.text("relation"), &told["others"]), ("powerOfAttorney", &json!([])));
        assert_eq!(right(&told, "readMessage"), (true, "FUL-5".to_owned(), Some("2027-05-31T22:00:00Z".to_owned())));
        assert_eq!(right(&told, "giveConsent"), (false, "FUL-9".to_owned(), Some("2027-05-31T22:00:00Z".to_owned())));
    }

    async fn the_mailboxes_that_somebody_may_open_come_with_their_counts(app: TestApp) {
        let (child, parent) = (app.citizen(NESTEN_SEKSTEN).await, app.member(ELDRID).await);
        let giver = app.member(SKUDDAR).await;
        app.make_responsible(NESTEN_SEKSTEN, &[ELDRID]).await;
        let _ = parent.put(&child.own("/consent"), &json!({"level": "basis"})).await.expect(200);
        let _ = app.give_power(&giver, ELDRID).await.expect(201);
        let _ = app.message("Svar").deliver().await;

        let mailboxes = parent.get("/v1/me/mailboxes").await.expect(200);

        assert_eq!(mailboxes.each("relation"), ["self", "parent", "powerOfAttorney"]);
        assert_eq!(mailboxes.each("name"), ["Eldrid Prøve", "Nesten Seksten", "Skuddår Testesen"]);
        assert_eq!(mailboxes.items()[2]["unread"], 1, "the notice of the power is not for holders");
        assert_eq!(mailboxes["incomplete"], false);
        let log = giver.get(&giver.own("/access-log")).await.expect(200);
        let seen = log.items().iter().find(|entry| entry["action"] == "seeMailbox" && entry["actor"]["name"] == "Eldrid Prøve");
        assert_eq!(seen.unwrap_or_else(|| panic!("not in {log}"))["onBehalf"], "Skuddår Testesen");

        let _ = app.nobody().put("/sandbox/faults", &json!({"populationRegister": "down"})).await.expect(200);
        app.advance("PT2H").await;
        let parent = app.citizen(ELDRID).await;
        let alone = parent.get("/v1/me/mailboxes").await.expect(200);
        assert_eq!((alone.each("relation"), &alone["incomplete"]), (vec!["self"], &json!(true)));
        let _ = app.nobody().put("/sandbox/faults", &json!({"populationRegister": null})).await.expect(200);
        let again = parent.get("/v1/me/mailboxes").await.expect(200);
        assert_eq!(again.each("relation"), ["self", "parent", "powerOfAttorney"]);
    }
}

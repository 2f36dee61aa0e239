//! What parents, and others who are responsible, see of a child, and until when.

use std::collections::BTreeSet;

use serde_json::json;
use tests::{Actor, Service, TestApp, files, stories};

use crate::persons::{
    ANNE, ASK, BERTE, BODIL, FRODE, KAJA, LILLE, MONA, NESTEN_SEKSTEN, NESTEN_TOLV, NINA, SIGRID, SKUDD, SONJA, SYTTEN,
    TERJE, TOLV, TORA, TORE, TRETTEN, UNNI,
};
use crate::visibility::{compare, file_of, sees_what_a_stranger_sees};

/// A service of the clinic whose messages parents see until some age.
async fn service_until(app: &TestApp, parents: &str) -> Service {
    app.open_service(&app.operator().await, app.clinic(), &json!({"parents": parents})).await
}

/// A message with a file from a service of the clinic, delivered to a child.
async fn letter(app: &TestApp, service: &Service, child: &str) -> String {
    app.message("Svar").from(&app.ehr().await, service).to(child).file(files::pdf()).deliver().await
}

/// Somebody in the mailbox of a child.
async fn with_child(app: &TestApp, caller: &str, child: &str) -> Actor {
    app.citizen(caller).await.within(&app.person(child).mailbox)
}

stories! {
    async fn chi_1_parents_of_a_child_under_12_use_the_inbox_for_it(app: TestApp) {
        app.open_inbox_of(LILLE);
        let id = letter(&app, app.dermatology(), LILLE).await;
        let (mona, frode) = (with_child(&app, MONA, LILLE).await, with_child(&app, FRODE, LILLE).await);

        let mailbox = mona.get(&mona.own("")).await.expect(200);
        assert_eq!((&mailbox["relation"], &mailbox["unread"]), (&json!("parent"), &json!(1)));
        assert_eq!(mailbox["name"], "Lille Testesen");
        let read = mona.get(&mona.own(&format!("/messages/{id}"))).await.expect(200);

        // The law puts a parent in the child's place, so it counts as opened, for the other parent too.
        assert!(read["openedAt"].is_string());
        assert_eq!(frode.get(&frode.own("")).await.expect(200)["unread"], 0);
        let _ = frode.put(&frode.own(&format!("/messages/{id}/read")), &json!({"read": false})).await.expect(204);
        let _ = frode.get(&frode.own(&file_of(&app, &id))).await.expect(200);
        let log = mona.get(&mona.own("/access-log")).await.expect(200);
        let opened = log.items().iter().find(|entry| entry["action"] == "readMessage").expect("the reading is there");
        assert_eq!((&opened["ground"], &opened["outcome"]), (&json!("CHI-1"), &json!("granted")));
        assert_eq!(opened["actor"]["name"], "Mona Testesen");
        assert_eq!(opened["actor"]["relation"], "parent");
        assert_eq!(opened["onBehalf"], "Lille Testesen");
        let delete = mona.delete(&mona.own(&format!("/messages/{id}"))).await.problem("only-the-owner");
        assert_eq!(delete.rule(), Some("FUL-9"));
    }

    async fn chi_1_without_consent_for_the_child_there_is_no_content(app: TestApp) {
        let mona = with_child(&app, MONA, LILLE).await;

        assert_eq!(mona.get(&mona.own("/messages")).await.problem("consent-required").rule(), Some("HN-5"));
        let _ = mona.get(&mona.own("")).await.expect(200);
    }

    async fn chi_2_one_parent_at_the_childs_address_is_enough_for_both_and_none_is_for_none(app: TestApp) {
        app.open_inbox_of(LILLE);
        app.open_inbox_of(BERTE);
        let _ = letter(&app, app.dermatology(), LILLE).await;
        // There is nobody who could read it: this service waits.
        let held = letter(&app, app.dermatology(), BERTE).await;
        let (frode, bodil) = (with_child(&app, FRODE, LILLE).await, with_child(&app, BODIL, BERTE).await);

        assert_eq!(frode.get(&frode.own("/messages")).await.expect(200).items().len(), 1);
        sees_what_a_stranger_sees(&app, &bodil, &held).await;
        let rejecting = service_until(&app, "until16").await;
        let sent = app.message("Svar").from(&app.ehr().await, &rejecting).to(BERTE).try_send().await;
        assert_eq!(sent.problem("inbox-not-open").rule(), Some("CON-7"));

        // The mother moves in.
        let mother = json!({"nationalId": BODIL, "kind": "mother", "sharesAddress": true});
        let _ = app.change_person(BERTE, &json!({"responsible": [mother]})).await;

        assert_eq!(bodil.get(&bodil.own("/messages")).await.expect(200).each("id"), [held]);
    }

    async fn hn_7_hn_8_chi_3_parents_see_less_from_the_twelfth_birthday_on(app: TestApp) {
        app.open_inbox_of(NESTEN_TOLV);
        let (until12, until16) = (service_until(&app, "until12").await, service_until(&app, "until16").await);
        let small = letter(&app, &until12, NESTEN_TOLV).await;
        let large = letter(&app, &until16, NESTEN_TOLV).await;
        let narrowed = app.message("Svar").from(&app.ehr().await, &until16).to(NESTEN_TOLV).file(files::pdf());
        let narrowed = narrowed.with("visibility", json!({"parents": "until12"})).deliver().await;
        let sent = [small.as_str(), &large, &narrowed];

        app.set_time("2026-11-29T22:59:00Z").await;
        let nina = with_child(&app, NINA, NESTEN_TOLV).await;
        compare(&app, &nina, &sent, &BTreeSet::from(sent), "11 years").await;
        let _ = nina.get(&nina.own("/access-log")).await.expect(200);
        app.set_time("2026-11-29T23:00:00Z").await;
        compare(&app, &nina, &sent, &BTreeSet::from([large.as_str()]), "12 years").await;
        let _ = nina.get(&nina.own("/access-log")).await.problem("only-the-owner");
        // What nobody could read any more is not taken.
        let late = app.message("Svar").from(&app.ehr().await, &until12).to(NESTEN_TOLV).try_send().await;
        let _ = late.problem("inbox-not-open");
    }

    async fn hn_7_a_sender_narrows_what_the_service_shows_and_never_widens_it(app: TestApp) {
        app.open_inbox_of(LILLE);
        let policy = json!({"parents": "until12", "powerOfAttorney": false, "kinds": {"service": {"parents": "never"}}});
        let service = app.open_service(&app.operator().await, app.clinic(), &policy).await;
        let ehr = app.ehr().await;
        let message = |visibility| {
            app.message("Svar").from(&ehr, &service).to(LILLE).with("visibility", visibility)
        };

        let both = message(json!({"parents": "until16", "powerOfAttorney": true})).try_send().await;
        let by_kind = message(json!({"parents": "until12"})).kind("service").try_send().await;
        let narrowed = message(json!({"parents": "never"})).try_send().await;
        let same = message(json!({"parents": "until12", "powerOfAttorney": false})).try_send().await;

        let wider = |pointer: &str| (pointer.to_owned(), "wider_than_service".to_owned());
        let both = both.problem("invalid-request").violations();
        assert_eq!(both, [wider("/visibility/parents"), wider("/visibility/powerOfAttorney")]);
        assert_eq!(by_kind.problem("invalid-request").violations(), [wider("/visibility/parents")]);
        // Narrowed to nobody: a child of four has no reader but its parents.
        let _ = narrowed.problem("inbox-not-open");
        let _ = same.expect(201);
    }

    async fn hn_7_hn_8_chi_10_what_a_child_of_13_arranges_alone_is_never_shown_to_parents(app: TestApp) {
        app.open_inbox_of(TRETTEN);
        let alone = json!({"parents": "never", "youth": "always", "minimumConsent": "full"});
        let nurse = app.open_service(&app.operator().await, app.municipality(), &alone).await;
        let with_parents = service_until(&app, "until16").await;
        let municipality = app.system(app.municipality()).await;
        let secret = app.message("Time").from(&municipality, &nurse).to(TRETTEN).file(files::pdf()).deliver().await;
        let open = letter(&app, &with_parents, TRETTEN).await;
        let sent = [secret.as_str(), &open];
        let (terje, child) = (with_child(&app, TERJE, TRETTEN).await, app.citizen(TRETTEN).await);

        compare(&app, &terje, &sent, &BTreeSet::from([open.as_str()]), "the parent").await;
        compare(&app, &child, &sent, &BTreeSet::from([secret.as_str()]), "the child").await;
        let both = json!({"name": "Helsesykepleier", "kind": "municipalCare", "parents": "until16", "youth": "always"});
        let services = format!("/v1/organisations/{}/services", app.municipality().id);
        let refused = app.operator().await.post(&services, &both).await.problem("invalid-request");
        assert_eq!(refused.violations(), [("/parents".to_owned(), "never_to_parents".to_owned())]);
    }

    async fn pdldoc_a_parent_who_is_not_responsible_is_a_stranger(app: TestApp) {
        app.open_inbox_of(TOLV);
        app.open_inbox_of(TRETTEN);
        let service = service_until(&app, "until16").await;
        let (of_tolv, of_tretten) = (letter(&app, &service, TOLV).await, letter(&app, &service, TRETTEN).await);
        let (tora, tore) = (with_child(&app, TORA, TOLV).await, with_child(&app, TORE, TOLV).await);
        let unni = with_child(&app, UNNI, TRETTEN).await;

        assert_eq!(tora.get(&tora.own("/messages")).await.expect(200).each("id"), [of_tolv.as_str()]);
        sees_what_a_stranger_sees(&app, &tore, &of_tolv).await;
        // What the register does not know is not taken for responsibility, nor for somebody at the address.
        sees_what_a_stranger_sees(&app, &unni, &of_tretten).await;

        let known = json!({"nationalId": UNNI, "kind": "mother", "sharesAddress": true});
        let _ = app.change_person(TRETTEN, &json!({"responsible": [known]})).await;
        assert_eq!(unni.get(&unni.own("/messages")).await.expect(200).each("id"), [of_tretten.as_str()]);
        let terje = with_child(&app, TERJE, TRETTEN).await;
        sees_what_a_stranger_sees(&app, &terje, &of_tretten).await;
    }

    async fn sivilombudet_another_whom_a_court_has_put_in_charge_acts_as_parents_do(app: TestApp) {
        app.open_inbox_of(ASK);
        let id = letter(&app, app.dermatology(), ASK).await;
        let anne = with_child(&app, ANNE, ASK).await;

        assert_eq!(anne.get(&anne.own("")).await.expect(200)["relation"], "parent");
        let _ = anne.get(&anne.own(&format!("/messages/{id}"))).await.expect(200);
    }

    async fn chi_4_on_the_sixteenth_birthday_parents_become_strangers_at_midnight_in_oslo(app: TestApp) {
        app.open_inbox_of(NESTEN_SEKSTEN);
        let id = letter(&app, &service_until(&app, "until16").await, NESTEN_SEKSTEN).await;

        app.set_time("2026-12-30T22:59:00Z").await;
        let sonja = with_child(&app, SONJA, NESTEN_SEKSTEN).await;
        let _ = sonja.get(&sonja.own(&format!("/messages/{id}"))).await.expect(200);
        app.set_time("2026-12-30T23:00:00Z").await;

        sees_what_a_stranger_sees(&app, &sonja, &id).await;
        let child = app.citizen(NESTEN_SEKSTEN).await;
        let _ = child.get(&child.own(&format!("/messages/{id}"))).await.expect(200);
    }

    async fn chi_4_the_register_has_parents_of_a_17_year_old_who_are_strangers_here(app: TestApp) {
        let _ = app.member(SYTTEN).await;
        let id = letter(&app, app.dermatology(), SYTTEN).await;

        sees_what_a_stranger_sees(&app, &with_child(&app, SIGRID, SYTTEN).await, &id).await;
    }

    async fn chi_3_chi_8_who_is_born_on_29_february_is_12_on_that_day_and_13_on_1_march(app: TestApp) {
        app.open_inbox_of(SKUDD);
        let id = letter(&app, app.dermatology(), SKUDD).await;

        app.set_time("2028-02-28T22:59:00Z").await;
        let kaja = with_child(&app, KAJA, SKUDD).await;
        assert_eq!(kaja.get(&kaja.own("/messages")).await.expect(200).each("id"), [id]);
        app.set_time("2028-02-28T23:00:00Z").await;
        assert!(kaja.get(&kaja.own("/messages")).await.expect(200).items().is_empty());

        // 2029 has no 29 February.
        app.set_time("2029-02-28T22:59:00Z").await;
        let child = app.citizen(SKUDD).await;
        assert_eq!(child.get("/v1/me").await.problem("too-young").rule(), Some("CHI-8"));
        app.set_time("2029-02-28T23:00:00Z").await;
        let _ = child.get("/v1/me").await.expect(200);
    }

    async fn chi_3_chi_4_midnight_is_that_of_oslo_in_summer_too(app: TestApp) {
        app.open_inbox_of(LILLE);
        let id = letter(&app, &service_until(&app, "until16").await, LILLE).await;
        let _ = app.change_person(LILLE, &json!({"birthDate": "2011-07-01"})).await;

        app.set_time("2027-06-30T21:59:00Z").await;
        let mona = with_child(&app, MONA, LILLE).await;
        assert_eq!(mona.get(&mona.own("/messages")).await.expect(200).each("id"), [id.as_str()]);
        app.set_time("2027-06-30T22:00:00Z").await;

        sees_what_a_stranger_sees(&app, &mona, &id).await;
    }
}

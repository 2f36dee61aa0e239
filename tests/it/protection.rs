//! Persons with a protected address: they use the inbox alone, and neither act for anybody nor are acted for.

use serde_json::{Value, json};
use tests::{Actor, TestApp, files, stories};

use crate::persons::{ELDRID, FRODE, HANNA, HELGA, HEMMELIG_FAR, IDA, INGUNN, IVAR, LILLE, MONA, SKJULT, SKUDDAR};
use crate::visibility::sees_what_a_stranger_sees;

/// A message with a file, delivered to a child whose inbox is open.
async fn letter(app: &TestApp, child: &str) -> String {
    app.open_inbox_of(child);
    app.message("Svar").to(child).file(files::pdf()).deliver().await
}

async fn with_child(app: &TestApp, caller: &str, child: &str) -> Actor {
    app.citizen(caller).await.within(&app.person(child).mailbox)
}

/// Checks that somebody reads a message.
async fn reads(caller: &Actor, message: &str) {
    let _ = caller.get(&caller.own(&format!("/messages/{message}"))).await.expect(200);
}

stories! {
    async fn adr_5_a_parent_with_a_protected_address_is_a_stranger_and_the_other_parent_is_not(app: TestApp) {
        let id = letter(&app, HANNA).await;

        reads(&with_child(&app, HELGA, HANNA).await, &id).await;
        sees_what_a_stranger_sees(&app, &with_child(&app, HEMMELIG_FAR, HANNA).await, &id).await;
    }

    async fn adr_5_nobody_acts_for_a_child_with_a_protected_address(app: TestApp) {
        let before = json!({"protection": "ungraded"});
        for person in [IDA, INGUNN] {
            let _ = app.change_person(person, &before).await;
        }
        let id = letter(&app, IDA).await;
        let (ingunn, ivar) = (with_child(&app, INGUNN, IDA).await, with_child(&app, IVAR, IDA).await);
        for parent in [&ingunn, &ivar] {
            reads(parent, &id).await;
        }

        let _ = app.change_person(IDA, &json!({"protection": "confidential"})).await;

        for parent in [&ingunn, &ivar] {
            sees_what_a_stranger_sees(&app, parent, &id).await;
        }
        // Nobody can read it, so nothing more is taken in; the sender hears what it would hear of any closed inbox.
        let ehr = app.ehr().await;
        let open = json!({"availableAtProtectedAddress": true});
        let service = app.open_service(&app.operator().await, app.clinic(), &open).await;
        let sent = app.message("Svar").from(&ehr, &service).to(IDA).try_send().await;
        assert_eq!(sent.problem("inbox-not-open").rule(), Some("CON-7"));
    }

    async fn adr_9_from_the_change_on_nobody_is_acted_for_and_the_own_inbox_goes_on(app: TestApp) {
        let id = letter(&app, LILLE).await;
        let own = app.member(MONA).await;
        let of_mona = app.message("Svar").to(MONA).deliver().await;
        let (mona, frode) = (own.within(&app.person(LILLE).mailbox), with_child(&app, FRODE, LILLE).await);
        for grade in ["confidential", "strictlyConfidential", "strictlyConfidentialAbroad"] {
            reads(&mona, &id).await;

            let changed = app.change_person(MONA, &json!({"protection": grade})).await;

            assert_eq!(changed["protection"], grade);
            sees_what_a_stranger_sees(&app, &mona, &id).await;
            reads(&own, &of_mona).await;
            reads(&frode, &id).await;
            let _ = app.change_person(MONA, &json!({"protection": "ungraded"})).await;
        }
    }

    async fn hn_9_ful_13_a_protected_person_uses_the_inbox_alone_without_what_is_closed_to_them(app: TestApp) {
        let (patient, ehr) = (app.member_at(SKJULT, "full").await, app.ehr().await);
        let open = app.message("Svar").to(SKJULT).deliver().await;

        let closed = app.message("Bilder").from(&ehr, app.radiology()).to(SKJULT).try_send().await;

        // What the sender hears is what it would hear of anybody whose inbox is closed to it.
        assert_eq!(closed.problem("inbox-not-open").rule(), Some("CON-7"));
        assert_eq!(patient.get(&patient.own("/messages")).await.expect(200).each("id"), [open]);
        assert_eq!(patient.get(&patient.own("")).await.expect(200)["unread"], 1);
    }

    async fn adr_9_the_access_log_does_not_tell_who_has_a_protected_address(app: TestApp) {
        let id = letter(&app, HANNA).await;
        let (helga, far) = (with_child(&app, HELGA, HANNA).await, with_child(&app, HEMMELIG_FAR, HANNA).await);

        let _ = far.get(&far.own(&format!("/messages/{id}"))).await.problem("not-found");

        let log = helga.get(&helga.own("/access-log")).await.expect(200);
        let attempt = log.items().iter().find(|entry| entry["outcome"] == "refused").expect("the attempt is there");
        // No name, as of somebody who is in no register or dead: the name may be another since the address is protected.
        assert_eq!(attempt["actor"]["name"], Value::Null);
        // The ground that stands beside the attempt of any stranger.
        assert_eq!(attempt["ground"], "PP-5");
        // The whole reason is on record, for those who control.
        assert_eq!(app.place().number("SELECT count(*) AS number FROM audit_entry WHERE rule = 'ADR-5'"), 1);
    }

    async fn adr_11_a_grade_that_ends_gives_back_what_it_took(app: TestApp) {
        let id = letter(&app, LILLE).await;
        app.set_time("2027-01-15T12:00:00Z").await;
        let _ = app.change_person(MONA, &json!({"protection": "confidential", "protectionUntil": "2027-01-15"})).await;

        app.set_time("2027-01-15T22:59:00Z").await;
        let mona = with_child(&app, MONA, LILLE).await;
        sees_what_a_stranger_sees(&app, &mona, &id).await;
        app.set_time("2027-01-15T23:00:00Z").await;

        // Another grade may have come in the place of the one that has ended, so the register is asked first.
        app.take_register_away().await;
        let _ = mona.get(&mona.own(&format!("/messages/{id}"))).await.problem("register-unavailable");
        app.bring_register_back().await;
        reads(&mona, &id).await;
        // And for her as somebody who is acted for, it has ended too.
        assert_eq!(app.citizen(MONA).await.get("/v1/me").await.expect(200)["protectedAddress"], false);
    }

    async fn adr_9_the_access_log_does_not_name_a_holder_who_has_become_protected(app: TestApp) {
        let (owner, holder) = (app.member(SKUDDAR).await, app.member(ELDRID).await);
        let _ = app.give_power(&owner, ELDRID).await.expect(201);
        let _ = holder.get(&owner.own("/messages")).await.expect(200);
        let names = async || {
            let log = owner.get(&owner.own("/access-log?limit=100")).await.expect(200);
            let by_holder = |entry: &&Value| entry["actor"]["relation"] == "powerOfAttorney";
            log.items().iter().filter(by_holder).map(|entry| entry["actor"]["name"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(names().await, [json!(app.person(ELDRID).name)]);

        let _ = app.change_person(ELDRID, &json!({"protection": "confidential"})).await;

        // That somebody was there by a power of attorney is still told.
        assert_eq!(names().await, [Value::Null]);
    }
}

//! FUL-17, HN-3: both sides are told what becomes of a power of attorney, by a message in their inboxes.

use serde_json::{Value, json};
use tests::{Actor, TestApp, stories};

use crate::persons::{ELDRID, NILS, SKUDDAR};
use crate::powers::{POWERS, day, give, path_of, status, stored};

/// The subjects in somebody's inbox, newest first.
async fn subjects(actor: &Actor) -> Vec<String> {
    let list = actor.get(&actor.own("/messages")).await.expect(200);
    list.each("subject").into_iter().map(str::to_owned).collect()
}

/// The newest message in somebody's inbox, with its content.
async fn newest(actor: &Actor) -> Value {
    let list = actor.get(&actor.own("/messages")).await.expect(200);
    let id = list.each("id").first().map(|id| (*id).to_owned()).expect("a message");
    actor.get(&actor.own(&format!("/messages/{id}"))).await.expect(200).body
}

/// A day as messages write it.
fn written(day: &str) -> String {
    day.split('-').rev().collect::<Vec<_>>().join(".")
}

stories! {
    async fn ful_17_hn_3_both_are_told_when_one_is_given_changed_and_ended(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.member(SKUDDAR).await);
        let today = day(app.now().await, 0);
        let last = day(app.now().await, 30);

        let id = give(&father, SKUDDAR, &[3]).await.expect(201).id();

        let (to_father, to_daughter) = (newest(&father).await, newest(&daughter).await);
        let period = format!("Periode: fra {}, uten sluttdato.", written(&today));
        let areas = "Tjenesteområder: Digitale helsetjenester.";
        assert_eq!(to_father["subject"], "Du har gitt en fullmakt");
        assert_eq!(to_father["body"], format!("Du har gitt fullmakt til personen med fødselsnummer 298272 00059.\n\n{period}\n{areas}"));
        assert_eq!(to_daughter["subject"], "Du har fått en fullmakt");
        assert_eq!(to_daughter["body"], format!("Du har fått fullmakt fra Eldrid Prøve.\n\n{period}\n{areas}"));
        for message in [&to_father, &to_daughter] {
            assert_eq!((&message["kind"], &message["direction"]), (&json!("service"), &json!("received")));
            assert_eq!(message["service"]["name"], "Brevdue");
            let notice = "/v1/privacy-notices/310033456";
            let controller = json!({"organisationNumber": "310033456", "name": "Brevdue", "privacyNotice": notice});
            assert_eq!(message["controller"], controller);
        }

        let body = json!({"areas": [1, 3], "validTo": last});
        let changed = father.put(&path_of(&id), &body).await.expect(201).id();

        let told = newest(&daughter).await;
        let body = told["body"].as_str().expect("a body");
        assert_eq!(told["subject"], "En fullmakt er endret");
        assert!(body.contains(&format!("fra {} til og med {}.", written(&today), written(&last))), "{body}");
        assert!(body.contains("Innsyn i opplysninger registrert om deg, Digitale helsetjenester."), "{body}");

        let _ = daughter.delete(&path_of(&changed)).await.expect(204);

        assert_eq!(newest(&father).await["subject"], "En fullmakt er avsluttet");
        assert!(newest(&father).await["body"].as_str().expect("a body").contains("298272 00059"));
        let all = ["En fullmakt er avsluttet", "En fullmakt er endret"];
        assert_eq!(subjects(&father).await, [all[0], all[1], "Du har gitt en fullmakt"]);
        assert_eq!(subjects(&daughter).await, [all[0], all[1], "Du har fått en fullmakt"]);
        // It is on record who sent it.
        let log = father.get(&father.own("/access-log")).await.expect(200);
        let sent: Vec<_> = log.items().iter().filter(|entry| entry["action"] == "sendMessage").collect();
        assert_eq!(sent.len(), 3);
        assert!(sent.iter().all(|entry| entry["actor"]["kind"] == "worker" && entry["ground"] == "FUL-17"));
    }

    async fn ful_17_who_has_not_joined_is_told_when_they_do(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.citizen(SKUDDAR).await);

        let _ = give(&father, SKUDDAR, &[3]).await.expect(201);
        let named = json!({"holder": {"nationalId": NILS, "name": "Nabo Nils"}, "areas": [3]});
        let named = father.post(POWERS, &named).await.expect(201);

        assert_eq!(named["holder"], json!({"name": "Nabo Nils", "nationalId": NILS}));
        assert!(newest(&father).await["body"].as_str().expect("a body").contains("Nabo Nils (fødselsnummer 218794 00195)"));
        // Nobody is kept for being named: Nils is told when he becomes known here.
        let nils = app.member(NILS).await;
        let mailbox = nils.get("/v1/me").await.expect(200).text("mailboxId").to_owned();
        let nils = nils.within(&mailbox);
        assert_eq!(subjects(&nils).await, ["Du har fått en fullmakt"]);
        assert_eq!(app.place().number("SELECT count(*) AS number FROM message WHERE received_at IS NULL"), 1);
        let _ = daughter.put("/v1/me/consent", &json!({"level": "basis"})).await.expect(200);
        assert_eq!(subjects(&daughter).await, ["Du har fått en fullmakt"]);
    }

    async fn ful_17_adr_8_a_message_does_not_name_who_has_a_protected_address(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.member(SKUDDAR).await);
        let id = give(&father, SKUDDAR, &[3]).await.expect(201).id();
        let change = json!({"protection": "strictlyConfidential", "name": "Et Nytt Navn"});
        let _ = app.change_person(SKUDDAR, &change).await;

        let _ = daughter.delete(&path_of(&id)).await.expect(204);

        let body = newest(&father).await["body"].clone();
        let is_named = ["Skuddår", "Nytt"].iter().any(|name| body.as_str().expect("a body").contains(name));
        assert!(!is_named, "{body}");
        // The inbox works at a protected address, and these messages are available there (HN-9).
        assert_eq!(subjects(&daughter).await, ["En fullmakt er avsluttet", "Du har fått en fullmakt"]);
    }

    async fn ful_7_ful_17_one_that_runs_out_while_nobody_looks_is_told_of_once(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.citizen(SKUDDAR).await);
        let now = app.now().await;
        let given = json!({"holder": {"nationalId": SKUDDAR}, "areas": [3], "validTo": day(now, 2)});
        let kept = father.post(POWERS, &given).await.expect(201).id();
        app.deliver_all().await;
        assert_eq!(subjects(&father).await.len(), 1);
        let _ = daughter.get(&father.own("")).await.expect(200);

        app.advance("P3D").await;

        let (father, daughter) = (app.citizen(ELDRID).await, app.member(SKUDDAR).await);
        assert_eq!(status(&father, &kept).await, "expired");
        let _ = daughter.get(&father.own("")).await.problem("not-found");
        assert_eq!(subjects(&father).await, ["En fullmakt er utløpt", "Du har gitt en fullmakt"]);
        assert_eq!(subjects(&daughter).await.len(), 2);
        let _ = father.put(&path_of(&kept), &json!({"areas": [3]})).await.problem("power-of-attorney-ended");

        // The job again, as after a worker that was slow; and nothing is to be ended any more.
        let before = stored(&app).await;
        let columns = "id, kind, mailbox_id, object_id, run_at, attempts";
        let (job, power) = (app.place().id(&uuid::Uuid::from_u128(7).to_string()), app.place().id(&kept));
        let time = app.place().time(now);
        app.place().execute(&format!(
            "INSERT INTO job ({columns}) SELECT {job}, 'powerExpires', giver_mailbox_id, id, {time}, 1 \
             FROM power_of_attorney WHERE id = {power}"
        ));
        app.deliver_all().await;
        let _ = father.delete(&path_of(&kept)).await.expect(204);
        assert_eq!(stored(&app).await, before);
        assert_eq!(status(&father, &kept).await, "expired");
    }

    async fn ful_17_the_end_of_one_that_was_ended_or_replaced_is_not_told_again(app: TestApp) {
        let father = app.member(ELDRID).await;
        let now = app.now().await;
        let given = json!({"holder": {"nationalId": SKUDDAR}, "areas": [3], "validTo": day(now, 2)});
        let first = father.post(POWERS, &given).await.expect(201).id();
        let second = father.put(&path_of(&first), &json!({"areas": [1], "validTo": day(now, 2)})).await.expect(201).id();
        let _ = father.delete(&path_of(&second)).await.expect(204);

        app.advance("P4D").await;

        let father = app.citizen(ELDRID).await;
        let expected = ["En fullmakt er avsluttet", "En fullmakt er endret", "Du har gitt en fullmakt"];
        assert_eq!(subjects(&father).await, expected);
        assert_eq!(app.place().number("SELECT count(*) AS number FROM job WHERE kind <> 'notifyAgain'"), 0);
    }
}

//! TK-8, CON-9: what rested on a consent goes with it for good, and what the law keeps stays.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, TestApp, files, stories};

use crate::dialogue::{HomeCare, home_care_of, inquiry};
use crate::operations::far_appointment;
use crate::persons::{ELDRID, SKUDDAR};

/// The rows that go with the consent: table, and which of its rows. `{mailbox}` is the owner's, `{hash}` that of their number.
const GOES: [(&str, &str); 11] = [
    ("appointment", "mailbox_id = {mailbox}"),
    ("appointment_name", "mailbox_id = {mailbox}"),
    ("contact_details", "mailbox_id = {mailbox}"),
    ("draft", "mailbox_id = {mailbox}"),
    ("health_contact", "mailbox_id = {mailbox}"),
    ("health_contact_name", "mailbox_id = {mailbox}"),
    ("message", "mailbox_id = {mailbox} AND received_at IS NOT NULL AND removed_at IS NULL"),
    ("notification_settings", "mailbox_id = {mailbox}"),
    ("power_of_attorney", "giver_mailbox_id = {mailbox} AND ended_at IS NULL"),
    ("relationship", "person_hash = {hash} AND closed_at IS NULL"),
    ("upload", "owner_id = {mailbox}"),
];

/// The tables with data of somebody that stay, each with what they stay for. Nothing of an owner's is taken out of them.
const STAYS: [(&str, &str); 21] = [
    ("acceptance", "evidence of what was accepted; it counts no more, see the story about terms"),
    ("attachment", "the sender's record"),
    ("audit_entry", "the log"),
    ("consent", "evidence of what was consented to"),
    ("conversation", "the service's record"),
    ("conversation_note", "the service's record"),
    ("conversation_seen", "what staff have seen of the service's record"),
    ("event", "goes by itself after 90 days, and has ids only"),
    ("follow_up", "who of a service may see its own record"),
    ("handover", "how a letter left the house"),
    ("journal_entry", "the service's record"),
    ("mailbox", "the place to which consents belong"),
    ("membership", "for whom somebody works"),
    ("message_body", "the sender's record"),
    ("notice", "which notices have been sent"),
    ("person_lookup", "who the consents are of"),
    ("recorded_access", "why staff had access"),
    ("registered_relation", "who in the register is responsible for whom"),
    ("sending", "the sender's record"),
    ("sending_step", "the sender's record"),
    ("webhook_delivery", "what an organisation has been told, by number"),
];

/// The tables with data of somebody whose rows go by themselves as soon as they have done their work.
const PASSING: [(&str, &str); 5] = [
    ("health_contact_line", "lines of a batch that is on its way"),
    ("idempotency", "keys, for 30 days"),
    ("job", "what is to be done; it finds nothing of what has gone"),
    ("practitioner_change", "a change of GP that is about to be told; it goes with the consent too"),
    ("relationship_line", "lines of a batch that is on its way"),
];

/// The columns by which a row belongs to somebody.
const OF_SOMEBODY: [&str; 10] = [
    "mailbox_id",
    "lookup_hash",
    "giver_mailbox_id",
    "owner_id",
    "person_id",
    "person_hash",
    "holder_hash",
    "subject_id",
    "scope",
    "message_id",
];

/// Everything that somebody can have here.
async fn everything(app: &TestApp) -> HomeCare {
    let care = home_care_of(app).await;
    let citizen = &care.citizen;
    let written = care.written("Besøket i morgen").await;
    let _ = care.answer(&written, "Ja").await.expect(201);
    let _ = care.nurse.post(&care.desk(&written, "/notes"), &json!({"text": "Ring"})).await.expect(201);
    let _ = app.message("Svar").file(files::pdf()).deliver().await;
    let upload = citizen.post(&citizen.own("/uploads"), &json!({"fileName": "a.pdf"})).await.expect(201).id();
    let content = citizen.own(&format!("/uploads/{upload}/content"));
    let _ =
        citizen.request(Method::PUT, &content).body("application/octet-stream", files::pdf().bytes).await.expect(200);
    let draft = json!({"subject": "Utkast", "body": "Hei", "attachments": [{"uploadId": upload}]});
    let _ = citizen.post(&citizen.own("/drafts"), &draft).await.expect(201);
    let ehr = app.ehr().await;
    let visit = app.dermatology().path("/appointments/a");
    let _ = ehr.put(&visit, &far_appointment(SKUDDAR)).await.expect(201);
    let contact = json!({"nationalId": SKUDDAR, "externalId": "a", "unitName": "Solvika", "validFrom": "2020-01-01"});
    let contacts = ehr.request(Method::PUT, &app.dermatology().path("/health-contacts"));
    let _ = contacts.body("application/x-ndjson", contact.to_string()).await.expect(200);
    let _ = citizen.patch("/v1/me/contact-details", &json!({"mobile": "91234567"})).await.expect(200);
    let _ = citizen.patch("/v1/me/notification-settings", &json!({"sms": false})).await.expect(200);
    let _ = app.give_power(citizen, ELDRID).await.expect(201);
    let access = json!({"patient": {"nationalId": SKUDDAR}, "reason": "Vikar"});
    let _ = care.nurse.post(&care.service.path("/recorded-accesses"), &access).await.expect(201);
    app.deliver_all().await;
    care
}

/// How many rows of what goes there are.
fn resting(app: &TestApp, citizen: &Actor) -> BTreeMap<&'static str, i64> {
    let mailbox = app.place().id(&citizen.mailbox);
    let hash = format!("(SELECT lookup_hash FROM mailbox WHERE id = {mailbox})");
    let count = |(table, of): (&'static str, &str)| {
        let of = of.replace("{mailbox}", &mailbox).replace("{hash}", &hash);
        (table, app.place().number(&format!("SELECT count(*) AS number FROM {table} WHERE {of}")))
    };
    GOES.into_iter().map(count).collect()
}

/// What somebody sees in all lists of their mailbox.
async fn shown(citizen: &Actor) -> Vec<Value> {
    let mut shown = vec![];
    for list in ["/messages", "/conversations", "/drafts", "/appointments", "/health-contacts"] {
        shown.push(citizen.get(&citizen.own(list)).await.expect(200)["items"].clone());
    }
    shown
}

stories! {
    async fn every_table_with_data_of_somebody_is_decided_about(app: TestApp) {
        let with_somebody: BTreeSet<String> = app
            .place()
            .columns()
            .iter()
            .filter_map(|column| column.split_once('.'))
            .filter(|(_, column)| OF_SOMEBODY.contains(column))
            .map(|(table, _)| table.to_owned())
            .collect();

        let decided = GOES.iter().chain(&STAYS).chain(&PASSING).map(|(table, _)| (*table).to_owned());

        assert_eq!(with_somebody, decided.collect());
    }

    async fn tk_8_con_9_nothing_that_rested_on_a_consent_is_back_with_a_new_one(app: TestApp) {
        let care = everything(&app).await;
        let (citizen, holder) = (&care.citizen, app.member(ELDRID).await);
        let before = resting(&app, citizen);
        assert!(before.values().all(|rows| *rows > 0), "{before:?}");
        let counts = app.place().row_counts();
        let _ = holder.get(&citizen.own("/messages")).await.expect(200);

        let _ = citizen.delete("/v1/me/consent").await.expect(204);

        assert!(resting(&app, citizen).values().all(|rows| *rows == 0), "{:?}", resting(&app, citizen));
        let after = app.place().row_counts();
        for (table, reason) in STAYS {
            assert!(after[table] >= counts[table], "{table} stays: {reason}");
        }
        // The bytes of the upload that nothing names any more are the sweep's.
        assert_eq!(after["loose_blob"], counts["loose_blob"] + 1);
        let _ = holder.get(&citizen.own("/messages")).await.problem("not-found");
        let told = holder.get(&holder.own("/messages")).await.expect(200);
        assert_eq!(told.each("subject").first(), Some(&"En fullmakt er avsluttet"));

        let citizen = app.member(SKUDDAR).await;
        app.deliver_all().await;

        assert_eq!(shown(&citizen).await, vec![json!([]); 5]);
        assert_eq!(citizen.get("/v1/me/powers-of-attorney").await.expect(200).each("status"), ["ended"]);
        assert_eq!(citizen.get("/v1/me").await.expect(200)["contactDetails"]["mobile"], Value::Null);
        assert_eq!(citizen.get("/v1/me/notification-settings").await.expect(200)["sms"], true);
        let again = citizen.post(&citizen.own("/messages"), &inquiry(&care.service, "dialogue", "Igjen")).await;
        let _ = again.problem("service-not-received");
        // What the services keep is there for them, as it was.
        let record = app.ehr().await.get(&app.dermatology().path("/messages")).await.expect(200);
        assert_eq!(record.items().len(), 1);
        let queue = care.system.get(&care.service.path("/conversations")).await.expect(200);
        assert_eq!(queue.items().len(), 1);
    }

    async fn con_15_a_relationship_is_back_when_the_exchange_tells_it_again(app: TestApp) {
        let care = home_care_of(&app).await;
        let _ = care.citizen.delete("/v1/me/consent").await.expect(204);
        let log = app.citizen(SKUDDAR).await.get(&care.citizen.own("/access-log")).await.expect(200);
        assert!(log.each("action").contains(&"endFollowUp"), "who was responsible is no more: {log:?}");
        let citizen = app.member(SKUDDAR).await;

        let row = json!({"nationalId": SKUDDAR, "responsible": {"personId": care.nurse_id}});
        let _ = crate::dialogue::tell(&care.system, &care.service, "", &[row]).await.expect(200);

        let body = inquiry(&care.service, "dialogue", "Igjen");
        let _ = citizen.post(&citizen.own("/messages"), &body).await.problem("link-pending");
        app.advance("P1D").await;
        let citizen = app.citizen(SKUDDAR).await;
        let _ = citizen.post(&citizen.own("/messages"), &body).await.expect(201);
    }

    async fn dh_5_who_has_not_accepted_what_is_in_force_reads_and_does_not_write(app: TestApp) {
        let care = home_care_of(&app).await;
        let terms = app.nobody().get("/v1/terms").await.expect(200);
        assert_eq!(terms.each("document"), ["termsOfUse", "dialogueAndArchive"]);
        assert_eq!(terms.each("version"), ["1", "1"]);
        let app = app.again(&[("BREVDUE_TERMS__DIALOGUE_VERSION", "2"), ("BREVDUE_TERMS__DIALOGUE_URL", "https://brevdue.example.no/dialog")]).await;
        // The clock begins anew: past all that was accepted before.
        app.advance("P2D").await;
        let citizen = app.citizen(SKUDDAR).await;
        let terms = app.nobody().get("/v1/terms").await.expect(200);
        let expected = json!({"document": "dialogueAndArchive", "version": "2", "url": "https://brevdue.example.no/dialog"});
        assert_eq!(terms.items()[1], expected);
        let body = inquiry(&care.service, "dialogue", "Besøket");
        let write = || citizen.post(&citizen.own("/messages"), &body);
        let missing = async || citizen.get("/v1/me").await.expect(200)["missing"].clone();

        let refused = write().await.problem("terms-not-accepted");

        assert_eq!((refused.status, refused.rule()), (403, Some("DH-5")));
        assert_eq!(missing().await, json!(["dialogueAndArchive"]));
        let _ = citizen.get(&citizen.own("/messages")).await.expect(200);
        let accept = |version: &str| citizen.put("/v1/me/acceptances/dialogueAndArchive", &json!({"version": version}));
        let old = accept("1").await.problem("invalid-request");
        assert_eq!(old.violations(), [("/version".to_owned(), "not_in_force".to_owned())]);
        assert!(old.body["errors"][0]["message"].as_str().expect("a text").contains("«2»"), "{old:?}");
        let _ = accept("2").await.expect(200);
        assert_eq!(missing().await, json!([]));
        let _ = write().await.expect(201);

        // A withdrawal asks again for everything, and what was accepted before stays on record.
        let _ = citizen.delete("/v1/me/consent").await.expect(204);
        assert_eq!(missing().await, json!(["consent", "termsOfUse", "dialogueAndArchive"]));
        app.advance("PT1S").await;
        let citizen = app.citizen(SKUDDAR).await;
        let _ = citizen.put("/v1/me/acceptances/dialogueAndArchive", &json!({"version": "2"})).await.expect(200);
        assert_eq!(citizen.get("/v1/me").await.expect(200)["missing"], json!(["consent", "termsOfUse"]));
        assert_eq!(app.place().row_counts()["acceptance"], 4);
    }
}

//! TK-3, EHR-7: what a journal answers, as JSON and as an application receipt.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Request, TestApp, stories, without_instance};

use crate::dialogue::{HomeCare, home_care_of};

const VERSIONS: [&str; 2] =
    ["http://www.kith.no/xmlstds/apprec/2004-11-21", "http://www.kith.no/xmlstds/apprec/2012-02-15"];

/// An application receipt about a document, with what stands of its status.
fn receipt(version: &str, id: &str, status: &str, document: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><AppRec xmlns=\"{version}\"><MsgType V=\"APPREC\"/>\
         <MIGversion>v1</MIGversion><GenDate>2026-11-22T12:00:00</GenDate><Id>{id}</Id>{status}\
         <OriginalMsgId><MsgType V=\"DIALOG_HELSEFAGLIG\"/><IssueDate>2026-11-22T12:00:00</IssueDate>\
         <Id>{document}</Id></OriginalMsgId></AppRec>"
    )
}

const OK: &str = "<Status V=\"1\" DN=\"OK\"/>";
const UNKNOWN_PATIENT: &str = "<Status V=\"2\" DN=\"Avvist\"/><Error S=\"2.16.578.1.12.4.1.1.8221\" V=\"E35\" \
    DN=\"Pasienten er ukjent\"/>";

impl HomeCare {
    fn receive(&self, by: &Actor, xml: String) -> Request {
        by.request(Method::POST, &self.service.path("/journal-receipts")).body("application/xml", xml)
    }

    /// A conversation, marked: its id and that of the document.
    async fn marked(&self, subject: &str) -> (String, String) {
        let id = self.written(subject).await;
        let marked = self.nurse.put(&self.desk(&id, "/journal"), &json!({"relevant": true})).await.expect(200);
        (id, marked["journal"]["documentId"].as_str().expect("an id").to_owned())
    }
}

fn rejections(app: &TestApp) -> i64 {
    app.place().number("SELECT count(*) AS number FROM event WHERE kind = 'journal.rejected'")
}

stories! {
    async fn tk_3_ehr_7_an_application_receipt_confirms_the_document_that_it_names(app: TestApp) {
        let care = home_care_of(&app).await;
        for version in VERSIONS {
            let (id, document) = care.marked("Hei").await;
            let (_, other) = care.marked("Noe annet").await;

            let shown = care.receive(&care.system, receipt(version, "EPJ-7", OK, &document)).await.expect(200);

            assert_eq!((&shown["id"], &shown["journal"]["state"]), (&json!(id), &json!("archived")));
            assert_eq!(shown["journal"]["journalReference"], "EPJ-7");
            // The journal got it twice, and answers twice.
            let again = care.receive(&care.system, receipt(version, "EPJ-8", OK, &document)).await.expect(200);
            assert_eq!(again.body, shown.body);
            let late = care.receive(&care.system, receipt(version, "EPJ-9", UNKNOWN_PATIENT, &document)).await;
            let _ = late.problem("already-archived");
            let untouched = app.place().number("SELECT count(*) AS number FROM journal_entry WHERE archived_at IS NULL");
            assert!(untouched >= 1, "{other} still waits");
        }
        assert_eq!(rejections(&app), 0);
    }

    async fn tk_3_ehr_8_what_the_journal_rejects_shows_in_the_queue_with_its_reason_and_is_told(app: TestApp) {
        let care = home_care_of(&app).await;
        let (id, document) = care.marked("Hei").await;
        let rejected = || receipt(VERSIONS[1], "EPJ-1", UNKNOWN_PATIENT, &document);

        let shown = care.receive(&care.system, rejected()).await.expect(200);

        assert_eq!(shown["journal"]["state"], "rejected");
        let faults = json!([{"code": "E35", "message": "Pasienten er ukjent"}]);
        assert_eq!((&shown["journal"]["rejection"]["faults"], rejections(&app)), (&faults, 1));
        let queue = care.nurse.get(&care.service.path("/conversations")).await.expect(200);
        assert_eq!(queue.items()[0]["journal"], shown["journal"]);
        let again = care.receive(&care.system, rejected()).await.expect(200);
        assert_eq!((&again.body, rejections(&app)), (&shown.body, 1));
        // What it has answered is not told again as late.
        app.advance("P30D").await;
        assert_eq!(app.place().number("SELECT count(*) AS number FROM event WHERE kind = 'journal.notArchived'"), 0);
        let care = HomeCare { system: app.system(app.municipality()).await, ..care };
        assert_eq!(care.system.get(&care.desk(&id, "")).await.expect(200)["journal"]["state"], "rejected");
        let sealed = app.place().number("SELECT count(*) AS number FROM journal_entry WHERE rejection IS NOT NULL");
        assert_eq!(sealed, 1);
        // The patient has been registered meanwhile.
        let taken = care.receive(&care.system, receipt(VERSIONS[1], "EPJ-2", OK, &document)).await.expect(200);
        assert_eq!((&taken["journal"]["state"], &taken["journal"]["rejection"]), (&json!("archived"), &Value::Null));
        let kept = app.place().number("SELECT count(*) AS number FROM journal_entry WHERE rejection IS NOT NULL");
        assert_eq!(kept, 0);
    }

    async fn tk_3_a_journal_rejects_in_json_too(app: TestApp) {
        let care = home_care_of(&app).await;
        let (id, document) = care.marked("Hei").await;
        let receipts = care.service.path("/journal-receipts");
        let answer = |rest: Value| {
            let mut body = json!({"conversationId": id});
            body.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
            care.system.post(&receipts, &body)
        };

        let shown = answer(json!({"rejected": {"code": "T02"}})).await.expect(200);

        assert_eq!((&shown["journal"]["state"], &shown["journal"]["documentId"]), (&json!("rejected"), &json!(document)));
        assert_eq!(shown["journal"]["rejection"]["faults"], json!([{"code": "T02", "message": null}]));
        let both = answer(json!({"rejected": {"code": "T02"}, "journalReference": "EPJ-1"})).await;
        let pair = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        assert_eq!(both.problem("invalid-request").violations(), [pair("", "exactly_one_of")]);
        assert_eq!(answer(json!({})).await.problem("invalid-request").violations(), [pair("", "exactly_one_of")]);
        let wrong = answer(json!({"rejected": {"message": "x".repeat(501), "why": 1}})).await.problem("invalid-request");
        let expected = [
            pair("/rejected/code", "required"),
            pair("/rejected/message", "too_long"),
            pair("/rejected/why", "unknown_field"),
        ];
        assert_eq!(wrong.violations(), expected);
        // It is taken back, and marked anew: a new document, about which nothing is known.
        let _ = care.nurse.put(&care.desk(&id, "/journal"), &json!({"relevant": false})).await.expect(200);
        let anew = care.nurse.put(&care.desk(&id, "/journal"), &json!({"relevant": true})).await.expect(200);
        assert_eq!((&anew["journal"]["state"], &anew["journal"]["rejection"]), (&json!("relevant"), &Value::Null));
        let late = care.receive(&care.system, receipt(VERSIONS[0], "EPJ-1", OK, &document)).await;
        let _ = late.problem("not-found");
        assert_eq!(care.system.get(&care.desk(&id, "")).await.expect(200)["journal"], anew["journal"]);
    }

    async fn tk_3_a_broken_receipt_and_one_about_what_is_anothers_store_nothing(app: TestApp) {
        let care = home_care_of(&app).await;
        let (_, document) = care.marked("Hei").await;
        let (version, unknown) = (VERSIONS[1], uuid::Uuid::from_u128(7).to_string());
        let clinic = app.ehr().await;
        let before = app.place().row_counts();

        let send = |xml: String| care.receive(&care.system, xml);
        let _ = send("<AppRec".to_owned()).await.problem("malformed-xml");
        let declared = receipt(version, "&a;", OK, &document).replace("?>", "?><!DOCTYPE a [<!ENTITY a \"b\">]>");
        let _ = send(declared).await.problem("malformed-xml");
        let three = send(receipt(version, "EPJ-1", "<Status V=\"3\"/>", "17")).await.problem("invalid-request");
        let pair = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        let expected = [pair("/AppRec/OriginalMsgId/Id", "not_a_uuid"), pair("/AppRec/Status/@V", "not_a_choice")];
        assert_eq!(three.violations(), expected);
        let bare = send(receipt(version, "EPJ-1", "<Status V=\"2\"/>", &document)).await.problem("invalid-request");
        assert_eq!(bare.violations(), [pair("/AppRec/Error", "required")]);
        let large = receipt(version, "EPJ-1", &format!("<!--{}-->{OK}", "x".repeat(70_000)), &document);
        let _ = send(large).await.problem("payload-too-large");
        let text = care.system.request(Method::POST, &care.service.path("/journal-receipts"));
        let _ = text.body("text/plain", receipt(version, "EPJ-1", OK, &document)).await.problem("unsupported-media-type");
        let nothing = send(receipt(version, "EPJ-1", OK, &unknown)).await.problem("not-found");
        // Another organisation's system: neither the service's path nor its own leads there.
        let stranger = care.receive(&clinic, receipt(version, "EPJ-1", OK, &document)).await.problem("not-found");
        let own = clinic.request(Method::POST, &app.dermatology().path("/journal-receipts"));
        let own = own.body("application/xml", receipt(version, "EPJ-1", OK, &document)).await.problem("not-found");
        for answer in [stranger, own] {
            let (status, _, body) = without_instance(&answer);
            assert_eq!((status, body), (nothing.status, without_instance(&nothing).2));
        }

        let mut after = app.place().row_counts();
        after.insert("audit_entry".to_owned(), before["audit_entry"]);
        assert_eq!(before, after);
        let waits = app.place().number("SELECT count(*) AS number FROM journal_entry WHERE archived_at IS NULL AND rejected_at IS NULL");
        assert_eq!(waits, 1);
    }
}

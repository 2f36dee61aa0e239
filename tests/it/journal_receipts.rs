//! TK-3: what a journal answers.

use serde_json::{Value, json};
use tests::{TestApp, stories};

use crate::dialogue::{HomeCare, home_care_of};

impl HomeCare {
    /// A conversation, marked: its id and that of the document.
    async fn marked(&self, subject: &str) -> (String, String) {
        let id = self.written(subject).await;
        let marked = self.nurse.put(&self.desk(&id, "/journal"), &json!({"relevant": true})).await.expect(200);
        (id, marked["journal"]["documentId"].as_str().expect("an id").to_owned())
    }
}

stories! {
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
        assert_ne!(anew["journal"]["documentId"], document);
    }
}

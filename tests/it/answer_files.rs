//! Staff answer with files.

use reqwest::Method;
use serde_json::json;
use tests::{TestApp, files, form, stories};

use crate::dialogue::home_care_of;
use crate::persons::ELDRID;

stories! {
    async fn dh_1_a_nurse_answers_with_a_file_in_the_same_request_or_ahead_of_it(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = care.written("Hei").await;
        let path = care.desk(&id, "/messages");
        let answer = |body, files| care.nurse.request(Method::POST, &path).header("if-match", "*").form(form(&body, files));

        let answered = answer(json!({"body": "Her er planen."}), vec![files::pdf().named("plan.pdf")]).await.expect(201);

        let shown = care.citizen.get(&care.citizen.own(&format!("/messages/{}", answered.id()))).await.expect(200);
        assert_eq!(shown["attachments"][0]["fileName"], "plan.pdf");
        let place = care.nurse.post(&care.service.path("/uploads"), &json!({"fileName": "mer.pdf"})).key("u").await.expect(201);
        let content = care.service.path(&format!("/uploads/{}/content", place.id()));
        let _ = care.nurse.request(Method::PUT, &content).body("application/octet-stream", files::pdf().bytes).await.expect(200);
        let body = json!({"body": "Og mer.", "attachments": [{"uploadId": place.id()}]});
        let answered = care.nurse.post(&path, &body).header("if-match", "*").await.expect(201);
        let turns = care.nurse.get(&path).await.expect(200);
        assert_eq!((turns.items()[2]["id"].as_str(), &turns.items()[2]["attachments"][0]["fileName"]), (Some(answered.id().as_str()), &json!("mer.pdf")));
        // Who put it there is on record by name.
        let by_nurse = format!("SELECT count(*) AS number FROM audit_entry WHERE action IN ('beginUpload', 'fillUpload', 'seeUpload') AND actor_person = {}", app.place().id(&care.nurse_id));
        assert!(app.place().number(&by_nurse) > 0);
        // Nothing of a stranger's file is read, and what the service takes no file of is refused like a system's.
        let stranger = app.health_worker(ELDRID, app.municipality()).await;
        let uploads = app.place().row_counts()["upload"];
        let refused = stranger.request(Method::POST, &path).header("if-match", "*").form(form(&json!({"body": "Nei"}), vec![files::pdf()]));
        let _ = refused.await.problem("not-found");
        let refused = answer(json!({"body": "Her."}), vec![files::program_named_pdf()]).await;
        let _ = refused.problem("file-type-not-accepted");
        assert_eq!(app.place().row_counts()["upload"], uploads);
    }
}

//! Background work that cannot be done: it rests, waits for an operator, and goes on.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{TestApp, stories};

use crate::dialogue::{HomeCare, home_care_of};
use crate::persons::SKUDDAR;

/// Home care whose journal is overdue with a conversation, of which the row is broken.
async fn in_trouble(app: &TestApp) -> (HomeCare, String) {
    let care = home_care_of(app).await;
    let id = care.written("Hei").await;
    let _ = care.nurse.put(&care.desk(&id, "/journal"), &json!({"relevant": true})).await.expect(200);
    let messages = app.place().texts("SELECT messages AS text FROM journal_entry").concat();
    app.place().execute("UPDATE journal_entry SET messages = 'broken'");
    app.advance("P7D").await;
    (care, messages)
}

fn told(app: &TestApp) -> i64 {
    app.place().number("SELECT count(*) AS number FROM event WHERE kind = 'journal.notArchived'")
}

stories! {
    async fn a_job_that_cannot_be_done_rests_and_is_tried_again_when_it_can(app: TestApp) {
        let (_care, messages) = in_trouble(&app).await;
        let jobs = app.operator().await.get("/v1/jobs").await.expect(200);

        let [job] = jobs.items() else { panic!("one job: {jobs}") };
        assert_eq!((&job["kind"], &job["trouble"], &job["attempts"]), (&"confirmationDue".into(), &"broken".into(), &1.into()));
        assert_eq!(job["givenUpAt"], Value::Null);
        // Not at once: whoever is in trouble is left alone for a while.
        app.advance("PT5S").await;
        assert_eq!(app.operator().await.get("/v1/jobs").await.expect(200).items()[0]["attempts"], 1);
        app.advance("PT15S").await;
        assert_eq!(app.operator().await.get("/v1/jobs").await.expect(200).items()[0]["attempts"], 2);

        app.place().execute(&format!("UPDATE journal_entry SET messages = '{messages}'"));
        app.advance("PT1M").await;

        assert_eq!(app.operator().await.get("/v1/jobs").await.expect(200).items().len(), 0);
        assert_eq!(told(&app), 1);
    }

    async fn a_job_that_is_given_up_waits_for_an_operator_who_lets_it_go_on(app: TestApp) {
        let (_care, messages) = in_trouble(&app).await;
        for _ in 0..19 {
            app.advance("PT6H").await;
        }
        let jobs = app.operator().await.get("/v1/jobs").await.expect(200);
        let job = jobs.items()[0].clone();
        assert_eq!(job["attempts"], 20);
        assert!(job["givenUpAt"].is_string(), "{job}");
        // By itself nothing happens any more.
        app.place().execute(&format!("UPDATE journal_entry SET messages = '{messages}'"));
        app.advance("P1D").await;
        assert_eq!(told(&app), 0);
        let restart = format!("/v1/jobs/{}/restart", job["id"].as_str().expect("an id"));
        let _ = app.system(app.municipality()).await.request(Method::POST, &restart).await.problem("wrong-caller");

        let _ = app.operator().await.request(Method::POST, &restart).await.expect(204);

        app.deliver_all().await;
        assert_eq!(told(&app), 1);
        assert_eq!(app.operator().await.get("/v1/jobs").await.expect(200).items().len(), 0);
        let _ = app.operator().await.request(Method::POST, &restart).await.problem("not-found");
        assert_eq!(app.place().number("SELECT count(*) AS number FROM audit_entry WHERE action = 'restartJob' AND outcome = 'granted'"), 1);
    }

    async fn one_message_that_is_broken_holds_up_no_other_on_its_way(app: TestApp) {
        app.set_time("2027-01-11T11:00:00Z").await;
        let _ = app.member(SKUDDAR).await;
        let break_down = async |faults: Value| app.nobody().put("/sandbox/faults", &faults).await.expect(200);
        let _ = break_down(json!({"contactRegister": "down"})).await;
        let broken = app.message("Det ene").send().await;
        let whole = app.message("Det andre").send().await;
        app.deliver_all().await;
        let row = format!("WHERE id = {}", app.place().id(&broken));
        app.place().execute(&format!("UPDATE message SET kind = 'broken' {row}"));
        let _ = break_down(json!({})).await;
        app.advance("PT5M").await;
        app.deliver_all().await;

        let path = app.dermatology().path(&format!("/messages/{whole}"));
        assert_eq!(app.ehr().await.get(&path).await.expect(200)["status"], "delivered");
        let jobs = app.operator().await.get("/v1/jobs").await.expect(200);
        let in_trouble: Vec<&str> = jobs.each("objectId");
        assert_eq!((in_trouble, jobs.each("trouble")), (vec![broken.as_str()], vec!["broken"]));

        // In the inbox, its notice is what cannot be sent.
        app.place().execute(&format!("UPDATE message SET kind = 'letter' {row}"));
        let restart = format!("/v1/jobs/{}/restart", jobs.items()[0]["id"].as_str().expect("an id"));
        let _ = break_down(json!({"contactRegister": "down"})).await;
        let _ = app.operator().await.request(Method::POST, &restart).await.expect(204);
        let _ = break_down(json!({})).await;
        app.advance("P1D").await;
        app.deliver_all().await;
        let outbox = app.nobody().get("/sandbox/outbox").await.expect(200);
        assert_eq!(outbox.items().len(), 4, "both by SMS and e-mail");
    }

    async fn one_notice_that_cannot_be_sent_holds_up_no_other(app: TestApp) {
        app.set_time("2027-01-11T21:00:00Z").await;
        let _ = app.member(SKUDDAR).await;
        let broken = app.message("Det ene").deliver().await;
        let _ = app.message("Det andre").deliver().await;
        app.place().execute(&format!("UPDATE message SET youth = 9 WHERE id = {}", app.place().id(&broken)));

        app.set_time("2027-01-12T08:00:00Z").await;

        let outbox = app.nobody().get("/sandbox/outbox").await.expect(200);
        assert_eq!(outbox.items().len(), 2, "of the other one");
        let jobs = app.operator().await.get("/v1/jobs").await.expect(200);
        assert_eq!((jobs.each("kind"), jobs.each("objectId")), (vec!["notify"], vec![broken.as_str()]));
    }
}

//! What the program stands on goes away, and comes back: 503, nothing half done, and service without a restart.

use serde_json::json;
use tests::{Database, Place, Proxy, TestApp, files, stories};

use crate::persons::SKUDDAR;

/// The program on a PostgreSQL that it reaches by a wire that can be cut.
async fn app_behind_a_wire() -> (TestApp, Proxy) {
    let place = Place::new(Database::Postgres);
    let url = place.url();
    let (_, rest) = url.split_once('@').expect("an address with a user");
    let (target, _) = rest.split_once('/').expect("an address with a database");
    let proxy = Proxy::start(target).await;
    let url = url.replace(target, &proxy.address().to_string());
    // So that a request is refused soon, also when the pool waits for a connection.
    let settings = [("BREVDUE_DATABASE__URL", url.as_str()), ("BREVDUE_DATABASE__ACQUIRE_TIMEOUT_MS", "500")];
    (TestApp::start_at(place, &settings, None).await, proxy)
}

#[test]
fn while_the_database_is_away_requests_are_refused_and_served_again_when_it_is_back() {
    tests::tell(Database::Postgres, |_: Database| async {
        let (app, wire) = app_behind_a_wire().await;
        let (patient, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        let first = app.message("Før").by(&ehr).deliver().await;
        let before = app.place().row_counts();

        wire.cut();

        for _ in 0..3 {
            let send = app.message("Under").by(&ehr).key("under").try_send().await.problem("unavailable");
            assert!(send.header("retry-after").is_some() && send["retryable"] == true);
            let _ = patient.get(&patient.own("/messages")).await.problem("unavailable");
            let _ = patient.get(&patient.own(&format!("/messages/{first}"))).await.problem("unavailable");
            let _ = patient.put("/v1/me/consent", &json!({"level": "full"})).await.problem("unavailable");
        }
        let _ = app.nobody().get("/health/ready").await.problem("unavailable");
        let _ = app.nobody().get("/health/live").await.expect(200);
        let mut after = app.place().row_counts();
        assert_eq!(before, after);

        wire.restore();

        let sent = served_again(&app, &ehr).await;
        let letter = patient.get(&patient.own(&format!("/messages/{sent}"))).await.expect(200);
        assert_eq!(letter["subject"], "Under");
        let _ = app.nobody().get("/health/ready").await.expect(200);
        after = app.place().row_counts();
        assert_eq!(after["message"], before["message"] + 1);
    });
}

/// Sends the refused message again. The first request after the outage may still meet a connection of before.
async fn served_again(app: &TestApp, ehr: &tests::Actor) -> String {
    for _ in 0..50 {
        let answer = app.message("Under").by(ehr).key("under").try_send().await;
        if answer.status == 201 {
            app.deliver_all().await;
            return answer.id();
        }
        let _ = answer.problem("unavailable");
    }
    panic!("no service although the database is back");
}

stories! {
    async fn while_the_store_of_files_is_away_messages_with_files_are_refused_whole(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let earlier = app.message("Før").file(files::pdf()).deliver().await;
        let letter = patient.get(&patient.own(&format!("/messages/{earlier}"))).await.expect(200);
        let file = letter["attachments"][0]["id"].as_str().expect("a file").to_owned();
        let path = patient.own(&format!("/messages/{earlier}/attachments/{file}"));
        let count = |table: &str| app.place().row_counts()[table];
        let before = (count("message"), count("attachment"), count("job"), count("idempotency"));
        let (blobs, aside) = (app.place().blobs(), app.place().folder().join("aside"));

        std::fs::rename(&blobs, &aside).expect("the folder can be moved");

        let refused = app.message("Under").key("under").file(files::pdf()).try_send().await.problem("unavailable");
        assert!(refused.header("retry-after").is_some());
        let _ = patient.get(&path).await.problem("unavailable");
        let _ = app.nobody().get("/health/ready").await.problem("unavailable");
        assert_eq!((count("message"), count("attachment"), count("job"), count("idempotency")), before);
        // What needs no file goes on.
        assert_eq!(app.message("Uten fil").try_send().await.status, 201);

        if blobs.exists() {
            std::fs::remove_dir_all(&blobs).expect("what came meanwhile can go");
        }
        std::fs::rename(&aside, &blobs).expect("the folder can be moved back");

        assert_eq!(app.message("Under").key("under").file(files::pdf()).try_send().await.status, 201);
        assert_eq!(patient.get(&path).await.expect(200).bytes, files::pdf().bytes);
        let _ = app.nobody().get("/health/ready").await.expect(200);
    }

    async fn a_row_that_was_tampered_with_is_never_shown(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let (one, other) =
            (app.message("Svar").body("En").deliver().await, app.message("Svar").body("To").deliver().await);

        app.place().execute(
            "UPDATE message_body SET body = (SELECT body FROM message_body AS twin ORDER BY message_id LIMIT 1)",
        );

        let answers = [
            patient.get(&patient.own(&format!("/messages/{one}"))).await,
            patient.get(&patient.own(&format!("/messages/{other}"))).await,
        ];
        let refused: Vec<_> = answers.iter().filter(|answer| answer.slug() == Some("internal-error")).collect();
        assert_eq!(refused.len(), 1, "a sealed text opens in its own place only");
        refused[0].check_problem();
    }
}

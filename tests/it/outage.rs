//! What the program stands on goes away, and comes back: 503, nothing half done, and service without a restart.

use std::time::Duration;

use futures_util::future::{LocalBoxFuture, join_all};
use serde_json::json;
use tests::{Answer, Database, Place, Proxy, TestApp, files, stories};

use crate::persons::SKUDDAR;

/// The program on a PostgreSQL that it reaches by a wire that can be cut.
pub(crate) async fn app_behind_a_wire(more: &[(&str, &str)]) -> (TestApp, Proxy) {
    let place = Place::new(Database::Postgres);
    let url = place.url();
    let (_, rest) = url.split_once('@').expect("an address with a user");
    let (target, _) = rest.split_once('/').expect("an address with a database");
    let proxy = Proxy::start(target).await;
    let url = url.replace(target, &proxy.address().to_string());
    // So that a request is refused soon, also when the pool waits for a connection.
    let settings = [("BREVDUE_DATABASE__URL", url.as_str()), ("BREVDUE_DATABASE__ACQUIRE_TIMEOUT_MS", "500")];
    (TestApp::start_at(place, &[&settings, more].concat(), None).await, proxy)
}

#[test]
fn while_the_database_is_away_requests_are_refused_and_served_again_when_it_is_back() {
    tests::tell(Database::Postgres, |_: Database| async {
        let (app, wire) = app_behind_a_wire(&[]).await;
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
        becomes_ready(&app, false).await;
        let _ = app.nobody().get("/health/live").await.expect(200);
        let mut after = app.place().row_counts();
        assert_eq!(before, after);

        wire.restore();

        let sent = served(|| app.message("Under").by(&ehr).key("under").try_send()).await.id();
        app.deliver_all().await;
        let letter = patient.get(&patient.own(&format!("/messages/{sent}"))).await.expect(200);
        assert_eq!(letter["subject"], "Under");
        becomes_ready(&app, true).await;
        after = app.place().row_counts();
        assert_eq!(after["message"], before["message"] + 1);
    });
}

/// Returns when the program says that it is ready, or that it is not. An answer holds for a second, so that the next one may
/// be the last one's.
pub(crate) async fn becomes_ready(app: &TestApp, is_ready: bool) {
    for _ in 0..500 {
        let answer = app.nobody().get("/health/ready").await;
        if (answer.status == 200) == is_ready {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the program does not become ready: {is_ready}");
}

/// Sends a message until it is taken. The first requests after an outage may still meet a connection of before.
pub(crate) async fn served<F: Future<Output = Answer>>(send: impl Fn() -> F) -> Answer {
    for _ in 0..50 {
        let answer = send().await;
        if answer.status == 201 {
            return answer;
        }
        let _ = answer.problem("unavailable");
    }
    panic!("no service although the database is back");
}

#[test]
fn a_network_that_swallows_everything_keeps_nobody_waiting_and_nothing_is_done_afterwards() {
    tests::tell(Database::Postgres, |_: Database| async {
        let (app, wire) = app_behind_a_wire(&[("BREVDUE_DATABASE__ANSWER_TIMEOUT_MS", "1000")]).await;
        let (patient, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        let before = app.place().row_counts();

        wire.swallow();

        let mut requests: Vec<LocalBoxFuture<'_, Answer>> =
            vec![Box::pin(app.nobody().get("/health/ready").into_future())];
        for _ in 0..10 {
            requests.push(Box::pin(app.message("Under").by(&ehr).try_send()));
            requests.push(Box::pin(patient.get(&patient.own("/messages")).into_future()));
            requests.push(Box::pin(patient.put("/v1/me/consent", &json!({"level": "full"})).into_future()));
        }
        // Far more than the timeout, and less than any network takes to notice by itself: what is shown is an end.
        let answers = tokio::time::timeout(Duration::from_secs(60), join_all(requests)).await;
        for answer in answers.expect("everybody is answered") {
            let _ = answer.problem("unavailable");
        }

        wire.restore();

        let _ = served(|| app.message("Etter").by(&ehr).key("etter").try_send()).await;
        let _ = patient.get(&patient.own("/messages")).await.expect(200);
        let after = app.place().row_counts();
        assert_eq!(
            after["message"],
            before["message"] + 1,
            "of those who heard that nothing was done, nothing is done"
        );
        assert_eq!(after["consent"], before["consent"]);
    });
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
        becomes_ready(&app, false).await;
        assert_eq!((count("message"), count("attachment"), count("job"), count("idempotency")), before);
        // What needs no file goes on.
        assert_eq!(app.message("Uten fil").try_send().await.status, 201);

        if blobs.exists() {
            std::fs::remove_dir_all(&blobs).expect("what came meanwhile can go");
        }
        std::fs::rename(&aside, &blobs).expect("the folder can be moved back");

        assert_eq!(app.message("Under").key("under").file(files::pdf()).try_send().await.status, 201);
        assert_eq!(patient.get(&path).await.expect(200).bytes, files::pdf().bytes);
        becomes_ready(&app, true).await;
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

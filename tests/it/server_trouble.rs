//! A PostgreSQL in trouble: stopped, paused, read-only, with no connection left, or speaking another language. Each story has a
//! server of its own.

use std::time::Duration;

use diesel::Connection as _;
use diesel::pg::PgConnection;
use serde_json::json;
use tests::{Actor, Answer, Database, Place, PostgresServer, TestApp};

use crate::outage::becomes_ready;
use crate::persons::SKUDDAR;

/// How soon a request is given up, so that no story waits long.
const SOON: [(&str, &str); 2] =
    [("BREVDUE_DATABASE__ACQUIRE_TIMEOUT_MS", "1000"), ("BREVDUE_DATABASE__ANSWER_TIMEOUT_MS", "2000")];

struct Story {
    app: TestApp,
    patient: Actor,
    ehr: Actor,
}

impl Story {
    async fn on(server: &PostgresServer, settings: &[(&str, &str)]) -> Self {
        let app = TestApp::start_at(Place::on(server), settings, None).await;
        let (patient, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        Self { app, patient, ehr }
    }

    async fn send(&self, key: &str) -> Answer {
        self.app.message("Brev").by(&self.ehr).key(key).try_send().await
    }

    /// What is answered while no request can be served: the same for a send, a read and a change, and not ready.
    async fn refuses(&self) {
        let _ = self.send("under").await.problem("unavailable");
        let _ = self.patient.get(&self.patient.own("/messages")).await.problem("unavailable");
        let _ = self.patient.put("/v1/me/consent", &json!({"level": "full"})).await.problem("unavailable");
        becomes_ready(&self.app, false).await;
        let _ = self.app.nobody().get("/health/live").await.expect(200);
    }

    /// What was refused is done once when all is well again.
    async fn serves_again(&self) {
        let sent = crate::outage::served(|| self.send("under")).await.id();
        self.app.deliver_all().await;
        let _ = self.patient.get(&self.patient.own(&format!("/messages/{sent}"))).await.expect(200);
        assert_eq!(self.app.place().number("SELECT count(*) AS number FROM message"), 1);
        becomes_ready(&self.app, true).await;
    }
}

/// A story with a server of its own.
fn with_server<F: Future<Output = ()>>(settings: &str, story: impl FnOnce(PostgresServer) -> F) {
    let server = PostgresServer::start(settings);
    tests::tell(Database::Postgres, |_: Database| story(server));
}

#[test]
fn a_server_that_is_stopped_and_started() {
    with_server("", |server| async move {
        let story = Story::on(&server, &SOON).await;

        server.stop();
        story.refuses().await;

        server.start_again();
        story.serves_again().await;
    });
}

#[test]
fn a_server_that_is_paused_keeps_nobody_waiting() {
    with_server("", |server| async move {
        let story = Story::on(&server, &SOON).await;

        server.pause();
        story.refuses().await;

        server.go_on();
        story.serves_again().await;
    });
}

#[test]
fn a_server_that_takes_no_writes_is_not_ready() {
    with_server("", |server| async move {
        let story = Story::on(&server, &[]).await;

        story.app.place().execute("ALTER DATABASE postgres SET default_transaction_read_only = on");
        story.app.place().execute(END_OTHERS);
        story.refuses().await;

        // Whoever has it in the settings of the database has to say first that this is no reader.
        story
            .app
            .place()
            .execute("SET transaction_read_only = off; ALTER DATABASE postgres RESET default_transaction_read_only");
        story.app.place().execute(END_OTHERS);
        story.serves_again().await;
    });
}

/// Sessions keep the settings that they began with.
const END_OTHERS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[test]
fn while_others_have_every_connection_requests_are_served_and_the_program_is_ready() {
    with_server("max_connections = 20\nsuperuser_reserved_connections = 0", |server| async move {
        let story = Story::on(&server, &[]).await;
        let sends = (0..8).map(|number| story.app.message("Brev").by(&story.ehr).key(&format!("k{number}")).try_send());
        for answer in futures_util::future::join_all(sends).await {
            let _ = answer.expect(201);
        }

        let mut others: Vec<PgConnection> =
            std::iter::from_fn(|| PgConnection::establish(&server.url()).ok()).collect();
        assert!(!others.is_empty());

        let mut own = others.pop().expect("there were some left");
        let mut probe = || tests::texts_of(&mut own, "SELECT id::text AS text FROM story.readiness_probe");
        for _ in 0..3 {
            // Until it has been asked anew.
            let before = probe();
            for _ in 0..500 {
                let _ = story.app.nobody().get("/health/ready").await.expect(200);
                if probe() != before {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert_ne!(probe(), before, "nobody has asked");
        }
        let _ = story.send("under").await.expect(201);
        let _ = story.patient.get(&story.patient.own("/messages")).await.expect(200);
        drop(others);
    });
}

#[test]
fn a_server_that_is_killed_at_a_commit_leaves_nobody_with_a_wrong_answer() {
    with_server("", |server| async move {
        let story = Story::on(&server, &SOON).await;
        // The lock that a commit waits for lets the server be killed while the letter is on its way.
        let lock = story.app.place().transaction("LOCK TABLE idempotency IN EXCLUSIVE MODE");

        let send = tokio::spawn({
            let message = story.app.message("Brev").by(&story.ehr).key("under");
            message.try_send()
        });
        while story.app.place().number(WAITING) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server.stop();
        let answer = send.await.expect("an answer");
        assert_eq!((answer.status, answer["retryable"] == true), (503, true), "{answer}");
        assert_eq!(answer.slug(), Some("outcome-unknown"), "there is nobody to ask");

        drop(lock);
        server.start_again();
        story.serves_again().await;
    });
}

/// Letters that wait for a lock.
const WAITING: &str = "SELECT count(*) AS number FROM pg_stat_activity \
     WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO sending%'";

#[test]
fn a_server_that_speaks_another_language_is_understood_or_refused() {
    let server = PostgresServer::start_speaking("sv_SE");
    tests::tell(Database::Postgres, |_: Database| async move {
        // As a superuser, whose sessions may choose their language.
        let story = Story::on(&server, &[]).await;
        let lock = story.app.place().transaction("LOCK TABLE message IN ACCESS EXCLUSIVE MODE");
        // Until the lock timeout, whose message is all that tells it.
        let refused = story.patient.get(&story.patient.own("/messages")).await.problem("unavailable");
        assert!(refused.header("retry-after").is_some());
        drop(lock);

        // As anybody else: the program says what is to be done, and does not start.
        story.app.place().execute("CREATE ROLE guest LOGIN; GRANT ALL ON SCHEMA story TO guest");
        let guest = server.url().replace("brevdue@", "guest@");
        let refused = persistence::migrate(&persistence::DatabaseUrl::Postgres(guest)).expect_err("another language");
        let told = std::iter::successors(Some(&refused as &dyn std::error::Error), |error| error.source());
        let told: Vec<String> = told.map(ToString::to_string).collect();
        assert!(
            told.iter().any(|line| line.contains("lc_messages = sv_SE.UTF-8") && line.contains("ALTER DATABASE")),
            "{told:?}"
        );
    });
}

//! BX-1: a database that is lost at the very commit. Nobody hears that nothing was done when it was, or when it may have been.

use serde_json::json;
use tests::{Database, Moment, Proxy, ServerProcess, TestApp, files};

use crate::outage::app_behind_a_wire;
use crate::persons::SKUDDAR;

/// The statement that accepts letters.
const ACCEPTS: &str = "INSERT INTO sending";
const CONSENTS: &str = r#"INSERT INTO "consent""#;

fn messages(app: &TestApp) -> i64 {
    app.place().number("SELECT count(*) AS number FROM message")
}

/// A story of the program on a PostgreSQL behind a wire. SQLite is in the same process and is lost with it alone.
fn behind_a_wire<F: Future<Output = ()>>(story: impl FnOnce(TestApp, Proxy) -> F) {
    tests::tell(Database::Postgres, |_: Database| async {
        let (app, wire) = app_behind_a_wire(&[]).await;
        let _ = app.member(SKUDDAR).await;
        story(app, wire).await;
    });
}

#[test]
fn bx_1_what_was_committed_before_the_connection_was_lost_is_answered_as_done() {
    behind_a_wire(|app, wire| async move {
        for (number, with_files) in [(1, false), (2, true)] {
            let key = format!("k{number}");
            let send = || {
                let message = app.message("Svar").reference(&key).key(&key);
                if with_files { message.file(files::pdf()) } else { message }
            };
            wire.set_trap(ACCEPTS, Moment::After);

            let first = send().try_send().await.expect(201);
            let again = send().try_send().await.expect(201);

            assert_eq!(
                (first.header("idempotent-replayed"), again.header("idempotent-replayed")),
                (None, Some("true"))
            );
            assert_eq!(first.bytes, again.bytes);
            assert_eq!(messages(&app), number);
        }
    });
}

#[test]
fn bx_1_what_was_not_committed_before_the_connection_was_lost_is_answered_as_not_done() {
    behind_a_wire(|app, wire| async move {
        let before = app.place().row_counts();
        for moment in [Moment::Before, Moment::Late] {
            wire.set_trap(ACCEPTS, moment);

            let _ = app.message("Svar").key("k").try_send().await.problem("unavailable");

            if moment == Moment::Late {
                // What lay in the network comes to the server after all, which must not take it any more.
                wire.release_late().await;
            }
            assert_eq!(app.place().row_counts(), before, "{moment:?}");
        }
        assert_eq!(app.message("Svar").key("k").try_send().await.status, 201);
    });
}

#[test]
fn bx_1_where_nobody_can_be_asked_the_outcome_is_unknown_and_the_same_key_tells_it() {
    behind_a_wire(|app, wire| async move {
        let ehr = app.ehr().await;
        for (moment, was_done) in [(Moment::After, true), (Moment::Before, false)] {
            let key = format!("{moment:?}");
            let send = || app.message("Svar").by(&ehr).reference(&key).key(&key).try_send();
            wire.set_trap_and_cut(ACCEPTS, moment);

            let unknown = send().await.problem("outcome-unknown");

            assert!(unknown.header("retry-after").is_some() && unknown["retryable"] == true, "{unknown}");
            wire.restore();
            let found = crate::outage::served(send).await;
            assert_eq!(found.header("idempotent-replayed"), was_done.then_some("true"));
        }
        assert_eq!(messages(&app), 2);
    });
}

#[test]
fn bx_1_other_operations_are_in_doubt_too_with_a_key_and_without() {
    behind_a_wire(|app, wire| async move {
        let (patient, operator) = (app.member(SKUDDAR).await, app.operator().await);
        let consent = || patient.put("/v1/me/consent", &json!({"level": "full"}));
        let rows = || app.place().number("SELECT count(*) AS number FROM consent");
        let before = rows();

        for (moment, made) in [(Moment::Before, 0), (Moment::After, 1)] {
            wire.set_trap(CONSENTS, moment);
            let unknown = consent().await.problem("outcome-unknown");
            assert!(unknown.header("retry-after").is_some(), "{unknown}");
            assert_eq!(rows() - before, made, "{moment:?}");
        }

        let new = json!({"organisationNumber": "974760673", "name": "Ny klinikk"});
        let register = || operator.post("/v1/organisations", &new).key("k");
        wire.set_trap(r#"INSERT INTO "organisation""#, Moment::After);
        let _ = register().await.problem("outcome-unknown");
        assert_eq!(register().await.expect(201).header("idempotent-replayed"), Some("true"));
    });
}

#[test]
fn bx_1_a_twin_that_commits_between_two_questions_is_the_same_request() {
    tests::tell(Database::Postgres, |_: Database| async {
        let (app, wire) = app_behind_a_wire(&[]).await;
        let _ = app.member(SKUDDAR).await;
        let ehr = app.ehr().await;
        let twin = ServerProcess::start(app.place());
        let (token, _) = twin.clinic().await;
        // Whichever of them comes second: the twin is there for it, and was not for the first.
        for (number, question) in [(1, r#"FROM "sending""#), (2, r#"FROM "idempotency""#)] {
            let key = format!("k{number}");
            let message = || app.message("Svar").by(&ehr).reference(&key).key(&key);
            wire.set_trap(question, Moment::Held);

            let here = tokio::spawn(message().try_send());
            wire.sprung().await;
            let there = twin
                .client()
                .post(twin.url(&app.dermatology().path("/messages")))
                .bearer_auth(&token)
                .header("Idempotency-Key", &key)
                .json(&message().to_json())
                .send()
                .await
                .expect("an answer");
            assert_eq!(there.status(), 201);
            wire.release();

            let here = here.await.expect("an answer").expect(201);
            assert_eq!(here.header("idempotent-replayed"), Some("true"), "{question}");
            assert_eq!(messages(&app), number);
        }
    });
}

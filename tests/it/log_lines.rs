//! Lines of the log find a request again and tell of nobody: at the finest level, with everything around it failing.

use reqwest::header::{REFERER, USER_AGENT};
use serde_json::json;
use tests::{Database, Place, ServerProcess, stories};
use uuid::Uuid;

use crate::persons::SKUDDAR;

const ADDRESS: &str = "203.0.113.77";

async fn put(server: &ServerProcess, path: &str, body: serde_json::Value) {
    let answer = server.client().put(server.url(path)).json(&body).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
}

stories! {
    async fn no_line_has_a_query_an_address_or_a_search_word_at_any_level(database: Database) {
        let place = Place::new(database);
        let server = ServerProcess::start_with(&place, &[("BREVDUE_LOG__FILTER", "trace")]);
        let secret = |what: &str| format!("{what}{}", Uuid::new_v4().simple());
        let (word, agent, referer, reference) =
            (secret("rusklinikk"), secret("agent"), secret("referer"), secret("ref"));
        let patient = server.token(json!({"kind": "citizen", "nationalId": SKUDDAR})).await;
        let me = server.get("/v1/me", Some(&patient)).await;
        let mailbox = me["mailboxId"].as_str().expect("a mailbox");
        // What is known of everybody is two hours old, and every system that could be asked is away.
        let down = ["populationRegister", "contactRegister", "sms", "email", "print", "digitalMailbox"];
        let down: serde_json::Map<_, _> = down.into_iter().map(|system| (system.to_owned(), json!("down"))).collect();
        put(&server, "/sandbox/faults", json!(down)).await;
        put(&server, "/sandbox/clock", json!({"advance": "PT2H"})).await;
        let patient = server.token(json!({"kind": "citizen", "nationalId": SKUDDAR})).await;
        let (ehr, service) = server.clinic().await;

        let paths = [
            format!("/v1/mailboxes/{mailbox}/recipients?q={word}"),
            format!("/v1/mailboxes/{mailbox}/messages?kind={word}&after={word}"),
            format!("/v1/services/{service}/messages?senderReference={reference}"),
            format!("/v1/services/{service}/messages/{word}?q={word}"),
            format!("/v1/events?after={word}"),
            format!("/{word}?{word}={word}"),
        ];
        for path in &paths {
            for token in [&patient, &ehr] {
                let request = server.client().get(server.url(path)).bearer_auth(token);
                let request = request.header(USER_AGENT, &agent).header(REFERER, &referer);
                let request = request.header("X-Forwarded-For", ADDRESS).header("Forwarded", format!("for={ADDRESS}"));
                let _ = request.send().await.expect("an answer");
            }
        }
        server.kill();

        let log = std::fs::read_to_string(place.folder().join("server.log")).expect("the log");
        assert!(log.contains("/v1/mailboxes/{mailboxId}/recipients"), "no line names the route, so nothing was shown");
        for secret in [&word, &agent, &referer, &reference, &ADDRESS.to_owned(), &SKUDDAR.to_owned(), &patient, &ehr] {
            let line = log.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(line, None, "{secret} is in the log");
        }
    }
}

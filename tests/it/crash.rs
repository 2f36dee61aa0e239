//! BX-1: what was answered with `201` is there once, whatever happens to the server.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Database, Place, ServerProcess, files, form, is_heavy, stories};
use tokio::task::JoinSet;

use crate::restore::files_below;

/// How often the server is killed on each database, and how often with `BREVDUE_TEST_HEAVY=1`.
const KILLS: usize = 15;
const HEAVY_KILLS: usize = 100;
/// How many senders send at once.
const SENDERS: usize = 8;
const RECIPIENT: &str = "29827200059";
const FILE_BYTES: usize = 600_000;

/// What is known of each key that was sent with: the message, where an answer came.
type Outcomes = HashMap<String, Option<String>>;

stories! {
    async fn bx_1_killing_the_server_under_load_loses_and_doubles_nothing(database: Database) {
        killed_under_load(&Place::new(database)).await;
    }
}

async fn killed_under_load(place: &Place) {
    let kills = if is_heavy() { HEAVY_KILLS } else { KILLS };
    let mut outcomes = Outcomes::new();

    consent(place).await;
    for round in 0..kills {
        // Some rounds die early, in the middle of the first batches, others later.
        let answers_before_death = 5 + round * 7 % 60;
        outcomes.extend(round_until_killed(place, round, answers_before_death).await);
        let lost = "SELECT count(*) AS number FROM message WHERE received_at IS NULL \
                    AND NOT EXISTS (SELECT 1 FROM job WHERE job.object_id = message.id)";
        assert_eq!(place.number(lost), 0, "messages that are neither delivered nor have a job");
    }
    let unanswered = outcomes.values().filter(|message| message.is_none()).count();
    assert!(unanswered > 0, "no request was cut off, so nothing was shown");
    let resolved = resolve(place, outcomes).await;

    let distinct: HashSet<&String> = resolved.values().collect();
    assert_eq!(distinct.len(), resolved.len(), "two keys made the same message");
    assert_each_is_whole(place, resolved.len());
    nothing_is_left_over(place).await;
}

/// When everything has been swept that came to nothing, there are the bytes that messages name, and nothing else.
async fn nothing_is_left_over(place: &Place) {
    let server = ServerProcess::start(place);
    // Uploads expire; their bytes go to the trash; it is emptied.
    for duration in ["P2D", "P3D", "P8D"] {
        let clock = server.client().put(server.url("/sandbox/clock")).json(&json!({"advance": duration}));
        assert_eq!(clock.send().await.expect("an answer").status(), StatusCode::OK);
    }
    let named = place.number("SELECT count(DISTINCT blob_id) AS number FROM attachment");
    let files = files_below(&place.blobs());
    let blobs = files.iter().filter(|file| file.contains('/')).count();
    assert_eq!(i64::try_from(blobs).expect("a small number"), named, "{files:?}");
    let verified = place.brevdue(&["verify", "--all"]);
    assert_eq!(verified.status, Some(0), "{verified:?}");
}

/// The recipient opens the inbox, so that every message is to be delivered.
async fn consent(place: &Place) {
    let server = ServerProcess::start(place);
    let token = server.token(json!({"kind": "citizen", "nationalId": RECIPIENT})).await;
    let request = server.client().put(server.url("/v1/me/consent")).bearer_auth(token).json(&json!({"level": "basis"}));
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
}

/// Sends from several sides at once, and kills the server when so many answers have come.
async fn round_until_killed(place: &Place, round: usize, answers_before_death: usize) -> Outcomes {
    let server = ServerProcess::start(place);
    let (token, service) = server.clinic().await;
    let url = server.url(&format!("/v1/services/{service}/messages"));
    let answered = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (client, url, token, answered) = (server.client(), url.clone(), token.clone(), Arc::clone(&answered));
        senders.spawn(async move {
            let mut outcomes = Outcomes::new();
            for number in 0.. {
                let key = format!("{round}-{sender}-{number}");
                let message = send(&client, &url, &token, &key).await;
                let went_on = message.is_some();
                outcomes.insert(key, message);
                if !went_on {
                    break;
                }
                answered.fetch_add(1, Ordering::SeqCst);
            }
            outcomes
        });
    }
    while answered.load(Ordering::SeqCst) < answers_before_death {
        tokio::task::yield_now().await;
    }
    server.kill();
    senders.join_all().await.into_iter().flatten().collect()
}

/// The id of the accepted message; none where the server died first.
async fn send(client: &reqwest::Client, url: &str, token: &str, key: &str) -> Option<String> {
    let message = json!({
        "recipient": {"nationalId": RECIPIENT}, "kind": "letter", "subject": "Brev", "body": key,
        "senderReference": key,
    });
    let request = client.post(url).bearer_auth(token).header("Idempotency-Key", key);
    // Every other sender sends files, larger than what is written in one go.
    let has_file = key
        .split('-')
        .nth(1)
        .and_then(|sender| sender.parse().ok())
        .is_some_and(|sender: u32| sender.is_multiple_of(2));
    let request = if has_file {
        request.multipart(form(&message, vec![files::pdf_of(FILE_BYTES)]))
    } else {
        request.json(&message)
    };
    let answer = request.send().await.ok()?;
    let status = answer.status();
    let body: Value = answer.json().await.ok()?;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    Some(body["id"].as_str().expect("an id").to_owned())
}

/// Sends every request again. Those that were answered answer the same; those that were cut off are found or made.
async fn resolve(place: &Place, outcomes: Outcomes) -> HashMap<String, String> {
    let server = ServerProcess::start(place);
    let (token, service) = server.clinic().await;
    let url = server.url(&format!("/v1/services/{service}/messages"));
    let mut resolved = HashMap::new();
    for (key, before) in outcomes {
        let now = send(&server.client(), &url, &token, &key).await.expect("the server lives");
        if let Some(before) = before {
            assert_eq!(now, before, "key {key} was accepted, and answers with another message");
        }
        resolved.insert(key, now);
    }
    // Everything that is due is done, so that each message is delivered or still has its job.
    let clock = json!({"advance": "PT1M"});
    let moved = server.client().put(server.url("/sandbox/clock")).json(&clock).send().await.expect("an answer");
    assert_eq!(moved.status(), StatusCode::OK);
    resolved
}

/// Each message is there once, with every row that belongs to it, and nothing else is.
fn assert_each_is_whole(place: &Place, expected: usize) {
    let count = |sql: &str| place.number(sql);
    let expected = i64::try_from(expected).expect("a small number");
    assert_eq!(count("SELECT count(*) AS number FROM message"), expected, "messages");
    assert_eq!(count("SELECT count(*) AS number FROM sending"), expected, "sender's sides");
    assert_eq!(count("SELECT count(DISTINCT sender_reference) AS number FROM sending"), expected, "references");
    assert_eq!(count("SELECT count(*) AS number FROM message_body"), expected, "bodies");
    let without = |what: &str, missing: &str| {
        let sql = format!("SELECT count(*) AS number FROM message WHERE NOT EXISTS ({missing})");
        assert_eq!(count(&sql), 0, "messages without {what}");
    };
    without("an audit entry", "SELECT 1 FROM audit_entry WHERE object_id = message.id AND action = 'sendMessage'");
    without("an event", "SELECT 1 FROM event WHERE message_id = message.id AND kind = 'message.accepted'");
    without("an idempotency record", "SELECT 1 FROM idempotency WHERE object_id = message.id");
    assert_eq!(count("SELECT count(*) AS number FROM message WHERE received_at IS NULL"), 0, "not delivered");
    assert_eq!(count("SELECT count(*) AS number FROM event WHERE kind = 'message.delivered'"), expected, "deliveries");
    assert_eq!(
        count("SELECT count(*) AS number FROM audit_entry WHERE action = 'sendMessage' AND outcome = 'granted'"),
        expected,
        "audit entries"
    );
    assert_eq!(count("SELECT count(*) AS number FROM event WHERE kind = 'message.accepted'"), expected, "events");
}

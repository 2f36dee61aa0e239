//! BX-8: the feed is sent to receivers, signed, in order, and whatever they do.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::{Actor, Answer, Behaviour, Database, Delivered, Place, Receiver, ServerProcess, TestApp, stories};

use crate::events::whole_feed;
use crate::persons::{ELDRID, SKUDDAR};

const WEBHOOKS: &str = "/v1/webhooks";

async fn webhook(ehr: &Actor, url: &str) -> String {
    ehr.post(WEBHOOKS, &json!({"url": url})).await.expect(201).id()
}

async fn show(ehr: &Actor, id: &str) -> Answer {
    ehr.get(&format!("{WEBHOOKS}/{id}")).await.expect(200)
}

async fn change(ehr: &Actor, id: &str, change: Value) -> Answer {
    ehr.patch(&format!("{WEBHOOKS}/{id}"), &change).header("if-match", "*").await.expect(200)
}

async fn kept(ehr: &Actor, id: &str, state: &str) -> Vec<Value> {
    let list = ehr.get(&format!("{WEBHOOKS}/{id}/deliveries?state={state}")).await.expect(200);
    list.items().to_vec()
}

/// The keys of a webhook as its receiver has them in its settings.
fn keys(webhook: &Answer) -> Vec<Vec<u8>> {
    let key = |key: &Value| {
        let text = key["publicKey"].as_str().and_then(|text| text.strip_prefix("whpk_")).expect("a public key");
        STANDARD.decode(text).expect("base64")
    };
    webhook["keys"].as_array().expect("keys").iter().map(key).collect()
}

/// As a receiver checks it: whether one of the signatures is of this key.
fn is_signed_by(delivered: &Delivered, key: &[u8]) -> bool {
    let header = |name: &str| delivered.headers[name].as_str();
    let message = [header("webhook-id"), ".", header("webhook-timestamp"), "."].concat();
    let message = [message.as_bytes(), &delivered.body].concat();
    header("webhook-signature").split(' ').any(|signature| {
        let signature = signature.strip_prefix("v1a,").expect("the version");
        let signature = STANDARD.decode(signature).expect("base64");
        UnparsedPublicKey::new(&ED25519, key).verify(&message, &signature).is_ok()
    })
}

/// Two patients, whose letters are of two mailboxes.
async fn patients(app: &TestApp) -> [Actor; 2] {
    [app.member(SKUDDAR).await, app.member(ELDRID).await]
}

/// Nobody is told of it: whether and when somebody is depends on the time of day, and would be an event more.
async fn letter(app: &TestApp, to: &str) {
    let _ = app.nobody().put("/sandbox/faults", &json!({"contactRegister": "down"})).await.expect(200);
    let _ = app.message("Svar").kind("service").to(to).send().await;
}

/// The numbers of each mailbox's events as they were taken, each once.
fn taken_in_order(events: &[Delivered], took: impl Fn(&Delivered) -> bool) -> BTreeMap<String, Vec<i64>> {
    let mut mailboxes: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for event in events.iter().filter(|event| took(event)) {
        mailboxes.entry(event.mailbox().to_owned()).or_default().push(event.number());
    }
    mailboxes
}

async fn app_in_haste(database: Database) -> TestApp {
    TestApp::start_with(database, &[("BREVDUE_WEBHOOKS__TIMEOUT_SECONDS", "1")]).await
}

stories! {
    async fn bx_8_a_receiver_gets_what_the_feed_shows_signed_and_once(app: TestApp) {
        let ehr = app.ehr().await;
        let [patient, _] = patients(&app).await;
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;
        let before = whole_feed(&ehr).await.len();
        let receiver = Receiver::start().await;
        let id = webhook(&ehr, &receiver.url()).await;
        let sent = app.message("Svar").kind("service").deliver().await;
        let _ = patient.get(&patient.own(&format!("/messages/{sent}"))).await.expect(200);
        app.deliver_all().await;

        let (shown, feed) = (show(&ehr, &id).await, whole_feed(&ehr).await);
        assert_eq!(shown["state"], "active");
        let (received, key) = (receiver.received(), keys(&shown).remove(0));
        assert_eq!(received[0].kind(), "webhook.challenge", "it is asked before it gets anything");
        assert!(received.iter().all(|delivered| is_signed_by(delivered, &key)));
        let events: Vec<Value> = receiver.events().into_iter().map(|event| event.json).collect();
        assert_eq!(events, feed[before..], "from the making of the webhook on, as the feed shows it");
        assert_eq!(events.len(), 3);
        for delivered in receiver.events() {
            assert_eq!(delivered.headers["webhook-id"], delivered.json["id"].as_str().expect("an id"));
            let sent_at: i64 = delivered.headers["webhook-timestamp"].parse().expect("seconds");
            assert!((app.now().await.timestamp() - sent_at).abs() < 120);
            let mut changed = delivered.clone();
            changed.body[10] ^= 1;
            assert!(!is_signed_by(&changed, &key), "a signature is of these bytes only");
        }
    }

    async fn bx_8_whoever_does_not_give_the_challenge_back_gets_nothing(app: TestApp) {
        let ehr = app.ehr().await;
        let receiver = Receiver::rude(|_| Behaviour::Status(200)).await;
        let id = webhook(&ehr, &receiver.url()).await;
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;

        assert!(receiver.events().is_empty());
        assert_eq!(show(&ehr, &id).await["state"], "unconfirmed");
        let test = ehr.request(reqwest::Method::POST, &format!("{WEBHOOKS}/{id}/test")).await.expect(200);
        assert_eq!((&test["sent"], &test["taken"], &test["fault"]), (&json!("challenge"), &json!(false), &json!("wrongChallenge")));
        let challenges: Vec<String> = receiver.received().iter().map(|one| one.json["challenge"].to_string()).collect();
        assert_ne!(challenges[0], challenges[1], "nobody can guess it");
        app.advance("P3DT1H").await;
        app.advance("PT9H").await;
        let ehr = app.ehr().await;
        let ended = show(&ehr, &id).await;
        assert_eq!((&ended["state"], &ended["endedBecause"]), (&json!("ended"), &json!("challengeFailed")));
        assert!(receiver.events().is_empty());
    }

    async fn bx_8_an_event_that_has_to_come_again_holds_up_its_mailbox_and_no_other(database: Database) {
        let app = app_in_haste(database).await;
        let ehr = app.ehr().await;
        let [blocked, free] = patients(&app).await;
        let other = Receiver::start().await;
        let bad_luck = [
            (Behaviour::Status(500), "status", json!(500)),
            (Behaviour::Redirect(other.url()), "redirect", json!(302)),
            (Behaviour::Silence, "unreachable", Value::Null),
        ];
        for (behaviour, fault, status) in bad_luck {
            let (is_ill, mailbox) = (Arc::new(AtomicBool::new(true)), blocked.mailbox.clone());
            let ill = Arc::clone(&is_ill);
            let receiver = Receiver::behaving(move |delivered| {
                let fails = ill.load(Ordering::SeqCst) && delivered.mailbox() == mailbox;
                if fails { behaviour.clone() } else { Behaviour::Status(204) }
            }).await;
            let id = webhook(&ehr, &receiver.url()).await;
            for to in [SKUDDAR, ELDRID, SKUDDAR, ELDRID] {
                letter(&app, to).await;
            }
            app.deliver_all().await;

            let of = |mailbox: &str| receiver.events().iter().filter(|event| event.mailbox() == mailbox).count();
            assert_eq!(of(&free.mailbox), 4, "{fault}: the other mailbox goes on");
            let waiting = kept(&ehr, &id, "waiting").await;
            assert_eq!(waiting.len(), 4, "{fault}: {waiting:?}");
            assert_eq!((&waiting[0]["fault"], &waiting[0]["status"]), (&json!(fault), &status));
            assert_eq!(waiting[1]["attempts"], 0, "{fault}: what comes later waits behind it");

            is_ill.store(false, Ordering::SeqCst);
            app.advance("PT1M").await;

            let taken = taken_in_order(&receiver.events(), |_| true);
            let mut mine = taken[&blocked.mailbox].clone();
            mine.dedup();
            assert!(mine.len() == 4 && mine.is_sorted(), "{fault}: in their order: {mine:?}");
            assert!(kept(&ehr, &id, "waiting").await.is_empty());
            let _ = ehr.delete(&format!("{WEBHOOKS}/{id}")).await.expect(204);
        }
        assert!(other.received().is_empty(), "a redirect is not followed");
    }

    async fn bx_8_what_a_receiver_refuses_is_kept_listed_and_sent_again_when_it_is_asked_for(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = patients(&app).await;
        let refuses = Arc::new(AtomicBool::new(true));
        let ill = Arc::clone(&refuses);
        let receiver = Receiver::behaving(move |_| {
            Behaviour::Status(if ill.load(Ordering::SeqCst) { 422 } else { 200 })
        }).await;
        let id = webhook(&ehr, &receiver.url()).await;
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;

        let undelivered = kept(&ehr, &id, "undelivered").await;
        assert_eq!(undelivered.len(), 2);
        assert_eq!((&undelivered[0]["status"], &undelivered[0]["attempts"]), (&json!(422), &json!(1)));
        assert!(undelivered[0]["nextAttemptAt"].is_null());
        app.advance("P1D").await;
        assert_eq!(receiver.events().iter().filter(|event| event.number() < 3).count(), 2, "it is not sent again by itself");

        refuses.store(false, Ordering::SeqCst);
        let ehr = app.ehr().await;
        let path = format!("{WEBHOOKS}/{id}/redeliveries");
        let again = ehr.post(&path, &json!({"from": 1})).await.expect(202);
        app.deliver_all().await;

        let count = usize::try_from(again["to"].as_i64().expect("a number")).expect("a small number");
        let events = receiver.events();
        let mut last = events[events.len() - count..].to_vec();
        last.sort_by_key(Delivered::number);
        let numbers: Vec<i64> = last.iter().map(Delivered::number).collect();
        assert_eq!(numbers, (1..=again["to"].as_i64().expect("a number")).collect::<Vec<_>>());
        assert_eq!(events[0].headers["webhook-id"], last[0].headers["webhook-id"]);
        assert!(kept(&ehr, &id, "undelivered").await.is_empty());
        let _ = ehr.post(&path, &json!({"from": 99})).await.problem("invalid-request");
        let _ = ehr.post(&path, &json!({"from": 0, "to": 2})).await.problem("invalid-request");
    }

    async fn bx_8_after_three_days_an_event_is_kept_as_undelivered_and_the_next_is_sent(app: TestApp) {
        let ehr = app.ehr().await;
        let [blocked, _] = patients(&app).await;
        let mailbox = blocked.mailbox.clone();
        let first = Arc::new(AtomicUsize::new(0));
        let broken = Arc::clone(&first);
        let receiver = Receiver::behaving(move |delivered| {
            let number = usize::try_from(delivered.number()).expect("a number");
            if delivered.mailbox() == mailbox {
                let _ = broken.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst);
            }
            Behaviour::Status(if broken.load(Ordering::SeqCst) == number { 503 } else { 200 })
        }).await;
        let id = webhook(&ehr, &receiver.url()).await;
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;
        let mut attempts = vec![];
        for _ in 0..9 {
            app.advance("PT9H").await;
            let ehr = app.ehr().await;
            let number = |one: &Value| one["attempts"].as_i64();
            attempts.extend(kept(&ehr, &id, "waiting").await.first().and_then(number));
        }

        let ehr = app.ehr().await;
        assert!(attempts.is_sorted() && attempts.len() >= 6, "{attempts:?}");
        let undelivered = kept(&ehr, &id, "undelivered").await;
        assert_eq!(undelivered.len(), 1);
        assert_eq!(undelivered[0]["event"]["number"], first.load(Ordering::SeqCst));
        assert!(kept(&ehr, &id, "waiting").await.is_empty());
        let second = i64::try_from(first.load(Ordering::SeqCst)).expect("small") + 1;
        assert!(receiver.events().iter().any(|event| event.number() == second), "the next of its mailbox was sent");
    }

    async fn bx_8_a_receiver_that_wants_no_more_gets_no_more_until_it_is_begun_anew(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = patients(&app).await;
        let wants = Arc::new(AtomicBool::new(false));
        let ill = Arc::clone(&wants);
        let receiver = Receiver::behaving(move |_| {
            Behaviour::Status(if ill.load(Ordering::SeqCst) { 200 } else { 410 })
        }).await;
        let id = webhook(&ehr, &receiver.url()).await;
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;

        let ended = show(&ehr, &id).await;
        assert_eq!((&ended["state"], &ended["endedBecause"]), (&json!("ended"), &json!("gone")));
        let before = receiver.received().len();
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;
        assert_eq!(receiver.received().len(), before);

        wants.store(true, Ordering::SeqCst);
        let again = change(&ehr, &id, json!({"paused": false})).await;
        assert!(again["endedBecause"].is_null());
        app.deliver_all().await;

        assert_eq!(show(&ehr, &id).await["state"], "active");
        let mut taken: Vec<i64> = receiver.events().iter().skip(1).map(Delivered::number).collect();
        taken.dedup();
        assert_eq!(taken, [1, 2, 3, 4], "nothing is lost, and all in order");
    }

    async fn bx_8_a_receiver_that_answers_without_end_is_not_listened_to(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = patients(&app).await;
        let receiver = Receiver::behaving(|_| Behaviour::Flood).await;
        let id = webhook(&ehr, &receiver.url()).await;
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;

        assert_eq!(receiver.events().len(), 2, "its status is its answer");
        assert!(kept(&ehr, &id, "waiting").await.is_empty());
        assert!(receiver.flooded_bytes() < 64 * 1024 * 1024, "{}", receiver.flooded_bytes());
    }

    async fn bx_8_a_receiver_that_is_silent_holds_up_no_other(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = patients(&app).await;
        let (silent, good) = (Receiver::behaving(|_| Behaviour::Silence).await, Receiver::start().await);
        let _ = webhook(&ehr, &silent.url()).await;
        let _ = webhook(&ehr, &good.url()).await;
        // Not by the clock, which would wait for what is on its way.
        silent.has_received(1).await;
        good.has_received(1).await;
        letter(&app, SKUDDAR).await;
        silent.has_received(2).await;
        good.has_received(2).await;
        letter(&app, ELDRID).await;
        // A challenge and four events, while the first event of the silent one has no answer yet.
        good.has_received(5).await;
    }

    async fn bx_8_while_a_receiver_is_away_little_is_sent_and_nothing_is_lost(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = patients(&app).await;
        let is_away = Arc::new(AtomicBool::new(true));
        let away = Arc::clone(&is_away);
        // What it took: a request may be on its way at the moment at which it is back.
        let took: Arc<Mutex<Vec<Delivered>>> = Arc::default();
        let takes = Arc::clone(&took);
        let receiver = Receiver::behaving(move |delivered| {
            if away.load(Ordering::SeqCst) {
                return Behaviour::Status(502);
            }
            takes.lock().expect("nobody panicked").push(delivered.clone());
            Behaviour::Status(200)
        }).await;
        let id = webhook(&ehr, &receiver.url()).await;
        app.deliver_all().await;
        for _ in 0..6 {
            for to in [SKUDDAR, ELDRID] {
                letter(&app, to).await;
            }
            app.advance("PT5M").await;
        }
        let sent = receiver.events().len();
        assert!(sent < 24, "{sent} requests to one that is away");

        is_away.store(false, Ordering::SeqCst);
        for _ in 0..4 {
            app.advance("PT2H").await;
        }

        let events = took.lock().expect("nobody panicked").clone();
        let ehr = app.ehr().await;
        let taken = taken_in_order(&events, |event| event.kind().starts_with("message."));
        let feed = whole_feed(&ehr).await;
        for (mailbox, numbers) in &taken {
            let of_feed: Vec<i64> = feed.iter().filter(|event| event["mailboxId"] == **mailbox)
                .filter_map(|event| event["number"].as_i64()).collect();
            assert_eq!(*numbers, of_feed, "every one, once, in order");
        }
        assert_eq!(taken.len(), 2);
        assert!(kept(&ehr, &id, "waiting").await.is_empty() && kept(&ehr, &id, "undelivered").await.is_empty());
    }

    async fn bx_8_a_new_key_signs_beside_the_old_one_for_a_day(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = patients(&app).await;
        let receiver = Receiver::start().await;
        let id = webhook(&ehr, &receiver.url()).await;
        let old = keys(&show(&ehr, &id).await).remove(0);

        let add = || ehr.request(reqwest::Method::POST, &format!("{WEBHOOKS}/{id}/keys"));
        let both = keys(&add().await.expect(200));
        assert_eq!((both.len(), &both[0]), (2, &old));
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;
        let event = receiver.events().pop().expect("an event");
        assert!(both.iter().all(|key| is_signed_by(&event, key)), "whichever the receiver knows");
        for _ in 0..3 {
            let _ = add().await.expect(200);
        }
        let many = add().await.problem("invalid-request");
        assert_eq!(many.violations(), [(String::new(), "too_many".to_owned())]);

        app.advance("PT25H").await;
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;

        let event = receiver.events().pop().expect("an event");
        assert!(!is_signed_by(&event, &old));
        let left = keys(&show(&app.ehr().await, &id).await);
        assert!(left.len() == 1 && is_signed_by(&event, &left[0]));
    }

    async fn bx_8_a_webhook_that_moves_or_rests_is_asked_again(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = patients(&app).await;
        let (first, second) = (Receiver::start().await, Receiver::start().await);
        let id = webhook(&ehr, &first.url()).await;
        app.deliver_all().await;

        let stale = ehr.patch(&format!("{WEBHOOKS}/{id}"), &json!({"paused": true})).header("if-match", "\"other\"");
        let _ = stale.await.problem("version-changed");
        assert_eq!(change(&ehr, &id, json!({"paused": true})).await["state"], "paused");
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;
        assert!(first.events().is_empty(), "on hold, events wait");
        let moved = change(&ehr, &id, json!({"url": second.url(), "paused": false})).await;
        assert_eq!(moved["state"], "unconfirmed");
        app.deliver_all().await;

        assert!(first.events().is_empty());
        assert_eq!(second.received()[0].kind(), "webhook.challenge");
        assert_eq!(second.events().len(), 2);
        let _ = ehr.delete(&format!("{WEBHOOKS}/{id}")).await.expect(204);
        let _ = ehr.get(&format!("{WEBHOOKS}/{id}")).await.problem("not-found");
        letter(&app, SKUDDAR).await;
        app.deliver_all().await;
        assert_eq!(second.events().len(), 2);
    }

    async fn bx_8_addresses_inside_are_refused_when_they_are_named_and_when_they_are_looked_up(database: Database) {
        let receiver = Receiver::start().await;
        let ports = format!("443, {}", receiver.port());
        let app = TestApp::start_with(database, &[("BREVDUE_WEBHOOKS__LOOPBACK", "false"), ("BREVDUE_WEBHOOKS__PORTS", &ports)]).await;
        let ehr = app.ehr().await;
        let refused = [
            // A receiver is at a port that the operator takes: nobody has others looked through.
            "https://ehr.example.no:22/", "https://localhost:8443/hook",
            "https://10.0.0.1/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://100.64.1.1/",
            "https://[::1]/", "https://[fd00::1]/", "https://[::ffff:192.168.1.1]/", "https://0x7f000001/",
            "http://ehr.example.no/", "https://kari:hush@ehr.example.no/", "https://ehr.example.no/#a", "ehr", "",
        ];
        for url in refused {
            let answer = ehr.post(WEBHOOKS, &json!({"url": url})).await.problem("invalid-request");
            assert_eq!(answer.violations()[0].0, "/url", "{url}");
        }
        assert_eq!(app.place().row_counts()["webhook"], 0);

        // A name shows where it leads only when it is looked up, at each connection.
        let id = webhook(&ehr, &format!("https://localhost:{}/hook", receiver.port())).await;
        let test = ehr.request(reqwest::Method::POST, &format!("{WEBHOOKS}/{id}/test")).await.expect(200);
        assert_eq!((&test["taken"], &test["fault"]), (&json!(false), &json!("unreachable")));
        app.deliver_all().await;
        assert!(receiver.received().is_empty());
    }

    async fn a_webhook_is_tried_so_often_a_minute_and_another_organisation_has_its_own(database: Database) {
        let app = TestApp::start_with(database, &[("BREVDUE_LIMITS__WEBHOOK_TESTS_A_MINUTE", "1")]).await;
        let (ehr, other) = (app.ehr().await, app.system(app.appeals_body()).await);
        let receiver = Receiver::start().await;
        let test = |id: &str| format!("{WEBHOOKS}/{id}/test");
        let (id, others) = (webhook(&ehr, &receiver.url()).await, webhook(&other, &receiver.url()).await);
        // Who may not have it tried takes nothing.
        let _ = other.request(reqwest::Method::POST, &test(&id)).await.problem("not-found");
        let _ = ehr.request(reqwest::Method::POST, &test(&id)).await.expect(200);

        let refused = ehr.request(reqwest::Method::POST, &test(&id)).await.problem("quota-exceeded");

        assert_eq!(refused["limit"], json!({"name": "webhookTestsAMinute", "most": 1}));
        assert!(refused.header("retry-after").is_some());
        let _ = other.request(reqwest::Method::POST, &test(&others)).await.expect(200);
    }

    async fn bx_8_an_organisation_has_a_few_webhooks_and_sees_only_its_own(app: TestApp) {
        let (ehr, appeals) = (app.ehr().await, app.system(app.appeals_body()).await);
        let url = "https://127.0.0.1:1/hook";
        let id = webhook(&ehr, url).await;
        for _ in 1..10 {
            let _ = webhook(&ehr, url).await;
        }
        let many = ehr.post(WEBHOOKS, &json!({"url": url})).await.problem("invalid-request");
        assert_eq!(many.violations(), [(String::new(), "too_many".to_owned())]);
        assert_eq!(ehr.get(WEBHOOKS).await.expect(200).items().len(), 10);

        assert!(appeals.get(WEBHOOKS).await.expect(200).items().is_empty());
        let _ = appeals.get(&format!("{WEBHOOKS}/{id}")).await.problem("not-found");
        let reader = app.system_with_scopes(app.clinic(), &["brevdue:messages.read"]).await;
        let _ = reader.get(WEBHOOKS).await.problem("scope-missing");
        let _ = ehr.delete(&format!("{WEBHOOKS}/{id}")).await.expect(204);
        let new = || ehr.post(WEBHOOKS, &json!({"url": url})).key("once");
        assert_eq!(new().await.expect(201).id(), new().await.expect(201).id());
    }

    async fn bx_8_events_that_left_the_feed_before_a_receiver_got_them_end_its_webhook(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = patients(&app).await;
        let receiver = Receiver::start().await;
        let id = webhook(&ehr, &receiver.url()).await;
        app.deliver_all().await;
        let _ = change(&ehr, &id, json!({"paused": true})).await;
        letter(&app, SKUDDAR).await;
        app.advance("P91D").await;
        let ehr = app.ehr().await;

        let _ = change(&ehr, &id, json!({"paused": false})).await;
        app.deliver_all().await;
        let ended = show(&ehr, &id).await;
        assert_eq!((&ended["state"], &ended["endedBecause"]), (&json!("ended"), &json!("eventsExpired")));
        let _ = ehr.post(&format!("{WEBHOOKS}/{id}/redeliveries"), &json!({"from": 1})).await.problem("events-expired");
        let _ = change(&ehr, &id, json!({"paused": false})).await;
        app.deliver_all().await;

        assert_eq!(show(&ehr, &id).await["state"], "active");
        let mut events: Vec<Value> = receiver.events().into_iter().map(|event| event.json).collect();
        // What is of no mailbox may overtake.
        events.sort_by_key(|event| event["number"].as_i64());
        assert_eq!(events, whole_feed(&ehr).await, "it begins with what there is");
    }

    async fn bx_8_killed_between_sending_and_noting_the_same_event_comes_again_by_its_id(database: Database) {
        let place = Place::new(database);
        let receiver = Receiver::behaving(|_| Behaviour::Silence).await;
        let server = ServerProcess::start(&place);
        let (token, service) = server.clinic().await;
        let post = async |server: &ServerProcess, token: &str, path: &str, body: Value| {
            let key = uuid::Uuid::new_v4().to_string();
            let request = server.client().post(server.url(path)).bearer_auth(token).header("Idempotency-Key", key);
            assert_eq!(request.json(&body).send().await.expect("an answer").status(), 201);
        };
        post(&server, &token, WEBHOOKS, json!({"url": receiver.url()})).await;
        receiver.has_received(1).await;
        let message = json!({"recipient": {"nationalId": SKUDDAR}, "kind": "letter", "subject": "Brev", "body": "Tekst"});
        post(&server, &token, &format!("/v1/services/{service}/messages"), message).await;
        receiver.has_received(2).await;

        server.kill();
        let server = ServerProcess::start(&place);
        // The lease of the dead one runs out.
        let clock = json!({"advance": "PT3M"});
        let advance = server.client().put(server.url("/sandbox/clock")).json(&clock);
        drop(tokio::spawn(async move { advance.send().await }));
        receiver.has_received(3).await;

        let events = receiver.events();
        assert_eq!(events[0].headers["webhook-id"], events[1].headers["webhook-id"]);
        assert_eq!(events[0].body, events[1].body);
    }
}

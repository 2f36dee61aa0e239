//! BX-1, BX-4: whoever delivers is killed at any statement, and whoever goes on after them makes one letter of it, one notice,
//! and one event each.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::contact_register::{ContactPoint, Entry, Status};
use domain::identity::NationalId;
use domain::person::{PersonName, Protected};
use domain::postal_address::{Addresses, PostalAddress};
use domain::register::RegisteredPerson;
use domain::routing::Channel;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use persistence::{
    ContactRegister, Failure, HandOver, HandoverOutcome, Letter, NoticeOutcome, Outlets, PopulationRegister,
    RegisterAway, Store,
};
use reqwest::Method;
use serde_json::{Value, json};
use tests::kill::{count_statements, killed_before_statement};
use tests::{Database, Place, ServerProcess, stories};
use uuid::Uuid;

use crate::persons::{RESERVERT, SKUDDAR};
use crate::stores;

/// More letters than a delivery has statements.
const LETTERS: usize = 120;

/// At noon of the day on which the stories are told.
fn noon() -> DateTime<Utc> {
    "2026-11-24T11:00:00Z".parse().expect("a time")
}

/// Both registers: one citizen has a mobile number and the other is reserved.
struct Registers;

impl PopulationRegister for Registers {
    fn persons<'a>(&'a self, asked: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<RegisteredPerson>, RegisterAway>> {
        let person = |number: &NationalId| RegisteredPerson {
            national_id: number.clone(),
            name: PersonName::from_register("Testesen".to_owned()),
            birth_date: NaiveDate::from_ymd_opt(1972, 2, 29).expect("a date"),
            death_date: None,
            protection: Protected::NOT,
            responsible: vec![],
            guardians: vec![],
            family: vec![],
            addresses: Addresses {
                residence: PostalAddress::from_register(vec!["Testveien 1".to_owned(), "0001 Oslo".to_owned()]),
                ..Addresses::default()
            },
            children: vec![],
        };
        ready(Ok(asked.iter().map(person).collect())).boxed()
    }
}

impl ContactRegister for Registers {
    fn contacts<'a>(&'a self, asked: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<Entry>, RegisterAway>> {
        let entry = |number: &NationalId| {
            let is_reserved = number.expose() == RESERVERT;
            let mobile = ContactPoint::new("+4799000001".to_owned(), Some(noon()), Some(noon()));
            Entry {
                national_id: number.clone(),
                is_reserved,
                status: Status::Active,
                can_be_notified: !is_reserved,
                language: None,
                email: None,
                mobile: Some(mobile),
                mailbox: None,
            }
        };
        ready(Ok(asked.iter().map(entry).collect())).boxed()
    }
}

/// What a printer and a gateway got: how often each id came.
#[derive(Default)]
struct Outside {
    letters: Mutex<HashMap<Uuid, usize>>,
    notices: Mutex<HashMap<Uuid, usize>>,
}

impl Outside {
    fn take(&self) -> [HashMap<Uuid, usize>; 2] {
        [&self.letters, &self.notices].map(|kept| std::mem::take(&mut *kept.lock().expect("what came")))
    }
}

impl HandOver for Outside {
    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, HandoverOutcome> {
        *self.letters.lock().expect("what came").entry(letter.id.as_uuid()).or_default() += 1;
        ready(HandoverOutcome::Taken).boxed()
    }
}

/// A printer that says later what became of a letter, after it was asked so often.
struct Late {
    says_after: usize,
    asked: AtomicUsize,
}

impl HandOver for Late {
    fn hand_over<'a>(&'a self, _: &'a Letter) -> BoxFuture<'a, HandoverOutcome> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        ready(if asked < self.says_after { HandoverOutcome::Underway } else { HandoverOutcome::Taken }).boxed()
    }
}

/// What a worker does with what is due.
async fn work(store: &Store, outside: &Outside, now: DateTime<Utc>) -> Result<(), Failure> {
    while store.deliver_due(now).await? > 0 {}
    while store.jobs_due(now).await? > 0 {}
    while store.hand_over_due(Channel::Paper, outside, now).await? > 0 {}
    loop {
        let batch = store.notices_take(now).await?;
        if batch.is_empty() {
            break;
        }
        let mut outcomes = HashMap::new();
        for notice in &batch.notices {
            *outside.notices.lock().expect("what came").entry(notice.id.as_uuid()).or_default() += 1;
            outcomes.insert(notice.id, NoticeOutcome::Sent);
        }
        store.notices_done(batch, outcomes, now).await?;
    }
    while store.relay_due(now).await? > 0 {}
    Ok(())
}

/// Calls the server.
async fn call(server: &ServerProcess, method: Method, path: &str, token: &str, body: Value) -> Value {
    let key = Uuid::now_v7().to_string();
    let request = server.client().request(method, server.url(path)).bearer_auth(token).header("Idempotency-Key", key);
    let answer = request.json(&body).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap_or_default()
}

/// Letters that were accepted and wait, since the contact register is away.
async fn letters_that_wait(place: &Place, recipient: &str) -> Vec<String> {
    let server = ServerProcess::start(place);
    if recipient == SKUDDAR {
        let citizen = server.token(json!({"kind": "citizen", "nationalId": recipient})).await;
        call(&server, Method::PUT, "/v1/me/consent", &citizen, json!({"level": "basis"})).await;
    }
    let (clinic, _) = server.clinic().await;
    let operator = server.token(json!({"kind": "operator"})).await;
    let organisations = server.get("/sandbox/organisations", None).await;
    let path = format!("/v1/organisations/{}/services", organisations["items"][0]["id"].as_str().expect("an id"));
    let service = json!({"name": "Brev", "kind": "specialist", "externalChannels": {"paper": true}});
    let service = call(&server, Method::POST, &path, &operator, service).await;
    let path = format!("/v1/services/{}/messages", service["id"].as_str().expect("an id"));
    call(&server, Method::PUT, "/sandbox/faults", &clinic, json!({"contactRegister": "down"})).await;
    let mut ids = vec![];
    for _ in 0..LETTERS {
        let letter = json!({
            "recipient": {"nationalId": recipient}, "kind": "letter", "subject": "Vedtak", "body": "Du får time i mars.",
        });
        let accepted = call(&server, Method::POST, &path, &clinic, letter).await;
        ids.push(accepted["id"].as_str().expect("an id").to_owned());
    }
    server.kill();
    ids
}

/// What comes of a letter, once: what left the house, which row says where it went, and which event.
struct Outcome {
    letters: usize,
    notices: usize,
    row: &'static str,
    event: &'static str,
}

/// What is left to do of a letter, but for telling of it once more in a week.
fn left_of(place: &Place, id: &str) -> Vec<String> {
    let key = place.id(id);
    place.texts(&format!("SELECT kind AS text FROM job WHERE kind <> 'notifyAgain' AND object_id = {key}"))
}

/// Goes on an hour later, as a worker does, which looks again and again: PostgreSQL may take a moment to see that a process is dead
/// and to let go of what it held.
async fn go_on(place: &Place, store: &Store, outside: &Outside, id: &str) {
    for _ in 0..400 {
        work(store, outside, noon() + TimeDelta::hours(1)).await.expect("the store is there");
        let unnumbered = place.number("SELECT count(*) AS number FROM event WHERE number IS NULL");
        if left_of(place, id).is_empty() && unnumbered == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Delivers one letter after the other, each killed at a later statement until one lives to its end, and goes on an hour
/// later.
async fn kill_at_each_statement(place: &Place, recipient: &str, expected: Outcome) {
    let ids = letters_that_wait(place, recipient).await;
    count_statements();
    let outlets = Outlets { paper: true, mailboxes: vec![] };
    let (store, outside) = (stores::open(place, Registers, outlets).await, Outside::default());
    place.execute(&format!("UPDATE job SET run_at = {}", place.time(noon() + TimeDelta::days(3000))));
    for (statement, id) in (1..).zip(&ids) {
        let key = place.id(id);
        place.execute(&format!("UPDATE job SET run_at = {} WHERE object_id = {key}", place.time(noon())));
        let (_, lived) = tokio::task::block_in_place(|| {
            std::thread::scope(|scope| {
                let killed = || killed_before_statement(statement, work(&store, &outside, noon()));
                scope.spawn(killed).join().expect("it ends")
            })
        });
        let told = format!("killed before statement {statement}");
        go_on(place, &store, &outside, id).await;
        let [letters, notices] = outside.take();
        assert_eq!((letters.len(), notices.len()), (expected.letters, expected.notices), "{told}");
        let count = |of: &str| place.number(&format!("SELECT count(*) AS number FROM {of} = {key}"));
        let event = format!("event WHERE kind = '{}' AND number IS NOT NULL AND message_id", expected.event);
        assert_eq!((count(expected.row), count(&event)), (1, 1), "{told}");
        assert!(left_of(place, id).is_empty(), "{told}: {:?} is left", left_of(place, id));
        place.execute(&format!("DELETE FROM job WHERE object_id = {key}"));
        if lived {
            assert!(statement > 20, "{statement} statements show little");
            return;
        }
    }
    panic!("there are more statements than letters");
}

stories! {
    async fn bx_1_dh_9_killed_at_any_statement_a_letter_is_in_the_inbox_and_told_of_once(database: Database) {
        let row = "message WHERE received_at IS NOT NULL AND id";
        let expected = Outcome { letters: 0, notices: 1, row, event: "message.delivered" };
        kill_at_each_statement(&Place::new(database), SKUDDAR, expected).await;
    }

    async fn bx_4_killed_at_any_statement_a_letter_goes_on_paper_once(database: Database) {
        let row = "sending_step WHERE status = 'printed' AND message_id";
        let expected = Outcome { letters: 1, notices: 0, row, event: "message.printed" };
        kill_at_each_statement(&Place::new(database), RESERVERT, expected).await;
    }

    async fn bx_4_a_carrier_that_says_later_what_became_of_a_letter_is_asked_until_it_does(database: Database) {
        let place = Place::new(database);
        let ids = letters_that_wait(&place, RESERVERT).await;
        let store = stores::open(&place, Registers, Outlets { paper: true, mailboxes: vec![] }).await;
        let mut now = noon();
        place.execute(&format!("UPDATE job SET run_at = {}", place.time(now)));
        while store.deliver_due(now).await.expect("the store") > 0 {}
        // One carrier says so at the third time, another never; each with a letter of its own.
        for (says_after, days, expected, told) in
            [(3, 1, ("printed", 0), "message.printed"), (usize::MAX, 4, ("routed", 1), "message.undelivered")]
        {
            let id = place.id(&ids[usize::from(says_after > 3)]);
            let later = place.time(now + TimeDelta::days(3000));
            place.execute(&format!("UPDATE job SET run_at = {later} WHERE object_id <> {id}"));
            place.execute(&format!("UPDATE job SET run_at = {} WHERE object_id = {id}", place.time(now)));
            let carrier = Late { says_after, asked: AtomicUsize::new(0) };
            let count = |of: &str| place.number(&format!("SELECT count(*) AS number FROM {of}"));
            for _ in 0..days * 24 * 4 {
                while store.hand_over_due(Channel::Paper, &carrier, now).await.expect("the store") > 0 {}
                let silent = count(&format!("job WHERE object_id = {id} AND trouble IS NOT NULL AND given_up_at IS NULL"));
                assert_eq!(silent, 0, "that is no trouble yet");
                now += TimeDelta::minutes(15);
            }
            let asked = carrier.asked.load(Ordering::SeqCst);
            assert!(asked == 3 || asked == 20, "asked {asked} times");
            let last = format!("SELECT status AS text FROM sending_step WHERE message_id = {id} ORDER BY id DESC LIMIT 1");
            let uncertain = count(&format!("job WHERE object_id = {id} AND trouble = 'uncertain' AND given_up_at IS NOT NULL"));
            assert_eq!((place.texts(&last)[0].as_str(), uncertain), expected);
            assert_eq!(count(&format!("event WHERE kind = '{told}' AND message_id = {id}")), 1, "{told}");
        }
    }
}

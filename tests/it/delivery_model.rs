//! BX-4: letters in a world that changes at random, with systems of others that break at random: each comes to one end, none
//! goes to somebody whom it must not reach any more, none goes twice, and each deadline that passed is told of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::{Actor, Service, TestApp, stories};

use crate::persons::{ALDRI, DAGNY, DINA, EGIL, ELDAR, ELDRID, MILLENNIA, RESERVERT, SKUDDAR, UTGATT};
use crate::worlds::Dice;

const PEOPLE: [&str; 10] = [SKUDDAR, ELDRID, ELDAR, MILLENNIA, DAGNY, RESERVERT, UTGATT, ALDRI, DINA, EGIL];

/// How an end is called. A letter in the inbox that nobody opens is none: it goes on paper when its time is over.
const ENDS: [&str; 5] = ["opened", "printed", "returned", "withdrawn", "delivered"];

/// A world at random.
struct World {
    app: TestApp,
    dice: Dice,
    service: Service,
    /// Every letter, with its recipient.
    letters: BTreeMap<String, &'static str>,
    /// What has left the house and was looked at.
    seen: BTreeSet<String>,
    /// How far the sender has read the feed, and of which letters it told that nobody had opened them in time.
    read_up_to: i64,
    not_opened: BTreeMap<String, usize>,
}

impl World {
    async fn new(app: TestApp, seed: u64) -> Self {
        app.set_time("2027-01-11T11:00:00Z").await;
        for person in [SKUDDAR, ELDRID, MILLENNIA, UTGATT, DINA] {
            let _ = app.member(person).await;
        }
        let channels = json!({"externalChannels": {"mailboxProviders": ["984661185", "922020175"], "paper": true, "paperIfUnopened": true}});
        let service = app.open_service(&app.operator().await, app.clinic(), &channels).await;
        let (letters, seen, not_opened) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        Self { app, dice: Dice(seed), service, letters, seen, read_up_to: 0, not_opened }
    }

    async fn ehr(&self) -> Actor {
        self.app.ehr().await
    }

    /// Sends a letter that is to be opened within some days.
    async fn send(&mut self) {
        let to = *self.dice.of(&PEOPLE);
        let open_by =
            self.app.now().await + chrono::TimeDelta::hours(i64::try_from(12 + self.dice.roll(200)).expect("hours"));
        let letter = self.app.message("Vedtak").to(to).from(&self.ehr().await, &self.service);
        let answer = letter.with("openBy", open_by.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).try_send().await;
        match answer.status {
            201 => {
                self.letters.insert(answer.id(), to);
            }
            // To whom nothing can be sent at all.
            _ => drop(answer.problem("recipient-cannot-receive")),
        }
    }

    /// Somebody reserves themselves, chooses or leaves a mailbox, moves, or dies.
    async fn change_somebody(&mut self) {
        let person = *self.dice.of(&PEOPLE);
        let change = match self.dice.roll(12) {
            0..=2 => json!({"contact": {"reserved": true}}),
            3..=5 => json!({"contact": {"reserved": false}}),
            6 => json!({"contact": {"mailbox": {"provider": "984661185"}}}),
            7 => json!({"contact": {"mailbox": null}}),
            8 => json!({"protection": "confidential", "postalAddress": ["Postboks 7", "0101 OSLO"]}),
            9 => json!({"protection": "ungraded", "residence": ["Nyveien 2", "5003 BERGEN"]}),
            10 => json!({"residence": null, "postalAddress": null}),
            _ => json!({"deathDate": "2027-01-01"}),
        };
        let _ = self.app.change_person(person, &change).await;
    }

    async fn break_something(&mut self) {
        let mut faults = serde_json::Map::new();
        for (system, ways) in [
            ("populationRegister", &["down", "rejecting", "answeringTwice"][..]),
            ("contactRegister", &["down", "rejecting", "answeringTwice"]),
            ("print", &["down", "losingAnswer", "answeringTwice"]),
            ("digitalMailbox", &["down", "rejecting", "losingAnswer", "answeringTwice"]),
            ("sms", &["down", "losingAnswer", "rejecting"]),
        ] {
            if self.dice.roll(3) == 0 {
                faults.insert(system.to_owned(), json!(self.dice.of(ways)));
            }
        }
        let _ = self.app.nobody().put("/sandbox/faults", &Value::Object(faults)).await.expect(200);
    }

    /// Somebody reads a letter, or the sender takes one back; both as far as they can.
    async fn touch_a_letter(&mut self) {
        let letters: Vec<(String, &'static str)> = self.letters.iter().map(|(id, to)| (id.clone(), *to)).collect();
        if letters.is_empty() {
            return;
        }
        let (id, to) = self.dice.of(&letters).clone();
        if self.dice.roll(4) == 0 {
            let path = self.service.path(&format!("/messages/{id}/withdrawal"));
            let answer = self.ehr().await.request(reqwest::Method::POST, &path).await;
            assert!([200, 409].contains(&answer.status), "{answer}");
        } else {
            let citizen = self.app.citizen(to).await;
            let _ = citizen.get(&citizen.own(&format!("/messages/{id}"))).await;
        }
    }

    /// Time goes on, and what was carried out of the house meanwhile is looked at: the world stood still for so long.
    async fn live(&mut self, by: &str) {
        self.app.advance(by).await;
        let outbox = self.app.nobody().get("/sandbox/outbox").await.expect(200);
        for sent in outbox
            .items()
            .iter()
            .filter(|sent| ["print", "digitalMailbox"].contains(&sent["kind"].as_str().unwrap_or("")))
        {
            let id = sent["id"].as_str().expect("an id").to_owned();
            if !self.seen.insert(id) {
                continue;
            }
            let to = sent["to"].as_str().expect("whom");
            let mut persons = vec![];
            for number in PEOPLE {
                let person = self.app.registered(number).await;
                if to.starts_with(person["name"].as_str().expect("a name")) || to.ends_with(number) {
                    persons.push(person);
                }
            }
            let [person] = persons.as_slice() else { panic!("{to} is one of the people") };
            assert_eq!(person["deathDate"], Value::Null, "nothing goes to the dead: {sent}");
            if sent["kind"] == "digitalMailbox" {
                assert_eq!(person["contact"]["reserved"], false, "nothing digital to the reserved: {sent}");
            } else if person["protection"] != "ungraded" {
                assert!(to.ends_with("Postboks 7, 0101 OSLO"), "only the open address of the protected: {sent}");
            }
        }
        self.read_feed().await;
    }

    /// The sender reads on: what is older than 90 days is gone.
    async fn read_feed(&mut self) {
        let system = self.ehr().await;
        loop {
            let page = system.get(&format!("/v1/events?limit=200&after={}", self.read_up_to)).await.expect(200);
            for event in page.items() {
                self.read_up_to = event["number"].as_i64().expect("a number");
                if event["type"] == "message.notOpened" {
                    let id = event["messageId"].as_str().expect("an id").to_owned();
                    *self.not_opened.entry(id).or_default() += 1;
                }
            }
            if page.items().is_empty() {
                return;
            }
        }
    }

    /// An operator asks whoever carries letters about those that they may have, and says what they said.
    async fn settle(&self) {
        let operator = self.app.operator().await;
        for job in operator.get("/v1/jobs?limit=200").await.expect(200).items() {
            if let Some(reference) = job["handoverId"].as_str() {
                let path = format!("/v1/jobs/{}/settlement", job["id"].as_str().expect("an id"));
                let taken = self.seen.contains(reference);
                let _ = operator.put(&path, &json!({"taken": taken})).await.expect(204);
            }
        }
    }

    /// Everything works again, and so much time goes by that nothing is left on its way.
    async fn end(&mut self) {
        let _ = self.app.nobody().put("/sandbox/faults", &json!({})).await.expect(200);
        // What was given up in the long time for which something was broken, an operator lets go on.
        let operator = self.app.operator().await;
        for job in operator.get("/v1/jobs?limit=200").await.expect(200).items() {
            let restart = format!("/v1/jobs/{}/restart", job["id"].as_str().expect("an id"));
            let _ = operator.request(reqwest::Method::POST, &restart).await;
        }
        for _ in 0..10 {
            self.live("P2D").await;
            // At all times of day: in the night nobody is told of anything.
            self.live("PT5H").await;
        }
        self.settle().await;
        self.live("P1D").await;
        let (system, place) = (self.ehr().await, self.app.place());
        for (id, to) in &self.letters {
            let stands = system.get(&self.service.path(&format!("/messages/{id}"))).await.expect(200);
            let status = stands["status"].as_str().expect("a status");
            assert!(ENDS.contains(&status), "{to}: {stands}");
            let timeline = stands["timeline"].as_array().expect("a timeline");
            let times = |of: &str| timeline.iter().filter(|step| step["status"] == of).count();
            assert!(times("printed") + times("returned") + times("withdrawn") <= 1, "{to}: {stands}");
            if status == "delivered" {
                assert_eq!(stands["channel"], "digitalMailbox", "{to}: {stands}");
            }
            // Who was told in time that nobody had opened it is told once; what was opened in time, never.
            let by_deadline = timeline.iter().any(|step| step["rule"] == "KRR-14");
            let told = self.not_opened.get(id).copied().unwrap_or_default();
            assert_eq!(told, usize::from(by_deadline), "{to}: {stands}");
        }
        let left =
            place.texts("SELECT kind || ' ' || coalesce(trouble, '') AS text FROM job WHERE kind <> 'notifyAgain'");
        assert!(left.is_empty(), "nothing is left to do: {left:?}");
        let twice = "SELECT count(*) AS number FROM (SELECT message_id FROM handover WHERE may_be_taken \
                     GROUP BY message_id HAVING count(*) > 1) AS twice";
        assert_eq!(place.number(twice), 0, "no letter goes two ways");
        let taken = place.number("SELECT count(*) AS number FROM handover WHERE may_be_taken");
        assert!(self.seen.len() <= usize::try_from(taken).expect("a count"), "what came is known to have been sent");
    }
}

stories! {
    async fn bx_4_every_letter_of_a_random_world_comes_to_one_end_and_none_goes_where_it_must_not(app: TestApp) {
        let rounds = if tests::is_heavy() { 1000 } else { 40 };
        let seed = 20_261_122;
        let mut world = World::new(app, seed).await;
        for _ in 0..rounds {
            match world.dice.roll(10) {
                0..=3 => world.send().await,
                4..=5 => world.change_somebody().await,
                6 => world.break_something().await,
                7..=8 => world.touch_a_letter().await,
                _ => {}
            }
            let by = *world.dice.of(&["PT1M", "PT1H", "PT9H", "P1D"]);
            world.live(by).await;
        }
        world.end().await;
    }
}

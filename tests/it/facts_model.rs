//! The facts behind access over histories made at random: powers of attorney, consents, locks, and what the register tells.
//! A small model beside the program (`rules`) says what every citizen sees in every mailbox. The histories are the same in each
//! run; `BREVDUE_TEST_HEAVY=1` goes through many and asks about everybody after each step, and `BREVDUE_TEST_SEED` repeats one.

mod rules;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream;
use serde_json::{Value, json};
use tests::{Actor, Answer, Database, Service, TestApp, is_heavy, stories};

use self::rules::{Content, Decided, Door, Model, Place, Registered, Responsible, Standing};
use crate::persons::{
    DAGNY, ELDAR, ELDRID, FRODE, LILLE, MILLENNIA, MONA, NAVN, NESTEN_SEKSTEN, NESTEN_TOLV, NINA, SIGRID, SKJULT,
    SKUDDAR, SONJA, SYTTEN, TERJE, TOLV, TORA, TORE, TRETTEN, UNNI,
};
use crate::worlds::Dice;

const CITIZENS: [&str; 21] = [
    LILLE,
    NESTEN_TOLV,
    TOLV,
    TRETTEN,
    NESTEN_SEKSTEN,
    SYTTEN,
    SKUDDAR,
    ELDRID,
    ELDAR,
    MILLENNIA,
    NAVN,
    SKJULT,
    MONA,
    FRODE,
    NINA,
    TORA,
    TORE,
    TERJE,
    UNNI,
    SONJA,
    SIGRID,
];
/// The first so many are below 16 at the start.
const CHILDREN: usize = 5;
/// The first so many have numbers of persons below 18, to whom no power is given.
const MINORS: usize = 6;
/// Birthdays that come early in a history: 13, 16 and 18. The child of 11 has its twelfth soon anyway.
const BIRTHDAYS: [(&str, &str); 3] = [(TOLV, "2013-12-03"), (NESTEN_SEKSTEN, "2010-12-06"), (MILLENNIA, "2008-12-08")];
const WAIT: (&str, &str) = ("BREVDUE_REGISTERED_POWERS__WAIT_HOURS", "72");
const STEPS: usize = 48;
/// How many pairs are asked at once.
const AT_ONCE: usize = 8;

/// The program, and the names of what is in it.
struct World {
    app: TestApp,
    system: Actor,
    nurse: Actor,
    services: Vec<Service>,
    citizens: Vec<Actor>,
}

/// What a step did, and whom it concerns: nobody in particular where it may be everybody.
struct Step {
    told: String,
    concerns: Vec<Place>,
}

/// What the register has of the citizens.
async fn registered(app: &TestApp) -> Vec<Registered> {
    let list = app.nobody().get("/sandbox/persons").await.expect(200);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let one = |number: &&str| {
        let item = list.items().iter().find(|item| item["nationalId"] == **number).expect("the person is there");
        let responsible = item["responsible"].as_array().expect("a list").iter().map(|of| Responsible {
            number: text(&of["nationalId"]),
            kind: text(&of["kind"]),
            shares_address: of["sharesAddress"] == true,
        });
        Registered {
            number: (*number).to_owned(),
            born: text(&item["birthDate"]).parse::<NaiveDate>().expect("a day"),
            is_dead: !item["deathDate"].is_null(),
            is_protected: item["protection"] != "ungraded",
            responsible: responsible.collect(),
        }
    };
    CITIZENS.iter().map(one).collect()
}

impl World {
    async fn new(database: Database) -> (Self, Model) {
        let app = TestApp::start_with(database, &[WAIT]).await;
        for (number, born) in BIRTHDAYS {
            let _ = app.change_person(number, &json!({"birthDate": born})).await;
        }
        let truth = registered(&app).await;
        let mut model = Model {
            now: app.now().await,
            told: truth.clone(),
            truth,
            is_away: false,
            stale: BTreeSet::new(),
            decided: vec![Decided::default(); CITIZENS.len()],
            powers: vec![],
            letters: vec![],
        };
        let operator = app.operator().await;
        let mut services = vec![];
        for (.., policy) in steps::services() {
            services.push(app.open_service(&operator, app.clinic(), &policy).await);
        }
        let (system, nurse) = (app.ehr().await, app.health_worker(DAGNY, app.clinic()).await);
        let mut world = Self { app, system, nurse, services, citizens: vec![] };
        world.log_in().await;
        world.follow_up_children().await;
        for place in 0..CITIZENS.len() {
            if model.is_own_master(place) {
                world.consent(&mut model, place, 1 + u8::try_from(place % 3).expect("a small number")).await;
            }
        }
        (world, model)
    }

    async fn log_in(&mut self) {
        self.system = self.app.ehr().await;
        self.nurse = self.app.health_worker(DAGNY, self.app.clinic()).await;
        self.citizens = join_all(CITIZENS.map(|number| self.app.citizen(number))).await;
    }

    /// A nurse who may withhold messages from the parents of the children.
    async fn follow_up_children(&self) {
        for service in &self.services {
            let member = self.system.put(&service.path("/members"), &json!({"nationalId": DAGNY})).await.expect(200);
            for number in &CITIZENS[..CHILDREN] {
                let body = json!({
                    "patient": {"nationalId": number}, "member": {"personId": member.text("personId")},
                });
                let _ = self.system.put(&service.path("/follow-ups"), &body).await.expect(200);
            }
        }
    }

    /// Whether everything that the two see of it is what the model says.
    async fn check(&self, model: &Model, (caller, owner): (Place, Place), told: &str) {
        let (actor, told) = (&self.citizens[caller], &format!("{caller} in the mailbox of {owner}, {told}\n{model:?}"));
        let actor = actor.within(&self.citizens[owner].mailbox);
        let door = model.door(caller, owner);
        let (mailbox, access) = (actor.get(&actor.own("")).await, actor.get(&actor.own("/access")).await);
        let messages = actor.get(&actor.own("/messages?limit=200")).await;
        for answer in [&mailbox, &access] {
            match door {
                Door::Open(standing) => {
                    assert_eq!(
                        (answer.status, answer["relation"].as_str()),
                        (200, Some(standing.word())),
                        "{answer} {told}"
                    );
                }
                _ => refused(answer, door, told),
            }
        }
        let letters: Vec<_> = model.letters.iter().filter(|letter| letter.to == owner).collect();
        let Door::Open(standing) = door else {
            refused(&messages, door, told);
            for letter in letters.iter().take(1) {
                refused(&actor.get(&actor.own(&format!("/messages/{}", letter.id))).await, door, told);
            }
            return;
        };
        let content = model.content(standing, owner);
        if content != Content::Shown {
            closed(&messages, content, told);
        } else {
            let expected = letters.iter().filter(|letter| model.shows(standing, letter));
            let expected: BTreeSet<&str> = expected.map(|letter| letter.id.as_str()).collect();
            let mut listed: BTreeSet<&str> = messages.expect_list(told);
            if standing == Standing::Owner {
                // The mailbox itself writes of powers, to the owner alone.
                listed.retain(|id| letters.iter().any(|letter| letter.id == *id));
            }
            assert_eq!(listed, expected, "list of {told}");
        }
        for letter in letters {
            let read = actor.get(&actor.own(&format!("/messages/{}", letter.id))).await;
            if content == Content::Shown {
                let expected = if model.shows(standing, letter) { 200 } else { 404 };
                assert_eq!(read.status, expected, "{letter:?} of {told}");
            } else {
                closed(&read, content, told);
            }
        }
    }

    /// Whether somebody's list of mailboxes is what the model says.
    async fn check_mailboxes(&self, model: &Model, caller: Place, told: &str) {
        let answer = self.citizens[caller].get("/v1/me/mailboxes").await;
        let door = model.door(caller, caller);
        let told = &format!("mailboxes of {caller}, {told}\n{model:?}");
        let Door::Open(_) = door else {
            refused(&answer, door, told);
            return;
        };
        let open = (0..CITIZENS.len()).filter_map(|owner| match model.door(caller, owner) {
            Door::Open(standing) => Some((self.citizens[owner].mailbox.as_str(), standing.word())),
            _ => None,
        });
        let listed: BTreeMap<&str, &str> = answer.each("id").into_iter().zip(answer.each("relation")).collect();
        assert_eq!(listed, open.collect(), "{told}");
        let is_incomplete = (0..CITIZENS.len()).any(|owner| model.door(caller, owner) == Door::ComeAgain);
        if is_incomplete || !model.is_away {
            assert_eq!(answer["incomplete"], is_incomplete, "{told}");
        }
    }

    /// Asks about those whom the step concerns and about some others; in the heavy form about everybody.
    async fn check_all(&self, model: &Model, step: &Step, dice: &mut Dice, told: &str) {
        let everybody = 0..CITIZENS.len();
        let is_near = |caller: Place, owner: Place| {
            let named = model.truth[owner].responsible.iter().any(|of| of.number == CITIZENS[caller]);
            let holds = model.powers.iter().any(|power| (power.giver, power.holder) == (owner, caller));
            caller == owner || named || holds
        };
        let concerns = |place: &Place| step.concerns.is_empty() || step.concerns.contains(place);
        let pairs = everybody.clone().flat_map(|caller| everybody.clone().map(move |owner| (caller, owner)));
        let chosen = pairs.filter(|(caller, owner)| {
            let is_concerned = (concerns(caller) || concerns(owner)) && is_near(*caller, *owner);
            is_heavy() || is_concerned || dice.roll(40) == 0
        });
        let chosen: Vec<(Place, Place)> = chosen.collect();
        stream::iter(chosen).for_each_concurrent(AT_ONCE, |pair| self.check(model, pair, told)).await;
        stream::iter(everybody).for_each_concurrent(AT_ONCE, |caller| self.check_mailboxes(model, caller, told)).await;
    }
}

/// What a list holds.
trait Listed {
    fn expect_list(&self, told: &str) -> BTreeSet<&str>;
}

impl Listed for Answer {
    fn expect_list(&self, told: &str) -> BTreeSet<&str> {
        assert_eq!(self.status, 200, "{self} of {told}");
        self.each("id").into_iter().collect()
    }
}

/// Checks that somebody stands before a door that is shut.
fn refused(answer: &Answer, door: Door, told: &str) {
    let expected = match door {
        Door::Hidden => (404, Some("not-found")),
        Door::TooYoung => (403, Some("too-young")),
        Door::ComeAgain => (503, Some("register-unavailable")),
        Door::Open(_) => (200, None),
    };
    assert_eq!((answer.status, answer.slug()), expected, "{answer} of {told}");
}

/// Checks that somebody knows of the mailbox and does not see what is in it.
fn closed(answer: &Answer, content: Content, told: &str) {
    let slugs: &[&str] = match content {
        Content::Locked => &["emergency-locked"],
        Content::NoConsent => &["consent-required"],
        Content::Closed | Content::Shown => &["emergency-locked", "consent-required"],
    };
    assert_eq!(answer.status, 403, "{answer} of {told}");
    assert!(answer.slug().is_some_and(|slug| slugs.contains(&slug)), "{answer} of {told}");
}

/// The seed that is to be repeated.
fn repeated() -> Option<u64> {
    std::env::var_os("BREVDUE_TEST_SEED")?.to_str()?.parse().ok()
}

async fn history(database: Database, seed: u64) {
    let (mut world, mut model) = World::new(database).await;
    let mut dice = Dice(seed);
    let mut told = format!("BREVDUE_TEST_SEED={seed}:");
    for number in 0..STEPS {
        let step = world.step(&mut model, &mut dice, number, &told).await;
        told = format!("{told}\n{number} {}", step.told);
        world.check_all(&model, &step, &mut dice, &told).await;
    }
}

stories! {
    async fn bx_5_every_citizen_sees_what_the_model_of_powers_consents_and_registers_says(database: Database) {
        let first = repeated().unwrap_or(20_261_202);
        let count = if is_heavy() && repeated().is_none() { 100 } else { 1 };
        for seed in first..first + count {
            history(database, seed).await;
        }
    }
}

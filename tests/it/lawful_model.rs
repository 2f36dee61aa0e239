//! DH-7 over histories made at random: members, follow-up, nightly exchanges, recorded accesses, assignments and time. A small
//! model beside the program says what every health worker reads and lists. The histories are the same in each run;
//! `BREVDUE_TEST_HEAVY=1` goes through many.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Actor, Database, Service, TestApp, is_heavy, stories};

use crate::dialogue::tell;
use crate::persons::{BODIL, DAGNY, ELDAR, ELDRID, MILLENNIA, MONA, NINA, SKUDDAR, TERJE, TORE};
use crate::worlds::Dice;

const NURSES: [&str; 6] = [DAGNY, ELDAR, MONA, ELDRID, MILLENNIA, BODIL];
const PATIENTS: [&str; 4] = [SKUDDAR, TORE, NINA, TERJE];
const SERVICES: usize = 2;
/// Conversations are begun up to this many; then the older ones go on.
const CONVERSATIONS: usize = 6;
const HOURS_OF_RECORD: u64 = 24;

/// A service, a nurse, a patient or a conversation, by its place.
type Place = usize;

#[derive(Debug)]
struct Conversation {
    service: Place,
    patient: Place,
    assignee: Option<Place>,
    is_closed: bool,
}

/// What is so, as the rule has it.
#[derive(Debug, Default)]
struct Model {
    hour: u64,
    members: BTreeSet<(Place, Place)>,
    by_hand: BTreeSet<(Place, Place, Place)>,
    /// Who is responsible for a patient of a service; nobody where there is no entry, or the relationship is closed.
    by_exchange: BTreeMap<(Place, Place), Place>,
    /// Until which hour.
    recorded: BTreeMap<(Place, Place, Place), u64>,
    conversations: Vec<Conversation>,
}

impl Model {
    /// Lawful access of a nurse to a patient of a service.
    fn is_lawful(&self, service: Place, nurse: Place, patient: Place) -> bool {
        let at = (service, nurse, patient);
        self.members.contains(&(service, nurse))
            && (self.by_hand.contains(&at)
                || self.by_exchange.get(&(service, patient)) == Some(&nurse)
                || self.recorded.get(&at).is_some_and(|until| self.hour < *until))
    }

    /// By lawful access to the patient, or by being the one who is to answer what is open.
    fn reads(&self, nurse: Place, conversation: &Conversation) -> bool {
        let Conversation { service, patient, assignee, is_closed } = *conversation;
        let is_to_answer = assignee == Some(nurse) && !is_closed && self.members.contains(&(service, nurse));
        is_to_answer || self.is_lawful(service, nurse, patient)
    }

    fn remove_member(&mut self, service: Place, nurse: Place) {
        self.members.remove(&(service, nurse));
        self.by_hand.retain(|at| (at.0, at.1) != (service, nurse));
        self.by_exchange.retain(|at, responsible| (at.0, *responsible) != (service, nurse));
        self.recorded.retain(|at, _| (at.0, at.1) != (service, nurse));
        for conversation in self.conversations.iter_mut().filter(|of| of.service == service && !of.is_closed) {
            conversation.assignee = conversation.assignee.filter(|assignee| *assignee != nurse);
        }
    }

    fn close(&mut self, conversation: Place, is_closed: bool) {
        let members = &self.members;
        let conversation = &mut self.conversations[conversation];
        if conversation.is_closed && !is_closed {
            let service = conversation.service;
            conversation.assignee = conversation.assignee.filter(|nurse| members.contains(&(service, *nurse)));
        }
        conversation.is_closed = is_closed;
    }
}

/// The program, and the names of what is in it.
struct World {
    app: TestApp,
    services: Vec<Service>,
    system: Actor,
    nurses: Vec<Actor>,
    ids: Vec<String>,
    mailboxes: Vec<String>,
    /// A letter to each patient, by service and patient.
    letters: BTreeMap<(Place, Place), String>,
    conversations: Vec<String>,
}

impl World {
    async fn new(app: TestApp, model: &mut Model) -> Self {
        let system = app.system(app.municipality()).await;
        let services: Vec<Service> =
            ["Hjemmetjenesten", "Tildelingskontoret"].map(|name| app.municipality().service(name).clone()).into();
        assert_eq!(services.len(), SERVICES);
        let mut mailboxes = vec![];
        for patient in PATIENTS {
            mailboxes.push(app.member(patient).await.mailbox);
        }
        let mut world = Self {
            app,
            services,
            system,
            nurses: vec![],
            ids: vec![],
            mailboxes,
            letters: BTreeMap::new(),
            conversations: vec![],
        };
        for service in 0..SERVICES {
            for (patient, number) in PATIENTS.into_iter().enumerate() {
                let letter = world.app.message("Vedtak").to(number);
                let letter = letter.from(&world.system, &world.services[service]).deliver().await;
                world.letters.insert((service, patient), letter);
            }
            for (nurse, number) in NURSES.into_iter().enumerate() {
                let member = json!({"nationalId": number});
                let member = world.put(service, "/members", &member).await;
                model.members.insert((service, nurse));
                if service == 0 {
                    world.ids.push(member["personId"].as_str().expect("an id").to_owned());
                }
            }
        }
        world.log_in().await;
        world
    }

    async fn log_in(&mut self) {
        let municipality = self.app.municipality();
        self.system = self.app.system(municipality).await;
        self.nurses = join_all(NURSES.map(|number| self.app.health_worker(number, municipality))).await;
    }

    async fn put(&self, service: Place, rest: &str, body: &Value) -> Value {
        self.system.put(&self.services[service].path(rest), body).await.expect(200).body
    }

    fn desk(&self, model: &Model, conversation: Place, rest: &str) -> String {
        let service = &self.services[model.conversations[conversation].service];
        service.path(&format!("/conversations/{}{rest}", self.conversations[conversation]))
    }

    fn member(&self, nurse: Option<Place>) -> Value {
        nurse.map_or(Value::Null, |nurse| json!({"personId": self.ids[nurse]}))
    }

    /// Takes one step in both. What was done.
    async fn step(&mut self, model: &mut Model, dice: &mut Dice) -> String {
        let mut any = |count: usize| usize::try_from(dice.roll(count as u64)).expect("a small number");
        let (service, nurse, patient) = (any(SERVICES), any(NURSES.len()), any(PATIENTS.len()));
        let at = format!("service {service}, nurse {nurse}, patient {patient}");
        let kind = any(16);
        if kind >= 8 && (model.conversations.is_empty() || kind == 8 && model.conversations.len() < CONVERSATIONS) {
            self.begin(model, service, patient).await;
            return format!("begin at {at}");
        }
        match kind {
            0 => {
                let _ = self.put(service, "/members", &json!({"nationalId": NURSES[nurse]})).await;
                model.members.insert((service, nurse));
                format!("member at {at}")
            }
            1 => {
                let path = self.services[service].path(&format!("/members/{}", self.ids[nurse]));
                let expected = if model.members.contains(&(service, nurse)) { 204 } else { 404 };
                let _ = self.system.delete(&path).await.expect(expected);
                model.remove_member(service, nurse);
                format!("no member at {at}")
            }
            2 => {
                let body = json!({"patient": {"nationalId": PATIENTS[patient]}, "member": self.member(Some(nurse))});
                let is_member = model.members.contains(&(service, nurse));
                let put = self.system.put(&self.services[service].path("/follow-ups"), &body).await;
                let _ = put.expect(if is_member { 200 } else { 422 });
                if is_member {
                    model.by_hand.insert((service, nurse, patient));
                }
                format!("follow-up at {at}")
            }
            3 => {
                let row = format!("/follow-ups/{}/{}", self.mailboxes[patient], self.ids[nurse]);
                let is_told = model.by_exchange.get(&(service, patient)) == Some(&nurse);
                let expected = match (model.by_hand.remove(&(service, nurse, patient)), is_told) {
                    (true, _) => 204,
                    (false, true) => 409,
                    (false, false) => 404,
                };
                let _ = self.system.delete(&self.services[service].path(&row)).await.expect(expected);
                format!("no follow-up at {at}")
            }
            4 | 5 => {
                let is_closed = any(4) == 0;
                self.exchange(model, service, patient, (any(5) > 0).then_some(nurse), (is_closed, kind == 5)).await;
                format!("exchange, full: {}, closed: {is_closed}, at {at}", kind == 5)
            }
            6 => {
                let body = json!({"patient": {"nationalId": PATIENTS[patient]}, "reason": "Vikar"});
                let is_member = model.members.contains(&(service, nurse));
                let path = self.services[service].path("/recorded-accesses");
                let _ = self.nurses[nurse].post(&path, &body).await.expect(if is_member { 201 } else { 404 });
                if is_member {
                    model.recorded.insert((service, nurse, patient), model.hour + HOURS_OF_RECORD);
                }
                format!("recorded at {at}")
            }
            7 => {
                self.app.advance("PT8H").await;
                model.hour += 8;
                self.log_in().await;
                "eight hours".to_owned()
            }
            _ => {
                let conversation = any(model.conversations.len());
                self.work(model, conversation, nurse, any(7)).await
            }
        }
    }

    async fn begin(&mut self, model: &mut Model, service: Place, patient: Place) {
        let message = self.app.message("Samtale").to(PATIENTS[patient]).kind("dialogue");
        let id = message.from(&self.system, &self.services[service]).deliver().await;
        let conversation = self.app.place().texts(&format!(
            "SELECT {} AS text FROM message WHERE id = {}",
            match self.app.place().database() {
                Database::Postgres => "conversation_id::text",
                Database::Sqlite => "lower(hex(conversation_id))",
            },
            self.app.place().id(&id)
        ));
        let conversation = uuid::Uuid::parse_str(&conversation[0]).expect("an id").to_string();
        self.conversations.push(conversation);
        model.conversations.push(Conversation { service, patient, assignee: None, is_closed: false });
    }

    async fn exchange(
        &self,
        model: &mut Model,
        service: Place,
        patient: Place,
        responsible: Option<Place>,
        (is_closed, is_full): (bool, bool),
    ) {
        let state = if is_closed { "closed" } else { "active" };
        let row = json!({"nationalId": PATIENTS[patient], "state": state, "responsible": self.member(responsible)});
        let query = if is_full { "?list=full" } else { "" };
        let told = tell(&self.system, &self.services[service], query, &[row]).await.expect(200);
        if responsible.is_some_and(|nurse| !model.members.contains(&(service, nurse))) {
            assert_eq!(told["rejected"][0]["errors"][0]["code"], "not_a_member", "{told}");
            return;
        }
        if is_full {
            model.by_exchange.retain(|at, _| at.0 != service);
        }
        model.by_exchange.remove(&(service, patient));
        if let (Some(nurse), false) = (responsible, is_closed) {
            model.by_exchange.insert((service, patient), nurse);
        }
    }

    /// What is done at a conversation: by the system, or by a nurse.
    async fn work(&self, model: &mut Model, conversation: Place, nurse: Place, kind: usize) -> String {
        let of = &model.conversations[conversation];
        let is_member = model.members.contains(&(of.service, nurse));
        let reads = model.reads(nurse, of);
        let takes = is_member && of.assignee.is_none() && !of.is_closed;
        let (assignment, closure) =
            (self.desk(model, conversation, "/assignment"), self.desk(model, conversation, "/closure"));
        let by = |is_system: bool| if is_system { &self.system } else { &self.nurses[nurse] };
        let status = |is_allowed: bool| if is_allowed { 200 } else { 404 };
        let told = format!("at conversation {conversation} by nurse {nurse}");
        match kind {
            0 | 1 => {
                let body = json!({"member": self.member((kind == 0).then_some(nurse))});
                let given = by(true).put(&assignment, &body).header("if-match", "*").await;
                let is_possible = kind == 1 || is_member;
                let _ = given.expect(if is_possible { 200 } else { 422 });
                if is_possible {
                    model.conversations[conversation].assignee = (kind == 0).then_some(nurse);
                }
                format!("system gives {told}")
            }
            2 | 3 => {
                let body = json!({"member": self.member(Some(nurse))});
                let taken = by(false).put(&assignment, &body).header("if-match", "*").await;
                let _ = taken.expect(status(reads || takes));
                if reads || takes {
                    model.conversations[conversation].assignee = Some(nurse);
                }
                format!("takes {told}")
            }
            4 | 5 => {
                let closed = by(kind == 4).post(&closure, &json!({})).header("if-match", "*").await;
                let _ = closed.expect(status(kind == 4 || reads));
                if kind == 4 || reads {
                    model.close(conversation, true);
                }
                format!("closes, system: {}, {told}", kind == 4)
            }
            _ => {
                let opened = by(false).delete(&closure).header("if-match", "*").await;
                let _ = opened.expect(status(reads));
                if reads {
                    model.close(conversation, false);
                }
                format!("reopens {told}")
            }
        }
    }

    /// Whether everything that a nurse reads and lists is what the model says.
    async fn check(&self, model: &Model, nurse: Place, told: &str) {
        let actor = &self.nurses[nurse];
        let told = &format!("nurse {nurse} after {told}\n{model:?}");
        for (service, of) in self.services.iter().enumerate() {
            let (patients, queue) =
                (actor.get(&of.path("/patients")).await, actor.get(&of.path("/conversations?limit=100")).await);
            if !model.members.contains(&(service, nurse)) {
                assert_eq!((patients.status, queue.status), (404, 404), "{told}");
                continue;
            }
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            let patients: BTreeSet<(String, String)> =
                patients.items().iter().map(|item| (text(&item["mailboxId"]), text(&item["source"]))).collect();
            assert_eq!(patients, self.patients(model, service, nurse), "patients of service {service}, {told}");
            let queue: BTreeMap<String, bool> =
                queue.items().iter().map(|item| (text(&item["id"]), !item["patient"].is_null())).collect();
            assert_eq!(queue, self.queue(model, service, nurse), "queue of service {service}, {told}");
        }
        for ((service, patient), letter) in &self.letters {
            let read = actor.get(&format!("/v1/mailboxes/{}/messages/{letter}", self.mailboxes[*patient])).await;
            let expected = if model.is_lawful(*service, nurse, *patient) { 200 } else { 404 };
            assert_eq!(read.status, expected, "letter of service {service} to patient {patient}, {told}");
        }
        for (place, conversation) in model.conversations.iter().enumerate() {
            let expected = if model.reads(nurse, conversation) { 200 } else { 404 };
            let at_desk = actor.get(&self.desk(model, place, "")).await;
            assert_eq!(at_desk.status, expected, "conversation {place}, {told}");
        }
        for (patient, mailbox) in self.mailboxes.iter().enumerate() {
            let of_patient = model.conversations.iter().enumerate().filter(|(_, of)| of.patient == patient);
            let read = of_patient.filter(|(_, of)| model.reads(nurse, of));
            let expected: BTreeSet<&str> = read.map(|(place, _)| self.conversations[place].as_str()).collect();
            let listed = actor.get(&format!("/v1/mailboxes/{mailbox}/conversations?limit=100")).await;
            let is_there =
                (0..SERVICES).any(|service| model.is_lawful(service, nurse, patient)) || !expected.is_empty();
            assert_eq!(listed.status, if is_there { 200 } else { 404 }, "mailbox of patient {patient}, {told}");
            let listed: BTreeSet<&str> =
                if is_there { listed.each("id").into_iter().collect() } else { BTreeSet::new() };
            assert_eq!(listed, expected, "conversations of patient {patient}, {told}");
        }
    }

    fn patients(&self, model: &Model, service: Place, nurse: Place) -> BTreeSet<(String, String)> {
        let by_hand = model.by_hand.iter().filter(|at| (at.0, at.1) == (service, nurse)).map(|at| (at.2, "hand"));
        let told = model.by_exchange.iter().filter(|(at, by)| (at.0, **by) == (service, nurse));
        let by_exchange = told.map(|(at, _)| (at.1, "exchange"));
        by_hand.chain(by_exchange).map(|(at, word)| (self.mailboxes[at].clone(), word.to_owned())).collect()
    }

    /// Each conversation that is listed, and whether its patient is shown.
    fn queue(&self, model: &Model, service: Place, nurse: Place) -> BTreeMap<String, bool> {
        let of_service = model.conversations.iter().enumerate().filter(|(_, of)| of.service == service);
        let listed = of_service.filter(|(_, of)| of.assignee.is_none() || model.reads(nurse, of));
        listed.map(|(place, of)| (self.conversations[place].clone(), model.reads(nurse, of))).collect()
    }
}

stories! {
    async fn dh_7_everybody_reads_and_lists_what_the_model_of_lawful_access_says(database: Database) {
        for run in 0..if is_heavy() { 100 } else { 1 } {
            let (mut model, mut dice) = (Model::default(), Dice(20_261_130 + run));
            let mut world = World::new(TestApp::start(database).await, &mut model).await;
            let mut told = format!("history {run}:");
            for _ in 0..60 {
                told = format!("{told}\n{}", world.step(&mut model, &mut dice).await);
                join_all((0..NURSES.len()).map(|nurse| world.check(&model, nurse, &told))).await;
            }
        }
    }
}

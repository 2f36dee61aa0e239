//! Four actors do things at random in one conversation, and a small model says what has to come of it. The runs are the
//! same each time; `BREVDUE_TEST_HEAVY=1` makes 10,000 of them.

use serde_json::{Value, json};
use tests::{Actor, TestApp, is_heavy, stories};

use crate::dialogue::{HomeCare, home_care_of};
use crate::persons::MILLENNIA;
use crate::worlds::Dice;

/// What is known of a conversation.
#[derive(Debug)]
struct Model {
    state: &'static str,
    version: usize,
    has_assignee: bool,
    /// For each message, whether it is withheld from holders.
    withheld: Vec<bool>,
    notes: usize,
    is_relevant: bool,
    /// How many messages there were when the nurse last looked, and of the citizens' the last.
    seen: usize,
    last_inbound: usize,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    OwnerWrites,
    HolderWrites,
    OwnerWithholds,
    NurseReads,
    NurseAnswers,
    NurseAnswersLate,
    SystemAnswers,
    SystemAssigns,
    NurseCloses,
    SystemOpens,
    NurseNotes,
    NurseMarks,
}

const STEPS: [Step; 12] = [
    Step::OwnerWrites,
    Step::HolderWrites,
    Step::OwnerWithholds,
    Step::NurseReads,
    Step::NurseAnswers,
    Step::NurseAnswersLate,
    Step::SystemAnswers,
    Step::SystemAssigns,
    Step::NurseCloses,
    Step::SystemOpens,
    Step::NurseNotes,
    Step::NurseMarks,
];

impl Model {
    fn begun() -> Self {
        Self {
            state: "new",
            version: 0,
            has_assignee: true,
            withheld: vec![false],
            notes: 0,
            is_relevant: false,
            seen: 0,
            last_inbound: 1,
        }
    }

    fn holder_sees(&self) -> usize {
        self.withheld.iter().filter(|is_withheld| !**is_withheld).count()
    }

    /// A message more: it is hidden from whom anything before it is hidden.
    fn add(&mut self, state: &'static str) {
        self.withheld.push(self.withheld.contains(&true));
        self.state = state;
    }

    fn citizen_writes(&mut self) -> u16 {
        if self.state == "closed" {
            return 409;
        }
        self.add(if self.state == "new" { "new" } else { "open" });
        self.last_inbound = self.withheld.len();
        self.version += 1;
        201
    }

    fn service_answers(&mut self) -> u16 {
        if self.state == "closed" {
            return 409;
        }
        self.add("waitingForCitizen");
        self.version += 1;
        201
    }

    fn looks(&mut self) {
        self.seen = self.withheld.len();
        if self.state == "new" {
            self.state = "open";
        }
    }

    /// What has to come of a step: the status.
    fn take(&mut self, step: Step) -> u16 {
        match step {
            Step::OwnerWrites => self.citizen_writes(),
            Step::HolderWrites if self.holder_sees() == 0 => 404,
            Step::HolderWrites if self.state == "closed" => 409,
            Step::HolderWrites if self.withheld.contains(&true) => 403,
            Step::HolderWrites => self.citizen_writes(),
            Step::OwnerWithholds => {
                if let Some(last) = self.withheld.last_mut() {
                    *last = true;
                }
                204
            }
            Step::NurseReads => {
                self.looks();
                200
            }
            Step::NurseAnswers => {
                let status = self.service_answers();
                if status == 201 {
                    self.seen = self.withheld.len();
                }
                status
            }
            Step::NurseAnswersLate => 412,
            Step::SystemAnswers => self.service_answers(),
            Step::SystemAssigns => {
                self.has_assignee = !self.has_assignee;
                if self.has_assignee && self.state == "new" {
                    self.state = "open";
                }
                self.version += 1;
                200
            }
            Step::NurseCloses => {
                self.version += usize::from(self.state != "closed");
                self.state = "closed";
                200
            }
            Step::SystemOpens => {
                self.version += usize::from(self.state == "closed");
                self.state = if self.state == "closed" { "open" } else { self.state };
                200
            }
            Step::NurseNotes => {
                self.notes += 1;
                201
            }
            Step::NurseMarks => {
                self.is_relevant = true;
                200
            }
        }
    }
}

/// One conversation and those who act in it.
struct Play<'p> {
    care: &'p HomeCare,
    holder: &'p Actor,
    id: String,
}

impl Play<'_> {
    async fn last_message(&self) -> String {
        let path = self.care.citizen.own(&format!("/messages?limit=1&conversationId={}", self.id));
        self.care.citizen.get(&path).await.expect(200).each("id")[0].to_owned()
    }

    async fn act(&self, step: Step, model: &Model) -> u16 {
        let Self { care, holder, id } = self;
        let reply = care.citizen.own(&format!("/conversations/{id}/messages"));
        let desk = |rest: &str| care.desk(id, rest);
        let text = json!({"body": "Hei"});
        let current = format!("\"{id}-{}\"", model.version);
        let answer = match step {
            Step::OwnerWrites => care.citizen.post(&reply, &text).await,
            Step::HolderWrites => holder.post(&reply, &text).await,
            Step::OwnerWithholds => {
                let message = self.last_message().await;
                let path = care.citizen.own(&format!("/messages/{message}/withheld-from-holders"));
                care.citizen.put(&path, &json!({"withheld": true})).await
            }
            Step::NurseReads => care.nurse.get(&desk("/messages?limit=200")).await,
            Step::NurseAnswers => care.nurse.post(&desk("/messages"), &text).header("if-match", &current).await,
            Step::NurseAnswersLate => {
                let late = format!("\"{id}-{}\"", model.version + 1);
                care.nurse.post(&desk("/messages"), &text).header("if-match", &late).await
            }
            Step::SystemAnswers => care.system.post(&desk("/messages"), &text).header("if-match", &current).await,
            Step::SystemAssigns => {
                let member = if model.has_assignee { Value::Null } else { json!({"personId": care.nurse_id}) };
                let path = desk("/assignment");
                care.system.put(&path, &json!({"member": member})).header("if-match", &current).await
            }
            Step::NurseCloses => care.nurse.post(&desk("/closure"), &json!({})).header("if-match", &current).await,
            Step::SystemOpens => care.system.delete(&desk("/closure")).header("if-match", &current).await,
            Step::NurseNotes => care.nurse.post(&desk("/notes"), &json!({"text": "Ringt"})).await,
            Step::NurseMarks => care.nurse.put(&desk("/journal"), &json!({"relevant": true})).await,
        };
        answer.status
    }

    /// What everybody sees is what the model says.
    async fn check(&self, model: &Model, told: &str) {
        let Self { care, holder, id } = self;
        let item = care.nurse.get(&care.desk(id, "")).await.expect(200);
        assert_eq!(item["state"], model.state, "{told}");
        assert_eq!(item["assigneeId"].is_string(), model.has_assignee, "{told}");
        assert_eq!(item["unread"], model.last_inbound > model.seen, "{told}");
        assert_eq!(item["journal"].is_object(), model.is_relevant, "{told}");
        assert_eq!(item.header("etag"), Some(format!("\"{id}-{}\"", model.version).as_str()), "{told}");
        let turns = care.system.get(&care.desk(id, "/messages?limit=200")).await.expect(200);
        assert_eq!(turns.items().len(), model.withheld.len(), "{told}");
        assert_eq!(care.system.get(&care.desk(id, "/notes")).await.expect(200).items().len(), model.notes, "{told}");
        let path = care.citizen.own(&format!("/conversations/{id}"));
        let shown = care.citizen.get(&path).await.expect(200);
        assert_eq!(shown["messageCount"], model.withheld.len(), "{told}");
        assert_eq!(shown["canReply"], model.state != "closed", "{told}");
        let by_holder = holder.get(&path).await;
        match model.holder_sees() {
            0 => assert_eq!(by_holder.status, 404, "{told}"),
            count => assert_eq!(by_holder.expect(200)["messageCount"], count, "{told}"),
        }
    }
}

stories! {
    async fn dh_1_dh_7_four_actors_in_a_conversation_do_what_the_model_says(app: TestApp) {
        let care = home_care_of(&app).await;
        let holder = app.member(MILLENNIA).await;
        let _ = app.give_power(&care.citizen, MILLENNIA).await.expect(201);
        let mut dice = Dice(20_261_122);
        for run in 0..if is_heavy() { 10_000 } else { 12 } {
            let play = Play { care: &care, holder: &holder, id: care.written(&format!("Samtale {run}")).await };
            let mut model = Model::begun();
            let mut told = format!("run {run}:");
            for _ in 0..4 + dice.roll(12) {
                let step = *dice.of(&STEPS);
                let status = play.act(step, &model).await;
                told = format!("{told} {step:?}");
                assert_eq!(status, model.take(step), "{told}: {model:?}");
            }
            play.check(&model, &told).await;
        }
    }
}

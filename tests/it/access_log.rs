//! BX-6, RET-10, PJL-22: the log of a mailbox is what was done in it, by whom, nothing else and nothing less; and what a
//! controller sees of its own staff and systems.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{Actor, Answer, Database, TestApp, is_heavy, stories, tell};

use crate::dialogue::{HomeCare, home_care_of, inquiry};
use crate::persons::{BODIL, DAGNY, ELDRID, MILLENNIA, MONA, NESTEN_SEKSTEN, SKUDDAR};
use crate::worlds::Dice;

/// What an entry says: the kind and name or organisation of the actor, what they were to the owner, the act, its object,
/// and how it ended.
type Line = (String, Option<String>, Option<String>, String, Option<(String, String)>, String);

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn line(entry: &Value) -> Line {
    let actor = &entry["actor"];
    let object = &entry["object"];
    (
        text(&actor["kind"]).expect("a kind"),
        text(&actor["name"]).or_else(|| text(&actor["organisation"])),
        text(&actor["relation"]),
        text(&entry["action"]).expect("an act"),
        text(&object["type"]).zip(text(&object["id"])),
        text(&entry["outcome"]).expect("an outcome"),
    )
}

/// How often each line stands in a log: all pages of it, and how many pages there were.
async fn log_of(citizen: &Actor) -> (BTreeMap<Line, u64>, u64) {
    let (mut lines, mut pages, mut cursor) = (BTreeMap::new(), 0, None);
    loop {
        let path = citizen.own("/access-log?limit=200");
        let path = cursor.map_or(path.clone(), |cursor: String| format!("{path}&cursor={cursor}"));
        let page = citizen.get(&path).await.expect(200);
        pages += 1;
        for entry in page.items() {
            *lines.entry(line(entry)).or_default() += entry["count"].as_u64().expect("a count");
        }
        cursor = text(&page["nextCursor"]);
        if cursor.is_none() {
            return (lines, pages);
        }
    }
}

async fn entries(actor: &Actor, path: &str) -> Vec<Value> {
    actor.get(path).await.expect(200).items().to_vec()
}

/// Everybody who does something, and what there is.
struct World {
    app: TestApp,
    care: HomeCare,
    holder: Actor,
    stranger: Actor,
    other_nurse: Actor,
    other_system: Actor,
    letters: Vec<String>,
    /// One that waits to be thrown away: of too many none is taken.
    draft: Option<String>,
    conversation: String,
}

impl World {
    async fn new(app: TestApp) -> Self {
        let care = home_care_of(&app).await;
        let _ = app.give_power(&care.citizen, ELDRID).await.expect(201);
        let _ = care.system.put(&care.service.path("/members"), &json!({"nationalId": MONA})).await.expect(200);
        let conversation = care.written("Hei").await;
        let (holder, stranger) = (app.member(ELDRID).await, app.member(MILLENNIA).await);
        let other_nurse = app.health_worker(MONA, app.municipality()).await;
        let other_system = app.ehr().await;
        let mut world =
            Self { app, care, holder, stranger, other_nurse, other_system, letters: vec![], draft: None, conversation };
        for _ in 0..3 {
            world.send().await;
        }
        world.app.deliver_all().await;
        world
    }

    async fn send(&mut self) -> String {
        let letter = self.app.message("Brev").to(SKUDDAR).from(&self.care.system, &self.care.service);
        let letter = letter.deliver().await;
        self.letters.push(letter.clone());
        letter
    }

    fn name(&self, number: &str) -> Option<String> {
        Some(self.app.person(number).name.clone())
    }

    /// Does something, and says which line it is to leave.
    async fn step(&mut self, dice: &mut Dice) -> Line {
        let letter = dice.of(&self.letters).clone();
        let (citizen, nurse) = (self.care.citizen.clone(), self.care.nurse.clone());
        let municipality = Some(self.app.municipality().number.clone());
        let clinic = Some(self.app.clinic().number.clone());
        let (message, conversation) = (citizen.own(&format!("/messages/{letter}")), self.conversation.clone());
        let about = |kind: &str, id: &str| Some((kind.to_owned(), id.to_owned()));
        let owner = |act: &str, object| {
            (
                "citizen".to_owned(),
                self.name(SKUDDAR),
                Some("self".to_owned()),
                act.to_owned(),
                object,
                "granted".to_owned(),
            )
        };
        let staff = |act: &str, object| {
            (
                "healthWorker".to_owned(),
                self.name(DAGNY),
                Some("staff".to_owned()),
                act.to_owned(),
                object,
                "granted".to_owned(),
            )
        };
        let system = |act: &str, object| {
            ("system".to_owned(), municipality.clone(), None, act.to_owned(), object, "granted".to_owned())
        };
        let stranger =
            |kind: &str, name| (kind.to_owned(), name, None, "seekAccess".to_owned(), None, "refused".to_owned());
        match dice.roll(18) {
            0 => {
                let _ = citizen.get(&citizen.own("/messages")).await.expect(200);
                owner("listMessages", None)
            }
            1 => {
                let _ = citizen.get(&message).await.expect(200);
                owner("readMessage", about("message", &letter))
            }
            2 => {
                let read = json!({"read": dice.roll(2) == 0});
                let _ = citizen.put(&format!("{message}/read"), &read).await.expect(204);
                owner("markMessage", about("message", &letter))
            }
            3 => {
                let (act, draft) = if let Some(draft) = self.draft.clone() {
                    let _ = citizen.delete(&citizen.own(&format!("/drafts/{draft}"))).await.expect(204);
                    ("discardDraft", draft)
                } else {
                    ("saveDraft", citizen.post(&citizen.own("/drafts"), &json!({"body": "Kan"})).await.expect(201).id())
                };
                let line = owner(act, about("draft", &draft));
                self.draft = (act == "saveDraft").then_some(draft);
                line
            }
            4 => {
                let body = inquiry(&self.care.service, "dialogue", "Igjen");
                let written = citizen.post(&citizen.own("/messages"), &body).await.expect(201).id();
                owner("writeMessage", about("message", &written))
            }
            5 => {
                let _ = citizen.get(&citizen.own("/recipients")).await.expect(200);
                owner("findRecipients", None)
            }
            6 => {
                let _ = self.holder.get(&message).await.expect(200);
                let (_, _, _, act, object, outcome) = owner("readMessage", about("message", &letter));
                ("citizen".to_owned(), self.name(ELDRID), Some("powerOfAttorney".to_owned()), act, object, outcome)
            }
            7 => {
                let _ = self.holder.delete(&message).await.problem("only-the-owner");
                let refused = "refused".to_owned();
                (
                    "citizen".to_owned(),
                    self.name(ELDRID),
                    None,
                    "deleteMessage".to_owned(),
                    about("message", &letter),
                    refused,
                )
            }
            8 => {
                let _ = self.stranger.get(&message).await.problem("not-found");
                stranger("citizen", self.name(MILLENNIA))
            }
            9 => {
                let _ = self.stranger.post(&citizen.own("/drafts"), &json!({})).await.problem("not-found");
                stranger("citizen", self.name(MILLENNIA))
            }
            10 => {
                let _ = self.other_nurse.get(&message).await.problem("not-found");
                stranger("healthWorker", self.name(MONA))
            }
            11 => {
                let _ = self.other_system.get(&citizen.own("/messages")).await.problem("not-found");
                stranger("system", clinic)
            }
            12 => {
                let queue = nurse.get(&self.care.service.path("/conversations")).await.expect(200);
                assert!(queue.items().iter().all(|item| item["patient"]["mailboxId"] == citizen.mailbox), "{queue}");
                let (kind, name, _, act, object, outcome) = staff("listQueue", about("service", &self.care.service.id));
                (kind, name, None, act, object, outcome)
            }
            13 => {
                let _ = nurse.get(&self.care.desk(&conversation, "/messages")).await.expect(200);
                staff("readConversation", about("conversation", &conversation))
            }
            14 => {
                let _ =
                    nurse.post(&self.care.desk(&conversation, "/notes"), &json!({"text": "Ringt."})).await.expect(201);
                staff("addNote", about("conversation", &conversation))
            }
            15 => {
                let _ = self.care.system.get(&self.care.desk(&conversation, "/messages")).await.expect(200);
                system("readConversation", about("conversation", &conversation))
            }
            16 => {
                let _ = nurse.get(&message).await.expect(200);
                staff("readMessage", about("message", &letter))
            }
            _ => {
                let line = system("sendMessage", None);
                let letter = self.send().await;
                let (kind, name, relation, act, _, outcome) = line;
                (kind, name, relation, act, about("message", &letter), outcome)
            }
        }
    }
}

/// How long one history is.
const STEPS: usize = 60;

async fn histories(app: TestApp, count: u64) {
    let mut world = World::new(app).await;
    for history in 0..count {
        let mut dice = Dice(history);
        let (before, pages) = log_of(&world.care.citizen).await;
        let mut expected = before;
        // What somebody reads of the log stands in it behind what they read.
        let read = (
            "citizen".to_owned(),
            world.name(SKUDDAR),
            Some("self".to_owned()),
            "readAccessLog".to_owned(),
            None,
            "granted".to_owned(),
        );
        *expected.entry(read).or_default() += pages;
        let mut done = vec![];
        for _ in 0..STEPS {
            let line = world.step(&mut dice).await;
            *expected.entry(line.clone()).or_default() += 1;
            done.push(line);
        }
        let (after, more) = log_of(&world.care.citizen).await;
        let own = |lines: &BTreeMap<Line, u64>| -> BTreeMap<Line, u64> {
            lines
                .iter()
                .filter(|(line, _)| line.3 != "readAccessLog")
                .map(|(line, count)| (line.clone(), *count))
                .collect()
        };
        assert_eq!(own(&after), own(&expected), "history {history}: {done:#?}");
        // The pages of this reading that came before its last are in it.
        let reads = |lines: &BTreeMap<Line, u64>| {
            lines.iter().filter(|(line, _)| line.3 == "readAccessLog").map(|(_, count)| count).sum::<u64>()
        };
        assert!((reads(&expected)..reads(&expected) + more).contains(&reads(&after)), "history {history}");
    }
}

mod bx_6_the_log_of_a_mailbox_is_what_was_done_in_it {
    use super::{Database, histories, is_heavy, tell};

    #[test]
    fn on_sqlite() {
        tell(Database::Sqlite, |app| histories(app, if is_heavy() { 100 } else { 3 }));
    }

    #[test]
    fn on_postgres() {
        tell(Database::Postgres, |app| histories(app, if is_heavy() { 100 } else { 3 }));
    }
}

stories! {
    async fn bx_6_what_a_stranger_tries_is_one_entry_a_day_with_a_count_and_buries_nothing(app: TestApp) {
        let (owner, stranger) = (app.member(SKUDDAR).await, app.member(MILLENNIA).await);
        let letter = app.message("Svar").deliver().await;
        let paths = [format!("/messages/{letter}"), "/messages".to_owned(), "/drafts".to_owned(), "/access".to_owned()];

        for path in paths.iter().cycle().take(40) {
            let _ = stranger.get(&owner.own(path)).await.problem("not-found");
        }

        let tried = |log: &[Value]| -> Vec<u64> {
            log.iter().filter(|entry| entry["action"] == "seekAccess").filter_map(|entry| entry["count"].as_u64()).collect()
        };
        let log = entries(&owner, &owner.own("/access-log")).await;
        assert_eq!(tried(&log), [40]);
        let entry = log.iter().find(|entry| entry["action"] == "seekAccess").expect("an entry");
        assert_eq!(entry["actor"]["name"], app.person(MILLENNIA).name.as_str());
        assert!(entry["lastAt"].as_str() >= entry["at"].as_str(), "{entry}");
        app.advance("P1D").await;
        let (owner, stranger) = (app.member(SKUDDAR).await, app.member(MILLENNIA).await);
        let _ = stranger.get(&owner.own("/messages")).await.problem("not-found");
        let mut counts = tried(&entries(&owner, &owner.own("/access-log")).await);
        counts.sort_unstable();
        assert_eq!(counts, [1, 40], "each day is counted by itself");
    }

    async fn bx_6_a_letter_that_its_sender_takes_back_stays_in_the_log_of_the_inbox_that_it_left(app: TestApp) {
        let owner = app.member(SKUDDAR).await;
        let letter = app.message("Feil brev").deliver().await;

        let _ = app.ehr().await.post(&app.dermatology().path(&format!("/messages/{letter}/withdrawal")), &json!({})).await.expect(200);

        let log = entries(&owner, &owner.own("/access-log?action=withdrawMessage")).await;
        assert_eq!(log.len(), 1, "{log:?}");
        assert_eq!((&log[0]["object"]["id"], &log[0]["actor"]["kind"]), (&json!(letter), &json!("system")));
        assert_eq!(log[0]["actor"]["organisation"], app.clinic().number.as_str());
    }

    async fn bx_6_the_log_is_looked_through_by_period_actor_act_and_outcome(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = care.written("Hei").await;
        let _ = care.nurse.get(&care.desk(&id, "/messages")).await.expect(200);
        let _ = app.member(MILLENNIA).await.get(&care.citizen.own("/messages")).await.problem("not-found");
        let later = app.now().await + chrono::TimeDelta::days(1);
        app.advance("P2D").await;
        let citizen = app.member(SKUDDAR).await;
        let _ = citizen.get(&citizen.own("/messages")).await.expect(200);
        let path = |query: &str| citizen.own(&format!("/access-log?{query}"));
        let of = |log: &[Value], of: fn(&Value) -> &Value| log.iter().map(of).cloned().collect::<Vec<_>>();

        let by_staff = entries(&citizen, &path("actor=healthWorker")).await;
        let refused = entries(&citizen, &path("outcome=refused")).await;
        let written = entries(&citizen, &path("action=writeMessage&outcome=granted")).await;
        let since = entries(&citizen, &path(&format!("after={}&action=listMessages", later.format("%Y-%m-%dT%H:%M:%SZ")))).await;
        let until = entries(&citizen, &path(&format!("before={}&action=listMessages", later.format("%Y-%m-%dT%H:%M:%SZ")))).await;

        assert!(!by_staff.is_empty() && by_staff.iter().all(|entry| entry["actor"]["kind"] == "healthWorker"), "{by_staff:?}");
        assert_eq!(of(&refused, |entry| &entry["action"]), [json!("seekAccess")]);
        assert_eq!(of(&written, |entry| &entry["action"]), [json!("writeMessage")]);
        assert_eq!((since.len(), until.len()), (1, 0));
        let first = citizen.get(&path("actor=citizen&limit=1")).await.expect(200);
        let next = citizen.get(&path(&format!("actor=citizen&limit=1&cursor={}", first.text("nextCursor")))).await.expect(200);
        assert_ne!(first.items()[0]["id"], next.items()[0]["id"]);
        let other = citizen.get(&path(&format!("actor=system&cursor={}", first.text("nextCursor")))).await;
        let _ = other.problem("cursor-invalid");
        let wrong = citizen.get(&path("after=igår&actor=nurse&action=read&outcome=maybe&who=me")).await.problem("invalid-request");
        let pointers: Vec<String> = wrong.violations().into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(pointers, ["?action", "?actor", "?after", "?outcome", "?who"]);
    }

    async fn pjl_22_a_controller_reads_what_its_own_staff_and_systems_did_and_nobody_elses(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = care.written("Hei").await;
        let number = &app.municipality().number;
        let nurse = json!({"kind": "healthWorker", "nationalId": DAGNY, "organisationNumber": number, "hprNumber": "565501"});
        let nurse = app.bearer(app.nobody().post("/sandbox/tokens", &nurse).await.expect(200).text("accessToken"));
        let _ = nurse.get(&care.desk(&id, "/messages")).await.expect(200);
        let _ = nurse.get(&care.service.path("/patients")).await.expect(200);
        let journal = app.client(app.municipality(), &tests::SYSTEM_SCOPES, "journal").await;
        let _ = journal.get(&care.desk(&id, "/messages")).await.expect(200);
        let controller = app.system_with_scopes(app.municipality(), &["brevdue:staff-log.read"]).await;

        let log = entries(&controller, "/v1/staff-log?limit=200").await;

        assert!(log.iter().all(|entry| ["healthWorker", "system"].contains(&entry["actor"]["kind"].as_str().expect("a kind"))));
        assert!(log.is_sorted_by(|one, other| one["at"].as_str() >= other["at"].as_str()), "newest first");
        let by = |log: &[Value], kind: &str, action: &str| -> Value {
            let found = log.iter().find(|entry| entry["actor"]["kind"] == kind && entry["action"] == action);
            found.unwrap_or_else(|| panic!("no {action} by a {kind}: {log:?}")).clone()
        };
        let read = by(&log, "healthWorker", "readConversation");
        assert_eq!((&read["actor"]["name"], &read["actor"]["hprNumber"]), (&json!(app.person(DAGNY).name), &json!("565501")));
        assert_eq!((&read["log"], &read["object"]["id"]), (&json!({"type": "mailbox", "id": care.citizen.mailbox}), &json!(id)));
        assert_eq!(read["actor"]["personId"], care.nurse_id.as_str());
        assert_eq!(by(&log, "system", "readConversation")["actor"]["clientId"], "journal");
        assert_eq!(by(&log, "healthWorker", "listPatients")["log"]["type"], "service");
        // Page by page it is the same, and what was read meanwhile comes before it.
        let ids = |log: &[Value]| log.iter().filter_map(|entry| text(&entry["id"])).collect::<Vec<_>>();
        let (mut paged, mut path) = (vec![], "/v1/staff-log?limit=3".to_owned());
        while paged.len() <= log.len() {
            let page = controller.get(&path).await.expect(200);
            paged.extend(ids(page.items()));
            let Some(cursor) = text(&page["nextCursor"]) else { break };
            path = format!("/v1/staff-log?limit=3&cursor={cursor}");
        }
        assert!(paged.ends_with(&ids(&log)), "{paged:?}");
        let only = entries(&controller, &format!("/v1/staff-log?personId={}&action=readConversation", care.nurse_id)).await;
        assert_eq!(only.len(), 1, "{only:?}");
        let only = entries(&controller, &format!("/v1/staff-log?mailboxId={}&clientId=journal", care.citizen.mailbox)).await;
        assert!(!only.is_empty() && only.iter().all(|entry| entry["actor"]["clientId"] == "journal"), "{only:?}");
        // Another controller sees its own, and nobody reads it without the scope for it.
        let other = entries(&app.ehr().await, "/v1/staff-log").await;
        assert!(other.iter().all(|entry| entry["log"]["id"] != care.citizen.mailbox.as_str()), "{other:?}");
        let scopes: Vec<&str> = tests::SYSTEM_SCOPES.into_iter().filter(|scope| *scope != "brevdue:staff-log.read").collect();
        let _ = app.system_with_scopes(app.municipality(), &scopes).await.get("/v1/staff-log").await.problem("scope-missing");
        for nobody in [&care.citizen, &care.nurse, &app.operator().await] {
            let answer: Answer = nobody.get("/v1/staff-log").await;
            assert_eq!(answer.status, 403, "{answer}");
        }
    }

    async fn bx_6_who_sees_a_patient_in_a_list_stands_in_the_patients_log_once_a_day(app: TestApp) {
        let care = home_care_of(&app).await;
        let _ = care.written("Hei").await;

        for _ in 0..3 {
            let _ = care.nurse.get(&care.service.path("/conversations")).await.expect(200);
            let _ = care.nurse.get(&care.service.path("/patients")).await.expect(200);
        }

        for act in ["listQueue", "listPatients"] {
            let log = entries(&care.citizen, &care.citizen.own(&format!("/access-log?action={act}"))).await;
            assert_eq!(log.len(), 1, "{act}: {log:?}");
            assert_eq!((&log[0]["count"], &log[0]["object"]["id"]), (&json!(3), &json!(care.service.id)), "{act}");
        }
    }

    async fn bx_2_parents_are_told_who_else_may_see_something_of_their_small_child(app: TestApp) {
        let (child, parent) = (app.citizen(NESTEN_SEKSTEN).await, app.member(ELDRID).await);
        app.make_responsible(NESTEN_SEKSTEN, &[ELDRID, BODIL]).await;
        app.change_person(NESTEN_SEKSTEN, &json!({"birthDate": "2020-02-29"})).await;
        let _ = parent.put(&child.own("/consent"), &json!({"level": "basis"})).await.expect(200);
        let ehr = app.ehr().await;
        let nurse = ehr.put(&app.dermatology().path("/members"), &json!({"nationalId": DAGNY})).await.expect(200);
        let follow_up = json!({"patient": {"nationalId": NESTEN_SEKSTEN}, "member": {"personId": nurse.text("personId")}});
        let _ = ehr.put(&app.dermatology().path("/follow-ups"), &follow_up).await.expect(200);
        let names = |explained: &Answer| -> Vec<String> {
            explained["others"].as_array().expect("others").iter().filter_map(|other| text(&other["name"])).collect()
        };

        let before = parent.get(&child.own("/access")).await.expect(200);
        let _ = app.message("Svar").to(NESTEN_SEKSTEN).deliver().await;
        let after = parent.get(&child.own("/access")).await.expect(200);

        // BX-5: of a service from which they see nothing they hear nothing.
        assert_eq!(names(&before), [app.person(BODIL).name.clone()]);
        assert_eq!(names(&after), [app.person(BODIL).name.clone(), app.person(DAGNY).name.clone()]);
    }
}

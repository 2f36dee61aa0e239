//! BX-5 over worlds made at random: a list shows what single reads allow, and what is hidden changes nothing that can be
//! observed. The worlds are the same in each run; `BREVDUE_TEST_HEAVY=1` goes through more of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::{Actor, Answer, Database, Service, TestApp, stories};

use crate::operations::far_appointment;
use crate::persons::{DAGNY, ELDRID, MILLENNIA, NAVN, SKUDDAR};

/// Numbers that look random and are the same in each run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % sides
    }

    pub(crate) fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[usize::try_from(self.roll(choices.len() as u64)).expect("a small number")]
    }
}

fn heavy(normal: u64, heavy: u64) -> u64 {
    if std::env::var_os("BREVDUE_TEST_HEAVY").is_some() { heavy } else { normal }
}

/// Everybody who may look into one mailbox.
struct Family {
    owner: Actor,
    others: Vec<(&'static str, Actor)>,
}

/// An owner; somebody with parental responsibility, a holder and an assigned holder of a power of attorney; a nurse.
async fn family(app: &TestApp) -> Family {
    let owner = app.member_at(SKUDDAR, "full").await;
    let (parent, holder) = (app.member(ELDRID).await, app.member(MILLENNIA).await);
    app.make_responsible(SKUDDAR, &[ELDRID]).await;
    let _ = app.give_power(&owner, MILLENNIA).await.expect(201);
    let assigned = app.member(NAVN).await;
    let _ = app.assign_power(SKUDDAR, NAVN).await.expect(201);
    let nurse = follow_up(app, app.dermatology()).await;
    let others = vec![("parent", parent), ("holder", holder), ("assigned", assigned), ("staff", nurse)];
    Family { owner, others }
}

/// A nurse who follows up the owner for a service.
async fn follow_up(app: &TestApp, service: &Service) -> Actor {
    let member = app.ehr().await.put(&service.path("/members"), &json!({"nationalId": DAGNY})).await.expect(200);
    let follow_up = json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": member.text("personId")}});
    let _ = app.ehr().await.put(&service.path("/follow-ups"), &follow_up).await.expect(200);
    app.health_worker(DAGNY, app.clinic()).await
}

/// One mailbox or message, for a statement.
fn key(app: &TestApp, id: &str) -> String {
    app.place().id(id)
}

/// Puts the owner into some state. The register is not asked: it has just told.
fn change_owner(app: &TestApp, mailbox: &str, dice: &mut Dice) -> String {
    let born = dice.of(&["2019-05-05", "2019-05-05", "2013-05-05", "2012-02-29", "1972-02-29", "1972-02-29"]);
    let protection = dice.of(&["ungraded", "ungraded", "ungraded", "confidential"]);
    let (consent, lives, locked, youth) =
        (*dice.of(&[0, 1, 2, 3, 3]), dice.roll(4) > 0, dice.roll(8) == 0, dice.roll(2) == 0);
    let at = match app.place().database() {
        Database::Postgres => "now()",
        Database::Sqlite => "1790000000000000",
    };
    let at = |is: bool| if is { at } else { "NULL" };
    let mailbox = key(app, mailbox);
    app.place().execute(&format!(
        "UPDATE mailbox SET birth_date = '{born}', protection = '{protection}', lives_with_responsible = {lives} \
         WHERE id = {mailbox}"
    ));
    app.place().execute(&format!(
        "UPDATE mailbox SET consent = {consent}, locked_at = {}, youth_access_at = {} WHERE id = {mailbox}",
        at(locked),
        at(youth)
    ));
    format!(
        "born {born}, {protection}, consent {consent}, lives with responsible {lives}, locked {locked}, youth {youth}"
    )
}

/// Gives an item some flags.
fn change_item(app: &TestApp, table: &str, id: &str, dice: &mut Dice) {
    let (consent, available, parents) = (1 + dice.roll(3), dice.roll(2) == 0, dice.of(&[0, 12, 16, 16]));
    let flag = |dice: &mut Dice, often: u64| dice.roll(often) == 0;
    let (from_parents, holders, from_holders) = (flag(dice, 4), !flag(dice, 4), flag(dice, 4));
    let (youth, parental, is_read) = (dice.roll(3), flag(dice, 4), flag(dice, 2));
    let read = match (table, is_read, app.place().database()) {
        ("message", false, _) => ", read_at = NULL",
        ("message", true, Database::Postgres) => ", read_at = now()",
        ("message", true, Database::Sqlite) => ", read_at = 1790000000000000",
        (_, _, _) => "",
    };
    app.place().execute(&format!(
        "UPDATE {table} SET minimum_consent = {consent}, available_at_protected_address = {available}, \
         parents_until_years = {parents}, withheld_from_parents = {from_parents}, power_of_attorney = {holders}, \
         withheld_from_holders = {from_holders}, youth = {youth}, is_parental = {parental}{read} \
         WHERE id = {}",
        key(app, id)
    ));
}

/// The ids of a list, page by page.
async fn listed(actor: &Actor, path: &str) -> Option<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    let mut next = format!("{path}limit=3");
    loop {
        let page = actor.get(&next).await;
        if page.status != 200 {
            return None;
        }
        ids.extend(page.each("id").into_iter().map(str::to_owned));
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("{path}limit=3&cursor={cursor}"),
            None => return Some(ids),
        }
    }
}

/// Whether the appointments that are listed are those that can be seen one by one. How many they are.
async fn compare_appointments(name: &str, actor: &Actor, mailbox: &str, told: &[String], world: &str) -> usize {
    let path = |rest: &str| format!("/v1/mailboxes/{mailbox}/appointments{rest}");
    let all = listed(actor, &path("?")).await.unwrap_or_default();
    let mut visible = BTreeSet::new();
    for id in told {
        let answer = actor.get(&path(&format!("/{id}"))).await;
        match answer.status {
            200 => {
                visible.insert(id.clone());
            }
            _ => answer.check_problem(),
        }
    }
    assert_eq!(all, visible, "{world}: {name}: appointments");
    visible.len()
}

async fn compare(name: &str, actor: &Actor, mailbox: &str, sent: &[String], world: &str) -> usize {
    let path = |rest: &str| format!("/v1/mailboxes/{mailbox}{rest}");
    let overview = listed(actor, &path("/messages?")).await;
    let unread = listed(actor, &path("/messages?unread=true&")).await;
    // Before anything is read: the first reading by some marks a message as read.
    let count = actor.get(&path("")).await;
    if let Some(unread) = &unread {
        assert_eq!(count.expect(200)["unread"], unread.len(), "{world}: {name}: unread");
    }
    let mut readable = BTreeSet::new();
    for id in sent {
        let answer = actor.get(&path(&format!("/messages/{id}"))).await;
        match answer.status {
            200 => {
                readable.insert(id.clone());
            }
            _ => answer.check_problem(),
        }
    }
    match overview {
        Some(overview) => assert_eq!(overview, readable, "{world}: {name}: overview"),
        None => assert!(readable.is_empty(), "{world}: {name}: reads what has no list"),
    }
    readable.len()
}

stories! {
    async fn bx_5_what_is_listed_is_what_can_be_read_and_what_is_counted_in_worlds_at_random(app: TestApp) {
        let family = family(&app).await;
        for n in 0..8 {
            let _ = app.message(&format!("Brev {n}")).deliver().await;
        }
        let appeals = app.system(app.appeals_body()).await;
        let _ = app.message("Vedtak").from(&appeals, app.appeals()).deliver().await;
        // The notices of the powers of attorney are messages like all others.
        let sent: Vec<String> =
            listed(&family.owner, &family.owner.own("/messages?")).await.expect("a list").into_iter().collect();
        let mut told = vec![];
        for (system, service) in [(&app.ehr().await, app.dermatology()), (&appeals, app.appeals())] {
            for n in 0..3 {
                let path = service.path(&format!("/appointments/{n}"));
                told.push(system.put(&path, &far_appointment(SKUDDAR)).await.expect(201).id());
            }
        }
        let mut dice = Dice(20_261_122);
        let mut appointments: BTreeMap<&str, usize> = BTreeMap::new();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();

        for _ in 0..heavy(16, 200) {
            let world = change_owner(&app, &family.owner.mailbox, &mut dice);
            for id in &sent {
                change_item(&app, "message", id, &mut dice);
            }
            for id in &told {
                change_item(&app, "appointment", id, &mut dice);
            }
            for (name, actor) in [("owner", &family.owner)].into_iter().chain(family.others.iter().map(|(n, a)| (*n, a))) {
                let mailbox = &family.owner.mailbox;
                *seen.entry(name).or_default() += compare(name, actor, mailbox, &sent, &world).await;
                *appointments.entry(name).or_default() += compare_appointments(name, actor, mailbox, &told, &world).await;
            }
        }

        // Worlds in which nobody sees anything prove nothing.
        assert!(seen.values().chain(appointments.values()).all(|count| *count > 0), "{seen:?} {appointments:?}");
    }

    async fn bx_5_two_worlds_that_differ_in_what_is_hidden_look_the_same_to_who_acts_for_a_child_of_14(app: TestApp) {
        // So that a parent sees something and not all.
        compare_worlds(&app, "2012-06-01", &["parent", "assigned"]).await;
    }

    async fn bx_5_they_look_the_same_to_the_parent_of_a_child_of_10_who_reads_its_access_log(app: TestApp) {
        compare_worlds(&app, "2016-06-01", &["parent"]).await;
    }

    async fn bx_5_the_access_log_of_a_child_shows_its_parent_who_opened_what_the_parent_sees(app: TestApp) {
        let world = Hidden::world(&app, true, "2016-06-01", &["parent"]).await;
        let parent = &world.callers[0].1;
        let _ = world.nurse.get(&format!("/v1/mailboxes/{}/messages/{}", world.owner.mailbox, world.visible[0])).await.expect(200);

        let log = parent.get(&parent.within(&world.owner.mailbox).own("/access-log?limit=100")).await.expect(200);

        let about = |id: &str| log.items().iter().filter(|entry| entry["object"]["id"] == id).count();
        // The system that sent it and the nurse who opened it.
        assert!(about(&world.visible[0]) >= 2, "{:?}", log.items());
        assert!(world.hidden.iter().all(|id| about(id) == 0), "{:?}", log.items());
    }
}

/// Whether a script at random gets the same answers with hidden messages and without.
async fn compare_worlds(app: &TestApp, born: &str, callers: &[&str]) {
    let other = TestApp::start(app.place().database()).await;
    let with_hidden = Hidden::world(app, true, born, callers).await;
    let without = Hidden::world(&other, false, born, callers).await;
    for place in 0..with_hidden.callers.len() {
        let mut dice = Dice(7);
        let mut normal = [Normal::default(), Normal::default()];
        for step in 0..heavy(40, 400) {
            let request = Asked::roll(&mut dice, with_hidden.visible.len());
            let mut answers = vec![];
            for (world, normal) in [&with_hidden, &without].into_iter().zip(&mut normal) {
                let answer = world.ask(place, &request, normal).await;
                answers.push(normal.of(&answer));
            }
            let name = with_hidden.callers[place].0;
            assert_eq!(answers[0], answers[1], "{name}, step {step}: {request:?}");
        }
    }
}

/// One of two worlds. They are alike but for the hidden messages, which only one of them has.
struct Hidden {
    owner: Actor,
    callers: Vec<(&'static str, Actor)>,
    /// Of the service whose messages are visible.
    nurse: Actor,
    visible: Vec<String>,
    hidden: Vec<String>,
}

/// What lists are narrowed to.
const FILTERS: [&str; 6] = ["", "&unread=true", "&unread=false", "&kind=letter", "&kind=service", "&direction=sent"];

/// A request of the script, without ids.
#[derive(Debug)]
enum Asked {
    Mailboxes,
    Mailbox,
    Access,
    List { limit: u64, filter: &'static str },
    Next,
    Read(usize),
    ReadAgain(usize),
    ReadHidden(usize),
    Mark(usize),
    MarkHidden(usize),
    Attachment(usize),
    Log,
}

impl Asked {
    fn roll(dice: &mut Dice, visible: usize) -> Self {
        let some = usize::try_from(dice.roll(visible as u64)).expect("a small number");
        match dice.roll(12) {
            0 => Self::Mailboxes,
            1 => Self::Mailbox,
            2 => Self::Access,
            3 => {
                let filter: &&str = dice.of(&FILTERS);
                Self::List { limit: 1 + dice.roll(5), filter }
            }
            4 => Self::Next,
            5 => Self::Read(some),
            6 => Self::ReadAgain(some),
            7 => Self::ReadHidden(some),
            8 => Self::Mark(some),
            9 => Self::MarkHidden(some),
            10 => Self::Attachment(some),
            _ => Self::Log,
        }
    }
}

/// What is left of an answer when ids and times are taken for what they are.
#[derive(Default)]
struct Normal {
    names: BTreeMap<String, String>,
    cursor: Option<String>,
    tag: Option<String>,
}

impl Normal {
    fn of(&mut self, answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
        let body = self.value("", &answer.body);
        let mut headers: Vec<(String, String)> = answer
            .headers
            .iter()
            // The names of exposed headers come in another order at each start, and a time whose last digits are zero is
            // shorter than others.
            .filter(|(name, _)| {
                !["connection", "content-length", "date", "ratelimit", "access-control-expose-headers"]
                    .contains(&name.as_str())
            })
            .map(|(name, value)| {
                let value = if name == "etag" {
                    "tag".to_owned()
                } else {
                    String::from_utf8_lossy(value.as_bytes()).into_owned()
                };
                (name.to_string(), value)
            })
            .collect();
        headers.sort();
        (answer.status, headers, body)
    }

    fn value(&mut self, field: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(field, text)),
            Value::Array(items) => items.iter().map(|item| self.value(field, item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.value(name, value))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn text(&mut self, field: &str, text: &str) -> String {
        if field == "nextCursor" {
            return "cursor".to_owned();
        }
        if field == "instance" {
            return "request".to_owned();
        }
        if text.parse::<chrono::DateTime<chrono::Utc>>().is_ok() {
            return "time".to_owned();
        }
        if text.parse::<uuid::Uuid>().is_ok() {
            let next = format!("id {}", self.names.len());
            return self.names.entry(text.to_owned()).or_insert(next).clone();
        }
        text.to_owned()
    }
}

impl Hidden {
    async fn world(app: &TestApp, with_hidden: bool, born: &str, callers: &[&str]) -> Self {
        let family = family(app).await;
        let operator = app.operator().await;
        let open = json!({"parents": "until16", "availableAtProtectedAddress": true});
        let closed = json!({"parents": "never", "powerOfAttorney": false, "minimumConsent": "full"});
        let (open, closed) = (
            app.open_service(&operator, app.clinic(), &open).await,
            app.open_service(&operator, app.clinic(), &closed).await,
        );
        let system = app.ehr().await;
        let (mut visible, mut hidden) = (vec![], vec![]);
        for n in 0..6 {
            if with_hidden {
                hidden.push(Self::secret(app, &system, &closed, n).await);
            } else {
                hidden.push(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n).to_string());
            }
            let message = app.message(&format!("Brev {n}")).from(&system, &open);
            visible.push(message.file(tests::files::pdf()).deliver().await);
        }
        app.place().execute(&format!(
            "UPDATE mailbox SET birth_date = '{born}', lives_with_responsible = true WHERE id = {}",
            key(app, &family.owner.mailbox)
        ));
        let nurse = follow_up(app, &open).await;
        if with_hidden {
            // What staff do with what is hidden is hidden as well.
            let _ = follow_up(app, &closed).await;
            let path = |rest: &str| format!("/v1/mailboxes/{}{rest}", family.owner.mailbox);
            let _ = nurse.get(&path("/messages")).await.expect(200);
            let _ = nurse.get(&path(&format!("/messages/{}", hidden[0]))).await.expect(200);
            let _ = nurse.get(&path("/access")).await.expect(200);
            let withheld = json!({"withheld": true});
            let _ = nurse
                .put(&path(&format!("/messages/{}/withheld-from-parents", hidden[1])), &withheld)
                .await
                .expect(204);
        }
        // The owner sees everything, and a nurse what is of her own service, so they are left out.
        let callers = family.others.into_iter().filter(|(name, _)| callers.contains(name)).collect();
        Self { owner: family.owner, callers, nurse, visible, hidden }
    }

    /// A message that neither a parent nor whom a power was assigned to sees.
    async fn secret(app: &TestApp, system: &Actor, service: &Service, n: u128) -> String {
        let id = app.message(&format!("Skjult {n}")).from(system, service).send().await;
        app.place().execute(&format!(
            "UPDATE message SET received_at = accepted_at, withheld_from_holders = true, withheld_from_parents = true \
             WHERE id = {}",
            key(app, &id)
        ));
        app.deliver_all().await;
        id
    }

    async fn ask(&self, caller: usize, request: &Asked, normal: &mut Normal) -> Answer {
        let actor = &self.callers[caller].1;
        let path = |rest: &str| format!("/v1/mailboxes/{}{rest}", self.owner.mailbox);
        let message = |id: &str| path(&format!("/messages/{id}"));
        match request {
            Asked::Mailboxes => actor.get("/v1/me/mailboxes").await,
            Asked::Mailbox => actor.get(&path("")).await,
            Asked::Access => actor.get(&path("/access")).await,
            Asked::List { limit, filter } => {
                let answer = actor.get(&path(&format!("/messages?limit={limit}{filter}"))).await;
                normal.cursor =
                    answer["nextCursor"].as_str().map(|cursor| format!("?limit={limit}{filter}&cursor={cursor}"));
                answer
            }
            Asked::Next => actor.get(&path(&format!("/messages{}", normal.cursor.clone().unwrap_or_default()))).await,
            Asked::Read(some) => {
                let answer = actor.get(&message(&self.visible[*some])).await;
                normal.tag = answer.header("etag").map(str::to_owned);
                answer
            }
            Asked::ReadAgain(some) => {
                let tag = normal.tag.clone().unwrap_or_else(|| "\"none\"".to_owned());
                actor.get(&message(&self.visible[*some])).header("if-none-match", &tag).await
            }
            Asked::ReadHidden(some) => actor.get(&message(&self.hidden[*some])).await,
            Asked::Mark(some) => {
                actor.put(&format!("{}/read", message(&self.visible[*some])), &json!({"read": false})).await
            }
            Asked::MarkHidden(some) => {
                actor.put(&format!("{}/read", message(&self.hidden[*some])), &json!({"read": false})).await
            }
            Asked::Attachment(some) => {
                let letter = actor.get(&message(&self.visible[*some])).await;
                let file = letter["attachments"][0]["id"].as_str().expect("a file").to_owned();
                actor.get(&format!("{}/attachments/{file}", message(&self.visible[*some]))).await
            }
            Asked::Log => actor.get(&path("/access-log")).await,
        }
    }
}

//! ADR-11: what the population register says is not trusted for long, holds from the change on, and is missed where the
//! register is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::access::{Assurance, Caller, Policy};
use domain::contact_register::Entry;
use domain::identity::{NationalId, NumberSeries};
use domain::person::{PersonName, Protected, Protection};
use domain::register::RegisteredPerson;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use persistence::BlobSettings;
use persistence::MasterKey;
use persistence::{ContactRegister, Context, PopulationRegister, RegisterAway, Store, StoreSettings};
use serde_json::{Value, json};
use tests::{Actor, Answer, Database, Place, TestApp, files, stories};
use tokio::sync::Notify;

use crate::persons::{
    BERTE, BODIL, ELDRID, FRODE, LILLE, MONA, NILS, NORA, NYFODT, SKUDDAR, TOLV, TORA, TRETTEN, UNKNOWN,
};
use crate::visibility::sees_what_a_stranger_sees;

/// A message with a file, delivered to a child whose inbox is open.
async fn letter(app: &TestApp, child: &str) -> String {
    app.open_inbox_of(child);
    let policy = json!({"parents": "until16"});
    let service = app.open_service(&app.operator().await, app.clinic(), &policy).await;
    app.message("Svar").from(&app.ehr().await, &service).to(child).file(files::pdf()).deliver().await
}

async fn with_child(app: &TestApp, caller: &str, child: &str) -> Actor {
    app.citizen(caller).await.within(&app.person(child).mailbox)
}

/// Checks that somebody is told to come again, because the register is away.
fn comes_again(answer: Answer) {
    let answer = answer.problem("register-unavailable");
    assert_eq!((answer.status, answer.rule()), (503, Some("ADR-11")));
    assert_eq!(answer["retryable"], true);
    assert!(answer.header("retry-after").is_some(), "{answer}");
}

stories! {
    async fn adr_11_what_is_old_is_asked_again_before_it_decides(app: TestApp) {
        let id = letter(&app, LILLE).await;
        let mona = with_child(&app, MONA, LILLE).await;
        let message = mona.own(&format!("/messages/{id}"));
        // As if the register had said something else an hour ago.
        let lille = app.place().id(&app.person(LILLE).id);
        app.place().execute(&format!("DELETE FROM registered_relation WHERE mailbox_id = {lille}"));

        sees_what_a_stranger_sees(&app, &mona, &id).await;
        app.advance("PT61M").await;

        let _ = mona.get(&message).await.expect(200);
    }

    async fn adr_11_a_change_in_the_register_holds_at_once_for_both_sides(app: TestApp) {
        let id = letter(&app, TOLV).await;
        let tora = with_child(&app, TORA, TOLV).await;
        let message = tora.own(&format!("/messages/{id}"));
        let table = [
            (TOLV, json!({"birthDate": "2010-01-01"}), json!({"birthDate": "2014-02-10"})),
            (TOLV, json!({"deathDate": "2026-11-01"}), json!({"deathDate": null})),
            (TORA, json!({"deathDate": "2026-11-01"}), json!({"deathDate": null})),
            (
                TOLV,
                json!({"responsible": []}),
                json!({"responsible": [{"nationalId": TORA, "kind": "mother", "sharesAddress": true}]}),
            ),
            (TORA, json!({"protection": "confidential"}), json!({"protection": "ungraded"})),
        ];
        for (person, change, back) in table {
            let _ = tora.get(&message).await.expect(200);
            let _ = app.change_person(person, &change).await;
            sees_what_a_stranger_sees(&app, &tora, &id).await;
            let _ = app.change_person(person, &back).await;
        }
        let _ = tora.get(&message).await.expect(200);

        let _ = app.change_person(TORA, &json!({"name": "Tora Nynavn Testesen"})).await;
        assert_eq!(app.citizen(TORA).await.get("/v1/me").await.expect(200)["name"], "Tora Nynavn Testesen");
    }

    async fn krr_8_a_death_holds_for_senders_from_the_change_on(app: TestApp) {
        let _ = app.member(SKUDDAR).await;

        let _ = app.change_person(SKUDDAR, &json!({"deathDate": "2026-11-20"})).await;

        assert_eq!(app.message("Svar").try_send().await.problem("recipient-cannot-receive").rule(), Some("KRR-8"));
    }

    async fn adr_11_while_the_register_is_away_owners_go_on_and_nobody_acts_for_others(app: TestApp) {
        let id = letter(&app, LILLE).await;
        let own = app.member(MONA).await;
        let (mona, stranger) = (own.within(&app.person(LILLE).mailbox), app.member(ELDRID).await);
        let stranger = stranger.within(&mona.mailbox);
        let message = mona.own(&format!("/messages/{id}"));

        // What it said a moment ago is as good as ever.
        app.take_register_away().await;
        let _ = mona.get(&message).await.expect(200);
        app.advance("PT61M").await;

        for path in [message.clone(), mona.own("/messages"), mona.own(""), mona.own("/access-log")] {
            comes_again(mona.get(&path).await);
            let _ = stranger.get(&path).await.problem("not-found");
        }
        let _ = own.get(&own.own("/messages")).await.expect(200);
        let _ = own.put("/v1/me/consent", &json!({"level": "full"})).await.expect(200);

        app.bring_register_back().await;
        let _ = mona.get(&message).await.expect(200);
        let _ = stranger.get(&message).await.problem("not-found");
    }

    async fn adr_11_a_change_told_while_the_register_is_away_is_not_forgotten(app: TestApp) {
        let id = letter(&app, LILLE).await;
        let frode = with_child(&app, FRODE, LILLE).await;
        app.take_register_away().await;

        let _ = app.change_person(LILLE, &json!({"protection": "confidential"})).await;

        // That there is something new is known, and what it is not.
        comes_again(frode.get(&frode.own(&format!("/messages/{id}"))).await);
        app.bring_register_back().await;
        sees_what_a_stranger_sees(&app, &frode, &id).await;
    }

    async fn a_citizen_whom_only_the_register_knows_has_a_mailbox_from_the_first_login_on(app: TestApp) {
        let nils = app.citizen(NILS).await;
        assert_eq!(app.registered(NILS).await["id"], Value::Null);

        app.take_register_away().await;
        comes_again(nils.get("/v1/me").await);
        assert_eq!(app.registered(NILS).await["id"], Value::Null);
        app.bring_register_back().await;

        let profile = nils.get("/v1/me").await.expect(200);
        assert_eq!(profile["birthDate"], "1994-07-21");
        assert_eq!(app.registered(NILS).await["mailboxId"], profile["mailboxId"]);
        let _ = app.citizen(UNKNOWN).await.get("/v1/me").await.problem("person-unknown");
    }

    async fn chi_1_a_parent_finds_the_child_whom_only_the_register_knows(app: TestApp) {
        let _ = app.citizen(NORA).await.get("/v1/me").await.expect(200);

        let child = app.registered(NYFODT).await;
        let nora = app.citizen(NORA).await.within(child["mailboxId"].as_str().expect("the child is known now"));

        assert_eq!(nora.get(&nora.own("")).await.expect(200)["name"], "Nyfødt Prøve");
    }

    async fn pp_6_a_message_to_somebody_whom_only_the_register_knows_is_taken(app: TestApp) {
        let message = || app.message("Svar").to(NILS).key("once");
        let before = app.place().row_counts();
        app.take_register_away().await;

        comes_again(message().try_send().await);
        comes_again(app.message("Svar").to(UNKNOWN).try_send().await);
        assert_eq!(app.place().row_counts(), before);
        app.bring_register_back().await;

        let id = message().deliver().await;
        let again = message().try_send().await.expect(201);
        assert_eq!((again.id(), again.header("idempotent-replayed")), (id.clone(), Some("true")));
        let _ = app.message("Svar").to(UNKNOWN).try_send().await.problem("recipient-unknown");
        // He joins, and it is there.
        let _ = app.member(NILS).await;
        let mailbox = app.registered(NILS).await["mailboxId"].as_str().expect("he is known now").to_owned();
        let nils = app.citizen(NILS).await.within(&mailbox);
        assert_eq!(nils.get(&nils.own("/messages")).await.expect(200).each("id"), [id]);
    }

    async fn bx_9_a_change_of_the_register_keeps_both_sides_consistent(app: TestApp) {
        let bodil = json!({"nationalId": BODIL, "kind": "shared", "sharesAddress": false});
        let changed = app.change_person(LILLE, &json!({"responsible": [bodil], "family": [BODIL, FRODE]})).await;

        assert_eq!(changed["responsible"], json!([bodil]));
        assert_eq!(changed["family"], json!([BODIL, FRODE]));
        assert_eq!(changed["protectionUntil"], Value::Null);
        let mona = app.registered(MONA).await;
        assert_eq!((&mona["children"], &mona["family"]), (&json!([]), &json!([])));
        let bodil = app.registered(BODIL).await;
        assert_eq!((&bodil["children"], &bodil["family"]), (&json!([LILLE, BERTE]), &json!([BERTE, LILLE])));
        assert_eq!(app.registered(FRODE).await["children"], json!([]));
    }

    async fn bx_9_everything_wrong_with_a_change_is_named_and_nothing_changes(app: TestApp) {
        let before = app.registered(TRETTEN).await;
        let path = format!("/sandbox/persons/{}", app.person(TRETTEN).id);
        let change = json!({
            "name": " ",
            "birthDate": null,
            "deathDate": "soon",
            "protection": "secret",
            "protectionUntil": 7,
            "responsible": [
                {"nationalId": MONA, "kind": "aunt", "colour": "red"},
                {"nationalId": UNKNOWN, "kind": "mother"},
                {"nationalId": MONA, "kind": "mother", "sharesAddress": "yes"},
                {},
                3,
            ],
            "guardians": ["29027210056", TRETTEN],
            "family": vec![MONA; 51],
            "shoeSize": 37,
        });

        let answer = app.nobody().patch(&path, &change).await.problem("invalid-request");

        let violations = answer.violations();
        let violations: Vec<_> = violations.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect();
        let expected = [
            ("/birthDate", "required"),
            ("/deathDate", "not_a_date"),
            ("/family", "too_many"),
            ("/guardians/0", "wrong_series"),
            ("/guardians/1", "duplicate"),
            ("/name", "empty"),
            ("/protection", "not_a_choice"),
            ("/protectionUntil", "wrong_type"),
            ("/responsible/0/colour", "unknown_field"),
            ("/responsible/0/kind", "not_a_choice"),
            ("/responsible/1/nationalId", "not_registered"),
            ("/responsible/2/nationalId", "duplicate"),
            ("/responsible/2/sharesAddress", "wrong_type"),
            ("/responsible/3/kind", "required"),
            ("/responsible/3/nationalId", "required"),
            ("/responsible/4", "wrong_type"),
            ("/shoeSize", "unknown_field"),
        ];
        assert_eq!(violations, expected);
        assert_eq!(app.registered(TRETTEN).await, before);
        for id in [uuid::Uuid::from_u128(7).to_string(), "mona".to_owned()] {
            let unknown = app.nobody().patch(&format!("/sandbox/persons/{id}"), &json!({})).await;
            let _ = unknown.problem("not-found");
        }
        let fault = app.nobody().put("/sandbox/faults", &json!({"populationRegister": "tired", "rain": true})).await;
        let expected = [("/populationRegister", "not_a_choice"), ("/rain", "unknown_field")];
        let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
        assert_eq!(fault.problem("invalid-request").violations(), expected);
        assert!(app.nobody().get("/sandbox/faults").await.expect(200).body.as_object().is_some_and(|faults| faults.values().all(Value::is_null)));
    }

    async fn bx_9_test_persons_are_found_by_the_rule_that_they_show(app: TestApp) {
        let nobody = app.nobody();

        let parents = nobody.get("/sandbox/persons?shows=CHI-3").await.expect(200);

        assert!(parents.each("nationalId").contains(&TORA) && !parents.each("nationalId").contains(&SKUDDAR));
        let shows = parents.items().iter().flat_map(|person| person["shows"].as_array().expect("a list"));
        let shows: Vec<_> = shows.filter(|shows| shows["rule"] == "CHI-3").collect();
        assert!(shows.contains(&&json!({"rule": "CHI-3", "text": "parent of a child of 12 to 15"})));
        assert!(nobody.get("/sandbox/persons?shows=CHI-99").await.expect(200).items().is_empty());
        let wrong = nobody.get("/sandbox/persons?shows=CHI-3&rule=CHI-3").await.problem("invalid-request");
        assert_eq!(wrong.violations(), [("?rule".to_owned(), "unknown_field".to_owned())]);
    }

    async fn adr_11_an_answer_from_before_a_change_does_not_undo_it(database: Database) {
        let place = Place::new(database);
        persistence::migrate(&place.store_url()).expect("the migrations work");
        let now: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().expect("a time");
        let register = Arc::new(SlowRegister::new(registered(Protected::NOT)));
        let store = open(&place, Arc::clone(&register) as _).await;
        let before = store.register_keep(vec![registered(Protected::NOT)], now - TimeDelta::hours(2)).await;
        assert_eq!(before.expect("they are kept").len(), 1);

        // A request asks the register, whose answer is on its way when it has something new to tell.
        let reading = {
            let store = store.clone();
            tokio::spawn(async move { store.profile_fetch(&context(now)).await })
        };
        register.asked.notified().await;
        register.change(registered(Protected { grade: Protection::Confidential, until: None }));
        store.register_changed(number(), now).await.expect("the change is heard of");
        register.answer.notify_one();

        let first = reading.await.expect("the reading ends").expect("the owner reads");
        let second = store.profile_fetch(&context(now)).await.expect("the owner reads");
        assert_eq!((first.protection, second.protection), (Protection::Confidential, Protection::Confidential));
    }
}

/// A register whose first answer is long on its way.
struct SlowRegister {
    person: Mutex<RegisteredPerson>,
    has_answered: AtomicBool,
    asked: Notify,
    answer: Notify,
}

impl SlowRegister {
    fn new(person: RegisteredPerson) -> Self {
        let (asked, answer) = (Notify::new(), Notify::new());
        Self { person: Mutex::new(person), has_answered: AtomicBool::new(false), asked, answer }
    }

    fn person(&self) -> RegisteredPerson {
        self.person.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, person: RegisteredPerson) {
        *self.person.lock().unwrap_or_else(PoisonError::into_inner) = person;
    }
}

impl PopulationRegister for SlowRegister {
    fn persons<'a>(&'a self, _: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<RegisteredPerson>, RegisterAway>> {
        async {
            let person = self.person();
            if !self.has_answered.swap(true, Ordering::Relaxed) {
                self.asked.notify_one();
                self.answer.notified().await;
            }
            Ok(vec![person])
        }
        .boxed()
    }
}

/// Not asked in these stories.
struct NoContactRegister;

impl ContactRegister for NoContactRegister {
    fn contacts<'a>(&'a self, _: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<Entry>, RegisterAway>> {
        async { Err(RegisterAway("there is none".into())) }.boxed()
    }
}

fn number() -> NationalId {
    NationalId::parse(SKUDDAR, NumberSeries::Synthetic).expect("a number")
}

fn registered(protection: Protected) -> RegisteredPerson {
    RegisteredPerson {
        national_id: number(),
        name: PersonName::from_register("Skuddår Testesen".to_owned()),
        birth_date: NaiveDate::from_ymd_opt(1972, 2, 29).expect("a date"),
        death_date: None,
        protection,
        responsible: vec![],
        guardians: vec![],
        family: vec![],
        addresses: domain::postal_address::Addresses::default(),
        children: vec![],
    }
}

fn context(now: DateTime<Utc>) -> Context {
    let caller = Caller::Citizen { national_id: number(), assurance: Assurance::High };
    Context { caller, now, trace: uuid::Uuid::now_v7().into() }
}

async fn open(place: &Place, register: Arc<dyn PopulationRegister>) -> Store {
    Store::open(StoreSettings {
        database: place.store_url(),
        kind: persistence::InstallationKind::Sandbox,
        connections: 4,
        acquire_timeout: std::time::Duration::from_secs(20),
        master_key: MasterKey::parse(&format!("{}=", "A".repeat(43))).expect("a key"),
        blobs: BlobSettings::Folder(place.blobs()),
        policy: Policy::default(),
        terms: tests::terms(),
        register,
        contact_register: Arc::new(NoContactRegister),
        register_max_age: TimeDelta::hours(1),
        outlets: persistence::Outlets::default(),
        now: DateTime::UNIX_EPOCH,
        scanning: persistence::Scanning::default(),
        quotas: persistence::Quotas::default(),
        words: api::mailbox_text::words(),
    })
    .await
    .expect("the store opens")
}

//! HN-2, HN-3, HN-11: the general practitioner and the others of a citizen, and the receipt for a change.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Answer, Service, TestApp, stories};

use crate::dialogue;
use crate::persons::{DAGNY, DOD, ELDRID, KAJA, MILLENNIA, NESTEN_TOLV, NILS, NINA, SKJULT, SKUDD, SKUDDAR, UNKNOWN};

/// When the stories begin: a Tuesday morning.
const NOW: &str = "2026-12-01T08:00:00Z";

/// A contact of a citizen, with some fields changed.
fn contact(citizen: &str, name: &str, fields: &Value) -> Value {
    let mut contact = json!({"nationalId": citizen, "externalId": name, "personName": format!("Lege {name}"),
        "unitName": "Solvika legesenter", "validFrom": "2020-01-01"});
    if let (Some(contact), Some(fields)) = (contact.as_object_mut(), fields.as_object()) {
        contact.extend(fields.clone());
    }
    contact
}

/// The same, from the first day on that is known of it.
fn since(citizen: &str, name: &str, from: &str) -> Value {
    contact(citizen, name, &json!({"validFrom": from}))
}

async fn try_tell(system: &Actor, service: &Service, query: &str, rows: &[Value]) -> Answer {
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let path = service.path(&format!("/health-contacts{query}"));
    system.request(Method::PUT, &path).body("application/x-ndjson", lines).try_send().await.expect("an answer")
}

/// Tells of contacts, and has what follows from it done.
async fn tell(app: &TestApp, service: &Service, query: &str, rows: &[Value]) -> Answer {
    let told = try_tell(&app.ehr().await, service, query, rows).await.expect(200);
    app.deliver_all().await;
    told
}

/// What came of a batch: created, changed, unchanged, closed, unreachable, rejected.
fn counts(report: &Answer) -> [u64; 6] {
    let number = |field: &str| report[field].as_u64().expect("a number");
    let length = |field: &str| report[field].as_array().expect("a list").len() as u64;
    [
        number("created"),
        number("changed"),
        number("unchanged"),
        number("closed"),
        length("unreachable"),
        length("rejected"),
    ]
}

async fn list(actor: &Actor) -> Answer {
    actor.get(&actor.own("/health-contacts")).await.expect(200)
}

/// The names and states of contacts, in the order of the list.
fn names(list: &Answer) -> Vec<(String, String)> {
    let text = |item: &Value, field: &str| item[field].as_str().unwrap_or_default().to_owned();
    list.items().iter().map(|item| (text(item, "personName"), text(item, "status"))).collect()
}

fn expected(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, status)| ((*name).to_owned(), (*status).to_owned())).collect()
}

/// The receipts in an inbox, the newest first.
async fn receipts(actor: &Actor) -> Vec<String> {
    let list = actor.get(&actor.own("/messages?kind=service")).await.expect(200);
    list.each("subject").into_iter().filter(|subject| subject.contains("fastlege")).map(str::to_owned).collect()
}

/// A surgery of general practitioners that anybody may write to.
async fn surgery(app: &TestApp, policy: &Value) -> Service {
    let mut settings = json!({"kind": "generalPractitioner", "parents": "until16", "unregisteredRecipients": "hold",
        "availableAtProtectedAddress": true, "dialogue": {"accepts": ["dialogue"], "requiresRelationship": false}});
    if let (Some(settings), Some(policy)) = (settings.as_object_mut(), policy.as_object()) {
        settings.extend(policy.clone());
    }
    app.open_service(&app.operator().await, app.clinic(), &settings).await
}

/// What the list says of writing to a contact in a conversation.
fn dialogue_of(item: &Value) -> &Value {
    let kinds = item["kinds"].as_array().expect("kinds");
    kinds.iter().find(|kind| kind["kind"] == "dialogue").expect("dialogue")
}

stories! {
    async fn hn_11_current_contacts_of_all_services_come_first_then_the_former_ones(app: TestApp) {
        app.set_time(NOW).await;
        let patient = app.member_at(SKUDDAR, "full").await;
        let surgery = surgery(&app, &json!({})).await;
        let old = json!({"validFrom": "2010-05-01", "validTo": "2019-12-31"});
        let physio = json!({"kind": "other", "role": "Fysioterapeut", "unitName": null, "validFrom": "2026-12-01"});
        let rows = [contact(SKUDDAR, "A", &old), since(SKUDDAR, "B", "2020-01-01"), since(ELDRID, "C", "2020-01-01")];
        let told = tell(&app, &surgery, "", &rows).await;
        assert_eq!((counts(&told), &told["lines"]), ([3, 0, 0, 0, 0, 0], &json!(3)));
        let later = json!({"validFrom": "2027-01-01", "personName": null});
        let _ = tell(&app, app.radiology(), "", &[contact(SKUDDAR, "R", &later), contact(SKUDDAR, "P", &physio)]).await;

        let all = list(&patient).await;

        let states = [("Lege P", "current"), ("Lege B", "current"), ("", "upcoming"), ("Lege A", "former")];
        assert_eq!(names(&all), expected(&states));
        let [physio, practitioner, department, former] = all.items() else { panic!("four: {all}") };
        assert_eq!((&physio["kind"], &physio["role"], &physio["unitName"]), (&json!("other"), &json!("Fysioterapeut"), &Value::Null));
        assert_eq!((&practitioner["kind"], &practitioner["role"]), (&json!("generalPractitioner"), &Value::Null));
        assert_eq!((&practitioner["service"]["id"], &practitioner["unitName"]), (&json!(surgery.id), &json!("Solvika legesenter")));
        assert_eq!((&department["kind"], &department["service"]["name"]), (&json!("specialist"), &json!("Røntgen")));
        assert_eq!((&former["validFrom"], &former["validTo"]), (&json!("2010-05-01"), &json!("2019-12-31")));
        // Page by page it is the same.
        let mut ids = vec![];
        let mut next = patient.own("/health-contacts?limit=1");
        loop {
            let page = patient.get(&next).await.expect(200);
            ids.extend(page.each("id").into_iter().map(str::to_owned));
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            next = patient.own(&format!("/health-contacts?limit=1&cursor={cursor}"));
        }
        assert_eq!(ids, all.each("id"));
        let log = patient.get(&patient.own("/access-log?limit=100")).await.expect(200);
        let entry = |action: &str| log.items().iter().find(|entry| entry["action"] == action).cloned().expect("an entry");
        assert_eq!((&entry("listHealthContacts")["ground"], &entry("tellHealthContacts")["ground"]), (&json!("HN-11"), &json!("HN-11")));
        assert_eq!(entry("tellHealthContacts")["object"]["type"], "healthContact");

        // By their days alone they change.
        app.set_time("2026-12-31T23:00:00Z").await;
        let patient = app.citizen(SKUDDAR).await;
        assert_eq!(names(&list(&patient).await)[0], (String::new(), "current".to_owned()));
    }

    async fn hn_11_a_batch_told_again_changes_nothing_and_a_full_one_makes_the_others_former(app: TestApp) {
        app.set_time(NOW).await;
        let (patient, other) = (app.member(SKUDDAR).await, app.member(ELDRID).await);
        let surgery = surgery(&app, &json!({})).await;
        let rows = [since(SKUDDAR, "A", "2020-01-01"), since(ELDRID, "B", "2020-01-01")];
        let _ = tell(&app, &surgery, "?list=full", &rows).await;
        let before = (list(&patient).await.body, app.place().row_counts());

        let again = tell(&app, &surgery, "?list=full", &rows).await;

        assert_eq!(counts(&again), [0, 0, 2, 0, 0, 0]);
        let mut after = (list(&patient).await.body, app.place().row_counts());
        // But for the batch itself and two looks at the list.
        after.1.insert("audit_entry".to_owned(), before.1["audit_entry"]);
        assert_eq!(after, before);
        assert_eq!(after.1["health_contact_line"], 0, "nothing is left of batches");
        let moved = contact(SKUDDAR, "A", &json!({"unitName": "Storgata legesenter", "validTo": "2026-12-31"}));
        assert_eq!(counts(&tell(&app, &surgery, "", &[moved]).await), [0, 1, 0, 0, 0, 0]);
        let shown = list(&patient).await;
        assert_eq!((&shown.items()[0]["unitName"], &shown.items()[0]["validTo"]), (&json!("Storgata legesenter"), &json!("2026-12-31")));
        // A partial list closes nobody, a full one whom it does not name; who is named again is a contact again.
        assert_eq!(counts(&tell(&app, &surgery, "?list=full", &rows[..1]).await), [0, 1, 0, 1, 0, 0]);
        assert_eq!(names(&list(&other).await), expected(&[("Lege B", "former")]));
        assert_eq!(list(&other).await.items()[0]["validTo"], "2026-12-01");
        assert_eq!(counts(&tell(&app, &surgery, "", &rows).await), [0, 1, 1, 0, 0, 0]);
        assert_eq!(names(&list(&other).await), expected(&[("Lege B", "current")]));
        // One that never began is not shown as one that was.
        let _ = tell(&app, &surgery, "", &[since(ELDRID, "C", "2027-01-01")]).await;
        let _ = tell(&app, &surgery, "?list=full", &rows).await;
        assert_eq!(names(&list(&other).await), expected(&[("Lege B", "current")]));
    }

    async fn hn_2_a_contact_says_whether_it_can_be_written_to_why_not_and_from_when(app: TestApp) {
        app.set_time(NOW).await;
        let patient = app.member(SKUDDAR).await;
        let open = surgery(&app, &json!({})).await;
        let closed = surgery(&app, &json!({"dialogue": null})).await;
        let linked = surgery(&app, &json!({"dialogue": {"accepts": ["dialogue"]}})).await;
        let elsewhere = contact(SKUDDAR, "elsewhere", &json!({"serviceId": closed.id, "validFrom": "2020-01-02"}));
        let over = contact(SKUDDAR, "over", &json!({"validTo": "2026-11-30"}));
        let rows = [since(SKUDDAR, "open", "2020-01-03"), elsewhere, since(SKUDDAR, "soon", "2027-01-01"), over];
        let _ = tell(&app, &open, "", &rows).await;
        let _ = tell(&app, &linked, "", &[since(SKUDDAR, "linked", "2020-01-01")]).await;

        let shown = list(&patient).await;

        let states = [("Lege open", "current"), ("Lege elsewhere", "current"), ("Lege linked", "current"), ("Lege soon", "upcoming"), ("Lege over", "former")];
        assert_eq!(names(&shown), expected(&states));
        let verdicts: Vec<(&Value, &Value, &Value)> = shown
            .items()
            .iter()
            .map(|item| (&item["canWrite"], &dialogue_of(item)["reason"], &dialogue_of(item)["activeFrom"]))
            .collect();
        let (yes, no, none) = (json!(true), json!(false), Value::Null);
        let (not_open, not_received) = (json!("notOpen"), json!("notReceived"));
        let (pending, from, over) = (json!("pending"), json!("2026-12-31T23:00:00Z"), json!("noLongerReceived"));
        let wanted = [(&yes, &none, &none), (&no, &not_open, &none), (&no, &not_received, &none), (&no, &pending, &from), (&no, &over, &none)];
        assert_eq!(verdicts, wanted);
        // The same decision as where one writes.
        let body = dialogue::inquiry(&open, "dialogue", "Resept");
        let _ = patient.post(&patient.own("/messages"), &body).await.expect(201);
        let body = dialogue::inquiry(&linked, "dialogue", "Resept");
        let _ = patient.post(&patient.own("/messages"), &body).await.problem("service-not-received");
        let _ = dialogue::tell(&app.ehr().await, &linked, "", &[json!({"nationalId": SKUDDAR})]).await.expect(200);
        let linked = list(&patient).await.items()[2].clone();
        assert_eq!((&dialogue_of(&linked)["reason"], &dialogue_of(&linked)["activeFrom"]), (&json!("pending"), &json!("2026-12-01T23:00:00Z")));
        app.advance("P1D").await;
        let patient = app.citizen(SKUDDAR).await;
        assert_eq!(list(&patient).await.items()[2]["canWrite"], true);
    }

    async fn hn_3_another_general_practitioner_gives_a_receipt_once_however_often_it_is_told(app: TestApp) {
        app.set_time(NOW).await;
        let (patient, other) = (app.member(SKUDDAR).await, app.member(ELDRID).await);
        let surgery = surgery(&app, &json!({})).await;
        let both = |name: &str| [since(SKUDDAR, name, "2026-06-01"), since(ELDRID, "E", "2020-01-01")];
        let _ = tell(&app, &surgery, "?list=full", &both("A")).await;
        assert_eq!(receipts(&patient).await, Vec::<String>::new(), "the first one gives none");

        for _ in 0..3 {
            let _ = tell(&app, &surgery, "?list=full", &both("B")).await;
        }

        assert_eq!(receipts(&patient).await, ["Kvittering for bytte av fastlege"]);
        assert_eq!(receipts(&other).await, Vec::<String>::new());
        assert_eq!(names(&list(&patient).await), expected(&[("Lege B", "current"), ("Lege A", "former")]));
        let overview = patient.get(&patient.own("/messages?kind=service")).await.expect(200);
        let receipt = patient.get(&patient.own(&format!("/messages/{}", overview.items()[0]["id"].as_str().expect("an id")))).await.expect(200);
        assert!(receipt.text("body").starts_with("Ny fastlege fra 01.06.2026: Lege B, Solvika legesenter."), "{receipt}");
        assert_eq!((&receipt["service"]["id"], &receipt["canReply"]), (&json!(surgery.id), &json!(false)));
        // The service follows it like all that it sends.
        let sent = app.ehr().await.get(&surgery.path("/messages")).await.expect(200);
        assert_eq!((sent.items().len(), &sent.items()[0]["status"]), (1, &json!("opened")));
        let log = patient.get(&patient.own("/access-log?limit=100")).await.expect(200);
        let entry = log.items().iter().find(|entry| entry["action"] == "sendMessage").expect("an entry");
        assert_eq!((&entry["ground"], &entry["actor"]["kind"]), (&json!("HN-3"), &json!("worker")));
        // Back to the first one, and somebody else under the same name: each is a change.
        let _ = tell(&app, &surgery, "?list=full", &both("A")).await;
        let renamed = contact(SKUDDAR, "A", &json!({"personName": "Lege Å", "validFrom": "2026-06-01"}));
        let _ = tell(&app, &surgery, "", &[renamed]).await;
        assert_eq!(receipts(&patient).await.len(), 3);
        // Another address is none, nor is it when nobody is left.
        let moved = json!({"personName": "Lege Å", "unitName": "Storgata", "validFrom": "2026-06-01"});
        let _ = tell(&app, &surgery, "", &[contact(SKUDDAR, "A", &moved)]).await;
        let _ = tell(&app, &surgery, "?list=full", &both("A")[1..]).await;
        assert_eq!(receipts(&patient).await.len(), 3);
    }

    async fn hn_3_a_change_that_begins_later_gives_its_receipt_on_that_day(app: TestApp) {
        app.set_time(NOW).await;
        let patient = app.member(SKUDDAR).await;
        let surgery = surgery(&app, &json!({})).await;
        let substitute = contact(SKUDDAR, "S", &json!({"validFrom": "2027-01-01", "validTo": "2027-01-31"}));

        let _ = tell(&app, &surgery, "", &[since(SKUDDAR, "A", "2020-01-01"), substitute]).await;

        assert_eq!(receipts(&patient).await.len(), 0);
        app.set_time("2026-12-31T22:59:00Z").await;
        app.deliver_all().await;
        let patient = app.citizen(SKUDDAR).await;
        assert_eq!(receipts(&patient).await.len(), 0);
        app.set_time("2026-12-31T23:00:00Z").await;
        app.deliver_all().await;
        let patient = app.citizen(SKUDDAR).await;
        assert_eq!(receipts(&patient).await.len(), 1);
        // And back to the one who was there all the time.
        app.set_time("2027-01-31T23:00:00Z").await;
        app.deliver_all().await;
        let patient = app.citizen(SKUDDAR).await;
        assert_eq!(receipts(&patient).await.len(), 2);
        assert_eq!(names(&list(&patient).await), expected(&[("Lege A", "current"), ("Lege S", "former")]));
    }

    async fn hn_3_pp_6_con_7_who_has_not_joined_gets_what_the_service_has_chosen(app: TestApp) {
        app.set_time(NOW).await;
        let holds = surgery(&app, &json!({})).await;
        let rejects = surgery(&app, &json!({"unregisteredRecipients": "reject"})).await;
        let rows = |name: &str| [since(SKUDDAR, &format!("{name}1"), "2026-01-01"), since(DOD, &format!("{name}2"), "2026-01-01")];

        // The dead get nothing from anybody.
        let held = tell(&app, &holds, "?list=full", &rows("a")).await;
        assert_eq!((counts(&held), &held["unreachable"]), ([1, 0, 0, 0, 1, 0], &json!([2])));
        let rejected = tell(&app, &rejects, "?list=full&atomic=true", &rows("a")).await;
        assert_eq!((counts(&rejected), &rejected["unreachable"]), ([0, 0, 0, 0, 2, 0], &json!([1, 2])));
        let _ = tell(&app, &holds, "?list=full", &rows("b")).await;
        assert_eq!(app.place().number("SELECT count(*) AS number FROM sending"), 1, "it waits");
        let patient = app.citizen(SKUDDAR).await;
        let _ = patient.get(&patient.own("/health-contacts")).await.problem("consent-required");

        let patient = app.member(SKUDDAR).await;

        assert_eq!(receipts(&patient).await.len(), 1);
        assert_eq!(names(&list(&patient).await), expected(&[("Lege b1", "current"), ("Lege a1", "former")]));
        // Of a service that rejects, nothing is taken after the inbox has closed.
        let _ = tell(&app, &rejects, "?list=full", &rows("a")).await;
        let _ = patient.delete("/v1/me/consent").await.expect(204);
        let renamed = contact(SKUDDAR, "a1", &json!({"personName": "Lege Å", "validFrom": "2026-01-01"}));
        assert_eq!(counts(&tell(&app, &rejects, "", &[renamed]).await), [0, 0, 0, 0, 1, 0]);
        assert_eq!(app.place().number("SELECT count(*) AS number FROM sending"), 1);
    }

    async fn hn_11_lines_that_cannot_be_taken_are_named_and_the_others_count_or_none_do(app: TestApp) {
        app.set_time(NOW).await;
        let patient = app.member(SKUDDAR).await;
        let surgery = surgery(&app, &json!({})).await;
        let _ = tell(&app, &surgery, "", &[since(SKUDDAR, "A", "2020-01-01"), since(ELDRID, "E", "2020-01-01")]).await;
        let broken = [
            since(SKUDDAR, "B", "2021-01-01"),
            json!({"nationalId": "29827200058", "externalId": " ", "kind": "friend", "role": "", "validFrom": "2020-1-1", "colour": "red"}),
            since(SKUDDAR, "B", "2022-01-01"),
            since(SKUDDAR, "E", "2020-01-01"),
            since(UNKNOWN, "C", "2020-01-01"),
            contact(SKUDDAR, "D", &json!({"serviceId": app.appeals().id})),
            contact(SKUDDAR, "F", &json!({"validTo": "2019-12-31"})),
            json!("text"),
        ];
        let ehr = app.ehr().await;
        let before = app.place().row_counts();

        let atomic = try_tell(&ehr, &surgery, "?list=full&atomic=true", &broken).await.problem("invalid-request");
        let mut counts_after = app.place().row_counts();
        counts_after.insert("audit_entry".to_owned(), before["audit_entry"]);
        assert_eq!(counts_after, before);
        let told = tell(&app, &surgery, "?list=full", &broken).await;

        let wanted = [
            ("/2/colour", "unknown_field"), ("/2/externalId", "empty"), ("/2/kind", "not_a_choice"), ("/2/nationalId", "control_digit"),
            ("/2/role", "empty"), ("/2/unitName", "required"), ("/2/validFrom", "not_a_date"), ("/3/externalId", "duplicate"),
            ("/4/nationalId", "another_citizens"), ("/5/nationalId", "not_registered"), ("/6/serviceId", "unknown_service"),
            ("/7/validTo", "ends_before_start"), ("/8", "wrong_type"),
        ];
        let wanted: Vec<(String, String)> = wanted.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
        let found = atomic.violations();
        assert_eq!(found.iter().filter(|pair| pair.0 != "/8").collect::<Vec<_>>(), wanted.iter().filter(|pair| pair.0 != "/8").collect::<Vec<_>>());
        assert_eq!(counts(&told), [1, 0, 0, 0, 0, 7], "a broken full list closes nobody: {told}");
        let lines: Vec<u64> = told["rejected"].as_array().expect("a list").iter().map(|line| line["line"].as_u64().expect("a number")).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(names(&list(&patient).await), expected(&[("Lege B", "current"), ("Lege A", "current")]));
        let _ = try_tell(&ehr, &surgery, "?list=full", &[]).await.problem("invalid-request");
        let _ = try_tell(&ehr, &surgery, "?list=most", &[]).await.problem("invalid-request");
        let text = ehr.request(Method::PUT, &surgery.path("/health-contacts")).body("text/plain", "{}".to_owned());
        let _ = text.await.problem("unsupported-media-type");
        let long = "x".repeat(5000);
        let request = ehr.request(Method::PUT, &surgery.path("/health-contacts")).body("application/x-ndjson", long);
        let _ = request.try_send().await.expect("an answer").problem("payload-too-large");
        assert_eq!(app.place().row_counts()["health_contact_line"], 0);
    }

    async fn hn_11_a_batch_of_several_chunks_counts_whole_or_not_at_all(app: TestApp) {
        app.set_time(NOW).await;
        let patient = app.member(SKUDDAR).await;
        let surgery = surgery(&app, &json!({"kind": "hospitalDepartment"})).await;
        let rows: Vec<Value> = (0..2300).map(|n| since(SKUDDAR, &format!("n{n}"), "2020-01-01")).collect();
        let mut cut: String = rows.iter().map(|row| format!("{row}\n")).collect();
        cut.push_str(&"x".repeat(5000));

        let request = app.ehr().await.request(Method::PUT, &surgery.path("/health-contacts")).body("application/x-ndjson", cut);
        let _ = request.try_send().await.expect("an answer").problem("payload-too-large");
        let stored = |table: &str| app.place().row_counts()[table];
        assert_eq!((stored("health_contact"), stored("health_contact_line")), (0, 0));
        assert_eq!(counts(&tell(&app, &surgery, "?atomic=true", &rows).await), [2300, 0, 0, 0, 0, 0]);
        assert_eq!(counts(&tell(&app, &surgery, "?list=full", &rows[..1]).await), [0, 0, 1, 2299, 0, 0]);

        let first = patient.get(&patient.own("/health-contacts?limit=2")).await.expect(200);
        assert_eq!(names(&first)[0], ("Lege n0".to_owned(), "current".to_owned()));
        assert_eq!(names(&first)[1].1, "former");
    }

    async fn hn_11_adr_11_a_citizen_who_is_not_known_here_is_asked_for_and_nothing_counts_while_that_cannot_be(app: TestApp) {
        app.set_time(NOW).await;
        let surgery = surgery(&app, &json!({})).await;
        let ehr = app.ehr().await;
        let rows = [since(SKUDDAR, "A", "2020-01-01"), since(NILS, "N", "2020-01-01")];
        app.take_register_away().await;
        let before = app.place().row_counts()["health_contact"];

        let _ = try_tell(&ehr, &surgery, "", &rows).await.problem("register-unavailable");

        assert_eq!((app.place().row_counts()["health_contact"], app.place().row_counts()["health_contact_line"]), (before, 0));
        // Those who are known need no register.
        assert_eq!(counts(&tell(&app, &surgery, "", &rows[..1]).await), [1, 0, 0, 0, 0, 0]);
        app.bring_register_back().await;
        assert_eq!(counts(&tell(&app, &surgery, "", &rows).await), [1, 0, 1, 0, 0, 0]);
        let nils = app.member(NILS).await;
        let me = nils.get("/v1/me").await.expect(200);
        let nils = nils.within(me.text("mailboxId"));
        assert_eq!(names(&list(&nils).await), expected(&[("Lege N", "current")]));
    }

    async fn hn_11_chi_1_ful_5_dh_7_who_acts_for_the_owner_sees_the_contacts_of_services_open_to_them(app: TestApp) {
        app.set_time(NOW).await;
        app.open_inbox_of(SKUDD);
        app.open_inbox_of(NESTEN_TOLV);
        let open = surgery(&app, &json!({})).await;
        let closed = surgery(&app, &json!({"parents": "never", "powerOfAttorney": false})).await;
        let (owner, holder) = (app.member(SKUDDAR).await, app.member(MILLENNIA).await);
        let _ = app.give_power(&owner, MILLENNIA).await.expect(201);
        for citizen in [SKUDD, SKUDDAR, NESTEN_TOLV] {
            let hidden = contact(citizen, &format!("{citizen}-h"), &json!({"serviceId": closed.id}));
            let _ = tell(&app, &open, "", &[since(citizen, citizen, "2020-01-01"), hidden]).await;
            let _ = tell(&app, &closed, "", &[since(citizen, citizen, "2020-01-01")]).await;
        }
        let ehr = app.ehr().await;
        let member = ehr.put(&open.path("/members"), &json!({"nationalId": DAGNY})).await.expect(200);
        let follow_up = json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": member.text("personId")}});
        let _ = ehr.put(&open.path("/follow-ups"), &follow_up).await.expect(200);
        let within = async |caller: &str, owner: &str| app.citizen(caller).await.within(&app.person(owner).mailbox);

        let by_parent = list(&within(KAJA, SKUDD).await).await;
        let by_holder = list(&holder.within(&owner.mailbox)).await;
        let by_nurse = list(&app.health_worker(DAGNY, app.clinic()).await.within(&owner.mailbox)).await;
        let by_owner = list(&owner).await;

        assert_eq!(names(&by_parent), expected(&[(&format!("Lege {SKUDD}"), "current")]));
        assert_eq!((&by_parent.items()[0]["canWrite"], by_holder.items().len()), (&json!(true), 1));
        assert_eq!((by_owner.items().len(), by_nurse.items().len()), (3, 2));
        // A nurse does not write in the citizen's place, and a parent of a child of 12 no more (CHI-5).
        assert!(by_nurse.items().iter().all(|item| item["canWrite"] == false && dialogue_of(item)["reason"] == "notForCaller"));
        app.advance("P1D").await;
        let mother = list(&within(NINA, NESTEN_TOLV).await).await;
        assert_eq!((mother.items().len(), &dialogue_of(&mother.items()[0])["reason"]), (1, &json!("notForCaller")));
        let _ = app.member(ELDRID).await.within(&owner.mailbox).get(&format!("/v1/mailboxes/{}/health-contacts", owner.mailbox)).await.problem("not-found");
    }

    async fn hn_11_hn_9_at_a_protected_address_contacts_of_services_closed_to_it_are_not_shown(app: TestApp) {
        app.set_time(NOW).await;
        let patient = app.member(SKJULT).await;
        let open = surgery(&app, &json!({})).await;
        let closed = surgery(&app, &json!({"availableAtProtectedAddress": false})).await;
        let _ = tell(&app, &open, "", &[since(SKJULT, "A", "2020-01-01")]).await;
        // It is kept, as any message of that service would be held.
        let told = tell(&app, &closed, "", &[since(SKJULT, "B", "2020-01-01")]).await;

        assert_eq!(names(&list(&patient).await), expected(&[("Lege A", "current")]));
        assert_eq!(counts(&told), [1, 0, 0, 0, 0, 0]);
        let _ = app.change_person(SKJULT, &json!({"protection": "ungraded"})).await;
        assert_eq!(list(&patient).await.items().len(), 2);
    }
}

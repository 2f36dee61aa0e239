//! Whoever has a number and nothing else learns nothing by it: not whether somebody has a protected address, is dead or is known here,
//! and nobody's name (ADR-8, ADR-9, FUL-13).

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Answer, Request, TestApp, stories, without_instance};

use crate::operations::far_appointment;
use crate::persons::{ANNE, DOD, ELDRID, IDA, LILLE, MILLENNIA, NILS, SKJULT, SKUDDAR, UNKNOWN};

/// Grown up: ordinary, protected, dead, known to the register alone, and in no register.
const ADULTS: &[&str] = &[MILLENNIA, SKJULT, DOD, NILS, UNKNOWN];
/// Those of them whom the register has.
const REGISTERED: &[&str] = &[MILLENNIA, SKJULT, DOD, NILS];
/// Those of them who live.
const LIVING: &[&str] = &[MILLENNIA, SKJULT, NILS];
/// Those of them who are no more, or never were.
const GONE: &[&str] = &[DOD, UNKNOWN];
/// Children, the second with a protected address.
const CHILDREN: &[&str] = &[LILLE, IDA];

/// The operations that take a number, each with groups of persons of whom the answers tell nothing apart. What routing tells a sender
/// goes by whether somebody lives and has opened their inbox; a system that names somebody for its own work hears whether the
/// register has them.
const CASES: [(&str, &[&[&str]]); 12] = [
    ("powerOfAttorneyGive", &[ADULTS, CHILDREN]),
    ("registeredPowerCreate", &[ADULTS, CHILDREN]),
    ("registeredPowerConfirm", &[ADULTS, CHILDREN]),
    ("memberPut", &[REGISTERED, CHILDREN]),
    ("followUpPut", &[REGISTERED, CHILDREN]),
    ("accessRecord", &[REGISTERED, CHILDREN]),
    ("relationshipPut", &[ADULTS, CHILDREN]),
    ("healthContactPut", &[LIVING, CHILDREN]),
    ("serviceAppointmentPut", &[LIVING, CHILDREN]),
    ("messageSend", &[LIVING, CHILDREN]),
    ("routingPreview", &[LIVING, CHILDREN]),
    ("reachabilityCheck", &[LIVING, GONE, CHILDREN]),
];

/// The callers of the operations.
struct Callers {
    giver: Actor,
    operator: Actor,
    system: Actor,
    nurse: Actor,
    nurse_id: String,
    /// The confirmation of one that waits, and the operator who may give it.
    waiting: (Actor, String),
}

impl Callers {
    async fn of(app: &TestApp) -> Self {
        let system = app.ehr().await;
        let members = app.dermatology().path("/members");
        let nurse_id = system.put(&members, &json!({"nationalId": ANNE})).await.expect(200).text("personId").to_owned();
        let form = json!({"giver": {"nationalId": SKUDDAR}, "holder": {"nationalId": ANNE}, "kind": "powerOfAttorney",
            "areas": [3], "caseNumber": "2026/17", "consentLevel": "basis"});
        let waiting = app.operator().await.post("/v1/powers-of-attorney", &form).await.expect(201).id();
        Self {
            giver: app.member(ELDRID).await,
            operator: app.operator().await,
            nurse: app.health_worker(ANNE, app.clinic()).await,
            system,
            nurse_id,
            waiting: (app.other_operator().await, format!("/v1/powers-of-attorney/{waiting}/confirmation")),
        }
    }

    fn ask(&self, app: &TestApp, operation: &str, number: &str) -> Request {
        let (person, path) = (json!({"nationalId": number}), |rest| app.dermatology().path(rest));
        let by = self.system.clone();
        let batch =
            |rest, row: &Value| by.request(Method::PUT, &path(rest)).body("application/x-ndjson", format!("{row}\n"));
        match operation {
            "powerOfAttorneyGive" => {
                self.giver.post("/v1/me/powers-of-attorney", &json!({"holder": person, "areas": [3]}))
            }
            "registeredPowerCreate" => {
                let form = json!({"giver": {"nationalId": SKUDDAR}, "holder": person, "kind": "powerOfAttorney",
                    "areas": [3], "caseNumber": "2026/17", "consentLevel": "basis"});
                self.operator.post("/v1/powers-of-attorney", &form)
            }
            "registeredPowerConfirm" => {
                let form = json!({"giver": {"nationalId": SKUDDAR}, "holder": person, "caseNumber": "2026/17"});
                self.waiting.0.put(&self.waiting.1, &form)
            }
            "memberPut" => by.put(&path("/members"), &person),
            "followUpPut" => {
                let follow_up = json!({"patient": person, "member": {"personId": self.nurse_id}});
                by.put(&path("/follow-ups"), &follow_up)
            }
            "accessRecord" => {
                let access = json!({"patient": person, "reason": "Vikar"});
                self.nurse.post(&path("/recorded-accesses"), &access)
            }
            "relationshipPut" => batch("/relationships", &person),
            "healthContactPut" => {
                let contact = json!({"nationalId": number, "externalId": number, "unitName": "Solvika",
                    "validFrom": "2020-01-01"});
                batch("/health-contacts", &contact)
            }
            "serviceAppointmentPut" => {
                by.put(&path(&format!("/appointments/a{}", &number[6..])), &far_appointment(number))
            }
            "messageSend" => {
                let message = json!({"recipient": person, "kind": "letter", "subject": "Svar", "body": "Tekst"});
                by.post(&path("/messages"), &message).key(number)
            }
            "routingPreview" => by.post(&path("/routing-preview"), &json!({"recipient": person, "kind": "letter"})),
            "reachabilityCheck" => {
                let question = json!({"serviceId": app.dermatology().id, "nationalIds": [number]});
                by.post("/v1/recipients/reachability", &question)
            }
            other => panic!("{other} has no request"),
        }
    }
}

/// What an answer tells of somebody: all of it, but for ids, times and the number that was asked by.
fn told(answer: &Answer, number: &str) -> String {
    let (status, mut headers, body) = without_instance(answer);
    // The length goes by how many digits a time has, and the list by the thread.
    headers.retain(|(name, _)| !["content-length", "access-control-expose-headers"].contains(&name.as_str()));
    let all = format!("{status} {headers:?} {body}").replace(number, "the number").replace(&number[6..], "…");
    let words = all.split_inclusive(|end: char| !(end.is_ascii_alphanumeric() || "-:.+".contains(end)));
    words.map(masked).collect()
}

fn masked(word: &str) -> &str {
    let bare = word.trim_end_matches(|end: char| !end.is_ascii_alphanumeric());
    let is_time = chrono::DateTime::parse_from_rfc3339(bare).is_ok();
    let is_tag = bare.len() > 20 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_time || is_tag || uuid::Uuid::parse_str(bare).is_ok() { "*" } else { word }
}

/// The operations of the contract whose body has a person's number in it, however deep.
fn operations_with_a_number() -> BTreeSet<String> {
    let contract = api::openapi::document(false);
    let paths = contract["paths"].as_object().expect("paths");
    let operations = paths.values().flat_map(|path| path.as_object().expect("operations").values());
    operations
        .filter(|operation| has_number(&contract, &operation["requestBody"]))
        .map(|operation| operation["operationId"].as_str().expect("an id").to_owned())
        .collect()
}

fn has_number(contract: &Value, schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => fields.iter().any(|(name, value)| match (name.as_str(), value) {
            ("$ref", Value::String(target)) => {
                has_number(contract, contract.pointer(target.trim_start_matches('#')).expect("a schema"))
            }
            ("properties", Value::Object(properties)) => properties.iter().any(|(name, value)| {
                ["nationalId", "nationalIds"].contains(&name.as_str()) || has_number(contract, value)
            }),
            (_, value) => has_number(contract, value),
        }),
        Value::Array(items) => items.iter().any(|item| has_number(contract, item)),
        _ => false,
    }
}

#[test]
fn every_operation_that_takes_a_number_is_in_the_table() {
    let in_table: BTreeSet<String> = CASES.iter().map(|(operation, _)| (*operation).to_owned()).collect();
    assert_eq!(operations_with_a_number(), in_table);
}

stories! {
    async fn adr_8_adr_9_ful_13_a_number_tells_nobody_how_it_stands_with_somebody_nor_their_name(app: TestApp) {
        let callers = Callers::of(&app).await;
        let mut persons = app.nobody().get("/sandbox/persons").await.expect(200).items().to_vec();
        persons.retain(|person| person["nationalId"] != ELDRID && person["nationalId"] != ANNE && person["nationalId"] != SKUDDAR);
        for (operation, groups) in CASES {
            for group in groups {
                let mut first = None;
                for number in *group {
                    let answer = callers.ask(&app, operation, number).await;

                    assert!(answer.status < 500, "{operation}: {answer:?}");
                    let told = told(&answer, number);
                    assert_eq!(first.get_or_insert(told.clone()), &told, "{operation}: {} and {number}", group[0]);
                    let name = persons.iter().find(|person| person["nationalId"] == *number);
                    let name = name.and_then(|person| person["name"].as_str());
                    assert!(name.is_none_or(|name| !told.contains(name)), "{operation} names {number}");
                }
            }
        }
    }

    async fn ful_13_what_a_giver_sees_afterwards_tells_nothing_either(app: TestApp) {
        let giver = app.member(ELDRID).await;
        for number in ADULTS {
            let _ = giver.post("/v1/me/powers-of-attorney", &json!({"holder": {"nationalId": number}, "areas": [3]})).await.expect(201);
        }
        for number in [MILLENNIA, SKJULT] {
            let _ = app.citizen(number).await.get(&giver.own("/messages")).await;
        }
        let seen = async |path: &str, field: &str| {
            let answer = giver.get(path).await.expect(200);
            let items = answer.body[field].as_array().expect("a list").clone();
            let of = |number: &str| {
                let item = items.iter().find(|item| item.to_string().contains(number)).unwrap_or_else(|| panic!("{path}: {number}"));
                let words = item.to_string().replace(number, "the number");
                words.split_inclusive(|end: char| !(end.is_ascii_alphanumeric() || "-:.+".contains(end))).map(masked).collect::<String>()
            };
            ADULTS.iter().map(|number| of(number)).collect::<BTreeSet<_>>()
        };

        assert_eq!(seen("/v1/me/powers-of-attorney", "items").await.len(), 1);
        assert_eq!(seen(&giver.own("/access"), "others").await.len(), 1);

        let subjects = giver.get(&giver.own("/messages")).await.expect(200);
        assert_eq!(subjects.each("subject"), ["Du har gitt en fullmakt"; 5]);
    }

    async fn ful_2_nobody_is_kept_for_being_named_as_a_holder(app: TestApp) {
        let giver = app.member(ELDRID).await;
        let known = || app.place().row_counts()["mailbox"];
        let before = known();

        for number in [NILS, UNKNOWN] {
            let _ = giver.post("/v1/me/powers-of-attorney", &json!({"holder": {"nationalId": number}, "areas": [3]})).await.expect(201);
        }

        assert_eq!(known(), before);
    }

    async fn dh_7_who_is_made_a_member_sees_it_in_their_own_log(app: TestApp) {
        let (system, nurse) = (app.ehr().await, app.member(ANNE).await);
        let members = app.dermatology().path("/members");
        let id = system.put(&members, &json!({"nationalId": ANNE})).await.expect(200).text("personId").to_owned();
        let _ = system.delete(&format!("{members}/{id}")).await.expect(204);

        let log = nurse.get(&nurse.own("/access-log")).await.expect(200);

        let of_staff = |entry: &&Value| ["putMember", "removeMember"].contains(&entry["action"].as_str().unwrap_or_default());
        let staff: Vec<&Value> = log.items().iter().filter(of_staff).collect();
        assert_eq!(staff.len(), 2, "{log:?}");
        assert!(staff.iter().all(|entry| entry["object"]["id"] == app.dermatology().id.as_str()));
    }
}

//! Every operation × every actor. What comes out stands in `docs/operations-matrix.md`; a difference fails, and
//! `UPDATE_DOCS=1` writes it anew. A refusal changes nothing and is on record.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Answer, Service, TestApp, files, stories};

use crate::contract::{Operation, operations};
use crate::operations::{
    OPEN, access_request, agreement, body, far_appointment, if_match, job_in_trouble, registered_client,
    uncertain_letter, unframed,
};
use crate::persons::{DAGNY, ELDAR, ELDRID, MILLENNIA, MONA, NAVN, NESTEN_SEKSTEN, SKUDDAR};

/// What stands in front of the table.
const HEAD: &str = "\
# Who may call what

Every operation of the contract that takes a token, by everybody who can call it: the status that comes back. Written by a
test, which fails when it is not so (`UPDATE_DOCS=1 ./test every_operation_by_every_actor` writes it anew, to be read before
it is committed). A `403` tells a caller who may know of the thing why not; a `404` is the same, byte for byte, as for an id
that nobody has.

The mailbox is an adult's, who gave a power of attorney to the holder, for whom another was assigned, and whom the nurse
follows up. For the child and the parent it is that of the child, who is 15 and has no access of its own.

";

const CALLERS: [&str; 10] =
    ["owner", "holder", "assigned", "nurse", "child", "parent", "stranger", "own system", "other system", "operator"];

/// Operations that take something away from others in the world come last.
const LAST: [&str; 15] = [
    "messageDelete",
    "meLock",
    "meUnlock",
    "followUpRemove",
    "memberRemove",
    "youthAccessTake",
    "powerOfAttorneyEnd",
    "registeredPowerEnd",
    "mailboxConsentWithdraw",
    "meConsentWithdraw",
    "webhookDelete",
    "clientEnd",
    "clientRegister",
    "agreementEnd",
    "organisationEnd",
];

struct World {
    app: TestApp,
    actors: BTreeMap<&'static str, Actor>,
    service: Service,
    /// Of the adult, and of the child.
    ids: [BTreeMap<&'static str, String>; 2],
    /// A place for a file in the adult's mailbox.
    mailbox_upload: String,
    /// The job of a letter to the adult that a printer may have.
    uncertain: String,
}

impl World {
    async fn new(app: TestApp) -> Self {
        let (owner, child) = (app.member(SKUDDAR).await, app.citizen(NESTEN_SEKSTEN).await);
        let (holder, parent) = (app.member(MILLENNIA).await, app.member(ELDRID).await);
        app.make_responsible(NESTEN_SEKSTEN, &[ELDRID]).await;
        let _ = parent.put(&child.own("/consent"), &json!({"level": "basis"})).await.expect(200);
        let power = app.give_power(&owner, MILLENNIA).await.expect(201).id();
        let _ = app.assign_power(SKUDDAR, NAVN).await.expect(201);
        let ehr = app.ehr().await;
        let policy =
            json!({"parents": "until16", "unregisteredRecipients": "hold", "dialogue": {"cancellationLimitHours": 0}});
        let service = app.open_service(&app.operator().await, app.clinic(), &policy).await;
        let member = ehr.put(&service.path("/members"), &json!({"nationalId": DAGNY})).await.expect(200);
        let person = member.text("personId").to_owned();
        for patient in [SKUDDAR, NESTEN_SEKSTEN] {
            let body = json!({"patient": {"nationalId": patient}, "member": {"personId": person}});
            let _ = ehr.put(&service.path("/follow-ups"), &body).await.expect(200);
        }
        let upload = ehr.post(&service.path("/uploads"), &json!({"fileName": "a.pdf"})).key("u").await.expect(201).id();
        let mailbox_upload = owner.post(&owner.own("/uploads"), &json!({"fileName": "a.pdf"})).await.expect(201).id();
        let hook = body("webhookCreate").expect("a body");
        let webhook = ehr.post("/v1/webhooks", &hook).await.expect(201).id();
        let nurse = app.health_worker(DAGNY, app.clinic()).await;
        let uncertain = uncertain_letter(&app, &owner.mailbox, &app.message("Brev").deliver().await);
        app.deliver_all().await;
        let operator = app.operator().await;
        let client = registered_client(&app, &operator).await;
        let agreement = agreement(&app, &operator).await;
        let mut ids = [BTreeMap::new(), BTreeMap::new()];
        for (ids, of) in ids.iter_mut().zip([&owner, &child]) {
            ids.insert("{mailboxId}", of.mailbox.clone());
            ids.insert("{serviceId}", service.id.clone());
            ids.insert("{uploadId}", upload.clone());
            ids.insert("{organisationId}", app.clinic().id.clone());
            ids.insert("{document}", "termsOfUse".to_owned());
            ids.insert("{personId}", person.clone());
            ids.insert("{powerOfAttorneyId}", power.clone());
            ids.insert("{code}", "3".to_owned());
            ids.insert("{form}", "tiltak".to_owned());
            ids.insert("{jobId}", job_in_trouble(&app, &of.mailbox));
            ids.insert("{webhookId}", webhook.clone());
            ids.insert("{clientId}", client.clone());
            ids.insert("{agreementId}", agreement.clone());
        }
        let actors = [
            owner,
            holder,
            app.member(NAVN).await,
            nurse,
            child,
            parent,
            app.member(ELDAR).await,
            ehr,
            app.system(app.appeals_body()).await,
            app.operator().await,
        ];
        Self { actors: CALLERS.into_iter().zip(actors).collect(), app, service, ids, mailbox_upload, uncertain }
    }

    /// A letter of its own for a call, so that what one caller did to it does not change the next answer.
    async fn letter(&self, is_child: bool) -> [String; 3] {
        let to = if is_child { NESTEN_SEKSTEN } else { SKUDDAR };
        let id = self.app.message("Svar").to(to).from(&self.actors["own system"], &self.service);
        let id = id.kind("dialogue").file(files::pdf()).deliver().await;
        let letter = self.actors["nurse"].get(&format!("{}/messages/{id}", self.mailbox(is_child))).await.expect(200);
        let (file, conversation) = (letter["attachments"][0]["id"].as_str(), letter["conversationId"].as_str());
        [id, file.expect("a file").to_owned(), conversation.expect("a conversation").to_owned()]
    }

    /// An appointment of its own for a call, likewise: the service's name for it, and its id.
    async fn appointment(&self, is_child: bool) -> (String, String) {
        let name = self.app.unique("appointment-");
        let citizen = if is_child { NESTEN_SEKSTEN } else { SKUDDAR };
        let path = self.service.path(&format!("/appointments/{name}"));
        let told = self.actors["own system"].put(&path, &far_appointment(citizen)).await.expect(201);
        (name, told.id())
    }

    /// A draft of the owner's for a call, likewise.
    async fn draft(&self) -> String {
        let drafts = format!("{}/drafts", self.mailbox(false));
        self.actors["owner"].post(&drafts, &access_request(&self.service.id)).await.expect(201).id()
    }

    fn mailbox(&self, is_child: bool) -> String {
        format!("/v1/mailboxes/{}", self.ids[usize::from(is_child)]["{mailboxId}"])
    }

    async fn call(&self, operation: &Operation, caller: &str) -> Answer {
        let is_child = ["child", "parent"].contains(&caller);
        let mut path = operation.path.clone();
        if operation.id == "mailboxUploadFill" {
            path = path.replace("{uploadId}", &self.mailbox_upload);
        }
        if operation.id == "jobSettle" {
            path = path.replace("{jobId}", &self.uncertain);
        }
        let mut path = self.ids[usize::from(is_child)].iter().fold(path, |path, (name, id)| path.replace(name, id));
        if has_letter(operation) {
            let [message, attachment, conversation] = self.letter(is_child).await;
            path = path.replace("{messageId}", &message).replace("{attachmentId}", &attachment);
            path = path.replace("{conversationId}", &conversation);
        }
        if path.contains("{draftId}") {
            path = path.replace("{draftId}", &self.draft().await);
        }
        if path.contains("{appointmentId}") || path.contains("{externalId}") {
            let (name, id) = self.appointment(is_child).await;
            path = path.replace("{externalId}", &name).replace("{appointmentId}", &id);
        }
        let method = Method::from_bytes(operation.method.as_bytes()).expect("a method");
        let request = if_match(operation, self.actors[caller].request(method, &path));
        match self.body(&operation.id) {
            Some(body) => request.json(&body).key(&self.app.unique("matrix-")),
            None => unframed(operation, request),
        }
        .await
    }

    fn body(&self, operation: &str) -> Option<Value> {
        let person = &self.ids[0]["{personId}"];
        match operation {
            "followUpPut" => Some(json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": person}})),
            "assignmentPut" => Some(json!({"member": {"personId": person}})),
            "inquirySend" | "draftChange" => Some(access_request(&self.service.id)),
            "reachabilityCheck" => Some(json!({"serviceId": self.service.id, "nationalIds": [SKUDDAR]})),
            "journalReceiptCreate" => {
                let nothing_marked = uuid::Uuid::from_u128(7);
                Some(json!({"conversationId": nothing_marked, "journalReference": "EPJ-1"}))
            }
            "serviceChange" => Some(json!({"name": "Ny tjeneste", "kind": "specialist", "parents": "until16",
                "unregisteredRecipients": "hold", "dialogue": {"cancellationLimitHours": 0}})),
            "powerOfAttorneyGive" => Some(json!({"holder": {"nationalId": MONA}, "areas": [3]})),
            other => body(other),
        }
    }
}

/// Whether a call is about something that it gets for itself.
fn has_own(operation: &Operation) -> bool {
    has_letter(operation)
        || ["{appointmentId}", "{externalId}", "{draftId}"].iter().any(|name| operation.path.contains(name))
}

/// Whether it is about a message or conversation.
fn has_letter(operation: &Operation) -> bool {
    operation.path.contains("{messageId}") || operation.path.contains("{conversationId}")
}

/// How many rows each table has but the log, and how many the log.
fn counts(app: &TestApp) -> (BTreeMap<String, i64>, i64) {
    let mut counts = app.place().row_counts();
    counts.remove("audit_entry");
    // What strangers try is counted in one row.
    (counts, app.place().number("SELECT coalesce(sum(count), 0) AS number FROM audit_entry"))
}

stories! {
    async fn every_operation_by_every_actor(app: TestApp) {
        let world = World::new(app).await;
        let mut all: Vec<Operation> =
            operations().into_iter().filter(|operation| OPEN.iter().all(|(open, _)| *open != operation.id)).collect();
        all.sort_by_key(|operation| LAST.iter().position(|last| *last == operation.id));
        let mut rows: BTreeMap<String, String> = BTreeMap::new();
        for operation in &all {
            let mut row = format!("| {} |", operation.id);
            let mut statuses = BTreeMap::new();
            // Nor what was left on its way by an operation that is over.
            world.app.deliver_all().await;
            let mut before = counts(&world.app);
            for caller in CALLERS {
                let answer = world.call(operation, caller).await;
                if answer.status < 400 {
                    // What was accepted is on its way; what happens to it is not the doing of the next caller.
                    world.app.deliver_all().await;
                }
                let after = counts(&world.app);
                if answer.status >= 400 {
                    answer.check_problem();
                    // Something of its own was sent for the call.
                    if !has_own(operation) {
                        assert_eq!(before.0, after.0, "{} by {caller} changes something: {answer}", operation.id);
                    }
                    assert!(after.1 > before.1, "{} by {caller} is not on record: {answer}", operation.id);
                }
                statuses.insert(caller, answer.status);
                before = after;
            }
            for caller in CALLERS {
                let _ = write!(row, " {} |", statuses[caller]);
            }
            rows.insert(operation.id.clone(), row);
        }

        let mut text = HEAD.to_owned();
        let _ = writeln!(text, "| operation | {} |", CALLERS.join(" | "));
        let _ = writeln!(text, "|---|{}", "---|".repeat(CALLERS.len()));
        for row in rows.into_values() {
            let _ = writeln!(text, "{row}");
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations-matrix.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &text).expect("the file can be written");
        }
        let expected = std::fs::read_to_string(path).expect("the file is there: UPDATE_DOCS=1 writes it");
        assert_eq!(text, expected);
    }
}

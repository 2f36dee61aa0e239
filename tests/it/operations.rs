//! What holds for every operation of the contract, counted: a new operation without a case fails here.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Answer, Request, TestApp, files, stories, without_instance};

use crate::contract::{Operation, operations};
use crate::persons::{DAGNY, ELDAR, ELDRID, MILLENNIA, NAVN, NESTEN_SEKSTEN, SKUDDAR};

/// Open to everybody, each for a reason. This list only shrinks.
pub(crate) const OPEN: [(&str, &str); 18] = [
    ("healthLive", "load balancers ask without a token; it tells nothing"),
    ("healthReady", "load balancers ask without a token; it tells nothing of anybody"),
    ("metricsShow", "monitoring asks without a token; no figure is about a person"),
    ("openapiShow", "the contract is public"),
    ("problem_index", "the types of problems are public"),
    ("problem_page", "the types of problems are public"),
    ("privacyNoticeList", "privacy notices are open to everybody (PP-11)"),
    ("privacyNoticeShow", "privacy notices are open to everybody (PP-11)"),
    ("privacyNoticeVersionShow", "privacy notices are open to everybody (PP-11)"),
    ("sandboxTokenCreate", "not there in production"),
    ("sandboxPersonList", "not there in production"),
    ("sandboxPersonChange", "not there in production"),
    ("sandboxOrganisationList", "not there in production"),
    ("sandboxClockShow", "not there in production"),
    ("sandboxOutboxShow", "not there in production"),
    ("sandboxClockSet", "not there in production"),
    ("sandboxFaultsShow", "not there in production"),
    ("sandboxFaultsSet", "not there in production"),
];

/// Operations that leave no audit entry, each for a reason. This list only shrinks.
const UNRECORDED: [(&str, &str); 2] = [
    ("serviceAreaList", "names of areas, which tell of nobody"),
    ("serviceShow", "settings of the caller's own service, which tell of nobody"),
];

/// Whose operation it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Citizen,
    System,
    Operator,
    /// Somebody with parental responsibility, of the child's mailbox.
    Parent,
    /// A member of the service, of a patient whom they follow up.
    Staff,
    /// As a member, or a system of the organisation.
    Desk,
    /// Of everybody who shows a token.
    Anybody,
}

/// Every operation that takes a token: whose it is, what it sends, and what comes back. Those that take something away
/// come last.
const CASES: [(&str, Owner, u16); 117] = [
    ("meShow", Owner::Citizen, 200),
    ("meMailboxList", Owner::Citizen, 200),
    ("meConsentSet", Owner::Citizen, 200),
    ("meConsentHistory", Owner::Citizen, 200),
    ("meAcceptancePut", Owner::Citizen, 200),
    ("meContactDetailsShow", Owner::Citizen, 200),
    ("meContactDetailsChange", Owner::Citizen, 200),
    ("meNotificationSettingsShow", Owner::Citizen, 200),
    ("meNotificationSettingsChange", Owner::Citizen, 200),
    ("mailboxShow", Owner::Citizen, 200),
    ("messageList", Owner::Citizen, 200),
    ("messageShow", Owner::Citizen, 200),
    ("messageMark", Owner::Citizen, 204),
    ("attachmentFetch", Owner::Citizen, 200),
    ("serviceAppointmentPut", Owner::System, 200),
    ("serviceAppointmentShow", Owner::System, 200),
    ("appointmentList", Owner::Citizen, 200),
    ("appointmentShow", Owner::Citizen, 200),
    ("appointmentCancel", Owner::Citizen, 201),
    ("serviceAppointmentCancel", Owner::System, 204),
    ("accessLogList", Owner::Citizen, 200),
    ("accessExplain", Owner::Citizen, 200),
    ("mailboxConsentSet", Owner::Citizen, 200),
    ("messageWithholdFromHolders", Owner::Citizen, 204),
    ("messageWithholdFromParents", Owner::Staff, 204),
    ("youthAccessGive", Owner::Parent, 204),
    ("meLock", Owner::Citizen, 204),
    ("meUnlock", Owner::Citizen, 204),
    ("memberPut", Owner::System, 200),
    ("memberList", Owner::System, 200),
    ("followUpPut", Owner::System, 200),
    ("followUpList", Owner::System, 200),
    ("patientList", Owner::Staff, 200),
    ("accessRecord", Owner::Staff, 201),
    ("powerOfAttorneyList", Owner::Citizen, 200),
    ("powerOfAttorneyShow", Owner::Citizen, 200),
    ("powerOfAttorneyGive", Owner::Citizen, 201),
    ("powerOfAttorneyChange", Owner::Citizen, 201),
    ("registeredPowerCreate", Owner::Operator, 201),
    ("serviceAreaList", Owner::Anybody, 200),
    ("serviceAreaPut", Owner::Operator, 200),
    ("serviceShow", Owner::System, 200),
    ("serviceChange", Owner::System, 200),
    ("formPut", Owner::System, 201),
    ("formList", Owner::System, 200),
    ("relationshipPut", Owner::System, 200),
    ("relationshipList", Owner::System, 200),
    ("healthContactPut", Owner::System, 200),
    ("healthContactList", Owner::Citizen, 200),
    ("recipientList", Owner::Citizen, 200),
    ("recipientFormList", Owner::Citizen, 200),
    ("draftCreate", Owner::Citizen, 201),
    ("draftList", Owner::Citizen, 200),
    ("draftShow", Owner::Citizen, 200),
    ("draftChange", Owner::Citizen, 200),
    ("draftSend", Owner::Citizen, 201),
    ("inquirySend", Owner::Citizen, 201),
    ("mailboxUploadOpen", Owner::Citizen, 201),
    ("mailboxUploadFill", Owner::Citizen, 200),
    ("conversationList", Owner::Citizen, 200),
    ("conversationShow", Owner::Citizen, 200),
    ("replySend", Owner::Citizen, 201),
    ("queueList", Owner::Desk, 200),
    ("queueShow", Owner::Desk, 200),
    ("turnList", Owner::Desk, 200),
    ("turnAttachmentFetch", Owner::Desk, 200),
    ("turnSend", Owner::Desk, 201),
    ("assignmentPut", Owner::Desk, 200),
    ("noteAdd", Owner::Desk, 201),
    ("noteList", Owner::Desk, 200),
    ("journalMark", Owner::Desk, 200),
    ("journalDocumentShow", Owner::Desk, 200),
    ("journalReceiptCreate", Owner::Desk, 200),
    ("closurePut", Owner::Desk, 200),
    ("closureRemove", Owner::Desk, 200),
    ("messageSend", Owner::System, 201),
    ("routingPreview", Owner::System, 200),
    ("reachabilityCheck", Owner::System, 200),
    ("sendingList", Owner::System, 200),
    ("sendingShow", Owner::System, 200),
    ("uploadOpen", Owner::Desk, 201),
    ("uploadFill", Owner::Desk, 200),
    ("messageWithdraw", Owner::System, 200),
    ("uploadShow", Owner::Desk, 200),
    ("eventList", Owner::System, 200),
    ("webhookCreate", Owner::System, 201),
    ("webhookList", Owner::System, 200),
    ("webhookShow", Owner::System, 200),
    ("webhookChange", Owner::System, 200),
    ("webhookKeyAdd", Owner::System, 200),
    ("webhookTest", Owner::System, 200),
    ("webhookDeliveryList", Owner::System, 200),
    ("webhookRedeliver", Owner::System, 202),
    ("webhookDelete", Owner::System, 204),
    ("organisationRegister", Owner::Operator, 201),
    ("organisationList", Owner::Operator, 200),
    ("organisationShow", Owner::Operator, 200),
    ("agreementRegister", Owner::Operator, 201),
    ("agreementList", Owner::Operator, 200),
    ("privacyNoticeRegister", Owner::Operator, 201),
    ("clientList", Owner::Operator, 200),
    ("serviceRegister", Owner::Operator, 201),
    ("serviceList", Owner::Operator, 200),
    ("formRetire", Owner::System, 204),
    ("draftDiscard", Owner::Citizen, 204),
    ("powerOfAttorneyEnd", Owner::Citizen, 204),
    ("jobList", Owner::Operator, 200),
    ("jobRestart", Owner::Operator, 204),
    ("jobSettle", Owner::Operator, 204),
    ("registeredPowerEnd", Owner::Operator, 204),
    ("messageDelete", Owner::Citizen, 204),
    ("youthAccessTake", Owner::Parent, 204),
    ("followUpRemove", Owner::System, 204),
    ("memberRemove", Owner::System, 204),
    ("mailboxConsentWithdraw", Owner::Citizen, 204),
    ("meConsentWithdraw", Owner::Citizen, 204),
    ("clientRegister", Owner::Operator, 201),
];

/// The bodies of the operations that have one.
pub(crate) fn body(operation: &str) -> Option<Value> {
    Some(match operation {
        "meConsentSet" | "mailboxConsentSet" => json!({"level": "basis"}),
        "messageWithholdFromHolders" | "messageWithholdFromParents" => json!({"withheld": true}),
        "memberPut" => json!({"nationalId": DAGNY}),
        "accessRecord" => json!({"patient": {"nationalId": SKUDDAR}, "reason": "Vikar for fast kontakt"}),
        "meAcceptancePut" => json!({"version": "2026-01"}),
        "jobSettle" => json!({"taken": true}),
        "meContactDetailsChange" => json!({"mobile": "91234567"}),
        "meNotificationSettingsChange" => json!({"sms": false}),
        "messageMark" => json!({"read": true}),
        "serviceAppointmentPut" => far_appointment(SKUDDAR),
        "messageSend" => {
            json!({"recipient": {"nationalId": SKUDDAR}, "kind": "letter", "subject": "Svar", "body": "Tekst"})
        }
        "routingPreview" => json!({"recipient": {"nationalId": SKUDDAR}, "kind": "letter"}),
        "powerOfAttorneyGive" => json!({"holder": {"nationalId": ELDAR}, "areas": [3]}),
        "powerOfAttorneyChange" => json!({"areas": [1, 3]}),
        "registeredPowerCreate" => json!({"giver": {"nationalId": MILLENNIA}, "holder": {"nationalId": SKUDDAR},
            "kind": "powerOfAttorney", "areas": [3], "caseNumber": "2026/17", "consentLevel": "basis"}),
        "serviceAreaPut" => json!({"nb": "Område", "nn": "Område", "en": "Area"}),
        "draftCreate" => json!({"body": "Kan dere"}),
        "formPut" => json!({"title": "Tiltak", "schema": {"type": "object"}}),
        "replySend" | "turnSend" => json!({"body": "Svar"}),
        "journalMark" => json!({"relevant": true}),
        "noteAdd" => json!({"text": "Ringt, ikke svar."}),
        "uploadOpen" | "mailboxUploadOpen" => json!({"fileName": "svar.pdf"}),
        "organisationRegister" => json!({"organisationNumber": "974760673", "name": "Ny klinikk"}),
        "agreementRegister" => {
            json!({"version": "0.9", "signatoryRole": "Styreleder", "validFrom": "2019-01-01", "validTo": "2019-12-31"})
        }
        "privacyNoticeRegister" => json!({"validFrom": "2026-01-01", "nb": "# Personvern"}),
        "clientRegister" => json!({"clientId": "sandbox-ehr", "name": "Journalen"}),
        // Nobody listens there.
        "webhookCreate" => json!({"url": "https://127.0.0.1:1/hook"}),
        "webhookChange" => json!({"paused": true}),
        "webhookRedeliver" => json!({"from": 1}),
        "serviceRegister" | "serviceChange" => json!({"name": "Ny tjeneste", "kind": "specialist"}),
        _ => return None,
    })
}

/// An appointment that is far from its last moment for cancelling.
pub(crate) fn far_appointment(citizen: &str) -> Value {
    json!({"recipient": {"nationalId": citizen}, "kind": "homeVisit", "startsAt": "2099-12-03T09:00:00Z",
        "endsAt": "2099-12-03T09:30:00Z", "title": "Sårstell"})
}

/// A change goes for whatever version there is.
pub(crate) fn if_match(operation: &Operation, request: Request) -> Request {
    let parameters = operation.value["parameters"].as_array().into_iter().flatten();
    if parameters.filter(|parameter| parameter["name"] == "If-Match").count() > 0 {
        request.header("if-match", "*")
    } else {
        request
    }
}

/// A world in which everything that a path can name is there.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) ids: BTreeMap<&'static str, String>,
    mailbox_upload: String,
    /// A draft that is not sent.
    kept_draft: String,
    /// A letter that nobody opens.
    unopened: String,
    uncertain: String,
    citizen: Actor,
    system: Actor,
    operator: Actor,
    parent: Actor,
    nurse: Actor,
    child_mailbox: String,
    strangers: Vec<Actor>,
}

impl World {
    pub(crate) async fn new(app: TestApp) -> Self {
        let (citizen, system, operator) = (app.member(SKUDDAR).await, app.ehr().await, app.operator().await);
        let (message, conversation, attachment) = question(&app, &citizen, SKUDDAR).await;
        let mailbox_upload =
            citizen.post(&citizen.own("/uploads"), &json!({"fileName": "a.pdf"})).await.expect(201).id();
        let uploads = app.dermatology().path("/uploads");
        let upload = system.post(&uploads, &json!({"fileName": "a.pdf"})).key("upload").await.expect(201).id();
        let appointment = system.put(&app.dermatology().path("/appointments/case"), &far_appointment(SKUDDAR)).await;
        let appointment = appointment.expect(201).id();
        let draft =
            citizen.post(&citizen.own("/drafts"), &access_request(&app.dermatology().id)).await.expect(201).id();
        let kept_draft = citizen.post(&citizen.own("/drafts"), &json!({})).await.expect(201).id();
        let unopened = app.message("Brev").deliver().await;
        let carried = app.message("Brev").deliver().await;
        let uncertain = uncertain_letter(&app, &citizen.mailbox, &carried);
        let given = json!({"holder": {"nationalId": MILLENNIA}, "areas": [3]});
        let power = citizen.post("/v1/me/powers-of-attorney", &given).await.expect(201).id();
        app.make_responsible(NESTEN_SEKSTEN, &[NAVN]).await;
        let parent = app.member(NAVN).await;
        let members = app.dermatology().path("/members");
        let member = system.put(&members, &json!({"nationalId": DAGNY})).await.expect(200).text("personId").to_owned();
        let follow_up = json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": member}});
        let _ = system.put(&app.dermatology().path("/follow-ups"), &follow_up).await.expect(200);
        let nurse = app.health_worker(DAGNY, app.clinic()).await;
        let child_mailbox = app.person(NESTEN_SEKSTEN).mailbox.clone();
        let hook = body("webhookCreate").expect("a body");
        let webhook = system.post("/v1/webhooks", &hook).await.expect(201).id();
        app.deliver_all().await;
        let ids = BTreeMap::from([
            ("{personId}", member),
            ("{mailboxId}", citizen.mailbox.clone()),
            ("{messageId}", message),
            ("{conversationId}", conversation),
            ("{attachmentId}", attachment),
            ("{appointmentId}", appointment),
            ("{externalId}", "case".to_owned()),
            ("{serviceId}", app.dermatology().id.clone()),
            ("{uploadId}", upload),
            ("{organisationId}", app.clinic().id.clone()),
            ("{document}", "termsOfUse".to_owned()),
            ("{powerOfAttorneyId}", power),
            ("{code}", "9".to_owned()),
            ("{form}", "tiltak".to_owned()),
            ("{draftId}", draft),
            ("{jobId}", job_in_trouble(&app, &citizen.mailbox)),
            ("{webhookId}", webhook),
        ]);
        let strangers = vec![
            app.member(ELDRID).await,
            app.system(app.appeals_body()).await,
            app.health_worker(ELDRID, app.clinic()).await,
        ];
        Self {
            app,
            ids,
            mailbox_upload,
            kept_draft,
            unopened,
            uncertain,
            citizen,
            system,
            operator,
            parent,
            nurse,
            child_mailbox,
            strangers,
        }
    }

    pub(crate) fn owner(&self, owner: Owner) -> &Actor {
        match owner {
            Owner::Citizen | Owner::Anybody => &self.citizen,
            Owner::System => &self.system,
            Owner::Operator => &self.operator,
            Owner::Parent => &self.parent,
            Owner::Staff | Owner::Desk => &self.nurse,
        }
    }

    pub(crate) fn path(&self, operation: &Operation) -> String {
        if owner_of(operation) == Owner::Parent {
            return operation.path.replace("{mailboxId}", &self.child_mailbox);
        }
        let path = match operation.id.as_str() {
            "mailboxUploadFill" => operation.path.replace("{uploadId}", &self.mailbox_upload),
            "draftDiscard" => operation.path.replace("{draftId}", &self.kept_draft),
            "messageWithdraw" => operation.path.replace("{messageId}", &self.unopened),
            "jobSettle" => operation.path.replace("{jobId}", &self.uncertain),
            _ => operation.path.clone(),
        };
        self.ids.iter().fold(path, |path, (name, id)| path.replace(name, id))
    }

    /// The same path with ids that nobody has.
    fn unknown_path(&self, operation: &Operation) -> String {
        let unknown = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001).to_string();
        let words = ["{document}", "{code}"];
        let ids = self.ids.keys().filter(|name| !words.contains(name));
        let path = ids.fold(operation.path.clone(), |path, name| path.replace(name, &unknown));
        words.iter().fold(path, |path, name| path.replace(name, &self.ids[name]))
    }

    fn body(&self, operation: &str) -> Option<Value> {
        match operation {
            "followUpPut" => {
                Some(json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": self.ids["{personId}"]}}))
            }
            "assignmentPut" => Some(json!({"member": {"personId": self.ids["{personId}"]}})),
            "inquirySend" | "draftChange" => Some(access_request(&self.ids["{serviceId}"])),
            "journalReceiptCreate" => {
                Some(json!({"conversationId": self.ids["{conversationId}"], "journalReference": "EPJ-1"}))
            }
            "reachabilityCheck" => Some(json!({"serviceId": self.ids["{serviceId}"], "nationalIds": [SKUDDAR]})),
            other => body(other),
        }
    }

    pub(crate) fn call(&self, actor: &Actor, operation: &Operation, path: &str) -> Request {
        let method = Method::from_bytes(operation.method.as_bytes()).expect("a method");
        let request = if_match(operation, actor.request(method, path));
        match self.body(&operation.id) {
            Some(body) => request.json(&body).key(&self.app.unique("case-")),
            None => unframed(operation, request),
        }
    }
}

/// A job that has been given up: the end of a power of attorney that is not there.
pub(crate) fn job_in_trouble(app: &TestApp, mailbox: &str) -> String {
    let (place, id) = (app.place(), uuid::Uuid::now_v7().to_string());
    let past = place.time(chrono::DateTime::UNIX_EPOCH);
    place.execute(&format!(
        "INSERT INTO job (id, kind, mailbox_id, object_id, run_at, attempts, trouble, given_up_at)
         VALUES ({id}, 'powerExpires', {mailbox}, {id}, {past}, 20, 'away', {past})",
        id = place.id(&id),
        mailbox = place.id(mailbox),
    ));
    id
}

/// The job of a letter that a printer may have.
pub(crate) fn uncertain_letter(app: &TestApp, mailbox: &str, message: &str) -> String {
    let (place, id) = (app.place(), uuid::Uuid::now_v7().to_string());
    let past = place.time(chrono::DateTime::UNIX_EPOCH);
    let (key, mailbox, message) = (place.id(&id), place.id(mailbox), place.id(message));
    place.execute(&format!(
        "INSERT INTO job (id, kind, mailbox_id, object_id, run_at, attempts, trouble, given_up_at)
         VALUES ({key}, 'print', {mailbox}, {message}, {past}, 1, 'uncertain', {past});
         INSERT INTO handover (mailbox_id, message_id, channel, id, decided_at, may_be_taken)
         VALUES ({mailbox}, {message}, 'paper', {key}, {past}, true)",
    ));
    id
}

/// Any service takes a request for access (PP-8).
pub(crate) fn access_request(service: &str) -> Value {
    json!({"recipient": {"serviceId": service}, "kind": "accessRequest", "subject": "Innsyn", "body": "Hva har dere?"})
}

/// A message with a file that can be answered: itself, its conversation, and its file.
async fn question(app: &TestApp, citizen: &Actor, to: &str) -> (String, String, String) {
    let message = app.message("Svar").to(to).kind("dialogue").file(files::pdf()).deliver().await;
    let shown = citizen.get(&citizen.own(&format!("/messages/{message}"))).await.expect(200);
    let attachment = shown["attachments"][0]["id"].as_str().expect("a file").to_owned();
    (message, shown.text("conversationId").to_owned(), attachment)
}

/// The request with its body, where that is no object of JSON.
pub(crate) fn unframed(operation: &Operation, request: Request) -> Request {
    match operation.id.as_str() {
        "uploadFill" | "mailboxUploadFill" => request.body("application/octet-stream", files::pdf().bytes),
        "relationshipPut" => request.body("application/x-ndjson", format!("{}\n", json!({"nationalId": ELDRID}))),
        "healthContactPut" => {
            let line =
                json!({"nationalId": SKUDDAR, "externalId": "case", "unitName": "Solvika", "validFrom": "2020-01-01"});
            request.body("application/x-ndjson", format!("{line}\n"))
        }
        _ => request,
    }
}

fn owner_of(operation: &Operation) -> Owner {
    CASES.iter().find(|(id, ..)| *id == operation.id).map_or(Owner::Anybody, |(_, owner, _)| *owner)
}

fn with_token() -> Vec<(Operation, Owner, u16)> {
    let operations: BTreeMap<String, Operation> =
        operations().into_iter().map(|operation| (operation.id.clone(), operation)).collect();
    let case = |(id, owner, status)| Some((operations.get(id)?.clone(), owner, status));
    CASES.into_iter().filter_map(case).collect()
}

#[test]
fn every_operation_has_a_case_or_a_reason_to_be_open() {
    let all: BTreeSet<String> = operations().into_iter().map(|operation| operation.id).collect();
    let open = OPEN.iter().map(|(id, _)| (*id).to_owned());
    let covered: BTreeSet<String> = CASES.iter().map(|(id, ..)| (*id).to_owned()).chain(open).collect();

    assert_eq!(all, covered);
    assert_eq!(CASES.len() + OPEN.len(), all.len(), "an operation is covered once");
}

stories! {
    async fn every_operation_refuses_who_shows_no_token(app: TestApp) {
        let world = World::new(app).await;
        let counts = world.app.place().row_counts();
        for (operation, ..) in with_token() {
            for path in [world.path(&operation), world.unknown_path(&operation)] {
                let answer = world.call(&world.app.nobody(), &operation, &path).await.problem("token-missing");
                assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="brevdue""#), "{}", operation.id);
            }
        }
        assert_eq!(counts, world.app.place().row_counts());
    }

    async fn every_operation_answers_a_stranger_as_if_nothing_were_there(app: TestApp) {
        let world = World::new(app).await;
        for (operation, owner, _) in with_token() {
            // Operations without an id are about the caller alone; who may not call them is told so.
            if !operation.path.contains("Id}") {
                continue;
            }
            let operators = if owner == Owner::Operator { vec![] } else { vec![world.operator.clone()] };
            // The patient is no stranger to the own mailbox, whoever else may do what there.
            let is_patient = owner == Owner::Staff && operation.path.contains("{mailboxId}");
            let others = [&world.citizen, &world.system].into_iter().filter(|other| {
                let works_there = owner == Owner::Desk && other.token == world.system.token;
                let is_own = other.token == world.owner(owner).token || works_there;
                !(is_own || is_patient && other.token == world.citizen.token)
            });
            for stranger in world.strangers.iter().chain(&operators).chain(others) {
                let there = world.call(stranger, &operation, &world.path(&operation)).await;
                let unknown = world.call(stranger, &operation, &world.unknown_path(&operation)).await;

                there.check_problem();
                assert!([403, 404].contains(&there.status), "{}: {there}", operation.id);
                assert_eq!(without_instance(&there), without_instance(&unknown), "{}", operation.id);
            }
        }
    }

    async fn every_operation_of_things_tells_its_owner_the_same_of_unknown_ones_and_of_others(app: TestApp) {
        let world = World::new(app).await;
        // Somebody else's message, and somebody else's upload.
        let (eldrid, strange_system) = (&world.strangers[0], &world.strangers[1]);
        let (message, conversation, attachment) = question(&world.app, eldrid, ELDRID).await;
        let uploads = world.app.appeals().path("/uploads");
        let upload = strange_system.post(&uploads, &json!({"fileName": "a.pdf"})).key("u").await.expect(201).id();
        let path = world.app.dermatology().path("/appointments/theirs");
        let appointment = world.system.put(&path, &far_appointment(ELDRID)).await.expect(201).id();
        let given = json!({"holder": {"nationalId": ELDAR}, "areas": [3]});
        let power = eldrid.post("/v1/me/powers-of-attorney", &given).await.expect(201).id();
        let foreign = [
            ("{messageId}", &message),
            ("{conversationId}", &conversation),
            ("{attachmentId}", &attachment),
            ("{uploadId}", &upload),
            ("{appointmentId}", &appointment),
            ("{powerOfAttorneyId}", &power),
        ];
        let unknown = uuid::Uuid::from_u128(7).to_string();

        for (operation, owner, _) in with_token() {
            // The message of another citizen was sent by this very service, which may follow it; operators end powers of
            // attorney of everybody.
            if owner == Owner::System && operation.path.contains("{messageId}") || owner == Owner::Operator {
                continue;
            }
            // What nobody of the service has taken, any member may take.
            let takes = |name: &str| operation.id == "assignmentPut" && name == "{conversationId}";
            for (name, id) in foreign.iter().filter(|(name, _)| operation.path.contains(name) && !takes(name)) {
                let path = |id: &str| {
                    let path = operation.path.replace(name, id);
                    world.ids.iter().fold(path, |path, (name, id)| path.replace(name, id))
                };
                let theirs = world.call(world.owner(owner), &operation, &path(id)).await.problem("not-found");
                let none = world.call(world.owner(owner), &operation, &path(&unknown)).await;
                assert_eq!(without_instance(&theirs), without_instance(&none), "{} {name}", operation.id);
            }
        }
    }

    async fn every_operation_serves_its_owner_and_puts_it_on_record(app: TestApp) {
        let world = World::new(app).await;
        let mut unrecorded = vec![];
        for (operation, owner, status) in with_token() {
            let entries = || world.app.place().number("SELECT count(*) AS number FROM audit_entry");
            let before = entries();

            let answer: Answer = world.call(world.owner(owner), &operation, &world.path(&operation)).await;

            assert_eq!(answer.status, status, "{}: {answer}", operation.id);
            if entries() == before {
                unrecorded.push(operation.id);
            }
        }
        assert_eq!(unrecorded, UNRECORDED.map(|(id, _)| id));
    }

    async fn every_operation_refuses_callers_of_another_kind_and_puts_nothing_into_the_world(app: TestApp) {
        let world = World::new(app).await;
        let counts = |app: &TestApp| {
            let mut counts = app.place().row_counts();
            counts.remove("audit_entry");
            counts
        };
        let before = counts(&world.app);
        for (operation, owner, _) in with_token().into_iter().filter(|(_, owner, _)| *owner != Owner::Anybody) {
            let works_there = |other: &Owner| owner == Owner::Desk && *other == Owner::System;
            let others = [Owner::Citizen, Owner::System, Owner::Operator].into_iter();
            for other in others.filter(|other| *other != owner && !works_there(other)) {
                let answer = world.call(world.owner(other), &operation, &world.path(&operation)).await;
                answer.check_problem();
                assert!([403, 404].contains(&answer.status), "{}: {answer}", operation.id);
            }
        }
        assert_eq!(before, counts(&world.app));
    }
}

//! What holds for every operation of the contract, counted: a new operation without a case fails here.

use std::collections::{BTreeMap, BTreeSet};

use domain::access::{Word, words};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Answer, Request, TestApp, files, stories, without_instance};

use crate::contract::{Operation, operations};
use crate::persons::{DAGNY, ELDAR, ELDRID, MILLENNIA, NAVN, NESTEN_SEKSTEN, SKUDDAR};

/// Open to everybody, each for a reason. This list only shrinks.
pub(crate) const OPEN: [(&str, &str); 19] = [
    ("healthLive", "load balancers ask without a token; it tells nothing"),
    ("healthReady", "load balancers ask without a token; it tells nothing of anybody"),
    ("metricsShow", "monitoring asks without a token; no figure is about a person"),
    ("openapiShow", "the contract is public"),
    ("problem_index", "the types of problems are public"),
    ("problem_page", "the types of problems are public"),
    ("privacyNoticeList", "privacy notices are open to everybody (PP-11)"),
    ("termsList", "people read before they log in what they are to accept (DH-5)"),
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

/// Every operation that takes a token: whose it is, what comes back, and by which word it stands in the log; none where it
/// leaves no entry. Those that take something away come last.
const CASES: [(&str, Owner, u16, &str); 123] = [
    ("meShow", Owner::Citizen, 200, "seeProfile"),
    ("meMailboxList", Owner::Citizen, 200, "seeMailbox"),
    ("meConsentSet", Owner::Citizen, 200, "giveConsent"),
    ("meConsentHistory", Owner::Citizen, 200, "listConsents"),
    ("meAcceptancePut", Owner::Citizen, 200, "acceptDocument"),
    ("meContactDetailsShow", Owner::Citizen, 200, "seeContactDetails"),
    ("meContactDetailsChange", Owner::Citizen, 200, "changeContactDetails"),
    ("meNotificationSettingsShow", Owner::Citizen, 200, "seeNotificationSettings"),
    ("meNotificationSettingsChange", Owner::Citizen, 200, "changeNotificationSettings"),
    ("mailboxShow", Owner::Citizen, 200, "seeMailbox"),
    ("messageList", Owner::Citizen, 200, "listMessages"),
    ("messageShow", Owner::Citizen, 200, "readMessage"),
    ("messageMark", Owner::Citizen, 204, "markMessage"),
    ("attachmentFetch", Owner::Citizen, 200, "fetchAttachment"),
    ("serviceAppointmentPut", Owner::System, 200, "tellAppointment"),
    ("serviceAppointmentShow", Owner::System, 200, "seeAppointment"),
    ("appointmentList", Owner::Citizen, 200, "listAppointments"),
    ("appointmentShow", Owner::Citizen, 200, "seeAppointment"),
    ("appointmentCancel", Owner::Citizen, 201, "cancelAppointment"),
    ("serviceAppointmentCancel", Owner::System, 204, "cancelAppointment"),
    ("accessLogList", Owner::Citizen, 200, "readAccessLog"),
    ("accessExplain", Owner::Citizen, 200, "explainAccess"),
    ("mailboxConsentSet", Owner::Citizen, 200, "giveConsent"),
    ("messageWithholdFromHolders", Owner::Citizen, 204, "withholdFromHolders"),
    ("messageWithholdFromParents", Owner::Staff, 204, "withholdFromParents"),
    ("youthAccessGive", Owner::Parent, 204, "giveYouthAccess"),
    ("meLock", Owner::Citizen, 204, "lockMailbox"),
    ("meUnlock", Owner::Citizen, 204, "unlockMailbox"),
    ("memberPut", Owner::System, 200, "putMember"),
    ("memberList", Owner::System, 200, "listMembers"),
    ("followUpPut", Owner::System, 200, "beginFollowUp"),
    ("followUpList", Owner::System, 200, "listFollowUps"),
    ("patientList", Owner::Staff, 200, "listPatients"),
    ("accessRecord", Owner::Staff, 201, "recordAccess"),
    ("powerOfAttorneyList", Owner::Citizen, 200, "listPowersOfAttorney"),
    ("powerOfAttorneyShow", Owner::Citizen, 200, "seePowerOfAttorney"),
    ("powerOfAttorneyGive", Owner::Citizen, 201, "givePowerOfAttorney"),
    ("powerOfAttorneyChange", Owner::Citizen, 201, "changePowerOfAttorney"),
    ("registeredPowerCreate", Owner::Operator, 201, "registerPowerOfAttorney"),
    ("serviceAreaList", Owner::Anybody, 200, ""),
    ("serviceAreaPut", Owner::Operator, 200, "nameServiceArea"),
    ("serviceShow", Owner::System, 200, "seeService"),
    ("serviceChange", Owner::System, 200, "changeService"),
    ("formPut", Owner::System, 201, "registerForm"),
    ("formList", Owner::System, 200, "listForms"),
    ("relationshipPut", Owner::System, 200, "tellRelationships"),
    ("relationshipList", Owner::System, 200, "listRelationships"),
    ("healthContactPut", Owner::System, 200, "tellHealthContacts"),
    ("healthContactList", Owner::Citizen, 200, "listHealthContacts"),
    ("recipientList", Owner::Citizen, 200, "findRecipients"),
    ("recipientFormList", Owner::Citizen, 200, "listForms"),
    ("draftCreate", Owner::Citizen, 201, "saveDraft"),
    ("draftList", Owner::Citizen, 200, "listDrafts"),
    ("draftShow", Owner::Citizen, 200, "seeDraft"),
    ("draftChange", Owner::Citizen, 200, "saveDraft"),
    ("draftSend", Owner::Citizen, 201, "sendDraft"),
    ("inquirySend", Owner::Citizen, 201, "writeMessage"),
    ("mailboxUploadOpen", Owner::Citizen, 201, "beginUpload"),
    ("mailboxUploadFill", Owner::Citizen, 200, "fillUpload"),
    ("conversationList", Owner::Citizen, 200, "listConversations"),
    ("conversationShow", Owner::Citizen, 200, "seeConversation"),
    ("replySend", Owner::Citizen, 201, "writeReply"),
    ("queueList", Owner::Desk, 200, "listQueue"),
    ("queueShow", Owner::Desk, 200, "seeConversation"),
    ("turnList", Owner::Desk, 200, "readConversation"),
    ("turnAttachmentFetch", Owner::Desk, 200, "fetchAttachment"),
    ("turnSend", Owner::Desk, 201, "answerMessage"),
    ("assignmentPut", Owner::Desk, 200, "assignConversation"),
    ("noteAdd", Owner::Desk, 201, "addNote"),
    ("noteList", Owner::Desk, 200, "readNotes"),
    ("journalMark", Owner::Desk, 200, "markForJournal"),
    ("journalDocumentShow", Owner::Desk, 200, "fetchJournalDocument"),
    ("journalReceiptCreate", Owner::Desk, 200, "confirmArchiving"),
    ("closurePut", Owner::Desk, 200, "closeConversation"),
    ("closureRemove", Owner::Desk, 200, "reopenConversation"),
    ("messageSend", Owner::System, 201, "sendMessage"),
    ("routingPreview", Owner::System, 200, "previewRouting"),
    ("reachabilityCheck", Owner::System, 200, "checkReachability"),
    ("sendingList", Owner::System, 200, "listSendings"),
    ("sendingShow", Owner::System, 200, "seeSending"),
    ("uploadOpen", Owner::Desk, 201, "beginUpload"),
    ("uploadFill", Owner::Desk, 200, "fillUpload"),
    ("messageWithdraw", Owner::System, 200, "withdrawMessage"),
    ("uploadShow", Owner::Desk, 200, "seeUpload"),
    ("eventList", Owner::System, 200, "followEvents"),
    ("staffLogList", Owner::System, 200, "readStaffLog"),
    ("webhookCreate", Owner::System, 201, "createWebhook"),
    ("webhookList", Owner::System, 200, "listWebhooks"),
    ("webhookShow", Owner::System, 200, "seeWebhook"),
    ("webhookChange", Owner::System, 200, "changeWebhook"),
    ("webhookKeyAdd", Owner::System, 200, "addWebhookKey"),
    ("webhookTest", Owner::System, 200, "testWebhook"),
    ("webhookDeliveryList", Owner::System, 200, "listWebhookDeliveries"),
    ("webhookRedeliver", Owner::System, 202, "redeliverEvents"),
    ("webhookDelete", Owner::System, 204, "deleteWebhook"),
    ("organisationRegister", Owner::Operator, 201, "registerOrganisation"),
    ("organisationList", Owner::Operator, 200, "listOrganisations"),
    ("organisationShow", Owner::Operator, 200, "seeOrganisation"),
    ("agreementRegister", Owner::Operator, 201, "registerAgreement"),
    ("agreementList", Owner::Operator, 200, "listAgreements"),
    ("privacyNoticeRegister", Owner::Operator, 201, "registerPrivacyNotice"),
    ("clientList", Owner::Operator, 200, "listClients"),
    ("serviceRegister", Owner::Operator, 201, "registerService"),
    ("serviceList", Owner::Operator, 200, "listServices"),
    ("formRetire", Owner::System, 204, "retireForm"),
    ("draftDiscard", Owner::Citizen, 204, "discardDraft"),
    ("powerOfAttorneyEnd", Owner::Citizen, 204, "endPowerOfAttorney"),
    ("jobList", Owner::Operator, 200, "listJobs"),
    ("jobRestart", Owner::Operator, 204, "restartJob"),
    ("jobSettle", Owner::Operator, 204, "settleHandover"),
    ("registeredPowerConfirm", Owner::Operator, 200, "confirmPowerOfAttorney"),
    ("operatorActList", Owner::Operator, 200, "listOperatorActs"),
    ("registeredPowerEnd", Owner::Operator, 204, "endPowerOfAttorney"),
    ("messageDelete", Owner::Citizen, 204, "deleteMessage"),
    ("youthAccessTake", Owner::Parent, 204, "takeYouthAccess"),
    ("followUpRemove", Owner::System, 204, "endFollowUp"),
    ("memberRemove", Owner::System, 204, "removeMember"),
    ("mailboxConsentWithdraw", Owner::Citizen, 204, "withdrawConsent"),
    ("meConsentWithdraw", Owner::Citizen, 204, "withdrawConsent"),
    ("clientEnd", Owner::Operator, 204, "endClient"),
    ("clientRegister", Owner::Operator, 201, "registerClient"),
    ("agreementEnd", Owner::Operator, 200, "endAgreement"),
    ("organisationEnd", Owner::Operator, 204, "endOrganisation"),
];

/// The bodies of the operations that have one.
pub(crate) fn body(operation: &str) -> Option<Value> {
    Some(match operation {
        "meConsentSet" | "mailboxConsentSet" => json!({"level": "basis"}),
        "messageWithholdFromHolders" | "messageWithholdFromParents" => json!({"withheld": true}),
        "memberPut" => json!({"nationalId": DAGNY}),
        "accessRecord" => json!({"patient": {"nationalId": SKUDDAR}, "reason": "Vikar for fast kontakt"}),
        "meAcceptancePut" => json!({"version": "1"}),
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
        "registeredPowerConfirm" => {
            json!({"giver": {"nationalId": SKUDDAR}, "holder": {"nationalId": NAVN}, "caseNumber": "2026/18"})
        }
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
        "agreementEnd" => json!({"endedAt": null}),
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
    /// A power of attorney that another operator has put on record.
    waiting_power: String,
    /// A letter that nobody opens.
    unopened: String,
    uncertain: String,
    pub(crate) citizen: Actor,
    pub(crate) system: Actor,
    pub(crate) operator: Actor,
    pub(crate) parent: Actor,
    pub(crate) nurse: Actor,
    pub(crate) child_mailbox: String,
    strangers: Vec<Actor>,
}

impl World {
    pub(crate) async fn new(app: TestApp) -> Self {
        let (citizen, system, operator) = (app.member(SKUDDAR).await, app.ehr().await, app.operator().await);
        let (message, conversation, attachment) = question(&app, &citizen, SKUDDAR).await;
        let mailbox_upload =
            citizen.post(&citizen.own("/uploads"), &json!({"fileName": "a.pdf"})).await.expect(201).id();
        let appointment = system.put(&app.dermatology().path("/appointments/case"), &far_appointment(SKUDDAR)).await;
        let appointment = appointment.expect(201).id();
        let draft =
            citizen.post(&citizen.own("/drafts"), &access_request(&app.dermatology().id)).await.expect(201).id();
        let kept_draft = citizen.post(&citizen.own("/drafts"), &json!({})).await.expect(201).id();
        let form = json!({"giver": {"nationalId": SKUDDAR}, "holder": {"nationalId": NAVN}, "kind": "powerOfAttorney",
            "areas": [3], "caseNumber": "2026/18"});
        let other = app.other_operator().await;
        let waiting_power = other.post("/v1/powers-of-attorney", &form).await.expect(201).id();
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
        // A file is that of who hands it in.
        let uploads = app.dermatology().path("/uploads");
        let upload = nurse.post(&uploads, &json!({"fileName": "a.pdf"})).key("upload").await.expect(201).id();
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
            ("{clientId}", registered_client(&app, &operator).await),
            ("{agreementId}", agreement(&app, &operator).await),
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
            waiting_power,
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
            "registeredPowerConfirm" => operation.path.replace("{powerOfAttorneyId}", &self.waiting_power),
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

/// The clinic's own system, put on record.
pub(crate) async fn registered_client(app: &TestApp, operator: &Actor) -> String {
    let clients = format!("/v1/organisations/{}/clients", app.clinic().id);
    operator.post(&clients, &body("clientRegister").expect("a body")).await.expect(201).id()
}

/// The clinic's agreement.
pub(crate) async fn agreement(app: &TestApp, operator: &Actor) -> String {
    let agreements = format!("/v1/organisations/{}/agreements", app.clinic().id);
    operator.get(&agreements).await.expect(200).each("id")[0].to_owned()
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
    CASES.iter().find(|(id, ..)| *id == operation.id).map_or(Owner::Anybody, |(_, owner, ..)| *owner)
}

pub(crate) fn with_token() -> Vec<(Operation, Owner, u16)> {
    let operations: BTreeMap<String, Operation> =
        operations().into_iter().map(|operation| (operation.id.clone(), operation)).collect();
    let case = |(id, owner, status, _)| Some((operations.get(id)?.clone(), owner, status));
    CASES.into_iter().filter_map(case).collect()
}

/// Words that no operation alone brings into a log.
const OTHER_WORDS: [&str; 4] = [
    // A parameter of `PUT …/withheld-from-…` decides.
    "showToHolders",
    "showToParents",
    // Of uploads of mailboxes there is no such operation.
    "seeUpload",
    // What nobody is let do.
    "seekAccess",
];

#[test]
fn bx_6_every_word_of_the_log_is_of_an_operation() {
    let of_operations: BTreeSet<&str> = CASES.iter().map(|(.., word)| *word).filter(|word| !word.is_empty()).collect();
    let told: BTreeSet<&str> = of_operations.into_iter().chain(OTHER_WORDS).collect();
    assert_eq!(told, words().into_iter().map(Word::as_str).collect());
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

    async fn bx_6_every_operation_serves_its_owner_and_stands_in_the_log_by_its_word(app: TestApp) {
        let world = World::new(app).await;
        // What the worker tells by itself meanwhile is of no operation.
        let entries = || {
            let words = world.app.place().texts("SELECT action AS text FROM audit_entry WHERE actor_kind <> 'worker'");
            words.into_iter().fold(BTreeMap::<String, usize>::new(), |mut counts, word| {
                *counts.entry(word).or_default() += 1;
                counts
            })
        };
        for ((operation, owner, status), (.., word)) in with_token().into_iter().zip(CASES) {
            let before = entries();

            let answer: Answer = world.call(world.owner(owner), &operation, &world.path(&operation)).await;

            assert_eq!(answer.status, status, "{}: {answer}", operation.id);
            let is_new = |(word, count): &(String, usize)| before.get(word) != Some(count);
            let new: BTreeSet<String> = entries().into_iter().filter(is_new).map(|(word, _)| word).collect();
            let expected = Some(word).filter(|word| !word.is_empty());
            assert_eq!(new, expected.into_iter().map(str::to_owned).collect(), "{}", operation.id);
        }
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

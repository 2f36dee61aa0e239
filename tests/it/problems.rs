//! BX-11: the registry of problems is closed, and each kind of it happens.

use std::collections::{BTreeMap, BTreeSet};

use api::problem::ProblemKind;
use reqwest::Method;
use serde_json::json;
use tests::{Answer, Database, Issuer, Place, Prover, TestApp, files, stories};

use crate::appointments::visit;
use crate::dialogue::{home_care, inquiry, tell};
use crate::persons::{
    DAGNY, DOD, ELDRID, LILLE, MILLENNIA, MONA, NESTEN_SEKSTEN, NILS, RESERVERT, SKJULT, SKUDDAR, UNKNOWN,
};
use crate::powers::{POWERS, day, path_of};
use crate::scanner::scanner_that_says;

/// Kinds that no story here produces, each for a reason. This list only shrinks.
const ELSEWHERE: [(&str, &str); 5] = [
    ("internal-error", "story a_row_that_was_tampered_with_is_never_shown"),
    ("outcome-unknown", "stories of doubt.rs, with a database that is lost at the commit"),
    ("rate-limited", "story each_caller_has_limits_of_their_own_and_is_told_of_them"),
    ("request-timeout", "story a_body_that_does_not_come_is_broken_off_and_one_that_does_is_taken"),
    ("too-long-for-pages", "story tk_3_a_conversation_of_a_million_characters_is_fetched_but_not_as_pages"),
];

/// What has happened so far, by kind.
#[derive(Default)]
struct Happened(BTreeMap<String, u16>);

impl Happened {
    fn note(&mut self, answer: &Answer, expected: &str) {
        assert_eq!(answer.slug(), Some(expected), "{answer}");
        answer.check_problem();
        self.0.insert(expected.to_owned(), answer.status);
    }
}

async fn of_requests(app: &TestApp, happened: &mut Happened) {
    let (ehr, path) = (app.ehr().await, app.dermatology().path("/messages"));
    let post = |content_type: &str, body: String| ehr.request(Method::POST, &path).key("k").body(content_type, body);
    happened.note(&post("application/json", "{".to_owned()).await, "malformed-json");
    happened.note(&post("application/json", "{}".to_owned()).await, "invalid-request");
    happened.note(&post("text/plain", "{}".to_owned()).await, "unsupported-media-type");
    happened.note(&post("application/json", " ".repeat(2_000_000)).await, "payload-too-large");
    happened.note(&post("multipart/form-data; boundary=x", "hei".to_owned()).await, "malformed-multipart");
    happened.note(&ehr.get(&format!("{path}?limit=%z")).await, "malformed-query");
    happened.note(&ehr.get(&format!("{path}?cursor=abc")).await, "cursor-invalid");
    happened.note(&ehr.get("/nowhere").await, "not-found");
    happened.note(&ehr.delete(&path).await, "method-not-allowed");
    let message = app.message("Svar").to_json();
    happened.note(&ehr.post(&path, &message).await, "idempotency-key-missing");
    happened.note(&ehr.post(&path, &message).key("two words").await, "idempotency-key-invalid");
    happened.note(&broken_chunks(app, &ehr, &path).await, "malformed-request");
}

/// A body in chunks, of which one has no size. No client library sends that.
async fn broken_chunks(app: &TestApp, ehr: &tests::Actor, path: &str) -> Answer {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let address = app.base().trim_start_matches("http://");
    let token = ehr.token.as_deref().expect("a token");
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nidempotency-key: k\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\n{{\"\r\nzz\r\n"
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the request is sent");
    let mut response = vec![];
    stream.read_to_end(&mut response).await.expect("the server answers");
    Answer::from_wire(&response)
}

async fn of_callers(app: &TestApp, happened: &mut Happened) {
    let patient = app.citizen(SKUDDAR).await;
    let worker = app.system_with_scopes(app.clinic(), &["brevdue:messages.read"]).await;
    let low = app.citizen_with_acr(SKUDDAR, "idporten-loa-low").await;
    happened.note(&app.nobody().get("/v1/me").await, "token-missing");
    happened.note(&app.bearer("hei").get("/v1/me").await, "token-invalid");
    happened.note(&low.get("/v1/me").await, "assurance-too-low");
    happened.note(&patient.get("/v1/organisations").await, "wrong-caller");
    happened.note(&app.citizen(UNKNOWN).await.get("/v1/me").await, "person-unknown");
    happened.note(&app.citizen(LILLE).await.get("/v1/me").await, "too-young");
    happened.note(&patient.get(&patient.own("/messages")).await, "consent-required");
    happened.note(&app.message("Svar").by(&worker).try_send().await, "scope-missing");
    let members = app.dermatology().path("/members");
    let _ = app.ehr().await.put(&members, &json!({"nationalId": ELDRID})).await.expect(200);
    let without = app.worker_without_number(ELDRID, app.clinic()).await;
    happened.note(&without.get(&app.dermatology().path("/patients")).await, "hpr-number-missing");
    app.open_inbox_of(LILLE);
    let parent = app.citizen(MONA).await.within(&app.person(LILLE).mailbox);
    let message = parent.own(&format!("/messages/{}", uuid::Uuid::from_u128(7)));
    happened.note(&parent.delete(&message).await, "only-the-owner");
}

async fn of_recipients(app: &TestApp, happened: &mut Happened) {
    let opened = app.message("Svar").kind("dialogue").to(ELDRID);
    let _ = app.member(ELDRID).await;
    let dialogue = opened.deliver().await;
    let withdrawal = app.dermatology().path(&format!("/messages/{dialogue}/withdrawal"));
    happened.note(&app.ehr().await.request(Method::POST, &withdrawal).await, "not-withdrawable");
    let appeals = app.system(app.appeals_body()).await;
    let employee = app.message("Svar").with("recipient", json!({"hprNumber": "9144900"}));
    let closed = app.message("Svar").from(&appeals, app.appeals());
    happened.note(&app.message("Svar").to(UNKNOWN).try_send().await, "recipient-unknown");
    happened.note(&app.message("Svar").to(DOD).try_send().await, "recipient-cannot-receive");
    happened.note(&employee.try_send().await, "recipient-is-employee");
    happened.note(&closed.try_send().await, "inbox-not-open");
    app.take_register_away().await;
    happened.note(&app.message("Svar").to(NILS).try_send().await, "register-unavailable");
    app.mend_registers().await;
    happened.note(&app.message("Svar").to(RESERVERT).try_send().await, "recipient-reserved");
    app.break_contact_register("down").await;
    let asked = json!({"serviceId": app.dermatology().id, "nationalIds": [SKUDDAR]});
    let away = app.ehr().await.post("/v1/recipients/reachability", &asked).await;
    happened.note(&away, "contact-register-unavailable");
    app.mend_registers().await;
}

async fn of_scanners(database: Database, happened: &mut Happened) {
    let table: [(&[u8], &str); 2] = [(b"stream: A FOUND\0", "file-has-malware"), (b"", "scanner-unavailable")];
    for (answer, slug) in table {
        let scanner = scanner_that_says(Some(answer)).await;
        let app = TestApp::start_with(database, &[("BREVDUE_SCANNER__ADDRESS", &scanner)]).await;
        let _ = app.member(SKUDDAR).await;
        happened.note(&app.message("Svar").file(files::pdf()).try_send().await, slug);
    }
}

async fn of_files(app: &TestApp, happened: &mut Happened) {
    let (patient, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
    let table = [
        (files::program_named_pdf(), "file-type-not-accepted"),
        (files::cut_pdf(), "file-damaged"),
        (files::docx_with_macros(), "file-has-macros"),
        (files::locked_docx(), "file-encrypted"),
        (files::empty(), "file-empty"),
        (files::pdf_of(30 * 1024 * 1024), "file-too-large"),
    ];
    for (file, slug) in table {
        happened.note(&app.message("Svar").file(file).try_send().await, slug);
    }
    for (_, file, slug) in files::harmful() {
        happened.note(&app.message("Svar").file(file).try_send().await, slug);
    }
    let many = (0..21).fold(app.message("Svar"), |message, _| message.file(files::pdf()));
    happened.note(&many.try_send().await, "too-many-files");
    let uploads = app.dermatology().path("/uploads");
    let upload = ehr.post(&uploads, &json!({"fileName": "a.pdf"})).key("upload").await.expect(201).id();
    let early = app.message("Svar").with("attachments", json!([{"uploadId": upload}]));
    happened.note(&early.try_send().await, "upload-not-ready");
    let content = format!("{uploads}/{upload}/content");
    let fill = |file: tests::File| ehr.request(Method::PUT, &content).body("application/octet-stream", file.bytes);
    let _ = fill(files::pdf()).await.expect(200);
    happened.note(&fill(files::docx()).await, "upload-filled");

    let withheld = |rest: &str| patient.own(&format!("/messages/{}/{rest}", uuid::Uuid::nil()));
    let body = json!({"withheld": true});
    happened.note(&patient.put(&withheld("withheld-from-parents"), &body).await, "only-health-personnel");
    happened.note(&patient.put(&patient.own("/youth-access"), &json!({})).await, "only-parents");
    let _ = patient.put("/v1/me/emergency-lock", &json!({})).await.expect(204);
    happened.note(&patient.get(&patient.own("/messages")).await, "emergency-locked");
    let _ = patient.delete("/v1/me/emergency-lock").await.expect(204);
    let id = app.message("Svar").file(files::pdf()).deliver().await;
    let letter = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
    let file = letter["attachments"][0]["id"].as_str().expect("a file").to_owned();
    let path = patient.own(&format!("/messages/{id}/attachments/{file}"));
    happened.note(&patient.get(&path).header("range", "bytes=100000-").await, "range-not-satisfiable");
    std::fs::rename(app.place().blobs(), app.place().folder().join("aside")).expect("the folder can be moved");
    happened.note(&patient.get(&path).await, "unavailable");
}

async fn of_what_is_there_already(app: &TestApp, happened: &mut Happened) {
    let operator = app.operator().await;
    let _ = app.message("Svar").key("once").reference("r-1").send().await;
    happened.note(&app.message("Annet").key("once").try_send().await, "idempotency-key-reused");
    happened.note(&app.message("Svar").reference("r-1").try_send().await, "sender-reference-taken");
    let clinic = app.clinic();
    let again = json!({"organisationNumber": clinic.number, "name": clinic.name});
    happened.note(&operator.post("/v1/organisations", &again).await, "organisation-exists");
    let of_clinic = |rest: &str| format!("/v1/organisations/{}/{rest}", clinic.id);
    let agreement = json!({"version": "2", "signatoryRole": "Leder", "validFrom": "2024-01-01"});
    happened.note(&operator.post(&of_clinic("agreements"), &agreement).await, "agreement-overlaps");
    let new = json!({"organisationNumber": "974760673", "name": "Ny klinikk"});
    let id = operator.post("/v1/organisations", &new).await.expect(201).id();
    let number = "974760673".to_owned();
    let without = tests::Organisation { id, number, name: "Ny klinikk".to_owned(), services: vec![] };
    let service = app.open_service(&operator, &without, &json!({})).await;
    let system = app.system(&without).await;
    happened.note(&app.message("Svar").from(&system, &service).try_send().await, "agreement-missing");
    let client = json!({"clientId": "journal", "name": "Journalen"});
    let _ = operator.post(&of_clinic("clients"), &client).await.expect(201);
    happened.note(&operator.post(&of_clinic("clients"), &client).await, "client-exists");
    happened.note(&app.message("Svar").try_send().await, "client-not-registered");
    let _ = operator.delete(&format!("/v1/organisations/{}", without.id)).await.expect(204);
    happened.note(&app.message("Svar").from(&system, &service).try_send().await, "organisation-ended");
    let all = operator.get("/v1/organisations?limit=200").await.expect(200);
    let own = all.items().iter().find(|one| one["organisationNumber"] == "310033456").expect("it is registered");
    let own = format!("/v1/organisations/{}", own["id"].as_str().expect("an id"));
    happened.note(&operator.delete(&own).await, "organisation-is-platform");
}

async fn of_powers_of_attorney(app: &TestApp, happened: &mut Happened) {
    let (father, operator, now) = (app.member(ELDRID).await, app.operator().await, app.now().await);
    let request = |holder: &str| json!({"holder": {"nationalId": holder}, "areas": [3]});
    let of_days = |from: i64, to: i64| json!({"holder": {"nationalId": SKUDDAR}, "areas": [3], "validFrom": day(now, from), "validTo": day(now, to)});
    let table = [
        (request(ELDRID), "holder-is-giver"),
        (request(NESTEN_SEKSTEN), "holder-too-young"),
        (json!({"holder": {"nationalId": SKUDDAR}, "areas": [77]}), "area-unknown"),
        (of_days(2, 1), "period-ends-before-start"),
        (of_days(-2, -1), "period-over"),
    ];
    for (body, slug) in table {
        happened.note(&father.post(POWERS, &body).await, slug);
    }
    let id = father.post(POWERS, &request(SKUDDAR)).await.expect(201).id();
    happened.note(&father.post(POWERS, &request(SKUDDAR)).await, "power-of-attorney-overlaps");
    let holder = app.member(SKUDDAR).await;
    let change = json!({"areas": [3]});
    happened.note(&holder.put(&path_of(&id), &change).await, "only-the-owner");
    let _ = father.delete(&path_of(&id)).await.expect(204);
    happened.note(&father.put(&path_of(&id), &change).await, "power-of-attorney-ended");
    let protected = app.member(SKJULT).await;
    happened.note(&protected.post(POWERS, &request(SKUDDAR)).await, "power-of-attorney-unavailable");

    let form = |giver: &str, kind: &str, to: i64| {
        json!({"giver": {"nationalId": giver}, "holder": {"nationalId": SKUDDAR}, "kind": kind, "areas": [3],
            "validTo": day(now, to), "caseNumber": "2026/1"})
    };
    let (given, assigned) = ("powerOfAttorney", "assignedPowerOfAttorney");
    let registered = "/v1/powers-of-attorney";
    let table = [
        (form(UNKNOWN, given, 9), "giver-unavailable"),
        (form(NESTEN_SEKSTEN, given, 9), "giver-too-young"),
        (form(MILLENNIA, given, 9), "giver-without-consent"),
        (form(ELDRID, assigned, 9999), "period-too-long"),
    ];
    for (body, slug) in table {
        happened.note(&operator.post(registered, &body).await, slug);
    }
    let paper = form(ELDRID, assigned, 9);
    let id = operator.post(registered, &paper).await.expect(201).id();
    let other = app.other_operator().await;
    happened.note(&app.confirm_power(&operator, &id, &paper).await, "confirmation-by-same-operator");
    happened.note(&app.confirm_power(&other, &id, &form(MILLENNIA, assigned, 9)).await, "confirmation-differs");
    let _ = app.confirm_power(&other, &id, &paper).await.expect(200);
    happened.note(&app.confirm_power(&other, &id, &paper).await, "power-of-attorney-confirmed");
    happened.note(&father.put(&path_of(&id), &change).await, "power-of-attorney-assigned");
}

async fn of_dialogue(app: &TestApp, happened: &mut Happened) {
    let (citizen, operator) = (app.member(SKUDDAR).await, app.operator().await);
    let (municipality, appeals) = (app.system(app.municipality()).await, app.system(app.appeals_body()).await);
    let (care, office) = (home_care(app), app.municipality().service("Tildelingskontoret"));
    let path = citizen.own("/messages");
    let newcomer = app.citizen(MILLENNIA).await;
    let _ = newcomer.put("/v1/me/consent", &json!({"level": "basis"})).await.expect(200);
    let mailbox = newcomer.get("/v1/me").await.expect(200).text("mailboxId").to_owned();
    let letter = inquiry(office, "dialogue", "Hei");
    happened.note(
        &newcomer.within(&mailbox).post(&format!("/v1/mailboxes/{mailbox}/messages"), &letter).await,
        "terms-not-accepted",
    );
    let write = |service, kind, subject| citizen.post(&path, &inquiry(service, kind, subject));
    happened.note(&write(care, "dialogue", "Hei").await, "service-not-received");
    let _ = tell(&municipality, care, "", &[json!({"nationalId": SKUDDAR})]).await.expect(200);
    happened.note(&write(care, "dialogue", "Hei").await, "link-pending");
    let member = municipality.put(&care.path("/members"), &json!({"nationalId": DAGNY})).await.expect(200);
    let responsible = json!({"personId": member.text("personId")});
    let row = json!({"nationalId": SKUDDAR, "responsible": responsible});
    let _ = tell(&municipality, care, "", &[row]).await.expect(200);
    let told = care.path(&format!("/follow-ups/{}/{}", citizen.mailbox, member.text("personId")));
    happened.note(&municipality.delete(&told).await, "follow-up-by-exchange");
    happened.note(&write(office, "letter", "Hei").await, "service-not-open");
    happened.note(&write(office, "dialogue", "Min søknad").await, "subject-refused");
    let open = |policy| json!({"minimumConsent": policy, "dialogue": {"accepts": ["dialogue"], "requiresRelationship": false, "takesReplies": false}});
    let demanding = app.open_service(&operator, app.clinic(), &open("full")).await;
    happened.note(&write(&demanding, "dialogue", "Hei").await, "service-not-available");
    let silent = app.open_service(&operator, app.clinic(), &open("basis")).await;
    let conversation = write(&silent, "dialogue", "Hei").await.expect(201).text("conversationId").to_owned();
    let reply = |id: &str| citizen.own(&format!("/conversations/{id}/messages"));
    let body = json!({"body": "Hei"});
    happened.note(&citizen.post(&reply(&conversation), &body).await, "replies-not-taken");
    let conversation = write(office, "dialogue", "Hei").await.expect(201).text("conversationId").to_owned();
    let closure = office.path(&format!("/conversations/{conversation}/closure"));
    happened.note(&municipality.post(&closure, &json!({})).await, "precondition-required");
    let stale = municipality.post(&closure, &json!({})).header("if-match", "\"other\"");
    happened.note(&stale.await, "version-changed");
    let _ = municipality.post(&closure, &json!({})).header("if-match", "*").await.expect(200);
    happened.note(&citizen.post(&reply(&conversation), &body).await, "conversation-closed");
    let desk = |rest: &str| office.path(&format!("/conversations/{conversation}{rest}"));
    let _ = municipality.put(&desk("/journal"), &json!({"relevant": true})).await.expect(200);
    happened.note(&municipality.get(&desk("/journal")).header("accept", "image/png").await, "not-acceptable");
    let broken = municipality.request(Method::POST, &office.path("/journal-receipts")).body("application/xml", "<a");
    happened.note(&broken.await, "malformed-xml");
    let receipt = json!({"conversationId": conversation, "journalReference": "EPJ-1"});
    let _ = municipality.post(&office.path("/journal-receipts"), &receipt).await.expect(200);
    happened.note(&municipality.put(&desk("/journal"), &json!({"relevant": false})).await, "already-archived");
    let _ = write(app.appeals(), "letter", "Klage").await.expect(201);
    let letter = appeals.get(&app.appeals().path("/conversations")).await.expect(200).each("id")[0].to_owned();
    happened.note(&citizen.post(&reply(&letter), &body).await, "letter-has-no-reply");
}

/// Appointments: one cancelled, one that starts before the last moment for cancelling, one that nobody cancels here.
async fn of_appointments(app: &TestApp, happened: &mut Happened) {
    let (patient, ehr, start) = (app.member_at(SKUDDAR, "full").await, app.ehr().await, app.now().await);
    let tell = async |service: &tests::Service, name: &str, hours: i64| {
        let mut visit = visit(SKUDDAR);
        visit["startsAt"] = json!(start + chrono::TimeDelta::hours(hours));
        visit["endsAt"] = json!(start + chrono::TimeDelta::hours(hours + 1));
        ehr.put(&service.path(&format!("/appointments/{name}")), &visit).await.expect(201).id()
    };
    let (far, near) = (tell(app.dermatology(), "far", 99).await, tell(app.dermatology(), "near", 9).await);
    let fixed = tell(app.radiology(), "fixed", 99).await;
    let cancel = |id: &str| patient.post(&patient.own(&format!("/appointments/{id}/cancellation")), &json!({}));
    let _ = cancel(&far).await.expect(201);
    happened.note(&cancel(&far).await, "appointment-cancelled");
    happened.note(&cancel(&near).await, "cancellation-too-late");
    happened.note(&cancel(&fixed).await, "appointment-not-cancellable");
}

/// A consumer that comes back after its place in the feed has been removed.
async fn of_events(app: &TestApp, happened: &mut Happened) {
    let _ = app.message("Svar").deliver().await;
    app.advance("P91D").await;
    happened.note(&app.ehr().await.get("/v1/events?after=0").await, "events-expired");
}

async fn of_issuers(database: Database, happened: &mut Happened) {
    let (away, helseid) = (Issuer::unpublished("https://away.test"), Issuer::start("https://helseid.test").await);
    let settings = format!("{}{}", away.settings("test"), helseid.settings("helseId"));
    let app = TestApp::start_at(Place::new(database), &[], Some(&settings)).await;
    let now = app.now().await.timestamp();
    let token = away.sign(&away.citizen(SKUDDAR, now));
    happened.note(&app.bearer(&token).get("/v1/me").await, "keys-unavailable");
    let token = helseid.sign(&helseid.helseid_system(now));
    happened.note(&app.bearer(&token).get("/v1/me").await, "dpop-invalid");
    let with_nonces = app.again_with(&[("BREVDUE_DPOP__NONCE", "true")], &settings).await;
    let (prover, mut claims) = (Prover::new(), helseid.helseid_system(now));
    claims["cnf"] = prover.confirmation();
    let token = helseid.sign(&claims);
    let iat = with_nonces.now().await.timestamp() + 3;
    let proof = prover.proof(&format!("{}/v1/me", with_nonces.base()), &token, &json!({"iat": iat, "jti": "1"}));
    let request = with_nonces.nobody().get("/v1/me").header("authorization", &format!("DPoP {token}"));
    happened.note(&request.header("dpop", &proof).await, "dpop-nonce-required");
    let patient = app.citizen(SKUDDAR).await;
    app.advance("PT9H").await;
    happened.note(&patient.get("/v1/me").await, "token-expired");
}

/// Somebody who has as many files lying here as may.
async fn of_limits(database: Database, happened: &mut Happened) {
    let app = TestApp::start_with(database, &[("BREVDUE_LIMITS__UPLOADS_OF_PERSON", "1")]).await;
    let citizen = app.member(SKUDDAR).await;
    let open = || citizen.post(&citizen.own("/uploads"), &json!({"fileName": "a.pdf"}));
    let _ = open().await.expect(201);
    happened.note(&open().await, "quota-exceeded");
}

/// Only on PostgreSQL, where two transactions can meet in a key: one that has used it and has not said so yet.
async fn of_two_at_once(app: &TestApp, happened: &mut Happened) {
    let operator = app.operator().await;
    let new = |name: &str| json!({"clientId": name, "name": name});
    let path = format!("/v1/organisations/{}/clients", app.appeals_body().id);
    let _ = operator.post(&path, &new("first")).key("first").await.expect(201);
    let other = app.place().transaction(
        "INSERT INTO idempotency SELECT scope, 'second', request_digest, object_id, created_at FROM idempotency \
         WHERE key = 'first'",
    );
    let (body, place) = (new("second"), app.place());
    let request = operator.post(&path, &body).key("second");
    let ended = async {
        let waiting = "SELECT count(*) AS number FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'";
        while place.number(waiting) == 0 {
            tokio::task::yield_now().await;
        }
        other.commit();
    };
    let (answer, ()) = tokio::join!(request, ended);
    happened.note(&answer, "request-in-progress");
}

stories! {
    async fn bx_11_every_kind_of_problem_happens(database: Database) {
        let mut happened = Happened::default();
        let app = TestApp::start(database).await;
        of_requests(&app, &mut happened).await;
        of_callers(&app, &mut happened).await;
        of_recipients(&app, &mut happened).await;
        of_files(&app, &mut happened).await;
        let app = TestApp::start(database).await;
        of_powers_of_attorney(&app, &mut happened).await;
        of_appointments(&app, &mut happened).await;
        of_what_is_there_already(&app, &mut happened).await;
        of_dialogue(&TestApp::start(database).await, &mut happened).await;
        of_events(&TestApp::start(database).await, &mut happened).await;
        of_issuers(database, &mut happened).await;
        of_limits(database, &mut happened).await;
        of_scanners(database, &mut happened).await;
        if database == Database::Postgres {
            of_two_at_once(&app, &mut happened).await;
        } else {
            happened.0.insert("request-in-progress".to_owned(), 409);
        }

        let registry: BTreeSet<&str> = ProblemKind::all().map(ProblemKind::slug).collect();
        let elsewhere = ELSEWHERE.iter().map(|(slug, _)| *slug);
        let all: BTreeSet<&str> = happened.0.keys().map(String::as_str).chain(elsewhere).collect();
        assert_eq!(registry, all);
        for slug in happened.0.keys() {
            let _ = app.nobody().get(&format!("/problems/{slug}")).await.expect(200);
        }
    }
}

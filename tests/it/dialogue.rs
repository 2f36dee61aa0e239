//! Citizens and services write to each other: conversations, letters, the queue.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Answer, Service, TestApp, files, form, stories, without_instance};

use crate::persons::{DAGNY, ELDRID, LILLE, MILLENNIA, MONA, NAVN, NESTEN_SEKSTEN, SKJULT, SKUDDAR, SONJA};

/// The lines of a batch.
fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// Tells who receives a service.
pub(crate) async fn tell(system: &Actor, service: &Service, query: &str, rows: &[Value]) -> Answer {
    let path = service.path(&format!("/relationships{query}"));
    system.request(Method::PUT, &path).body("application/x-ndjson", lines(rows)).try_send().await.expect("an answer")
}

pub(crate) fn home_care(app: &TestApp) -> &Service {
    app.municipality().service("Hjemmetjenesten")
}

/// A municipality's home care: its system, a nurse who follows up Skuddar, and Skuddar, who can write from now on.
pub(crate) struct HomeCare {
    pub(crate) service: Service,
    pub(crate) system: Actor,
    pub(crate) nurse: Actor,
    pub(crate) nurse_id: String,
    pub(crate) citizen: Actor,
}

pub(crate) async fn home_care_of(app: &TestApp) -> HomeCare {
    let service = home_care(app).clone();
    let system = app.system(app.municipality()).await;
    let member = system.put(&service.path("/members"), &json!({"nationalId": DAGNY})).await.expect(200);
    let nurse_id = member.text("personId").to_owned();
    let row = json!({"nationalId": SKUDDAR, "responsible": {"personId": nurse_id}});
    let _ = tell(&system, &service, "", &[row]).await.expect(200);
    app.advance("P1D").await;
    let (system, citizen) = (app.system(app.municipality()).await, app.member(SKUDDAR).await);
    let nurse = app.health_worker(DAGNY, app.municipality()).await;
    HomeCare { service, system, nurse, nurse_id, citizen }
}

pub(crate) fn inquiry(service: &Service, kind: &str, subject: &str) -> Value {
    json!({"recipient": {"serviceId": service.id}, "kind": kind, "subject": subject, "body": "Kan dere komme senere?"})
}

impl HomeCare {
    pub(crate) fn desk(&self, conversation: &str, rest: &str) -> String {
        self.service.path(&format!("/conversations/{conversation}{rest}"))
    }

    /// The citizen writes; the id of the conversation.
    pub(crate) async fn written(&self, subject: &str) -> String {
        let body = inquiry(&self.service, "dialogue", subject);
        let written = self.citizen.post(&self.citizen.own("/messages"), &body).await.expect(201);
        written.text("conversationId").to_owned()
    }

    /// The tag of a conversation as the nurse sees it.
    pub(crate) async fn tag(&self, conversation: &str) -> String {
        let shown = self.nurse.get(&self.desk(conversation, "")).await.expect(200);
        shown.header("etag").expect("a tag").to_owned()
    }

    pub(crate) async fn answer(&self, conversation: &str, body: &str) -> Answer {
        let tag = self.tag(conversation).await;
        self.nurse.post(&self.desk(conversation, "/messages"), &json!({"body": body})).header("if-match", &tag).await
    }
}

stories! {
    async fn dh_1_of_two_who_answer_the_same_question_one_is_told_that_it_was_answered(app: TestApp) {
        let care = home_care_of(&app).await;
        let conversation = care.written("Besøket").await;
        let shown = care.nurse.get(&care.desk(&conversation, "")).await.expect(200);
        let tag = shown.header("etag").expect("a tag").to_owned();
        assert_eq!(shown["version"], tag, "for clients that cannot read headers");
        let listed = care.nurse.get(&care.service.path("/conversations")).await.expect(200);
        assert_eq!(listed.items()[0]["version"], tag);
        let answer = |reader: &Actor, tag: &str| {
            reader.post(&care.desk(&conversation, "/messages"), &json!({"body": "Vi kommer"})).header("if-match", tag)
        };

        let _ = answer(&care.nurse, &tag).await.expect(201);
        let _ = answer(&care.system, &tag).await.problem("version-changed");

        // What the citizen writes is as much a change as what the service writes.
        let after = care.tag(&conversation).await;
        assert_ne!(after, tag);
        let reply = care.citizen.own(&format!("/conversations/{conversation}/messages"));
        let _ = care.citizen.post(&reply, &json!({"body": "Fint, men ikke før ni."})).await.expect(201);
        let _ = answer(&care.nurse, &after).await.problem("version-changed");
        let _ = answer(&care.nurse, &care.tag(&conversation).await).await.expect(201);
    }

    async fn dh_1_dh_7_tk_1_krr_11_a_citizen_writes_in_the_evening_and_the_nurse_answers_in_the_morning(app: TestApp) {
        let care = home_care_of(&app).await;
        let citizen = &care.citizen;

        let body = inquiry(&care.service, "dialogue", "Besøket på torsdag");
        let written = citizen.post(&citizen.own("/messages"), &body).key("once").await.expect(201);

        let id = written.text("conversationId").to_owned();
        assert_eq!(written["receipt"]["reference"], written["id"]);
        assert_eq!(written["receipt"]["receivedAt"], written["receivedAt"]);
        assert_eq!((&written["direction"], &written["kind"], &written["read"]), (&json!("sent"), &json!("dialogue"), &json!(true)));
        assert_eq!(written["sentBy"], json!({"relation": "self", "name": app.person(SKUDDAR).name}));
        let again = citizen.post(&citizen.own("/messages"), &body).key("once").await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again["id"]), (Some("true"), &written["id"]));
        // It went to the nurse who follows up.
        let queue = care.nurse.get(&care.service.path("/conversations?assignee=me")).await.expect(200);
        assert_eq!(queue.each("id"), [id.as_str()]);
        let item = &queue.items()[0];
        assert_eq!((&item["state"], &item["unread"]), (&json!("new"), &json!(true)));
        assert_eq!((&item["patient"]["name"], &item["patient"]["subject"]), (&json!(app.person(SKUDDAR).name), &json!("Besøket på torsdag")));
        app.advance("PT10H").await;
        let care = HomeCare { nurse: app.health_worker(DAGNY, app.municipality()).await, citizen: app.citizen(SKUDDAR).await, ..care };
        let turns = care.nurse.get(&care.desk(&id, "/messages")).await.expect(200);
        assert_eq!(turns.each("body"), ["Kan dere komme senere?"]);
        assert_eq!(turns.items()[0]["author"]["relation"], "self");

        let answered = care.answer(&id, "Ja, klokken ti.").await.expect(201);

        let shown = care.nurse.get(&care.desk(&id, "")).await.expect(200);
        assert_eq!((&shown["state"], &shown["unread"]), (&json!("waitingForCitizen"), &json!(false)));
        let citizen = &care.citizen;
        let conversation = citizen.get(&citizen.own(&format!("/conversations/{id}"))).await.expect(200);
        assert_eq!((&conversation["messageCount"], &conversation["unread"], &conversation["canReply"]), (&json!(2), &json!(1), &json!(true)));
        let messages = citizen.get(&citizen.own(&format!("/messages?conversationId={id}"))).await.expect(200);
        assert_eq!(messages.each("id"), [answered.id().as_str(), written.text("id")]);
        // To the citizen the service writes; the author is on record.
        assert_eq!(messages.items()[0]["sentBy"], json!({"relation": "service", "name": care.service.name}));
        let turns = care.nurse.get(&care.desk(&id, "/messages")).await.expect(200);
        assert_eq!(turns.items()[1]["author"]["personId"], care.nurse_id.as_str());
        let reply = citizen.post(&citizen.own(&format!("/conversations/{id}/messages")), &json!({"body": "Takk!"})).await.expect(201);
        assert_eq!((&reply["subject"], &reply["conversationId"]), (&json!("Besøket på torsdag"), &json!(id)));
        let shown = care.nurse.get(&care.desk(&id, "")).await.expect(200);
        assert_eq!((&shown["state"], &shown["unread"]), (&json!("open"), &json!(true)));
        let events = app.place().number("SELECT count(*) AS number FROM event WHERE kind = 'inquiry.received'");
        assert_eq!(events, 2);
    }

    async fn hk_2_hk_3_hk_4_a_letter_with_a_word_file_reaches_the_appeals_body_whose_letter_has_no_reply(app: TestApp) {
        let (citizen, system) = (app.member(SKUDDAR).await, app.system(app.appeals_body()).await);
        let found = citizen.get(&citizen.own("/recipients?q=klagebehanling")).await.expect(200);
        assert_eq!(found.items()[0]["service"]["id"], app.appeals().id.as_str());
        let body = inquiry(app.appeals(), "letter", "Klage på vedtak");

        let sent = citizen.request(Method::POST, &citizen.own("/messages")).form(form(&body, vec![files::docx()])).await.expect(201);

        assert_eq!((&sent["kind"], &sent["conversationId"], &sent["canReply"]), (&json!("letter"), &Value::Null, &json!(false)));
        assert_eq!(sent["attachments"][0]["contentType"], "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
        let queue = system.get(&app.appeals().path("/conversations")).await.expect(200);
        let id = queue.each("id")[0].to_owned();
        assert_eq!((&queue.items()[0]["kind"], &queue.items()[0]["unread"]), (&json!("letter"), &Value::Null));
        let turns = system.get(&app.appeals().path(&format!("/conversations/{id}/messages"))).await.expect(200);
        let (message, file) = (turns.each("id")[0].to_owned(), turns.items()[0]["attachments"][0]["id"].clone());
        let path = app.appeals().path(&format!("/conversations/{id}/messages/{message}/attachments/{}", file.as_str().expect("an id")));
        let _ = system.get(&path).await.expect(200);
        // The service answers a letter with a letter, which has no reply.
        let reply = app.appeals().path(&format!("/conversations/{id}/messages"));
        let refused = system.post(&reply, &json!({"body": "Svar"})).header("if-match", "*").await.problem("letter-has-no-reply");
        assert_eq!(refused.rule(), Some("HK-3"));
        let letter = app.message("Vedtak i klagesak").from(&system, app.appeals()).deliver().await;
        let shown = citizen.get(&citizen.own(&format!("/messages/{letter}"))).await.expect(200);
        assert_eq!((&shown["canReply"], &shown["conversationId"]), (&json!(false), &Value::Null));
        let to_letter = citizen.own(&format!("/conversations/{id}/messages"));
        let refused = citizen.post(&to_letter, &json!({"body": "Svar"})).await.problem("letter-has-no-reply");
        assert_eq!((refused.rule(), &refused["serviceId"]), (Some("HK-3"), &json!(app.appeals().id)));
    }

    async fn hn_2_a_service_that_writes_dialogue_gets_an_answer(app: TestApp) {
        let (citizen, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        let message = app.message("Hvordan går det?").kind("dialogue").deliver().await;
        let shown = citizen.get(&citizen.own(&format!("/messages/{message}"))).await.expect(200);
        assert_eq!(shown["canReply"], true);
        let conversation = shown.text("conversationId").to_owned();
        let queue = ehr.get(&app.dermatology().path("/conversations?state=waitingForCitizen")).await.expect(200);
        assert_eq!(queue.each("id"), [conversation.as_str()]);

        let _ = citizen.post(&citizen.own(&format!("/conversations/{conversation}/messages")), &json!({"body": "Bra"})).await.expect(201);

        let queue = ehr.get(&app.dermatology().path("/conversations?state=open")).await.expect(200);
        assert_eq!(queue.each("id"), [conversation.as_str()]);
    }

    async fn dh_4_dh_6_dh_8_con_15_who_can_be_written_to_is_told_with_the_reason_and_the_time(app: TestApp) {
        let (citizen, system) = (app.member(SKUDDAR).await, app.system(app.municipality()).await);
        let service = home_care(&app);
        let verdict = |answer: &Answer, service: &str, kind: &str| {
            let item = answer.items().iter().find(|item| item["service"]["id"] == service).expect("the service").clone();
            item["kinds"].as_array().expect("kinds").iter().find(|verdict| verdict["kind"] == kind).expect("the kind").clone()
        };
        assert!(citizen.get(&citizen.own("/recipients")).await.expect(200).items().is_empty());
        let found = citizen.get(&citizen.own("/recipients?q=hjemmetjenesten")).await.expect(200);
        assert_eq!(found.items().len(), 2, "of two municipalities: {found}");
        let refused = verdict(&found, &service.id, "dialogue");
        assert_eq!((&refused["allowed"], &refused["reason"], &refused["rule"]), (&json!(false), &json!("notReceived"), &json!("DH-8")));
        assert_eq!(verdict(&found, &service.id, "accessRequest")["allowed"], true);
        let write = async |subject: &str| citizen.post(&citizen.own("/messages"), &inquiry(service, "dialogue", subject)).await;
        assert_eq!(write("Hei").await.problem("service-not-received").rule(), Some("DH-8"));

        let told = tell(&system, service, "", &[json!({"nationalId": SKUDDAR})]).await.expect(200);

        assert_eq!((&told["created"], &told["lines"]), (&json!(1), &json!(1)));
        let found = citizen.get(&citizen.own("/recipients")).await.expect(200);
        let pending = verdict(&found, &service.id, "dialogue");
        assert_eq!((&pending["reason"], &found.items()[0]["relationship"]), (&json!("pending"), &json!("pending")));
        let refused = write("Hei").await.problem("link-pending");
        assert_eq!((refused.rule(), &refused["activeFrom"]), (Some("CON-15"), &pending["activeFrom"]));
        app.advance("P1D").await;
        let citizen = app.citizen(SKUDDAR).await;
        let _ = citizen.post(&citizen.own("/messages"), &inquiry(service, "dialogue", "Hei")).await.expect(201);
        let not_open = citizen.post(&citizen.own("/messages"), &inquiry(service, "letter", "Hei")).await.problem("service-not-open");
        assert_eq!(not_open.rule(), Some("CON-17"));
        let refused = citizen.post(&citizen.own("/messages"), &inquiry(service, "dialogue", "Søknad om hjemmetjenester for mor")).await;
        let refused = refused.problem("subject-refused");
        assert_eq!((refused.rule(), &refused["form"]), (Some("TK-2"), &json!("https://kommune.example/skjema")));
        // The service ends: nothing more is written, also not in what was begun.
        let system = app.system(app.municipality()).await;
        let _ = tell(&system, service, "", &[json!({"nationalId": SKUDDAR, "state": "closed"})]).await.expect(200);
        let conversation = citizen.get(&citizen.own("/conversations")).await.expect(200);
        assert_eq!(conversation.items()[0]["canReply"], false);
        let path = citizen.own(&format!("/conversations/{}/messages", conversation.each("id")[0]));
        let _ = citizen.post(&path, &json!({"body": "Hei"})).await.problem("service-not-received");
        let _ = citizen.post(&citizen.own("/messages"), &inquiry(service, "dialogue", "Hei")).await.problem("service-not-received");
    }

    async fn ful_5_a_holder_writes_in_her_own_name_on_behalf_of_the_giver(app: TestApp) {
        let care = home_care_of(&app).await;
        let holder = app.member(MILLENNIA).await;
        let _ = app.give_power(&care.citizen, MILLENNIA).await.expect(201);
        let path = care.citizen.own("/messages");

        let written = holder.post(&path, &inquiry(&care.service, "dialogue", "Om far")).await.expect(201);

        assert_eq!(written["sentBy"], json!({"relation": "powerOfAttorney", "name": app.person(MILLENNIA).name}));
        let id = written.text("conversationId");
        let turns = care.nurse.get(&care.desk(id, "/messages")).await.expect(200);
        assert_eq!((&turns.items()[0]["author"]["relation"], &turns.items()[0]["author"]["name"]), (&json!("powerOfAttorney"), &json!(app.person(MILLENNIA).name)));
        // The giver sees it, and who wrote it.
        let seen = care.citizen.get(&care.citizen.own(&format!("/messages/{}", written.text("id")))).await.expect(200);
        assert_eq!(seen["sentBy"]["relation"], "powerOfAttorney");
        let _ = app.member(NAVN).await.post(&path, &inquiry(&care.service, "dialogue", "Hei")).await.problem("not-found");
    }

    async fn chi_5_chi_9_what_a_parent_writes_for_the_child_is_for_parents_and_ends_at_twelve(app: TestApp) {
        let care = home_care_of(&app).await;
        app.open_inbox_of(LILLE);
        let mona = app.citizen(MONA).await.within(&app.person(LILLE).mailbox);
        let _ = tell(&care.system, &care.service, "", &[json!({"nationalId": LILLE})]).await.expect(200);
        app.advance("P1D").await;
        let (mona, sonja) = (app.citizen(MONA).await.within(&mona.mailbox), app.citizen(SONJA).await);

        let written = mona.post(&mona.own("/messages"), &inquiry(&care.service, "dialogue", "Om Lille")).await.expect(201);

        assert_eq!(written["sentBy"]["relation"], "parent");
        assert_eq!(app.place().number("SELECT count(*) AS number FROM message WHERE is_parental"), 1);
        let id = written.text("conversationId").to_owned();
        let system = app.system(app.municipality()).await;
        let _ = system.post(&care.desk(&id, "/messages"), &json!({"body": "Hei"})).header("if-match", "*").await.expect(201);
        assert_eq!(app.place().number("SELECT count(*) AS number FROM message WHERE is_parental"), 2, "the answer too");
        assert_eq!(mona.get(&mona.own(&format!("/conversations/{id}"))).await.expect(200)["messageCount"], 2);
        app.open_inbox_of(NESTEN_SEKSTEN);
        let sonja = sonja.within(&app.person(NESTEN_SEKSTEN).mailbox);
        let refused = sonja.post(&sonja.own("/messages"), &inquiry(&care.service, "dialogue", "Hei")).await;
        assert_eq!(refused.problem("only-the-owner").rule(), Some("CHI-5"));
    }

    async fn hn_9_a_service_that_is_not_there_for_the_writer_says_so_and_no_more(app: TestApp) {
        let operator = app.operator().await;
        let policy = json!({"availableAtProtectedAddress": false, "dialogue": {"accepts": ["dialogue"], "requiresRelationship": false}});
        let service = app.open_service(&operator, app.clinic(), &policy).await;
        let demanding = json!({"minimumConsent": "full", "dialogue": {"accepts": ["dialogue"], "requiresRelationship": false}});
        let demanding = app.open_service(&operator, app.clinic(), &demanding).await;
        let (protected, citizen) = (app.member(SKJULT).await, app.member(SKUDDAR).await);

        let by_address = protected.post(&protected.own("/messages"), &inquiry(&service, "dialogue", "Hei")).await;
        let by_consent = citizen.post(&citizen.own("/messages"), &inquiry(&demanding, "dialogue", "Hei")).await;

        let (by_address, by_consent) = (by_address.problem("service-not-available"), by_consent.problem("service-not-available"));
        assert_eq!(without_instance(&by_address), without_instance(&by_consent));
        let _ = citizen.post(&citizen.own("/messages"), &inquiry(&service, "dialogue", "Hei")).await.expect(201);
    }

    async fn everything_that_is_wrong_with_what_is_written_is_named_and_nothing_is_stored(app: TestApp) {
        let care = home_care_of(&app).await;
        let citizen = &care.citizen;
        let before = app.place().row_counts();
        let path = citizen.own("/messages");
        let wrong = json!({"recipient": {"serviceId": "x", "more": 1}, "kind": "service", "subject": " ", "attachments": [{}], "colour": "red"});
        let pair = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());

        let answer = citizen.post(&path, &wrong).await.problem("invalid-request");

        let expected = [
            pair("/attachments/0/uploadId", "required"),
            pair("/body", "required"),
            pair("/colour", "unknown_field"),
            pair("/kind", "not_a_choice"),
            pair("/recipient/more", "unknown_field"),
            pair("/recipient/serviceId", "not_a_uuid"),
            pair("/subject", "empty"),
        ];
        assert_eq!(answer.violations(), expected);
        let nobody = json!({"recipient": {"serviceId": uuid::Uuid::from_u128(7)}, "kind": "dialogue", "subject": "a", "body": "b"});
        assert_eq!(citizen.post(&path, &nobody).await.problem("invalid-request").violations(), [pair("/recipient/serviceId", "not_registered")]);
        let employee = json!({"recipient": {"hprNumber": "9144900"}, "kind": "dialogue", "subject": "a", "body": "b"});
        assert_eq!(citizen.post(&path, &employee).await.problem("recipient-is-employee").rule(), Some("HK-2"));
        let with = |file| citizen.request(Method::POST, &path).form(form(&inquiry(&care.service, "dialogue", "Hei"), vec![file]));
        let _ = with(files::program_named_pdf()).await.problem("file-type-not-accepted");
        let _ = with(files::docx_with_macros()).await.problem("file-has-macros");
        let unknown = citizen.own(&format!("/conversations/{}/messages", uuid::Uuid::from_u128(7)));
        let _ = citizen.post(&unknown, &json!({"body": "Hei"})).await.problem("not-found");
        let mut after = app.place().row_counts();
        after.insert("audit_entry".to_owned(), before["audit_entry"]);
        assert_eq!(before, after);
    }

    async fn hk_4_the_service_decides_which_files_it_takes_and_how_large(app: TestApp) {
        let dialogue = json!({"accepts": ["dialogue"], "requiresRelationship": false, "maxAttachmentBytes": 2000});
        let policy = json!({"attachmentTypes": ["pdf"], "dialogue": dialogue});
        let service = app.open_service(&app.operator().await, app.clinic(), &policy).await;
        let citizen = app.member(SKUDDAR).await;
        let path = citizen.own("/messages");
        let with = |file| citizen.request(Method::POST, &path).form(form(&inquiry(&service, "dialogue", "Hei"), vec![file]));
        let before = app.place().row_counts();

        let _ = with(files::docx()).await.problem("file-type-not-accepted");
        let _ = with(files::pdf_of(3000)).await.problem("file-too-large");

        let mut after = app.place().row_counts();
        after.insert("audit_entry".to_owned(), before["audit_entry"]);
        assert_eq!(before, after, "also nothing of the files");
        let _ = with(files::pdf()).await.expect(201);
        // A file handed in ahead.
        let upload = citizen.post(&citizen.own("/uploads"), &json!({"fileName": "a.pdf"})).await.expect(201).id();
        let content = citizen.own(&format!("/uploads/{upload}/content"));
        let _ = citizen.request(Method::PUT, &content).body("application/octet-stream", files::pdf().bytes).try_send().await.expect("an answer").expect(200);
        let mut body = inquiry(&service, "dialogue", "Hei");
        body["attachments"] = json!([{"uploadId": upload}]);
        let sent = citizen.post(&path, &body).await.expect(201);
        assert_eq!(sent["attachments"][0]["fileName"], "a.pdf");
        assert_eq!(citizen.post(&path, &body).await.problem("invalid-request").violations()[0].1, "unknown_upload");
        let _ = app.member(ELDRID).await.post(&citizen.own("/uploads"), &json!({"fileName": "a.pdf"})).await.problem("not-found");
    }

    async fn pp_8_a_request_for_access_reaches_a_service_that_takes_nothing_else(app: TestApp) {
        let (citizen, ehr) = (app.member_at(SKUDDAR, "full").await, app.ehr().await);
        let body = inquiry(app.radiology(), "accessRequest", "Innsyn i mine opplysninger");

        let sent = citizen.post(&citizen.own("/messages"), &body).await.expect(201);

        let queue = ehr.get(&app.radiology().path("/conversations")).await.expect(200);
        assert_eq!(queue.items()[0]["kind"], "accessRequest");
        let id = sent.text("conversationId");
        let desk = app.radiology().path(&format!("/conversations/{id}/messages"));
        let _ = ehr.post(&desk, &json!({"body": "Her er det vi har."})).header("if-match", "*").await.expect(201);
        assert_eq!(citizen.get(&citizen.own(&format!("/conversations/{id}"))).await.expect(200)["messageCount"], 2);
    }

    async fn bx_5_a_conversation_of_which_nothing_is_visible_is_not_there(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = care.written("Hei").await;
        let holder = app.member(MILLENNIA).await;
        let _ = app.give_power(&care.citizen, MILLENNIA).await.expect(201);
        let path = care.citizen.own(&format!("/conversations/{id}"));
        let _ = holder.get(&path).await.expect(200);
        let message = care.citizen.get(&care.citizen.own(&format!("/messages?conversationId={id}"))).await.expect(200).each("id")[0].to_owned();

        let withheld = care.citizen.own(&format!("/messages/{message}/withheld-from-holders"));
        let _ = care.citizen.put(&withheld, &json!({"withheld": true})).await.expect(204);

        let _ = holder.get(&path).await.problem("not-found");
        assert!(holder.get(&care.citizen.own("/conversations")).await.expect(200).items().is_empty());
        let _ = holder.post(&format!("{path}/messages"), &json!({"body": "Hei"})).await.problem("not-found");
        // The answer to what is withheld is withheld with it.
        let _ = care.answer(&id, "Svar").await.expect(201);
        let _ = holder.get(&path).await.problem("not-found");
        assert_eq!(care.citizen.get(&path).await.expect(200)["messageCount"], 2);
    }
}

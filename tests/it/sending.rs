//! What services send, and what becomes of it.

use serde_json::{Value, json};
use tests::{TestApp, files, stories};

use crate::persons::{DOD, SKJULT, SKUDDAR};

stories! {
    async fn hk_1_a_letter_stays_in_the_mailbox_for_years(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let id = app.message("Vedtak").deliver().await;

        app.advance("P3650D").await;

        let patient = app.citizen(SKUDDAR).await;
        assert_eq!(patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200)["subject"], "Vedtak");
    }

    async fn hk_4_pdf_and_word_are_taken_by_their_bytes_whatever_name_and_type_say(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let mut pdf = files::pdf().named("notat.exe");
        pdf.content_type = "application/octet-stream".to_owned();

        let id = app.message("To filer").file(pdf).file(files::docx()).deliver().await;

        let letter = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
        let types: Vec<_> = (0..2).map(|place| letter["attachments"][place]["contentType"].clone()).collect();
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        assert_eq!(types, [json!("application/pdf"), json!(docx)]);
    }

    async fn hk_4_a_file_is_handed_out_under_a_name_that_no_system_runs(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let given = ["svar.pdf", "Legeerklæring.hta", "svar.pdf.exe", "CON.pdf", "brev\u{202e}fdp.exe", "svar.PDF. ."];
        let expected =
            ["svar.pdf", "Legeerklæring_hta.pdf", "svar.pdf_exe.pdf", "_CON.pdf", "brev_fdp_exe.pdf", "svar.PDF"];
        let message = given.iter().fold(app.message("Svar"), |message, name| message.file(files::pdf().named(name)));

        let path = patient.own(&format!("/messages/{}", message.deliver().await));

        let letter = patient.get(&path).await.expect(200);
        for (place, expected) in expected.iter().enumerate() {
            let attachment = &letter["attachments"][place];
            assert_eq!(&attachment["fileName"], expected);
            let file = patient.get(&format!("{path}/attachments/{}", attachment["id"].as_str().expect("an id"))).await;
            let disposition = file.header("content-disposition").expect("a name").to_ascii_lowercase();
            assert!(disposition.ends_with(".pdf") && disposition.contains(".pdf\";"), "{disposition}");
        }
    }

    async fn hk_4_a_service_takes_only_the_types_that_it_has_chosen(app: TestApp) {
        let (_, operator) = (app.member(SKUDDAR).await, app.operator().await);
        let only_pdf = app.open_service(&operator, app.clinic(), &json!({"attachmentTypes": ["pdf"]})).await;
        let ehr = app.ehr().await;

        let taken = app.message("Svar").from(&ehr, &only_pdf).file(files::pdf()).try_send().await;
        let refused = app.message("Svar").from(&ehr, &only_pdf).file(files::docx()).try_send().await;

        assert_eq!(taken.status, 201);
        assert_eq!(refused.problem("file-type-not-accepted").rule(), Some("HK-4"));
    }

    async fn hk_4_files_can_be_handed_in_ahead_of_their_message(app: TestApp) {
        let (patient, ehr, service) = (app.member(SKUDDAR).await, app.ehr().await, app.dermatology());
        let pdf = files::pdf();
        let opened = ehr.post(&service.path("/uploads"), &json!({"fileName": "svar.pdf"})).key("u").await.expect(201);
        let upload = service.path(&format!("/uploads/{}", opened.id()));
        assert!(opened["content"].is_null());
        let early = app.message("Svar").with("attachments", json!([{"uploadId": opened.id()}])).try_send().await;
        let _ = early.problem("upload-not-ready");

        let fill = |bytes: Vec<u8>| {
            ehr.request(reqwest::Method::PUT, &format!("{upload}/content")).body("application/octet-stream", bytes)
        };
        let filled = fill(pdf.bytes.clone()).await.expect(200);
        let again = fill(pdf.bytes.clone()).await.expect(200);
        let other = fill(files::pdf_of(5).bytes).await;
        let shown = ehr.get(&upload).await.expect(200);
        let id = app.message("Svar").with("attachments", json!([{"uploadId": opened.id()}])).deliver().await;

        assert_eq!(filled["content"]["sizeBytes"], pdf.bytes.len());
        assert_eq!((filled.body.clone(), filled.body), (again.body, shown.body));
        let _ = other.problem("upload-filled");
        let letter = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
        assert_eq!(letter["attachments"][0]["fileName"], "svar.pdf");
        // A message takes an upload for itself.
        let taken = app.message("Svar").with("attachments", json!([{"uploadId": opened.id()}])).try_send().await;
        assert_eq!(
            taken.problem("invalid-request").violations(),
            [("/attachments/0/uploadId".into(), "unknown_upload".into())]
        );
    }

    async fn pp_2_any_system_of_the_organisation_sends_and_none_of_another(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let scopes = tests::SYSTEM_SCOPES;
        let front_end = app.client(app.clinic(), &scopes, "front-end").await;
        let journal = app.client(app.clinic(), &scopes, "journal").await;
        let stranger = app.system(app.appeals_body()).await;

        for system in [&front_end, &journal] {
            assert_eq!(app.message("Svar").by(system).try_send().await.status, 201);
        }
        let _ = app.message("Svar").by(&stranger).try_send().await.problem("not-found");
        let reader = app.system_with_scopes(app.clinic(), &["brevdue:messages.read"]).await;
        assert_eq!(app.message("Svar").by(&reader).try_send().await.problem("scope-missing").rule(), Some("PP-5"));
    }

    async fn pp_2_once_systems_are_registered_no_others_act_for_the_organisation(app: TestApp) {
        let (_, operator) = (app.member(SKUDDAR).await, app.operator().await);
        let path = format!("/v1/organisations/{}/clients", app.clinic().id);
        let _ = operator.post(&path, &json!({"clientId": "journal", "name": "Journalen"})).await.expect(201);

        let registered = app.client(app.clinic(), &tests::SYSTEM_SCOPES, "journal").await;
        let other = app.client(app.clinic(), &tests::SYSTEM_SCOPES, "front-end").await;

        assert_eq!(app.message("Svar").by(&registered).try_send().await.status, 201);
        let _ = app.message("Svar").by(&other).try_send().await.problem("client-not-registered");
    }

    async fn pp_3_without_an_agreement_in_force_nothing_is_sent(app: TestApp) {
        let (_, operator) = (app.member(SKUDDAR).await, app.operator().await);
        let new = json!({"organisationNumber": "974760673", "name": "Ny klinikk"});
        let organisation = operator.post("/v1/organisations", &new).await.expect(201);
        let clinic = tests::Organisation {
            id: organisation.id(),
            number: "974760673".to_owned(),
            name: "Ny klinikk".to_owned(),
            services: vec![],
        };
        let service = app.open_service(&operator, &clinic, &json!({})).await;
        let system = app.system(&clinic).await;
        let before = app.message("Svar").from(&system, &service).try_send().await;
        let agreements = format!("/v1/organisations/{}/agreements", clinic.id);
        let today = app.now().await.date_naive();
        let agreement =
            json!({"version": "1.0", "signatoryRole": "Daglig leder", "validFrom": today, "validTo": today});
        let _ = operator.post(&agreements, &agreement).await.expect(201);

        let during = app.message("Svar").from(&system, &service).try_send().await;
        app.deliver_all().await;
        app.advance("P2D").await;
        let (system, patient) = (app.system(&clinic).await, app.citizen(SKUDDAR).await);
        let after = app.message("Svar").from(&system, &service).try_send().await;

        assert_eq!(before.problem("agreement-missing").rule(), Some("PP-3"));
        assert_eq!(during.status, 201);
        assert_eq!(after.problem("agreement-missing").rule(), Some("PP-3"));
        let letter = patient.get(&patient.own(&format!("/messages/{}", during.id()))).await.expect(200);
        assert_eq!(letter["controller"]["organisationNumber"], "974760673");
    }

    async fn pp_5_other_services_systems_and_operators_see_neither_content_nor_that_it_is_there(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let path = patient.own(&format!("/messages/{id}"));

        let worker = app.health_worker(crate::persons::ELDRID, app.clinic()).await;
        for other in [app.ehr().await, app.system(app.appeals_body()).await, app.operator().await, worker] {
            let _ = other.get(&path).await.problem("not-found");
        }
        let stranger = app.system(app.appeals_body()).await;
        let _ = stranger.get(&app.dermatology().path(&format!("/messages/{id}"))).await.problem("not-found");
        // Nor a service under which it was not sent.
        let _ = app.ehr().await.get(&app.radiology().path(&format!("/messages/{id}"))).await.problem("not-found");
    }

    async fn pp_6_a_letter_to_somebody_who_has_not_joined_waits_for_consent(app: TestApp) {
        let patient = app.citizen(SKUDDAR).await;
        let sent = app.message("Velkommen").try_send().await.expect(201);
        app.deliver_all().await;
        assert_eq!(sent["rule"], "PP-6");
        assert_eq!(patient.get(&patient.own("")).await.expect(200)["unread"], 0);

        let _ = patient.put("/v1/me/consent", &json!({"level": "basis"})).await.expect(200);

        let overview = patient.get(&patient.own("/messages")).await.expect(200);
        assert_eq!(overview.each("id"), [sent.id()]);
        let path = app.dermatology().path(&format!("/messages/{}", sent.id()));
        assert_eq!(app.ehr().await.get(&path).await.expect(200)["status"], "delivered");
    }

    async fn con_7_without_consent_the_sender_hears_no_at_once(app: TestApp) {
        let system = app.system(app.appeals_body()).await;
        let before = app.place().row_counts();

        let refused = app.message("Vedtak").from(&system, app.appeals()).try_send().await.problem("inbox-not-open");

        assert_eq!(refused.rule(), Some("CON-7"));
        assert_eq!(before["message"], app.place().row_counts()["message"]);
    }

    async fn con_6_a_service_that_asks_for_more_consent_reaches_only_those_who_gave_it(app: TestApp) {
        let (basis, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        let send = || app.message("Bilder").from(&ehr, app.radiology());
        let _ = send().try_send().await.problem("inbox-not-open");

        let _ = basis.put("/v1/me/consent", &json!({"level": "full"})).await.expect(200);
        let id = send().deliver().await;

        let _ = basis.get(&basis.own(&format!("/messages/{id}"))).await.expect(200);
        // Who goes back to less, sees less; and everything again with more.
        let _ = basis.put("/v1/me/consent", &json!({"level": "basis"})).await.expect(200);
        let _ = basis.get(&basis.own(&format!("/messages/{id}"))).await.problem("not-found");
        assert_eq!(basis.get(&basis.own("")).await.expect(200)["unread"], 0);
        assert!(basis.get(&basis.own("/messages")).await.expect(200).items().is_empty());
    }

    async fn hn_9_a_closed_service_reaches_nobody_at_a_protected_address_and_does_not_learn_why(app: TestApp) {
        let (_, _) = (app.member_at(SKJULT, "full").await, app.citizen(SKUDDAR).await);
        let ehr = app.ehr().await;

        let protected = app.message("Bilder").to(SKJULT).from(&ehr, app.radiology()).try_send().await;
        let unregistered = app.message("Bilder").to(SKUDDAR).from(&ehr, app.radiology()).try_send().await;

        let protected = protected.problem("inbox-not-open");
        assert_eq!(tests::without_instance(&protected), tests::without_instance(&unregistered));
        assert_eq!(app.message("Svar").to(SKJULT).try_send().await.status, 201);
    }

    async fn krr_8_nobody_writes_to_the_dead(app: TestApp) {
        let refused = app.message("Svar").to(DOD).try_send().await.problem("recipient-cannot-receive");

        assert_eq!(refused.rule(), Some("KRR-8"));
    }

    async fn hk_2_a_letter_is_for_a_citizen_never_for_an_employee(app: TestApp) {
        let recipient = json!({"hprNumber": "9144900"});

        let refused = app.message("Svar").with("recipient", recipient).try_send().await;

        assert_eq!(refused.problem("recipient-is-employee").rule(), Some("HK-2"));
    }

    async fn bx_4_what_the_inbox_takes_is_in_it_when_the_sender_has_the_answer(app: TestApp) {
        let citizen = app.member(SKUDDAR).await;
        let id = app.message("Vedtak").send().await;

        // Nothing that comes later can keep it away.
        let jobs = app.place().texts("SELECT kind AS text FROM job WHERE kind = 'deliver'");
        assert!(jobs.is_empty(), "{jobs:?} is left to do");
        let inbox = citizen.get(&citizen.own("/messages")).await.expect(200);
        assert_eq!(inbox.each("id"), [id.as_str()]);
        let stands = app.ehr().await.get(&app.dermatology().path(&format!("/messages/{id}"))).await.expect(200);
        let timeline = stands["timeline"].as_array().expect("a timeline");
        let steps: Vec<&Value> = timeline.iter().map(|step| &step["status"]).collect();
        assert_eq!(steps, ["accepted", "delivered"]);
        assert_eq!(timeline[0]["at"], timeline[1]["at"]);
        app.deliver_all().await;
        let events = "SELECT kind AS text FROM event WHERE message_id IS NOT NULL ORDER BY number";
        assert_eq!(app.place().texts(events)[..2], ["message.accepted", "message.delivered"]);
    }

    async fn a_mailbox_id_names_the_recipient_as_well_as_a_number(app: TestApp) {
        let patient = app.member(SKUDDAR).await;

        let id = app.message("Svar").with("recipient", json!({"mailboxId": patient.mailbox})).deliver().await;

        let _ = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
    }

    async fn what_was_sent_is_listed_newest_first_in_pages(app: TestApp) {
        let (_, ehr, service) = (app.member(SKUDDAR).await, app.ehr().await, app.dermatology());
        let mut sent = vec![];
        for place in 0..5 {
            sent.push(app.message("Svar").reference(&format!("r-{place}")).send().await);
        }
        sent.reverse();

        let mut listed = vec![];
        let mut cursor = String::new();
        loop {
            let page = ehr.get(&service.path(&format!("/messages?limit=2{cursor}"))).await.expect(200);
            listed.extend(page.each("id").into_iter().map(str::to_owned));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }

        assert_eq!(listed, sent);
    }
}

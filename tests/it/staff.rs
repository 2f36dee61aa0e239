//! DH-7, ADR-7: health workers read what their own services and the patients whom they follow up have sent each other.

use serde_json::json;
use tests::{Actor, Answer, TestApp, stories, without_instance};

use crate::persons::{ELDRID, SKJULT, SKUDDAR, UNKNOWN};

/// A nurse who is a member of the clinic's dermatology, and her id.
async fn nurse(app: &TestApp) -> (Actor, String) {
    let members = app.dermatology().path("/members");
    let member = app.ehr().await.put(&members, &json!({"nationalId": ELDRID})).await.expect(200);
    (app.health_worker(ELDRID, app.clinic()).await, member.text("personId").to_owned())
}

async fn follow(app: &TestApp, nurse: &str, patient: &str) -> Answer {
    let path = app.dermatology().path("/follow-ups");
    app.ehr().await.put(&path, &json!({"patient": {"nationalId": patient}, "member": {"personId": nurse}})).await
}

stories! {
    async fn dh_7_a_nurse_reads_the_messages_of_her_patients_and_of_no_others(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar på prøve").deliver().await;
        let other = app.message("Vedtak").from(&app.system(app.appeals_body()).await, app.appeals()).deliver().await;
        let (nurse, person) = nurse(&app).await;
        let (overview, message) = (patient.own("/messages"), patient.own(&format!("/messages/{id}")));
        let unknown = nurse.get(&format!("/v1/mailboxes/{}/messages", uuid::Uuid::from_u128(7))).await;
        let stranger = nurse.get(&overview).await.problem("not-found");
        assert_eq!(without_instance(&stranger), without_instance(&unknown));

        let follow_up = follow(&app, &person, SKUDDAR).await.expect(200);

        assert_eq!(follow_up.text("mailboxId"), patient.mailbox);
        let seen = nurse.get(&overview).await.expect(200);
        assert_eq!(seen.each("id"), [id.as_str()], "of her own service alone");
        assert_eq!(nurse.get(&message).await.expect(200).text("subject"), "Svar på prøve");
        let _ = nurse.get(&patient.own(&format!("/messages/{other}"))).await.problem("not-found");
        assert_eq!(nurse.get(&patient.own("")).await.expect(200).text("relation"), "staff");
        let patients = nurse.get(&app.dermatology().path("/patients")).await.expect(200);
        assert_eq!(patients.each("mailboxId"), [patient.mailbox.as_str()]);

        let row = format!("/follow-ups/{}/{person}", patient.mailbox);
        let _ = app.ehr().await.delete(&app.dermatology().path(&row)).await.expect(204);
        let _ = nurse.get(&message).await.problem("not-found");
    }

    async fn krr_10_what_staff_read_stays_unread_for_the_citizen_and_unopened_for_the_sender(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let (nurse, person) = nurse(&app).await;
        let _ = follow(&app, &person, SKUDDAR).await.expect(200);

        let _ = nurse.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);

        let sent = app.ehr().await.get(&app.dermatology().path(&format!("/messages/{id}"))).await.expect(200);
        assert_eq!(sent.text("status"), "delivered");
        assert_eq!(patient.get(&patient.own("")).await.expect(200)["unread"], 1);
    }

    async fn ret_2_what_the_citizen_has_deleted_stays_in_the_record_of_the_service(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let (nurse, person) = nurse(&app).await;
        let _ = follow(&app, &person, SKUDDAR).await.expect(200);
        let message = patient.own(&format!("/messages/{id}"));
        let _ = patient.delete(&message).await.expect(204);
        let _ = patient.delete("/v1/me/consent").await.expect(204);

        let _ = patient.get(&message).await.problem("consent-required");
        let _ = nurse.get(&message).await.expect(200);
    }

    async fn dh_7_lawful_access_goes_on_record_holds_for_a_day_and_is_told_to_the_patient_without_its_reason(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let (nurse, _) = nurse(&app).await;
        let message = patient.own(&format!("/messages/{id}"));
        let _ = nurse.get(&message).await.problem("not-found");
        let reason = "Vikar for fast kontakt";
        let body = json!({"patient": {"nationalId": SKUDDAR}, "reason": reason});
        let path = app.dermatology().path("/recorded-accesses");

        let recorded = nurse.post(&path, &body).key("once").await.expect(201);

        assert_eq!(recorded.text("mailboxId"), patient.mailbox);
        let again = nurse.post(&path, &body).key("once").await.expect(201);
        assert_eq!((again.id(), again.header("idempotent-replayed")), (recorded.id(), Some("true")));
        let _ = nurse.get(&message).await.expect(200);
        let log = patient.get(&patient.own("/access-log")).await.expect(200);
        assert!(!log.bytes.windows(reason.len()).any(|part| part == reason.as_bytes()), "{log}");
        let entry = log.items().iter().find(|entry| entry["action"] == "readMessage" && entry["outcome"] == "granted");
        let entry = entry.unwrap_or_else(|| panic!("no reading in {log}"));
        assert_eq!(entry["actor"]["kind"], "healthWorker");
        assert_eq!(entry["actor"]["name"], "Eldrid Prøve");
        assert_eq!(entry["actor"]["relation"], "staff");
        assert_eq!(entry["actor"]["organisationName"], app.clinic().name);
        assert_eq!(entry["ground"], "DH-7");
        assert!(log.items().iter().any(|entry| entry["action"] == "recordAccess"), "{log}");

        app.advance("PT24H").await;
        let nurse = app.health_worker(ELDRID, app.clinic()).await;
        let _ = nurse.get(&message).await.problem("not-found");
    }

    async fn adr_7_a_protected_patient_takes_a_role_for_the_grade(app: TestApp) {
        let patient = app.member(SKJULT).await;
        let id = app.message("Svar").to(SKJULT).deliver().await;
        let (nurse, person) = nurse(&app).await;
        let _ = follow(&app, &person, SKJULT).await.expect(200);
        let message = patient.own(&format!("/messages/{id}"));
        let members = app.dermatology().path("/members");
        let _ = nurse.get(&message).await.problem("not-found");
        let clear = |grade: &str| json!({"nationalId": ELDRID, "clearances": [grade]});
        let _ = app.ehr().await.put(&members, &clear("confidential")).await.expect(200);
        let _ = nurse.get(&message).await.problem("not-found");

        let _ = app.ehr().await.put(&members, &clear("strictlyConfidential")).await.expect(200);

        let _ = nurse.get(&message).await.expect(200);
    }

    async fn adr_7_nobody_reads_of_themselves_as_staff(app: TestApp) {
        let own = app.member(ELDRID).await;
        let id = app.message("Svar").to(ELDRID).deliver().await;
        let (nurse, person) = nurse(&app).await;
        let _ = follow(&app, &person, ELDRID).await.expect(200);

        let _ = nurse.get(&own.own(&format!("/messages/{id}"))).await.problem("not-found");

        let _ = own.get(&own.own(&format!("/messages/{id}"))).await.expect(200);
    }

    async fn chi_6_health_workers_withhold_and_decide_nothing_else(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let (nurse, person) = nurse(&app).await;
        let _ = follow(&app, &person, SKUDDAR).await.expect(200);
        let withheld = patient.own(&format!("/messages/{id}/withheld-from-parents"));

        let _ = patient.put(&withheld, &json!({"withheld": true})).await.problem("only-health-personnel");
        let _ = nurse.put(&withheld, &json!({"withheld": true})).await.expect(204);

        let message = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
        assert_eq!(message["withheldFromParents"], true);
        let refused = [
            nurse.put(&patient.own("/consent"), &json!({"level": "full"})).await,
            nurse.put(&patient.own(&format!("/messages/{id}/withheld-from-holders")), &json!({"withheld": true})).await,
            nurse.put(&patient.own(&format!("/messages/{id}/read")), &json!({"read": true})).await,
            nurse.delete(&patient.own(&format!("/messages/{id}"))).await,
            nurse.get(&patient.own("/access-log")).await,
        ];
        for answer in refused {
            assert_eq!(answer.problem("only-the-owner").rule(), Some("FUL-9"));
        }
    }

    async fn dh_7_a_membership_that_ends_takes_everything_with_it(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let (nurse, person) = nurse(&app).await;
        let _ = follow(&app, &person, SKUDDAR).await.expect(200);
        let members = app.dermatology().path("/members");
        assert_eq!(app.ehr().await.get(&members).await.expect(200).each("personId"), [person.as_str()]);

        let _ = app.ehr().await.delete(&format!("{members}/{person}")).await.expect(204);

        let _ = nurse.get(&patient.own(&format!("/messages/{id}"))).await.problem("not-found");
        let _ = nurse.get(&app.dermatology().path("/patients")).await.problem("not-found");
        let _ = app.ehr().await.delete(&format!("{members}/{person}")).await.problem("not-found");
        let follow_ups = app.ehr().await.get(&app.dermatology().path("/follow-ups")).await.expect(200);
        assert!(follow_ups.items().is_empty(), "{follow_ups}");
    }

    async fn a_health_worker_of_another_organisation_is_nobody_here(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let (_, person) = nurse(&app).await;
        let _ = follow(&app, &person, SKUDDAR).await.expect(200);
        let elsewhere = app.health_worker(ELDRID, app.appeals_body()).await;

        let _ = elsewhere.get(&patient.own(&format!("/messages/{id}"))).await.problem("not-found");
        let _ = elsewhere.get(&app.dermatology().path("/patients")).await.problem("not-found");
    }

    async fn ret_11_where_a_service_needs_an_hpr_number_nobody_works_without_one(app: TestApp) {
        let (patient, other) = (app.member(SKUDDAR).await, app.member(SKJULT).await);
        let id = app.message("Svar").deliver().await;
        let (nurse, person) = nurse(&app).await;
        let _ = follow(&app, &person, SKUDDAR).await.expect(200);
        let without = app.worker_without_number(ELDRID, app.clinic()).await;
        let (message, service) = (patient.own(&format!("/messages/{id}")), app.dermatology());
        let desk = ["/patients", "/conversations", "/follow-ups"].map(|rest| service.path(rest));
        let settings = app.ehr().await.get(&service.path("")).await.expect(200);
        assert_eq!(settings["hprNumberRequired"], true, "a specialist's, unless it says otherwise");

        for path in desk[..2].iter().chain([&message, &patient.own("/messages")]) {
            let refusal = without.get(path).await.problem("hpr-number-missing");
            assert_eq!((refusal.status, refusal.text("rule")), (403, "RET-11"), "{path}");
        }
        let _ = without.get(&desk[2]).await.problem("not-found");
        let reason = json!({"patient": {"nationalId": SKUDDAR}, "reason": "Vakt"});
        let _ = without.post(&service.path("/recorded-accesses"), &reason).await.problem("hpr-number-missing");
        let unknown = without.get(&format!("/v1/mailboxes/{}/messages", uuid::Uuid::from_u128(7))).await;
        let stranger = without.get(&other.own("/messages")).await.problem("not-found");
        assert_eq!(without_instance(&stranger), without_instance(&unknown), "of others' patients nothing is told");
        let _ = nurse.get(&message).await.expect(200);

        let ehr = app.ehr().await;
        let settings = |needed: bool| json!({"name": "Hud", "kind": "specialist", "hprNumberRequired": needed});
        let _ = ehr.put(&service.path(""), &settings(false)).header("if-match", "*").await.expect(200);
        let _ = without.get(&message).await.expect(200);
        let _ = without.get(&desk[0]).await.expect(200);
        let _ = ehr.put(&service.path(""), &settings(true)).header("if-match", "*").await.expect(200);
        let _ = without.get(&message).await.problem("hpr-number-missing");
    }

    async fn ret_11_case_handlers_need_no_hpr_number(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let system = app.system(app.municipality()).await;
        let service = &app.municipality().services[0];
        let member = system.put(&service.path("/members"), &json!({"nationalId": ELDRID})).await.expect(200);
        let body = json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": member.text("personId")}});
        let _ = system.put(&service.path("/follow-ups"), &body).await.expect(200);
        assert_eq!(system.get(&service.path("")).await.expect(200)["hprNumberRequired"], false);

        let handler = app.worker_without_number(ELDRID, app.municipality()).await;

        let _ = handler.get(&patient.own("/messages")).await.expect(200);
        let _ = handler.get(&service.path("/conversations")).await.expect(200);
    }

    async fn bad_input_about_staff_is_told_all_at_once_and_changes_nothing(app: TestApp) {
        let (nurse, person) = nurse(&app).await;
        let counts = |app: &TestApp| {
            let mut counts = app.place().row_counts();
            counts.remove("audit_entry");
            counts
        };
        let before = counts(&app);
        let (system, service) = (app.ehr().await, app.dermatology());

        let answer = system.put(&service.path("/members"), &json!({"nationalId": "1", "clearances": ["secret"], "role": "x"}));
        let expected =
            [("/clearances/0", "not_a_choice"), ("/nationalId", "not_eleven_digits"), ("/role", "unknown_field")];
        assert_eq!(answer.await.violations(), expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
        let answer = system.put(&service.path("/members"), &json!({"nationalId": UNKNOWN})).await;
        assert_eq!(answer.violations(), [("/nationalId".to_owned(), "not_registered".to_owned())]);
        let answer = follow(&app, &person, UNKNOWN).await;
        assert_eq!(answer.violations(), [("/patient/nationalId".to_owned(), "not_registered".to_owned())]);
        let answer = follow(&app, &uuid::Uuid::from_u128(7).to_string(), SKUDDAR).await;
        assert_eq!(answer.violations(), [("/member/personId".to_owned(), "not_registered".to_owned())]);
        let answer = nurse.post(&service.path("/recorded-accesses"), &json!({"reason": " "})).await;
        let expected = [("/patient", "required"), ("/reason", "empty")];
        assert_eq!(answer.violations(), expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
        let without_scope = app.system_with_scopes(app.clinic(), &["brevdue:messages.write"]).await;
        let _ = without_scope.get(&service.path("/members")).await.problem("scope-missing");

        assert_eq!(counts(&app), before);
    }
}

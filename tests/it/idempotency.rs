//! BX-1: 201 means safe, once.

use serde_json::json;
use tests::{TestApp, files, stories};

use crate::persons::SKUDDAR;

fn messages(app: &TestApp) -> i64 {
    app.place().number("SELECT count(*) AS number FROM message")
}

stories! {
    async fn bx_1_the_same_request_again_gets_the_first_answer_again(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let send = || app.message("Svar").reference("r-1").key("sak/17");
        let first = send().try_send().await.expect(201);
        app.deliver_all().await;
        let _ = patient.get(&patient.own(&format!("/messages/{}", first.id()))).await.expect(200);

        let again = send().try_send().await.expect(201);

        assert_eq!((again.header("idempotent-replayed"), first.header("idempotent-replayed")), (Some("true"), None));
        assert_eq!((first.bytes, first.headers.get("location")), (again.bytes, again.headers.get("location")));
        assert_eq!(messages(&app), 1);
    }

    async fn bx_1_a_message_with_files_is_the_same_by_their_names_and_bytes(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let send = |file| app.message("Svar").key("k").file(file).try_send();

        let first = send(files::pdf()).await.expect(201);
        let again = send(files::pdf()).await.expect(201);
        let _ = send(files::pdf_of(1)).await.problem("idempotency-key-reused");
        let _ = send(files::pdf().named("annet.pdf")).await.problem("idempotency-key-reused");

        assert_eq!(first.bytes, again.bytes);
        assert_eq!(messages(&app), 1);
        assert_eq!(
            app.place().number("SELECT count(*) AS number FROM upload"),
            0,
            "files of repeated requests are left"
        );
    }

    async fn bx_1_a_key_stands_for_one_request(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let ehr = app.ehr().await;
        let _ = app.message("Svar").key("k").try_send().await.expect(201);

        let other_body = app.message("Annet svar").key("k").try_send().await;
        let other_service = app.message("Svar").key("k").from(&ehr, app.radiology()).try_send().await;
        let other_organisation = app.system(app.appeals_body()).await;
        let same_key = app.message("Svar").key("k").from(&other_organisation, app.appeals()).try_send().await;

        let _ = (other_body.problem("idempotency-key-reused"), other_service.problem("idempotency-key-reused"));
        assert_eq!(same_key.status, 201, "keys of organisations are apart");
        assert_eq!(messages(&app), 2);
    }

    async fn bx_1_a_key_is_remembered_for_thirty_days(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let first = app.message("Svar").key("k").try_send().await.expect(201);
        app.advance("P29D").await;

        let again = app.message("Svar").key("k").try_send().await.expect(201);

        assert_eq!(first.id(), again.id());
    }

    async fn bx_1_of_two_requests_with_the_same_key_at_once_one_makes_the_message(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        for round in 0..5 {
            let key = format!("round-{round}");
            let send = || app.message("Svar").key(&key).try_send();

            let (one, two, three, four) = tokio::join!(send(), send(), send(), send());

            let answers = [one, two, three, four];
            let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
            assert!(!made.is_empty());
            assert!(made.iter().all(|answer| answer.bytes == made[0].bytes));
            for answer in answers.iter().filter(|answer| answer.status != 201) {
                assert_eq!((answer.status, answer.slug()), (409, Some("request-in-progress")), "{answer}");
                assert!(answer.header("retry-after").is_some());
            }
            assert_eq!(messages(&app), round + 1);
        }
    }

    async fn bx_1_many_at_once_are_all_there_once_with_their_records(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let ehr = app.ehr().await;
        let sends = (0..40).map(|place| {
            let subject = if place % 10 == 9 { " ".to_owned() } else { format!("Brev {place}") };
            app.message(&subject).by(&ehr).try_send()
        });

        let answers = futures_util::future::join_all(sends).await;

        let made = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!((made, answers.iter().filter(|answer| answer.status == 422).count()), (36, 4));
        app.deliver_all().await;
        for (table, rows) in [("message", 36), ("message_body", 36), ("sending", 36), ("idempotency", 36)] {
            assert_eq!(app.place().row_counts()[table], rows, "{table}");
        }
        let sent = "SELECT count(*) AS number FROM audit_entry WHERE action = 'sendMessage' AND outcome = 'granted'";
        assert_eq!(app.place().number(sent), 36);
        let events = "SELECT count(*) AS number FROM event WHERE kind LIKE '%elivered'";
        assert_eq!(app.place().number(events), 36);
    }

    async fn a_sender_needs_a_key_of_visible_characters(app: TestApp) {
        let (ehr, path) = (app.ehr().await, app.dermatology().path("/messages"));
        let message = app.message("Svar").to_json();

        let _ = ehr.post(&path, &message).await.problem("idempotency-key-missing");
        for key in ["", "two words", &"k".repeat(256)] {
            let _ = ehr.post(&path, &message).key(key).await.problem("idempotency-key-invalid");
        }
        let twice = ehr.post(&path, &message).key("a").key("b").await;
        let _ = twice.problem("idempotency-key-invalid");
        assert_eq!(messages(&app), 0);
    }

    async fn a_sender_reference_is_used_once_for_each_service(app: TestApp) {
        let (_, ehr) = (app.member_at(SKUDDAR, "full").await, app.ehr().await);
        let _ = app.message("Svar").reference("2026/1").send().await;

        let _ = app.message("Svar").reference("2026/1").try_send().await.problem("sender-reference-taken");

        assert_eq!(app.message("Svar").reference("2026/1").from(&ehr, app.radiology()).try_send().await.status, 201);
        assert_eq!(messages(&app), 2);
    }

    async fn operators_registrations_are_made_once_for_a_key(app: TestApp) {
        let operator = app.operator().await;
        let new = json!({"organisationNumber": "974760673", "name": "Ny klinikk"});

        let first = operator.post("/v1/organisations", &new).key("k").await.expect(201);
        let again = operator.post("/v1/organisations", &new).key("k").await.expect(201);

        assert_eq!((first.bytes, again.header("idempotent-replayed")), (again.bytes.clone(), Some("true")));
        let _ = operator.post("/v1/organisations", &new).key("other").await.problem("organisation-exists");
    }
}

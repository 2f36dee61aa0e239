//! BX-3, BX-4, HK-5 to HK-9, HN-4: which way a letter goes, why, and that the world is asked again before it goes.

use serde_json::{Value, json};
use tests::{Actor, Answer, MessageBuilder, Service, TestApp, stories};

use crate::persons::{ALDRI, DINA, EGIL, ELDAR, ELDRID, RESERVERT, SKUDDAR, TOLV, UTGATT};

/// What a service with every channel has.
pub(crate) fn every_channel() -> Value {
    json!({"externalChannels": {"mailboxProviders": ["984661185"], "paper": true}})
}

/// A service of the clinic with these settings, and its system.
pub(crate) async fn sender(app: &TestApp, policy: &Value) -> (Actor, Service) {
    let service = app.open_service(&app.operator().await, app.clinic(), policy).await;
    (app.ehr().await, service)
}

/// Each channel that was passed over, with the reason and the rule.
pub(crate) fn passed_over(answer: &Answer) -> Vec<String> {
    let word = |of: &Value, field: &str| of[field].as_str().expect("a word").to_owned();
    let against = answer["passedOver"].as_array().expect("a list");
    against.iter().map(|of| format!("{} {} {}", word(of, "channel"), word(of, "reason"), word(of, "rule"))).collect()
}

fn chosen(answer: &Answer) -> String {
    let word = |field: &str| answer[field].as_str().unwrap_or("-").to_owned();
    format!("{} {} {} {}", word("status"), word("channel"), word("reason"), word("rule"))
}

fn steps(answer: &Answer) -> Vec<String> {
    let timeline = answer["timeline"].as_array().expect("a timeline");
    timeline.iter().map(|step| format!("{} {}", step["status"], step["rule"]).replace('"', "")).collect()
}

/// A letter, how it was accepted, and how it stands when all that is due has been done.
async fn sent(app: &TestApp, from: &(Actor, Service), letter: MessageBuilder) -> (Answer, Answer) {
    let accepted = letter.from(&from.0, &from.1).try_send().await.expect(201);
    app.deliver_all().await;
    let stands = from.0.get(&from.1.path(&format!("/messages/{}", accepted.id()))).await.expect(200);
    (accepted, stands)
}

fn jobs(app: &TestApp, kind: &str) -> i64 {
    app.place().number(&format!("SELECT count(*) AS number FROM job WHERE kind = '{kind}'"))
}

stories! {
    async fn hn_4_into_the_open_inbox_with_what_was_passed_over(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let from = sender(&app, &every_channel()).await;

        let (accepted, stands) = sent(&app, &from, app.message("Vedtak")).await;

        assert_eq!(chosen(&accepted), "accepted inbox inboxOpen HN-4");
        assert_eq!(passed_over(&accepted), ["digitalMailbox inboxFirst HN-4", "paper inboxFirst HN-4"]);
        assert_eq!(chosen(&stands), "delivered inbox inboxOpen HN-4");
        assert_eq!(steps(&stands), ["accepted HN-4", "delivered HN-4"]);
        assert_eq!(accepted["text"], "Mottakeren har åpnet innboksen for tjenesten.");
    }

    async fn krr_4_formal_post_to_the_reserved_goes_on_paper_whatever_inbox_they_have(app: TestApp) {
        let (reserved, from) = (app.member(RESERVERT).await, sender(&app, &every_channel()).await);

        for kind in ["letter", "appointmentLetter"] {
            let (accepted, stands) = sent(&app, &from, app.message("Vedtak").to(RESERVERT).kind(kind)).await;
            assert_eq!(chosen(&accepted), "accepted paper reserved KRR-4");
            assert_eq!(passed_over(&accepted), ["inbox reserved KRR-4", "digitalMailbox reserved KRR-4"]);
            assert_eq!(steps(&stands), ["accepted KRR-4", "routed KRR-4", "printed HN-4"]);
            assert_eq!(chosen(&stands), "printed paper reserved KRR-4");
        }

        assert_eq!(jobs(&app, "print"), 0);
        assert_eq!(reserved.get(&reserved.own("")).await.expect(200)["unread"], 0);
        // Reservation does not cover information of no legal weight.
        let (_, information) = sent(&app, &from, app.message("Nyheter").to(RESERVERT).kind("service")).await;
        assert_eq!(chosen(&information), "delivered inbox inboxOpen HN-4");
    }

    async fn krr_4_where_a_service_does_not_print_the_sender_is_told_that_the_recipient_is_reserved(app: TestApp) {
        let _ = app.member(RESERVERT).await;
        let before = app.place().row_counts();

        let refused = app.message("Vedtak").to(RESERVERT).try_send().await.problem("recipient-reserved");

        assert_eq!((refused.status, refused.rule()), (422, Some("KRR-4")));
        assert_eq!(before["message"], app.place().row_counts()["message"]);
    }

    async fn hk_9_and_krr_7_who_cannot_be_notified_gets_formal_post_on_paper(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        for (person, why) in [(ALDRI, "neverRegistered HK-9"), (UTGATT, "cannotBeNotified KRR-7")] {
            let _ = app.member(person).await;

            let (formal, _) = sent(&app, &from, app.message("Vedtak").to(person)).await;
            let (appointment, _) = sent(&app, &from, app.message("Time").to(person).kind("appointmentLetter")).await;

            assert_eq!(chosen(&formal), format!("accepted paper {why}"));
            assert_eq!(chosen(&appointment), "accepted inbox inboxOpen HN-4");
        }
        // Without paper the inbox that they have opened is the next best.
        let (_, stands) = sent(&app, &sender(&app, &json!({})).await, app.message("Vedtak").to(UTGATT)).await;
        assert_eq!(chosen(&stands), "delivered inbox inboxOpen HN-4");
        assert_eq!(passed_over(&stands), ["digitalMailbox cannotBeNotified KRR-7", "paper notOffered HK-5"]);
    }

    async fn krr_6_and_hk_5_the_chosen_mailbox_takes_what_the_inbox_does_not_where_the_service_sends_to_it(app: TestApp) {
        let from = sender(&app, &every_channel()).await;

        let (dina, stands) = sent(&app, &from, app.message("Vedtak").to(DINA)).await;
        let (egil, _) = sent(&app, &from, app.message("Vedtak").to(EGIL)).await;
        let (eldar, _) = sent(&app, &from, app.message("Vedtak").to(ELDAR)).await;

        assert_eq!(chosen(&dina), "accepted digitalMailbox mailboxChosen KRR-6");
        assert_eq!(chosen(&stands), "delivered digitalMailbox mailboxChosen KRR-6");
        assert_eq!(passed_over(&dina), ["inbox inboxNotOpen CON-7", "paper mailboxFirst KRR-6"]);
        assert_eq!(chosen(&egil), "accepted paper nothingDigital HN-4");
        assert_eq!(passed_over(&egil)[1], "digitalMailbox providerNotSupported HK-5");
        assert_eq!(passed_over(&eldar)[1], "digitalMailbox noMailbox HK-7");
        assert_eq!((jobs(&app, "digitalMailbox"), jobs(&app, "print")), (0, 0));
    }

    async fn krr_8_a_mailbox_whose_certificate_is_over_is_passed_over(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        let mailbox = json!({"provider": "984661185", "certificateUntil": "2026-01-01T00:00:00Z"});
        app.change_contact(DINA, &json!({"mailbox": mailbox})).await;

        let (accepted, _) = sent(&app, &from, app.message("Vedtak").to(DINA)).await;

        assert_eq!(passed_over(&accepted)[1], "digitalMailbox certificateInvalid KRR-8");
        assert_eq!(accepted["channel"], "paper");
    }

    async fn chi_14_appointments_of_the_young_go_on_paper_where_the_service_wants_it(app: TestApp) {
        app.open_inbox_of(TOLV);
        let channels = |young: bool| json!({"paper": true, "youthAppointmentsOnPaper": young});
        let policy = |young| json!({"parents": "until16", "externalChannels": channels(young)});
        let appointment = || app.message("Time").to(TOLV).kind("appointmentLetter");

        let (on_paper, _) = sent(&app, &sender(&app, &policy(true)).await, appointment()).await;
        let (in_inbox, _) = sent(&app, &sender(&app, &policy(false)).await, appointment()).await;

        assert_eq!(chosen(&on_paper), "accepted paper youthAppointment CHI-14");
        assert_eq!(chosen(&in_inbox), "accepted inbox inboxOpen HN-4");
    }

    async fn krr_15_while_the_contact_register_is_away_a_letter_waits_and_nobody_guesses(app: TestApp) {
        let (patient, from) = (app.member(SKUDDAR).await, sender(&app, &every_channel()).await);
        for fault in ["down", "rejecting"] {
            app.break_contact_register(fault).await;

            let (accepted, waits) = sent(&app, &from, app.message("Vedtak").key(fault)).await;
            assert_eq!(chosen(&accepted), "accepted - contactUnknown KRR-15");
            assert_eq!((chosen(&waits), passed_over(&waits)), (chosen(&accepted), vec![]));
            let path = patient.own(&format!("/messages/{}", accepted.id()));
            let _ = patient.get(&path).await.problem("not-found");
            app.mend_registers().await;
            app.advance("PT1H").await;

            let stands = from.0.get(&from.1.path(&format!("/messages/{}", accepted.id()))).await.expect(200);
            assert_eq!(chosen(&stands), "delivered inbox inboxOpen HN-4");
            assert_eq!(steps(&stands), ["accepted KRR-15", "routed HN-4", "delivered HN-4"]);
            let _ = patient.get(&path).await.expect(200);
            // The same key gets the first answer again.
            let again = app.message("Vedtak").key(fault).from(&from.0, &from.1).try_send().await.expect(201);
            assert_eq!(again.body, accepted.body);
        }
    }

    async fn krr_15_what_needs_no_contact_register_does_not_wait_for_it(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let from = sender(&app, &every_channel()).await;
        app.break_contact_register("down").await;

        for kind in ["dialogue", "service"] {
            let (_, stands) = sent(&app, &from, app.message("Svar").kind(kind)).await;
            assert_eq!(chosen(&stands), "delivered inbox inboxOpen HN-4");
            assert_eq!(passed_over(&stands), ["digitalMailbox onlyInbox CON-7", "paper onlyInbox CON-7"]);
        }
    }

    async fn krr_15_at_the_senders_own_deadline_a_letter_of_which_nothing_is_known_is_returned(app: TestApp) {
        let (_, from) = (app.member(SKUDDAR).await, sender(&app, &every_channel()).await);
        app.break_contact_register("down").await;
        let open_by = (app.now().await + chrono::TimeDelta::days(2)).to_rfc3339();

        let (accepted, _) = sent(&app, &from, app.message("Vedtak").with("openBy", open_by)).await;
        let path = from.1.path(&format!("/messages/{}", accepted.id()));
        app.advance("P1D").await;
        assert_eq!(app.ehr().await.get(&path).await.expect(200)["status"], "accepted");
        app.advance("P2D").await;

        let stands = app.ehr().await.get(&path).await.expect(200);
        assert_eq!(chosen(&stands), "returned - contactUnknown KRR-15");
        // It does not come after all.
        app.mend_registers().await;
        app.advance("P1D").await;
        assert_eq!(app.ehr().await.get(&path).await.expect(200)["status"], "returned");
        let patient = app.citizen(SKUDDAR).await;
        assert_eq!(patient.get(&patient.own("")).await.expect(200)["unread"], 0);
        assert_eq!((jobs(&app, "print"), jobs(&app, "deliver")), (0, 0));
    }

    async fn bx_4_who_is_reserved_dead_or_moves_between_two_steps_gets_what_holds_at_the_second(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        let (_, _, _) = (app.member(SKUDDAR).await, app.member(ELDRID).await, app.member(ELDAR).await);
        app.break_contact_register("down").await;
        let mut letters = vec![];
        for person in [SKUDDAR, ELDRID, ELDAR] {
            letters.push(sent(&app, &from, app.message("Vedtak").to(person)).await.0.id());
        }

        app.change_contact(SKUDDAR, &json!({"reserved": true})).await;
        let _ = app.change_person(ELDRID, &json!({"deathDate": "2026-11-01"})).await;
        let eldar = app.citizen(ELDAR).await;
        let _ = eldar.delete("/v1/me/consent").await.expect(204);
        app.change_contact(ELDAR, &json!({"mailbox": {"provider": "984661185"}})).await;
        app.mend_registers().await;
        app.advance("PT1H").await;

        let mut stand = vec![];
        for letter in &letters {
            stand.push(chosen(&from.0.get(&from.1.path(&format!("/messages/{letter}"))).await.expect(200)));
        }
        assert_eq!(stand, [
            "printed paper reserved KRR-4",
            "returned - dead KRR-8",
            "delivered digitalMailbox mailboxChosen KRR-6",
        ]);
    }

    async fn bx_4_what_was_held_is_routed_anew_when_the_inbox_opens(app: TestApp) {
        let held = app.message("Velkommen").to(RESERVERT);
        app.change_contact(RESERVERT, &json!({"reserved": false})).await;
        let held = held.try_send().await.expect(201);
        app.deliver_all().await;
        assert_eq!((chosen(&held), passed_over(&held)), ("accepted inbox held PP-6".to_owned(), vec![
            "digitalMailbox notOffered HK-5".to_owned(),
            "paper notOffered HK-5".to_owned(),
        ]));

        app.change_contact(RESERVERT, &json!({"reserved": true})).await;
        let reserved = app.member(RESERVERT).await;

        assert_eq!(reserved.get(&reserved.own("")).await.expect(200)["unread"], 0);
        let path = app.dermatology().path(&format!("/messages/{}", held.id()));
        assert_eq!(chosen(&app.ehr().await.get(&path).await.expect(200)), "returned - reserved KRR-4");
    }

    async fn bx_4_nothing_leaves_the_house_on_what_the_population_register_said_too_long_ago(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        let _ = app.nobody().put("/sandbox/faults", &json!({"populationRegister": "down"})).await.expect(200);
        app.advance("P1D").await;
        let from = (app.ehr().await, from.1);

        let (accepted, waits) = sent(&app, &from, app.message("Vedtak").to(DINA)).await;
        assert_eq!((chosen(&waits).as_str(), jobs(&app, "digitalMailbox")), (
            "accepted digitalMailbox mailboxChosen KRR-6", 0,
        ));
        app.mend_registers().await;
        app.advance("PT1H").await;
        app.deliver_all().await;

        let path = from.1.path(&format!("/messages/{}", accepted.id()));
        assert_eq!(from.0.get(&path).await.expect(200)["status"], "delivered");
    }

    async fn hk_5_a_service_says_which_channels_it_uses_and_hears_all_that_is_wrong_at_once(app: TestApp) {
        let (ehr, service) = sender(&app, &every_channel()).await;

        let shown = ehr.get(&service.path("")).await.expect(200);
        let wrong = json!({"mailboxProviders": ["984661185", "984661185", "310000019"], "paper": false,
            "youthAppointmentsOnPaper": true, "paperIfUnopened": true, "fax": true});
        let body = json!({"name": "Ny", "kind": "specialist", "externalChannels": wrong});
        let refused = ehr.put(&service.path(""), &body).header("if-match", "*").await.problem("invalid-request");

        assert_eq!(shown["externalChannels"], json!({
            "mailboxProviders": ["984661185"], "paper": true, "youthAppointmentsOnPaper": false, "paperIfUnopened": false,
        }));
        let mut violations = refused.violations();
        violations.sort();
        let at = |field: &str, code: &str| (format!("/externalChannels/{field}"), code.to_owned());
        assert_eq!(violations, [
            at("fax", "unknown_field"),
            at("mailboxProviders/1", "duplicate"),
            at("mailboxProviders/2", "not_a_choice"),
            at("paperIfUnopened", "takes_paper"),
            at("youthAppointmentsOnPaper", "takes_paper"),
        ]);
        assert_eq!(ehr.get(&service.path("")).await.expect(200).body, shown.body);
    }
}

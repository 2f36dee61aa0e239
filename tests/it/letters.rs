//! BX-4: letters that leave the house, that nobody opens in time, or that their sender takes back.

use serde_json::{Value, json};
use tests::{Actor, Answer, Service, TestApp, stories};

use crate::operations::job_in_trouble;
use crate::persons::{ELDAR, RESERVERT, SKJULT, SKUDDAR};
use crate::routing::{every_channel, passed_over, sender};

/// A Monday at noon in Oslo.
const NOON: &str = "2027-01-11T11:00:00Z";

/// What was carried out of the house over a channel.
async fn carried(app: &TestApp, kind: &str) -> Vec<Value> {
    let outbox = app.nobody().get("/sandbox/outbox").await.expect(200);
    outbox.items().iter().filter(|sent| sent["kind"] == kind).cloned().collect()
}

async fn break_down(app: &TestApp, faults: &Value) {
    let _ = app.nobody().put("/sandbox/faults", faults).await.expect(200);
}

/// How a letter stands, as its sender sees it.
async fn stands(from: &(Actor, Service), id: &str) -> Answer {
    from.0.get(&from.1.path(&format!("/messages/{id}"))).await.expect(200)
}

fn steps(answer: &Answer) -> Vec<String> {
    let timeline = answer["timeline"].as_array().expect("a timeline");
    timeline.iter().map(|step| format!("{} {}", step["status"], step["rule"]).replace('"', "")).collect()
}

fn events(app: &TestApp, kind: &str) -> i64 {
    app.place().number(&format!("SELECT count(*) AS number FROM event WHERE kind = '{kind}'"))
}

async fn sent_to(app: &TestApp, from: &(Actor, Service), to: &str) -> String {
    app.message("Vedtak").to(to).from(&from.0, &from.1).deliver().await
}

/// A letter to Eldar's mailbox at a provider, whose answer was lost before Eldar was reserved.
async fn uncertain(app: &TestApp) -> ((Actor, Service), String) {
    let from = sender(app, &every_channel()).await;
    let _ = app.change_person(ELDAR, &json!({"contact": {"mailbox": {"provider": "984661185"}}})).await;
    break_down(app, &json!({"digitalMailbox": "losingAnswer"})).await;
    let id = sent_to(app, &from, ELDAR).await;
    let _ = app.change_person(ELDAR, &json!({"contact": {"reserved": true}})).await;
    break_down(app, &json!({})).await;
    app.advance("PT1H").await;
    (from, id)
}

/// The clinic's letters with paper for what nobody opens, and one to Skuddar to be opened within three days.
async fn with_deadline(app: &TestApp) -> ((Actor, Service), Actor, String) {
    app.set_time(NOON).await;
    let citizen = app.member(SKUDDAR).await;
    let channels = json!({"externalChannels": {"paper": true, "paperIfUnopened": true}});
    let from = sender(app, &channels).await;
    let letter = app.message("Vedtak").with("openBy", "2027-01-14T11:00:00Z").from(&from.0, &from.1);
    let id = letter.deliver().await;
    (from, citizen, id)
}

stories! {
    async fn hn_4_a_letter_on_paper_goes_to_the_address_as_it_is_then_with_its_files(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        break_down(&app, &json!({"print": "down"})).await;
        let letter = app.message("Vedtak").to(RESERVERT).from(&from.0, &from.1).file(tests::files::pdf());
        let id = letter.deliver().await;
        assert_eq!(stands(&from, &id).await["status"], "routed");
        let moved = json!({"residence": ["Nyveien 2", "5003 BERGEN"]});
        let _ = app.change_person(RESERVERT, &moved).await;

        break_down(&app, &json!({})).await;
        app.advance("PT1M").await;

        let printed = carried(&app, "print").await;
        let name = &app.person(RESERVERT).name;
        assert_eq!(printed[0]["to"], format!("{name}, Nyveien 2, 5003 BERGEN"));
        let documents = printed[0]["documents"].as_array().expect("documents");
        assert_eq!((printed.len(), documents.len()), (1, 2));
        assert!(documents.iter().all(|bytes| bytes.as_u64().is_some_and(|bytes| bytes > 50)), "{documents:?}");
        let stands = stands(&from, &id).await;
        assert_eq!((&stands["status"], &stands["channel"]), (&json!("printed"), &json!("paper")));
        assert_eq!(steps(&stands), ["accepted KRR-4", "routed KRR-4", "printed HN-4"]);
        assert_eq!((events(&app, "message.routed"), events(&app, "message.printed")), (1, 1));
    }

    async fn bx_4_what_a_provider_does_not_take_for_it_does_not_know_the_recipient_goes_on_paper(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        let _ = app.change_person(ELDAR, &json!({"contact": {"mailbox": {"provider": "984661185"}}})).await;
        break_down(&app, &json!({"digitalMailbox": "rejecting"})).await;
        let id = sent_to(&app, &from, ELDAR).await;
        app.deliver_all().await;

        assert_eq!((carried(&app, "digitalMailbox").await.len(), carried(&app, "print").await.len()), (0, 1));
        let stands = stands(&from, &id).await;
        assert_eq!(steps(&stands), ["accepted KRR-6", "routed KRR-6", "routed HN-4", "printed HN-4"]);
        assert_eq!(stands["channel"], "paper");
        assert!(passed_over(&stands).contains(&"digitalMailbox notAtProvider KRR-6".to_owned()), "{stands}");
        assert_eq!((events(&app, "message.routed"), events(&app, "message.undelivered")), (2, 0));
        // Of the next letter it is asked again: it may know the recipient by then.
        break_down(&app, &json!({})).await;
        let _ = sent_to(&app, &from, ELDAR).await;
        assert_eq!(carried(&app, "digitalMailbox").await.len(), 1);
    }

    async fn a_printer_that_loses_its_answer_prints_once_and_one_that_refuses_is_for_an_operator(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        break_down(&app, &json!({"print": "losingAnswer"})).await;
        let lost = sent_to(&app, &from, RESERVERT).await;
        break_down(&app, &json!({})).await;
        app.advance("PT1M").await;
        let printed = carried(&app, "print").await;
        assert_eq!((printed.len(), &printed[0]["times"]), (1, &json!(2)));
        assert_eq!(stands(&from, &lost).await["status"], "printed");

        break_down(&app, &json!({"print": "rejecting"})).await;
        let refused = sent_to(&app, &from, RESERVERT).await;
        let jobs = app.operator().await.get("/v1/jobs").await.expect(200);
        let job = &jobs.items()[0];
        assert_eq!((&job["kind"], &job["trouble"], &job["objectId"]), (&json!("print"), &json!("refused"), &json!(refused)));
        assert_eq!(events(&app, "message.undelivered"), 1);
        break_down(&app, &json!({})).await;
        app.advance("P1D").await;
        assert_eq!(carried(&app, "print").await.len(), 1, "not by itself");
        let restart = format!("/v1/jobs/{}/restart", job["id"].as_str().expect("an id"));
        let _ = app.operator().await.request(reqwest::Method::POST, &restart).await.expect(204);
        app.deliver_all().await;
        assert_eq!(carried(&app, "print").await.len(), 2);
    }

    async fn adr_3_paper_to_a_protected_address_goes_to_the_open_one_or_back(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        let reserved = json!({"contact": {"reserved": true}, "postalAddress": ["Postboks 7", "0101 OSLO"]});
        let _ = app.change_person(SKJULT, &reserved).await;
        let _ = sent_to(&app, &from, SKJULT).await;
        assert!(carried(&app, "print").await[0]["to"].as_str().is_some_and(|to| to.ends_with("Postboks 7, 0101 OSLO")));

        let _ = app.change_person(SKJULT, &json!({"postalAddress": null})).await;
        let id = sent_to(&app, &from, SKJULT).await;

        let stands = stands(&from, &id).await;
        assert_eq!((&stands["status"], &stands["reason"]), (&json!("returned"), &json!("noPost")));
        assert_eq!((carried(&app, "print").await.len(), events(&app, "message.returned")), (1, 1));
    }

    async fn krr_8_who_dies_between_two_steps_gets_no_letter(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        break_down(&app, &json!({"print": "down"})).await;
        let id = sent_to(&app, &from, RESERVERT).await;
        let _ = app.change_person(RESERVERT, &json!({"deathDate": "2026-11-01"})).await;
        break_down(&app, &json!({})).await;
        app.advance("PT1M").await;

        let stands = stands(&from, &id).await;
        assert_eq!((&stands["status"], &stands["reason"]), (&json!("returned"), &json!("dead")));
        assert_eq!(carried(&app, "print").await.len(), 0);
    }

    async fn hk_1_a_letter_to_a_digital_mailbox_is_handed_over_and_one_whose_owner_leaves_goes_another_way(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        let mailbox = json!({"contact": {"mailbox": {"provider": "984661185"}}});
        let _ = app.change_person(ELDAR, &mailbox).await;
        let delivered = sent_to(&app, &from, ELDAR).await;
        let to = carried(&app, "digitalMailbox").await[0]["to"].as_str().expect("whom").to_owned();
        assert!(to.starts_with("984661185, ") && to.ends_with(ELDAR), "{to}");
        let shown = stands(&from, &delivered).await;
        assert_eq!((&shown["status"], &shown["channel"]), (&json!("delivered"), &json!("digitalMailbox")));

        break_down(&app, &json!({"digitalMailbox": "down"})).await;
        let id = sent_to(&app, &from, ELDAR).await;
        let _ = app.change_person(ELDAR, &json!({"contact": {"reserved": true}})).await;
        break_down(&app, &json!({})).await;
        app.advance("PT1M").await;
        app.deliver_all().await;

        assert_eq!((carried(&app, "digitalMailbox").await.len(), carried(&app, "print").await.len()), (1, 1));
        assert_eq!(stands(&from, &id).await["status"], "printed");
    }

    async fn a_letter_that_a_provider_may_have_goes_no_other_way_by_itself(app: TestApp) {
        let (from, id) = uncertain(&app).await;
        app.advance("P10D").await;

        let times = |sent: &[Value]| sent.iter().map(|one| one["times"].clone()).collect::<Vec<_>>();
        assert_eq!(times(&carried(&app, "digitalMailbox").await), [json!(1)], "not again to the reserved");
        assert_eq!(carried(&app, "print").await.len(), 0, "nor on paper beside it");
        let jobs = app.operator().await.get("/v1/jobs").await.expect(200);
        assert_eq!((jobs.each("trouble"), jobs.each("objectId")), (vec!["uncertain"], vec![id.as_str()]));
        let system = app.ehr().await;
        let withdrawal = from.1.path(&format!("/messages/{id}/withdrawal"));
        let _ = system.request(reqwest::Method::POST, &withdrawal).await.problem("not-withdrawable");
    }

    async fn bx_4_a_letter_that_one_provider_may_have_does_not_follow_to_another(app: TestApp) {
        let channels = json!({"externalChannels": {"mailboxProviders": ["984661185", "922020175"], "paper": true}});
        let from = sender(&app, &channels).await;
        let mailbox_at = |provider| json!({"contact": {"mailbox": {"provider": provider}}});
        let _ = app.change_person(ELDAR, &mailbox_at("984661185")).await;
        break_down(&app, &json!({"digitalMailbox": "losingAnswer"})).await;
        let id = sent_to(&app, &from, ELDAR).await;
        let _ = app.change_person(ELDAR, &mailbox_at("922020175")).await;
        break_down(&app, &json!({})).await;
        app.advance("PT1H").await;

        let sent = carried(&app, "digitalMailbox").await;
        assert_eq!(sent.iter().map(|one| &one["times"]).collect::<Vec<_>>(), [&json!(1)]);
        let operator = app.operator().await;
        let jobs = operator.get("/v1/jobs").await.expect(200);
        assert_eq!((jobs.each("trouble"), jobs.each("objectId")), (vec!["uncertain"], vec![id.as_str()]));
        // The first has nothing of it: then it goes to the other.
        let path = format!("/v1/jobs/{}/settlement", jobs.items()[0]["id"].as_str().expect("an id"));
        let _ = operator.put(&path, &json!({"taken": false})).await.expect(204);
        app.deliver_all().await;
        assert_eq!(stands(&from, &id).await["status"], "delivered");
    }

    async fn bx_4_an_operator_who_has_asked_the_provider_settles_what_became_of_a_letter(app: TestApp) {
        let (from, id) = uncertain(&app).await;
        let operator = app.operator().await;
        let job = operator.get("/v1/jobs").await.expect(200).items()[0].clone();
        let reference = carried(&app, "digitalMailbox").await[0]["id"].clone();
        assert_eq!(job["handoverId"], reference, "by this the provider knows it");
        let path = format!("/v1/jobs/{}/settlement", job["id"].as_str().expect("an id"));
        let _ = app.ehr().await.put(&path, &json!({"taken": true})).await.problem("wrong-caller");
        let bad = operator.put(&path, &json!({"taken": "yes", "note": 1})).await.problem("invalid-request");
        assert_eq!(bad.violations().len(), 2, "{bad}");
        let other = job_in_trouble(&app, &app.person(SKUDDAR).mailbox);
        let _ = operator.put(&format!("/v1/jobs/{other}/settlement"), &json!({"taken": true})).await.problem("not-found");

        let _ = operator.put(&path, &json!({"taken": true})).await.expect(204);
        let _ = operator.put(&path, &json!({"taken": true})).await.problem("not-found");
        app.advance("PT6H").await;
        assert_eq!(steps(&stands(&from, &id).await).last().map(String::as_str), Some("delivered KRR-6"));
        assert_eq!((carried(&app, "digitalMailbox").await.len(), carried(&app, "print").await.len()), (1, 0));
        assert_eq!(app.place().number("SELECT count(*) AS number FROM audit_entry WHERE action = 'settleHandover' AND outcome = 'granted'"), 1);
    }

    async fn bx_4_a_letter_that_the_provider_has_not_got_goes_the_way_that_is_open(app: TestApp) {
        let (from, id) = uncertain(&app).await;
        let operator = app.operator().await;
        let job = operator.get("/v1/jobs").await.expect(200).items()[0]["id"].as_str().expect("an id").to_owned();
        let _ = operator.put(&format!("/v1/jobs/{job}/settlement"), &json!({"taken": false})).await.expect(204);
        app.deliver_all().await;
        assert_eq!(stands(&from, &id).await["status"], "printed");
        assert_eq!(carried(&app, "print").await.len(), 1);
        assert_eq!(operator.get("/v1/jobs").await.expect(200).items().len(), 0);
    }

    async fn systems_that_are_slow_or_do_all_twice_change_nothing(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        let _ = app.member(SKUDDAR).await;
        let others = ["populationRegister", "sms", "email", "print", "digitalMailbox"];
        for (fault, of_contacts) in [("slow", json!("slow")), ("answeringTwice", Value::Null)] {
            let mut faults: serde_json::Map<_, _> = others.map(|name| (name.to_owned(), json!(fault))).into_iter().collect();
            faults.insert("contactRegister".to_owned(), of_contacts);
            break_down(&app, &Value::Object(faults)).await;
            let ids = [sent_to(&app, &from, SKUDDAR).await, sent_to(&app, &from, RESERVERT).await];
            app.deliver_all().await;

            let [inbox, paper] = [stands(&from, &ids[0]).await, stands(&from, &ids[1]).await];
            assert_eq!((&inbox["status"], &paper["status"]), (&json!("delivered"), &json!("printed")), "{fault}");
        }
        let times: Vec<Value> = carried(&app, "print").await.iter().map(|letter| letter["times"].clone()).collect();
        assert_eq!(times, [json!(1), json!(2)], "one letter each, whatever the printer was told");
        assert_eq!(app.place().number("SELECT count(*) AS number FROM event WHERE kind = 'message.delivered'"), 2);
    }

    async fn krr_15_a_register_that_says_two_things_of_one_person_says_nothing(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        break_down(&app, &json!({"contactRegister": "answeringTwice"})).await;
        let id = sent_to(&app, &from, RESERVERT).await;
        app.deliver_all().await;
        assert_eq!(stands(&from, &id).await["status"], "accepted");

        break_down(&app, &json!({})).await;
        app.advance("PT1M").await;
        assert_eq!(stands(&from, &id).await["status"], "printed");
    }

    async fn hk_5_a_letter_does_not_follow_to_a_provider_that_the_sender_does_not_use(app: TestApp) {
        let from = sender(&app, &every_channel()).await;
        let _ = app.change_person(ELDAR, &json!({"contact": {"mailbox": {"provider": "984661185"}}})).await;
        break_down(&app, &json!({"digitalMailbox": "down"})).await;
        let id = sent_to(&app, &from, ELDAR).await;
        let _ = app.change_person(ELDAR, &json!({"contact": {"mailbox": {"provider": "922020175"}}})).await;
        break_down(&app, &json!({})).await;
        app.advance("PT1M").await;
        app.deliver_all().await;

        assert_eq!((carried(&app, "digitalMailbox").await.len(), carried(&app, "print").await.len()), (0, 1));
        assert_eq!(passed_over(&stands(&from, &id).await)[1], "digitalMailbox providerNotSupported HK-5");
    }

    async fn pp_6_krr_14_what_nobody_opens_in_time_is_told_and_goes_on_paper_once(app: TestApp) {
        let (from, citizen, id) = with_deadline(&app).await;
        app.advance("P2DT23H").await;
        assert_eq!((events(&app, "message.notOpened"), carried(&app, "print").await.len()), (0, 0));

        app.advance("PT1H").await;

        let from = (app.ehr().await, from.1);
        let stands = stands(&from, &id).await;
        assert_eq!(steps(&stands), ["accepted HN-4", "delivered HN-4", "routed KRR-14", "printed HN-4"]);
        assert_eq!((&stands["status"], &stands["channel"]), (&json!("printed"), &json!("paper")));
        assert_eq!((events(&app, "message.notOpened"), carried(&app, "print").await.len()), (1, 1));
        app.advance("P30D").await;
        assert_eq!((events(&app, "message.notOpened"), carried(&app, "print").await.len()), (1, 1));
        // It stays in the inbox, too.
        let citizen = app.citizen(SKUDDAR).await.within(&citizen.mailbox);
        let _ = citizen.get(&citizen.own(&format!("/messages/{id}"))).await.expect(200);
    }

    async fn pp_6_krr_14_a_time_that_ran_out_on_the_way_is_told_when_the_letter_is_in_the_inbox(app: TestApp) {
        app.set_time(NOON).await;
        let mut channels = every_channel();
        channels["externalChannels"]["paperIfUnopened"] = json!(true);
        let from = sender(&app, &channels).await;
        let _ = app.change_person(SKUDDAR, &json!({"contact": {"mailbox": {"provider": "984661185"}}})).await;
        break_down(&app, &json!({"digitalMailbox": "losingAnswer"})).await;
        let letter = app.message("Vedtak").with("openBy", "2027-01-14T11:00:00Z").from(&from.0, &from.1);
        let id = letter.deliver().await;
        break_down(&app, &json!({})).await;
        let _ = app.member(SKUDDAR).await;
        app.advance("P4D").await;
        assert_eq!((events(&app, "message.notOpened"), carried(&app, "print").await.len()), (0, 0), "the provider may have it");

        let operator = app.operator().await;
        let job = operator.get("/v1/jobs").await.expect(200).items()[0]["id"].as_str().expect("an id").to_owned();
        let _ = operator.put(&format!("/v1/jobs/{job}/settlement"), &json!({"taken": false})).await.expect(204);
        app.advance("PT1H").await;

        let from = (app.ehr().await, from.1);
        let steps = steps(&stands(&from, &id).await);
        assert_eq!(steps, ["accepted KRR-6", "routed KRR-6", "routed HN-4", "delivered HN-4", "routed KRR-14", "printed HN-4"]);
        assert_eq!((events(&app, "message.notOpened"), carried(&app, "print").await.len()), (1, 1));
    }

    async fn pp_6_what_is_opened_in_time_is_not_told_and_stays_digital(app: TestApp) {
        let (_, citizen, id) = with_deadline(&app).await;
        let _ = citizen.get(&citizen.own(&format!("/messages/{id}"))).await.expect(200);

        app.advance("P4D").await;

        assert_eq!((events(&app, "message.notOpened"), carried(&app, "print").await.len()), (0, 0));
    }

    async fn bx_4_a_letter_is_taken_back_before_it_is_opened_and_nobody_hears_of_it_again(app: TestApp) {
        let (from, citizen, id) = with_deadline(&app).await;
        let withdrawal = from.1.path(&format!("/messages/{id}/withdrawal"));
        let notices = carried(&app, "sms").await.len();

        let taken = from.0.request(reqwest::Method::POST, &withdrawal).await.expect(200);

        assert_eq!((&taken["status"], steps(&taken)), (&json!("withdrawn"), vec!["accepted HN-4".to_owned(), "delivered HN-4".to_owned(), "withdrawn BX-4".to_owned()]));
        let _ = citizen.get(&citizen.own(&format!("/messages/{id}"))).await.problem("not-found");
        assert_eq!(citizen.get(&citizen.own("")).await.expect(200)["unread"], 0);
        assert_eq!(events(&app, "message.withdrawn"), 1);
        let again = from.0.request(reqwest::Method::POST, &withdrawal).await.expect(200);
        assert_eq!(again.body, taken.body);
        app.advance("P10D").await;
        assert_eq!((carried(&app, "print").await.len(), carried(&app, "sms").await.len()), (0, notices));
        assert_eq!((events(&app, "message.notOpened"), events(&app, "message.withdrawn")), (0, 1));
    }

    async fn bx_4_what_is_opened_or_on_paper_is_not_taken_back(app: TestApp) {
        let citizen = app.member(SKUDDAR).await;
        let from = sender(&app, &every_channel()).await;
        let (opened, printed) = (sent_to(&app, &from, SKUDDAR).await, sent_to(&app, &from, RESERVERT).await);
        let _ = citizen.get(&citizen.own(&format!("/messages/{opened}"))).await.expect(200);
        for id in [opened, printed] {
            let path = from.1.path(&format!("/messages/{id}/withdrawal"));
            let refused = from.0.request(reqwest::Method::POST, &path).await;
            assert_eq!(refused.problem("not-withdrawable").rule(), Some("BX-4"));
        }
        let unknown = from.1.path(&format!("/messages/{}/withdrawal", uuid::Uuid::from_u128(7)));
        let _ = from.0.request(reqwest::Method::POST, &unknown).await.problem("not-found");
        let _ = citizen.get(&citizen.own("/messages")).await.expect(200);
    }
}

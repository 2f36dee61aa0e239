//! PP-3, PP-5: what an operator ends is ended at the next request, everywhere, and what was accepted before is still delivered (BX-1).

use serde_json::{Value, json};
use tests::{Actor, Answer, Organisation, TestApp, stories};

use crate::persons::{ELDRID, SKUDDAR};

/// A path of an organisation.
fn of(organisation: &Organisation, rest: &str) -> String {
    format!("/v1/organisations/{}{rest}", organisation.id)
}

/// Puts a system on record; its id here.
async fn registered(operator: &Actor, organisation: &Organisation, client: &str) -> String {
    let client = json!({"clientId": client, "name": "Journalen"});
    operator.post(&of(organisation, "/clients"), &client).await.expect(201).id()
}

/// Follows the feed, waiting for more, until the answer is another than that.
fn poll(system: &Actor) -> tokio::task::JoinHandle<Answer> {
    let system = system.clone();
    tokio::spawn(async move {
        let mut after = json!(0);
        loop {
            let answer = system.get(&format!("/v1/events?after={after}&wait=20")).await;
            if answer.status != 200 {
                return answer;
            }
            after = answer["nextAfter"].clone();
        }
    })
}

/// How many entries with an action there are.
fn entries(app: &TestApp, action: &str) -> i64 {
    let granted = "SELECT count(*) AS number FROM audit_entry WHERE outcome = 'granted' AND action";
    app.place().number(&format!("{granted} = '{action}'"))
}

stories! {
    async fn pp_5_a_system_that_has_ended_is_refused_at_its_next_request_and_what_it_sent_is_delivered(app: TestApp) {
        let (operator, patient, clinic) = (app.operator().await, app.member(SKUDDAR).await, app.clinic());
        let id = registered(&operator, clinic, "journal").await;
        let journal = app.client(clinic, &tests::SYSTEM_SCOPES, "journal").await;
        let waiting = poll(&journal);
        let letter = || app.message("Svar").by(&journal).key("once").try_send();
        let sent = letter().await.expect(201).id();
        let path = of(clinic, &format!("/clients/{id}"));

        let _ = operator.delete(&path).await.expect(204);

        let refused = "client-not-registered";
        let _ = waiting.await.expect("it ends").problem(refused);
        let _ = letter().await.problem(refused);
        let _ = app.message("Annet").by(&journal).try_send().await.problem(refused);
        let _ = journal.get("/v1/webhooks").await.problem(refused);
        // The list is closed: that nobody is left in it opens it to nobody.
        let _ = app.message("Annet").by(&app.ehr().await).try_send().await.problem(refused);
        app.deliver_all().await;
        let _ = patient.get(&patient.own(&format!("/messages/{sent}"))).await.expect(200);
        let _ = operator.delete(&path).await.expect(204);

        let again = registered(&operator, clinic, "journal").await;

        let _ = letter().await.expect(201);
        let listed = operator.get(&of(clinic, "/clients")).await.expect(200);
        assert_eq!(listed.each("id"), [id, again]);
        let ends: Vec<bool> = listed.items().iter().map(|client| client["endedAt"].is_string()).collect();
        assert_eq!(ends, [true, false]);
        assert_eq!(entries(&app, "endClient"), 2);
        let of_nobody = of(clinic, &format!("/clients/{}", uuid::Uuid::from_u128(7)));
        let _ = operator.delete(&of_nobody).await.problem("not-found");
        let _ = app.ehr().await.delete(&path).await.problem("wrong-caller");
    }

    async fn pp_3_an_agreement_ends_now_or_at_a_moment_to_come(app: TestApp) {
        let (operator, clinic, ehr) = (app.operator().await, app.clinic(), app.ehr().await);
        let agreements = of(clinic, "/agreements");
        let agreement = operator.get(&agreements).await.expect(200).each("id")[0].to_owned();
        let path = format!("{agreements}/{agreement}/end");
        let now = app.now().await;
        let at = |hours: i64| (now + chrono::TimeDelta::hours(hours)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let past = operator.put(&path, &json!({"endedAt": at(-1)})).await.problem("invalid-request");
        assert_eq!(past.violations(), [("/endedAt".to_owned(), "in_the_past".to_owned())]);

        let _ = operator.put(&path, &json!({"endedAt": at(9)})).await.expect(200);
        let moved = operator.put(&path, &json!({"endedAt": at(2)})).await.expect(200);

        assert_eq!((&moved["endedAt"], &moved["inForce"]), (&json!(at(2)), &json!(true)));
        let sent = app.message("Svar").key("once").try_send().await.expect(201).id();
        app.advance("PT3H").await;
        let (operator, ehr_later) = (app.operator().await, app.ehr().await);
        for key in ["once", "other"] {
            let letter = app.message("Svar").by(&ehr_later).key(key).try_send().await;
            assert_eq!(letter.problem("agreement-missing").rule(), Some("PP-3"), "{key}");
        }
        // What was sent is followed, and delivered.
        let followed = app.dermatology().path(&format!("/messages/{sent}"));
        let _ = ehr_later.get(&followed).await.expect(200);
        let stays = operator.put(&path, &json!({})).await.expect(200);
        assert_eq!((&stays["endedAt"], &stays["inForce"]), (&moved["endedAt"], &json!(false)));
        let today = domain::person::day_of(app.now().await).to_string();
        let new = json!({"version": "2", "signatoryRole": "Leder", "validFrom": today});
        let _ = operator.post(&agreements, &new).await.expect(201);
        let _ = app.message("Svar").by(&ehr_later).key("other").try_send().await.expect(201);
        assert_eq!(entries(&app, "endAgreement"), 3);
        drop(ehr);
    }

    async fn pp_5_nobody_acts_for_an_organisation_that_has_ended(app: TestApp) {
        let (operator, patient, clinic, ehr) = (app.operator().await, app.member(SKUDDAR).await, app.clinic(), app.ehr().await);
        let members = app.dermatology().path("/members");
        let nurse_id = ehr.put(&members, &json!({"nationalId": ELDRID})).await.expect(200).text("personId").to_owned();
        let follow_up = json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": nurse_id}});
        let _ = ehr.put(&app.dermatology().path("/follow-ups"), &follow_up).await.expect(200);
        let nurse = app.health_worker(ELDRID, clinic).await;
        let _ = nurse.get(&patient.own("")).await.expect(200);
        let _ = ehr.post("/v1/webhooks", &json!({"url": "https://127.0.0.1:1/hook"})).await.expect(201);
        let sent = app.message("Svar").key("once").try_send().await.expect(201).id();
        let waiting = poll(&ehr);

        let _ = operator.delete(&of(clinic, "")).await.expect(204);

        let refused = "organisation-ended";
        let _ = waiting.await.expect("it ends").problem(refused);
        for path in ["/v1/events", "/v1/webhooks", &members, &app.dermatology().path(""), &app.dermatology().path("/conversations")] {
            let answer = ehr.get(path).await.problem(refused);
            assert_eq!((answer.status, answer.rule()), (403, Some("PP-3")), "{path}");
        }
        for key in ["once", "other"] {
            let _ = app.message("Svar").key(key).try_send().await.problem(refused);
        }
        let _ = nurse.get(&patient.own("")).await.problem("not-found");
        let _ = nurse.get(&app.dermatology().path("/conversations")).await.problem(refused);
        let ended = "SELECT count(*) AS number FROM webhook WHERE state = 'ended' AND ended_because = 'organisationEnded'";
        assert_eq!(app.place().number(ended), 1);
        app.deliver_all().await;
        let _ = patient.get(&patient.own(&format!("/messages/{sent}"))).await.expect(200);
        let client = json!({"clientId": "journal", "name": "Journalen"});
        let _ = operator.post(&of(clinic, "/clients"), &client).await.problem(refused);
        let _ = operator.delete(&of(clinic, "")).await.expect(204);
        assert_eq!(entries(&app, "endOrganisation"), 2);

        let anew = json!({"organisationNumber": clinic.number, "name": clinic.name});
        let anew = operator.post("/v1/organisations", &anew).await.expect(201).id();

        let both = operator.get("/v1/organisations?limit=200").await.expect(200);
        let both: Vec<&Value> = both.items().iter().filter(|one| one["organisationNumber"] == clinic.number.as_str()).collect();
        assert_eq!((both[0]["endedAt"].is_string(), &both[1]["endedAt"], &both[1]["id"]), (true, &Value::Null, &json!(anew)));
        let new = Organisation { id: anew, number: clinic.number.clone(), name: clinic.name.clone(), services: vec![] };
        let service = app.open_service(&operator, &new, &json!({})).await;
        let _ = ehr.get(&service.path("")).await.expect(200);
        let _ = ehr.get(&app.dermatology().path("")).await.problem(refused);
        let _ = ehr.get("/v1/events").await.expect(200);
        let _ = nurse.get(&patient.own("")).await.problem("not-found");
    }

    async fn the_mailboxs_own_organisation_does_not_end(app: TestApp) {
        let operator = app.operator().await;
        let all = operator.get("/v1/organisations?limit=200").await.expect(200);
        let own = all.items().iter().find(|one| one["organisationNumber"] == "310033456").expect("it is registered");
        let path = format!("/v1/organisations/{}", own["id"].as_str().expect("an id"));

        let refused = operator.delete(&path).await.problem("organisation-is-platform");

        assert_eq!(refused.status, 409);
        assert_eq!(operator.get(&path).await.expect(200)["endedAt"], Value::Null);
    }
}

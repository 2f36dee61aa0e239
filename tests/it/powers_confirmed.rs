//! Two operators put a power of attorney into force, and the giver has time to object: no operator alone opens a mailbox (PP-5, FUL-8).

use serde_json::{Value, json};
use tests::{Actor, TestApp, stories};

use crate::persons::{ELDRID, MILLENNIA, SKUDDAR};
use crate::powers::{POWERS, path_of, status};

const REGISTERED: &str = "/v1/powers-of-attorney";
const WAIT: (&str, &str) = ("BREVDUE_REGISTERED_POWERS__WAIT_HOURS", "72");

fn form(giver: &str, holder: &str) -> Value {
    json!({"giver": {"nationalId": giver}, "holder": {"nationalId": holder, "name": "Naboen"}, "kind": "powerOfAttorney",
        "areas": [3], "caseNumber": "2026/17"})
}

/// The newest message in somebody's inbox: its subject, and what it says.
async fn newest(actor: &Actor) -> (String, String) {
    let list = actor.get(&actor.own("/messages")).await.expect(200);
    let id = list.each("id").first().map(|id| (*id).to_owned()).expect("a message");
    let message = actor.get(&actor.own(&format!("/messages/{id}"))).await.expect(200);
    (message.text("subject").to_owned(), message.text("body").to_owned())
}

stories! {
    async fn ful_8_one_that_an_operator_registers_works_when_another_has_confirmed_it_and_the_wait_is_over(app: TestApp) {
        let app = app.again(&[WAIT]).await;
        let (giver, holder) = (app.member(ELDRID).await, app.member(SKUDDAR).await);
        let form = form(ELDRID, SKUDDAR);
        let made = app.operator().await.post(REGISTERED, &form).await.expect(201);
        let (subject, body) = newest(&giver).await;
        assert_eq!(subject, "En fullmakt er registrert for deg");
        assert!(body.contains("Naboen (fødselsnummer 298272 00059)"), "{body}");
        assert!(body.contains("før 27.11.2026 kl. 12:"), "{body}");
        assert!(body.contains("kan du avslutte fullmakten"), "{body}");

        let confirmed = app.confirm_power(&app.other_operator().await, &made.id(), &form).await.expect(200);

        assert_eq!((&confirmed["status"], &confirmed["confirmed"]), (&json!("pending"), &json!(true)));
        let _ = holder.get(&giver.own("/messages")).await.problem("not-found");
        app.advance("PT71H").await;
        let _ = app.citizen(SKUDDAR).await.get(&giver.own("/messages")).await.problem("not-found");
        app.advance("PT2H").await;
        let _ = app.citizen(SKUDDAR).await.get(&giver.own("/messages")).await.expect(200);
        let giver_later = app.citizen(ELDRID).await;
        assert_eq!(status(&giver_later, &made.id()).await, "active");
    }

    async fn ful_8_a_giver_who_objects_in_time_is_heard(app: TestApp) {
        let (giver, holder) = (app.member(ELDRID).await, app.member(SKUDDAR).await);
        let form = form(ELDRID, SKUDDAR);
        let made = app.operator().await.post(REGISTERED, &form).await.expect(201);

        let _ = giver.delete(&path_of(&made.id())).await.expect(204);

        let refused = app.confirm_power(&app.other_operator().await, &made.id(), &form).await;
        assert_eq!(refused.problem("power-of-attorney-ended").status, 409);
        let _ = holder.get(&giver.own("/messages")).await.problem("not-found");
        // Whom it was for has heard nothing of it.
        assert!(holder.get(&holder.own("/messages")).await.expect(200).items().is_empty());
        assert!(holder.get(POWERS).await.expect(200).items().is_empty());
    }

    async fn pp_5_no_operator_confirms_what_they_registered_nor_anything_twice_nor_without_the_form(app: TestApp) {
        let giver = app.member(ELDRID).await;
        let (operator, other) = (app.operator().await, app.other_operator().await);
        let paper = form(ELDRID, SKUDDAR);
        let id = operator.post(REGISTERED, &paper).await.expect(201).id();

        let own = app.confirm_power(&operator, &id, &paper).await.problem("confirmation-by-same-operator");

        assert_eq!(own.status, 403);
        for differing in [form(ELDRID, MILLENNIA), form(MILLENNIA, SKUDDAR)] {
            let _ = app.confirm_power(&other, &id, &differing).await.problem("confirmation-differs");
        }
        let mut other_case = paper.clone();
        other_case["caseNumber"] = json!("2026/18");
        let _ = app.confirm_power(&other, &id, &other_case).await.problem("confirmation-differs");
        assert_eq!(status(&giver, &id).await, "pending");
        let _ = app.confirm_power(&other, &id, &paper).await.expect(200);
        let third = app.operator_with_roles("third", &["brevdue-confirm-powers"]).await;
        let twice = app.confirm_power(&third, &id, &paper).await.problem("power-of-attorney-confirmed");
        assert_eq!(twice.status, 409);
        // Each of the two takes a role of its own.
        let _ = third.post(REGISTERED, &paper).await.problem("scope-missing");
        let registers = app.operator_with_roles("fourth", &["brevdue-register-powers"]).await;
        let _ = app.confirm_power(&registers, &id, &paper).await.problem("scope-missing");
        // What a citizen has given is nothing to confirm.
        let given = app.give_power(&giver, MILLENNIA).await.expect(201).id();
        let _ = app.confirm_power(&other, &given, &form(ELDRID, MILLENNIA)).await.problem("not-found");
    }

    async fn con_9_a_form_does_not_undo_what_its_giver_has_decided_since(app: TestApp) {
        let giver = app.citizen(ELDRID).await;
        let mut paper = form(ELDRID, SKUDDAR);
        paper["consentLevel"] = json!("full");
        let id = app.operator().await.post(REGISTERED, &paper).await.expect(201).id();
        let _ = giver.put("/v1/me/consent", &json!({"level": "basis"})).await.expect(200);

        let _ = app.confirm_power(&app.other_operator().await, &id, &paper).await.expect(200);

        assert_eq!(giver.get("/v1/me/consent/history").await.expect(200).each("level"), ["basis"]);
    }

    async fn pjl_22_what_operators_have_done_is_listed_by_period_and_operator(app: TestApp) {
        let _ = app.member(ELDRID).await;
        let paper = form(ELDRID, SKUDDAR);
        let id = app.register_power(&paper).await.id();
        let third = app.operator_with_roles("third", &["brevdue-see-operators"]).await;
        let _ = third.post(REGISTERED, &paper).await.problem("scope-missing");
        let acts = async |query: &str| third.get(&format!("/v1/operator-acts{query}")).await.expect(200);
        let brief = |act: &Value| {
            let text = |field: &str| act[field].as_str().unwrap_or_default().to_owned();
            (text("operator"), text("action"), text("outcome"), text("objectId"))
        };

        let all = acts("?limit=3").await;

        let line = |operator: &str, action: &str, outcome: &str, object: &str| {
            (operator.to_owned(), action.to_owned(), outcome.to_owned(), object.to_owned())
        };
        let expected = [
            line("third", "registerPowerOfAttorney", "refused", ""),
            line("other-operator", "confirmPowerOfAttorney", "granted", &id),
            line("sandbox-operator", "registerPowerOfAttorney", "granted", &id),
        ];
        assert_eq!(all.items().iter().map(brief).collect::<Vec<_>>(), expected);
        let cursor = all["nextCursor"].as_str().expect("more: the organisations of the sandbox were registered");
        let more = acts(&format!("?limit=200&cursor={cursor}")).await;
        assert!(more.each("action").contains(&"registerOrganisation"));
        let of_one = acts("?operator=other-operator").await;
        assert_eq!(of_one.each("action"), ["confirmPowerOfAttorney"]);
        let tomorrow = (app.now().await + chrono::TimeDelta::days(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        assert!(acts(&format!("?after={tomorrow}")).await.items().is_empty());
        assert!(!acts(&format!("?before={tomorrow}&limit=1")).await.items().is_empty());
        assert!(!all.body.to_string().contains(ELDRID), "nothing of a citizen");
        // Looking is an act, too, and takes the role.
        assert_eq!(acts("?operator=third").await.each("action").first(), Some(&"listOperatorActs"));
        let without = app.operator_with_roles("fourth", &[]).await;
        let _ = without.get("/v1/operator-acts").await.problem("scope-missing");
        let _ = app.ehr().await.get("/v1/operator-acts").await.problem("wrong-caller");
    }
}

//! DH-7: what gives a health worker access to a patient, what each way reaches, and when it is gone.

use serde_json::{Value, json};
use tests::{Actor, Answer, TestApp, stories};

use crate::dialogue::{HomeCare, home_care_of, inquiry, tell};
use crate::persons::{DAGNY, ELDAR, ELDRID, LILLE, MILLENNIA, MONA, SKJULT, SKUDDAR};

/// Another member of the service.
struct Colleague {
    id: String,
    actor: Actor,
}

async fn colleague(app: &TestApp, care: &HomeCare, number: &str) -> Colleague {
    let member = care.system.put(&care.service.path("/members"), &json!({"nationalId": number})).await.expect(200);
    Colleague { id: member.text("personId").to_owned(), actor: app.health_worker(number, app.municipality()).await }
}

/// Gives a conversation to a member, or to nobody, as the service's system.
async fn give(care: &HomeCare, conversation: &str, member: Option<&str>) {
    let to = json!({"member": member.map(|id| json!({"personId": id}))});
    let path = care.desk(conversation, "/assignment");
    let _ = care.system.put(&path, &to).header("if-match", "*").await.expect(200);
}

/// The next exchange: who is responsible for the citizen.
async fn exchange(care: &HomeCare, responsible: Option<&str>) -> Answer {
    let row = json!({"nationalId": SKUDDAR, "responsible": responsible.map(|id| json!({"personId": id}))});
    tell(&care.system, &care.service, "", &[row]).await.expect(200)
}

/// A letter of the service.
async fn letter(app: &TestApp, care: &HomeCare) -> String {
    let id = app.message("Vedtak").from(&care.system, &care.service).deliver().await;
    care.citizen.own(&format!("/messages/{id}"))
}

/// That a conversation is not there, by any way to it.
async fn is_gone(care: &HomeCare, actor: &Actor, conversation: &str, message: &str) {
    for rest in ["", "/messages", "/notes", "/journal"] {
        let _ = actor.get(&care.desk(conversation, rest)).await.problem("not-found");
    }
    let mine = json!({"member": null});
    let writes = [
        actor.put(&care.desk(conversation, "/assignment"), &mine).header("if-match", "*").await,
        actor
            .post(&care.desk(conversation, "/messages"), &json!({"body": "Hei"}))
            .header("if-match", "*")
            .key("late")
            .await,
        actor.post(&care.desk(conversation, "/notes"), &json!({"text": "Ringt"})).key("note").await,
        actor.post(&care.desk(conversation, "/closure"), &json!({})).header("if-match", "*").await,
        actor.delete(&care.desk(conversation, "/closure")).header("if-match", "*").await,
    ];
    for answer in writes {
        let _ = answer.problem("not-found");
    }
    let own = |rest: &str| care.citizen.own(rest);
    for path in ["", "/messages", "/conversations", &format!("/conversations/{conversation}"), message] {
        let _ = actor.get(&own(path)).header("if-none-match", "*").await.problem("not-found");
    }
    for query in ["", "?assignee=me", "?state=closed", "?assignee=me&state=closed"] {
        let queue = actor.get(&care.service.path(&format!("/conversations{query}"))).await.expect(200);
        let shown = queue.items().iter().filter(|item| item["id"] == conversation && !item["patient"].is_null());
        assert_eq!(shown.count(), 0, "{query}: {queue}");
    }
}

/// The actions of a citizen's log that say who follows them up, the last first.
async fn followed_up(citizen: &Actor) -> Vec<String> {
    let log = citizen.get(&citizen.own("/access-log?limit=100")).await.expect(200);
    let actions = log.each("action").into_iter().filter(|action| action.ends_with("FollowUp"));
    actions.map(str::to_owned).collect()
}

stories! {
    async fn dh_7_an_assignment_opens_that_conversation_until_it_is_closed_and_nothing_else(app: TestApp) {
        let care = home_care_of(&app).await;
        let eldar = colleague(&app, &care, ELDAR).await;
        let letter = letter(&app, &care).await;
        let (given, other) = (care.written("Hans").await, care.written("Hennes").await);

        give(&care, &given, Some(&eldar.id)).await;

        let overview = eldar.actor.get(&care.citizen.own("/messages")).await.expect(200);
        assert_eq!(overview.each("subject"), ["Hans"]);
        let message = format!("/messages/{}", overview.items()[0]["id"].as_str().expect("an id"));
        let _ = eldar.actor.get(&care.citizen.own(&message)).await.expect(200);
        let conversations = eldar.actor.get(&care.citizen.own("/conversations")).await.expect(200);
        assert_eq!(conversations.each("id"), [given.as_str()]);
        let queue = eldar.actor.get(&care.service.path("/conversations")).await.expect(200);
        assert_eq!(queue.each("id"), [given.as_str()]);
        let _ = eldar.actor.post(&care.desk(&given, "/notes"), &json!({"text": "Ringt"})).key("note").await.expect(201);
        for path in [&letter, &care.citizen.own("/appointments"), &care.citizen.own("/health-contacts"), &care.desk(&other, "")] {
            let _ = eldar.actor.get(path).await.problem("not-found");
        }
        let mailbox = eldar.actor.get(&care.citizen.own("")).await.expect(200);
        assert_eq!((mailbox.text("relation"), &mailbox["unread"]), ("staff", &json!(0)), "what is counted is what is seen");
        let patients = eldar.actor.get(&care.service.path("/patients")).await.expect(200);
        assert!(patients.items().is_empty(), "{patients}");

        let closed = eldar.actor.post(&care.desk(&given, "/closure"), &json!({})).header("if-match", "*").await.expect(200);
        assert_eq!((&closed["state"], &closed["patient"]), (&json!("closed"), &Value::Null));
        is_gone(&care, &eldar.actor, &given, &message).await;
        // Who has lawful access opens it again, and it is his to answer as before.
        let _ = care.nurse.delete(&care.desk(&given, "/closure")).header("if-match", "*").await.expect(200);
        let _ = eldar.actor.get(&care.citizen.own(&message)).await.expect(200);
    }

    async fn dh_7_what_is_handed_on_is_gone_at_the_next_request_also_in_the_middle_of_a_list(app: TestApp) {
        let care = home_care_of(&app).await;
        let eldar = colleague(&app, &care, ELDAR).await;
        let given = care.written("Hans").await;
        give(&care, &given, Some(&eldar.id)).await;
        let answer = json!({"body": "Ja"});
        let path = care.desk(&given, "/messages");
        let answered = eldar.actor.post(&path, &answer).header("if-match", "*").key("late").await.expect(201);
        let message = format!("/messages/{}", answered.id());
        let list = care.citizen.own("/messages?limit=1");
        let cursor = eldar.actor.get(&list).await.expect(200).text("nextCursor").to_owned();

        give(&care, &given, Some(&care.nurse_id)).await;

        let _ = eldar.actor.get(&format!("{list}&cursor={cursor}")).await.problem("not-found");
        let again = eldar.actor.post(&path, &answer).header("if-match", "*").key("late").await;
        let _ = again.problem("not-found");
        is_gone(&care, &eldar.actor, &given, &message).await;
        assert_eq!(care.nurse.get(&path).await.expect(200).items().len(), 2);
    }

    async fn dh_7_taking_what_nobody_has_opens_that_conversation_and_not_the_patient(app: TestApp) {
        let care = home_care_of(&app).await;
        let eldar = colleague(&app, &care, ELDAR).await;
        let letter = letter(&app, &care).await;
        let (open, closed, other) = (care.written("Åpen").await, care.written("Lukket").await, care.written("Annen").await);
        give(&care, &open, None).await;
        give(&care, &closed, None).await;
        let _ = care.system.post(&care.desk(&closed, "/closure"), &json!({})).header("if-match", "*").await.expect(200);
        let mine = json!({"member": {"personId": eldar.id}});
        let take = |id: &str| eldar.actor.put(&care.desk(id, "/assignment"), &mine).header("if-match", "*");

        let taken = take(&open).await.expect(200);

        assert_eq!(taken["patient"]["subject"], "Åpen");
        assert_eq!(eldar.actor.get(&care.desk(&open, "/messages")).await.expect(200).items().len(), 1);
        let _ = take(&closed).await.problem("not-found");
        let _ = take(&other).await.problem("not-found");
        for path in [&letter, &care.desk(&closed, ""), &care.desk(&other, "")] {
            let _ = eldar.actor.get(path).await.problem("not-found");
        }
        let nobodys = json!({"member": null});
        let given_back = eldar.actor.put(&care.desk(&open, "/assignment"), &nobodys).header("if-match", "*").await.expect(200);
        assert_eq!(given_back["patient"], Value::Null);
        let _ = eldar.actor.get(&care.desk(&open, "/messages")).await.problem("not-found");
    }

    async fn dh_7_what_the_exchange_takes_is_taken_but_for_what_is_still_to_be_answered(app: TestApp) {
        let care = home_care_of(&app).await;
        let eldar = colleague(&app, &care, ELDAR).await;
        let letter = letter(&app, &care).await;
        let before = care.written("Før").await;
        let _ = care.nurse.get(&letter).await.expect(200);

        let _ = exchange(&care, Some(&eldar.id)).await;

        let _ = care.nurse.get(&letter).await.problem("not-found");
        let _ = eldar.actor.get(&letter).await.expect(200);
        let after = care.written("Etter").await;
        let _ = care.nurse.get(&care.desk(&after, "")).await.problem("not-found");
        let queue = care.nurse.get(&care.service.path("/conversations")).await.expect(200);
        assert_eq!(queue.each("id"), [before.as_str()]);
        let _ = care.nurse.post(&care.desk(&before, "/closure"), &json!({})).header("if-match", "*").await.expect(200);
        let _ = care.nurse.get(&care.desk(&before, "")).await.problem("not-found");

        let row = json!({"nationalId": SKUDDAR, "state": "closed", "responsible": {"personId": eldar.id}});
        let _ = tell(&care.system, &care.service, "", &[row]).await.expect(200);
        let _ = eldar.actor.get(&letter).await.problem("not-found");
        let _ = eldar.actor.get(&care.desk(&after, "")).await.expect(200);
        app.advance("P90D").await;
        for number in [DAGNY, ELDAR] {
            let member = app.health_worker(number, app.municipality()).await;
            let _ = member.get(&letter).await.problem("not-found");
            let _ = member.get(&care.desk(&before, "")).await.problem("not-found");
        }
    }

    async fn dh_7_pp_8_what_is_asked_of_a_service_after_the_end_goes_to_nobody_who_was_responsible(app: TestApp) {
        let care = home_care_of(&app).await;
        let row = json!({"nationalId": SKUDDAR, "state": "closed", "responsible": {"personId": care.nurse_id}});
        let _ = tell(&care.system, &care.service, "", &[row]).await.expect(200);

        let asked = care.citizen.post(&care.citizen.own("/messages"), &inquiry(&care.service, "accessRequest", "Innsyn")).await.expect(201);

        let _ = care.nurse.get(&care.desk(asked.text("conversationId"), "")).await.problem("not-found");
    }

    async fn dh_7_what_a_membership_that_ends_has_taken_does_not_come_back_with_another(app: TestApp) {
        let care = home_care_of(&app).await;
        let letter = letter(&app, &care).await;
        let id = care.written("Hei").await;
        let access = json!({"patient": {"nationalId": SKUDDAR}, "reason": "Vikar for fast kontakt"});
        let _ = care.nurse.post(&care.service.path("/recorded-accesses"), &access).key("a").await.expect(201);
        let follow_up = json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": care.nurse_id}});
        let _ = care.system.put(&care.service.path("/follow-ups"), &follow_up).await.expect(200);

        let _ = care.system.delete(&care.service.path(&format!("/members/{}", care.nurse_id))).await.expect(204);

        let _ = care.nurse.get(&letter).await.problem("not-found");
        let queue = care.system.get(&care.service.path("/conversations?assignee=nobody")).await.expect(200);
        assert_eq!(queue.each("id"), [id.as_str()], "nobody has it");
        let nurse = colleague(&app, &care, DAGNY).await.actor;
        for path in [&letter, &care.desk(&id, "")] {
            let _ = nurse.get(path).await.problem("not-found");
        }
        let patients = nurse.get(&care.service.path("/patients")).await.expect(200);
        assert!(patients.items().is_empty(), "{patients}");
        let expected = ["endFollowUp", "beginFollowUp", "beginFollowUp"];
        assert_eq!(followed_up(&care.citizen).await, expected, "by exchange, by hand, and by neither");
    }

    async fn dh_7_who_has_left_gets_nothing_back_by_the_reopening_of_what_they_closed(app: TestApp) {
        let care = home_care_of(&app).await;
        let eldar = colleague(&app, &care, ELDAR).await;
        let id = care.written("Hei").await;
        give(&care, &id, Some(&eldar.id)).await;
        let _ = eldar.actor.post(&care.desk(&id, "/closure"), &json!({})).header("if-match", "*").await.expect(200);
        let _ = care.system.delete(&care.service.path(&format!("/members/{}", eldar.id))).await.expect(204);

        let opened = care.nurse.delete(&care.desk(&id, "/closure")).header("if-match", "*").await.expect(200);

        assert_eq!((&opened["state"], &opened["assignee"]), (&json!("open"), &Value::Null), "{opened}");
        let _ = colleague(&app, &care, ELDAR).await.actor.get(&care.desk(&id, "")).await.problem("not-found");
    }

    async fn dh_7_bx_2_the_owner_is_told_every_way_in_which_staff_have_access(app: TestApp) {
        let care = home_care_of(&app).await;
        let (eldar, eldrid, mona) = (colleague(&app, &care, ELDAR).await, colleague(&app, &care, ELDRID).await, colleague(&app, &care, MONA).await);
        let _ = colleague(&app, &care, MILLENNIA).await;
        let follow_up = json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": eldar.id}});
        let _ = care.system.put(&care.service.path("/follow-ups"), &follow_up).await.expect(200);
        let access = json!({"patient": {"nationalId": SKUDDAR}, "reason": "Vikar for fast kontakt"});
        let _ = eldrid.actor.post(&care.service.path("/recorded-accesses"), &access).key("a").await.expect(201);
        let (id, hers) = (care.written("Hei").await, care.written("Hallo").await);
        give(&care, &id, Some(&mona.id)).await;
        let told = async || {
            let explained = care.citizen.get(&care.citizen.own("/access")).await.expect(200);
            let others = explained["others"].as_array().expect("others").clone();
            let mut told: Vec<(String, Value, Value)> = others.iter().map(|of| (of["name"].as_str().expect("a name").to_owned(), of["ways"].clone(), of["conversationIds"].clone())).collect();
            told.sort_by_key(|of| of.0.clone());
            told
        };
        let name = |number| app.person(number).name.clone();

        let mut expected = vec![
            (name(DAGNY), json!(["responsibility", "assignment"]), json!([hers])),
            (name(ELDAR), json!(["followUp"]), json!([])),
            (name(ELDRID), json!(["recordedAccess"]), json!([])),
            (name(MONA), json!(["assignment"]), json!([id])),
        ];
        expected.sort_by_key(|of| of.0.clone());
        assert_eq!(told().await, expected);

        let _ = mona.actor.post(&care.desk(&id, "/closure"), &json!({})).header("if-match", "*").await.expect(200);
        let _ = exchange(&care, None).await;
        expected.retain(|of| of.0 != name(MONA));
        for of in expected.iter_mut().filter(|of| of.0 == name(DAGNY)) {
            of.1 = json!(["assignment"]);
        }
        assert_eq!(told().await, expected);
    }

    async fn dh_7_bx_6_saying_who_is_responsible_takes_the_scope_for_staff_and_is_in_the_patients_log(app: TestApp) {
        let care = home_care_of(&app).await;
        let eldar = colleague(&app, &care, ELDAR).await;
        let letter = letter(&app, &care).await;
        let narrow = app.system_with_scopes(app.municipality(), &["brevdue:services.write"]).await;
        let row = |number: &str, id: &str| json!({"nationalId": number, "responsible": {"personId": id}});
        let before = followed_up(&care.citizen).await;
        assert_eq!(before, ["beginFollowUp"], "of the nurse");

        let told = tell(&narrow, &care.service, "", &[row(SKUDDAR, &eldar.id), json!({"nationalId": ELDRID})]).await.expect(200);

        assert_eq!((&told["created"], &told["changed"]), (&json!(1), &json!(0)), "{told}");
        let error = &told["rejected"][0]["errors"][0];
        assert_eq!((&told["rejected"][0]["line"], &error["pointer"], &error["code"]), (&json!(1), &json!("/responsible"), &json!("scope_missing")), "{told}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains("brevdue:staff.write")), "{told}");
        let _ = eldar.actor.get(&letter).await.problem("not-found");
        let refused = tell(&narrow, &care.service, "?atomic=true", &[row(SKUDDAR, &eldar.id)]).await.problem("invalid-request");
        assert_eq!(refused.violations(), [("/1/responsible".to_owned(), "scope_missing".to_owned())]);
        assert_eq!(followed_up(&care.citizen).await, before);

        for _ in 0..2 {
            let _ = exchange(&care, Some(&eldar.id)).await;
        }
        assert_eq!(followed_up(&care.citizen).await, ["beginFollowUp", "endFollowUp", "beginFollowUp"], "each change once");
        let _ = tell(&care.system, &care.service, "?list=full", &[json!({"nationalId": ELDRID})]).await.expect(200);
        assert_eq!(followed_up(&care.citizen).await, ["endFollowUp", "beginFollowUp", "endFollowUp", "beginFollowUp"]);
        let log = care.citizen.get(&care.citizen.own("/access-log?limit=100")).await.expect(200);
        let entry = log.items().iter().find(|entry| entry["action"] == "beginFollowUp").expect("an entry");
        assert_eq!((&entry["ground"], &entry["object"]["id"]), (&json!("DH-7"), &json!(care.service.id)));
    }

    async fn dh_7_who_is_told_at_night_is_listed_with_its_source_and_changed_by_the_exchange_alone(app: TestApp) {
        let care = home_care_of(&app).await;
        let _ = app.member(ELDRID).await;
        let follow_up = json!({"patient": {"nationalId": ELDRID}, "member": {"personId": care.nurse_id}});
        let by_hand = care.system.put(&care.service.path("/follow-ups"), &follow_up).await.expect(200);
        assert_eq!(by_hand["source"], "hand");
        let eldrid = by_hand.text("mailboxId").to_owned();
        let pages = async |actor: &Actor, list: &str| {
            let (mut rows, mut cursor) = (vec![], String::new());
            loop {
                let page = actor.get(&care.service.path(&format!("/{list}?limit=1{cursor}"))).await.expect(200);
                rows.extend(page.items().iter().map(|item| (item["mailboxId"].as_str().expect("an id").to_owned(), item["source"].as_str().expect("a word").to_owned())));
                match page["nextCursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => return rows,
                }
            }
        };
        let expected = [(eldrid.clone(), "hand".to_owned()), (care.citizen.mailbox.clone(), "exchange".to_owned())];

        for (actor, list) in [(&care.nurse, "patients"), (&care.system, "follow-ups")] {
            assert_eq!(pages(actor, list).await, expected, "{list}");
        }

        let row = |mailbox: &str| care.service.path(&format!("/follow-ups/{mailbox}/{}", care.nurse_id));
        let refused = care.system.delete(&row(&care.citizen.mailbox)).await.problem("follow-up-by-exchange");
        assert_eq!(refused.rule(), Some("DH-6"));
        let _ = care.system.delete(&row(&eldrid)).await.expect(204);
        let _ = care.system.delete(&row(&eldrid)).await.problem("not-found");
        assert_eq!(pages(&care.nurse, "patients").await, expected[1..]);
        let _ = exchange(&care, None).await;
        assert_eq!(pages(&care.nurse, "patients").await, []);
        let _ = care.system.delete(&row(&care.citizen.mailbox)).await.problem("not-found");
    }

    async fn dh_7_adr_7_a_list_of_patients_names_nobody_whom_the_member_may_not_see(app: TestApp) {
        let care = home_care_of(&app).await;
        let mona = colleague(&app, &care, MONA).await;
        let _ = app.member(SKJULT).await;
        let rows: Vec<Value> = [SKUDDAR, SKJULT, LILLE].iter().map(|number| json!({"nationalId": number, "responsible": {"personId": mona.id}})).collect();
        let _ = tell(&care.system, &care.service, "", &rows).await.expect(200);
        for number in [SKUDDAR, SKJULT, LILLE] {
            let follow_up = json!({"patient": {"nationalId": number}, "member": {"personId": mona.id}});
            let _ = care.system.put(&care.service.path("/follow-ups"), &follow_up).await.expect(200);
        }
        let named = async || {
            let patients = mona.actor.get(&care.service.path("/patients")).await.expect(200);
            let mut names: Vec<String> = patients.each("patientName").into_iter().map(str::to_owned).collect();
            names.sort();
            names.dedup();
            names
        };

        assert_eq!(named().await, [app.person(SKUDDAR).name.clone()], "neither a protected patient nor her own child");

        let cleared = json!({"nationalId": MONA, "clearances": ["strictlyConfidential"]});
        let _ = care.system.put(&care.service.path("/members"), &cleared).await.expect(200);
        let mut both = [app.person(SKUDDAR).name.clone(), app.person(SKJULT).name.clone()];
        both.sort();
        assert_eq!(named().await, both);
    }
}

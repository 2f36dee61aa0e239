//! The queue of a service: who sees what of it, and what they do there.

use serde_json::{Value, json};
use tests::{Actor, TestApp, stories, without_instance};

use crate::dialogue::{HomeCare, home_care_of, tell};
use crate::persons::{ELDAR, ELDRID, MONA, SKUDDAR};

/// The ids of a queue in its order, fetched one at a time.
async fn walk(member: &Actor, care: &HomeCare, query: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (vec![], String::new());
    loop {
        let path = care.service.path(&format!("/conversations?limit=1{query}{cursor}"));
        let page = member.get(&path).await.expect(200);
        ids.extend(page.each("id").iter().map(|id| (*id).to_owned()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

stories! {
    async fn dh_7_a_members_queue_has_each_of_their_own_once_and_nothing_of_others_patients(app: TestApp) {
        let care = home_care_of(&app).await;
        let member = care.system.put(&care.service.path("/members"), &json!({"nationalId": ELDAR})).await.expect(200);
        let (eldar_id, eldar) = (member.text("personId").to_owned(), app.health_worker(ELDAR, app.municipality()).await);
        let _ = care.system.put(&care.service.path("/members"), &json!({"nationalId": MONA})).await.expect(200);
        let mona = app.health_worker(MONA, app.municipality()).await;
        // Her own patient's, given to her; the same patient's, given to another; and one that nobody has taken.
        let (hers, given, open) = (care.written("Første").await, care.written("Andre").await, care.written("Tredje").await);
        for (id, member) in [(&given, json!({"personId": eldar_id})), (&open, json!(null))] {
            let to = json!({"member": member});
            let _ = care.system.put(&care.desk(id, "/assignment"), &to).header("if-match", "*").await.expect(200);
        }
        let all = [&open, &given, &hers].map(String::as_str);

        assert_eq!(walk(&care.nurse, &care, "").await, all);

        let of_eldar = format!("&assignee={eldar_id}");
        assert_eq!(walk(&care.nurse, &care, &of_eldar).await, [given.as_str()], "she follows the patient up");
        assert_eq!(walk(&eldar, &care, "").await, all[..2], "what is given to him and what nobody has");
        assert_eq!(walk(&mona, &care, "").await, [open.as_str()]);
        assert_eq!(walk(&mona, &care, &of_eldar).await, [""; 0], "no way to ask for another's patients");
        assert_eq!(walk(&care.system, &care, "").await, all);
        // By a recorded access it is a patient of hers, too.
        let access = json!({"patient": {"nationalId": SKUDDAR}, "reason": "Vikar for fast kontakt"});
        let _ = mona.post(&care.service.path("/recorded-accesses"), &access).key("a").await.expect(201);
        assert_eq!(walk(&mona, &care, "").await, all);
        assert_eq!(walk(&mona, &care, "&state=open").await, walk(&care.system, &care, "&state=open").await);
    }

    async fn dh_7_only_members_with_lawful_access_read_and_a_system_of_the_organisation_does(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = care.written("Hei").await;
        let other = care.system.put(&care.service.path("/members"), &json!({"nationalId": ELDAR})).await.expect(200);
        let (other_id, other) = (other.text("personId").to_owned(), app.health_worker(ELDAR, app.municipality()).await);

        let queue = other.get(&care.service.path("/conversations")).await.expect(200);

        assert!(queue.items().is_empty(), "{queue}");
        let none = care.desk(&uuid::Uuid::from_u128(7).to_string(), "");
        let unknown = other.get(&none).await.problem("not-found");
        for rest in ["", "/messages", "/notes"] {
            let _ = other.get(&care.desk(&id, rest)).await.problem("not-found");
        }
        assert_eq!(without_instance(&other.get(&care.desk(&id, "")).await), without_instance(&unknown));
        let _ = care.system.get(&care.desk(&id, "/messages")).await.expect(200);
        // Another service's system, and a stranger, find nothing.
        for stranger in [app.ehr().await, app.system(app.appeals_body()).await, app.member(ELDRID).await] {
            let _ = stranger.get(&care.desk(&id, "")).await.problem("not-found");
        }
        // Given to the other, it is theirs to read, and the first one's no more than follow-up allows.
        let tag = care.tag(&id).await;
        let given = json!({"member": {"personId": other_id}});
        let _ = care.nurse.put(&care.desk(&id, "/assignment"), &given).header("if-match", &tag).await.expect(200);
        assert_eq!(other.get(&care.desk(&id, "/messages")).await.expect(200).items().len(), 1);
        let log = care.citizen.get(&care.citizen.own("/access-log?limit=100")).await.expect(200);
        let readers: Vec<&Value> = log.items().iter().filter(|entry| entry["object"]["id"] == id.as_str() && entry["action"] == "readConversation" && entry["outcome"] == "granted").map(|entry| &entry["actor"]["name"]).collect();
        assert!(readers.contains(&&json!(app.person(ELDAR).name)), "{readers:?}");
    }

    async fn dh_7_what_nobody_follows_up_is_there_for_all_members_to_take_and_for_none_to_see(app: TestApp) {
        let care = home_care_of(&app).await;
        let row = json!({"nationalId": SKUDDAR});
        let _ = tell(&care.system, &care.service, "", &[row]).await.expect(200);
        let id = care.written("Hei").await;

        let queue = care.nurse.get(&care.service.path("/conversations?assignee=nobody")).await.expect(200);

        assert_eq!((queue.each("id"), &queue.items()[0]["patient"]), (vec![id.as_str()], &Value::Null));
        let _ = care.nurse.get(&care.desk(&id, "/messages")).await.problem("not-found");
        let mine = json!({"member": {"personId": care.nurse_id}});
        let taken = care.nurse.put(&care.desk(&id, "/assignment"), &mine).header("if-match", "*").await.expect(200);
        assert_eq!((&taken["state"], &taken["patient"]["subject"]), (&json!("open"), &json!("Hei")));
        assert_eq!(care.nurse.get(&care.desk(&id, "/messages")).await.expect(200).items().len(), 1);
        let log = care.citizen.get(&care.citizen.own("/access-log?limit=100")).await.expect(200);
        assert!(log.items().iter().any(|entry| entry["object"]["id"] == id.as_str() && entry["action"] == "assignConversation"));
    }

    async fn an_answer_to_a_conversation_that_went_to_another_member_meanwhile_is_refused(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = care.written("Hei").await;
        let tag = care.tag(&id).await;
        let nobody = json!({"member": null});
        let _ = care.system.put(&care.desk(&id, "/assignment"), &nobody).header("if-match", &tag).await.expect(200);
        let before = app.place().row_counts()["message"];
        let path = care.desk(&id, "/messages");

        let late = care.nurse.post(&path, &json!({"body": "Ja"})).header("if-match", &tag).await;

        let _ = late.problem("version-changed");
        let _ = care.nurse.post(&path, &json!({"body": "Ja"})).await.problem("precondition-required");
        let stranger = json!({"member": {"personId": uuid::Uuid::from_u128(7)}});
        let refused = care.system.put(&care.desk(&id, "/assignment"), &stranger).header("if-match", "*").await;
        assert_eq!(refused.problem("invalid-request").violations(), [("/member/personId".to_owned(), "not_registered".to_owned())]);
        let empty = care.system.put(&care.desk(&id, "/assignment"), &json!({})).header("if-match", "*").await;
        assert_eq!(empty.problem("invalid-request").violations(), [("/member".to_owned(), "required".to_owned())]);
        assert_eq!(app.place().row_counts()["message"], before);
    }

    async fn a_closed_conversation_takes_nothing_until_it_is_opened_again(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = care.written("Hei").await;
        let reply = care.citizen.own(&format!("/conversations/{id}/messages"));
        let tag = care.tag(&id).await;

        let closed = care.nurse.post(&care.desk(&id, "/closure"), &json!({})).header("if-match", &tag).await.expect(200);

        assert_eq!(closed["state"], "closed");
        let refused = care.citizen.post(&reply, &json!({"body": "Hallo?"})).await.problem("conversation-closed");
        assert_eq!(refused["serviceId"], care.service.id.as_str());
        let shown = care.citizen.get(&care.citizen.own(&format!("/conversations/{id}"))).await.expect(200);
        assert_eq!((&shown["state"], &shown["canReply"]), (&json!("closed"), &json!(false)));
        let overview = care.citizen.get(&care.citizen.own("/messages")).await.expect(200);
        assert_eq!(overview.items()[0]["canReply"], false);
        let tag = care.tag(&id).await;
        let answer = care.nurse.post(&care.desk(&id, "/messages"), &json!({"body": "Hei"})).header("if-match", &tag).await;
        let _ = answer.problem("conversation-closed");
        let opened = care.nurse.delete(&care.desk(&id, "/closure")).header("if-match", &tag).await.expect(200);
        assert_eq!(opened["state"], "open");
        let _ = care.citizen.post(&reply, &json!({"body": "Hallo?"})).await.expect(201);
        let states = |state: &str| care.service.path(&format!("/conversations?state={state}"));
        assert_eq!(care.nurse.get(&states("open")).await.expect(200).each("id"), [id.as_str()]);
        assert!(care.nurse.get(&states("closed")).await.expect(200).items().is_empty());
    }

    async fn notes_are_for_the_service_alone(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = care.written("Hei").await;

        let note = care.nurse.post(&care.desk(&id, "/notes"), &json!({"text": "Ringt, ikke svar."})).key("n").await.expect(201);

        assert_eq!(note["authorId"], care.nurse_id.as_str());
        let again = care.nurse.post(&care.desk(&id, "/notes"), &json!({"text": "Ringt, ikke svar."})).key("n").await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &note.body));
        assert_eq!(care.system.get(&care.desk(&id, "/notes")).await.expect(200).items(), [note.body]);
        let _ = care.citizen.get(&care.desk(&id, "/notes")).await.problem("not-found");
        let empty = care.nurse.post(&care.desk(&id, "/notes"), &json!({"text": " "})).await.problem("invalid-request");
        assert_eq!(empty.violations(), [("/text".to_owned(), "empty".to_owned())]);
        for path in ["/messages", &format!("/conversations/{id}"), "/access-log"] {
            let seen = care.citizen.get(&care.citizen.own(path)).await.expect(200);
            assert!(!seen.body.to_string().contains("Ringt"), "{path}");
        }
    }
}

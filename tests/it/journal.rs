//! TK-3: what is relevant to care goes into the patient's journal, which confirms it.

use serde_json::{Value, json};
use tests::{TestApp, stories};

use crate::dialogue::home_care_of;
use crate::persons::SKUDDAR;

stories! {
    async fn tk_3_the_nurse_marks_it_the_journal_fetches_and_confirms_and_the_conversation_shows_that(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = care.written("Besøket på torsdag").await;
        let _ = care.answer(&id, "Ja, klokken ti.").await.expect(201);
        let (journal, receipts) = (care.desk(&id, "/journal"), care.service.path("/journal-receipts"));
        let _ = care.system.get(&journal).await.problem("not-found");

        let marked = care.nurse.put(&journal, &json!({"relevant": true})).await.expect(200);

        assert_eq!(marked["journal"]["state"], "relevant");
        assert_eq!(marked["journal"]["messageIds"].as_array().expect("ids").len(), 2);
        assert_eq!(app.place().number("SELECT count(*) AS number FROM event WHERE kind = 'journal.relevant'"), 1);
        let document = care.system.get(&journal).await.expect(200);
        assert_eq!(document["patient"], json!({"nationalId": SKUDDAR, "name": app.person(SKUDDAR).name}));
        assert_eq!(document["service"]["organisationNumber"], app.municipality().number.as_str());
        let said: Vec<&Value> = document["messages"].as_array().expect("messages").iter().map(|turn| &turn["body"]).collect();
        assert_eq!(said, ["Kan dere komme senere?", "Ja, klokken ti."]);
        assert_eq!(document["messages"][1]["author"]["personId"], care.nurse_id.as_str());
        let receipt = json!({"conversationId": id, "journalReference": "EPJ-1"});
        let confirmed = care.system.post(&receipts, &receipt).await.expect(200);
        assert_eq!((&confirmed["journal"]["state"], &confirmed["journal"]["journalReference"]), (&json!("archived"), &json!("EPJ-1")));
        assert_eq!(care.system.post(&receipts, &receipt).await.expect(200).body, confirmed.body);
        let shown = care.citizen.get(&care.citizen.own(&format!("/conversations/{id}"))).await.expect(200);
        assert_eq!(shown["archivedAt"], confirmed["journal"]["archivedAt"]);
        // What the journal has is neither taken back nor confirmed under another name; marking anew asks anew.
        let _ = care.nurse.put(&journal, &json!({"relevant": false})).await.problem("already-archived");
        let other = json!({"conversationId": id, "journalReference": "EPJ-2"});
        let _ = care.system.post(&receipts, &other).await.problem("already-archived");
        let anew = care.nurse.put(&journal, &json!({"relevant": true})).await.expect(200);
        assert_eq!(anew["journal"]["state"], "relevant");
        let _ = care.system.post(&receipts, &other).await.expect(200);
    }

    async fn tk_3_single_messages_are_marked_and_a_mark_is_taken_back(app: TestApp) {
        let care = home_care_of(&app).await;
        let id = care.written("Hei").await;
        let _ = care.answer(&id, "Svar").await.expect(201);
        let other = care.written("Noe annet").await;
        let (journal, turns) = (care.desk(&id, "/journal"), care.desk(&id, "/messages"));
        let ids: Vec<String> = care.nurse.get(&turns).await.expect(200).each("id").into_iter().map(str::to_owned).collect();
        let foreign = care.nurse.get(&care.desk(&other, "/messages")).await.expect(200).each("id")[0].to_owned();

        let _ = care.nurse.put(&journal, &json!({"relevant": true, "messageIds": [ids[1]]})).await.expect(200);

        let document = care.system.get(&journal).await.expect(200);
        let messages = document["messages"].as_array().expect("messages");
        assert_eq!((messages.len(), &messages[0]["id"]), (1, &json!(ids[1])));
        let strange = json!({"relevant": true, "messageIds": [ids[0], foreign]});
        let violations = care.nurse.put(&journal, &strange).await.problem("invalid-request").violations();
        assert_eq!(violations, [("/messageIds/1".to_owned(), "unknown_message".to_owned())]);
        let wrong = json!({"messageIds": [ids[0], ids[0], 1], "colour": "red"});
        let pair = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        let expected = [
            pair("/colour", "unknown_field"),
            pair("/messageIds/1", "duplicate"),
            pair("/messageIds/2", "wrong_type"),
            pair("/relevant", "required"),
        ];
        assert_eq!(care.nurse.put(&journal, &wrong).await.problem("invalid-request").violations(), expected);
        let empty = care.nurse.put(&journal, &json!({"relevant": true, "messageIds": []})).await;
        assert_eq!(empty.problem("invalid-request").violations(), [pair("/messageIds", "empty")]);
        assert_eq!(care.system.get(&journal).await.expect(200).body, document.body, "nothing has changed");
        let gone = care.nurse.put(&journal, &json!({"relevant": false})).await.expect(200);
        assert_eq!(gone["journal"], Value::Null);
        let _ = care.system.get(&journal).await.problem("not-found");
        let receipt = json!({"conversationId": id, "journalReference": "EPJ-1"});
        let _ = care.system.post(&care.service.path("/journal-receipts"), &receipt).await.problem("not-found");
    }

    async fn tk_3_what_the_journal_does_not_confirm_in_time_shows_in_the_queue_and_is_told_once(app: TestApp) {
        let care = home_care_of(&app).await;
        let (confirmed, forgotten) = (care.written("Hei").await, care.written("Hallo").await);
        for id in [&confirmed, &forgotten] {
            let _ = care.nurse.put(&care.desk(id, "/journal"), &json!({"relevant": true})).await.expect(200);
        }
        let receipt = |id: &str| json!({"conversationId": id, "journalReference": "EPJ-1"});
        let receipts = care.service.path("/journal-receipts");
        let _ = care.system.post(&receipts, &receipt(&confirmed)).await.expect(200);
        let told = || app.place().number("SELECT count(*) AS number FROM event WHERE kind = 'journal.notArchived'");

        app.advance("P7D").await;

        let system = app.system(app.municipality()).await;
        let state = async |id: &str| system.get(&care.desk(id, "")).await.expect(200)["journal"]["state"].clone();
        assert_eq!((state(&confirmed).await, state(&forgotten).await), (json!("archived"), json!("notArchived")));
        assert_eq!(told(), 1);
        app.advance("P30D").await;
        assert_eq!(told(), 1);
        assert_eq!(app.place().number("SELECT count(*) AS number FROM job WHERE kind <> 'notifyAgain'"), 0);
        // Late is better than never.
        let system = app.system(app.municipality()).await;
        let late = system.post(&receipts, &receipt(&forgotten)).await.expect(200);
        assert_eq!(late["journal"]["state"], "archived");
    }
}

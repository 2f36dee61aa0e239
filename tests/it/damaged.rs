//! One row that does not open takes no list away: the rest of the list comes, and what is damaged is named.

use serde_json::json;
use tests::{Actor, Database, TestApp, stories};

use crate::dialogue::home_care_of;
use crate::operations::far_appointment;
use crate::persons::SKUDDAR;

/// Writes something else than what was sealed into a column of a row.
fn damage(app: &TestApp, (table, column, key): (&str, &str, &str), id: &str) {
    let place = app.place();
    let nonsense = match place.database() {
        Database::Postgres => r"'\x0000'::bytea",
        Database::Sqlite => "x'0000'",
    };
    place.execute(&format!("UPDATE {table} SET {column} = {nonsense} WHERE {key} = {}", place.id(id)));
}

/// The list has everything but this, which it names.
async fn names_it(reader: &Actor, path: &str, damaged: &str) {
    let whole = reader.get(path).await.expect(200);
    let others = whole.items().iter().filter(|item| item["id"] != damaged).count();
    assert!(others > 0, "{path}: {whole}");
    assert_eq!(whole.items().len(), others, "{path}: {whole}");
    assert_eq!(whole["damaged"], json!([damaged]), "{path}: {whole}");
}

stories! {
    async fn one_damaged_row_is_named_and_takes_no_list_away(app: TestApp) {
        let care = home_care_of(&app).await;
        let (citizen, system, service) = (&care.citizen, &care.system, &care.service);
        let (conversation, other) = (care.written("Hei").await, care.written("Igjen").await);
        let desk = |rest: &str| care.desk(&other, rest);
        let mut notes = vec![];
        for text in ["Ringt.", "Ringt igjen."] {
            notes.push(care.nurse.post(&desk("/notes"), &json!({"text": text})).await.expect(201).id());
        }
        let tag = care.tag(&other).await;
        let answer = care.nurse.post(&desk("/messages"), &json!({"body": "Ja"})).header("if-match", &tag).await.expect(201).id();
        let mut drafts = vec![];
        for text in ["Kan", "Skal"] {
            drafts.push(citizen.post(&citizen.own("/drafts"), &json!({"body": text})).await.expect(201).id());
        }
        let mut appointments = vec![];
        for name in ["one", "two"] {
            let path = service.path(&format!("/appointments/{name}"));
            appointments.push(system.put(&path, &far_appointment(SKUDDAR)).await.expect(201).id());
        }
        let letter = app.message("Brev").from(system, service).deliver().await;
        let lists = [
            (("conversation", "subject", "id"), &conversation, &care.nurse, service.path("/conversations")),
            (("conversation", "subject", "id"), &conversation, system, service.path("/conversations")),
            (("conversation_note", "text", "id"), &notes[0], &care.nurse, desk("/notes")),
            (("message_body", "body", "message_id"), &answer, &care.nurse, desk("/messages")),
            (("draft", "content", "id"), &drafts[0], citizen, citizen.own("/drafts")),
            (("appointment", "title", "id"), &appointments[1], citizen, citizen.own("/appointments")),
            (("message", "subject", "id"), &letter, citizen, citizen.own("/messages")),
        ];
        for (_, _, reader, path) in &lists {
            assert_eq!(reader.get(path).await.expect(200)["damaged"], json!(null), "{path}: all of it opens");
        }
        for (column, id, reader, path) in &lists {
            damage(&app, *column, id);
            names_it(reader, path, id).await;
        }
        // By itself it is trouble of ours.
        let _ = citizen.get(&citizen.own(&format!("/messages/{letter}"))).await.problem("internal-error");
    }
}

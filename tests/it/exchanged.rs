//! Whoever can write to the database makes nobody the owner of another's mailbox: rows that are exchanged open nothing.

use serde_json::Value;
use tests::{Actor, TestApp, stories};

use crate::persons::{ELDRID, SKUDDAR};
use crate::verify::{faults, verify};

/// Two columns of two rows change places.
fn exchange(app: &TestApp, table: &str, key: &str, columns: &[&str], [one, other]: [&str; 2]) {
    let (place, spare) = (app.place(), format!("{table}_spare"));
    let of = |id: &str| place.id(id);
    place.execute(&format!(
        "CREATE TABLE {spare} AS SELECT * FROM {table} WHERE {key} IN ({}, {})",
        of(one),
        of(other)
    ));
    // What is unique is never there twice, not even for a moment.
    if table == "person_lookup" {
        place.execute(&format!("DELETE FROM {table} WHERE {key} IN ({}, {})", of(one), of(other)));
        place.execute(&format!(
            "INSERT INTO {table} (lookup_hash, mailbox_id) SELECT lookup_hash, CASE WHEN {key} = {0} THEN {1} ELSE {0} END FROM {spare}",
            of(one),
            of(other)
        ));
        return;
    }
    for (id, from) in [(one, other), (other, one)] {
        let set = columns
            .iter()
            .map(|column| format!("{column} = (SELECT {column} FROM {spare} WHERE {key} = {})", of(from)))
            .collect::<Vec<_>>()
            .join(", ");
        place.execute(&format!("UPDATE {table} SET {set} WHERE {key} = {}", of(id)));
    }
}

/// What somebody is shown of everything that is theirs.
async fn shown(reader: &Actor, mailbox: &str, message: &str) -> Vec<Value> {
    let mut shown = vec![];
    for path in [
        "/v1/me".to_owned(),
        "/v1/me/mailboxes".to_owned(),
        format!("/v1/mailboxes/{mailbox}"),
        format!("/v1/mailboxes/{mailbox}/messages"),
        format!("/v1/mailboxes/{mailbox}/messages/{message}"),
    ] {
        let answer = reader.get(&path).await;
        assert!([200, 403, 404, 500].contains(&answer.status), "{path}: {answer}");
        shown.push(serde_json::from_slice(&answer.bytes).expect("JSON"));
    }
    shown
}

/// The exchanges that somebody could try: each a list of tables, keys and columns.
const EXCHANGES: [&[(&str, &str, &[&str])]; 10] = [
    &[("person_lookup", "mailbox_id", &[])],
    &[("person_lookup", "mailbox_id", &[]), ("mailbox", "id", &["lookup_hash"])],
    &[("person_lookup", "mailbox_id", &[]), ("mailbox", "id", &["lookup_hash", "data_key"])],
    &[
        ("person_lookup", "mailbox_id", &[]),
        ("mailbox", "id", &["lookup_hash", "data_key", "national_id", "person_name"]),
    ],
    &[("mailbox", "id", &["data_key"])],
    &[("mailbox", "id", &["national_id"])],
    &[("mailbox", "id", &["person_name"])],
    &[("message", "mailbox_id", &["owner_key", "service_key"])],
    &[("message", "mailbox_id", &["subject"]), ("message_body", "mailbox_id", &["body"])],
    &[("message", "mailbox_id", &["owner_key", "service_key", "subject"]), ("message_body", "mailbox_id", &["body"])],
];

stories! {
    async fn pp_5_rows_that_are_exchanged_open_nothing_and_are_reported(app: TestApp) {
        let (attacker, victim) = (app.member(ELDRID).await, app.member(SKUDDAR).await);
        let own = app.message("Dunhammer").body("Dunhammer").to(ELDRID).deliver().await;
        let id = app.message("Kanarifugl").body("Kanarifugl").to(SKUDDAR).deliver().await;
        let mailboxes = [attacker.mailbox.as_str(), victim.mailbox.as_str()];
        assert!(shown(&victim, mailboxes[1], &id).await.iter().any(|body| body.to_string().contains("Kanarifugl")));
        assert_eq!(faults(&verify(app.place(), &["--all"]).1), vec![]);
        for exchanges in EXCHANGES {
            let exchange_all = || {
                for (table, key, columns) in exchanges {
                    exchange(&app, table, key, columns, mailboxes);
                    app.place().execute(&format!("DROP TABLE {table}_spare"));
                }
            };
            exchange_all();

            for mailbox in mailboxes {
                for message in [&own, &id] {
                    for body in shown(&attacker, mailbox, message).await {
                        assert!(!body.to_string().contains("Kanarifugl"), "{exchanges:?}: {body}");
                        assert!(!body.to_string().contains(&app.person(SKUDDAR).name), "{exchanges:?}: {body}");
                    }
                }
            }
            let (ended, said) = verify(app.place(), &["--all"]);
            assert_eq!(ended.status, Some(1), "{exchanges:?}: {said}");
            assert!(!faults(&said).is_empty(), "{exchanges:?}: {said}");

            exchange_all();
            assert_eq!(faults(&verify(app.place(), &["--all"]).1), vec![], "{exchanges:?}: all is as it was");
        }
        assert!(shown(&victim, mailboxes[1], &id).await.iter().any(|body| body.to_string().contains("Kanarifugl")));
    }
}

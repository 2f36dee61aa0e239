//! The schema: the same on both databases, known to the program, and classified.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tests::{Database, Place, TestApp, files, stories};

use crate::appointments::visit;
use crate::persons::{ELDRID, SKUDDAR};

const CLASSES: &str = include_str!("../../docs/data-classes.toml");

/// What is said of a column.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    class: Class,
    sealed: bool,
    retention: Retention,
    export: bool,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Class {
    Public,
    Operational,
    Register,
    Identifier,
    Health,
    Secret,
}

#[derive(Deserialize, PartialEq)]
enum Retention {
    #[serde(rename = "installation")]
    Installation,
    #[serde(rename = "organisation")]
    Organisation,
    #[serde(rename = "mailbox")]
    Mailbox,
    #[serde(rename = "record")]
    Record,
    #[serde(rename = "for-ever")]
    ForEver,
    #[serde(rename = "30-days")]
    ThirtyDays,
    #[serde(rename = "90-days")]
    NinetyDays,
    #[serde(rename = "24-hours")]
    OneDay,
    #[serde(rename = "until-done")]
    UntilDone,
}

/// The columns whose content the program encrypts.
pub(crate) fn sealed_columns() -> BTreeSet<String> {
    classes().into_iter().filter(|(_, column)| column.sealed).map(|(name, _)| name).collect()
}

fn classes() -> BTreeMap<String, Column> {
    let tables: BTreeMap<String, BTreeMap<String, Column>> = toml::from_str(CLASSES).expect("the file can be read");
    let named = |(table, columns): (String, BTreeMap<String, Column>)| {
        columns.into_iter().map(move |(column, value)| (format!("{table}.{column}"), value))
    };
    tables.into_iter().flat_map(named).collect()
}

fn migrated(database: Database) -> Place {
    let place = Place::new(database);
    persistence::migrate(&place.store_url()).expect("the migrations work");
    place
}

/// The columns that the program's own tables name.
fn known_to_the_program() -> Vec<String> {
    let text = include_str!("../../persistence/src/schema.rs");
    let mut columns = vec![];
    let mut table = "";
    for line in text.lines().map(str::trim) {
        if let Some((column, _)) = line.split_once(" -> ") {
            columns.push(format!("{table}.{column}"));
        } else if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            table = name;
        }
    }
    columns.sort();
    columns
}

#[test]
fn both_databases_have_the_columns_that_the_program_knows() {
    let (sqlite, postgres) = (migrated(Database::Sqlite), migrated(Database::Postgres));

    assert_eq!(sqlite.columns(), postgres.columns());
    assert_eq!(sqlite.columns(), known_to_the_program());
}

#[test]
fn every_column_is_classified_and_no_class_is_stale() {
    let classified: Vec<String> = classes().into_keys().collect();

    assert_eq!(classified, migrated(Database::Sqlite).columns());
}

/// What the rows of each table are distributed by: every key begins with it, so that the same tables run on a cluster that is
/// distributed by mailbox. None: the table is copied to each node, or is each node's own.
const DISTRIBUTED_BY: [(&str, Option<&str>); 52] = [
    ("acceptance", Some("mailbox_id")),
    ("agreement", Some("organisation_id")),
    ("appointment", Some("mailbox_id")),
    ("appointment_name", Some("service_id")),
    ("attachment", Some("mailbox_id")),
    ("audit_entry", Some("subject_id")),
    ("client", Some("organisation_id")),
    ("consent", Some("mailbox_id")),
    ("contact_details", Some("mailbox_id")),
    ("conversation", Some("mailbox_id")),
    ("conversation_note", Some("mailbox_id")),
    ("conversation_seen", Some("mailbox_id")),
    ("dpop_proof", None),
    ("draft", Some("mailbox_id")),
    ("event", Some("organisation_id")),
    ("feed", Some("organisation_id")),
    ("follow_up", Some("service_id")),
    ("form", Some("service_id")),
    ("handover", Some("mailbox_id")),
    ("health_contact", Some("mailbox_id")),
    ("health_contact_line", Some("batch_id")),
    ("health_contact_name", Some("service_id")),
    ("idempotency", Some("scope")),
    ("installation", None),
    ("job", Some("mailbox_id")),
    ("journal_entry", Some("mailbox_id")),
    ("loose_blob", None),
    ("mailbox", Some("id")),
    ("membership", Some("service_id")),
    ("message", Some("mailbox_id")),
    ("message_body", Some("mailbox_id")),
    ("notice", Some("mailbox_id")),
    ("notification_settings", Some("mailbox_id")),
    ("organisation", None),
    ("person_lookup", None),
    ("power_of_attorney", Some("giver_mailbox_id")),
    ("practitioner_change", Some("mailbox_id")),
    ("privacy_notice", Some("organisation_id")),
    ("readiness_probe", None),
    ("recorded_access", Some("mailbox_id")),
    ("registered_relation", Some("mailbox_id")),
    ("relationship", Some("service_id")),
    ("relationship_line", Some("batch_id")),
    ("sending", Some("service_id")),
    ("sending_step", Some("service_id")),
    ("service", None),
    ("service_area", None),
    ("upload", Some("owner_id")),
    ("vault_key", None),
    ("webhook", Some("organisation_id")),
    ("webhook_delivery", Some("organisation_id")),
    ("webhook_key", Some("organisation_id")),
];

#[test]
fn every_key_begins_with_what_its_rows_are_distributed_by() {
    let place = migrated(Database::Postgres);
    let tables: BTreeSet<String> = place.row_counts().into_keys().collect();
    let decided: BTreeSet<String> = DISTRIBUTED_BY.iter().map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(tables, decided, "a new table is distributed by something, or copied");
    let keys = place.texts(
        "SELECT t.relname || ' ' || a.attname || ' ' || i.relname AS text FROM pg_index x \
         JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0] \
         WHERE x.indisunique AND t.relnamespace = current_schema()::regnamespace",
    );
    assert!(keys.len() >= tables.len() - 1, "each table has a key: {keys:?}");
    for key in keys {
        let [table, first, index] = key.split(' ').collect::<Vec<_>>()[..] else { panic!("three words: {key}") };
        let by = DISTRIBUTED_BY.iter().find(|(name, _)| *name == table).and_then(|(_, by)| *by);
        assert!(by.is_none_or(|by| by == first), "{table}: {index} begins with {first}, not with {by:?}");
    }
    let across = place.texts(
        "SELECT conrelid::regclass || ' ' || confrelid::regclass AS text FROM pg_constraint \
         WHERE contype = 'f' AND connamespace = current_schema()::regnamespace",
    );
    for reference in across {
        let (from, to) = reference.split_once(' ').expect("two tables");
        let by = |table: &str| DISTRIBUTED_BY.iter().find(|(name, _)| *name == table).and_then(|(_, by)| *by);
        assert!(by(to).is_none() || by(from) == by(to) || by(to) == Some("id"), "{from} refers to {to} across");
    }
}

#[test]
fn classes_agree_with_each_other() {
    for (column, Column { class, sealed, retention, export }) in classes() {
        assert!(class != Class::Secret || (sealed && !export), "{column}: a secret is sealed and never exported");
        assert!(!sealed || class != Class::Public, "{column}: what everybody knows is not sealed");
        assert!(retention != Retention::UntilDone || !export, "{column}: what goes by itself is not exported");
    }
}

#[test]
fn down_and_up_again_gives_the_same_schema_on_both_databases() {
    for database in [Database::Sqlite, Database::Postgres] {
        let place = migrated(database);
        let before = place.columns();

        persistence::revert_all(&place.store_url()).expect("every migration can be taken back");
        assert_eq!(place.columns(), Vec::<String>::new(), "{database:?}");
        persistence::migrate(&place.store_url()).expect("the migrations work again");

        assert_eq!(place.columns(), before, "{database:?}");
        assert_eq!(persistence::migrate(&place.store_url()).expect("nothing to do"), 0, "{database:?}");
    }
}

stories! {
    async fn what_is_sealed_is_nowhere_to_be_read(app: TestApp) {
        // First of all: a clock that jumps ahead would let uploads expire.
        app.set_time("2026-12-01T08:00:00Z").await;
        let patient = app.member(SKUDDAR).await;
        let canary = "Kanarifuglen synger";
        let file = files::pdf().named(&format!("{canary}.pdf"));
        let id = app.message(canary).kind("dialogue").body(canary).file(file).deliver().await;
        let shown = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
        let (ehr, clinic) = (app.ehr().await, app.dermatology());
        let power = serde_json::json!({"holder": {"nationalId": SKUDDAR, "name": canary}, "areas": [3]});
        let _ = app.member(ELDRID).await.post("/v1/me/powers-of-attorney", &power).await.expect(201);
        let note = clinic.path(&format!("/conversations/{}/notes", shown.text("conversationId")));
        let _ = ehr.post(&note, &serde_json::json!({"text": canary})).await.expect(201);

        let drafts = patient.own("/drafts");
        let _ = patient.post(&drafts, &serde_json::json!({"subject": canary, "body": canary})).await.expect(201);
        let form = serde_json::json!({"title": "Tiltak", "schema": {"type": "object"}});
        let _ = ehr.put(&clinic.path("/forms/tiltak"), &form).await.expect(201);
        let reply = patient.own(&format!("/conversations/{}/messages", shown.text("conversationId")));
        let filled = serde_json::json!({"form": "tiltak", "version": 1, "answers": {canary: canary}});
        let _ = patient.post(&reply, &serde_json::json!({"body": canary, "formAnswers": filled})).await.expect(201);
        let journal = clinic.path(&format!("/conversations/{}/journal", shown.text("conversationId")));
        let _ = ehr.put(&journal, &serde_json::json!({"relevant": true})).await.expect(200);
        let rejected = serde_json::json!({"conversationId": shown["conversationId"],
            "rejected": {"code": "E35", "message": canary}});
        let _ = ehr.post(&clinic.path("/journal-receipts"), &rejected).await.expect(200);

        let details = serde_json::json!({"email": "kanarifuglen@example.no", "mobile": "91234567"});
        let _ = patient.patch("/v1/me/contact-details", &details).await.expect(200);
        let contact = serde_json::json!({"nationalId": SKUDDAR, "externalId": "a", "role": canary, "personName": canary,
            "unitName": canary, "validFrom": "2020-01-01"});
        let contacts = ehr.request(reqwest::Method::PUT, &clinic.path("/health-contacts"));
        let _ = contacts.body("application/x-ndjson", contact.to_string()).await.expect(200);

        let mut visit = visit(SKUDDAR);
        for field in ["title", "place", "description"] {
            visit[field] = canary.into();
        }
        let id = ehr.put(&clinic.path("/appointments/a"), &visit).await.expect(201).id();
        let upload = serde_json::json!({"fileName": canary});
        let _ = ehr.post(&clinic.path("/uploads"), &upload).key("u").await.expect(201);
        // By which it is the subject of a conversation, too.
        let cancel = patient.own(&format!("/appointments/{id}/cancellation"));
        let _ = patient.post(&cancel, &serde_json::json!({})).await.expect(201);

        let hook = serde_json::json!({"url": "https://127.0.0.1:1/hook"});
        let _ = ehr.post("/v1/webhooks", &hook).await.expect(201);

        let sealed: BTreeSet<String> =
            classes().into_iter().filter(|(_, column)| column.sealed).map(|(name, _)| name).collect();
        for name in sealed {
            let (table, column) = name.split_once('.').expect("a table and a column");
            let as_text = match app.place().database() {
                Database::Postgres => format!("encode({column}, 'escape')"),
                Database::Sqlite => format!("CAST({column} AS TEXT)"),
            };
            let filled = app.place().number(&format!("SELECT count({column}) AS number FROM {table}"));
            // What is said of a file's bytes comes and goes with its upload, lines with their batch; accesses cannot be recorded yet.
            let is_empty =
                ["upload.file_key", "upload.sha256", "recorded_access.reason", "health_contact_line.names"]
                    .contains(&name.as_str());
            assert!(filled > 0 || is_empty, "{name} has nothing to look at");
            for clear in [canary, SKUDDAR, "Skuddår", "kanarifuglen", "91234567"] {
                let found = format!("SELECT count(*) AS number FROM {table} WHERE {as_text} LIKE '%{clear}%'");
                assert_eq!(app.place().number(&found), 0, "{name} holds {clear}");
            }
        }
    }
}

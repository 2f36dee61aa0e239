//! The lists of the contract, each looked at where the database does its work: a page is a range of an index, whatever else
//! there is in the table, and however the statement was planned.
//!
//! One mailbox, service and organisation have thousands of everything; so have others together, some each.

use std::collections::BTreeSet;

use tests::{Actor, Database, Place, Plan, PlanLog, TestApp, stories};

use crate::contract::operations;
use crate::operations::{Owner, World};
use crate::persons::{DAGNY, SKUDDAR};

/// Rows of what the lists show, where there are many.
const LONG: usize = 5000;
/// Rows of others.
const OTHERS: usize = 10_000;
/// Patients of one nurse: few of those there are, so that each is looked up by itself.
const PATIENTS: usize = 20;
/// The items of a page.
const LIMIT: u64 = 50;
/// A statement may look at so many rows: a page with what stands around its items, a few times over.
const MOST_ROWS: u64 = 12 * LIMIT;
/// PostgreSQL plans a prepared statement with its values five times, and from then on perhaps without.
const TIMES: usize = 7;

/// Each list of the contract: whose it is, the table that it is a page of, and what narrows it.
const LISTS: [(&str, Owner, &str, &[&str]); 22] = [
    ("accessLogList", Owner::Citizen, "audit_entry", &[""]),
    ("appointmentList", Owner::Citizen, "appointment", &[""]),
    ("conversationList", Owner::Citizen, "conversation", &[""]),
    ("eventList", Owner::System, "event", &["", "after=1"]),
    ("followUpList", Owner::System, "follow_up", &[""]),
    ("healthContactList", Owner::Citizen, "health_contact", &[""]),
    ("jobList", Owner::Operator, "job", &[""]),
    ("meConsentHistory", Owner::Citizen, "consent", &[""]),
    ("messageList", Owner::Citizen, "message", &["", "unread=true", "conversationId={conversationId}"]),
    ("operatorActList", Owner::Operator, "audit_entry", &["", "operator=sandbox-operator"]),
    ("organisationList", Owner::Operator, "organisation", &[""]),
    ("patientList", Owner::Staff, "follow_up", &[""]),
    ("patientList", Owner::Staff, "relationship", &[""]),
    ("powerOfAttorneyList", Owner::Citizen, "power_of_attorney", &[""]),
    ("privacyNoticeList", Owner::Anybody, "organisation", &[""]),
    ("queueList", Owner::Desk, "conversation", &["", "state=open", "assignee=me", "assignee=nobody"]),
    ("queueList", Owner::System, "conversation", &["", "state=open", "assignee=nobody"]),
    ("relationshipList", Owner::System, "relationship", &[""]),
    ("sendingList", Owner::System, "sending", &["", "senderReference=ref-7"]),
    ("staffLogList", Owner::System, "audit_entry", &["", "personId={personId}"]),
    ("turnList", Owner::Desk, "message", &[""]),
    ("webhookDeliveryList", Owner::System, "webhook_delivery", &[""]),
];

/// Lists that are no page of a table, each for a reason. This list only shrinks.
const NO_PAGES: [(&str, &str); 1] = [(
    "recipientList",
    "what was typed is compared with the name of each service there is; nobody who sends adds to them",
)];

/// Statements that go through more than a page: the list, what stands in the statement, and why. This list only shrinks.
const MORE_THAN_A_PAGE: [(&str, &str, &str); 5] = [
    (
        "conversationList",
        r#"GROUP BY "message"."conversation_id""#,
        "counts the messages of the conversations that it shows",
    ),
    ("conversationList", r#""message"."received_at" = ANY"#, "looks for the first message of each that it shows"),
    ("queueList", r#""conversation"."mailbox_id" = ANY"#, "puts the conversations of a member's own patients in order"),
    (
        "webhookDeliveryList",
        r#""event"."number" = ANY"#,
        "planned without values, looks for a page's events in the whole feed",
    ),
    ("healthContactList", "SELECT DISTINCT", "looks at all contacts of one person for the services that told of them"),
];

#[test]
fn every_list_of_the_contract_has_a_case() {
    let is_paged = |operation: &crate::contract::Operation| {
        let parameters = operation.value["parameters"].as_array().into_iter().flatten();
        operation.method == "GET"
            && parameters.filter_map(|of| of["name"].as_str()).any(|name| ["limit", "cursor"].contains(&name))
    };
    let all: BTreeSet<String> = operations().into_iter().filter(is_paged).map(|operation| operation.id).collect();
    let cases = LISTS.iter().map(|(id, ..)| *id).chain(NO_PAGES.iter().map(|(id, _)| *id));
    assert_eq!(all, cases.map(str::to_owned).collect());
}

/// A list as it is fetched.
struct Fetched {
    id: &'static str,
    owner: Owner,
    table: &'static str,
    path: String,
}

/// Whose list it is, with a token of this program.
async fn caller(app: &TestApp, owner: Owner) -> Actor {
    match owner {
        Owner::System => app.ehr().await,
        Owner::Operator => app.operator().await,
        Owner::Staff | Owner::Desk => app.health_worker(DAGNY, app.clinic()).await,
        Owner::Citizen | Owner::Parent | Owner::Anybody => app.citizen(SKUDDAR).await,
    }
}

fn lists(world: &World) -> Vec<Fetched> {
    let operations = operations();
    let mut lists = vec![];
    for (id, owner, table, queries) in LISTS {
        let operation = operations.iter().find(|operation| operation.id == id).expect("an operation");
        let path = world.path(operation);
        for query in queries {
            let query = world.ids.iter().fold((*query).to_owned(), |query, (name, id)| query.replace(name, id));
            lists.push(Fetched { id, owner, table, path: format!("{path}?{query}") });
        }
    }
    lists
}

/// What is wrong with the plans of a list.
fn faults(list: &Fetched, large: &BTreeSet<String>, plans: &[Plan]) -> Vec<String> {
    let fault = |what: &str, plan: &Plan| format!("{} {}: {what}\n    {plan}\n", list.id, list.path);
    let is_excused = |plan: &&Plan| {
        MORE_THAN_A_PAGE
            .iter()
            .any(|(id, words, _)| *id == list.id && plan.statement.replace('`', "\"").contains(words))
    };
    let mut faults = vec![];
    if !plans.iter().any(|plan| plan.is_of(list.table)) {
        faults.push(format!("{} {}: no query of {} was seen", list.id, list.path, list.table));
    }
    for plan in plans.iter().filter(|plan| !is_excused(plan)) {
        if plan.whole.iter().any(|table| large.contains(table)) {
            faults.push(fault("a whole table", plan));
        }
        if plan.rows_read > MOST_ROWS {
            faults.push(fault("more rows than a page needs", plan));
        }
        if plan.sorts && large.iter().any(|table| plan.is_of(table)) {
            faults.push(fault("puts all of it in order", plan));
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// Fetches each list again and again: its first page, and the one behind. What it shows are copies, most of which cannot be
/// opened; so what matters is what was asked.
async fn fetch_all(
    app: &TestApp,
    world: &World,
    log: &mut PlanLog,
    large: &BTreeSet<String>,
    times: usize,
) -> Vec<String> {
    let (mut all, mut is_generic) = (vec![], false);
    for list in lists(world) {
        let caller = caller(app, list.owner).await;
        let get = |more: &str| caller.get(&format!("{}&{more}", list.path));
        let _ = log.plans(world.app.place());
        let first = get("limit=1").await;
        assert_eq!(first.status, 200, "{}: {first}", list.path);
        let cursor = first["nextCursor"].as_str().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        for _ in 0..times {
            let _ = get(&format!("limit={LIMIT}")).await;
            let _ = get(&format!("limit={LIMIT}{cursor}")).await;
        }
        let plans = log.plans(world.app.place());
        is_generic |= plans.iter().any(|plan| plan.is_generic);
        all.extend(faults(&list, large, &plans));
    }
    assert!(is_generic || world.app.place().database() == Database::Sqlite, "plans without values were seen");
    all
}

stories! {
    async fn each_page_of_each_list_is_a_range_of_an_index(database: Database) {
        let place = Place::new(database);
        let mut log = PlanLog::new(&place);
        let auto = ("BREVDUE_DATABASE__URL", place.explained_url("auto"));
        let forced = ("BREVDUE_DATABASE__URL", place.explained_url("force_generic_plan"));
        let one_connection = ("BREVDUE_DATABASE__CONNECTIONS", "1");
        let app = TestApp::start_at(place, &[(auto.0, &auto.1), one_connection], None).await;
        let world = World::new(app.clone()).await;
        // A conversation that stays as it is, before the others in every list.
        let _ = app.message("Svar").to(SKUDDAR).kind("dialogue").deliver().await;
        let other = app.again(&[(forced.0, &forced.1), one_connection]).await;
        let large: BTreeSet<String> = match database {
            Database::Postgres => {
                fill(&world).await;
                let counts = app.place().row_counts().into_iter();
                counts.filter(|(_, count)| *count >= LONG as i64).map(|(table, _)| table).collect()
            }
            Database::Sqlite => LISTS.iter().map(|(.., table, _)| (*table).to_owned()).collect(),
        };

        let mut faults = fetch_all(&app, &world, &mut log, &large, TIMES).await;
        if database == Database::Postgres {
            faults.extend(fetch_all(&other, &world, &mut log, &large, 1).await);
        }

        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

stories! {
    async fn bx_8_what_it_takes_to_remove_old_events_is_what_goes(database: Database) {
        const MOST_AT_ONCE: u64 = 5000;
        let place = Place::new(database);
        let mut log = PlanLog::new(&place);
        let url = place.explained_url("auto");
        let app = TestApp::start_at(place, &[("BREVDUE_DATABASE__URL", &url)], None).await;
        let _ = app.message("Svar").deliver().await;
        let count = "SELECT count(*) AS number FROM event WHERE number IS NOT NULL";
        if database == Database::Postgres {
            let last = "(SELECT max(number) FROM event)";
            let old = [("id", OLDER), ("number", &format!("n + {last}") as &str), ("at", "t.at - interval '100 days'")];
            app.place().execute("UPDATE event SET at = at - interval '100 days'");
            copy(app.place(), ("event", "number = 1"), 12_000, &old);
            let kept = [("id", NEWER), ("number", &format!("n + {last}") as &str), ("at", "t.at + interval '100 days'")];
            copy(app.place(), ("event", "number = 1"), 20_000, &kept);
            app.place().execute(&format!("UPDATE feed SET last_number = {last}; ANALYZE"));
        }
        let _ = log.plans(app.place());

        app.advance("PT2H").await;

        let plans: Vec<Plan> = log.plans(app.place()).into_iter().filter(|plan| plan.statement.contains("event")).collect();
        assert!(!plans.is_empty());
        for plan in plans {
            assert!(plan.rows_read <= MOST_AT_ONCE && !plan.whole.contains("event"), "{plan}");
        }
        if database == Database::Postgres {
            assert_eq!(app.place().number(&format!("{count} AND at < now() - interval '95 days'")), 0);
            assert!(app.place().number(count) >= 20_000, "what is kept stays");
        }
    }
}

/// Copies a row of a table. `n` counts them; `t` is the row.
fn copy(place: &Place, (table, which): (&str, &str), count: usize, changes: &[(&str, &str)]) {
    let columns = place.columns();
    let columns: Vec<&str> = columns
        .iter()
        .filter_map(|column| column.split_once('.').filter(|(of, _)| *of == table).map(|(_, column)| column))
        .filter(|column| *column != "arrival")
        .collect();
    assert!(changes.iter().all(|(column, _)| columns.contains(column)), "{table} has all of {changes:?}");
    let value = |column: &&str| match changes.iter().find(|(changed, _)| changed == column) {
        Some((_, value)) => (*value).to_owned(),
        None => format!("t.{column}"),
    };
    let before = place.number(&format!("SELECT count(*) AS number FROM {table}"));
    place.execute(&format!(
        "SET session_replication_role = replica;
         INSERT INTO {table} ({}) SELECT {} FROM (SELECT * FROM {table} WHERE {which} LIMIT 1) AS t, generate_series(1, {count}) AS n",
        columns.join(", "),
        columns.iter().map(value).collect::<Vec<_>>().join(", "),
    ));
    let after = place.number(&format!("SELECT count(*) AS number FROM {table}"));
    assert_eq!(after - before, count as i64, "{table} WHERE {which}");
}

/// An id that is older than every real one, and one that is newer; those of others, and of what they have.
const OLDER: &str = "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
const NEWER: &str = "('fffffff0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
const OTHER: &str = "('77777777-0000-7000-8000-' || lpad(to_hex(n % 4000), 12, '0'))::uuid";
const THEIRS: &str = "('88888888-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
const HASH: &str = "sha256(convert_to('other' || n, 'UTF8'))";

/// Makes everything that the lists show long.
async fn fill(world: &World) {
    let place = world.app.place();
    let id = |name: &str| place.id(&world.ids[name]);
    let (mailbox, service, organisation) = (id("{mailboxId}"), id("{serviceId}"), id("{organisationId}"));
    let (conversation, webhook, nurse) = (id("{conversationId}"), id("{webhookId}"), id("{personId}"));
    // What waits for a webhook is sent by nobody.
    place.execute("UPDATE webhook SET state = 'paused'");

    copy(place, ("person_lookup", "true"), 4000, &[("mailbox_id", OTHER), ("lookup_hash", HASH)]);
    // Narrow rows: of a few thousand all are read sooner than some are found.
    let more = "sha256(convert_to('more' || n, 'UTF8'))";
    copy(place, ("person_lookup", "true"), OTHERS, &[("mailbox_id", THEIRS), ("lookup_hash", more)]);
    copy(place, ("mailbox", "true"), 4000, &[("id", OTHER), ("lookup_hash", HASH)]);

    let letter = format!("mailbox_id = {mailbox} AND received_at IS NOT NULL");
    let older = "t.received_at - n * interval '1 minute'";
    let read = [("received_at", older), ("read_at", "t.received_at"), ("opened_at", "t.received_at")];
    let with = |more: &[(&'static str, &'static str)]| [more, &read].concat();
    copy(place, ("message", &letter), LONG, &with(&[("id", OLDER), ("conversation_id", OLDER)]));
    let of_conversation = format!("conversation_id = {conversation}");
    copy(place, ("message", &of_conversation), LONG, &with(&[("id", NEWER)]));
    copy(place, ("message", &letter), OTHERS, &with(&[("id", THEIRS), ("mailbox_id", OTHER)]));
    let body = format!("mailbox_id = {mailbox}");
    copy(place, ("message_body", &body), LONG, &[("message_id", OLDER)]);
    copy(place, ("message_body", &body), LONG, &[("message_id", NEWER)]);
    copy(place, ("message_body", &body), OTHERS, &[("message_id", THEIRS), ("mailbox_id", OTHER)]);
    let sent = format!("service_id = {service} AND mailbox_id = {mailbox}");
    let reference = ("sender_reference", "'ref-' || n");
    copy(place, ("sending", &sent), LONG, &[("message_id", OLDER), reference]);
    copy(
        place,
        ("sending", &sent),
        OTHERS,
        &[("message_id", THEIRS), ("mailbox_id", OTHER), ("service_id", OTHER), reference],
    );
    // A service that sends to many, each of whom has some letters.
    let to_many = [("message_id", THEIRS), ("mailbox_id", OTHER), ("sender_reference", "'more-' || n")];
    copy(place, ("sending", &sent), OTHERS, &to_many);

    let inquiry = format!("id = {conversation}");
    let changed = ("changed_at", "t.changed_at - n * interval '1 minute'");
    let taken = [("id", OLDER), changed, ("assignee_id", OTHER)];
    copy(place, ("conversation", &inquiry), LONG, &taken);
    copy(place, ("conversation", &inquiry), LONG, &[("id", NEWER), ("mailbox_id", OTHER), changed]);
    copy(place, ("conversation", &inquiry), OTHERS, &[("id", THEIRS), ("mailbox_id", OTHER), ("service_id", OTHER)]);

    let happened = format!("organisation_id = {organisation} AND number = 1");
    let last = format!("(SELECT max(number) FROM event WHERE organisation_id = {organisation})");
    copy(place, ("event", &happened), LONG, &[("id", OLDER), ("number", &format!("n + {last}"))]);
    copy(place, ("event", &happened), OTHERS, &[("id", THEIRS), ("organisation_id", OTHER), ("number", "n")]);
    place.execute(&format!("UPDATE feed SET last_number = {last} WHERE organisation_id = {organisation}"));

    copy(place, ("job", "trouble IS NOT NULL"), LONG, &[("id", NEWER)]);
    let later =
        [("id", THEIRS), ("trouble", "NULL"), ("given_up_at", "NULL"), ("run_at", "now() + interval '9 years'")];
    copy(place, ("job", "trouble IS NOT NULL"), OTHERS, &later);
    let entry = format!("subject_id = {mailbox}");
    copy(place, ("audit_entry", &entry), LONG, &[("id", OLDER)]);
    copy(place, ("audit_entry", &entry), OTHERS, &[("id", THEIRS), ("subject_id", OTHER)]);

    let external = ("external_id", "'copy-' || n");
    let of_others = ("external_id", "'other-' || n");
    let (from, to) = ("t.starts_at + n * interval '1 hour'", "t.ends_at + n * interval '1 hour'");
    let to_come = [("id", OLDER), external, ("starts_at", from), ("ends_at", to)];
    copy(place, ("appointment", "true"), LONG, &to_come);
    copy(place, ("appointment", "true"), OTHERS, &[("id", THEIRS), ("mailbox_id", OTHER), of_others]);

    let told = operations().into_iter().find(|operation| operation.id == "healthContactPut").expect("an operation");
    let _ = world.call(world.owner(Owner::System), &told, &world.path(&told)).await.expect(200);
    let since = ("valid_from", "t.valid_from - n");
    copy(place, ("health_contact", "true"), LONG, &[("id", OLDER), external, since]);
    copy(place, ("health_contact", "true"), OTHERS, &[("id", THEIRS), ("mailbox_id", OTHER), of_others]);

    place.execute(&format!(
        "INSERT INTO consent (mailbox_id, id, level, terms_version, given_at)
             SELECT {mailbox}, {OLDER}, 1, '1', now() FROM generate_series(1, {LONG}) AS n;
         INSERT INTO follow_up (service_id, mailbox_id, person_id, created_at)
             SELECT {service}, {OTHER}, {NEWER}, now() FROM generate_series(1, {LONG}) AS n;
         INSERT INTO relationship (service_id, person_hash, told_at, active_from, responsible_id)
             SELECT {service}, {HASH}, now(), now(), CASE WHEN n <= {PATIENTS} THEN {nurse} ELSE {NEWER} END
             FROM generate_series(1, {LONG}) AS n;
         INSERT INTO relationship (service_id, person_hash, told_at, active_from, responsible_id)
             SELECT {OTHER}, {HASH}, now(), now(), {OTHER} FROM generate_series(1, {OTHERS}) AS n;
         INSERT INTO webhook_delivery (organisation_id, webhook_id, number, attempts)
             SELECT {organisation}, {webhook}, n, 1 FROM generate_series(1, {LONG}) AS n;
         INSERT INTO organisation (id, number, name, created_at)
             SELECT {NEWER}, (100000000 + n)::text, 'Klinikk', now() FROM generate_series(1, {LONG}) AS n;
         INSERT INTO privacy_notice (organisation_id, version, id, valid_from, text_nb, created_at)
             SELECT {NEWER}, 1, {NEWER}, date '2020-01-01', repeat('Personvern ', 120), now() FROM generate_series(1, {LONG}) AS n
             UNION ALL SELECT {organisation}, 1, {webhook}, date '2020-01-01', 'Personvern', now()"
    ));
    copy(place, ("consent", "true"), OTHERS, &[("id", THEIRS), ("mailbox_id", OTHER)]);
    copy(place, ("follow_up", "true"), OTHERS, &[("service_id", OTHER), ("mailbox_id", THEIRS), ("person_id", OTHER)]);
    let power = format!("giver_mailbox_id = {mailbox}");
    copy(place, ("power_of_attorney", &power), LONG, &[("id", OLDER)]);
    copy(
        place,
        ("power_of_attorney", &power),
        OTHERS,
        &[("id", THEIRS), ("giver_mailbox_id", OTHER), ("holder_hash", HASH)],
    );
    place.execute("ANALYZE");
}

//! Migrations beside requests, and what their files must say.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tests::{Database, TestApp, files, stories};

use crate::dialogue::home_care_of;
use crate::persons::SKUDDAR;
use crate::verify::{faults, verify};

/// A migration of its own in a folder.
fn write_migration(folder: &Path, name: &str, up: &str, is_alone: bool) {
    let of_it = folder.join(name);
    std::fs::create_dir_all(&of_it).expect("a folder can be made");
    let files = [("up.sql", up), ("down.sql", "SELECT 1;")];
    for (file, text) in files.into_iter().chain(is_alone.then_some(("metadata.toml", "run_in_transaction = false\n"))) {
        std::fs::write(of_it.join(file), text).expect("it can be written");
    }
}

stories! {
    async fn the_baseline_with_people_in_it_goes_forward_and_nothing_is_lost(app: TestApp) {
        let care = home_care_of(&app).await;
        let letter = app.message("Brev").from(&care.system, &care.service).file(files::pdf()).deliver().await;
        let conversation = care.written("Besøket").await;
        let (before, path) = (app.place().row_counts(), care.citizen.own(&format!("/messages/{letter}")));
        let folder = app.place().folder().join("migrations");
        // What an expanding migration does: a column, what it is from now on, an index, and a table beside.
        let column = "ALTER TABLE message ADD COLUMN story text; UPDATE message SET story = 'told';";
        write_migration(&folder, "2099-01-01-000000_widen", column, false);
        let index = "CREATE INDEX message_story ON message (mailbox_id, story); CREATE TABLE stories (id integer PRIMARY KEY);";
        write_migration(&folder, "2099-01-02-000000_list", index, false);
        let url = app.place().store_url();
        let migrate = || tokio::task::block_in_place(|| persistence::migrate_folder(&url, &folder).expect("it migrates"));

        assert_eq!((migrate(), migrate()), (2, 0), "each once");

        let after = app.place().row_counts();
        let lost: Vec<_> = before.iter().filter(|(table, rows)| after.get(*table) != Some(rows)).collect();
        assert!(lost.is_empty(), "{lost:?}");
        assert_eq!(app.place().number("SELECT count(*) AS number FROM message WHERE story IS NULL"), 0);
        // The program of before goes on beside the new schema.
        assert_eq!(care.citizen.get(&path).await.expect(200)["attachments"].as_array().map(Vec::len), Some(1));
        let _ = care.answer(&conversation, "Vi kommer").await.expect(201);
        let _ = app.message("Brev til").from(&care.system, &care.service).deliver().await;
        assert_eq!(faults(&verify(app.place(), &["--all"]).1), vec![]);
        assert_eq!(app.place().number("SELECT count(*) AS number FROM message WHERE story IS NULL"), 2);
    }
}

#[test]
fn a_migration_that_waits_for_a_reader_keeps_nobody_waiting() {
    tests::tell(Database::Postgres, |database: Database| async move {
        let app = TestApp::start(database).await;
        let (patient, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        let folder = app.place().folder().join("migrations");
        write_migration(&folder, "2099-01-01-000000_widen", "ALTER TABLE message ADD COLUMN story text;", false);
        let reader = app.place().transaction("SELECT count(*) FROM message");

        let (url, is_done) = (app.place().store_url(), Arc::new(AtomicBool::new(false)));
        let done = Arc::clone(&is_done);
        let migrating = tokio::task::spawn_blocking(move || {
            let applied = persistence::migrate_folder(&url, &folder);
            done.store(true, Ordering::SeqCst);
            applied
        });
        // While it has tried, let go, and tried again.
        let (mut tries, mut was_waiting) = (0, false);
        while tries < 2 {
            assert!(!is_done.load(Ordering::SeqCst), "the reader holds the table");
            let is_waiting = app.place().number(WAITING) > 0;
            tries += i32::from(is_waiting && !was_waiting);
            was_waiting = is_waiting;
            let _ = app.message("Brev").by(&ehr).try_send().await.expect(201);
            let _ = patient.get(&patient.own("/messages")).await.expect(200);
        }
        drop(reader);

        assert_eq!(migrating.await.expect("it runs").expect("it gets through"), 1);
        let _ = app.message("Brev").by(&ehr).try_send().await.expect(201);
        let column = "SELECT count(*) AS number FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = 'message' AND column_name = 'story'";
        assert_eq!(app.place().number(column), 1);
    });
}

const WAITING: &str = "SELECT count(*) AS number FROM pg_stat_activity JOIN pg_locks USING (pid) \
     WHERE NOT granted AND query LIKE 'ALTER TABLE message%' AND relation = 'message'::regclass";

#[test]
fn an_index_whose_making_broke_off_is_made_again_beside_writers() {
    tests::tell(Database::Postgres, |database: Database| async move {
        let app = TestApp::start(database).await;
        let _ = app.member(SKUDDAR).await;
        let folder = app.place().folder().join("migrations");
        let twice = "CREATE TABLE twice (number int); INSERT INTO twice VALUES (1), (1);";
        write_migration(&folder, "2099-01-01-000000_make", twice, false);
        let index = "CREATE UNIQUE INDEX CONCURRENTLY once ON twice (number);";
        write_migration(&folder, "2099-01-02-000000_index", index, true);
        let invalid = "SELECT count(*) AS number FROM pg_index WHERE indrelid = 'twice'::regclass AND NOT indisvalid";

        let url = app.place().store_url();
        let migrate = || tokio::task::block_in_place(|| persistence::migrate_folder(&url, &folder));
        let _ = migrate().expect_err("two rows are the same");
        assert_eq!(app.place().number(invalid), 1);
        app.place().execute("DELETE FROM twice WHERE ctid = (SELECT min(ctid) FROM twice)");

        assert_eq!(migrate().expect("it is made again"), 1);
        assert_eq!(app.place().number(invalid), 0);
        let valid = "SELECT count(*) AS number FROM pg_index WHERE indrelid = 'twice'::regclass AND indisvalid";
        assert_eq!(app.place().number(valid), 1);
    });
}

#[test]
fn every_migration_that_works_beside_writers_stands_alone_and_says_so() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("migrations");
    let folders: Vec<PathBuf> = ["postgres", "sqlite"]
        .into_iter()
        .flat_map(|backend| std::fs::read_dir(root.join(backend)).expect("migrations"))
        .map(|entry| entry.expect("a folder").path())
        .collect();
    let baseline = |of: &&PathBuf| of.ends_with("2026-12-01-000000_create_schema");
    assert_eq!(folders.iter().filter(baseline).count(), 2, "both backends begin with the same schema");
    for folder in folders {
        let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        let statements =
            |text: &str| text.lines().filter(|line| !line.starts_with("--")).collect::<String>().matches(';').count();
        for file in ["up.sql", "down.sql"].map(read).iter().filter(|text| text.contains("CONCURRENTLY")) {
            assert_eq!(statements(file), 1, "{}: PostgreSQL makes one transaction of several", folder.display());
            let metadata = read("metadata.toml");
            assert!(metadata.contains("run_in_transaction = false"), "{}", folder.display());
        }
    }
}

/// The pause of a try is long enough for whoever waited behind it.
#[test]
fn two_that_migrate_wait_for_each_other_without_standing_in_the_way_of_an_index() {
    tests::tell(Database::Postgres, |database: Database| async move {
        let app = TestApp::start(database).await;
        let folder = app.place().folder().join("migrations");
        write_migration(&folder, "2099-01-01-000000_index", "CREATE INDEX CONCURRENTLY story ON message (kind);", true);
        let url = app.place().store_url();
        let migrate = |url: persistence::DatabaseUrl| {
            let folder = folder.clone();
            tokio::task::spawn_blocking(move || persistence::migrate_folder(&url, &folder))
        };

        let both = tokio::time::timeout(
            Duration::from_secs(120),
            futures_util::future::join_all([migrate(url.clone()), migrate(url)]),
        );
        let applied = both.await.expect("both end").into_iter().map(|one| one.expect("it runs").expect("it works"));

        let mut applied: Vec<usize> = applied.collect();
        applied.sort_unstable();
        assert_eq!(applied, [0, 1]);
    });
}

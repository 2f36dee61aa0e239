//! `brevdue verify`: what is whole is said to be, and each thing that is not is counted, named and told by the exit status.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::{Database, Ended, Place, TestApp, files, stories};

use crate::columns::sealed_columns;
use crate::persons::SKUDDAR;
use crate::restore::files_below;

/// What it says, as JSON.
pub(crate) fn verify(place: &Place, arguments: &[&str]) -> (Ended, Value) {
    let ended = place.brevdue(&[&["verify", "--json"], arguments].concat());
    let said = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("not JSON: {ended:?}"));
    (ended, said)
}

/// The figures that tell of something wrong, and are not zero.
pub(crate) fn faults(said: &Value) -> Vec<(String, i64)> {
    const FAULTS: [&str; 6] = [
        "attachments.missing",
        "attachments.unknown",
        "sealed.unreadable",
        "files.damaged",
        "owners.exchanged",
        "feeds.gaps",
    ];
    let figure = |name: &&str| (name.to_string(), said["figures"][name].as_i64().expect("a figure"));
    FAULTS.iter().map(figure).filter(|(_, count)| *count > 0).collect()
}

/// The file of the newest attachment.
fn a_file(app: &TestApp) -> std::path::PathBuf {
    let is_blob = |file: &String| file.rsplit('/').next().is_some_and(|name| uuid::Uuid::try_parse(name).is_ok());
    let file = files_below(&app.place().blobs()).into_iter().find(is_blob).expect("a file");
    app.place().blobs().join(file)
}

#[test]
fn every_sealed_column_is_verified() {
    let verified: BTreeSet<String> =
        persistence::verify::sealed_columns().map(|(table, column)| format!("{table}.{column}")).collect();

    assert_eq!(verified, sealed_columns());
}

stories! {
    async fn what_is_whole_is_found_whole(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let _ = app.message("Svar").file(files::pdf_of(100_000)).deliver().await;

        for arguments in [&["--all"] as &[&str], &[], &["--mailboxes", "3"]] {
            let (ended, said) = verify(app.place(), arguments);

            assert_eq!((ended.status, faults(&said)), (Some(0), vec![]), "{arguments:?}: {said}");
            assert_eq!(said["whole"], true);
            assert_eq!(said["figures"]["attachments.rows"], 1);
        }
        let (_, said) = verify(app.place(), &["--all"]);
        let figure = |name: &str| said["figures"][name].as_i64().expect("a figure");
        assert_eq!(figure("sealed.mailboxes"), figure("mailboxes"));
        assert!(figure("sealed.values") > 3 * figure("mailboxes") && figure("files.read") == 1);
        assert!(figure("feeds.events") >= 2);
        let lines = app.place().brevdue(&["verify"]);
        assert!(lines.out.ends_with("whole\n") && lines.status == Some(0), "{lines:?}");
    }

    async fn bytes_that_are_missing_damaged_or_nobodys_are_counted_and_named(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let _ = app.message("Svar").file(files::pdf()).deliver().await;
        let file = a_file(&app);
        let bytes = std::fs::read(&file).expect("it can be read");

        let mut damaged = bytes.clone();
        damaged[20] ^= 1;
        std::fs::write(&file, &damaged).expect("it can be written");
        let (ended, said) = verify(app.place(), &["--all"]);
        assert_eq!((ended.status, faults(&said)), (Some(1), vec![("files.damaged".to_owned(), 1)]));

        std::fs::remove_file(&file).expect("it can be removed");
        let (ended, said) = verify(app.place(), &[]);
        assert_eq!((ended.status, faults(&said)), (Some(1), vec![("attachments.missing".to_owned(), 1)]));
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(said["faults"][0]["what"].as_str().is_some_and(|what| what.contains(&name)), "{said}");

        std::fs::write(&file, &bytes).expect("it can be written");
        let stray = uuid::Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0003);
        let folder = app.place().blobs().join("03/00");
        std::fs::create_dir_all(&folder).expect("it can be made");
        std::fs::write(folder.join(stray.to_string()), b"nobody's").expect("it can be written");
        let (ended, said) = verify(app.place(), &[]);
        assert_eq!((ended.status, faults(&said)), (Some(1), vec![("attachments.unknown".to_owned(), 1)]));
    }

    async fn rows_that_do_not_open_and_gaps_of_a_feed_are_counted_and_named(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        for subject in ["En", "To"] {
            let _ = app.message(subject).deliver().await;
        }

        app.place().execute(
            "UPDATE message_body SET body = (SELECT body FROM message_body AS twin ORDER BY message_id LIMIT 1)",
        );
        let (ended, said) = verify(app.place(), &["--all"]);
        assert_eq!((ended.status, faults(&said)), (Some(1), vec![("sealed.unreadable".to_owned(), 1)]));
        assert!(said["faults"][0]["what"].as_str().is_some_and(|what| what.starts_with("message_body.body, mailbox ")));

        app.place().execute("DELETE FROM event WHERE number = 2");
        let (_, said) = verify(app.place(), &[]);
        assert!(faults(&said).contains(&("feeds.gaps".to_owned(), 1)), "{said}");
    }

    async fn a_database_that_was_restored_is_begun_anew_on_demand(app: TestApp) {
        let (_, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        let _ = app.message("Svar").deliver().await;
        let seen = ehr.get("/v1/events").await.expect(200)["nextAfter"].as_i64().expect("a number");

        let (ended, said) = verify(app.place(), &["--restored"]);

        assert_eq!((ended.status, faults(&said)), (Some(0), vec![]), "the gap is one that is meant");
        let _ = ehr.get(&format!("/v1/events?after={seen}")).await.problem("events-expired");
        app.deliver_all().await;
        let all = ehr.get("/v1/events").await.expect(200);
        let _ = app.message("Mer").deliver().await;
        let more = ehr.get(&format!("/v1/events?after={}", all["nextAfter"])).await.expect(200);
        assert!(!more.items().is_empty());
        assert_eq!(faults(&verify(app.place(), &[]).1), vec![]);
    }

    async fn what_cannot_be_looked_at_is_no_finding(database: Database) {
        let place = Place::new(database);

        let ended = place.brevdue(&["verify"]);

        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(ended.errors.starts_with("brevdue: ") && ended.out.is_empty(), "{ended:?}");
    }
}

//! What nothing names goes, slowly and by way of the trash, and nothing else does.

use std::path::Path;

use serde_json::json;
use tests::{Actor, TestApp, files, stories};
use uuid::Uuid;

use crate::persons::SKUDDAR;
use crate::restore::files_below;

/// The files of attachments: those in their places, and those in the trash.
fn attachments(app: &TestApp) -> (Vec<String>, Vec<String>) {
    let is_blob = |file: &String| file.rsplit('/').next().is_some_and(|name| Uuid::try_parse(name).is_ok());
    let files = files_below(&app.place().blobs()).into_iter().filter(is_blob);
    files.partition(|file| !file.starts_with("trash/"))
}

/// Hands a file in, and sends it with nothing. Gives the path of the upload.
async fn upload(app: &TestApp, ehr: &Actor, bytes: Vec<u8>) -> (String, u16) {
    let service = app.dermatology();
    let opened = ehr.post(&service.path("/uploads"), &json!({"fileName": "svar.pdf"})).key(&app.unique("u")).await;
    let path = service.path(&format!("/uploads/{}", opened.expect(201).id()));
    let filled = ehr.request(reqwest::Method::PUT, &format!("{path}/content"));
    let status = filled.body("application/octet-stream", bytes).await.status;
    (path, status)
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("it can be made");
    std::fs::write(file, bytes).expect("it can be written");
}

/// Where the bytes of a blob lie, as the program lays them.
fn path_of(id: Uuid) -> String {
    let [.., last_but_one, last] = id.into_bytes();
    format!("{last:02x}/{last_but_one:02x}/{id}")
}

stories! {
    async fn bx_1_an_upload_that_came_to_nothing_goes_by_the_trash_and_nothing_else_does(app: TestApp) {
        let (_, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        let letter = app.message("Svar").file(files::pdf()).deliver().await;
        let kept = attachments(&app).0;
        let (_, status) = upload(&app, &ehr, files::pdf_of(9).bytes).await;
        assert_eq!(status, 200);
        // Somebody else's, by whatever mistake: another database's, or of a time that this one does not know.
        let unknown = path_of(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001));
        put(&app.place().blobs(), &unknown, b"not ours");

        app.advance("P1D").await;
        assert_eq!(app.place().row_counts()["upload"], 0);
        assert_eq!(attachments(&app).0.len(), kept.len() + 2, "its bytes wait");

        app.advance("P2D").await;
        let (left, trashed) = attachments(&app);
        assert_eq!((left.len(), trashed.len()), (kept.len() + 1, 1), "moved to the trash");

        app.advance("P6DT23H").await;
        assert_eq!(attachments(&app).1.len(), 1, "a week has not passed");
        app.advance("PT1H").await;
        let (left, trashed) = attachments(&app);
        assert!(trashed.is_empty() && app.place().row_counts()["loose_blob"] == 0);
        assert!(left.contains(&unknown) && kept.iter().all(|file| left.contains(file)));
        let patient = app.citizen(SKUDDAR).await;
        let shown = patient.get(&patient.own(&format!("/messages/{letter}"))).await.expect(200);
        let file = shown["attachments"][0]["id"].as_str().expect("a file");
        let path = patient.own(&format!("/messages/{letter}/attachments/{file}"));
        assert_eq!(patient.get(&path).await.expect(200).bytes, files::pdf().bytes);
    }

    async fn bx_1_what_a_crash_cut_off_goes_with_its_unfinished_files(app: TestApp) {
        // Written by a process that died: the row that says whose they are, and a part of the bytes.
        let blob = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0002);
        let (id, at) = (app.place().id(&blob.to_string()), app.place().time(app.now().await));
        app.place().execute(&format!("INSERT INTO loose_blob (blob_id, is_trashed, due_at) VALUES ({id}, false, {at})"));
        let part = format!("{}#1", path_of(blob));
        put(&app.place().blobs(), &part, b"a part");

        app.advance("PT59M").await;
        assert!(files_below(&app.place().blobs()).contains(&part), "a process does not sweep at once");
        app.advance("PT1H").await;

        assert!(!files_below(&app.place().blobs()).contains(&part));
    }

    async fn bx_1_bytes_that_are_refused_leave_nothing_behind(app: TestApp) {
        let ehr = app.ehr().await;

        let (_, status) = upload(&app, &ehr, b"MZ no document".to_vec()).await;

        assert_eq!(status, 422);
        let left = attachments(&app);
        assert!(left.0.is_empty() && left.1.is_empty() && app.place().row_counts()["loose_blob"] == 0);
    }

    async fn bx_1_one_sweep_takes_a_thousand_and_names_what_a_row_names_after_all(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let letter = app.message("Svar").file(files::pdf()).deliver().await;
        let at = app.place().time(app.now().await);
        let numbers = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1500) ";
        let id = match app.place().database() {
            tests::Database::Postgres => "('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid",
            tests::Database::Sqlite => "CAST(printf('%016d', n) AS BLOB)",
        };
        // A restored database may have a named one for a loose one.
        app.place().execute(&format!(
            "INSERT INTO loose_blob (blob_id, is_trashed, due_at) SELECT blob_id, false, {at} FROM attachment"
        ));
        app.place().execute(&format!(
            "INSERT INTO loose_blob (blob_id, is_trashed, due_at) {numbers} SELECT {id}, false, {at} FROM numbers"
        ));

        app.advance("PT1H").await;

        let trashed = app.place().number("SELECT count(*) AS number FROM loose_blob WHERE is_trashed");
        let waiting = app.place().number("SELECT count(*) AS number FROM loose_blob WHERE NOT is_trashed");
        assert_eq!(trashed + (1501 - trashed - waiting), 1000, "trashed and named");
        app.advance("PT1H").await;
        assert_eq!(app.place().number("SELECT count(*) AS number FROM loose_blob WHERE is_trashed"), 1500);
        let shown = patient.get(&patient.own(&format!("/messages/{letter}"))).await.expect(200);
        let file = shown["attachments"][0]["id"].as_str().expect("a file");
        let path = patient.own(&format!("/messages/{letter}/attachments/{file}"));
        assert_eq!(patient.get(&path).await.expect(200).bytes, files::pdf().bytes);
        assert!(attachments(&app).1.is_empty());
    }
}

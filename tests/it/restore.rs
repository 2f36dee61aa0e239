//! Database and attachments of different moments: nothing is deleted, and whoever has to know hears of it.

use std::path::Path;

use serde_json::{Value, json};
use tests::{Database, Place, ServerProcess, files, form, stories};

use crate::persons::SKUDDAR;

/// The program at a place, and the two who use it there.
struct Running {
    server: ServerProcess,
    ehr: String,
    service: String,
    patient: String,
    mailbox: String,
}

impl Running {
    async fn start(place: &Place) -> Self {
        let server = ServerProcess::start(place);
        let (ehr, service) = server.clinic().await;
        let patient = server.token(json!({"kind": "citizen", "nationalId": SKUDDAR})).await;
        let consent = server.client().put(server.url("/v1/me/consent")).bearer_auth(&patient);
        let _ = consent.json(&json!({"level": "basis"})).send().await.expect("an answer");
        let me = server.get("/v1/me", Some(&patient)).await;
        let mailbox = me["mailboxId"].as_str().expect("a mailbox").to_owned();
        Self { server, ehr, service, patient, mailbox }
    }

    /// Sends a letter with a PDF of some size. Gives its id.
    async fn letter(&self, subject: &str, padding_bytes: usize) -> String {
        let message = json!({
            "recipient": {"nationalId": SKUDDAR}, "kind": "letter", "subject": subject, "body": "Se vedlegget.",
        });
        let request = self.server.client().post(self.server.url(&format!("/v1/services/{}/messages", self.service)));
        let request = request.bearer_auth(&self.ehr).header("Idempotency-Key", padding_bytes.to_string());
        let answer = request.multipart(form(&message, vec![files::pdf_of(padding_bytes)])).send().await;
        let answer: Value = answer.expect("an answer").json().await.expect("JSON");
        answer["id"].as_str().unwrap_or_else(|| panic!("not sent: {answer}")).to_owned()
    }

    /// The status of a letter's file, and whether it is the one that was sent.
    async fn file(&self, letter: &str, padding_bytes: usize) -> (u16, bool) {
        let path = format!("/v1/mailboxes/{}/messages/{letter}", self.mailbox);
        let shown = self.server.get(&path, Some(&self.patient)).await;
        let Some(id) = shown["attachments"][0]["id"].as_str() else { return (404, false) };
        let request = self.server.client().get(self.server.url(&format!("{path}/attachments/{id}")));
        let answer = request.bearer_auth(&self.patient).send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.bytes().await.is_ok_and(|bytes| *bytes == files::pdf_of(padding_bytes).bytes))
    }

    /// Lets time pass, with everything that is due then.
    async fn advance(&self, duration: &str) {
        let clock = self.server.client().put(self.server.url("/sandbox/clock"));
        let answer = clock.json(&json!({"advance": duration})).send().await.expect("an answer");
        assert!(answer.status().is_success());
    }

    /// The feed of the clinic from a place on: the status, and the place after all of it.
    async fn feed(&self, after: Option<i64>) -> (u16, i64, usize) {
        let (mut after, mut count) = (after, 0);
        loop {
            let path =
                after.map_or("/v1/events?limit=2".to_owned(), |after| format!("/v1/events?limit=2&after={after}"));
            let answer = self.server.client().get(self.server.url(&path)).bearer_auth(&self.ehr).send().await;
            let answer = answer.expect("an answer");
            let status = answer.status().as_u16();
            let page: Value = answer.json().await.expect("JSON");
            let items = page["items"].as_array().map_or(0, Vec::len);
            count += items;
            let next = page["nextAfter"].as_i64();
            if status != 200 || items == 0 {
                return (status, next.or(after).unwrap_or(0), count);
            }
            after = next;
        }
    }

    /// Has everything numbered that waits for it.
    async fn settle(&self) {
        self.advance("PT0S").await;
    }
}

/// Every file below a folder, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    let mut all = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().expect("a folder") {
            let entry = entry.expect("an entry");
            if entry.file_type().expect("a type").is_dir() {
                folders.push(entry.path());
            } else {
                all.push(entry.path().strip_prefix(folder).expect("below").display().to_string());
            }
        }
    }
    all.sort();
    all
}

stories! {
    async fn bx_1_a_database_older_than_its_attachments_deletes_none_and_its_readers_hear_of_it(database: Database) {
        let place = Place::new(database);
        let running = Running::start(&place).await;
        let early = running.letter("Før", 1).await;
        running.settle().await;
        let (_, seen_early, _) = running.feed(None).await;
        let old = place.backup("old");
        running.server.kill();
        let running = Running::start(&place).await;
        let late = running.letter("Etter", 2).await;
        running.settle().await;
        let (_, seen_late, _) = running.feed(None).await;
        let right = place.backup("right");
        running.server.kill();
        let all_files = files_below(&place.blobs());

        place.restore(&old);
        let running = Running::start(&place).await;

        // Readers who were further on hear of it, and so does who had read all that is left; nobody misses what comes.
        for seen in [seen_late, seen_early] {
            assert_eq!(running.feed(Some(seen)).await.0, 410);
        }
        running.settle().await;
        let (status, end, _) = running.feed(None).await;
        assert_eq!(status, 200);
        let between = running.letter("Mellom", 3).await;
        running.settle().await;
        let (status, _, more) = running.feed(Some(end)).await;
        assert!(status == 200 && more > 0, "the feed goes on behind the gap");
        assert_eq!(running.file(&early, 1).await, (200, true));
        // Weeks in which everything is swept that can be.
        for _ in 0..3 {
            running.advance("P8D").await;
        }
        let left = files_below(&place.blobs());
        let gone: Vec<&String> = all_files.iter().filter(|file| !left.contains(file)).collect();
        assert!(gone.is_empty(), "deleted: {gone:?}");
        running.server.kill();

        place.restore(&right);
        let running = Running::start(&place).await;
        assert_eq!(running.file(&early, 1).await, (200, true));
        assert_eq!(running.file(&late, 2).await, (200, true));
        assert_eq!(running.file(&between, 3).await.0, 404, "this database never had it");
        running.server.kill();
    }

    async fn bx_1_an_upload_that_a_lost_letter_had_taken_is_there_when_the_right_database_is_back(database: Database) {
        let place = Place::new(database);
        let running = Running::start(&place).await;
        let (client, service) = (running.server.client(), running.service.clone());
        let open = client.post(running.server.url(&format!("/v1/services/{service}/uploads"))).bearer_auth(&running.ehr);
        let open = open.header("Idempotency-Key", "u").json(&json!({"fileName": "svar.pdf"})).send().await;
        let upload: Value = open.expect("an answer").json().await.expect("JSON");
        let upload = upload["id"].as_str().expect("an upload");
        let fill = client.put(running.server.url(&format!("/v1/services/{service}/uploads/{upload}/content")));
        let fill = fill.bearer_auth(&running.ehr).header("Content-Type", "application/octet-stream");
        assert!(fill.body(files::pdf_of(7).bytes).send().await.expect("an answer").status().is_success());
        let old = place.backup("old");
        let message = json!({
            "recipient": {"nationalId": SKUDDAR}, "kind": "letter", "subject": "Svar", "body": "Se vedlegget.",
            "attachments": [{"uploadId": upload}],
        });
        let send = client.post(running.server.url(&format!("/v1/services/{service}/messages")));
        let send = send.bearer_auth(&running.ehr).header("Idempotency-Key", "m").json(&message).send().await;
        let letter: Value = send.expect("an answer").json().await.expect("JSON");
        let letter = letter["id"].as_str().expect("a letter").to_owned();
        running.settle().await;
        let right = place.backup("right");
        running.server.kill();

        // In the old copy the upload has been sent with nothing: it expires, and its bytes go to the trash.
        place.restore(&old);
        let running = Running::start(&place).await;
        for duration in ["P2D", "P3D"] {
            running.advance(duration).await;
        }
        assert_eq!(place.number("SELECT count(*) AS number FROM upload"), 0);
        let trashed = place.number("SELECT count(*) AS number FROM loose_blob WHERE is_trashed");
        assert_eq!(trashed, 1, "the bytes are in the trash, not deleted");
        running.server.kill();

        place.restore(&right);
        let running = Running::start(&place).await;
        assert_eq!(running.file(&letter, 7).await, (200, true));
        running.server.kill();
    }

    async fn bx_1_another_databases_attachments_stop_the_start_until_an_operator_adopts_them(database: Database) {
        let place = Place::new(database);
        let running = Running::start(&place).await;
        let _ = running.letter("Svar", 1).await;
        running.server.kill();
        let before = files_below(&place.blobs());

        // A new, empty database beside the attachments of another.
        place.drop_database();
        place.make_database();
        let refused = place.brevdue(&["serve"]);
        assert_eq!(refused.status, Some(1), "{refused:?}");
        assert!(refused.errors.contains("brevdue adopt-attachments"), "it says how to go on: {}", refused.errors);
        assert_eq!(files_below(&place.blobs()), before);

        let adopted = place.brevdue(&["adopt-attachments"]);
        assert_eq!(adopted.status, Some(0), "{adopted:?}");
        let running = Running::start(&place).await;
        for _ in 0..3 {
            running.advance("P8D").await;
        }
        let left = files_below(&place.blobs());
        assert!(before.iter().all(|file| left.contains(file)), "what it does not know is not its own");
        running.server.kill();
    }

    async fn bx_1_a_folder_that_is_not_mounted_is_not_taken_for_a_new_one(database: Database) {
        let place = Place::new(database);
        let running = Running::start(&place).await;
        let letter = running.letter("Svar", 1).await;
        running.server.kill();
        let copy = place.copy_of_blobs("copy");

        std::fs::remove_dir_all(place.blobs()).expect("it can be removed");
        let refused = place.brevdue(&["serve"]);
        assert_eq!(refused.status, Some(1), "{refused:?}");
        assert!(refused.errors.contains("mounted"), "{}", refused.errors);

        place.put_blobs(&copy);
        let running = Running::start(&place).await;
        assert_eq!(running.file(&letter, 1).await, (200, true));
        running.server.kill();
    }
}

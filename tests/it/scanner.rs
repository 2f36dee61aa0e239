//! Malware: a real scanner, and scanners that are away, late or out of their mind.

use reqwest::Method;
use serde_json::json;
use tests::clamd::{Clamd, EICAR};
use tests::{Database, TestApp, files, stories};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::persons::SKUDDAR;

const ADDRESS: &str = "BREVDUE_SCANNER__ADDRESS";
const REQUIRED: &str = "BREVDUE_SCANNER__REQUIRED";

/// A scanner that answers each file with the same, or never.
pub(crate) async fn scanner_that_says(answer: Option<&'static [u8]>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it has an address").to_string();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                take_file(&mut connection).await.expect("a command and a file");
                match answer {
                    Some(answer) => connection.write_all(answer).await.expect("who asks listens"),
                    None => std::future::pending().await,
                }
            });
        }
    });
    address
}

/// Reads a command, and pieces after their length until one of no bytes.
async fn take_file(connection: &mut TcpStream) -> std::io::Result<()> {
    let mut command = [0; b"zINSTREAM\0".len()];
    connection.read_exact(&mut command).await?;
    assert_eq!(&command, b"zINSTREAM\0");
    loop {
        let length = connection.read_u32().await?;
        if length == 0 {
            return Ok(());
        }
        connection.read_exact(&mut vec![0; length as usize]).await?;
    }
}

fn scanned(app: &TestApp) -> [u64; 2] {
    let count = |condition: &str| {
        let count = app.place().number(&format!("SELECT count(*) AS number FROM attachment WHERE {condition}"));
        u64::try_from(count).expect("a count")
    };
    [count("scanned"), count("NOT scanned")]
}

stories! {
    async fn hk_4_what_a_scanner_recognises_is_refused_and_stays_in_quarantine(database: Database) {
        let clamd = Clamd::start();
        let app = TestApp::start_with(database, &[(ADDRESS, &clamd.address().to_string())]).await;
        let _ = app.member(SKUDDAR).await;
        let before = app.place().blob_count();
        let infected = files::pdf_with(&EICAR.concat());

        let clean = app.message("Svar").file(files::pdf_of(200_000)).try_send().await;
        let refused = app.message("Svar").file(infected.clone()).try_send().await;

        let _ = clean.expect(201);
        let _ = refused.problem("file-has-malware");
        assert_eq!((scanned(&app), app.place().row_counts()["upload"]), ([1, 0], 0));
        // The bytes of both are there; nothing leads to those of the second.
        assert_eq!(app.place().blob_count(), before + 2);
    }

    async fn hk_4_nothing_is_taken_while_a_scanner_that_is_required_is_away(database: Database) {
        let late = scanner_that_says(None).await;
        let strange = scanner_that_says(Some(b"stream: OK maybe\0")).await;
        let full = scanner_that_says(Some(b"INSTREAM size limit exceeded. ERROR\0")).await;
        let silent = scanner_that_says(Some(b"")).await;
        let app = TestApp::start(database).await;
        let _ = app.member(SKUDDAR).await;
        let before = app.place().blob_count();
        for address in [late.as_str(), &strange, &full, &silent, "127.0.0.1:1"] {
            let app = app.again(&[(ADDRESS, address), ("BREVDUE_SCANNER__TIMEOUT_SECONDS", "1")]).await;

            let refused = app.message("Svar").file(files::pdf()).try_send().await;

            let problem = refused.problem("scanner-unavailable");
            assert_eq!(problem["retryable"], true, "{address}");
            assert_eq!((app.place().row_counts()["upload"], app.place().blob_count()), (0, before), "{address}");
        }
    }

    async fn hk_4_what_was_not_scanned_is_on_record_and_refused_where_that_is_required_later(database: Database) {
        let app = TestApp::start_with(database, &[(ADDRESS, "127.0.0.1:1"), (REQUIRED, "false")]).await;
        let _ = app.member(SKUDDAR).await;
        let ehr = app.ehr().await;
        app.message("Svar").file(files::pdf()).deliver().await;
        assert_eq!(scanned(&app), [0, 1]);
        let service = app.dermatology().path("");
        let place = ehr.post(&format!("{service}/uploads"), &json!({"fileName": "svar.pdf"})).key("u").await.expect(201);
        let content = format!("{service}/uploads/{}/content", place.id());
        let fill = |ehr: &tests::Actor| ehr.request(Method::PUT, &content).body("application/octet-stream", files::pdf().bytes);
        let filled = fill(&ehr).await.expect(200);
        assert_eq!(filled["content"]["contentType"], "application/pdf");

        let clean = scanner_that_says(Some(b"stream: OK\0")).await;
        let strict = app.again(&[(ADDRESS, &clean)]).await;

        let ehr = strict.ehr().await;
        let shown = ehr.get(&format!("{service}/uploads/{}", place.id())).await.expect(200);
        assert_eq!(shown["content"], json!(null));
        let filled = fill(&ehr).await.expect(200);
        assert_eq!(filled["content"]["contentType"], "application/pdf");
    }
}

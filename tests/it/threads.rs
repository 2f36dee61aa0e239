//! No thread waits for another: on a machine that has one to spare, everything comes to its end.

use std::time::Duration;

use futures_util::future::join_all;
use tests::{Database, TestApp, files};

use crate::persons::{RESERVERT, SKUDDAR};
use crate::routing::{every_channel, sender};

/// Far more than it takes. Whatever waits for a thread that it holds itself would wait for ever.
const MOST_WAIT: Duration = Duration::from_secs(120);

/// Several files of several pieces up and down, letters, and a letter with files on paper, all at once.
async fn everything_at_once(database: Database) {
    let app = TestApp::start_with(database, &[("BREVDUE_BLOCKING_THREADS", "1")]).await;
    let (citizen, from) = (app.member(SKUDDAR).await, sender(&app, &every_channel()).await);
    let sends = join_all((0..6).map(|n| {
        let letter = app.message(&format!("Svar {n}")).file(files::pdf_of(300_000)).file(files::docx());
        letter.send()
    }));
    let on_paper = app.message("Vedtak").to(RESERVERT).from(&from.0, &from.1);
    let on_paper = on_paper.file(files::pdf_of(300_000)).file(files::pdf_of(200_000).named("bilag.pdf")).send();
    let (sent, _) = futures_util::future::join(sends, on_paper).await;
    app.deliver_all().await;

    let downloads = sent.iter().map(async |id| {
        let shown = citizen.get(&citizen.own(&format!("/messages/{id}"))).await.expect(200);
        let file = shown["attachments"][0]["id"].as_str().expect("a file").to_owned();
        citizen.get(&citizen.own(&format!("/messages/{id}/attachments/{file}"))).await.expect(200)
    });
    assert_eq!(join_all(downloads).await.len(), 6);
    let outbox = app.nobody().get("/sandbox/outbox").await.expect(200);
    let printed = outbox.items().iter().find(|sent| sent["kind"] == "print").expect("a letter on paper").clone();
    assert_eq!(printed["documents"].as_array().map(Vec::len), Some(3));
}

fn with_one_thread(database: Database) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let ended = runtime.block_on(async { tokio::time::timeout(MOST_WAIT, everything_at_once(database)).await });
    // What hangs must not keep the test from failing.
    runtime.shutdown_background();
    ended.expect("everything comes to its end");
}

#[test]
fn with_one_thread_to_spare_everything_comes_to_its_end_on_sqlite() {
    with_one_thread(Database::Sqlite);
}

#[test]
fn with_one_thread_to_spare_everything_comes_to_its_end_on_postgres() {
    with_one_thread(Database::Postgres);
}

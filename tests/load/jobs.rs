//! How many deliveries one worker does, beside what one client of pgbench reaches that leases and finishes as many jobs and does
//! nothing with them.
//!
//! Letters wait while the contact register is away. Then all of them are due at once, and PostgreSQL's times of commits tell
//! how fast they came into their inboxes.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};

use crate::client::Connection;
use crate::database::Database;
use crate::pgbench::{Pgbench, Script};
use crate::seed::{self, Size};
use crate::server::{STARTS_AT, Server};
use crate::{Result, work};

/// How much is done.
#[derive(Clone, Copy)]
pub(crate) struct Jobs {
    mailboxes: usize,
    letters: usize,
    rounds: usize,
    length: Duration,
}

impl Jobs {
    pub(crate) const FULL: Self = Self { mailboxes: 5000, letters: 50_000, rounds: 5, length: Duration::from_secs(8) };
    pub(crate) const SMOKE: Self = Self { mailboxes: 20, letters: 600, rounds: 1, length: Duration::from_secs(1) };
}

pub(crate) async fn measure(server: &Server, database: &mut Database, program: &Path, jobs: Jobs) -> Result<String> {
    let Jobs { mailboxes, letters, rounds, length } = jobs;
    let size = Size { mailboxes, messages: mailboxes, with_files: false, with_representatives: false };
    let seed = seed::fill(server, database, size).await?;
    let pgbench = Pgbench::prepare(program, database, &seed, 1)?;
    let mut connection = Connection::open(server.address()).await?;
    connection.exchange(faults(&json!({ "contactRegister": "down" }))?, StatusCode::OK).await?;
    seed::send(server, seed, letters, StatusCode::CREATED, |seed, n| {
        work::letter(seed, n % seed.persons.len(), "waiting", n)
    })
    .await?;
    // Put off by years: what waits is due when it is told so, and not a moment before.
    database.wait_for_jobs("kind = 'deliver' AND (attempts = 0 OR leased_until IS NOT NULL)", 0)?;
    database.execute("UPDATE job SET run_at = run_at + interval '10 years' WHERE kind = 'deliver'")?;
    Connection::open(server.address()).await?.exchange(faults(&json!({}))?, StatusCode::OK).await?;

    let mut told = "| round | deliveries a second | jobs a second of pgbench | ratio |\n|---|---|---|---|\n".to_owned();
    for round in 1..=rounds {
        let begun = database.text("SELECT clock_timestamp()::text AS value")?;
        let left = (letters - letters * round / rounds) as u64;
        database.execute(&format!(
            "UPDATE job SET run_at = '{STARTS_AT}' WHERE id IN \
             (SELECT id FROM job WHERE kind = 'deliver' ORDER BY run_at LIMIT {})",
            letters / rounds
        ))?;
        database.wait_for_jobs("kind = 'deliver'", left)?;
        // The first batch only says when it began.
        let ours: f64 = database
            .text(&format!(
                "WITH arrived AS (SELECT pg_xact_commit_timestamp(xmin) AS at FROM message
                     WHERE received_at IS NOT NULL AND pg_xact_commit_timestamp(xmin) >= '{begun}'),
                 span AS (SELECT min(at) AS first, max(at) AS last FROM arrived)
                 SELECT (count(*) FILTER (WHERE at > first) / greatest(extract(epoch FROM max(last) - max(first)), 0.001))::text
                 AS value FROM arrived, span"
            ))?
            .parse()?;
        database.settle()?;
        database.execute(
            "INSERT INTO job (id, kind, mailbox_id, object_id, run_at, attempts) \
             SELECT gen_random_uuid(), 'yardstick', gen_random_uuid(), gen_random_uuid(), now(), 0 \
             FROM generate_series(1, 50000)",
        )?;
        let theirs = pgbench.run(Script::Job, length)?.per_second;
        database.execute("DELETE FROM job WHERE kind = 'yardstick'")?;
        told += &format!("| {round} | {ours:.0} | {theirs:.0} | {:.1} |\n", ours / theirs);
    }
    Ok(told)
}

fn faults(which: &Value) -> Result<Request<Full<Bytes>>> {
    let request = Request::put("/sandbox/faults").header(HOST, "localhost").header(CONTENT_TYPE, "application/json");
    Ok(request.body(Full::from(which.to_string()))?)
}

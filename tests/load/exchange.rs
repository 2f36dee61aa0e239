//! How long the nightly exchange of relationships takes, beside `COPY` and one statement over the same rows.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};

use crate::Result;
use crate::client::Connection;
use crate::database::{Database, ToldRow};
use crate::seed;
use crate::server::Server;

/// Every so many lines one ends its relationship where a list differs from the one before.
const ONE_IN: usize = 10;

/// How much is told.
#[derive(Clone, Copy)]
pub(crate) struct Exchange {
    lines: usize,
    rounds: usize,
}

impl Exchange {
    pub(crate) const FULL: Self = Self { lines: 50_000, rounds: 5 };
    pub(crate) const SMOKE: Self = Self { lines: 500, rounds: 1 };
}

/// What a list says beside what is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    New,
    Same,
    OneInTen,
}

impl List {
    const ALL: [(Self, &'static str); 3] =
        [(Self::New, "all new"), (Self::Same, "all known"), (Self::OneInTen, "one in ten ends")];

    const fn closes(self, line: usize) -> bool {
        matches!(self, Self::OneInTen) && line.is_multiple_of(ONE_IN)
    }

    fn body(self, numbers: &[String]) -> Bytes {
        let mut body = String::new();
        for (line, number) in numbers.iter().enumerate() {
            let state = if self.closes(line) { "closed" } else { "active" };
            body.push_str(&json!({ "nationalId": number, "state": state }).to_string());
            body.push('\n');
        }
        Bytes::from(body)
    }
}

/// Sends the lists and tells how long they took.
pub(crate) async fn measure(server: &Server, database: &mut Database, exchange: Exchange) -> Result<String> {
    let Exchange { lines, rounds } = exchange;
    let mut connection = Connection::open(server.address()).await?;
    let [service, small] = seed::services(&mut connection).await?;
    let token = seed::system(&mut connection, &["brevdue:services.write"]).await?;
    let numbers: Vec<String> = seed::identities(lines).map(|(number, _)| number.expose().to_owned()).collect();

    // Memory that grows with the batch would show beside a batch of a tenth.
    let mut memory = vec![];
    for (service, part) in [(&small, lines / 10), (&service, lines)] {
        let watch = server.watch_memory();
        told(&mut connection, &token, service, List::New.body(&numbers[..part])).await?;
        memory.push(watch.most_kb() / 1024);
    }
    let hashes = database.told_hashes(&service)?;
    database.execute(
        "CREATE TABLE twin (LIKE relationship INCLUDING ALL);
         CREATE TEMP TABLE told (person_hash bytea, is_closed boolean)",
    )?;

    let mut report = String::from("| list | Brevdue, ms | COPY and one statement, ms | ratio |\n|---|---|---|---|\n");
    for (list, name) in List::ALL {
        let (mut ours, mut theirs) = (vec![], vec![]);
        for _ in 0..rounds {
            if list == List::New {
                database.execute("DELETE FROM relationship; DELETE FROM twin")?;
                database.execute("VACUUM relationship, twin")?;
            } else {
                told(&mut connection, &token, &service, List::Same.body(&numbers)).await?;
                merged(database, &rows(&hashes, List::Same))?;
            }
            let (body, rows) = (list.body(&numbers), rows(&hashes, list));
            database.settle()?;
            let started = Instant::now();
            told(&mut connection, &token, &service, body).await?;
            ours.push(started.elapsed().as_secs_f64() * 1000.0);
            database.settle()?;
            let started = Instant::now();
            merged(database, &rows)?;
            theirs.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        let ratio = median(ours.iter().zip(&theirs).map(|(one, other)| one / other).collect());
        writeln!(report, "| {name} | {:.0} | {:.0} | {ratio:.2} |", median(ours), median(theirs))?;
    }
    writeln!(report, "\nMost memory: {} MB with {} lines, then {} MB with {lines}.", memory[0], lines / 10, memory[1])?;
    Ok(report)
}

async fn told(connection: &mut Connection, token: &HeaderValue, service: &str, body: Bytes) -> Result<()> {
    let request = Request::put(format!("/v1/services/{service}/relationships?list=full&atomic=true"))
        .header(HOST, "localhost")
        .header(AUTHORIZATION, token)
        .header(CONTENT_TYPE, "application/x-ndjson")
        .body(Full::from(body))?;
    let answer: Value = serde_json::from_slice(&connection.exchange(request, StatusCode::OK).await?)?;
    if answer["rejected"].as_array().is_none_or(|rejected| !rejected.is_empty()) {
        return Err(format!("the exchange was not taken: {answer}").into());
    }
    Ok(())
}

fn rows(hashes: &[ToldRow], list: List) -> Vec<u8> {
    let mut rows = vec![];
    for (line, row) in hashes.iter().enumerate() {
        // Writing into memory does not fail.
        let _ = writeln!(rows, "{},{}", row.hash, list.closes(line));
    }
    rows
}

/// The same by hand, as an administrator would write it for a single table.
fn merged(database: &mut Database, rows: &[u8]) -> Result<()> {
    database.in_transaction(|database| {
        database.copy_told(rows)?;
        database.execute(
            "INSERT INTO twin (service_id, person_hash, told_at, active_from, closed_at)
             SELECT '00000000-0000-0000-0000-000000000001', person_hash, now(), now() + interval '1 day',
                    CASE WHEN is_closed THEN now() END
             FROM told
             ON CONFLICT (service_id, person_hash) DO UPDATE SET closed_at = excluded.closed_at
             WHERE (twin.closed_at IS NULL) <> (excluded.closed_at IS NULL);
             DELETE FROM told",
        )
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

//! How much longer a page takes where a list is long: one request after the other, the short list and the long one in
//! turn.

use std::fmt::Write as _;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};

use crate::Result;
use crate::client::Connection;
use crate::database::Database;
use crate::seed::{self, Seed, Size};
use crate::server::Server;
use crate::work;

/// How long the lists are.
#[derive(Clone, Copy)]
pub(crate) struct Lengths {
    short: usize,
    mailbox: usize,
    conversation: usize,
    queue: usize,
    /// How often each page is fetched.
    times: usize,
}

impl Lengths {
    pub(crate) const FULL: Self =
        Self { short: 1_000, mailbox: 100_000, conversation: 20_000, queue: 1_000_000, times: 300 };
    pub(crate) const SMOKE: Self = Self { short: 200, mailbox: 400, conversation: 400, queue: 1_000, times: 3 };
}

/// A list, short and long.
struct List {
    name: &'static str,
    sides: [Side; 2],
}

/// One of its lengths: who reads it, and the paths of its first page and of one from the middle.
struct Side {
    token: HeaderValue,
    pages: [String; 2],
}

impl Side {
    /// Follows the list to its middle, which is where `length / 2` items have been seen.
    async fn walk(connection: &mut Connection, token: &HeaderValue, path: &str, length: usize) -> Result<Self> {
        let (sign, mut left) = (if path.contains('?') { '&' } else { '?' }, length / 2);
        let first = format!("{path}{sign}limit=50");
        let mut cursor = String::new();
        while left > 0 {
            let limit = left.min(200);
            let request = work::get_as(token, &format!("{path}{sign}limit={limit}{cursor}"))?;
            let answer: Value = serde_json::from_slice(&connection.exchange(request, StatusCode::OK).await?)?;
            let next = answer["nextCursor"].as_str().ok_or("the list is shorter than it should be")?;
            cursor = format!("&cursor={next}");
            left -= limit;
        }
        Ok(Self { token: token.clone(), pages: [first.clone(), first + &cursor] })
    }
}

/// Fills the program, fetches the pages, and tells how long they took.
pub(crate) async fn measure(server: &Server, database: &mut Database, lengths: Lengths) -> Result<String> {
    let short = lengths.short;
    let size = Size { mailboxes: short, messages: short, with_files: false, with_representatives: false };
    let mut seed = seed::fill(server, database, size).await?;
    // The second service asks for more than the first.
    database.execute("UPDATE mailbox SET consent = 3")?;
    let services = seed::services(&mut Connection::open(server.address()).await?).await?;

    for (owner, length) in [(0, short), (1, lengths.mailbox)] {
        let letter = move |seed: &Seed, n| work::letter(seed, owner, &format!("length-{owner}"), n);
        seed = seed::send(server, seed, length - 1, StatusCode::CREATED, letter).await?;
    }
    let mut conversations = vec![];
    for (owner, length) in [(2, short), (3, lengths.conversation)] {
        let begun = inquiry(&seed, owner, &services[0])?;
        let begun = Connection::open(server.address()).await?.exchange(begun, StatusCode::CREATED).await?;
        let begun: Value = serde_json::from_slice(&begun)?;
        let id = begun["conversationId"].as_str().ok_or("no conversation was begun")?.to_owned();
        let path = format!("/v1/services/{}/conversations/{id}/messages", services[0]);
        conversations.push((owner, id, path.clone(), length));
        let answer = move |seed: &Seed, n| {
            let request = posted(&seed.sender_token, &path).header("idempotency-key", format!("answer-{owner}-{n}"));
            let request = request.header("if-match", "*");
            Ok(request.body(Full::from(json!({"body": format!("Svar {n}")}).to_string()))?)
        };
        seed = seed::send(server, seed, length - 1, StatusCode::CREATED, answer).await?;
    }
    for service in &services {
        let to = service.clone();
        let write = move |seed: &Seed, n| inquiry(seed, n, &to);
        seed = seed::send(server, seed, short, StatusCode::CREATED, write).await?;
    }
    seed::delivered(database, lengths.mailbox).await?;

    let mut connection = Connection::open(server.address()).await?;
    let mut lists = vec![];
    let mailbox = |owner: usize| format!("/v1/mailboxes/{}/messages", seed.persons[owner].mailbox);
    let mut sides = vec![];
    for (owner, length) in [(0, short), (1, lengths.mailbox)] {
        sides.push(Side::walk(&mut connection, &seed.persons[owner].token, &mailbox(owner), length).await?);
    }
    lists.push(("mailbox", sides));
    let (mut of_citizen, mut of_service) = (vec![], vec![]);
    for (owner, id, path, length) in &conversations {
        let in_mailbox = format!("{}?conversationId={id}", mailbox(*owner));
        of_citizen.push(Side::walk(&mut connection, &seed.persons[*owner].token, &in_mailbox, *length).await?);
        of_service.push(Side::walk(&mut connection, &seed.sender_token, path, *length).await?);
    }
    lists.push(("conversation, in the mailbox", of_citizen));
    lists.push(("conversation, at the service", of_service));
    let mut sides = vec![];
    for service in &services {
        let path = format!("/v1/services/{service}/conversations");
        sides.push(Side::walk(&mut connection, &seed.sender_token, &path, short).await?);
    }
    lists.push(("queue", sides));
    lengthen_queue(database, &services[1], short, lengths.queue)?;
    database.execute("VACUUM (ANALYZE)")?;
    // The rows that make the queue long are another's, so that this page has to get past half of them.
    let member = seed::member(&mut connection, &services, &seed.persons[4]).await?;
    let mut sides = vec![];
    for service in &services {
        let path = format!("/v1/services/{service}/conversations");
        sides.push(Side::walk(&mut connection, &member, &path, short - 50).await?);
    }
    lists.push(("queue, a member's", sides));

    let mut report = String::from("| list | page | short, ms | long, ms | long ÷ short |\n|---|---|---|---|---|\n");
    for (name, sides) in lists {
        let sides = <[Side; 2]>::try_from(sides).map_err(|_| "a list has a short and a long side")?;
        let list = List { name, sides };
        list.fetch(&mut connection, lengths.times, &mut report).await?;
    }
    Ok(report)
}

impl List {
    async fn fetch(&self, connection: &mut Connection, times: usize, report: &mut String) -> Result<()> {
        for (place, page) in ["first", "middle"].into_iter().enumerate() {
            let mut took = [vec![], vec![]];
            for _ in 0..times {
                for (side, took) in self.sides.iter().zip(&mut took) {
                    let request = work::get_as(&side.token, &side.pages[place])?;
                    let started = Instant::now();
                    connection.fetch(request).await?;
                    took.push(started.elapsed().as_secs_f64() * 1000.0);
                }
            }
            let [short, long] = took.map(median);
            writeln!(report, "| {} | {page} | {short:.2} | {long:.2} | {:.2} |", self.name, long / short)?;
        }
        Ok(())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn posted(token: &HeaderValue, path: &str) -> hyper::http::request::Builder {
    Request::post(path).header(HOST, "localhost").header(AUTHORIZATION, token).header(CONTENT_TYPE, "application/json")
}

/// A citizen writes to a service. Requests for access are taken by every one.
fn inquiry(seed: &Seed, from: usize, service: &str) -> Result<Request<Full<Bytes>>> {
    let body =
        json!({"recipient": {"serviceId": service}, "kind": "accessRequest", "subject": "Innsyn", "body": "Hei"});
    let person = &seed.persons[from];
    let request = posted(&person.token, &format!("/v1/mailboxes/{}/messages", person.mailbox));
    Ok(request.body(Full::from(body.to_string()))?)
}

/// Puts rows of another member's into a queue, half of them just before its middle and half at its end, where no page that
/// is fetched shows them: they are copies, and could not be opened.
fn lengthen_queue(database: &mut Database, service: &str, short: usize, length: usize) -> Result<()> {
    let (middle, more) = (short / 2, (length - short) / 2);
    database.execute(&format!(
        "CREATE TEMP TABLE middle AS SELECT * FROM conversation WHERE service_id = '{service}'
             ORDER BY changed_at DESC, id DESC OFFSET {middle} - 1 LIMIT 1;
         UPDATE conversation SET changed_at = conversation.changed_at + interval '7 days' FROM middle
             WHERE conversation.service_id = middle.service_id AND conversation.changed_at > middle.changed_at;
         CREATE TEMP TABLE place AS SELECT id, row_number() OVER () - 1 AS place FROM mailbox;
         INSERT INTO conversation (mailbox_id, id, service_id, inquiry, subject, state, assignee_id, version,
                 begun_at, changed_at, minimum_consent, available_at_protected_address, parents_until_years,
                 power_of_attorney, youth, is_parental)
             SELECT place.id, gen_random_uuid(), middle.service_id, middle.inquiry, middle.subject, middle.state,
                 gen_random_uuid(), 1, middle.begun_at,
                 middle.changed_at + sign * interval '1 day' + n * interval '100 ms', middle.minimum_consent,
                 middle.available_at_protected_address, middle.parents_until_years, middle.power_of_attorney,
                 middle.youth, middle.is_parental
             FROM middle, generate_series(1, {more}) AS n, (VALUES (1), (-1)) AS side (sign), place
             WHERE place.place = n % {short};
         DROP TABLE middle, place"
    ))
}

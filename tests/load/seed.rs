//! Fills the program: persons with open mailboxes, and messages that they have read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::deserialize::QueryableByName;
use diesel::sql_types::Text;
use domain::access::Policy;
use domain::contact_register::Entry;
use domain::identity::NationalId;
use domain::person::{PersonName, Protected};
use domain::register::RegisteredPerson;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, StatusCode};
use indicatif::{ProgressBar, ProgressStyle};
use persistence::BlobSettings;
use persistence::{ContactRegister, DatabaseUrl, PopulationRegister, RegisterAway, Store, StoreSettings};
use serde_json::{Value, json};
use tests::synthetic_number;
use tokio::task::JoinSet;

use crate::Result;
use crate::client::Connection;
use crate::database::Database;
use crate::server::{self, Server};
use crate::work;

/// No register: the persons are made known by hand, and asked about by nobody.
struct NoRegister;

impl PopulationRegister for NoRegister {
    fn persons<'a>(
        &'a self,
        _: &'a [NationalId],
    ) -> BoxFuture<'a, std::result::Result<Vec<RegisteredPerson>, RegisterAway>> {
        futures_util::future::ready(Err(RegisterAway("there is none".into()))).boxed()
    }
}

impl ContactRegister for NoRegister {
    fn contacts<'a>(&'a self, _: &'a [NationalId]) -> BoxFuture<'a, std::result::Result<Vec<Entry>, RegisterAway>> {
        futures_util::future::ready(Err(RegisterAway("there is none".into()))).boxed()
    }
}

/// How many persons are registered, and requests sent, at a time.
const AT_A_TIME: usize = 32;
/// Messages with a file that W5 fetches.
const FILES: usize = 64;

/// How much there is to be.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) mailboxes: usize,
    pub(crate) messages: usize,
    pub(crate) with_files: bool,
    /// Whether half of the persons are children of the others, who hold powers of attorney of each other.
    pub(crate) with_representatives: bool,
}

/// A person, for the driver's eyes.
pub(crate) struct Person {
    pub(crate) national_id: String,
    pub(crate) mailbox: String,
    pub(crate) token: HeaderValue,
    pub(crate) messages: Vec<String>,
}

/// A file that can be fetched.
pub(crate) struct StoredFile {
    pub(crate) owner: usize,
    pub(crate) path: String,
}

/// What there is.
pub(crate) struct Seed {
    pub(crate) service: String,
    pub(crate) sender_token: HeaderValue,
    pub(crate) persons: Vec<Person>,
    pub(crate) files: Vec<StoredFile>,
    pub(crate) pdf: Bytes,
    /// Whether the second half are children of the first half, who also hold powers of attorney of each other.
    with_representatives: bool,
}

impl Seed {
    /// How many persons use their own mailboxes: the first so many.
    pub(crate) const fn owners(&self) -> usize {
        if self.with_representatives { self.persons.len() / 2 } else { self.persons.len() }
    }

    /// The child of an owner.
    pub(crate) const fn child_of(&self, owner: usize) -> usize {
        owner + self.owners()
    }

    /// Who gave an owner a power of attorney.
    pub(crate) const fn giver_to(&self, owner: usize) -> usize {
        (owner + 1) % self.owners()
    }
}

#[derive(QueryableByName)]
struct MessageRow {
    #[diesel(sql_type = Text)]
    mailbox: String,
    #[diesel(sql_type = Text)]
    id: String,
}

pub(crate) async fn fill(server: &Server, database: &mut Database, size: Size) -> Result<Seed> {
    if size.mailboxes == 0 || size.messages < size.mailboxes {
        return Err("there must be at least one message for each mailbox".into());
    }
    let mut connection = Connection::open(server.address()).await?;
    let service = text(&organisation(&mut connection).await?, "/services/0/id")?;
    let sender_token = system(&mut connection, &["brevdue:messages.write", "brevdue:messages.read"]).await?;
    let persons = persons(server, database, &mut connection, size.mailboxes).await?;
    let mut seed =
        Seed { service, sender_token, persons, files: vec![], pdf: Bytes::from(pdf()?), with_representatives: false };

    seed = send(server, seed, size.messages, StatusCode::CREATED, |seed, n| {
        work::letter(seed, n % seed.persons.len(), "seed", n)
    })
    .await?;
    delivered(database, size.messages).await?;
    database.execute("UPDATE message SET opened_at = received_at, read_at = received_at")?;
    remember_messages(database, &mut seed)?;
    if size.with_representatives {
        seed.with_representatives = true;
        relate(database, &seed)?;
    }
    if size.with_files {
        seed = send(server, seed, FILES, StatusCode::CREATED, |seed, n| {
            work::letter_with_file(seed, n % seed.persons.len(), "file", n)
        })
        .await?;
        delivered(database, FILES).await?;
        // The first connection has been silent for too long by now.
        seed.files = files(database, &seed, &mut Connection::open(server.address()).await?).await?;
    }
    // Each token is checked once here: from then on the server knows it, as it knows those of people who are logged in.
    let owners = seed.owners();
    seed = send(server, seed, owners, StatusCode::OK, |seed, n| {
        let person = &seed.persons[n];
        work::get_as(&person.token, &format!("/v1/mailboxes/{}/messages", person.mailbox))
    })
    .await?;
    database.execute("VACUUM (ANALYZE)")?;
    Ok(seed)
}

/// The organisation that sends.
async fn organisation(connection: &mut Connection) -> Result<Value> {
    let organisations = connection.exchange(get("/sandbox/organisations")?, StatusCode::OK).await?;
    let mut organisations: Value = serde_json::from_slice(&organisations)?;
    organisations.pointer_mut("/items/0").map(Value::take).ok_or_else(|| "no test organisation".into())
}

/// Its services.
pub(crate) async fn services(connection: &mut Connection) -> Result<[String; 2]> {
    let organisation = organisation(connection).await?;
    Ok([text(&organisation, "/services/0/id")?, text(&organisation, "/services/1/id")?])
}

/// The token of a system of the organisation.
pub(crate) async fn system(connection: &mut Connection, scopes: &[&str]) -> Result<HeaderValue> {
    let number = text(&organisation(connection).await?, "/organisationNumber")?;
    token(connection, &json!({ "kind": "system", "organisationNumber": number, "scopes": scopes })).await
}

/// Makes a person a member of these services; the token by which they work there.
pub(crate) async fn member(connection: &mut Connection, services: &[String], person: &Person) -> Result<HeaderValue> {
    let number = text(&organisation(connection).await?, "/organisationNumber")?;
    let system = system(connection, &["brevdue:staff.write"]).await?;
    for service in services {
        let request = Request::put(format!("/v1/services/{service}/members"))
            .header(HOST, "localhost")
            .header(AUTHORIZATION, &system)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(json!({ "nationalId": person.national_id }).to_string()))?;
        connection.exchange(request, StatusCode::OK).await?;
    }
    let asked = json!({ "kind": "healthWorker", "nationalId": person.national_id, "organisationNumber": number, "hprNumber": "565501" });
    token(connection, &asked).await
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    Ok(value.pointer(pointer).and_then(Value::as_str).ok_or("no test organisation")?.to_owned())
}

fn get(path: &str) -> Result<Request<Full<Bytes>>> {
    Ok(Request::get(path).header(HOST, "localhost").body(Full::default())?)
}

async fn token(connection: &mut Connection, asked: &Value) -> Result<HeaderValue> {
    let request = Request::post("/sandbox/tokens")
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .body(Full::from(asked.to_string()))?;
    let answer: Value = serde_json::from_slice(&connection.exchange(request, StatusCode::OK).await?)?;
    let token = answer["accessToken"].as_str().ok_or("the sandbox gave no token")?;
    Ok(HeaderValue::from_str(&format!("Bearer {token}"))?)
}

fn progress(what: &'static str, steps: usize) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg:<28} {bar:40} {pos}/{len} {elapsed}")?;
    let bar = ProgressBar::new(steps as u64).with_style(style).with_message(what);
    bar.enable_steady_tick(Duration::from_millis(250));
    Ok(bar)
}

/// Registers persons by the store itself, as a register of persons will, and opens their mailboxes.
async fn persons(
    server: &Server,
    database: &mut Database,
    connection: &mut Connection,
    count: usize,
) -> Result<Vec<Person>> {
    let store = Store::open(StoreSettings {
        database: DatabaseUrl::Postgres(database.url().to_owned()),
        kind: persistence::InstallationKind::Sandbox,
        connections: 8,
        acquire_timeout: Duration::from_secs(30),
        master_key: server.master_key()?,
        blobs: BlobSettings::Folder(server.blob_folder()),
        policy: Policy::default(),
        terms: tests::terms(),
        register: Arc::new(NoRegister),
        contact_register: Arc::new(NoRegister),
        register_max_age: TimeDelta::MAX,
        outlets: persistence::Outlets::default(),
        scanning: persistence::Scanning::default(),
        quotas: persistence::Quotas::default(),
        words: api::mailbox_text::words(),
        now: server::STARTS_AT.parse()?,
    })
    .await?;
    // Fresh for the hour that a run takes.
    let now: DateTime<Utc> = server::STARTS_AT.parse()?;
    let bar = progress("seeding: persons", count)?;
    let registered: Vec<(NationalId, String)> = stream::iter(identities(count))
        .map(|(national_id, birth_date)| {
            let (store, bar) = (&store, &bar);
            let person = RegisteredPerson {
                national_id: national_id.clone(),
                name: PersonName::from_register("Syntetisk Testesen".to_owned()),
                birth_date,
                death_date: None,
                protection: Protected::NOT,
                responsible: vec![],
                guardians: vec![],
                family: vec![],
                addresses: domain::postal_address::Addresses::default(),
                children: vec![],
            };
            async move {
                let kept = store.register_keep(vec![person], now).await?;
                bar.inc(1);
                let mailbox = kept.first().map(|(_, mailbox)| mailbox.to_string()).unwrap_or_default();
                crate::Result::Ok((national_id, mailbox))
            }
        })
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    drop(store);
    database.execute("UPDATE mailbox SET consent = 1")?;
    bar.reset();
    bar.set_message("seeding: tokens");
    let mut persons = Vec::with_capacity(count);
    for (national_id, mailbox) in registered {
        let national_id = national_id.expose().to_owned();
        let token = token(connection, &json!({ "kind": "citizen", "nationalId": national_id })).await?;
        persons.push(Person { national_id, mailbox, token, messages: vec![] });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(persons)
}

/// Numbers of people who do not exist (month + 80), born from 1950 on, with the dates in them.
pub(crate) fn identities(count: usize) -> impl Iterator<Item = (NationalId, NaiveDate)> {
    let first = NaiveDate::from_ymd_opt(1950, 1, 1).unwrap_or_default();
    first
        .iter_days()
        .flat_map(|date| (0..50).filter_map(move |serial| Some((synthetic_number(date, serial)?, date))))
        .take(count)
}

/// Sends so many requests, over a few connections side by side.
pub(crate) async fn send(
    server: &Server,
    seed: Seed,
    count: usize,
    expected: StatusCode,
    request: impl Fn(&Seed, usize) -> Result<Request<Full<Bytes>>> + Clone + Send + 'static,
) -> Result<Seed> {
    let bar = progress("seeding: requests", count)?;
    let seed = Arc::new(seed);
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..AT_A_TIME {
        let mut connection = Connection::open(server.address()).await?;
        let (seed, next, bar, request) = (Arc::clone(&seed), Arc::clone(&next), bar.clone(), request.clone());
        tasks.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return crate::Result::Ok(());
                }
                connection.exchange(request(&seed, n)?, expected).await?;
                bar.inc(1);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    bar.finish_and_clear();
    Arc::into_inner(seed).ok_or_else(|| "a task still sends".into())
}

/// Waits until the program has brought everything into the inboxes.
pub(crate) async fn delivered(database: &mut Database, count: usize) -> Result<()> {
    let bar = progress("seeding: deliveries", count)?;
    loop {
        let waiting = database.count("SELECT count(*) AS value FROM message WHERE received_at IS NULL")?;
        bar.set_position((count as u64).saturating_sub(waiting));
        if waiting == 0 {
            bar.finish_and_clear();
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Makes the second half children of the first half, and has each of the first half give a power of attorney to the one
/// before.
fn relate(database: &mut Database, seed: &Seed) -> Result<()> {
    let rows = |other: &dyn Fn(usize) -> usize| -> String {
        let one = |owner: usize| {
            format!("('{}'::uuid, '{}'::uuid)", seed.persons[owner].mailbox, seed.persons[other(owner)].mailbox)
        };
        (0..seed.owners()).map(one).collect::<Vec<_>>().join(", ")
    };
    let (children, givers) = (rows(&|owner| seed.child_of(owner)), rows(&|owner| seed.giver_to(owner)));
    database.execute(&format!(
        "WITH pair (actor, other) AS (VALUES {children})
         INSERT INTO registered_relation (mailbox_id, relation, relative_hash)
         SELECT child.id, 'responsible', parent.lookup_hash FROM pair
         JOIN mailbox parent ON parent.id = actor JOIN mailbox child ON child.id = other"
    ))?;
    database.execute(
        "UPDATE mailbox SET birth_date = '2020-01-01', lives_with_responsible = true
         WHERE id IN (SELECT mailbox_id FROM registered_relation)",
    )?;
    database.execute(&format!(
        "WITH pair (actor, other) AS (VALUES {givers})
         INSERT INTO power_of_attorney
             (giver_mailbox_id, id, holder_hash, kind, areas, valid_from, given_at)
         SELECT giver.id, gen_random_uuid(), holder.lookup_hash, 'powerOfAttorney', '3', '2020-01-01', now()
         FROM pair JOIN mailbox holder ON holder.id = actor JOIN mailbox giver ON giver.id = other"
    ))?;
    database.execute("ANALYZE")
}

fn remember_messages(database: &mut Database, seed: &mut Seed) -> Result<()> {
    let rows: Vec<MessageRow> = database.load("SELECT mailbox_id::text AS mailbox, id::text AS id FROM message")?;
    let places: std::collections::HashMap<String, usize> =
        seed.persons.iter().enumerate().map(|(place, person)| (person.mailbox.clone(), place)).collect();
    for MessageRow { mailbox, id } in rows {
        let place = places.get(&mailbox).ok_or("a message of a mailbox that is not ours")?;
        seed.persons[*place].messages.push(id);
    }
    Ok(())
}

/// Reads each message that has a file, once, to learn where the file is.
async fn files(database: &mut Database, seed: &Seed, connection: &mut Connection) -> Result<Vec<StoredFile>> {
    let rows: Vec<MessageRow> =
        database.load("SELECT mailbox_id::text AS mailbox, message_id::text AS id FROM attachment")?;
    let mut files = Vec::with_capacity(rows.len());
    for MessageRow { mailbox, id } in rows {
        let owner = seed.persons.iter().position(|person| person.mailbox == mailbox).ok_or("a file of nobody's")?;
        let path = format!("/v1/mailboxes/{mailbox}/messages/{id}");
        let request = work::get_as(&seed.persons[owner].token, &path)?;
        let message: Value = serde_json::from_slice(&connection.exchange(request, StatusCode::OK).await?)?;
        let file = message.pointer("/attachments/0/id").and_then(Value::as_str).ok_or("a message without its file")?;
        files.push(StoredFile { owner, path: format!("{path}/attachments/{file}") });
    }
    Ok(files)
}

/// A PDF of one megabyte that cannot be compressed.
fn pdf() -> Result<Vec<u8>> {
    const LENGTH: usize = 1 << 20;
    let mut bytes = vec![0; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes)?;
    let (head, tail) = (b"%PDF-1.4\n", b"\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");
    bytes[..head.len()].copy_from_slice(head);
    bytes[LENGTH - tail.len()..].copy_from_slice(tail);
    Ok(bytes)
}

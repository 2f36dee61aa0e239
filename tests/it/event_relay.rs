//! BX-8: whoever numbers events, and whenever they are killed, every event gets one number, without gaps and in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use domain::contact_register::Entry;
use domain::identity::NationalId;
use domain::register::RegisteredPerson;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use persistence::{ContactRegister, Outlets, PopulationRegister, RegisterAway, Store};
use tests::kill::{count_statements, killed_before_statement};
use tests::{Database, Place, is_heavy, stories};
use uuid::Uuid;

use crate::stores;
use crate::worlds::Dice;

const WRITERS: u64 = 8;
const MAILBOXES: u64 = 6;

/// Nothing here asks about persons.
struct NoRegister;

impl PopulationRegister for NoRegister {
    fn persons<'a>(&'a self, _: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<RegisteredPerson>, RegisterAway>> {
        ready(Err(RegisterAway("there is none".into()))).boxed()
    }
}

impl ContactRegister for NoRegister {
    fn contacts<'a>(&'a self, _: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<Entry>, RegisterAway>> {
        ready(Err(RegisterAway("there is none".into()))).boxed()
    }
}

async fn store(place: &Place) -> Store {
    stores::open(place, NoRegister, Outlets::default()).await
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
}

fn id(place: &Place, number: u64) -> String {
    place.id(&Uuid::from_u128(number.into()).to_string())
}

/// The organisation of a mailbox: one of two.
const fn organisation_of(mailbox: u64) -> u64 {
    100 + mailbox % 2
}

/// Two organisations with empty feeds, and for each mailbox a row that its writers hold, with the number of its events.
fn arrange(place: &Place) {
    persistence::migrate(&place.store_url()).expect("the migrations work");
    count_statements();
    let time = place.time(now());
    place.execute("CREATE TABLE probe (mailbox_id INTEGER PRIMARY KEY, events INTEGER NOT NULL)");
    for organisation in [100, 101] {
        let key = id(place, organisation);
        place.execute(&format!("INSERT INTO organisation (id, number, name, created_at) VALUES ({key}, '{organisation}', 'Klinikk', {time})"));
        place.execute(&format!("INSERT INTO feed VALUES ({key}, 0, {time})"));
    }
    for mailbox in 0..MAILBOXES {
        place.execute(&format!("INSERT INTO probe VALUES ({mailbox}, 0)"));
    }
}

/// What a writer does in its transaction: holds the mailbox, and writes an event that tells how many there are now. Its id
/// tells nothing of when it was made, as if each writer had a clock of its own.
fn write(place: &Place, mailbox: u64) -> String {
    let (random, count) = match place.database() {
        Database::Postgres => ("gen_random_uuid()", "to_timestamp(events)"),
        Database::Sqlite => ("randomblob(16)", "events * 1000000"),
    };
    format!(
        "UPDATE probe SET events = events + 1 WHERE mailbox_id = {mailbox}; \
         INSERT INTO event (organisation_id, id, kind, service_id, message_id, mailbox_id, at) \
         SELECT {}, {random}, 'message.opened', {service}, {service}, {}, {count} FROM probe WHERE mailbox_id = {mailbox}",
        id(place, organisation_of(mailbox)),
        id(place, mailbox),
        service = id(place, 7),
    )
}

/// The numbers of a feed with the mailbox of each event and its count there, in order.
fn feed(place: &Place, organisation: u64) -> Vec<(i64, String, i64)> {
    let (mailbox, count) = match place.database() {
        Database::Postgres => ("mailbox_id::text", "extract(epoch FROM at)::bigint"),
        Database::Sqlite => ("hex(mailbox_id)", "(at / 1000000)"),
    };
    let key = id(place, organisation);
    let rows = place.texts(&format!(
        "SELECT number || ' ' || {mailbox} || ' ' || {count} AS text FROM event \
         WHERE organisation_id = {key} AND number IS NOT NULL ORDER BY number"
    ));
    let parsed = |row: String| {
        let words: Vec<&str> = row.split(' ').collect();
        (words[0].parse().expect("a number"), words[1].to_owned(), words[2].parse().expect("a number"))
    };
    rows.into_iter().map(parsed).collect()
}

fn assert_whole(place: &Place) {
    let written = place.number("SELECT sum(events) AS number FROM probe");
    let mut found = 0;
    for organisation in [100, 101] {
        let feed = feed(place, organisation);
        found += feed.len();
        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        for (place, (number, mailbox, count)) in feed.iter().enumerate() {
            assert_eq!(usize::try_from(*number), Ok(place + 1), "numbers have no gaps");
            let before = counts.insert(mailbox, *count).unwrap_or(0);
            assert_eq!(*count, before + 1, "what happened in one mailbox keeps its order");
        }
        let last =
            format!("SELECT last_number AS number FROM feed WHERE organisation_id = {}", id(place, organisation));
        assert_eq!(usize::try_from(place.number(&last)), Ok(feed.len()));
    }
    assert_eq!(i64::try_from(found), Ok(written), "every event that was committed has its number");
}

/// Writes some events, of which some are taken back.
fn write_some(place: &Place, mut dice: Dice, events: u64) {
    for _ in 0..events {
        let open = place.transaction(&write(place, dice.roll(MAILBOXES)));
        if dice.roll(4) > 0 {
            open.commit();
        }
    }
}

/// Numbers events again and again, killed at some statement each time, until nobody writes any more. Says how often it
/// was killed.
fn relay_and_die(store: &Store, writing: &AtomicUsize, mut dice: Dice) -> usize {
    let mut kills = 0;
    while writing.load(Ordering::SeqCst) > 0 {
        let statement = 1 + i64::try_from(dice.roll(14)).expect("a small number");
        let (_, lived) = killed_before_statement(statement, store.relay_due(now()));
        kills += usize::from(!lived);
    }
    kills
}

async fn number_all(place: &Place) {
    let store = store(place).await;
    while store.relay_due(now()).await.expect("the store is there") > 0 {}
}

stories! {
    async fn bx_8_eight_writers_and_relays_that_are_killed_miss_double_and_swap_nothing(database: Database) {
        let place = Place::new(database);
        arrange(&place);
        // Rows of earlier times, so that the feed does not begin with nothing.
        write_some(&place, Dice(1), 10);
        let (writing, events) = (AtomicUsize::new(8), if is_heavy() { 400 } else { 40 });
        let stores = [store(&place).await, store(&place).await, store(&place).await];

        let kills = std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (place, writing) = (&place, &writing);
                scope.spawn(move || {
                    write_some(place, Dice(writer * 7919), events);
                    writing.fetch_sub(1, Ordering::SeqCst);
                });
            }
            let relays: Vec<_> =
                (31..).zip(&stores).map(|(seed, store)| scope.spawn({
                    let writing = &writing;
                    move || relay_and_die(store, writing, Dice(seed))
                })).collect();
            relays.into_iter().map(|relay| relay.join().expect("it ends")).sum::<usize>()
        });
        number_all(&place).await;

        assert!(kills > 5, "{kills} kills show little");
        assert_whole(&place);
    }

    async fn bx_8_a_relay_killed_at_any_statement_has_numbered_all_or_nothing(database: Database) {
        let place = Place::new(database);
        arrange(&place);
        let store = store(&place).await;
        let mut ends = BTreeSet::new();

        for statement in 1.. {
            for mailbox in [0, 2, 0] {
                place.transaction(&write(&place, mailbox)).commit();
            }
            let before = feed(&place, 100).len();
            let (_, lived) = tokio::task::block_in_place(|| {
                std::thread::scope(|scope| {
                    scope.spawn(|| killed_before_statement(statement, store.relay_due(now()))).join().expect("it ends")
                })
            });
            let numbered = feed(&place, 100).len() - before;
            assert!([0, 3].contains(&numbered), "killed before statement {statement}: {numbered}");
            ends.insert(numbered);
            number_all(&place).await;
            assert_whole(&place);
            if lived {
                break;
            }
        }

        assert_eq!(ends, BTreeSet::from([0, 3]), "some were killed before the end and some after");
    }

    async fn bx_8_a_relay_leaves_a_feed_alone_that_another_is_at(database: Database) {
        let place = Place::new(database);
        arrange(&place);
        place.transaction(&write(&place, 0)).commit();
        place.transaction(&write(&place, 1)).commit();
        if database == Database::Sqlite {
            // There the one writer holds everything, so that nobody can be beside it.
            return number_all(&place).await;
        }

        let other = place.transaction(&format!("SELECT * FROM feed WHERE organisation_id = {} FOR UPDATE", id(&place, 100)));
        number_all(&place).await;
        assert_eq!((feed(&place, 100).len(), feed(&place, 101).len()), (0, 1), "the other feed does not wait for it");
        other.commit();
        number_all(&place).await;

        assert_whole(&place);
    }
}

//! Messages of which nobody is notified, though they are in the inbox: those about powers of attorney, when there have been
//! enough. Anybody can give anybody a power and end it again, and so have them notified.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::Inner;
use crate::access::quota::Quotas;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::StoreError;
use crate::schema::{mailbox, notice, power_of_attorney, sending};
use crate::work::job::Lease;

/// For how long what somebody was notified of counts.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// A message in a mailbox.
type Place = (Id, Id);
/// Giver and holder, by the keyed hashes of their numbers: in either order the same two.
type Pair = (Vec<u8>, Vec<u8>);

/// Which of the messages of these jobs nobody is notified of. What was notified before stays so, for the second round.
pub(super) fn quiet(
    inner: &Inner,
    connection: &mut Connection,
    jobs: &[Lease],
    now: DateTime<Utc>,
) -> Result<HashSet<Place>, StoreError> {
    let mut wanted: Vec<Place> = jobs.iter().map(|lease| (lease.mailbox, lease.object)).collect();
    wanted.sort_unstable();
    let pairs = pairs_of(inner, connection, &wanted)?;
    if pairs.is_empty() {
        return Ok(HashSet::new());
    }
    let mut mailboxes: Vec<Id> =
        wanted.iter().filter(|(_, message)| pairs.contains_key(message)).map(|(mailbox, _)| *mailbox).collect();
    mailboxes.dedup();
    let told: Vec<Place> = on!(&mut *connection, c => notice::table
        .filter(notice::mailbox_id.eq_any(&mailboxes))
        .filter(notice::decided_at.gt(Time(now - WINDOW)))
        .select((notice::mailbox_id, notice::message_id))
        .distinct()
        .load(c))?;
    let pairs_before = pairs_of(inner, connection, &told)?;
    let mut counts = Counts::default();
    for (mailbox, message) in &told {
        if let Some(pair) = pairs_before.get(message) {
            counts.add(*mailbox, pair);
        }
    }
    let told: HashSet<Place> = told.into_iter().collect();
    let mut quiet = HashSet::new();
    for place in wanted {
        let Some(pair) = pairs.get(&place.1).filter(|_| !told.contains(&place)) else { continue };
        if counts.are_full(place.0, pair, &inner.quotas) {
            quiet.insert(place);
        } else {
            counts.add(place.0, pair);
        }
    }
    Ok(quiet)
}

/// Of how many messages a mailbox has been notified: all, and those about the same two.
#[derive(Default)]
struct Counts {
    all: HashMap<Id, u32>,
    of_pair: HashMap<(Id, Pair), u32>,
}

impl Counts {
    fn add(&mut self, mailbox: Id, pair: &Pair) {
        *self.all.entry(mailbox).or_default() += 1;
        *self.of_pair.entry((mailbox, pair.clone())).or_default() += 1;
    }

    fn are_full(&self, mailbox: Id, pair: &Pair, quotas: &Quotas) -> bool {
        let count = |count: Option<&u32>| count.copied().unwrap_or_default();
        count(self.all.get(&mailbox)) >= quotas.power_notices_a_day
            || count(self.of_pair.get(&(mailbox, pair.clone()))) >= quotas.power_notices_of_pair_a_day
    }
}

/// Whom powers of attorney are between, by the messages that tell of them. Other messages are left out.
fn pairs_of(inner: &Inner, connection: &mut Connection, places: &[Place]) -> Result<HashMap<Id, Pair>, StoreError> {
    let Some(platform) = inner.platform.get().filter(|_| !places.is_empty()) else { return Ok(HashMap::new()) };
    let messages: Vec<Id> = places.iter().map(|(_, message)| *message).collect();
    let references: Vec<(Id, Option<String>)> = on!(&mut *connection, c => sending::table
        .filter(sending::service_id.eq(platform.service.key()))
        .filter(sending::message_id.eq_any(&messages))
        .select((sending::message_id, sending::sender_reference))
        .load(c))?;
    let powers: HashMap<Id, Id> =
        references.into_iter().filter_map(|(message, reference)| Some((message, power_in(&reference?)?))).collect();
    if powers.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Id> = powers.values().copied().collect();
    let parties: Vec<(Id, Vec<u8>, Vec<u8>)> = on!(connection, c => power_of_attorney::table
        .inner_join(mailbox::table.on(mailbox::id.eq(power_of_attorney::giver_mailbox_id)))
        .filter(power_of_attorney::id.eq_any(&ids))
        .select((power_of_attorney::id, mailbox::lookup_hash, power_of_attorney::holder_hash))
        .load(c))?;
    let parties: HashMap<Id, Pair> = parties
        .into_iter()
        .map(|(power, one, other)| (power, if one < other { (one, other) } else { (other, one) }))
        .collect();
    Ok(powers.into_iter().filter_map(|(message, power)| Some((message, parties.get(&power)?.clone()))).collect())
}

/// The power of attorney that a message is about: its reference begins with the id.
fn power_in(reference: &str) -> Option<Id> {
    let (id, _) = reference.split_once('/')?;
    id.parse::<Uuid>().ok().map(Id)
}

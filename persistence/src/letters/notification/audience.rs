//! Who is told of messages: the owner, and who else sees them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{Action, Assurance, ItemFlags, OwnerRecord, Record, RelationRecord, RepresentativeRecord, decide};
use domain::contact_details::ContactDetails;
use domain::contact_register::Entry;
use domain::id::{PersonId, ServiceId};
use domain::identity::NationalId;
use domain::message::MessageKind;
use domain::notification::{Addressee, NotificationSettings, addresses};
use domain::person::age_years;

use super::quiet::quiet;
use super::settings::settings_of;
use super::{Notice, new_notice};
use crate::Inner;
use crate::access::facts::{Owner, is_fresh, owners_of};
use crate::access::representatives::{self, Candidate};
use crate::database::{Connection, Id, Key, Pairs, on};
use crate::error::StoreError;
use crate::mailboxes::flags::MessageFlagsRow;
use crate::persons::contact_details;
use crate::persons::contact_register::Contacts;
use crate::persons::key::KeyRow;
use crate::persons::register::open_number;
use crate::schema::{mailbox, message};
use crate::services::service;
use crate::work::job::Lease;

const CORRUPT: StoreError = StoreError::Corrupt { what: "message" };

/// A message that is to be told of.
struct Told {
    kind: MessageKind,
    item: ItemFlags,
    organisation: String,
}

/// Somebody who may be told of something.
struct Listener {
    number: NationalId,
    age_years: i32,
    settings: NotificationSettings,
    own: ContactDetails,
}

/// What is known of messages, their owners, and who acts for them.
pub(super) struct Audience {
    now: DateTime<Utc>,
    policy: domain::access::Policy,
    messages: HashMap<(Id, Id), Told>,
    owners: HashMap<Id, Owner>,
    representatives: HashMap<Id, Vec<RepresentativeRecord>>,
    listeners: HashMap<PersonId, Listener>,
    stale: Vec<NationalId>,
    /// Messages of which nobody is told, whoever sees them.
    quiet: HashSet<(Id, Id)>,
}

impl Audience {
    /// Gathers what is known in a handful of queries, however many messages there are.
    pub(super) fn gather(
        inner: &Inner,
        connection: &mut Connection,
        jobs: &[Lease],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let messages = messages(inner, connection, jobs)?;
        let quiet = quiet(inner, connection, jobs, now)?;
        let mut mailboxes: Vec<Id> = messages.keys().map(|(mailbox, _)| *mailbox).collect();
        mailboxes.sort_unstable();
        mailboxes.dedup();
        let owners = owners_of(connection, &mailboxes, now)?;
        let mut found = representatives::responsible(connection, &mailboxes)?;
        found.extend(representatives::holders(connection, &mailboxes)?);

        let mut persons: Vec<Id> = found.iter().map(|candidate| candidate.record.person.key()).collect();
        persons.extend(owners.iter().map(|owner| owner.record.person.key()));
        let ages: HashMap<PersonId, i32> = found
            .iter()
            .map(|candidate| (candidate.record.person, candidate.record.birth_date))
            .chain(owners.iter().map(|owner| (owner.record.person, owner.record.birth_date)))
            .map(|(person, born)| (person, age_years(born, now)))
            .collect();
        let listeners = listeners(inner, connection, &persons, &ages)?;

        let max_age = inner.register_max_age;
        let old = |candidate: &&Candidate| !is_fresh(candidate.known_at, candidate.record.protection, now, max_age);
        let stale: HashSet<PersonId> = found
            .iter()
            .filter(old)
            .map(|candidate| candidate.record.person)
            .chain(owners.iter().filter(|owner| !owner.is_fresh(now, max_age)).map(|owner| owner.record.person))
            .collect();
        let stale = stale.iter().filter_map(|person| listeners.get(person)).map(|one| one.number.clone()).collect();
        let mut representatives: HashMap<Id, Vec<RepresentativeRecord>> = HashMap::new();
        let owners: HashMap<Id, Owner> = owners.into_iter().map(|owner| (owner.record.mailbox.key(), owner)).collect();
        for mut candidate in found {
            let owner_is_fresh = owners.get(&candidate.mailbox).is_some_and(|owner| owner.is_fresh(now, max_age));
            candidate.record.is_certain = owner_is_fresh && !old(&&candidate);
            representatives.entry(candidate.mailbox).or_default().push(candidate.record);
        }
        Ok(Self { now, policy: inner.policy, messages, owners, representatives, listeners, stale, quiet })
    }

    /// Those of whom what the population register said is old.
    pub(super) fn stale(&self) -> &[NationalId] {
        &self.stale
    }

    /// Everybody whom the contact register is to be asked about.
    pub(super) fn numbers(&self) -> Vec<NationalId> {
        self.listeners.values().map(|listener| listener.number.clone()).collect()
    }

    /// Who is told of a message where; nobody where it is not to be told of any more. None as long as the contact register
    /// does not say of everybody how they are reached.
    pub(super) fn told(&self, lease: Lease, contacts: &Contacts, now: DateTime<Utc>) -> Option<Vec<(Id, Notice)>> {
        let Some(told) = self.messages.get(&(lease.mailbox, lease.object)) else { return Some(vec![]) };
        let Some(owner) = self.owners.get(&lease.mailbox) else { return Some(vec![]) };
        if self.quiet.contains(&(lease.mailbox, lease.object)) {
            return Some(vec![]);
        }
        let none = vec![];
        let others = self.representatives.get(&lease.mailbox).unwrap_or(&none);
        let mut readers: Vec<PersonId> = vec![];
        let relations = std::iter::once(RelationRecord::Own(owner.record.person))
            .chain(others.iter().cloned().map(RelationRecord::Other));
        for relation in relations {
            if let Some(person) = self.reader(owner.record, relation, told.item)
                && !readers.contains(&person)
            {
                readers.push(person);
            }
        }
        let parents: Option<Vec<Entry>> = others
            .iter()
            .filter(|other| other.has_responsibility)
            .map(|other| contacts.entry(&self.listeners.get(&other.person)?.number).cloned())
            .collect();
        let parents = parents?;
        let mut notices = vec![];
        for person in readers {
            let listener = self.listeners.get(&person)?;
            let entry = contacts.entry(&listener.number)?;
            let is_owner = person == owner.record.person;
            let to = Addressee {
                age_years: listener.age_years,
                settings: listener.settings,
                entry,
                own: &listener.own,
                parents: if is_owner { &parents } else { &[] },
            };
            let notice = |address| new_notice(address, entry.language, told.organisation.clone(), !is_owner);
            notices.extend(addresses(told.kind, &to, now).into_iter().map(|address| (person.key(), notice(address))));
        }
        Some(notices)
    }

    /// Somebody, where they see the item.
    fn reader(&self, owner: OwnerRecord, relation: RelationRecord, item: ItemFlags) -> Option<PersonId> {
        let person = match &relation {
            RelationRecord::Own(person) => *person,
            RelationRecord::Other(other) => other.person,
            RelationRecord::Staff { .. }
            | RelationRecord::System
            | RelationRecord::Operator
            | RelationRecord::Nobody => return None,
        };
        let record = Record { assurance: Some(Assurance::High), owner: Some(owner), relation };
        let grant = decide(Action::ReadMessage, &record.at(self.now), self.policy).ok()?;
        grant.visibility().bounds().admit(item).then_some(person)
    }
}

/// The messages that are to be told of: in the inbox, not opened, and not deleted.
fn messages(inner: &Inner, connection: &mut Connection, jobs: &[Lease]) -> Result<HashMap<(Id, Id), Told>, StoreError> {
    type Row = (Id, Id, Id, String, MessageFlagsRow);
    let wanted: Pairs = jobs.iter().map(|lease| (lease.mailbox, lease.object)).collect();
    let rows: Vec<Row> = on!(&mut *connection, c => message::table
        .filter(wanted.among(message::mailbox_id, message::id))
        .filter(message::received_at.is_not_null())
        .filter(message::opened_at.is_null())
        .filter(message::removed_at.is_null())
        .select((
            message::mailbox_id,
            message::id,
            message::service_id,
            message::kind,
            MessageFlagsRow::as_select(),
        ))
        .load(c))?;
    let mut told = HashMap::new();
    for (mailbox, id, service, kind, flags) in rows {
        let service: ServiceId = service.into();
        let organisation = service::sender(inner, connection, service)?.organisation_name.as_str().to_owned();
        let kind = kind.parse().map_err(|_| CORRUPT)?;
        told.insert((mailbox, id), Told { kind, item: flags.item()?, organisation });
    }
    Ok(told)
}

fn listeners(
    inner: &Inner,
    connection: &mut Connection,
    persons: &[Id],
    ages: &HashMap<PersonId, i32>,
) -> Result<HashMap<PersonId, Listener>, StoreError> {
    let rows: Vec<(KeyRow, Vec<u8>)> = on!(&mut *connection, c => mailbox::table
        .filter(mailbox::id.eq_any(persons))
        .select((KeyRow::as_select(), mailbox::national_id))
        .load(c))?;
    let mailboxes: Vec<Id> = rows.iter().map(|(row, _)| row.id).collect();
    let settings = settings_of(connection, &mailboxes)?;
    let mut entered = contact_details::sealed_of(connection, &mailboxes)?;
    rows.into_iter()
        .map(|(row, number)| {
            let mailbox = row.id;
            let key = row.open(&inner.vault).map_err(|_| CORRUPT)?;
            let person: PersonId = mailbox.into();
            let listener = Listener {
                number: open_number(&inner.vault, mailbox.into(), &number)?,
                age_years: ages.get(&person).copied().ok_or(CORRUPT)?,
                settings: settings.get(&mailbox).copied().unwrap_or_default(),
                own: entered.remove(&mailbox).map_or_else(
                    || Ok(ContactDetails::default()),
                    |sealed| contact_details::open(&key, mailbox.into(), sealed),
                )?,
            };
            Ok((person, listener))
        })
        .collect()
}

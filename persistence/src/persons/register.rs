//! What the population register says, kept for a while.
//!
//! The register belongs to somebody else and is asked through a port. What it said stands in `person` and
//! `registered_relation` with the time at which it said so; what is older than the setting is asked again before it
//! decides (ADR-11). Whoever follows the register's feed of changes calls [`Store::register_changed`], so that a change
//! holds at once. What an answer says is kept only where nothing newer has been heard since the question.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use domain::id::{MailboxId, PersonId};
use domain::identity::{NationalId, NumberSeries};
use domain::register::RegisteredPerson;
use futures_util::future::BoxFuture;

use crate::access::facts::owners_of;
use crate::chain::Chain;
use crate::context::new_id;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::letters::delivery;
use crate::persons::power_of_attorney;
use crate::schema::{mailbox, person_lookup, registered_relation};
use crate::vault::{Identity, Vault};
use crate::{Inner, Store};

/// A register did not answer, or gave an answer that cannot be trusted.
#[derive(Debug, thiserror::Error)]
#[error("a register is away")]
pub struct RegisterAway(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The population register, as another organisation runs it.
pub trait PopulationRegister: Send + Sync {
    /// The persons with these numbers. Those whom the register does not have are left out; what it tells of others is
    /// not used. Answers or fails within two seconds, and fails at once while it is known to be away: people wait.
    fn persons<'a>(&'a self, numbers: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<RegisteredPerson>, RegisterAway>>;
}

/// Somebody whom the register is to be asked about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Whom {
    /// Somebody known here.
    Person(PersonId),
    /// Somebody who may not be.
    Number(NationalId),
}

const CORRUPT: StoreError = StoreError::Corrupt { what: "person" };

/// How long before a change the register seems to have told last of the person, from the change on: longer than any
/// setting trusts it. That is another time for each change, so that an answer from before the change is known by it.
const LONG_BEFORE: TimeDelta = TimeDelta::days(36_525);

/// When the register last told of the persons who are known here, by the hashes of their numbers.
type Seen = HashMap<Vec<u8>, Option<Time>>;

impl Store {
    /// Asks the register and keeps what it says. Children of whom somebody asked about is in charge become known too, so
    /// that they show among the mailboxes that can be opened. Nothing changes where the register is away.
    ///
    /// # Errors
    /// The store away.
    pub(crate) async fn refresh(&self, whom: Vec<Whom>, now: DateTime<Utc>) -> Result<Refreshed, Failure> {
        let numbers = self.run(move |inner, connection| numbers_of(inner, connection, whom)).await?;
        let Some(mut told) = self.ask(numbers).await? else { return Ok(Refreshed::Away) };
        let mut children: Vec<NationalId> =
            told.iter().flat_map(|told| &told.person.children).filter(|child| !has(&told, child)).cloned().collect();
        sort(&mut children, |child| child);
        children.dedup();
        if !children.is_empty() {
            let Some(more) = self.ask(children).await? else { return Ok(Refreshed::Away) };
            told.extend(more);
        }
        // Two who keep the same persons at the same time take them in the same order, so that neither waits for ever.
        sort(&mut told, |told| &told.person.national_id);
        self.keep(told, now).await?;
        Ok(Refreshed::Told)
    }

    /// What the register says of these; none where it is away. What it tells of others is dropped.
    async fn ask(&self, numbers: Vec<NationalId>) -> Result<Option<Vec<Told>>, Failure> {
        let seen = {
            let numbers = numbers.clone();
            self.run(move |inner, connection| seen(inner, connection, &numbers)).await?
        };
        let persons = match self.inner.register.persons(&numbers).await {
            Ok(persons) => persons,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the population register was not asked");
                return Ok(None);
            }
        };
        let told = |person: RegisteredPerson| {
            let hash = self.inner.vault.lookup_hash(&person.national_id);
            Told { condition: Condition::StillAt(seen.get(hash.as_slice()).copied().flatten()), person }
        };
        let asked = persons.into_iter().filter(|person| numbers.contains(&person.national_id));
        Ok(Some(asked.map(told).collect()))
    }

    /// Keeps what the register says of these persons, whatever was known before. Those who are new get a mailbox, which is
    /// closed until there is a consent.
    ///
    /// # Errors
    /// The store away.
    pub async fn register_keep(
        &self,
        persons: Vec<RegisteredPerson>,
        now: DateTime<Utc>,
    ) -> Result<Vec<(PersonId, MailboxId)>, Failure> {
        let told = persons.into_iter().map(|person| Told { condition: Condition::None, person });
        self.keep(told.collect(), now).await
    }

    async fn keep(&self, told: Vec<Told>, now: DateTime<Utc>) -> Result<Vec<(PersonId, MailboxId)>, Failure> {
        let kept = {
            let told = told.clone();
            self.run(move |inner, connection| keep_all(inner, connection, &told, now)).await
        };
        match kept {
            // Somebody else made one of them known a moment ago.
            Err(Failure::Store(StoreError::Conflict(_))) => {
                self.run(move |inner, connection| keep_all(inner, connection, &told, now)).await
            }
            kept => kept,
        }
    }

    /// The register has something new of a person. What was kept is not trusted from now on, and the register is asked at
    /// once; where it is away, it is asked before the next decision. Nothing happens where nobody here has the number.
    ///
    /// # Errors
    /// The store away: the change is to be told again.
    pub async fn register_changed(&self, number: NationalId, now: DateTime<Utc>) -> Result<(), Failure> {
        let changed = number.clone();
        let is_known = self
            .run(move |inner, connection| {
                let hash = inner.vault.lookup_hash(&changed);
                let Some(id) = mailbox_with(connection, &hash)? else { return Ok(false) };
                let marked = on!(connection, c => diesel::update(mailbox::table.filter(mailbox::id.eq(id)))
                    .set(mailbox::known_at.eq(Some(Time(now - LONG_BEFORE))))
                    .execute(c))?;
                Ok(marked > 0)
            })
            .await?;
        if is_known {
            self.refresh(vec![Whom::Number(number)], now).await?;
            self.deliver_now(now).await;
        }
        Ok(())
    }

    /// The ids of these persons, in their order; none for those who are not known here.
    ///
    /// # Errors
    /// The store away.
    pub async fn register_known(
        &self,
        numbers: Vec<NationalId>,
    ) -> Result<Vec<Option<(PersonId, MailboxId)>>, Failure> {
        self.run(move |inner, connection| {
            let hashes: Vec<Vec<u8>> = numbers.iter().map(|number| inner.vault.lookup_hash(number).to_vec()).collect();
            let rows = on!(connection, c => person_lookup::table
                .filter(person_lookup::lookup_hash.eq_any(&hashes))
                .select((person_lookup::lookup_hash, person_lookup::mailbox_id))
                .load::<(Vec<u8>, Id)>(c))?;
            let ids: HashMap<Vec<u8>, (PersonId, MailboxId)> =
                rows.into_iter().map(|(hash, id)| (hash, (id.into(), id.into()))).collect();
            Ok(hashes.iter().map(|hash| ids.get(hash).copied()).collect())
        })
        .await
    }
}

/// What the register says of somebody, and on what condition it is kept.
#[derive(Clone)]
struct Told {
    person: RegisteredPerson,
    condition: Condition,
}

/// When what the register says is kept of somebody who is known here.
#[derive(Clone, Copy)]
enum Condition {
    /// Always.
    None,
    /// Where the register is still taken to have told last at this time. Another one means that a change was heard of, or
    /// a newer answer kept, since it was asked.
    StillAt(Option<Time>),
}

fn has(told: &[Told], number: &NationalId) -> bool {
    told.iter().any(|told| told.person.national_id == *number)
}

fn sort<T>(list: &mut [T], number: fn(&T) -> &NationalId) {
    list.sort_by(|one, other| number(one).expose().cmp(number(other).expose()));
}

fn seen(inner: &Inner, connection: &mut Connection, numbers: &[NationalId]) -> Result<Seen, Failure> {
    let hashes: Vec<Vec<u8>> = numbers.iter().map(|number| inner.vault.lookup_hash(number).to_vec()).collect();
    let rows = on!(connection, c => person_lookup::table
        .inner_join(mailbox::table.on(mailbox::id.eq(person_lookup::mailbox_id)))
        .filter(person_lookup::lookup_hash.eq_any(&hashes))
        .select((mailbox::lookup_hash, mailbox::known_at))
        .load::<(Vec<u8>, Option<Time>)>(c))?;
    Ok(rows.into_iter().collect())
}

/// How asking the register went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refreshed {
    /// It answered.
    Told,
    /// It is away.
    Away,
}

/// The numbers by which the register knows them.
fn numbers_of(inner: &Inner, connection: &mut Connection, whom: Vec<Whom>) -> Result<Vec<NationalId>, Failure> {
    let mut numbers = Vec::with_capacity(whom.len());
    let mut persons = Vec::new();
    for whom in whom {
        match whom {
            Whom::Person(person) => persons.push(person.key()),
            Whom::Number(number) => numbers.push(number),
        }
    }
    if persons.is_empty() {
        return Ok(numbers);
    }
    let rows = on!(connection, c => mailbox::table
        .filter(mailbox::id.eq_any(&persons))
        .select((mailbox::id, mailbox::national_id))
        .load::<(Id, Vec<u8>)>(c))?;
    for (id, number) in rows {
        numbers.push(open_number(&inner.vault, id.into(), &number)?);
    }
    Ok(numbers)
}

/// The numbers of the owners of mailboxes.
pub(crate) fn numbers_of_mailboxes(
    inner: &Inner,
    connection: &mut Connection,
    mailboxes: &[Id],
) -> Result<Vec<(Id, NationalId)>, StoreError> {
    if mailboxes.is_empty() {
        return Ok(vec![]);
    }
    let rows = on!(connection, c => mailbox::table
        .filter(mailbox::id.eq_any(mailboxes))
        .select((mailbox::id, mailbox::national_id))
        .load::<(Id, Vec<u8>)>(c))?;
    rows.into_iter().map(|(id, number)| Ok((id, open_number(&inner.vault, id.into(), &number)?))).collect()
}

/// The number of the owner of a mailbox.
pub(crate) fn open_number(vault: &Vault, owner: MailboxId, sealed: &[u8]) -> Result<NationalId, StoreError> {
    stored_number(&vault.open_identity(owner, Identity::Number, sealed).map_err(|_| CORRUPT)?)
}

/// A number out of the vault. It was checked when it came in.
pub(crate) fn stored_number(text: &str) -> Result<NationalId, StoreError> {
    NationalId::parse(text, NumberSeries::Real)
        .or_else(|_| NationalId::parse(text, NumberSeries::Synthetic))
        .map_err(|_| CORRUPT)
}

/// The mailbox of whoever has the number with this hash; none where they are not known here.
pub(crate) fn mailbox_with(connection: &mut Connection, hash: &[u8]) -> Result<Option<Id>, StoreError> {
    Ok(on!(connection, c => person_lookup::table
        .filter(person_lookup::lookup_hash.eq(hash))
        .select(person_lookup::mailbox_id)
        .first::<Id>(c)
        .optional())?)
}

fn keep_all(
    inner: &Inner,
    connection: &mut Connection,
    told: &[Told],
    now: DateTime<Utc>,
) -> Result<Vec<(PersonId, MailboxId)>, Failure> {
    connection.write(|connection| told.iter().map(|told| keep(inner, connection, told, now)).collect())
}

fn keep(
    inner: &Inner,
    connection: &mut Connection,
    Told { person: registered, condition }: &Told,
    now: DateTime<Utc>,
) -> Result<(PersonId, MailboxId), Failure> {
    let hash = inner.vault.lookup_hash(&registered.national_id);
    let known = on!(&mut *connection, c => person_lookup::table
        .inner_join(mailbox::table.on(mailbox::id.eq(person_lookup::mailbox_id)))
        .filter(person_lookup::lookup_hash.eq(hash.as_slice()))
        .select(mailbox::id)
        .first::<Id>(c)
        .optional())?;
    let Some(id) = known else {
        let id = insert(inner, connection, registered, &hash, now)?;
        keep_facts(connection, id, registered, Condition::None, now)?;
        keep_relations(inner, connection, id, registered)?;
        power_of_attorney::tell_newcomer(inner, connection, &hash, now)?;
        return Ok((id.into(), id.into()));
    };
    // This comes first: whoever hears of a change meanwhile waits for the row, and what follows holds together.
    if keep_facts(connection, id, registered, *condition, now)? {
        let name = inner.vault.seal_identity(id.into(), Identity::Name, registered.name.expose());
        on!(&mut *connection, c => diesel::update(mailbox::table.filter(mailbox::id.eq(id)))
            .set(mailbox::person_name.eq(name))
            .execute(c))?;
        keep_relations(inner, connection, id, registered)?;
        // Somebody responsible may live with the child now, or the child be old enough to read for itself.
        for owner in owners_of(connection, &[id], now)? {
            delivery::deliver_held(connection, &owner.facts, inner.policy, now)?;
        }
    }
    Ok((id.into(), id.into()))
}

/// Writes the facts where the condition holds. Says whether it did.
fn keep_facts(
    connection: &mut Connection,
    id: Id,
    registered: &RegisteredPerson,
    condition: Condition,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let kept = on!(connection, c => {
        let mut update = diesel::update(mailbox::table).filter(mailbox::id.eq(id)).into_boxed();
        update = match condition {
            Condition::None => update,
            Condition::StillAt(Some(at)) => update.filter(mailbox::known_at.eq(at)),
            Condition::StillAt(None) => update.filter(mailbox::known_at.is_null()),
        };
        update
            .set((
                mailbox::birth_date.eq(registered.birth_date),
                mailbox::death_date.eq(registered.death_date),
                mailbox::protection.eq(registered.protection.grade.as_word()),
                mailbox::protection_until.eq(registered.protection.until),
                mailbox::lives_with_responsible.eq(registered.lives_with_responsible()),
                mailbox::known_at.eq(Some(Time(now))),
            ))
            .execute(c)
    })?;
    Ok(kept > 0)
}

fn insert(
    inner: &Inner,
    connection: &mut Connection,
    registered: &RegisteredPerson,
    hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Id, Failure> {
    let id: MailboxId = new_id();
    let wrapped = inner.vault.new_mailbox_key(id, hash).1;
    let seal = |what, text| inner.vault.seal_identity(id, what, text);
    // Two who make the same person known meet here.
    on!(&mut *connection, c => diesel::insert_into(person_lookup::table)
        .values((person_lookup::lookup_hash.eq(hash.as_slice()), person_lookup::mailbox_id.eq(id.key())))
        .execute(c))?;
    on!(connection, c => diesel::insert_into(mailbox::table)
        .values((
            mailbox::id.eq(id.key()),
            mailbox::lookup_hash.eq(hash.as_slice()),
            mailbox::key_epoch.eq(wrapped.epoch),
            mailbox::data_key.eq(&wrapped.wrapped),
            mailbox::national_id.eq(seal(Identity::Number, registered.national_id.expose())),
            mailbox::person_name.eq(seal(Identity::Name, registered.name.expose())),
            mailbox::birth_date.eq(registered.birth_date),
            mailbox::protection.eq(registered.protection.grade.as_word()),
            mailbox::lives_with_responsible.eq(false),
            mailbox::consent.eq(0),
            mailbox::created_at.eq(Time(now)),
        ))
        .execute(c))?;
    Ok(id.key())
}

fn keep_relations(
    inner: &Inner,
    connection: &mut Connection,
    id: Id,
    registered: &RegisteredPerson,
) -> Result<(), Failure> {
    on!(&mut *connection, c => diesel::delete(
        registered_relation::table.filter(registered_relation::mailbox_id.eq(id)),
    )
    .execute(c))?;
    let relations: HashSet<(&'static str, [u8; 32])> = registered
        .relations()
        .map(|(relation, number)| (relation.as_word(), inner.vault.lookup_hash(number)))
        .collect();
    for (relation, relative) in relations {
        on!(&mut *connection, c => diesel::insert_into(registered_relation::table)
            .values((
                registered_relation::mailbox_id.eq(id),
                registered_relation::relation.eq(relation),
                registered_relation::relative_hash.eq(relative.as_slice()),
            ))
            .execute(c))?;
    }
    Ok(())
}

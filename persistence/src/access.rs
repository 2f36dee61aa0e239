//! Reads the facts, asks the rules, hands the grant on, writes the audit entry. The one door to a mailbox.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::{
    Action, Caller, Facts, Grant, OwnerFacts, PlatformAction, PlatformGrant, Refusal, ServiceAction, ServiceFacts,
    ServiceGrant, decide, decide_platform, decide_service,
};
use domain::agreement;
use domain::audit::{Entry, Object, Subject};
use domain::consent::ConsentLevel;
use domain::id::{MailboxId, PersonId, ServiceId};
use domain::identity::OrganisationNumber;
use domain::person::{Protection, age_years};

use crate::audit;
use crate::context::Context;
use crate::database::{Connection, Id, Key, on};
use crate::error::{Failure, StoreError};
use crate::schema::{agreement as agreements, client, mailbox, organisation, person, service};
use crate::vault::{DataKey, WrappedDataKey};
use crate::{Inner, Store};

/// Which mailbox is meant.
#[derive(Clone, Copy)]
pub(crate) enum MailboxRef {
    /// The caller's own.
    Own,
    /// The one of this id, whoever asks.
    Id(MailboxId),
}

/// The owner of a mailbox, with what opens its content.
pub(crate) struct Owner {
    pub(crate) facts: OwnerFacts,
    pub(crate) lookup_hash: Vec<u8>,
    pub(crate) wrapped_key: WrappedDataKey,
}

/// A mailbox that a caller may do something in.
pub(crate) struct Opened {
    pub(crate) grant: Grant,
    pub(crate) key: DataKey,
}

/// Not allowed, and the entry that says so.
struct Refused {
    refusal: Refusal,
    entry: Box<Entry>,
}

enum Denied {
    Refused(Refused),
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Denied {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

/// Something read, which nobody gets to see before its audit entry is durable.
pub(crate) struct Unrecorded<T> {
    value: T,
    entry: Entry,
}

impl<T> Unrecorded<T> {
    /// Whether something holds of the value, for deciding how to go on.
    pub(crate) fn is(&self, test: impl Fn(&T) -> bool) -> bool {
        test(&self.value)
    }

    pub(crate) async fn record(self, store: &Store) -> Result<T, Failure> {
        store.inner.audit.record(self.entry).await?;
        Ok(self.value)
    }
}

impl Store {
    /// Reads in a mailbox. The result is handed out when its audit entry is durable.
    pub(crate) async fn read_mailbox<T: Send + 'static>(
        &self,
        context: &Context,
        which: MailboxRef,
        action: Action,
        object: Option<Object>,
        work: impl FnOnce(&Inner, &mut Connection, &Opened) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.look_into_mailbox(context, which, action, object, work).await?.record(self).await
    }

    /// The first half of [`Store::read_mailbox`].
    pub(crate) async fn look_into_mailbox<T: Send + 'static>(
        &self,
        context: &Context,
        which: MailboxRef,
        action: Action,
        object: Option<Object>,
        work: impl FnOnce(&Inner, &mut Connection, &Opened) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Unrecorded<T>, Failure> {
        let context = context.clone();
        let attempt = self
            .run(move |inner, connection| {
                Ok(open(inner, connection, &context, which, action, object).and_then(|(opened, entry)| {
                    let value = work(inner, connection, &opened)?;
                    Ok(Unrecorded { value, entry })
                }))
            })
            .await?;
        self.settle(attempt).await
    }

    /// Writes in a mailbox: the effect and its audit entry are one transaction.
    pub(crate) async fn write_mailbox<T: Send + 'static>(
        &self,
        context: &Context,
        which: MailboxRef,
        action: Action,
        object: Option<Object>,
        work: impl FnOnce(&Inner, &mut Connection, &Opened) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let context = context.clone();
        let attempt = self
            .run(move |inner, connection| {
                let written = connection.write(|connection| {
                    let (opened, entry) = open(inner, connection, &context, which, action, object)?;
                    let value = work(inner, connection, &opened)?;
                    audit::insert(connection, vec![entry])?;
                    Ok(value)
                });
                Ok(written)
            })
            .await?;
        self.settle(attempt).await
    }

    /// A refusal is on record before the caller hears of it.
    async fn settle<T>(&self, attempt: Result<T, Denied>) -> Result<T, Failure> {
        match attempt {
            Ok(value) => Ok(value),
            Err(Denied::Failed(failure)) => Err(failure),
            Err(Denied::Refused(Refused { refusal, entry })) => {
                self.inner.audit.record(*entry).await?;
                Err(Failure::Refused(refusal))
            }
        }
    }

    /// Does something for a service, with the grant for it. `work` sees to its own entry.
    pub(crate) async fn for_service<T: Send + 'static>(
        &self,
        context: &Context,
        service: ServiceId,
        action: ServiceAction,
        work: impl FnOnce(&Inner, &mut Connection, &ServiceGrant) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let context = context.clone();
        let attempt = self
            .run(move |inner, connection| Ok(open_service(inner, connection, &context, service, action, work)))
            .await?;
        self.settle(attempt).await
    }

    /// Does something with the platform's registrations, in one transaction with its entry.
    pub(crate) async fn for_platform<T: Send + 'static>(
        &self,
        context: &Context,
        action: PlatformAction,
        subject: Subject,
        work: impl FnOnce(&Inner, &mut Connection, &PlatformGrant) -> Result<(T, Option<Object>), Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let context = context.clone();
        let attempt = self
            .run(move |inner, connection| {
                Ok(connection.write(|connection| {
                    let grant = decide_platform(action, &context.caller).map_err(|refusal| {
                        let entry = audit::refused(&context, None, subject, action.as_word(), None, refusal);
                        Denied::Refused(Refused { refusal, entry: Box::new(entry) })
                    })?;
                    let (value, object) = work(inner, connection, &grant)?;
                    let entry = audit::granted(&context, None, subject, action.as_word(), object, grant.rule());
                    audit::insert(connection, vec![entry])?;
                    Ok(value)
                }))
            })
            .await?;
        self.settle(attempt).await
    }
}

fn open(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    which: MailboxRef,
    action: Action,
    object: Option<Object>,
) -> Result<(Opened, Entry), Denied> {
    let caller_hash = match &context.caller {
        Caller::Citizen { national_id, .. } => Some(inner.vault.lookup_hash(national_id)),
        Caller::HealthWorker { .. } | Caller::System { .. } | Caller::Operator { .. } => None,
    };
    let owner = match (which, &caller_hash) {
        (MailboxRef::Id(mailbox), _) => owner_of(connection, mailbox, context.now)?,
        (MailboxRef::Own, Some(hash)) => owner_by_hash(connection, hash, context.now)?,
        (MailboxRef::Own, None) => None,
    };
    let person = match (&caller_hash, &owner) {
        (Some(hash), Some(owner)) if owner.lookup_hash == hash => Some(owner.facts.person),
        (Some(hash), Some(_) | None) => person_by_hash(connection, hash)?,
        (None, Some(_) | None) => None,
    };
    let facts = Facts::new(&context.caller, person, owner.as_ref().map(|owner| owner.facts));
    let decision = decide(action, &context.caller, &facts);
    // The entry stands in the mailbox's log where there is a mailbox, so that its owner sees who tried.
    let subject = owner.as_ref().map_or(Subject::Platform, |owner| Subject::Mailbox(owner.facts.mailbox));
    match (decision, owner) {
        (Ok(grant), Some(owner)) => {
            let entry = audit::granted(context, person, subject, action.as_word(), object, grant.rule());
            let key = inner.vault.data_key(owner.facts.mailbox, &owner.wrapped_key).map_err(|_| KEY_CORRUPT)?;
            Ok((Opened { grant, key }, entry))
        }
        (decision, _) => {
            let refusal = match (which, decision) {
                (MailboxRef::Own, Err(Refusal::NotThere)) if caller_hash.is_none() => Refusal::WrongKindOfCaller,
                (MailboxRef::Own, Err(Refusal::NotThere)) => Refusal::PersonUnknown,
                (MailboxRef::Own | MailboxRef::Id(_), Err(refusal)) => refusal,
                (MailboxRef::Own | MailboxRef::Id(_), Ok(_)) => Refusal::NotThere,
            };
            let entry = audit::refused(context, person, subject, action.as_word(), object, refusal);
            Err(Denied::Refused(Refused { refusal, entry: Box::new(entry) }))
        }
    }
}

const KEY_CORRUPT: StoreError = StoreError::Corrupt { what: "data key" };

fn open_service<T>(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    service: ServiceId,
    action: ServiceAction,
    work: impl FnOnce(&Inner, &mut Connection, &ServiceGrant) -> Result<T, Failure>,
) -> Result<T, Denied> {
    let facts = service_facts(connection, &[service], context.now)?.remove(&service);
    match decide_service(action, &context.caller, facts.as_ref()) {
        Ok(grant) => Ok(work(inner, connection, &grant)?),
        Err(refusal) => {
            let entry = refused_service_entry(context, service, facts.is_some(), action, refusal);
            Err(Denied::Refused(Refused { refusal, entry: Box::new(entry) }))
        }
    }
}

/// The entry about a refusal for a service; in the platform's log where there is no such service.
pub(crate) fn refused_service_entry(
    context: &Context,
    service: ServiceId,
    exists: bool,
    action: ServiceAction,
    refusal: Refusal,
) -> Entry {
    let subject = if exists { Subject::Service(service) } else { Subject::Platform };
    audit::refused(context, None, subject, action.as_word(), None, refusal)
}

/// The columns of [`Owner`], as tuple so that one text serves both ways of finding it.
type OwnerRow = (Id, Id, i32, Vec<u8>, i16, Vec<u8>, NaiveDate, Option<NaiveDate>, String);

macro_rules! owner_columns {
    () => {
        (
            mailbox::id,
            person::id,
            mailbox::key_epoch,
            mailbox::data_key,
            mailbox::consent,
            person::lookup_hash,
            person::birth_date,
            person::death_date,
            person::protection,
        )
    };
}

fn owner_from(row: OwnerRow, now: DateTime<Utc>) -> Result<Owner, StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt { what: "mailbox" };
    let (mailbox, person, epoch, wrapped, consent, lookup_hash, birth_date, death_date, protection) = row;
    let facts = OwnerFacts {
        mailbox: mailbox.into(),
        person: person.into(),
        is_dead: death_date.is_some(),
        age_years: age_years(birth_date, now),
        protection: protection.parse::<Protection>().map_err(|_| CORRUPT)?,
        consent: ConsentLevel::from_rank(consent).ok_or(CORRUPT)?,
    };
    Ok(Owner { facts, lookup_hash, wrapped_key: WrappedDataKey { epoch, wrapped } })
}

fn owner_of(connection: &mut Connection, id: MailboxId, now: DateTime<Utc>) -> Result<Option<Owner>, StoreError> {
    let row = on!(connection, c => mailbox::table
        .inner_join(person::table.on(person::id.eq(mailbox::person_id)))
        .filter(mailbox::id.eq(id.key()))
        .select(owner_columns!())
        .first::<OwnerRow>(c)
        .optional())?;
    row.map(|row| owner_from(row, now)).transpose()
}

fn owner_by_hash(
    connection: &mut Connection,
    hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<Owner>, StoreError> {
    let row = on!(connection, c => person::table
        .inner_join(mailbox::table.on(person::id.eq(mailbox::person_id)))
        .filter(person::lookup_hash.eq(hash.as_slice()))
        .select(owner_columns!())
        .first::<OwnerRow>(c)
        .optional())?;
    row.map(|row| owner_from(row, now)).transpose()
}

/// The owners of many mailboxes, in one query.
pub(crate) fn owners_of(connection: &mut Connection, ids: &[Id], now: DateTime<Utc>) -> Result<Vec<Owner>, StoreError> {
    let rows = on!(connection, c => mailbox::table
        .inner_join(person::table.on(person::id.eq(mailbox::person_id)))
        .filter(mailbox::id.eq_any(ids))
        .select(owner_columns!())
        .load::<OwnerRow>(c))?;
    rows.into_iter().map(|row| owner_from(row, now)).collect()
}

/// The owners with many identity numbers, by their hashes, in one query.
pub(crate) fn owners_by_hashes(
    connection: &mut Connection,
    hashes: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<Vec<Owner>, StoreError> {
    let rows = on!(connection, c => person::table
        .inner_join(mailbox::table.on(person::id.eq(mailbox::person_id)))
        .filter(person::lookup_hash.eq_any(hashes))
        .select(owner_columns!())
        .load::<OwnerRow>(c))?;
    rows.into_iter().map(|row| owner_from(row, now)).collect()
}

fn person_by_hash(connection: &mut Connection, hash: &[u8; 32]) -> Result<Option<PersonId>, StoreError> {
    let id = on!(connection, c => person::table
        .filter(person::lookup_hash.eq(hash.as_slice()))
        .select(person::id)
        .first::<Id>(c)
        .optional())?;
    Ok(id.map(PersonId::from))
}

/// What the rules ask about services. One that does not exist is left out.
pub(crate) fn service_facts(
    connection: &mut Connection,
    services: &[ServiceId],
    now: DateTime<Utc>,
) -> Result<HashMap<ServiceId, ServiceFacts>, StoreError> {
    let ids: Vec<Id> = services.iter().map(|service| service.key()).collect();
    let rows = on!(&mut *connection, c => service::table
        .inner_join(organisation::table.on(organisation::id.eq(service::organisation_id)))
        .filter(service::id.eq_any(&ids))
        .select((service::id, organisation::id, organisation::number))
        .load::<(Id, Id, String)>(c))?;
    let organisations: Vec<Id> = rows.iter().map(|row| row.1).collect();
    let agreements = on!(&mut *connection, c => agreements::table
        .filter(agreements::organisation_id.eq_any(&organisations))
        .select((agreements::organisation_id, agreements::valid_from, agreements::valid_to))
        .load::<(Id, NaiveDate, Option<NaiveDate>)>(c))?;
    let clients = on!(connection, c => client::table
        .filter(client::organisation_id.eq_any(&organisations))
        .select((client::organisation_id, client::external_id))
        .load::<(Id, String)>(c))?;
    rows.into_iter()
        .map(|(id, organisation, number)| {
            let organisation_number =
                OrganisationNumber::parse(&number).map_err(|_| StoreError::Corrupt { what: "organisation" })?;
            let facts = ServiceFacts {
                service: id.into(),
                organisation: organisation.into(),
                organisation_number,
                agreement_in_force: agreements
                    .iter()
                    .any(|(owner, from, to)| *owner == organisation && agreement::in_force(*from, *to, now)),
                registered_clients: clients
                    .iter()
                    .filter(|(owner, _)| *owner == organisation)
                    .map(|(_, external_id)| external_id.clone())
                    .collect(),
            };
            Ok((facts.service, facts))
        })
        .collect()
}

//! Persons, their mailboxes and profiles.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::Action;
use domain::id::{MailboxId, PersonId};
use domain::identity::{NationalId, NumberSeries};
use domain::mailbox::{Mailbox, Profile};
use domain::person::{PersonName, Protection};

use crate::access::{MailboxRef, Opened};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::{mailbox, person};
use crate::vault::{DataKey, Field, WrappedDataKey};
use crate::{Inner, Store, consent, message};

const CORRUPT: StoreError = StoreError::Corrupt { what: "person" };

/// A person as a register hands them over.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The identity number.
    pub national_id: NationalId,
    /// The name.
    pub name: PersonName,
    /// The date of birth, which may differ from the one in the number.
    pub birth_date: NaiveDate,
    /// The protection of the address.
    pub protection: Protection,
    /// The day of death.
    pub death_date: Option<NaiveDate>,
}

#[derive(Insertable)]
#[diesel(table_name = person)]
struct PersonRow {
    id: Id,
    lookup_hash: Vec<u8>,
    mailbox_id: Id,
    birth_date: NaiveDate,
    death_date: Option<NaiveDate>,
    protection: &'static str,
    real_number: bool,
    created_at: Time,
}

#[derive(Insertable)]
#[diesel(table_name = mailbox)]
struct MailboxRow {
    id: Id,
    person_id: Id,
    key_epoch: i32,
    data_key: Vec<u8>,
    national_id: Vec<u8>,
    person_name: Vec<u8>,
    consent: i16,
    created_at: Time,
}

impl Store {
    /// Makes known a person of the register, with a mailbox that is closed until they consent. Someone known already
    /// is left as they are.
    ///
    /// # Errors
    /// The store away.
    pub async fn person_register(&self, new: NewPerson, now: DateTime<Utc>) -> Result<(PersonId, MailboxId), Failure> {
        self.run(move |inner, connection| {
            connection.write(|connection| {
                let hash = inner.vault.lookup_hash(&new.national_id);
                let known = on!(&mut *connection, c => person::table
                    .filter(person::lookup_hash.eq(hash.as_slice()))
                    .select((person::id, person::mailbox_id))
                    .first::<(Id, Id)>(c)
                    .optional())?;
                match known {
                    Some((person, mailbox)) => Ok((person.into(), mailbox.into())),
                    None => person_insert(inner, connection, &new, hash, now),
                }
            })
        })
        .await
    }

    /// Whether any person known has a number of the real series. The sandbox does not start beside one.
    ///
    /// # Errors
    /// The store away.
    pub async fn real_person_exists(&self) -> Result<bool, Failure> {
        self.run(|_, connection| {
            let real = person::table.filter(person::real_number);
            Ok(on!(connection, c => diesel::select(diesel::dsl::exists(real)).get_result(c))?)
        })
        .await
    }

    /// Every piece of profile information held of the caller (TK-4).
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn profile_fetch(&self, context: &Context) -> Result<Profile, Failure> {
        self.read_mailbox(context, MailboxRef::Own, Action::SeeProfile, None, |_, connection, opened| {
            profile_of(connection, opened)
        })
        .await
    }

    /// A mailbox that the caller may open, with its unread count.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn mailbox_fetch(&self, context: &Context, mailbox: MailboxId) -> Result<Mailbox, Failure> {
        self.read_mailbox(context, MailboxRef::Id(mailbox), Action::SeeMailbox, None, mailbox_seen).await
    }

    /// The mailboxes that the caller may open.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn mailbox_list(&self, context: &Context) -> Result<Vec<Mailbox>, Failure> {
        let own = self.read_mailbox(context, MailboxRef::Own, Action::SeeMailbox, None, mailbox_seen).await?;
        Ok(vec![own])
    }
}

fn person_insert(
    inner: &Inner,
    connection: &mut Connection,
    new: &NewPerson,
    hash: [u8; 32],
    now: DateTime<Utc>,
) -> Result<(PersonId, MailboxId), Failure> {
    let person_id: PersonId = new_id();
    let mailbox_id: MailboxId = new_id();
    let (key, wrapped) = inner.vault.new_data_key(mailbox_id);
    let object = person_id.as_uuid();
    let person_row = PersonRow {
        id: person_id.key(),
        lookup_hash: hash.to_vec(),
        mailbox_id: mailbox_id.key(),
        birth_date: new.birth_date,
        death_date: new.death_date,
        protection: new.protection.as_word(),
        real_number: new.national_id.series() == Some(NumberSeries::Real),
        created_at: Time(now),
    };
    let mailbox_row = MailboxRow {
        id: mailbox_id.key(),
        person_id: person_id.key(),
        key_epoch: wrapped.epoch,
        data_key: wrapped.wrapped,
        national_id: key.seal(object, Field::NationalId, new.national_id.expose().as_bytes()),
        person_name: key.seal(object, Field::PersonName, new.name.expose().as_bytes()),
        consent: 0,
        created_at: Time(now),
    };
    on!(&mut *connection, c => diesel::insert_into(person::table).values(person_row).execute(c))?;
    on!(connection, c => diesel::insert_into(mailbox::table).values(mailbox_row).execute(c))?;
    Ok((person_id, mailbox_id))
}

fn profile_of(connection: &mut Connection, opened: &Opened) -> Result<Profile, Failure> {
    let id = opened.grant.mailbox();
    let (person_id, number, name, birth_date, protection) = on!(&mut *connection, c => mailbox::table
        .inner_join(person::table.on(person::id.eq(mailbox::person_id)))
        .filter(mailbox::id.eq(id.key()))
        .select((person::id, mailbox::national_id, mailbox::person_name, person::birth_date, person::protection))
        .first::<(Id, Vec<u8>, Vec<u8>, NaiveDate, String)>(c))?;
    let number = opened.key.open_text(person_id.0, Field::NationalId, &number).map_err(|_| CORRUPT)?;
    let national_id = NationalId::parse(&number, NumberSeries::Real)
        .or_else(|_| NationalId::parse(&number, NumberSeries::Synthetic))
        .map_err(|_| CORRUPT)?;
    Ok(Profile {
        person: person_id.into(),
        mailbox: id,
        name: open_name(&opened.key, person_id, &name)?,
        national_id,
        birth_date,
        protection: protection.parse().map_err(|_| CORRUPT)?,
        consent: consent::current(connection, &opened.grant)?,
        acceptances: consent::acceptances(connection, &opened.grant)?,
    })
}

fn mailbox_seen(_: &Inner, connection: &mut Connection, opened: &Opened) -> Result<Mailbox, Failure> {
    let id = opened.grant.mailbox();
    let (person_id, name) = on!(&mut *connection, c => mailbox::table
        .filter(mailbox::id.eq(id.key()))
        .select((mailbox::person_id, mailbox::person_name))
        .first::<(Id, Vec<u8>)>(c))?;
    let owner_name = open_name(&opened.key, person_id, &name)?;
    Ok(Mailbox { id, owner_name, unread: message::unread_count(connection, &opened.grant)? })
}

/// The names of persons, for whoever is in the access log.
pub(crate) fn names_of(
    inner: &Inner,
    connection: &mut Connection,
    persons: &[PersonId],
) -> Result<HashMap<PersonId, String>, StoreError> {
    let mut ids: Vec<Id> = persons.iter().map(|person| person.key()).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = on!(connection, c => mailbox::table
        .filter(mailbox::person_id.eq_any(&ids))
        .select((mailbox::id, mailbox::person_id, mailbox::key_epoch, mailbox::data_key, mailbox::person_name))
        .load::<(Id, Id, i32, Vec<u8>, Vec<u8>)>(c))?;
    rows.into_iter()
        .map(|(id, person, epoch, wrapped, name)| {
            let key = inner.vault.data_key(id.into(), &WrappedDataKey { epoch, wrapped }).map_err(|_| CORRUPT)?;
            Ok((person.into(), open_name(&key, person, &name)?.expose().to_owned()))
        })
        .collect()
}

fn open_name(key: &DataKey, person: Id, sealed: &[u8]) -> Result<PersonName, StoreError> {
    key.open_text(person.0, Field::PersonName, sealed).map(PersonName::from_register).map_err(|_| CORRUPT)
}

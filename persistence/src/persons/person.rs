//! Persons, their mailboxes and profiles.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::MailboxAct;
use domain::id::{MailboxId, PersonId};
use domain::mailbox::Profile;
use domain::person::PersonName;

use crate::access::facts::protected;
use crate::access::{MailboxRef, Opened};
use crate::chain::Chain;
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::persons::consent;
use crate::persons::contact_details;
use crate::persons::register::open_number;
use crate::schema::mailbox;
use crate::vault::{Identity, Vault};
use crate::{Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "person" };

impl Store {
    /// Every piece of profile information held of the caller (TK-4).
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn profile_fetch(&self, context: &Context) -> Result<Profile, Failure> {
        let now = context.now;
        self.read_mailbox(context, MailboxRef::Own, MailboxAct::SEE_PROFILE, None, move |inner, connection, opened| {
            profile_of(inner, connection, opened, now)
        })
        .await
    }
}

fn profile_of(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    now: DateTime<Utc>,
) -> Result<Profile, Failure> {
    let id = opened.grant.mailbox();
    let (number, name, birth_date, grade, until, locked_at) = on!(&mut *connection, c => mailbox::table
        .filter(mailbox::id.eq(id.key()))
        .select((
            mailbox::national_id,
            mailbox::person_name,
            mailbox::birth_date,
            mailbox::protection,
            mailbox::protection_until,
            mailbox::locked_at,
        ))
        .first::<(Vec<u8>, Vec<u8>, NaiveDate, String, Option<NaiveDate>, Option<Time>)>(c))?;
    let protected = protected(&grade, until)?;
    let protection = protected.at(now);
    Ok(Profile {
        person: id.as_uuid().into(),
        mailbox: id,
        name: open_name(&inner.vault, id, &name)?,
        national_id: open_number(&inner.vault, id, &number)?,
        birth_date,
        protection,
        protection_until: protected.until.filter(|_| protection.is_graded()),
        contact_details: contact_details::fetch(connection, opened)?,
        consent: consent::current(connection, &opened.grant)?,
        locked_at: locked_at.map(|at| at.0),
        lacking: consent::lacking(inner, connection, opened, now)?,
        acceptances: consent::acceptances(connection, id)?,
    })
}

/// The names of persons, as the register has them. One that does not open is left out, as that of somebody who is not
/// known is.
pub(crate) fn names_of(
    inner: &Inner,
    connection: &mut Connection,
    persons: &[PersonId],
) -> Result<HashMap<PersonId, String>, StoreError> {
    let mut ids: Vec<Id> = persons.iter().map(|person| person.key()).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = on!(connection, c => mailbox::table
        .filter(mailbox::id.eq_any(&ids))
        .select((mailbox::id, mailbox::person_name))
        .load::<(Id, Vec<u8>)>(c))?;
    let open = |(person, name): (Id, Vec<u8>)| match open_name(&inner.vault, person.into(), &name) {
        Ok(name) => Some((person.into(), name.expose().to_owned())),
        Err(error) => {
            let error = Chain(&error);
            tracing::error!(%error, person.id = %person.0, "the name of a person does not open: it is damaged");
            None
        }
    };
    Ok(rows.into_iter().filter_map(open).collect())
}

/// The names that somebody may see today: not of others who have a protected address, whose name may be another since
/// they were met (ADR-8, ADR-9).
pub(crate) fn names_shown(
    inner: &Inner,
    connection: &mut Connection,
    persons: &[PersonId],
    viewer: Option<PersonId>,
    now: DateTime<Utc>,
) -> Result<HashMap<PersonId, String>, StoreError> {
    let unavailable = unavailable(connection, persons, now)?;
    let mut names = names_of(inner, connection, persons)?;
    names.retain(|person, _| viewer == Some(*person) || !unavailable.contains(person));
    Ok(names)
}

/// Those of them who are dead or have a protected address.
pub(crate) fn unavailable(
    connection: &mut Connection,
    persons: &[PersonId],
    now: DateTime<Utc>,
) -> Result<HashSet<PersonId>, StoreError> {
    let mut ids: Vec<Id> = persons.iter().map(|person| person.key()).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = on!(connection, c => mailbox::table
        .filter(mailbox::id.eq_any(&ids))
        .select((mailbox::id, mailbox::death_date, mailbox::protection, mailbox::protection_until))
        .load::<(Id, Option<NaiveDate>, String, Option<NaiveDate>)>(c))?;
    let mut unavailable = HashSet::new();
    for (id, death_date, grade, until) in rows {
        if death_date.is_some() || protected(&grade, until)?.at(now).is_graded() {
            unavailable.insert(id.into());
        }
    }
    Ok(unavailable)
}

/// The name of the owner of a mailbox.
pub(crate) fn open_name(vault: &Vault, owner: MailboxId, sealed: &[u8]) -> Result<PersonName, StoreError> {
    vault.open_identity(owner, Identity::Name, sealed).map(PersonName::from_register).map_err(|_| CORRUPT)
}

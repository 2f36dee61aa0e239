//! Health contacts as rows.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Date, Integer, Nullable, Text};
use domain::appointment::ExternalId;
use domain::health_contact::{ContactKind, ContactName, ContactNames, ContactPeriod, ContactRole};
use domain::id::{HealthContactId, MailboxId, ServiceId};
use serde::{Deserialize, Serialize};

use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, on};
use crate::error::StoreError;
use crate::schema::{health_contact, health_contact_name};
use crate::vault::{Field, MailboxKey};

pub(super) const CORRUPT: StoreError = StoreError::Corrupt { what: "health contact" };

rows! {
    /// A contact that has just been told of.
    ContactRow, ContactColumns => health_contact {
        mailbox_id: Id as SqlUuid,
        id: Id as SqlUuid,
        service_id: Id as SqlUuid,
        external_id: String as Text,
        kind: &'static str as Text,
        names: Vec<u8> as Binary,
        writes_to_id: Id as SqlUuid,
        valid_from: NaiveDate as Date,
        valid_to: Option<NaiveDate> as Nullable<Date>,
        closed_on: Option<NaiveDate> as Nullable<Date>,
        name_version: i32 as Integer,
        created_at: Time as SqlTime,
        changed_at: Time as SqlTime,
    }
}

rows! {
    /// What a service calls a contact.
    NameRow, NameColumns => health_contact_name {
        service_id: Id as SqlUuid,
        external_id: String as Text,
        mailbox_id: Id as SqlUuid,
        contact_id: Id as SqlUuid,
    }
}

impl From<&ContactRow> for NameRow {
    fn from(row: &ContactRow) -> Self {
        Self {
            service_id: row.service_id,
            external_id: row.external_id.clone(),
            mailbox_id: row.mailbox_id,
            contact_id: row.id,
        }
    }
}

rows! {
    /// A line that has been put aside.
    LineRow, LineColumns => health_contact_line {
        batch_id: Id as SqlUuid,
        line: i32 as Integer,
        id: Id as SqlUuid,
        mailbox_id: Id as SqlUuid,
        external_id: String as Text,
        kind: &'static str as Text,
        names: Vec<u8> as Binary,
        writes_to_id: Id as SqlUuid,
        valid_from: NaiveDate as Date,
        valid_to: Option<NaiveDate> as Nullable<Date>,
        told_at: Time as SqlTime,
    }
}

/// A contact as it is stored.
pub(super) struct Stored {
    pub(super) mailbox: MailboxId,
    pub(super) id: HealthContactId,
    pub(super) external_id: String,
    pub(super) kind: ContactKind,
    pub(super) names: Vec<u8>,
    pub(super) writes_to: ServiceId,
    pub(super) period: ContactPeriod,
    pub(super) name_version: i32,
}

pub(super) type StoredRow =
    ((Id, Id, String, String), (Vec<u8>, Id), (NaiveDate, Option<NaiveDate>, Option<NaiveDate>), i32);

macro_rules! stored_columns {
    () => {
        (
            (
                $crate::schema::health_contact::mailbox_id,
                $crate::schema::health_contact::id,
                $crate::schema::health_contact::external_id,
                $crate::schema::health_contact::kind,
            ),
            ($crate::schema::health_contact::names, $crate::schema::health_contact::writes_to_id),
            (
                $crate::schema::health_contact::valid_from,
                $crate::schema::health_contact::valid_to,
                $crate::schema::health_contact::closed_on,
            ),
            $crate::schema::health_contact::name_version,
        )
    };
}
pub(super) use stored_columns;

pub(super) fn stored_from(row: StoredRow) -> Result<Stored, StoreError> {
    let ((mailbox, id, external_id, kind), (names, writes_to), (from, to, closed_on), name_version) = row;
    Ok(Stored {
        mailbox: mailbox.into(),
        id: id.into(),
        external_id,
        kind: kind.parse().map_err(|_| CORRUPT)?,
        names,
        writes_to: writes_to.into(),
        period: ContactPeriod { from, to, closed_on },
        name_version,
    })
}

/// Those of these contacts of a service that are known, by their names there.
pub(super) fn named(
    connection: &mut Connection,
    service: ServiceId,
    names: &[&str],
) -> Result<HashMap<String, Stored>, StoreError> {
    let rows = on!(connection, c => health_contact_name::table
        .inner_join(health_contact::table.on(
            health_contact::mailbox_id.eq(health_contact_name::mailbox_id)
                .and(health_contact::id.eq(health_contact_name::contact_id)),
        ))
        .filter(health_contact_name::service_id.eq(service.key()))
        .filter(health_contact_name::external_id.eq_any(names))
        .select(stored_columns!())
        .load::<StoredRow>(c))?;
    let by_name = |row| stored_from(row).map(|found| (found.external_id.clone(), found));
    rows.into_iter().map(by_name).collect()
}

/// Changes one to what was told. `names` are sealed for it; `is_another` says that it is somebody else than before.
pub(super) fn change(
    connection: &mut Connection,
    found: &Stored,
    line: &Line,
    names: Vec<u8>,
    is_another: bool,
    now: Time,
) -> Result<(), StoreError> {
    on!(connection, c => diesel::update(health_contact::table.find((found.mailbox.key(), found.id.key())))
        .set((
            health_contact::kind.eq(line.kind.as_word()),
            health_contact::names.eq(names),
            health_contact::writes_to_id.eq(line.writes_to),
            health_contact::valid_from.eq(line.period.from),
            health_contact::valid_to.eq(line.period.to),
            health_contact::closed_on.eq(None::<NaiveDate>),
            health_contact::name_version.eq(found.name_version.saturating_add(i32::from(is_another))),
            health_contact::changed_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// A line of a batch as it was put aside. Its names are sealed for the contact that it would make.
pub(super) struct Line {
    pub(super) line: u32,
    pub(super) id: HealthContactId,
    pub(super) mailbox: MailboxId,
    pub(super) external_id: ExternalId,
    pub(super) kind: ContactKind,
    pub(super) names: Vec<u8>,
    pub(super) writes_to: Id,
    pub(super) period: ContactPeriod,
}

pub(super) type StoredLine = ((i32, Id, Id, String, String), (Vec<u8>, Id), (NaiveDate, Option<NaiveDate>));

pub(super) fn line_from(row: StoredLine) -> Result<Line, StoreError> {
    let ((line, id, mailbox, external_id, kind), (names, writes_to), (from, to)) = row;
    Ok(Line {
        line: u32::try_from(line).map_err(|_| CORRUPT)?,
        id: id.into(),
        mailbox: mailbox.into(),
        external_id: ExternalId::parse(&external_id).map_err(|_| CORRUPT)?,
        kind: kind.parse().map_err(|_| CORRUPT)?,
        names,
        writes_to,
        period: ContactPeriod { from, to, closed_on: None },
    })
}

/// Who a contact is, as it is sealed.
#[derive(Serialize, Deserialize)]
struct SealedNames {
    role: Option<String>,
    person: Option<String>,
    unit: Option<String>,
}

pub(super) fn seal_names(key: &MailboxKey, id: HealthContactId, names: &ContactNames) -> Result<Vec<u8>, StoreError> {
    let ContactNames { role, person, unit } = names;
    let text = |name: &Option<ContactName>| name.as_ref().map(|name| name.expose().to_owned());
    let role = role.as_ref().map(|role| role.expose().to_owned());
    let names = SealedNames { role, person: text(person), unit: text(unit) };
    let plain = serde_json::to_vec(&names).map_err(|_| CORRUPT)?;
    Ok(key.seal(id.as_uuid(), Field::ContactNames, &plain))
}

pub(super) fn open_names(key: &MailboxKey, id: HealthContactId, sealed: &[u8]) -> Result<ContactNames, StoreError> {
    let plain = key.open(id.as_uuid(), Field::ContactNames, sealed).map_err(|_| CORRUPT)?;
    let SealedNames { role, person, unit } = serde_json::from_slice(&plain).map_err(|_| CORRUPT)?;
    let name = |text: Option<String>| text.map(|text| ContactName::parse(&text)).transpose().map_err(|_| CORRUPT);
    let role = role.map(|text| ContactRole::parse(&text)).transpose().map_err(|_| CORRUPT)?;
    Ok(ContactNames { role, person: name(person)?, unit: name(unit)? })
}

//! Appointments as rows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::ItemFlags;
use domain::appointment::{
    AppointmentDescription, AppointmentFacts, AppointmentKind, AppointmentText, AppointmentTitle, Cancellation,
    CancelledBy, ExternalId, NewAppointment, Place,
};
use domain::id::{AppointmentId, MailboxId, ServiceId};
use domain::service::ItemPolicy;

use crate::context::new_id;
use crate::database::{Connection, Id, Key, Time, locked, on};
use crate::error::StoreError;
use crate::mailboxes::flags::AppointmentFlagsRow;
use crate::schema::{appointment, appointment_name};
use crate::vault::{Field, MailboxKey};

pub(super) const CORRUPT: StoreError = StoreError::Corrupt { what: "appointment" };

/// What a service tells of an appointment. What has been withheld since is no part of it.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = appointment, treat_none_as_null = true)]
struct ToldRow {
    kind: &'static str,
    title: Vec<u8>,
    place: Option<Vec<u8>>,
    description: Option<Vec<u8>>,
    starts_at: Time,
    ends_at: Time,
    is_cancellable: bool,
    version: i32,
    changed_at: Time,
    minimum_consent: i16,
    available_at_protected_address: bool,
    parents_until_years: i16,
    power_of_attorney: bool,
    youth: i16,
}

/// Something told of an appointment, before it is a row.
pub(super) struct Told<'t> {
    pub(super) new: &'t NewAppointment,
    /// What the service's appointments ask of who looks at them.
    pub(super) item: ItemPolicy,
    pub(super) key: &'t MailboxKey,
    pub(super) now: DateTime<Utc>,
}

impl Told<'_> {
    fn row(&self, id: AppointmentId, version: i32) -> ToldRow {
        let NewAppointment { recipient: _, kind, starts_at, ends_at, text, is_cancellable } = self.new;
        let AppointmentText { title, place, description } = text;
        let ItemPolicy { minimum_consent, available_at_protected_address, parents, power_of_attorney, youth } =
            self.item;
        let seal = |field, text: &str| self.key.seal(id.as_uuid(), field, text.as_bytes());
        ToldRow {
            kind: kind.as_word(),
            title: seal(Field::AppointmentTitle, title.expose()),
            place: place.as_ref().map(|place| seal(Field::Place, place.expose())),
            description: description.as_ref().map(|text| seal(Field::AppointmentDescription, text.expose())),
            starts_at: Time(*starts_at),
            ends_at: Time(*ends_at),
            is_cancellable: *is_cancellable,
            version,
            changed_at: Time(self.now),
            minimum_consent: minimum_consent.rank(),
            available_at_protected_address,
            parents_until_years: parents.until_years(),
            power_of_attorney,
            youth: youth.rank(),
        }
    }

    /// Whether this is what is known already, so that nothing changes.
    pub(super) fn is_known(&self, found: &Stored) -> Result<bool, StoreError> {
        let NewAppointment { recipient: _, kind, starts_at, ends_at, text, is_cancellable } = self.new;
        let item = ItemFlags {
            withheld_from_parents: found.item.withheld_from_parents,
            withheld_from_holders: found.item.withheld_from_holders,
            is_parental: found.item.is_parental,
            ..self.item.into()
        };
        let facts = AppointmentFacts {
            starts_at: to_the_microsecond(*starts_at),
            ends_at: to_the_microsecond(*ends_at),
            is_cancellable: *is_cancellable,
            cancellation: found.facts.cancellation,
        };
        Ok(*kind == found.kind && facts == found.facts && item == found.item && *text == found.text(self.key)?)
    }
}

/// A time as both databases keep it.
fn to_the_microsecond(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}

/// An appointment as it is stored.
pub(super) struct Stored {
    pub(super) mailbox: MailboxId,
    pub(super) id: AppointmentId,
    pub(super) service: ServiceId,
    pub(super) external_id: ExternalId,
    pub(super) kind: AppointmentKind,
    title: Vec<u8>,
    place: Option<Vec<u8>>,
    description: Option<Vec<u8>>,
    pub(super) facts: AppointmentFacts,
    pub(super) version: i32,
    pub(super) changed_at: DateTime<Utc>,
    pub(super) item: ItemFlags,
}

impl Stored {
    /// What it says.
    pub(super) fn text(&self, key: &MailboxKey) -> Result<AppointmentText, StoreError> {
        let open = |field, sealed: &[u8]| key.open_text(self.id.as_uuid(), field, sealed).map_err(|_| CORRUPT);
        let title = open(Field::AppointmentTitle, &self.title)?;
        let place = self.place.as_deref().map(|sealed| open(Field::Place, sealed)).transpose()?;
        let description = self.description.as_deref().map(|sealed| open(Field::AppointmentDescription, sealed));
        let description = description.transpose()?;
        Ok(AppointmentText {
            title: AppointmentTitle::parse(&title).map_err(|_| CORRUPT)?,
            place: place.map(|text| Place::parse(&text)).transpose().map_err(|_| CORRUPT)?,
            description: description
                .map(|text| AppointmentDescription::parse(&text))
                .transpose()
                .map_err(|_| CORRUPT)?,
        })
    }
}

/// The columns of [`Stored`].
#[derive(Queryable, Selectable)]
#[diesel(table_name = appointment)]
pub(super) struct StoredRow {
    mailbox_id: Id,
    pub(super) id: Id,
    service_id: Id,
    external_id: String,
    kind: String,
    title: Vec<u8>,
    place: Option<Vec<u8>>,
    description: Option<Vec<u8>>,
    pub(super) starts_at: Time,
    ends_at: Time,
    is_cancellable: bool,
    cancelled_at: Option<Time>,
    cancelled_by: Option<String>,
    version: i32,
    changed_at: Time,
    #[diesel(embed)]
    flags: AppointmentFlagsRow,
}

pub(super) fn stored_from(row: StoredRow) -> Result<Stored, StoreError> {
    let cancellation = match (row.cancelled_at, row.cancelled_by) {
        (Some(at), Some(by)) => Some(Cancellation { at: at.0, by: by.parse().map_err(|_| CORRUPT)? }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(CORRUPT),
    };
    Ok(Stored {
        mailbox: row.mailbox_id.into(),
        id: row.id.into(),
        service: row.service_id.into(),
        external_id: ExternalId::parse(&row.external_id).map_err(|_| CORRUPT)?,
        kind: row.kind.parse().map_err(|_| CORRUPT)?,
        title: row.title,
        place: row.place,
        description: row.description,
        facts: AppointmentFacts {
            starts_at: row.starts_at.0,
            ends_at: row.ends_at.0,
            is_cancellable: row.is_cancellable,
            cancellation,
        },
        version: row.version,
        changed_at: row.changed_at.0,
        item: row.flags.item()?,
    })
}

/// An appointment of a mailbox, held so that nobody else changes it before the transaction ends.
pub(super) fn locked(
    connection: &mut Connection,
    mailbox: MailboxId,
    id: AppointmentId,
) -> Result<Option<Stored>, StoreError> {
    let found = appointment::table.find((mailbox.key(), id.key()));
    let row = locked!(connection, found.select(StoredRow::as_select()), first).optional()?;
    row.map(stored_from).transpose()
}

/// An appointment by its service's own name for it, held as by [`fn@locked`].
pub(super) fn named(
    connection: &mut Connection,
    service: ServiceId,
    external_id: &ExternalId,
) -> Result<Option<Stored>, StoreError> {
    let place = on!(&mut *connection, c => appointment_name::table
        .find((service.key(), external_id.as_str()))
        .select((appointment_name::mailbox_id, appointment_name::appointment_id))
        .first::<(Id, Id)>(c)
        .optional())?;
    match place {
        Some((mailbox, id)) => locked(connection, mailbox.into(), id.into()),
        None => Ok(None),
    }
}

/// Keeps a new one.
pub(super) fn insert(
    connection: &mut Connection,
    mailbox: MailboxId,
    service: ServiceId,
    external_id: &ExternalId,
    told: &Told<'_>,
) -> Result<AppointmentId, StoreError> {
    let id: AppointmentId = new_id();
    let flags = ItemFlags::from(told.item);
    on!(&mut *connection, c => diesel::insert_into(appointment_name::table)
        .values((
            appointment_name::service_id.eq(service.key()),
            appointment_name::external_id.eq(external_id.as_str()),
            appointment_name::mailbox_id.eq(mailbox.key()),
            appointment_name::appointment_id.eq(id.key()),
        ))
        .execute(c))?;
    on!(connection, c => diesel::insert_into(appointment::table)
        .values((
            appointment::mailbox_id.eq(mailbox.key()),
            appointment::id.eq(id.key()),
            appointment::service_id.eq(service.key()),
            appointment::external_id.eq(external_id.as_str()),
            appointment::created_at.eq(Time(told.now)),
            appointment::withheld_from_parents.eq(flags.withheld_from_parents),
            appointment::withheld_from_holders.eq(flags.withheld_from_holders),
            appointment::is_parental.eq(flags.is_parental),
            told.row(id, 0),
        ))
        .execute(c))?;
    Ok(id)
}

/// Changes one to what was told.
pub(super) fn change(connection: &mut Connection, found: &Stored, told: &Told<'_>) -> Result<(), StoreError> {
    let row = told.row(found.id, found.version.saturating_add(1));
    on!(connection, c => diesel::update(appointment::table.find((found.mailbox.key(), found.id.key())))
        .set(row)
        .execute(c))?;
    Ok(())
}

/// Cancels one.
pub(super) fn cancel(
    connection: &mut Connection,
    found: &Stored,
    by: CancelledBy,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    on!(connection, c => diesel::update(appointment::table.find((found.mailbox.key(), found.id.key())))
        .set((
            appointment::cancelled_at.eq(Time(now)),
            appointment::cancelled_by.eq(by.as_word()),
            appointment::version.eq(found.version.saturating_add(1)),
            appointment::changed_at.eq(Time(now)),
        ))
        .execute(c))?;
    Ok(())
}

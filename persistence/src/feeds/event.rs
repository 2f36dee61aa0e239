//! Events for the feeds of organisations: rows, written in the transaction of what they tell. They get their numbers
//! after commit, in [`feed`](crate::feeds::feed).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::event::{About, EventKind};
use domain::id::OrganisationId;

use crate::context::new_id;
use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, on};
use crate::error::StoreError;
use crate::schema::service;

rows! {
    /// An event: ids and a word, never content.
    EventRow, EventColumns => event {
        organisation_id: Id as SqlUuid,
        id: Id as SqlUuid,
        kind: &'static str as Text,
        service_id: Id as SqlUuid,
        message_id: Id as SqlUuid,
        mailbox_id: Id as SqlUuid,
        at: Time as SqlTime,
    }
}

impl EventRow {
    pub(crate) fn new(
        organisation: OrganisationId,
        kind: EventKind,
        About { mailbox, service, message }: About,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            organisation_id: organisation.key(),
            id: new_id(),
            kind: kind.as_word(),
            service_id: service.key(),
            message_id: message.key(),
            mailbox_id: mailbox.key(),
            at: Time(at),
        }
    }
}

/// Records the same thing about many messages, each for the organisation of its service.
pub(crate) fn record(
    connection: &mut Connection,
    kind: EventKind,
    told: &[About],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    if told.is_empty() {
        return Ok(());
    }
    let mut services: Vec<Id> = told.iter().map(|one| one.service.key()).collect();
    services.sort_unstable();
    services.dedup();
    let organisations: HashMap<Id, Id> = on!(&mut *connection, c => service::table
        .filter(service::id.eq_any(&services))
        .select((service::id, service::organisation_id))
        .load::<(Id, Id)>(c))?
    .into_iter()
    .collect();
    let rows = told
        .iter()
        .map(|one| {
            let organisation = organisations.get(&one.service.key()).ok_or(StoreError::Corrupt { what: "service" })?;
            Ok(EventRow::new((*organisation).into(), kind, *one, at))
        })
        .collect::<Result<_, StoreError>>()?;
    EventRow::insert_all(connection, rows)
}

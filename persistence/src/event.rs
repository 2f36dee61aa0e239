//! Events for the feeds of organisations: rows, written in the transaction of what they tell. They get their numbers
//! after commit.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::event::EventKind;
use domain::id::{MessageId, OrganisationId, ServiceId};

use crate::context::new_id;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, on};
use crate::error::StoreError;
use crate::rows::rows;
use crate::schema::service;

rows! {
    /// An event: ids and a word, never content.
    EventRow, EventColumns => event {
        organisation_id: Id as SqlUuid,
        id: Id as SqlUuid,
        kind: &'static str as Text,
        service_id: Id as SqlUuid,
        message_id: Id as SqlUuid,
        at: Time as SqlTime,
    }
}

impl EventRow {
    pub(crate) fn new(
        organisation: OrganisationId,
        kind: EventKind,
        service: ServiceId,
        message: MessageId,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            organisation_id: organisation.key(),
            id: new_id(),
            kind: kind.as_word(),
            service_id: service.key(),
            message_id: message.key(),
            at: Time(at),
        }
    }
}

/// Records the same thing about many messages, each for the organisation of its service.
pub(crate) fn record(
    connection: &mut Connection,
    kind: EventKind,
    messages: &[(ServiceId, MessageId)],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    let mut services: Vec<Id> = messages.iter().map(|(service, _)| service.key()).collect();
    services.sort_unstable();
    services.dedup();
    let organisations: HashMap<Id, Id> = on!(&mut *connection, c => service::table
        .filter(service::id.eq_any(&services))
        .select((service::id, service::organisation_id))
        .load::<(Id, Id)>(c))?
    .into_iter()
    .collect();
    let rows = messages
        .iter()
        .map(|(service, message)| {
            let organisation = organisations.get(&service.key()).ok_or(StoreError::Corrupt { what: "service" })?;
            Ok(EventRow::new((*organisation).into(), kind, *service, *message, at))
        })
        .collect::<Result<_, StoreError>>()?;
    EventRow::insert_all(connection, rows)
}

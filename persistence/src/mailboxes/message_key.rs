//! The keys of messages, as they are stored: each twice, once for the owner and once for the service.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::access::VisibleScope;
use domain::id::{MessageId, ServiceId};

use crate::Inner;
use crate::access::Opened;
use crate::database::{Connection, Id};
use crate::error::StoreError;
use crate::schema::message;
use crate::services::key::service_key;
use crate::vault::{MailboxKey, MessageKey, MessagePlace, Ring, ServiceKey};

const CORRUPT: StoreError = StoreError::Corrupt { what: "message key" };

/// The columns that open a message.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = message)]
pub(crate) struct MessageKeyRow {
    mailbox_id: Id,
    pub(crate) id: Id,
    pub(crate) service_id: Id,
    /// None when the owner's copy has ended.
    owner_key: Option<Vec<u8>>,
    /// None when the service's has.
    service_key: Option<Vec<u8>>,
}

/// The keys of messages that were found. Of one that is damaged there is none, and nothing of it is shown.
pub(crate) type MessageKeys = HashMap<MessageId, MessageKey>;

impl MessageKeyRow {
    pub(crate) fn message(&self) -> MessageId {
        self.id.into()
    }

    pub(crate) fn service(&self) -> ServiceId {
        self.service_id.into()
    }

    /// Whether the owner's copy has not ended.
    pub(crate) const fn has_owners_copy(&self) -> bool {
        self.owner_key.is_some()
    }

    /// Whether the service's copy has not ended.
    pub(crate) const fn has_services_copy(&self) -> bool {
        self.service_key.is_some()
    }

    /// Opens the owner's copy.
    ///
    /// # Errors
    /// It has ended, is damaged, or the message is not what the row says.
    pub(crate) fn open_as_owner(&self, key: &MailboxKey) -> Result<MessageKey, StoreError> {
        self.open(key, self.owner_key.as_deref())
    }

    /// Opens the service's copy.
    ///
    /// # Errors
    /// As [`MessageKeyRow::open_as_owner`].
    pub(crate) fn open_as_service(&self, key: &ServiceKey) -> Result<MessageKey, StoreError> {
        self.open(key, self.service_key.as_deref())
    }

    fn open(&self, ring: &Ring, wrapped: Option<&[u8]>) -> Result<MessageKey, StoreError> {
        let place = MessagePlace { mailbox: self.mailbox_id.into(), message: self.message(), service: self.service() };
        MessageKey::open_with(ring, place, wrapped.ok_or(CORRUPT)?).map_err(|_| CORRUPT)
    }
}

impl Opened {
    /// The key of a message that the caller may see: of the owner's copy, or, where they look into a service's record, of
    /// the service's.
    ///
    /// # Errors
    /// That copy is damaged, or the store away.
    pub(crate) fn message_key(
        &self,
        inner: &Inner,
        connection: &mut Connection,
        row: &MessageKeyRow,
    ) -> Result<MessageKey, StoreError> {
        match self.grant.visibility().scope() {
            VisibleScope::Inbox => row.open_as_owner(self.key()?),
            VisibleScope::Record(_) => row.open_as_service(&*service_key(inner, connection, row.service())?),
        }
    }
}

//! The keys of services, as they are stored.

use std::sync::Arc;

use diesel::prelude::*;
use domain::id::ServiceId;

use crate::Inner;
use crate::database::{Connection, Id, Key, on};
use crate::error::StoreError;
use crate::schema::service;
use crate::vault::{ServiceKey, Vault, VaultError, WrappedKeys};

const CORRUPT: StoreError = StoreError::Corrupt { what: "keys of a service" };

/// The columns that open what is sealed of a service.
#[derive(Queryable, Selectable)]
#[diesel(table_name = service)]
pub(crate) struct ServiceKeyRow {
    pub(crate) id: Id,
    key_epoch: i32,
    data_key: Vec<u8>,
}

impl ServiceKeyRow {
    /// Opens the keys.
    ///
    /// # Errors
    /// They are damaged, another service's, or of an epoch that is gone.
    pub(crate) fn open(self, vault: &Vault) -> Result<ServiceKey, VaultError> {
        let Self { id, key_epoch, data_key } = self;
        vault.service_key(id.into(), &WrappedKeys { epoch: key_epoch, wrapped: data_key })
    }
}

/// The keys of a service. Kept for some seconds: each message that is sent or read for a service takes them.
pub(crate) fn service_key(
    inner: &Inner,
    connection: &mut Connection,
    id: ServiceId,
) -> Result<Arc<ServiceKey>, StoreError> {
    if let Some(key) = inner.service_keys.get(&id) {
        return Ok(key);
    }
    let row = on!(connection, c => service::table
        .find(id.key())
        .select(ServiceKeyRow::as_select())
        .first::<ServiceKeyRow>(c))?;
    let key = row.open(&inner.vault).map_err(|_| {
        tracing::error!(service.id = %id, "the keys of a service do not open: they are damaged");
        CORRUPT
    })?;
    let key = Arc::new(key);
    inner.service_keys.insert(id, Arc::clone(&key));
    Ok(key)
}

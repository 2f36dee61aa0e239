//! The key of a mailbox, as it is stored.

use diesel::prelude::*;

use crate::database::Id;
use crate::schema::mailbox;
use crate::vault::{DataKey, Vault, VaultError, WrappedDataKey};

/// The columns that open what is sealed of a mailbox.
#[derive(Queryable, Selectable)]
#[diesel(table_name = mailbox)]
pub(crate) struct KeyRow {
    /// The mailbox, and so its owner.
    pub(crate) id: Id,
    /// Of the owner's number.
    pub(crate) lookup_hash: Vec<u8>,
    key_epoch: i32,
    data_key: Vec<u8>,
}

impl KeyRow {
    /// Opens the key.
    ///
    /// # Errors
    /// It is damaged, another mailbox's or another owner's, or of an epoch that is gone.
    pub(crate) fn open(&self, vault: &Vault) -> Result<DataKey, VaultError> {
        let Self { id, lookup_hash, key_epoch, data_key } = self;
        let key = WrappedDataKey { epoch: *key_epoch, owner_hash: lookup_hash.clone(), wrapped: data_key.clone() };
        vault.data_key((*id).into(), &key)
    }
}

//! The keys of a mailbox, as they are stored.

use diesel::prelude::*;

use crate::database::Id;
use crate::schema::mailbox;
use crate::vault::{MailboxKey, Vault, VaultError, WrappedKeys};

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
    /// Opens the keys.
    ///
    /// # Errors
    /// They are damaged, another mailbox's or another owner's, or of an epoch that is gone.
    pub(crate) fn open(&self, vault: &Vault) -> Result<MailboxKey, VaultError> {
        let Self { id, lookup_hash, key_epoch, data_key } = self;
        let keys = WrappedKeys { epoch: *key_epoch, wrapped: data_key.clone() };
        vault.mailbox_key((*id).into(), lookup_hash, &keys)
    }
}

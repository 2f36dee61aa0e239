//! The keys of mailboxes and of services.
//!
//! What is the owner's alone is sealed under the mailbox's, what is the service's alone under the service's; what both have a
//! copy of is sealed under a key of its own, which each of the two wraps: see [`super::message_key`].

use std::fmt;
use std::ops::Deref;

use domain::id::{MailboxId, ServiceId};

use super::ring::{Holder, Ring};
use super::{Vault, VaultError, associated_data};

/// The keys of a mailbox or a service, as they are stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WrappedKeys {
    /// Of the vault's key that wraps them.
    pub epoch: i32,
    /// The keys, sealed together.
    pub wrapped: Vec<u8>,
}

/// The keys of one mailbox, ready for use.
pub(crate) struct MailboxKey(Ring);

/// The keys of one service, ready for use.
pub(crate) struct ServiceKey(Ring);

impl Deref for MailboxKey {
    type Target = Ring;

    fn deref(&self) -> &Ring {
        &self.0
    }
}

impl Deref for ServiceKey {
    type Target = Ring;

    fn deref(&self) -> &Ring {
        &self.0
    }
}

impl Vault {
    /// Makes the keys of a new mailbox. They are bound to the keyed hash of its owner's number: those of somebody else's
    /// mailbox do not open as one's own, whatever rows say.
    #[must_use]
    pub(crate) fn new_mailbox_key(&self, mailbox: MailboxId, owner_hash: &[u8]) -> (MailboxKey, WrappedKeys) {
        let (ring, wrapped) = self.new_ring(of_mailbox(mailbox), owner_hash);
        (MailboxKey(ring), wrapped)
    }

    /// Opens the keys of a mailbox.
    ///
    /// # Errors
    /// They are another mailbox's or another owner's, damaged, or of an epoch that is gone.
    pub(crate) fn mailbox_key(
        &self,
        mailbox: MailboxId,
        owner_hash: &[u8],
        wrapped: &WrappedKeys,
    ) -> Result<MailboxKey, VaultError> {
        self.open_ring(of_mailbox(mailbox), owner_hash, wrapped).map(MailboxKey)
    }

    /// Makes the keys of a new service.
    #[must_use]
    pub(crate) fn new_service_key(&self, service: ServiceId) -> (ServiceKey, WrappedKeys) {
        let (ring, wrapped) = self.new_ring(of_service(service), &[]);
        (ServiceKey(ring), wrapped)
    }

    /// Opens the keys of a service.
    ///
    /// # Errors
    /// They are another service's, damaged, or of an epoch that is gone.
    pub(crate) fn service_key(&self, service: ServiceId, wrapped: &WrappedKeys) -> Result<ServiceKey, VaultError> {
        self.open_ring(of_service(service), &[], wrapped).map(ServiceKey)
    }

    fn new_ring(&self, holder: Holder, bound: &[u8]) -> (Ring, WrappedKeys) {
        let (ring, bytes) = Ring::new(holder);
        let wrapped = self.newest_data_sealer().seal(&place(holder, bound), &bytes);
        (ring, WrappedKeys { epoch: self.data_epoch, wrapped })
    }

    fn open_ring(&self, holder: Holder, bound: &[u8], keys: &WrappedKeys) -> Result<Ring, VaultError> {
        let sealer = self.data.get(&keys.epoch).ok_or(VaultError::UnknownEpoch(keys.epoch))?;
        let bytes = sealer.open(&place(holder, bound), &keys.wrapped).ok_or(VaultError::Unreadable)?;
        Ring::from_bytes(holder, &bytes).ok_or(VaultError::Unreadable)
    }
}

// The words below are part of what is stored for years; never change a word.

const fn of_mailbox(mailbox: MailboxId) -> Holder {
    Holder { kind: "mailbox", id: mailbox.as_uuid() }
}

const fn of_service(service: ServiceId) -> Holder {
    Holder { kind: "service", id: service.as_uuid() }
}

fn place(holder: Holder, bound: &[u8]) -> Vec<u8> {
    associated_data(&[b"keys", holder.kind.as_bytes(), holder.id.as_bytes(), bound])
}

impl fmt::Debug for MailboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailboxKey(***)")
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey(***)")
    }
}

//! The key of one message. It is made for it at random, and stands with it twice: wrapped by the keys of the mailbox, for the
//! owner and whoever reads in their place, and by those of the service, for its record. Each of the two copies ends with its
//! own, and the other goes on.

use std::fmt;

use aws_lc_rs::constant_time;
use domain::id::{AttachmentId, MailboxId, MessageId, ServiceId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::envelope::{KeyBytes, Sealer, associated_data, random_key};
use super::ring::Ring;
use super::{Field, FileKey, MailboxKey, ServiceKey, VaultError, text_of, to_key};

/// Where a message stands. Its key opens nowhere else: a message that is shown as another service's opens for nobody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MessagePlace {
    /// Whose mailbox.
    pub(crate) mailbox: MailboxId,
    /// Which message.
    pub(crate) message: MessageId,
    /// Whose conversation or letter it is.
    pub(crate) service: ServiceId,
}

impl MessagePlace {
    fn joined(self) -> Vec<u8> {
        let [mailbox, message, service] = [self.mailbox.as_uuid(), self.message.as_uuid(), self.service.as_uuid()];
        // The word is part of what is stored for years; never change it.
        associated_data(&[b"message key", mailbox.as_bytes(), message.as_bytes(), service.as_bytes()])
    }
}

/// The keys of the two who have a copy of what is written: the owner and the service.
#[derive(Clone, Copy)]
pub(crate) struct BothKeys<'k> {
    pub(crate) mailbox: &'k MailboxKey,
    pub(crate) service: &'k ServiceKey,
}

/// The key of one message, ready for use.
pub(crate) struct MessageKey {
    key: KeyBytes,
    sealer: Sealer,
}

/// The key of a message that is new, and what is stored of it.
pub(crate) struct NewMessageKey {
    pub(crate) key: MessageKey,
    /// Wrapped for the owner.
    pub(crate) for_owner: Vec<u8>,
    /// Wrapped for the service.
    pub(crate) for_service: Vec<u8>,
}

impl NewMessageKey {
    /// Makes the key of a message.
    #[must_use]
    pub(crate) fn generate(place: MessagePlace, keys: BothKeys<'_>) -> Self {
        let key = random_key();
        let place = place.joined();
        let wrap = |ring: &Ring| ring.seal_at(&[&place], key.as_slice());
        Self { for_owner: wrap(keys.mailbox), for_service: wrap(keys.service), key: MessageKey::new(key) }
    }
}

impl MessageKey {
    /// Opens the owner's or the service's copy, with the keys of either.
    ///
    /// # Errors
    /// It is another message's, of another mailbox or service, damaged, or its key is gone.
    pub(crate) fn open_with(ring: &Ring, place: MessagePlace, wrapped: &[u8]) -> Result<Self, VaultError> {
        let plain = ring.open_at(&[&place.joined()], wrapped)?;
        Ok(Self::new(to_key(&plain).ok_or(VaultError::Unreadable)?))
    }

    fn new(key: KeyBytes) -> Self {
        Self { sealer: Sealer::new(&key), key }
    }

    /// Whether two copies hold the same key.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(self.key.as_slice(), other.key.as_slice()).is_ok()
    }

    /// Seals a part of the message, or of a file of it. It opens only as the same part of the same object.
    #[must_use]
    pub(crate) fn seal(&self, object: Uuid, field: Field, plain: &[u8]) -> Vec<u8> {
        self.sealer.seal(&associated(object, field), plain)
    }

    /// Opens what [`MessageKey::seal`] made.
    ///
    /// # Errors
    /// It was sealed as something else, or was changed since.
    pub(crate) fn open(&self, object: Uuid, field: Field, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.sealer.open(&associated(object, field), sealed).ok_or(VaultError::Unreadable)
    }

    /// Opens a text.
    ///
    /// # Errors
    /// As [`MessageKey::open`], or it is no text.
    pub(crate) fn open_text(&self, object: Uuid, field: Field, sealed: &[u8]) -> Result<String, VaultError> {
        text_of(self.open(object, field, sealed)?)
    }

    /// Seals the key of an attachment's bytes.
    #[must_use]
    pub(crate) fn seal_file_key(&self, attachment: AttachmentId, key: &FileKey) -> Vec<u8> {
        self.seal(attachment.as_uuid(), Field::FileKey, key.expose())
    }

    /// Opens what [`MessageKey::seal_file_key`] made.
    ///
    /// # Errors
    /// As [`MessageKey::open`].
    pub(crate) fn open_file_key(&self, attachment: AttachmentId, sealed: &[u8]) -> Result<FileKey, VaultError> {
        FileKey::from_bytes(&self.open(attachment.as_uuid(), Field::FileKey, sealed)?)
    }
}

fn associated(object: Uuid, field: Field) -> Vec<u8> {
    associated_data(&[object.as_bytes(), field.as_word().as_bytes()])
}

impl fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageKey(***)")
    }
}

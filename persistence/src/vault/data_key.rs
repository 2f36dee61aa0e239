//! The key of one mailbox. Everything about its owner that is kept is sealed under it; when it is gone, so is that.

use std::fmt;

use domain::id::{AttachmentId, MailboxId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::VaultError;
use super::envelope::{KEY_BYTES, Sealer, associated_data};
use super::file_key::FileKey;

/// What is sealed. It is bound into the seal, so that a subject does not pass for a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    /// The owner's identity number.
    NationalId,
    /// The owner's name.
    PersonName,
    /// The subject of a message.
    Subject,
    /// The body of a message.
    Body,
    /// The name of an attachment.
    FileName,
    /// The key of an attachment's bytes.
    FileKey,
    /// The digest of an attachment's bytes.
    FileDigest,
    /// Why a health worker had lawful access.
    AccessReason,
    /// What staff wrote to each other about a conversation.
    Note,
    /// What an appointment is called.
    AppointmentTitle,
    /// Where it is.
    Place,
    /// What else there is to know of it.
    AppointmentDescription,
    /// The answers of a form that was filled in.
    FormAnswers,
    /// What somebody has begun to write.
    Draft,
    /// Why a journal would not take what was relevant to care.
    JournalRejection,
    /// Who a health contact is.
    ContactNames,
    /// The e-mail address that the owner entered.
    Email,
    /// The mobile number that the owner entered.
    Mobile,
}

impl Field {
    /// Every field.
    #[cfg(test)]
    pub(super) const ALL: [Self; 18] = [
        Self::NationalId,
        Self::PersonName,
        Self::Subject,
        Self::Body,
        Self::FileName,
        Self::FileKey,
        Self::FileDigest,
        Self::AccessReason,
        Self::Note,
        Self::AppointmentTitle,
        Self::Place,
        Self::AppointmentDescription,
        Self::FormAnswers,
        Self::Draft,
        Self::JournalRejection,
        Self::ContactNames,
        Self::Email,
        Self::Mobile,
    ];

    // The words below are part of what is stored for years. Rename the variants as you like; never change a word.
    const fn as_word(self) -> &'static str {
        match self {
            Self::NationalId => "nationalId",
            Self::PersonName => "personName",
            Self::Subject => "subject",
            Self::Body => "body",
            Self::FileName => "fileName",
            Self::FileKey => "fileKey",
            Self::FileDigest => "fileDigest",
            Self::AccessReason => "accessReason",
            Self::Note => "note",
            Self::AppointmentTitle => "appointmentTitle",
            Self::Place => "place",
            Self::AppointmentDescription => "appointmentDescription",
            Self::FormAnswers => "formAnswers",
            Self::Draft => "draft",
            Self::JournalRejection => "journalRejection",
            Self::ContactNames => "contactNames",
            Self::Email => "email",
            Self::Mobile => "mobile",
        }
    }
}

/// A data key as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WrappedDataKey {
    /// Of the vault's key that wraps it.
    pub epoch: i32,
    /// The keyed hash of the owner's number, bound into the seal: the key of somebody else's mailbox does not open as one's
    /// own, whatever rows say.
    pub owner_hash: Vec<u8>,
    /// The sealed key.
    pub wrapped: Vec<u8>,
}

/// The key of one mailbox, ready for use.
pub(crate) struct DataKey {
    mailbox: MailboxId,
    sealer: Sealer,
}

impl DataKey {
    pub(super) fn new(mailbox: MailboxId, key: &[u8; KEY_BYTES]) -> Self {
        Self { mailbox, sealer: Sealer::new(key) }
    }

    /// Seals a field of an object: of a message, an attachment, a person. It opens only as the same field of the same
    /// object of the same mailbox.
    #[must_use]
    pub(crate) fn seal(&self, object: Uuid, field: Field, plain: &[u8]) -> Vec<u8> {
        self.sealer.seal(&self.associated(object, field), plain)
    }

    /// Opens what [`DataKey::seal`] made.
    ///
    /// # Errors
    /// It was sealed as something else, or was changed since.
    pub(crate) fn open(&self, object: Uuid, field: Field, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.sealer.open(&self.associated(object, field), sealed).ok_or(VaultError::Unreadable)
    }

    /// Opens a text.
    ///
    /// # Errors
    /// As [`DataKey::open`], or it is no text.
    pub(crate) fn open_text(&self, object: Uuid, field: Field, sealed: &[u8]) -> Result<String, VaultError> {
        let mut plain = self.open(object, field, sealed)?;
        String::from_utf8(std::mem::take(&mut *plain)).map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            VaultError::Unreadable
        })
    }

    /// Seals the key of an attachment's bytes.
    #[must_use]
    pub(crate) fn seal_file_key(&self, attachment: AttachmentId, key: &FileKey) -> Vec<u8> {
        self.seal(attachment.as_uuid(), Field::FileKey, key.expose())
    }

    /// Opens what [`DataKey::seal_file_key`] made.
    ///
    /// # Errors
    /// As [`DataKey::open`].
    pub(crate) fn open_file_key(&self, attachment: AttachmentId, sealed: &[u8]) -> Result<FileKey, VaultError> {
        FileKey::from_bytes(&self.open(attachment.as_uuid(), Field::FileKey, sealed)?)
    }

    fn associated(&self, object: Uuid, field: Field) -> Vec<u8> {
        associated_data(&[self.mailbox.as_uuid().as_bytes(), object.as_bytes(), field.as_word().as_bytes()])
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(***)")
    }
}

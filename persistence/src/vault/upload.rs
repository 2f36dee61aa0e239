//! What is sealed of a file that was handed in ahead of its message.

use domain::id::UploadId;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{FileKey, Vault, VaultError, associated_data};

impl Vault {
    /// Seals the key of a file that was handed in ahead of its message.
    #[must_use]
    pub(crate) fn wrap_upload_key(&self, owner: Uuid, upload: UploadId, key: &FileKey) -> Vec<u8> {
        self.seal_of_upload("upload key", owner, upload, key.expose())
    }

    /// Opens what [`Vault::wrap_upload_key`] made.
    ///
    /// # Errors
    /// It belongs to another upload, is damaged, or of an epoch that is gone.
    pub(crate) fn open_upload_key(&self, owner: Uuid, upload: UploadId, sealed: &[u8]) -> Result<FileKey, VaultError> {
        FileKey::from_bytes(&self.open_of_upload("upload key", owner, upload, sealed)?)
    }

    /// Seals the digest of a file that was handed in ahead of its message: who has the file would find by it who got it.
    #[must_use]
    pub(crate) fn seal_upload_digest(&self, owner: Uuid, upload: UploadId, sha256: &[u8; 32]) -> Vec<u8> {
        self.seal_of_upload("upload digest", owner, upload, sha256)
    }

    /// Opens what [`Vault::seal_upload_digest`] made.
    ///
    /// # Errors
    /// It belongs to another upload, is damaged, or of an epoch that is gone.
    pub(crate) fn open_upload_digest(
        &self,
        owner: Uuid,
        upload: UploadId,
        sealed: &[u8],
    ) -> Result<[u8; 32], VaultError> {
        let plain = self.open_of_upload("upload digest", owner, upload, sealed)?;
        plain.as_slice().try_into().map_err(|_| VaultError::Unreadable)
    }

    /// Seals the name of a file that was handed in ahead of its message.
    #[must_use]
    pub(crate) fn seal_upload_name(&self, owner: Uuid, upload: UploadId, name: &str) -> Vec<u8> {
        self.seal_of_upload("upload name", owner, upload, name.as_bytes())
    }

    /// Opens what [`Vault::seal_upload_name`] made.
    ///
    /// # Errors
    /// It belongs to another upload, is damaged, or of an epoch that is gone.
    pub(crate) fn open_upload_name(&self, owner: Uuid, upload: UploadId, sealed: &[u8]) -> Result<String, VaultError> {
        let plain = self.open_of_upload("upload name", owner, upload, sealed)?;
        std::str::from_utf8(&plain).map(str::to_owned).map_err(|_| VaultError::Unreadable)
    }

    fn seal_of_upload(&self, what: &str, owner: Uuid, upload: UploadId, plain: &[u8]) -> Vec<u8> {
        self.seal_under_data(&place(what, owner, upload), plain)
    }

    fn open_of_upload(
        &self,
        what: &str,
        owner: Uuid,
        upload: UploadId,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.open_under_data(&place(what, owner, upload), sealed)
    }
}

// The words are part of what is stored; never change a word.
fn place(what: &str, owner: Uuid, upload: UploadId) -> Vec<u8> {
    associated_data(&[owner.as_bytes(), upload.as_uuid().as_bytes(), what.as_bytes()])
}

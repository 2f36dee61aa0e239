//! Keys that sign what leaves the program. They belong to no mailbox, so the vault's own data key seals them.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use domain::id::{WebhookId, WebhookKeyId};

use super::envelope::associated_data;
use super::{Vault, VaultError};

/// An Ed25519 key.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Makes one.
    ///
    /// # Panics
    /// When the system has no source of random bytes.
    pub(crate) fn generate() -> Self {
        Self(Ed25519KeyPair::generate().expect("the system's source of random bytes works"))
    }

    /// What verifies its signatures: 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// Signs: 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

impl Vault {
    /// Seals a webhook's key. It opens only as the same key of the same webhook.
    ///
    /// # Panics
    /// Never: every key of this kind has this form.
    #[must_use]
    pub(crate) fn seal_signing_key(&self, webhook: WebhookId, id: WebhookKeyId, key: &SigningKey) -> Vec<u8> {
        // It is wiped when it is dropped.
        let plain = key.0.to_pkcs8().expect("an Ed25519 key can be written as PKCS #8");
        let sealed = self.newest_data_sealer().seal(&place(webhook, id), plain.as_ref());
        [&self.data_epoch.to_be_bytes(), sealed.as_slice()].concat()
    }

    /// Opens what [`Vault::seal_signing_key`] made.
    ///
    /// # Errors
    /// It belongs elsewhere, is damaged, or of an epoch that is gone.
    pub(crate) fn open_signing_key(
        &self,
        webhook: WebhookId,
        id: WebhookKeyId,
        sealed: &[u8],
    ) -> Result<SigningKey, VaultError> {
        let (epoch, sealed) = sealed.split_first_chunk().ok_or(VaultError::Unreadable)?;
        let epoch = i32::from_be_bytes(*epoch);
        let sealer = self.data.get(&epoch).ok_or(VaultError::UnknownEpoch(epoch))?;
        let plain = sealer.open(&place(webhook, id), sealed).ok_or(VaultError::Unreadable)?;
        Ed25519KeyPair::from_pkcs8(&plain).map(SigningKey).map_err(|_| VaultError::Unreadable)
    }
}

// The words in the associated data are part of what is stored for years; never change a word.
fn place(webhook: WebhookId, id: WebhookKeyId) -> Vec<u8> {
    associated_data(&[webhook.as_uuid().as_bytes(), id.as_uuid().as_bytes(), b"webhook key"])
}

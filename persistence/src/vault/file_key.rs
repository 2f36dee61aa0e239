//! The key of the bytes of one file.

use std::fmt;

use zeroize::Zeroizing;

use super::VaultError;
use super::envelope::{KEY_BYTES, KeyBytes, Sealer, random_key};

/// A key for the bytes of one file. It seals one file once: a second try takes a fresh key.
pub(crate) struct FileKey(KeyBytes);

impl FileKey {
    /// A fresh one.
    #[must_use]
    pub(crate) fn generate() -> Self {
        Self(random_key())
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return Err(VaultError::Unreadable);
        }
        key.copy_from_slice(bytes);
        Ok(Self(key))
    }

    pub(super) fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }

    pub(crate) fn sealer(&self) -> Sealer {
        Sealer::new(&self.0)
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(***)")
    }
}

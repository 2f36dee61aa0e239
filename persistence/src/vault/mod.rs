//! Encryption of content (AES-256-GCM) and the keys for it (ADR 33).
//!
//! ```text
//! master key (outside the database)
//!  └ vault keys by purpose and epoch (table `vault_key`)
//!     ├ data: who a person is (number and name), what belongs to uploads, the keys of webhooks, and it wraps
//!     │  ├ the keys of a mailbox: drafts, contact details, appointments, powers; they wrap, for the owner,
//!     │  │  └ the key of a message ─┐
//!     │  └ the keys of a service: notes, reasons, what journals answer; they wrap, for its record,
//!     │     └ the key of a message ─┴ subject, body, answers of its form, names and keys of its files
//!     │                               └ file key: the bytes of one file (see `blob`)
//!     ├ lookup: keyed hash by which an identity number is found
//!     └ cursor: opaque tokens handed to clients
//! ```
//!
//! Everything sealed is bound to where it belongs: moved to another row, field, mailbox or service, it does not open. A message
//! can be read as long as one of its two wrapped keys and what wraps it are there.
//!
//! Deliberately not here: reading or writing of rows.

mod envelope;
mod field;
mod file_key;
mod holder;
mod master_key;
mod message_key;
mod person;
mod ring;
mod signing_key;
#[cfg(test)]
mod tests;
mod upload;

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::identity::NationalId;
use zeroize::Zeroizing;

pub(crate) use envelope::{Sealer, associated_data};
pub(crate) use field::Field;
pub(crate) use file_key::FileKey;
pub(crate) use holder::{MailboxKey, ServiceKey, WrappedKeys};
pub use master_key::{MasterKey, MasterKeyError};
pub(crate) use message_key::{BothKeys, MessageKey, MessagePlace, NewMessageKey};
pub(crate) use person::Identity;
pub(crate) use ring::Ring;
pub use signing_key::SigningKey;

use envelope::{KEY_BYTES, KeyBytes, random_key};

// The words below are stored for years; never change a word.
const DATA: &str = "data";
const LOOKUP: &str = "lookup";
const CURSOR: &str = "cursor";
const PURPOSES: [&str; 3] = [DATA, LOOKUP, CURSOR];

const FIRST_EPOCH: i32 = 1;

/// A row of `vault_key`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WrappedVaultKey {
    /// What the key is for: `data`, `lookup` or `cursor`.
    pub purpose: String,
    /// Counts the keys of a purpose. The newest seals.
    pub epoch: i32,
    /// The key, sealed under the master key.
    pub wrapped: Vec<u8>,
}

/// Why something cannot be opened. Nothing of keys or content is in here.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VaultError {
    /// Not one of the stored keys opens.
    #[error("the master key is not the one under which this database was made")]
    WrongMasterKey,
    /// Some stored keys open and this one does not.
    #[error("the stored {purpose} key of epoch {epoch} is damaged")]
    DamagedKey {
        /// Its purpose.
        purpose: String,
        /// Its epoch.
        epoch: i32,
    },
    /// There is no stored key for this purpose.
    #[error("there is no {0} key")]
    MissingKey(&'static str),
    /// Something was sealed under a key that is no longer there.
    #[error("there is no data key of epoch {0}")]
    UnknownEpoch(i32),
    /// Sealed as something else or under another key, or changed since.
    #[error("sealed content does not open")]
    Unreadable,
}

/// The keys of an installation, ready for use.
pub(crate) struct Vault {
    data: BTreeMap<i32, Sealer>,
    data_epoch: i32,
    lookup: hmac::Key,
    cursor: BTreeMap<i32, Sealer>,
}

impl Vault {
    /// The first keys of a new installation, to be stored before the vault is opened.
    #[must_use]
    pub(crate) fn new_keys(master: &MasterKey) -> Vec<WrappedVaultKey> {
        let master = master.sealer();
        PURPOSES
            .map(|purpose| WrappedVaultKey {
                purpose: purpose.to_owned(),
                epoch: FIRST_EPOCH,
                wrapped: master.seal(&vault_key_place(purpose, FIRST_EPOCH), random_key().as_slice()),
            })
            .into()
    }

    /// Opens the stored keys.
    ///
    /// # Errors
    /// The master key is another one, or a key is damaged or missing.
    pub(crate) fn open(master: &MasterKey, rows: &[WrappedVaultKey]) -> Result<Self, VaultError> {
        let master = master.sealer();
        let mut keys: BTreeMap<(&str, i32), KeyBytes> = BTreeMap::new();
        let mut damaged = None;
        for WrappedVaultKey { purpose, epoch, wrapped } in rows {
            match master.open(&vault_key_place(purpose, *epoch), wrapped).and_then(|plain| to_key(&plain)) {
                Some(key) => drop(keys.insert((purpose, *epoch), key)),
                None => damaged = Some(VaultError::DamagedKey { purpose: purpose.clone(), epoch: *epoch }),
            }
        }
        match damaged {
            Some(_) if keys.is_empty() => return Err(VaultError::WrongMasterKey),
            Some(damaged) => return Err(damaged),
            None => {}
        }
        let of_purpose =
            |purpose| keys.iter().filter(move |((its, _), _)| *its == purpose).map(|((_, epoch), key)| (*epoch, key));
        let sealers = |purpose| of_purpose(purpose).map(|(epoch, key)| (epoch, Sealer::new(key))).collect();
        let newest = |purpose| of_purpose(purpose).next_back().ok_or(VaultError::MissingKey(purpose));
        newest(CURSOR)?;
        Ok(Self {
            data: sealers(DATA),
            data_epoch: newest(DATA)?.0,
            lookup: hmac::Key::new(hmac::HMAC_SHA256, newest(LOOKUP)?.1.as_slice()),
            cursor: sealers(CURSOR),
        })
    }

    /// The hash by which a person is found. Without the key nobody can try out the few billion numbers there are.
    ///
    /// # Panics
    /// Never: a SHA-256 has 32 bytes.
    #[must_use]
    pub(crate) fn lookup_hash(&self, number: &NationalId) -> [u8; 32] {
        let tag = hmac::sign(&self.lookup, number.expose().as_bytes());
        tag.as_ref().try_into().expect("a SHA-256 has 32 bytes")
    }

    /// Makes digests that only we can make.
    #[must_use]
    pub(crate) fn digests(&self) -> KeyedDigests {
        KeyedDigests(self.lookup.clone())
    }

    /// A digest of [`KeyedDigests`].
    #[must_use]
    pub(crate) fn keyed_digest(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.digests().of(purpose, parts)
    }

    /// A token that tells its holder nothing and opens only in the same context: for a cursor, its list, owner and
    /// filter.
    #[must_use]
    pub(crate) fn seal_token(&self, context: &str, payload: &[u8]) -> String {
        let (_, newest) = self.cursor.last_key_value().expect("a vault without a cursor key does not open");
        URL_SAFE_NO_PAD.encode(newest.seal(&token_place(context), payload))
    }

    /// What was put into a token; nothing when it was made here for something else, or not made here.
    #[must_use]
    pub(crate) fn open_token(&self, context: &str, token: &str) -> Option<Vec<u8>> {
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let place = token_place(context);
        let mut plain = self.cursor.values().rev().find_map(|sealer| sealer.open(&place, &sealed))?;
        Some(std::mem::take(&mut *plain))
    }

    /// Seals under the newest data key. Its epoch stands before the seal, for what needs no column for it.
    fn seal_under_data(&self, place: &[u8], plain: &[u8]) -> Vec<u8> {
        [&self.data_epoch.to_be_bytes(), self.newest_data_sealer().seal(place, plain).as_slice()].concat()
    }

    fn open_under_data(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (epoch, sealed) = sealed.split_first_chunk().ok_or(VaultError::Unreadable)?;
        let epoch = i32::from_be_bytes(*epoch);
        let sealer = self.data.get(&epoch).ok_or(VaultError::UnknownEpoch(epoch))?;
        sealer.open(place, sealed).ok_or(VaultError::Unreadable)
    }

    fn newest_data_sealer(&self) -> &Sealer {
        &self.data[&self.data_epoch]
    }
}

/// Makes digests that nobody can make without a key of the vault, however well they know what the digest is of.
#[derive(Clone)]
pub(crate) struct KeyedDigests(hmac::Key);

impl KeyedDigests {
    /// A digest of parts that are kept apart. What it is for keeps it from being one for something else.
    ///
    /// # Panics
    /// Never: a SHA-256 has 32 bytes.
    #[must_use]
    pub(crate) fn of(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().expect("a SHA-256 has 32 bytes")
    }
}

impl fmt::Debug for KeyedDigests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedDigests(***)")
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(***)")
    }
}

/// A text out of a seal.
fn text_of(mut plain: Zeroizing<Vec<u8>>) -> Result<String, VaultError> {
    String::from_utf8(std::mem::take(&mut *plain)).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        VaultError::Unreadable
    })
}

fn to_key(plain: &[u8]) -> Option<KeyBytes> {
    let key: &[u8; KEY_BYTES] = plain.try_into().ok()?;
    Some(Zeroizing::new(*key))
}

// The words in the associated data below are part of what is stored for years; never change a word.

fn vault_key_place(purpose: &str, epoch: i32) -> Vec<u8> {
    associated_data(&[b"vault key", purpose.as_bytes(), &epoch.to_be_bytes()])
}

fn token_place(context: &str) -> Vec<u8> {
    associated_data(&[b"token", context.as_bytes()])
}

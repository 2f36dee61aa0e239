//! The keys of one mailbox or one service: usually one, two while what the older sealed is sealed anew.

use std::collections::BTreeMap;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::envelope::{KEY_BYTES, Sealer, associated_data, random_key};
use super::{Field, VaultError, text_of};

/// The length of an epoch, as it stands before each key of a ring and before all that is sealed under one.
const EPOCH_BYTES: usize = 4;
const FIRST_EPOCH: u32 = 1;

/// What says whose keys they are. It is bound into all that they seal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Holder {
    /// What the holder is.
    pub(super) kind: &'static str,
    /// Which one.
    pub(super) id: Uuid,
}

/// Keys by their epochs. The newest seals, all of them open.
pub(crate) struct Ring {
    holder: Holder,
    keys: BTreeMap<u32, Sealer>,
}

impl Ring {
    /// A ring with one fresh key, and its bytes, to be sealed and stored.
    pub(super) fn new(holder: Holder) -> (Self, Zeroizing<Vec<u8>>) {
        let key = random_key();
        let bytes = Zeroizing::new([&FIRST_EPOCH.to_be_bytes(), key.as_slice()].concat());
        (Self { holder, keys: BTreeMap::from([(FIRST_EPOCH, Sealer::new(&key))]) }, bytes)
    }

    /// A ring out of its bytes; nothing where they are none.
    pub(super) fn from_bytes(holder: Holder, bytes: &[u8]) -> Option<Self> {
        let (entries, rest) = bytes.as_chunks::<{ EPOCH_BYTES + KEY_BYTES }>();
        let entry = |entry: &[u8; EPOCH_BYTES + KEY_BYTES]| {
            let (epoch, key) = entry.split_first_chunk()?;
            Some((u32::from_be_bytes(*epoch), Sealer::new(key.try_into().ok()?)))
        };
        let keys: BTreeMap<u32, Sealer> = entries.iter().map(entry).collect::<Option<_>>()?;
        (rest.is_empty() && !keys.is_empty()).then_some(Self { holder, keys })
    }

    /// Seals a field of an object: a note, a draft, an appointment. It opens only as the same field of the same object of the
    /// same holder.
    #[must_use]
    pub(crate) fn seal(&self, object: Uuid, field: Field, plain: &[u8]) -> Vec<u8> {
        self.seal_at(&[object.as_bytes(), field.as_word().as_bytes()], plain)
    }

    /// Opens what [`Ring::seal`] made.
    ///
    /// # Errors
    /// It was sealed as something else, was changed since, or its key is gone.
    pub(crate) fn open(&self, object: Uuid, field: Field, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.open_at(&[object.as_bytes(), field.as_word().as_bytes()], sealed)
    }

    /// Opens a text.
    ///
    /// # Errors
    /// As [`Ring::open`], or it is no text.
    pub(crate) fn open_text(&self, object: Uuid, field: Field, sealed: &[u8]) -> Result<String, VaultError> {
        text_of(self.open(object, field, sealed)?)
    }

    pub(super) fn seal_at(&self, place: &[&[u8]], plain: &[u8]) -> Vec<u8> {
        let (epoch, newest) = self.keys.last_key_value().expect("a ring is never empty");
        [&epoch.to_be_bytes(), newest.seal(&self.associated(place), plain).as_slice()].concat()
    }

    pub(super) fn open_at(&self, place: &[&[u8]], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (epoch, sealed) = sealed.split_first_chunk().ok_or(VaultError::Unreadable)?;
        let sealer = self.keys.get(&u32::from_be_bytes(*epoch)).ok_or(VaultError::Unreadable)?;
        sealer.open(&self.associated(place), sealed).ok_or(VaultError::Unreadable)
    }

    fn associated(&self, place: &[&[u8]]) -> Vec<u8> {
        let Holder { kind, id } = self.holder;
        associated_data(&[&[kind.as_bytes(), id.as_bytes()], place].concat())
    }
}

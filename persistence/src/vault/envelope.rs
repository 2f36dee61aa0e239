//! One key of AES-256-GCM and the form in which it writes: version (1 byte), nonce (12), ciphertext, tag (16).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

pub(super) const KEY_BYTES: usize = 32;

/// Written as the first byte of everything sealed. A later form gets another number and is told by it.
const VERSION: u8 = 1;
const PREFIX_BYTES: usize = 1 + NONCE_LEN;

/// The bytes of a key. They are wiped when dropped.
pub(crate) type KeyBytes = Zeroizing<[u8; KEY_BYTES]>;

/// A fresh key.
pub(super) fn random_key() -> KeyBytes {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    fill_random(key.as_mut());
    key
}

/// Bytes that nobody can foresee.
///
/// # Panics
/// When the system has no source of them: without one nothing can be sealed.
fn fill_random(bytes: &mut [u8]) {
    rand::fill(bytes).expect("the system's source of random bytes works");
}

/// Ready to seal and open. Made once for a key, so that each use costs only its own bytes.
pub(crate) struct Sealer(LessSafeKey);

impl Sealer {
    /// # Panics
    /// Never: AES-256 takes every key of 32 bytes.
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes")))
    }

    /// Seals under a random nonce. What is sealed opens only with the same associated data.
    ///
    /// # Panics
    /// Only where AES-GCM cannot work at all: beyond 64 GiB, or without random bytes.
    pub(super) fn seal(&self, associated: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        fill_random(&mut nonce);
        let mut sealed = Vec::with_capacity(PREFIX_BYTES + plain.len() + AES_256_GCM.tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self.seal_chunk(nonce, associated, &mut sealed[PREFIX_BYTES..]);
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// What was sealed, or nothing when the key, the associated data or a single bit differs.
    pub(super) fn open(&self, associated: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (prefix, ciphertext) = sealed.split_at_checked(PREFIX_BYTES)?;
        let (&version, nonce) = prefix.split_first()?;
        if version != VERSION {
            return None;
        }
        let mut plain = Zeroizing::new(ciphertext.to_vec());
        let length = self.open_chunk(nonce.try_into().ok()?, associated, &mut plain)?;
        plain.truncate(length);
        Some(plain)
    }

    /// Encrypts in place under a nonce that must never come twice with this key. Gives the tag.
    ///
    /// # Panics
    /// Beyond 64 GiB, which AES-GCM cannot seal.
    pub(crate) fn seal_chunk(&self, nonce: [u8; NONCE_LEN], associated: &[u8], bytes: &mut [u8]) -> Tag {
        self.0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated), bytes)
            .expect("AES-GCM seals anything up to 64 GiB")
    }

    /// Decrypts ciphertext and tag in place. Gives the length of the plain bytes, which stand at the start.
    pub(crate) fn open_chunk(&self, nonce: [u8; NONCE_LEN], associated: &[u8], bytes: &mut [u8]) -> Option<usize> {
        let plain = self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(associated), bytes).ok()?;
        Some(plain.len())
    }
}

/// Associated data of several parts. Each part is preceded by its length, so that no two lists of parts give the same.
pub(crate) fn associated_data(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(parts.iter().map(|part| part.len() + size_of::<u64>()).sum());
    for part in parts {
        joined.extend_from_slice(&(part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

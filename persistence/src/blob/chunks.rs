//! The form of stored bytes: chunks of 64 KiB, each sealed for itself, so that any part of a file is read without the
//! rest of it.
//!
//! The nonce of a chunk holds its place and whether it is the last one (the STREAM construction). A chunk that was
//! moved, left out or put in does not open; neither does a file that ends early or goes on.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use uuid::Uuid;

use crate::vault::{FileKey, Sealer, associated_data};

/// Plain bytes of each chunk but the last, which has from one byte to this many.
pub(super) const CHUNK_BYTES: u64 = 64 * 1024;
const TAG_BYTES: u64 = 16;
pub(super) const SEALED_CHUNK_BYTES: u64 = CHUNK_BYTES + TAG_BYTES;

/// The size of a stored file whose content has `size_bytes`.
pub(super) const fn sealed_size(size_bytes: u64) -> u64 {
    size_bytes + size_bytes.div_ceil(CHUNK_BYTES) * TAG_BYTES
}

/// Seals and opens the chunks of one file.
pub(super) struct ChunkSealer {
    sealer: Sealer,
    associated: Vec<u8>,
}

impl ChunkSealer {
    pub(super) fn new(id: Uuid, key: &FileKey) -> Self {
        Self { sealer: key.sealer(), associated: associated_data(&[b"blob 1", id.as_bytes()]) }
    }

    /// Encrypts a chunk and appends its tag.
    pub(super) fn seal(&self, index: u32, is_last: bool, mut chunk: BytesMut) -> Bytes {
        let tag = self.sealer.seal_chunk(nonce(index, is_last), &self.associated, &mut chunk);
        chunk.extend_from_slice(tag.as_ref());
        chunk.freeze()
    }

    /// Decrypts a chunk. Nothing when it is not this chunk of this file.
    pub(super) fn open(&self, index: u32, is_last: bool, mut chunk: BytesMut) -> Option<Bytes> {
        let length = self.sealer.open_chunk(nonce(index, is_last), &self.associated, &mut chunk)?;
        chunk.truncate(length);
        Some(chunk.freeze())
    }
}

/// Four bytes of zeros, four of the place, three of zeros, one that tells the last chunk.
fn nonce(index: u32, is_last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..8].copy_from_slice(&index.to_be_bytes());
    nonce[11] = u8::from(is_last);
    nonce
}

/// Where the chunks of one file lie.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    size_bytes: u64,
    last_index: u32,
}

impl Layout {
    /// The layout of content of this size. Nothing for no content, and for more than could ever be stored.
    pub(super) fn new(size_bytes: u64) -> Option<Self> {
        let last_index = size_bytes.checked_sub(1)? / CHUNK_BYTES;
        Some(Self { size_bytes, last_index: last_index.try_into().ok()? })
    }

    /// The chunk with the plain byte at `position`.
    ///
    /// # Panics
    /// For a position outside the content.
    pub(super) fn index_at(self, position: u64) -> u32 {
        assert!(position < self.size_bytes, "the position is inside the content");
        u32::try_from(position / CHUNK_BYTES).unwrap_or(self.last_index)
    }

    pub(super) const fn is_last(self, index: u32) -> bool {
        index == self.last_index
    }

    /// The plain bytes of a chunk.
    pub(super) fn plain_range(self, index: u32) -> Range<u64> {
        let start = u64::from(index) * CHUNK_BYTES;
        start..(start + CHUNK_BYTES).min(self.size_bytes)
    }

    /// The stored bytes of a chunk.
    pub(super) fn sealed_range(self, index: u32) -> Range<u64> {
        let start = u64::from(index) * SEALED_CHUNK_BYTES;
        start..(start + SEALED_CHUNK_BYTES).min(sealed_size(self.size_bytes))
    }

    pub(super) fn sealed_size(self) -> u64 {
        sealed_size(self.size_bytes)
    }
}

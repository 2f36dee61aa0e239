//! A stored blob as something that ordinary, blocking readers of files take.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::{Bytes, BytesMut};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::chunks::{ChunkSealer, Layout};
use super::mark::MARK;
use super::{BlobError, BlobStore, path_of};
use crate::vault::FileKey;

/// Reads a blob from any position, decrypting as it goes; one chunk is kept. For threads of our own only: on one of the
/// runtime's it may wait for another, which may not be there.
pub(crate) struct BlobReader {
    blobs: BlobStore,
    runtime: Handle,
    id: Uuid,
    sealer: ChunkSealer,
    layout: Layout,
    size_bytes: u64,
    position: u64,
    kept: Option<(u32, Bytes)>,
}

impl BlobStore {
    /// A blocking reader of a blob. The size is the one that [`BlobStore::put`] gave.
    ///
    /// # Errors
    /// No blob has this size.
    pub(crate) fn reader(
        &self,
        id: Uuid,
        key: &FileKey,
        size_bytes: u64,
        runtime: Handle,
    ) -> Result<BlobReader, BlobError> {
        Ok(BlobReader {
            blobs: self.clone(),
            runtime,
            id,
            sealer: ChunkSealer::new(id, key),
            layout: Layout::new(size_bytes).ok_or(BlobError::Corrupt)?,
            size_bytes,
            position: 0,
            kept: None,
        })
    }
}

impl BlobReader {
    fn chunk(&mut self, index: u32) -> Result<Bytes, BlobError> {
        if let Some((kept, chunk)) = &self.kept
            && *kept == index
        {
            return Ok(chunk.clone());
        }
        let sealed = match &self.blobs.folder {
            Some(folder) => self.sealed_of_file(folder, index)?,
            None => self.runtime.block_on(async {
                let result = self.blobs.get(self.id, self.layout, self.layout.sealed_range(index)).await?;
                Ok::<_, BlobError>(BytesMut::from(result.bytes().await?))
            })?,
        };
        let plain = self.sealer.open(index, self.layout.is_last(index), sealed).ok_or(BlobError::Corrupt)?;
        self.kept = Some((index, plain.clone()));
        Ok(plain)
    }

    /// The stored bytes of a chunk, of a file that has the size it should have: otherwise it was cut off or added to.
    fn sealed_of_file(&self, folder: &Path, index: u32) -> Result<BytesMut, BlobError> {
        let mut file = match File::open(folder.join(path_of(self.id).as_ref())) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // In a folder that is gone everything is missing; that is no reason to say so for good.
                fs::metadata(folder.join(MARK)).map_err(BlobError::unavailable)?;
                return Err(BlobError::NotFound);
            }
            Err(error) => return Err(BlobError::unavailable(error)),
        };
        if file.metadata().map_err(BlobError::unavailable)?.len() != self.layout.sealed_size() {
            return Err(BlobError::Corrupt);
        }
        let range = self.layout.sealed_range(index);
        let mut sealed = BytesMut::zeroed((range.end - range.start) as usize);
        file.seek(SeekFrom::Start(range.start))
            .and_then(|_| file.read_exact(&mut sealed))
            .map_err(BlobError::unavailable)?;
        Ok(sealed)
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size_bytes || buffer.is_empty() {
            return Ok(0);
        }
        let index = self.layout.index_at(self.position);
        let chunk = self.chunk(index).map_err(io::Error::other)?;
        let rest = &chunk[(self.position - self.layout.plain_range(index).start) as usize..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.position += length as u64;
        Ok(length)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.size_bytes.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

//! Writing of a blob while its content comes in.

use std::pin::pin;

use aws_lc_rs::digest;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use uuid::Uuid;

use super::chunks::{CHUNK_BYTES, ChunkSealer};
use super::{BlobError, BlobStore, path_of};
use crate::chain::Chain;
use crate::vault::FileKey;

/// Plain bytes of a chunk, with room for its tag.
const CHUNK_CAPACITY: usize = CHUNK_BYTES as usize + 16;

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StoredBlob {
    /// The size of the content.
    pub size_bytes: u64,
    /// The SHA-256 of the content.
    pub sha256: [u8; 32],
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PutError<E> {
    /// The content stopped coming.
    #[error("the content did not arrive")]
    Content(#[source] E),
    /// There is more content than is taken. The rest of it was not read.
    #[error("the content has more than {max_bytes} bytes")]
    TooLarge {
        /// The limit.
        max_bytes: u64,
    },
    /// There is no content.
    #[error("the content is empty")]
    Empty,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] BlobError),
}

impl BlobStore {
    /// Encrypts content and writes it as it comes. When this returns well, the bytes outlast a loss of power; when it
    /// does not, there are none. Memory stays below two parts (256 KiB each in a folder, 5 MiB in S3).
    ///
    /// The key must be fresh: a second blob under the same key and id would give away both.
    ///
    /// # Errors
    /// The content is too large, empty or breaks off, or the store is not available.
    pub(crate) async fn put<S, E>(
        &self,
        id: Uuid,
        key: &FileKey,
        content: S,
        max_bytes: u64,
    ) -> Result<StoredBlob, PutError<E>>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        self.check_owner().await?;
        let mut writer = Writer::new(self, id, key);
        match writer.write_all(content, max_bytes).await {
            Ok(stored) => Ok(stored),
            Err(error) => {
                writer.abort().await;
                Err(error)
            }
        }
    }
}

/// A blob on its way.
struct Writer<'a> {
    blobs: &'a BlobStore,
    path: Path,
    sealer: ChunkSealer,
    hash: digest::Context,
    size_bytes: u64,
    /// Plain bytes that are not a chunk yet: a full one waits until it is known whether it is the last.
    chunk: BytesMut,
    index: u32,
    /// Sealed chunks that are not a part yet.
    part: Vec<Bytes>,
    /// Opened with the first part. What is smaller than a part is written at once.
    upload: Option<Box<dyn MultipartUpload>>,
}

impl<'a> Writer<'a> {
    fn new(blobs: &'a BlobStore, id: Uuid, key: &FileKey) -> Self {
        Self {
            blobs,
            path: path_of(id),
            sealer: ChunkSealer::new(id, key),
            hash: digest::Context::new(&digest::SHA256),
            size_bytes: 0,
            chunk: BytesMut::new(),
            index: 0,
            part: Vec::new(),
            upload: None,
        }
    }

    async fn write_all<S, E>(&mut self, content: S, max_bytes: u64) -> Result<StoredBlob, PutError<E>>
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let mut content = pin!(content);
        while let Some(bytes) = content.next().await {
            let bytes = bytes.map_err(PutError::Content)?;
            self.size_bytes = self.size_bytes.saturating_add(bytes.len() as u64);
            if self.size_bytes > max_bytes {
                return Err(PutError::TooLarge { max_bytes });
            }
            self.hash.update(&bytes);
            self.take(&bytes).await?;
        }
        if self.size_bytes == 0 {
            return Err(PutError::Empty);
        }
        self.seal_chunk(true)?;
        self.finish().await?;
        let sha256 = self.hash.clone().finish();
        let sha256 = sha256.as_ref().try_into().expect("a SHA-256 has 32 bytes");
        Ok(StoredBlob { size_bytes: self.size_bytes, sha256 })
    }

    async fn take(&mut self, mut bytes: &[u8]) -> Result<(), BlobError> {
        while !bytes.is_empty() {
            if self.chunk.len() == CHUNK_BYTES as usize {
                self.seal_chunk(false)?;
                if self.part.len() == self.blobs.chunks_per_part {
                    self.write_part().await?;
                }
            }
            if self.chunk.capacity() == 0 {
                self.chunk.reserve(CHUNK_CAPACITY);
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK_BYTES as usize - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    fn seal_chunk(&mut self, is_last: bool) -> Result<(), BlobError> {
        self.part.push(self.sealer.seal(self.index, is_last, std::mem::take(&mut self.chunk)));
        // A counter that started again would repeat nonces.
        self.index = self.index.checked_add(1).ok_or_else(|| BlobError::unavailable("too many chunks"))?;
        Ok(())
    }

    async fn write_part(&mut self) -> Result<(), BlobError> {
        let part = std::mem::take(&mut self.part);
        let _room = self.blobs.enter().await;
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => {
                let upload = self.blobs.store.put_multipart(&self.path).await.map_err(BlobError::unavailable)?;
                self.upload.insert(upload)
            }
        };
        upload.put_part(PutPayload::from_iter(part)).await.map_err(BlobError::unavailable)
    }

    async fn finish(&mut self) -> Result<(), BlobError> {
        if self.upload.is_none() {
            let content = PutPayload::from_iter(std::mem::take(&mut self.part));
            let _room = self.blobs.enter().await;
            self.blobs.store.put(&self.path, content).await.map_err(BlobError::unavailable)?;
            return Ok(());
        }
        self.write_part().await?;
        if let Some(upload) = &mut self.upload {
            let _room = self.blobs.enter().await;
            upload.complete().await.map_err(BlobError::unavailable)?;
        }
        Ok(())
    }

    /// Takes back the parts that were written. What stays where the store is away is no blob and does no harm.
    async fn abort(&mut self) {
        if let Some(mut upload) = self.upload.take()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(blob.path = %self.path, error = %Chain(&error), "parts of a broken upload were left behind");
        }
    }
}

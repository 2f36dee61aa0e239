//! Reading of a blob, or of a part of it, as a stream.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use object_store::{GetOptions, GetRange, GetResult, GetResultPayload, ObjectStore};
use uuid::Uuid;

use super::chunks::{ChunkSealer, Layout, SEALED_CHUNK_BYTES};
use super::{BlobError, BlobStore, ByteStream, failed, path_of};
use crate::vault::FileKey;

/// Read from a file at a time: a sealed chunk, more than the library reads, for each piece costs a change of threads, and not
/// so much that many readers at once hold much memory.
const FILE_READ_BYTES: u64 = SEALED_CHUNK_BYTES;

impl BlobStore {
    /// Reads a part of a blob. Only the chunks that it touches are fetched and decrypted; each is handed on once it is
    /// known to be intact.
    ///
    /// The size is the one that [`BlobStore::put`] gave. What lies outside of it is left out of the range.
    pub(crate) fn read(
        &self,
        id: Uuid,
        key: &FileKey,
        size_bytes: u64,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, BlobError>> + Send + 'static + use<> {
        let Some(layout) = Layout::new(size_bytes) else { return failed(BlobError::Corrupt) };
        let range = range.start..range.end.min(size_bytes);
        if range.is_empty() {
            return stream::empty().boxed();
        }
        let blobs = self.clone();
        let sealer = ChunkSealer::new(id, key);
        let first = layout.index_at(range.start);
        let last = layout.index_at(range.end - 1);
        let opened = async move {
            let sealed = layout.sealed_range(first).start..layout.sealed_range(last).end;
            let result = blobs.get(id, layout, sealed).await?;
            let sealed = blobs.sealed_bytes(result);
            Ok::<_, BlobError>(plain_bytes(Opening {
                sealed,
                buffer: BytesMut::new(),
                sealer,
                layout,
                next: first,
                last,
                range,
            }))
        };
        stream::once(opened).try_flatten().boxed()
    }

    /// Asks for stored bytes, of a blob that has the size it should have: otherwise it was cut off or added to.
    pub(super) async fn get(&self, id: Uuid, layout: Layout, sealed: Range<u64>) -> Result<GetResult, BlobError> {
        let options = GetOptions { range: Some(GetRange::Bounded(sealed.clone())), ..GetOptions::default() };
        let mut result = self.store.get_opts(&path_of(id), options.clone()).await;
        if matches!(result, Err(object_store::Error::NotFound { .. })) && self.restore(id).await? {
            // A row names what an older copy of the database knew of nothing that did.
            tracing::warn!(blob.id = %id, "an attachment was fetched back from the trash");
            result = self.store.get_opts(&path_of(id), options).await;
        }
        match result {
            Ok(result) if result.meta.size == layout.sealed_size() && result.range == sealed => Ok(result),
            Ok(_) => Err(BlobError::Corrupt),
            Err(error) => {
                let error = self.tell_a_short_blob(id, layout, error.into()).await;
                // In a folder that is gone everything is missing; that is no reason to say so for good.
                if matches!(error, BlobError::NotFound) {
                    self.check_folder().await?;
                }
                Err(error)
            }
        }
    }

    /// The stored bytes of an answer, in pieces of any size.
    fn sealed_bytes(self, result: GetResult) -> ByteStream {
        let GetResult { payload, range, .. } = result;
        match payload {
            GetResultPayload::Stream(stream) => stream.map_err(BlobError::from).boxed(),
            GetResultPayload::File(file, _) => {
                stream::try_unfold((self, file, range), |(blobs, file, range)| async move {
                    if range.is_empty() {
                        return Ok(None);
                    }
                    let end = range.end.min(range.start + FILE_READ_BYTES);
                    let piece = range.start..end;
                    let room = blobs.enter().await;
                    let read = tokio::task::spawn_blocking(move || {
                        let _room = room;
                        read_piece(file, piece)
                    });
                    let (file, bytes) = read.await.map_err(BlobError::unavailable)?.map_err(BlobError::unavailable)?;
                    Ok(Some((bytes, (blobs, file, end..range.end))))
                })
                .boxed()
            }
        }
    }

    /// A range that starts beyond the end is refused in as many ways as there are stores.
    async fn tell_a_short_blob(&self, id: Uuid, layout: Layout, error: BlobError) -> BlobError {
        use object_store::ObjectStoreExt;
        if let BlobError::Unavailable(_) = error
            && let Ok(meta) = self.store.head(&path_of(id)).await
            && meta.size != layout.sealed_size()
        {
            return BlobError::Corrupt;
        }
        error
    }
}

fn read_piece(mut file: File, piece: Range<u64>) -> std::io::Result<(File, Bytes)> {
    file.seek(SeekFrom::Start(piece.start))?;
    let mut bytes = Vec::with_capacity((piece.end - piece.start) as usize);
    Read::by_ref(&mut file).take(piece.end - piece.start).read_to_end(&mut bytes)?;
    Ok((file, bytes.into()))
}

/// Chunks on their way from sealed to plain.
struct Opening {
    sealed: ByteStream,
    buffer: BytesMut,
    sealer: ChunkSealer,
    layout: Layout,
    next: u32,
    last: u32,
    range: Range<u64>,
}

fn plain_bytes(opening: Opening) -> impl Stream<Item = Result<Bytes, BlobError>> + Send + 'static {
    stream::try_unfold(opening, |mut opening| async move {
        if opening.next > opening.last {
            return Ok(None);
        }
        let plain = opening.next_chunk().await?;
        Ok(Some((plain, opening)))
    })
}

impl Opening {
    async fn next_chunk(&mut self) -> Result<Bytes, BlobError> {
        let index = self.next;
        let sealed = self.layout.sealed_range(index);
        let length = (sealed.end - sealed.start) as usize;
        while self.buffer.len() < length {
            let piece = self.sealed.try_next().await?.ok_or(BlobError::Corrupt)?;
            self.buffer.extend_from_slice(&piece);
        }
        let chunk = self.buffer.split_to(length);
        let plain = self.sealer.open(index, self.layout.is_last(index), chunk).ok_or(BlobError::Corrupt)?;
        self.next += 1;
        let Range { start, end } = self.layout.plain_range(index);
        let from = self.range.start.max(start) - start;
        let to = self.range.end.min(end) - start;
        Ok(plain.slice(from as usize..to as usize))
    }
}

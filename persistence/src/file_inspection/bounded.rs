//! A reader that stops whoever reads without end, and that remembers whether reading itself failed.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// An honest file is read about once. Four times its size, and some more for small files, is enough for every one.
const READS_OF_SIZE: u64 = 4;
const SPARE_BYTES: u64 = 8 * 1024 * 1024;
/// What a seek costs, for behind it may stand a fetch.
const SEEK_BYTES: u64 = 4096;

pub(super) struct Bounded<R> {
    inner: R,
    size_bytes: u64,
    budget: u64,
    seek_bytes: u64,
    failure: Option<io::Error>,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R, size_bytes: u64) -> Self {
        let budget = size_bytes.saturating_mul(READS_OF_SIZE).saturating_add(SPARE_BYTES);
        Self { inner, size_bytes, budget, seek_bytes: SEEK_BYTES, failure: None }
    }

    pub(super) const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The first failure of the reader below.
    pub(super) fn into_failure(self) -> Option<io::Error> {
        self.failure
    }

    fn spend(&mut self, bytes: u64) -> io::Result<()> {
        self.budget = self.budget.checked_sub(bytes).ok_or_else(|| io::Error::other("the file is read without end"))?;
        Ok(())
    }

    /// Keeps a failure and hands on one like it.
    fn remember(&mut self, error: io::Error) -> io::Error {
        let kind = error.kind();
        self.failure.get_or_insert(error);
        kind.into()
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(length) => {
                self.spend(length as u64)?;
                Ok(length)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.remember(error)),
        }
    }
}

impl<R: Seek> Seek for Bounded<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.spend(self.seek_bytes)?;
        match self.inner.seek(to) {
            // Parsers compute positions from what the file says; one before its start is the file's fault.
            Err(error) if error.kind() == ErrorKind::InvalidInput => Err(error),
            other => other.map_err(|error| self.remember(error)),
        }
    }
}

impl Bounded<std::io::Cursor<Vec<u8>>> {
    /// Bytes in memory, where a seek costs nothing.
    pub(super) fn in_memory(bytes: Vec<u8>) -> Self {
        let size_bytes = bytes.len() as u64;
        Self { seek_bytes: 0, ..Self::new(std::io::Cursor::new(bytes), size_bytes) }
    }
}

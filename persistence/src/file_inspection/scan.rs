//! Malware in files: who looks for it, and what follows from it. The scanner is another program, so it is asked over a
//! port; what it is asked about is what has been stored, decrypted as it is read.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use domain::attachment::FileFault;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};

use crate::Store;
use crate::chain::Chain;
use crate::database::Id;
use crate::error::{Failure, StoreError};
use crate::vault::FileKey;

/// What a scanner says of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It recognised nothing.
    Clean,
    /// It recognised malware.
    Malware,
}

/// Why a file was not scanned.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The scanner did not answer, or did not say what a file is.
    #[error("the scanner of files is away")]
    Away(#[source] Box<dyn Error + Send + Sync>),
    /// The bytes could not be read.
    #[error(transparent)]
    Content(StoreError),
}

/// A scanner of files, as another program runs it.
pub trait FileScanner: Send + Sync {
    /// Looks through the bytes of a file as they come. Answers or fails within a time of its own: people wait.
    fn scan<'a>(
        &'a self,
        content: BoxStream<'a, Result<Bytes, StoreError>>,
    ) -> BoxFuture<'a, Result<Verdict, ScanError>>;
}

/// Who scans files, and whether files are taken that nobody has scanned.
#[derive(Clone, Default)]
pub struct Scanning {
    /// The scanner; none where there is none.
    pub scanner: Option<Arc<dyn FileScanner>>,
    /// Whether each file must have been scanned.
    pub required: bool,
}

impl Store {
    /// Has the bytes of a file scanned. Says whether they were.
    ///
    /// # Errors
    /// Malware; or, where each file must be scanned, no scanner that answers.
    pub(crate) async fn scan(&self, blob: Id, key: &FileKey, size_bytes: u64) -> Result<bool, Failure> {
        let Scanning { scanner, required } = &self.inner.scanning;
        let Some(scanner) = scanner else {
            return if *required { Err(Failure::ScannerAway("no scanner is set".into())) } else { Ok(false) };
        };
        let content = self.inner.blobs.read(blob.0, key, size_bytes, 0..size_bytes);
        let verdict = scanner.scan(content.map(|part| part.map_err(StoreError::from)).boxed()).await;
        let outcome = match &verdict {
            Ok(Verdict::Clean) => "clean",
            Ok(Verdict::Malware) => "malware",
            Err(_) => "failed",
        };
        metrics::counter!("brevdue_scans_total", "outcome" => outcome).increment(1);
        match verdict {
            Ok(Verdict::Clean) => Ok(true),
            Ok(Verdict::Malware) => Err(Failure::File(FileFault::Malware)),
            Err(ScanError::Content(error)) => Err(error.into()),
            Err(ScanError::Away(error)) if *required => Err(Failure::ScannerAway(error)),
            Err(ScanError::Away(error)) => {
                tracing::warn!(blob.id = %blob.0, error = %Chain(&*error), "a file is taken without having been scanned");
                Ok(false)
            }
        }
    }
}

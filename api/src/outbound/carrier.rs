//! Who carries letters out of the house, whoever that is.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use domain::id::HandoverId;
use domain::identity::OrganisationNumber;
use domain::routing::MailboxProvider;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, once};
use futures_util::{StreamExt as _, TryStreamExt as _};
use persistence::{Destination, Fetched, Outlets, StoreError};

use super::SendError;

/// A letter as it leaves: documents in the order in which they are read.
pub(crate) struct Consignment {
    /// What the carrier is to know it by, so that it can drop what it gets twice.
    pub(crate) id: HandoverId,
    /// Where it goes.
    pub(crate) to: Destination,
    /// The organisation that answers for it.
    pub(crate) sender: OrganisationNumber,
    /// The letter itself, and its files.
    pub(crate) documents: Vec<Document>,
}

/// A document of a letter.
pub(crate) struct Document {
    /// What it is called.
    pub(crate) title: String,
    /// Its bytes.
    pub(crate) pdf: Pdf,
}

/// The bytes of a document, or of a part of what is sent. A letter may have files of hundreds of megabytes, so they are never together in memory: what is
/// stored is read while it is handed on.
#[derive(Clone)]
pub(crate) enum Pdf {
    /// Made by us.
    Made(Bytes),
    /// Kept.
    Stored(Arc<dyn StoredPdf>),
}

/// A file that can be read as often as it takes.
pub(crate) trait StoredPdf: Send + Sync {
    /// How many bytes it has.
    fn size_bytes(&self) -> u64;
    /// Its bytes, from the first one on.
    fn read(&self) -> BoxStream<'static, Result<Bytes, StoreError>>;
}

impl StoredPdf for Fetched {
    fn size_bytes(&self) -> u64 {
        self.attachment.size_bytes
    }

    fn read(&self) -> BoxStream<'static, Result<Bytes, StoreError>> {
        self.content(0..self.attachment.size_bytes).boxed()
    }
}

impl Pdf {
    pub(crate) fn size_bytes(&self) -> u64 {
        match self {
            Self::Made(bytes) => bytes.len() as u64,
            Self::Stored(file) => file.size_bytes(),
        }
    }

    /// The bytes, a piece at a time.
    pub(crate) fn read(&self) -> BoxStream<'static, Result<Bytes, StoreError>> {
        match self {
            Self::Made(bytes) => {
                let bytes = bytes.clone();
                once(async { Ok(bytes) }).boxed()
            }
            Self::Stored(file) => file.read(),
        }
    }

    /// All of the bytes, for who has made sure that there is room for them.
    ///
    /// # Errors
    /// A file that is away or not as it was written.
    pub(crate) async fn whole(&self) -> Result<Vec<u8>, StoreError> {
        let mut whole = Vec::with_capacity(usize::try_from(self.size_bytes()).unwrap_or_default());
        let mut pieces = self.read();
        while let Some(piece) = pieces.try_next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    /// Reads to the end, so that it is known before anything is handed over.
    ///
    /// # Errors
    /// A file that is away or not as it was written.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        self.read().try_for_each(|_| async { Ok(()) }).await
    }
}

impl Consignment {
    /// Where it goes, in lines: name and address, or the provider, the mailbox and its owner's number.
    pub(crate) fn address_lines(&self) -> Vec<&str> {
        match &self.to {
            Destination::Paper { name, address } => {
                std::iter::once(name.as_str()).chain(address.expose().iter().map(String::as_str)).collect()
            }
            Destination::Mailbox { provider, address, national_id, certificate: _ } => {
                vec![provider.as_str(), address, national_id.expose()]
            }
        }
    }
}

/// How far a letter is that a carrier has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// Where it was to go, or with who answers for that.
    Arrived,
    /// On its way. The carrier says what became of it when it is called again with it.
    Underway,
    /// It was on its way, and does not come there. The carrier has nothing of it any more.
    Failed,
}

/// Who carries letters over one channel.
pub(crate) trait Carrier: Send + Sync {
    /// Hands a letter over. It may be called again with the same one.
    fn hand_over<'a>(&'a self, letter: &'a Consignment) -> BoxFuture<'a, Result<Progress, SendError>>;
}

/// Who there is.
#[derive(Clone, Default)]
pub(crate) struct Carriers {
    pub(crate) printer: Option<Arc<dyn Carrier>>,
    pub(crate) mailboxes: HashMap<MailboxProvider, Arc<dyn Carrier>>,
}

impl Carriers {
    /// What routing may choose.
    pub(crate) fn outlets(&self) -> Outlets {
        Outlets { paper: self.printer.is_some(), mailboxes: self.mailboxes.keys().copied().collect() }
    }

    /// Who carries letters there, where anybody does.
    pub(crate) fn to(&self, destination: &Destination) -> Option<&dyn Carrier> {
        match destination {
            Destination::Paper { .. } => self.printer.as_deref(),
            Destination::Mailbox { provider, .. } => {
                self.mailboxes.get(&MailboxProvider::of(provider)?).map(|carrier| &**carrier)
            }
        }
    }
}

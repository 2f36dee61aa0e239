//! Who carries letters out of the house, whoever that is.

use std::collections::HashMap;
use std::sync::Arc;

use domain::id::HandoverId;
use domain::identity::OrganisationNumber;
use domain::routing::MailboxProvider;
use futures_util::future::BoxFuture;
use persistence::{Destination, Outlets};

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
    pub(crate) pdf: Vec<u8>,
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

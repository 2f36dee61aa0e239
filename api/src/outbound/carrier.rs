//! Who carries letters out of the house, whoever that is.

use std::sync::Arc;

use domain::id::HandoverId;
use domain::routing::Channel;
use futures_util::future::BoxFuture;
use persistence::Outlets;

use super::SendError;

/// A letter as it leaves: documents in the order in which they are read.
pub(crate) struct Consignment {
    /// What the carrier is to know it by, so that it can drop what it gets twice.
    pub(crate) id: HandoverId,
    /// Name and address line by line; or the provider, the mailbox and its owner's number.
    pub(crate) to: Vec<String>,
    /// What it is called.
    pub(crate) title: String,
    /// PDF, each.
    pub(crate) documents: Vec<Vec<u8>>,
}

/// Who carries letters over one channel.
pub(crate) trait Carrier: Send + Sync {
    /// Hands a letter over. It may be called again with the same one.
    fn hand_over<'a>(&'a self, letter: &'a Consignment) -> BoxFuture<'a, Result<(), SendError>>;
}

/// Who there is.
#[derive(Clone, Default)]
pub(crate) struct Carriers {
    pub(crate) printer: Option<Arc<dyn Carrier>>,
    pub(crate) mailboxes: Option<Arc<dyn Carrier>>,
}

impl Carriers {
    /// What routing may choose.
    pub(crate) fn outlets(&self) -> Outlets {
        Outlets { paper: self.printer.is_some(), mailboxes: self.mailboxes.is_some() }
    }

    /// The one for a channel, where there is one.
    pub(crate) fn of(&self, channel: Channel) -> Option<&dyn Carrier> {
        match channel {
            Channel::Inbox => None,
            Channel::DigitalMailbox => self.mailboxes.as_deref(),
            Channel::Paper => self.printer.as_deref(),
        }
    }
}

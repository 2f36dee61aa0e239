//! Facts → channel, with its reason and that of each channel that was passed over (BX-3).
//!
//! [`decide()`] is asked by the preview, at acceptance, and again at each step, for the world may have changed (BX-4).
//! Deliberately not here: where the facts come from, and carrying a decision out.
//!
//! Professional parties (HK-6) need no row of their own: a recipient here is a citizen, found by a national identity
//! number, and an organisation or somebody acting in a profession cannot be named as one. What a lawyer is to get goes to
//! the lawyer's organisation outside of this program.

mod channel;
mod decide;
mod facts;
mod inbox;
mod reason;

pub use channel::{Channel, ExternalChannels, MailboxProvider};
pub use decide::{Decision, PassedOver, Rejection, Route, Routed, decide};
pub use facts::{Contact, ContactFacts, Facts, MailboxFacts, Size};
pub use inbox::{InboxFacts, effective_consent, has_reader};
pub use reason::Reason;

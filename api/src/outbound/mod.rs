//! Clients of other organisations' systems. The traits of the registers stand where they are used; here is what is behind
//! them, what sends notices,
//! and who carries letters.

mod carrier;
mod email;
mod messenger;
mod not_connected;
mod print;
mod sms;
#[cfg(test)]
mod tests;

pub(crate) use carrier::{Carrier, Carriers, Consignment};
pub(crate) use email::EmailServer;
pub(crate) use messenger::{Messenger, Messengers, OutgoingNotice, SendError};
pub(crate) use not_connected::NotConnected;
pub(crate) use print::{PrintFolder, PrintService};
pub(crate) use sms::SmsGateway;

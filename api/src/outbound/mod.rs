//! Clients of other organisations' systems. The traits of the registers stand where they are used; here is what is behind
//! them, what sends notices, and who carries letters.

mod carrier;
mod clamd;
mod contact_register;
mod digipost;
mod dpi;
mod email;
pub(crate) mod http;
mod key;
mod maskinporten;
mod messenger;
mod not_connected;
mod population_register;
mod print;
pub(crate) mod public_address;
mod register_client;
mod sms;
#[cfg(test)]
mod test_server;
#[cfg(test)]
mod tests;
pub(crate) mod webhook;

#[cfg(test)]
pub(crate) use carrier::StoredPdf;
pub(crate) use carrier::{Carrier, Carriers, Consignment, Document, Pdf, Progress};
pub(crate) use clamd::Clamd;
pub(crate) use contact_register::DigdirContactRegister;
pub(crate) use digipost::Digipost;
pub(crate) use dpi::Dpi;
pub(crate) use email::EmailServer;
pub(crate) use maskinporten::Maskinporten;
pub(crate) use messenger::{Messenger, Messengers, OutgoingNotice, SendError};
pub(crate) use not_connected::NotConnected;
pub(crate) use population_register::SkatteetatenPopulationRegister;
pub(crate) use print::{PrintFolder, PrintService};
pub(crate) use sms::SmsGateway;

#[cfg(test)]
pub(crate) use dpi::every_package_text;

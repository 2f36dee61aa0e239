//! What happened, told to senders: events, their numbers, webhooks.

pub(crate) mod event;
pub(crate) mod feed;
pub(crate) mod webhook;

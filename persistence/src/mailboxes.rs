//! What lies in a citizen's mailbox, as owners, those who act for them and staff see it.

pub(crate) mod appointment;
pub(crate) mod attachment;
pub(crate) mod conversation;
pub(crate) mod draft;
pub(crate) mod flags;
pub(crate) mod health_contact;
pub(crate) mod mailbox;
pub(crate) mod message;
pub(crate) mod message_key;
pub(crate) mod recipient;
pub(crate) mod surroundings;

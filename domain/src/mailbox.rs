//! A citizen's mailbox and profile.

use chrono::NaiveDate;

use crate::consent::{Acceptance, Consent};
use crate::id::{MailboxId, PersonId};
use crate::identity::NationalId;
use crate::person::{PersonName, Protection};

/// A mailbox as somebody who may open it sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mailbox {
    /// Its id.
    pub id: MailboxId,
    /// The owner's name.
    pub owner_name: PersonName,
    /// How many messages that the caller can see have not been read.
    pub unread: u64,
}

/// Every piece of profile information held of a person (TK-4, PP-4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// The person's id.
    pub person: PersonId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// From the population register.
    pub name: PersonName,
    /// From the login.
    pub national_id: NationalId,
    /// From the population register.
    pub birth_date: NaiveDate,
    /// From the population register.
    pub protection: Protection,
    /// The consent as it stands; none where none was ever given.
    pub consent: Option<Consent>,
    /// The newest acceptance of each document.
    pub acceptances: Vec<Acceptance>,
}

//! A citizen's mailbox and profile.

use chrono::{DateTime, NaiveDate, Utc};

use crate::consent::{Acceptance, Consent, Document};
use crate::contact_details::ContactDetails;
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
    /// What the caller is to the owner, by the word of their standing.
    pub relation: &'static str,
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
    /// The last day of the protection; none where it has no end, or there is none.
    pub protection_until: Option<NaiveDate>,
    /// How the person can be reached, as the person has said.
    pub contact_details: ContactDetails,
    /// The consent as it stands; none where none was ever given.
    pub consent: Option<Consent>,
    /// Since when the owner has locked the mailbox (CON-14).
    pub locked_at: Option<DateTime<Utc>>,
    /// What the person has still to accept before they write (DH-5).
    pub lacking: Vec<Document>,
    /// The newest acceptance of each document.
    pub acceptances: Vec<Acceptance>,
}

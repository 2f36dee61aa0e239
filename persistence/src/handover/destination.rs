//! Where a letter goes, as the registers have it at this moment.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::contact_register::Entry;
use domain::identity::{NationalId, OrganisationNumber};
use domain::postal_address::PostalAddress;
use domain::register::RegisteredPerson;
use domain::routing::{Channel, MailboxProvider, Reason};

use crate::Store;
use crate::error::Failure;

/// Where a letter goes. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub enum Destination {
    /// On paper.
    Paper {
        /// The name on the envelope, as the register has it.
        name: String,
        /// The address below it.
        address: PostalAddress,
    },
    /// To a mailbox at a provider.
    Mailbox {
        /// The provider.
        provider: OrganisationNumber,
        /// The provider's name for the mailbox.
        address: String,
        /// Whose it is.
        national_id: NationalId,
    },
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paper { .. } => f.write_str("Paper(***)"),
            Self::Mailbox { .. } => f.write_str("Mailbox(***)"),
        }
    }
}

/// What the registers say.
pub(super) enum Found {
    /// There.
    At(Destination),
    /// Nobody knows: a register is away, or says nothing of the recipient.
    Unknown,
    /// Not this way any more, but perhaps another.
    OtherWay,
    /// Nowhere.
    Nowhere(Reason),
}

impl Store {
    /// Asks where a letter goes over a channel.
    pub(super) async fn destination(
        &self,
        channel: Channel,
        number: &NationalId,
        now: DateTime<Utc>,
    ) -> Result<Found, Failure> {
        let person = match self.inner.register.persons(std::slice::from_ref(number)).await {
            Ok(persons) => persons.into_iter().find(|person| person.national_id == *number),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the population register was not asked");
                return Ok(Found::Unknown);
            }
        };
        Ok(match (channel, person) {
            (_, None) => Found::Unknown,
            (_, Some(person)) if person.death_date.is_some() => Found::Nowhere(Reason::Dead),
            (Channel::Paper, Some(person)) => on_paper(&person, now),
            (Channel::DigitalMailbox, Some(_)) => {
                let contacts = self.contacts(vec![number.clone()]).await;
                contacts.entry(number).map_or(Found::Unknown, |entry| in_mailbox(entry, now))
            }
            (Channel::Inbox, Some(_)) => Found::OtherWay,
        })
    }
}

fn on_paper(person: &RegisteredPerson, now: DateTime<Utc>) -> Found {
    match person.addresses.for_paper(person.protection.at(now)) {
        Some(address) => {
            Found::At(Destination::Paper { name: person.name.expose().to_owned(), address: address.clone() })
        }
        None => Found::Nowhere(Reason::NoPost),
    }
}

/// The chosen mailbox, unless the recipient has reserved themselves or left it since, or it cannot be written to.
fn in_mailbox(entry: &Entry, now: DateTime<Utc>) -> Found {
    let chosen = entry.mailbox.as_ref().filter(|mailbox| {
        MailboxProvider::of(&mailbox.provider).is_some()
            && mailbox.certificate.as_ref().is_some_and(|certificate| certificate.is_valid(now))
    });
    match chosen {
        Some(mailbox) if !entry.is_reserved => Found::At(Destination::Mailbox {
            provider: mailbox.provider.clone(),
            address: mailbox.expose().to_owned(),
            national_id: entry.national_id.clone(),
        }),
        Some(_) | None => Found::OtherWay,
    }
}

//! Where a letter goes, as the registers have it at this moment.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::identity::{NationalId, OrganisationNumber};
use domain::postal_address::PostalAddress;
use domain::routing::{Channel, Reason, Route};

use crate::Store;
use crate::chain::Chain;
use crate::error::Failure;
use crate::letters::delivery::leaving;
use crate::persons::register::{Refreshed, Whom};
use crate::work::job::Lease;

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
        /// For whom letters to it are encrypted, in DER, where the contact register says so.
        certificate: Option<Vec<u8>>,
    },
}

impl Destination {
    /// The channel that leads there.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Paper { .. } => Channel::Paper,
            Self::Mailbox { .. } => Channel::DigitalMailbox,
        }
    }
}

impl Destination {
    /// Whose mailbox it is, where it is one.
    pub(super) const fn provider(&self) -> Option<&OrganisationNumber> {
        match self {
            Self::Paper { .. } => None,
            Self::Mailbox { provider, .. } => Some(provider),
        }
    }
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
        lease: Lease,
        number: &NationalId,
        now: DateTime<Utc>,
    ) -> Result<Found, Failure> {
        match channel {
            Channel::Inbox => Ok(Found::OtherWay),
            Channel::Paper => self.on_paper(number, now).await,
            Channel::DigitalMailbox => self.in_mailbox(lease, number, now).await,
        }
    }

    /// The address that the register has now. Paper reaches everybody who lives, so no more is asked.
    async fn on_paper(&self, number: &NationalId, now: DateTime<Utc>) -> Result<Found, Failure> {
        let person = match self.inner.register.persons(std::slice::from_ref(number)).await {
            Ok(persons) => persons.into_iter().find(|person| person.national_id == *number),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the population register was not asked");
                None
            }
        };
        let Some(person) = person else { return Ok(Found::Unknown) };
        if person.death_date.is_some() {
            return Ok(Found::Nowhere(Reason::Dead));
        }
        Ok(match person.addresses.for_paper(person.protection.at(now)) {
            Some(address) => {
                Found::At(Destination::Paper { name: person.name.expose().to_owned(), address: address.clone() })
            }
            None => Found::Nowhere(Reason::NoPost),
        })
    }

    /// The chosen mailbox, where routing still chooses it by what both registers say now.
    async fn in_mailbox(&self, lease: Lease, number: &NationalId, now: DateTime<Utc>) -> Result<Found, Failure> {
        if self.refresh(vec![Whom::Number(number.clone())], now).await? == Refreshed::Away {
            return Ok(Found::Unknown);
        }
        let contacts = self.contacts(vec![number.clone()]).await;
        let Some(entry) = contacts.entry(number) else { return Ok(Found::Unknown) };
        let (key, contact) = ((lease.mailbox, lease.object), entry.contact(now));
        let decision = self.run(move |inner, connection| Ok(leaving(inner, connection, key, contact, now)?)).await?;
        Ok(match (decision.map(|decision| decision.route), &entry.mailbox) {
            (Some(Route::DigitalMailbox(_)), Some(mailbox)) => Found::At(Destination::Mailbox {
                provider: mailbox.provider.clone(),
                address: mailbox.expose().to_owned(),
                national_id: number.clone(),
                certificate: mailbox.certificate.as_ref().map(|certificate| certificate.der.clone()),
            }),
            (Some(Route::Wait), _) => Found::Unknown,
            _ => Found::OtherWay,
        })
    }
}

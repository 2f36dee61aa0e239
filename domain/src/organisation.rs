//! Organisations: the controllers of what their services send.

use chrono::{DateTime, Utc};

use crate::id::{ClientId, OrganisationId};
use crate::identity::OrganisationNumber;
use crate::text::line_type;

line_type! {
    /// The name of an organisation, a service or a system.
    Name, 200
}

/// An organisation that uses the mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Organisation {
    /// Its id here.
    pub id: OrganisationId,
    /// Its number in the register of legal entities.
    pub number: OrganisationNumber,
    /// Its name.
    pub name: Name,
    /// When it stopped using the mailbox.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A system that an organisation is registered to use. Only registered clients of an organisation act for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    /// Its id here.
    pub id: ClientId,
    /// The organisation that it acts for.
    pub organisation: OrganisationId,
    /// The `client_id` in the tokens of its issuer.
    pub external_id: ExternalClientId,
    /// What people call it.
    pub name: Name,
    /// From when on it acts for nobody.
    pub ended_at: Option<DateTime<Utc>>,
}

line_type! {
    /// The `client_id` of a system, as its token issuer writes it.
    ExternalClientId, 255
}

//! The sandbox (BX-9): test persons, organisations, tokens for anybody, a clock that can be moved. It is always
//! compiled in and never on by accident: it refuses to start beside a production issuer or real persons.

mod duration;
pub(crate) mod http;
mod organisations;
mod persons;
mod walk;

use std::net::SocketAddr;

use domain::access::Caller;
use domain::id::{MailboxId, OrganisationId, PersonId, ServiceId};
use domain::identity::NationalId;
use domain::person::{PersonName, Protection};
use persistence::{Context, Failure, Store};
use uuid::Uuid;

use crate::auth::sandbox_issuer::SandboxIssuer;
use crate::clock::Clock;

pub(crate) use duration::parse_duration;

/// The issuer of the sandbox's tokens, and whom they are for.
const ISSUER: &str = "https://sandbox.brevdue.dev";
const AUDIENCE: &str = "brevdue";

/// What was put into the store for trying things out.
pub(crate) struct Sandbox {
    pub(crate) issuer: SandboxIssuer,
    pub(crate) persons: Vec<TestPerson>,
    pub(crate) organisations: Vec<TestOrganisation>,
}

/// A person who does not exist.
pub(crate) struct TestPerson {
    pub(crate) id: PersonId,
    pub(crate) mailbox: MailboxId,
    pub(crate) national_id: NationalId,
    pub(crate) name: PersonName,
    pub(crate) birth_date: chrono::NaiveDate,
    pub(crate) protection: Protection,
    pub(crate) shows: &'static str,
}

/// An organisation that does not exist, with its services.
pub(crate) struct TestOrganisation {
    pub(crate) id: OrganisationId,
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) services: Vec<TestService>,
}

/// A service of it.
pub(crate) struct TestService {
    pub(crate) id: ServiceId,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) unregistered_recipients: &'static str,
}

impl Sandbox {
    /// Fills the store with what is not there yet.
    pub(crate) async fn fill(store: &Store, clock: &Clock) -> Result<Self, Failure> {
        let context = Context {
            caller: Caller::Operator { subject: "sandbox".to_owned() },
            now: clock.now(),
            trace: Uuid::now_v7().into(),
        };
        Ok(Self {
            issuer: SandboxIssuer::new(ISSUER.to_owned(), AUDIENCE.to_owned()),
            persons: persons::fill(store, clock.now()).await?,
            organisations: organisations::fill(store, &context).await?,
        })
    }

    /// The main job as commands to copy, with the ids of this store.
    pub(crate) fn walk(&self, address: SocketAddr) -> String {
        walk::text(self, address)
    }
}

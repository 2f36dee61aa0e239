//! The sandbox (BX-9): test persons, organisations, tokens for anybody, a clock that can be moved. It is always
//! compiled in and never on by accident: it refuses to start beside a production issuer, and on a database that served production.

mod areas;
pub(crate) mod contact_register;
mod duration;
mod families;
pub(crate) mod fault;
mod organisations;
pub(crate) mod outbox;
mod persons;
pub(crate) mod register;
mod walk;

use std::net::SocketAddr;
use std::sync::Arc;

use domain::access::Caller;
use domain::id::{MailboxId, OrganisationId, ServiceId};
use domain::identity::{NationalId, OrganisationNumber};
use domain::notification::NoticeChannel;
use domain::organisation::Name;
use domain::routing::{Channel, MailboxProvider};
use persistence::{Context, Failure, Store};
use strum::VariantArray as _;
use uuid::Uuid;

use crate::auth::sandbox_issuer::SandboxIssuer;
use crate::clock::Clock;
use crate::outbound::{Carriers, Messengers};
use crate::settings::PlatformSettings;
use crate::worker::Outside;

use self::contact_register::SandboxContactRegister;
use self::outbox::{Outbox, SandboxCarrier};
use self::persons::{Registered, Shows};
use self::register::SandboxRegister;
pub(crate) use duration::parse_duration;

/// The issuer of the sandbox's tokens, and whom they are for.
const ISSUER: &str = "https://sandbox.brevdue.dev";
const AUDIENCE: &str = "brevdue";

/// What was put into the store for trying things out.
pub(crate) struct Sandbox {
    pub(crate) issuer: SandboxIssuer,
    pub(crate) register: Arc<SandboxRegister>,
    pub(crate) contact_register: Arc<SandboxContactRegister>,
    pub(crate) partners: Partners,
    pub(crate) persons: Vec<TestPerson>,
    /// The mailbox of the first of them.
    pub(crate) recipient: Option<MailboxId>,
    pub(crate) organisations: Vec<TestOrganisation>,
}

/// The systems of others that letters and notices go to, in memory.
#[derive(Clone)]
pub(crate) struct Partners {
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) sms: Arc<SandboxCarrier>,
    pub(crate) email: Arc<SandboxCarrier>,
    pub(crate) printer: Arc<SandboxCarrier>,
    pub(crate) mailboxes: Arc<SandboxCarrier>,
}

impl Partners {
    pub(crate) fn new(clock: &Clock) -> Self {
        let outbox = Arc::new(Outbox::new(clock.clone()));
        let carrier = |kind| Arc::new(SandboxCarrier::new(kind, Arc::clone(&outbox)));
        Self {
            sms: carrier(NoticeChannel::Sms.as_word()),
            email: carrier(NoticeChannel::Email.as_word()),
            printer: carrier("print"),
            mailboxes: carrier(Channel::DigitalMailbox.as_word()),
            outbox,
        }
    }

    /// What the sandbox reaches the outside with.
    pub(crate) fn outside(&self) -> Outside {
        let Self { outbox: _, sms, email, printer, mailboxes } = self;
        let mailboxes =
            MailboxProvider::VARIANTS.iter().map(|provider| (*provider, Arc::clone(mailboxes) as _)).collect();
        let carriers = Carriers { printer: Some(Arc::clone(printer) as _), mailboxes };
        let messengers = Messengers { sms: Some(Arc::clone(sms) as _), email: Some(Arc::clone(email) as _) };
        Outside::new(messengers, carriers)
    }
}

/// A person who does not exist. What there is to know of them, the register of the sandbox knows.
pub(crate) struct TestPerson {
    pub(crate) national_id: NationalId,
    pub(crate) shows: &'static [Shows],
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

/// Who runs the sandbox, where its settings do not say. None where the fixed values are wrong, which a test rules out.
pub(crate) fn platform() -> Option<PlatformSettings> {
    let (number, name) = (OrganisationNumber::parse("310033456").ok()?, Name::parse("Brevdue").ok()?);
    Some(PlatformSettings { organisation_number: number, name })
}

/// The register that the sandbox begins with.
pub(crate) fn register() -> SandboxRegister {
    SandboxRegister::new(persons::all().into_iter().map(|registered| registered.person))
}

/// The contact register that the sandbox begins with.
pub(crate) fn contact_register(clock: &Clock) -> SandboxContactRegister {
    SandboxContactRegister::new(clock.clone(), persons::all().iter().map(|registered| &registered.person.national_id))
}

impl Sandbox {
    /// Fills the store with what is not there yet.
    pub(crate) async fn fill(
        store: &Store,
        clock: &Clock,
        register: Arc<SandboxRegister>,
        contact_register: Arc<SandboxContactRegister>,
        partners: Partners,
    ) -> Result<Self, Failure> {
        let context = Context {
            caller: Caller::Operator { subject: "sandbox".to_owned(), roles: vec![] },
            now: clock.now(),
            trace: Uuid::now_v7().into(),
        };
        areas::fill(store, &context).await?;
        let table = persons::all();
        let known = table.iter().filter(|registered| registered.is_known);
        let kept = known.map(|registered| registered.person.clone()).collect();
        let recipient = store.register_keep(kept, clock.now()).await?.first().map(|(_, mailbox)| *mailbox);
        // Whom an earlier run of this sandbox heard of, this run's register has as at its start.
        for newcomer in table.iter().filter(|registered| !registered.is_known) {
            store.register_changed(newcomer.person.national_id.clone(), clock.now()).await?;
        }
        let person =
            |registered: Registered| TestPerson { national_id: registered.person.national_id, shows: registered.shows };
        Ok(Self {
            partners,
            issuer: SandboxIssuer::new(ISSUER.to_owned(), AUDIENCE.to_owned()),
            register,
            contact_register,
            persons: table.into_iter().map(person).collect(),
            recipient,
            organisations: organisations::fill(store, &context).await?,
        })
    }

    /// The main job as commands to copy, with the ids of this store.
    pub(crate) fn walk(&self, address: SocketAddr) -> String {
        walk::text(self, address)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn who_runs_the_sandbox_can_be_registered() {
        assert!(super::platform().is_some());
    }
}

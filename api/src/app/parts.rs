//! What the settings name, opened as far as that goes without the database: serving starts with it, and checking the
//! settings ends with it. So what one refuses, the other does.

use std::sync::Arc;

use domain::identity::NumberSeries;
use persistence::MasterKey;
use secrecy::ExposeSecret as _;

use super::StartError;
use crate::auth::issuer::IssuerSettings;
use crate::auth::{Authenticator, Possession};
use crate::clock::Clock;
use crate::connect::{Registers, carriers, messengers, registers};
use crate::outbound::public_address::PublicOnly;
use crate::outbound::webhook::Courier;
use crate::sandbox::contact_register::SandboxContactRegister;
use crate::sandbox::register::SandboxRegister;
use crate::sandbox::{self, Partners};
use crate::settings::{Mode, Settings, WebhookSettings};
use crate::worker::Outside;

/// What a server is put together of.
pub(super) struct Parts {
    pub(super) clock: Clock,
    pub(super) issuers: Vec<IssuerSettings>,
    pub(super) series: NumberSeries,
    pub(super) registers: Registers,
    pub(super) outside: Outside,
    pub(super) courier: Courier,
    /// None where a sandbox makes its own.
    pub(super) master_key: Option<MasterKey>,
    pub(super) made_up: Option<MadeUp>,
}

/// The systems of other organisations that a sandbox has made up.
pub(super) struct MadeUp {
    pub(super) register: Arc<SandboxRegister>,
    pub(super) contacts: Arc<SandboxContactRegister>,
    pub(super) partners: Partners,
}

impl Parts {
    /// Opens them. Nothing is written, and nobody is called.
    ///
    /// # Errors
    /// What cannot be used.
    pub(super) fn of(settings: &Settings) -> Result<Self, StartError> {
        let clock = super::clock(settings);
        let issuers: Vec<IssuerSettings> = settings.issuers.iter().cloned().map(IssuerSettings::from).collect();
        let (series, registers, outside, made_up) = match settings.mode {
            Mode::Sandbox => {
                let register = Arc::new(sandbox::register());
                let contacts = Arc::new(sandbox::contact_register(&clock));
                let partners = Partners::new(&clock);
                let registers =
                    Registers { population: Arc::clone(&register) as _, contact: Arc::clone(&contacts) as _ };
                let outside = partners.outside();
                (NumberSeries::Synthetic, registers, outside, Some(MadeUp { register, contacts, partners }))
            }
            Mode::Production => {
                let outside = Outside::new(messengers(settings)?, carriers(settings, &clock)?);
                (NumberSeries::Real, registers(settings, &clock)?, outside, None)
            }
        };
        // The one that serves needs the database besides: it remembers proofs there.
        let possession = Possession { public_url: settings.public_url.clone(), nonces: None, store: None };
        Authenticator::new(issuers.clone(), series, clock.clone(), possession)?;
        let WebhookSettings { loopback, ports, timeout } = settings.webhooks.clone();
        let courier =
            Courier::new(PublicOnly { and_loopback: loopback }, ports, timeout).map_err(StartError::Webhooks)?;
        let master_key = master_key(settings)?;
        Ok(Self { clock, issuers, series, registers, outside, courier, master_key, made_up })
    }
}

/// The master key, which has to be there.
pub(crate) fn master_key_kept(settings: &Settings) -> Result<MasterKey, StartError> {
    match (&settings.master_key, &settings.master_key_file) {
        (Some(text), _) => Ok(MasterKey::parse(text.expose_secret())?),
        (None, Some(path)) => Ok(MasterKey::read_file(path)?),
        (None, None) => {
            let source = std::io::Error::from(std::io::ErrorKind::NotFound);
            Err(StartError::Io { what: "no master key: set BREVDUE_MASTER_KEY or master_key_file".to_owned(), source })
        }
    }
}

/// A sandbox makes its own key; anywhere else a missing key is an error, because a new one would open nothing.
fn master_key(settings: &Settings) -> Result<Option<MasterKey>, StartError> {
    match (&settings.master_key, &settings.master_key_file, settings.mode) {
        (None, Some(path), Mode::Sandbox) if !path.exists() => Ok(None),
        _ => master_key_kept(settings).map(Some),
    }
}

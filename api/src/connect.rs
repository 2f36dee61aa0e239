//! The systems of other organisations, as the settings connect them.

use std::collections::HashMap;
use std::sync::Arc;

use domain::routing::MailboxProvider;
use persistence::{ContactRegister, PopulationRegister, Scanning};
use strum::VariantArray as _;

use crate::clock::Clock;
use crate::outbound::{
    Carrier, Carriers, Clamd, DigdirContactRegister, Digipost, Dpi, EmailServer, Maskinporten, Messengers,
    NotConnected, PrintFolder, PrintService, SkatteetatenPopulationRegister, SmsGateway,
};
use crate::settings::{
    ContactRegisterSettings, MaskinportenSettings, NotificationSettings, PopulationRegisterSettings, PrintSettings,
    RegisterSettings, ScannerSettings, Settings,
};

/// What leads to other organisations could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// What sends notices could not be set up.
    #[error("notices cannot be sent: {0}")]
    Notifications(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What prints could not be set up.
    #[error("letters cannot be printed: {0}")]
    Print(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What brings letters to Digipost could not be set up.
    #[error("letters cannot go to Digipost: {0}")]
    Digipost(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What brings letters to an access point of DPI could not be set up.
    #[error("letters cannot go over DPI: {0}")]
    Dpi(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Our own calls cannot get tokens.
    #[error("maskinporten: no tokens for our own calls")]
    Maskinporten(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The registers of other organisations.
pub(crate) struct Registers {
    pub(crate) population: Arc<dyn PopulationRegister>,
    pub(crate) contact: Arc<dyn ContactRegister>,
}

/// What sends notices, as the settings have it. Without any, citizens are told of nothing, which is said once.
pub(crate) fn messengers(settings: &Settings) -> Result<Messengers, ConnectError> {
    let NotificationSettings { sms, email } = settings.notifications.clone();
    if sms.is_none() && email.is_none() {
        tracing::warn!(
            "neither notifications.sms nor notifications.email is set: nobody is told that something has come"
        );
    }
    let sms = sms.map(SmsGateway::new).transpose().map_err(|error| ConnectError::Notifications(error.into()))?;
    let email = email.map(EmailServer::new).transpose().map_err(|error| ConnectError::Notifications(error.into()))?;
    Ok(Messengers { sms: sms.map(|sms| Arc::new(sms) as _), email: email.map(|email| Arc::new(email) as _) })
}

/// Who looks for malware in files, as the settings have it. Without anybody, files are taken unscanned, which is said once.
pub(crate) fn scanning(settings: &ScannerSettings) -> Scanning {
    let ScannerSettings { address, required, timeout } = settings.clone();
    if address.is_none() {
        tracing::warn!("scanner.address is not set: files are not scanned for malware");
    }
    Scanning { scanner: address.map(|address| Arc::new(Clamd::new(address, timeout)) as _), required }
}

/// Who carries letters out of the house, as the settings have it.
pub(crate) fn carriers(settings: &Settings, clock: &Clock) -> Result<Carriers, ConnectError> {
    let printer: Option<Arc<dyn Carrier>> = match settings.print.clone() {
        None => None,
        Some(PrintSettings::Folder(folder)) => Some(Arc::new(PrintFolder::new(folder))),
        Some(PrintSettings::Service { url, secret }) => {
            let service = PrintService::new(url, secret).map_err(|error| ConnectError::Print(error.into()))?;
            Some(Arc::new(service))
        }
    };
    let mut mailboxes: HashMap<MailboxProvider, Arc<dyn Carrier>> = HashMap::new();
    if let Some(settings) = settings.digipost.clone() {
        let digipost = Digipost::new(settings, clock.clone()).map_err(|error| ConnectError::Digipost(error.into()))?;
        mailboxes.insert(MailboxProvider::Digipost, Arc::new(digipost));
    }
    if let Some(settings) = settings.dpi.clone() {
        let maskinporten = maskinporten(settings.maskinporten.clone(), clock)?;
        let dpi = Dpi::new(settings, maskinporten, clock.clone()).map_err(|error| ConnectError::Dpi(error.into()))?;
        let dpi: Arc<dyn Carrier> = Arc::new(dpi);
        for provider in MailboxProvider::VARIANTS {
            mailboxes.entry(*provider).or_insert_with(|| Arc::clone(&dpi));
        }
    }
    Ok(Carriers { printer, mailboxes })
}

/// The registers that the settings name; one that they do not is always away.
pub(crate) fn registers(settings: &Settings, clock: &Clock) -> Result<Registers, ConnectError> {
    let RegisterSettings { population, contact } = settings.registers.clone();
    Ok(Registers {
        population: match population {
            None => Arc::new(NotConnected),
            Some(PopulationRegisterSettings { url, scope, maskinporten }) => {
                let maskinporten = self::maskinporten(maskinporten, clock)?;
                let register = SkatteetatenPopulationRegister::new(url, scope, maskinporten, clock.clone());
                Arc::new(register.map_err(|error| ConnectError::Maskinporten(error.into()))?)
            }
        },
        contact: match contact {
            None => Arc::new(NotConnected),
            Some(ContactRegisterSettings { url, maskinporten }) => {
                let register = DigdirContactRegister::new(url, self::maskinporten(maskinporten, clock)?);
                Arc::new(register.map_err(|error| ConnectError::Maskinporten(error.into()))?)
            }
        },
    })
}

fn maskinporten(settings: MaskinportenSettings, clock: &Clock) -> Result<Maskinporten, ConnectError> {
    Maskinporten::new(settings, clock.clone()).map_err(|error| ConnectError::Maskinporten(error.into()))
}

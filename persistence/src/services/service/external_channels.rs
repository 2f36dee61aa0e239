//! The channels beside the inbox that a service uses, as they are stored: an object of JSON.

use domain::routing::ExternalChannels;
use serde::{Deserialize, Serialize};

use super::CORRUPT;
use crate::error::StoreError;

/// What is not there is as in [`ExternalChannels::NONE`].
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Stored {
    mailbox_providers: Vec<String>,
    paper: bool,
    youth_appointments_on_paper: bool,
    paper_if_unopened: bool,
}

pub(super) fn to_text(external: &ExternalChannels) -> Result<String, StoreError> {
    let ExternalChannels { mailbox_providers, paper, youth_appointments_on_paper, paper_if_unopened } = external;
    let stored = Stored {
        mailbox_providers: mailbox_providers.iter().map(|provider| provider.as_word().to_owned()).collect(),
        paper: *paper,
        youth_appointments_on_paper: *youth_appointments_on_paper,
        paper_if_unopened: *paper_if_unopened,
    };
    serde_json::to_string(&stored).map_err(|_| CORRUPT)
}

pub(super) fn from_text(text: &str) -> Result<ExternalChannels, StoreError> {
    let Stored { mailbox_providers, paper, youth_appointments_on_paper, paper_if_unopened } =
        serde_json::from_str(text).map_err(|_| CORRUPT)?;
    let providers = mailbox_providers.iter().map(|word| word.parse().map_err(|_| CORRUPT));
    let mailbox_providers = providers.collect::<Result<_, _>>()?;
    Ok(ExternalChannels { mailbox_providers, paper, youth_appointments_on_paper, paper_if_unopened })
}

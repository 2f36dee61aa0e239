//! The channels beside the inbox that a service uses, as its organisation chooses them.

use domain::routing::{ExternalChannels, MailboxProvider};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::request::input::{Field, Unknown, Violations};
use crate::problem::ViolationCode;

/// The channels beside the inbox that a service's letters and appointment letters may take (HK-5). None where it is left
/// out: what the inbox does not take is held or rejected then.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExternalChannelsRequest {
    /// The providers of digital mailboxes, by organisation number: `984661185` (Digipost) and `922020175` (e-Boks). None
    /// where left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["984661185"]))]
    mailbox_providers: Field<Vec<Field<String>>>,
    /// Whether letters go on paper that no digital channel takes. `false` where left out.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    paper: Field<bool>,
    /// Whether appointment letters to those of 12 to 15 go on paper, whatever inbox they have (CHI-14). Takes `paper`.
    /// `false` where left out.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    youth_appointments_on_paper: Field<bool>,
    /// Whether a letter goes on paper that nobody has opened by its `openBy` (KRR-14). Takes `paper`. `false` where left out.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    paper_if_unopened: Field<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// The channels beside the inbox that a service's letters and appointment letters may take (HK-5).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExternalChannelsView {
    /// The providers of digital mailboxes, by organisation number.
    #[schema(example = json!(["984661185"]))]
    mailbox_providers: Vec<&'static str>,
    /// Whether letters go on paper that no digital channel takes.
    paper: bool,
    /// Whether appointment letters to those of 12 to 15 go on paper (CHI-14).
    youth_appointments_on_paper: bool,
    /// Whether a letter goes on paper that nobody has opened by its `openBy` (KRR-14).
    paper_if_unopened: bool,
}

impl From<ExternalChannels> for ExternalChannelsView {
    fn from(external: ExternalChannels) -> Self {
        let ExternalChannels { mailbox_providers, paper, youth_appointments_on_paper, paper_if_unopened } = external;
        Self {
            mailbox_providers: mailbox_providers.into_iter().map(MailboxProvider::as_word).collect(),
            paper,
            youth_appointments_on_paper,
            paper_if_unopened,
        }
    }
}

pub(super) fn external(violations: &mut Violations, request: ExternalChannelsRequest) -> ExternalChannels {
    let ExternalChannelsRequest { mailbox_providers, paper, youth_appointments_on_paper, paper_if_unopened, unknown } =
        request;
    let at = |field: &str| format!("/externalChannels/{field}");
    let words = violations.optional(&at("mailboxProviders"), mailbox_providers).unwrap_or_default();
    let mut providers = Vec::new();
    for (place, word) in words.into_iter().enumerate() {
        let pointer = at(&format!("mailboxProviders/{place}"));
        let word = violations.required(&pointer, word);
        let Some(provider) = violations.choice::<MailboxProvider>(&pointer, word) else { continue };
        if providers.contains(&provider) {
            violations.add(pointer, ViolationCode::Duplicate);
        } else {
            providers.push(provider);
        }
    }
    let paper = violations.optional(&at("paper"), paper).unwrap_or(false);
    let mut on_paper = |field: &str, wanted| {
        let pointer = at(field);
        let wanted = violations.optional(&pointer, wanted).unwrap_or(false);
        if wanted && !paper {
            violations.add(pointer, ViolationCode::TakesPaper);
        }
        wanted
    };
    let youth_appointments_on_paper = on_paper("youthAppointmentsOnPaper", youth_appointments_on_paper);
    let paper_if_unopened = on_paper("paperIfUnopened", paper_if_unopened);
    violations.unknown("/externalChannels", &unknown);
    ExternalChannels { mailbox_providers: providers, paper, youth_appointments_on_paper, paper_if_unopened }
}

//! The channels, and which of them a service uses.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::identity::OrganisationNumber;
use crate::message::MessageKind;

/// Where a message goes.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Channel {
    /// The recipient's inbox here.
    Inbox,
    /// The mailbox that the recipient has chosen at another provider.
    DigitalMailbox,
    /// A letter to the address in the population register.
    Paper,
}

impl Channel {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// The providers of digital mailboxes that a service can choose (HK-5), by their organisation numbers. The one list.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
pub enum MailboxProvider {
    /// Digipost, of Posten.
    #[strum(serialize = "984661185")]
    Digipost,
    /// e-Boks.
    #[strum(serialize = "922020175")]
    EBoks,
}

impl MailboxProvider {
    /// The stored and sent word: the organisation number.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// The provider with this number, where it is one of those that there are.
    #[must_use]
    pub fn of(number: &OrganisationNumber) -> Option<Self> {
        number.as_str().parse().ok()
    }
}

/// The channels beside the inbox that a service uses (HK-5). None where it has not said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExternalChannels {
    /// The providers whose mailboxes it sends to. Each at most once.
    pub mailbox_providers: Vec<MailboxProvider>,
    /// Whether it sends on paper.
    pub paper: bool,
    /// Whether appointment letters to those of 12 to 15 go on paper, whatever inbox they have (CHI-14). Takes `paper`.
    pub youth_appointments_on_paper: bool,
    /// Whether a letter goes on paper that nobody has opened by its time (KRR-14). Takes `paper`.
    pub paper_if_unopened: bool,
}

impl ExternalChannels {
    /// None but the inbox.
    pub const NONE: Self = Self {
        mailbox_providers: Vec::new(),
        paper: false,
        youth_appointments_on_paper: false,
        paper_if_unopened: false,
    };

    /// Whether a message of a kind goes on paper when nobody has opened it by its time (KRR-14). What is no letter never
    /// leaves the house.
    #[must_use]
    pub const fn prints_unopened(&self, kind: MessageKind) -> bool {
        self.paper && self.paper_if_unopened && kind.asks_contact_register()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn krr_14_only_letters_go_on_paper_unopened_and_only_where_the_service_wants_both() {
        use strum::VariantArray as _;
        for kind in MessageKind::VARIANTS {
            for (paper, paper_if_unopened) in [(false, false), (false, true), (true, false), (true, true)] {
                let external = ExternalChannels { paper, paper_if_unopened, ..ExternalChannels::NONE };
                let is_letter = matches!(kind, MessageKind::Letter | MessageKind::AppointmentLetter);
                assert_eq!(external.prints_unopened(*kind), paper && paper_if_unopened && is_letter, "{kind:?}");
            }
        }
    }
}

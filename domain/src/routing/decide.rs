//! The decision.

use strum::{IntoStaticStr, VariantArray};

use super::channel::{Channel, MailboxProvider};
use super::facts::{Contact, ContactFacts, Facts, Size};
use super::reason::Reason;
use crate::message::MessageKind;
use crate::person::{ADULT_YEARS, HEALTH_MAJORITY_YEARS, PARENTS_SEE_LESS_YEARS};
use crate::rule::Rule;
use crate::service::UnregisteredRecipients;

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Route {
    /// Into the inbox now.
    Inbox,
    /// To the mailbox that the recipient has at this provider.
    DigitalMailbox(MailboxProvider),
    /// On paper, to the address in the population register.
    Paper,
    /// Kept until the inbox opens (PP-6).
    Hold,
    /// Kept until the contact register says something (KRR-15).
    Wait,
    /// Refused, and the sender told.
    Reject(Rejection),
}

/// Why a message goes nowhere. The words are what a sender may know.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Rejection {
    /// Dead: there is nobody to read.
    RecipientCannotReceive,
    /// The inbox is not open to this service, for whatever reason. One answer for all: a sender must not learn of a
    /// protected address.
    InboxNotOpen,
    /// Reserved against digital communication, and the service does not send on paper (KRR-4).
    RecipientReserved,
}

impl Rejection {
    /// The rule that decided.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::RecipientCannotReceive => Rule::Krr8,
            Self::InboxNotOpen => Rule::Con7,
            Self::RecipientReserved => Rule::Krr4,
        }
    }
}

/// A channel that was not chosen, and what stood against it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PassedOver {
    /// The channel.
    pub channel: Channel,
    /// What stood against it.
    pub reason: Reason,
}

/// What becomes of a message, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// What becomes of it.
    pub route: Route,
    /// Why.
    pub reason: Reason,
    /// Every channel that was not chosen; none while nothing is decided.
    pub passed_over: Vec<PassedOver>,
}

/// A decision as it is kept with a message and shown to its sender.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Routed {
    /// The channel; none while nothing is decided, and where it goes nowhere.
    pub channel: Option<Channel>,
    /// The rule that decided.
    pub rule: Rule,
    /// Why; none for messages from before reasons were kept.
    pub reason: Option<Reason>,
    /// Every channel that was not chosen.
    pub passed_over: Vec<PassedOver>,
}

impl From<&Decision> for Routed {
    fn from(decision: &Decision) -> Self {
        let Decision { route, reason, passed_over } = decision;
        let channel = match route {
            // What is held waits for the inbox.
            Route::Inbox | Route::Hold => Some(Channel::Inbox),
            Route::DigitalMailbox(_) => Some(Channel::DigitalMailbox),
            Route::Paper => Some(Channel::Paper),
            Route::Wait | Route::Reject(_) => None,
        };
        Self { channel, rule: reason.rule(), reason: Some(*reason), passed_over: passed_over.clone() }
    }
}

impl Decision {
    /// `against` has a reason for each channel that was not chosen, in the order of the channels.
    fn new(route: Route, reason: Reason, against: impl IntoIterator<Item = (Channel, Reason)>) -> Self {
        let passed_over = against.into_iter().map(|(channel, reason)| PassedOver { channel, reason }).collect();
        Self { route, reason, passed_over }
    }

    fn inbox(mailbox: Reason, paper: Reason) -> Self {
        let against = [(Channel::DigitalMailbox, mailbox), (Channel::Paper, paper)];
        Self::new(Route::Inbox, Reason::InboxOpen, against)
    }

    fn paper(reason: Reason, inbox: Reason, mailbox: Reason) -> Self {
        Self::new(Route::Paper, reason, [(Channel::Inbox, inbox), (Channel::DigitalMailbox, mailbox)])
    }

    fn nowhere(rejection: Rejection, reason: Reason, mailbox: Reason, paper: Reason) -> Self {
        let against = [(Channel::Inbox, reason), (Channel::DigitalMailbox, mailbox), (Channel::Paper, paper)];
        Self::new(Route::Reject(rejection), reason, against)
    }

    /// Where no channel takes it: as the service wants it.
    fn held_or_rejected(unregistered: UnregisteredRecipients, mailbox: Reason, paper: Reason) -> Self {
        match unregistered {
            UnregisteredRecipients::Hold => {
                let against = [(Channel::DigitalMailbox, mailbox), (Channel::Paper, paper)];
                Self::new(Route::Hold, Reason::Held, against)
            }
            UnregisteredRecipients::Reject => {
                Self::nowhere(Rejection::InboxNotOpen, Reason::InboxNotOpen, mailbox, paper)
            }
        }
    }
}

impl MessageKind {
    /// Whether the contact register is asked about the recipient: of what reservation covers, or what may leave the
    /// mailbox. Dialogue and information of no legal weight do neither (KRR-4).
    #[must_use]
    pub const fn asks_contact_register(self) -> bool {
        match self {
            Self::Letter | Self::AppointmentLetter => true,
            Self::Dialogue | Self::Service => false,
        }
    }
}

/// Chooses the channel.
#[must_use]
pub fn decide(facts: &Facts<'_>) -> Decision {
    if facts.recipient_is_dead {
        let dead = Reason::Dead;
        return Decision::nowhere(Rejection::RecipientCannotReceive, dead, dead, dead);
    }
    if !facts.kind.asks_contact_register() {
        let only = Reason::OnlyInbox;
        return match facts.inbox.is_open() {
            true => Decision::inbox(only, only),
            false => Decision::held_or_rejected(facts.unregistered_recipients, only, only),
        };
    }
    match facts.contact {
        Contact::Unknown => Decision::new(Route::Wait, Reason::ContactUnknown, []),
        Contact::Known(contact) => decide_letter(facts, contact),
    }
}

/// A letter to somebody of whom the contact register has told.
fn decide_letter(facts: &Facts<'_>, contact: ContactFacts) -> Decision {
    let prints = facts.external.paper;
    if contact.is_reserved {
        let reserved = Reason::Reserved;
        return match prints {
            true => Decision::paper(reserved, reserved, reserved),
            false => Decision::nowhere(Rejection::RecipientReserved, reserved, reserved, Reason::NotOffered),
        };
    }
    let unnotifiable = match (contact.is_registered, contact.can_be_notified) {
        (false, _) => Some(Reason::NeverRegistered),
        (true, false) => Some(Reason::CannotBeNotified),
        (true, true) => None,
    };
    let before_inbox = match facts.kind {
        // No lawful notice can be given of it, so it does not count as having come.
        MessageKind::Letter => unnotifiable,
        MessageKind::AppointmentLetter => is_for_paper(facts).then_some(Reason::YouthAppointment),
        MessageKind::Dialogue | MessageKind::Service => None,
    };
    if let (Some(reason), true) = (before_inbox, prints) {
        return Decision::paper(reason, reason, reason);
    }
    if facts.inbox.is_open() {
        return match before_inbox {
            Some(reason) => Decision::inbox(reason, Reason::NotOffered),
            None => Decision::inbox(Reason::InboxFirst, Reason::InboxFirst),
        };
    }
    match mailbox(facts, contact, unnotifiable) {
        Ok(provider) => {
            let against = [(Channel::Inbox, Reason::InboxNotOpen), (Channel::Paper, Reason::MailboxFirst)];
            Decision::new(Route::DigitalMailbox(provider), Reason::MailboxChosen, against)
        }
        Err(against) if prints => Decision::paper(reason_for_paper(against), Reason::InboxNotOpen, against),
        Err(against) => Decision::held_or_rejected(facts.unregistered_recipients, against, Reason::NotOffered),
    }
}

/// Whether it is an appointment letter of a kind that the service wants on paper (CHI-14).
fn is_for_paper(facts: &Facts<'_>) -> bool {
    facts.external.paper
        && facts.external.youth_appointments_on_paper
        && (PARENTS_SEE_LESS_YEARS..HEALTH_MAJORITY_YEARS).contains(&facts.age_years)
}

/// The provider of the chosen mailbox, where that takes the letter; else the first thing that stands against it.
fn mailbox(facts: &Facts<'_>, contact: ContactFacts, unnotifiable: Option<Reason>) -> Result<MailboxProvider, Reason> {
    if facts.age_years < ADULT_YEARS {
        return Err(Reason::Minor);
    }
    if let Some(reason) = unnotifiable {
        return Err(reason);
    }
    if facts.external.mailbox_providers.is_empty() {
        return Err(Reason::NotOffered);
    }
    let chosen = contact.mailbox.ok_or(Reason::NoMailbox)?;
    let supported = chosen.provider.filter(|provider| facts.external.mailbox_providers.contains(provider));
    let provider = supported.ok_or(Reason::ProviderNotSupported)?;
    if !chosen.certificate_is_valid {
        return Err(Reason::CertificateInvalid);
    }
    if facts.size.bytes >= Size::MAILBOX_BYTES_BELOW {
        return Err(Reason::TooLarge);
    }
    if facts.size.documents > Size::MAILBOX_DOCUMENTS {
        return Err(Reason::TooManyDocuments);
    }
    if facts.not_at_provider {
        return Err(Reason::NotAtProvider);
    }
    Ok(provider)
}

/// Paper is chosen for what keeps the recipient from every digital channel, or because it comes last.
fn reason_for_paper(against_mailbox: Reason) -> Reason {
    let keeps = [Reason::Minor, Reason::NeverRegistered, Reason::CannotBeNotified];
    if keeps.contains(&against_mailbox) { against_mailbox } else { Reason::NothingDigital }
}

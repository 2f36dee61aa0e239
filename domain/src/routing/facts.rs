//! What routing asks about a message, its recipient and the sending service.

use super::channel::{ExternalChannels, MailboxProvider};
use super::inbox::InboxFacts;
use crate::access::{OwnerFacts, Policy};
use crate::message::MessageKind;
use crate::service::{ItemPolicy, UnregisteredRecipients};

/// All that routing asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts<'s> {
    /// What the message is to its recipient.
    pub kind: MessageKind,
    /// Whether the register has a day of death.
    pub recipient_is_dead: bool,
    /// The recipient's age in whole years.
    pub age_years: i32,
    /// What opens and closes the recipient's inbox.
    pub inbox: InboxFacts,
    /// What the contact register says of the recipient. Asked only for kinds that need it.
    pub contact: Contact,
    /// What the service wants done where the inbox is closed and no other channel takes it.
    pub unregistered_recipients: UnregisteredRecipients,
    /// The other channels that the service uses.
    pub external: &'s ExternalChannels,
    /// How much there is to send.
    pub size: Size,
    /// Whether the provider of the chosen mailbox has been handed this letter, and has nothing of it: it does not know the
    /// recipient, or has failed.
    pub not_at_provider: bool,
}

/// What the contact register says of a recipient.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Contact {
    /// Nothing: it is away, or has no row of the person. That is not the same as not reserved.
    Unknown,
    /// This.
    Known(ContactFacts),
}

/// What routing asks of the contact register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ContactFacts {
    /// Reserved against digital communication (KRR-4).
    pub is_reserved: bool,
    /// Known to the register at all: has used an ID-porten service (HK-9).
    pub is_registered: bool,
    /// The register's word that the person can be notified (KRR-2).
    pub can_be_notified: bool,
    /// The mailbox that the person has chosen.
    pub mailbox: Option<MailboxFacts>,
}

/// A mailbox at a provider.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MailboxFacts {
    /// The provider; none where it is not one of those that a service can choose.
    pub provider: Option<MailboxProvider>,
    /// Whether its certificate holds now.
    pub certificate_is_valid: bool,
}

/// How much there is to send.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Size {
    /// The bytes of all documents.
    pub bytes: u64,
    /// The letter itself and its files.
    pub documents: u32,
}

impl Size {
    /// A mailbox at a provider takes less than this (KRR-8).
    pub const MAILBOX_BYTES_BELOW: u64 = 45_000_000;
    /// A mailbox at a provider takes at most so many documents (KRR-8).
    pub const MAILBOX_DOCUMENTS: u32 = 201;
    /// What is set aside for the letter itself, which is made into a document only when it goes.
    const LETTER_BYTES: u64 = 1_000_000;

    /// A letter with files of these sizes.
    #[must_use]
    pub fn of_files(sizes_bytes: impl IntoIterator<Item = u64>) -> Self {
        let letter = Self { bytes: Self::LETTER_BYTES, documents: 1 };
        sizes_bytes.into_iter().fold(letter, |size, bytes| Self {
            bytes: size.bytes.saturating_add(bytes),
            documents: size.documents.saturating_add(1),
        })
    }
}

impl<'s> Facts<'s> {
    /// Of something that only the inbox takes, such as a message of the mailbox itself.
    #[must_use]
    pub fn inbox_only(
        owner: &OwnerFacts,
        item: ItemPolicy,
        unregistered_recipients: UnregisteredRecipients,
        policy: Policy,
    ) -> Self {
        const NONE: &ExternalChannels = &ExternalChannels::NONE;
        Self {
            kind: MessageKind::Service,
            recipient_is_dead: owner.is_dead,
            age_years: owner.age_years,
            inbox: InboxFacts::of(owner, item, policy),
            contact: Contact::Unknown,
            unregistered_recipients,
            external: NONE,
            size: Size::of_files([]),
            not_at_provider: false,
        }
    }
}

//! Why a channel was chosen, or passed over.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::rule::Rule;

/// Why a channel was chosen, or passed over. Senders are shown it.
///
/// That an inbox is closed has one reason, whatever closes it: no consent or too little, a lock, nobody who could read, or
/// a protected address. So nothing that a sender is shown tells of a protected address (CON-7).
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Reason {
    /// The inbox is open to the service.
    InboxOpen,
    /// The inbox comes before this channel, and takes it.
    InboxFirst,
    /// The inbox is not open to the service, for whatever reason.
    InboxNotOpen,
    /// It waits until the inbox opens.
    Held,
    /// A message of this kind never leaves the mailbox.
    OnlyInbox,
    /// The recipient is dead.
    Dead,
    /// The contact register has not said anything of the recipient. Nobody guesses.
    ContactUnknown,
    /// The population register has not said anything of the recipient for too long. Nothing leaves on that.
    RegisterStale,
    /// The recipient is reserved against digital communication.
    Reserved,
    /// The recipient has never used an ID-porten service.
    NeverRegistered,
    /// The recipient cannot be notified: contact details expired or deleted.
    CannotBeNotified,
    /// The service sends appointment letters to those of 12 to 15 on paper.
    YouthAppointment,
    /// The recipient has chosen a mailbox that the service sends to.
    MailboxChosen,
    /// The chosen mailbox comes before this channel, and takes it.
    MailboxFirst,
    /// The recipient is below 18, too young for a mailbox at a provider.
    Minor,
    /// The recipient has chosen no mailbox.
    NoMailbox,
    /// The service does not send to the provider of the chosen mailbox.
    ProviderNotSupported,
    /// The certificate of the chosen mailbox does not hold.
    CertificateInvalid,
    /// The provider does not know the recipient, whatever the contact register says, or has failed to bring the letter.
    NotAtProvider,
    /// Too many bytes for a mailbox at a provider.
    TooLarge,
    /// Too many documents for a mailbox at a provider.
    TooManyDocuments,
    /// The service does not use the channel.
    NotOffered,
    /// No digital channel takes it: paper comes last.
    NothingDigital,
    /// It was not opened in time, and the service wants it on paper then.
    NotOpened,
    /// There is no post to the recipient.
    NoPost,
}

impl Reason {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// The rule by its id.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::InboxOpen | Self::InboxFirst | Self::NothingDigital => Rule::Hn4,
            Self::InboxNotOpen | Self::OnlyInbox => Rule::Con7,
            Self::Held => Rule::Pp6,
            Self::Dead | Self::Minor | Self::CertificateInvalid | Self::TooLarge | Self::TooManyDocuments => Rule::Krr8,
            Self::ContactUnknown => Rule::Krr15,
            Self::RegisterStale => Rule::Adr11,
            Self::Reserved => Rule::Krr4,
            Self::NeverRegistered => Rule::Hk9,
            Self::CannotBeNotified => Rule::Krr7,
            Self::YouthAppointment => Rule::Chi14,
            Self::MailboxChosen | Self::MailboxFirst | Self::NotAtProvider | Self::NoPost => Rule::Krr6,
            Self::NotOpened => Rule::Krr14,
            Self::NoMailbox => Rule::Hk7,
            Self::ProviderNotSupported | Self::NotOffered => Rule::Hk5,
        }
    }

    /// Where the rule comes from: the law, or those whose practice it is.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::InboxOpen | Self::InboxFirst | Self::InboxNotOpen | Self::OnlyInbox | Self::NothingDigital => {
                "Helsenorge, innboks"
            }
            Self::Held => "Pasientportaler",
            Self::Dead
            | Self::Minor
            | Self::CertificateInvalid
            | Self::TooLarge
            | Self::TooManyDocuments
            | Self::NoMailbox => "Nav, dokdistkanal",
            Self::ContactUnknown => "Altinn, melding",
            Self::RegisterStale => "Skatteetaten, Folkeregisteret",
            Self::Reserved => "eForvaltningsforskriften § 9",
            Self::NeverRegistered | Self::CannotBeNotified => "eForvaltningsforskriften § 8",
            Self::YouthAppointment => "helseforetakene, innkalling",
            Self::MailboxChosen | Self::MailboxFirst | Self::NotAtProvider => "Digdir, digital postkasse",
            Self::NotOpened => "helseforetakene, brev på papir",
            Self::NoPost => "Skatteetaten, Folkeregisteret",
            Self::ProviderNotSupported | Self::NotOffered => "Helseklage, digital post",
        }
    }
}

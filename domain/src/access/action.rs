//! What can be done in a mailbox.

use strum::VariantArray;

/// What somebody wants to do in a mailbox.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, VariantArray)]
pub enum Action {
    /// See that the mailbox is there, its owner's name and its unread count.
    SeeMailbox,
    /// Ask who may do what here, and why (BX-2).
    ExplainAccess,
    /// See the profile that is held of the owner.
    SeeProfile,
    /// Say how one can be reached, or correct it (PP-9).
    ChangeContactDetails,
    /// Give, change or withdraw consent, and see what was given.
    DecideConsent,
    /// Give a child access of its own, or take it back (CHI-8).
    DecideYouthAccess,
    /// Lock one's own mailbox, or open it again (CON-14).
    DecideLock,
    /// Give or change a power of attorney.
    DecidePowers,
    /// See the powers of attorney that one has given or received, and end them.
    SeePowers,
    /// Accept a document.
    AcceptDocument,
    /// See the overview.
    ListMessages,
    /// Read a message.
    ReadMessage,
    /// Mark a message as read or unread.
    MarkMessage,
    /// Delete a message from the inbox.
    DeleteMessage,
    /// Fetch a file.
    FetchAttachment,
    /// Show a message to holders of a power of attorney, or withhold it from them (FUL-18).
    WithholdFromHolders,
    /// Show a message to parents, or withhold it from them (CHI-6).
    WithholdFromParents,
    /// Write to a service: start a conversation or letter, and answer.
    WriteMessage,
    /// Answer the citizen as a service, and see to the conversation (DH-7).
    AnswerMessage,
    /// See appointments and visits.
    SeeAppointments,
    /// Cancel one.
    CancelAppointment,
    /// See health contacts, current and former.
    SeeHealthContacts,
    /// See who opened what.
    ReadAccessLog,
}

impl Action {
    /// Whether it is about content, which takes an inbox that is open (HN-5).
    #[must_use]
    pub const fn needs_open_inbox(self) -> bool {
        match self {
            Self::ListMessages
            | Self::ReadMessage
            | Self::MarkMessage
            | Self::DeleteMessage
            | Self::FetchAttachment
            | Self::WithholdFromHolders
            | Self::WithholdFromParents
            | Self::WriteMessage
            | Self::AnswerMessage
            | Self::SeeAppointments
            | Self::CancelAppointment
            | Self::SeeHealthContacts => true,
            Self::SeeMailbox
            | Self::ExplainAccess
            | Self::SeeProfile
            | Self::ChangeContactDetails
            | Self::DecideConsent
            | Self::DecideYouthAccess
            | Self::DecideLock
            | Self::DecidePowers
            | Self::SeePowers
            | Self::AcceptDocument
            | Self::ReadAccessLog => false,
        }
    }
}

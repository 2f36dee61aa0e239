//! What can be sealed.

/// What is sealed. It is bound into the seal, so that a subject does not pass for a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    /// The identity number of who holds a power of attorney.
    HolderNumber,
    /// Their name.
    HolderName,
    /// The subject of a message.
    Subject,
    /// The body of a message.
    Body,
    /// The name of an attachment.
    FileName,
    /// The key of an attachment's bytes.
    FileKey,
    /// The digest of an attachment's bytes.
    FileDigest,
    /// Why a health worker had lawful access.
    AccessReason,
    /// What staff wrote to each other about a conversation.
    Note,
    /// What an appointment is called.
    AppointmentTitle,
    /// Where it is.
    Place,
    /// What else there is to know of it.
    AppointmentDescription,
    /// The answers of a form that was filled in.
    FormAnswers,
    /// What somebody has begun to write.
    Draft,
    /// Why a journal would not take what was relevant to care.
    JournalRejection,
    /// Who a health contact is.
    ContactNames,
    /// The e-mail address that the owner entered.
    Email,
    /// The mobile number that the owner entered.
    Mobile,
}

impl Field {
    /// Every field.
    #[cfg(test)]
    pub(super) const ALL: [Self; 18] = [
        Self::HolderNumber,
        Self::HolderName,
        Self::Subject,
        Self::Body,
        Self::FileName,
        Self::FileKey,
        Self::FileDigest,
        Self::AccessReason,
        Self::Note,
        Self::AppointmentTitle,
        Self::Place,
        Self::AppointmentDescription,
        Self::FormAnswers,
        Self::Draft,
        Self::JournalRejection,
        Self::ContactNames,
        Self::Email,
        Self::Mobile,
    ];

    // The words below are part of what is stored for years. Rename the variants as you like; never change a word.
    pub(super) const fn as_word(self) -> &'static str {
        match self {
            Self::HolderNumber => "holderNumber",
            Self::HolderName => "holderName",
            Self::Subject => "subject",
            Self::Body => "body",
            Self::FileName => "fileName",
            Self::FileKey => "fileKey",
            Self::FileDigest => "fileDigest",
            Self::AccessReason => "accessReason",
            Self::Note => "note",
            Self::AppointmentTitle => "appointmentTitle",
            Self::Place => "place",
            Self::AppointmentDescription => "appointmentDescription",
            Self::FormAnswers => "formAnswers",
            Self::Draft => "draft",
            Self::JournalRejection => "journalRejection",
            Self::ContactNames => "contactNames",
            Self::Email => "email",
            Self::Mobile => "mobile",
        }
    }
}

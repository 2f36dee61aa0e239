//! One type for each kind of id: swapping two of them does not compile.
//!
//! Ids are opaque to callers. They are UUIDs of version 7, so that rows made together lie together; nothing but the
//! order of a mailbox's own rows may be read out of them. A national identity number is never an id.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id_types {
    ($($(#[$meaning:meta])* $name:ident)+) => {$(
        $(#[$meaning])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id as it is stored and sent.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

id_types! {
    /// A person known to the system.
    PersonId
    /// A citizen's mailbox. Each person has one.
    MailboxId
    /// A message to or from a mailbox.
    MessageId
    /// A file of a message.
    AttachmentId
    /// A file that was handed in ahead of its message.
    UploadId
    /// Something that was begun and not sent.
    DraftId
    /// A unit of an organisation that sends and receives.
    ServiceId
    /// An organisation that uses the mailbox: the controller of what its services send.
    OrganisationId
    /// A data-processing agreement.
    AgreementId
    /// A power of attorney.
    PowerOfAttorneyId
    /// That a health worker has recorded lawful access to a patient.
    RecordedAccessId
    /// A conversation between a citizen and a service, or a letter to one.
    ConversationId
    /// What of a conversation is relevant to care, as it was marked once.
    JournalDocumentId
    /// An appointment or visit.
    AppointmentId
    /// What staff wrote to each other about a conversation.
    NoteId
    /// A version of an organisation's privacy notice.
    PrivacyNoticeId
    /// A health contact of a citizen.
    HealthContactId
    /// That a citizen has got another general practitioner.
    PractitionerChangeId
    /// A batch of lines on its way in.
    BatchId
    /// A system that an organisation has been registered to use.
    ClientId
    /// An entry of the audit log.
    AuditEntryId
    /// That a letter leaves the house.
    HandoverId
    /// A notice by SMS or e-mail.
    NoticeId
    /// A piece of background work.
    JobId
    /// Something that happened, for the organisation's feed.
    EventId
    /// An address to which an organisation has its feed sent.
    WebhookId
    /// A key that signs what is sent there.
    WebhookKeyId
    /// A request, from its first log line to its audit entry and its problem.
    TraceId
}

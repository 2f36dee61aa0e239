//! Files handed in ahead of their message.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::attachment::{FileName, FileType};
use crate::id::{MailboxId, ServiceId, UploadId};

/// How long an upload waits for its message.
pub const UPLOAD_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// Whose message a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UploadOwner {
    /// A message of a service.
    Service(ServiceId),
    /// Something that is written in a mailbox.
    Mailbox(MailboxId),
}

impl UploadOwner {
    /// The stored id. That it is one of a service or of a mailbox is no secret that it has to keep.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        match self {
            Self::Service(id) => id.as_uuid(),
            Self::Mailbox(id) => id.as_uuid(),
        }
    }
}

impl From<ServiceId> for UploadOwner {
    fn from(id: ServiceId) -> Self {
        Self::Service(id)
    }
}

impl From<MailboxId> for UploadOwner {
    fn from(id: MailboxId) -> Self {
        Self::Mailbox(id)
    }
}

/// A file handed in ahead of its message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The name under which the recipient will see it.
    pub file_name: FileName,
    /// What is known of its content; none until the bytes are here and have been judged.
    pub content: Option<UploadedContent>,
    /// When it is thrown away unless a message has taken it.
    pub expires_at: DateTime<Utc>,
}

/// What is known of the bytes of an upload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UploadedContent {
    /// What they are.
    pub file_type: FileType,
    /// How many.
    pub size_bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

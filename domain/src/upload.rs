//! Files handed in ahead of their message.

use chrono::{DateTime, TimeDelta, Utc};

use crate::attachment::{FileName, FileType};
use crate::id::UploadId;

/// How long an upload waits for its message.
pub const UPLOAD_LIFETIME: TimeDelta = TimeDelta::hours(24);

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

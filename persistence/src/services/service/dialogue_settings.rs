//! How a service takes part in dialogue, as it is stored: an object of JSON.

use domain::attachment::MAX_FILE_BYTES;
use domain::dialogue::{DialoguePolicy, PageAddress, RefusedSubject, RetentionPolicy};
use domain::organisation::Name;
use serde::{Deserialize, Serialize};

use super::CORRUPT;
use crate::error::StoreError;

/// What is not there is as in [`DialoguePolicy::CLOSED`].
#[derive(Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    accepts: Vec<String>,
    requires_relationship: bool,
    takes_replies: bool,
    refused_subjects: Vec<StoredSubject>,
    max_attachment_bytes: u64,
    expected_reply_days: Option<u16>,
    cancellation_limit_hours: Option<u16>,
    archiving_deadline_days: u16,
    retention_policy: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredSubject {
    name: String,
    form: String,
}

impl Default for Stored {
    fn default() -> Self {
        Self::from(&DialoguePolicy::CLOSED)
    }
}

impl From<&DialoguePolicy> for Stored {
    fn from(policy: &DialoguePolicy) -> Self {
        let DialoguePolicy {
            accepts,
            requires_relationship,
            takes_replies,
            refused_subjects,
            max_attachment_bytes,
            expected_reply_days,
            cancellation_limit_hours,
            archiving_deadline_days,
            retention_policy,
        } = policy;
        let subject = |refused: &RefusedSubject| StoredSubject {
            name: refused.name.as_str().to_owned(),
            form: refused.form.as_str().to_owned(),
        };
        Self {
            accepts: accepts.iter().map(|inquiry| inquiry.as_word().to_owned()).collect(),
            requires_relationship: *requires_relationship,
            takes_replies: *takes_replies,
            refused_subjects: refused_subjects.iter().map(subject).collect(),
            max_attachment_bytes: *max_attachment_bytes,
            expected_reply_days: *expected_reply_days,
            cancellation_limit_hours: *cancellation_limit_hours,
            archiving_deadline_days: *archiving_deadline_days,
            retention_policy: retention_policy.as_ref().map(|policy| policy.as_str().to_owned()),
        }
    }
}

pub(super) fn to_text(policy: &DialoguePolicy) -> Result<String, StoreError> {
    serde_json::to_string(&Stored::from(policy)).map_err(|_| CORRUPT)
}

pub(super) fn from_text(text: &str) -> Result<DialoguePolicy, StoreError> {
    let stored: Stored = serde_json::from_str(text).map_err(|_| CORRUPT)?;
    let subject = |stored: StoredSubject| {
        Ok(RefusedSubject {
            name: Name::parse(&stored.name).map_err(|_| CORRUPT)?,
            form: PageAddress::parse(&stored.form).map_err(|_| CORRUPT)?,
        })
    };
    Ok(DialoguePolicy {
        accepts: stored.accepts.iter().map(|word| word.parse().map_err(|_| CORRUPT)).collect::<Result<_, _>>()?,
        requires_relationship: stored.requires_relationship,
        takes_replies: stored.takes_replies,
        refused_subjects: stored.refused_subjects.into_iter().map(subject).collect::<Result<_, StoreError>>()?,
        max_attachment_bytes: stored.max_attachment_bytes.min(MAX_FILE_BYTES),
        expected_reply_days: stored.expected_reply_days,
        cancellation_limit_hours: stored.cancellation_limit_hours,
        archiving_deadline_days: stored.archiving_deadline_days,
        retention_policy: stored
            .retention_policy
            .map(|text| RetentionPolicy::parse(&text))
            .transpose()
            .map_err(|_| CORRUPT)?,
    })
}

//! How much each person and each system may have lying here, and do in a day.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use strum::IntoStaticStr;

use crate::database::Connection;
use crate::error::StoreError;

/// What this installation grants each of its callers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quotas {
    /// Files of one person in one mailbox, or of one health worker at one service, that no message has taken.
    pub uploads_of_person: UploadQuota,
    /// Files of one system for one service that no message has taken.
    pub uploads_of_system: UploadQuota,
    /// Powers of attorney that somebody gives in 24 hours, changes among them.
    pub powers_a_day: u32,
    /// Messages about powers of attorney between the same two of which somebody is notified in 24 hours.
    pub power_notices_of_pair_a_day: u32,
    /// Messages about powers of attorney, whoever gave or ended them, of which somebody is notified in 24 hours.
    pub power_notices_a_day: u32,
}

/// How many files that no message has taken, and how many bytes they have together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UploadQuota {
    /// Files, also those whose bytes have not come.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Default for Quotas {
    fn default() -> Self {
        const MEBIBYTE: u64 = 1024 * 1024;
        Self {
            uploads_of_person: UploadQuota { files: 200, bytes: 1024 * MEBIBYTE },
            uploads_of_system: UploadQuota { files: 10_000, bytes: 50 * 1024 * MEBIBYTE },
            powers_a_day: 10,
            power_notices_of_pair_a_day: 1,
            power_notices_a_day: 5,
        }
    }
}

/// What there is a limit to.
// The words are part of the contract. Rename the variants as you like; never change what a word means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub enum Limited {
    /// Files that no message has taken.
    Uploads,
    /// Their bytes.
    UploadBytes,
    /// Powers of attorney given in 24 hours.
    PowersADay,
    /// Requests that run at a time.
    RequestsAtOnce,
    /// Tests of an organisation's webhooks in a minute.
    WebhookTestsAMinute,
}

impl Limited {
    /// The word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// A limit that has been reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuotaReached {
    /// Of what.
    pub limited: Limited,
    /// The limit.
    pub most: u64,
    /// After how many seconds there is room again, if nothing else makes any.
    pub retry_after_seconds: u32,
}

/// Lets one at a time work under a name, until the transaction ends. SQLite has one writer anyway.
pub(crate) fn one_at_a_time(connection: &mut Connection, name: &str) -> Result<(), StoreError> {
    if let Connection::Postgres(link) = connection {
        diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind::<Text, _>(name)
            .execute(&mut **link as &mut PgConnection)?;
    }
    Ok(())
}

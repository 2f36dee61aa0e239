//! What is out of date goes: one list of everything that a process does each hour.

use chrono::{DateTime, Utc};

use crate::access::proof;
use crate::error::Failure;
use crate::feeds::webhook;
use crate::mailboxes::draft;
use crate::mailboxes::health_contact;
use crate::services::relationship;
use crate::services::upload;
use crate::{Store, idempotency};

impl Store {
    /// Forgets old idempotency keys, drafts, expired uploads, batches, proofs and events, and sweeps bytes that nothing names.
    ///
    /// # Errors
    /// The store away. What is left is for the next time.
    pub async fn clean_up(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        self.run(move |_, connection| {
            connection.write(|connection| {
                idempotency::forget(connection, now)?;
                relationship::sweep(connection, now)?;
                draft::expire(connection, now)?;
                health_contact::sweep(connection, now)?;
                upload::expire(connection, now)?;
                proof::forget(connection, now)?;
                Ok::<_, Failure>(())
            })
        })
        .await?;
        self.events_remove_old(now).await?;
        self.run(move |_, connection| Ok(connection.write(|connection| webhook::sweep(connection, now))?)).await?;
        self.sweep(now).await
    }
}

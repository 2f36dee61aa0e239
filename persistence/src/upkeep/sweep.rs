//! Bytes that nothing names are moved to the trash, and deleted a week later.
//!
//! Only bytes that this database knows to be its own are touched (see [`crate::upkeep::loose_blob`]): the sweep looks through no
//! folder and no bucket. It waits after a start, for an operator to see what was started; does little at a time; and says
//! of each what it does.

use chrono::{DateTime, TimeDelta, Utc};

use crate::Store;
use crate::database::Id;
use crate::error::{Failure, StoreError};
use crate::upkeep::installation;
use crate::upkeep::loose_blob::{self, LooseBlob};

/// How long a process runs before it sweeps.
const WAIT: TimeDelta = TimeDelta::hours(1);

/// The most bytes that are touched in an hour, so that a mistake is seen while most of it can be taken back.
const MOST: usize = 1000;

/// How many are looked up, moved and noted together.
const AT_A_TIME: usize = 100;

impl Store {
    /// Moves loose bytes that are due to the trash, deletes those that have lain there long enough, and puts back what a row
    /// names after all.
    ///
    /// # Errors
    /// The store away. What is left is for the next time.
    pub(crate) async fn sweep(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        if now - self.inner.opened_at < WAIT {
            return Ok(());
        }
        let turn = self.run(move |_, connection| Ok(connection.write(|c| installation::take_turn(c, now))?));
        if !turn.await? {
            return Ok(());
        }
        self.note_generation(0).await?;
        let limit = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
        let mut due = self.run(move |_, connection| Ok(loose_blob::due(connection, now, limit)?)).await?;
        let is_more = due.len() > MOST;
        due.truncate(MOST);
        metrics::gauge!("brevdue_sweep_is_behind").set(f64::from(u8::from(is_more)));
        if is_more {
            tracing::warn!(sweep.most = MOST, "more attachments are to be swept than one sweep takes: the rest waits");
        }
        for some in due.chunks(AT_A_TIME) {
            self.sweep_some(some.to_vec(), now).await?;
        }
        Ok(())
    }

    async fn sweep_some(&self, some: Vec<LooseBlob>, now: DateTime<Utc>) -> Result<(), Failure> {
        let ids: Vec<Id> = some.iter().map(|blob| blob.id).collect();
        let named = self.run(move |_, connection| Ok(loose_blob::named(connection, &ids)?)).await?;
        let (mut trashed, mut settled) = (vec![], vec![]);
        for LooseBlob { id, is_trashed } in some {
            let blobs = &self.inner.blobs;
            let done = match (named.contains(&id), is_trashed) {
                (true, _) => blobs.restore(id.0).await.map(|_| ("named", &mut settled)),
                (false, false) => blobs.trash(id.0).await.map(|()| ("trashed", &mut trashed)),
                (false, true) => blobs.purge(id.0).await.map(|()| ("deleted", &mut settled)),
            };
            let (outcome, list) = done.map_err(StoreError::from)?;
            tracing::info!(blob.id = %id.0, sweep.outcome = outcome, "an attachment that nothing named was swept");
            metrics::counter!("brevdue_swept_attachments_total", "outcome" => outcome).increment(1);
            list.push(id);
        }
        self.run(move |_, connection| {
            connection.write(|connection| {
                loose_blob::note_trashed(connection, &trashed, now)?;
                Ok::<_, Failure>(loose_blob::forget(connection, &settled)?)
            })
        })
        .await
    }
}

//! Whether requests can be served: a write that the database really makes, on a connection of the pool. Asked by one at a time
//! and remembered for a second, so that nobody can load the database with it.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::chain::Chain;
use crate::context::new_id;
use crate::database::migration;
use crate::database::{Connection, Id, on};
use crate::error::StoreError;
use crate::schema::readiness_probe;
use crate::{Inner, Store};

/// How long an answer holds.
const KEPT: Duration = Duration::from_secs(1);
/// How long the database has to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Fills a page of PostgreSQL up to its fill factor.
const FILLER_CHARS: usize = 800;

/// Whether each part that the store stands on answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Readiness {
    /// The database takes writes.
    pub database: bool,
    /// Every migration of this release has been applied.
    pub migrations: bool,
    /// The object store takes and gives bytes.
    pub object_store: bool,
}

/// What was found last.
#[derive(Default)]
pub(crate) struct Probe {
    last: Mutex<Option<(Instant, Readiness)>>,
    /// Held by a write that runs: where the database does not answer, no second one is begun.
    running: Arc<Mutex<()>>,
}

impl Store {
    /// Asks each part whether it answers.
    pub async fn readiness(&self) -> Readiness {
        let mut last = self.inner.probe.last.lock().await;
        if let Some((at, found)) = *last
            && at.elapsed() < KEPT
        {
            return found;
        }
        let database = self.probe_database().await;
        let found = Readiness {
            database: database.is_some(),
            migrations: database == Some(true),
            object_store: self.inner.blobs.check().await.is_ok(),
        };
        *last = Some((Instant::now(), found));
        found
    }

    /// Whether every migration has been applied; nothing where the database takes no writes.
    async fn probe_database(&self) -> Option<bool> {
        let turn = Arc::clone(&self.inner.probe.running).try_lock_owned().ok()?;
        let inner = Arc::clone(&self.inner);
        let written = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            write(&inner).inspect_err(|error| {
                tracing::warn!(error = %Chain(error), "the database takes no writes");
                inner.pool.renew();
            })
        });
        tokio::time::timeout(PATIENCE, written).await.ok()?.ok()?.ok()
    }
}

fn write(inner: &Inner) -> Result<bool, StoreError> {
    let mut connection = inner.pool.get()?;
    let is_migrated = migration::is_applied(&mut connection)?;
    let filler = "x".repeat(FILLER_CHARS);
    connection.write(|connection: &mut Connection| {
        on!(&mut *connection, c => diesel::delete(readiness_probe::table).execute(c))?;
        let row = (readiness_probe::id.eq(new_id::<Id>()), readiness_probe::filler.eq(&filler));
        on!(connection, c => diesel::insert_into(readiness_probe::table).values(row).execute(c))?;
        Ok::<_, StoreError>(())
    })?;
    Ok(is_migrated)
}

//! Whether what is stored is whole: rows and bytes belong together, what is sealed opens, feeds have no gaps.
//!
//! Everything is read and nothing is changed. It may run beside the program: what looks wrong is looked at once more, for
//! the program may have written it meanwhile.
//!
//! Deliberately not here: mending. What to do about a finding stands in `docs/restore.md`.

mod attachments;
mod feeds;
mod owners;
mod sealed;

use std::time::Duration;

use uuid::Uuid;

pub use self::sealed::sealed_columns;
use crate::blob::{BlobSettings, BlobStore};
use crate::database::migration;
use crate::database::{DatabaseUrl, Pool};
use crate::error::{Failure, StoreError};
use crate::store::{OpenError, vault_keys};
use crate::vault::{MasterKey, Vault};

/// The most findings of a kind that are named. All are counted.
const MOST_NAMED: usize = 20;

/// How long a connection is waited for.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// How much of what is sealed is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// Everything of so many mailboxes, evenly out of all of them.
    Mailboxes(u64),
    /// Everything.
    All,
}

/// What is being looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The store of attachments is listed.
    Listing,
    /// Rows are compared with bytes.
    Attachments,
    /// What is sealed is opened.
    Sealed,
    /// The numbers of events are looked through.
    Feeds,
}

/// Hears how far a step has come: done, and of how many where that is known.
pub type Progress<'a> = &'a mut (dyn FnMut(Step, u64, Option<u64>) + Send);

/// Something that is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Figure {
    /// Its name, as `attachments.missing`.
    pub name: &'static str,
    /// How many.
    pub count: u64,
    /// Whether there should be none.
    pub is_fault: bool,
}

/// What came out.
#[derive(Default, Debug)]
pub struct Report {
    /// The figures, in the order in which they were made.
    pub figures: Vec<Figure>,
    /// Faults by name, with the ids that find them: at most twenty of each.
    pub named: Vec<(&'static str, String)>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.figures.iter().all(|figure| !figure.is_fault || figure.count == 0)
    }

    fn count(&mut self, name: &'static str, count: u64) {
        self.figures.push(Figure { name, count, is_fault: false });
    }

    fn faults(&mut self, name: &'static str, faults: Faults) {
        self.figures.push(Figure { name, count: faults.count, is_fault: true });
        self.named.extend(faults.named.into_iter().map(|what| (name, what)));
    }
}

/// Faults of one kind: all are counted, some named.
#[derive(Default)]
struct Faults {
    count: u64,
    named: Vec<String>,
}

impl Faults {
    fn add(&mut self, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.named.len() < MOST_NAMED {
            self.named.push(what());
        }
    }
}

/// What is looked at.
struct Parts {
    pool: Pool,
    vault: Vault,
    blobs: BlobStore,
}

/// Looks at everything that is stored.
///
/// # Errors
/// The database or the attachments cannot be reached, the database is not up to date, or the master key does not open it.
pub async fn verify(
    database: &DatabaseUrl,
    master_key: &MasterKey,
    blobs: &BlobSettings,
    extent: Extent,
    progress: Progress<'_>,
) -> Result<Report, OpenError> {
    if migration::is_pending(database)? {
        return Err(OpenError::MigrationsPending);
    }
    let pool = Pool::new(database, 1, ACQUIRE_TIMEOUT);
    let vault = Vault::open(master_key, &vault_keys(&pool, master_key)?)?;
    let parts = Parts { pool, vault, blobs: BlobStore::open(blobs)? };
    let mut report = Report::default();
    attachments::check(&parts, &mut report, progress).await?;
    sealed::check(&parts, extent, &mut report, progress).await?;
    owners::check(&parts, &mut report)?;
    feeds::check(&parts, &mut report, progress)?;
    Ok(report)
}

/// Ids as findings name them.
fn named(words: &[(&str, Uuid)]) -> String {
    words.iter().map(|(word, id)| format!("{word} {id}")).collect::<Vec<_>>().join(", ")
}

impl Parts {
    fn connection(&self) -> Result<crate::database::Connection, StoreError> {
        self.pool.get()
    }
}

/// A share of a whole.
fn every_nth(total: u64, extent: Extent) -> u64 {
    match extent {
        Extent::All => 1,
        Extent::Mailboxes(most) => total.div_ceil(most.max(1)).max(1),
    }
}

impl From<diesel::result::Error> for OpenError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failure(Failure::Store(error.into()))
    }
}

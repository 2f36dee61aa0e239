//! The only public door.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use domain::access::Policy;
use domain::consent::TermsInForce;
use domain::id::ServiceId;
use domain::message::Sender;
use tokio::sync::{Notify, Semaphore};

use crate::access::audit::AuditLog;
use crate::access::quota::Quotas;
use crate::blob::{BlobError, BlobSettings, BlobStore};
use crate::database::migration::{self, MigrationError};
use crate::database::{Connection, DatabaseUrl, Pool, on};
use crate::error::{Failure, StoreError};
use crate::feeds::feed::Waiting;
use crate::file_inspection::scan::Scanning;
use crate::letters::handover::Outlets;
use crate::letters::intake::{self, Intake};
use crate::persons::contact_register::{ContactDesk, ContactRegister};
use crate::persons::register::PopulationRegister;
use crate::schema::vault_key;
use crate::services::platform::PlatformService;
use crate::upkeep::installation::{self, InstallationKind, OtherKind};
use crate::upkeep::readiness::Probe;
use crate::vault::{MasterKey, ServiceKey, Vault, VaultError, WrappedVaultKey};
use crate::words::MailboxWords;
use crate::work::patience;
use crate::work::threads::{Threads, cores};
use crate::work::undertaking::Undertaking;

/// How long what recipients see of a service is kept in memory.
const SERVICES_KEPT: Duration = Duration::from_secs(10);
const MOST_SERVICES: u64 = 10_000;
/// How many files may wait to be inspected. Their bytes are stored already.
const MOST_INSPECTIONS_WAITING: usize = 256;
/// How many forms may wait to be judged, at some tens of milliseconds each.
const MOST_JUDGEMENTS_WAITING: usize = 64;

/// What the store needs to open.
pub struct StoreSettings {
    /// Where the rows are.
    pub database: DatabaseUrl,
    /// What the installation is for.
    pub kind: InstallationKind,
    /// How many connections the pool holds at the most.
    pub connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// The key that opens all others.
    pub master_key: MasterKey,
    /// Where the bytes of files are.
    pub blobs: BlobSettings,
    /// What this installation has chosen where the rules leave a choice.
    pub policy: Policy,
    /// The versions in force of what citizens accept.
    pub terms: TermsInForce,
    /// The population register.
    pub register: Arc<dyn PopulationRegister>,
    /// The contact and reservation register.
    pub contact_register: Arc<dyn ContactRegister>,
    /// How long what the population register said is trusted.
    pub register_max_age: TimeDelta,
    /// The ways out of the house.
    pub outlets: Outlets,
    /// Who scans files.
    pub scanning: Scanning,
    /// What each caller may have and do.
    pub quotas: Quotas,
    /// Who writes what the mailbox tells people.
    pub words: Arc<dyn MailboxWords>,
    /// The time of opening.
    pub now: DateTime<Utc>,
}

/// Why the store did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database has not been migrated.
    #[error("the database is not up to date: run `brevdue migrate` first")]
    MigrationsPending,
    /// The database could not be asked.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The database is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database could not be asked for what it is.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The master key does not open this database's keys.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The object store cannot be used.
    #[error("the object store cannot be used")]
    Blobs(#[from] BlobError),
    /// The object store has another database's bytes, or may have.
    #[error(
        "the attachments are not this database's: name the store or the database that belongs with the other, or run \
         `brevdue adopt-attachments` to make them this database's (docs/restore.md)"
    )]
    NotOurs(#[source] BlobError),
    /// The database is another kind of installation's.
    #[error(transparent)]
    OtherKind(#[from] OtherKind),
    /// A thread could not be started.
    #[error("a thread could not be started")]
    Thread(#[from] std::io::Error),
}

/// A cache of what stands on every line of every overview, and may be a moment old.
fn kept_for_seconds<T: Clone + Send + Sync + 'static>() -> moka::sync::Cache<ServiceId, T> {
    moka::sync::Cache::builder().max_capacity(MOST_SERVICES).time_to_live(SERVICES_KEPT).build()
}

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) contact_desk: Arc<ContactDesk>,
}

/// What every part of the store works with.
pub(crate) struct Inner {
    pub(crate) pool: Pool,
    pub(crate) vault: Vault,
    pub(crate) blobs: BlobStore,
    pub(crate) audit: AuditLog,
    pub(crate) senders: moka::sync::Cache<ServiceId, Arc<Sender>>,
    pub(crate) service_keys: moka::sync::Cache<ServiceId, Arc<ServiceKey>>,
    pub(crate) policy: Policy,
    pub(crate) terms: TermsInForce,
    pub(crate) register: Arc<dyn PopulationRegister>,
    pub(crate) register_max_age: TimeDelta,
    pub(crate) outlets: Outlets,
    pub(crate) scanning: Scanning,
    pub(crate) quotas: Quotas,
    /// Who writes what the mailbox tells people.
    pub(crate) words: Arc<dyn MailboxWords>,
    /// The sender of the mailbox's own messages, from the start on.
    pub(crate) platform: OnceLock<PlatformService>,
    /// Rung when there may be work for a worker.
    pub(crate) work: Notify,
    /// Held while deliveries are made.
    pub(crate) delivering: tokio::sync::Mutex<()>,
    /// Held while events are numbered.
    pub(crate) relaying: tokio::sync::Mutex<()>,
    /// Rung when there may be events to number.
    pub(crate) events: Notify,
    /// Rung when there may be something to send to a webhook.
    pub(crate) webhooks: Notify,
    /// Those who wait for events.
    pub(crate) waiting: Waiting,
    /// For what takes a processor long: it neither takes the database's threads nor waits for them.
    pub(crate) threads: Threads,
    /// For judging forms by what an organisation has written, which must keep nobody else waiting.
    pub(crate) judges: Threads,
    /// What was found when it was last asked whether requests can be served.
    pub(crate) probe: Probe,
    /// As many as there are connections: a thread is taken only when there is a connection for it.
    slots: Arc<Semaphore>,
    acquire_timeout: Duration,
    pub(crate) opened_at: DateTime<Utc>,
}

impl Inner {
    /// Trusts no connection of before where the database went away.
    pub(crate) fn note(&self, failure: &Failure) {
        if let Failure::Store(error) = failure
            && error.ends_connections()
        {
            self.pool.renew();
        }
    }
}

impl Store {
    /// Opens the store. The database must have been migrated; the keys of a new one are made here.
    ///
    /// # Errors
    /// When a part of it cannot be used, or the attachments are another database's.
    pub async fn open(settings: StoreSettings) -> Result<Self, OpenError> {
        let StoreSettings {
            database,
            kind,
            connections,
            acquire_timeout,
            master_key,
            blobs,
            policy,
            terms,
            register,
            contact_register,
            register_max_age,
            outlets,
            scanning,
            quotas,
            words,
            now,
        } = settings;
        if migration::is_pending(&database)? {
            return Err(OpenError::MigrationsPending);
        }
        // Three connections more than requests may use: intake, the audit log and the probe each have one of their own.
        let pool = Pool::new(&database, connections + 3, acquire_timeout);
        installation::claim(&mut pool.get()?, kind, now)?;
        let vault = Vault::open(&master_key, &vault_keys(&pool, &master_key)?)?;
        let slots = Arc::new(Semaphore::new(usize::try_from(connections).unwrap_or(1)));
        let inner = Arc::new(Inner {
            audit: AuditLog::start(pool.clone())?,
            blobs: BlobStore::open(&blobs)?,
            senders: kept_for_seconds(),
            service_keys: kept_for_seconds(),
            work: Notify::new(),
            delivering: tokio::sync::Mutex::new(()),
            relaying: tokio::sync::Mutex::new(()),
            events: Notify::new(),
            webhooks: Notify::new(),
            waiting: Waiting::default(),
            probe: Probe::default(),
            pool,
            vault,
            policy,
            terms,
            register,
            register_max_age,
            outlets,
            scanning,
            quotas,
            words,
            platform: OnceLock::new(),
            // More than one for each core would only take turns.
            threads: Threads::new(cores(), MOST_INSPECTIONS_WAITING),
            judges: Threads::new(cores() / 2, MOST_JUDGEMENTS_WAITING),
            slots,
            acquire_timeout,
            opened_at: now,
        });
        let intake = Arc::new(intake::start(Arc::clone(&inner))?);
        let contact_desk = Arc::new(ContactDesk::new(contact_register));
        let store = Self { inner, intake, contact_desk };
        store.bind_blobs(now).await?;
        Ok(store)
    }

    /// Runs `work` with a connection, on a thread that may block. A request that has waited long enough gives it up: then it
    /// commits nothing more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let undertaking = Arc::new(Undertaking::default());
        patience::wait(&undertaking, self.run_for(Arc::clone(&undertaking), work)).await
    }

    async fn run_for<T: Send + 'static>(
        &self,
        undertaking: Arc<Undertaking>,
        work: impl FnOnce(&Inner, &mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let slots = Arc::clone(&self.inner.slots);
        let slot = tokio::time::timeout(self.inner.acquire_timeout, slots.acquire_owned())
            .await
            .map_err(|_| StoreError::unavailable("all connections are in use"))?
            .map_err(|_| StoreError::unavailable("the store is closed"))?;
        let inner = Arc::clone(&self.inner);
        let of_work = Arc::clone(&undertaking);
        let done = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            let mut connection = inner.pool.get()?;
            connection.work_for(of_work);
            work(&inner, &mut connection).inspect_err(|failure| inner.note(failure))
        });
        done.await.map_err(|_| undertaking.give_up())?
    }

    /// Answers those who wait for events with what there is, and keeps nobody waiting from here on: the program ends.
    pub fn end_waits(&self) {
        self.inner.waiting.end();
    }

    /// Returns when there may be work for a worker.
    pub async fn work_arrived(&self) {
        self.inner.work.notified().await;
    }
}

/// The vault's keys; made and stored where there are none yet.
pub(crate) fn vault_keys(pool: &Pool, master_key: &MasterKey) -> Result<Vec<WrappedVaultKey>, StoreError> {
    let mut connection = pool.get()?;
    connection.write(|connection| {
        if let Connection::Postgres(link) = &mut *connection {
            // Two servers that start at once on a new database must not make two sets of keys.
            let connection: &mut PgConnection = &mut *link;
            diesel::sql_query("LOCK TABLE vault_key IN EXCLUSIVE MODE").execute(connection)?;
        }
        let rows = on!(&mut *connection, c => vault_key::table
            .select((vault_key::purpose, vault_key::epoch, vault_key::wrapped))
            .load::<(String, i32, Vec<u8>)>(c))?;
        if !rows.is_empty() {
            return Ok(rows
                .into_iter()
                .map(|(purpose, epoch, wrapped)| WrappedVaultKey { purpose, epoch, wrapped })
                .collect());
        }
        let keys = Vault::new_keys(master_key);
        for key in &keys {
            on!(&mut *connection, c => diesel::insert_into(vault_key::table)
                .values((
                    vault_key::purpose.eq(&key.purpose),
                    vault_key::epoch.eq(key.epoch),
                    vault_key::wrapped.eq(&key.wrapped),
                ))
                .execute(c))?;
        }
        Ok(keys)
    })
}

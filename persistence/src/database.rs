//! The two backends: connections, pools, transactions, and the macro that compiles one query text for both.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::{self, ManageConnection};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, ConnectionError};

use crate::error::StoreError;
use crate::private::private_file;
use crate::work::undertaking::Undertaking;

mod address;
pub(crate) mod literal;
pub(crate) mod migration;
mod pairs;
pub(crate) mod rows;
mod session;
mod sql_types;

pub(crate) use pairs::Pairs;
pub(crate) use session::Session;
pub(crate) use sql_types::{Id, Key, Time, keys};
pub(crate) use sql_types::{SqlTime, SqlUuid};

/// Compiles the same query text once for each backend. Statements are cached as on a plain connection.
macro_rules! on {
    ($connection:expr, $c:ident => $query:expr) => {
        match $connection {
            $crate::database::Connection::Postgres(link) => {
                let $c: &mut diesel::pg::PgConnection = &mut *link;
                $query
            }
            $crate::database::Connection::Sqlite(link, _) => {
                let $c: &mut diesel::sqlite::SqliteConnection = &mut *link;
                $query
            }
        }
    };
}
pub(crate) use on;

/// Like [`on!`], for rows that nobody else changes before the transaction ends. Only PostgreSQL has several writers, and only there
/// a row can be held.
macro_rules! locked {
    ($connection:expr, $query:expr, $load:ident $(::<$row:ty>)?) => {
        match $connection {
            $crate::database::Connection::Postgres(link) => {
                let link: &mut diesel::pg::PgConnection = &mut *link;
                $query.for_update().$load$(::<$row>)?(link)
            }
            $crate::database::Connection::Sqlite(link, _) => {
                let link: &mut diesel::sqlite::SqliteConnection = &mut *link;
                $query.$load$(::<$row>)?(link)
            }
        }
    };
}
pub(crate) use locked;

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A PostgreSQL server, by libpq's connection URL. It may hold a password, so it does not print.
    Postgres(String),
    /// A SQLite file.
    Sqlite(std::path::PathBuf),
}

/// A connection out of the pool. It goes back when it is dropped.
pub(crate) enum Connection {
    Postgres(r2d2::PooledConnection<Manager<PgConnection>>),
    Sqlite(r2d2::PooledConnection<Manager<SqliteConnection>>, WriteGate),
}

/// SQLite takes one writer at a time; those that wait inside SQLite poll and starve each other, so they wait here.
#[derive(Clone, Default)]
pub(crate) struct WriteGate(Arc<Mutex<()>>);

impl WriteGate {
    fn enter(&self) -> MutexGuard<'_, ()> {
        // The mutex guards no data: a writer that panicked has had its transaction rolled back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Has each commit asked for whether somebody still waits for it.
    pub(crate) fn work_for(&mut self, undertaking: Arc<Undertaking>) {
        match self {
            Self::Postgres(link) => link.undertaking = Some(undertaking),
            Self::Sqlite(link, _) => link.undertaking = Some(undertaking),
        }
    }

    /// The server's session; none in SQLite, where a connection cannot be lost.
    pub(crate) fn session(&self) -> Option<Session> {
        match self {
            Self::Postgres(link) => link.session.clone(),
            Self::Sqlite(..) => None,
        }
    }

    fn may_commit(&self) -> bool {
        let undertaking = match self {
            Self::Postgres(link) => &link.undertaking,
            Self::Sqlite(link, _) => &link.undertaking,
        };
        undertaking.as_ref().is_none_or(|undertaking| undertaking.may_commit())
    }

    /// Runs `work` in a transaction that will write. It is committed when `work` succeeds and rolled back otherwise. A
    /// connection that is lost at the commit leaves the outcome unknown.
    pub(crate) fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let gate = match self {
            Self::Postgres(_) => None,
            Self::Sqlite(_, gate) => Some(gate.clone()),
        };
        let _entered = gate.as_ref().map(WriteGate::enter);
        self.transaction("BEGIN IMMEDIATE", work)
    }

    fn transaction<T, E: From<StoreError>>(
        &mut self,
        begin_sqlite: &str,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Postgres(link) => AnsiTransactionManager::begin_transaction(&mut ***link),
            Self::Sqlite(link, _) => AnsiTransactionManager::begin_transaction_sql(&mut ***link, begin_sqlite),
        }
        .map_err(StoreError::from)?;
        let done = work(self);
        let done = match done {
            Ok(_) if !self.may_commit() => Err(StoreError::unavailable("nobody waits for it any more").into()),
            done => done,
        };
        match done {
            Ok(value) => {
                on!(self, c => AnsiTransactionManager::commit_transaction(c)).map_err(StoreError::of_commit)?;
                Ok(value)
            }
            Err(error) => {
                // A connection on which this fails is broken, and its transaction ends with it.
                let _ = on!(self, c => AnsiTransactionManager::rollback_transaction(c));
                Err(error)
            }
        }
    }
}

/// The pool of one backend.
#[derive(Clone)]
pub(crate) enum Pool {
    Postgres(r2d2::Pool<Manager<PgConnection>>, Arc<Generation>),
    Sqlite(r2d2::Pool<Manager<SqliteConnection>>, Arc<Generation>, WriteGate),
}

impl Pool {
    /// Makes the pool without connecting: the server may be away when we start.
    pub(crate) fn new(url: &DatabaseUrl, connections: u32, acquire_timeout: Duration) -> Self {
        let generation = Arc::new(Generation::default());
        match url {
            DatabaseUrl::Postgres(url) => {
                let pool = pool_of(address::completed(url), &generation, connections, acquire_timeout);
                Self::Postgres(pool, generation)
            }
            DatabaseUrl::Sqlite(path) => {
                let pool = pool_of(path.to_string_lossy().into_owned(), &generation, connections, acquire_timeout);
                Self::Sqlite(pool, generation, WriteGate::default())
            }
        }
    }

    pub(crate) fn get(&self) -> Result<Connection, StoreError> {
        let unavailable = |error: r2d2::PoolError| StoreError::Unavailable(Box::new(error));
        match self {
            Self::Postgres(pool, _) => {
                let mut link = pool.get().map_err(unavailable)?;
                link.undertaking = None;
                Ok(Connection::Postgres(link))
            }
            Self::Sqlite(pool, _, gate) => {
                let mut link = pool.get().map_err(unavailable)?;
                link.undertaking = None;
                Ok(Connection::Sqlite(link, gate.clone()))
            }
        }
    }

    /// Drops every connection made until now when it next comes by: the server went away under one of them.
    pub(crate) fn renew(&self) {
        match self {
            Self::Postgres(_, generation) | Self::Sqlite(_, generation, _) => generation.advance(),
        }
    }
}

fn pool_of<C: Backend>(
    url: String,
    generation: &Arc<Generation>,
    connections: u32,
    acquire_timeout: Duration,
) -> r2d2::Pool<Manager<C>> {
    r2d2::Pool::builder()
        .max_size(connections)
        .min_idle(Some(0))
        .connection_timeout(acquire_timeout)
        .error_handler(Box::new(diesel::r2d2::NopErrorHandler))
        .build_unchecked(Manager { url, generation: Arc::clone(generation), backend: std::marker::PhantomData })
}

/// Counts the times that the server went away. A connection of an older generation is not used again.
#[derive(Default)]
pub(crate) struct Generation(AtomicU64);

impl Generation {
    fn current(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn advance(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// A connection and the generation it was made in.
pub(crate) struct Link<C> {
    connection: C,
    generation: u64,
    session: Option<Session>,
    /// What it works at, where somebody waits for that.
    undertaking: Option<Arc<Undertaking>>,
}

impl<C> Deref for Link<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for Link<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

/// What the pool needs to know of a backend.
pub(crate) trait Backend: diesel::r2d2::R2D2Connection + Send + 'static {
    /// Prepares a new connection. Says which session of the server it is, where there is one.
    fn set_up(&mut self) -> Result<Option<Session>, StoreError>;
}

impl Backend for PgConnection {
    fn set_up(&mut self) -> Result<Option<Session>, StoreError> {
        self.batch_execute(
            "SET TIME ZONE 'UTC'; SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
             SET idle_in_transaction_session_timeout = '30s'",
        )?;
        Session::of(self).map(Some)
    }
}

impl Backend for SqliteConnection {
    fn set_up(&mut self) -> Result<Option<Session>, StoreError> {
        // FULL: a commit is on the disk before it is answered. secure_delete: what is deleted is overwritten.
        self.batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON",
        )?;
        Ok(None)
    }
}

/// Makes connections. Whether one still works is not asked with a round trip at each use: an error that says the
/// server is gone ends the whole generation.
pub(crate) struct Manager<C> {
    url: String,
    generation: Arc<Generation>,
    backend: std::marker::PhantomData<fn() -> C>,
}

impl<C: Backend> ManageConnection for Manager<C> {
    type Connection = Link<C>;
    type Error = StoreError;

    fn connect(&self) -> Result<Link<C>, Self::Error> {
        let generation = self.generation.current();
        let mut connection = C::establish(&self.url).map_err(unreachable)?;
        let session = connection.set_up()?;
        Ok(Link { connection, generation, session, undertaking: None })
    }

    fn is_valid(&self, link: &mut Link<C>) -> Result<(), Self::Error> {
        if self.has_broken(link) {
            return Err(StoreError::unavailable("the connection is of an earlier generation"));
        }
        Ok(())
    }

    fn has_broken(&self, link: &mut Link<C>) -> bool {
        link.generation != self.generation.current() || link.connection.is_broken()
    }
}

/// A connection of its own, outside the pool, for migrations.
pub(crate) enum OwnConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl OwnConnection {
    pub(crate) fn establish(url: &DatabaseUrl) -> Result<Self, StoreError> {
        match url {
            DatabaseUrl::Postgres(url) => {
                let mut connection = PgConnection::establish(&address::completed(url)).map_err(unreachable)?;
                Session::of(&mut connection)?;
                Ok(Self::Postgres(connection))
            }
            DatabaseUrl::Sqlite(path) => {
                private_file(path).map_err(|error| StoreError::Unavailable(Box::new(error)))?;
                let mut connection = SqliteConnection::establish(&path.to_string_lossy()).map_err(unreachable)?;
                connection.set_up()?;
                Ok(Self::Sqlite(connection))
            }
        }
    }
}

fn unreachable(error: ConnectionError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

//! The harness: the shipped program, started on a database of its own, and the people of the stories.
//!
//! A story gets a [`TestApp`], asks it for actors (`app.citizen(…)`, `app.system(…)`), who call the API over HTTP with
//! real tokens, and judges their [`Answer`]s. Everything is the story's own: server, database, data folder. So stories
//! run side by side, and none waits for time to pass: [`TestApp::deliver_all`] has the program do what is due.
//!
//! Deliberately not here: mocks, retries, sleeps, and any way to a database but for looking at what was stored.

mod actors;
mod answer;
mod app;
mod backup;
pub mod clamd;
mod database;
pub mod files;
mod identity;
mod issuer;
pub mod kill;
mod message;
mod plans;
mod postgres;
mod process;
mod prover;
mod proxy;
mod receiver;
mod request;
mod statements;
mod world;

pub use actors::{Actor, SYSTEM_SCOPES};
pub use answer::{Answer, without_instance};
pub use app::TestApp;
pub use backup::Backup;
pub use database::{Database, OpenTransaction, Place, texts_of};
pub use files::File;
pub use identity::synthetic_number;
pub use issuer::Issuer;
pub use message::{MessageBuilder, form};
pub use plans::{Plan, PlanLog};
pub use postgres::{PostgresServer, free_port};
pub use process::{Ended, ServerProcess};
pub use prover::Prover;
pub use proxy::{Moment, Proxy};
pub use receiver::{Behaviour, Delivered, Receiver};
pub use request::Request;
pub use world::{Organisation, Person, Service};

use std::future::Future;

/// What a story may ask for: a database to start programs on, or a program that runs.
pub trait Arranged: Sized {
    /// Makes it.
    fn arrange(database: Database) -> impl Future<Output = Self>;
}

impl Arranged for Database {
    async fn arrange(database: Database) -> Self {
        database
    }
}

impl Arranged for TestApp {
    async fn arrange(database: Database) -> Self {
        Self::start(database).await
    }
}

/// The documents in force where a story opens a store itself.
#[must_use]
pub fn terms() -> domain::consent::TermsInForce {
    use domain::consent::{DocumentVersion, TermsInForce};
    TermsInForce { terms_of_use: DocumentVersion::default(), dialogue_and_archive: DocumentVersion::default() }
}

/// Whether the heavy forms of the proofs are asked for, with `BREVDUE_TEST_HEAVY=1`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a setting of the tests themselves")]
pub fn is_heavy() -> bool {
    std::env::var("BREVDUE_TEST_HEAVY").is_ok_and(|value| value == "1")
}

/// Runs one story on one database, on a runtime of its own.
///
/// # Panics
/// When the story fails.
pub fn tell<A: Arranged, F: Future<Output = ()>>(database: Database, story: impl FnOnce(A) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(async { story(A::arrange(database).await).await });
    // The program's background work is cut off with its database.
    runtime.shutdown_background();
}

/// Stories, each of which becomes two tests: one on SQLite, one on PostgreSQL. Their names are sentences.
///
/// ```text
/// stories! {
///     async fn hn_1_the_overview_of_a_new_mailbox_is_empty(app: TestApp) { … }
/// }
/// ```
#[macro_export]
macro_rules! stories {
    ($($(#[$attribute:meta])* async fn $name:ident($app:ident: $arranged:ty) $body:block)*) => {
        $(
            mod $name {
                use super::*;

                $(#[$attribute])*
                async fn story($app: $arranged) $body

                #[test]
                fn on_sqlite() {
                    $crate::tell($crate::Database::Sqlite, story);
                }

                #[test]
                fn on_postgres() {
                    $crate::tell($crate::Database::Postgres, story);
                }
            }
        )*
    };
}

//! Those who wait for the next event of an organisation. They cost the database nothing: whoever numbers events rings
//! for them, and a patrol asks for all of them at once what other processes have numbered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use diesel::prelude::*;
use domain::id::OrganisationId;
use tokio::sync::watch;

use crate::Store;
use crate::database::{Id, Key, on};
use crate::error::Failure;
use crate::schema::{feed, organisation};

/// The most who wait for one organisation. Those who come on top get their answer at once.
const MOST: usize = 100;

/// The last number that is known here of each feed that somebody waits for.
#[derive(Default)]
pub(crate) struct Waiting {
    feeds: Mutex<HashMap<OrganisationId, watch::Sender<i64>>>,
    has_ended: AtomicBool,
}

impl Waiting {
    /// Listens for numbers of an organisation; not where too many do already, or when the program ends.
    pub(super) fn listen(&self, organisation: OrganisationId) -> Option<watch::Receiver<i64>> {
        let mut feeds = self.feeds();
        if self.has_ended.load(Ordering::Acquire) {
            return None;
        }
        let last = feeds.entry(organisation).or_insert_with(|| watch::Sender::new(0));
        (last.receiver_count() < MOST).then(|| last.subscribe())
    }

    /// Tells those who wait how far a feed has come.
    pub(super) fn tell(&self, organisation: OrganisationId, number: i64) {
        if let Some(last) = self.feeds().get(&organisation) {
            last.send_if_modified(|last| {
                let is_new = number > *last;
                *last = number.max(*last);
                is_new
            });
        }
    }

    /// Lets those who wait for an organisation look again, for they may not be let in any more.
    pub(crate) fn look_again(&self, organisation: OrganisationId) {
        self.feeds().remove(&organisation);
    }

    /// Ends all waits: those who listen see that nobody will ring.
    pub(crate) fn end(&self) {
        let mut feeds = self.feeds();
        self.has_ended.store(true, Ordering::Release);
        feeds.clear();
    }

    /// The organisations that somebody waits for. The others are forgotten.
    fn organisations(&self) -> Vec<Id> {
        let mut feeds = self.feeds();
        feeds.retain(|_, last| last.receiver_count() > 0);
        feeds.keys().map(|organisation| organisation.key()).collect()
    }

    fn feeds(&self) -> MutexGuard<'_, HashMap<OrganisationId, watch::Sender<i64>>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Asks what other processes have numbered, for those who wait here: one query, and none where nobody waits.
    ///
    /// # Errors
    /// The store away.
    pub async fn feed_patrol(&self) -> Result<(), Failure> {
        let organisations = self.inner.waiting.organisations();
        if organisations.is_empty() {
            return Ok(());
        }
        let numbers = self
            .run(move |_, connection| {
                Ok(on!(connection, c => feed::table
                    .inner_join(organisation::table.on(organisation::id.eq(feed::organisation_id)))
                    .filter(feed::organisation_id.eq_any(&organisations))
                    .select((feed::organisation_id, feed::last_number, organisation::ended_at.is_not_null()))
                    .load::<(Id, i64, bool)>(c))?)
            })
            .await?;
        for (organisation, number, is_ended) in numbers {
            if is_ended {
                self.inner.waiting.look_again(organisation.into());
            } else {
                self.inner.waiting.tell(organisation.into(), number);
            }
        }
        Ok(())
    }
}

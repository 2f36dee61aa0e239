//! Carries out what routing says of messages on their way: rows of several tables, in one transaction.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::event::EventKind;
use domain::message::Status;
use domain::routing::{Channel, Reason, Route, Routed};
use domain::rule::Rule;

use super::inbox::put_into_inbox;
use super::plan::{Planned, Waiting};
use super::wait_after;
use crate::database::{Connection, Id, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::event;
use crate::letters::sending::StepRow;
use crate::schema::message;
use crate::work::job::{JobKind, JobRow, Lease};

/// What becomes of a batch.
#[derive(Default)]
pub(super) struct Outcomes {
    /// The messages that have come to something. One can have several jobs: for it was held, and its inbox has opened.
    seen: HashSet<Id>,
    inbox: Vec<Waiting>,
    /// What routing said of those that come into the inbox and were accepted for another channel, or none.
    told: Vec<(Id, StepRow)>,
    leaving: Vec<(Waiting, Routed, JobKind)>,
    returned: Vec<(Waiting, Routed)>,
    held: Vec<StepRow>,
    jobs: Vec<JobRow>,
}

impl Outcomes {
    pub(super) fn add(&mut self, lease: Lease, planned: &Planned, now: DateTime<Utc>) {
        if !self.seen.insert(planned.waiting.id) {
            return;
        }
        let (waiting, routed) = (planned.waiting.clone(), Routed::from(&planned.decision));
        let is_news = waiting.accepted_for != Some(Channel::Inbox);
        let step = |status| StepRow::new(waiting.service, waiting.id, status, &routed, now);
        let is_overdue = waiting.open_by.is_some_and(|at| at <= now);
        let unknown = match planned.decision.route {
            Route::Wait => Some(routed.clone()),
            _ if planned.leaves_on_stale_facts() => Some(no_register()),
            _ => None,
        };
        match (unknown, planned.decision.route) {
            // The sender's own time is over, and still nobody knows. It is not guessed then either.
            (Some(routed), _) if is_overdue => self.returned.push((waiting, routed)),
            (Some(_), _) | (None, Route::Wait) => {
                self.jobs.push(lease.again(now + wait_after(lease.attempts)));
            }
            (None, Route::Inbox) => {
                self.told.extend(is_news.then(|| (waiting.id, step(Status::Routed))));
                self.inbox.push(waiting);
            }
            (None, Route::Hold) => self.held.extend(is_news.then(|| step(Status::Accepted))),
            (None, Route::Paper) => self.leaving.push((waiting, routed, JobKind::Print)),
            (None, Route::DigitalMailbox(_)) => self.leaving.push((waiting, routed, JobKind::DigitalMailbox)),
            (None, Route::Reject(_)) => self.returned.push((waiting, routed)),
        }
    }

    pub(super) fn carry_out(self, connection: &mut Connection, now: DateTime<Utc>) -> Result<(), Failure> {
        let Self { seen: _, inbox, told, leaving, returned, held: mut steps, mut jobs } = self;
        let came = put_into_inbox(connection, &inbox, now)?;
        steps.extend(told.into_iter().filter(|(id, _)| came.contains(id)).map(|(_, step)| step));
        let mut routed_events = Vec::new();
        for (waiting, routed, kind) in leaving {
            if go(connection, &waiting, now)? {
                steps.push(StepRow::new(waiting.service, waiting.id, Status::Routed, &routed, now));
                jobs.push(JobRow::new(kind, waiting.mailbox.into(), waiting.id, now));
                routed_events.push(waiting.about());
            }
        }
        let mut returned_events = Vec::new();
        for (waiting, routed) in returned {
            if go(connection, &waiting, now)? {
                steps.push(StepRow::new(waiting.service, waiting.id, Status::Returned, &routed, now));
                returned_events.push(waiting.about());
            }
        }
        StepRow::insert_all(connection, steps)?;
        JobRow::insert_all(connection, jobs)?;
        event::record(connection, EventKind::MessageRouted, &routed_events, now)?;
        Ok(event::record(connection, EventKind::MessageReturned, &returned_events, now)?)
    }
}

/// Of a letter that waited for the population register until the sender's time was over.
fn no_register() -> Routed {
    Routed { channel: None, rule: Rule::Adr11, reason: Some(Reason::RegisterStale), passed_over: vec![] }
}

/// Takes a message out of what may come into the inbox. Says whether it was still there to take: of two who would bring
/// the same message two ways, the first does.
fn go(connection: &mut Connection, waiting: &Waiting, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let changed = on!(connection, c => diesel::update(message::table)
        .filter(message::mailbox_id.eq(waiting.mailbox))
        .filter(message::id.eq(waiting.id))
        .filter(message::received_at.is_null())
        .filter(message::gone_at.is_null())
        .set(message::gone_at.eq(Time(now)))
        .execute(c))?;
    Ok(changed > 0)
}

//! Letters that a carrier may have: an operator who has asked there says what became of them.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::access::PlatformAct;
use domain::audit::{Object, ObjectKind, Subject};
use domain::id::{HandoverId, JobId};
use domain::routing::Channel;

use super::CORRUPT;
use super::outcome::record_taken;
use crate::Store;
use crate::context::Context;
use crate::database::{Connection, Id, Key, locked, on};
use crate::error::{Failure, StoreError};
use crate::schema::{handover, job as jobs};
use crate::work::job::{self, JobKind};

impl Store {
    /// Says of a letter that a carrier may have whether the carrier has it. One that was taken has gone; one that was not is
    /// free to go at once, whichever way is open by now.
    ///
    /// # Errors
    /// Refused, no such job that waits for an operator, a job that is about no such letter, or the store away.
    pub async fn handover_settle(&self, context: &Context, job: JobId, taken: bool) -> Result<(), Failure> {
        let now = context.now;
        let settled = self
            .for_platform(context, PlatformAct::SETTLE_HANDOVER, Subject::Platform, move |_, connection, _| {
                let (key, channel) = letter_of(connection, job)?.ok_or(Failure::NotFound)?;
                if taken {
                    on!(&mut *connection, c => diesel::delete(jobs::table.find((key.0, job.key()))).execute(c))?;
                    record_taken(connection, key, channel, now)?;
                } else {
                    free(connection, key, channel)?;
                    job::restart(connection, job, now)?;
                }
                Ok(((), Some(Object { kind: ObjectKind::Job, id: job.as_uuid() })))
            })
            .await;
        self.inner.work.notify_one();
        settled
    }
}

/// A letter, by its mailbox and id, and the channel over which it may have gone.
type MaybeGone = ((Id, Id), Channel);

/// Which letter a job is about that waits for an operator, and which carrier may have it.
fn letter_of(connection: &mut Connection, job: JobId) -> Result<Option<MaybeGone>, StoreError> {
    let in_trouble = jobs::table.filter(jobs::id.eq(job.key())).filter(jobs::trouble.is_not_null());
    let waiting =
        in_trouble.filter(jobs::given_up_at.is_not_null()).select((jobs::mailbox_id, jobs::object_id, jobs::kind));
    let found: Option<(Id, Id, String)> = locked!(&mut *connection, waiting, first).optional()?;
    let Some((mailbox, id, kind)) = found else { return Ok(None) };
    let kind: JobKind = kind.parse().map_err(|_| CORRUPT)?;
    if !matches!(kind, JobKind::Print | JobKind::DigitalMailbox) {
        return Ok(None);
    }
    let taken = handover::table
        .filter(handover::mailbox_id.eq(mailbox))
        .filter(handover::message_id.eq(id))
        .filter(handover::may_be_taken)
        .filter(handover::handed_at.is_null())
        .select(handover::channel);
    let channel: Option<String> = on!(connection, c => taken.first(c).optional())?;
    let channel = channel.map(|word| word.parse().map_err(|_| CORRUPT)).transpose()?;
    Ok(channel.map(|channel| ((mailbox, id), channel)))
}

/// Notes that a carrier has nothing of a letter.
pub(super) fn free(connection: &mut Connection, key: (Id, Id), channel: Channel) -> Result<(), StoreError> {
    let order = handover::table.find((key.0, key.1, channel.as_word()));
    on!(connection, c => diesel::update(order).set(handover::may_be_taken.eq(false)).execute(c))?;
    Ok(())
}

/// By what carriers know those of these messages that they may have.
pub(crate) fn references(connection: &mut Connection, messages: &[Id]) -> Result<HashMap<Id, HandoverId>, StoreError> {
    let rows: Vec<(Id, Id)> = on!(connection, c => handover::table
        .filter(handover::message_id.eq_any(messages))
        .filter(handover::may_be_taken)
        .filter(handover::handed_at.is_null())
        .select((handover::message_id, handover::id))
        .load(c))?;
    Ok(rows.into_iter().map(|(message, id)| (message, id.into())).collect())
}

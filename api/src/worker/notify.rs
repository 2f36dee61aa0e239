//! Sends notices that something has come (DH-9, KRR-10).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::id::NoticeId;
use domain::notification::NoticeChannel;
use futures_util::{StreamExt as _, stream};
use persistence::{Chain, Failure, Notice, NoticeOutcome, Store};

use super::notice_text;
use crate::outbound::{Messengers, OutgoingNotice, SendError};

/// How many notices are under way at a time.
const AT_A_TIME: usize = 16;
/// What is not sent by then is tried again later: a lease must not run out while its notices are on their way.
const PATIENCE: Duration = Duration::from_secs(40);

/// Sends what is due. Says how many messages it was about.
///
/// # Errors
/// The store away. What is left is done later.
pub(super) async fn notify(store: &Store, messengers: &Messengers, now: DateTime<Utc>) -> Result<usize, Failure> {
    let batch = store.notices_take(now).await?;
    if batch.is_empty() {
        return Ok(0);
    }
    let (messages, outcomes) = (batch.len(), Mutex::new(HashMap::with_capacity(batch.notices.len())));
    let sending = stream::iter(&batch.notices).for_each_concurrent(AT_A_TIME, async |notice| {
        let (id, outcome) = (notice.id, send(messengers, notice).await);
        outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(id, outcome);
    });
    if tokio::time::timeout(PATIENCE, sending).await.is_err() {
        tracing::warn!("notices take too long, and are tried again later");
    }
    let outcomes: HashMap<NoticeId, NoticeOutcome> = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    store.notices_done(batch, outcomes, now).await?;
    Ok(messages)
}

async fn send(messengers: &Messengers, notice: &Notice) -> NoticeOutcome {
    // Whom nobody can send to is not tried again for days.
    let Some(messenger) = messengers.of(notice.address.channel) else { return NoticeOutcome::Refused };
    let (line, text) = notice_text::write(notice);
    let subject = match notice.address.channel {
        NoticeChannel::Sms => Cow::Borrowed(""),
        NoticeChannel::Email => line,
    };
    let outgoing = OutgoingNotice { id: notice.id, to: notice.address.expose().to_owned(), subject, text };
    let channel = notice.address.channel.as_word();
    let outcome = match messenger.send(&outgoing).await {
        Ok(()) => NoticeOutcome::Sent,
        Err(error) => {
            tracing::warn!(notice.id = %notice.id, channel, error = %Chain(&error), "a notice was not sent");
            match error {
                SendError::Unreached(_) | SendError::Away(_) => NoticeOutcome::Away,
                SendError::Refused(_) | SendError::Unknown(_) => NoticeOutcome::Refused,
            }
        }
    };
    metrics::counter!("brevdue_notices_total", "channel" => channel, "outcome" => <&str>::from(outcome)).increment(1);
    outcome
}

//! What became of a batch whose connection was lost while it was committed (BX-1).
//!
//! The database is asked on a new connection, by the keys of the batch. First the session that was lost is ended: what it had
//! not done by then it never will, so that *not there* means *not done*.

use std::collections::HashMap;

use diesel::pg::PgConnection;
use domain::id::MessageId;

use super::{Answer, Incoming};
use crate::Inner;
use crate::chain::Chain;
use crate::database::{Connection, Session};
use crate::error::StoreError;
use crate::idempotency::{self, Created};

/// What is there is answered as it would have been, what is not as not done; and where the database cannot be asked, nobody
/// is told either.
pub(super) fn settle(
    inner: &Inner,
    batch: &[Incoming],
    answers: &mut [Answer],
    lost: Option<Session>,
    cause: &StoreError,
) {
    inner.pool.renew();
    for incoming in batch {
        let trace = incoming.context.trace;
        tracing::warn!(error = %Chain(cause), trace.id = %trace, service.id = %incoming.service, "a commit is in doubt");
    }
    let found = ask(inner, batch, lost);
    if let Err(error) = &found {
        tracing::error!(error = %Chain(error), "what became of a commit could not be found out");
    }
    for (incoming, answer) in batch.iter().zip(answers) {
        let Ok(Created::New(sending)) = answer else { continue };
        match &found {
            Ok(made) if made.get(&place(incoming)) == Some(&sending.id) => {}
            Ok(_) => *answer = Err(StoreError::unavailable("the connection was lost before the commit").into()),
            Err(_) => *answer = Err(StoreError::outcome_unknown("the connection was lost at the commit").into()),
        }
    }
}

/// Scope and key of a message.
type Place = (String, String);

fn place(incoming: &Incoming) -> Place {
    (incoming.scope.name().to_owned(), incoming.key.key().to_owned())
}

/// The messages that the keys of a batch have made.
fn ask(inner: &Inner, batch: &[Incoming], lost: Option<Session>) -> Result<HashMap<Place, MessageId>, StoreError> {
    let mut connection = inner.pool.get()?;
    if let (Connection::Postgres(link), Some(lost)) = (&mut connection, lost)
        && !lost.end(&mut **link as &mut PgConnection)?
    {
        return Err(StoreError::unavailable("the session that was lost does not end"));
    }
    let scopes: Vec<&str> = batch.iter().map(|incoming| incoming.scope.name()).collect();
    let keys: Vec<&str> = batch.iter().map(|incoming| incoming.key.key()).collect();
    let made = |(scope, key, _, message): idempotency::Used| ((scope, key), message.into());
    Ok(idempotency::used(&mut connection, &scopes, &keys)?.into_iter().map(made).collect())
}

//! Idempotency keys: the same request again gets the first answer again, and nothing is done twice (BX-1).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Text};

use crate::Store;
use crate::access::quota;
use crate::context::Context;
use crate::database::rows::rows;
use crate::database::{Connection, Id, SqlTime, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::idempotency;
use crate::vault::KeyedDigests;

/// How long a key is remembered.
pub(crate) const KEPT: TimeDelta = TimeDelta::days(30);

/// A key that a caller chose, and what the request was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestKey {
    key: String,
    digest: [u8; 32],
}

/// Why a text is no idempotency key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an idempotency key has 1 to 255 visible ASCII characters")]
pub struct RequestKeyError;

impl RequestKey {
    /// The longest key.
    pub const MAX_CHARS: usize = 255;

    /// Checks the key. `digest` is the SHA-256 of all that makes the request what it is: method, path and content.
    ///
    /// # Errors
    /// When the key is empty, too long, or not visible ASCII.
    pub fn parse(key: &str, digest: [u8; 32]) -> Result<Self, RequestKeyError> {
        let fits = (1..=Self::MAX_CHARS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self { key: key.to_owned(), digest }) } else { Err(RequestKeyError) }
    }

    /// A key of the program itself: no caller can choose it, for it has a space.
    pub(crate) fn of_ours(what: &str, id: impl std::fmt::Display) -> Self {
        Self { key: format!("{what} {id}"), digest: [0; 32] }
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

/// The namespace of a caller's keys.
#[derive(Clone, Debug)]
pub(crate) struct KeyScope {
    name: String,
    digests: KeyedDigests,
}

impl KeyScope {
    /// Its name, as it is stored.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the request that used a key is this one.
    pub(crate) fn is_same_request(&self, key: &RequestKey, stored: &[u8]) -> bool {
        self.stored_digest(key) == stored
    }

    /// What is stored of a request: a digest that tells nothing even to somebody who knows what was sent.
    fn stored_digest(&self, key: &RequestKey) -> [u8; 32] {
        self.digests.of("request", &[&key.digest])
    }
}

/// What came of a request that creates something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Created<T> {
    /// It was made now.
    New(T),
    /// It was made before, by the same request with the same key.
    Replayed(T),
}

impl<T> Created<T> {
    /// What was made.
    pub const fn value(&self) -> &T {
        match self {
            Self::New(value) | Self::Replayed(value) => value,
        }
    }

    /// What was made, and whether it was made before.
    pub fn into_parts(self) -> (T, bool) {
        match self {
            Self::New(value) => (value, false),
            Self::Replayed(value) => (value, true),
        }
    }
}

rows! {
    /// That a key was used.
    IdempotencyRow, IdempotencyColumns => idempotency {
        scope: String as Text,
        key: String as Text,
        request_digest: Vec<u8> as Binary,
        object_id: Id as SqlUuid,
        created_at: Time as SqlTime,
    }
}

impl IdempotencyRow {
    pub(crate) fn new(scope: &KeyScope, key: &RequestKey, object_id: Id, now: DateTime<Utc>) -> Self {
        Self {
            scope: scope.name.clone(),
            key: key.key.clone(),
            request_digest: scope.stored_digest(key).to_vec(),
            object_id,
            created_at: Time(now),
        }
    }
}

/// A key that was used: scope, key, digest of the request, what it made.
pub(crate) type Used = (String, String, Vec<u8>, Id);

/// Which of these keys were used. There may be more rows than asked for, of the same scopes and keys crosswise.
pub(crate) fn used(connection: &mut Connection, scopes: &[&str], keys: &[&str]) -> Result<Vec<Used>, StoreError> {
    if keys.is_empty() {
        return Ok(vec![]);
    }
    Ok(on!(connection, c => idempotency::table
        .filter(idempotency::scope.eq_any(scopes))
        .filter(idempotency::key.eq_any(keys))
        .select((idempotency::scope, idempotency::key, idempotency::request_digest, idempotency::object_id))
        .load::<Used>(c))?)
}

/// Makes something once for a key. Of two that race, the second waits for the first and is answered as a repetition.
pub(crate) fn create<T>(
    connection: &mut Connection,
    scope: &KeyScope,
    key: Option<&RequestKey>,
    now: DateTime<Utc>,
    make: impl FnOnce(&mut Connection) -> Result<T, Failure>,
    again: impl FnOnce(&mut Connection, Id) -> Result<T, Failure>,
    id_of: impl FnOnce(&T) -> Id,
) -> Result<Created<T>, Failure> {
    let Some(key) = key else { return make(connection).map(Created::New) };
    // One at a time: what the first makes would stand in the way of the second before its key shows.
    quota::one_at_a_time(connection, &format!("{} {}", scope.name(), key.key()))?;
    if let Some((_, _, digest, object)) = used(connection, &[scope.name()], &[key.key()])?.pop() {
        if !scope.is_same_request(key, &digest) {
            return Err(Failure::IdempotencyKeyReused);
        }
        return again(connection, object).map(Created::Replayed);
    }
    let value = make(connection)?;
    let row = IdempotencyRow::new(scope, key, id_of(&value), now);
    match IdempotencyRow::insert_all(connection, vec![row]) {
        Ok(()) => Ok(Created::New(value)),
        Err(StoreError::Conflict(_)) => Err(Failure::InProgress),
        Err(error) => Err(error.into()),
    }
}

/// Forgets keys that are older than they are kept.
pub(crate) fn forget(connection: &mut Connection, now: DateTime<Utc>) -> Result<usize, StoreError> {
    Ok(on!(connection, c => diesel::delete(idempotency::table.filter(idempotency::created_at.lt(Time(now - KEPT))))
        .execute(c))?)
}

impl Store {
    /// The namespace of the caller's idempotency keys.
    pub(crate) fn idempotency_scope(&self, context: &Context) -> KeyScope {
        let name = context.idempotency_scope(|number| self.inner.vault.lookup_hash(number));
        KeyScope { name, digests: self.inner.vault.digests() }
    }
}

//! Bytes that this database has caused and that no row names.
//!
//! A row of `loose_blob` is written before the bytes are, and goes in the transaction that names them; it comes again in the
//! transaction that takes the naming row away. So whatever breaks off where, bytes of ours that nothing names have a row
//! here, and bytes without one are not ours to delete: another database's, or those of a time that a restored database does
//! not know of.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::database::{Connection, Id, Time, on};
use crate::error::StoreError;
use crate::schema::{attachment, loose_blob, upload};

/// Younger bytes may belong to a request that is still running.
const WAIT: TimeDelta = TimeDelta::hours(48);

/// How long trashed bytes can be had back.
const TRASH_KEPT: TimeDelta = TimeDelta::days(7);

/// Bytes that the sweep has to look at.
#[derive(Clone, Copy, Debug, Queryable)]
pub(crate) struct LooseBlob {
    pub(crate) id: Id,
    /// Whether the bytes lie in the trash already.
    pub(crate) is_trashed: bool,
}

/// Notes bytes that no row names: they are about to be written, or their row is taken away in this transaction.
pub(crate) fn loosen(connection: &mut Connection, blobs: &[Id], now: DateTime<Utc>) -> Result<(), StoreError> {
    let row = |blob: &Id| {
        (loose_blob::blob_id.eq(*blob), loose_blob::is_trashed.eq(false), loose_blob::due_at.eq(Time(now + WAIT)))
    };
    for blob in blobs {
        on!(&mut *connection, c => diesel::insert_into(loose_blob::table).values(row(blob)).execute(c))?;
    }
    Ok(())
}

/// Forgets that bytes are loose: a row names them, or they are gone.
pub(crate) fn forget(connection: &mut Connection, blobs: &[Id]) -> Result<(), StoreError> {
    on!(connection, c => diesel::delete(loose_blob::table.filter(loose_blob::blob_id.eq_any(blobs))).execute(c))?;
    Ok(())
}

/// Notes that bytes lie in the trash.
pub(crate) fn note_trashed(connection: &mut Connection, blobs: &[Id], now: DateTime<Utc>) -> Result<(), StoreError> {
    on!(connection, c => diesel::update(loose_blob::table.filter(loose_blob::blob_id.eq_any(blobs)))
        .set((loose_blob::is_trashed.eq(true), loose_blob::due_at.eq(Time(now + TRASH_KEPT))))
        .execute(c))?;
    Ok(())
}

/// What is due, oldest first.
pub(crate) fn due(connection: &mut Connection, now: DateTime<Utc>, most: i64) -> Result<Vec<LooseBlob>, StoreError> {
    Ok(on!(connection, c => loose_blob::table
        .filter(loose_blob::due_at.le(Time(now)))
        .order((loose_blob::due_at, loose_blob::blob_id))
        .limit(most)
        .select((loose_blob::blob_id, loose_blob::is_trashed))
        .load::<LooseBlob>(c))?)
}

/// Lets all loose bytes wait from the start again, in the trash and outside of it: a restored database may not know that a
/// later time has named them.
pub(crate) fn wait_again(connection: &mut Connection, now: DateTime<Utc>) -> Result<(), StoreError> {
    on!(connection, c => diesel::update(loose_blob::table)
        .set(loose_blob::due_at.eq(Time(now + TRASH_KEPT)))
        .execute(c))?;
    Ok(())
}

/// Which of these bytes a message or an upload names.
pub(crate) fn named(connection: &mut Connection, blobs: &[Id]) -> Result<HashSet<Id>, StoreError> {
    let mut named: HashSet<Id> = on!(&mut *connection, c => attachment::table
        .filter(attachment::blob_id.eq_any(blobs))
        .select(attachment::blob_id)
        .load::<Id>(c))?
    .into_iter()
    .collect();
    let in_uploads = on!(connection, c => upload::table
        .filter(upload::blob_id.eq_any(blobs))
        .select(upload::blob_id)
        .load::<Option<Id>>(c))?;
    named.extend(in_uploads.into_iter().flatten());
    Ok(named)
}

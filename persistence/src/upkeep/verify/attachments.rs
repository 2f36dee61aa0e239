//! Rows without bytes, and bytes without rows.

use std::collections::HashSet;

use diesel::prelude::*;
use futures_util::TryStreamExt;

use super::{Faults, Parts, Progress, Report, Step, named};
use crate::blob::Listed;
use crate::database::{Connection, Id, on};
use crate::error::StoreError;
use crate::schema::{attachment, loose_blob as loose, upload};
use crate::store::OpenError;
use crate::upkeep::loose_blob;

/// How many rows, or bytes, are compared together.
const AT_A_TIME: i64 = 1000;

/// Where a row that names bytes is: the mailbox and message, or the upload, and its own id.
struct Naming {
    blob: Id,
    place: String,
}

pub(super) async fn check(parts: &Parts, report: &mut Report, progress: Progress<'_>) -> Result<(), OpenError> {
    let mut stored: Vec<Listed> = vec![];
    let mut listing = std::pin::pin!(parts.blobs.list());
    while let Some(listed) = listing.try_next().await? {
        stored.push(listed);
        progress(Step::Listing, stored.len() as u64, None);
    }
    stored.sort_unstable();
    let is_there = |id: Id, is_trashed: bool| stored.binary_search(&Listed { id: id.0, is_trashed }).is_ok();

    let (mut rows, mut trashed, mut missing) = (0_u64, 0_u64, Faults::default());
    let mut after = Id::MIN;
    loop {
        let batch = attachments_after(&mut parts.connection()?, after)?;
        let Some(last) = batch.last() else { break };
        after = last.blob;
        rows += batch.len() as u64;
        for naming in batch {
            if is_there(naming.blob, false) {
                continue;
            }
            if is_there(naming.blob, true) {
                trashed += 1;
            } else if !parts.blobs.exists(naming.blob.0).await? {
                missing.add(|| naming.place);
            }
        }
        progress(Step::Attachments, rows, None);
    }
    for naming in uploads(&mut parts.connection()?)? {
        rows += 1;
        if !is_there(naming.blob, false) && !parts.blobs.exists(naming.blob.0).await? {
            missing.add(|| naming.place);
        }
    }
    report.count("attachments.rows", rows);
    report.count("attachments.files", stored.len() as u64);
    report.count("attachments.named_in_trash", trashed);
    report.faults("attachments.missing", missing);
    report.faults("attachments.unknown", unknown(parts, &stored, progress)?);
    Ok(())
}

/// Bytes that no row knows of: neither names them nor has them for loose.
fn unknown(parts: &Parts, stored: &[Listed], progress: Progress<'_>) -> Result<Faults, StoreError> {
    let mut faults = Faults::default();
    let mut done = 0;
    for some in stored.chunks(usize::try_from(AT_A_TIME).unwrap_or(1)) {
        let connection = &mut parts.connection()?;
        let ids: Vec<Id> = some.iter().map(|listed| Id(listed.id)).collect();
        // Loose ones are asked for before and after the named ones: a row may turn from one into the other meanwhile.
        let mut known = loose_of(connection, &ids)?;
        known.extend(loose_blob::named(connection, &ids)?);
        known.extend(loose_of(connection, &ids)?);
        for listed in some.iter().filter(|listed| !known.contains(&Id(listed.id))) {
            let place = if listed.is_trashed { "in the trash, attachment" } else { "attachment" };
            faults.add(|| named(&[(place, listed.id)]));
        }
        done += some.len() as u64;
        progress(Step::Attachments, done, Some(stored.len() as u64));
    }
    Ok(faults)
}

fn loose_of(connection: &mut Connection, ids: &[Id]) -> Result<HashSet<Id>, StoreError> {
    let found = on!(connection, c => loose::table
        .filter(loose::blob_id.eq_any(ids))
        .select(loose::blob_id)
        .load::<Id>(c))?;
    Ok(found.into_iter().collect())
}

/// The next attachments in the order of their bytes. No two have the same.
fn attachments_after(connection: &mut Connection, after: Id) -> Result<Vec<Naming>, StoreError> {
    let rows = on!(connection, c => attachment::table
        .filter(attachment::blob_id.gt(after))
        .order(attachment::blob_id)
        .limit(AT_A_TIME)
        .select((attachment::blob_id, attachment::mailbox_id, attachment::message_id, attachment::id))
        .load::<(Id, Id, Id, Id)>(c))?;
    let naming = |(blob, mailbox, message, id): (Id, Id, Id, Id)| Naming {
        blob,
        place: named(&[("mailbox", mailbox.0), ("message", message.0), ("attachment", id.0), ("file", blob.0)]),
    };
    Ok(rows.into_iter().map(naming).collect())
}

/// Uploads live for a day, so they are few.
fn uploads(connection: &mut Connection) -> Result<Vec<Naming>, StoreError> {
    let rows = on!(connection, c => upload::table
        .filter(upload::blob_id.is_not_null())
        .select((upload::blob_id.assume_not_null(), upload::owner_id, upload::id))
        .load::<(Id, Id, Id)>(c))?;
    let naming = |(blob, owner, id): (Id, Id, Id)| Naming {
        blob,
        place: named(&[("owner", owner.0), ("upload", id.0), ("file", blob.0)]),
    };
    Ok(rows.into_iter().map(naming).collect())
}

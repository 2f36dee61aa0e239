//! What is sealed opens in its place, down to the bytes of files.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::Binary;
use domain::id::WebhookId;
use futures_util::TryStreamExt;

use super::{Extent, Faults, Parts, Progress, Report, Step, every_nth, named};
use crate::blob::BlobError;
use crate::database::{Connection, Id, SqlUuid, on};
use crate::error::StoreError;
use crate::persons::key::KeyRow;
use crate::persons::register::stored_number;
use crate::schema::{attachment, mailbox, upload, webhook_key};
use crate::store::OpenError;
use crate::vault::{DataKey, Field};

/// How many mailboxes are looked at together.
const AT_A_TIME: usize = 50;

/// A column of a table that is sealed under the key of a mailbox.
struct Column {
    table: &'static str,
    /// The column with the mailbox.
    mailbox: &'static str,
    /// The column with the object that the value belongs to.
    object: &'static str,
    column: &'static str,
    field: Field,
}

const fn column(table: &'static str, object: &'static str, column: &'static str, field: Field) -> Column {
    Column { table, mailbox: "mailbox_id", object, column, field }
}

/// Every column that is sealed under the key of a mailbox.
const COLUMNS: [Column; 22] = [
    Column { mailbox: "id", ..column("mailbox", "id", "national_id", Field::NationalId) },
    Column { mailbox: "id", ..column("mailbox", "id", "person_name", Field::PersonName) },
    column("message", "id", "subject", Field::Subject),
    column("message_body", "message_id", "body", Field::Body),
    column("message_body", "message_id", "form_answers", Field::FormAnswers),
    column("draft", "id", "content", Field::Draft),
    column("attachment", "id", "file_name", Field::FileName),
    column("attachment", "id", "file_key", Field::FileKey),
    column("attachment", "id", "sha256", Field::FileDigest),
    column("recorded_access", "id", "reason", Field::AccessReason),
    column("conversation", "id", "subject", Field::Subject),
    column("conversation_note", "id", "text", Field::Note),
    column("journal_entry", "document_id", "rejection", Field::JournalRejection),
    column("appointment", "id", "title", Field::AppointmentTitle),
    column("appointment", "id", "place", Field::Place),
    column("appointment", "id", "description", Field::AppointmentDescription),
    column("health_contact", "id", "names", Field::ContactNames),
    column("health_contact_line", "id", "names", Field::ContactNames),
    column("contact_details", "mailbox_id", "email", Field::Email),
    column("contact_details", "mailbox_id", "mobile", Field::Mobile),
    Column { mailbox: "giver_mailbox_id", ..column("power_of_attorney", "id", "holder_number", Field::NationalId) },
    Column { mailbox: "giver_mailbox_id", ..column("power_of_attorney", "id", "holder_name", Field::PersonName) },
];

/// The sealed columns that are looked at beside those: the keys of mailboxes, and what is sealed under the vault's own key. A
/// vault whose keys do not open does not come this far.
const OTHERS: [(&str, &str); 6] = [
    ("vault_key", "wrapped"),
    ("mailbox", "data_key"),
    ("upload", "file_name"),
    ("upload", "file_key"),
    ("upload", "sha256"),
    ("webhook_key", "private_key"),
];

/// Every column that is looked at: table and name.
pub fn sealed_columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    COLUMNS.iter().map(|column| (column.table, column.column)).chain(OTHERS)
}

/// What has been counted so far.
#[derive(Default)]
struct Counts {
    mailboxes: u64,
    values: u64,
    unreadable: Faults,
    files: u64,
    bytes: u64,
    damaged: Faults,
}

pub(super) async fn check(
    parts: &Parts,
    extent: Extent,
    report: &mut Report,
    progress: Progress<'_>,
) -> Result<(), OpenError> {
    let total = on!(&mut parts.connection()?, c => mailbox::table.count().get_result::<i64>(c))?;
    let total = u64::try_from(total).unwrap_or(0);
    let nth = every_nth(total, extent);
    let mut counts = Counts::default();
    let (mut seen, mut after) = (0_u64, Id::MIN);
    loop {
        let page = mailboxes_after(&mut parts.connection()?, after)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        let mut chosen = vec![];
        for row in page {
            if seen % nth == 0 {
                chosen.push(row);
            }
            seen += 1;
        }
        for some in chosen.chunks(AT_A_TIME) {
            check_some(parts, some, &mut counts).await?;
            progress(Step::Sealed, seen, Some(total));
        }
    }
    check_uploads(parts, &mut counts)?;
    check_webhooks(parts, &mut counts)?;
    let Counts { mailboxes, values, unreadable, files, bytes, damaged } = counts;
    report.count("mailboxes", total);
    report.count("sealed.mailboxes", mailboxes);
    report.count("sealed.values", values);
    report.faults("sealed.unreadable", unreadable);
    report.count("files.read", files);
    report.count("files.bytes", bytes);
    report.faults("files.damaged", damaged);
    Ok(())
}

fn mailboxes_after(connection: &mut Connection, after: Id) -> Result<Vec<KeyRow>, StoreError> {
    Ok(on!(connection, c => mailbox::table
        .filter(mailbox::id.gt(after))
        .order(mailbox::id)
        .limit(1000)
        .select(KeyRow::as_select())
        .load::<KeyRow>(c))?)
}

async fn check_some(parts: &Parts, some: &[KeyRow], counts: &mut Counts) -> Result<(), OpenError> {
    let mut keys = HashMap::new();
    for row in some {
        counts.mailboxes += 1;
        counts.values += 1;
        match row.open(&parts.vault) {
            Ok(key) => drop(keys.insert(row.id, key)),
            Err(_) => counts.unreadable.add(|| named(&[("mailbox.data_key, mailbox", row.id.0)])),
        }
    }
    let mailboxes: Vec<Id> = keys.keys().copied().collect();
    for column in &COLUMNS {
        for row in values(&mut parts.connection()?, column, &mailboxes)? {
            counts.values += 1;
            let is_open = keys.get(&row.mailbox).is_some_and(|key| opens(key, column, &row))
                && (column.table != "mailbox"
                    || column.field != Field::NationalId
                    || is_owner(parts, &keys, some, &row));
            if !is_open {
                let what = format!("{}.{}", column.table, column.column);
                counts
                    .unreadable
                    .add(|| format!("{what}, {}", named(&[("mailbox", row.mailbox.0), ("id", row.object.0)])));
            }
        }
    }
    check_files(parts, &keys, &mailboxes, counts).await
}

/// Whether the number that is sealed in a mailbox is the one by which it is found.
fn is_owner(parts: &Parts, keys: &HashMap<Id, DataKey>, some: &[KeyRow], row: &ValueRow) -> bool {
    let number =
        keys.get(&row.mailbox).and_then(|key| key.open_text(row.object.0, Field::NationalId, &row.sealed).ok());
    let hash = number.and_then(|number| Some(parts.vault.lookup_hash(&stored_number(&number).ok()?)));
    let found_by = some.iter().find(|mailbox| mailbox.id == row.mailbox).map(|mailbox| &mailbox.lookup_hash);
    hash.is_some_and(|hash| found_by.is_some_and(|found_by| found_by.as_slice() == hash))
}

fn opens(key: &DataKey, column: &Column, row: &ValueRow) -> bool {
    key.open(row.object.0, column.field, &row.sealed).is_ok()
}

#[derive(QueryableByName)]
struct ValueRow {
    #[diesel(sql_type = SqlUuid)]
    mailbox: Id,
    #[diesel(sql_type = SqlUuid)]
    object: Id,
    #[diesel(sql_type = Binary)]
    sealed: Vec<u8>,
}

/// The values of a column in some mailboxes. The ids stand in the text: they are ours, and as long as the statement is one
/// for all columns there is nothing to prepare.
fn values(connection: &mut Connection, column: &Column, mailboxes: &[Id]) -> Result<Vec<ValueRow>, StoreError> {
    if mailboxes.is_empty() {
        return Ok(vec![]);
    }
    let Column { table, mailbox, object, column, field: _ } = column;
    let literal = |id: &Id| match connection {
        Connection::Postgres(_) => format!("'{}'", id.0),
        Connection::Sqlite(..) => format!("x'{}'", id.0.simple()),
    };
    let ids = mailboxes.iter().map(literal).collect::<Vec<_>>().join(", ");
    let statement = format!(
        "SELECT {mailbox} AS mailbox, {object} AS object, {column} AS sealed FROM {table} \
         WHERE {mailbox} IN ({ids}) AND {column} IS NOT NULL"
    );
    Ok(on!(connection, c => diesel::sql_query(statement).load::<ValueRow>(c))?)
}

/// Reads the files of some mailboxes to their ends. What is not there has been counted as missing.
async fn check_files(
    parts: &Parts,
    keys: &HashMap<Id, DataKey>,
    mailboxes: &[Id],
    counts: &mut Counts,
) -> Result<(), OpenError> {
    let rows = on!(&mut parts.connection()?, c => attachment::table
        .filter(attachment::mailbox_id.eq_any(mailboxes))
        .select((
            attachment::mailbox_id, attachment::id, attachment::blob_id, attachment::file_key, attachment::size_bytes,
        ))
        .load::<(Id, Id, Id, Vec<u8>, i64)>(c))?;
    for (mailbox, id, blob, sealed, size_bytes) in rows {
        let key = keys.get(&mailbox).and_then(|key| key.open_file_key(id.into(), &sealed).ok());
        let (Some(key), Ok(size_bytes)) = (key, u64::try_from(size_bytes)) else { continue };
        let pieces = parts.blobs.read(blob.0, &key, size_bytes, 0..size_bytes);
        match pieces.try_fold(0, |sum, piece| async move { Ok(sum + piece.len() as u64) }).await {
            Ok(read) => {
                counts.files += 1;
                counts.bytes += read;
            }
            Err(BlobError::NotFound) => {}
            Err(BlobError::Corrupt) => {
                counts.damaged.add(|| named(&[("mailbox", mailbox.0), ("attachment", id.0), ("file", blob.0)]))
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Uploads live for a day, so they are few.
fn check_uploads(parts: &Parts, counts: &mut Counts) -> Result<(), StoreError> {
    let rows = on!(&mut parts.connection()?, c => upload::table
        .select((upload::owner_id, upload::id, upload::file_name, upload::file_key, upload::sha256))
        .load::<(Id, Id, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>)>(c))?;
    for (owner, id, name, key, sha256) in rows {
        counts.values += 1 + u64::from(key.is_some()) + u64::from(sha256.is_some());
        let has_name = parts.vault.open_upload_name(owner.0, id.into(), &name).is_ok();
        let has_key = key.is_none_or(|key| parts.vault.open_upload_key(owner.0, id.into(), &key).is_ok());
        let has_digest =
            sha256.is_none_or(|sha256| parts.vault.open_upload_digest(owner.0, id.into(), &sha256).is_ok());
        if !(has_name && has_key && has_digest) {
            counts.unreadable.add(|| named(&[("owner", owner.0), ("upload", id.0)]));
        }
    }
    Ok(())
}

fn check_webhooks(parts: &Parts, counts: &mut Counts) -> Result<(), StoreError> {
    let rows = on!(&mut parts.connection()?, c => webhook_key::table
        .select((webhook_key::webhook_id, webhook_key::id, webhook_key::private_key))
        .load::<(Id, Id, Vec<u8>)>(c))?;
    for (webhook, id, sealed) in rows {
        counts.values += 1;
        if parts.vault.open_signing_key(WebhookId::from(webhook), id.into(), &sealed).is_err() {
            counts.unreadable.add(|| named(&[("webhook", webhook.0), ("key", id.0)]));
        }
    }
    Ok(())
}

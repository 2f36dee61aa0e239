//! What is sealed opens in its place, down to the bytes of files.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable};
use domain::id::WebhookId;
use futures_util::TryStreamExt;

use super::{Extent, Faults, Parts, Progress, Report, Step, every_nth, named};
use crate::blob::BlobError;
use crate::database::{Connection, Id, SqlUuid, on};
use crate::error::StoreError;
use crate::mailboxes::message_key::MessageKeyRow;
use crate::persons::key::KeyRow;
use crate::persons::register::open_number;
use crate::schema::{attachment, mailbox, message, service, upload, webhook_key};
use crate::services::key::ServiceKeyRow;
use crate::store::OpenError;
use crate::vault::{Field, Identity, MailboxKey, MessageKey, ServiceKey, Vault};

/// How many mailboxes are looked at together.
const AT_A_TIME: usize = 50;

/// A sealed column of a table whose rows belong to a mailbox.
struct Column {
    table: &'static str,
    /// The column with the mailbox.
    mailbox: &'static str,
    /// The column with the object that the value belongs to.
    object: &'static str,
    column: &'static str,
    under: Under,
}

/// What a column is sealed under.
#[derive(Clone, Copy)]
enum Under {
    /// The vault's own key.
    Vault(Identity),
    /// The keys of the mailbox.
    Mailbox(Field),
    /// The keys of a service, and the expression for which.
    Service(Field, &'static str),
    /// The key of a message, and the column with which.
    Message(Field, &'static str),
}

const fn column(table: &'static str, object: &'static str, column: &'static str, under: Under) -> Column {
    Column { table, mailbox: "mailbox_id", object, column, under }
}

const fn of_mailbox(table: &'static str, object: &'static str, name: &'static str, field: Field) -> Column {
    column(table, object, name, Under::Mailbox(field))
}

const fn of_service(table: &'static str, object: &'static str, name: &'static str, field: Field) -> Column {
    column(table, object, name, Under::Service(field, "service_id"))
}

const fn of_conversation(table: &'static str, object: &'static str, name: &'static str, field: Field) -> Column {
    column(table, object, name, Under::Service(field, OF_CONVERSATION))
}

const fn of_message(table: &'static str, object: &'static str, name: &'static str, field: Field) -> Column {
    column(table, object, name, Under::Message(field, "message_id"))
}

/// The service of the conversation to which a row belongs.
const OF_CONVERSATION: &str = "(SELECT c.service_id FROM conversation c \
     WHERE c.mailbox_id = held.mailbox_id AND c.id = held.conversation_id)";

/// Every sealed column of what belongs to a mailbox.
const COLUMNS: [Column; 22] = [
    Column { mailbox: "id", ..column("mailbox", "id", "national_id", Under::Vault(Identity::Number)) },
    Column { mailbox: "id", ..column("mailbox", "id", "person_name", Under::Vault(Identity::Name)) },
    column("message", "id", "subject", Under::Message(Field::Subject, "id")),
    of_message("message_body", "message_id", "body", Field::Body),
    of_message("message_body", "message_id", "form_answers", Field::FormAnswers),
    of_message("attachment", "id", "file_name", Field::FileName),
    of_message("attachment", "id", "file_key", Field::FileKey),
    of_message("attachment", "id", "sha256", Field::FileDigest),
    of_service("recorded_access", "id", "reason", Field::AccessReason),
    of_service("conversation", "id", "subject", Field::Subject),
    of_conversation("conversation_note", "id", "text", Field::Note),
    of_conversation("journal_entry", "document_id", "rejection", Field::JournalRejection),
    of_mailbox("draft", "id", "content", Field::Draft),
    of_mailbox("appointment", "id", "title", Field::AppointmentTitle),
    of_mailbox("appointment", "id", "place", Field::Place),
    of_mailbox("appointment", "id", "description", Field::AppointmentDescription),
    of_mailbox("health_contact", "id", "names", Field::ContactNames),
    of_mailbox("health_contact_line", "id", "names", Field::ContactNames),
    of_mailbox("contact_details", "mailbox_id", "email", Field::Email),
    of_mailbox("contact_details", "mailbox_id", "mobile", Field::Mobile),
    Column {
        mailbox: "giver_mailbox_id",
        ..of_mailbox("power_of_attorney", "id", "holder_number", Field::HolderNumber)
    },
    Column { mailbox: "giver_mailbox_id", ..of_mailbox("power_of_attorney", "id", "holder_name", Field::HolderName) },
];

/// The sealed columns that are looked at beside those: keys, and what is sealed under the vault's own key. A vault whose keys do
/// not open does not come this far.
const OTHERS: [(&str, &str); 9] = [
    ("vault_key", "wrapped"),
    ("mailbox", "data_key"),
    ("service", "data_key"),
    ("message", "owner_key"),
    ("message", "service_key"),
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
    let services = services(parts, &mut counts)?;
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
            check_some(parts, some, &services, &mut counts).await?;
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

/// The keys of all services: they are few beside mailboxes.
fn services(parts: &Parts, counts: &mut Counts) -> Result<HashMap<Id, ServiceKey>, StoreError> {
    let rows = on!(&mut parts.connection()?, c => service::table
        .select(ServiceKeyRow::as_select())
        .load::<ServiceKeyRow>(c))?;
    let mut keys = HashMap::new();
    for row in rows {
        let id = row.id;
        counts.values += 1;
        match row.open(&parts.vault) {
            Ok(key) => drop(keys.insert(id, key)),
            Err(_) => counts.unreadable.add(|| named(&[("service.data_key, service", id.0)])),
        }
    }
    Ok(keys)
}

/// The keys that open what belongs to some mailboxes.
struct Keys<'k> {
    mailboxes: HashMap<Id, MailboxKey>,
    services: &'k HashMap<Id, ServiceKey>,
    messages: HashMap<(Id, Id), MessageKey>,
}

impl<'k> Keys<'k> {
    fn gather(
        parts: &Parts,
        some: &[KeyRow],
        services: &'k HashMap<Id, ServiceKey>,
        counts: &mut Counts,
    ) -> Result<Self, StoreError> {
        let mut mailboxes = HashMap::new();
        for row in some {
            counts.mailboxes += 1;
            counts.values += 1;
            match row.open(&parts.vault) {
                Ok(key) => drop(mailboxes.insert(row.id, key)),
                Err(_) => counts.unreadable.add(|| named(&[("mailbox.data_key, mailbox", row.id.0)])),
            }
        }
        let mut keys = Self { mailboxes, services, messages: HashMap::new() };
        let ids: Vec<Id> = some.iter().map(|row| row.id).collect();
        let rows = on!(&mut parts.connection()?, c => message::table
            .filter(message::mailbox_id.eq_any(&ids))
            .select((message::mailbox_id, MessageKeyRow::as_select()))
            .load::<(Id, MessageKeyRow)>(c))?;
        for (mailbox, row) in rows {
            keys.take(mailbox, &row, counts);
        }
        Ok(keys)
    }

    /// Each copy that has not ended opens, and all of them to the same.
    fn take(&mut self, mailbox: Id, row: &MessageKeyRow, counts: &mut Counts) {
        let owners = row.has_owners_copy().then(|| row.open_as_owner(self.mailboxes.get(&mailbox)?).ok());
        let services = row.has_services_copy().then(|| row.open_as_service(self.services.get(&row.service_id)?).ok());
        for (name, copy) in [("message.owner_key", &owners), ("message.service_key", &services)] {
            counts.values += u64::from(copy.is_some());
            if matches!(copy, Some(None)) {
                counts.unreadable.add(|| format!("{name}, {}", named(&[("mailbox", mailbox.0), ("id", row.id.0)])));
            }
        }
        let both = [services.flatten(), owners.flatten()];
        if let [Some(one), Some(other)] = &both
            && !one.is_same_as(other)
        {
            counts.unreadable.add(|| named(&[("keys of message that differ, mailbox", mailbox.0), ("id", row.id.0)]));
        }
        if let Some(key) = both.into_iter().flatten().next() {
            self.messages.insert((mailbox, row.id), key);
        }
    }

    fn opens(&self, vault: &Vault, column: &Column, row: &ValueRow) -> bool {
        let (object, sealed) = (row.object.0, row.sealed.as_slice());
        match column.under {
            Under::Vault(what) => vault.open_identity(row.mailbox.into(), what, sealed).is_ok(),
            Under::Mailbox(field) => {
                self.mailboxes.get(&row.mailbox).is_some_and(|key| key.open(object, field, sealed).is_ok())
            }
            Under::Service(field, _) => row
                .key
                .and_then(|service| self.services.get(&service))
                .is_some_and(|key| key.open(object, field, sealed).is_ok()),
            Under::Message(field, _) => row
                .key
                .and_then(|message| self.messages.get(&(row.mailbox, message)))
                .is_some_and(|key| key.open(object, field, sealed).is_ok()),
        }
    }
}

async fn check_some(
    parts: &Parts,
    some: &[KeyRow],
    services: &HashMap<Id, ServiceKey>,
    counts: &mut Counts,
) -> Result<(), OpenError> {
    let keys = Keys::gather(parts, some, services, counts)?;
    let mailboxes: Vec<Id> = some.iter().map(|row| row.id).collect();
    for column in &COLUMNS {
        for row in values(&mut parts.connection()?, column, &mailboxes)? {
            counts.values += 1;
            let is_number = matches!(column.under, Under::Vault(Identity::Number));
            let is_open = keys.opens(&parts.vault, column, &row) && (!is_number || is_owner(&parts.vault, some, &row));
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
fn is_owner(vault: &Vault, some: &[KeyRow], row: &ValueRow) -> bool {
    let number = open_number(vault, row.mailbox.into(), &row.sealed);
    let found_by = some.iter().find(|mailbox| mailbox.id == row.mailbox).map(|mailbox| mailbox.lookup_hash.as_slice());
    number.is_ok_and(|number| found_by == Some(vault.lookup_hash(&number).as_slice()))
}

#[derive(QueryableByName)]
struct ValueRow {
    #[diesel(sql_type = SqlUuid)]
    mailbox: Id,
    #[diesel(sql_type = SqlUuid)]
    object: Id,
    /// The service or message whose key it is under; none where it is another kind of key.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    key: Option<Id>,
    #[diesel(sql_type = Binary)]
    sealed: Vec<u8>,
}

/// The values of a column in some mailboxes. The ids stand in the text: they are ours, and as long as the statement is one
/// for all columns there is nothing to prepare.
fn values(connection: &mut Connection, column: &Column, mailboxes: &[Id]) -> Result<Vec<ValueRow>, StoreError> {
    if mailboxes.is_empty() {
        return Ok(vec![]);
    }
    let Column { table, mailbox, object, column, under } = column;
    let key = match under {
        Under::Vault(_) | Under::Mailbox(_) => "NULL",
        Under::Service(_, key) | Under::Message(_, key) => key,
    };
    let key = match connection {
        Connection::Postgres(_) => format!("CAST({key} AS uuid)"),
        Connection::Sqlite(..) => key.to_owned(),
    };
    let literal = |id: &Id| match connection {
        Connection::Postgres(_) => format!("'{}'", id.0),
        Connection::Sqlite(..) => format!("x'{}'", id.0.simple()),
    };
    let ids = mailboxes.iter().map(literal).collect::<Vec<_>>().join(", ");
    let statement = format!(
        "SELECT {mailbox} AS mailbox, {object} AS object, {key} AS key, {column} AS sealed FROM {table} AS held \
         WHERE {mailbox} IN ({ids}) AND {column} IS NOT NULL"
    );
    Ok(on!(connection, c => diesel::sql_query(statement).load::<ValueRow>(c))?)
}

/// Reads the files of some mailboxes to their ends. What is not there has been counted as missing.
async fn check_files(parts: &Parts, keys: &Keys<'_>, mailboxes: &[Id], counts: &mut Counts) -> Result<(), OpenError> {
    let rows = on!(&mut parts.connection()?, c => attachment::table
        .filter(attachment::mailbox_id.eq_any(mailboxes))
        .select((
            (attachment::mailbox_id, attachment::message_id, attachment::id),
            (attachment::blob_id, attachment::file_key, attachment::size_bytes),
        ))
        .load::<((Id, Id, Id), (Id, Vec<u8>, i64))>(c))?;
    for ((mailbox, message, id), (blob, sealed, size_bytes)) in rows {
        let key = keys.messages.get(&(mailbox, message)).and_then(|key| key.open_file_key(id.into(), &sealed).ok());
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

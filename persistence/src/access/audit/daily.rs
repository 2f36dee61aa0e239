//! Entries that are counted by the day: each is like the last, and they come in floods.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::audit::Entry;
use uuid::Builder;

use super::AuditRow;
use crate::database::{Connection, Id, Time};
use crate::error::StoreError;
use crate::schema::audit_entry;

/// All of a day by one actor that are the same.
#[derive(Insertable)]
#[diesel(table_name = audit_entry)]
struct DailyRow {
    #[diesel(embed)]
    entry: AuditRow,
    count: i32,
    last_at: Time,
}

/// Adds these to what the day has of each. They are written in the order of their keys, so that two that count the same do
/// not wait for each other in a circle.
pub(super) fn count(connection: &mut Connection, entries: Vec<Entry>) -> Result<(), StoreError> {
    let mut rows: BTreeMap<(Id, Id), DailyRow> = BTreeMap::new();
    for entry in entries {
        let last_at = Time(entry.at);
        let mut row = AuditRow::from(entry);
        row.id = id_of_day(&row);
        rows.entry((row.subject_id, row.id))
            .and_modify(|known| {
                known.count += 1;
                known.last_at = known.last_at.max(last_at);
            })
            .or_insert(DailyRow { entry: row, count: 1, last_at });
    }
    let rows: Vec<DailyRow> = rows.into_values().collect();
    if rows.is_empty() {
        return Ok(());
    }
    let set = (
        audit_entry::count.eq(audit_entry::count + excluded(audit_entry::count)),
        audit_entry::last_at.eq(excluded(audit_entry::last_at)),
    );
    let key = (audit_entry::subject_id, audit_entry::id);
    match connection {
        Connection::Postgres(link) => {
            let link: &mut PgConnection = &mut *link;
            diesel::insert_into(audit_entry::table).values(rows).on_conflict(key).do_update().set(set).execute(link)?;
        }
        Connection::Sqlite(link, _) => {
            let link: &mut SqliteConnection = &mut *link;
            for row in rows {
                diesel::insert_into(audit_entry::table)
                    .values(row)
                    .on_conflict(key)
                    .do_update()
                    .set(set)
                    .execute(link)?;
            }
        }
    }
    Ok(())
}

/// The id that all of the day share. It lies at the beginning of the day, so that the entry keeps its place in the list.
fn id_of_day(row: &AuditRow) -> Id {
    let day = row.at.0.date_naive();
    let what = format!(
        "{day} {} {:?} {:?} {:?} {:?} {} {:?} {:?} {} {}",
        row.actor_kind,
        row.actor_person,
        row.actor_organisation,
        row.actor_subject,
        row.actor_client,
        row.action,
        row.object_kind,
        row.object_id,
        row.outcome,
        row.rule,
    );
    let hash = digest(&SHA256, what.as_bytes());
    let mut rest = [0; 10];
    rest.copy_from_slice(&hash.as_ref()[..10]);
    let millis = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
    Id(Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or_default(), &rest).into_uuid())
}

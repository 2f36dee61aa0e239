//! Two SQL types of our own, so that one schema serves both backends: ids are `uuid` in PostgreSQL and 16 bytes in
//! SQLite, times `timestamptz` and microseconds since 1970. And the two Rust types that stand for them in rows.

use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, SqlOrd, SqlType, Timestamptz};
use diesel::sqlite::{Sqlite, SqliteValue};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An id.
#[derive(SqlType, QueryId, Clone, Copy, Debug)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct SqlUuid;

/// A point in time, to the microsecond.
#[derive(SqlType, QueryId, Clone, Copy, Debug)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct SqlTime;

impl SqlOrd for SqlTime {}

/// An id as rows hold it. Which kind of id it is, the domain's types know.
#[derive(
    AsExpression, FromSqlRow, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize,
)]
#[diesel(sql_type = SqlUuid)]
#[serde(transparent)]
pub(crate) struct Id(pub(crate) Uuid);

impl Id {
    /// Below every id there is.
    pub(crate) const MIN: Self = Self(Uuid::nil());
    /// Above every id there is.
    pub(crate) const MAX: Self = Self(Uuid::max());
}

/// A point in time as rows hold it.
#[derive(AsExpression, FromSqlRow, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[diesel(sql_type = SqlTime)]
#[serde(transparent)]
pub(crate) struct Time(pub(crate) DateTime<Utc>);

/// Turns an id of the domain into what rows hold.
pub(crate) trait Key: Copy {
    fn key(self) -> Id;
}

/// Several, for a list in a statement.
pub(crate) fn keys<K: Key>(ids: &[K]) -> Vec<Id> {
    ids.iter().map(|id| id.key()).collect()
}

macro_rules! ids {
    ($($name:ident)+) => {$(
        impl Key for domain::id::$name {
            fn key(self) -> Id {
                Id(self.as_uuid())
            }
        }

        impl From<Id> for domain::id::$name {
            fn from(id: Id) -> Self {
                id.0.into()
            }
        }
    )+};
}

ids!(AgreementId AppointmentId AttachmentId AuditEntryId BatchId ClientId ConversationId DraftId EventId HandoverId HealthContactId JobId JournalDocumentId MailboxId MessageId NoteId NoticeId OrganisationId PersonId PowerOfAttorneyId PractitionerChangeId PrivacyNoticeId RecordedAccessId ServiceId TraceId UploadId WebhookId WebhookKeyId);

impl From<Uuid> for Id {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl ToSql<SqlUuid, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<diesel::sql_types::Uuid, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<SqlUuid, Pg> for Id {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        FromSql::<diesel::sql_types::Uuid, Pg>::from_sql(value).map(Self)
    }
}

impl ToSql<SqlUuid, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<SqlUuid, Sqlite> for Id {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<SqlTime, Pg> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<SqlTime, Pg> for Time {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        FromSql::<Timestamptz, Pg>::from_sql(value).map(Self)
    }
}

impl ToSql<SqlTime, Sqlite> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<SqlTime, Sqlite> for Time {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        DateTime::from_timestamp_micros(micros).map(Self).ok_or_else(|| "a time out of range".into())
    }
}

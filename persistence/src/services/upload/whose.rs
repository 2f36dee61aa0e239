//! Whose uploads: those for an owner's messages that one author has handed in (P10). To everybody else they are not there,
//! whoever may write the same messages.

use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, min, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use domain::access::Caller;
use domain::id::{PersonId, UploadId};
use domain::upload::UploadOwner;

use super::{Stored, key_of};
use crate::access::quota::{self, Limited, QuotaReached, Quotas};
use crate::database::{Connection, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::upload;

/// Uploads of one author.
#[derive(Clone, Debug)]
pub(crate) struct Whose {
    pub(super) owner: UploadOwner,
    // Stored. `person:` with an id or `client:` with the name of a system, which belongs to one organisation.
    pub(super) author: String,
    is_person: bool,
}

impl Whose {
    /// Those of whoever acts in a mailbox, or at the desk of a service: the person, or else the system.
    ///
    /// # Errors
    /// Nobody who could have any.
    pub(crate) fn of(
        owner: impl Into<UploadOwner>,
        person: Option<PersonId>,
        caller: &Caller,
    ) -> Result<Self, Failure> {
        match (person, caller) {
            (Some(person), _) => Ok(Self::of_person(owner, person)),
            (None, Caller::System { client, .. }) => {
                Ok(Self { owner: owner.into(), author: format!("client:{}", client.as_str()), is_person: false })
            }
            (None, Caller::Citizen { .. } | Caller::HealthWorker { .. } | Caller::Operator { .. }) => {
                Err(Failure::NotFound)
            }
        }
    }

    /// Those of a person.
    pub(crate) fn of_person(owner: impl Into<UploadOwner>, person: PersonId) -> Self {
        Self { owner: owner.into(), author: format!("person:{person}"), is_person: true }
    }

    /// Whether an upload is one of them.
    pub(crate) fn has(&self, stored: &Stored) -> bool {
        stored.owner == key_of(self.owner) && stored.author == self.author
    }

    /// Whether there is room for one more file. Until the transaction ends nobody else takes it.
    pub(super) fn has_room(
        &self,
        connection: &mut Connection,
        quotas: &Quotas,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let most = self.quota(quotas).files;
        let (files, _, first_end) = self.lying(connection, None, now)?;
        if files < most { Ok(()) } else { Err(reached(Limited::Uploads, most, first_end, now)) }
    }

    /// Whether there is room for the bytes of a file. Until the transaction ends nobody else takes it.
    pub(super) fn has_room_for(
        &self,
        connection: &mut Connection,
        quotas: &Quotas,
        (id, bytes): (UploadId, u64),
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let most = self.quota(quotas).bytes;
        let (_, lying, first_end) = self.lying(connection, Some(id), now)?;
        if lying.saturating_add(bytes) <= most {
            Ok(())
        } else {
            Err(reached(Limited::UploadBytes, most, first_end, now))
        }
    }

    const fn quota(&self, quotas: &Quotas) -> quota::UploadQuota {
        if self.is_person { quotas.uploads_of_person } else { quotas.uploads_of_system }
    }

    /// How many files lie here but one, how many bytes they have, and when the first of them goes.
    fn lying(
        &self,
        connection: &mut Connection,
        but: Option<UploadId>,
        now: DateTime<Utc>,
    ) -> Result<(u64, u64, Option<DateTime<Utc>>), StoreError> {
        type Sums = (i64, Option<i64>, Option<Time>);
        quota::one_at_a_time(connection, &format!("uploads {} {}", key_of(self.owner).0, self.author))?;
        // The nil id is nobody's.
        let but = but.unwrap_or_else(|| uuid::Uuid::nil().into());
        let (files, bytes, first_end) = on!(connection, c => upload::table
            .filter(upload::owner_id.eq(key_of(self.owner)))
            .filter(upload::author.eq(&self.author))
            .filter(upload::expires_at.gt(Time(now)))
            .filter(upload::id.ne(but.key()))
            .select((count_star(), sql::<Nullable<BigInt>>("CAST(sum(size_bytes) AS bigint)"), min(upload::expires_at)))
            .first::<Sums>(c))?;
        let whole = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok((whole(files), whole(bytes.unwrap_or_default()), first_end.map(|end| end.0)))
    }
}

fn reached(limited: Limited, most: u64, first_end: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Failure {
    let seconds = first_end.map_or(1, |end| (end - now).num_seconds().max(1));
    let retry_after_seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    Failure::QuotaReached(QuotaReached { limited, most, retry_after_seconds })
}

//! What is known of an owner and a caller, in one query each.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;
use domain::access::{
    Assurance, Caller, OwnerFacts, OwnerRecord, PowerRecord, Record, RelationRecord, RepresentativeRecord,
};
use domain::consent::ConsentLevel;
use domain::id::{MailboxId, PersonId};
use domain::person::{Protected, Protection};
use domain::power_of_attorney::{Period, ServiceArea};
use domain::register::RegisteredRelation;

use crate::database::{Connection, Id, Key, Time, on};
use crate::error::StoreError;
use crate::persons::power_of_attorney::areas_from;
use crate::schema::{mailbox, person_lookup, power_of_attorney, registered_relation};
use crate::vault::{MailboxKey, Vault, WrappedKeys};

const CORRUPT: StoreError = StoreError::Corrupt { what: "mailbox" };

/// The owner of a mailbox, with what opens its content.
#[derive(Clone)]
pub(crate) struct Owner {
    pub(crate) record: OwnerRecord,
    pub(crate) facts: OwnerFacts,
    wrapped_keys: WrappedKeys,
    lookup_hash: Vec<u8>,
    /// The owner's number, sealed.
    pub(crate) national_id: Vec<u8>,
    /// When the register last told of them.
    pub(crate) known_at: Option<DateTime<Utc>>,
}

impl Owner {
    /// The keyed hash of the owner's number, to which the keys are bound.
    pub(crate) fn lookup_hash(&self) -> &[u8] {
        &self.lookup_hash
    }

    /// Opens the keys of their mailbox.
    ///
    /// # Errors
    /// They are damaged, another mailbox's or another owner's.
    pub(crate) fn key(&self, vault: &Vault) -> Result<MailboxKey, StoreError> {
        vault.mailbox_key(self.record.mailbox, &self.lookup_hash, &self.wrapped_keys).map_err(|_| {
            tracing::error!(mailbox.id = %self.record.mailbox, "the keys of a mailbox do not open: they are damaged");
            StoreError::Corrupt { what: "keys of a mailbox" }
        })
    }

    /// Whether what the register says of them need not be asked again.
    pub(crate) fn is_fresh(&self, now: DateTime<Utc>, max_age: TimeDelta) -> bool {
        is_fresh(self.known_at, self.record.protection, now, max_age)
    }
}

/// Whether what the register said can be trusted: it is not old, and no grade has run out since, for another may have
/// come in its place.
pub(crate) fn is_fresh(
    known_at: Option<DateTime<Utc>>,
    protection: Protected,
    now: DateTime<Utc>,
    max_age: TimeDelta,
) -> bool {
    known_at.is_some_and(|at| now - at < max_age && protection.at(at) == protection.at(now))
}

/// The columns of [`Owner`].
#[derive(Queryable, Selectable)]
#[diesel(table_name = mailbox)]
pub(crate) struct OwnerRow {
    id: Id,
    lookup_hash: Vec<u8>,
    key_epoch: i32,
    data_key: Vec<u8>,
    national_id: Vec<u8>,
    birth_date: NaiveDate,
    death_date: Option<NaiveDate>,
    protection: String,
    protection_until: Option<NaiveDate>,
    lives_with_responsible: bool,
    known_at: Option<Time>,
    consent: i16,
    locked_at: Option<Time>,
    youth_access_at: Option<Time>,
}

pub(crate) fn owner_from(row: OwnerRow, now: DateTime<Utc>) -> Result<Owner, StoreError> {
    let record = OwnerRecord {
        mailbox: row.id.into(),
        person: row.id.into(),
        birth_date: row.birth_date,
        death_date: row.death_date,
        protection: protected(&row.protection, row.protection_until)?,
        consent: ConsentLevel::from_rank(row.consent).ok_or(CORRUPT)?,
        is_locked: row.locked_at.is_some(),
        youth_access: row.youth_access_at.is_some(),
        lives_with_responsible: row.lives_with_responsible,
    };
    Ok(Owner {
        record,
        facts: record.at(now),
        wrapped_keys: WrappedKeys { epoch: row.key_epoch, wrapped: row.data_key },
        lookup_hash: row.lookup_hash,
        national_id: row.national_id,
        known_at: row.known_at.map(|at| at.0),
    })
}

/// A grade as it is stored.
pub(crate) fn protected(grade: &str, until: Option<NaiveDate>) -> Result<Protected, StoreError> {
    Ok(Protected { grade: grade.parse::<Protection>().map_err(|_| CORRUPT)?, until })
}

pub(crate) fn owner_of(
    connection: &mut Connection,
    id: MailboxId,
    now: DateTime<Utc>,
) -> Result<Option<Owner>, StoreError> {
    let row = on!(connection, c => mailbox::table
        .filter(mailbox::id.eq(id.key()))
        .select(OwnerRow::as_select())
        .first::<OwnerRow>(c)
        .optional())?;
    row.map(|row| owner_from(row, now)).transpose()
}

pub(crate) fn owner_by_hash(
    connection: &mut Connection,
    hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<Option<Owner>, StoreError> {
    let row = on!(connection, c => person_lookup::table
        .inner_join(mailbox::table.on(mailbox::id.eq(person_lookup::mailbox_id)))
        .filter(person_lookup::lookup_hash.eq(hash.as_slice()))
        .select(OwnerRow::as_select())
        .first::<OwnerRow>(c)
        .optional())?;
    row.map(|row| if is_theirs(&row, [hash]) { owner_from(row, now) } else { Err(CORRUPT) }).transpose()
}

/// The owners of many mailboxes, in one query.
pub(crate) fn owners_of(connection: &mut Connection, ids: &[Id], now: DateTime<Utc>) -> Result<Vec<Owner>, StoreError> {
    let rows = on!(connection, c => mailbox::table
        .filter(mailbox::id.eq_any(ids))
        .select(OwnerRow::as_select())
        .load::<OwnerRow>(c))?;
    rows.into_iter().map(|row| owner_from(row, now)).collect()
}

/// The owners with many identity numbers, by their hashes, in one query.
pub(crate) fn owners_by_hashes(
    connection: &mut Connection,
    hashes: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<Vec<Owner>, StoreError> {
    let rows = on!(connection, c => person_lookup::table
        .inner_join(mailbox::table.on(mailbox::id.eq(person_lookup::mailbox_id)))
        .filter(person_lookup::lookup_hash.eq_any(hashes))
        .select(OwnerRow::as_select())
        .load::<OwnerRow>(c))?;
    rows.into_iter().filter(|row| is_theirs(row, hashes)).map(|row| owner_from(row, now)).collect()
}

/// Whether a mailbox that was found by the hash of a number is that of whoever has it. One that is not counts as not there.
fn is_theirs(row: &OwnerRow, hashes: impl IntoIterator<Item = impl AsRef<[u8]>>) -> bool {
    let is_theirs = hashes.into_iter().any(|hash| hash.as_ref() == row.lookup_hash);
    if !is_theirs {
        tracing::error!(mailbox.id = %row.id.0, "a number leads to the mailbox of somebody else: it is damaged");
    }
    is_theirs
}

/// How sure the login behind a token is; none where there is no person behind it.
pub(crate) const fn assurance_of(caller: &Caller) -> Option<Assurance> {
    match caller {
        Caller::Citizen { assurance, .. } | Caller::HealthWorker { assurance, .. } => Some(*assurance),
        Caller::System { .. } | Caller::Operator { .. } => None,
    }
}

/// What is known of an owner and a caller, and who they are.
pub(crate) struct Known {
    pub(crate) record: Record,
    /// Who calls, where they are in the register.
    pub(crate) person: Option<PersonId>,
    /// Whether what the register says of the caller need not be asked again.
    pub(crate) caller_is_fresh: bool,
}

/// What is known of a citizen and of an owner who is somebody else. One query, whatever their relation.
pub(crate) fn representative(
    connection: &mut Connection,
    caller: &Caller,
    hash: &[u8; 32],
    owner: &Owner,
    now: DateTime<Utc>,
    max_age: TimeDelta,
) -> Result<Known, StoreError> {
    type PersonRow = (Id, NaiveDate, Option<NaiveDate>, String, Option<NaiveDate>, Option<Time>);
    type PowerRow = (String, String, NaiveDate, Option<NaiveDate>, Option<Time>, Option<Time>);
    let rows = on!(connection, c => person_lookup::table
        .inner_join(mailbox::table.on(mailbox::id.eq(person_lookup::mailbox_id)))
        .left_join(registered_relation::table.on(
            registered_relation::mailbox_id.eq(owner.record.mailbox.key())
                .and(registered_relation::relative_hash.eq(person_lookup::lookup_hash)),
        ))
        .left_join(power_of_attorney::table.on(
            power_of_attorney::giver_mailbox_id.eq(owner.record.mailbox.key())
                .and(power_of_attorney::holder_hash.eq(person_lookup::lookup_hash))
                // What waits for a second operator is not there.
                .and(power_of_attorney::registered_by.is_null().or(power_of_attorney::confirmed_by.is_not_null())),
        ))
        .filter(person_lookup::lookup_hash.eq(hash.as_slice()))
        .select((
            (
                mailbox::id,
                mailbox::birth_date,
                mailbox::death_date,
                mailbox::protection,
                mailbox::protection_until,
                mailbox::known_at,
            ),
            registered_relation::relation.nullable(),
            (
                power_of_attorney::kind,
                power_of_attorney::areas,
                power_of_attorney::valid_from,
                power_of_attorney::valid_to,
                power_of_attorney::ended_at,
                power_of_attorney::effective_at,
            )
                .nullable(),
        ))
        .load::<(PersonRow, Option<String>, Option<PowerRow>)>(c))?;
    let assurance = assurance_of(caller);
    let Some(((id, birth_date, death_date, grade, until, known_at), ..)) = rows.first() else {
        let record = Record { assurance, owner: Some(owner.record), relation: RelationRecord::Nobody };
        return Ok(Known { record, person: None, caller_is_fresh: false });
    };
    let (person, protection) = (PersonId::from(*id), protected(grade, *until)?);
    let caller_is_fresh = is_fresh(known_at.map(|at| at.0), protection, now, max_age);
    let is = |relation: RegisteredRelation| rows.iter().any(|row| row.1.as_deref() == Some(relation.as_word()));
    // Where the register names the two in several ways, each power comes several times, which changes nothing.
    let powers = rows
        .iter()
        .filter_map(|row| row.2.as_ref())
        .map(|(kind, areas, from, to, ended_at, effective_at)| {
            Ok(PowerRecord {
                kind: kind.parse().map_err(|_| CORRUPT)?,
                covers_inbox: areas_from(areas)?.contains(&ServiceArea::DIGITAL_HEALTH_SERVICES),
                period: Period { from: *from, to: *to },
                is_ended: ended_at.is_some(),
                effective_at: effective_at.map(|at| at.0),
            })
        })
        .collect::<Result<_, StoreError>>()?;
    let relation = RelationRecord::Other(RepresentativeRecord {
        person,
        birth_date: *birth_date,
        death_date: *death_date,
        protection,
        has_responsibility: is(RegisteredRelation::Responsible),
        is_guardian: is(RegisteredRelation::Guardian),
        powers,
        is_certain: caller_is_fresh && owner.is_fresh(now, max_age),
    });
    let record = Record { assurance, owner: Some(owner.record), relation };
    Ok(Known { record, person: Some(person), caller_is_fresh })
}

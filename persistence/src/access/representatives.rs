//! Everybody who may act for the owners of mailboxes, before it is decided whether they do.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::{PowerRecord, RepresentativeRecord};
use domain::power_of_attorney::{Period, ServiceArea};
use domain::register::RegisteredRelation;

use super::facts::protected;
use crate::database::{Connection, Id, Time, on};
use crate::error::StoreError;
use crate::persons::power_of_attorney::areas_from;
use crate::schema::{mailbox, person_lookup, power_of_attorney, registered_relation};

const CORRUPT: StoreError = StoreError::Corrupt { what: "access" };

/// Somebody who may act for an owner.
pub(crate) struct Candidate {
    /// By whose mailbox they were found.
    pub(crate) mailbox: Id,
    /// What is known of them, taken for certain.
    pub(crate) record: RepresentativeRecord,
    /// When the register last told of them.
    pub(crate) known_at: Option<DateTime<Utc>>,
}

type PersonRow = (Id, NaiveDate, Option<NaiveDate>, String, Option<NaiveDate>, Option<Time>);

macro_rules! person_columns {
    () => {
        (
            mailbox::id,
            mailbox::birth_date,
            mailbox::death_date,
            mailbox::protection,
            mailbox::protection_until,
            mailbox::known_at,
        )
    };
}

fn candidate(mailbox: Id, row: PersonRow) -> Result<Candidate, StoreError> {
    let (id, birth_date, death_date, grade, until, known_at) = row;
    let record = RepresentativeRecord {
        person: id.into(),
        birth_date,
        death_date,
        protection: protected(&grade, until)?,
        has_responsibility: false,
        is_guardian: false,
        powers: vec![],
        is_certain: true,
    };
    Ok(Candidate { mailbox, record, known_at: known_at.map(|at| at.0) })
}

/// Who holds a power of attorney of these mailboxes' owners and is known here, one for each power that has not been ended.
pub(crate) fn holders(connection: &mut Connection, mailboxes: &[Id]) -> Result<Vec<Candidate>, StoreError> {
    type PowerRow = (Id, String, String, NaiveDate, Option<NaiveDate>, Option<Time>);
    let rows = on!(connection, c => power_of_attorney::table
        .inner_join(person_lookup::table.on(person_lookup::lookup_hash.eq(power_of_attorney::holder_hash)))
        .inner_join(mailbox::table.on(mailbox::id.eq(person_lookup::mailbox_id)))
        .filter(power_of_attorney::giver_mailbox_id.eq_any(mailboxes))
        .filter(power_of_attorney::ended_at.is_null())
        .filter(power_of_attorney::registered_by.is_null().or(power_of_attorney::confirmed_by.is_not_null()))
        .order(power_of_attorney::id)
        .select((
            person_columns!(),
            (
                power_of_attorney::giver_mailbox_id,
                power_of_attorney::kind,
                power_of_attorney::areas,
                power_of_attorney::valid_from,
                power_of_attorney::valid_to,
                power_of_attorney::effective_at,
            ),
        ))
        .load::<(PersonRow, PowerRow)>(c))?;
    rows.into_iter()
        .map(|(person, (mailbox, kind, areas, from, to, effective_at))| {
            let power = PowerRecord {
                kind: kind.parse().map_err(|_| CORRUPT)?,
                covers_inbox: areas_from(&areas)?.contains(&ServiceArea::DIGITAL_HEALTH_SERVICES),
                period: Period { from, to },
                is_ended: false,
                effective_at: effective_at.map(|at| at.0),
            };
            let mut found = candidate(mailbox, person)?;
            found.record.powers.push(power);
            Ok(found)
        })
        .collect()
}

/// Who the register gives parental responsibility for these mailboxes' owners.
pub(crate) fn responsible(connection: &mut Connection, mailboxes: &[Id]) -> Result<Vec<Candidate>, StoreError> {
    let rows = on!(connection, c => registered_relation::table
        .inner_join(person_lookup::table.on(person_lookup::lookup_hash.eq(registered_relation::relative_hash)))
        .inner_join(mailbox::table.on(mailbox::id.eq(person_lookup::mailbox_id)))
        .filter(registered_relation::mailbox_id.eq_any(mailboxes))
        .filter(registered_relation::relation.eq(RegisteredRelation::Responsible.as_word()))
        .order(mailbox::id)
        .select((person_columns!(), registered_relation::mailbox_id))
        .load::<(PersonRow, Id)>(c))?;
    rows.into_iter()
        .map(|(row, mailbox)| {
            let mut found = candidate(mailbox, row)?;
            found.record.has_responsibility = true;
            Ok(found)
        })
        .collect()
}

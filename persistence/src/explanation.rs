//! Who may do what in a mailbox, now and when something changes (BX-2).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{
    Action, Assurance, Explanation, MembershipRecord, Policy, PowerRecord, Record, RelationRecord,
    RepresentativeRecord, decide, explain,
};
use domain::id::{MailboxId, PersonId, ServiceId};
use domain::power_of_attorney::{Period, ServiceArea};
use domain::register::RegisteredRelation;

use crate::access::MailboxRef;
use crate::access::facts::protected;
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::power_of_attorney::areas_from;
use crate::schema::{
    follow_up, membership, person as persons, power_of_attorney, recorded_access, registered_relation,
};
use crate::{Inner, Store, person, service};

const CORRUPT: StoreError = StoreError::Corrupt { what: "access" };

/// What a caller may do in a mailbox; for its owner, also what others may.
#[derive(Clone, Debug)]
pub struct AccessExplained {
    /// What the caller is to the owner, by the word of their standing.
    pub relation: &'static str,
    /// What the caller may do.
    pub own: Explanation,
    /// Who else may see something, or will; for the owner alone.
    pub others: Vec<OtherAccess>,
}

/// Somebody else who may see something in the mailbox.
#[derive(Clone, Debug)]
pub struct OtherAccess {
    /// Their name.
    pub name: Option<String>,
    /// What they are to the owner; none as long as they are nothing yet.
    pub relation: Option<&'static str>,
    /// The service that they work for.
    pub service: Option<(ServiceId, String)>,
    /// What they may do.
    pub explanation: Explanation,
}

/// Somebody who may have access, before it is decided.
struct Candidate {
    person: PersonId,
    service: Option<ServiceId>,
    relation: RelationRecord,
}

impl Store {
    /// Explains what the caller may do in a mailbox.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn access_explain(
        &self,
        context: &Context,
        mailbox: MailboxId,
        actions: &'static [Action],
    ) -> Result<AccessExplained, Failure> {
        let now = context.now;
        let (which, action) = (MailboxRef::Id(mailbox), Action::ExplainAccess);
        self.read_mailbox(context, which, action, None, move |inner, connection, opened| {
            let others =
                if opened.grant.is_owner() { others(inner, connection, &opened.record, actions, now)? } else { vec![] };
            Ok(AccessExplained {
                relation: opened.grant.standing().as_word(),
                own: explain(&opened.record, actions, now, inner.policy),
                others,
            })
        })
        .await
    }
}

fn others(
    inner: &Inner,
    connection: &mut Connection,
    record: &Record,
    actions: &[Action],
    now: DateTime<Utc>,
) -> Result<Vec<OtherAccess>, StoreError> {
    let owner = record.owner.ok_or(CORRUPT)?;
    let (mailbox, person) = (owner.mailbox.key(), owner.person.key());
    let mut candidates = holders(connection, mailbox)?;
    candidates.extend(responsible(connection, person)?);
    candidates.extend(staff(connection, mailbox, now)?);
    let explained: Vec<(Candidate, Record, Explanation)> = candidates
        .into_iter()
        // Of somebody with a protected address nothing is told, not even when that ends (ADR-9).
        .filter(|candidate| !is_protected(&candidate.relation, now))
        .filter_map(|candidate| {
            let assurance = Some(Assurance::High);
            let record = Record { assurance, owner: record.owner, relation: candidate.relation.clone() };
            let explanation = explain(&record, actions, now, inner.policy);
            let is_allowed = explanation.rights.iter().any(|right| right.is_allowed)
                || explanation.upcoming.iter().any(|change| change.is_allowed);
            is_allowed.then_some((candidate, record, explanation))
        })
        .collect();
    let named: Vec<PersonId> = explained.iter().map(|(candidate, ..)| candidate.person).collect();
    let names = person::names_of(inner, connection, &named)?;
    explained
        .into_iter()
        .map(|(candidate, record, explanation)| {
            let service = match candidate.service {
                Some(id) => Some((id, service::sender(inner, connection, id)?.service_name.as_str().to_owned())),
                None => None,
            };
            Ok(OtherAccess {
                name: names.get(&candidate.person).cloned(),
                relation: relation_now(&record, inner.policy, now),
                service,
                explanation,
            })
        })
        .collect()
}

fn is_protected(relation: &RelationRecord, now: DateTime<Utc>) -> bool {
    matches!(relation, RelationRecord::Other(other) if other.protection.at(now).is_graded())
}

fn relation_now(record: &Record, policy: Policy, now: DateTime<Utc>) -> Option<&'static str> {
    decide(Action::SeeMailbox, &record.at(now), policy).ok().map(|grant| grant.standing().as_word())
}

type PersonRow = (Id, chrono::NaiveDate, Option<chrono::NaiveDate>, String, Option<chrono::NaiveDate>);

macro_rules! person_columns {
    () => {
        (persons::id, persons::birth_date, persons::death_date, persons::protection, persons::protection_until)
    };
}

/// The owner is told how it stands by what is known; a fact that is old is asked again when somebody comes.
fn representative(row: PersonRow) -> Result<RepresentativeRecord, StoreError> {
    let (id, birth_date, death_date, grade, until) = row;
    Ok(RepresentativeRecord {
        person: id.into(),
        birth_date,
        death_date,
        protection: protected(&grade, until)?,
        has_responsibility: false,
        is_guardian: false,
        powers: vec![],
        is_certain: true,
    })
}

fn holders(connection: &mut Connection, mailbox: Id) -> Result<Vec<Candidate>, StoreError> {
    type PowerRow = (String, String, chrono::NaiveDate, Option<chrono::NaiveDate>);
    let rows = on!(connection, c => power_of_attorney::table
        .inner_join(persons::table.on(persons::id.eq(power_of_attorney::holder_id)))
        .filter(power_of_attorney::giver_mailbox_id.eq(mailbox))
        .filter(power_of_attorney::ended_at.is_null())
        .order(power_of_attorney::id)
        .select((
            person_columns!(),
            (
                power_of_attorney::kind,
                power_of_attorney::areas,
                power_of_attorney::valid_from,
                power_of_attorney::valid_to,
            ),
        ))
        .load::<(PersonRow, PowerRow)>(c))?;
    rows.into_iter()
        .map(|(person, (kind, areas, from, to))| {
            let power = PowerRecord {
                kind: kind.parse().map_err(|_| CORRUPT)?,
                covers_inbox: areas_from(&areas)?.contains(&ServiceArea::DIGITAL_HEALTH_SERVICES),
                period: Period { from, to },
                is_ended: false,
            };
            let record = RepresentativeRecord { powers: vec![power], ..representative(person)? };
            Ok(Candidate { person: record.person, service: None, relation: RelationRecord::Other(record) })
        })
        .collect()
}

fn responsible(connection: &mut Connection, owner: Id) -> Result<Vec<Candidate>, StoreError> {
    let rows = on!(connection, c => registered_relation::table
        .inner_join(persons::table.on(persons::lookup_hash.eq(registered_relation::relative_hash)))
        .filter(registered_relation::person_id.eq(owner))
        .filter(registered_relation::relation.eq(RegisteredRelation::Responsible.as_word()))
        .order(persons::id)
        .select(person_columns!())
        .load::<PersonRow>(c))?;
    rows.into_iter()
        .map(|row| {
            let record = RepresentativeRecord { has_responsibility: true, ..representative(row)? };
            Ok(Candidate { person: record.person, service: None, relation: RelationRecord::Other(record) })
        })
        .collect()
}

/// Health workers who follow up the owner, or have recorded that they have access.
fn staff(connection: &mut Connection, mailbox: Id, now: DateTime<Utc>) -> Result<Vec<Candidate>, StoreError> {
    let following = on!(&mut *connection, c => follow_up::table
        .inner_join(membership::table.on(
            membership::service_id.eq(follow_up::service_id).and(membership::person_id.eq(follow_up::person_id)),
        ))
        .filter(follow_up::mailbox_id.eq(mailbox))
        .order((follow_up::service_id, follow_up::person_id))
        .select((follow_up::service_id, follow_up::person_id, membership::clearances))
        .load::<(Id, Id, String)>(c))?;
    let recorded = on!(connection, c => recorded_access::table
        .inner_join(membership::table.on(
            membership::service_id
                .eq(recorded_access::service_id)
                .and(membership::person_id.eq(recorded_access::person_id)),
        ))
        .filter(recorded_access::mailbox_id.eq(mailbox))
        .filter(recorded_access::valid_until.gt(Time(now)))
        .order(recorded_access::id)
        .select((
            recorded_access::service_id,
            recorded_access::person_id,
            membership::clearances,
            recorded_access::valid_until,
        ))
        .load::<(Id, Id, String, Time)>(c))?;
    let following = following.into_iter().map(|(service, person, cleared)| (service, person, cleared, true, None));
    let recorded =
        recorded.into_iter().map(|(service, person, cleared, until)| (service, person, cleared, false, Some(until.0)));
    following
        .chain(recorded)
        .map(|(service, person, clearances, follows_up, access_until)| {
            let cleared =
                clearances.split_whitespace().map(str::parse).collect::<Result<_, _>>().map_err(|_| CORRUPT)?;
            let membership = MembershipRecord { service: service.into(), follows_up, access_until, cleared };
            let relation =
                RelationRecord::Staff { person: Some(person.into()), is_close: false, memberships: vec![membership] };
            Ok(Candidate { person: person.into(), service: Some(service.into()), relation })
        })
        .collect()
}

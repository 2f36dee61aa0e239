//! Who may do what in a mailbox, now and when something changes (BX-2).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{
    Action, Assurance, Explanation, MembershipRecord, Policy, Record, RelationRecord, decide, explain,
};
use domain::id::{MailboxId, PersonId, ServiceId};

use crate::access::{MailboxRef, representatives};
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::{follow_up, membership, recorded_access};
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
    let mailbox = owner.mailbox.key();
    let mut representatives = representatives::holders(connection, &[mailbox])?;
    representatives.extend(representatives::responsible(connection, &[mailbox])?);
    // The owner is told how it stands by what is known; a fact that is old is asked again when somebody comes.
    let other = |found: representatives::Candidate| {
        let person = found.record.person;
        Candidate { person, service: None, relation: RelationRecord::Other(found.record) }
    };
    let mut candidates: Vec<Candidate> = representatives.into_iter().map(other).collect();
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

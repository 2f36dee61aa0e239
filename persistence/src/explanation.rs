//! Who may do what in a mailbox, now and when something changes (BX-2).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{
    Action, Assurance, Explanation, Grant, LawfulWay, MailboxAct, Policy, Record, RelationRecord, decide, explain,
};
use domain::id::{ConversationId, MailboxId, PersonId, ServiceId};

use crate::access::facts::owner_of;
use crate::access::{MailboxRef, lawful, representatives};
use crate::context::Context;
use crate::database::{Connection, Id, Key, keys, on};
use crate::error::{Failure, StoreError};
use crate::message::visible;
use crate::schema::message;
use crate::{Inner, Store, person, service};

const CORRUPT: StoreError = StoreError::Corrupt { what: "access" };

/// What a caller may do in a mailbox; for whom it concerns, also what others may.
#[derive(Clone, Debug)]
pub struct AccessExplained {
    /// What the caller is to the owner, by the word of their standing.
    pub relation: &'static str,
    /// What the caller may do.
    pub own: Explanation,
    /// Who else may see something, or will; for the owner, and for whom the law puts in the owner's place.
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
    /// What gives a health worker access now. None for citizens.
    pub ways: Vec<LawfulWay>,
    /// The conversations that a health worker is to answer, as far as the owner sees something of them.
    pub conversations: Vec<ConversationId>,
    /// What they may do.
    pub explanation: Explanation,
}

/// Somebody who may have access, before it is decided.
struct Candidate {
    person: PersonId,
    service: Option<ServiceId>,
    ways: Vec<LawfulWay>,
    conversations: Vec<ConversationId>,
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
        acts: &'static [MailboxAct],
    ) -> Result<AccessExplained, Failure> {
        let now = context.now;
        let (which, act) = (MailboxRef::Id(mailbox), MailboxAct::EXPLAIN_ACCESS);
        self.read_mailbox(context, which, act, None, move |inner, connection, opened| {
            let others = if opened.grant.hears_of_others() {
                others(inner, connection, &opened.grant, &opened.record, acts, now)?
            } else {
                vec![]
            };
            Ok(AccessExplained {
                relation: opened.grant.standing().as_word(),
                own: explain(&opened.record, acts, now, inner.policy),
                others,
            })
        })
        .await
    }
}

fn others(
    inner: &Inner,
    connection: &mut Connection,
    grant: &Grant,
    record: &Record,
    acts: &[MailboxAct],
    now: DateTime<Utc>,
) -> Result<Vec<OtherAccess>, StoreError> {
    let owner = record.owner.ok_or(CORRUPT)?;
    let mailbox = owner.mailbox.key();
    let mut representatives = representatives::holders(connection, &[mailbox])?;
    representatives.extend(representatives::responsible(connection, &[mailbox])?);
    // The owner is told how it stands by what is known; a fact that is old is asked again when somebody comes.
    let other = |found: representatives::Candidate| {
        let person = found.record.person;
        let relation = RelationRecord::Other(found.record);
        Candidate { person, service: None, ways: vec![], conversations: vec![], relation }
    };
    let is_other = |candidate: &Candidate| Some(candidate.person) != grant.person();
    let mut candidates: Vec<Candidate> = representatives.into_iter().map(other).filter(is_other).collect();
    candidates.extend(staff(connection, grant, now)?);
    let explained: Vec<(Candidate, Record, Explanation)> = candidates
        .into_iter()
        // Of somebody with a protected address nothing is told, not even when that ends (ADR-9).
        .filter(|candidate| !is_protected(&candidate.relation, now))
        .filter_map(|candidate| {
            let assurance = Some(Assurance::High);
            let record = Record { assurance, owner: record.owner, relation: candidate.relation.clone() };
            let explanation = explain(&record, acts, now, inner.policy);
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
                ways: candidate.ways,
                conversations: candidate.conversations,
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

/// The health workers who have some way to the owner. Whoever does not see everything in the mailbox is told of no
/// conversation that is hidden from them, and whoever is not the owner of no service of which they see nothing (BX-5).
fn staff(connection: &mut Connection, grant: &Grant, now: DateTime<Utc>) -> Result<Vec<Candidate>, StoreError> {
    let owner = owner_of(connection, grant.mailbox(), now)?.ok_or(CORRUPT)?;
    let found = lawful::candidates(connection, &owner, now)?;
    let answered = found.iter().flat_map(|candidate| candidate.membership.answers.iter().copied()).collect();
    let seen = seen(connection, grant, answered)?;
    let candidate = |found: lawful::Candidate| {
        let lawful::Candidate { person, is_close, mut membership } = found;
        let is_seen = |id: &ConversationId| seen.contains(&id.key());
        let conversations = membership.answers.iter().copied().filter(is_seen).collect();
        if !grant.sees_whole_log() {
            membership.answers.retain(is_seen);
        }
        let (service, ways) = (Some(membership.service), membership.ways(now));
        let relation = RelationRecord::Staff { person: Some(person), is_close, memberships: vec![membership] };
        Candidate { person, service, ways, conversations, relation }
    };
    let found: Vec<Candidate> = found.into_iter().map(candidate).collect();
    if grant.is_owner() {
        return Ok(found);
    }
    let services = services_seen(connection, grant)?;
    let is_told = |of: &Candidate| of.service.is_some_and(|service| services.contains(&service.key()));
    Ok(found.into_iter().filter(is_told).collect())
}

/// The services of which the grant shows something.
fn services_seen(connection: &mut Connection, grant: &Grant) -> Result<Vec<Id>, StoreError> {
    Ok(on!(connection, c => visible!(grant).select(message::service_id).distinct().load::<Id>(c))?)
}

/// Those of these conversations of which the grant shows something.
fn seen(connection: &mut Connection, grant: &Grant, ids: Vec<ConversationId>) -> Result<Vec<Id>, StoreError> {
    Ok(on!(connection, c => visible!(grant)
        .filter(message::conversation_id.assume_not_null().eq_any(keys(&ids)))
        .filter(message::conversation_id.is_not_null())
        .select(message::conversation_id.assume_not_null())
        .distinct()
        .load::<Id>(c))?)
}

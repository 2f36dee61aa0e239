//! Who may do what in a mailbox, now and when something changes (BX-2).

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::{
    Action, Assurance, Explanation, Grant, LawfulWay, MailboxAct, Policy, PowerRecord, Record, RelationRecord,
    RepresentativeRecord, decide, explain,
};
use domain::id::{ConversationId, MailboxId, PersonId, ServiceId};
use domain::identity::NationalId;
use domain::person::{Protected, Protection};
use domain::power_of_attorney::HolderWords;
use uuid::Uuid;

use crate::access::facts::owner_of;
use crate::access::{MailboxRef, Opened, lawful, representatives};
use crate::context::Context;
use crate::database::{Connection, Id, Key, keys, on};
use crate::error::{Failure, StoreError};
use crate::mailboxes::message::visible;
use crate::persons::person;
use crate::persons::power_of_attorney;
use crate::schema::message;
use crate::services::service;
use crate::{Inner, Store};

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
    /// Their name; of a holder what the owner calls them, if anything.
    pub name: Option<String>,
    /// The number of a holder, as the owner wrote it.
    pub national_id: Option<NationalId>,
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

/// Who somebody is to the owner.
enum Who {
    /// Somebody known here.
    Known(PersonId),
    /// Somebody whom the owner has given a power, known here or not.
    Holder(Option<HolderWords>),
}

/// Somebody who may have access, before it is decided.
struct Candidate {
    who: Who,
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
            let others =
                if opened.grant.hears_of_others() { others(inner, connection, opened, acts, now)? } else { vec![] };
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
    opened: &Opened,
    acts: &[MailboxAct],
    now: DateTime<Utc>,
) -> Result<Vec<OtherAccess>, StoreError> {
    let (grant, record) = (&opened.grant, &opened.record);
    let citizen = |who, relation| Candidate {
        who,
        service: None,
        ways: vec![],
        conversations: vec![],
        relation: RelationRecord::Other(relation),
    };
    let given = power_of_attorney::given_to(connection, grant.mailbox(), opened.key()?)?;
    let holder = |(words, power)| citizen(Who::Holder(words), any_adult(power));
    let mut candidates: Vec<Candidate> = given.into_iter().map(holder).collect();
    // The owner is told how it stands by what is known; a fact that is old is asked again when somebody comes.
    let responsible = representatives::responsible(connection, &[grant.mailbox().key()])?;
    let others = responsible.into_iter().filter(|found| Some(found.record.person) != grant.person());
    candidates.extend(others.map(|found| citizen(Who::Known(found.record.person), found.record)));
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
    let known = |candidate: &Candidate| match candidate.who {
        Who::Known(person) => Some(person),
        Who::Holder(_) => None,
    };
    let named: Vec<PersonId> = explained.iter().filter_map(|(candidate, ..)| known(candidate)).collect();
    let names = person::names_of(inner, connection, &named)?;
    explained
        .into_iter()
        .map(|(candidate, record, explanation)| {
            let service = match candidate.service {
                Some(id) => Some((id, service::sender(inner, connection, id)?.service_name.as_str().to_owned())),
                None => None,
            };
            let (name, national_id) = match candidate.who {
                Who::Known(person) => (names.get(&person).cloned(), None),
                Who::Holder(None) => (None, None),
                Who::Holder(Some(HolderWords { number, name })) => {
                    (name.map(|name| name.expose().to_owned()), Some(number))
                }
            };
            Ok(OtherAccess {
                name,
                national_id,
                relation: relation_now(&record, inner.policy, now),
                service,
                ways: candidate.ways,
                conversations: candidate.conversations,
                explanation,
            })
        })
        .collect()
}

/// Whoever holds a power, as an adult against whom nothing stands: so nothing that is told of them tells how it stands with them
/// (ADR-8, ADR-9). Whether they can use it is decided when they do.
fn any_adult(power: PowerRecord) -> RepresentativeRecord {
    RepresentativeRecord {
        person: Uuid::nil().into(),
        birth_date: NaiveDate::default(),
        death_date: None,
        protection: Protected { grade: Protection::Ungraded, until: None },
        has_responsibility: false,
        is_guardian: false,
        powers: vec![power],
        is_certain: true,
    }
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
        Candidate { who: Who::Known(person), service, ways, conversations, relation }
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

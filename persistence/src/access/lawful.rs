//! Lawful access of health workers to patients (DH-7), as the tables have it. Facts, queues, lists of patients and
//! explanations all ask here, so that none of them can say something else.
//!
//! What follows from it is not here: that is decided in [`domain::access`].

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Nullable;
use domain::access::{Caller, LawfulWay, MembershipRecord, Record, RelationRecord};
use domain::conversation::ConversationState;
use domain::id::{ConversationId, MailboxId, PersonId, ServiceId};
use domain::identity::OrganisationNumber;
use domain::person::Protection;

use super::facts::{Known, Owner, assurance_of};
use crate::batch::CHUNK;
use crate::database::literal::word;
use crate::database::{Connection, Id, Key, Pairs, SqlTime, SqlUuid, Time, on};
use crate::error::StoreError;
use crate::schema::{
    conversation, follow_up, mailbox, membership, organisation, person_lookup, recorded_access, registered_relation,
    relationship, service,
};

const CORRUPT: StoreError = StoreError::Corrupt { what: "membership" };

/// What the nightly exchange says of who is responsible: it has not closed the relationship.
macro_rules! told_at_night {
    () => {
        $crate::schema::relationship::table
            .filter($crate::schema::relationship::responsible_id.is_not_null())
            .filter($crate::schema::relationship::closed_at.is_null())
    };
}
pub(crate) use told_at_night;

/// The recorded accesses that have not run out.
macro_rules! recorded {
    ($now:expr) => {
        $crate::schema::recorded_access::table
            .filter($crate::schema::recorded_access::valid_until.gt($crate::database::Time($now)))
    };
}
pub(crate) use recorded;

/// That somebody is to answer a conversation: it is given to them, and not closed.
macro_rules! is_to_answer {
    ($member:expr) => {{
        let closed = domain::conversation::ConversationState::Closed.as_word();
        let member: $crate::database::Id = $member;
        $crate::schema::conversation::assignee_id
            .assume_not_null()
            .eq(member)
            .and($crate::schema::conversation::assignee_id.is_not_null())
            .and($crate::schema::conversation::state.ne($crate::database::literal::word(closed)))
    }};
}
pub(crate) use is_to_answer;

/// That a member has lawful access to the patient of a conversation, in a query of conversations with their persons. With
/// an offset, though of nothing, each is asked for a patient, and not for all there are at once.
macro_rules! is_lawful {
    ($member:expr, $now:expr) => {{
        use $crate::access::lawful::{recorded, told_at_night};
        use $crate::schema::{conversation, follow_up, mailbox, recorded_access, relationship};
        let member: $crate::database::Id = $member;
        let by_hand = follow_up::table
            .filter(follow_up::service_id.eq(conversation::service_id))
            .filter(follow_up::mailbox_id.eq(conversation::mailbox_id))
            .filter(follow_up::person_id.eq(member))
            .offset(0);
        let by_exchange = told_at_night!()
            .filter(relationship::service_id.eq(conversation::service_id))
            .filter(relationship::person_hash.eq(mailbox::lookup_hash))
            .filter(relationship::responsible_id.assume_not_null().eq(member))
            .offset(0);
        let on_record = recorded!($now)
            .filter(recorded_access::service_id.eq(conversation::service_id))
            .filter(recorded_access::mailbox_id.eq(conversation::mailbox_id))
            .filter(recorded_access::person_id.eq(member))
            .offset(0);
        diesel::dsl::exists(by_hand).or(diesel::dsl::exists(by_exchange)).or(diesel::dsl::exists(on_record))
    }};
}
pub(crate) use is_lawful;

/// What of a query with persons a health worker may see at all: not of the dead, of themselves or of close family, nor of
/// a grade that they have no role for (ADR-7).
macro_rules! in_sight {
    ($query:expr, $worker:expr, $now:expr) => {{
        use $crate::schema::mailbox;
        let worker: &$crate::access::lawful::Worker = $worker;
        let is_over = mailbox::protection_until
            .assume_not_null()
            .lt(domain::person::day_of($now))
            .and(mailbox::protection_until.is_not_null());
        $query
            .filter(mailbox::death_date.is_null())
            .filter(mailbox::lookup_hash.ne(&worker.hash))
            .filter(mailbox::id.ne_all(&worker.family))
            .filter(mailbox::protection.eq_any(&worker.cleared).or(is_over))
    }};
}
pub(crate) use in_sight;

/// A health worker as a member of a service.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) person: PersonId,
    pub(crate) hash: Vec<u8>,
    /// Those in whose close family the register has them.
    pub(crate) family: Vec<Id>,
    /// The words of the grades that they may see: of no grade, and those that they are cleared for.
    pub(crate) cleared: Vec<&'static str>,
}

impl Worker {
    /// The member of a service with this hash; none where there is none.
    pub(crate) fn find(
        connection: &mut Connection,
        service: ServiceId,
        hash: &[u8; 32],
    ) -> Result<Option<Self>, StoreError> {
        let row = on!(connection, c => membership::table
            .inner_join(person_lookup::table.on(person_lookup::mailbox_id.eq(membership::person_id)))
            .filter(membership::service_id.eq(service.key()))
            .filter(person_lookup::lookup_hash.eq(hash.as_slice()))
            .select((membership::person_id, membership::clearances))
            .first::<(Id, String)>(c)
            .optional())?;
        let family = on!(connection, c => registered_relation::table
            .filter(registered_relation::relative_hash.eq(hash.as_slice()))
            .select(registered_relation::mailbox_id)
            .load::<Id>(c))?;
        let worker = |(person, clearances): (Id, String)| {
            let mut cleared = vec![Protection::Ungraded.as_word()];
            cleared.extend(grades(&clearances)?.into_iter().map(Protection::as_word));
            Ok(Self { person: person.into(), hash: hash.to_vec(), family, cleared })
        };
        row.map(worker).transpose()
    }
}

/// The grades that a member is cleared for, as they are stored.
fn grades(clearances: &str) -> Result<Vec<Protection>, StoreError> {
    clearances.split_whitespace().map(str::parse).collect::<Result<_, _>>().map_err(|_| CORRUPT)
}

/// A conversation that a health worker takes by what they do, nobody having taken it yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Taken {
    pub(crate) service: ServiceId,
    pub(crate) conversation: ConversationId,
}

/// What is known of a health worker of an organisation, and of a patient.
pub(crate) fn staff(
    connection: &mut Connection,
    caller: &Caller,
    organisation_number: &OrganisationNumber,
    hash: &[u8; 32],
    owner: &Owner,
    takes: Option<Taken>,
    now: DateTime<Utc>,
) -> Result<Known, StoreError> {
    let person = on!(&mut *connection, c => person_lookup::table
        .filter(person_lookup::lookup_hash.eq(hash.as_slice()))
        .select(person_lookup::mailbox_id)
        .first::<Id>(c)
        .optional())?;
    let has_number = !matches!(caller, Caller::HealthWorker { hpr_number: None, .. });
    let mut memberships = vec![];
    if let Some(person) = person {
        let mut ways = ways(connection, owner, Some(person), now)?;
        let rows = on!(&mut *connection, c => membership::table
            .inner_join(service::table.on(service::id.eq(membership::service_id)))
            .inner_join(organisation::table.on(organisation::id.eq(service::organisation_id)))
            .filter(membership::person_id.eq(person))
            .filter(organisation::number.eq(organisation_number.as_str()))
            .filter(organisation::ended_at.is_null())
            .order(membership::service_id)
            .select((membership::service_id, membership::clearances, service::hpr_number_required))
            .load::<(Id, String, bool)>(c))?;
        for (service, clearances, needs_number) in rows {
            let mut membership = ways.remove(&(service, person)).unwrap_or_default().of(service, &clearances)?;
            membership.lacks_hpr_number = needs_number && !has_number;
            memberships.push(membership);
        }
    }
    if let Some(takes) = takes {
        let of_service = memberships.iter_mut().filter(|membership| membership.service == takes.service);
        of_service.for_each(|membership| membership.answers.push(takes.conversation));
    }
    let is_close = owner.lookup_hash() == hash || relatives(connection, owner)?.iter().any(|of| of == hash);
    let person = person.map(PersonId::from);
    let relation = RelationRecord::Staff { person, is_close, memberships };
    let record = Record { assurance: assurance_of(caller), owner: Some(owner.record), relation };
    Ok(Known { record, person, caller_is_fresh: true })
}

/// A member of a service with some way to a patient, before it is decided what it gives.
pub(crate) struct Candidate {
    pub(crate) person: PersonId,
    pub(crate) is_close: bool,
    pub(crate) membership: MembershipRecord,
}

/// Every member of every service who has some way to a patient.
pub(crate) fn candidates(
    connection: &mut Connection,
    owner: &Owner,
    now: DateTime<Utc>,
) -> Result<Vec<Candidate>, StoreError> {
    let mut ways = ways(connection, owner, None, now)?;
    let members: Pairs = ways.keys().copied().collect();
    let rows = on!(&mut *connection, c => membership::table
        .inner_join(mailbox::table.on(mailbox::id.eq(membership::person_id)))
        .filter(members.among(membership::service_id, membership::person_id))
        .order((membership::service_id, membership::person_id))
        .select((membership::service_id, membership::person_id, membership::clearances, mailbox::lookup_hash))
        .load::<(Id, Id, String, Vec<u8>)>(c))?;
    let relatives = relatives(connection, owner)?;
    rows.into_iter()
        .map(|(service, person, clearances, hash)| {
            let membership = ways.remove(&(service, person)).unwrap_or_default().of(service, &clearances)?;
            let is_close = hash == owner.lookup_hash() || relatives.contains(&hash);
            Ok(Candidate { person: person.into(), is_close, membership })
        })
        .collect()
}

/// The hashes of those whom the register has in a patient's close family.
fn relatives(connection: &mut Connection, owner: &Owner) -> Result<Vec<Vec<u8>>, StoreError> {
    Ok(on!(connection, c => registered_relation::table
        .filter(registered_relation::mailbox_id.eq(owner.record.mailbox.key()))
        .select(registered_relation::relative_hash)
        .load::<Vec<u8>>(c))?)
}

/// The ways by which one member of a service gets to a patient.
#[derive(Default)]
struct Ways {
    follows_up: bool,
    is_responsible: bool,
    access_until: Option<DateTime<Utc>>,
    answers: Vec<ConversationId>,
}

impl Ways {
    /// Several recorded accesses are as good as the longest of them.
    fn add(&mut self, way: LawfulWay, until: Option<Time>, conversation: Option<Id>) {
        match way {
            LawfulWay::FollowUp => self.follows_up = true,
            LawfulWay::Responsibility => self.is_responsible = true,
            LawfulWay::RecordedAccess => self.access_until = self.access_until.max(until.map(|until| until.0)),
            LawfulWay::Assignment => self.answers.extend(conversation.map(ConversationId::from)),
        }
    }

    fn of(self, service: Id, clearances: &str) -> Result<MembershipRecord, StoreError> {
        let Self { follows_up, is_responsible, access_until, answers } = self;
        let cleared = grades(clearances)?;
        Ok(MembershipRecord {
            service: service.into(),
            follows_up,
            is_responsible,
            access_until,
            answers,
            cleared,
            // Of a token, where one is looked at.
            lacks_hpr_number: false,
        })
    }
}

/// One member's rows of a query, or everybody's.
macro_rules! of_member {
    ($query:expr, $column:expr, $member:expr) => {{
        let query = $query.into_boxed();
        match $member {
            Some(member) => query.filter($column.eq(member)),
            None => query,
        }
    }};
}

/// The ways to a patient, by service and member: of one member, or of all. In one statement. Whether they still are members
/// is not asked.
fn ways(
    connection: &mut Connection,
    owner: &Owner,
    member: Option<Id>,
    now: DateTime<Utc>,
) -> Result<HashMap<(Id, Id), Ways>, StoreError> {
    type WayRow = (Id, Id, String, Option<Time>, Option<Id>);
    let mailbox = owner.record.mailbox.key();
    let way = |way: LawfulWay| word(way.as_word());
    let never = || None::<Time>.into_sql::<Nullable<SqlTime>>();
    let none = || None::<Id>.into_sql::<Nullable<SqlUuid>>();
    let closed = word(ConversationState::Closed.as_word());
    let rows = on!(connection, c => {
        let by_hand = follow_up::table
            .filter(follow_up::mailbox_id.eq(mailbox))
            .select((follow_up::service_id, follow_up::person_id, way(LawfulWay::FollowUp), never(), none()));
        let responsible = || relationship::responsible_id.assume_not_null();
        let by_exchange = told_at_night!()
            .filter(relationship::person_hash.eq(owner.lookup_hash()))
            .select((relationship::service_id, responsible(), way(LawfulWay::Responsibility), never(), none()));
        let until = recorded_access::valid_until.nullable();
        let on_record = recorded!(now)
            .filter(recorded_access::mailbox_id.eq(mailbox))
            .select((recorded_access::service_id, recorded_access::person_id, way(LawfulWay::RecordedAccess), until, none()));
        let assignee = || conversation::assignee_id.assume_not_null();
        let by_assignment = conversation::table
            .filter(conversation::mailbox_id.eq(mailbox))
            .filter(conversation::assignee_id.is_not_null())
            .filter(conversation::state.ne(closed))
            .select((conversation::service_id, assignee(), way(LawfulWay::Assignment), never(), conversation::id.nullable()));
        of_member!(by_hand, follow_up::person_id, member)
            .union_all(of_member!(by_exchange, responsible(), member))
            .union_all(of_member!(on_record, recorded_access::person_id, member))
            .union_all(of_member!(by_assignment, assignee(), member))
            .load::<WayRow>(c)
    })?;
    let mut ways: HashMap<(Id, Id), Ways> = HashMap::new();
    for (service, person, way, until, conversation) in rows {
        ways.entry((service, person)).or_default().add(way.parse().map_err(|_| CORRUPT)?, until, conversation);
    }
    Ok(ways)
}

/// The mailboxes of the patients to whom a member of a service has lawful access, or some of them where they are more than
/// `most`.
pub(crate) fn patients(
    connection: &mut Connection,
    service: ServiceId,
    member: PersonId,
    most: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Id>, StoreError> {
    let mut patients = followed(connection, service, member, most)?;
    patients.extend(on!(connection, c => recorded!(now)
        .filter(recorded_access::service_id.eq(service.key()))
        .filter(recorded_access::person_id.eq(member.key()))
        .select(recorded_access::mailbox_id)
        .limit(most)
        .load::<Id>(c))?);
    patients.sort_unstable();
    patients.dedup();
    Ok(patients)
}

/// The mailboxes of the patients whom a member of a service follows up, by hand or by the exchange.
fn followed(
    connection: &mut Connection,
    service: ServiceId,
    member: PersonId,
    most: i64,
) -> Result<Vec<Id>, StoreError> {
    let (service, member) = (service.key(), member.key());
    let mut patients = on!(&mut *connection, c => follow_up::table
        .filter(follow_up::service_id.eq(service))
        .filter(follow_up::person_id.eq(member))
        .select(follow_up::mailbox_id)
        .limit(most)
        .load::<Id>(c))?;
    let told = on!(&mut *connection, c => told_at_night!()
        .filter(relationship::service_id.eq(service))
        .filter(relationship::responsible_id.assume_not_null().eq(member))
        .select(relationship::person_hash)
        .limit(most)
        .load::<Vec<u8>>(c))?;
    patients.extend(mailboxes_of(connection, &told)?);
    patients.sort_unstable();
    patients.dedup();
    Ok(patients)
}

/// The mailboxes of those among these hashes who are known here. In two steps, for a planner may join whole tables.
pub(crate) fn mailboxes_of(connection: &mut Connection, hashes: &[Vec<u8>]) -> Result<Vec<Id>, StoreError> {
    let mut mailboxes = vec![];
    for hashes in hashes.chunks(CHUNK) {
        let found =
            person_lookup::table.filter(person_lookup::lookup_hash.eq_any(hashes)).select(person_lookup::mailbox_id);
        mailboxes.extend(on!(&mut *connection, c => found.load::<Id>(c))?);
    }
    Ok(mailboxes)
}

/// Takes all from a member of a service: whom they follow up, what they have on record, and what they are to answer, which
/// goes back to nobody. A conversation that is closed keeps its name. Gives the mailboxes of whom they followed up.
pub(crate) fn release(
    connection: &mut Connection,
    service: ServiceId,
    member: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<MailboxId>, StoreError> {
    let patients = followed(connection, service, member, i64::MAX)?;
    let (service, member) = (service.key(), member.key());
    on!(&mut *connection, c => diesel::delete(follow_up::table
        .filter(follow_up::service_id.eq(service))
        .filter(follow_up::person_id.eq(member)))
    .execute(c))?;
    on!(&mut *connection, c => diesel::update(told_at_night!()
        .filter(relationship::service_id.eq(service))
        .filter(relationship::responsible_id.assume_not_null().eq(member)))
    .set(relationship::responsible_id.eq(None::<Id>))
    .execute(c))?;
    on!(&mut *connection, c => diesel::update(recorded!(now)
        .filter(recorded_access::service_id.eq(service))
        .filter(recorded_access::person_id.eq(member)))
    .set(recorded_access::valid_until.eq(Time(now)))
    .execute(c))?;
    on!(connection, c => diesel::update(conversation::table
        .filter(conversation::service_id.eq(service))
        .filter(is_to_answer!(member)))
    .set((conversation::assignee_id.eq(None::<Id>), conversation::version.eq(conversation::version + 1)))
    .execute(c))?;
    Ok(patients.into_iter().map(MailboxId::from).collect())
}

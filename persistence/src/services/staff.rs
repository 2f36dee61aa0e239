//! Who works for a service, and when they have recorded lawful access (DH-7, ADR-7).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{Refusal, ServiceAct, ServiceGrant};
use domain::audit::{Object, ObjectKind, Subject};
use domain::id::{MailboxId, PersonId, ServiceId};
use domain::identity::NationalId;
use domain::person::Protection;
use domain::staff::{AccessReason, Member, RECORDED_ACCESS_HOLDS, RecordedAccess};

use crate::access::audit;
use crate::access::facts::{Owner, owner_by_hash};
use crate::access::{Done, lawful};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::idempotency::{self, Created, RequestKey};
use crate::persons::register::{Refreshed, Whom};
use crate::schema::{membership, recorded_access};
use crate::services::follow_up;
use crate::services::key::service_key;
use crate::services::service;
use crate::vault::Field;
use crate::{Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "staff" };

impl Store {
    /// Makes somebody a member of a service, or changes the grades that they are cleared for.
    ///
    /// # Errors
    /// Refused, somebody in no register, or the store away.
    pub async fn member_put(
        &self,
        context: &Context,
        service: ServiceId,
        number: NationalId,
        clearances: Vec<Protection>,
    ) -> Result<Member, Failure> {
        self.service_authorise(context, service, ServiceAct::PUT_MEMBER).await?;
        let known = self.registered(context, number, "/nationalId").await?.record;
        let (person, owned) = (known.person, context.clone());
        self.write_service(context, service, ServiceAct::PUT_MEMBER, move |_, connection, grant| {
            let row = (grant.service().key(), person.key());
            let words = clearances.iter().map(|grade| grade.as_word()).collect::<Vec<_>>().join(" ");
            on!(&mut *connection, c => diesel::delete(membership::table.find(row)).execute(c))?;
            on!(&mut *connection, c => diesel::insert_into(membership::table)
                .values((
                    membership::service_id.eq(row.0),
                    membership::person_id.eq(row.1),
                    membership::clearances.eq(words),
                    membership::created_at.eq(Time(owned.now)),
                ))
                .execute(c))?;
            note_to_member(connection, &owned, grant, ServiceAct::PUT_MEMBER, known.mailbox)?;
            Ok(Done::of(Member { person, clearances }).about(person_object(person)))
        })
        .await
    }

    /// The members of a service, in the order in which they became known.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn member_list(&self, context: &Context, service: ServiceId) -> Result<Vec<Member>, Failure> {
        self.read_service(context, service, ServiceAct::LIST_MEMBERS, move |_, connection, grant| {
            let rows = on!(&mut *connection, c => membership::table
                .filter(membership::service_id.eq(grant.service().key()))
                .order(membership::person_id)
                .select((membership::person_id, membership::clearances))
                .load::<(Id, String)>(c))?;
            let member = |(person, clearances): (Id, String)| {
                let clearances = clearances.split_whitespace().map(str::parse).collect::<Result<_, _>>();
                Ok(Member { person: person.into(), clearances: clearances.map_err(|_| CORRUPT)? })
            };
            Ok(Done::of(rows.into_iter().map(member).collect::<Result<_, StoreError>>()?))
        })
        .await
    }

    /// Ends a membership, and with it all access by it: whom the member follows up, what they have on record, and what they
    /// are to answer, which nobody has from then on.
    ///
    /// # Errors
    /// Refused, not a member, or the store away.
    pub async fn member_remove(&self, context: &Context, service: ServiceId, person: PersonId) -> Result<(), Failure> {
        let owned = context.clone();
        self.write_service(context, service, ServiceAct::REMOVE_MEMBER, move |_, connection, grant| {
            // The exchange may be naming them as responsible.
            service::lock(connection, grant.service())?;
            let row = (grant.service().key(), person.key());
            let removed = on!(&mut *connection, c => diesel::delete(membership::table.find(row)).execute(c))?;
            let patients = lawful::release(connection, grant.service(), person, owned.now)?;
            follow_up::note(connection, &owned, grant, ServiceAct::END_FOLLOW_UP, patients)?;
            if removed == 0 {
                return Err(Failure::NotFound);
            }
            note_to_member(connection, &owned, grant, ServiceAct::REMOVE_MEMBER, MailboxId::from(person.as_uuid()))?;
            Ok(Done::of(()).about(person_object(person)))
        })
        .await
    }

    /// Puts on record that the caller has lawful access to a patient, and why. It holds for a day.
    ///
    /// # Errors
    /// Refused, a patient in no register, or the store away.
    pub async fn access_record(
        &self,
        context: &Context,
        service: ServiceId,
        patient: NationalId,
        reason: AccessReason,
        key: Option<RequestKey>,
    ) -> Result<Created<RecordedAccess>, Failure> {
        self.service_authorise(context, service, ServiceAct::RECORD_ACCESS).await?;
        let patient = self.registered(context, patient, "/patient/nationalId").await?;
        let scope = self.idempotency_scope(context);
        let owned = context.clone();
        self.write_service(context, service, ServiceAct::RECORD_ACCESS, move |inner, connection, grant| {
            let caller = caller(inner, connection, &owned)?.record.person;
            let mailbox = patient.record.mailbox;
            let created = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                owned.now,
                |connection| insert(inner, connection, grant, caller, &patient, &reason, owned.now),
                |connection, id| fetch(connection, mailbox, id),
                |access: &RecordedAccess| access.id.key(),
            )?;
            let object = Object { kind: ObjectKind::Service, id: grant.service().as_uuid() };
            Ok(Done::of(created).about(object).in_log_of(mailbox))
        })
        .await
    }

    /// Somebody whom a request names by number. Who is not known here is asked for in the register.
    pub(crate) async fn registered(
        &self,
        context: &Context,
        number: NationalId,
        pointer: &'static str,
    ) -> Result<Owner, Failure> {
        let now = context.now;
        let find = |number: NationalId| {
            self.run(move |inner, connection| Ok(owner_by_hash(connection, &inner.vault.lookup_hash(&number), now)?))
        };
        if let Some(known) = find(number.clone()).await? {
            return Ok(known);
        }
        match self.refresh(vec![Whom::Number(number.clone())], now).await? {
            Refreshed::Told => find(number).await?.ok_or(Failure::NotRegistered(pointer)),
            Refreshed::Away => Err(Failure::Refused(Refusal::RegisterUnavailable)),
        }
    }
}

const fn person_object(person: PersonId) -> Object {
    Object { kind: ObjectKind::Person, id: person.as_uuid() }
}

pub(crate) const fn mailbox_object(mailbox: MailboxId) -> Object {
    Object { kind: ObjectKind::Mailbox, id: mailbox.as_uuid() }
}

/// Tells whoever is made a member of a service, or is one no more, in their own access log.
fn note_to_member(
    connection: &mut Connection,
    context: &Context,
    grant: &ServiceGrant,
    act: ServiceAct,
    mailbox: MailboxId,
) -> Result<(), Failure> {
    let object = Some(Object { kind: ObjectKind::Service, id: grant.service().as_uuid() });
    let entry = audit::granted(context, None, Subject::Mailbox(mailbox), act.word(), object, grant.rule());
    Ok(audit::insert(connection, vec![entry])?)
}

/// The health worker who calls. A member is known, or they would not be one.
fn caller(inner: &Inner, connection: &mut Connection, context: &Context) -> Result<Owner, Failure> {
    let number = crate::access::number_of(&context.caller).ok_or(CORRUPT)?;
    Ok(owner_by_hash(connection, &inner.vault.lookup_hash(number), context.now)?.ok_or(CORRUPT)?)
}

fn insert(
    inner: &Inner,
    connection: &mut Connection,
    grant: &ServiceGrant,
    caller: PersonId,
    patient: &Owner,
    reason: &AccessReason,
    now: DateTime<Utc>,
) -> Result<RecordedAccess, Failure> {
    let mailbox = patient.record.mailbox;
    let key = service_key(inner, connection, grant.service())?;
    let access =
        RecordedAccess { id: new_id(), service: grant.service(), mailbox, valid_until: now + RECORDED_ACCESS_HOLDS };
    on!(connection, c => diesel::insert_into(recorded_access::table)
        .values((
            recorded_access::mailbox_id.eq(mailbox.key()),
            recorded_access::id.eq(access.id.key()),
            recorded_access::service_id.eq(access.service.key()),
            recorded_access::person_id.eq(caller.key()),
            recorded_access::reason.eq(key.seal(access.id.as_uuid(), Field::AccessReason, reason.expose().as_bytes())),
            recorded_access::recorded_at.eq(Time(now)),
            recorded_access::valid_until.eq(Time(access.valid_until)),
        ))
        .execute(c))?;
    Ok(access)
}

fn fetch(connection: &mut Connection, mailbox: MailboxId, id: Id) -> Result<RecordedAccess, Failure> {
    let (service, valid_until) = on!(connection, c => recorded_access::table
        .find((mailbox.key(), id))
        .select((recorded_access::service_id, recorded_access::valid_until))
        .first::<(Id, Time)>(c)
        .optional())?
    .ok_or(Failure::NotFound)?;
    Ok(RecordedAccess { id: id.into(), service: service.into(), mailbox, valid_until: valid_until.0 })
}

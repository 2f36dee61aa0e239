//! Who works for a service, whom they follow up, and when they have recorded lawful access (DH-7, ADR-7).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{Refusal, ServiceAction, ServiceGrant};
use domain::audit::{Object, ObjectKind, Subject};
use domain::id::{MailboxId, PersonId, ServiceId};
use domain::identity::NationalId;
use domain::person::{PersonName, Protection};
use domain::staff::{AccessReason, FollowUp, Member, RECORDED_ACCESS_HOLDS, RecordedAccess};

use crate::access::facts::{Owner, owner_by_hash};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::idempotency::{self, Created, RequestKey};
use crate::page::{Page, Slice};
use crate::register::{Refreshed, Whom};
use crate::schema::{follow_up, membership, recorded_access};
use crate::vault::Field;
use crate::{Inner, Store, audit, person, relationship};

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
        self.service_authorise(context, service, ServiceAction::ManageStaff).await?;
        let person = self.registered(context, number, "/nationalId").await?.record.person;
        let now = context.now;
        self.manage(context, service, person_object(person), move |inner, connection, grant| {
            let row = (grant.service().key(), person.key());
            let words = clearances.iter().map(|grade| grade.as_word()).collect::<Vec<_>>().join(" ");
            on!(&mut *connection, c => diesel::delete(membership::table.find(row)).execute(c))?;
            on!(&mut *connection, c => diesel::insert_into(membership::table)
                .values((
                    membership::service_id.eq(row.0),
                    membership::person_id.eq(row.1),
                    membership::clearances.eq(words),
                    membership::created_at.eq(Time(now)),
                ))
                .execute(c))?;
            Ok(Member { person, name: name_of(inner, connection, person)?, clearances })
        })
        .await
    }

    /// The members of a service, in the order in which they became known.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn member_list(&self, context: &Context, service: ServiceId) -> Result<Vec<Member>, Failure> {
        self.manage(context, service, None, move |inner, connection, grant| {
            let rows = on!(&mut *connection, c => membership::table
                .filter(membership::service_id.eq(grant.service().key()))
                .order(membership::person_id)
                .select((membership::person_id, membership::clearances))
                .load::<(Id, String)>(c))?;
            let persons: Vec<PersonId> = rows.iter().map(|row| row.0.into()).collect();
            let mut names = person::names_of(inner, connection, &persons)?;
            rows.into_iter()
                .map(|(person, clearances)| {
                    let person = PersonId::from(person);
                    let clearances = clearances.split_whitespace().map(str::parse).collect::<Result<_, _>>();
                    Ok(Member {
                        person,
                        name: names.remove(&person).map(PersonName::from_register).ok_or(CORRUPT)?,
                        clearances: clearances.map_err(|_| CORRUPT)?,
                    })
                })
                .collect()
        })
        .await
    }

    /// Ends a membership, and with it all that the member follows up.
    ///
    /// # Errors
    /// Refused, not a member, or the store away.
    pub async fn member_remove(&self, context: &Context, service: ServiceId, person: PersonId) -> Result<(), Failure> {
        self.manage(context, service, person_object(person), move |_, connection, grant| {
            let row = (grant.service().key(), person.key());
            let removed = on!(&mut *connection, c => diesel::delete(membership::table.find(row)).execute(c))?;
            on!(connection, c => diesel::delete(follow_up::table
                .filter(follow_up::service_id.eq(row.0))
                .filter(follow_up::person_id.eq(row.1)))
            .execute(c))?;
            relationship::release(connection, grant.service(), person)?;
            if removed == 0 { Err(Failure::NotFound) } else { Ok(()) }
        })
        .await
    }

    /// Says that a member follows up a patient. Saying it again changes nothing.
    ///
    /// # Errors
    /// Refused, a patient in no register, somebody who is no member, or the store away.
    pub async fn follow_up_put(
        &self,
        context: &Context,
        service: ServiceId,
        patient: NationalId,
        member: PersonId,
    ) -> Result<FollowUp, Failure> {
        self.service_authorise(context, service, ServiceAction::ManageStaff).await?;
        let patient = self.registered(context, patient, "/patient/nationalId").await?;
        let now = context.now;
        let mailbox = patient.record.mailbox;
        let owned = context.clone();
        self.manage(context, service, mailbox_object(mailbox), move |inner, connection, grant| {
            let of_service = (grant.service().key(), member.key());
            let is_member = on!(&mut *connection, c => diesel::select(diesel::dsl::exists(
                membership::table.find(of_service),
            ))
            .get_result::<bool>(c))?;
            if !is_member {
                return Err(Failure::NotRegistered("/member/personId"));
            }
            let row = (of_service.0, mailbox.key(), of_service.1);
            let since = on!(&mut *connection, c => follow_up::table
                .find(row)
                .select(follow_up::created_at)
                .first::<Time>(c)
                .optional())?;
            if since.is_none() {
                on!(&mut *connection, c => diesel::insert_into(follow_up::table)
                    .values((
                        follow_up::service_id.eq(row.0),
                        follow_up::mailbox_id.eq(row.1),
                        follow_up::person_id.eq(row.2),
                        follow_up::created_at.eq(Time(now)),
                    ))
                    .execute(c))?;
            }
            // The patient sees in the log that somebody is to follow them up.
            let subject = Subject::Mailbox(mailbox);
            let object = Some(Object { kind: ObjectKind::Service, id: grant.service().as_uuid() });
            let action = grant.action().as_word();
            audit::insert(connection, vec![audit::granted(&owned, None, subject, action, object, grant.rule())])?;
            Ok(FollowUp {
                mailbox,
                patient_name: name_of(inner, connection, patient.record.person)?,
                person: member,
                member_name: name_of(inner, connection, member)?,
                since: since.map_or(now, |since| since.0),
            })
        })
        .await
    }

    /// Who of a service follows up whom.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn follow_up_list(
        &self,
        context: &Context,
        service: ServiceId,
        page: Page,
    ) -> Result<Slice<FollowUp>, Failure> {
        self.manage(context, service, None, move |inner, connection, grant| {
            follow_ups(inner, connection, grant, None, &page)
        })
        .await
    }

    /// Whom the caller follows up for a service.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn patient_list(
        &self,
        context: &Context,
        service: ServiceId,
        page: Page,
    ) -> Result<Slice<FollowUp>, Failure> {
        let owned = context.clone();
        self.for_service(context, service, ServiceAction::SeePatients, move |inner, connection, grant| {
            let caller = caller(inner, connection, &owned)?;
            let patients = follow_ups(inner, connection, grant, Some(caller.record.person), &page)?;
            connection.write(|connection| record(connection, &owned, grant, Some(caller.record.person), None))?;
            Ok(patients)
        })
        .await
    }

    /// Says that a member follows up a patient no more.
    ///
    /// # Errors
    /// Refused, nothing of the kind, or the store away.
    pub async fn follow_up_remove(
        &self,
        context: &Context,
        service: ServiceId,
        mailbox: MailboxId,
        member: PersonId,
    ) -> Result<(), Failure> {
        self.manage(context, service, mailbox_object(mailbox), move |_, connection, grant| {
            let row = (grant.service().key(), mailbox.key(), member.key());
            let removed = on!(connection, c => diesel::delete(follow_up::table.find(row)).execute(c))?;
            if removed == 0 { Err(Failure::NotFound) } else { Ok(()) }
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
        self.service_authorise(context, service, ServiceAction::RecordAccess).await?;
        let patient = self.registered(context, patient, "/patient/nationalId").await?;
        let scope = self.idempotency_scope(context);
        let owned = context.clone();
        self.for_service(context, service, ServiceAction::RecordAccess, move |inner, connection, grant| {
            connection.write(|connection| {
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
                let subject = Subject::Mailbox(mailbox);
                let object = Some(Object { kind: ObjectKind::Service, id: grant.service().as_uuid() });
                let action = grant.action().as_word();
                let entry = audit::granted(&owned, Some(caller), subject, action, object, grant.rule());
                audit::insert(connection, vec![entry])?;
                Ok(created)
            })
        })
        .await
    }

    /// Does something with the staff of a service, in one transaction with its entry.
    async fn manage<T: Send + 'static>(
        &self,
        context: &Context,
        service: ServiceId,
        object: Option<Object>,
        work: impl FnOnce(&Inner, &mut Connection, &ServiceGrant) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let owned = context.clone();
        self.for_service(context, service, ServiceAction::ManageStaff, move |inner, connection, grant| {
            connection.write(|connection| {
                let value = work(inner, connection, grant)?;
                record(connection, &owned, grant, None, object)?;
                Ok(value)
            })
        })
        .await
    }

    /// Somebody whom a request names by number. Who is not known here is asked for in the register.
    async fn registered(&self, context: &Context, number: NationalId, pointer: &'static str) -> Result<Owner, Failure> {
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

const fn person_object(person: PersonId) -> Option<Object> {
    Some(Object { kind: ObjectKind::Person, id: person.as_uuid() })
}

const fn mailbox_object(mailbox: MailboxId) -> Option<Object> {
    Some(Object { kind: ObjectKind::Mailbox, id: mailbox.as_uuid() })
}

fn record(
    connection: &mut Connection,
    context: &Context,
    grant: &ServiceGrant,
    person: Option<PersonId>,
    object: Option<Object>,
) -> Result<(), Failure> {
    let subject = Subject::Service(grant.service());
    let entry = audit::granted(context, person, subject, grant.action().as_word(), object, grant.rule());
    Ok(audit::insert(connection, vec![entry])?)
}

/// The health worker who calls. A member is known, or they would not be one.
fn caller(inner: &Inner, connection: &mut Connection, context: &Context) -> Result<Owner, Failure> {
    let number = crate::access::number_of(&context.caller).ok_or(CORRUPT)?;
    Ok(owner_by_hash(connection, &inner.vault.lookup_hash(number), context.now)?.ok_or(CORRUPT)?)
}

fn name_of(inner: &Inner, connection: &mut Connection, person: PersonId) -> Result<PersonName, StoreError> {
    person::names_of(inner, connection, &[person])?.remove(&person).map(PersonName::from_register).ok_or(CORRUPT)
}

fn follow_ups(
    inner: &Inner,
    connection: &mut Connection,
    grant: &ServiceGrant,
    member: Option<PersonId>,
    page: &Page,
) -> Result<Slice<FollowUp>, Failure> {
    use crate::schema::mailbox;
    let list = format!("follow-ups:{}:{member:?}", grant.service());
    let after: Option<(Id, Id)> = page.position(&inner.vault, &list)?;
    let rows = on!(&mut *connection, c => {
        let mut query = follow_up::table
            .inner_join(mailbox::table.on(mailbox::id.eq(follow_up::mailbox_id)))
            .filter(follow_up::service_id.eq(grant.service().key()))
            .order((follow_up::mailbox_id, follow_up::person_id))
            .limit(page.fetch_limit())
            .select((follow_up::mailbox_id, mailbox::person_id, follow_up::person_id, follow_up::created_at))
            .into_boxed();
        if let Some(member) = member {
            query = query.filter(follow_up::person_id.eq(member.key()));
        }
        if let Some((mailbox, person)) = after {
            query = query.filter(follow_up::mailbox_id.ge(mailbox)).filter(
                follow_up::mailbox_id.gt(mailbox).or(follow_up::person_id.gt(person)),
            );
        }
        query.load::<(Id, Id, Id, Time)>(c)
    })?;
    let slice = Slice::cut(rows, page, &inner.vault, &list, |row| (row.0, row.2));
    let persons: Vec<PersonId> = slice.items.iter().flat_map(|row| [row.1.into(), row.2.into()]).collect();
    let names = person::names_of(inner, connection, &persons)?;
    let name = |person: Id| names.get(&person.into()).cloned().map(PersonName::from_register).ok_or(CORRUPT);
    slice.try_map(|(mailbox, patient, person, since)| {
        Ok(FollowUp {
            mailbox: mailbox.into(),
            patient_name: name(patient)?,
            person: person.into(),
            member_name: name(person)?,
            since: since.0,
        })
    })
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
    let key = inner.vault.data_key(mailbox, &patient.wrapped_key).map_err(|_| CORRUPT)?;
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

//! Whom the members of a service follow up (DH-7): as its system says by hand, and as the nightly exchange tells.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::{Caller, ServiceAct, ServiceGrant};
use domain::audit::{Object, ObjectKind, Subject};
use domain::id::{MailboxId, PersonId, ServiceId};
use domain::identity::NationalId;
use domain::person::PersonName;
use domain::rule::Rule;
use domain::staff::{FollowUp, FollowUpSource};
use serde::{Deserialize, Serialize};

use crate::access::Done;
use crate::access::audit;
use crate::access::lawful::{Worker, in_sight, told_at_night};
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::page::{Page, Slice};
use crate::schema::{follow_up, mailbox, membership, person_lookup, relationship};
use crate::services::staff::mailbox_object;
use crate::{Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "follow-up" };

/// Where a page ended. What was said by hand comes first, in the order of patients; then what was told at night, in that of
/// members. Each is the order of an index.
#[derive(Clone, Serialize, Deserialize)]
enum Position {
    Hand { mailbox: Id, member: Id },
    Exchange { member: Id, patient: Vec<u8> },
}

/// An item of a list, before its names are opened.
struct Row {
    mailbox: Id,
    patient: Id,
    member: Id,
    since: Time,
    position: Position,
}

/// Whose follow-ups are listed.
enum Whose {
    /// Those of all members, for the service's system.
    All,
    /// The member's own, as far as they may see the patients.
    Own(Worker),
}

impl Store {
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
        self.service_authorise(context, service, ServiceAct::BEGIN_FOLLOW_UP).await?;
        let patient = self.registered(context, patient, "/patient/nationalId").await?;
        let now = context.now;
        let mailbox = patient.record.mailbox;
        let owned = context.clone();
        self.write_service(context, service, ServiceAct::BEGIN_FOLLOW_UP, move |_, connection, grant| {
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
                note(connection, &owned, grant, ServiceAct::BEGIN_FOLLOW_UP, vec![mailbox])?;
            }
            let told = FollowUp {
                source: FollowUpSource::Hand,
                mailbox,
                patient_name: None,
                person: member,
                since: since.map_or(now, |since| since.0),
            };
            Ok(Done::of(told).about(mailbox_object(mailbox)))
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
        let now = context.now;
        self.read_service(context, service, ServiceAct::LIST_FOLLOW_UPS, move |inner, connection, grant| {
            let list = format!("follow-ups:{service}");
            Ok(Done::of(follow_ups(inner, connection, grant, &Whose::All, (&list, &page), now)?))
        })
        .await
    }

    /// Whom the caller follows up for a service, as far as they may see them: not the dead, close family, or a grade that
    /// they have no role for.
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
        self.read_service(context, service, ServiceAct::LIST_PATIENTS, move |inner, connection, grant| {
            let Caller::HealthWorker { national_id, .. } = &owned.caller else { return Err(CORRUPT.into()) };
            let hash = inner.vault.lookup_hash(national_id);
            let worker = Worker::find(connection, service, &hash)?.ok_or(CORRUPT)?;
            let member = worker.person;
            let list = format!("patients:{service}:{member:?}");
            let patients = follow_ups(inner, connection, grant, &Whose::Own(worker), (&list, &page), owned.now)?;
            let shown: BTreeSet<MailboxId> = patients.items.iter().map(|item| item.mailbox).collect();
            Ok(Done::of(patients).showing(shown))
        })
        .await
    }

    /// Says that a member follows up a patient no more.
    ///
    /// # Errors
    /// Refused, nothing of the kind, said by the exchange, or the store away.
    pub async fn follow_up_remove(
        &self,
        context: &Context,
        service: ServiceId,
        mailbox: MailboxId,
        member: PersonId,
    ) -> Result<(), Failure> {
        let owned = context.clone();
        self.write_service(context, service, ServiceAct::END_FOLLOW_UP, move |_, connection, grant| {
            let row = (grant.service().key(), mailbox.key(), member.key());
            let removed = on!(&mut *connection, c => diesel::delete(follow_up::table.find(row)).execute(c))?;
            if removed > 0 {
                note(connection, &owned, grant, ServiceAct::END_FOLLOW_UP, vec![mailbox])?;
                return Ok(Done::of(()).about(mailbox_object(mailbox)));
            }
            let told = told_at_night!()
                .inner_join(person_lookup::table.on(person_lookup::lookup_hash.eq(relationship::person_hash)))
                .filter(relationship::service_id.eq(row.0))
                .filter(person_lookup::mailbox_id.eq(row.1))
                .filter(relationship::responsible_id.assume_not_null().eq(row.2))
                .select(relationship::service_id);
            let told = on!(connection, c => diesel::select(diesel::dsl::exists(told)).get_result::<bool>(c))?;
            Err(if told { Failure::FollowUpByExchange } else { Failure::NotFound })
        })
        .await
    }
}

/// Tells these patients in their access logs that a member of the service is to follow them up, or no more.
pub(crate) fn note(
    connection: &mut Connection,
    context: &Context,
    grant: &ServiceGrant,
    act: ServiceAct,
    patients: Vec<MailboxId>,
) -> Result<(), Failure> {
    let object = Some(Object { kind: ObjectKind::Service, id: grant.service().as_uuid() });
    let entry = |mailbox| audit::granted(context, None, Subject::Mailbox(mailbox), act.word(), object, Rule::Dh7);
    Ok(audit::insert(connection, patients.into_iter().map(entry).collect())?)
}

fn follow_ups(
    inner: &Inner,
    connection: &mut Connection,
    grant: &ServiceGrant,
    whose: &Whose,
    (list, page): (&str, &Page),
    now: DateTime<Utc>,
) -> Result<Slice<FollowUp>, Failure> {
    let after: Option<Position> = page.position(&inner.vault, list)?;
    let limit = page.fetch_limit();
    let mut rows = match &after {
        Some(Position::Exchange { .. }) => vec![],
        None => by_hand(connection, grant, whose, None, limit, now)?,
        Some(Position::Hand { mailbox, member }) => {
            by_hand(connection, grant, whose, Some((*mailbox, *member)), limit, now)?
        }
    };
    let left = limit - i64::try_from(rows.len()).map_err(|_| CORRUPT)?;
    if left > 0 {
        let after = match after {
            Some(Position::Exchange { member, patient }) => Some((member, patient)),
            Some(Position::Hand { .. }) | None => None,
        };
        rows.extend(by_exchange(connection, grant, whose, after, left, now)?);
    }
    let slice = Slice::cut(rows, page, &inner.vault, list, |row| row.position.clone());
    let names = match whose {
        Whose::All => HashMap::new(),
        // Only those who are in sight are in the list.
        Whose::Own(_) => {
            let patients: Vec<PersonId> = slice.items.iter().map(|row| row.patient.into()).collect();
            crate::persons::person::names_of(inner, connection, &patients)?
        }
    };
    let open = |Row { mailbox, patient, member, since, position }: Row| {
        Ok(FollowUp {
            source: match position {
                Position::Hand { .. } => FollowUpSource::Hand,
                Position::Exchange { .. } => FollowUpSource::Exchange,
            },
            mailbox: mailbox.into(),
            patient_name: names.get(&patient.into()).cloned().map(PersonName::from_register),
            person: member.into(),
            since: since.0,
        })
    };
    slice.open_each(|row| row.mailbox, open)
}

/// What the service's system has said by hand.
fn by_hand(
    connection: &mut Connection,
    grant: &ServiceGrant,
    whose: &Whose,
    after: Option<(Id, Id)>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, StoreError> {
    let rows = on!(connection, c => {
        let mut query = follow_up::table
            .inner_join(mailbox::table.on(mailbox::id.eq(follow_up::mailbox_id)))
            .filter(follow_up::service_id.eq(grant.service().key()))
            .order((follow_up::mailbox_id, follow_up::person_id))
            .limit(limit)
            .select((follow_up::mailbox_id, mailbox::id, follow_up::person_id, follow_up::created_at))
            .into_boxed();
        if let Whose::Own(worker) = whose {
            query = in_sight!(query.filter(follow_up::person_id.eq(worker.person.key())), worker, now);
        }
        if let Some((mailbox, member)) = after {
            query = query.filter(follow_up::mailbox_id.ge(mailbox)).filter(
                follow_up::mailbox_id.gt(mailbox).or(follow_up::person_id.gt(member)),
            );
        }
        query.load::<(Id, Id, Id, Time)>(c)
    })?;
    let row = |(mailbox, patient, member, since)| Row {
        mailbox,
        patient,
        member,
        since,
        position: Position::Hand { mailbox, member },
    };
    Ok(rows.into_iter().map(row).collect())
}

/// What the nightly exchange has told, of citizens who are known here.
fn by_exchange(
    connection: &mut Connection,
    grant: &ServiceGrant,
    whose: &Whose,
    after: Option<(Id, Vec<u8>)>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, StoreError> {
    let rows = on!(connection, c => {
        let responsible = || relationship::responsible_id.assume_not_null();
        let mut query = told_at_night!()
            .inner_join(person_lookup::table.on(person_lookup::lookup_hash.eq(relationship::person_hash)))
            .inner_join(mailbox::table.on(mailbox::id.eq(person_lookup::mailbox_id)))
            .filter(relationship::service_id.eq(grant.service().key()))
            .order((relationship::responsible_id, relationship::person_hash))
            .limit(limit)
            .select((mailbox::id, mailbox::id, responsible(), relationship::told_at, relationship::person_hash))
            .into_boxed();
        if let Whose::Own(worker) = whose {
            query = in_sight!(query.filter(responsible().eq(worker.person.key())), worker, now);
        }
        if let Some((member, patient)) = after {
            query = query.filter(responsible().ge(member)).filter(
                responsible().gt(member).or(relationship::person_hash.gt(patient)),
            );
        }
        query.load::<(Id, Id, Id, Time, Vec<u8>)>(c)
    })?;
    let row = |(mailbox, patient, member, since, hash)| Row {
        mailbox,
        patient,
        member,
        since,
        position: Position::Exchange { member, patient: hash },
    };
    Ok(rows.into_iter().map(row).collect())
}

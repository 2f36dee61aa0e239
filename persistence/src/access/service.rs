//! The door to what is done for a service.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::{Caller, Refusal, ServiceAct, ServiceFacts, ServiceGrant, decide_service};
use domain::agreement;
use domain::audit::{Entry, Object, Subject};
use domain::id::{PersonId, ServiceId};
use domain::identity::OrganisationNumber;

use super::done::passed;
use super::{Denied, Done, Refused, Unrecorded, not_done};
use crate::access::audit;
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::{agreement as agreements, client, membership, organisation, person_lookup, service};
use crate::{Inner, Store};

impl Store {
    /// Reads for a service. The result is handed out when its entry is durable.
    pub(crate) async fn read_service<T: Send + 'static>(
        &self,
        context: &Context,
        service: ServiceId,
        act: ServiceAct,
        work: impl FnOnce(&Inner, &mut Connection, &ServiceGrant) -> Result<Done<T>, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let context = context.clone();
        let attempt = self
            .run(move |inner, connection| {
                Ok(open(inner, connection, &context, service, act)
                    .and_then(|(grant, entry)| passed(work(inner, connection, &grant), entry)))
            })
            .await?;
        self.settle(attempt).await?.record(self).await
    }

    /// Writes for a service: the effect and its entry are one transaction.
    pub(crate) async fn write_service<T: Send + 'static>(
        &self,
        context: &Context,
        service: ServiceId,
        act: ServiceAct,
        work: impl FnOnce(&Inner, &mut Connection, &ServiceGrant) -> Result<Done<T>, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let context = context.clone();
        let attempt = self
            .run(move |inner, connection| {
                Ok(connection.write(|connection| {
                    let (grant, entry) = open(inner, connection, &context, service, act)?;
                    let Unrecorded { value, entries } = passed(work(inner, connection, &grant), entry)?;
                    audit::insert(connection, entries)?;
                    Ok(value)
                }))
            })
            .await?;
        self.settle(attempt).await
    }

    /// Looks up for a service what decides how to go on: only that it was refused, or is not there, is put on record here.
    /// What is done afterwards goes through a door of its own.
    pub(crate) async fn ask_service<T: Send + 'static>(
        &self,
        context: &Context,
        service: ServiceId,
        (act, object): (ServiceAct, Option<Object>),
        work: impl FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let context = context.clone();
        let attempt = self
            .run(move |inner, connection| {
                Ok(open(inner, connection, &context, service, act).and_then(|(_, entry)| {
                    work(connection).map_err(|failure| not_done(failure, Entry { object, ..entry }))
                }))
            })
            .await?;
        self.settle(attempt).await
    }

    /// Asks whether the caller may do something for a service, ahead of taking in what may be large.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn service_authorise(&self, context: &Context, id: ServiceId, act: ServiceAct) -> Result<(), Failure> {
        self.ask_service(context, id, (act, None), |_| Ok(())).await
    }
}

fn open(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    service: ServiceId,
    act: ServiceAct,
) -> Result<(ServiceGrant, Entry), Denied> {
    let mut facts = service_facts(connection, &[service], context.now)?.remove(&service);
    let mut person = None;
    if let (Caller::HealthWorker { national_id, .. }, Some(facts)) = (&context.caller, &mut facts) {
        let hash = inner.vault.lookup_hash(national_id);
        (person, facts.is_member) = worker(connection, service, &hash)?;
    }
    match decide_service(act.takes(), &context.caller, facts.as_ref()) {
        Ok(grant) => {
            let entry = audit::granted(context, person, Subject::Service(service), act.word(), None, grant.rule());
            Ok((grant, entry))
        }
        Err(refusal) => {
            let entry = refused_service_entry(context, person, (service, facts.is_some()), act, refusal);
            Err(Denied::Refused(Refused { refusal, entry: Box::new(entry) }))
        }
    }
}

/// The health worker with this hash, where they are known, and whether they are a member of a service.
fn worker(
    connection: &mut Connection,
    service: ServiceId,
    hash: &[u8; 32],
) -> Result<(Option<PersonId>, bool), StoreError> {
    let found = on!(connection, c => person_lookup::table
        .left_join(membership::table.on(
            membership::person_id.eq(person_lookup::mailbox_id).and(membership::service_id.eq(service.key())),
        ))
        .filter(person_lookup::lookup_hash.eq(hash.as_slice()))
        .select((person_lookup::mailbox_id, membership::service_id.nullable()))
        .first::<(Id, Option<Id>)>(c)
        .optional())?;
    Ok(found.map_or((None, false), |(person, of)| (Some(person.into()), of.is_some())))
}

/// The entry about a refusal for a service; in the platform's log where there is no such service.
pub(crate) fn refused_service_entry(
    context: &Context,
    person: Option<PersonId>,
    (service, exists): (ServiceId, bool),
    act: ServiceAct,
    refusal: Refusal,
) -> Entry {
    let subject = if exists { Subject::Service(service) } else { Subject::Platform };
    audit::refused(context, person, subject, act.word(), None, refusal)
}

/// The systems that are registered and have not ended; none where none ever was.
pub(super) fn registered(clients: impl Iterator<Item = (String, bool)>) -> Option<Vec<String>> {
    let mut clients = clients.peekable();
    clients.peek()?;
    Some(clients.filter(|(_, is_ended)| !is_ended).map(|(name, _)| name).collect())
}

/// What the rules ask about services. One that does not exist is left out.
pub(crate) fn service_facts(
    connection: &mut Connection,
    services: &[ServiceId],
    now: DateTime<Utc>,
) -> Result<HashMap<ServiceId, ServiceFacts>, StoreError> {
    let ids: Vec<Id> = services.iter().map(|service| service.key()).collect();
    let rows = on!(&mut *connection, c => service::table
        .inner_join(organisation::table.on(organisation::id.eq(service::organisation_id)))
        .filter(service::id.eq_any(&ids))
        .select((
            service::id,
            organisation::id,
            organisation::number,
            organisation::ended_at,
            service::hpr_number_required,
        ))
        .load::<(Id, Id, String, Option<Time>, bool)>(c))?;
    let organisations: Vec<Id> = rows.iter().map(|row| row.1).collect();
    let agreements = on!(&mut *connection, c => agreements::table
        .filter(agreements::organisation_id.eq_any(&organisations))
        .select((agreements::organisation_id, agreements::valid_from, agreements::valid_to, agreements::ended_at))
        .load::<(Id, NaiveDate, Option<NaiveDate>, Option<Time>)>(c))?;
    let clients = on!(connection, c => client::table
        .filter(client::organisation_id.eq_any(&organisations))
        .select((client::organisation_id, client::external_id, client::ended_at))
        .load::<(Id, String, Option<Time>)>(c))?;
    rows.into_iter()
        .map(|(id, organisation, number, ended_at, needs_hpr_number)| {
            let is_ended = ended_at.is_some();
            let of_organisation = clients.iter().filter(|(owner, ..)| *owner == organisation);
            let organisation_number =
                OrganisationNumber::parse(&number).map_err(|_| StoreError::Corrupt { what: "organisation" })?;
            let facts = ServiceFacts {
                service: id.into(),
                organisation: organisation.into(),
                organisation_number,
                agreement_in_force: !is_ended
                    && agreements.iter().any(|(owner, from, to, end)| {
                        *owner == organisation && agreement::in_force(*from, *to, end.map(|at| at.0), now)
                    }),
                is_ended,
                registered_clients: registered(of_organisation.map(|(_, name, end)| (name.clone(), end.is_some()))),
                // Asked apart, where a health worker calls.
                is_member: false,
                needs_hpr_number,
            };
            Ok((facts.service, facts))
        })
        .collect()
}

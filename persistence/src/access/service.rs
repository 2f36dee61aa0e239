//! The door to what is done for a service.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::{Caller, Refusal, ServiceAction, ServiceFacts, ServiceGrant, decide_service};
use domain::agreement;
use domain::audit::{Entry, Subject};
use domain::id::ServiceId;
use domain::identity::OrganisationNumber;

use super::{Denied, Refused};
use crate::context::Context;
use crate::database::{Connection, Id, Key, on};
use crate::error::{Failure, StoreError};
use crate::schema::{agreement as agreements, client, membership, organisation, person, service};
use crate::{Inner, audit};

pub(super) fn open_service<T>(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    service: ServiceId,
    action: ServiceAction,
    work: impl FnOnce(&Inner, &mut Connection, &ServiceGrant) -> Result<T, Failure>,
) -> Result<T, Denied> {
    let mut facts = service_facts(connection, &[service], context.now)?.remove(&service);
    if let (Caller::HealthWorker { national_id, .. }, Some(facts)) = (&context.caller, &mut facts) {
        facts.is_member = is_member(connection, service, &inner.vault.lookup_hash(national_id))?;
    }
    match decide_service(action, &context.caller, facts.as_ref()) {
        Ok(grant) => Ok(work(inner, connection, &grant)?),
        Err(refusal) => {
            let entry = refused_service_entry(context, service, facts.is_some(), action, refusal);
            Err(Denied::Refused(Refused { refusal, entry: Box::new(entry) }))
        }
    }
}

fn is_member(connection: &mut Connection, service: ServiceId, hash: &[u8; 32]) -> Result<bool, StoreError> {
    let found = membership::table
        .inner_join(person::table.on(person::id.eq(membership::person_id)))
        .filter(membership::service_id.eq(service.key()))
        .filter(person::lookup_hash.eq(hash.as_slice()));
    Ok(on!(connection, c => diesel::select(diesel::dsl::exists(found)).get_result::<bool>(c))?)
}

/// The entry about a refusal for a service; in the platform's log where there is no such service.
pub(crate) fn refused_service_entry(
    context: &Context,
    service: ServiceId,
    exists: bool,
    action: ServiceAction,
    refusal: Refusal,
) -> Entry {
    let subject = if exists { Subject::Service(service) } else { Subject::Platform };
    audit::refused(context, None, subject, action.as_word(), None, refusal)
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
        .select((service::id, organisation::id, organisation::number))
        .load::<(Id, Id, String)>(c))?;
    let organisations: Vec<Id> = rows.iter().map(|row| row.1).collect();
    let agreements = on!(&mut *connection, c => agreements::table
        .filter(agreements::organisation_id.eq_any(&organisations))
        .select((agreements::organisation_id, agreements::valid_from, agreements::valid_to))
        .load::<(Id, NaiveDate, Option<NaiveDate>)>(c))?;
    let clients = on!(connection, c => client::table
        .filter(client::organisation_id.eq_any(&organisations))
        .select((client::organisation_id, client::external_id))
        .load::<(Id, String)>(c))?;
    rows.into_iter()
        .map(|(id, organisation, number)| {
            let organisation_number =
                OrganisationNumber::parse(&number).map_err(|_| StoreError::Corrupt { what: "organisation" })?;
            let facts = ServiceFacts {
                service: id.into(),
                organisation: organisation.into(),
                organisation_number,
                agreement_in_force: agreements
                    .iter()
                    .any(|(owner, from, to)| *owner == organisation && agreement::in_force(*from, *to, now)),
                registered_clients: clients
                    .iter()
                    .filter(|(owner, _)| *owner == organisation)
                    .map(|(_, external_id)| external_id.clone())
                    .collect(),
                // Asked apart, where a health worker calls.
                is_member: false,
            };
            Ok((facts.service, facts))
        })
        .collect()
}

//! The door to what systems do for their organisation as a whole.

use diesel::prelude::*;
use domain::access::{Caller, OrganisationAct, OrganisationFacts, OrganisationGrant, decide_organisation};
use domain::audit::{Entry, Subject};
use domain::identity::OrganisationNumber;

use super::done::passed;
use super::service::registered;
use super::{Denied, Done, Refused, Unrecorded};
use crate::access::audit;
use crate::context::Context;
use crate::database::{Connection, Id, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::{client, organisation};
use crate::{Inner, Store};

impl Store {
    /// Reads for the organisation of the token. The result is handed out when its entry is durable.
    pub(crate) async fn read_organisation<T: Send + 'static>(
        &self,
        context: &Context,
        act: OrganisationAct,
        work: impl FnOnce(&Inner, &mut Connection, &OrganisationGrant) -> Result<Done<T>, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.look_into_organisation(context, act, work).await?.record(self).await
    }

    /// The first half of [`Store::read_organisation`].
    pub(crate) async fn look_into_organisation<T: Send + 'static>(
        &self,
        context: &Context,
        act: OrganisationAct,
        work: impl FnOnce(&Inner, &mut Connection, &OrganisationGrant) -> Result<Done<T>, Failure> + Send + 'static,
    ) -> Result<Unrecorded<T>, Failure> {
        let context = context.clone();
        let attempt = self
            .run(move |inner, connection| {
                Ok(open(connection, &context, act)
                    .and_then(|(grant, entry)| passed(work(inner, connection, &grant), entry)))
            })
            .await?;
        self.settle(attempt).await
    }

    /// Writes for the organisation of the token: the effect and its entry are one transaction.
    pub(crate) async fn write_organisation<T: Send + 'static>(
        &self,
        context: &Context,
        act: OrganisationAct,
        work: impl FnOnce(&Inner, &mut Connection, &OrganisationGrant) -> Result<Done<T>, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let context = context.clone();
        let attempt = self
            .run(move |inner, connection| {
                Ok(connection.write(|connection| {
                    let (grant, entry) = open(connection, &context, act)?;
                    let Unrecorded { value, entries } = passed(work(inner, connection, &grant), entry)?;
                    audit::insert(connection, entries)?;
                    Ok(value)
                }))
            })
            .await?;
        self.settle(attempt).await
    }
}

fn open(
    connection: &mut Connection,
    context: &Context,
    act: OrganisationAct,
) -> Result<(OrganisationGrant, Entry), Denied> {
    let facts = match &context.caller {
        Caller::System { organisation, .. } => facts_of(connection, organisation)?,
        Caller::Citizen { .. } | Caller::HealthWorker { .. } | Caller::Operator { .. } => None,
    };
    match decide_organisation(act.takes(), &context.caller, facts.as_ref()) {
        Ok(grant) => {
            let subject = Subject::Organisation(grant.organisation());
            let entry = audit::granted(context, None, subject, act.word(), None, grant.rule());
            Ok((grant, entry))
        }
        Err(refusal) => {
            let subject = facts.map_or(Subject::Platform, |facts| Subject::Organisation(facts.organisation));
            let entry = audit::refused(context, None, subject, act.word(), None, refusal);
            Err(Denied::Refused(Refused { refusal, entry: Box::new(entry) }))
        }
    }
}

fn facts_of(connection: &mut Connection, number: &OrganisationNumber) -> Result<Option<OrganisationFacts>, StoreError> {
    // One row for each registered system; one row where there is none. The one that has not ended comes first, then the newest.
    let rows = on!(connection, c => organisation::table
        .left_join(client::table.on(client::organisation_id.eq(organisation::id)))
        .filter(organisation::number.eq(number.as_str()))
        .order((organisation::ended_at.is_not_null(), organisation::id.desc()))
        .select((
            organisation::id,
            organisation::ended_at,
            (client::external_id, client::ended_at.is_not_null()).nullable(),
        ))
        .load::<(Id, Option<Time>, Option<(String, bool)>)>(c))?;
    let Some((id, ended_at, _)) = rows.first() else { return Ok(None) };
    let (id, is_ended) = (*id, ended_at.is_some());
    Ok(Some(OrganisationFacts {
        organisation: id.into(),
        number: number.clone(),
        is_ended,
        registered_clients: registered(rows.into_iter().filter(|row| row.0 == id).filter_map(|row| row.2)),
    }))
}

//! The door to what systems do for their organisation as a whole.

use diesel::prelude::*;
use domain::access::{Caller, OrganisationAction, OrganisationFacts, OrganisationGrant, decide_organisation};
use domain::audit::{Outcome, Subject};
use domain::identity::OrganisationNumber;

use super::{Denied, Refused};
use crate::context::Context;
use crate::database::{Connection, Id, on};
use crate::error::{Failure, StoreError};
use crate::schema::{client, organisation};
use crate::{Inner, audit};

pub(super) fn open_organisation<T>(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    action: OrganisationAction,
    work: impl FnOnce(&Inner, &mut Connection, &OrganisationGrant) -> Result<T, Failure>,
) -> Result<T, Denied> {
    let facts = match &context.caller {
        Caller::System { organisation, .. } => facts_of(connection, organisation)?,
        Caller::Citizen { .. } | Caller::HealthWorker { .. } | Caller::Operator { .. } => None,
    };
    match decide_organisation(action, &context.caller, facts.as_ref()) {
        Ok(grant) => work(inner, connection, &grant).map_err(|failure| match failure.rule() {
            // What is not the organisation's is not there, and that somebody asked for it is on record.
            Some(rule) => {
                let subject = Subject::Organisation(grant.organisation());
                let entry = audit::entry(context, None, subject, action.as_word(), None, Outcome::Refused, rule);
                Denied::Attempt(Box::new(entry), failure)
            }
            None => Denied::Failed(failure),
        }),
        Err(refusal) => {
            let subject = facts.map_or(Subject::Platform, |facts| Subject::Organisation(facts.organisation));
            let entry = audit::refused(context, None, subject, action.as_word(), None, refusal);
            Err(Denied::Refused(Refused { refusal, entry: Box::new(entry) }))
        }
    }
}

fn facts_of(connection: &mut Connection, number: &OrganisationNumber) -> Result<Option<OrganisationFacts>, StoreError> {
    // One row for each registered system; one row where there is none.
    let rows = on!(connection, c => organisation::table
        .left_join(client::table.on(client::organisation_id.eq(organisation::id)))
        .filter(organisation::number.eq(number.as_str()))
        .select((organisation::id, client::external_id.nullable()))
        .load::<(Id, Option<String>)>(c))?;
    let Some((id, _)) = rows.first() else { return Ok(None) };
    Ok(Some(OrganisationFacts {
        organisation: (*id).into(),
        number: number.clone(),
        registered_clients: rows.into_iter().filter_map(|(_, client)| client).collect(),
    }))
}

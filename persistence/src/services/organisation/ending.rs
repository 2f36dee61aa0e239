//! The end of an organisation's use of the mailbox, of an agreement, and of a system's acting for an organisation.
//!
//! Each holds from the next request on, for whoever acts is looked up at each. What was accepted before is still delivered (BX-1).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::PlatformAct;
use domain::agreement::Agreement;
use domain::audit::{Object, ObjectKind, Subject};
use domain::id::{AgreementId, ClientId, OrganisationId};

use super::{agreements_of, clients_of, exists, fetch_organisation};
use crate::Store;
use crate::context::Context;
use crate::database::{Key, Time, on};
use crate::error::Failure;
use crate::feeds::webhook;
use crate::schema::{agreement, client, organisation};

impl Store {
    /// Ends an organisation's use of the mailbox: nobody acts for it any more, its webhooks stop, and those who wait for its events are
    /// sent away. Its number can be registered anew, as another organisation. Ending it again changes nothing.
    ///
    /// # Errors
    /// Refused, not there, the mailbox's own, or the store away.
    pub async fn organisation_end(&self, context: &Context, id: OrganisationId) -> Result<(), Failure> {
        let now = context.now;
        let action = PlatformAct::END_ORGANISATION;
        self.for_platform(context, action, Subject::Organisation(id), move |inner, connection, _| {
            let known = fetch_organisation(connection, id)?;
            if inner.platform_service()?.organisation == id {
                return Err(Failure::OrganisationIsOurs);
            }
            if known.ended_at.is_none() {
                on!(&mut *connection, c => diesel::update(organisation::table.find(id.key()))
                    .set(organisation::ended_at.eq(Some(Time(now))))
                    .execute(c))?;
                webhook::end_all(connection, id)?;
            }
            Ok(((), None))
        })
        .await?;
        self.inner.waiting.look_again(id);
        Ok(())
    }

    /// Ends a system's acting for an organisation. Its name can be registered anew. Ending it again changes nothing.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn client_end(&self, context: &Context, owner: OrganisationId, id: ClientId) -> Result<(), Failure> {
        let now = context.now;
        let action = PlatformAct::END_CLIENT;
        self.for_platform(context, action, Subject::Organisation(owner), move |_, connection, _| {
            exists(connection, owner)?;
            clients_of(connection, owner)?.iter().find(|client| client.id == id).ok_or(Failure::NotFound)?;
            on!(connection, c => diesel::update(client::table.find((owner.key(), id.key())))
                .filter(client::ended_at.is_null())
                .set(client::ended_at.eq(Some(Time(now))))
                .execute(c))?;
            Ok(((), Some(Object { kind: ObjectKind::Client, id: id.as_uuid() })))
        })
        .await?;
        self.inner.waiting.look_again(owner);
        Ok(())
    }

    /// Ends an agreement at a time, or now. An end that has come is not changed any more.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn agreement_end(
        &self,
        context: &Context,
        owner: OrganisationId,
        id: AgreementId,
        at: Option<DateTime<Utc>>,
    ) -> Result<Agreement, Failure> {
        let now = context.now;
        let action = PlatformAct::END_AGREEMENT;
        self.for_platform(context, action, Subject::Organisation(owner), move |_, connection, _| {
            exists(connection, owner)?;
            let mut known = agreements_of(connection, owner)?.into_iter();
            let mut found = known.find(|agreement| agreement.id == id).ok_or(Failure::NotFound)?;
            if found.ended_at.is_none_or(|end| now < end) {
                let end = at.unwrap_or(now);
                on!(connection, c => diesel::update(agreement::table.find((owner.key(), id.key())))
                    .set(agreement::ended_at.eq(Some(Time(end))))
                    .execute(c))?;
                found.ended_at = Some(end);
            }
            Ok((found, Some(Object { kind: ObjectKind::Agreement, id: id.as_uuid() })))
        })
        .await
    }
}

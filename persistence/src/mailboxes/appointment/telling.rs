//! What a service's own system tells of its appointments, and asks of them.

use domain::access::ServiceAct;
use domain::appointment::{CancelledBy, ExternalId, NewAppointment, NotCancellable, ServiceAppointment};
use domain::id::{MailboxId, ServiceId};
use domain::message::{MessageKind, Recipient};
use domain::routing::{self, Route};

use super::object;
use super::rows::{self, CORRUPT, Stored, Told};
use crate::access::Done;
use crate::access::facts::{Owner, owner_by_hash, owner_of};
use crate::context::Context;
use crate::database::Connection;
use crate::error::{Failure, StoreError};
use crate::persons::register::{Refreshed, Whom};
use crate::services::service;
use crate::vault::MailboxKey;
use crate::{Inner, Store};

/// An appointment as its service sees it, and whether it was new.
struct Kept {
    appointment: ServiceAppointment,
    is_new: bool,
}

impl Store {
    /// Takes in what a service tells of an appointment: a new one, or a change; what is known changes nothing. Says also
    /// whether it was new. The population register is asked for a citizen who is not known here.
    ///
    /// # Errors
    /// Refused, a citizen who is unknown or not reached, an appointment that is another citizen's or was cancelled, the
    /// register away where it has to be asked, or the store away: nothing is stored then.
    pub async fn appointment_put(
        &self,
        context: &Context,
        service: ServiceId,
        external_id: ExternalId,
        new: NewAppointment,
    ) -> Result<(ServiceAppointment, bool), Failure> {
        let attempt = || self.appointment_put_once(context, service, external_id.clone(), new.clone());
        let kept = match (attempt().await, &new.recipient) {
            (Err(Failure::RecipientUnknown), Recipient::Person(number)) => {
                match self.refresh(vec![Whom::Number(number.clone())], context.now).await? {
                    Refreshed::Told => attempt().await?,
                    Refreshed::Away => return Err(domain::access::Refusal::RegisterUnavailable.into()),
                }
            }
            (kept, _) => kept?,
        };
        let Kept { appointment, is_new } = kept;
        Ok((appointment, is_new))
    }

    async fn appointment_put_once(
        &self,
        context: &Context,
        service: ServiceId,
        external_id: ExternalId,
        new: NewAppointment,
    ) -> Result<Kept, Failure> {
        let owned = context.clone();
        let act = ServiceAct::TELL_APPOINTMENT;
        self.write_service(context, service, act, move |inner, connection, _| {
            let kept = keep(inner, connection, &owned, service, &external_id, &new)?;
            let (mailbox, object) = (kept.appointment.mailbox, object(kept.appointment.id));
            Ok(Done::of(kept).about(object).in_log_of(mailbox))
        })
        .await
    }

    /// An appointment, for the service that told of it.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn service_appointment_fetch(
        &self,
        context: &Context,
        service: ServiceId,
        external_id: ExternalId,
    ) -> Result<ServiceAppointment, Failure> {
        let action = ServiceAct::SEE_APPOINTMENT;
        self.at_appointment(context, service, external_id, action, |_, found| Ok(found)).await
    }

    /// Cancels an appointment for its service. One that was cancelled before stays as it is.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn service_appointment_cancel(
        &self,
        context: &Context,
        service: ServiceId,
        external_id: ExternalId,
    ) -> Result<(), Failure> {
        let (action, now) = (ServiceAct::CANCEL_APPOINTMENT, context.now);
        self.at_appointment(context, service, external_id, action, move |connection, found| {
            if found.facts.cancellation.is_none() {
                rows::cancel(connection, &found, CancelledBy::Service, now)?;
            }
            Ok(found)
        })
        .await
        .map(|_| ())
    }

    /// Does something with an appointment of a service, in one transaction with the entry, which stands in the citizen's
    /// log.
    async fn at_appointment(
        &self,
        context: &Context,
        service: ServiceId,
        external_id: ExternalId,
        act: ServiceAct,
        work: impl FnOnce(&mut Connection, Stored) -> Result<Stored, Failure> + Send + 'static,
    ) -> Result<ServiceAppointment, Failure> {
        let now = context.now;
        self.write_service(context, service, act, move |inner, connection, _| {
            let found = rows::named(connection, service, &external_id)?.ok_or(Failure::NotFound)?;
            let found = work(connection, found)?;
            let owner = owner_of(connection, found.mailbox, now)?.ok_or(CORRUPT)?;
            let told = as_told(&found, &key_of(inner, &owner)?)?;
            Ok(Done::of(told).about(object(found.id)).in_log_of(found.mailbox))
        })
        .await
    }
}

fn keep(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    id: ServiceId,
    external_id: &ExternalId,
    new: &NewAppointment,
) -> Result<Kept, Failure> {
    let service = service::fetch(connection, id)?.ok_or(Failure::NotFound)?;
    let owner = owner(inner, connection, context, &new.recipient)?.ok_or(Failure::RecipientUnknown)?;
    let key = key_of(inner, &owner)?;
    let item = service.policy.visibility_of(MessageKind::AppointmentLetter);
    let told = Told { new, item, key: &key, now: context.now };
    let mailbox = owner.record.mailbox;
    let found = rows::named(connection, id, external_id)?;
    let is_new = found.is_none();
    if let Some(found) = found {
        may_change(&found, mailbox)?;
        if !told.is_known(&found)? {
            rows::change(connection, &found, &told)?;
        }
    } else {
        // What the citizen cannot get is refused when it is told of first. Later the bounds of each reader decide.
        let unregistered = service.policy.unregistered_recipients;
        let facts = routing::Facts::inbox_only(&owner.facts, item, unregistered, inner.policy);
        if let Route::Reject(rejection) = routing::decide(&facts).route {
            return Err(Failure::Rejected(rejection));
        }
        match rows::insert(connection, mailbox, id, external_id, &told) {
            // Somebody else tells of it at this moment.
            Err(StoreError::Conflict(_)) => return Err(Failure::InProgress),
            inserted => inserted?,
        };
    }
    let kept = rows::named(connection, id, external_id)?.ok_or(CORRUPT)?;
    Ok(Kept { appointment: as_told(&kept, &key)?, is_new })
}

/// Another citizen's appointment never becomes this one's, and nothing that was cancelled takes place after all: the
/// citizen may have been told so. A new one has a new name.
fn may_change(found: &Stored, mailbox: MailboxId) -> Result<(), Failure> {
    if found.mailbox != mailbox {
        Err(Failure::AppointmentOfAnother)
    } else if found.facts.cancellation.is_some() {
        Err(NotCancellable::AlreadyCancelled.into())
    } else {
        Ok(())
    }
}

fn owner(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    recipient: &Recipient,
) -> Result<Option<Owner>, StoreError> {
    match recipient {
        Recipient::Mailbox(mailbox) => owner_of(connection, *mailbox, context.now),
        Recipient::Person(number) => owner_by_hash(connection, &inner.vault.lookup_hash(number), context.now),
    }
}

fn key_of(inner: &Inner, owner: &Owner) -> Result<MailboxKey, StoreError> {
    owner.key(&inner.vault)
}

fn as_told(found: &Stored, key: &MailboxKey) -> Result<ServiceAppointment, StoreError> {
    Ok(ServiceAppointment {
        id: found.id,
        external_id: found.external_id.clone(),
        mailbox: found.mailbox,
        kind: found.kind,
        facts: found.facts,
        text: found.text(key)?,
        changed_at: found.changed_at,
    })
}

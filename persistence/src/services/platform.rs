//! The mailbox's own organisation and service: the sender of what it tells owners itself (FUL-17).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::PlatformAct;
use domain::audit::{Object, ObjectKind, Subject};
use domain::consent::ConsentLevel;
use domain::dialogue::DialoguePolicy;
use domain::id::{OrganisationId, ServiceId};
use domain::identity::OrganisationNumber;
use domain::message::{ParentVisibility, YouthVisibility};
use domain::organisation::Name;
use domain::routing::ExternalChannels;
use domain::rule::Rule;
use domain::service::{ItemPolicy, ServiceKind, ServicePolicy, UnregisteredRecipients};

use crate::access::audit;
use crate::context::new_id;
use crate::database::{Connection, Id, Key, Time, locked, on};
use crate::error::{Failure, StoreError};
use crate::feeds::feed;
use crate::schema::{organisation, service};
use crate::services::service::{NewService, insert as insert_service};
use crate::{Inner, Store};

/// What the mailbox's own messages ask of who looks at them: they are for the owner alone.
pub(crate) const ITEM_POLICY: ItemPolicy = ItemPolicy {
    minimum_consent: ConsentLevel::Basis,
    available_at_protected_address: true,
    parents: ParentVisibility::Never,
    power_of_attorney: false,
    youth: YouthVisibility::Never,
};

/// The mailbox's own organisation and service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct PlatformService {
    pub(crate) organisation: OrganisationId,
    pub(crate) service: ServiceId,
}

impl Store {
    /// Sees to it that the mailbox has an organisation and a service of its own, which recipients see by this name. Done
    /// once, at the start; doing it again changes nothing but the name.
    ///
    /// # Errors
    /// The store away.
    pub async fn platform_service_open(
        &self,
        number: OrganisationNumber,
        name: Name,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        self.run(move |inner, connection| {
            let platform = connection.write(|connection| ensure(inner, connection, (&number, &name), now))?;
            // Set before by nobody but an earlier call, which found the same rows.
            let _ = inner.platform.set(platform);
            Ok(())
        })
        .await
    }
}

impl Inner {
    /// The sender of the mailbox's own messages.
    pub(crate) fn platform_service(&self) -> Result<PlatformService, StoreError> {
        self.platform.get().copied().ok_or_else(|| StoreError::unavailable("the mailbox's own service is not open"))
    }
}

fn ensure(
    inner: &Inner,
    connection: &mut Connection,
    (number, name): (&OrganisationNumber, &Name),
    now: DateTime<Utc>,
) -> Result<PlatformService, Failure> {
    on!(&mut *connection, c => diesel::insert_into(organisation::table)
        .values((
            organisation::id.eq(new_id::<OrganisationId>().key()),
            organisation::number.eq(number.as_str()),
            organisation::name.eq(name.as_str()),
            organisation::created_at.eq(Time(now)),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    let organisation: OrganisationId = locked(connection, number)?.into();
    feed::open(connection, organisation, now)?;
    let known = on!(&mut *connection, c => service::table
        .filter(service::organisation_id.eq(organisation.key()))
        .filter(service::kind.eq(ServiceKind::Platform.as_word()))
        .order(service::id)
        .select((service::id, service::name))
        .first::<(Id, String)>(c)
        .optional())?;
    match known {
        Some((id, known_name)) => {
            if known_name != name.as_str() {
                on!(connection, c => diesel::update(service::table.filter(service::id.eq(id)))
                    .set(service::name.eq(name.as_str()))
                    .execute(c))?;
            }
            Ok(PlatformService { organisation, service: id.into() })
        }
        None => {
            let opened = insert_service(inner, connection, organisation, new_service(name.clone()), now)?;
            let object = Object { kind: ObjectKind::Service, id: opened.id.as_uuid() };
            let (subject, action) = (Subject::Organisation(organisation), PlatformAct::REGISTER_SERVICE.word());
            let entry = audit::of_worker(subject, action, Some(object), Rule::Ful17, new_id(), now);
            audit::insert(connection, vec![entry])?;
            Ok(PlatformService { organisation, service: opened.id })
        }
    }
}

/// The organisation, held so that of two servers that start at once only the first opens a service.
fn locked(connection: &mut Connection, number: &OrganisationNumber) -> Result<Id, StoreError> {
    let found = organisation::table
        .filter(organisation::number.eq(number.as_str()))
        .filter(organisation::ended_at.is_null())
        .select(organisation::id);
    Ok(locked!(connection, found, first::<Id>)?)
}

fn new_service(name: Name) -> NewService {
    NewService {
        name,
        name_nynorsk: None,
        kind: ServiceKind::Platform,
        policy: ServicePolicy {
            visibility: ITEM_POLICY,
            by_kind: vec![],
            unregistered_recipients: UnregisteredRecipients::Hold,
            attachment_types: vec![],
            dialogue: DialoguePolicy::CLOSED,
            external: ExternalChannels::NONE,
            needs_hpr_number: false,
        },
    }
}

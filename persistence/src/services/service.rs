//! Services.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use domain::access::{PlatformAct, ServiceAct};
use domain::attachment::FileType;
use domain::audit::{Object, ObjectKind, Subject};
use domain::consent::ConsentLevel;
use domain::id::{OrganisationId, ServiceId};
use domain::identity::OrganisationNumber;
use domain::message::{MessageKind, Sender};
use domain::organisation::Name;
use domain::service::{ItemPolicy, Service, ServiceKind, ServicePolicy};
use serde::{Deserialize, Serialize};

use crate::access::Done;
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::idempotency::{self, Created, RequestKey};
use crate::schema::{organisation, service};
use crate::{Inner, Store};

mod dialogue_settings;
mod external_channels;

const CORRUPT: StoreError = StoreError::Corrupt { what: "service" };

/// What an organisation decides about a service.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = service, treat_none_as_null = true)]
struct SettingsRow {
    name: String,
    kind: &'static str,
    minimum_consent: i16,
    unregistered_recipients: &'static str,
    available_at_protected_address: bool,
    attachment_types: String,
    parents: &'static str,
    power_of_attorney: bool,
    youth: &'static str,
    kind_visibility: String,
    name_nynorsk: Option<String>,
    dialogue: String,
    external_channels: String,
    hpr_number_required: bool,
}

/// A service as its organisation wants it.
#[derive(Clone, Debug)]
pub struct NewService {
    /// What people call it.
    pub name: Name,
    /// What it is called in Nynorsk, where that differs.
    pub name_nynorsk: Option<Name>,
    /// What it does.
    pub kind: ServiceKind,
    /// How it wants to be used.
    pub policy: ServicePolicy,
}

type ServiceRow = (
    (Id, Id, String, Option<String>, String, String, String),
    (i16, bool, String, bool, String, String),
    (String, String, bool),
);

macro_rules! service_columns {
    () => {
        (
            (
                service::id,
                service::organisation_id,
                service::name,
                service::name_nynorsk,
                service::kind,
                service::unregistered_recipients,
                service::attachment_types,
            ),
            (
                service::minimum_consent,
                service::available_at_protected_address,
                service::parents,
                service::power_of_attorney,
                service::youth,
                service::kind_visibility,
            ),
            (service::dialogue, service::external_channels, service::hpr_number_required),
        )
    };
}

impl Store {
    /// A service, for its own systems, with what its recipients see of it.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn service_fetch(&self, context: &Context, id: ServiceId) -> Result<(Service, Sender), Failure> {
        self.read_service(context, id, ServiceAct::SEE_SERVICE, move |inner, connection, grant| {
            let service = fetch(connection, grant.service())?.ok_or(Failure::NotFound)?;
            Ok(Done::of((service, Sender::clone(&*sender(inner, connection, id)?))))
        })
        .await
    }

    /// Changes a service to what its organisation wants. `is_current` says of the service as it stands whether it is the
    /// version that the caller has seen.
    ///
    /// # Errors
    /// Refused, another version by now, or the store away.
    pub async fn service_change(
        &self,
        context: &Context,
        id: ServiceId,
        wanted: NewService,
        is_current: impl FnOnce(&Service, &Sender) -> bool + Send + 'static,
    ) -> Result<(Service, Sender), Failure> {
        let changed = self
            .write_service(context, id, ServiceAct::CHANGE_SERVICE, move |inner, connection, _| {
                lock(connection, id)?;
                let before = fetch(connection, id)?.ok_or(Failure::NotFound)?;
                if !is_current(&before, &read_sender(connection, id)?) {
                    return Err(Failure::VersionChanged);
                }
                let after = as_wanted(id, before.organisation, wanted);
                let row = settings_row(&after)?;
                on!(&mut *connection, c => diesel::update(service::table.find(id.key())).set(row).execute(c))?;
                let sender = read_sender(connection, id)?;
                inner.senders.invalidate(&id);
                Ok(Done::of((after, sender)).about(Object { kind: ObjectKind::Service, id: id.as_uuid() }))
            })
            .await?;
        // Somebody may have read the old name between the change and its commit.
        self.inner.senders.invalidate(&id);
        Ok(changed)
    }

    /// Opens a service of an organisation.
    ///
    /// # Errors
    /// Refused, no such organisation, or the store away.
    pub async fn service_register(
        &self,
        context: &Context,
        organisation: OrganisationId,
        new: NewService,
        key: Option<RequestKey>,
    ) -> Result<Created<Service>, Failure> {
        let now = context.now;
        let scope = self.idempotency_scope(context);
        let subject = Subject::Organisation(organisation);
        self.for_platform(context, PlatformAct::REGISTER_SERVICE, subject, move |inner, connection, _| {
            crate::services::organisation::is_active(connection, organisation)?;
            let created = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| insert(inner, connection, organisation, new, now),
                |connection, id| fetch(connection, id.into())?.ok_or(Failure::NotFound),
                |service: &Service| service.id.key(),
            )?;
            let object = Object { kind: ObjectKind::Service, id: created.value().id.as_uuid() };
            Ok((created, Some(object)))
        })
        .await
    }

    /// The services of an organisation, for operators, in the order in which they were opened.
    ///
    /// # Errors
    /// Refused, no such organisation, or the store away.
    pub async fn service_list(&self, context: &Context, owner: OrganisationId) -> Result<Vec<Service>, Failure> {
        let subject = Subject::Organisation(owner);
        self.for_platform(context, PlatformAct::LIST_SERVICES, subject, move |_, connection, _| {
            crate::services::organisation::exists(connection, owner)?;
            let rows = on!(connection, c => service::table
                .filter(service::organisation_id.eq(owner.key()))
                .order(service::id)
                .select(service_columns!())
                .load::<ServiceRow>(c))?;
            let services = rows.into_iter().map(service_from).collect::<Result<Vec<_>, _>>()?;
            Ok((services, None))
        })
        .await
    }
}

pub(crate) fn insert(
    inner: &Inner,
    connection: &mut Connection,
    organisation: OrganisationId,
    new: NewService,
    now: DateTime<Utc>,
) -> Result<Service, Failure> {
    let service = as_wanted(new_id(), organisation, new);
    let row = settings_row(&service)?;
    let keys = inner.vault.new_service_key(service.id).1;
    on!(connection, c => diesel::insert_into(service::table)
        .values((
            service::id.eq(service.id.key()),
            service::organisation_id.eq(organisation.key()),
            service::key_epoch.eq(keys.epoch),
            service::data_key.eq(keys.wrapped),
            service::created_at.eq(Time(now)),
            row,
        ))
        .execute(c))?;
    Ok(service)
}

fn as_wanted(id: ServiceId, organisation: OrganisationId, wanted: NewService) -> Service {
    let NewService { name, name_nynorsk, kind, policy } = wanted;
    Service { id, organisation, name, name_nynorsk, kind, policy }
}

fn settings_row(service: &Service) -> Result<SettingsRow, StoreError> {
    let ServicePolicy {
        visibility,
        by_kind,
        unregistered_recipients,
        attachment_types,
        dialogue,
        external,
        needs_hpr_number,
    } = &service.policy;
    Ok(SettingsRow {
        name: service.name.as_str().to_owned(),
        kind: service.kind.as_word(),
        minimum_consent: visibility.minimum_consent.rank(),
        unregistered_recipients: unregistered_recipients.as_word(),
        available_at_protected_address: visibility.available_at_protected_address,
        attachment_types: words_of(attachment_types),
        parents: visibility.parents.as_word(),
        power_of_attorney: visibility.power_of_attorney,
        youth: visibility.youth.as_word(),
        kind_visibility: by_kind_to_text(by_kind)?,
        name_nynorsk: service.name_nynorsk.as_ref().map(|name| name.as_str().to_owned()),
        dialogue: dialogue_settings::to_text(dialogue)?,
        external_channels: external_channels::to_text(external)?,
        hpr_number_required: *needs_hpr_number,
    })
}

fn words_of(types: &[FileType]) -> String {
    types.iter().map(|file_type| file_type.as_word()).collect::<Vec<_>>().join(" ")
}

/// A service; none where there is no such one.
pub(crate) fn fetch(connection: &mut Connection, id: ServiceId) -> Result<Option<Service>, StoreError> {
    Ok(fetch_all(connection, &[id])?.pop())
}

/// Services by their ids. One that does not exist is left out.
pub(crate) fn fetch_all(connection: &mut Connection, ids: &[ServiceId]) -> Result<Vec<Service>, StoreError> {
    let ids: Vec<Id> = ids.iter().map(|id| id.key()).collect();
    let rows = on!(connection, c => service::table
        .filter(service::id.eq_any(&ids))
        .select(service_columns!())
        .load::<ServiceRow>(c))?;
    rows.into_iter().map(service_from).collect()
}

/// The services of an organisation.
pub(crate) fn of_organisation(
    connection: &mut Connection,
    id: OrganisationId,
) -> Result<HashSet<ServiceId>, StoreError> {
    let ids = on!(connection, c => service::table
        .filter(service::organisation_id.eq(id.key()))
        .filter(service::kind.ne(ServiceKind::Platform.as_word()))
        .select(service::id)
        .load::<Id>(c))?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// Services with what recipients see of them: these, or all there are.
pub(crate) fn directory(
    connection: &mut Connection,
    only: Option<&[ServiceId]>,
) -> Result<Vec<(Service, Sender)>, StoreError> {
    let only: Option<Vec<Id>> = only.map(|ids| ids.iter().map(|id| id.key()).collect());
    let rows = on!(connection, c => {
        let mut query = service::table
            .inner_join(organisation::table.on(organisation::id.eq(service::organisation_id)))
            .select((service_columns!(), (organisation::number, organisation::name)))
            .into_boxed();
        if let Some(only) = &only {
            query = query.filter(service::id.eq_any(only));
        }
        query.load::<(ServiceRow, (String, String))>(c)
    })?;
    rows.into_iter()
        .map(|(row, (number, name))| {
            let service = service_from(row)?;
            let sender = Sender {
                service: service.id,
                service_name: service.name.clone(),
                organisation_number: OrganisationNumber::parse(&number).map_err(|_| CORRUPT)?,
                organisation_name: Name::parse(&name).map_err(|_| CORRUPT)?,
            };
            Ok((service, sender))
        })
        .collect()
}

fn service_from(row: ServiceRow) -> Result<Service, StoreError> {
    let ((id, organisation, name, name_nynorsk, kind, unregistered, types), visibility, ways_to_work) = row;
    let (dialogue, external, needs_hpr_number) = ways_to_work;
    let (minimum_consent, available_at_protected_address, parents, power_of_attorney, youth, by_kind) = visibility;
    Ok(Service {
        id: id.into(),
        organisation: organisation.into(),
        name: Name::parse(&name).map_err(|_| CORRUPT)?,
        name_nynorsk: name_nynorsk.map(|name| Name::parse(&name)).transpose().map_err(|_| CORRUPT)?,
        kind: kind.parse().map_err(|_| CORRUPT)?,
        policy: ServicePolicy {
            visibility: ItemPolicy {
                minimum_consent: ConsentLevel::from_rank(minimum_consent).ok_or(CORRUPT)?,
                available_at_protected_address,
                parents: parents.parse().map_err(|_| CORRUPT)?,
                power_of_attorney,
                youth: youth.parse().map_err(|_| CORRUPT)?,
            },
            by_kind: by_kind_from_text(&by_kind)?,
            unregistered_recipients: unregistered.parse().map_err(|_| CORRUPT)?,
            attachment_types: types
                .split_whitespace()
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(|_| CORRUPT)?,
            dialogue: dialogue_settings::from_text(&dialogue)?,
            external: external_channels::from_text(&external)?,
            needs_hpr_number,
        },
    })
}

/// What differs for one kind of message, as it is stored: an object of JSON, by the word of the kind.
#[derive(Serialize, Deserialize)]
struct StoredItemPolicy {
    minimum_consent: String,
    available_at_protected_address: bool,
    parents: String,
    power_of_attorney: bool,
    youth: String,
}

fn by_kind_to_text(by_kind: &[(MessageKind, ItemPolicy)]) -> Result<String, StoreError> {
    let stored: BTreeMap<&str, StoredItemPolicy> = by_kind
        .iter()
        .map(|(kind, policy)| {
            let ItemPolicy { minimum_consent, available_at_protected_address, parents, power_of_attorney, youth } =
                *policy;
            let stored = StoredItemPolicy {
                minimum_consent: minimum_consent.as_word().to_owned(),
                available_at_protected_address,
                parents: parents.as_word().to_owned(),
                power_of_attorney,
                youth: youth.as_word().to_owned(),
            };
            (kind.as_word(), stored)
        })
        .collect();
    serde_json::to_string(&stored).map_err(|_| CORRUPT)
}

fn by_kind_from_text(text: &str) -> Result<Vec<(MessageKind, ItemPolicy)>, StoreError> {
    let stored: BTreeMap<String, StoredItemPolicy> = serde_json::from_str(text).map_err(|_| CORRUPT)?;
    stored
        .into_iter()
        .map(|(kind, stored)| {
            let StoredItemPolicy { minimum_consent, available_at_protected_address, parents, power_of_attorney, youth } =
                stored;
            let policy = ItemPolicy {
                minimum_consent: minimum_consent.parse().map_err(|_| CORRUPT)?,
                available_at_protected_address,
                parents: parents.parse().map_err(|_| CORRUPT)?,
                power_of_attorney,
                youth: youth.parse().map_err(|_| CORRUPT)?,
            };
            Ok((kind.parse().map_err(|_| CORRUPT)?, policy))
        })
        .collect()
}

/// What recipients see of a service. Kept for some seconds: it stands on every line of every overview, and a changed
/// name may show a moment late.
pub(crate) fn sender(inner: &Inner, connection: &mut Connection, id: ServiceId) -> Result<Arc<Sender>, StoreError> {
    if let Some(sender) = inner.senders.get(&id) {
        return Ok(sender);
    }
    let sender = Arc::new(read_sender(connection, id)?);
    inner.senders.insert(id, Arc::clone(&sender));
    Ok(sender)
}

fn read_sender(connection: &mut Connection, id: ServiceId) -> Result<Sender, StoreError> {
    let (service_name, number, name) = on!(connection, c => service::table
        .inner_join(organisation::table.on(organisation::id.eq(service::organisation_id)))
        .filter(service::id.eq(id.key()))
        .select((service::name, organisation::number, organisation::name))
        .first::<(String, String, String)>(c))?;
    Ok(Sender {
        service: id,
        service_name: Name::parse(&service_name).map_err(|_| CORRUPT)?,
        organisation_number: OrganisationNumber::parse(&number).map_err(|_| CORRUPT)?,
        organisation_name: Name::parse(&name).map_err(|_| CORRUPT)?,
    })
}

/// Waits for whoever is changing the service, and keeps others waiting until the transaction ends.
pub(crate) fn lock(connection: &mut Connection, id: ServiceId) -> Result<(), StoreError> {
    if let Connection::Postgres(link) = connection {
        let row = service::table.find(id.key()).select(service::id).for_update();
        row.first::<Id>(&mut **link as &mut PgConnection).optional()?;
    }
    Ok(())
}

//! Organisations, their agreements and their systems. For operators. How they end is in [`ending`].

mod ending;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::{PlatformAct, Refusal};
use domain::agreement::Agreement;
use domain::audit::{Object, ObjectKind, Subject};
use domain::consent::DocumentVersion;
use domain::id::OrganisationId;
use domain::identity::OrganisationNumber;
use domain::organisation::{Client, ExternalClientId, Name, Organisation};

use crate::Store;
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::feed;
use crate::idempotency::{self, Created, RequestKey};
use crate::page::{Page, Slice};
use crate::schema::{agreement, client, organisation};

const CORRUPT: StoreError = StoreError::Corrupt { what: "organisation" };

type OrganisationRow = (Id, String, String, Option<Time>);
type AgreementRow = (Id, Id, String, String, NaiveDate, Option<NaiveDate>, Option<Time>);
type ClientRow = (Id, Id, String, String, Option<Time>);

/// An agreement as it is put on record.
#[derive(Clone, Debug)]
pub struct NewAgreement {
    /// Which text was signed.
    pub version: DocumentVersion,
    /// The role of who signed for the controller.
    pub signatory_role: Name,
    /// The first day on which it holds.
    pub valid_from: NaiveDate,
    /// The last day on which it holds.
    pub valid_to: Option<NaiveDate>,
}

impl Store {
    /// Registers an organisation.
    ///
    /// # Errors
    /// Refused, registered already, or the store away.
    pub async fn organisation_register(
        &self,
        context: &Context,
        number: OrganisationNumber,
        name: Name,
        key: Option<RequestKey>,
    ) -> Result<Created<Organisation>, Failure> {
        let (now, scope) = (context.now, self.idempotency_scope(context));
        let action = PlatformAct::REGISTER_ORGANISATION;
        self.for_platform(context, action, Subject::Platform, move |_, connection, _| {
            let made = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| insert_organisation(connection, number, name, now),
                |connection, id| fetch_organisation(connection, id.into()),
                |organisation: &Organisation| organisation.id.key(),
            )?;
            Ok((made, None))
        })
        .await
    }

    /// The organisations, in the order in which they were registered.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn organisation_list(&self, context: &Context, page: Page) -> Result<Slice<Organisation>, Failure> {
        let action = PlatformAct::LIST_ORGANISATIONS;
        self.for_platform(context, action, Subject::Platform, move |inner, connection, _| {
            let after: Option<Id> = page.position(&inner.vault, "organisations")?;
            let rows = on!(connection, c => organisation::table
                .filter(organisation::id.gt(after.unwrap_or(Id::MIN)))
                .order(organisation::id)
                .limit(page.fetch_limit())
                .select((organisation::id, organisation::number, organisation::name, organisation::ended_at))
                .load::<OrganisationRow>(c))?;
            let slice = Slice::cut(rows, &page, &inner.vault, "organisations", |row| row.0);
            Ok((slice.try_map(organisation_from)?, None))
        })
        .await
    }

    /// One organisation.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn organisation_fetch(&self, context: &Context, id: OrganisationId) -> Result<Organisation, Failure> {
        let action = PlatformAct::SEE_ORGANISATION;
        self.for_platform(context, action, Subject::Organisation(id), move |_, connection, _| {
            Ok((fetch_organisation(connection, id)?, None))
        })
        .await
    }

    /// Puts a data-processing agreement on record (PP-3).
    ///
    /// # Errors
    /// Refused, no such organisation, a period that overlaps another agreement, or the store away.
    pub async fn agreement_register(
        &self,
        context: &Context,
        organisation: OrganisationId,
        new: NewAgreement,
        key: Option<RequestKey>,
    ) -> Result<Created<Agreement>, Failure> {
        let (now, scope) = (context.now, self.idempotency_scope(context));
        let (action, subject) = (PlatformAct::REGISTER_AGREEMENT, Subject::Organisation(organisation));
        self.for_platform(context, action, subject, move |_, connection, _| {
            is_active(connection, organisation)?;
            let made = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| insert_agreement(connection, organisation, new, now),
                |connection, id| {
                    let mut known = agreements_of(connection, organisation)?.into_iter();
                    known.find(|agreement| agreement.id.key() == id).ok_or(Failure::NotFound)
                },
                |agreement: &Agreement| agreement.id.key(),
            )?;
            let object = Object { kind: ObjectKind::Agreement, id: made.value().id.as_uuid() };
            Ok((made, Some(object)))
        })
        .await
    }

    /// The agreements of an organisation, oldest first.
    ///
    /// # Errors
    /// Refused, no such organisation, or the store away.
    pub async fn agreement_list(&self, context: &Context, id: OrganisationId) -> Result<Vec<Agreement>, Failure> {
        let action = PlatformAct::LIST_AGREEMENTS;
        self.for_platform(context, action, Subject::Organisation(id), move |_, connection, _| {
            exists(connection, id)?;
            Ok((agreements_of(connection, id)?, None))
        })
        .await
    }

    /// Registers a system of an organisation. From the first one on, no others act for it.
    ///
    /// # Errors
    /// Refused, no such organisation, registered already, or the store away.
    pub async fn client_register(
        &self,
        context: &Context,
        organisation: OrganisationId,
        external_id: ExternalClientId,
        name: Name,
        key: Option<RequestKey>,
    ) -> Result<Created<Client>, Failure> {
        let (now, scope) = (context.now, self.idempotency_scope(context));
        let (action, subject) = (PlatformAct::REGISTER_CLIENT, Subject::Organisation(organisation));
        self.for_platform(context, action, subject, move |_, connection, _| {
            is_active(connection, organisation)?;
            let made = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| insert_client(connection, organisation, external_id, name, now),
                |connection, id| {
                    let mut known = clients_of(connection, organisation)?.into_iter();
                    known.find(|client| client.id.key() == id).ok_or(Failure::NotFound)
                },
                |client: &Client| client.id.key(),
            )?;
            let object = Object { kind: ObjectKind::Client, id: made.value().id.as_uuid() };
            Ok((made, Some(object)))
        })
        .await
    }

    /// The systems of an organisation.
    ///
    /// # Errors
    /// Refused, no such organisation, or the store away.
    pub async fn client_list(&self, context: &Context, id: OrganisationId) -> Result<Vec<Client>, Failure> {
        let action = PlatformAct::LIST_CLIENTS;
        self.for_platform(context, action, Subject::Organisation(id), move |_, connection, _| {
            exists(connection, id)?;
            Ok((clients_of(connection, id)?, None))
        })
        .await
    }
}

/// The names of organisations by their numbers, for whoever is in the access log.
pub(crate) fn names_of<'n>(
    connection: &mut Connection,
    numbers: impl Iterator<Item = &'n str>,
) -> Result<HashMap<String, String>, StoreError> {
    let numbers: HashSet<&str> = numbers.collect();
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(on!(connection, c => organisation::table
        .filter(organisation::number.eq_any(numbers))
        .select((organisation::number, organisation::name))
        .load::<(String, String)>(c))?
    .into_iter()
    .collect())
}

/// The number of an organisation that is registered.
pub(crate) fn number_of(connection: &mut Connection, id: OrganisationId) -> Result<String, Failure> {
    Ok(fetch_organisation(connection, id)?.number.as_str().to_owned())
}

/// That there is such an organisation, ended or not.
pub(crate) fn exists(connection: &mut Connection, id: OrganisationId) -> Result<(), Failure> {
    fetch_organisation(connection, id).map(|_| ())
}

/// That there is such an organisation, and that it has not ended: for what is registered of it.
pub(crate) fn is_active(connection: &mut Connection, id: OrganisationId) -> Result<(), Failure> {
    match fetch_organisation(connection, id)?.ended_at {
        None => Ok(()),
        Some(_) => Err(Failure::Refused(Refusal::OrganisationEnded)),
    }
}

fn fetch_organisation(connection: &mut Connection, id: OrganisationId) -> Result<Organisation, Failure> {
    let row = on!(connection, c => organisation::table
        .filter(organisation::id.eq(id.key()))
        .select((organisation::id, organisation::number, organisation::name, organisation::ended_at))
        .first::<OrganisationRow>(c)
        .optional())?;
    Ok(organisation_from(row.ok_or(Failure::NotFound)?)?)
}

fn organisation_from((id, number, name, ended_at): OrganisationRow) -> Result<Organisation, StoreError> {
    Ok(Organisation {
        id: id.into(),
        number: OrganisationNumber::parse(&number).map_err(|_| CORRUPT)?,
        name: Name::parse(&name).map_err(|_| CORRUPT)?,
        ended_at: ended_at.map(|at| at.0),
    })
}

fn insert_organisation(
    connection: &mut Connection,
    number: OrganisationNumber,
    name: Name,
    now: DateTime<Utc>,
) -> Result<Organisation, Failure> {
    let made = Organisation { id: new_id(), number, name, ended_at: None };
    let row = (
        organisation::id.eq(made.id.key()),
        organisation::number.eq(made.number.as_str().to_owned()),
        organisation::name.eq(made.name.as_str().to_owned()),
        organisation::created_at.eq(Time(now)),
    );
    on!(connection, c => diesel::insert_into(organisation::table).values(row).execute(c))
        .map_err(|error| taken(error, Failure::OrganisationExists))?;
    feed::open(connection, made.id, now)?;
    Ok(made)
}

fn insert_agreement(
    connection: &mut Connection,
    organisation: OrganisationId,
    new: NewAgreement,
    now: DateTime<Utc>,
) -> Result<Agreement, Failure> {
    let NewAgreement { version, signatory_role, valid_from, valid_to } = new;
    let made = Agreement { id: new_id(), organisation, version, signatory_role, valid_from, valid_to, ended_at: None };
    let ends = |agreement: &Agreement| agreement.last_day().unwrap_or(NaiveDate::MAX);
    let overlaps = |known: &Agreement| made.valid_from <= ends(known) && known.valid_from <= ends(&made);
    if agreements_of(connection, organisation)?.iter().any(overlaps) {
        return Err(Failure::AgreementOverlaps);
    }
    let row = (
        agreement::organisation_id.eq(organisation.key()),
        agreement::id.eq(made.id.key()),
        agreement::version.eq(made.version.as_str().to_owned()),
        agreement::signatory_role.eq(made.signatory_role.as_str().to_owned()),
        agreement::valid_from.eq(valid_from),
        agreement::valid_to.eq(valid_to),
        agreement::created_at.eq(Time(now)),
    );
    on!(connection, c => diesel::insert_into(agreement::table).values(row).execute(c))?;
    Ok(made)
}

fn agreements_of(connection: &mut Connection, id: OrganisationId) -> Result<Vec<Agreement>, StoreError> {
    let rows = on!(connection, c => agreement::table
        .filter(agreement::organisation_id.eq(id.key()))
        .order(agreement::valid_from)
        .select((
            agreement::id, agreement::organisation_id, agreement::version,
            agreement::signatory_role, agreement::valid_from, agreement::valid_to, agreement::ended_at,
        ))
        .load::<AgreementRow>(c))?;
    let agreement = |(id, organisation, version, role, valid_from, valid_to, ended_at): AgreementRow| {
        Ok(Agreement {
            id: id.into(),
            organisation: organisation.into(),
            version: DocumentVersion::parse(&version).map_err(|_| CORRUPT)?,
            signatory_role: Name::parse(&role).map_err(|_| CORRUPT)?,
            valid_from,
            valid_to,
            ended_at: ended_at.map(|at| at.0),
        })
    };
    rows.into_iter().map(agreement).collect()
}

fn insert_client(
    connection: &mut Connection,
    organisation: OrganisationId,
    external_id: ExternalClientId,
    name: Name,
    now: DateTime<Utc>,
) -> Result<Client, Failure> {
    let made = Client { id: new_id(), organisation, external_id, name, ended_at: None };
    let row = (
        client::organisation_id.eq(organisation.key()),
        client::id.eq(made.id.key()),
        client::external_id.eq(made.external_id.as_str().to_owned()),
        client::name.eq(made.name.as_str().to_owned()),
        client::created_at.eq(Time(now)),
    );
    on!(connection, c => diesel::insert_into(client::table).values(row).execute(c))
        .map_err(|error| taken(error, Failure::ClientExists))?;
    Ok(made)
}

fn clients_of(connection: &mut Connection, id: OrganisationId) -> Result<Vec<Client>, StoreError> {
    let rows = on!(connection, c => client::table
        .filter(client::organisation_id.eq(id.key()))
        .order(client::id)
        .select((client::id, client::organisation_id, client::external_id, client::name, client::ended_at))
        .load::<ClientRow>(c))?;
    let client = |(id, organisation, external_id, name, ended_at): ClientRow| {
        Ok(Client {
            id: id.into(),
            organisation: organisation.into(),
            external_id: ExternalClientId::parse(&external_id).map_err(|_| CORRUPT)?,
            name: Name::parse(&name).map_err(|_| CORRUPT)?,
            ended_at: ended_at.map(|at| at.0),
        })
    };
    rows.into_iter().map(client).collect()
}

/// A unique number or name that is there already.
fn taken(error: diesel::result::Error, exists: Failure) -> Failure {
    match StoreError::from(error) {
        StoreError::Conflict(_) => exists,
        other => Failure::Store(other),
    }
}

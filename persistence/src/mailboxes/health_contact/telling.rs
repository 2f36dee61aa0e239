//! What services' own systems tell of health contacts: a batch of lines, each of one contact under a name of the
//! service's own. What is known changes nothing, so a batch may be sent again.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use domain::access::{Refusal, ServiceAct};
use domain::appointment::ExternalId;
use domain::health_contact::{ContactKind, ContactNames};
use domain::id::{BatchId, HealthContactId, ServiceId};
use domain::identity::NationalId;
use domain::service::Service;

use super::merge::Merge;
use super::rows::{CORRUPT, LineRow, seal_names};
use crate::access::Done;
use crate::access::facts::{Owner, owners_by_hashes};
use crate::batch::{BatchReport, BatchTerms, LineFault, batch_lines};
use crate::chain::Chain;
use crate::context::{Context, new_id};
use crate::database::{Connection, Key, Time};
use crate::error::Failure;
use crate::persons::register::{Refreshed, Whom};
use crate::schema::health_contact_line;
use crate::services::service;
use crate::{Inner, Store};

/// A line of a batch.
#[derive(Clone, Debug)]
pub struct HealthContactLine {
    /// Where it stands, from 1.
    pub line: u32,
    /// Whose contact it is.
    pub citizen: NationalId,
    /// The service's own name for it.
    pub external_id: ExternalId,
    /// What it is to the citizen; where left out, what the service's contacts are.
    pub kind: Option<ContactKind>,
    /// Who it is.
    pub names: ContactNames,
    /// The service of the organisation to which one writes; where left out, the one that tells.
    pub writes_to: Option<ServiceId>,
    /// The first day.
    pub valid_from: NaiveDate,
    /// The last day, where one is known.
    pub valid_to: Option<NaiveDate>,
}

/// What came of a batch.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct HealthContactReport {
    /// What came of its lines.
    pub lines: BatchReport,
    /// Lines of citizens whom the service does not reach here: nothing of them is kept (CON-7). They stand against
    /// nothing else.
    pub unreachable: Vec<u32>,
}

batch_lines!(health_contact_line by external_id: String);

impl Store {
    /// Begins a batch.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn health_contact_batch_begin(&self, context: &Context, service: ServiceId) -> Result<BatchId, Failure> {
        self.service_authorise(context, service, ServiceAct::TELL_HEALTH_CONTACTS).await?;
        Ok(new_id())
    }

    /// Puts lines of a batch aside. They count for nothing yet. Says with which of them something is wrong. The population
    /// register is asked for citizens who are not known here.
    ///
    /// # Errors
    /// The register away where it has to be asked, or the store away.
    pub async fn health_contact_batch_add(
        &self,
        context: &Context,
        service: ServiceId,
        batch: BatchId,
        lines: Vec<HealthContactLine>,
    ) -> Result<Vec<(u32, LineFault)>, Failure> {
        let now = context.now;
        let mut numbers: Vec<NationalId> = lines.iter().map(|line| line.citizen.clone()).collect();
        numbers.sort_by(|one, other| one.expose().cmp(other.expose()));
        numbers.dedup();
        let known = self.register_known(numbers.clone()).await?;
        let unknown = numbers.into_iter().zip(known).filter(|(_, known)| known.is_none());
        let unknown: Vec<Whom> = unknown.map(|(number, _)| Whom::Number(number)).collect();
        if !unknown.is_empty() && self.refresh(unknown, now).await? == Refreshed::Away {
            return Err(Refusal::RegisterUnavailable.into());
        }
        self.run(move |inner, connection| {
            let service = service::fetch(connection, service)?.ok_or(Failure::NotFound)?;
            let (rows, faults) = put_aside(inner, connection, &service, batch, lines, Time(now))?;
            connection.write(|connection| Ok::<_, Failure>(LineRow::insert_all(connection, rows)?))?;
            Ok(faults)
        })
        .await
    }

    /// Ends a batch: all that can be taken counts from now, in one transaction. With [`BatchTerms::is_atomic`] nothing
    /// counts where a line cannot be taken. A full list closes nothing where a line of it was broken: what is missing
    /// cannot be told then. Who has got another general practitioner by it is told so, once.
    ///
    /// # Errors
    /// Refused, a full list without a single line, or the store away.
    pub async fn health_contact_batch_end(
        &self,
        context: &Context,
        service: ServiceId,
        batch: BatchId,
        terms: BatchTerms,
    ) -> Result<HealthContactReport, Failure> {
        let owned = context.clone();
        let act = ServiceAct::TELL_HEALTH_CONTACTS;
        let report = self
            .write_service(context, service, act, move |inner, connection, grant| {
                service::lock(connection, service)?;
                let service = service::fetch(connection, service)?.ok_or(Failure::NotFound)?;
                let mut merge = Merge::new(inner, &owned, grant, &service);
                merge.take(connection, batch, terms)?;
                forget(connection, batch)?;
                Ok(Done::of(merge.report))
            })
            .await?;
        self.inner.work.notify_one();
        Ok(report)
    }

    /// Forgets the lines of a batch that came to nothing. Should this fail, they go after a day.
    pub async fn health_contact_batch_discard(&self, batch: BatchId) {
        let gone = self
            .run(move |_, connection| connection.write(|connection| Ok::<_, Failure>(forget(connection, batch)?)))
            .await;
        if let Err(error) = gone {
            tracing::warn!(error = %Chain(&error), "lines of no batch are left for a while");
        }
    }
}

/// Lines with which something is wrong.
type Faults = Vec<(u32, LineFault)>;

/// Lines as rows, sealed for their citizens, and those with which something is wrong.
fn put_aside(
    inner: &Inner,
    connection: &mut Connection,
    service: &Service,
    batch: BatchId,
    lines: Vec<HealthContactLine>,
    now: Time,
) -> Result<(Vec<LineRow>, Faults), Failure> {
    let of_organisation: HashSet<ServiceId> = service::of_organisation(connection, service.organisation)?;
    let hashes: Vec<Vec<u8>> = lines.iter().map(|line| inner.vault.lookup_hash(&line.citizen).to_vec()).collect();
    let owners: HashMap<Vec<u8>, Owner> = owners_by_hashes(connection, &hashes, now.0)?
        .into_iter()
        .map(|owner| (owner.lookup_hash().to_vec(), owner))
        .collect();
    let (mut rows, mut faults) = (Vec::with_capacity(lines.len()), vec![]);
    for (line, hash) in lines.into_iter().zip(&hashes) {
        let HealthContactLine { line, citizen: _, external_id, kind, names, writes_to, valid_from, valid_to } = line;
        let writes_to = writes_to.unwrap_or(service.id);
        if !of_organisation.contains(&writes_to) {
            faults.push((line, LineFault::UnknownService));
            continue;
        }
        let Some(owner) = owners.get(hash) else {
            faults.push((line, LineFault::NotRegistered));
            continue;
        };
        let id: HealthContactId = new_id();
        let mailbox = owner.record.mailbox;
        let key = owner.key(&inner.vault)?;
        rows.push(LineRow {
            batch_id: batch.key(),
            line: i32::try_from(line).map_err(|_| CORRUPT)?,
            id: id.key(),
            mailbox_id: mailbox.key(),
            external_id: external_id.as_str().to_owned(),
            kind: kind.unwrap_or_else(|| ContactKind::of_service(service.kind)).as_word(),
            names: seal_names(&key, id, &names)?,
            writes_to_id: writes_to.key(),
            valid_from,
            valid_to,
            told_at: now,
        });
    }
    Ok((rows, faults))
}

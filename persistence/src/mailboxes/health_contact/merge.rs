//! A batch of lines on its way into the contacts of a service, in one transaction.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use domain::access::{ServiceAct, ServiceGrant};
use domain::audit::{Entry, Object, ObjectKind, Subject};
use domain::health_contact::{ContactKind, ContactPeriod};
use domain::id::{BatchId, HealthContactId, MailboxId};
use domain::message::MessageKind;
use domain::person::day_of;
use domain::routing::{self, Route};
use domain::service::{ItemPolicy, Service};

use super::practitioner;
use super::rows::{self, CORRUPT, ContactRow, Line, Stored, StoredLine, line_from, open_names, seal_names};
use super::telling::{HealthContactReport, count, leave_out, repeats};
use crate::Inner;
use crate::access::audit;
use crate::access::facts::{Owner, owners_of};
use crate::batch::{BatchTerms, CHUNK, LineFault, in_order};
use crate::context::Context;
use crate::database::{Connection, Id, Key, Pairs, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::{health_contact, health_contact_line, health_contact_name as names};
use crate::work::job::JobRow;

/// The lines of a batch on their way into the contacts of a service.
pub(super) struct Merge<'m> {
    inner: &'m Inner,
    context: &'m Context,
    grant: &'m ServiceGrant,
    service: &'m Service,
    /// What the service's messages ask of who looks at them.
    item: ItemPolicy,
    pub(super) report: HealthContactReport,
    /// Mailboxes in which something about a general practitioner has changed.
    with_practitioner: HashSet<Id>,
}

/// What a chunk of lines comes to.
#[derive(Default)]
struct Outcome {
    rows: Vec<ContactRow>,
    jobs: Vec<JobRow>,
    entries: Vec<Entry>,
}

impl<'m> Merge<'m> {
    pub(super) fn new(inner: &'m Inner, context: &'m Context, grant: &'m ServiceGrant, service: &'m Service) -> Self {
        Self {
            inner,
            context,
            grant,
            service,
            item: service.policy.visibility_of(MessageKind::Service),
            report: HealthContactReport::default(),
            with_practitioner: HashSet::new(),
        }
    }

    /// Takes all of a batch that can be taken.
    pub(super) fn take(
        &mut self,
        connection: &mut Connection,
        batch: BatchId,
        terms: BatchTerms,
    ) -> Result<(), Failure> {
        let rejected = self.rejected(connection, batch)?;
        let is_broken = terms.has_broken_lines || !rejected.is_empty();
        if terms.is_full && !is_broken && count(connection, batch)? == 0 {
            return Err(Failure::EmptyBatch);
        }
        leave_out(connection, batch, &rejected)?;
        self.report.lines.rejected = rejected;
        if terms.is_atomic && is_broken {
            return Ok(());
        }
        let mut after = 0;
        loop {
            let lines = lines_after(connection, batch, after)?;
            let Some(last) = lines.last() else { break };
            after = i32::try_from(last.line).map_err(|_| CORRUPT)?;
            self.merge(connection, &lines)?;
        }
        if terms.is_full && !is_broken {
            self.close_others(connection, batch)?;
        }
        let mailboxes: Vec<Id> = self.with_practitioner.iter().copied().collect();
        for mailboxes in mailboxes.chunks(CHUNK) {
            practitioner::note_changes(connection, self.service.id, mailboxes, self.context.now)?;
        }
        Ok(())
    }

    /// The lines that cannot be taken, in their order, each once.
    fn rejected(&self, connection: &mut Connection, batch: BatchId) -> Result<Vec<(u32, LineFault)>, StoreError> {
        let repeats = repeats(connection, batch)?;
        let others = on!(connection, c => health_contact_line::table
            .inner_join(names::table.on(
                names::service_id.eq(self.service.id.key())
                    .and(names::external_id.eq(health_contact_line::external_id)),
            ))
            .filter(health_contact_line::batch_id.eq(batch.key()))
            .filter(names::mailbox_id.ne(health_contact_line::mailbox_id))
            .select(health_contact_line::line)
            .load::<i32>(c))?;
        let duplicates = repeats.into_iter().map(|line| (line, LineFault::Duplicate));
        Ok(in_order(duplicates.chain(others.into_iter().map(|line| (line, LineFault::AnotherCitizens)))))
    }

    fn merge(&mut self, connection: &mut Connection, lines: &[Line]) -> Result<(), Failure> {
        let now = self.context.now;
        let names: Vec<&str> = lines.iter().map(|line| line.external_id.as_str()).collect();
        let known = rows::named(connection, self.service.id, &names)?;
        let mailboxes: Vec<Id> = lines.iter().map(|line| line.mailbox.key()).collect();
        let owners: HashMap<MailboxId, Owner> =
            owners_of(connection, &mailboxes, now)?.into_iter().map(|owner| (owner.record.mailbox, owner)).collect();
        let mut outcome = Outcome::default();
        for line in lines {
            let owner = owners.get(&line.mailbox).ok_or(CORRUPT)?;
            match known.get(line.external_id.as_str()) {
                Some(found) => self.change(connection, owner, found, line, &mut outcome)?,
                None => self.add(owner, line, &mut outcome),
            }
        }
        let Outcome { rows, jobs, entries } = outcome;
        rows::NameRow::insert_all(connection, rows.iter().map(Into::into).collect())?;
        ContactRow::insert_all(connection, rows)?;
        JobRow::insert_all(connection, jobs)?;
        Ok(audit::insert(connection, entries)?)
    }

    fn change(
        &mut self,
        connection: &mut Connection,
        owner: &Owner,
        found: &Stored,
        line: &Line,
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        let key = owner.key(&self.inner.vault)?;
        let (before, told) = (open_names(&key, found.id, &found.names)?, open_names(&key, line.id, &line.names)?);
        let is_known = before == told
            && found.kind == line.kind
            && found.period == line.period
            && found.writes_to.key() == line.writes_to;
        if is_known {
            self.report.lines.unchanged += 1;
            return Ok(());
        }
        let names = seal_names(&key, found.id, &told)?;
        rows::change(connection, found, line, names, told.is_another(&before), Time(self.context.now))?;
        self.report.lines.changed += 1;
        let is_practitioner = [found.kind, line.kind].contains(&ContactKind::GeneralPractitioner);
        self.note(is_practitioner, found.mailbox, found.id, &line.period, outcome);
        Ok(())
    }

    /// What the citizen cannot get is not kept when it is told of first. Later the bounds of each reader decide.
    fn add(&mut self, owner: &Owner, line: &Line, outcome: &mut Outcome) {
        let unregistered = self.service.policy.unregistered_recipients;
        let facts = routing::Facts::inbox_only(&owner.facts, self.item, unregistered, self.inner.policy);
        if let Route::Reject(_) = routing::decide(&facts).route {
            self.report.unreachable.push(line.line);
            return;
        }
        let now = Time(self.context.now);
        outcome.rows.push(ContactRow {
            mailbox_id: line.mailbox.key(),
            id: line.id.key(),
            service_id: self.service.id.key(),
            external_id: line.external_id.as_str().to_owned(),
            kind: line.kind.as_word(),
            names: line.names.clone(),
            writes_to_id: line.writes_to,
            valid_from: line.period.from,
            valid_to: line.period.to,
            closed_on: None,
            name_version: 0,
            created_at: now,
            changed_at: now,
        });
        self.report.lines.created += 1;
        let is_practitioner = line.kind == ContactKind::GeneralPractitioner;
        self.note(is_practitioner, line.mailbox, line.id, &line.period, outcome);
    }

    /// Puts on record that a contact has changed; of a general practitioner also when to look again.
    fn note(
        &mut self,
        is_practitioner: bool,
        mailbox: MailboxId,
        id: HealthContactId,
        period: &ContactPeriod,
        outcome: &mut Outcome,
    ) {
        outcome.entries.push(self.entry(mailbox, id));
        if is_practitioner {
            self.with_practitioner.insert(mailbox.key());
            outcome.jobs.extend(practitioner::turns(mailbox, id, period, self.context.now));
        }
    }

    /// The entry stands in the mailbox's log: its owner sees who told what.
    fn entry(&self, mailbox: MailboxId, id: HealthContactId) -> Entry {
        let object = Some(Object { kind: ObjectKind::HealthContact, id: id.as_uuid() });
        let (log, action) = (Subject::Mailbox(mailbox), ServiceAct::TELL_HEALTH_CONTACTS.word());
        audit::granted(self.context, None, log, action, object, self.grant.rule())
    }

    /// Closes those whom a full list does not name.
    fn close_others(&mut self, connection: &mut Connection, batch: BatchId) -> Result<(), Failure> {
        use health_contact::dsl;
        let today = day_of(self.context.now);
        let mut after = String::new();
        loop {
            let unnamed = on!(&mut *connection, c => names::table
                .inner_join(dsl::health_contact.on(
                    dsl::mailbox_id.eq(names::mailbox_id).and(dsl::id.eq(names::contact_id)),
                ))
                .filter(names::service_id.eq(self.service.id.key()))
                .filter(names::external_id.gt(&after))
                .filter(dsl::closed_on.is_null())
                .filter(dsl::valid_to.is_null().or(dsl::valid_to.ge(today)))
                .filter(diesel::dsl::not(diesel::dsl::exists(
                    health_contact_line::table
                        .filter(health_contact_line::batch_id.eq(batch.key()))
                        .filter(health_contact_line::external_id.eq(names::external_id))
                        .select(health_contact_line::line),
                )))
                .order(names::external_id)
                .limit(i64::try_from(CHUNK).unwrap_or(i64::MAX))
                .select((dsl::mailbox_id, dsl::id, dsl::kind, names::external_id))
                .load::<(Id, Id, String, String)>(c))?;
            let Some(last) = unnamed.last() else { return Ok(()) };
            after.clone_from(&last.3);
            let places: Pairs = unnamed.iter().map(|row| (row.0, row.1)).collect();
            on!(&mut *connection, c => diesel::update(dsl::health_contact)
                .filter(places.among(dsl::mailbox_id, dsl::id))
                .set((dsl::closed_on.eq(today), dsl::changed_at.eq(Time(self.context.now))))
                .execute(c))?;
            self.report.lines.closed += unnamed.len() as u64;
            let mut entries = vec![];
            for (mailbox, id, kind, _) in unnamed {
                entries.push(self.entry(mailbox.into(), id.into()));
                if kind == ContactKind::GeneralPractitioner.as_word() {
                    self.with_practitioner.insert(mailbox);
                }
            }
            audit::insert(connection, entries)?;
        }
    }
}

fn lines_after(connection: &mut Connection, batch: BatchId, after: i32) -> Result<Vec<Line>, StoreError> {
    use health_contact_line::dsl;
    let rows = on!(connection, c => dsl::health_contact_line
        .filter(dsl::batch_id.eq(batch.key()))
        .filter(dsl::line.gt(after))
        .order(dsl::line)
        .limit(i64::try_from(CHUNK).unwrap_or(i64::MAX))
        .select((
            (dsl::line, dsl::id, dsl::mailbox_id, dsl::external_id, dsl::kind),
            (dsl::names, dsl::writes_to_id),
            (dsl::valid_from, dsl::valid_to),
        ))
        .load::<StoredLine>(c))?;
    rows.into_iter().map(line_from).collect()
}

//! Mailboxes: those that a caller may open, and their locks.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Date, Nullable, Text};
use domain::access::{
    Action, Bounds, Caller, Grant, MailboxAct, OwnerRecord, PowerRecord, Record, Refusal, RelationRecord,
    RepresentativeRecord, decide,
};
use domain::audit::{Entry, Subject};
use domain::id::MailboxId;
use domain::mailbox::Mailbox;
use domain::power_of_attorney::{Period, ServiceArea};
use domain::register::RegisteredRelation;

use crate::access::audit;
use crate::access::facts::{Owner, OwnerRow, assurance_of, owner_from};
use crate::access::{MailboxRef, Opened, Unrecorded};
use crate::chain::Chain;
use crate::context::Context;
use crate::database::{Connection, Key, SqlTime, Time, on};
use crate::error::{Failure, StoreError};
use crate::letters::delivery;
use crate::mailboxes::message;
use crate::persons::person::open_name;
use crate::persons::power_of_attorney::areas_from;
use crate::persons::register::Whom;
use crate::schema::{mailbox, power_of_attorney, registered_relation};
use crate::{Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "mailbox" };

/// The mailboxes that somebody may open.
#[derive(Clone, Debug)]
pub struct Mailboxes {
    /// Their own, then those of others.
    pub mailboxes: Vec<Mailbox>,
    /// Whether there may be more: the population register is away, and on stale facts nobody represents anybody.
    pub is_incomplete: bool,
}

/// A mailbox of somebody else, and what is known of its owner and the caller.
struct Candidate {
    owner: Owner,
    sealed_name: Vec<u8>,
    record: Record,
}

/// What came out for all candidates.
struct Seen {
    mailboxes: Mailboxes,
    entries: Vec<Entry>,
    stale: Vec<Whom>,
}

impl Store {
    /// A mailbox that the caller may open, with its unread count.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn mailbox_fetch(&self, context: &Context, mailbox: MailboxId) -> Result<Mailbox, Failure> {
        self.read_mailbox(context, MailboxRef::Id(mailbox), MailboxAct::SEE_MAILBOX, None, seen).await
    }

    /// The mailboxes that the caller may open: one query for all of them, and one for the counts of those that show the
    /// same kinds of items.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn mailbox_list(&self, context: &Context) -> Result<Mailboxes, Failure> {
        let first = self.mailboxes_seen(context).await?;
        let stale = first.ask(|seen| seen.stale.clone());
        let found = if stale.is_empty() {
            first
        } else {
            self.refresh(stale, context.now).await?;
            self.mailboxes_seen(context).await?
        };
        let found = found.record(self).await?;
        if !found.entries.is_empty() {
            self.inner.audit.record_all(found.entries).await?;
        }
        Ok(found.mailboxes)
    }

    async fn mailboxes_seen(&self, context: &Context) -> Result<Unrecorded<Seen>, Failure> {
        let owned = context.clone();
        let (which, action) = (MailboxRef::Own, MailboxAct::SEE_MAILBOX);
        self.look_into_mailbox(context, which, action, None, move |inner, connection, opened| {
            let own = seen(inner, connection, opened)?;
            let candidates = match opened.record.owner {
                Some(me) => candidates(inner, connection, &owned, &me, opened.is_fresh)?,
                None => vec![],
            };
            let mut seen = decided(inner, connection, &owned, candidates)?;
            seen.mailboxes.mailboxes.insert(0, own);
            Ok(seen)
        })
        .await
    }

    /// Locks the caller's mailbox, or opens the lock; then what was held meanwhile is delivered (CON-14).
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn mailbox_lock(&self, context: &Context, is_locked: bool) -> Result<(), Failure> {
        let now = context.now;
        let act = if is_locked { MailboxAct::LOCK_MAILBOX } else { MailboxAct::UNLOCK_MAILBOX };
        self.write_mailbox(context, MailboxRef::Own, act, None, move |inner, connection, opened| {
            let id = opened.grant.mailbox().key();
            let locked_at = is_locked.then_some(Time(now));
            on!(&mut *connection, c => diesel::update(mailbox::table.filter(mailbox::id.eq(id)))
                .set(mailbox::locked_at.eq(locked_at))
                .execute(c))?;
            deliver_held_after(inner, connection, opened, now, |owner| OwnerRecord { is_locked, ..owner })
        })
        .await?;
        self.deliver_now(now).await;
        Ok(())
    }

    /// Gives a child access of its own, or takes it back (CHI-8).
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn youth_access_set(
        &self,
        context: &Context,
        mailbox: MailboxId,
        youth_access: bool,
    ) -> Result<(), Failure> {
        let now = context.now;
        let which = MailboxRef::Id(mailbox);
        let action = if youth_access { MailboxAct::GIVE_YOUTH_ACCESS } else { MailboxAct::TAKE_YOUTH_ACCESS };
        self.write_mailbox(context, which, action, None, move |inner, connection, opened| {
            let given_at = youth_access.then_some(Time(now));
            on!(&mut *connection, c => diesel::update(mailbox::table.filter(mailbox::id.eq(mailbox.key())))
                .set(mailbox::youth_access_at.eq(given_at))
                .execute(c))?;
            deliver_held_after(inner, connection, opened, now, |owner| OwnerRecord { youth_access, ..owner })
        })
        .await?;
        self.deliver_now(now).await;
        Ok(())
    }
}

/// Delivers what waited, with the owner as they are after a change.
pub(crate) fn deliver_held_after(
    inner: &Inner,
    connection: &mut Connection,
    opened: &Opened,
    now: DateTime<Utc>,
    change: impl FnOnce(OwnerRecord) -> OwnerRecord,
) -> Result<(), Failure> {
    let owner = opened.record.owner.ok_or(CORRUPT)?;
    delivery::deliver_held(connection, &change(owner).at(now), inner.policy, now)
}

fn seen(inner: &Inner, connection: &mut Connection, opened: &Opened) -> Result<Mailbox, Failure> {
    let id = opened.grant.mailbox();
    let name = on!(&mut *connection, c => mailbox::table
        .filter(mailbox::id.eq(id.key()))
        .select(mailbox::person_name)
        .first::<Vec<u8>>(c))?;
    Ok(Mailbox {
        id,
        owner_name: open_name(&inner.vault, id, &name)?,
        relation: opened.grant.standing().as_word(),
        unread: message::unread_count(connection, &opened.grant)?,
    })
}

/// Everybody for whom the caller may act as far as powers and the register say: what was ended is left out.
fn candidates(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    me: &OwnerRecord,
    caller_is_fresh: bool,
) -> Result<Vec<Candidate>, StoreError> {
    type LinkRow = (Option<String>, Option<String>, Option<String>, Option<NaiveDate>, Option<NaiveDate>, Option<Time>);
    let Caller::Citizen { national_id, .. } = &context.caller else { return Ok(vec![]) };
    let hash = inner.vault.lookup_hash(national_id);
    let (no_text, no_date, no_time) = (None::<String>, None::<NaiveDate>, None::<Time>);
    let relations = [RegisteredRelation::Responsible, RegisteredRelation::Guardian].map(RegisteredRelation::as_word);
    let rows = on!(connection, c => {
        let powers = power_of_attorney::table
            .inner_join(mailbox::table.on(mailbox::id.eq(power_of_attorney::giver_mailbox_id)))
            .filter(power_of_attorney::holder_hash.eq(hash.as_slice()))
            .filter(power_of_attorney::ended_at.is_null())
            .filter(power_of_attorney::registered_by.is_null().or(power_of_attorney::confirmed_by.is_not_null()))
            .select((
                OwnerRow::as_select(),
                mailbox::person_name,
                (
                    no_text.clone().into_sql::<Nullable<Text>>(),
                    power_of_attorney::kind.nullable(),
                    power_of_attorney::areas.nullable(),
                    power_of_attorney::valid_from.nullable(),
                    power_of_attorney::valid_to,
                    power_of_attorney::effective_at,
                ),
            ));
        let children = registered_relation::table
            .inner_join(mailbox::table.on(mailbox::id.eq(registered_relation::mailbox_id)))
            .filter(registered_relation::relative_hash.eq(hash.as_slice()))
            .filter(registered_relation::relation.eq(relations[0]).or(registered_relation::relation.eq(relations[1])))
            .select((
                OwnerRow::as_select(),
                mailbox::person_name,
                (
                    registered_relation::relation.nullable(),
                    no_text.clone().into_sql::<Nullable<Text>>(),
                    no_text.clone().into_sql::<Nullable<Text>>(),
                    no_date.into_sql::<Nullable<Date>>(),
                    no_date.into_sql::<Nullable<Date>>(),
                    no_time.into_sql::<Nullable<SqlTime>>(),
                ),
            ));
        powers.union_all(children).load::<(OwnerRow, Vec<u8>, LinkRow)>(c)
    })?;
    let mut found: HashMap<MailboxId, Candidate> = HashMap::new();
    for (owner_row, sealed_name, (relation, kind, areas, from, to, effective_at)) in rows {
        let owner = owner_from(owner_row, context.now)?;
        let candidate = found.entry(owner.record.mailbox).or_insert_with(|| Candidate {
            record: Record {
                assurance: assurance_of(&context.caller),
                owner: Some(owner.record),
                relation: RelationRecord::Other(RepresentativeRecord {
                    person: me.person,
                    birth_date: me.birth_date,
                    death_date: me.death_date,
                    protection: me.protection,
                    has_responsibility: false,
                    is_guardian: false,
                    powers: vec![],
                    is_certain: caller_is_fresh && owner.is_fresh(context.now, inner.register_max_age),
                }),
            },
            owner,
            sealed_name,
        });
        let RelationRecord::Other(other) = &mut candidate.record.relation else { return Err(CORRUPT) };
        other.has_responsibility |= relation.as_deref() == Some(RegisteredRelation::Responsible.as_word());
        other.is_guardian |= relation.as_deref() == Some(RegisteredRelation::Guardian.as_word());
        if let (Some(kind), Some(areas), Some(from)) = (kind, areas, from) {
            other.powers.push(PowerRecord {
                kind: kind.parse().map_err(|_| CORRUPT)?,
                covers_inbox: areas_from(&areas)?.contains(&ServiceArea::DIGITAL_HEALTH_SERVICES),
                period: Period { from, to },
                is_ended: false,
                effective_at: effective_at.map(|at| at.0),
            });
        }
    }
    Ok(found.into_values().collect())
}

/// Decides about each candidate. Those that are refused are left out: nobody asked for them.
fn decided(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    candidates: Vec<Candidate>,
) -> Result<Seen, Failure> {
    let mut stale = Vec::new();
    let mut is_incomplete = false;
    let mut granted: Vec<(Grant, Candidate)> = Vec::new();
    for candidate in candidates {
        match decide(Action::SeeMailbox, &candidate.record.at(context.now), inner.policy) {
            Ok(grant) => granted.push((grant, candidate)),
            Err(refusal) => {
                is_incomplete |= refusal == Refusal::RegisterUnavailable;
                // A relation that does not hold by what was known may hold by what the register says now.
                if !candidate.owner.is_fresh(context.now, inner.register_max_age) {
                    stale.push(Whom::Person(candidate.owner.record.person));
                }
            }
        }
    }
    let unread = unread_of(connection, &granted)?;
    let mut mailboxes = Vec::with_capacity(granted.len());
    let mut entries = Vec::with_capacity(granted.len());
    for (grant, candidate) in granted {
        let id = grant.mailbox();
        let owner_name = match open_name(&inner.vault, id, &candidate.sealed_name) {
            Ok(name) => name,
            Err(error) => {
                let error = Chain(&error);
                tracing::error!(%error, mailbox.id = %id, "a mailbox does not open: it is damaged");
                is_incomplete = true;
                continue;
            }
        };
        let relation = grant.standing().as_word();
        let (subject, action) = (Subject::Mailbox(id), MailboxAct::SEE_MAILBOX.word());
        entries.push(Entry {
            relation: Some(relation),
            ..audit::granted(context, grant.person(), subject, action, None, grant.rule())
        });
        mailboxes.push(Mailbox { id, owner_name, relation, unread: unread.get(&id).copied().unwrap_or(0) });
    }
    mailboxes.sort_by(|one, other| {
        (one.relation, one.owner_name.expose(), one.id).cmp(&(other.relation, other.owner_name.expose(), other.id))
    });
    Ok(Seen { mailboxes: Mailboxes { mailboxes, is_incomplete }, entries, stale })
}

/// The unread counts: one query for all mailboxes of which the same is seen.
fn unread_of(
    connection: &mut Connection,
    granted: &[(Grant, Candidate)],
) -> Result<HashMap<MailboxId, u64>, StoreError> {
    let mut by_bounds: HashMap<Bounds, Vec<&Grant>> = HashMap::new();
    for (grant, _) in granted {
        by_bounds.entry(grant.visibility().bounds()).or_default().push(grant);
    }
    let mut unread = HashMap::new();
    for grants in by_bounds.into_values() {
        unread.extend(message::unread_counts(connection, &grants)?);
    }
    Ok(unread)
}

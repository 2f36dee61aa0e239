//! Health contacts: as the mailbox shows them (HN-2, HN-11), and as services tell of them.

mod merge;
mod practitioner;
mod rows;
mod telling;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::{Action, MailboxAct, VisibleScope, decide};
use domain::dialogue::{Inquiry, NotWritable};
use domain::health_contact::{ContactState, HealthContact, may_write_to};
use domain::id::{MailboxId, ServiceId};
use domain::message::{MessageKind, Sender};
use domain::person::day_of;
use domain::service::Service;
use serde::{Deserialize, Serialize};

pub(crate) use self::practitioner::{practitioner_turns, tell_of_practitioner};
use self::rows::{CORRUPT, Stored, StoredRow, open_names, stored_columns, stored_from};
pub(crate) use self::telling::sweep;
pub use self::telling::{HealthContactLine, HealthContactReport};
use crate::access::{MailboxRef, Opened, service_facts};
use crate::context::Context;
use crate::database::{Connection, Id, Key, keys, on};
use crate::error::{Failure, StoreError};
use crate::mailboxes::conversation::owner_hash;
use crate::mailboxes::recipient;
use crate::mailboxes::recipient::Verdicts;
use crate::page::{Page, Slice};
use crate::schema::{health_contact, health_contact_name, practitioner_change};
use crate::services::relationship;
use crate::services::service;
use crate::{Inner, Store};

/// Where a page ended. The day is that of the first page, so that midnight moves nothing from one page to another.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Position {
    today: NaiveDate,
    state: u8,
    from: NaiveDate,
    id: Id,
}

/// The states in the order of the list.
const ORDER: [ContactState; 3] = [ContactState::Current, ContactState::Upcoming, ContactState::Former];

impl Store {
    /// The health contacts of a mailbox: those of now, those to come, the former ones; of each the newest first.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn health_contact_list(
        &self,
        context: &Context,
        mailbox: MailboxId,
        page: Page,
    ) -> Result<Slice<HealthContact>, Failure> {
        let (which, now) = (MailboxRef::Id(mailbox), context.now);
        self.read_mailbox(context, which, MailboxAct::LIST_HEALTH_CONTACTS, None, move |inner, connection, opened| {
            let list = format!("health-contacts:{mailbox}");
            let position: Option<Position> = page.position(&inner.vault, &list)?;
            let today = position.map_or_else(|| day_of(now), |position| position.today);
            let shown = Shown::of(connection, opened)?;
            let rows = rows_after(connection, opened, &shown, position, page.fetch_limit(), today)?;
            let place = |(state, found): &(usize, Stored)| Position {
                today,
                state: u8::try_from(*state).unwrap_or(u8::MAX),
                from: found.period.from,
                id: found.id.key(),
            };
            let slice = Slice::cut(rows, &page, &inner.vault, &list, place);
            let around = Around::gather(inner, connection, opened, &slice.items, now)?;
            slice.open_each(
                |(_, found)| found.id.key(),
                |(state, found)| Ok(around.view(opened, ORDER[state], found, now)?),
            )
        })
        .await
    }
}

/// The services of whose contacts the caller sees something: those whose messages they would see. A contact is shown
/// where both are, the service that told of it and the one to which one writes.
struct Shown {
    told_by: Vec<Id>,
    writes_to: Vec<Id>,
}

impl Shown {
    fn of(connection: &mut Connection, opened: &Opened) -> Result<Self, StoreError> {
        let pairs = on!(&mut *connection, c => health_contact::table
            .filter(health_contact::mailbox_id.eq(opened.grant.mailbox().key()))
            .select((health_contact::service_id, health_contact::writes_to_id))
            .distinct()
            .load::<(Id, Id)>(c))?;
        let ids: HashSet<Id> = pairs.iter().flat_map(|(told_by, writes_to)| [*told_by, *writes_to]).collect();
        let ids: Vec<ServiceId> = ids.into_iter().map(Into::into).collect();
        let services = if ids.is_empty() { vec![] } else { service::fetch_all(connection, &ids)? };
        let visibility = opened.grant.visibility();
        let admits =
            |service: &&Service| visibility.bounds().admit(service.policy.visibility_of(MessageKind::Service).into());
        let writes_to: Vec<Id> = services.iter().filter(admits).map(|service| service.id.key()).collect();
        let told_by = match visibility.scope() {
            VisibleScope::Inbox => writes_to.clone(),
            VisibleScope::Record(reach) => {
                keys(reach.services()).into_iter().filter(|id| writes_to.contains(id)).collect()
            }
        };
        Ok(Self { told_by, writes_to })
    }
}

fn rows_after(
    connection: &mut Connection,
    opened: &Opened,
    shown: &Shown,
    position: Option<Position>,
    limit: i64,
    today: NaiveDate,
) -> Result<Vec<(usize, Stored)>, StoreError> {
    let first = position.map_or(0, |position| usize::from(position.state));
    let mut found = vec![];
    for (state, of_state) in ORDER.iter().enumerate().skip(first) {
        let after = position.filter(|position| usize::from(position.state) == state);
        let left = limit - i64::try_from(found.len()).map_err(|_| CORRUPT)?;
        if left == 0 {
            break;
        }
        let rows = rows_of_state(connection, opened, shown, *of_state, after, left, today)?;
        for row in rows {
            found.push((state, stored_from(row)?));
        }
    }
    Ok(found)
}

fn rows_of_state(
    connection: &mut Connection,
    opened: &Opened,
    shown: &Shown,
    state: ContactState,
    after: Option<Position>,
    limit: i64,
    today: NaiveDate,
) -> Result<Vec<StoredRow>, StoreError> {
    use health_contact::dsl;
    Ok(on!(connection, c => {
        let mut query = dsl::health_contact
            .filter(dsl::mailbox_id.eq(opened.grant.mailbox().key()))
            .filter(dsl::service_id.eq_any(&shown.told_by))
            .filter(dsl::writes_to_id.eq_any(&shown.writes_to))
            .order((dsl::valid_from.desc(), dsl::id.desc()))
            .limit(limit)
            .select(stored_columns!())
            .into_boxed();
        let lasts = dsl::closed_on.is_null().and(dsl::valid_to.is_null().or(dsl::valid_to.ge(today)));
        query = match state {
            ContactState::Current => query.filter(lasts).filter(dsl::valid_from.le(today)),
            ContactState::Upcoming => query.filter(lasts).filter(dsl::valid_from.gt(today)),
            // What was named no more before its first day never was a contact.
            ContactState::Former => query
                .filter(dsl::closed_on.is_not_null().or(dsl::valid_to.lt(today)))
                .filter(dsl::closed_on.is_null().or(dsl::closed_on.ge(dsl::valid_from.nullable()))),
        };
        if let Some(Position { from, id, .. }) = after {
            query = query.filter(dsl::valid_from.le(from)).filter(dsl::valid_from.lt(from).or(dsl::id.lt(id)));
        }
        query.load::<StoredRow>(c)
    })?)
}

/// What is asked of the contacts of a page together.
struct Around {
    services: HashMap<ServiceId, (Sender, Verdicts)>,
}

impl Around {
    fn gather(
        inner: &Inner,
        connection: &mut Connection,
        opened: &Opened,
        page: &[(usize, Stored)],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let ids: HashSet<ServiceId> = page.iter().map(|(_, found)| found.writes_to).collect();
        let ids: Vec<ServiceId> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(Self { services: HashMap::new() });
        }
        let hash = owner_hash(connection, opened)?;
        let relationships = relationship::of_citizen(connection, &hash, None)?;
        let facts = service_facts(connection, &ids, now)?;
        let may_write = decide(Action::WriteMessage, &opened.record.at(now), inner.policy).is_ok();
        let services = service::directory(connection, Some(&ids))?.into_iter().map(|(service, sender)| {
            let relationship = relationships.get(&service.id).map(|(of, _)| *of);
            let has_agreement = facts.get(&service.id).is_some_and(|facts| facts.agreement_in_force);
            let mut verdicts = recipient::verdicts(opened, &service, relationship, has_agreement, now);
            if !may_write {
                verdicts.iter_mut().for_each(|(_, verdict)| *verdict = Err(NotWritable::NotForCaller));
            }
            (service.id, (sender, verdicts))
        });
        Ok(Self { services: services.collect() })
    }

    fn view(
        &self,
        opened: &Opened,
        state: ContactState,
        found: Stored,
        now: DateTime<Utc>,
    ) -> Result<HealthContact, StoreError> {
        let (sender, verdicts) = self.services.get(&found.writes_to).ok_or(CORRUPT)?;
        let names = open_names(opened.key()?, found.id, &found.names)?;
        let verdict =
            |(inquiry, service): &(Inquiry, _)| (*inquiry, may_write_to(&found.period, *inquiry, *service, now));
        Ok(HealthContact {
            id: found.id,
            kind: found.kind,
            state,
            names,
            period: found.period,
            service: sender.clone(),
            inquiries: verdicts.iter().map(verdict).collect(),
        })
    }
}

/// Forgets the health contacts of a mailbox. What a service tells of afterwards is there again.
pub(crate) fn forget_all(connection: &mut Connection, mailbox: MailboxId) -> Result<(), StoreError> {
    on!(&mut *connection, c => diesel::delete(health_contact_name::table)
        .filter(health_contact_name::mailbox_id.eq(mailbox.key()))
        .execute(c))?;
    on!(&mut *connection, c => diesel::delete(health_contact::table.filter(health_contact::mailbox_id.eq(mailbox.key())))
        .execute(c))?;
    on!(connection, c => diesel::delete(practitioner_change::table
        .filter(practitioner_change::mailbox_id.eq(mailbox.key())))
        .execute(c))?;
    Ok(())
}

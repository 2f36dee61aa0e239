//! Tells both sides of a power of attorney what has become of it, in their inboxes (FUL-17, HN-3).
//!
//! The words come from whoever opened the store. They get the other person, the period and the areas, and nothing else: not
//! who ended it, and never why it cannot be used. The giver reads of the holder what they wrote themselves.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::id::TraceId;
use domain::power_of_attorney::PowerRole;
use domain::rule::Rule;
use domain::service_area::{AreaNames, NamedServiceArea};

use super::CORRUPT;
use super::rows::{Stored, held, mailboxes_of};
use crate::Inner;
use crate::access::facts::{Owner, owners_of};
use crate::context::new_id;
use crate::database::Connection;
use crate::error::Failure;
use crate::letters::intake::notice::{self, Notice};
use crate::persons::person;
use crate::services::service_area;
use crate::words::{OtherSide, PowerNews, PowerTold, Written};

/// What both are told of one power of attorney, once: telling it again does nothing. A holder who is not known here is told when they
/// become so.
pub(super) fn tell_both(
    inner: &Inner,
    connection: &mut Connection,
    news: PowerNews,
    power: &Stored,
    trace: TraceId,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let mailboxes = mailboxes_of(connection, power)?;
    let owners = owners_of(connection, &mailboxes, now)?;
    let mut notices = vec![notice_to(inner, connection, PowerRole::Giver, (news, power), &owners)?];
    // Of what waits for a second operator the giver alone is told, also when it ends.
    if !power.is_waiting() && owners.iter().any(|owner| owner.lookup_hash() == power.holder.hash) {
        notices.push(notice_to(inner, connection, PowerRole::Holder, (news, power), &owners)?);
    }
    notice::send(inner, connection, &notices, Rule::Ful17, trace, now)
}

/// What the holder alone is told, where they are known here.
pub(super) fn tell_holder(
    inner: &Inner,
    connection: &mut Connection,
    news: PowerNews,
    power: &Stored,
    (trace, now): (TraceId, DateTime<Utc>),
) -> Result<(), Failure> {
    let mailboxes = mailboxes_of(connection, power)?;
    let owners = owners_of(connection, &mailboxes, now)?;
    if power.is_waiting() || owners.iter().all(|owner| owner.lookup_hash() != power.holder.hash) {
        return Ok(());
    }
    let notice = notice_to(inner, connection, PowerRole::Holder, (news, power), &owners)?;
    notice::send(inner, connection, &[notice], Rule::Ful17, trace, now)
}

/// Tells somebody who has just become known here of what others have given them before.
pub(crate) fn tell_newcomer(
    inner: &Inner,
    connection: &mut Connection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    for power in held(connection, hash)?.into_iter().filter(|power| !power.is_over(now) && !power.is_waiting()) {
        tell_holder(inner, connection, PowerNews::Given, &power, (new_id(), now))?;
    }
    Ok(())
}

/// What one of the two is told.
fn notice_to<'o>(
    inner: &Inner,
    connection: &mut Connection,
    role: PowerRole,
    (news, power): (PowerNews, &Stored),
    owners: &'o [Owner],
) -> Result<Notice<'o>, Failure> {
    let giver = owners.iter().find(|owner| owner.record.person == power.giver).ok_or(CORRUPT)?;
    let holder = owners.iter().find(|owner| owner.lookup_hash() == power.holder.hash);
    let (name, words);
    let other = match role {
        PowerRole::Giver => {
            words = power.words(&giver.key(&inner.vault)?)?;
            words.as_ref().map(OtherSide::Holder)
        }
        // Whoever is dead or has a protected address is not named to others: the register may have given them another name (ADR-8).
        PowerRole::Holder if giver.facts.is_dead || giver.facts.protection.is_graded() => None,
        PowerRole::Holder => {
            name = person::names_of(inner, connection, &[power.giver])?.remove(&power.giver);
            name.as_deref().map(OtherSide::Giver)
        }
    };
    let other = other.unwrap_or(OtherSide::Unnamed);
    let known = service_area::all(connection)?;
    let areas = area_names(&known, power);
    let earliest_at = power.registration.as_ref().map(|registration| registration.earliest_at);
    let (kind, period) = (power.kind, power.period);
    let told = PowerTold { news, kind, role, other, period, areas: &areas, earliest_at };
    let Written { subject, body } = inner.words.power_of_attorney(&told);
    let (word, of_role): (&str, &str) = (news.into(), role.as_word());
    let owner = match role {
        PowerRole::Giver => giver,
        PowerRole::Holder => holder.ok_or(CORRUPT)?,
    };
    Ok(Notice { owner, reference: format!("{}/{word}/{of_role}", power.id), subject, body })
}

/// The names of the areas, in order.
fn area_names<'k>(known: &'k [NamedServiceArea], power: &Stored) -> Vec<&'k AreaNames> {
    let names: HashMap<_, _> = known.iter().map(|area| (area.code, &area.names)).collect();
    power.areas.iter().filter_map(|area| names.get(area).copied()).collect()
}

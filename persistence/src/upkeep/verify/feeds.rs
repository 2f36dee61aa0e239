//! Each feed goes on from place to place without a gap (BX-8), but where it was begun anew after a restore.

use diesel::prelude::*;
use domain::event::is_restart;

use super::{Faults, Parts, Progress, Report, Step};
use crate::database::{Connection, Id, on};
use crate::error::StoreError;
use crate::schema::{event, feed};

/// How many numbers are looked at together.
const AT_A_TIME: i64 = 10_000;

pub(super) fn check(parts: &Parts, report: &mut Report, progress: Progress<'_>) -> Result<(), StoreError> {
    let connection = &mut parts.connection()?;
    let feeds: Vec<(Id, i64)> = on!(&mut *connection, c => feed::table
        .order(feed::organisation_id)
        .select((feed::organisation_id, feed::last_number))
        .load(c))?;
    let (mut events, mut gaps) = (0, Faults::default());
    for (place, (organisation, last)) in (1..).zip(&feeds) {
        events += check_one(connection, *organisation, *last, &mut gaps)?;
        progress(Step::Feeds, place, Some(feeds.len() as u64));
    }
    report.count("feeds", feeds.len() as u64);
    report.count("feeds.events", events);
    report.faults("feeds.gaps", gaps);
    Ok(())
}

/// Looks at one feed up to a number that was read before, so that what comes meanwhile is left out. Says how many events
/// it has.
fn check_one(connection: &mut Connection, organisation: Id, last: i64, gaps: &mut Faults) -> Result<u64, StoreError> {
    let mut gap = |after: i64, next: i64| {
        if !is_restart(next - 1) {
            gaps.add(|| format!("organisation {}, after event {after}: the next is {next}", organisation.0));
        }
    };
    let (mut events, mut before): (u64, Option<i64>) = (0, None);
    loop {
        let numbers: Vec<i64> = on!(&mut *connection, c => event::table
            .filter(event::organisation_id.eq(organisation))
            .filter(event::number.gt(before.unwrap_or(0)))
            .filter(event::number.le(last))
            .order(event::number)
            .limit(AT_A_TIME)
            .select(event::number.assume_not_null())
            .load::<i64>(c))?;
        if numbers.is_empty() {
            break;
        }
        events += numbers.len() as u64;
        for number in numbers {
            if let Some(before) = before.filter(|before| before + 1 != number) {
                gap(before, number);
            }
            before = Some(number);
        }
    }
    match before {
        Some(before) if before != last => gap(before, last + 1),
        Some(_) | None => {}
    }
    Ok(events)
}

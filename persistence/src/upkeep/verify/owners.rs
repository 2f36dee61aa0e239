//! Numbers lead to the mailboxes that are theirs, each to one.

use diesel::prelude::*;

use super::{Faults, Parts, Report, named};
use crate::database::{Id, on};
use crate::error::StoreError;
use crate::schema::{mailbox, person_lookup};

pub(super) fn check(parts: &Parts, report: &mut Report) -> Result<(), StoreError> {
    let connection = &mut parts.connection()?;
    let mut exchanged = Faults::default();
    let astray: Vec<Id> = on!(&mut *connection, c => person_lookup::table
        .left_join(mailbox::table.on(
            mailbox::id.eq(person_lookup::mailbox_id).and(mailbox::lookup_hash.eq(person_lookup::lookup_hash)),
        ))
        .filter(mailbox::id.is_null())
        .select(person_lookup::mailbox_id)
        .load(c))?;
    let unfound: Vec<Id> = on!(connection, c => mailbox::table
        .left_join(person_lookup::table.on(
            person_lookup::lookup_hash.eq(mailbox::lookup_hash).and(person_lookup::mailbox_id.eq(mailbox::id)),
        ))
        .filter(person_lookup::lookup_hash.is_null())
        .select(mailbox::id)
        .load(c))?;
    for id in astray {
        exchanged.add(|| named(&[("a number leads to mailbox", id.0)]));
    }
    for id in unfound {
        exchanged.add(|| named(&[("no number leads to mailbox", id.0)]));
    }
    report.faults("owners.exchanged", exchanged);
    Ok(())
}

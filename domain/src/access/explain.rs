//! Who may do what here, now and when something changes, and why (BX-2).

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::act::MailboxAct;
use super::decide::decide;
use super::facts::Policy;
use super::record::{Record, RelationRecord};
use crate::person::{ADULT_YEARS, HEALTH_MAJORITY_YEARS, PARENTS_SEE_LESS_YEARS, Protected, birthday, start_of};
use crate::rule::Rule;

/// Whether somebody may do something, and by which rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Right {
    /// What.
    pub act: MailboxAct,
    /// Whether they may, now.
    pub is_allowed: bool,
    /// The rule that decides.
    pub rule: Rule,
    /// When that changes, as far as can be foreseen.
    pub until: Option<DateTime<Utc>>,
}

/// Something that will be decided otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// From when on.
    pub at: DateTime<Utc>,
    /// What.
    pub act: MailboxAct,
    /// Whether it is allowed from then on.
    pub is_allowed: bool,
    /// The rule that will decide.
    pub rule: Rule,
}

/// What a caller may do in a mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// What the caller may do now.
    pub rights: Vec<Right>,
    /// What will change, in order of time: birthdays, and periods that begin or end.
    pub upcoming: Vec<Change>,
}

/// Explains what a caller may do.
#[must_use]
pub fn explain(record: &Record, acts: &[MailboxAct], now: DateTime<Utc>, policy: Policy) -> Explanation {
    let decided = |at: DateTime<Utc>| -> Vec<(bool, Rule)> {
        let facts = record.at(at);
        let one = |act: &MailboxAct| match decide(act.takes(), &facts, policy) {
            Ok(grant) => (true, grant.rule()),
            Err(refusal) => (false, refusal.rule()),
        };
        acts.iter().map(one).collect()
    };
    let today = decided(now);
    let mut before = today.clone();
    let mut upcoming = Vec::new();
    for at in moments(record, policy).into_iter().filter(|at| *at > now) {
        let then = decided(at);
        for ((act, was), is) in acts.iter().zip(&before).zip(&then) {
            if was != is {
                upcoming.push(Change { at, act: *act, is_allowed: is.0, rule: is.1 });
            }
        }
        before = then;
    }
    let until = |act| upcoming.iter().find(|change: &&Change| change.act == act).map(|change| change.at);
    let rights = acts
        .iter()
        .zip(today)
        .map(|(act, (is_allowed, rule))| Right { act: *act, is_allowed, rule, until: until(*act) })
        .collect();
    Explanation { rights, upcoming }
}

/// When the facts can change by time alone, in order.
fn moments(record: &Record, policy: Policy) -> Vec<DateTime<Utc>> {
    let mut days: Vec<NaiveDate> = Vec::new();
    let mut moments: Vec<DateTime<Utc>> = Vec::new();
    let after = |last: NaiveDate| last.checked_add_days(Days::new(1));
    let end_of = |protection: Protected| protection.until.and_then(after);
    if let Some(owner) = record.owner {
        let ages = [PARENTS_SEE_LESS_YEARS, policy.youth_from_years, HEALTH_MAJORITY_YEARS];
        days.extend(ages.map(|years| birthday(owner.birth_date, years)));
        days.extend(end_of(owner.protection));
    }
    match &record.relation {
        RelationRecord::Other(other) => {
            days.push(birthday(other.birth_date, ADULT_YEARS));
            days.extend(end_of(other.protection));
            for power in other.powers.iter().filter(|power| !power.is_ended) {
                days.push(power.period.from);
                days.extend(power.period.to.and_then(after));
                moments.extend(power.effective_at);
            }
        }
        RelationRecord::Staff { memberships, .. } => {
            moments.extend(memberships.iter().filter_map(|membership| membership.access_until));
        }
        RelationRecord::Own(_) | RelationRecord::System | RelationRecord::Operator | RelationRecord::Nobody => {}
    }
    moments.extend(days.into_iter().map(start_of));
    moments.sort_unstable();
    moments.dedup();
    moments
}

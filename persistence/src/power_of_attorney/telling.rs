//! Tells both sides of a power of attorney what has become of it, in their inboxes (FUL-17, HN-3).
//!
//! The texts are fixed. They name the other person, the period and the areas, and nothing else: not who ended it, and
//! never why it cannot be used.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::TraceId;
use domain::power_of_attorney::{Period, PowerKind, PowerRole};
use domain::rule::Rule;
use domain::service_area::NamedServiceArea;

use super::rows::{Stored, mailboxes_of};
use crate::access::facts::{Owner, owners_of};
use crate::database::Connection;
use crate::error::{Failure, StoreError};
use crate::intake::notice::{self, Notice};
use crate::{Inner, person, service_area};

/// What has become of it.
// The words below are stored for years, in references. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub(super) enum News {
    Given,
    Changed,
    Ended,
    Expired,
}

/// What both are told of one power of attorney, once: telling it again does nothing.
pub(super) fn tell_both(
    inner: &Inner,
    connection: &mut Connection,
    news: News,
    power: &Stored,
    trace: TraceId,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let mailboxes = mailboxes_of(connection, power)?;
    let owners = owners_of(connection, &mailboxes, now)?;
    let names = person::names_of(inner, connection, &[power.giver, power.holder])?;
    let areas = area_names(&service_area::all(connection)?, power);
    let notice_to = |role: PowerRole| -> Result<Notice<'_>, StoreError> {
        let (reader, other) = match role {
            PowerRole::Giver => (power.giver, power.holder),
            PowerRole::Holder => (power.holder, power.giver),
        };
        let of = |person| owners.iter().find(|owner| owner.record.person == person);
        let name = of(other).filter(|other| can_be_named(other)).and_then(|_| names.get(&other));
        let text = Text { kind: power.kind, role, name: name.map(String::as_str), period: power.period, areas: &areas };
        let (subject, body) = text.of(news);
        let (word, role): (&str, &str) = (news.into(), role.as_word());
        let owner = of(reader).ok_or(StoreError::Corrupt { what: "power of attorney" })?;
        Ok(Notice { owner, reference: format!("{}/{word}/{role}", power.id), subject, body })
    };
    let notices = [notice_to(PowerRole::Giver)?, notice_to(PowerRole::Holder)?];
    notice::send(inner, connection, &notices, Rule::Ful17, trace, now)
}

/// Whoever is dead or has a protected address is not named to others: the register may have given them another name
/// (ADR-8).
fn can_be_named(owner: &Owner) -> bool {
    !owner.facts.is_dead && !owner.facts.protection.is_graded()
}

/// The areas by name, in order.
fn area_names(known: &[NamedServiceArea], power: &Stored) -> String {
    let names: HashMap<_, _> = known.iter().map(|area| (area.code, area.names.bokmal.as_str())).collect();
    let named: Vec<&str> = power.areas.iter().filter_map(|area| names.get(area).copied()).collect();
    named.join(", ")
}

/// All that a notice tells.
struct Text<'t> {
    kind: PowerKind,
    /// Whom it is for.
    role: PowerRole,
    /// The other.
    name: Option<&'t str>,
    period: Period,
    areas: &'t str,
}

impl Text<'_> {
    /// The subject and the body. The subject names nobody: it shows in lists.
    fn of(&self, news: News) -> (String, String) {
        let name: String = match self.name {
            // What is no text has no place in a message.
            Some(name) => name.chars().filter(|character| !character.is_control()).collect(),
            None => "en person som ikke lenger er tilgjengelig her".to_owned(),
        };
        let (subject, first) = match (news, self.kind, self.role) {
            (News::Given, PowerKind::Given, PowerRole::Giver) => {
                ("Du har gitt en fullmakt", format!("Du har gitt fullmakt til {name}."))
            }
            (News::Given, PowerKind::Given, PowerRole::Holder) => {
                ("Du har fått en fullmakt", format!("Du har fått fullmakt fra {name}."))
            }
            (News::Given, PowerKind::Assigned, PowerRole::Giver) => {
                ("En fullmakt er tildelt", format!("Fullmakt for deg er tildelt {name}."))
            }
            (News::Given, PowerKind::Assigned, PowerRole::Holder) => {
                ("Du er tildelt en fullmakt", format!("Du er tildelt fullmakt for {name}."))
            }
            (News::Changed, _, PowerRole::Giver) => {
                ("En fullmakt er endret", format!("Fullmakten fra deg til {name} er endret."))
            }
            (News::Changed, _, PowerRole::Holder) => {
                ("En fullmakt er endret", format!("Fullmakten til deg fra {name} er endret."))
            }
            (News::Ended, _, PowerRole::Giver) => {
                ("En fullmakt er avsluttet", format!("Fullmakten fra deg til {name} er avsluttet."))
            }
            (News::Ended, _, PowerRole::Holder) => {
                ("En fullmakt er avsluttet", format!("Fullmakten til deg fra {name} er avsluttet."))
            }
            (News::Expired, _, PowerRole::Giver) => {
                ("En fullmakt er utløpt", format!("Fullmakten fra deg til {name} er utløpt."))
            }
            (News::Expired, _, PowerRole::Holder) => {
                ("En fullmakt er utløpt", format!("Fullmakten til deg fra {name} er utløpt."))
            }
        };
        let from = day(self.period.from);
        let period = match self.period.to {
            Some(last) => format!("fra {from} til og med {}", day(last)),
            None => format!("fra {from}, uten sluttdato"),
        };
        (subject.to_owned(), format!("{first}\n\nPeriode: {period}.\nTjenesteområder: {}.", self.areas))
    }
}

fn day(date: NaiveDate) -> String {
    date.format("%d.%m.%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_notice_names_the_other_the_period_and_the_areas() {
        let period = Period { from: date("2026-11-22"), to: Some(date("2027-01-31")) };
        let name = Some("Kari Nordmann");
        let text = Text { kind: PowerKind::Given, role: PowerRole::Holder, name, period, areas: "Innsyn, Helse" };

        let (subject, body) = text.of(News::Given);

        assert_eq!(subject, "Du har fått en fullmakt");
        let expected = "Du har fått fullmakt fra Kari Nordmann.\n\n\
                        Periode: fra 22.11.2026 til og med 31.01.2027.\nTjenesteområder: Innsyn, Helse.";
        assert_eq!(body, expected);
    }

    #[test]
    fn a_period_without_an_end_says_so_and_nobody_is_named_who_cannot_be() {
        let period = Period { from: date("2026-11-22"), to: None };
        let text = Text { kind: PowerKind::Given, role: PowerRole::Giver, name: None, period, areas: "Helse" };

        let (_, body) = text.of(News::Ended);

        assert!(body.starts_with("Fullmakten fra deg til en person som ikke lenger er tilgjengelig her er avsluttet."));
        assert!(body.contains("fra 22.11.2026, uten sluttdato"));
    }
}

//! Tells both sides of a power of attorney what has become of it, in their inboxes (FUL-17, HN-3).
//!
//! The texts are fixed. They name the other person, the period and the areas, and nothing else: not who ended it, and
//! never why it cannot be used. The giver reads of the holder what they wrote themselves.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::id::TraceId;
use domain::identity::NationalIdKind;
use domain::power_of_attorney::{HolderWords, Period, PowerKind, PowerRole, written_time};
use domain::rule::Rule;
use domain::service_area::NamedServiceArea;

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

/// What has become of it.
// The words below are stored for years, in references. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub(super) enum News {
    /// An operator put it on record, and another has not confirmed it.
    Registered,
    Given,
    Changed,
    Ended,
    Expired,
}

/// What both are told of one power of attorney, once: telling it again does nothing. A holder who is not known here is told when they
/// become so.
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
    news: News,
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
        tell_holder(inner, connection, News::Given, &power, (new_id(), now))?;
    }
    Ok(())
}

/// What one of the two is told.
fn notice_to<'o>(
    inner: &Inner,
    connection: &mut Connection,
    role: PowerRole,
    (news, power): (News, &Stored),
    owners: &'o [Owner],
) -> Result<Notice<'o>, Failure> {
    let giver = owners.iter().find(|owner| owner.record.person == power.giver).ok_or(CORRUPT)?;
    let holder = owners.iter().find(|owner| owner.lookup_hash() == power.holder.hash);
    let other = match role {
        PowerRole::Giver => {
            let key = giver.key(&inner.vault)?;
            power.words(&key)?.map(|words| written(&words))
        }
        // Whoever is dead or has a protected address is not named to others: the register may have given them another name (ADR-8).
        PowerRole::Holder if giver.facts.is_dead || giver.facts.protection.is_graded() => None,
        PowerRole::Holder => person::names_of(inner, connection, &[power.giver])?.remove(&power.giver),
    };
    let areas = area_names(&service_area::all(connection)?, power);
    let earliest_at = power.registration.as_ref().map(|registration| registration.earliest_at);
    let (kind, period) = (power.kind, power.period);
    let text = Text { kind, role, other: other.as_deref(), period, areas: &areas, earliest_at };
    let (subject, body) = text.of(news);
    let (word, of_role): (&str, &str) = (news.into(), role.as_word());
    let owner = match role {
        PowerRole::Giver => giver,
        PowerRole::Holder => holder.ok_or(CORRUPT)?,
    };
    Ok(Notice { owner, reference: format!("{}/{word}/{of_role}", power.id), subject, body })
}

/// The holder as the giver wrote them.
fn written(HolderWords { number, name }: &HolderWords) -> String {
    let digits = number.expose();
    let kind = match number.kind() {
        NationalIdKind::BirthNumber => "fødselsnummer",
        NationalIdKind::DNumber => "D-nummer",
        NationalIdKind::CommonHelpNumber => "felles hjelpenummer",
    };
    let number = format!("{kind} {} {}", &digits[..6], &digits[6..]);
    match name {
        Some(name) => format!("{} ({number})", name.expose()),
        None => format!("personen med {number}"),
    }
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
    /// The other, as the text calls them.
    other: Option<&'t str>,
    period: Period,
    areas: &'t str,
    /// Before when one that an operator put on record has no effect.
    earliest_at: Option<DateTime<Utc>>,
}

impl Text<'_> {
    /// The subject and the body. The subject names nobody: it shows in lists.
    fn of(&self, news: News) -> (String, String) {
        let name: String = match self.other {
            // What is no text has no place in a message.
            Some(name) => name.chars().filter(|character| !character.is_control()).collect(),
            None => "en person som ikke lenger er tilgjengelig her".to_owned(),
        };
        let (subject, first) = match (news, self.kind, self.role) {
            (News::Registered, PowerKind::Given, _) => (
                "En fullmakt er registrert for deg",
                format!("Fullmakt fra deg til {name} er registrert etter et skjema.{}", self.objection()),
            ),
            (News::Registered, PowerKind::Assigned, _) => (
                "En fullmakt er registrert for deg",
                format!("Det er registrert at fullmakt for deg skal tildeles {name}.{}", self.objection()),
            ),
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

impl Text<'_> {
    /// From when on one that was registered can have effect, and what to do where it is wrong.
    fn objection(&self) -> String {
        let from = self.earliest_at.map(written_time);
        let from = from
            .map(|from| format!(" Den får ingen virkning før {from}, og først når den er kontrollert."))
            .unwrap_or_default();
        format!(
            "{from}\n\nEr dette feil, kan du avslutte fullmakten med det samme under fullmakter her i postkassen, eller be den som driver postkassen, om å stoppe den."
        )
    }
}

fn day(date: NaiveDate) -> String {
    date.format("%d.%m.%Y").to_string()
}

#[cfg(test)]
mod tests {
    use domain::identity::{NationalId, NumberSeries};
    use domain::power_of_attorney::HolderName;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_notice_names_the_other_the_period_and_the_areas() {
        let period = Period { from: date("2026-11-22"), to: Some(date("2027-01-31")) };
        let other = Some("Kari Nordmann");
        let text = Text {
            kind: PowerKind::Given,
            role: PowerRole::Holder,
            other,
            period,
            areas: "Innsyn, Helse",
            earliest_at: None,
        };

        let (subject, body) = text.of(News::Given);

        assert_eq!(subject, "Du har fått en fullmakt");
        let expected = "Du har fått fullmakt fra Kari Nordmann.\n\n\
                        Periode: fra 22.11.2026 til og med 31.01.2027.\nTjenesteområder: Innsyn, Helse.";
        assert_eq!(body, expected);
    }

    #[test]
    fn the_giver_of_one_that_was_registered_reads_from_when_on_it_counts_and_what_to_do() {
        let period = Period { from: date("2026-11-22"), to: None };
        let earliest_at = Some("2026-11-25T11:00:00Z".parse().expect("a time"));
        let other = Some("Tante Kari");
        let text = Text { kind: PowerKind::Given, role: PowerRole::Giver, other, period, areas: "Helse", earliest_at };

        let (_, body) = text.of(News::Registered);

        assert!(body.starts_with("Fullmakt fra deg til Tante Kari er registrert etter et skjema. Den får ingen virkning før 25.11.2026 kl. 12:00"));
        assert!(body.contains("kan du avslutte fullmakten med det samme"));
    }

    #[test]
    fn the_giver_reads_of_the_holder_what_they_wrote() {
        let words = |number: &str, name: Option<&str>| {
            let name = name.map(|name| HolderName::parse(name).expect("a name"));
            written(&HolderWords {
                number: NationalId::parse(number, NumberSeries::Synthetic).expect("a number"),
                name,
            })
        };
        assert_eq!(words("29827200059", None), "personen med fødselsnummer 298272 00059");
        assert_eq!(words("52879000092", Some("Tante Kari")), "Tante Kari (D-nummer 528790 00092)");
        assert_eq!(words("80000000179", None), "personen med felles hjelpenummer 800000 00179");
    }

    #[test]
    fn a_period_without_an_end_says_so_and_nobody_is_named_who_cannot_be() {
        let period = Period { from: date("2026-11-22"), to: None };
        let text = Text {
            kind: PowerKind::Given,
            role: PowerRole::Giver,
            other: None,
            period,
            areas: "Helse",
            earliest_at: None,
        };

        let (_, body) = text.of(News::Ended);

        assert!(body.starts_with("Fullmakten fra deg til en person som ikke lenger er tilgjengelig her er avsluttet."));
        assert!(body.contains("fra 22.11.2026, uten sluttdato"));
    }
}

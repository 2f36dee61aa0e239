use chrono::NaiveDate;
use domain::health_contact::ContactName;
use domain::identity::{NationalId, NumberSeries};
use domain::message::{Body, Subject};
use domain::organisation::Name;
use domain::power_of_attorney::HolderName;
use strum::VariantArray as _;

use super::*;

/// One of each text, made as the messages make them.
pub(super) fn every_text() -> Vec<MailboxText> {
    let period = Period { from: day("2026-11-22"), to: Some(day("2027-01-31")) };
    let title = AppointmentTitle::parse("Time").expect("a title");
    let now = DateTime::UNIX_EPOCH;
    let mut texts = vec![effect(now), objection(), days(period), days(Period { to: None, ..period }), covered(&[])];
    for news in PowerNews::VARIANTS {
        for kind in PowerKind::VARIANTS {
            texts.extend(
                [PowerRole::Giver, PowerRole::Holder]
                    .into_iter()
                    .flat_map(|role| power(*news, *kind, role, "Kari Nordmann")),
            );
        }
    }
    texts.extend(AppointmentKind::VARIANTS.iter().flat_map(|kind| cancelled(*kind, &title, now)));
    texts.extend(practitioner(&names("Kari Lege", "Solvika legesenter"), period.from));
    let numbers = ["29827200059", "52879000092", "80000000179"].map(number);
    texts.extend(numbers.iter().map(|number| number_kind(number.kind())));
    let [number, ..] = numbers;
    texts.push(holder(&HolderWords { number: number.clone(), name: None }));
    texts.push(holder(&HolderWords { number, name: HolderName::parse("Tante Kari").ok() }));
    texts.extend([nobody(), summary("Solvika")]);
    texts
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn number(digits: &str) -> NationalId {
    NationalId::parse(digits, NumberSeries::Synthetic).expect("a number")
}

fn names(person: &str, unit: &str) -> ContactNames {
    let name = |text: &str| ContactName::parse(text).ok();
    ContactNames { role: None, person: name(person), unit: name(unit) }
}

fn area(name: &str) -> AreaNames {
    let name = Name::parse(name).expect("a name");
    AreaNames { bokmal: name.clone(), nynorsk: name.clone(), english: name }
}

fn told(role: PowerRole, other: OtherSide<'_>, news: PowerNews) -> PowerTold<'_> {
    let period = Period { from: day("2026-11-22"), to: None };
    PowerTold { news, kind: PowerKind::Given, role, other, period, areas: &[], earliest_at: None }
}

#[test]
fn ful_17_a_notice_names_the_other_the_period_and_the_areas() {
    let (insight, health) = (area("Innsyn"), area("Helse"));
    let period = Period { from: day("2026-11-22"), to: Some(day("2027-01-31")) };
    let told = told(PowerRole::Holder, OtherSide::Giver("Kari \u{7}Nordmann"), PowerNews::Given);

    let Written { subject, body } = Words.power_of_attorney(&PowerTold { period, areas: &[&insight, &health], ..told });

    assert_eq!(subject, "Du har fått en fullmakt");
    let expected = "Du har fått fullmakt fra Kari Nordmann.\n\n\
                    Periode: fra 22.11.2026 til og med 31.01.2027.\nTjenesteområder: Innsyn, Helse.";
    assert_eq!(body, expected);
}

#[test]
fn the_giver_of_one_that_was_registered_reads_from_when_on_it_counts_and_what_to_do() {
    let earliest_at = Some("2026-11-25T11:00:00Z".parse().expect("a time"));
    let told = told(PowerRole::Giver, OtherSide::Giver("Tante Kari"), PowerNews::Registered);
    let health = area("Helse");

    let Written { body, .. } = Words.power_of_attorney(&PowerTold { areas: &[&health], earliest_at, ..told });

    let expected = "Fullmakt fra deg til Tante Kari er registrert etter et skjema. Den får ingen virkning før 25.11.2026 \
                    kl. 12:00, og først når den er kontrollert.\n\nEr dette feil, kan du avslutte fullmakten med det samme \
                    under fullmakter her i postkassen, eller be den som driver postkassen, om å stoppe den.\n\n\
                    Periode: fra 22.11.2026, uten sluttdato.\nTjenesteområder: Helse.";
    assert_eq!(body, expected);
}

#[test]
fn the_giver_reads_of_the_holder_what_they_wrote() {
    let written = |digits: &str, name: Option<&str>| {
        let name = name.map(|name| HolderName::parse(name).expect("a name"));
        say(&holder(&HolderWords { number: number(digits), name })).into_owned()
    };
    assert_eq!(written("29827200059", None), "personen med fødselsnummer 298272 00059");
    assert_eq!(written("52879000092", Some("Tante Kari")), "Tante Kari (D-nummer 528790 00092)");
    assert_eq!(written("80000000179", None), "personen med felles hjelpenummer 800000 00179");
}

#[test]
fn nobody_is_named_who_cannot_be() {
    let Written { body, .. } = Words.power_of_attorney(&told(PowerRole::Giver, OtherSide::Unnamed, PowerNews::Ended));

    assert!(body.starts_with("Fullmakten fra deg til en person som ikke lenger er tilgjengelig her er avsluttet."));
}

#[test]
fn what_the_queue_gets_names_the_day_by_the_clocks_of_oslo_and_fits() {
    let title = AppointmentTitle::parse(&"æ".repeat(AppointmentTitle::MAX_CHARS)).expect("a title");
    let starts_at = "2026-07-01T22:30:00Z".parse().expect("a time");

    let Written { subject, body } = Words.appointment_cancelled(AppointmentKind::HomeVisit, &title, starts_at);

    assert!(Subject::parse(&subject).is_ok() && subject.starts_with("Avlyst: æ"));
    assert!(Body::parse(&body).is_ok());
    assert_eq!(body, "Besøket 02.07.2026 kl. 00.30 er avlyst.");
}

#[test]
fn hn_3_the_receipt_fits_and_its_subject_names_nobody() {
    let longest = "æ".repeat(ContactName::MAX_CHARS);

    let Written { subject, body } = Words.practitioner_changed(&names(&longest, &longest), day("2027-01-01"));

    assert!(Subject::parse(&subject).is_ok() && !subject.contains('æ'));
    assert!(Body::parse(&body).is_ok() && body.starts_with("Ny fastlege fra 01.01.2027: ææ"));
    let end = "æ.\n\nNåværende og tidligere fastleger står i oversikten over helsekontakter.";
    assert!(body.ends_with(end), "{body}");
}

//! Persons who do not exist, one at least for every row of the decision table. Their numbers are synthetic by
//! construction (month + 80 or + 40). Who is who's parent is in [`super::families`].

use chrono::NaiveDate;
use domain::identity::{NationalId, NumberSeries};
use domain::person::{PersonName, Protected, Protection};
use domain::postal_address::{Addresses, PostalAddress};
use domain::register::RegisteredPerson;

use super::families;

/// One thing that trying a person shows.
#[derive(Clone, Copy)]
pub(crate) struct Shows {
    /// The id of the rule, by which the person is found.
    pub(crate) rule: &'static str,
    /// What the person is to the rule.
    pub(crate) text: &'static str,
}

pub(super) const fn shows(rule: &'static str, text: &'static str) -> Shows {
    Shows { rule, text }
}

type Day = (i32, u32, u32);

/// A line of the table.
pub(super) struct Row {
    number: &'static str,
    name: &'static str,
    /// The date of birth in the register.
    born: Day,
    protection: Protection,
    /// The last day of the protection.
    until: Option<Day>,
    died: Option<Day>,
    /// Whether the store knows them from the start. The others are known to the register alone, until somebody asks.
    is_known: bool,
    shows: &'static [Shows],
}

/// Somebody with an open address.
pub(super) const fn person(number: &'static str, name: &'static str, born: Day, shows: &'static [Shows]) -> Row {
    let (protection, until, died) = (Protection::Ungraded, None, None);
    Row { number, name, born, protection, until, died, is_known: true, shows }
}

/// Somebody with a protected address.
pub(super) const fn protected(
    number: &'static str,
    name: &'static str,
    born: Day,
    protection: Protection,
    shows: &'static [Shows],
) -> Row {
    Row { protection, ..person(number, name, born, shows) }
}

/// Somebody whom the register has and the store does not know.
pub(super) const fn newcomer(number: &'static str, name: &'static str, born: Day, shows: &'static [Shows]) -> Row {
    Row { is_known: false, ..person(number, name, born, shows) }
}

/// Adults on their own, those who give and hold powers of attorney, and health workers. The first is the recipient of
/// the walk.
#[rustfmt::skip]
const ADULTS: [Row; 34] = [
    person("29827200059", "Skuddår Testesen", (1972, 2, 29), &[
        shows("HN-5", "an adult, whose inbox opens with a consent; the recipient of the walk"),
        shows("RET-10", "an adult who sees the own access log"),
        shows("DH-7", "a patient whom a health worker may follow up"),
    ]),
    person("08854500016", "Eldrid Prøve", (1945, 5, 8), &[
        shows("CON-7", "an old person who has not consented"),
        shows("PP-5", "a stranger to everybody"),
    ]),
    person("08854590090", "Eldar Prøve", (1945, 5, 8), &[
        shows("CON-7", "an old person who has not consented"),
        shows("CON-15", "an old person for whom a municipal service can be linked"),
    ]),
    person("29820050043", "Millennia Testesen", (2000, 2, 29), &[
        shows("HN-5", "an adult born on 29 February"),
    ]),
    person("52879000092", "Dagny D-nummer", (1990, 7, 12), &[shows("TK-4", "an adult with a D-number")]),
    person("09498500045", "Navn Syntetisk", (1985, 9, 9), &[shows("TK-4", "a number with month + 40")]),
    person("17859910033", "Totusentrettito Prøve", (1999, 5, 17), &[
        shows("TK-4", "a control digit by the rule of 2032"),
    ]),
    person("43848810089", "Gjest Totusentrettito", (1988, 4, 3), &[shows("TK-4", "a D-number by the rule of 2032")]),
    person("80000000179", "Hjelpenummer Ukjent", (1980, 1, 1), &[shows("TK-4", "a common help number")]),
    person("22910850095", "Atten Idag", (2008, 11, 22), &[
        shows("FUL-2", "turned 18 on 2026-11-22: may hold a power of attorney"),
    ]),
    protected("17859910041", "Skjult Adresse", (1999, 5, 17), Protection::StrictlyConfidential, &[
        shows("HN-9", "a strictly confidential address: an inbox without the services that are closed to it"),
        shows("ADR-5", "a strictly confidential address: acts for nobody, and nobody acts for them"),
        shows("FUL-13", "a strictly confidential address: neither gives nor receives a power of attorney"),
        shows("ADR-7", "a patient for whom health workers need the role for the grade"),
    ]),
    Row { died: Some((2025, 1, 10)), ..person("17859910130", "Død Testesen", (1999, 5, 17), &[
        shows("KRR-8", "dead since 2025-01-10"),
    ]) },
    Row { until: Some((2027, 3, 31)), ..protected(
        "07878200017", "Midlertidig Skjult Prøve", (1982, 7, 7), Protection::Confidential, &[
            shows("ADR-11", "a confidential address to the end of 2027-03-31"),
            shows("HN-9", "a confidential address: an inbox without the services that are closed to it"),
        ],
    ) },
    protected("02827300155", "Utenlands Skjult Prøve", (1973, 2, 2), Protection::StrictlyConfidentialAbroad, &[
        shows("HN-9", "a strictly confidential address abroad"),
        shows("ADR-7", "a patient for whom health workers need the role for the grade"),
    ]),

    person("12835000107", "Gunnar Giver Prøve", (1950, 3, 12), &[
        shows("FUL-2", "gives powers of attorney; father of Hilde Holder Prøve"),
        shows("FUL-8", "ends a power of attorney"),
        shows("FUL-18", "withholds a message from holders"),
    ]),
    person("24868000291", "Hilde Holder Prøve", (1980, 6, 24), &[
        shows("FUL-5", "holds a power of attorney for area 3"),
        shows("FUL-9", "a holder: no access log, no consent, no powers"),
    ]),
    person("18897500031", "Inger Innsyn Prøve", (1975, 9, 18), &[
        shows("FUL-4", "holds a power of attorney without area 3"),
    ]),
    person("31817700112", "Ulf Utløpt Prøve", (1977, 1, 31), &[
        shows("FUL-7", "holds a power of attorney that is over"),
    ]),
    person("04914800000", "Tilda Tildelt Prøve", (1948, 11, 4), &[
        shows("FUL-14", "lacks decision competence; mother of Trygve Tildelt Prøve"),
    ]),
    person("06847600134", "Trygve Tildelt Prøve", (1976, 4, 6), &[
        shows("FUL-14", "next of kin, to whom a power of attorney is assigned"),
    ]),
    person("20906000025", "Vera Vergehaver Prøve", (1960, 10, 20), &[shows("FUL-19", "has a guardian")]),
    person("15887000120", "Vidar Verge Prøve", (1970, 8, 15), &[shows("FUL-19", "the guardian of Vera Vergehaver Prøve")]),

    person("26828500022", "Siri Sykepleier Prøve", (1985, 2, 26), &[
        shows("DH-7", "a nurse who follows up patients"),
    ]),
    person("13928700024", "Stine Sykepleier Prøve", (1987, 12, 13), &[
        shows("DH-7", "a nurse who does not follow up the patient"),
        shows("PP-5", "a nurse of another unit"),
    ]),
    person("02868300143", "Sverre Sykepleier Prøve", (1983, 6, 2), &[
        shows("ADR-7", "a nurse for the role that protected patients take"),
    ]),
    person("16858600042", "Synne Sykepleier Prøve", (1986, 5, 16), &[
        shows("ADR-7", "a nurse who is the mother of a patient, Pia Pasient Prøve"),
        shows("CHI-1", "parent of a child under 12"),
    ]),

    person("11836600020", "Rune Reservert Prøve", (1966, 3, 11), &[
        shows("KRR-4", "reserved against digital communication"),
    ]),
    person("23897400006", "Unni Utgått Prøve", (1974, 9, 23), &[
        shows("KRR-3", "contact details that were not confirmed for 18 months"),
        shows("KRR-7", "cannot be notified"),
    ]),
    person("05815800100", "Aldri Innlogget Prøve", (1958, 1, 5), &[
        shows("HK-9", "has never used an ID-porten service"),
    ]),
    person("18868300058", "Dina Digipost Prøve", (1983, 6, 18), &[
        shows("KRR-6", "has chosen a mailbox at Digipost"),
    ]),
    person("27917900065", "Egil Eboks Prøve", (1979, 11, 27), &[
        shows("HK-5", "has chosen a mailbox at e-Boks"),
    ]),

    newcomer("21879400195", "Nils Nyinnflyttet Prøve", (1994, 7, 21), &[
        shows("KRR-8", "known to the population register alone, until somebody asks for him"),
    ]),
    newcomer("27839600262", "Nora Nybakt Prøve", (1996, 3, 27), &[
        shows("KRR-8", "known to the population register alone, as is her child"),
        shows("CHI-1", "parent of a newborn child"),
    ]),
    newcomer("01902650039", "Nyfødt Prøve", (2026, 10, 1), &[
        shows("CHI-1", "a newborn child, known to the population register alone"),
    ]),
];

/// Everybody whom the register of the sandbox has at its start.
pub(super) struct Registered {
    /// What the register says, but for whose parent they are: the register finds that by itself.
    pub(super) person: RegisteredPerson,
    /// Whether the store knows them from the start.
    pub(super) is_known: bool,
    /// What they show.
    pub(super) shows: &'static [Shows],
}

/// The whole table.
pub(super) fn all() -> Vec<Registered> {
    // The tables are fixed, and a test parses every line of them.
    ADULTS.iter().chain(&families::MEMBERS).filter_map(registered).collect()
}

fn registered(row: &Row) -> Option<Registered> {
    let Row { number, name, born, protection, until, died, is_known, shows } = row;
    let numbers = |numbers: Vec<&'static str>| numbers.into_iter().filter_map(parse).collect();
    let person = RegisteredPerson {
        national_id: parse(number)?,
        name: PersonName::from_register((*name).to_owned()),
        birth_date: date(*born)?,
        death_date: died.and_then(date),
        protection: Protected { grade: *protection, until: until.and_then(date) },
        responsible: families::responsible(number),
        guardians: numbers(families::guardians(number)),
        family: numbers(families::family(number)),
        addresses: Addresses { residence: residence(number), postal: None },
        children: vec![],
    };
    Some(Registered { person, is_known: *is_known, shows })
}

/// Where somebody lives: a street that does not exist, with a number of their own.
fn residence(number: &str) -> Option<PostalAddress> {
    PostalAddress::from_register(vec![format!("Testveien {}", &number[6..9]), "0150 OSLO".to_owned()])
}

pub(super) fn parse(number: &str) -> Option<NationalId> {
    NationalId::parse(number, NumberSeries::Synthetic).ok()
}

fn date((year, month, day): Day) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The rows of the decision table that are about persons, each with the rule by which its person is found. Rows 25
    /// to 28 are about systems, organisations and suppliers.
    const ROWS: [(u8, &str); 27] = [
        (1, "HN-5"),
        (2, "CON-7"),
        (3, "CON-15"),
        (4, "HN-9"),
        (5, "CHI-8"),
        (6, "CHI-10"),
        (7, "CON-12"),
        (8, "CHI-8"),
        (9, "CHI-1"),
        (10, "CHI-2"),
        (11, "CHI-3"),
        (12, "CHI-4"),
        (13, "PDLDOC"),
        (14, "SIVILOMBUDET"),
        (15, "FUL-5"),
        (16, "FUL-4"),
        (17, "FUL-7"),
        (18, "FUL-14"),
        (19, "FUL-19"),
        (20, "ADR-5"),
        (21, "DH-7"),
        (22, "PP-5"),
        (23, "ADR-7"),
        (24, "ADR-7"),
        (29, "RET-10"),
        (30, "FUL-9"),
        (31, "RET-10"),
    ];

    #[test]
    fn every_row_of_the_decision_table_has_a_person() {
        let shown: BTreeSet<&str> = all().iter().flat_map(|one| one.shows).map(|shows| shows.rule).collect();
        for (row, rule) in ROWS {
            assert!(shown.contains(rule), "row {row}: {rule}");
        }
    }

    #[test]
    fn every_line_is_a_person_of_their_own_with_something_to_show() {
        let lines: Vec<&Row> = ADULTS.iter().chain(&families::MEMBERS).collect();
        let numbers: BTreeSet<&str> = lines.iter().map(|row| row.number).collect();

        assert_eq!(all().len(), lines.len(), "each number and each date of birth can be parsed");
        assert_eq!(numbers.len(), lines.len(), "each number is there once");
        for Row { number, until, died, shows, .. } in lines {
            assert!(until.is_none_or(|day| date(day).is_some()) && died.is_none_or(|day| date(day).is_some()));
            assert!(!shows.is_empty() && shows.iter().all(|shows| !shows.text.is_empty()), "{number}");
        }
    }
}

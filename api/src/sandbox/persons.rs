//! A dozen persons who do not exist. Their numbers are synthetic by construction (month + 80 or + 40).

use chrono::{DateTime, NaiveDate, Utc};
use domain::identity::{NationalId, NumberSeries};
use domain::person::{PersonName, Protection};
use persistence::{Failure, NewPerson, Store};

use super::TestPerson;

/// Number, name, date of birth in the register, protection, day of death, what the person shows.
type Row = (&'static str, &'static str, (i32, u32, u32), Protection, Option<(i32, u32, u32)>, &'static str);

#[rustfmt::skip]
const PERSONS: [Row; 14] = [
    ("29827200059", "Skuddår Testesen",       (1972, 2, 29), Protection::Ungraded, None, "an adult; the recipient of the walk"),
    ("08854500016", "Eldrid Prøve",           (1945, 5, 8),  Protection::Ungraded, None, "an old person"),
    ("08854590090", "Eldar Prøve",            (1945, 5, 8),  Protection::Ungraded, None, "an old person"),
    ("29820050043", "Millennia Testesen",     (2000, 2, 29), Protection::Ungraded, None, "an adult born on a leap day"),
    ("52879000092", "Dagny D-nummer",         (1990, 7, 12), Protection::Ungraded, None, "an adult with a D-number"),
    ("09498500045", "Navn Syntetisk",         (1985, 9, 9),  Protection::Ungraded, None, "a number with month + 40"),
    ("17859910033", "Totusentrettito Prøve",  (1999, 5, 17), Protection::Ungraded, None, "a control digit by the rule of 2032"),
    ("43848810089", "Gjest Totusentrettito",  (1988, 4, 3),  Protection::Ungraded, None, "a D-number by the rule of 2032"),
    ("80000000179", "Hjelpenummer Ukjent",    (1980, 1, 1),  Protection::Ungraded, None, "a common help number"),
    ("15832250004", "Lille Testesen",         (2022, 3, 15), Protection::Ungraded, None, "CHI-8: a child of four reads nothing alone"),
    ("31921050189", "Nesten Seksten",         (2010, 12, 31), Protection::Ungraded, None, "CHI-4: turns 16 on 2026-12-31"),
    ("22910850095", "Atten Idag",             (2008, 11, 22), Protection::Ungraded, None, "turned 18 on 2026-11-22"),
    ("17859910041", "Skjult Adresse",         (1999, 5, 17), Protection::StrictlyConfidential, None, "HN-9: a protected address"),
    ("17859910130", "Død Testesen",           (1999, 5, 17), Protection::Ungraded, Some((2025, 1, 10)), "KRR-8: dead"),
];

/// Makes known those who are not, and tells who they are.
pub(super) async fn fill(store: &Store, now: DateTime<Utc>) -> Result<Vec<TestPerson>, Failure> {
    let mut persons = Vec::with_capacity(PERSONS.len());
    for (number, name, born, protection, died, shows) in PERSONS {
        // The table is fixed, and a test parses every row of it.
        let Ok(national_id) = NationalId::parse(number, NumberSeries::Synthetic) else { continue };
        let date = |(year, month, day)| NaiveDate::from_ymd_opt(year, month, day);
        let Some(birth_date) = date(born) else { continue };
        let name = PersonName::from_register(name.to_owned());
        let new = NewPerson {
            national_id: national_id.clone(),
            name: name.clone(),
            birth_date,
            protection,
            death_date: died.and_then(date),
        };
        let (id, mailbox) = store.person_register(new, now).await?;
        persons.push(TestPerson { id, mailbox, national_id, name, birth_date, protection, shows });
    }
    Ok(persons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_person_has_a_synthetic_number_and_a_date_of_birth() {
        for (number, _, (year, month, day), ..) in PERSONS {
            assert!(NationalId::parse(number, NumberSeries::Synthetic).is_ok(), "{number}");
            assert!(NaiveDate::from_ymd_opt(year, month, day).is_some(), "{number}");
        }
    }
}

//! A person as the register writes them (`folkeregisterperson`), read field by field.
//!
//! Of what it writes in lists, only what is current (`erGjeldende`) counts. What decides who sees what is never
//! guessed: a word that is not the register's, a date that cannot be read, or two current values of what a person has
//! one of, and the person is left out. The register has one grade that is strictly confidential: who of those lives
//! abroad is not told.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::identity::NationalId;
use domain::person::{PersonName, Protected, Protection, day_of};
use domain::postal_address::Addresses;
use domain::register::{RegisteredPerson, ResponsibilityKind, Responsible};
use serde::Deserialize;
use serde_json::Value;

use super::address::{Address, Dwelling, spelled};

/// What is not understood of a person, by the register's name of the field. No value is repeated.
#[derive(Debug)]
pub(super) struct NotUnderstood(pub(super) &'static str);

/// A person, and where the register has them living.
pub(super) struct Found {
    /// Nobody who is responsible shares the address yet: that takes the rows of those who are.
    pub(super) person: RegisteredPerson,
    /// Where the person lives (`bostedsadresse`): the register's address of them.
    pub(super) home: Option<Dwelling>,
    /// Where a child lives as well, by a contract of shared residence (`deltBosted`) that is in force.
    pub(super) shared_home: Option<Dwelling>,
}

impl Found {
    /// Whether somebody's home is where the person lives, by one of their addresses.
    pub(super) fn lives_at(&self, other: &Dwelling) -> bool {
        [&self.home, &self.shared_home].into_iter().flatten().any(|home| home.is_same(other))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(default)]
    identifikasjonsnummer: Vec<Entry<Number>>,
    #[serde(default)]
    status: Vec<Entry<Status>>,
    #[serde(default)]
    navn: Vec<Entry<Name>>,
    #[serde(default)]
    foedsel: Vec<Entry<Birth>>,
    doedsfall: Option<Entry<Death>>,
    #[serde(default)]
    adressebeskyttelse: Vec<Entry<Grading>>,
    #[serde(default)]
    bostedsadresse: Vec<Entry<Address>>,
    #[serde(default)]
    delt_bosted: Vec<Entry<Address>>,
    #[serde(default)]
    oppholdsadresse: Vec<Entry<Address>>,
    #[serde(default)]
    postadresse: Vec<Entry<Address>>,
    #[serde(default)]
    postadresse_i_utlandet: Vec<Entry<Address>>,
    #[serde(default)]
    foreldreansvar: Vec<Entry<Responsibility>>,
    #[serde(default)]
    familierelasjon: Vec<Entry<Relation>>,
    #[serde(default)]
    vergemaal_eller_fremtidsfullmakt: Vec<Entry<Guardianship>>,
}

/// What the register writes, and whether it is current. Without that flag nothing is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<T> {
    er_gjeldende: bool,
    #[serde(flatten)]
    of: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Number {
    status: String,
    foedsels_eller_d_nummer: String,
}

#[derive(Deserialize)]
struct Status {
    status: String,
}

#[derive(Deserialize)]
struct Name {
    fornavn: Option<String>,
    mellomnavn: Option<String>,
    etternavn: Option<String>,
}

#[derive(Deserialize)]
struct Birth {
    foedselsdato: Option<String>,
}

#[derive(Deserialize)]
struct Death {
    doedsdato: Option<String>,
}

#[derive(Deserialize)]
struct Grading {
    graderingsnivaa: String,
    opphoerstidspunkt: Option<String>,
}

/// In the row of a child `ansvarlig` is who has the responsibility; in the row of a parent `ansvarssubjekt` is the
/// child.
#[derive(Deserialize)]
struct Responsibility {
    ansvar: String,
    ansvarlig: Option<String>,
    ansvarssubjekt: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relation {
    relatert_person: Option<String>,
}

#[derive(Deserialize)]
struct Guardianship {
    vergemaaltype: Option<String>,
    verge: Option<Guardian>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Guardian {
    foedsels_eller_d_nummer: Option<String>,
    omfang: Option<String>,
    omfanget_er_innen_personlig_omraade: Option<bool>,
}

/// The person of a row that is about whoever has this number.
pub(super) fn read(national_id: NationalId, row: Value, now: DateTime<Utc>) -> Result<Found, NotUnderstood> {
    let row: Row = serde_json::from_value(row).map_err(|_| NotUnderstood("folkeregisterperson"))?;
    is_of(&national_id, row.identifikasjonsnummer)?;
    let death_date = death_date(row.doedsfall, row.status)?;
    let bostedsadresse = only(row.bostedsadresse, "bostedsadresse")?;
    let delt_bosted = only(row.delt_bosted, "deltBosted")?;
    let oppholdsadresse = only(row.oppholdsadresse, "oppholdsadresse")?;
    let postadresse = only(row.postadresse, "postadresse")?;
    let postadresse_i_utlandet = only(row.postadresse_i_utlandet, "postadresseIUtlandet")?;
    let all = [&bostedsadresse, &delt_bosted, &oppholdsadresse, &postadresse, &postadresse_i_utlandet];
    let protection = protection(row.adressebeskyttelse, all.into_iter().flatten(), now)?;
    let (responsible, children) = responsibility(&national_id, row.foreldreansvar);
    let relatives = current(row.familierelasjon).filter_map(|relation| relation.relatert_person);
    Ok(Found {
        home: bostedsadresse.as_ref().and_then(Address::dwelling),
        shared_home: delt_bosted.filter(|shared| shared.holds_on(day_of(now))).and_then(|shared| shared.dwelling()),
        person: RegisteredPerson {
            name: name(only(row.navn, "navn")?)?,
            birth_date: date(only(row.foedsel, "foedsel")?.and_then(|birth| birth.foedselsdato), "foedsel")?,
            death_date,
            protection,
            responsible,
            guardians: guardians(&national_id, row.vergemaal_eller_fremtidsfullmakt),
            family: relatives.filter_map(|number| other(&national_id, &number)).collect(),
            addresses: addresses(
                protection.grade,
                [bostedsadresse, oppholdsadresse],
                [postadresse, postadresse_i_utlandet],
            )?,
            children,
            national_id,
        },
    })
}

/// Where somebody lives by their row, of which no more was asked for. Nobody knows where it cannot be read.
pub(super) fn home(national_id: &NationalId, row: Value) -> Option<Dwelling> {
    let row: Row = serde_json::from_value(row).ok()?;
    is_of(national_id, row.identifikasjonsnummer).ok()?;
    only(row.bostedsadresse, "bostedsadresse").ok()??.dwelling()
}

fn current<T>(entries: Vec<Entry<T>>) -> impl Iterator<Item = T> {
    entries.into_iter().filter(|entry| entry.er_gjeldende).map(|entry| entry.of)
}

/// The current value of what a person has at most one of.
fn only<T>(entries: Vec<Entry<T>>, field: &'static str) -> Result<Option<T>, NotUnderstood> {
    let mut current = current(entries);
    let first = current.next();
    if current.next().is_some() { Err(NotUnderstood(field)) } else { Ok(first) }
}

/// The number has to be one that the person has now. The register finds people by numbers that are out of use, too;
/// whoever has one of those is known by another here.
fn is_of(national_id: &NationalId, numbers: Vec<Entry<Number>>) -> Result<(), NotUnderstood> {
    let is_theirs =
        |number: Number| spelled(&number.status) == "ibruk" && number.foedsels_eller_d_nummer == national_id.expose();
    if current(numbers).any(is_theirs) { Ok(()) } else { Err(NotUnderstood("identifikasjonsnummer")) }
}

/// A number that stands in somebody's row, of the same series, and is not their own. Whoever has none that can be read
/// is nobody here: they cannot log in by it either.
fn other(national_id: &NationalId, number: &str) -> Option<NationalId> {
    let number = NationalId::parse(number, national_id.series()?).ok()?;
    (number != *national_id).then_some(number)
}

fn date(text: Option<String>, field: &'static str) -> Result<NaiveDate, NotUnderstood> {
    text.and_then(|text| text.parse().ok()).ok_or(NotUnderstood(field))
}

/// Somebody who is dead on a day that is not known is not taken for alive, and somebody who has ceased to be a person
/// of the register (`opphoert`: a false identity, a number given out by mistake) is nobody.
fn death_date(death: Option<Entry<Death>>, statuses: Vec<Entry<Status>>) -> Result<Option<NaiveDate>, NotUnderstood> {
    let death = only(death.into_iter().collect(), "doedsfall")?;
    let death_date = death.map(|death| date(death.doedsdato, "doedsfall")).transpose()?;
    for Status { status } in current(statuses) {
        match spelled(&status).as_str() {
            "opphoert" => return Err(NotUnderstood("status")),
            "doed" if death_date.is_none() => return Err(NotUnderstood("status")),
            // What else there is changes nothing here: they live, here or abroad.
            _ => {}
        }
    }
    Ok(death_date)
}

/// As the register writes it.
fn name(name: Option<Name>) -> Result<PersonName, NotUnderstood> {
    let Name { fornavn, mellomnavn, etternavn } = name.ok_or(NotUnderstood("navn"))?;
    let parts: Vec<String> = [fornavn, mellomnavn, etternavn].into_iter().flatten().collect();
    let words: Vec<&str> = parts.iter().flat_map(|part| part.split_whitespace()).collect();
    if words.is_empty() { Err(NotUnderstood("navn")) } else { Ok(PersonName::from_register(words.join(" "))) }
}

/// The grade that the register has of the person (`adressebeskyttelse`) or, where that is higher, of one of their
/// addresses: all addresses of somebody who is protected are graded, so then we were not told of the person's.
fn protection<'a>(
    gradings: Vec<Entry<Grading>>,
    addresses: impl Iterator<Item = &'a Address>,
    now: DateTime<Utc>,
) -> Result<Protected, NotUnderstood> {
    let mut highest = Protected::NOT;
    for Grading { graderingsnivaa, opphoerstidspunkt } in current(gradings) {
        let grade = grade(&graderingsnivaa, "adressebeskyttelse")?;
        let until = opphoerstidspunkt.and_then(|end| last_day(&end, now));
        let is_longer =
            grade == highest.grade && highest.until.is_some_and(|last| until.is_none_or(|until| last < until));
        if is_higher(grade, highest.grade) || is_longer {
            highest = Protected { grade, until };
        }
    }
    for address in addresses {
        let grade = grade(&address.adressegradering, "adressegradering")?;
        if is_higher(grade, highest.grade) {
            highest = Protected { grade, until: None };
        }
    }
    Ok(highest)
}

/// `klientadresse` protects one address, for what it tells of who lives there, and not the person (ADR-1).
fn grade(word: &str, field: &'static str) -> Result<Protection, NotUnderstood> {
    match spelled(word).as_str() {
        "ugradert" | "klientadresse" => Ok(Protection::Ungraded),
        "fortrolig" => Ok(Protection::Confidential),
        "strengtfortrolig" => Ok(Protection::StrictlyConfidential),
        _ => Err(NotUnderstood(field)),
    }
}

fn is_higher(one: Protection, other: Protection) -> bool {
    one as u8 > other as u8
}

/// The last day before an end that is to come. An end that is past, or cannot be read, is none: the register says that
/// the grade holds.
fn last_day(end: &str, now: DateTime<Utc>) -> Option<NaiveDate> {
    let end = DateTime::parse_from_rfc3339(end).ok()?.to_utc();
    (end > now).then(|| day_of(end - TimeDelta::microseconds(1)))
}

/// Who is responsible for the person (`ansvarlig`), and for whom the person is (`ansvarssubjekt`). An organisation, or
/// somebody without a number, is nobody here. A kind of which we do not know the word is unknown, and gives nothing.
fn responsibility(
    national_id: &NationalId,
    entries: Vec<Entry<Responsibility>>,
) -> (Vec<Responsible>, Vec<NationalId>) {
    let (mut responsible, mut children) = (vec![], vec![]);
    for Responsibility { ansvar, ansvarlig, ansvarssubjekt } in current(entries) {
        let kind = match spelled(&ansvar).as_str() {
            "felles" => ResponsibilityKind::Shared,
            "mor" => ResponsibilityKind::Mother,
            "far" => ResponsibilityKind::Father,
            "medmor" => ResponsibilityKind::CoMother,
            "andre" => ResponsibilityKind::Other,
            _ => ResponsibilityKind::Unknown,
        };
        let is_own = |number: &Option<String>| number.as_ref().is_none_or(|number| number == national_id.expose());
        if is_own(&ansvarssubjekt)
            && let Some(national_id) = ansvarlig.as_deref().and_then(|number| other(national_id, number))
        {
            responsible.push(Responsible { national_id, kind, shares_address: false });
        }
        if is_own(&ansvarlig)
            && kind.counts()
            && let Some(child) = ansvarssubjekt.as_deref().and_then(|number| other(national_id, number))
        {
            children.push(child);
        }
    }
    (responsible, children)
}

/// Guardians (`verge`) for personal matters, as health is. Whoever manages property alone, or holds a confirmed power
/// of attorney for the future (`stadfestetFremtidsfullmakt`), is none, nor is anybody whose scope (`omfang`) is not
/// told.
fn guardians(national_id: &NationalId, entries: Vec<Entry<Guardianship>>) -> Vec<NationalId> {
    let guardian = |of: Guardianship| {
        let Guardian { foedsels_eller_d_nummer, omfang, omfanget_er_innen_personlig_omraade } = of.verge?;
        let is_guardianship = matches!(
            spelled(&of.vergemaaltype?).as_str(),
            "ensligmindreaarigasylsoeker"
                | "ensligmindreaarigflyktning"
                | "voksen"
                | "midlertidigforvoksen"
                | "mindreaarig"
                | "midlertidigformindreaarig"
        );
        let is_personal = matches!(
            spelled(&omfang?).as_str(),
            "personligeinteresser"
                | "personligeogoekonomiskeinteresser"
                | "utlendingssakerpersonligeogoekonomiskeinteresser"
        ) && omfanget_er_innen_personlig_omraade != Some(false);
        (is_guardianship && is_personal).then_some(())?;
        other(national_id, &foedsels_eller_d_nummer?)
    };
    current(entries).filter_map(guardian).collect()
}

/// Where the person lives: the address by which they are registered, or else where they stay (`oppholdsadresse`), for
/// those with a D-number have no other. And where they get their post, in Norway before abroad.
///
/// Of somebody who is protected only what everybody may know is taken along: an address for post that is not graded
/// itself. Where the person's grade is the strictest it may have that grade, for the register has none but the open one
/// then (ADR-3).
fn addresses(
    protection: Protection,
    residence: [Option<Address>; 2],
    postal: [Option<Address>; 2],
) -> Result<Addresses, NotUnderstood> {
    let on_envelope = |address: Option<Address>| address.as_ref().and_then(Address::on_envelope);
    let mut open = None;
    for address in postal.into_iter().flatten() {
        let grade = grade(&address.adressegradering, "adressegradering")?;
        if open.is_none() && (!grade.is_graded() || protection == grade && grade == Protection::StrictlyConfidential) {
            open = on_envelope(Some(address));
        }
    }
    let residence = residence.into_iter().filter(|_| !protection.is_graded()).find_map(on_envelope);
    Ok(Addresses { residence, postal: open })
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;

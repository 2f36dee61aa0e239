//! Rows as the register writes them, of persons who do not exist.

use domain::identity::{NationalId, NumberSeries};
use domain::postal_address::PostalAddress;
use serde_json::{Value, json};

pub(super) const CHILD: &str = "15832250004";
pub(super) const MOTHER: &str = "14849100018";
pub(super) const FATHER: &str = "02898900129";
pub(super) const ADULT: &str = "29827200059";
pub(super) const OTHER: &str = "08854500016";
pub(super) const D_NUMBER: &str = "52879000092";
pub(super) const HELP_NUMBER: &str = "80000000179";

pub(super) fn number(text: &str) -> NationalId {
    NationalId::parse(text, NumberSeries::Synthetic).expect("a number")
}

pub(super) fn numbers(texts: &[&str]) -> Vec<NationalId> {
    texts.iter().map(|text| number(text)).collect()
}

/// What the register writes into a list, with what it writes beside.
pub(super) fn current(value: Value) -> Value {
    with(value, json!({"erGjeldende": true, "kilde": "KILDE_DSF", "ajourholdstidspunkt": "2024-06-05T09:33:23+02:00"}))
}

pub(super) fn former(value: Value) -> Value {
    with(value, json!({"erGjeldende": false, "opphoerstidspunkt": "2020-01-01T00:00:00+01:00"}))
}

/// A row with other fields.
pub(super) fn with(mut row: Value, fields: Value) -> Value {
    let fields = fields.as_object().expect("fields").clone();
    row.as_object_mut().expect("a row").extend(fields);
    row
}

pub(super) fn street(name: &str, unit: &str) -> Value {
    json!({
        "kommunenummer": "0301", "bruksenhetsnummer": unit, "bruksenhetstype": "bolig", "adressenavn": name,
        "adressenummer": {"husnummer": "5", "husbokstav": "b"}, "adressekode": "10123",
        "poststed": {"poststedsnavn": "OSLO", "postnummer": "0150"},
    })
}

pub(super) fn lives_at(name: &str, unit: &str) -> Value {
    current(json!({
        "vegadresse": street(name, unit), "adressegradering": "ugradert", "flyttedato": "2019-05-31",
        "adresseIdentifikatorFraMatrikkelen": format!("id of {name}"), "grunnkrets": 1507,
    }))
}

/// A resident as the register writes one.
pub(super) fn person(number: &str) -> Value {
    let identity = json!({"status": "iBruk", "foedselsEllerDNummer": number, "identifikatortype": "foedselsnummer"});
    json!({
        "identifikasjonsnummer": [current(identity)],
        "status": [current(json!({"status": "bosatt"}))],
        "foedsel": [current(json!({"foedselsdato": "1972-02-29", "foedselsaar": "1972", "foedeland": "NOR"}))],
        "navn": [current(json!({"fornavn": "SKUDDÅR", "mellomnavn": "PRØVE", "etternavn": "TESTESEN"}))],
        "bostedsadresse": [lives_at("TESTVEIEN", "H0101")],
    })
}

pub(super) fn responsibility(kind: &str, field: &str, number: &str) -> Value {
    current(json!({"ansvar": kind, field: number}))
}

pub(super) fn lines(address: Option<&PostalAddress>) -> Vec<&str> {
    address.map_or_else(Vec::new, |address| address.expose().iter().map(String::as_str).collect())
}

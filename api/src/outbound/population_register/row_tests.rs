//! What is read of a row, and what is not.

use serde_json::json;

use super::super::test_rows::{
    ADULT, CHILD, MOTHER, OTHER, current, former, lines, lives_at, number, numbers, person, responsibility, street,
    with,
};
use super::*;
use crate::clock::Clock;

fn found(text: &str, fields: Value) -> Result<Found, NotUnderstood> {
    super::read(number(text), with(person(text), fields), Clock::standing().now())
}

/// What is read of an adult with these fields; nothing where they are left out.
fn read(fields: Value) -> Option<RegisteredPerson> {
    found(ADULT, fields).ok().map(|found| found.person)
}

#[test]
fn each_kind_of_responsibility_is_known_and_another_gives_nothing() {
    let table = [
        ("felles", ResponsibilityKind::Shared),
        ("FELLES", ResponsibilityKind::Shared),
        ("mor", ResponsibilityKind::Mother),
        ("far", ResponsibilityKind::Father),
        ("medmor", ResponsibilityKind::CoMother),
        ("andre", ResponsibilityKind::Other),
        ("ukjent", ResponsibilityKind::Unknown),
        ("tante", ResponsibilityKind::Unknown),
    ];
    for (word, kind) in table {
        let both = json!([responsibility(word, "ansvarlig", MOTHER), responsibility(word, "ansvarssubjekt", CHILD)]);

        let person = read(json!({"foreldreansvar": both})).expect("a person");

        assert_eq!(person.responsible[0].kind, kind, "{word}");
        assert_eq!(person.children.len(), usize::from(kind.counts()), "{word}");
    }
}

#[test]
fn chi_2_one_dwelling_is_told_from_another_as_the_register_tells_them() {
    let bare = |mut address: Value| {
        address.as_object_mut().expect("an address").remove("adresseIdentifikatorFraMatrikkelen");
        json!([address])
    };
    let contract = |from: &str, to: Value| {
        let dates = json!({"startdatoForKontrakt": from, "sluttdatoForKontrakt": to});
        json!({
            "bostedsadresse": [lives_at("ANDREVEIEN", "H0101")],
            "deltBosted": [with(lives_at("TESTVEIEN", "H0101"), dates)],
        })
    };
    let farm = |number: Value| {
        let cadastral = json!({"kommunenummer": "0301", "gaardsnummer": number, "bruksnummer": 27, "festenummer": 0});
        let place = json!({"matrikkelnummer": cadastral, "undernummer": null, "bruksenhetsnummer": ""});
        json!({"bostedsadresse": [current(json!({"matrikkeladresse": place, "adressegradering": "ugradert"}))]})
    };
    let unknown = current(json!({"ukjentBosted": {"bostedskommune": "0301"}, "adressegradering": "ugradert"}));
    let here = || json!({"bostedsadresse": [lives_at("TESTVEIEN", "H0101")]});
    let table = [
        ("the same", here(), here(), true),
        ("another street", json!({"bostedsadresse": [lives_at("ANDREVEIEN", "H0101")]}), here(), false),
        ("no id: by street and number", json!({"bostedsadresse": bare(lives_at("Testveien", "H0101"))}), here(), true),
        ("no id, another flat", json!({"bostedsadresse": bare(lives_at("TESTVEIEN", "H0201"))}), here(), false),
        ("shared residence in force", contract("2019-01-01", json!(null)), here(), true),
        ("shared residence that is over", contract("2019-01-01", json!("2020-01-01")), here(), false),
        ("shared residence to come", contract("2300-01-01", json!(null)), here(), false),
        ("shared residence of which nobody knows the end", contract("2019-01-01", json!("snart")), here(), false),
        ("the same farm", farm(json!(12)), farm(json!("12")), true),
        ("another farm", farm(json!(12)), farm(json!(13)), false),
        ("a farm and a street", farm(json!(12)), here(), false),
        ("the parent's is unknown", here(), json!({"bostedsadresse": [unknown.clone()]}), false),
        ("both are unknown", json!({"bostedsadresse": [unknown.clone()]}), json!({"bostedsadresse": [unknown]}), false),
    ];
    for (name, of_child, of_parent, expected) in table {
        let child = found(CHILD, of_child).expect("a child");
        let of_parent = home(&number(MOTHER), with(person(MOTHER), of_parent));

        assert_eq!(of_parent.is_some_and(|home| child.lives_at(&home)), expected, "{name}");
    }
}

#[test]
fn adr_1_and_3_a_protected_person_has_the_grade_and_no_address_but_the_open_one() {
    let graded = |word: &str| json!([current(json!({"graderingsnivaa": word}))]);
    let at = |word: &str| json!([with(lives_at("TESTVEIEN", "H0101"), json!({"adressegradering": word}))]);
    let post = |word: &str| {
        let box_ = json!({"postboks": "2094 Vika", "poststed": {"poststedsnavn": "OSLO", "postnummer": "0125"}});
        json!([current(json!({"postboksadresse": box_, "adressegradering": word}))])
    };
    let (open, strict) = (Protection::Ungraded, Protection::StrictlyConfidential);
    let confidential = Protection::Confidential;
    let table = [
        ("none", json!({"adressebeskyttelse": []}), open, 2, 0),
        ("former", json!({"adressebeskyttelse": [former(json!({"graderingsnivaa": "fortrolig"}))]}), open, 2, 0),
        ("of one address", json!({"bostedsadresse": at("klientadresse")}), open, 2, 0),
        (
            "confidential",
            json!({
                "adressebeskyttelse": graded("fortrolig"), "bostedsadresse": at("fortrolig"),
                "postadresse": post("fortrolig"),
            }),
            confidential,
            0,
            0,
        ),
        (
            "confidential, open post",
            json!({"adressebeskyttelse": graded("fortrolig"), "postadresse": post("ugradert")}),
            confidential,
            0,
            2,
        ),
        ("only the address says so", json!({"bostedsadresse": at("FORTROLIG")}), confidential, 0, 0),
        (
            "strictly confidential",
            json!({
                "adressebeskyttelse": graded("strengtFortrolig"), "bostedsadresse": [],
                "postadresse": post("ugradert"),
            }),
            strict,
            0,
            2,
        ),
        (
            "strictly confidential, as the contract writes it",
            json!({"adressebeskyttelse": graded("STRENGT_FORTROLIG"), "postadresse": post("STRENGT_FORTROLIG")}),
            strict,
            0,
            2,
        ),
        (
            "strictly confidential by the address for post",
            json!({"postadresse": post("strengtFortrolig")}),
            strict,
            0,
            2,
        ),
    ];
    for (name, fields, grade, residence, postal) in table {
        let person = read(fields).expect("a person");

        assert_eq!(person.protection, Protected { grade, until: None }, "{name}");
        assert_eq!(lines(person.addresses.residence.as_ref()).len(), residence, "{name}");
        assert_eq!(lines(person.addresses.postal.as_ref()).len(), postal, "{name}");
    }
    for fields in [
        json!({"adressebeskyttelse": graded("hemmelig")}),
        json!({"adressebeskyttelse": [current(json!({}))]}),
        json!({"adressebeskyttelse": [{"graderingsnivaa": "ugradert"}]}),
        json!({"bostedsadresse": at("hemmelig")}),
        json!({"postadresse": post("hemmelig")}),
    ] {
        assert_eq!(read(fields.clone()), None, "{fields}");
    }
}

#[test]
fn adr_11_a_grade_has_its_last_day_and_the_strictest_and_longest_holds() {
    let graded = |word: &str, until: Value| current(json!({"graderingsnivaa": word, "opphoerstidspunkt": until}));
    let table = [
        (vec![graded("fortrolig", json!("2090-04-01T00:00:00+02:00"))], Some("2090-03-31")),
        (vec![graded("fortrolig", json!("2090-03-31T12:00:00+02:00"))], Some("2090-03-31")),
        (vec![graded("fortrolig", json!("2001-01-01T00:00:00+01:00"))], None),
        (vec![graded("fortrolig", json!("en gang"))], None),
        (vec![graded("fortrolig", json!("2090-04-01T00:00:00+02:00")), graded("fortrolig", json!(null))], None),
        (
            vec![graded("fortrolig", json!("2090-05-01T00:00:00+02:00")), graded("ugradert", json!(null))],
            Some("2090-04-30"),
        ),
    ];
    for (gradings, until) in table {
        for gradings in [gradings.clone(), gradings.into_iter().rev().collect()] {
            let person = read(json!({"adressebeskyttelse": gradings})).expect("a person");

            let until = until.map(|day| day.parse().expect("a day"));
            assert_eq!(person.protection, Protected { grade: Protection::Confidential, until }, "{gradings:?}");
        }
    }
}

#[test]
fn the_dead_are_dead_and_nobody_lives_on_for_want_of_a_day() {
    let death = |fields: Value| json!({"doedsfall": fields, "status": [current(json!({"status": "doed"}))]});
    let dead = read(death(current(json!({"doedsdato": "2025-01-10"})))).expect("a person");
    assert_eq!(dead.death_date, Some("2025-01-10".parse().expect("a day")));
    let annulled = read(json!({"doedsfall": former(json!({"doedsdato": "2025-01-10"}))})).expect("a person");
    assert_eq!(annulled.death_date, None);
    for fields in [
        death(current(json!({}))),
        death(current(json!({"doedsdato": "i fjor"}))),
        death(json!(null)),
        json!({"status": [current(json!({"status": "opphoert"}))]}),
    ] {
        assert_eq!(read(fields.clone()), None, "{fields}");
    }
}

#[test]
fn only_what_is_current_counts_and_what_is_not_understood_leaves_the_person_out() {
    let name = |first: &str| json!({"fornavn": first, "etternavn": "TESTESEN"});
    let renamed = read(json!({"navn": [former(name("FØR")), current(name("NÅ")), former(name("FØRST"))]}));
    assert_eq!(renamed.expect("a person").name.expose(), "NÅ TESTESEN");
    let mononym = read(json!({"navn": [current(json!({"etternavn": "  ENE "}))]})).expect("a person");
    assert_eq!(mononym.name.expose(), "ENE");

    let identity = |number: &str, status: &str| json!({"status": status, "foedselsEllerDNummer": number});
    let left_out = [
        json!({"navn": [current(name("EN")), current(name("TO"))]}),
        json!({"navn": [former(name("FØR"))]}),
        json!({"navn": [current(json!({"fornavn": " "}))]}),
        json!({"navn": [name("UKJENT")]}),
        json!({"foedsel": [current(json!({"foedselsaar": "1972"}))]}),
        json!({"foedsel": [current(json!({"foedselsdato": "1972-02-30"}))]}),
        json!({"foedsel": []}),
        json!({"bostedsadresse": [lives_at("TESTVEIEN", "H0101"), lives_at("ANDREVEIEN", "H0101")]}),
        json!({"identifikasjonsnummer": []}),
        json!({"identifikasjonsnummer": [current(identity(OTHER, "iBruk"))]}),
        json!({"identifikasjonsnummer": [current(identity(ADULT, "opphoert"))]}),
        json!({"identifikasjonsnummer": [former(identity(ADULT, "iBruk")), current(identity(OTHER, "iBruk"))]}),
        json!({"foreldreansvar": "felles"}),
    ];
    for fields in left_out {
        assert_eq!(read(fields.clone()), None, "{fields}");
    }
}

#[test]
fn addresses_are_written_as_they_stand_on_an_envelope() {
    let place = || json!({"poststedsnavn": "NESBYEN", "postnummer": "3540"});
    let of = |form: &str, fields: Value| json!([current(json!({form: fields, "adressegradering": "ugradert"}))]);
    let (norwegian, foreign) = ("postadresse", "postadresseIUtlandet");
    let abroad = json!({
        "coAdressenavn": "C/O Berg", "adressenavn": "Storgatan 1", "bygning": "Hus A", "etasjenummer": "2",
        "postkode": "111 22", "byEllerStedsnavn": "Stockholm", "region": "", "landkode": "SWE",
    });
    let free = json!({"adresselinje": ["1 Main St", "Springfield"], "landkode": "USA"});
    let table: [(&str, Value, &[&str]); 12] = [
        (
            norwegian,
            of("postboksadresse", json!({"postboks": "12", "poststed": place()})),
            &["Postboks 12", "3540 NESBYEN"],
        ),
        (
            norwegian,
            of("postboksadresse", json!({"postbokseier": "Verge AS", "postboks": "Postboks 12", "poststed": place()})),
            &["Verge AS", "Postboks 12", "3540 NESBYEN"],
        ),
        (
            norwegian,
            of(
                "vegadresse",
                with(street("TESTVEIEN", ""), json!({"coAdressenavn": "Kari", "adressetilleggsnavn": "Nord"})),
            ),
            &["c/o Kari", "Nord", "TESTVEIEN 5B", "0150 OSLO"],
        ),
        (norwegian, of("vegadresse", json!({"adressenavn": "Gata"})), &[]),
        (
            norwegian,
            of("postadresseIFrittFormat", json!({"adresselinje": ["GATE 1", "3540 NESBYEN"], "poststed": place()})),
            &["GATE 1", "3540 NESBYEN"],
        ),
        (norwegian, of("postadresseIFrittFormat", json!({"adresselinje": ["GATE 1"], "poststed": "NESBYEN"})), &[]),
        (norwegian, of("postadresseIFrittFormat", json!({"poststed": place()})), &[]),
        (norwegian, json!([former(json!({"adressegradering": "ugradert"}))]), &[]),
        (foreign, of("utenlandskAdresse", abroad), &["C/O Berg", "Hus A 2", "Storgatan 1", "111 22 Stockholm", "SWE"]),
        (foreign, of("utenlandskAdresse", json!({"coAdressenavn": "Berg", "landkode": "SWE"})), &[]),
        (foreign, of("utenlandskAdresseIFrittFormat", free.clone()), &["1 Main St", "Springfield", "USA"]),
        (foreign, of("utenlandskAdresseIFrittFormat", json!({"adresselinje": ["Et sted"]})), &[]),
    ];
    for (field, address, expected) in table {
        let emigrated =
            json!({"bostedsadresse": [], "status": [current(json!({"status": "utflyttet"}))], field: address});
        let person = read(emigrated).expect("a person");

        assert_eq!(lines(person.addresses.postal.as_ref()), expected, "{address}");
        assert_eq!(person.addresses.residence, None);
    }
    let number = json!({"kommunenummer": "3322", "gaardsnummer": 12, "bruksnummer": 1});
    let farm = |name: &str| json!({"matrikkelnummer": number, "adressetilleggsnavn": name, "poststed": place()});
    let named = read(json!({"bostedsadresse": of("matrikkeladresse", farm("Nordgard"))})).expect("a person");
    assert_eq!(lines(named.addresses.residence.as_ref()), ["Nordgard", "3540 NESBYEN"]);
    let nameless = read(json!({"bostedsadresse": of("matrikkeladresse", farm(""))})).expect("a person");
    assert_eq!(nameless.addresses.residence, None);
    let at_home = of("vegadresse", street("TESTVEIEN", ""));
    let both = read(json!({norwegian: at_home, foreign: of("utenlandskAdresseIFrittFormat", free)}));
    let both = both.expect("a person");
    assert_eq!(lines(both.addresses.postal.as_ref()), ["TESTVEIEN 5B", "0150 OSLO"]);
}

#[test]
fn ful_19_a_guardian_is_one_for_personal_matters() {
    let of = |kind: &str, scope: Value| {
        json!({"vergemaaltype": kind, "embete": "statsforvalterenIOsloOgViken",
            "verge": {"foedselsEllerDNummer": OTHER, "omfang": scope}})
    };
    let table = [
        (current(of("voksen", json!("personligeInteresser"))), true),
        (current(of("MIDLERTIDIG_FOR_VOKSEN", json!("PERSONLIGE_OG_OEKONOMISKE_INTERESSER"))), true),
        (current(of("ensligMindreaarigAsylsoeker", json!("utlendingssakerPersonligeOgOekonomiskeInteresser"))), true),
        (current(of("voksen", json!("oekonomiskeInteresser"))), false),
        (current(of("voksen", json!("alt"))), false),
        (current(of("voksen", json!(null))), false),
        (current(of("forvaltningUtenforVergemaal", json!("personligeInteresser"))), false),
        (current(of("stadfestetFremtidsfullmakt", json!("personligeInteresser"))), false),
        (former(of("voksen", json!("personligeInteresser"))), false),
        (current(json!({"vergemaaltype": "voksen", "verge": {"omfang": "personligeInteresser"}})), false),
        (current(json!({"vergemaaltype": "voksen"})), false),
    ];
    for (row, is_guardian) in table {
        let person = read(json!({"vergemaalEllerFremtidsfullmakt": [row.clone()]})).expect("a person");

        assert_eq!(person.guardians, if is_guardian { numbers(&[OTHER]) } else { vec![] }, "{row}");
    }
}

//! The client against a server on this machine that plays Maskinporten and the register.

use domain::identity::NumberSeries;
use domain::person::Protected;
use domain::register::ResponsibilityKind;

use super::super::test_server::{Answered, Asked, TestServer, told};
use super::test_rows::{
    ADULT, CHILD, D_NUMBER, FATHER, HELP_NUMBER, MOTHER, OTHER, current, former, lines, lives_at, numbers, person,
    responsibility, with,
};
use super::*;

/// The rows of those who are asked about, of these people.
fn answer(asked: &Asked, people: &[(&str, Value)]) -> Answered {
    let question: Value = serde_json::from_str(&asked.body).expect("a question");
    let asked = question["foedselsEllerDNummer"].as_array().expect("numbers");
    let rows = people.iter().filter(|(number, _)| asked.contains(&json!(number)));
    let rows = rows.map(|(number, row)| json!({"foedselsEllerDNummer": number, "folkeregisterperson": row}));
    whole(rows.collect())
}

fn whole(rows: Vec<Value>) -> Answered {
    Some(("200 OK".to_owned(), json!({"oppslag": rows}).to_string().into_bytes()))
}

/// A register that answers so, and what was asked of it and of Maskinporten.
struct World {
    server: TestServer,
    register: SkatteetatenPopulationRegister,
}

impl World {
    fn new(answers: impl Fn(&Asked, usize) -> Answered + Send + Sync + 'static) -> Self {
        let (server, clock) = (TestServer::with_maskinporten(answers), Clock::standing());
        let (url, scope) = (server.url("/bulkoppslag"), "folkeregister:deling/offentligmedhjemmel".to_owned());
        let register = SkatteetatenPopulationRegister::new(url, scope, server.maskinporten(&clock), clock);
        Self { server, register: register.expect("a client") }
    }

    fn of(people: Vec<(&'static str, Value)>) -> Self {
        Self::new(move |asked, _| answer(asked, &people))
    }

    async fn ask(&self, texts: &[&str]) -> Vec<RegisteredPerson> {
        self.register.persons(&numbers(texts)).await.expect("an answer")
    }

    async fn fails(&self) -> String {
        told(&self.register.persons(&numbers(&[ADULT])).await.expect_err("the register is away"))
    }

    /// How often it was asked for persons, and for homes.
    fn calls(&self) -> (usize, usize) {
        let of = |parts: &str| self.server.asked(&format!("/bulkoppslag{parts}")).len();
        (of(PERSON), of(HOME))
    }
}

#[tokio::test]
async fn an_adult_is_read_whole_and_nobody_is_named_in_the_address() {
    let row = with(
        person(ADULT),
        json!({
            "familierelasjon": [
                current(json!({"relatertPerson": MOTHER, "relatertPersonsRolle": "mor", "minRolleForPerson": "barn"})),
                current(json!({"relatertPerson": OTHER, "relatertPersonsRolle": "ektefelleEllerPartner"})),
                current(json!({"relatertPersonUtenFolkeregisteridentifikator": {"navn": {"etternavn": "X"}},
                    "relatertPersonsRolle": "barn", "minRolleForPerson": "far"})),
                former(json!({"relatertPerson": FATHER, "relatertPersonsRolle": "ektefelleEllerPartner"})),
            ],
            "foreldreansvar": [responsibility("felles", "ansvarssubjekt", CHILD)],
            "utflytting": [{"noe": "nytt"}],
        }),
    );
    let world = World::of(vec![(ADULT, row)]);

    let persons = world.ask(&[ADULT]).await;

    let [person] = persons.as_slice() else { panic!("one person: {persons:?}") };
    assert_eq!((person.national_id.expose(), person.name.expose()), (ADULT, "SKUDDÅR PRØVE TESTESEN"));
    assert_eq!((person.birth_date.to_string().as_str(), person.death_date), ("1972-02-29", None));
    assert_eq!(person.protection, Protected::NOT);
    assert_eq!(lines(person.addresses.residence.as_ref()), ["TESTVEIEN 5B", "0150 OSLO"]);
    assert_eq!(person.addresses.postal, None);
    assert_eq!(person.family, numbers(&[MOTHER, OTHER]));
    assert_eq!((&person.children, &person.responsible), (&numbers(&[CHILD]), &vec![]));
    assert_eq!(world.calls(), (1, 0));
    let asked = &world.server.asked(&format!("/bulkoppslag{PERSON}"))[0];
    assert!(asked.head.contains("authorization: Bearer token-0"), "{}", asked.head);
    assert!(!asked.head.contains(ADULT));
    assert_eq!(asked.body, json!({"foedselsEllerDNummer": [ADULT]}).to_string());
}

#[tokio::test]
async fn chi_2_who_is_responsible_for_a_child_and_lives_with_it_is_found_by_their_addresses() {
    let child = json!({"foreldreansvar": [
        responsibility("felles", "ansvarlig", MOTHER),
        responsibility("felles", "ansvarlig", FATHER),
        current(json!({"ansvar": "andre", "ansvarligOrganisasjon": "310000019"})),
        current(json!({"ansvar": "andre", "ansvarligUtenIdentifikator": {"navn": {"etternavn": "X"}}})),
        responsibility("felles", "ansvarlig", CHILD),
        former(json!({"ansvar": "mor", "ansvarlig": OTHER})),
    ]});
    let neighbour = json!({"bostedsadresse": [lives_at("TESTVEIEN", "H0102")]});
    let people =
        vec![(CHILD, with(person(CHILD), child)), (MOTHER, person(MOTHER)), (FATHER, with(person(FATHER), neighbour))];
    let world = World::of(people);

    let persons = world.ask(&[CHILD]).await;

    let told: Vec<_> =
        persons[0].responsible.iter().map(|one| (one.national_id.expose(), one.kind, one.shares_address)).collect();
    let shared = ResponsibilityKind::Shared;
    assert_eq!(told, [(MOTHER, shared, true), (FATHER, shared, false)]);
    assert!(persons[0].children.is_empty());
    assert_eq!(world.calls(), (1, 1));
    let asked = &world.server.asked(&format!("/bulkoppslag{HOME}"))[0];
    assert_eq!(asked.body, json!({"foedselsEllerDNummer": [FATHER, MOTHER]}).to_string());
}

#[tokio::test]
async fn nobody_is_asked_about_whose_home_decides_nothing() {
    let unknown = current(json!({"ukjentBosted": {}, "adressegradering": "ugradert"}));
    let homeless = json!({"bostedsadresse": [unknown], "foreldreansvar": [responsibility("mor", "ansvarlig", MOTHER)]});
    let not_responsible = json!({"foreldreansvar": [responsibility("ukjent", "ansvarlig", MOTHER)]});
    for fields in [homeless, not_responsible] {
        let world = World::of(vec![(CHILD, with(person(CHILD), fields))]);

        assert!(!world.ask(&[CHILD]).await[0].lives_with_responsible());
        assert_eq!(world.calls(), (1, 0));
    }
}

#[tokio::test]
async fn a_row_that_is_not_understood_is_left_out_and_the_others_hold() {
    let odd = with(person(ADULT), json!({"adressebeskyttelse": [current(json!({"graderingsnivaa": "hemmelig"}))]}));
    let persons = World::of(vec![(ADULT, odd), (OTHER, person(OTHER))]).ask(&[ADULT, OTHER]).await;

    assert_eq!(persons.iter().map(|person| person.national_id.expose()).collect::<Vec<_>>(), [OTHER]);
}

#[tokio::test]
async fn somebody_with_a_d_number_lives_where_they_stay() {
    let stay = json!({"bostedsadresse": [], "oppholdsadresse": [lives_at("OPPHOLDSVEIEN", "")]});
    let world = World::of(vec![(D_NUMBER, with(person(D_NUMBER), stay))]);

    let persons = world.ask(&[HELP_NUMBER, D_NUMBER]).await;

    assert_eq!(lines(persons[0].addresses.residence.as_ref()), ["OPPHOLDSVEIEN 5B", "0150 OSLO"]);
    let asked = &world.server.asked(&format!("/bulkoppslag{PERSON}"))[0];
    assert!(!asked.body.contains(HELP_NUMBER));
}

#[tokio::test]
async fn a_row_of_nobody_who_was_asked_about_is_dropped_and_whom_the_register_lacks_is_left_out() {
    let row = |number: &str, person: Value| json!({"foedselsEllerDNummer": number, "folkeregisterperson": person});
    let rows = vec![
        row(FATHER, person(FATHER)),
        json!("rot"),
        row(OTHER, json!(null)),
        json!({"foedselsEllerDNummer": MOTHER}),
        row(ADULT, person(ADULT)),
        row(ADULT, with(person(ADULT), json!({"navn": [current(json!({"etternavn": "TO"}))]}))),
    ];
    let world = World::new(move |_, _| whole(rows.clone()));

    let persons = world.ask(&[ADULT, OTHER, MOTHER, CHILD]).await;

    let told: Vec<_> = persons.iter().map(|person| (person.national_id.expose(), person.name.expose())).collect();
    assert_eq!(told, [(ADULT, "SKUDDÅR PRØVE TESTESEN")]);
}

#[tokio::test]
async fn more_than_a_call_takes_are_asked_about_in_several_each_once_and_nobody_in_none() {
    let many: Vec<String> = (0..100_000)
        .map(|end| format!("298272{end:05}"))
        .filter(|text| NationalId::parse(text, NumberSeries::Synthetic).is_ok())
        .take(2 * MOST_PERSONS + 1)
        .collect();
    let twice: Vec<&str> = many.iter().chain(&many).map(String::as_str).collect();
    let world = World::new(|asked, _| {
        let question: Value = serde_json::from_str(&asked.body).expect("a question");
        let numbers = question["foedselsEllerDNummer"].as_array().expect("numbers").iter();
        let people: Vec<(&str, Value)> = numbers.filter_map(Value::as_str).map(|one| (one, person(one))).collect();
        assert!(people.len() <= MOST_PERSONS);
        answer(asked, &people)
    });

    assert!(world.ask(&[]).await.is_empty());
    assert!(world.ask(&[HELP_NUMBER]).await.is_empty());
    assert_eq!(world.calls(), (0, 0));
    let persons = world.ask(&twice).await;

    assert_eq!(persons.len(), 2 * MOST_PERSONS + 1);
    assert_eq!(world.calls(), (3, 0));
}

/// What both registers' client does with other answers is tested with the contact register.
#[tokio::test]
async fn answers_that_cannot_be_read_or_are_too_long_are_none() {
    for (body, expected) in [
        (b"{\"oppslag\": [".to_vec(), "cannot be read"),
        (b"{}".to_vec(), "cannot be read"),
        (vec![b' '; MOST_BYTES + 1], "too long"),
    ] {
        let world = World::new(move |_, _| Some(("200 OK".to_owned(), body.clone())));

        let text = world.fails().await;

        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn where_the_homes_of_those_responsible_are_not_told_nothing_is() {
    let child = with(person(ADULT), json!({"foreldreansvar": [responsibility("mor", "ansvarlig", MOTHER)]}));
    let world = World::new(move |asked, _| match asked.path.ends_with(HOME) {
        true => Some(("503 Service Unavailable".to_owned(), vec![])),
        false => answer(asked, &[(ADULT, child.clone())]),
    });

    assert!(world.fails().await.contains("status 503"));
}

#[tokio::test]
async fn a_register_that_does_not_answer_is_given_up_and_left_alone_for_a_moment() {
    let world = World::new(|_, _| None);

    let text = world.fails().await;
    assert!(text.contains("no answer") || text.contains("in time"), "{text}");
    assert!(world.fails().await.contains("a moment ago"));
    assert_eq!(world.calls(), (1, 0));
}

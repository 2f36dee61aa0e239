//! The client against a server on this machine that plays Maskinporten and the register.

use domain::identity::NumberSeries;
use domain::routing::Contact;

use super::super::test_server::{Answered, Asked, TestServer, told};
use super::*;
use crate::clock::Clock;

const NUMBERS: [&str; 2] = ["29827200059", "08854500016"];

fn number(text: &str) -> NationalId {
    NationalId::parse(text, NumberSeries::Synthetic).expect("a number")
}

/// A row as the register writes it, in both shapes of dates.
fn row(number: &str) -> Value {
    json!({
        "personidentifikator": number,
        "reservasjon": "NEI",
        "reservasjon_oppdatert": "2023-06-13T13:42:34+02",
        "status": "AKTIV",
        "varslingsstatus": "KAN_VARSLES",
        "kontaktinformasjon": {
            "epostadresse": "kari@example.no",
            "epostadresse_oppdatert": "2023-08-05T10:45:15.768Z",
            "epostadresse_sist_verifisert": "2023-06-29T10:14:52+02",
            "mobiltelefonnummer": "+4799999999",
            "mobiltelefonnummer_oppdatert": "i fjor",
        },
        "digital_post": {"postkasseadresse": "ola.nordmann#9YDT", "postkasseleverandoeradresse": "984661185"},
        "sertifikat": BASE64_STANDARD.encode(include_bytes!("../sandbox/mailbox.der")),
        "spraak": "nn",
    })
}

fn answer(rows: &[Value]) -> Answered {
    Some(("200 OK".to_owned(), json!({"personer": rows}).to_string().into_bytes()))
}

/// A register that answers with this, and what was asked of it and of Maskinporten.
struct World {
    server: TestServer,
    register: DigdirContactRegister,
    clock: Clock,
}

impl World {
    fn new(answers: impl Fn(&Asked, usize) -> Answered + Send + Sync + 'static) -> Self {
        let (server, clock) = (TestServer::with_maskinporten(answers), Clock::standing());
        let maskinporten = server.maskinporten(&clock);
        let register = DigdirContactRegister::new(server.url("/personer"), maskinporten).expect("a client");
        Self { server, register, clock }
    }

    async fn ask(&self) -> Result<Vec<Entry>, RegisterAway> {
        self.register.contacts(&NUMBERS.map(number)).await
    }

    async fn fails(&self) -> String {
        told(&self.ask().await.expect_err("the register is away"))
    }
}

fn at(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().expect("a time"))
}

#[tokio::test]
async fn krr_1_a_row_is_read_with_both_shapes_of_dates() {
    let world = World::new(|_, _| answer(&[row(NUMBERS[0])]));

    let entries = world.ask().await.expect("an answer");

    let [entry] = entries.as_slice() else { panic!("one row: {entries:?}") };
    let (email, mobile) = (entry.email.as_ref().expect("an address"), entry.mobile.as_ref().expect("a number"));
    assert_eq!(entry.national_id, number(NUMBERS[0]));
    assert_eq!((email.updated_at, email.verified_at), (at("2023-08-05T10:45:15.768Z"), at("2023-06-29T08:14:52Z")));
    assert_eq!((mobile.expose(), mobile.updated_at, mobile.verified_at), ("+4799999999", None, None));
    assert_eq!(entry.language.map(|of| of.as_word()), Some("nn"));
    let mailbox = entry.mailbox.as_ref().expect("a mailbox");
    assert_eq!((mailbox.provider.as_str(), mailbox.expose()), ("984661185", "ola.nordmann#9YDT"));
    let certificate = mailbox.certificate.as_ref().expect("a certificate");
    assert_eq!(certificate.der, include_bytes!("../sandbox/mailbox.der"));
    assert_eq!(Some(certificate.valid_until), at("2067-12-17T17:56:42Z"));
    assert!(matches!(entry.contact(world.clock.now()), Contact::Known(of) if !of.is_reserved && of.can_be_notified));
    let asked = &world.server.asked("/personer")[0];
    assert!(asked.head.contains("authorization: Bearer token-0"), "{}", asked.head);
    assert_eq!(asked.body, json!({"personidentifikatorer": NUMBERS}).to_string());
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_is_left_out_and_the_others_hold() {
    for (field, value) in [("reservasjon", json!("KANSKJE")), ("status", json!("HVILER")), ("reservasjon", json!(null))]
    {
        let world = World::new(move |_, _| {
            let mut odd = row(NUMBERS[1]);
            odd[field] = value.clone();
            answer(&[row(NUMBERS[0]), odd])
        });

        let entries = world.ask().await.expect("an answer");

        assert_eq!(entries.iter().map(|of| of.national_id.clone()).collect::<Vec<_>>(), [number(NUMBERS[0])]);
    }
}

#[tokio::test]
async fn a_missing_certificate_and_one_that_cannot_be_read_are_none() {
    for certificate in [json!(null), json!(""), json!("AAAA"), json!("ikke Base64!")] {
        let world = World::new(move |_, _| {
            let mut one = row(NUMBERS[0]);
            one["sertifikat"] = certificate.clone();
            answer(&[one])
        });

        let entries = world.ask().await.expect("an answer");

        assert!(entries[0].mailbox.as_ref().is_some_and(|mailbox| mailbox.certificate.is_none()));
    }
}

#[tokio::test]
async fn a_row_of_another_person_makes_the_whole_answer_worthless() {
    let world = World::new(|_, _| answer(&[row(NUMBERS[0]), row("08854590090")]));

    assert!(world.fails().await.contains("another person"));
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once() {
    let twice = World::new(|asked, _| match asked.head.contains("token-0") {
        true => Some(("401 Unauthorized".to_owned(), vec![])),
        false => answer(&[row(NUMBERS[0])]),
    });
    let never = World::new(|_, _| Some(("401 Unauthorized".to_owned(), vec![])));

    assert_eq!(twice.ask().await.expect("an answer").len(), 1);
    assert_eq!((twice.server.asked("/token").len(), twice.server.asked("/personer").len()), (2, 2));
    assert!(never.fails().await.contains("status 401"));
    assert_eq!((never.server.asked("/token").len(), never.server.asked("/personer").len()), (2, 2));
}

#[tokio::test]
async fn broken_oversized_and_refusing_answers_are_no_answers() {
    let table: [(&str, Vec<u8>, &str); 5] = [
        ("200 OK", b"{\"personer\": [".to_vec(), "cannot be read"),
        ("200 OK", b"[]".to_vec(), "cannot be read"),
        ("200 OK", vec![b' '; MOST_BYTES + 1], "too long"),
        ("503 Service Unavailable", vec![], "status 503"),
        ("302 Found\r\nlocation: /other", vec![], "status 302"),
    ];
    for (head, body, expected) in table {
        let world = World::new(move |_, _| Some((head.to_owned(), body.clone())));

        let text = world.fails().await;

        assert!(text.contains(expected), "{text}");
        assert!(world.server.asked("/other").is_empty());
    }
}

#[tokio::test]
async fn a_register_that_does_not_answer_is_given_up_and_left_alone_for_a_moment() {
    let world = World::new(|_, _| None);

    assert!(world.fails().await.contains("no answer"));
    assert!(world.fails().await.contains("a moment ago"));
    assert_eq!(world.server.asked("/personer").len(), 1);
}

#[tokio::test]
async fn a_token_is_asked_for_once_for_all_who_come_and_again_before_it_runs_out() {
    let world = World::new(|_, _| answer(&[]));
    let asked = || world.server.asked("/token").len();

    let answers = futures_util::future::join_all((0..10).map(|_| world.ask())).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(asked(), 1);
    world.clock.advance(chrono::TimeDelta::seconds(560));
    assert!(world.ask().await.is_ok());
    assert_eq!(asked(), 1);
    world.clock.advance(chrono::TimeDelta::seconds(10));
    assert!(world.ask().await.is_ok());
    assert_eq!(asked(), 2);
}

#[tokio::test]
async fn what_maskinporten_gets_is_signed_for_it_and_lives_shortly() {
    let world = World::new(|_, _| answer(&[]));
    assert!(world.ask().await.is_ok());

    let asked = &world.server.asked("/token")[0];
    let assertion = asked.body.rsplit('=').next().expect("an assertion");
    let part = |place: usize| -> Value {
        let part = assertion.split('.').nth(place).expect("a part");
        let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(part).expect("Base64");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let (header, claims) = (part(0), part(1));

    assert_eq!((&header["alg"], &header["kid"]), (&json!("RS256"), &json!("key-1")));
    assert_eq!((&claims["aud"], &claims["iss"]), (&json!("https://test.maskinporten.no/"), &json!("brevdue")));
    assert_eq!(claims["scope"], SCOPES);
    let lifetime = claims["exp"].as_i64().expect("a time") - claims["iat"].as_i64().expect("a time");
    assert!((1..=120).contains(&lifetime));
    assert_eq!(claims["iat"], world.clock.now().timestamp());
    assert!(asked.head.contains("content-type: application/x-www-form-urlencoded"));
}

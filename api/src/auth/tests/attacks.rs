//! The attacks of RFC 8725 and what a careless client sends.

use aws_lc_rs::hmac;
use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn signed_with_hs256(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", encode(tag.as_ref()))
}

#[tokio::test]
async fn a_good_token_is_taken() {
    let fixture = Fixture::of(Preset::Test);
    let authenticated = fixture.outcome(json!({})).await.expect("taken");
    assert_eq!(authenticated.expires_at, fixture.clock.now() + TimeDelta::seconds(120));
}

#[tokio::test]
async fn an_unsigned_token_is_refused_however_none_is_spelled() {
    let fixture = Fixture::of(Preset::Test);
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let header = with(fixture.key.header(), json!({"alg": none}));
        let signed = fixture.key.sign(&header, &fixture.claims(json!({})));
        let unsigned = format!("{}.", signed.rsplit_once('.').expect("parts").0);
        for token in [signed, unsigned] {
            assert_eq!(fixture.bearer(&token).await, Err(AuthError::AlgorithmNotAllowed), "{none}");
        }
    }
    let good = fixture.token(json!({}));
    let without_signature = format!("{}.", good.rsplit_once('.').expect("parts").0);
    assert_eq!(fixture.bearer(&without_signature).await, Err(AuthError::BadSignature));
}

#[tokio::test]
async fn a_token_that_is_signed_with_the_public_key_as_a_secret_is_refused() {
    let fixture = Fixture::of(Preset::Test);
    let public = fixture.key.published();
    let x = BASE64_URL_SAFE_NO_PAD.decode(public["x"].as_str().expect("x")).expect("x");
    let y = BASE64_URL_SAFE_NO_PAD.decode(public["y"].as_str().expect("y")).expect("y");
    let header = with(fixture.key.header(), json!({"alg": "HS256"}));
    for secret in [[&[4], x.as_slice(), &y].concat(), public.to_string().into_bytes(), Vec::new()] {
        let token = signed_with_hs256(&header, &fixture.claims(json!({})), &secret);
        assert_eq!(fixture.bearer(&token).await, Err(AuthError::AlgorithmNotAllowed));
    }
}

#[test]
fn symmetric_algorithms_cannot_be_configured() {
    for algorithms in [vec![], vec![Algorithm::HS256], vec![Algorithm::ES256, Algorithm::HS512]] {
        let mut settings = settings_of(Preset::Test, JwksSource::Fixed(JwkSet::default()));
        settings.algorithms = algorithms;
        let made = Authenticator::new(vec![settings], NumberSeries::Synthetic, Clock::standing(), possession());
        assert!(matches!(made, Err(super::super::SetupError::Algorithms(_))));
    }
}

#[tokio::test]
async fn claims_that_are_not_as_they_should_be_are_refused() {
    let fixture = Fixture::of(Preset::Test);
    let now = fixture.clock.now().timestamp();
    let table = [
        ("another issuer", json!({"iss": "https://other.example"}), AuthError::UnknownIssuer),
        ("issuer with a slash", json!({"iss": "https://issuer.example/"}), AuthError::UnknownIssuer),
        ("issuer in capitals", json!({"iss": "https://ISSUER.example"}), AuthError::UnknownIssuer),
        ("no issuer", json!({"iss": null}), AuthError::ClaimMissing("iss")),
        ("issuer of another type", json!({"iss": [ISSUER]}), AuthError::ClaimInvalid("iss")),
        ("another audience", json!({"aud": "https://other.example"}), AuthError::WrongAudience),
        ("audience with more at the end", json!({"aud": format!("{AUDIENCE}.evil")}), AuthError::WrongAudience),
        ("no audience", json!({"aud": null}), AuthError::WrongAudience),
        ("no audience in the list", json!({"aud": []}), AuthError::WrongAudience),
        ("audience unspecified", json!({"aud": "unspecified"}), AuthError::WrongAudience),
        ("audience of another type", json!({"aud": {"a": AUDIENCE}}), AuthError::ClaimInvalid("aud")),
        ("expired 11 s ago", json!({"exp": now - 11}), AuthError::Expired),
        ("expired 10 s ago", json!({"exp": now - 10}), AuthError::Expired),
        ("no expiry", json!({"exp": null}), AuthError::ClaimMissing("exp")),
        ("expiry as text", json!({"exp": "4102444800"}), AuthError::ClaimInvalid("exp")),
        ("expiry out of range", json!({"exp": 1e300}), AuthError::ClaimInvalid("exp")),
        ("valid in 11 s", json!({"nbf": now + 11}), AuthError::NotYetValid),
        ("made in 11 s", json!({"iat": now + 11}), AuthError::NotYetValid),
        ("an identity token", json!({"nonce": "n"}), AuthError::WrongTokenType),
        ("an identity token with a hash", json!({"at_hash": "h"}), AuthError::WrongTokenType),
        ("bound to a certificate", json!({"cnf": {"x5t#S256": "t"}}), AuthError::ClaimInvalid("cnf")),
    ];
    for (name, changes, expected) in table {
        assert_eq!(fixture.outcome(changes).await, Err(expected), "{name}");
    }
}

#[tokio::test]
async fn clocks_may_be_ten_seconds_apart() {
    let fixture = Fixture::of(Preset::Test);
    let now = fixture.clock.now().timestamp();
    for changes in [json!({"exp": now - 9}), json!({"nbf": now + 10}), json!({"iat": now + 10}), json!({"iat": null})] {
        assert!(fixture.outcome(changes.clone()).await.is_ok(), "{changes}");
    }
}

#[tokio::test]
async fn one_of_several_audiences_is_enough() {
    let fixture = Fixture::of(Preset::Test);
    assert!(fixture.outcome(json!({"aud": ["https://other.example", AUDIENCE]})).await.is_ok());
}

#[tokio::test]
async fn headers_that_are_not_as_they_should_be_are_refused() {
    let fixture = Fixture::of(Preset::Test);
    let table = [
        ("a proof", json!({"typ": "dpop+jwt"}), AuthError::WrongTokenType),
        ("a log-out token", json!({"typ": "logout+jwt"}), AuthError::WrongTokenType),
        ("an extension", json!({"crit": ["b64"], "b64": false}), AuthError::MalformedToken),
        ("an unknown key", json!({"kid": "key-2"}), AuthError::UnknownKey),
        ("another algorithm of the family", json!({"alg": "ES384"}), AuthError::AlgorithmNotAllowed),
        ("an algorithm that does not fit the key", json!({"alg": "RS256"}), AuthError::AlgorithmNotAllowed),
        ("no algorithm", json!({"alg": null}), AuthError::MalformedToken),
    ];
    for (name, changes, expected) in table {
        assert_eq!(fixture.outcome_of_header(changes).await, Err(expected), "{name}");
    }
    for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
        assert!(fixture.outcome_of_header(json!({"typ": typ})).await.is_ok(), "{typ}");
    }
    assert!(fixture.outcome_of_header(json!({"typ": null})).await.is_ok());
}

#[tokio::test]
async fn a_key_that_the_token_brings_along_counts_for_nothing() {
    let fixture = Fixture::of(Preset::Test);
    let evil = TestKey::es256("key-1");
    let header = with(evil.header(), json!({"jwk": evil.published(), "jku": "https://evil.example/keys"}));
    let token = evil.sign(&header, &fixture.claims(json!({})));
    assert_eq!(fixture.bearer(&token).await, Err(AuthError::BadSignature));
}

#[tokio::test]
async fn without_a_key_id_there_must_be_one_key_only() {
    let fixture = Fixture::of(Preset::Test);
    assert!(fixture.outcome_of_header(json!({"kid": null})).await.is_ok());

    let other = TestKey::es256("key-2");
    let key = TestKey::es256("key-1");
    let both = JwksSource::Fixed(key_set(&[&key, &other]));
    let fixture = Fixture::with_key(key, Preset::Test, |settings| settings.jwks = both);
    assert_eq!(fixture.outcome_of_header(json!({"kid": null})).await, Err(AuthError::UnknownKey));
    assert!(fixture.outcome(json!({})).await.is_ok());
}

#[tokio::test]
async fn a_changed_payload_or_signature_is_noticed() {
    let fixture = Fixture::of(Preset::Test);
    let token = fixture.token(json!({}));
    let parts: Vec<&str> = token.split('.').collect();
    let other_claims = encode(fixture.claims(json!({"exp": 4_102_444_800_i64})).to_string().as_bytes());
    let changed_payload = format!("{}.{other_claims}.{}", parts[0], parts[2]);
    assert_eq!(fixture.bearer(&changed_payload).await, Err(AuthError::BadSignature));

    let zeros = encode(&[0; 64]);
    for signature in [zeros.as_str(), "", "AA", "not base64"] {
        let changed = format!("{}.{}.{signature}", parts[0], parts[1]);
        assert!(fixture.bearer(&changed).await.is_err(), "{signature}");
    }
    assert_eq!(fixture.bearer(&format!("{}.{}.{zeros}", parts[0], parts[1])).await, Err(AuthError::BadSignature));
}

#[tokio::test]
async fn what_is_no_token_is_refused_by_name() {
    let fixture = Fixture::of(Preset::Test);
    let long = format!("Bearer {}", "a".repeat(16 * 1024 + 1));
    let table = [
        ("", AuthError::MalformedHeader),
        ("Bearer", AuthError::MalformedHeader),
        ("Bearer ", AuthError::MalformedHeader),
        ("Basic YTpi", AuthError::MalformedHeader),
        ("Bearer a b", AuthError::MalformedHeader),
        ("Bearer a.b.c, Bearer a.b.c", AuthError::MalformedHeader),
        ("Bearer abc", AuthError::MalformedToken),
        ("Bearer a.b", AuthError::MalformedToken),
        ("Bearer a.b.c.d", AuthError::MalformedToken),
        ("Bearer a.b.c.d.e", AuthError::MalformedToken),
        ("Bearer e30.e30.", AuthError::MalformedToken),
        (long.as_str(), AuthError::TooLarge),
    ];
    for (header, expected) in table {
        assert_eq!(fixture.authenticator.authenticate(presented(header)).await, Err(expected), "{header:.40}");
    }
    let absent = Presented { authorization: PresentedHeader::Absent, ..presented("") };
    assert_eq!(fixture.authenticator.authenticate(absent).await, Err(AuthError::Missing));
    let several = Presented { authorization: PresentedHeader::Malformed, ..presented("") };
    assert_eq!(fixture.authenticator.authenticate(several).await, Err(AuthError::MalformedHeader));
    let lower_case = format!("bearer {}", fixture.token(json!({})));
    assert!(fixture.authenticator.authenticate(presented(&lower_case)).await.is_ok());
}

#[test]
fn a_header_counts_only_when_it_is_there_once_and_readable() {
    use actix_web::http::header::HeaderValue;
    let text = HeaderValue::from_static("Bearer a.b.c");
    let unreadable = HeaderValue::from_bytes(&[b'a', 0xff]).expect("a header");
    assert!(matches!(PresentedHeader::from_values([].into_iter()), PresentedHeader::Absent));
    assert!(matches!(PresentedHeader::from_values([&text].into_iter()), PresentedHeader::One("Bearer a.b.c")));
    assert!(matches!(PresentedHeader::from_values([&text, &text].into_iter()), PresentedHeader::Malformed));
    assert!(matches!(PresentedHeader::from_values([&unreadable].into_iter()), PresentedHeader::Malformed));
}

#[tokio::test]
async fn a_remembered_token_ends_with_its_time() {
    let fixture = Fixture::of(Preset::Test);
    let token = fixture.token(json!({}));
    let first = fixture.bearer(&token).await.expect("taken");
    let again = fixture.bearer(&token).await.expect("taken again");
    assert!(Arc::ptr_eq(&first, &again), "the second came from memory");

    fixture.clock.advance(TimeDelta::seconds(129));
    assert!(fixture.bearer(&token).await.is_ok(), "within the leeway, by a full check");
    fixture.clock.advance(TimeDelta::seconds(1));
    assert_eq!(fixture.bearer(&token).await, Err(AuthError::Expired));
}

#[tokio::test]
async fn rsa_signatures_hold_by_their_own_padding_only() {
    for (algorithm, other) in [("RS256", "PS256"), ("PS256", "RS256")] {
        let fixture = Fixture::with_key(TestKey::rsa("rsa", algorithm), Preset::Test, |_| {});
        assert!(fixture.outcome(json!({})).await.is_ok(), "{algorithm}");
        let confused = fixture.outcome_of_header(json!({"alg": other})).await;
        assert_eq!(confused, Err(AuthError::AlgorithmNotAllowed), "{algorithm} as {other}");
    }
}

#[tokio::test]
async fn no_error_repeats_the_token() {
    let fixture = Fixture::of(Preset::Test);
    let changes = json!({"pid": "canary-canary", "acr": "canary", "brevdue_kind": "citizen"});
    let error = fixture.outcome(changes).await.expect_err("refused");
    assert!(!format!("{error} {error:?}").contains("canary"));
}

/// Any JSON that a claim might hold.
fn any_claim() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        prop::collection::vec(".{0,8}", 0..4).prop_map(Value::from),
        ".{0,12}".prop_map(|id| json!({"authority": "iso6523-actorid-upis", "ID": id, "jkt": 1})),
    ]
}

const CLAIM_NAMES: [&str; 17] = [
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "scope",
    "cnf",
    "pid",
    "acr",
    "consumer",
    "supplier",
    "client_id",
    "roles",
    "sub",
    "brevdue_kind",
    "helseid://claims/identity/pid",
    "helseid://claims/identity/security_level",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn no_text_makes_it_panic(header in ".{0,200}", parts in prop::collection::vec(".{0,60}", 0..5)) {
        let fixture = Fixture::of(Preset::Test);
        let token: Vec<String> = parts.iter().map(|part| encode(part.as_bytes())).collect();
        for header in [header, format!("Bearer {}", token.join(".")), format!("DPoP {}", parts.join("."))] {
            let presented = Presented { dpop: PresentedHeader::One(&header), ..presented(&header) };
            let outcome = tokio::runtime::Builder::new_current_thread().build()
                .expect("a runtime").block_on(fixture.authenticator.authenticate(presented));
            prop_assert!(outcome.is_err());
        }
    }

    #[test]
    fn no_claim_makes_it_panic(
        preset in prop::sample::select(vec![Preset::Test, Preset::IdPorten, Preset::Maskinporten, Preset::Operator]),
        kind in prop::sample::select(vec!["citizen", "healthWorker", "system", "operator"]),
        name in prop::sample::select(CLAIM_NAMES.to_vec()),
        value in any_claim(),
    ) {
        let fixture = Fixture::of(preset);
        let claims = with(fixture.claims(json!({"brevdue_kind": kind})), json!({name: value}));
        let token = fixture.key.sign(&fixture.key.header(), &claims);
        let outcome = tokio::runtime::Builder::new_current_thread().build()
            .expect("a runtime").block_on(fixture.bearer(&token));
        if let Ok(authenticated) = outcome {
            prop_assert!(authenticated.expires_at > fixture.clock.now() - TimeDelta::seconds(10));
        }
    }
}

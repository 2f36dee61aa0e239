//! Which caller each kind of token becomes.

use chrono::TimeDelta;
use domain::access::{Assurance, Caller, OperatorRole, Scope};
use domain::identity::{HprNumber, NationalId, OrganisationNumber};
use domain::organisation::ExternalClientId;

use super::super::sandbox_issuer::{SandboxIssuer, SandboxSubject};
use super::*;

const LEVEL: &str = "helseid://claims/identity/security_level";
const PID: &str = "helseid://claims/identity/pid";

fn person() -> NationalId {
    NationalId::parse(PERSON, NumberSeries::Synthetic).expect("a person")
}

fn organisation(number: &str) -> OrganisationNumber {
    OrganisationNumber::parse(number).expect("an organisation")
}

fn client(id: &str) -> ExternalClientId {
    ExternalClientId::parse(id).expect("a client")
}

async fn caller(fixture: &Fixture, changes: Value) -> Result<Caller, AuthError> {
    fixture.outcome(changes).await.map(|authenticated| authenticated.caller.clone())
}

/// HelseID's claims, by a test issuer, which does not ask for a proof.
fn health_worker_claims() -> Value {
    json!({
        "brevdue_kind": "healthWorker", PID: PERSON, LEVEL: "4", "helseid://claims/hpr/hpr_number": "565501",
        "helseid://claims/client/claims/orgnr_parent": ORGANISATION,
    })
}

fn system_claims() -> Value {
    json!({
        "client_id": "ehr-1", "scope": "brevdue:messages.write other:scope brevdue:messages.read brevdue:unknown",
        "consumer": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{ORGANISATION}")},
        "supplier": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{SUPPLIER}")},
    })
}

#[tokio::test]
async fn both_vocabularies_of_levels_mean_the_same() {
    let fixture = Fixture::of(Preset::IdPorten);
    let table = [
        ("idporten-loa-low", Ok(Assurance::Low)),
        ("idporten-loa-substantial", Ok(Assurance::Substantial)),
        ("idporten-loa-high", Ok(Assurance::High)),
        ("loa-low", Ok(Assurance::Low)),
        ("loa-substantial", Ok(Assurance::Substantial)),
        ("loa-high", Ok(Assurance::High)),
        ("Level3", Ok(Assurance::Substantial)),
        ("Level4", Ok(Assurance::High)),
        ("level4", Err(AuthError::ClaimInvalid("acr"))),
        ("idporten-loa-highest", Err(AuthError::ClaimInvalid("acr"))),
        ("", Err(AuthError::ClaimInvalid("acr"))),
    ];
    for (acr, expected) in table {
        let expected = expected.map(|assurance| Caller::Citizen { national_id: person(), assurance });
        assert_eq!(caller(&fixture, json!({"acr": acr})).await, expected, "{acr}");
    }
    assert_eq!(caller(&fixture, json!({"acr": null})).await, Err(AuthError::ClaimMissing("acr")));
}

#[tokio::test]
async fn security_levels_of_health_workers_are_read_as_text_or_number() {
    let fixture = Fixture::of(Preset::Test);
    let table = [
        (json!("2"), Ok(Assurance::Low)),
        (json!("3"), Ok(Assurance::Substantial)),
        (json!("4"), Ok(Assurance::High)),
        (json!(4), Ok(Assurance::High)),
        (json!("1"), Err(AuthError::ClaimInvalid(LEVEL))),
        (json!("5"), Err(AuthError::ClaimInvalid(LEVEL))),
        (json!("idporten-loa-high"), Err(AuthError::ClaimInvalid(LEVEL))),
        (json!(null), Err(AuthError::ClaimMissing(LEVEL))),
    ];
    for (level, expected) in table {
        let expected = expected.map(|assurance| Caller::HealthWorker {
            national_id: person(),
            hpr_number: Some(HprNumber::parse("565501").expect("a number")),
            organisation: organisation(ORGANISATION),
            assurance,
        });
        let changes = with(health_worker_claims(), json!({LEVEL: level}));
        assert_eq!(caller(&fixture, changes).await, expected, "{level}");
    }
}

#[tokio::test]
async fn citizens_need_an_identity_number_of_the_right_series() {
    let fixture = Fixture::of(Preset::IdPorten);
    assert_eq!(caller(&fixture, json!({"pid": null})).await, Err(AuthError::ClaimMissing("pid")));
    assert_eq!(caller(&fixture, json!({"pid": "15832250005"})).await, Err(AuthError::ClaimInvalid("pid")));
    assert_eq!(caller(&fixture, json!({"pid": 15_832_250_004_i64})).await, Err(AuthError::ClaimInvalid("pid")));

    let production = Authenticator::new(
        vec![settings_of(Preset::IdPorten, JwksSource::Fixed(key_set(&[&fixture.key])))],
        NumberSeries::Real,
        fixture.clock.clone(),
        possession(),
    );
    let outcome = bearer(&production.expect("one issuer"), &fixture.token(json!({}))).await;
    assert_eq!(outcome, Err(AuthError::ClaimInvalid("pid")), "a made-up person in production");
}

#[tokio::test]
async fn an_identity_token_of_id_porten_has_no_scope_and_is_refused() {
    let fixture = Fixture::of(Preset::IdPorten);
    for changes in [json!({"scope": null}), json!({"scope": ""}), json!({"nonce": "n"})] {
        assert_eq!(caller(&fixture, changes.clone()).await, Err(AuthError::WrongTokenType), "{changes}");
    }
}

#[tokio::test]
async fn a_token_for_nobody_in_particular_needs_configuration_and_a_scope_of_ours() {
    let strict = Fixture::of(Preset::Maskinporten);
    let open = Fixture::changed(Preset::Maskinporten, |settings| settings.accept_unspecified_audience = true);
    for audience in [json!("unspecified"), json!(["unspecified"]), json!(null)] {
        let mut ours = system_claims();
        ours["aud"] = audience.clone();
        let mut others = ours.clone();
        others["scope"] = json!("other:scope");
        assert_eq!(caller(&strict, ours.clone()).await, Err(AuthError::WrongAudience), "{audience}");
        assert!(caller(&open, ours).await.is_ok(), "{audience}");
        assert_eq!(caller(&open, others).await, Err(AuthError::WrongAudience), "{audience}");
    }
    let mut elsewhere = system_claims();
    elsewhere["aud"] = json!("https://other.example");
    assert_eq!(caller(&open, elsewhere).await, Err(AuthError::WrongAudience));
}

#[tokio::test]
async fn systems_speak_for_the_consumer() {
    let fixture = Fixture::of(Preset::Maskinporten);
    let expected = Caller::System {
        organisation: organisation(ORGANISATION),
        supplier: Some(organisation(SUPPLIER)),
        client: client("ehr-1"),
        scopes: vec![Scope::MessagesWrite, Scope::MessagesRead],
    };
    assert_eq!(caller(&fixture, system_claims()).await, Ok(expected));

    let consumer = |authority: &str, id: &str| json!({"consumer": {"authority": authority, "ID": id}});
    let table = [
        (json!({"consumer": null}), AuthError::ClaimMissing("consumer")),
        (consumer("iso6523-actorid-upis", "9908:310000019"), AuthError::ClaimInvalid("consumer")),
        (consumer("iso6523-actorid-upis", "0192:310000018"), AuthError::ClaimInvalid("consumer")),
        (consumer("other", "0192:310000019"), AuthError::ClaimInvalid("consumer")),
        (json!({"consumer": ORGANISATION}), AuthError::ClaimInvalid("consumer")),
        (json!({"supplier": {}}), AuthError::ClaimInvalid("supplier")),
        (json!({"client_id": null}), AuthError::ClaimMissing("client_id")),
        (json!({"client_id": "ehr-1 "}), AuthError::ClaimInvalid("client_id")),
        (json!({"client_id": " "}), AuthError::ClaimInvalid("client_id")),
        (json!({"scope": 7}), AuthError::ClaimInvalid("scope")),
    ];
    for (changes, expected) in table {
        let claims = with(fixture.claims(system_claims()), changes.clone());
        let outcome = fixture.bearer(&fixture.key.sign(&fixture.key.header(), &claims)).await;
        assert_eq!(outcome, Err(expected), "{changes}");
    }
}

#[tokio::test]
async fn operators_need_the_role() {
    let fixture = Fixture::of(Preset::Operator);
    let expected = Caller::Operator { subject: "ola".to_owned(), roles: vec![] };
    for roles in [json!(["reader", "brevdue-operator"]), json!("brevdue-operator")] {
        assert_eq!(caller(&fixture, json!({"sub": "ola", "roles": roles})).await, Ok(expected.clone()));
    }
    let table = [
        (json!({"sub": "ola"}), AuthError::ClaimMissing("roles")),
        (json!({"sub": "ola", "roles": ["reader"]}), AuthError::ClaimInvalid("roles")),
        (json!({"sub": "ola", "roles": "brevdue-operators"}), AuthError::ClaimInvalid("roles")),
        (json!({"roles": ["brevdue-operator"]}), AuthError::ClaimMissing("sub")),
        (json!({"sub": "", "roles": ["brevdue-operator"]}), AuthError::ClaimInvalid("sub")),
    ];
    for (changes, expected) in table {
        assert_eq!(caller(&fixture, changes).await, Err(expected));
    }
}

#[tokio::test]
async fn only_a_test_issuer_chooses_the_kind_of_caller() {
    let changes = || json!({"brevdue_kind": "operator", "sub": "ola", "roles": ["brevdue-operator"]});
    let citizens = Fixture::of(Preset::IdPorten);
    assert!(matches!(caller(&citizens, changes()).await, Ok(Caller::Citizen { .. })));
    let systems = Fixture::of(Preset::Maskinporten);
    assert_eq!(caller(&systems, changes()).await, Err(AuthError::ClaimMissing("consumer")));
    let test = Fixture::of(Preset::Test);
    assert!(matches!(caller(&test, changes()).await, Ok(Caller::Operator { .. })));
    let unknown = caller(&test, json!({"brevdue_kind": "root"})).await;
    assert_eq!(unknown, Err(AuthError::ClaimInvalid("brevdue_kind")));
}

#[tokio::test]
async fn tokens_of_the_sandbox_become_their_subjects() {
    let clock = Clock::standing();
    let issuer = SandboxIssuer::new("http://127.0.0.1:8080/sandbox".to_owned(), AUDIENCE.to_owned());
    let settings = vec![issuer.issuer_settings()];
    let authenticator =
        Authenticator::new(settings, NumberSeries::Synthetic, clock.clone(), possession()).expect("one issuer");
    let hpr_number = Some(HprNumber::parse("565501").expect("a number"));
    let table = [
        (
            SandboxSubject::Citizen { national_id: person(), acr: None },
            Caller::Citizen { national_id: person(), assurance: Assurance::High },
        ),
        (
            SandboxSubject::Citizen { national_id: person(), acr: Some("Level3".to_owned()) },
            Caller::Citizen { national_id: person(), assurance: Assurance::Substantial },
        ),
        (
            SandboxSubject::HealthWorker {
                national_id: person(),
                hpr_number: hpr_number.clone(),
                organisation: organisation(ORGANISATION),
                security_level: 4,
            },
            Caller::HealthWorker {
                national_id: person(),
                hpr_number,
                organisation: organisation(ORGANISATION),
                assurance: Assurance::High,
            },
        ),
        (
            SandboxSubject::System {
                organisation: organisation(ORGANISATION),
                scopes: vec![Scope::MessagesRead.as_word().to_owned()],
                client_id: "ehr-1".to_owned(),
            },
            Caller::System {
                organisation: organisation(ORGANISATION),
                supplier: None,
                client: client("ehr-1"),
                scopes: vec![Scope::MessagesRead],
            },
        ),
        (
            SandboxSubject::Operator { subject: "ola".to_owned(), roles: vec![OperatorRole::ConfirmPowers] },
            Caller::Operator { subject: "ola".to_owned(), roles: vec![OperatorRole::ConfirmPowers] },
        ),
    ];
    let mut rate_keys = std::collections::HashSet::new();
    for (subject, expected) in table {
        let token = issuer.token(&subject, clock.now(), TimeDelta::hours(1));
        let authenticated = bearer(&authenticator, &token).await.expect("taken");
        assert_eq!(authenticated.caller, expected);
        assert_eq!(authenticated.expires_at, clock.now() + TimeDelta::hours(1));
        assert!(!authenticated.rate_key.contains(PERSON));
        rate_keys.insert(authenticated.rate_key.clone());
    }
    assert_eq!(rate_keys.len(), 4, "one for each caller, the same for two tokens of one person");
}

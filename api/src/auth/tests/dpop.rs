//! Tokens of HelseID, which are bound to a key.

use chrono::TimeDelta;
use domain::access::{Caller, Scope};
use jsonwebtoken::jwk::ThumbprintHash;

use super::super::dpop::{Nonces, sha256};
use super::*;

const PID: &str = "helseid://claims/identity/pid";

/// A HelseID fixture and the key of its client.
struct Bound {
    fixture: Fixture,
    client_key: TestKey,
}

impl Bound {
    fn new() -> Self {
        Self { fixture: Fixture::of(Preset::HelseId), client_key: TestKey::es256("client") }
    }

    fn claims(&self, changes: Value) -> Value {
        let base = json!({
            "brevdue_kind": null, "pid": null, "acr": null, "client_id": "ehr-1", "scope": ["brevdue:messages.write"],
            "helseid://claims/client/claims/orgnr_parent": ORGANISATION, "cnf": {"jkt": thumbprint(&self.client_key)},
        });
        with(self.fixture.claims(base), changes)
    }

    fn token(&self, changes: Value) -> String {
        self.fixture.key.sign(&self.fixture.key.header(), &self.claims(changes))
    }

    fn proof_header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": self.client_key.algorithm, "jwk": self.client_key.public})
    }

    fn proof_claims(&self, token: &str) -> Value {
        let iat = self.fixture.clock.now().timestamp();
        json!({"jti": "p", "htm": "GET", "htu": URL, "iat": iat, "ath": encode(&sha256(token.as_bytes()))})
    }

    fn proof(&self, token: &str, header: Value, claims: Value) -> String {
        self.client_key.sign(&with(self.proof_header(), header), &with(self.proof_claims(token), claims))
    }

    async fn present(&self, token: &str, proof: PresentedHeader<'_>) -> Result<Arc<Authenticated>, AuthError> {
        let header = format!("DPoP {token}");
        self.fixture.authenticator.authenticate(Presented { dpop: proof, ..presented(&header) }).await
    }

    /// What becomes of a good token with a proof that has these changes.
    async fn outcome(&self, header: Value, claims: Value) -> Result<Arc<Authenticated>, AuthError> {
        let token = self.token(json!({}));
        let proof = self.proof(&token, header, claims);
        self.present(&token, PresentedHeader::One(&proof)).await
    }
}

fn thumbprint(key: &TestKey) -> String {
    let jwk: Jwk = serde_json::from_value(key.public.clone()).expect("a key");
    jwk.thumbprint(ThumbprintHash::SHA256).expect("a thumbprint")
}

#[tokio::test]
async fn a_good_proof_serves_once() {
    let bound = Bound::new();
    let authenticated = bound.outcome(json!({}), json!({"jti": "1"})).await.expect("taken");
    let Caller::System { scopes, supplier, .. } = &authenticated.caller else { panic!("a system") };
    assert_eq!((scopes.as_slice(), supplier), ([Scope::MessagesWrite].as_slice(), &None));

    assert_eq!(bound.outcome(json!({}), json!({"jti": "1"})).await, Err(AuthError::DpopInvalid("replayed")));
    assert!(bound.outcome(json!({}), json!({"jti": "2"})).await.is_ok());
}

#[tokio::test]
async fn of_many_at_once_with_the_same_proof_one_gets_in() {
    let bound = Bound::new();
    let token = bound.token(json!({}));
    let proof = bound.proof(&token, json!({}), json!({}));
    let attempts = (0..20).map(|_| bound.present(&token, PresentedHeader::One(&proof)));
    let outcomes = futures_util::future::join_all(attempts).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_proof_that_was_refused_does_not_use_up_its_id() {
    let bound = Bound::new();
    assert_eq!(bound.outcome(json!({}), json!({"htm": "POST"})).await, Err(AuthError::DpopInvalid("htm")));
    assert!(bound.outcome(json!({}), json!({})).await.is_ok());
}

#[tokio::test]
async fn each_part_of_a_proof_counts() {
    let bound = Bound::new();
    let now = bound.fixture.clock.now().timestamp();
    let claims = [
        ("another address", json!({"htu": "https://brevdue.example/v1/mailboxes"}), "htu"),
        ("another host", json!({"htu": "https://evil.example/v1/me"}), "htu"),
        ("an address with a query", json!({"htu": format!("{URL}?a=1")}), "htu"),
        ("no address", json!({"htu": null}), "htu"),
        ("another method", json!({"htm": "POST"}), "htm"),
        ("the method in small letters", json!({"htm": "get"}), "htm"),
        ("for another token", json!({"ath": encode(&sha256(b"other"))}), "ath"),
        ("for no token", json!({"ath": null}), "ath"),
        ("no id", json!({"jti": null}), "jti"),
        ("an empty id", json!({"jti": ""}), "jti"),
        ("too old", json!({"iat": now - 7}), "iat"),
        ("from the future", json!({"iat": now + 6}), "iat"),
        ("no time", json!({"iat": null}), "iat"),
    ];
    for (name, changes, part) in claims {
        assert_eq!(bound.outcome(json!({}), changes).await, Err(AuthError::DpopInvalid(part)), "{name}");
    }
    let private = with(bound.client_key.public.clone(), json!({"d": "AAAA"}));
    let symmetric = json!({"kty": "oct", "k": "AAAA"});
    let headers = [
        ("another type", json!({"typ": "JWT"}), "typ"),
        ("no type", json!({"typ": null}), "typ"),
        ("unsigned", json!({"alg": "none"}), "alg"),
        ("symmetric", json!({"alg": "HS256"}), "alg"),
        ("an algorithm that does not fit the key", json!({"alg": "RS256"}), "alg"),
        ("no key", json!({"jwk": null}), "jwk"),
        ("a private key", json!({"jwk": private}), "private key"),
        ("a symmetric key", json!({"jwk": symmetric}), "private key"),
        ("an extension", json!({"crit": ["x"]}), "form"),
    ];
    for (name, changes, part) in headers {
        assert_eq!(bound.outcome(changes, json!({})).await, Err(AuthError::DpopInvalid(part)), "{name}");
    }
}

#[tokio::test]
async fn a_proof_serves_one_second_and_clocks_may_be_five_apart() {
    let bound = Bound::new();
    let now = bound.fixture.clock.now().timestamp();
    for (id, iat) in [("old", now - 6), ("new", now + 5)] {
        assert!(bound.outcome(json!({}), json!({"jti": id, "iat": iat})).await.is_ok(), "{id}");
    }
    let token = bound.token(json!({}));
    let proof = bound.proof(&token, json!({}), json!({"jti": "kept"}));
    bound.fixture.clock.advance(TimeDelta::milliseconds(6_001));
    let outcome = bound.present(&token, PresentedHeader::One(&proof)).await;
    assert_eq!(outcome, Err(AuthError::DpopInvalid("iat")));
}

#[tokio::test]
async fn a_proof_by_another_key_is_refused() {
    let bound = Bound::new();
    let token = bound.token(json!({}));
    let thief = TestKey::es256("thief");
    let own_key = with(bound.proof_header(), json!({"jwk": thief.public}));
    let with_own_key = thief.sign(&own_key, &bound.proof_claims(&token));
    let outcome = bound.present(&token, PresentedHeader::One(&with_own_key)).await;
    assert_eq!(outcome, Err(AuthError::DpopInvalid("key")));

    let under_the_clients_key = thief.sign(&bound.proof_header(), &bound.proof_claims(&token));
    let outcome = bound.present(&token, PresentedHeader::One(&under_the_clients_key)).await;
    assert_eq!(outcome, Err(AuthError::DpopInvalid("signature")));
}

#[tokio::test]
async fn a_bound_token_is_nothing_without_its_proof() {
    let bound = Bound::new();
    let token = bound.token(json!({}));
    assert_eq!(bound.present(&token, PresentedHeader::Absent).await, Err(AuthError::DpopMissing));
    assert_eq!(bound.present(&token, PresentedHeader::Malformed).await, Err(AuthError::DpopInvalid("header")));
    assert_eq!(bound.present(&token, PresentedHeader::One("x")).await, Err(AuthError::DpopInvalid("form")));
    assert_eq!(bound.fixture.bearer(&token).await, Err(AuthError::DpopMissing));

    let proof = bound.proof(&token, json!({}), json!({}));
    let header = format!("Bearer {token}");
    let as_bearer = Presented { dpop: PresentedHeader::One(&proof), ..presented(&header) };
    assert_eq!(bound.fixture.authenticator.authenticate(as_bearer).await, Err(AuthError::DpopMissing));
    assert!(bound.present(&token, PresentedHeader::One(&proof)).await.is_ok());
    assert_eq!(bound.present(&token, PresentedHeader::Absent).await, Err(AuthError::DpopMissing), "remembered");
}

#[tokio::test]
async fn helseid_always_binds_and_others_may() {
    let bound = Bound::new();
    let unbound = bound.token(json!({"cnf": null}));
    assert_eq!(bound.fixture.bearer(&unbound).await, Err(AuthError::ClaimMissing("cnf.jkt")));
    assert_eq!(bound.present(&unbound, PresentedHeader::Absent).await, Err(AuthError::ClaimMissing("cnf.jkt")));

    let other = Bound { fixture: Fixture::of(Preset::Test), client_key: TestKey::es256("client") };
    let citizen = json!({"brevdue_kind": "citizen", "pid": PERSON, "acr": "Level4"});
    let token = other.token(citizen);
    assert_eq!(other.fixture.bearer(&token).await, Err(AuthError::DpopMissing));
    let proof = other.proof(&token, json!({}), json!({}));
    assert!(other.present(&token, PresentedHeader::One(&proof)).await.is_ok());
    let unbound = other.fixture.token(json!({}));
    let proof = other.proof(&unbound, json!({}), json!({"jti": "2"}));
    let outcome = other.present(&unbound, PresentedHeader::One(&proof)).await;
    assert_eq!(outcome, Err(AuthError::DpopInvalid("cnf.jkt")));
}

#[tokio::test]
async fn proofs_may_be_signed_by_rsa_and_by_the_longest_curve() {
    for client_key in [TestKey::rsa("client", "RS256"), TestKey::rsa("client", "PS256"), TestKey::es512("client")] {
        let algorithm = client_key.algorithm;
        let mut bound = Bound { fixture: Fixture::of(Preset::HelseId), client_key };
        assert!(bound.outcome(json!({}), json!({})).await.is_ok(), "{algorithm}");

        let token = bound.token(json!({}));
        let proof = bound.proof(&token, json!({}), json!({"jti": "2"}));
        let cut = &proof[..proof.len() - 8];
        let outcome = bound.present(&token, PresentedHeader::One(cut)).await;
        assert_eq!(outcome, Err(AuthError::DpopInvalid("signature")), "{algorithm}");
        bound.client_key = TestKey::es256("client");
        let outcome = bound.present(&token, PresentedHeader::One(&bound.proof(&token, json!({}), json!({})))).await;
        assert_eq!(outcome, Err(AuthError::DpopInvalid("key")), "{algorithm}");
    }
}

/// What becomes of a proof with these changes, where proofs are held against something else.
async fn held_against(bound: &Bound, possession: Possession, changes: Value) -> Result<Arc<Authenticated>, AuthError> {
    let issuers = vec![settings_of(Preset::HelseId, JwksSource::Fixed(key_set(&[&bound.fixture.key])))];
    let clock = bound.fixture.clock.clone();
    let authenticator = Authenticator::new(issuers, NumberSeries::Synthetic, clock, possession).expect("one issuer");
    let token = bound.token(json!({}));
    let (header, proof) = (format!("DPoP {token}"), bound.proof(&token, json!({}), changes));
    authenticator.authenticate(Presented { dpop: PresentedHeader::One(&proof), ..presented(&header) }).await
}

#[tokio::test]
async fn proofs_name_the_public_address_and_without_one_none_holds() {
    let bound = Bound::new();
    let at =
        |public_url: Option<&str>| Possession { public_url: public_url.map(str::to_owned), ..Possession::default() };
    let table = [
        (Some("https://brevdue.example"), URL, true),
        (Some("https://brevdue.example/"), URL, true),
        (Some("https://brevdue.example/mail"), "https://brevdue.example/mail/v1/me", true),
        (Some("https://brevdue.example"), "https://evil.example/v1/me", false),
        (Some("https://brevdue.example"), "https://brevdue.example.evil.example/v1/me", false),
        (Some("https://brevdue.example"), "https://brevdue.example//v1/me", false),
        (Some("https://brevdue.example"), "/v1/me", false),
        (None, URL, false),
        (None, "/v1/me", false),
    ];
    for (public_url, htu, holds) in table {
        let outcome = held_against(&bound, at(public_url), json!({"htu": htu})).await;
        assert_eq!(outcome.map(|_| ()), if holds { Ok(()) } else { Err(AuthError::DpopInvalid("htu")) }, "{htu}");
    }
}

#[tokio::test]
async fn where_proofs_need_a_nonce_only_one_of_ours_serves_and_for_ten_minutes() {
    let bound = Bound::new();
    let with_nonces = || Possession { nonces: Some(Nonces::new(&[7; 32])), ..possession() };
    let ours = |key: u8| {
        let possession = Possession { nonces: Some(Nonces::new(&[key; 32])), ..possession() };
        let made = Authenticator::new(vec![], NumberSeries::Synthetic, bound.fixture.clock.clone(), possession);
        made.expect("no issuers").nonce().expect("a nonce")
    };
    let (nonce, of_another) = (ours(7), ours(8));

    assert!(held_against(&bound, with_nonces(), json!({"nonce": nonce})).await.is_ok());
    for wrong in [json!(null), json!(""), json!("x"), json!(of_another), json!(7)] {
        let outcome = held_against(&bound, with_nonces(), json!({"nonce": wrong})).await;
        assert_eq!(outcome, Err(AuthError::DpopNonce), "{wrong}");
    }
    bound.fixture.clock.advance(TimeDelta::seconds(300));
    assert_ne!(ours(7), nonce);
    bound.fixture.clock.advance(TimeDelta::seconds(300));
    assert_eq!(held_against(&bound, with_nonces(), json!({"nonce": nonce})).await, Err(AuthError::DpopNonce));
    assert!(held_against(&bound, with_nonces(), json!({"nonce": ours(7)})).await.is_ok());
    // Where none is needed, one does no harm.
    assert!(held_against(&bound, possession(), json!({"nonce": "x"})).await.is_ok());
}

#[tokio::test]
async fn a_persons_token_that_does_not_name_them_is_no_systems() {
    let bound = Bound::new();
    for changes in [
        json!({"sub": "somebody"}),
        json!({"sid": "session"}),
        json!({"idp": "testidp-oidc"}),
        json!({"helseid://claims/identity/security_level": "4"}),
        json!({"helseid://claims/identity/pid_pseudonym": "p"}),
    ] {
        let token = bound.token(changes.clone());
        let proof = bound.proof(&token, json!({}), json!({}));
        let outcome = bound.present(&token, PresentedHeader::One(&proof)).await;
        assert_eq!(outcome, Err(AuthError::ClaimMissing(PID)), "{changes}");
    }
}

#[tokio::test]
async fn helseid_speaks_for_health_workers_and_systems() {
    let bound = Bound::new();
    let worker = json!({PID: PERSON, "helseid://claims/identity/security_level": "4", "sub": "s", "idp": "i"});
    let system = json!({"sub": "ehr-1", "helseid://claims/client/claims/orgnr_supplier": SUPPLIER});
    let mut callers = Vec::new();
    for (id, changes) in [("1", worker), ("2", system)] {
        let token = bound.token(changes);
        let proof = bound.proof(&token, json!({}), json!({"jti": id}));
        callers.push(bound.present(&token, PresentedHeader::One(&proof)).await.expect("taken").caller.clone());
    }
    assert!(matches!(&callers[0], Caller::HealthWorker { hpr_number: None, .. }));
    let Caller::System { supplier: Some(supplier), .. } = &callers[1] else { panic!("a system with a supplier") };
    assert_eq!(supplier.as_str(), SUPPLIER);
}

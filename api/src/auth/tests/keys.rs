//! Keys over HTTP: fetched, rotated, and kept through an outage.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;

use super::super::jwks::{FETCH_PAUSE, FETCH_PAUSE_WITHOUT_KEYS, MAX_AGE, REFRESH_AGE};
use super::*;

/// Serves keys on this machine, counts how often it is asked, and breaks down on demand.
struct KeyServer {
    address: SocketAddr,
    state: Arc<ServerState>,
}

#[derive(Default)]
struct ServerState {
    hits: AtomicUsize,
    /// What the issuer says of itself, at an address of its own.
    description: Mutex<String>,
    /// Status line with any header lines, and body.
    answer: Mutex<(String, String)>,
}

impl KeyServer {
    fn start(keys: &[&TestKey]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::<ServerState>::default();
        let server = Self { address, state: Arc::clone(&state) };
        server.serve(keys);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = Vec::new();
                let mut buffer = [0; 1024];
                while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(0) | Err(_) => break,
                        Ok(count) => request.extend_from_slice(&buffer[..count]),
                    }
                }
                let (head, body) = if request.starts_with(b"GET /.well-known/") {
                    ("200 OK".to_owned(), state.description.lock().expect("the description").clone())
                } else {
                    state.hits.fetch_add(1, Ordering::SeqCst);
                    state.answer.lock().expect("the answer").clone()
                };
                let length = body.len();
                let _ =
                    write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            }
        });
        server
    }

    fn serve(&self, keys: &[&TestKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.published()).collect();
        self.answer("200 OK", &json!({"keys": keys}).to_string());
    }

    fn break_down(&self) {
        self.answer("503 Service Unavailable", "");
    }

    fn answer(&self, head: &str, body: &str) {
        *self.state.answer.lock().expect("the answer") = (head.to_owned(), body.to_owned());
    }

    /// Has the issuer say of itself who it is and where its keys are.
    fn describe(&self, issuer: &str, jwks_uri: &str) {
        let description =
            json!({"issuer": issuer, "jwks_uri": jwks_uri, "token_endpoint": "https://issuer.example/token"});
        *self.state.description.lock().expect("the description") = description.to_string();
    }

    /// A fixture whose issuer is asked where its keys are.
    fn described(&self, key: TestKey) -> Fixture {
        let url = format!("http://{}/.well-known/openid-configuration", self.address);
        Fixture::with_key(key, Preset::Test, |settings| settings.jwks = JwksSource::Described(url))
    }

    fn hits(&self) -> usize {
        self.state.hits.load(Ordering::SeqCst)
    }

    /// A fixture whose issuer has its keys here.
    fn fixture(&self, key: TestKey) -> Fixture {
        let url = format!("http://{}/jwks", self.address);
        Fixture::with_key(key, Preset::Test, |settings| settings.jwks = JwksSource::Url(url))
    }
}

#[tokio::test]
async fn keys_are_where_the_issuer_says_and_may_move() {
    let (old, new) = (TestKey::es256("key-1"), TestKey::es256("key-2"));
    let (first, second) = (KeyServer::start(&[&old]), KeyServer::start(&[&new]));
    first.describe(ISSUER, &format!("http://{}/keys", first.address));
    let fixture = first.described(old);
    assert!(fixture.outcome(json!({})).await.is_ok());

    first.describe(ISSUER, &format!("http://{}/keys", second.address));
    fixture.clock.advance(FETCH_PAUSE);
    assert!(fixture.bearer(&fresh_token(&fixture, &new, "moved")).await.is_ok());
    assert_eq!((first.hits(), second.hits()), (1, 1));
}

#[tokio::test]
async fn what_another_issuer_says_or_keys_in_the_open_let_nobody_in() {
    let key = TestKey::es256("key-1");
    let server = KeyServer::start(&[&key]);
    let fixture = server.described(key);
    let here = format!("http://{}/keys", server.address);
    let slash = format!("{ISSUER}/");
    for (issuer, place) in [
        (&*slash, &*here),
        ("https://other.example", &here),
        (ISSUER, "http://keys.example/jwks"),
        (ISSUER, "keys"),
        (ISSUER, "file:///keys"),
    ] {
        server.describe(issuer, place);
        let outcome = fixture.outcome(json!({})).await;
        assert!(matches!(outcome, Err(AuthError::KeysUnavailable)), "{issuer} {place}: {outcome:?}");
        fixture.clock.advance(FETCH_PAUSE_WITHOUT_KEYS);
    }
    assert_eq!(server.hits(), 0, "nobody went there");
    server.describe(ISSUER, &here);
    assert!(fixture.outcome(json!({})).await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_valid_for_longer_than_its_issuers_may_be_is_refused() {
    let fixture = Fixture::of(Preset::Test);
    let now = fixture.clock.now().timestamp();
    let hour = 3600;
    for (claims, is_taken) in [
        (json!({"exp": now + hour}), true),
        (json!({"exp": now + hour + 60}), false),
        (json!({"iat": now - hour, "exp": now + 60}), false),
        (json!({"iat": null, "exp": now + hour}), true),
        (json!({"iat": null, "exp": now + hour + 60}), false),
        (json!({"exp": now + 100 * 365 * 24 * hour}), false),
    ] {
        let outcome = fixture.outcome(claims.clone()).await;
        assert_eq!(outcome.is_ok(), is_taken, "{claims}: {outcome:?}");
        assert!(is_taken || matches!(outcome, Err(AuthError::ClaimInvalid("exp"))), "{outcome:?}");
    }
}

/// A token that has not been seen before, by that key.
fn fresh_token(fixture: &Fixture, key: &TestKey, id: &str) -> String {
    key.sign(&key.header(), &fixture.claims(json!({"jti": id})))
}

#[tokio::test]
async fn keys_are_fetched_once_for_all_who_come_at_the_same_time() {
    let key = TestKey::es256("key-1");
    let server = KeyServer::start(&[&key]);
    let fixture = server.fixture(key);
    let tokens: Vec<String> = (0..20).map(|id| fresh_token(&fixture, &fixture.key, &id.to_string())).collect();
    let outcomes = futures_util::future::join_all(tokens.iter().map(|token| fixture.bearer(token))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn a_new_key_is_picked_up_by_one_fetch_for_all_who_bring_it() {
    let key = TestKey::es256("key-1");
    let new_key = TestKey::es256("key-2");
    let server = KeyServer::start(&[&key]);
    let fixture = server.fixture(key);
    assert!(fixture.outcome(json!({})).await.is_ok());

    server.serve(&[&fixture.key, &new_key]);
    fixture.clock.advance(FETCH_PAUSE);
    let tokens: Vec<String> = (0..20).map(|id| fresh_token(&fixture, &new_key, &id.to_string())).collect();
    let outcomes = futures_util::future::join_all(tokens.iter().map(|token| fixture.bearer(token))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(server.hits(), 2);
    assert!(fixture.bearer(&fresh_token(&fixture, &fixture.key, "old")).await.is_ok(), "the old key is still there");
}

#[tokio::test]
async fn unknown_keys_are_asked_for_once_a_minute() {
    let key = TestKey::es256("key-1");
    let unknown = TestKey::es256("unknown");
    let server = KeyServer::start(&[&key]);
    let fixture = server.fixture(key);
    assert!(fixture.outcome(json!({})).await.is_ok());
    for (minute, hits) in [(0, 1), (1, 2), (2, 3)] {
        for id in 0..5 {
            let token = fresh_token(&fixture, &unknown, &format!("{minute}-{id}"));
            assert_eq!(fixture.bearer(&token).await, Err(AuthError::UnknownKey));
        }
        assert_eq!(server.hits(), hits, "minute {minute}");
        fixture.clock.advance(FETCH_PAUSE);
    }
}

#[tokio::test]
async fn old_keys_serve_through_an_outage_until_they_are_a_day_old() {
    let key = TestKey::es256("key-1");
    let unknown = TestKey::es256("unknown");
    let server = KeyServer::start(&[&key]);
    let fixture = server.fixture(key);
    assert!(fixture.outcome(json!({})).await.is_ok());

    server.break_down();
    fixture.clock.advance(FETCH_PAUSE);
    let stranger = fixture.bearer(&fresh_token(&fixture, &unknown, "u")).await;
    assert_eq!(stranger, Err(AuthError::KeysUnavailable), "nobody can say whether there is such a key");
    assert!(AuthError::KeysUnavailable.is_retryable());
    fixture.clock.advance(MAX_AGE - FETCH_PAUSE - TimeDelta::seconds(1));
    assert!(fixture.bearer(&fresh_token(&fixture, &fixture.key, "late")).await.is_ok());
    fixture.clock.advance(TimeDelta::minutes(2));
    let too_late = fixture.bearer(&fresh_token(&fixture, &fixture.key, "too late")).await;
    assert_eq!(too_late, Err(AuthError::KeysUnavailable));

    server.serve(&[&fixture.key]);
    fixture.clock.advance(FETCH_PAUSE_WITHOUT_KEYS);
    assert!(fixture.bearer(&fresh_token(&fixture, &fixture.key, "again")).await.is_ok());
}

#[tokio::test]
async fn keys_are_refreshed_before_they_are_too_old() {
    let key = TestKey::es256("key-1");
    let server = KeyServer::start(&[&key]);
    let fixture = server.fixture(key);
    assert!(fixture.outcome(json!({})).await.is_ok());
    fixture.clock.advance(REFRESH_AGE - TimeDelta::seconds(1));
    assert!(fixture.bearer(&fresh_token(&fixture, &fixture.key, "young")).await.is_ok());
    assert_eq!(server.hits(), 1);

    fixture.clock.advance(TimeDelta::seconds(1));
    assert!(fixture.bearer(&fresh_token(&fixture, &fixture.key, "old")).await.is_ok());
    let refreshed = async {
        while server.hits() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), refreshed).await.expect("asked again without being waited for");
}

#[tokio::test]
async fn answers_that_are_no_keys_do_not_replace_any() {
    let key = TestKey::es256("key-1");
    let unknown = TestKey::es256("unknown");
    let server = KeyServer::start(&[&key]);
    let fixture = server.fixture(key);
    assert!(fixture.outcome(json!({})).await.is_ok());
    let too_long = json!({"keys": [unknown.published()], "padding": "x".repeat(256 * 1024)}).to_string();
    let elsewhere = format!("302 Found\r\nlocation: http://{}/other", server.address);
    let table = [
        ("no JSON", "200 OK", "<html>"),
        ("no keys", "200 OK", r#"{"keys":[]}"#),
        ("only a symmetric key", "200 OK", r#"{"keys":[{"kty":"oct","k":"AAAA","kid":"unknown"}]}"#),
        ("too long", "200 OK", &too_long),
        ("a redirect", &elsewhere, ""),
        ("an error", "500 Internal Server Error", r#"{"keys":[]}"#),
    ];
    for (name, head, body) in table {
        server.answer(head, body);
        fixture.clock.advance(FETCH_PAUSE);
        let hits = server.hits();
        let stranger = fixture.bearer(&fresh_token(&fixture, &unknown, name)).await;
        assert_eq!(stranger, Err(AuthError::KeysUnavailable), "{name}");
        assert_eq!(server.hits(), hits + 1, "{name}");
        assert!(fixture.bearer(&fresh_token(&fixture, &fixture.key, name)).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn keys_of_kinds_that_do_not_verify_are_passed_over() {
    let key = TestKey::es256("key-1");
    let server = KeyServer::start(&[]);
    let mut for_encryption = TestKey::es256("enc").published();
    for_encryption["use"] = json!("enc");
    let keys = json!({"keys": [
        {"kty": "AKP", "kid": "new-kind", "pub": "AAAA"}, {"kty": 7}, "no key", for_encryption, key.published(),
    ]});
    server.answer("200 OK", &keys.to_string());
    let fixture = server.fixture(key);
    assert!(fixture.outcome(json!({})).await.is_ok());
    assert!(fixture.outcome_of_header(json!({"kid": null})).await.is_ok(), "there is one key only");
}

#[tokio::test]
async fn without_any_keys_nobody_gets_in_and_the_issuer_is_spared() {
    let key = TestKey::es256("key-1");
    let server = KeyServer::start(&[&key]);
    server.break_down();
    let fixture = server.fixture(key);
    for id in 0..5 {
        let outcome = fixture.bearer(&fresh_token(&fixture, &fixture.key, &id.to_string())).await;
        assert_eq!(outcome, Err(AuthError::KeysUnavailable));
    }
    assert_eq!(server.hits(), 1);
}

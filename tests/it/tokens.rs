//! Tokens that must not open anything, over HTTP. What each claim means is tested beside the code that reads it.

use serde_json::json;
use tests::{Answer, Database, Issuer, Place, Prover, TestApp, stories};

use crate::persons::SKUDDAR;

async fn app_with(database: Database, issuer: &Issuer, preset: &str) -> TestApp {
    TestApp::start_at(Place::new(database), &[], Some(&issuer.settings(preset))).await
}

async fn me(app: &TestApp, token: &str) -> Answer {
    app.bearer(token).get("/v1/me").await
}

/// Where callers reach the program.
const PUBLIC_URL: &str = "https://brevdue.test";

async fn show(app: &TestApp, path: &str, token: &str, proof: &str, host: &str) -> Answer {
    let request = app.nobody().get(path).header("authorization", &format!("DPoP {token}"));
    request.header("dpop", proof).header("host", host).header("x-forwarded-host", host).await
}

stories! {
    async fn only_a_token_that_holds_in_every_part_opens_anything(database: Database) {
        let issuer = Issuer::start("https://issuer.test").await;
        let app = app_with(database, &issuer, "test").await;
        let now = app.now().await.timestamp();
        let good = issuer.citizen(SKUDDAR, now);
        let with = |field: &str, value: serde_json::Value| {
            let mut claims = good.clone();
            claims[field] = value;
            claims
        };
        let impostor = Issuer::unpublished("https://issuer.test");
        let sandbox = app.citizen(SKUDDAR).await.token.expect("a token");
        let (head, _) = sandbox.rsplit_once('.').expect("three parts");
        let other = app.citizen(crate::persons::ELDRID).await.token.expect("a token");
        let (_, other_signature) = other.rsplit_once('.').expect("three parts");

        assert_eq!(me(&app, &issuer.sign(&good)).await.expect(200)["nationalId"], SKUDDAR);
        let table = [
            ("for somebody else", issuer.sign(&with("aud", json!("https://elsewhere.test"))), "token-invalid"),
            ("of nobody we know", issuer.sign(&with("iss", json!("https://issuer.test/"))), "token-invalid"),
            ("over", issuer.sign(&with("exp", json!(now - 60))), "token-expired"),
            ("not yet", issuer.sign(&with("nbf", json!(now + 60))), "token-invalid"),
            ("signed by another key", impostor.sign(&good), "token-invalid"),
            ("unsigned", issuer.unsigned(&good), "token-invalid"),
            ("signed by HMAC with the public key", issuer.sign_by_public_key(&good), "token-invalid"),
            ("without its signature", format!("{head}."), "token-invalid"),
            ("with the signature of another", format!("{head}.{other_signature}"), "token-invalid"),
            ("of a real person", issuer.sign(&with("pid", json!("29027210056"))), "token-invalid"),
            ("of no kind", issuer.sign(&with("brevdue_kind", json!("king"))), "token-invalid"),
            ("no token", "hei".to_owned(), "token-invalid"),
            ("much too long", "a".repeat(7000), "token-invalid"),
            ("of somebody in no register", issuer.sign(&with("pid", json!(crate::persons::UNKNOWN))), "person-unknown"),
        ];
        for (name, token, slug) in table {
            let answer = me(&app, &token).await;
            assert_eq!(answer.slug(), Some(slug), "{name}: {answer}");
            answer.check_problem();
        }
        let none = app.nobody().get("/v1/me").header("authorization", "Basic a2FyaTpzZWNyZXQ=").await;
        assert!(["token-missing", "token-invalid"].contains(&none.slug().expect("a problem")), "{none}");
    }

    async fn a_token_ends_with_its_time(app: TestApp) {
        let patient = app.citizen(SKUDDAR).await;
        let _ = patient.get("/v1/me").await.expect(200);

        app.advance("PT9H").await;

        let _ = patient.get("/v1/me").await.problem("token-expired");
    }

    async fn a_token_of_helseid_is_nothing_without_its_proof(database: Database) {
        let issuer = Issuer::start("https://helseid.test").await;
        let app = app_with(database, &issuer, "helseId").await;
        let claims = issuer.helseid_system(app.now().await.timestamp());

        let answer = app.bearer(&issuer.sign(&claims)).get(&app.dermatology().path("")).await;

        let _ = answer.problem("dpop-invalid");
    }

    async fn a_proof_serves_once_at_all_processes_and_for_our_own_address(database: Database) {
        let (issuer, prover) = (Issuer::start("https://helseid.test").await, Prover::new());
        let settings = issuer.settings("helseId");
        let app = TestApp::start_at(Place::new(database), &[("BREVDUE_PUBLIC_URL", PUBLIC_URL)], Some(&settings)).await;
        let other = app.again_with(&[("BREVDUE_PUBLIC_URL", PUBLIC_URL)], &settings).await;
        let now = app.now().await.timestamp();
        let mut claims = issuer.helseid_system(now);
        claims["cnf"] = prover.confirmation();
        let token = issuer.sign(&claims);
        let path = app.dermatology().path("");
        let ask = async |app: &TestApp, at: &str, jti: &str| {
            let iat = app.now().await.timestamp() + 3;
            let proof = prover.proof(&format!("{at}{path}"), &token, &json!({"jti": jti, "iat": iat}));
            (show(app, &path, &token, &proof, "evil.example").await, proof)
        };

        let (first, proof) = ask(&app, PUBLIC_URL, "1").await;

        assert_ne!(first.status, 401, "{first}");
        let _ = show(&app, &path, &token, &proof, "evil.example").await.problem("dpop-invalid");
        let _ = show(&other, &path, &token, &proof, "evil.example").await.problem("dpop-invalid");
        assert_ne!(ask(&other, PUBLIC_URL, "2").await.0.status, 401);
        // What the request says of where it came to counts for nothing.
        for elsewhere in ["http://evil.example", "https://evil.example", app.base()] {
            let _ = ask(&app, elsewhere, elsewhere).await.0.problem("dpop-invalid");
        }
        // Of many at once with the same proof one gets in, wherever they come.
        let iat = app.now().await.timestamp() + 3;
        let proof = prover.proof(&format!("{PUBLIC_URL}{path}"), &token, &json!({"jti": "race", "iat": iat}));
        let all = (0..10).map(|n| show(if n % 2 == 0 { &app } else { &other }, &path, &token, &proof, "brevdue"));
        let answers = futures_util::future::join_all(all).await;
        assert_eq!(answers.iter().filter(|answer| answer.status != 401).count(), 1);
    }

    async fn where_proofs_need_a_nonce_it_comes_with_the_refusal(database: Database) {
        let (issuer, prover) = (Issuer::start("https://helseid.test").await, Prover::new());
        let settings = issuer.settings("helseId");
        let nonces = [("BREVDUE_PUBLIC_URL", PUBLIC_URL), ("BREVDUE_DPOP__NONCE", "true")];
        let app = TestApp::start_at(Place::new(database), &nonces, Some(&settings)).await;
        let other = app.again_with(&nonces, &settings).await;
        let mut claims = issuer.helseid_system(app.now().await.timestamp());
        claims["cnf"] = prover.confirmation();
        let token = issuer.sign(&claims);
        let path = app.dermatology().path("");
        let proof = |claims: serde_json::Value| prover.proof(&format!("{PUBLIC_URL}{path}"), &token, &claims);
        let iat = app.now().await.timestamp() + 3;

        let refused = show(&app, &path, &token, &proof(json!({"jti": "1", "iat": iat})), "brevdue").await;

        let refused = refused.problem("dpop-nonce-required");
        assert!(refused.header("www-authenticate").is_some_and(|challenge| challenge.contains("use_dpop_nonce")));
        let nonce = refused.header("dpop-nonce").expect("a nonce").to_owned();
        let iat = app.now().await.timestamp() + 3;
        // Any process takes it.
        let with_nonce = proof(json!({"jti": "2", "iat": iat, "nonce": nonce}));
        let answer = show(&other, &path, &token, &with_nonce, "brevdue").await;
        assert_ne!(answer.status, 401, "{answer}");
        assert!(answer.header("dpop-nonce").is_some());
    }

    async fn without_the_keys_of_an_issuer_its_callers_are_asked_to_come_again(database: Database) {
        let issuer = Issuer::unpublished("https://issuer.test");
        let app = app_with(database, &issuer, "test").await;
        let token = issuer.sign(&issuer.citizen(SKUDDAR, app.now().await.timestamp()));

        let answer = me(&app, &token).await.problem("keys-unavailable");

        assert!(answer.header("retry-after").is_some());
        let _ = app.citizen(SKUDDAR).await.get("/v1/me").await.expect(200);
    }
}

//! Tokens that must not open anything, over HTTP. What each claim means is tested beside the code that reads it.

use serde_json::json;
use tests::{Answer, Database, Issuer, Place, TestApp, stories};

use crate::persons::SKUDDAR;

async fn app_with(database: Database, issuer: &Issuer, preset: &str) -> TestApp {
    TestApp::start_at(Place::new(database), &[], Some(&issuer.settings(preset))).await
}

async fn me(app: &TestApp, token: &str) -> Answer {
    app.bearer(token).get("/v1/me").await
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

    async fn without_the_keys_of_an_issuer_its_callers_are_asked_to_come_again(database: Database) {
        let issuer = Issuer::unpublished("https://issuer.test");
        let app = app_with(database, &issuer, "test").await;
        let token = issuer.sign(&issuer.citizen(SKUDDAR, app.now().await.timestamp()));

        let answer = me(&app, &token).await.problem("keys-unavailable");

        assert!(answer.header("retry-after").is_some());
        let _ = app.citizen(SKUDDAR).await.get("/v1/me").await.expect(200);
    }
}

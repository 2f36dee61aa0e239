//! What stands around the operations: limits, browsers, caches, monitoring, documentation.

use serde_json::json;
use tests::{Database, TestApp, stories};

use crate::persons::{ELDRID, SKUDDAR};

stories! {
    async fn each_caller_has_limits_of_their_own_and_is_told_of_them(database: Database) {
        let settings = [("BREVDUE_RATE_LIMIT__CITIZEN_PER_SECOND", "1"), ("BREVDUE_RATE_LIMIT__CITIZEN_BURST", "3")];
        let app = TestApp::start_with(database, &settings).await;
        let (greedy, other) = (app.citizen(SKUDDAR).await, app.citizen(ELDRID).await);

        let first = greedy.get("/v1/me").await.expect(200);
        let mut answers = vec![];
        for _ in 0..12 {
            answers.push(greedy.get("/v1/me").await);
        }

        assert_eq!(first.header("ratelimit-policy"), Some(r#""default";q=3;w=3"#));
        assert!(first.header("ratelimit").is_some_and(|left| left.starts_with(r#""default";r=2;t="#)), "{first}");
        let refused = answers.iter().find(|answer| answer.status == 429).expect("a limit");
        refused.check_problem();
        assert_eq!(refused.slug(), Some("rate-limited"));
        assert!(refused.header("retry-after").is_some() && refused.header("ratelimit").is_some());
        // A new token is the same person, and another person has limits of their own.
        let _ = other.get("/v1/me").await.expect(200);
        let again = app.citizen(SKUDDAR).await;
        let mut again_answers = vec![];
        for _ in 0..4 {
            again_answers.push(again.get("/v1/me").await.status);
        }
        assert!(again_answers.contains(&429), "{again_answers:?}");
    }

    async fn dh_11_only_configured_portals_may_call_from_a_browser(database: Database) {
        let app = TestApp::start_with(database, &[("BREVDUE_CORS__ORIGINS", "https://portal.example.no")]).await;
        let preflight = |origin: &'static str| {
            app.nobody()
                .request(reqwest::Method::OPTIONS, "/v1/me")
                .header("origin", origin)
                .header("access-control-request-method", "GET")
                .header("access-control-request-headers", "authorization")
        };

        let portal = preflight("https://portal.example.no").await;
        let other = preflight("https://evil.example.no").await;
        let read =
            app.citizen(SKUDDAR).await.get("/v1/me").header("origin", "https://portal.example.no").await.expect(200);

        assert_eq!(portal.header("access-control-allow-origin"), Some("https://portal.example.no"));
        assert!(portal.header("access-control-allow-methods").is_some_and(|methods| methods.contains("GET")));
        assert_eq!(other.header("access-control-allow-origin"), None);
        assert_eq!(read.header("access-control-allow-origin"), Some("https://portal.example.no"));
        let exposed = read.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
        for header in ["etag", "location", "retry-after", "ratelimit"] {
            assert!(exposed.contains(header), "{header} in {exposed}");
        }
    }

    async fn without_configured_portals_no_browser_may_call(app: TestApp) {
        let patient = app.citizen(SKUDDAR).await;

        let answer = patient.get("/v1/me").header("origin", "https://portal.example.no").await;

        assert_eq!(answer.header("access-control-allow-origin"), None);
    }

    async fn who_has_a_version_already_is_told_so_until_it_changes(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let _ = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
        let operator = app.operator().await;
        let organisation = format!("/v1/organisations/{}", app.clinic().id);
        let ehr = app.ehr().await;

        for (actor, path) in [
            (&patient, patient.own("")),
            (&patient, patient.own(&format!("/messages/{id}"))),
            (&ehr, app.dermatology().path("")),
            (&ehr, app.dermatology().path(&format!("/messages/{id}"))),
            (&operator, organisation),
        ] {
            let answer = actor.get(&path).await.expect(200);
            let tag = answer.header("etag").unwrap_or_else(|| panic!("no tag: {answer}")).to_owned();
            let same = actor.get(&path).header("if-none-match", &tag).await.expect(304);
            assert!(same.bytes.is_empty() && same.header("etag") == Some(&tag), "{path}");
            let _ = actor.get(&path).header("if-none-match", "\"other\"").await.expect(200);
        }
        let before = patient.get(&patient.own("")).await.expect(200);
        let _ = app.message("Nytt svar").deliver().await;
        let tag = before.header("etag").expect("a tag");
        assert_eq!(patient.get(&patient.own("")).header("if-none-match", tag).await.expect(200)["unread"], 1);
    }

    async fn every_answer_stays_out_of_caches_and_is_taken_for_what_it_says_it_is(app: TestApp) {
        let patient = app.citizen(SKUDDAR).await;

        for path in ["/v1/me", "/health/live", "/nowhere", "/v1/organisations"] {
            let answer = patient.get(path).await;
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{path}");
        }
    }

    async fn health_and_figures_are_open_and_tell_of_nobody(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let _ = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
        let _ = patient.get(&patient.own("/messages/no-such")).await;

        let live = app.nobody().get("/health/live").await.expect(200);
        let ready = app.nobody().get("/health/ready").await.expect(200);
        let figures = app.nobody().get("/metrics").await.expect(200);

        assert_eq!(live["status"], "up");
        assert_eq!(ready.body, json!({"database": true, "migrations": true, "objectStore": true}));
        let text = String::from_utf8_lossy(&figures.bytes);
        assert!(text.contains("brevdue_http_request_seconds") && text.contains("/v1/mailboxes/{mailboxId}"), "{text}");
        for secret in [&id, &patient.mailbox, SKUDDAR, app.person(SKUDDAR).id.as_str(), "no-such", &app.clinic().id] {
            assert!(!text.contains(secret), "{secret} in the figures");
        }
    }

    async fn the_documentation_works_without_the_internet(app: TestApp) {
        let nobody = app.nobody();
        let page = nobody.get("/docs/").await.expect(200);
        let text = String::from_utf8_lossy(&page.bytes).into_owned();
        assert!(!text.contains("https://") && !text.contains("src=\"//"), "{text}");
        let parts = text.split(['"', '\'']).filter(|part| part.ends_with(".js") || part.ends_with(".css"));
        let mut count = 0;
        for part in parts {
            let _ = nobody.get(&format!("/docs/{}", part.trim_start_matches("./"))).await.expect(200);
            count += 1;
        }
        assert!(count >= 3, "{text}");
        assert_eq!(nobody.get("/docs/openapi.json").await.expect(200)["info"]["title"], "Brevdue");
        let served = nobody.get("/openapi.yaml").await.expect(200);
        assert_eq!(String::from_utf8_lossy(&served.bytes), api::openapi::yaml().expect("YAML"));
        let problem = nobody.get("/problems/consent-required").header("accept-language", "nn").await.expect(200);
        assert!(problem.header("content-type").is_some_and(|value| value.starts_with("text/html")));
    }

    async fn bx_11_problems_speak_the_language_of_their_reader(app: TestApp) {
        let title = |language: &'static str| {
            let answer = app.nobody().get("/v1/me").header("accept-language", language);
            async { answer.await.problem("token-missing").text("title").to_owned() }
        };

        let titles = [title("nb").await, title("nn").await, title("en").await];

        assert_eq!(titles.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{titles:?}");
        assert_eq!(title("de, en;q=0.5").await, titles[2]);
        assert_eq!(title("de").await, titles[0]);
    }

    async fn a_path_that_is_not_there_and_a_method_that_is_not_taken_are_told_apart(app: TestApp) {
        let patient = app.citizen(SKUDDAR).await;

        let _ = patient.get("/v1/nowhere").await.problem("not-found");
        let method = patient.request(reqwest::Method::PATCH, "/v1/me").await.problem("method-not-allowed");
        assert_eq!(method.header("allow"), Some("GET"));
        let _ = patient.get("/v1/mailboxes/no-id/messages").await.problem("not-found");
    }
}

//! PP-11: privacy notices, versioned, open without login.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Actor, Answer, Database, Organisation, TestApp, stories};

use crate::persons::SKUDDAR;

/// When the stories begin: a Tuesday morning.
const NOW: &str = "2026-12-01T08:00:00Z";

async fn put(operator: &Actor, organisation: &Organisation, notice: &Value) -> Answer {
    operator.post(&format!("/v1/organisations/{}/privacy-notices", organisation.id), notice).await
}

/// The path of an organisation's notice.
fn path(organisation: &Organisation) -> String {
    format!("/v1/privacy-notices/{}", organisation.number)
}

stories! {
    async fn pp_11_everybody_reads_the_version_that_holds_and_the_one_to_come(app: TestApp) {
        app.set_time(NOW).await;
        let (operator, clinic, nobody) = (app.operator().await, app.clinic(), app.nobody());
        let _ = nobody.get(&path(clinic)).await.problem("not-found");
        let first = put(&operator, clinic, &json!({"validFrom": "2026-01-01", "nb": "# Personvern\n\nVi lagrer navnet ditt."})).await.expect(201);
        assert_eq!(first.header("location"), Some(format!("{}/versions/1", path(clinic)).as_str()));
        let _ = put(&operator, clinic, &json!({"validFrom": "2026-12-02", "nb": "Nytt"})).await.expect(201);

        let shown = nobody.get(&path(clinic)).await.expect(200);

        assert_eq!((&shown["version"], &shown["validFrom"]), (&json!(1), &json!("2026-01-01")));
        assert_eq!((shown.text("text"), shown.text("organisationName")), ("# Personvern\n\nVi lagrer navnet ditt.", clinic.name.as_str()));
        assert_eq!(shown["upcoming"], json!({"version": 2, "validFrom": "2026-12-02"}));
        // Both can be read by their numbers, and no others.
        let version = |number: &str| format!("{}/versions/{number}", path(clinic));
        assert_eq!(nobody.get(&version("2")).await.expect(200).text("text"), "Nytt");
        assert_eq!(nobody.get(&version("1")).await.expect(200).body, shown.body);
        for number in ["0", "3", "-1", "x", "4294967295", "99999999999"] {
            let _ = nobody.get(&version(number)).await.problem("not-found");
        }
        // Midnight is that of Oslo.
        app.set_time("2026-12-01T22:59:59Z").await;
        assert_eq!(nobody.get(&path(clinic)).await.expect(200)["version"], 1);
        app.set_time("2026-12-01T23:00:00Z").await;
        let shown = nobody.get(&path(clinic)).await.expect(200);
        assert_eq!((&shown["version"], &shown["upcoming"]), (&json!(2), &Value::Null));
        assert_eq!(nobody.get(&version("1")).await.expect(200).text("text"), "# Personvern\n\nVi lagrer navnet ditt.");
    }

    async fn pp_11_the_list_names_all_that_hold_now_page_by_page(app: TestApp) {
        app.set_time(NOW).await;
        let (operator, nobody) = (app.operator().await, app.nobody());
        assert_eq!(nobody.get("/v1/privacy-notices").await.expect(200).items().len(), 0);
        let organisations = [app.clinic(), app.appeals_body()];
        for organisation in organisations {
            let _ = put(&operator, organisation, &json!({"validFrom": "2026-01-01", "nb": "Tekst"})).await.expect(201);
        }
        let _ = put(&operator, app.municipality(), &json!({"validFrom": "2027-01-01", "nb": "Tekst"})).await.expect(201);

        let first = nobody.get("/v1/privacy-notices?limit=1").await.expect(200);
        let next = format!("/v1/privacy-notices?limit=1&cursor={}", first.text("nextCursor"));
        let second = nobody.get(&next).await.expect(200);

        assert_eq!(second["nextCursor"], Value::Null);
        let named: BTreeSet<&str> = [&first, &second].iter().flat_map(|page| page.each("organisationNumber")).collect();
        assert_eq!(named, organisations.iter().map(|organisation| organisation.number.as_str()).collect());
        assert_eq!(first.items()[0]["current"], json!({"version": 1, "validFrom": "2026-01-01"}));
        let listed = first.items()[0]["path"].as_str().expect("a path").to_owned();
        assert_eq!(nobody.get(&listed).await.expect(200).text("text"), "Tekst");
        let _ = nobody.get("/v1/privacy-notices?cursor=abc").await.problem("cursor-invalid");
        let _ = nobody.get("/v1/privacy-notices?limit=0").await.problem("invalid-request");
    }

    async fn pp_11_it_comes_in_the_wanted_language_and_readers_need_not_fetch_it_twice(app: TestApp) {
        let (operator, clinic, nobody) = (app.operator().await, app.clinic(), app.nobody());
        let notice = json!({"validFrom": "2026-01-01", "nb": "Personvern", "nn": "Personvern på nynorsk"});
        let _ = put(&operator, clinic, &notice).await.expect(201);
        let read = async |language: &str| nobody.get(&path(clinic)).header("accept-language", language).await.expect(200);

        let (nb, nn, en) = (read("nb").await, read("nn, nb;q=0.5").await, read("en").await);

        assert_eq!((nb.text("text"), nn.text("text"), en.text("text")), ("Personvern", "Personvern på nynorsk", "Personvern"));
        assert_eq!((nn.text("language"), en.text("language"), &nb["languages"]), ("nn", "nb", &json!(["nb", "nn"])));
        assert_eq!((nn.header("content-language"), en.header("content-language")), (Some("nn"), Some("nb")));
        let vary: Vec<&str> = nn.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect();
        assert!(vary.iter().any(|value| value.contains("Accept-Language")), "{vary:?}");
        assert_eq!(nb.header("cache-control"), Some("public, max-age=300"));
        assert_ne!(nb.header("etag"), nn.header("etag"));
        let tag = nb.header("etag").expect("a tag");
        let again = nobody.get(&path(clinic)).header("if-none-match", tag).await;
        assert_eq!((again.status, again.bytes.len(), again.header("etag"), again.header("cache-control")), (304, 0, Some(tag), Some("public, max-age=300")));
        let _ = put(&operator, clinic, &json!({"validFrom": "2026-01-02", "nb": "Nytt personvern"})).await.expect(201);
        assert_eq!(nobody.get(&path(clinic)).header("if-none-match", tag).await.expect(200).text("text"), "Nytt personvern");
    }

    async fn pp_11_versions_are_numbered_without_gaps_also_when_many_write_at_once(app: TestApp) {
        let (operator, clinic) = (app.operator().await, app.clinic());
        let many = (0..12).map(|n| {
            let (operator, clinic) = (operator.clone(), clinic.clone());
            tokio::spawn(async move { put(&operator, &clinic, &json!({"validFrom": "2026-01-01", "nb": format!("Tekst {n}")})).await.expect(201) })
        });
        let mut numbers = BTreeSet::new();
        for one in many.collect::<Vec<_>>() {
            let made = one.await.expect("an answer");
            let read = app.nobody().get(made.header("location").expect("a path")).await.expect(200);
            assert_eq!(read["text"], made["text"]);
            numbers.insert(made["version"].as_u64().expect("a number"));
        }
        assert_eq!(numbers, (1..=12).collect());

        // The same request with the same key makes no other version; a refused one takes no number.
        let path = format!("/v1/organisations/{}/privacy-notices", clinic.id);
        let notice = json!({"validFrom": "2026-01-01", "nb": "Tekst"});
        let once = operator.post(&path, &notice).key("once").await.expect(201);
        let again = operator.post(&path, &notice).key("once").await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &once.body));
        let _ = put(&operator, clinic, &json!({"nb": "Tekst"})).await.problem("invalid-request");
        assert_eq!(put(&operator, clinic, &notice).await.expect(201)["version"], 14);
    }

    async fn pp_11_what_is_wrong_with_a_notice_is_said_and_only_operators_put_one_in(app: TestApp) {
        let (operator, clinic) = (app.operator().await, app.clinic());
        let before = app.place().row_counts()["privacy_notice"];
        let wrong = json!({"validFrom": "2026-1-1", "nb": " ", "nn": "a\u{7}", "en": "x".repeat(100_001), "de": "Datenschutz"});

        let answer = put(&operator, clinic, &wrong).await.problem("invalid-request");

        let expected = [("/de", "unknown_field"), ("/en", "too_long"), ("/nb", "empty"), ("/nn", "control_characters"), ("/validFrom", "not_a_date")];
        assert_eq!(answer.violations(), expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
        let good = json!({"validFrom": "2026-01-01", "nb": "Tekst"});
        for caller in [app.citizen(SKUDDAR).await, app.ehr().await] {
            let _ = put(&caller, clinic, &good).await.problem("wrong-caller");
        }
        let unknown = format!("/v1/organisations/{}/privacy-notices", uuid::Uuid::from_u128(7));
        let _ = operator.post(&unknown, &good).await.problem("not-found");
        for number in ["310000018", "999999999", "abc", "310033340"] {
            let _ = app.nobody().get(&format!("/v1/privacy-notices/{number}")).await.problem("not-found");
        }
        assert_eq!(app.place().row_counts()["privacy_notice"], before);
    }

    async fn pp_11_a_message_and_a_recipient_name_where_the_notice_is(app: TestApp) {
        let (citizen, operator) = (app.member(SKUDDAR).await, app.operator().await);
        let _ = put(&operator, app.clinic(), &json!({"validFrom": "2026-01-01", "nb": "Tekst"})).await.expect(201);
        let id = app.message("Svar").deliver().await;

        let message = citizen.get(&citizen.own(&format!("/messages/{id}"))).await.expect(200);
        let found = citizen.get(&citizen.own("/recipients?q=Hudpoliklinikken")).await.expect(200);

        let named = message["controller"]["privacyNotice"].as_str().expect("a path");
        assert_eq!(found.items()[0]["privacyNotice"], named);
        // A token that is sent along changes nothing, nor does one that does not hold.
        for reader in [&citizen, &app.bearer("hei"), &app.nobody()] {
            assert_eq!(reader.get(named).await.expect(200).text("text"), "Tekst");
        }
    }

    async fn pp_11_readers_have_limits_too(database: Database) {
        let settings = [
            ("BREVDUE_RATE_LIMIT__CITIZEN_PER_SECOND", "1"),
            ("BREVDUE_RATE_LIMIT__CITIZEN_BURST", "3"),
            ("BREVDUE_HTTP__TRUSTED_PROXIES", "127.0.0.1"),
        ];
        let app = TestApp::start_with(database, &settings).await;

        let mut answers = vec![];
        for _ in 0..12 {
            answers.push(app.nobody().get("/v1/privacy-notices").await);
        }

        assert_eq!(answers[0].header("ratelimit-policy"), Some(r#""default";q=3;w=3"#));
        let refused = answers.iter().find(|answer| answer.status == 429).expect("a limit");
        refused.check_problem();
        // Another address has limits of its own.
        let other = app.nobody().get("/v1/privacy-notices").header("x-forwarded-for", "192.0.2.7").await;
        assert_eq!(other.status, 200);
    }
}

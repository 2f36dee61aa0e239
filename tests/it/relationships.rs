//! Who receives a service, as its own system tells of it at night.

use reqwest::Method;
use serde_json::json;
use tests::{TestApp, stories};

use crate::dialogue::{home_care, tell};
use crate::persons::{ELDAR, ELDRID, MILLENNIA, SKUDDAR, UNKNOWN};

stories! {
    async fn con_16_a_batch_is_taken_whole_line_by_line_or_not_at_all(app: TestApp) {
        let (system, service) = (app.system(app.municipality()).await, home_care(&app));
        let states = async || system.get(&service.path("/relationships")).await.expect(200).items().iter().map(|item| item["state"].as_str().expect("a state").to_owned()).collect::<Vec<_>>();
        let row = |number: &str| json!({"nationalId": number});

        let first = tell(&system, service, "?list=full", &[row(SKUDDAR), row(ELDRID), row(UNKNOWN)]).await.expect(200);

        assert_eq!((&first["created"], &first["changed"], &first["unchanged"], &first["closed"]), (&json!(3), &json!(0), &json!(0), &json!(0)));
        assert_eq!(states().await, ["pending", "pending", "pending"]);
        let again = tell(&system, service, "?list=full", &[row(SKUDDAR), row(ELDRID), row(UNKNOWN)]).await.expect(200);
        assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(3)));
        // A partial list closes nobody, a full one whom it does not name.
        let partial = tell(&system, service, "?list=partial", &[row(ELDAR)]).await.expect(200);
        assert_eq!((&partial["created"], &partial["closed"]), (&json!(1), &json!(0)));
        let full = tell(&system, service, "?list=full", &[row(SKUDDAR)]).await.expect(200);
        assert_eq!((&full["unchanged"], &full["closed"]), (&json!(1), &json!(3)));
        // A broken line is told of, the others count, and nobody is closed.
        let broken = [row(ELDRID), json!({"nationalId": "1", "state": "x", "more": 1}), row(ELDRID), json!({"nationalId": ELDAR, "responsible": {"personId": uuid::Uuid::from_u128(7)}}), json!("text")];
        let told = tell(&system, service, "?list=full", &broken).await.expect(200);
        assert_eq!((&told["changed"], &told["closed"], &told["lines"]), (&json!(1), &json!(0), &json!(5)));
        let rejected: Vec<(u64, Vec<&str>)> = told["rejected"].as_array().expect("lines").iter().map(|line| (line["line"].as_u64().expect("a number"), line["errors"].as_array().expect("errors").iter().map(|error| error["code"].as_str().expect("a code")).collect())).collect();
        assert_eq!(rejected, [(2, vec!["not_eleven_digits", "not_a_choice", "unknown_field"]), (3, vec!["duplicate"]), (4, vec!["not_a_member"]), (5, vec!["not_json"])]);
        // Or none does.
        let before = (states().await, app.place().row_counts()["relationship"]);
        let atomic = tell(&system, service, "?atomic=true", &[row(MILLENNIA), json!({"nationalId": "1"})]).await.problem("invalid-request");
        assert_eq!(atomic.violations(), [("/2/nationalId".to_owned(), "not_eleven_digits".to_owned())]);
        let empty = tell(&system, service, "?list=full", &[]).await.problem("invalid-request");
        assert_eq!(empty.violations(), [(String::new(), "empty".to_owned())]);
        assert_eq!(before, (states().await, app.place().row_counts()["relationship"]));
        assert_eq!(app.place().row_counts()["relationship_line"], 0, "nothing is left of batches");
        let _ = tell(&system, service, "?list=some&atomic=maybe", &[]).await.problem("invalid-request");
        let text = system.request(Method::PUT, &service.path("/relationships")).body("text/plain", "{}".to_owned());
        let _ = text.await.problem("unsupported-media-type");
    }

    async fn con_16_a_batch_as_one_document_says_what_lines_say(app: TestApp) {
        let (system, service) = (app.system(app.municipality()).await, home_care(&app));
        let path = service.path("/relationships");
        let rows = [json!({"nationalId": SKUDDAR}), json!({"nationalId": "1"}), json!({"nationalId": ELDRID, "state": "active"})];

        let items = system.put(&path, &json!({"items": rows})).await.expect(200);
        let lines = tell(&system, service, "", &rows).await.expect(200);

        assert_eq!((&items["lines"], &items["created"]), (&json!(3), &json!(2)));
        assert_eq!((&lines["lines"], &lines["unchanged"]), (&json!(3), &json!(2)), "the same citizens");
        assert_eq!(items["rejected"], lines["rejected"]);
        assert_eq!(items["rejected"][0]["line"], 2);
        for (what, body) in [
            ("a list", json!(rows)),
            ("no items", json!({})),
            ("another field beside", json!({"items": rows, "list": "full"})),
            ("items that are none", json!({"items": SKUDDAR})),
        ] {
            let answer = system.put(&path, &body).await;
            assert!([400, 422].contains(&answer.status), "{what}: {answer}");
        }
        let broken = system.put(&format!("{path}?atomic=true"), &json!({"items": rows})).await.problem("invalid-request");
        assert_eq!(broken.violations().iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(), ["/2/nationalId"]);
    }

    async fn con_16_a_batch_that_breaks_off_counts_for_nothing_and_leaves_nothing(app: TestApp) {
        let (system, service) = (app.system(app.municipality()).await, home_care(&app));
        let path = service.path("/relationships");
        // More lines than are held at once, so that some have been put aside when it breaks off.
        let good = format!("{}\n", json!({"nationalId": SKUDDAR})).repeat(1500);
        let broken = format!("{good}{}\n", "x".repeat(5000));

        let refused = system.request(Method::PUT, &path).body("application/x-ndjson", broken).try_send().await;

        let _ = refused.expect("an answer").problem("payload-too-large");
        let left = app.place().row_counts();
        assert_eq!((left["relationship"], left["relationship_line"]), (0, 0));
        let told = system.request(Method::PUT, &path).body("application/x-ndjson", good).try_send().await.expect("an answer").expect(200);
        assert_eq!((&told["created"], told["rejected"].as_array().map(Vec::len)), (&json!(1), Some(1499)));
    }
}

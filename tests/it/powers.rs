//! Powers of attorney as the two see them: given, used, changed, ended, and what is refused.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tests::{Actor, Request, TestApp, stories, without_instance};

use crate::persons::{DOD, ELDAR, ELDRID, MILLENNIA, NESTEN_SEKSTEN, NILS, SKJULT, SKUDDAR, SYTTEN, UNKNOWN};

pub(crate) const POWERS: &str = "/v1/me/powers-of-attorney";

/// Gives a power of attorney over some areas, from now on.
pub(crate) fn give(giver: &Actor, holder: &str, areas: &[i16]) -> Request {
    giver.post(POWERS, &json!({"holder": {"nationalId": holder}, "areas": areas}))
}

pub(crate) fn path_of(id: &str) -> String {
    format!("{POWERS}/{id}")
}

/// How one stands, as somebody sees it.
pub(crate) async fn status(actor: &Actor, id: &str) -> String {
    actor.get(&path_of(id)).await.expect(200).text("status").to_owned()
}

/// A day in Oslo, so many days from a time.
pub(crate) fn day(now: DateTime<Utc>, days: i64) -> String {
    let at = now + TimeDelta::days(days);
    domain::person::day_of(at).to_string()
}

/// How many rows each table has when everything that is due is done, but for the record of who tried what.
pub(crate) async fn stored(app: &TestApp) -> BTreeMap<String, i64> {
    app.deliver_all().await;
    let mut counts = app.place().row_counts();
    counts.remove("audit_entry");
    counts
}

stories! {
    async fn ful_2_ful_5_krr_10_a_holder_reads_in_their_own_name_and_the_sender_hears_nothing_of_it(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.citizen(SKUDDAR).await);
        let message = app.message("Svar").to(ELDRID).deliver().await;
        let letter = father.own(&format!("/messages/{message}"));
        let refused = daughter.get(&letter).await.problem("not-found");

        let power = give(&father, SKUDDAR, &[3]).await.expect(201);

        assert_eq!(power.header("location"), Some(path_of(&power.id()).as_str()));
        let expected = json!({
            "id": power.id(), "role": "giver", "kind": "powerOfAttorney", "status": "active", "areas": [3],
            "validFrom": day(app.now().await, 0), "validTo": null, "giver": {"name": "Eldrid Prøve", "nationalId": null},
            "holder": {"name": null, "nationalId": SKUDDAR}, "mailboxId": father.mailbox, "givenAt": power["givenAt"],
            "endedAt": null, "endedBy": null, "replacedBy": null,
        });
        assert_eq!(power.body, expected);
        let held = daughter.get(&path_of(&power.id())).await.expect(200);
        assert_eq!((&held["role"], &held["mailboxId"]), (&json!("holder"), &json!(father.mailbox)));
        assert_eq!(held["holder"], json!({"name": "Skuddår Testesen", "nationalId": null}));
        assert_eq!(daughter.get(&letter).await.expect(200)["subject"], "Svar");
        assert_eq!(daughter.get(&father.own("/messages")).await.expect(200).each("id"), [message.as_str()]);
        assert_eq!(daughter.get(&father.own("")).await.expect(200)["relation"], "powerOfAttorney");
        let followed = || async {
            let path = app.dermatology().path(&format!("/messages/{message}"));
            app.ehr().await.get(&path).await.expect(200)["status"].clone()
        };
        assert_eq!(followed().await, "delivered");
        let log = father.get(&father.own("/access-log")).await.expect(200);
        let reading = log.items().iter().find(|entry| entry["action"] == "readMessage" && entry["outcome"] == "granted");
        let reading = reading.expect("the reading is on record");
        assert_eq!(reading["actor"]["name"], "Skuddår Testesen");
        let _ = father.get(&letter).await.expect(200);
        assert_eq!(followed().await, "opened");
        assert_eq!(refused.rule(), None);
    }

    async fn ful_4_without_area_3_a_holder_sees_nothing(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.citizen(SKUDDAR).await);
        let message = app.message("Svar").to(ELDRID).deliver().await;

        let power = give(&father, SKUDDAR, &[1]).await.expect(201);

        assert_eq!(power["status"], "active");
        let stranger = app.citizen(MILLENNIA).await;
        for rest in ["", "/messages", &format!("/messages/{message}")] {
            let refused = daughter.get(&father.own(rest)).await.problem("not-found");
            assert_eq!(without_instance(&refused), without_instance(&stranger.get(&father.own(rest)).await), "{rest}");
        }
    }

    async fn ful_7_an_edit_ends_the_old_one_and_gives_a_new_one(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.member(SKUDDAR).await);
        let old = give(&father, SKUDDAR, &[3]).await.expect(201).id();
        let last = day(app.now().await, 30);

        let new = father.put(&path_of(&old), &json!({"areas": [3, 1], "validTo": last})).await.expect(201);

        assert_eq!(new.header("location"), Some(path_of(&new.id()).as_str()));
        assert_eq!((&new["areas"], &new["validTo"], &new["status"]), (&json!([1, 3]), &json!(last), &json!("active")));
        for actor in [&father, &daughter] {
            let history = actor.get(POWERS).await.expect(200);
            assert_eq!(history.each("id"), [new.id(), old.clone()]);
            assert_eq!(history.each("status"), ["active", "replaced"]);
            let replaced = actor.get(&path_of(&old)).await.expect(200);
            assert_eq!((&replaced["endedBy"], &replaced["replacedBy"]), (&json!("replacement"), &json!(new.id())));
        }
        let _ = daughter.get(&father.own("/messages")).await.expect(200);
        let before = stored(&app).await;
        let ended = father.put(&path_of(&old), &json!({"areas": [3]})).await.problem("power-of-attorney-ended");
        let by_holder = daughter.put(&path_of(&new.id()), &json!({"areas": [3]})).await.problem("only-the-owner");
        let backwards = json!({"areas": [3], "validFrom": last, "validTo": day(app.now().await, 1)});
        let _ = father.put(&path_of(&new.id()), &backwards).await.problem("period-ends-before-start");
        assert_eq!((ended.status, by_holder.rule()), (409, Some("FUL-9")));
        assert_eq!(stored(&app).await, before);
        let log = father.get(&father.own("/access-log?limit=3")).await.expect(200);
        assert_eq!(log.each("outcome"), ["refused", "refused", "refused"]);
        assert_eq!(log.each("ground"), ["FUL-7", "FUL-9", "FUL-7"]);
    }

    async fn ful_7_one_that_is_to_come_waits_for_its_day_and_one_page_follows_another(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.member(SKUDDAR).await);
        let now = app.now().await;
        let later = json!({"holder": {"nationalId": SKUDDAR}, "areas": [3], "validFrom": day(now, 2)});
        let first = give(&father, ELDAR, &[3]).await.expect(201).id();

        let second = father.post(POWERS, &later).await.expect(201);

        assert_eq!(second["status"], "pending");
        assert_eq!(daughter.get(&path_of(&second.id())).await.expect(200)["mailboxId"], Value::Null);
        let _ = daughter.get(&father.own("")).await.problem("not-found");
        let page = father.get(&format!("{POWERS}?limit=1")).await.expect(200);
        let cursor = page["nextCursor"].as_str().expect("more");
        let next = father.get(&format!("{POWERS}?limit=1&cursor={cursor}")).await.expect(200);
        assert_eq!((page.each("id"), next.each("id")), (vec![second.id().as_str()], vec![first.as_str()]));
        assert!(next["nextCursor"].is_null());
        // The cursor is of this list and nobody else's.
        let _ = daughter.get(&format!("{POWERS}?cursor={cursor}")).await.problem("cursor-invalid");
        // An edit leaves its day as it is where it says nothing of it.
        let changed = father.put(&path_of(&second.id()), &json!({"areas": [1, 3]})).await.expect(201);
        assert_eq!((&changed["status"], &changed["validFrom"]), (&json!("pending"), &later["validFrom"]));
        app.advance("P2D").await;
        let _ = app.citizen(SKUDDAR).await.get(&father.own("")).await.expect(200);
    }

    async fn ful_8_each_side_ends_it_and_the_next_request_is_refused(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.citizen(SKUDDAR).await);
        for (by, word) in [(&father, "giver"), (&daughter, "holder")] {
            let id = give(&father, SKUDDAR, &[3]).await.expect(201).id();
            let _ = daughter.get(&father.own("/messages")).await.expect(200);

            let _ = by.delete(&path_of(&id)).await.expect(204);

            let _ = daughter.get(&father.own("/messages")).await.problem("not-found");
            let before = stored(&app).await;
            for actor in [&father, &daughter] {
                let ended = actor.get(&path_of(&id)).await.expect(200);
                assert_eq!((&ended["status"], &ended["endedBy"]), (&json!("ended"), &json!(word)));
                let _ = actor.delete(&path_of(&id)).await.expect(204);
                assert_eq!(actor.get(&path_of(&id)).await.expect(200).body, ended.body);
            }
            assert_eq!(stored(&app).await, before);
            let log = father.get(&father.own("/access-log")).await.expect(200);
            // The first of them is the oldest: that which ended it.
            let entry = log.items().iter().rfind(|entry| entry["action"] == "endPowerOfAttorney" && entry["object"]["id"] == id.as_str());
            let entry = entry.expect("it is on record");
            assert_eq!(entry["ground"], "FUL-8");
            assert_eq!(entry["actor"]["name"], app.person(if word == "giver" { ELDRID } else { SKUDDAR }).name);
        }
    }

    async fn ful_9_a_holder_decides_nothing_in_the_givers_place(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.member(SKUDDAR).await);
        let message = app.message("Svar").to(ELDRID).deliver().await;
        let power = give(&father, SKUDDAR, &[3]).await.expect(201).id();
        let letter = father.own(&format!("/messages/{message}"));
        let before = stored(&app).await;

        let answers = [
            daughter.delete(&letter).await,
            daughter.put(&format!("{letter}/read"), &json!({"read": false})).await,
            daughter.get(&father.own("/access-log")).await,
            daughter.put(&path_of(&power), &json!({"areas": [3]})).await,
        ];

        for answer in answers {
            assert_eq!(answer.problem("only-the-owner").rule(), Some("FUL-9"));
        }
        assert_eq!(stored(&app).await, before);
        // What a holder gives is over their own mailbox: there is no chain.
        let given = give(&daughter, MILLENNIA, &[3]).await.expect(201);
        assert_eq!((&given["giver"]["name"], &given["mailboxId"]), (&json!("Skuddår Testesen"), &json!(daughter.mailbox)));
        let _ = app.citizen(MILLENNIA).await.get(&father.own("")).await.problem("not-found");
    }

    async fn ful_11_holders_do_not_see_what_others_hold(app: TestApp) {
        let (father, one, other) = (app.member(ELDRID).await, app.member(SKUDDAR).await, app.member(MILLENNIA).await);
        let first = give(&father, SKUDDAR, &[3]).await.expect(201).id();
        let second = give(&father, MILLENNIA, &[3]).await.expect(201).id();
        let unknown = uuid::Uuid::from_u128(7).to_string();

        assert_eq!(one.get(POWERS).await.expect(200).each("id"), [first.as_str()]);
        assert_eq!(other.get(POWERS).await.expect(200).each("id"), [second.as_str()]);
        let requests: [fn(&Actor, &str) -> Request; 3] = [
            |actor, path| actor.get(path),
            |actor, path| actor.delete(path),
            |actor, path| actor.put(path, &json!({"areas": [3]})),
        ];
        for request in requests {
            let theirs = request(&one, &path_of(&second)).await.problem("not-found");
            let none = request(&one, &path_of(&unknown)).await;
            assert_eq!(without_instance(&theirs), without_instance(&none));
            // The attempt is on record where the one who made it sees it, and nobody else does.
            let log = one.get(&one.own("/access-log?limit=2")).await.expect(200);
            assert_eq!((log.each("outcome"), log.each("ground")), (vec!["refused"; 2], vec!["PP-5"; 2]));
        }
        assert_eq!(status(&father, &second).await, "active");
        // The messages about them are for the giver alone.
        assert_eq!(father.get(&father.own("/messages")).await.expect(200).items().len(), 2);
        assert!(one.get(&father.own("/messages")).await.expect(200).items().is_empty());
        assert_eq!(one.get(&father.own("")).await.expect(200)["unread"], 0);
    }

    async fn ful_13_adr_9_a_protected_address_suspends_what_there_is_and_nobody_learns_of_it(app: TestApp) {
        let (father, daughter) = (app.member(ELDRID).await, app.member(SKUDDAR).await);
        let id = give(&father, SKUDDAR, &[3]).await.expect(201).id();
        let seen_by = |actor: Actor| {
            let path = path_of(&id);
            async move { actor.get(&path).await.expect(200).body }
        };
        let before_change = seen_by(father.clone()).await;
        let mut seen = vec![];
        let changes = [
            json!({"protection": "strictlyConfidential", "name": "Et Nytt Navn"}),
            json!({"protection": "ungraded", "deathDate": "2026-01-01"}),
        ];
        for change in changes {
            let _ = app.change_person(SKUDDAR, &change).await;
            seen.push(seen_by(father.clone()).await);
        }
        let _ = app.change_person(SKUDDAR, &json!({"deathDate": null})).await;
        // To the giver it stands as it stood: neither death nor protection shows.
        assert_eq!(seen, [before_change.clone(), before_change]);

        let _ = app.change_person(ELDRID, &json!({"protection": "confidential"})).await;

        let (own, other) = (seen_by(father.clone()).await, seen_by(daughter.clone()).await);
        assert_eq!((&own["status"], &other["status"]), (&json!("suspended"), &json!("suspended")));
        assert_eq!((&other["giver"]["name"], &other["mailboxId"]), (&Value::Null, &Value::Null));
        let _ = daughter.get(&father.own("/messages")).await.problem("not-found");
        let before = stored(&app).await;
        for request in [give(&father, MILLENNIA, &[3]), father.put(&path_of(&id), &json!({"areas": [3]}))] {
            let refused = request.await.problem("power-of-attorney-unavailable");
            assert_eq!((refused.status, refused.rule()), (403, Some("FUL-13")));
        }
        assert_eq!(stored(&app).await, before);
        // Ending it works at a protected address.
        let _ = father.delete(&path_of(&id)).await.expect(204);
        assert_eq!(status(&daughter, &id).await, "ended");
    }

    async fn ful_2_ful_13_a_power_for_the_unknown_the_dead_and_the_protected_is_given_and_does_not_work(app: TestApp) {
        let (father, hidden) = (app.member(ELDRID).await, app.member(SKJULT).await);
        for holder in [UNKNOWN, DOD, SKJULT] {
            assert_eq!(give(&father, holder, &[3]).await.expect(201)["status"], "active", "{holder}");
        }

        let _ = hidden.get(&father.own("/messages")).await.problem("not-found");

        // The protected person is told, and sees that it cannot be used.
        let told = hidden.get(&hidden.own("/messages")).await.expect(200);
        assert_eq!(told.each("subject"), ["Du har fått en fullmakt"]);
        assert_eq!(hidden.get(POWERS).await.expect(200).each("status"), ["suspended"]);
        assert!(!hidden.get("/v1/me/mailboxes").await.expect(200).each("relation").contains(&"powerOfAttorney"));
        // From the day on which the address is open it works, like any other.
        let _ = app.change_person(SKJULT, &json!({"protection": "ungraded"})).await;
        let _ = hidden.get(&father.own("/messages")).await.expect(200);
    }

    async fn adr_11_nothing_is_given_on_what_is_old_of_the_giver_while_the_register_is_away(app: TestApp) {
        let father = app.member(ELDRID).await;
        app.take_register_away().await;
        // About the holder nobody is asked.
        let id = give(&father, NILS, &[3]).await.expect(201).id();
        app.advance("PT2H").await;
        let father = app.citizen(ELDRID).await;
        let before = stored(&app).await;

        let old = give(&father, MILLENNIA, &[3]).await.problem("register-unavailable");

        assert_eq!((old.status, old.rule(), &old["retryable"]), (503, Some("ADR-11"), &json!(true)));
        let log = father.get(&father.own("/access-log?limit=1")).await.expect(200);
        assert_eq!((log.each("outcome"), log.each("ground")), (vec!["refused"], vec!["ADR-11"]));
        let _ = father.put(&path_of(&id), &json!({"areas": [1]})).await.problem("register-unavailable");
        // What needs no register is told all the same, and what there is can be ended.
        let _ = give(&father, NILS, &[77]).await.problem("area-unknown");
        assert_eq!(stored(&app).await, before);
        let _ = father.delete(&path_of(&id)).await.expect(204);
        app.bring_register_back().await;
        let _ = give(&father, NILS, &[3]).await.expect(201);
    }

    async fn each_wrong_power_of_attorney_has_a_problem_of_its_own_and_leaves_nothing(app: TestApp) {
        let (father, now) = (app.member(ELDRID).await, app.now().await);
        let _ = give(&father, MILLENNIA, &[3]).await.expect(201);
        let before = stored(&app).await;
        let request = |holder: &str, areas: Value, from: i64, to: i64| {
            json!({"holder": {"nationalId": holder}, "areas": areas, "validFrom": day(now, from), "validTo": day(now, to)})
        };
        let table = [
            ("holder-too-young", "FUL-2", request(SYTTEN, json!([3]), 0, 9)),
            ("holder-is-giver", "FUL-2", request(ELDRID, json!([3]), 0, 9)),
            ("area-unknown", "FUL-3", request(SKUDDAR, json!([3, 77]), 0, 9)),
            ("period-ends-before-start", "FUL-7", request(SKUDDAR, json!([3]), 9, 8)),
            ("period-over", "FUL-7", request(SKUDDAR, json!([3]), -9, -1)),
            ("power-of-attorney-overlaps", "FUL-7", request(MILLENNIA, json!([1]), 50, 51)),
        ];
        for (slug, rule, body) in table {
            let refused = father.post(POWERS, &body).await.problem(slug);
            assert_eq!(refused.rule(), Some(rule), "{slug}");
            assert_eq!(stored(&app).await, before, "{slug}");
            let log = father.get(&father.own("/access-log?limit=1")).await.expect(200);
            let entry = &log.items()[0];
            assert_eq!((&entry["outcome"], &entry["ground"]), (&json!("refused"), &json!(rule)), "{slug}");
        }
        for (giver, slug) in [(app.citizen(SKUDDAR).await, "consent-required"), (app.citizen(NESTEN_SEKSTEN).await, "too-young")] {
            let _ = give(&giver, MILLENNIA, &[3]).await.problem(slug);
        }
        assert_eq!(stored(&app).await, before);
    }

    async fn all_that_is_wrong_with_the_shape_of_a_power_of_attorney_is_told_at_once(app: TestApp) {
        let father = app.member(ELDRID).await;
        let before = stored(&app).await;
        let body = json!({
            "holder": {"nationalId": "123", "name": " ", "x": 1}, "areas": [3, 3, 0, "3"], "validFrom": "22.11.2026",
            "validTo": 7, "kind": "x",
        });

        let wrong = father.post(POWERS, &body).await.problem("invalid-request");
        let empty = father.post(POWERS, &json!({"areas": []})).await.problem("invalid-request");

        let pair = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        let expected = [
            pair("/areas/1", "duplicate"),
            pair("/areas/2", "out_of_range"),
            pair("/areas/3", "wrong_type"),
            pair("/holder/name", "empty"),
            pair("/holder/nationalId", "not_eleven_digits"),
            pair("/holder/x", "unknown_field"),
            pair("/kind", "unknown_field"),
            pair("/validFrom", "not_a_date"),
            pair("/validTo", "wrong_type"),
        ];
        assert_eq!(wrong.violations(), expected);
        assert_eq!(empty.violations(), [pair("/areas", "empty"), pair("/holder", "required")]);
        assert_eq!(stored(&app).await, before);
    }

    async fn of_several_that_are_given_at_once_one_is_there_in_the_end(app: TestApp) {
        let father = app.member(ELDRID).await;

        let answers = futures_util::future::join_all((0..6).map(|_| async { give(&father, SKUDDAR, &[3]).await })).await;

        let given = answers.iter().filter(|answer| answer.status == 201).count();
        let overlaps = answers.iter().filter(|answer| answer.slug() == Some("power-of-attorney-overlaps")).count();
        assert_eq!((given, overlaps), (1, 5));
        assert_eq!(father.get(POWERS).await.expect(200).items().len(), 1);
    }

    async fn bx_1_the_same_request_again_gets_the_first_answer_again(app: TestApp) {
        let father = app.member(ELDRID).await;
        let first = give(&father, SKUDDAR, &[3]).key("once").await.expect(201);
        let _ = father.delete(&path_of(&first.id())).await.expect(204);
        let before = stored(&app).await;

        let again = give(&father, SKUDDAR, &[3]).key("once").await.expect(201);

        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!((again.header("location"), &again.body), (first.header("location"), &first.body));
        let _ = give(&father, SKUDDAR, &[1]).key("once").await.problem("idempotency-key-reused");
        assert_eq!(stored(&app).await, before);
    }

    async fn ful_3_an_area_that_an_operator_names_can_be_chosen(app: TestApp) {
        let (father, operator) = (app.member(ELDRID).await, app.operator().await);
        let _ = give(&father, SKUDDAR, &[12]).await.problem("area-unknown");
        let names = json!({"nb": "Reiser", "nn": "Reiser", "en": "Travel"});

        let area = operator.put("/v1/service-areas/12", &names).await.expect(200);

        assert_eq!(area.body, json!({"code": 12, "nb": "Reiser", "nn": "Reiser", "en": "Travel"}));
        for actor in [&father, &operator, &app.ehr().await] {
            let areas = actor.get("/v1/service-areas").await.expect(200);
            let codes: Vec<_> = areas.items().iter().map(|area| area["code"].clone()).collect();
            assert_eq!(codes, [1, 2, 3, 12]);
        }
        let _ = give(&father, SKUDDAR, &[12]).await.expect(201);
        for code in ["0", "-1", "40000", "x"] {
            let _ = operator.put(&format!("/v1/service-areas/{code}"), &names).await.problem("not-found");
        }
        let _ = father.put("/v1/service-areas/12", &names).await.problem("wrong-caller");
    }
}

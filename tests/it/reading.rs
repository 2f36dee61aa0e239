//! What citizens see of their own.

use serde_json::{Value, json};
use tests::{TestApp, stories};

use crate::persons::{ELDRID, LILLE, NESTEN_SEKSTEN, SKJULT, SKUDDAR};

stories! {
    async fn hn_1_the_overview_is_newest_first_paged_and_filtered(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let appeals_system = app.system(app.appeals_body()).await;
        let start = app.now().await;
        let oldest = app.message("Brev 1").deliver().await;
        app.advance("PT1H").await;
        let middle = app.message("Brev 2").kind("service").deliver().await;
        app.advance("PT1H").await;
        let newest = app.message("Brev 3").from(&appeals_system, app.appeals()).deliver().await;
        let _ = patient.get(&patient.own(&format!("/messages/{middle}"))).await.expect(200);
        let after_an_hour = (start + chrono::TimeDelta::minutes(30)).format("%Y-%m-%dT%H:%M:%SZ");
        let appeals = &app.appeals().id;

        let table = [
            (String::new(), vec![&newest, &middle, &oldest]),
            ("?kind=service".to_owned(), vec![&middle]),
            ("?direction=received".to_owned(), vec![&newest, &middle, &oldest]),
            ("?direction=sent".to_owned(), vec![]),
            (format!("?serviceId={appeals}"), vec![&newest]),
            ("?unread=true".to_owned(), vec![&newest, &oldest]),
            ("?unread=false".to_owned(), vec![&middle]),
            (format!("?after={after_an_hour}"), vec![&newest, &middle]),
            (format!("?before={after_an_hour}"), vec![&oldest]),
            (format!("?after={after_an_hour}&kind=letter&unread=true"), vec![&newest]),
        ];
        for (query, expected) in table {
            let answer = patient.get(&patient.own(&format!("/messages{query}"))).await.expect(200);
            assert_eq!(answer.each("id"), expected, "{query}");
        }
        let first = patient.get(&patient.own("/messages?limit=2")).await.expect(200);
        let cursor = first["nextCursor"].as_str().expect("a next page");
        let second = patient.get(&patient.own(&format!("/messages?limit=2&cursor={cursor}"))).await.expect(200);
        assert_eq!((first.each("id"), second.each("id")), (vec![newest.as_str(), &middle], vec![oldest.as_str()]));
        assert!(second["nextCursor"].is_null());
        let mailboxes = patient.get("/v1/me/mailboxes").await.expect(200);
        assert_eq!(mailboxes.items().len(), 1);
        assert_eq!((&mailboxes.items()[0]["relation"], &mailboxes.items()[0]["unread"]), (&json!("self"), &json!(2)));
    }

    async fn hn_1_a_message_can_be_marked_unread_and_stays_opened(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let path = patient.own(&format!("/messages/{id}"));
        let opened = patient.get(&path).await.expect(200);

        let _ = patient.put(&format!("{path}/read"), &json!({"read": false})).await.expect(204);

        let item = &patient.get(&patient.own("/messages")).await.expect(200).items()[0].clone();
        assert_eq!((&item["read"], &item["openedAt"]), (&json!(false), &opened["openedAt"]));
        assert_eq!(patient.get(&patient.own("")).await.expect(200)["unread"], 1);
    }

    async fn hn_5_without_consent_there_is_no_content(app: TestApp) {
        let patient = app.citizen(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;

        for rest in ["/messages".to_owned(), format!("/messages/{id}")] {
            assert_eq!(patient.get(&patient.own(&rest)).await.problem("consent-required").rule(), Some("HN-5"));
        }
        // What is about the citizen and no content is there: the profile, the mailbox, the log.
        for path in ["/v1/me".to_owned(), patient.own(""), patient.own("/access-log")] {
            let _ = patient.get(&path).await.expect(200);
        }
    }

    async fn hk_8_pp_10_reading_takes_a_login_at_level_high(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;

        for acr in ["idporten-loa-low", "idporten-loa-substantial"] {
            let patient = app.citizen_with_acr(SKUDDAR, acr).await;
            for path in [patient.own(&format!("/messages/{id}")), patient.own("/messages"), "/v1/me".to_owned()] {
                assert_eq!(patient.get(&path).await.problem("assurance-too-low").rule(), Some("HK-8"), "{path}");
            }
        }
    }

    async fn hk_8_a_low_login_hears_the_same_of_every_mailbox(app: TestApp) {
        let low = app.citizen_with_acr(SKUDDAR, "idporten-loa-substantial").await;
        let unknown = uuid::Uuid::from_u128(7);

        let own = low.get(&low.own("/messages")).await;
        let other = low.get(&format!("/v1/mailboxes/{}/messages", app.person(ELDRID).mailbox)).await;
        let none = low.get(&format!("/v1/mailboxes/{unknown}/messages")).await;

        for answer in [&other, &none] {
            assert_eq!(tests::without_instance(&own), tests::without_instance(answer));
        }
    }

    async fn tk_4_pp_4_the_profile_shows_everything_that_is_held(app: TestApp) {
        let patient = app.member_at(SKUDDAR, "full").await;
        let acceptance = json!({"version": "1"});
        let accepted = patient.put("/v1/me/acceptances/termsOfUse", &acceptance).await.expect(200);
        let again = patient.put("/v1/me/acceptances/termsOfUse", &acceptance).await.expect(200);

        let profile = patient.get("/v1/me").await.expect(200);

        assert_eq!(accepted.body, again.body);
        assert_eq!(profile["name"], "Skuddår Testesen");
        assert_eq!(profile["nationalId"], SKUDDAR);
        assert_eq!(profile["birthDate"], "1972-02-29");
        assert_eq!((&profile["protectedAddress"], &profile["protectedAddressUntil"]), (&json!(false), &json!(null)));
        assert_eq!(profile["mailboxId"], json!(patient.mailbox));
        assert_eq!(profile["consent"]["level"], "full");
        let documents: Vec<&Value> = profile["acceptances"].as_array().expect("a list").iter().collect();
        assert_eq!(documents.len(), 2);
        assert!(documents.contains(&&accepted.body));
        assert_eq!(profile["missing"], json!([]));
        // Nothing else is held of a person: a new column of these tables belongs into the profile, or into this list
        // with a reason: keys, epochs and hashes tell nothing, times of creation and of asking the register are our own,
        // and a child's address, a lock and a child's own access are told by the explanation of access.
        let held: Vec<String> = app
            .place()
            .columns()
            .into_iter()
            .filter(|column| {
                ["person_lookup.", "mailbox.", "consent.", "acceptance."].iter().any(|table| column.starts_with(table))
            })
            .collect();
        let shown = [
            "acceptance.accepted_at",
            "acceptance.document",
            "acceptance.id",
            "acceptance.mailbox_id",
            "acceptance.version",
            "consent.given_at",
            "consent.id",
            "consent.level",
            "consent.mailbox_id",
            "consent.terms_version",
            "mailbox.birth_date",
            "mailbox.consent",
            "mailbox.created_at",
            "mailbox.data_key",
            "mailbox.death_date",
            "mailbox.id",
            "mailbox.key_epoch",
            "mailbox.known_at",
            "mailbox.lives_with_responsible",
            "mailbox.locked_at",
            "mailbox.lookup_hash",
            "mailbox.national_id",
            "mailbox.person_name",
            "mailbox.protection",
            "mailbox.protection_until",
            "mailbox.youth_access_at",
            "person_lookup.lookup_hash",
            "person_lookup.mailbox_id",
        ];
        assert_eq!(held, shown);
    }

    async fn pp_7_the_patient_deletes_and_the_senders_record_stays(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;
        let path = patient.own(&format!("/messages/{id}"));

        let _ = patient.delete(&path).await.expect(204);

        for answer in [patient.get(&path).await, patient.delete(&path).await] {
            let _ = answer.problem("not-found");
        }
        assert!(patient.get(&patient.own("/messages")).await.expect(200).items().is_empty());
        let followed = app.ehr().await.get(&app.dermatology().path(&format!("/messages/{id}"))).await.expect(200);
        assert_eq!(followed["status"], "delivered");
    }

    async fn con_9_withdrawing_consent_closes_and_empties_the_inbox_and_is_kept_on_record(app: TestApp) {
        let patient = app.member(SKUDDAR).await;
        let id = app.message("Svar").deliver().await;

        let _ = patient.delete("/v1/me/consent").await.expect(204);

        let _ = patient.get(&patient.own("/messages")).await.problem("consent-required");
        let _ = patient.put("/v1/me/consent", &json!({"level": "basisPlus"})).await.expect(200);
        assert!(patient.get(&patient.own("/messages")).await.expect(200).items().is_empty());
        let _ = patient.get(&patient.own(&format!("/messages/{id}"))).await.problem("not-found");
        let history = patient.get("/v1/me/consent/history").await.expect(200);
        assert_eq!(history.each("level"), ["basisPlus", "none", "basis"]);
        let followed = app.ehr().await.get(&app.dermatology().path(&format!("/messages/{id}"))).await.expect(200);
        assert_eq!(followed["status"], "delivered");
    }

    async fn chi_8_a_child_decides_nothing_alone_and_the_day_of_sixteen_opens_the_inbox(app: TestApp) {
        let small = app.citizen(LILLE).await;
        for path in ["/v1/me".to_owned(), small.own(""), small.own("/messages"), small.own("/access-log")] {
            assert_eq!(small.get(&path).await.problem("too-young").rule(), Some("CHI-8"), "{path}");
        }
        // From 13 on it sees what is held of it, and what it arranges alone: nothing yet.
        let almost = app.citizen(NESTEN_SEKSTEN).await;
        let _ = almost.get("/v1/me").await.expect(200);
        assert!(almost.get(&almost.own("/messages")).await.expect(200).items().is_empty());

        for child in [&small, &almost] {
            let consent = child.put("/v1/me/consent", &json!({"level": "basis"})).await;
            assert_eq!(consent.problem("too-young").rule(), Some("CHI-8"));
        }
        // The birthday starts at midnight in Oslo: 23:00 the evening before in UTC.
        app.set_time("2026-12-30T22:59:00Z").await;
        let young = app.citizen(NESTEN_SEKSTEN).await;
        let _ = young.put("/v1/me/consent", &json!({"level": "basis"})).await.problem("too-young");
        app.set_time("2026-12-30T23:00:00Z").await;
        let _ = young.put("/v1/me/consent", &json!({"level": "basis"})).await.expect(200);
    }

    async fn hn_9_at_a_protected_address_the_inbox_works_for_services_that_are_open_to_it(app: TestApp) {
        let patient = app.member_at(SKJULT, "full").await;
        let id = app.message("Svar").to(SKJULT).deliver().await;

        assert_eq!(patient.get("/v1/me").await.expect(200)["protectedAddress"], true);
        assert_eq!(patient.get(&patient.own("/messages")).await.expect(200).each("id"), [id]);
    }

    async fn hn_9_what_came_before_the_address_was_protected_is_not_shown_after(app: TestApp) {
        let (patient, ehr) = (app.member_at(SKUDDAR, "full").await, app.ehr().await);
        let open = app.message("Svar").deliver().await;
        let closed = app.message("Bilder").from(&ehr, app.radiology()).deliver().await;
        assert_eq!(patient.get(&patient.own("")).await.expect(200)["unread"], 2);

        let _ = app.change_person(SKUDDAR, &json!({"protection": "strictlyConfidential"})).await;

        assert_eq!(patient.get(&patient.own("/messages")).await.expect(200).each("id"), [open]);
        let _ = patient.get(&patient.own(&format!("/messages/{closed}"))).await.problem("not-found");
        assert_eq!(patient.get(&patient.own("")).await.expect(200)["unread"], 1);
    }

    async fn bx_6_the_access_log_is_the_owners_alone_and_tells_of_refusals(app: TestApp) {
        let (patient, stranger) = (app.member(SKUDDAR).await, app.member(ELDRID).await);
        let id = app.message("Svar").deliver().await;

        let _ = stranger.get(&patient.own(&format!("/messages/{id}"))).await.problem("not-found");
        let _ = stranger.get(&patient.own("/access-log")).await.problem("not-found");

        let refused = patient.get(&patient.own("/access-log?outcome=refused")).await.expect(200);
        assert_eq!(refused.each("action"), ["seekAccess"]);
        assert_eq!(refused.items()[0]["count"], 2);
        let log = patient.get(&patient.own("/access-log?limit=1")).await.expect(200);
        let next = log["nextCursor"].as_str().expect("more");
        let rest = patient.get(&patient.own(&format!("/access-log?cursor={next}"))).await.expect(200);
        assert!(rest.each("action").contains(&"sendMessage"));
    }
}

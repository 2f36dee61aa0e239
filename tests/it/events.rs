//! BX-8: the feed of an organisation has every event once, in order, without gaps.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tests::{Actor, Answer, TestApp, stories};

use crate::dialogue::inquiry;
use crate::persons::{ELDRID, SKUDDAR};

const EVENTS: &str = "/v1/events";

/// The whole feed of the caller's organisation, in pages of a few.
pub(crate) async fn whole_feed(system: &Actor) -> Vec<Value> {
    let mut all = vec![];
    let mut path = format!("{EVENTS}?limit=3");
    loop {
        let page = system.get(&path).await.expect(200);
        if page.items().is_empty() {
            return all;
        }
        all.extend(page.items().to_vec());
        path = format!("{EVENTS}?limit=3&after={}", page["nextAfter"]);
    }
}

/// What happened, but for notices, which nobody gets in the night.
fn types(events: &[Value]) -> Vec<&str> {
    let is_notice = |kind: &&str| ["message.notified", "message.notNotified"].contains(kind);
    events.iter().filter_map(|event| event["type"].as_str()).filter(|kind| !is_notice(kind)).collect()
}

fn last(answer: &Answer) -> i64 {
    answer["nextAfter"].as_i64().expect("a number")
}

stories! {
    async fn bx_8_a_sender_follows_a_letter_and_an_inquiry_in_the_feed(app: TestApp) {
        let (patient, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        let letter = app.message("Svar").deliver().await;
        let _ = patient.get(&patient.own(&format!("/messages/{letter}"))).await.expect(200);
        let inquiry = inquiry(app.dermatology(), "accessRequest", "Innsyn");
        let inquiry = patient.post(&patient.own("/messages"), &inquiry).await.expect(201).id();
        app.deliver_all().await;

        let feed = whole_feed(&ehr).await;

        assert_eq!(types(&feed), ["message.accepted", "message.delivered", "message.opened", "inquiry.received"]);
        for (place, event) in feed.iter().enumerate() {
            let message = if event["type"] == "inquiry.received" { &inquiry } else { &letter };
            assert_eq!(event["number"], place + 1);
            assert_eq!(event["messageId"], **message);
            assert_eq!(event["mailboxId"], patient.mailbox);
            assert_eq!(event["serviceId"], app.dermatology().id);
            let fields: Vec<&String> = event.as_object().expect("an object").keys().collect();
            assert_eq!(fields, ["number", "id", "type", "at", "serviceId", "mailboxId", "messageId"], "and nothing else");
        }
        // The same again, and the end of it.
        assert_eq!(whole_feed(&ehr).await, feed);
        let count = i64::try_from(feed.len()).expect("a count");
        let end = ehr.get(&format!("/v1/events?after={count}")).await.expect(200);
        assert_eq!((end.items().len(), last(&end)), (0, count));
        let before = ehr.get(&format!("/v1/events?after={}", count - 1)).await.expect(200);
        assert_eq!(before.items().last(), feed.last());
    }

    async fn bx_8_each_organisation_has_a_feed_and_numbers_of_its_own(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let (ehr, appeals) = (app.ehr().await, app.system(app.appeals_body()).await);
        let _ = app.message("Svar").deliver().await;
        let theirs = app.message("Vedtak").from(&appeals, app.appeals()).deliver().await;

        let feed = whole_feed(&appeals).await;

        assert_eq!(types(&feed), ["message.accepted", "message.delivered"]);
        assert!(feed.iter().all(|event| event["messageId"] == theirs));
        assert_eq!((feed[0]["number"].as_i64(), feed[1]["number"].as_i64()), (Some(1), Some(2)));
        assert_eq!(types(&whole_feed(&ehr).await).len(), 2);
    }

    async fn bx_8_a_poll_waits_for_the_next_event_and_for_no_others(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let (ehr, appeals) = (app.ehr().await, app.system(app.appeals_body()).await);
        let _ = app.message("Først").deliver().await;
        let seen = last(&ehr.get(EVENTS).await.expect(200));

        let path = format!("{EVENTS}?after={seen}&wait=30");
        let started = Instant::now();
        let poll = tokio::spawn(async move { ehr.get(&path).await.expect(200) });
        let _ = app.message("Vedtak").from(&appeals, app.appeals()).deliver().await;
        assert!(!poll.is_finished(), "the events of others are no answer");
        let _ = app.message("Neste").deliver().await;
        let answer = poll.await.expect("an answer");
        assert!(started.elapsed() < Duration::from_secs(25), "before the time was up");

        assert_eq!(answer.items()[0]["number"], seen + 1);
        assert_eq!(answer.items()[0]["type"], "message.accepted");
    }

    async fn bx_8_a_poll_hears_of_events_that_another_process_has_numbered(app: TestApp) {
        let _ = app.member(SKUDDAR).await;
        let ehr = app.ehr().await;
        let _ = app.message("Først").deliver().await;
        let seen = last(&ehr.get(EVENTS).await.expect(200));

        let path = format!("{EVENTS}?after={seen}&wait=30");
        let started = Instant::now();
        let poll = tokio::spawn(async move { ehr.get(&path).await.expect(200) });
        // As another process does it: the number and the row of the feed, in one transaction.
        app.place().transaction(&format!(
            "UPDATE feed SET last_number = {next} WHERE organisation_id = {clinic}; \
             INSERT INTO event (organisation_id, id, kind, at, number) \
             SELECT organisation_id, {id}, 'feed.heartbeat', at, {next} FROM event WHERE number = {seen}",
            next = seen + 1,
            clinic = app.place().id(&app.clinic().id),
            id = app.place().id(&uuid::Uuid::from_u128(77).to_string()),
        )).commit();
        let answer = poll.await.expect("an answer");
        assert!(started.elapsed() < Duration::from_secs(25), "before the time was up");

        assert_eq!((answer.items().len(), last(&answer)), (1, seen + 1));
    }

    async fn bx_8_when_the_time_is_up_the_answer_is_empty_and_the_log_holds_nothing_of_it(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = app.message("Svar").deliver().await;
        let entries = || app.place().number("SELECT count(*) AS number FROM audit_entry WHERE action = 'followEvents'");

        let seen = last(&ehr.get(EVENTS).await.expect(200));
        assert_eq!(entries(), 1, "what was handed out is on record");
        let empty = ehr.get(&format!("{EVENTS}?after={seen}&wait=1")).await.expect(200);

        assert_eq!((empty.items().len(), last(&empty)), (0, seen));
        assert_eq!(entries(), 1, "a poll that hands out nothing is not");
    }

    async fn bx_8_a_place_that_is_wrong_or_gone_is_told(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = app.message("Svar").deliver().await;
        let wrong = |code: &str| vec![("?after".to_owned(), code.to_owned())];

        let ahead = ehr.get("/v1/events?after=99").await.problem("invalid-request");
        assert_eq!(ahead.violations(), wrong("out_of_range"));
        let all = ehr.get("/v1/events?after=-1&wait=31&limit=0&from=1").await.problem("invalid-request");
        let pointers: Vec<String> = all.violations().into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(pointers, ["?after", "?from", "?limit", "?wait"]);

        app.advance("P89D").await;
        let ehr = app.ehr().await;
        assert_eq!(ehr.get("/v1/events?after=0").await.expect(200).items()[0]["number"], 1);
        app.advance("P2D").await;
        let ehr = app.ehr().await;
        let gone = ehr.get("/v1/events?after=0").await.problem("events-expired");
        assert_eq!((gone.status, gone.rule()), (410, Some("BX-8")));
        // Without a place it begins with what is kept: the heartbeats of two days without letters.
        let kept = whole_feed(&ehr).await;
        assert_eq!(types(&kept), ["feed.heartbeat", "feed.heartbeat"]);
        let oldest = kept[0]["number"].as_i64().expect("a number");
        let next = ehr.get(&format!("{EVENTS}?after={}", oldest - 1)).await.expect(200);
        assert_eq!(next.items()[0], kept[0]);
    }

    async fn bx_8_a_feed_that_is_quiet_for_an_hour_says_that_it_lives(app: TestApp) {
        let ehr = app.ehr().await;
        let _ = app.message("Svar").deliver().await;
        let before = whole_feed(&ehr).await.len();

        app.advance("PT59M").await;
        assert_eq!(whole_feed(&ehr).await.len(), before);
        app.advance("PT2M").await;
        let feed = whole_feed(&ehr).await;

        assert_eq!(types(&feed[before..]), ["feed.heartbeat"]);
        assert!(feed[before]["messageId"].is_null() && feed[before]["mailboxId"].is_null());
        app.advance("PT59M").await;
        assert_eq!(whole_feed(&ehr).await.len(), before + 1);
    }

    async fn bx_8_only_systems_with_the_scope_follow_the_feed_and_refusals_are_on_record(app: TestApp) {
        let writer = app.system_with_scopes(app.clinic(), &["brevdue:messages.write"]).await;
        let refused = "SELECT count(*) AS number FROM audit_entry WHERE action = 'followEvents' AND outcome = 'refused'";

        let _ = writer.get(EVENTS).await.problem("scope-missing");
        let _ = app.citizen(ELDRID).await.get(EVENTS).await.problem("wrong-caller");
        let _ = app.operator().await.get(EVENTS).await.problem("wrong-caller");

        assert_eq!(app.place().number(refused), 3);
    }

    async fn bx_8_events_that_are_removed_leave_no_hole_whatever_their_clocks_said(app: TestApp) {
        let ehr = app.ehr().await;
        for _ in 0..4 {
            let _ = app.message("Svar").send().await;
        }
        app.deliver_all().await;
        let now: DateTime<Utc> = app.now().await;
        let old = app.place().time(now - TimeDelta::days(100));
        // Its clock was behind: it is old, and stands behind one that is not.
        app.place().execute(&format!("UPDATE event SET at = {old} WHERE number IN (1, 3)"));

        app.advance("PT2H").await;

        let numbers: Vec<i64> = whole_feed(&ehr).await.iter().filter_map(|event| event["number"].as_i64()).collect();
        assert_eq!(numbers.first(), Some(&2));
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    }
}

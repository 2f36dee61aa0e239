//! HN-10, DH-2: appointments and visits of all services in one list, and how citizens cancel them.

use serde_json::{Value, json};
use tests::{Actor, Answer, Service, TestApp, stories};

use crate::persons::{
    DAGNY, DOD, ELDRID, KAJA, LILLE, MILLENNIA, MONA, NESTEN_TOLV, NILS, NINA, SKJULT, SKUDD, SKUDDAR, UNKNOWN,
};

/// When the stories begin: a Tuesday morning.
const NOW: &str = "2026-12-01T08:00:00Z";

/// A visit on the Thursday after, at ten by the clocks of Oslo.
pub(crate) fn visit(citizen: &str) -> Value {
    json!({
        "recipient": {"nationalId": citizen},
        "kind": "homeVisit",
        "startsAt": "2026-12-03T09:00:00Z",
        "endsAt": "2026-12-03T09:30:00Z",
        "title": "Sårstell",
        "place": "Storgata 1",
        "description": "Ha rent tøy klart.",
    })
}

/// The same with some fields changed.
fn with(mut visit: Value, fields: &Value) -> Value {
    if let (Some(visit), Some(fields)) = (visit.as_object_mut(), fields.as_object()) {
        visit.extend(fields.clone());
    }
    visit
}

/// The path of an appointment of a service.
fn named(service: &Service, name: &str) -> String {
    service.path(&format!("/appointments/{name}"))
}

/// Tells of an appointment that is new, and gives its id.
async fn tell(app: &TestApp, service: &Service, name: &str, visit: &Value) -> String {
    app.ehr().await.put(&named(service, name), visit).await.expect(201).id()
}

async fn list(actor: &Actor) -> Answer {
    actor.get(&actor.own("/appointments")).await.expect(200)
}

fn of(actor: &Actor, id: &str) -> String {
    actor.own(&format!("/appointments/{id}"))
}

async fn cancel(actor: &Actor, id: &str) -> Answer {
    actor.post(&format!("{}/cancellation", of(actor, id)), &json!({})).await
}

/// What citizens have written to the dermatology.
async fn queue(app: &TestApp) -> Answer {
    app.ehr().await.get(&app.dermatology().path("/conversations")).await.expect(200)
}

/// How many events of cancelled appointments name a message that is there.
fn events(app: &TestApp) -> i64 {
    app.place().number(
        "SELECT count(*) AS number FROM event JOIN message ON message.id = event.message_id \
         WHERE event.kind = 'appointment.cancelled'",
    )
}

/// Somebody in the mailbox of a child.
async fn with_child(app: &TestApp, caller: &str, child: &str) -> Actor {
    app.citizen(caller).await.within(&app.person(child).mailbox)
}

stories! {
    async fn hn_10_appointments_of_all_services_are_in_one_list_the_soonest_first(app: TestApp) {
        app.set_time(NOW).await;
        let patient = app.member_at(SKUDDAR, "full").await;
        let far = with(visit(SKUDDAR), &json!({"startsAt": "2027-07-01T08:00:00+02:00", "endsAt": "2027-07-01T09:00:00+02:00",
            "kind": "video", "place": null, "description": null, "title": "Kontroll"}));
        let far = tell(&app, app.dermatology(), "a", &far).await;
        let soon = tell(&app, app.radiology(), "a", &visit(SKUDDAR)).await;
        let later = with(visit(SKUDDAR), &json!({"startsAt": "2026-12-04T09:00:00Z", "endsAt": "2026-12-04T09:30:00Z"}));
        let later = tell(&app, app.dermatology(), "b", &later).await;

        let all = list(&patient).await;

        assert_eq!(all.each("id"), [soon.as_str(), &later, &far]);
        let [first, _, last] = all.items() else { panic!("three: {all}") };
        assert_eq!(first["service"]["name"], "Røntgen");
        assert_eq!((&first["startsAt"], &first["endsAt"]), (&json!("2026-12-03T10:00:00+01:00"), &json!("2026-12-03T10:30:00+01:00")));
        assert_eq!((&first["kind"], &first["title"], &first["place"]), (&json!("homeVisit"), &json!("Sårstell"), &json!("Storgata 1")));
        assert_eq!((&first["status"], &first["cancelledBy"]), (&json!("planned"), &Value::Null));
        // The radiology lets nobody cancel here; the dermatology does until two days before.
        assert_eq!((&first["canCancel"], &first["cancelBy"]), (&json!(false), &Value::Null));
        assert_eq!((&last["canCancel"], &last["cancelBy"]), (&json!(true), &json!("2027-06-29T06:00:00Z")));
        assert_eq!((&last["startsAt"], &last["place"]), (&json!("2027-07-01T08:00:00+02:00"), &Value::Null));
        let page = patient.get(&patient.own("/appointments?limit=2")).await.expect(200);
        assert_eq!(page.each("id"), [soon.as_str(), &later]);
        let next = patient.own(&format!("/appointments?limit=2&cursor={}", page.text("nextCursor")));
        assert_eq!(patient.get(&next).await.expect(200).each("id"), [far.as_str()]);
        assert_eq!(patient.get(&of(&patient, &soon)).await.expect(200).body, *first);
        let log = patient.get(&patient.own("/access-log?limit=100")).await.expect(200);
        let entry = |action: &str| log.items().iter().find(|entry| entry["action"] == action).cloned().expect("an entry");
        assert_eq!(entry("tellAppointment")["object"]["type"], "appointment");
        assert_eq!(entry("listAppointments")["ground"], "HN-10");

        // What is over is in the list no more.
        app.set_time("2026-12-03T09:30:00Z").await;
        let patient = app.citizen(SKUDDAR).await;
        assert_eq!(list(&patient).await.each("id"), [later.as_str(), &far]);
    }

    async fn hn_10_a_service_changes_and_cancels_its_appointment_and_telling_it_again_changes_nothing(app: TestApp) {
        app.set_time(NOW).await;
        let (patient, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        let path = named(app.dermatology(), "2026%2F4711%20b");
        let new = ehr.put(&path, &visit(SKUDDAR)).await.expect(201);
        assert_eq!((new.text("externalId"), new.text("status")), ("2026/4711 b", "planned"));
        assert_eq!(new.text("mailboxId"), patient.mailbox);
        let location = new.header("location").expect("its path").to_owned();
        assert_eq!(ehr.get(&location).await.expect(200).body, new.body);

        app.advance("PT1H").await;
        let again = ehr.put(&path, &with(visit(SKUDDAR), &json!({"recipient": {"mailboxId": patient.mailbox}}))).await;
        assert_eq!(again.expect(200).body, new.body);
        let moved = json!({"startsAt": "2026-12-04T09:00:00Z", "endsAt": "2026-12-04T10:00:00Z", "place": null});
        let moved = ehr.put(&path, &with(visit(SKUDDAR), &moved)).await.expect(200);
        assert_eq!((&moved["id"], &moved["place"]), (&new["id"], &Value::Null));
        assert_eq!(list(&patient).await.items()[0]["startsAt"], "2026-12-04T10:00:00+01:00");
        let other = ehr.put(&path, &visit(MILLENNIA)).await.problem("invalid-request");
        assert_eq!(other.violations(), [("/recipient".to_owned(), "another_citizens".to_owned())]);

        for _ in 0..2 {
            let _ = ehr.delete(&path).await.expect(204);
        }

        let shown = list(&patient).await;
        let [cancelled] = shown.items() else { panic!("it stays until it is over: {shown}") };
        assert_eq!((&cancelled["status"], &cancelled["cancelledBy"]), (&json!("cancelled"), &json!("service")));
        assert_eq!((&cancelled["canCancel"], &cancelled["cancelBy"]), (&json!(false), &Value::Null));
        let known = ehr.get(&path).await.expect(200);
        assert_eq!((known.text("status"), known.text("cancelledBy")), ("cancelled", "service"));
        assert!(known["cancelledAt"].is_string());
        // It does not take place after all: the citizen may have been told so.
        assert_eq!(ehr.put(&path, &visit(SKUDDAR)).await.problem("appointment-cancelled").rule(), Some("DH-2"));
        let _ = cancel(&patient, cancelled["id"].as_str().expect("an id")).await.problem("appointment-cancelled");
        assert_eq!(events(&app), 0);
    }

    async fn dh_2_a_citizen_cancels_in_time_and_the_service_finds_it_in_its_queue_and_its_feed(app: TestApp) {
        app.set_time(NOW).await;
        let (patient, ehr) = (app.member(SKUDDAR).await, app.ehr().await);
        let member = ehr.put(&app.dermatology().path("/members"), &json!({"nationalId": DAGNY})).await.expect(200);
        let person = member.text("personId");
        let line = json!({"nationalId": SKUDDAR, "responsible": {"personId": person}}).to_string();
        let relationships = ehr.request(reqwest::Method::PUT, &app.dermatology().path("/relationships"));
        let _ = relationships.body("application/x-ndjson", line).await.expect(200);
        let id = tell(&app, app.dermatology(), "a", &visit(SKUDDAR)).await;

        let path = format!("{}/cancellation", of(&patient, &id));
        let cancelled = patient.post(&path, &json!({})).key("once").await.expect(201);

        assert_eq!((cancelled.text("status"), cancelled.text("cancelledBy")), ("cancelled", "citizen"));
        assert_eq!(cancelled.header("location"), Some(of(&patient, &id).as_str()));
        let again = patient.post(&path, &json!({})).key("once").await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &cancelled.body));
        assert_eq!(cancel(&patient, &id).await.problem("appointment-cancelled").rule(), Some("DH-2"));
        assert_eq!(ehr.get(&named(app.dermatology(), "a")).await.expect(200).text("cancelledBy"), "citizen");
        let queue = queue(&app).await;
        let [conversation] = queue.items() else { panic!("one: {queue}") };
        assert_eq!(conversation["patient"]["subject"], "Avlyst: Sårstell");
        assert_eq!((&conversation["state"], &conversation["assigneeId"]), (&json!("new"), &json!(person)));
        let turns = app.dermatology().path(&format!("/conversations/{}/messages", conversation["id"].as_str().expect("an id")));
        let turns = ehr.get(&turns).await.expect(200);
        assert_eq!(turns.items()[0]["body"], "Besøket 03.12.2026 kl. 10.00 er avlyst.");
        assert_eq!(turns.items()[0]["author"]["relation"], "self");
        assert_eq!(events(&app), 1);
        // It is the citizen's own message, too.
        let sent = patient.get(&patient.own("/messages?direction=sent")).await.expect(200);
        assert_eq!(sent.each("subject"), ["Avlyst: Sårstell"]);
        let log = patient.get(&patient.own("/access-log?limit=100")).await.expect(200);
        let entry = log.items().iter().find(|entry| entry["action"] == "cancelAppointment").expect("an entry");
        assert_eq!((&entry["ground"], &entry["object"]["id"]), (&json!("DH-2"), &json!(id)));
    }

    async fn dh_2_after_the_last_moment_and_where_the_service_does_not_offer_it_nothing_is_cancelled(app: TestApp) {
        app.set_time(NOW).await;
        let _ = app.member_at(SKUDDAR, "full").await;
        let late = tell(&app, app.dermatology(), "a", &visit(SKUDDAR)).await;
        let never = tell(&app, app.radiology(), "a", &visit(SKUDDAR)).await;
        let fixed = with(visit(SKUDDAR), &json!({"isCancellable": false, "startsAt": "2026-12-20T09:00:00Z", "endsAt": "2026-12-20T10:00:00Z"}));
        let fixed = tell(&app, app.dermatology(), "b", &fixed).await;

        // Two days before is the last moment.
        app.set_time("2026-12-01T09:00:01Z").await;
        let patient = app.citizen(SKUDDAR).await;
        let shown = patient.get(&of(&patient, &late)).await.expect(200);
        assert_eq!((&shown["canCancel"], &shown["cancelBy"]), (&json!(false), &json!("2026-12-01T09:00:00Z")));
        let before = app.place().row_counts();
        for (id, slug) in [
            (&late, "cancellation-too-late"),
            (&never, "appointment-not-cancellable"),
            (&fixed, "appointment-not-cancellable"),
        ] {
            let answer = cancel(&patient, id).await.problem(slug);
            assert_eq!((answer.status, answer.rule()), (409, Some("DH-2")), "{slug}");
        }
        app.set_time("2026-12-03T09:30:00Z").await;
        let patient = app.citizen(SKUDDAR).await;
        let _ = cancel(&patient, &late).await.problem("cancellation-too-late");

        assert_eq!(app.place().row_counts(), before);
        assert_eq!(list(&patient).await.items()[0]["status"], "planned");
    }

    async fn dh_2_somebody_elses_visit_is_not_there(app: TestApp) {
        app.set_time(NOW).await;
        let (patient, other) = (app.member(SKUDDAR).await, app.member(ELDRID).await);
        let id = tell(&app, app.dermatology(), "a", &visit(SKUDDAR)).await;
        let stranger = other.within(&patient.mailbox);
        let appeals = app.system(app.appeals_body()).await;

        // By the own mailbox, and by that of the one whose it is.
        for caller in [&other, &stranger] {
            let _ = caller.get(&of(caller, &id)).await.problem("not-found");
            let _ = cancel(caller, &id).await.problem("not-found");
        }
        let _ = stranger.get(&stranger.own("/appointments")).await.problem("not-found");
        assert_eq!(list(&other).await.items().len(), 0);
        // Another service's systems, by its path and by their own.
        let _ = appeals.get(&named(app.dermatology(), "a")).await.problem("not-found");
        let _ = appeals.get(&named(app.appeals(), "a")).await.problem("not-found");
        let _ = appeals.delete(&named(app.appeals(), "a")).await.problem("not-found");
        assert_eq!(list(&patient).await.items()[0]["status"], "planned");
    }

    async fn hn_10_chi_1_a_parent_of_a_child_of_10_sees_a_visit_and_none_of_a_service_closed_to_parents(app: TestApp) {
        app.set_time(NOW).await;
        app.open_inbox_of(SKUDD);
        let operator = app.operator().await;
        // Only letters with appointments are closed to parents, so the rest of the service is not.
        let policy = json!({"unregisteredRecipients": "hold", "kinds": {"appointmentLetter": {"parents": "never"}},
            "dialogue": {"cancellationLimitHours": 0}});
        let closed = app.open_service(&operator, app.clinic(), &policy).await;
        let seen = tell(&app, app.dermatology(), "a", &visit(SKUDD)).await;
        let hidden = tell(&app, &closed, "a", &visit(SKUDD)).await;

        let parent = with_child(&app, KAJA, SKUDD).await;

        assert_eq!(list(&parent).await.each("id"), [seen.as_str()]);
        let _ = parent.get(&of(&parent, &hidden)).await.problem("not-found");
        let _ = cancel(&parent, &hidden).await.problem("not-found");
        // Nor does the log tell of it (BX-5).
        let log = parent.get(&parent.own("/access-log?limit=100")).await.expect(200);
        let about = |id: &str| log.items().iter().filter(|entry| entry["object"]["id"] == id).count();
        assert_eq!((about(&seen), about(&hidden)), (1, 0));
        // The law puts a parent in the child's place.
        let cancelled = cancel(&parent, &seen).await.expect(201);
        assert_eq!(cancelled.text("cancelledBy"), "citizen");
        let queue = queue(&app).await;
        assert_eq!(queue.items()[0]["patient"]["name"], app.person(SKUDD).name);
    }

    async fn dh_2_chi_5_from_12_on_a_parent_sees_a_visit_and_does_not_cancel_it(app: TestApp) {
        app.set_time(NOW).await;
        app.open_inbox_of(NESTEN_TOLV);
        let policy = json!({"parents": "until16", "unregisteredRecipients": "hold", "dialogue": {"cancellationLimitHours": 0}});
        let service = app.open_service(&app.operator().await, app.clinic(), &policy).await;
        let id = tell(&app, &service, "a", &visit(NESTEN_TOLV)).await;

        let parent = with_child(&app, NINA, NESTEN_TOLV).await;

        assert_eq!(list(&parent).await.items()[0]["canCancel"], false);
        assert_eq!(cancel(&parent, &id).await.problem("only-the-owner").rule(), Some("CHI-5"));
    }

    async fn dh_2_ful_5_a_holder_of_a_power_of_attorney_cancels_and_is_named_as_such(app: TestApp) {
        app.set_time(NOW).await;
        let (owner, holder) = (app.member(SKUDDAR).await, app.member(ELDRID).await);
        let _ = app.give_power(&owner, ELDRID).await.expect(201);
        let id = tell(&app, app.dermatology(), "a", &visit(SKUDDAR)).await;

        let _ = cancel(&holder.within(&owner.mailbox), &id).await.expect(201);

        assert_eq!(list(&owner).await.items()[0]["cancelledBy"], "citizen");
        let sent = owner.get(&owner.own("/messages?direction=sent")).await.expect(200);
        assert_eq!(sent.items()[0]["sentBy"]["relation"], "powerOfAttorney");
    }

    async fn hn_10_dh_7_a_nurse_sees_the_visits_of_her_own_service_and_cancels_them_for_it(app: TestApp) {
        app.set_time(NOW).await;
        let (patient, ehr) = (app.member_at(SKUDDAR, "full").await, app.ehr().await);
        let member = ehr.put(&app.dermatology().path("/members"), &json!({"nationalId": DAGNY})).await.expect(200);
        let follow_up = json!({"patient": {"nationalId": SKUDDAR}, "member": {"personId": member.text("personId")}});
        let _ = ehr.put(&app.dermatology().path("/follow-ups"), &follow_up).await.expect(200);
        let own = tell(&app, app.dermatology(), "a", &visit(SKUDDAR)).await;
        let other = tell(&app, app.radiology(), "a", &visit(SKUDDAR)).await;
        // After the last moment of the citizen, which binds the citizen alone.
        app.set_time("2026-12-03T07:00:00Z").await;
        let nurse = app.health_worker(DAGNY, app.clinic()).await.within(&patient.mailbox);

        let shown = list(&nurse).await;
        assert_eq!(shown.each("id"), [own.as_str()]);
        assert_eq!(shown.items()[0]["canCancel"], true);
        let _ = cancel(&nurse, &other).await.problem("not-found");
        let cancelled = cancel(&nurse, &own).await.expect(201);

        assert_eq!(cancelled.text("cancelledBy"), "service");
        assert_eq!(queue(&app).await.items().len(), 0, "the service knows");
        assert_eq!(events(&app), 0);
    }

    async fn hn_10_hn_9_adr_8_a_protected_owner_does_not_see_where_they_are_visited(app: TestApp) {
        app.set_time(NOW).await;
        let patient = app.member(SKJULT).await;
        let home = tell(&app, app.dermatology(), "a", &visit(SKJULT)).await;
        let clinic = tell(&app, app.dermatology(), "b", &with(visit(SKJULT), &json!({"kind": "appointment"}))).await;
        let closed = app.ehr().await.put(&named(app.radiology(), "a"), &visit(SKJULT)).await;

        // What the service hears is what it would hear of anybody whose inbox is closed to it.
        assert_eq!(closed.problem("inbox-not-open").rule(), Some("CON-7"));
        let place = async |id: &str| patient.get(&of(&patient, id)).await.expect(200)["place"].clone();
        assert_eq!((place(&home).await, place(&clinic).await), (Value::Null, json!("Storgata 1")));
        assert!(list(&patient).await.items().iter().all(|item| item["kind"] != "homeVisit" || item["place"].is_null()));
        let calendar = patient.get(&of(&patient, &home)).header("accept", "text/calendar").await.expect(200);
        assert!(!String::from_utf8_lossy(&calendar.bytes).contains("Storgata"));
        // The service told so itself.
        assert_eq!(app.ehr().await.get(&named(app.dermatology(), "a")).await.expect(200).text("place"), "Storgata 1");

        let _ = app.change_person(SKJULT, &json!({"protection": "ungraded"})).await;
        assert_eq!(place(&home).await, "Storgata 1");
    }

    async fn hn_10_an_appointment_goes_into_a_calendar_without_health(app: TestApp) {
        app.set_time(NOW).await;
        let patient = app.member(SKUDDAR).await;
        let id = tell(&app, app.dermatology(), "a", &visit(SKUDDAR)).await;
        let calendar = async || patient.get(&of(&patient, &id)).header("accept", "text/calendar").await.expect(200);

        let answer = calendar().await;

        assert_eq!(answer.header("content-type"), Some("text/calendar; charset=utf-8"));
        let text = String::from_utf8(answer.bytes.to_vec()).expect("UTF-8");
        let uid = format!("UID:{id}@brevdue.dev");
        for line in [
            "BEGIN:VCALENDAR",
            "BEGIN:VEVENT",
            uid.as_str(),
            "DTSTART:20261203T090000Z",
            "DTEND:20261203T093000Z",
            "STATUS:CONFIRMED",
            "SUMMARY:Time hos Hudpoliklinikken",
            "LOCATION:Storgata 1",
        ] {
            assert!(text.split("\r\n").any(|found| found == line), "{line} is not in {text}");
        }
        assert!(!text.contains("Sårstell") && !text.contains("rent tøy"), "{text}");
        let _ = cancel(&patient, &id).await.expect(201);
        let text = String::from_utf8(calendar().await.bytes.to_vec()).expect("UTF-8");
        assert!(text.contains(&uid) && text.contains("STATUS:CANCELLED\r\n"), "{text}");
        let json = patient.get(&of(&patient, &id)).header("accept", "application/json").await.expect(200);
        assert_eq!(json.text("title"), "Sårstell");
    }

    async fn hn_10_everything_that_is_wrong_with_an_appointment_is_named_at_once_and_nothing_is_stored(app: TestApp) {
        app.set_time(NOW).await;
        let ehr = app.ehr().await;
        let counts = || {
            let mut counts = app.place().row_counts();
            counts.remove("audit_entry");
            counts
        };
        let before = counts();
        let wrong = json!({
            "recipient": {"nationalId": "29827200058", "nickname": "Kari"}, "kind": "party", "startsAt": "tomorrow",
            "endsAt": "2020-01-01T00:00:00Z", "title": "t".repeat(101), "place": "a\nb", "description": " ",
            "isCancellable": "yes", "colour": "red",
        });

        let answer = ehr.put(&named(app.dermatology(), &"x".repeat(101)), &wrong).await.problem("invalid-request");

        let expected = [
            ("/colour", "unknown_field"),
            ("/description", "empty"),
            ("/endsAt", "in_the_past"),
            ("/externalId", "too_long"),
            ("/isCancellable", "wrong_type"),
            ("/kind", "not_a_choice"),
            ("/place", "control_characters"),
            ("/recipient/nationalId", "control_digit"),
            ("/recipient/nickname", "unknown_field"),
            ("/startsAt", "not_a_time"),
            ("/title", "too_long"),
        ];
        assert_eq!(answer.violations(), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("29827200058"));
        let path = named(app.dermatology(), "a");
        let invalid = |pointer: &str, code: &str| ("invalid-request", vec![(pointer.to_owned(), code.to_owned())]);
        let table = [
            (json!({"endsAt": "2026-12-03T09:00:00Z"}), invalid("/endsAt", "ends_before_start")),
            (json!({"startsAt": "2026-11-30T09:00:00Z", "endsAt": NOW}), invalid("/endsAt", "in_the_past")),
            (json!({"recipient": {}}), invalid("/recipient", "exactly_one_of")),
            (json!({"title": null}), invalid("/title", "required")),
            (json!({"recipient": {"employeeId": "7"}}), ("recipient-is-employee", vec![])),
            (json!({"recipient": {"nationalId": UNKNOWN}}), ("recipient-unknown", vec![])),
            (json!({"recipient": {"nationalId": DOD}}), ("recipient-cannot-receive", vec![])),
        ];
        for (fields, (slug, violations)) in table {
            let answer = ehr.put(&path, &with(visit(SKUDDAR), &fields)).await;
            assert_eq!(answer.slug(), Some(slug), "{fields}: {answer}");
            let answer = answer.problem(slug);
            if !violations.is_empty() {
                assert_eq!(answer.violations(), violations, "{fields}");
            }
        }
        let reader = app.system_with_scopes(app.clinic(), &["brevdue:messages.read"]).await;
        let _ = reader.put(&path, &visit(SKUDDAR)).await.problem("scope-missing");
        let _ = ehr.get(&path).await.problem("not-found");
        let _ = ehr.delete(&path).await.problem("not-found");
        assert_eq!(counts(), before);
    }

    async fn hn_10_pp_3_without_an_agreement_nothing_is_told_and_what_was_told_can_be_seen(app: TestApp) {
        app.set_time(NOW).await;
        let ehr = app.ehr().await;
        let path = named(app.dermatology(), "a");
        let _ = ehr.put(&path, &visit(SKUDDAR)).await.expect(201);
        let ended = match app.place().database() {
            tests::Database::Postgres => "UPDATE agreement SET valid_to = DATE '2026-11-30'",
            tests::Database::Sqlite => "UPDATE agreement SET valid_to = '2026-11-30'",
        };
        app.place().execute(ended);

        assert_eq!(ehr.put(&path, &visit(SKUDDAR)).await.problem("agreement-missing").rule(), Some("PP-3"));
        let _ = ehr.delete(&path).await.problem("agreement-missing");
        let _ = ehr.get(&path).await.expect(200);
    }

    async fn hn_10_pp_6_who_joins_later_finds_the_appointment_and_the_register_is_asked_for_strangers(app: TestApp) {
        app.set_time(NOW).await;
        // Known to the population register alone.
        let id = tell(&app, app.dermatology(), "a", &visit(NILS)).await;
        app.take_register_away().await;
        let _ = app.ehr().await.put(&named(app.dermatology(), "b"), &visit(UNKNOWN)).await.problem("register-unavailable");
        app.bring_register_back().await;
        let nils = app.citizen(NILS).await;
        let mailbox = nils.get("/v1/me").await.expect(200).text("mailboxId").to_owned();
        let nils = nils.within(&mailbox);
        let _ = nils.get(&nils.own("/appointments")).await.problem("consent-required");

        let _ = nils.put("/v1/me/consent", &json!({"level": "basis"})).await.expect(200);

        assert_eq!(list(&nils).await.each("id"), [id.as_str()]);
        // For a child that nobody has consented for there is no list either.
        let _ = tell(&app, app.dermatology(), "c", &visit(LILLE)).await;
        let mona = with_child(&app, MONA, LILLE).await;
        let _ = mona.get(&mona.own("/appointments")).await.problem("consent-required");
    }
}

//! A ground that is gone is gone at the next request, for every operation: also for what was begun before, such as a key that
//! is repeated, a cursor, an `ETag`, a part of a file, a draft or an upload.

use serde_json::json;
use tests::{Actor, Answer, Request, TestApp, files, stories};

use crate::contract::Operation;
use crate::operations::{Owner, World, access_request, with_token};
use crate::persons::{ELDAR, NESTEN_SEKSTEN, SKUDDAR};

/// Calls all of these operations: each is refused, and leaves nothing but its entry in the log.
async fn refused(world: &World, actor: &Actor, operations: Vec<(Operation, String)>) {
    assert!(operations.len() > 1);
    world.app.deliver_all().await;
    let counts = || {
        let mut counts = world.app.place().row_counts();
        counts.remove("audit_entry");
        counts
    };
    let before = counts();
    for (operation, path) in operations {
        let answer = world.call(actor, &operation, &path).await;
        answer.check_problem();
        assert!([403, 404].contains(&answer.status), "{}: {answer}", operation.id);
    }
    assert_eq!(before, counts());
}

/// The operations of these owners, each at the path where it was allowed.
fn of_owners(world: &World, owners: &[Owner], but: &[&str]) -> Vec<(Operation, String)> {
    let of = |(operation, owner, _): (Operation, Owner, u16)| {
        let is_meant = owners.contains(&owner) && !but.contains(&operation.id.as_str());
        is_meant.then(|| (operation.clone(), world.path(&operation)))
    };
    with_token().into_iter().filter_map(of).collect()
}

/// Every operation of a mailbox.
fn of_mailbox(world: &World, mailbox: &str) -> Vec<(Operation, String)> {
    let of = |(operation, ..): (Operation, Owner, u16)| {
        let path = operation.path.replace("{mailboxId}", mailbox);
        let path = world.ids.iter().fold(path, |path, (name, id)| path.replace(name, id));
        operation.path.starts_with("/v1/mailboxes/{mailboxId}").then_some((operation, path))
    };
    with_token().into_iter().filter_map(of).collect()
}

/// Somebody begins in the mailbox of another what they go on with after their ground is gone.
async fn begun(world: &World, actor: &Actor) -> Vec<Request> {
    let at = actor.within(&world.citizen.mailbox);
    let (message, file) = (&world.ids["{messageId}"], &world.ids["{attachmentId}"]);
    let attachment = at.own(&format!("/messages/{message}/attachments/{file}"));
    let tag = at.get(&attachment).await.expect(200).header("etag").expect("a tag").to_owned();
    let page = at.get(&at.own("/messages?limit=1")).await.expect(200);
    let cursor = page.text("nextCursor").to_owned();
    let body = access_request(&world.ids["{serviceId}"]);
    let key = world.app.unique("key-");
    let _ = at.post(&at.own("/messages"), &body).key(&key).await.expect(201);
    let draft = at.post(&at.own("/drafts"), &body).await.expect(201).id();
    let upload = at.post(&at.own("/uploads"), &json!({"fileName": "a.pdf"})).await.expect(201).id();
    let fill = at.request(reqwest::Method::PUT, &at.own(&format!("/uploads/{upload}/content")));
    vec![
        at.get(&attachment).header("if-none-match", &tag),
        at.get(&attachment).header("range", "bytes=0-3"),
        at.get(&at.own(&format!("/messages?limit=1&cursor={cursor}"))),
        at.post(&at.own("/messages"), &body).key(&key),
        at.get(&at.own(&format!("/drafts/{draft}"))),
        at.post(&at.own(&format!("/drafts/{draft}/sending")), &json!({})).header("if-match", "*"),
        fill.body("application/octet-stream", files::pdf().bytes),
    ]
}

async fn nothing_goes_on(requests: Vec<Request>) {
    for request in requests {
        let answer: Answer = request.await;
        answer.check_problem();
        assert_eq!(answer.status, 404, "{answer}");
    }
}

stories! {
    async fn ful_8_a_power_that_was_ended_opens_nothing_more(app: TestApp) {
        let world = World::new(app).await;
        let given = world.app.give_power(&world.citizen, ELDAR).await.expect(201).id();
        let holder = world.app.member(ELDAR).await;
        let begun = begun(&world, &holder).await;

        let _ = world.citizen.delete(&format!("/v1/me/powers-of-attorney/{given}")).await.expect(204);

        nothing_goes_on(begun).await;
        refused(&world, &holder, of_mailbox(&world, &world.citizen.mailbox)).await;
    }

    async fn chi_1_parental_responsibility_that_has_ended_opens_nothing_more(app: TestApp) {
        let world = World::new(app).await;
        let child = world.child_mailbox.clone();
        let _ = world.parent.get(&format!("/v1/mailboxes/{child}")).await.expect(200);

        world.app.make_responsible(NESTEN_SEKSTEN, &[]).await;
        world.app.advance("PT2H").await;

        let parent = world.app.member(crate::persons::NAVN).await;
        refused(&world, &parent, of_mailbox(&world, &child)).await;
    }

    async fn dh_7_whoever_is_no_member_any_more_reaches_nothing_of_the_service_and_its_patients(app: TestApp) {
        let world = World::new(app).await;
        let members = world.app.dermatology().path(&format!("/members/{}", world.ids["{personId}"]));

        let _ = world.system.delete(&members).await.expect(204);

        refused(&world, &world.nurse, of_owners(&world, &[Owner::Staff, Owner::Desk], &[])).await;
        refused(&world, &world.nurse, of_mailbox(&world, &world.citizen.mailbox)).await;
    }

    async fn dh_7_whoever_follows_a_patient_up_no_more_reaches_nothing_of_the_patient(app: TestApp) {
        let world = World::new(app).await;
        let row = format!("/follow-ups/{}/{}", world.citizen.mailbox, world.ids["{personId}"]);

        let _ = world.system.delete(&world.app.dermatology().path(&row)).await.expect(204);

        // What is of the service stays open to its members; and what nobody has taken anybody may take.
        let of_service = [
            "queueList", "patientList", "accessRecord", "uploadOpen", "uploadFill", "uploadShow", "assignmentPut",
        ];
        refused(&world, &world.nurse, of_owners(&world, &[Owner::Staff, Owner::Desk], &of_service)).await;
        refused(&world, &world.nurse, of_mailbox(&world, &world.citizen.mailbox)).await;
        let patients = world.nurse.get(&world.app.dermatology().path("/patients")).await.expect(200);
        assert!(patients.items().iter().all(|item| item["mailboxId"] != world.citizen.mailbox.as_str()), "{patients}");
    }

    async fn a_system_that_was_ended_does_nothing_more(app: TestApp) {
        let world = World::new(app).await;
        let client = format!("/v1/organisations/{}/clients/{}", world.app.clinic().id, world.ids["{clientId}"]);
        let _ = world.system.get(&world.app.dermatology().path("/messages")).await.expect(200);

        let _ = world.operator.delete(&client).await.expect(204);

        refused(&world, &world.system, of_owners(&world, &[Owner::System, Owner::Desk], &[])).await;
    }

    async fn con_9_consent_that_was_withdrawn_closes_everything_that_is_content(app: TestApp) {
        let world = World::new(app).await;
        let (message, key) = (&world.ids["{messageId}"], world.app.unique("key-"));
        let body = access_request(&world.ids["{serviceId}"]);
        let _ = world.citizen.post(&world.citizen.own("/messages"), &body).key(&key).await.expect(201);

        let _ = world.citizen.delete("/v1/me/consent").await.expect(204);

        let open = [
            "mailboxShow", "accessExplain", "accessLogList", "mailboxConsentSet", "mailboxConsentWithdraw",
        ];
        let content = of_mailbox(&world, &world.citizen.mailbox).into_iter();
        let content = content.filter(|(operation, _)| !open.contains(&operation.id.as_str())).collect();
        refused(&world, &world.citizen, content).await;
        let again = world.citizen.post(&world.citizen.own("/messages"), &body).key(&key).await;
        let _ = again.problem("consent-required");
        let _ = world.citizen.get(&world.citizen.own(&format!("/messages/{message}"))).await.problem("consent-required");
        assert_eq!(world.app.person(SKUDDAR).mailbox, world.citizen.mailbox);
    }
}

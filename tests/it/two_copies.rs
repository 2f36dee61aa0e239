//! What is written lies in two copies, the owner's and the service's, and each ends without the other. Who can write to the
//! database moves neither to another sender.

use serde_json::json;
use tests::{Actor, Database, TestApp, files, stories};

use crate::dialogue::{HomeCare, home_care_of};
use crate::persons::SKUDDAR;
use crate::verify::{faults, verify};

const QUESTION: &str = "Kan dere komme senere?";
const ANSWER: &str = "Vi kommer klokken ni.";

/// A conversation with a question, and an answer to it.
async fn conversation(care: &HomeCare) -> (String, String) {
    let conversation = care.written("Besøket").await;
    let answer = care.answer(&conversation, ANSWER).await.expect(201).id();
    (conversation, answer)
}

/// What the bodies of a conversation say to somebody of the service.
async fn at_desk(care: &HomeCare, reader: &Actor, conversation: &str) -> Vec<String> {
    let turns = reader.get(&care.desk(conversation, "/messages")).await.expect(200);
    assert_eq!(turns["damaged"], json!(null), "{turns}");
    turns.items().iter().map(|turn| turn["body"].as_str().expect("a body").to_owned()).collect()
}

async fn in_inbox(citizen: &Actor, message: &str) -> String {
    let message = citizen.get(&citizen.own(&format!("/messages/{message}"))).await.expect(200);
    message.text("body").to_owned()
}

/// The bytes of the first file of a message, as its owner gets them.
async fn file_of(citizen: &Actor, message: &str) -> Vec<u8> {
    let path = citizen.own(&format!("/messages/{message}"));
    let shown = citizen.get(&path).await.expect(200);
    let file = shown["attachments"][0]["id"].as_str().expect("a file");
    citizen.get(&format!("{path}/attachments/{file}")).await.expect(200).bytes.to_vec()
}

/// How many copies of messages there are still, the owner's and the service's.
fn copies(app: &TestApp, mailbox: &str) -> [i64; 2] {
    ["owner_key", "service_key"].map(|key| {
        let mailbox = app.place().id(mailbox);
        app.place().number(&format!(
            "SELECT count(*) AS number FROM message WHERE mailbox_id = {mailbox} AND {key} IS NOT NULL"
        ))
    })
}

/// Something else than what was stored.
fn nonsense(app: &TestApp) -> &'static str {
    match app.place().database() {
        Database::Postgres => r"'\x0000'::bytea",
        Database::Sqlite => "x'0000'",
    }
}

stories! {
    async fn bx_7_pp_7_deleting_ends_the_owners_copy_and_the_services_goes_on(app: TestApp) {
        let care = home_care_of(&app).await;
        let (citizen, mailbox) = (&care.citizen, &care.citizen.mailbox);
        let (conversation, answer) = conversation(&care).await;
        assert_eq!(copies(&app, mailbox), [2, 2]);

        let _ = citizen.delete(&citizen.own(&format!("/messages/{answer}"))).await.expect(204);

        assert_eq!(copies(&app, mailbox), [1, 2], "nothing that is the owner's opens it any more");
        for reader in [&care.nurse, &care.system] {
            assert_eq!(at_desk(&care, reader, &conversation).await, [QUESTION, ANSWER]);
        }
        assert_eq!(faults(&verify(app.place(), &["--all"]).1), vec![]);
    }

    async fn con_9_tk_8_withdrawn_consent_ends_the_owners_copies_for_good(app: TestApp) {
        let care = home_care_of(&app).await;
        let (conversation, _) = conversation(&care).await;
        let citizen = &care.citizen;

        let _ = citizen.delete("/v1/me/consent").await.expect(204);

        assert_eq!(copies(&app, &citizen.mailbox), [0, 2]);
        assert_eq!(at_desk(&care, &care.nurse, &conversation).await, [QUESTION, ANSWER]);
        let citizen = app.member(SKUDDAR).await;
        assert_eq!(citizen.get(&citizen.own("/messages")).await.expect(200).items().len(), 0);
        assert_eq!(copies(&app, &citizen.mailbox), [0, 2], "a new consent brings nothing back");
    }

    async fn bx_7_with_the_mailboxs_keys_gone_the_service_has_its_record(app: TestApp) {
        let care = home_care_of(&app).await;
        let (conversation, answer) = conversation(&care).await;
        let (citizen, mailbox) = (&care.citizen, app.place().id(&care.citizen.mailbox));

        app.place().execute(&format!("UPDATE mailbox SET data_key = {} WHERE id = {mailbox}", nonsense(&app)));

        let _ = citizen.get(&citizen.own(&format!("/messages/{answer}"))).await.problem("internal-error");
        for reader in [&care.nurse, &care.system] {
            assert_eq!(at_desk(&care, reader, &conversation).await, [QUESTION, ANSWER]);
            let queue = reader.get(&care.service.path("/conversations")).await.expect(200);
            let patient = &queue.items()[0]["patient"];
            assert_eq!(patient["name"], app.person(SKUDDAR).name, "whose it is, the service must know");
            assert_eq!(patient["subject"], "Besøket");
        }
        // An answer would have no copy for the owner, so there is none.
        let _ = care.answer(&conversation, ANSWER).await.problem("internal-error");
    }

    async fn bx_7_with_the_services_keys_gone_the_owner_has_theirs(app: TestApp) {
        let care = home_care_of(&app).await;
        let (_, answer) = conversation(&care).await;
        let letter = app.message("Brev").body("Hei").from(&care.system, &care.service).file(files::pdf()).deliver().await;
        let before = file_of(&care.citizen, &letter).await;
        let service = app.place().id(&care.service.id);

        app.place().execute(&format!("UPDATE service SET data_key = {} WHERE id = {service}", nonsense(&app)));

        // A server that has not had them in hand.
        let again = app.again(&[]).await;
        let citizen = again.citizen(SKUDDAR).await;
        assert_eq!(in_inbox(&citizen, &answer).await, ANSWER);
        assert_eq!(in_inbox(&citizen, &letter).await, "Hei");
        assert_eq!(file_of(&citizen, &letter).await, before);
        let nurse = again.health_worker(crate::persons::DAGNY, again.municipality()).await;
        let _ = nurse.get(&care.service.path("/conversations")).await.problem("internal-error");
    }

    async fn a_message_opens_as_its_own_senders_alone(app: TestApp) {
        let citizen = app.member(SKUDDAR).await;
        let (kept, forged) = (app.message("Ekte").deliver().await, app.message("Forfalsket").deliver().await);
        let (other, id) = (app.place().id(&app.appeals().id), app.place().id(&forged));
        let path = citizen.own(&format!("/messages/{forged}"));
        let _ = citizen.get(&path).await.expect(200);

        app.place().execute(&format!("UPDATE message SET service_id = {other} WHERE id = {id}"));

        let _ = citizen.get(&path).await.problem("internal-error");
        let list = citizen.get(&citizen.own("/messages")).await.expect(200);
        assert_eq!(list["damaged"], json!([forged]), "{list}");
        assert_eq!(list.items().iter().map(|item| item["id"].clone()).collect::<Vec<_>>(), [json!(kept)]);
        assert_eq!(faults(&verify(app.place(), &["--all"]).1).len(), 1);
    }
}

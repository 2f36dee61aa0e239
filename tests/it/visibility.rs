//! BX-5: what the overview shows is what can be read one by one, and what is counted. And how it looks to those who see
//! nothing.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use tests::{Actor, Database, Service, TestApp, files, stories, without_instance};

use crate::dialogue::{HomeCare, home_care_of};
use crate::persons::{ELDRID, MILLENNIA, SKUDDAR};

const LEVELS: [&str; 3] = ["basis", "basisPlus", "full"];

stories! {
    async fn bx_5_the_overview_the_count_and_the_single_reads_agree_in_every_world(app: TestApp) {
        let (operator, patient) = (app.operator().await, app.member_at(SKUDDAR, "full").await);
        let system = app.ehr().await;
        let mut sent = vec![];
        for minimum in LEVELS {
            for protected in [true, false] {
                let service = open(&app, &operator, minimum, protected).await;
                let id = app.message("Svar").from(&system, &service).file(files::pdf()).deliver().await;
                sent.push((id, minimum, protected));
            }
        }

        for is_protected in [false, true] {
            if is_protected {
                let _ = app.change_person(SKUDDAR, &json!({"protection": "confidential"})).await;
            }
            for level in LEVELS {
                let _ = patient.put("/v1/me/consent", &json!({"level": level})).await.expect(200);
                let rank = |word: &str| LEVELS.iter().position(|level| *level == word);
                let expected: BTreeSet<&str> = sent
                    .iter()
                    .filter(|(_, minimum, open)| rank(minimum) <= rank(level) && (!is_protected || *open))
                    .map(|(id, ..)| id.as_str())
                    .collect();
                let world = format!("protected {is_protected}, consent {level}");
                let sent: Vec<&str> = sent.iter().map(|(id, ..)| id.as_str()).collect();
                compare(&app, &patient, &sent, &expected, &world).await;
            }
        }
    }

    async fn ful_18_an_answer_is_for_nobody_who_does_not_see_all_that_came_before(app: TestApp) {
        let care = home_care_of(&app).await;
        let holder = app.member(MILLENNIA).await.within(&care.citizen.mailbox);
        let _ = app.give_power(&care.citizen, MILLENNIA).await.expect(201);
        let seen_by = async |reader: &Actor, conversation: &str| {
            let path = format!("/messages?conversationId={conversation}");
            reader.get(&reader.own(&path)).await.expect(200).items().len()
        };

        // The service closes itself to holders for one answer.
        let conversation = care.written("Besøk").await;
        open_to_holders(&care, false).await;
        let _ = care.answer(&conversation, "Svar").await.expect(201);
        open_to_holders(&care, true).await;
        let _ = care.answer(&conversation, "Mer").await.expect(201);

        assert_eq!((seen_by(&holder, &conversation).await, seen_by(&care.citizen, &conversation).await), (1, 3));

        // The owner withholds the first of a conversation, for as long as an answer takes.
        let conversation = care.written("Medisin").await;
        let first = care.citizen.get(&care.citizen.own(&format!("/messages?conversationId={conversation}"))).await.expect(200);
        let path = care.citizen.own(&format!("/messages/{}/withheld-from-holders", first.items()[0]["id"].as_str().expect("an id")));
        let _ = care.citizen.put(&path, &json!({"withheld": true})).await.expect(204);
        let _ = care.answer(&conversation, "Svar").await.expect(201);
        assert_eq!(seen_by(&holder, &conversation).await, 0);
        let _ = care.citizen.put(&path, &json!({"withheld": false})).await.expect(204);

        assert_eq!((seen_by(&holder, &conversation).await, seen_by(&care.citizen, &conversation).await), (1, 2));
    }
}

async fn open_to_holders(care: &HomeCare, is_open: bool) {
    let dialogue = json!({"accepts": ["dialogue"]});
    let policy =
        json!({"name": "Hjemmetjenesten", "kind": "municipalCare", "powerOfAttorney": is_open, "dialogue": dialogue});
    let _ = care.system.put(&care.service.path(""), &policy).header("if-match", "*").await.expect(200);
}

async fn open(app: &TestApp, operator: &Actor, minimum: &str, protected: bool) -> Service {
    let policy = json!({"minimumConsent": minimum, "availableAtProtectedAddress": protected});
    app.open_service(operator, app.clinic(), &policy).await
}

/// The path of the only file of a message, below the mailbox.
pub(crate) fn file_of(app: &TestApp, message: &str) -> String {
    let place = app.place();
    let column = match place.database() {
        Database::Postgres => "id::text",
        Database::Sqlite => "hex(id)",
    };
    let query = format!("SELECT {column} AS text FROM attachment WHERE message_id = {}", place.id(message));
    let id: uuid::Uuid = place.texts(&query).concat().parse().expect("the message has one file");
    format!("/messages/{message}/attachments/{id}")
}

/// Checks that of all these messages, each of which has a file, somebody sees the expected ones and no others, whichever
/// way they look.
pub(crate) async fn compare(app: &TestApp, reader: &Actor, sent: &[&str], expected: &BTreeSet<&str>, world: &str) {
    for id in sent {
        // Unread again, so that the count is of all that can be seen; refused where it cannot.
        let mark = reader.put(&reader.own(&format!("/messages/{id}/read")), &json!({"read": false})).await;
        assert_eq!(mark.status == 204, expected.contains(id), "{world}: mark {mark}");
    }
    let count = reader.get(&reader.own("")).await.expect(200);
    let overview = reader.get(&reader.own("/messages")).await.expect(200);
    let unread = reader.get(&reader.own("/messages?unread=true")).await.expect(200);
    let (mut readable, mut fetchable) = (BTreeSet::new(), BTreeSet::new());
    for id in sent {
        for (path, seen) in [(format!("/messages/{id}"), &mut readable), (file_of(app, id), &mut fetchable)] {
            match reader.get(&reader.own(&path)).await {
                answer if answer.status == 200 => {
                    seen.insert(*id);
                }
                answer => drop(answer.problem("not-found")),
            }
        }
    }
    assert_eq!(&readable, expected, "{world}: single reads");
    assert_eq!(&fetchable, expected, "{world}: files");
    assert_eq!(&overview.each("id").into_iter().collect::<BTreeSet<_>>(), expected, "{world}: overview");
    assert_eq!(&unread.each("id").into_iter().collect::<BTreeSet<_>>(), expected, "{world}: unread");
    assert_eq!(count["unread"], expected.len(), "{world}: count");
}

/// Checks that somebody hears of a mailbox and of a message in it, which has a file, what a stranger hears.
pub(crate) async fn sees_what_a_stranger_sees(app: &TestApp, caller: &Actor, message: &str) {
    let stranger = app.citizen(ELDRID).await.within(&caller.mailbox);
    let of_message = format!("/messages/{message}");
    for (method, rest) in [
        (Method::GET, String::new()),
        (Method::GET, "/messages".to_owned()),
        (Method::GET, of_message.clone()),
        (Method::DELETE, of_message),
        (Method::GET, file_of(app, message)),
        (Method::GET, "/access-log".to_owned()),
    ] {
        let heard = caller.request(method.clone(), &caller.own(&rest)).await.problem("not-found");
        let by_stranger = stranger.request(method, &stranger.own(&rest)).await;
        assert_eq!(without_instance(&heard), without_instance(&by_stranger), "{rest}");
    }
}

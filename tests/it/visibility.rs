//! BX-5: what the overview shows is what can be read one by one, and what is counted. And how it looks to those who see
//! nothing.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use tests::{Actor, Database, Service, TestApp, files, stories, without_instance};

use crate::persons::{ELDRID, SKUDDAR};

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

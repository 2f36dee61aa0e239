//! No caller stops the server, or takes another's place: each limit, and an honest caller beside it who is served.

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Actor, Answer, Database, TestApp, files, stories};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::dialogue::{HomeCare, home_care_of, inquiry};
use crate::persons::{ELDRID, FRODE, MILLENNIA, MONA, SKUDDAR};
use crate::powers::{give, path_of};

const BYTES: &str = "application/octet-stream";
/// The address of anybody who has no business here.
const FAR: &str = "198.51.100.7";

async fn open(author: &Actor) -> Answer {
    author.post(&author.own("/uploads"), &json!({"fileName": "a.pdf"})).await
}

async fn fill(author: &Actor, id: &str, bytes: Vec<u8>) -> Answer {
    author.request(Method::PUT, &author.own(&format!("/uploads/{id}/content"))).body(BYTES, bytes).await
}

fn with_file(care: &HomeCare, id: &str) -> Value {
    let mut body = inquiry(&care.service, "dialogue", "Med fil");
    body["attachments"] = json!([{"uploadId": id}]);
    body
}

fn limit(refused: &Answer) -> (&str, u64) {
    assert!(refused.header("retry-after").is_some(), "{refused}");
    (refused["limit"]["name"].as_str().expect("a name"), refused["limit"]["most"].as_u64().expect("a number"))
}

stories! {
    async fn p_10_what_somebody_hands_in_is_theirs_alone(app: TestApp) {
        let care = home_care_of(&app).await;
        let _ = app.give_power(&care.citizen, MILLENNIA).await.expect(201);
        let (owner, holder) = (&care.citizen, &app.member(MILLENNIA).await.within(&care.citizen.mailbox));
        for (author, other) in [(owner, holder), (holder, owner)] {
            let id = open(author).await.expect(201).id();
            let unknown = fill(other, "01890a5d-ac96-774b-bcce-b302099a8057", files::pdf().bytes).await.problem("not-found");

            let taken = fill(other, &id, files::pdf().bytes).await.problem("not-found");

            assert_eq!(tests::without_instance(&taken).2, tests::without_instance(&unknown).2);
            let _ = fill(author, &id, files::pdf().bytes).await.expect(200);
            let named = ("/attachments/0/uploadId".to_owned(), "unknown_upload".to_owned());
            for path in ["/messages", "/drafts"] {
                let refused = other.post(&other.own(path), &with_file(&care, &id)).await.problem("invalid-request");
                assert_eq!(refused.violations(), std::slice::from_ref(&named), "{path}");
            }
            // Whoever handed it in names it in a draft and sends it, also for somebody else.
            let _ = author.post(&author.own("/drafts"), &with_file(&care, &id)).await.expect(201);
            let _ = author.post(&author.own("/messages"), &with_file(&care, &id)).await.expect(201);
        }
    }

    async fn p_10_at_a_service_the_files_of_a_system_are_not_those_of_its_staff(app: TestApp) {
        let care = home_care_of(&app).await;
        let conversation = care.written("Hei").await;
        let path = care.service.path("/uploads");
        let id = care.system.post(&path, &json!({"fileName": "a.pdf"})).key("a").await.expect(201).id();
        let content = format!("{path}/{id}/content");
        let _ = care.system.request(Method::PUT, &content).body(BYTES, files::pdf().bytes).await.expect(200);

        let _ = care.nurse.get(&format!("{path}/{id}")).await.problem("not-found");
        let _ = care.nurse.request(Method::PUT, &content).body(BYTES, files::pdf().bytes).await.problem("not-found");
        let answer = json!({"body": "Se vedlegg", "attachments": [{"uploadId": id}]});
        let refused = care.nurse.post(&care.desk(&conversation, "/messages"), &answer).header("if-match", "*").await.problem("invalid-request");
        assert_eq!(refused.violations(), [("/attachments/0/uploadId".to_owned(), "unknown_upload".to_owned())]);
        let _ = care.system.get(&format!("{path}/{id}")).await.expect(200);
        let _ = care.system.post(&care.desk(&conversation, "/messages"), &answer).header("if-match", "*").await.expect(201);
    }

    async fn nobody_has_more_files_lying_here_than_the_limit_and_others_have_theirs(database: Database) {
        let settings = [("BREVDUE_LIMITS__UPLOADS_OF_PERSON", "3"), ("BREVDUE_LIMITS__UPLOAD_MEBIBYTES_OF_PERSON", "1")];
        let app = TestApp::start_with(database, &settings).await;
        let care = home_care_of(&app).await;
        let citizen = &care.citizen;
        let _ = app.give_power(citizen, MILLENNIA).await.expect(201);
        let holder = app.member(MILLENNIA).await.within(&citizen.mailbox);

        // All at once: no more than fit.
        let opened = join_all((0..8).map(|_| open(citizen))).await;

        let ids: Vec<String> = opened.iter().filter(|answer| answer.status == 201).map(Answer::id).collect();
        assert_eq!(ids.len(), 3, "{opened:?}");
        let refused = open(citizen).await.problem("quota-exceeded");
        assert_eq!(limit(&refused), ("uploads", 3));
        // A day, when the first goes.
        assert!(refused.header("retry-after").and_then(|text| text.parse::<u32>().ok()).is_some_and(|seconds| seconds > 80_000));
        let _ = open(&holder).await.expect(201);
        // Bytes: what is over the limit is not kept.
        let half = files::pdf_of(600_000).bytes;
        let _ = fill(citizen, &ids[0], half.clone()).await.expect(200);
        let before = app.place().blob_count();
        let refused = fill(citizen, &ids[1], half.clone()).await.problem("quota-exceeded");
        assert_eq!(limit(&refused), ("uploadBytes", 1024 * 1024));
        assert_eq!(app.place().blob_count(), before);
        // The same bytes again get the same answer, and what was sent makes room.
        let _ = fill(citizen, &ids[0], half.clone()).await.expect(200);
        let _ = citizen.post(&citizen.own("/messages"), &with_file(&care, &ids[0])).await.expect(201);
        let _ = fill(citizen, &ids[1], half).await.expect(200);
        let _ = open(citizen).await.expect(201);
        // Systems have a limit of their own.
        for key in ["a", "b", "c", "d"] {
            let _ = care.system.post(&care.service.path("/uploads"), &json!({"fileName": "a.pdf"})).key(key).await.expect(201);
        }
    }

    async fn nobody_has_more_drafts_than_the_limit_however_many_come_at_once(app: TestApp) {
        let (citizen, other) = (app.member(SKUDDAR).await, app.member(ELDRID).await);
        for _ in 0..97 {
            let _ = citizen.post(&citizen.own("/drafts"), &json!({})).await.expect(201);
        }

        let begun = join_all((0..8).map(async |_| citizen.post(&citizen.own("/drafts"), &json!({})).await)).await;

        assert_eq!(begun.iter().filter(|answer| answer.status == 201).count(), 3);
        let _ = other.post(&other.own("/drafts"), &json!({})).await.expect(201);
    }

    async fn who_has_as_many_requests_running_as_may_waits_and_others_do_not(database: Database) {
        let app = TestApp::start_with(database, &[("BREVDUE_LIMITS__REQUESTS_AT_ONCE_OF_PERSON", "1")]).await;
        let care = home_care_of(&app).await;
        let (citizen, other) = (&care.citizen, app.member(ELDRID).await);
        let id = open(citizen).await.expect(201).id();
        let (rest, is_sent) = oneshot::channel::<()>();
        let mut bytes = files::pdf().bytes;
        let end = bytes.split_off(10);
        let end = stream::once(async { is_sent.await.map(|()| Bytes::from(end)).map_err(std::io::Error::other) });
        let body = stream::iter([Ok(Bytes::from(bytes))]).chain(end);
        let path = citizen.own(&format!("/uploads/{id}/content"));
        let slow = citizen.request(Method::PUT, &path).body(BYTES, reqwest::Body::wrap_stream(body));
        let slow = tokio::spawn(async { slow.await });

        // The bytes that are to come are noted when the server has begun with it.
        let begun = "SELECT count(*) AS number FROM loose_blob";
        while tokio::task::block_in_place(|| app.place().number(begun)) == 0 {
            tokio::task::yield_now().await;
        }

        let refused = citizen.get("/v1/me").await.problem("quota-exceeded");

        assert_eq!(limit(&refused), ("requestsAtOnce", 1));
        let _ = other.get("/v1/me").await.expect(200);
        let _ = care.system.get(&care.service.path("/uploads/01890a5d-ac96-774b-bcce-b302099a8057")).await.problem("not-found");
        rest.send(()).expect("it waits");
        let _ = slow.await.expect("it is sent").expect(200);
        let _ = citizen.get("/v1/me").await.expect(200);
    }

    async fn a_body_that_does_not_come_is_broken_off_and_one_that_does_is_taken(database: Database) {
        let settings = [("BREVDUE_LIMITS__BODY_GRACE_SECONDS", "1"), ("BREVDUE_LIMITS__BODY_BYTES_A_SECOND", "1000000")];
        let app = TestApp::start_with(database, &settings).await;
        // The honest ones have no haste, for the sake of a machine that has much to do.
        let honest = app.again(&[]).await;
        let citizen = app.member(SKUDDAR).await;
        let id = open(&citizen).await.expect(201).id();
        let token = citizen.token.clone().expect("a token");
        let heads = [
            format!("PUT {} HTTP/1.1\r\ncontent-type: {BYTES}\r\n", citizen.own(&format!("/uploads/{id}/content"))),
            format!("POST {} HTTP/1.1\r\ncontent-type: application/json\r\n", citizen.own("/drafts")),
        ];
        for head in heads {
            let mut connection = TcpStream::connect(app.base().trim_start_matches("http://")).await.expect("it listens");
            let head = format!("{head}host: brevdue\r\nauthorization: Bearer {token}\r\ncontent-length: 1000000\r\n\r\n{{");
            connection.write_all(head.as_bytes()).await.expect("it reads");

            let mut answer = [0; 12];
            // It answers by itself: nothing more is sent.
            connection.read_exact(&mut answer).await.expect("an answer");

            assert_eq!(&answer, b"HTTP/1.1 408");
        }
        let citizen = honest.citizen(SKUDDAR).await;
        let _ = fill(&citizen, &id, files::pdf().bytes).await.expect(200);
    }

    async fn what_a_proxy_says_is_believed_of_proxies_that_are_trusted(database: Database) {
        let limits = [("BREVDUE_RATE_LIMIT__CITIZEN_PER_SECOND", "1"), ("BREVDUE_RATE_LIMIT__CITIZEN_BURST", "1000")];
        let app = TestApp::start_with(database, &limits).await;
        let behind = app.again(&[limits[0], limits[1], ("BREVDUE_HTTP__TRUSTED_PROXIES", "127.0.0.0/8, ::1")]).await;
        let left = async |app: &TestApp, address: String| {
            let answer = app.nobody().get("/v1/privacy-notices").header("x-forwarded-for", &address).await.expect(200);
            answer.header("ratelimit").expect("what is left").to_owned()
        };
        let full = |left: &str| left.starts_with("\"default\";r=999;");

        for n in 0..30 {
            // Each is somebody else, who has used nothing; what the client has written before the proxy's word counts for nothing.
            assert!(full(&left(&behind, format!("192.0.2.9, 203.0.113.{n}")).await), "{n}");
        }
        let mut last = String::new();
        for n in 0..30 {
            last = left(&app, format!("203.0.113.{n}")).await;
        }
        assert!(!full(&last), "one address has used it all: {last}");
        assert!(full(&left(&behind, FAR.to_owned()).await));
    }

    async fn giving_and_ending_powers_pesters_nobody(database: Database) {
        let settings = [
            ("BREVDUE_LIMITS__POWERS_A_DAY", "4"),
            ("BREVDUE_LIMITS__POWER_NOTICES_OF_PAIR_A_DAY", "1"),
            ("BREVDUE_LIMITS__POWER_NOTICES_A_DAY", "2"),
        ];
        let app = TestApp::start_with(database, &settings).await;
        app.set_time("2027-01-11T11:00:00Z").await;
        let (giver, victim) = (app.member(ELDRID).await, app.member(SKUDDAR).await);
        let notified = async || {
            app.deliver_all().await;
            let contact = app.registered(SKUDDAR).await["contact"]["mobile"]["address"].clone();
            let outbox = app.nobody().get("/sandbox/outbox").await.expect(200);
            outbox.items().iter().filter(|sent| sent["to"] == contact).count()
        };

        for _ in 0..4 {
            let id = give(&giver, SKUDDAR, &[3]).await.expect(201).id();
            let _ = giver.delete(&path_of(&id)).await.expect(204);
        }

        let refused = give(&giver, SKUDDAR, &[3]).await.problem("quota-exceeded");
        assert_eq!(limit(&refused), ("powersADay", 4));
        assert_eq!(notified().await, 1, "of the first");
        let inbox = victim.get(&victim.own("/messages?limit=50")).await.expect(200);
        assert_eq!(inbox.items().len(), 8, "each is in the inbox");
        // Somebody else is told of, and a letter is, whatever others have done; of a third one nobody is.
        let _ = give(&app.member(MONA).await, SKUDDAR, &[3]).await.expect(201);
        assert_eq!(notified().await, 2);
        let _ = give(&app.member(FRODE).await, SKUDDAR, &[3]).await.expect(201);
        assert_eq!(notified().await, 2);
        let _ = app.message("Svar på prøve").deliver().await;
        assert_eq!(notified().await, 3);
        // After a day all begins anew.
        app.advance("P1DT1M").await;
        let _ = give(&app.citizen(ELDRID).await, SKUDDAR, &[3]).await.expect(201);
        assert_eq!(notified().await, 4);
    }
}

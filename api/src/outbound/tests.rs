//! The gateway for SMS against one that runs here: what it is sent, and what its answers mean.

use std::sync::Mutex;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use domain::id::NoticeId;
use secrecy::SecretString;

use super::{Messenger as _, OutgoingNotice, SendError, SmsGateway};
use crate::settings::{SmsSettings, SmsShape};

#[derive(Default)]
struct Seen {
    heads: Vec<(String, String)>,
    bodies: Vec<String>,
}

async fn answer(seen: Data<Mutex<Seen>>, request: HttpRequest, body: Bytes, status: web::Path<u16>) -> HttpResponse {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let mut seen = seen.lock().expect("what was seen");
    seen.heads.push((header("authorization"), header("idempotency-key")));
    seen.bodies.push(String::from_utf8_lossy(&body).into_owned());
    let status = actix_web::http::StatusCode::from_u16(status.into_inner()).expect("a status");
    HttpResponse::build(status).insert_header(("location", "http://127.0.0.1:9/")).body("x".repeat(100_000))
}

struct Gateway {
    address: String,
    seen: Data<Mutex<Seen>>,
}

impl Gateway {
    fn start() -> Self {
        let seen = Data::new(Mutex::new(Seen::default()));
        let state = seen.clone();
        let server =
            HttpServer::new(move || App::new().app_data(state.clone()).route("/{status}", web::post().to(answer)))
                .workers(1)
                .bind(("127.0.0.1", 0))
                .expect("an address");
        let address = format!("http://{}", server.addrs().first().expect("an address"));
        drop(actix_web::rt::spawn(server.run()));
        Self { address, seen }
    }

    fn client(&self, status: u16, shape: SmsShape) -> SmsGateway {
        let secret = SecretString::from("hemmelig");
        let user = (shape == SmsShape::Form).then(|| "konto".to_owned());
        let url = format!("{}/{status}", self.address);
        SmsGateway::new(SmsSettings { url, shape, sender: "Brevdue".to_owned(), user, secret }).expect("a client")
    }
}

fn notice() -> OutgoingNotice {
    let text = "Du har fått en melding fra Solvika & Co.".to_owned();
    OutgoingNotice { id: NoticeId::from(uuid::Uuid::from_u128(7)), to: "+4799000001".to_owned(), subject: "", text }
}

#[actix_web::test]
async fn both_shapes_carry_the_notice_and_its_id() {
    let gateway = Gateway::start();
    for shape in [SmsShape::Json, SmsShape::Form] {
        gateway.client(202, shape).send(&notice()).await.expect("taken");
    }

    let seen = gateway.seen.lock().expect("what was seen");
    let id = uuid::Uuid::from_u128(7).to_string();
    assert_eq!(
        seen.heads,
        [("Bearer hemmelig".to_owned(), id.clone()), ("Basic a29udG86aGVtbWVsaWc=".to_owned(), id.clone())]
    );
    let json: serde_json::Value = serde_json::from_str(&seen.bodies[0]).expect("JSON");
    let text = "Du har fått en melding fra Solvika & Co.";
    assert_eq!(json, serde_json::json!({"to": "+4799000001", "from": "Brevdue", "text": text, "reference": id}));
    assert_eq!(seen.bodies[1], "To=%2B4799000001&From=Brevdue&Body=Du+har+f%C3%A5tt+en+melding+fra+Solvika+%26+Co.");
}

#[actix_web::test]
async fn what_an_answer_means() {
    let gateway = Gateway::start();
    for (status, is_refused) in [
        (400, true),
        (404, true),
        (422, true),
        (302, false),
        (401, false),
        (403, false),
        (429, false),
        (500, false),
        (503, false),
    ] {
        let sent = gateway.client(status, SmsShape::Json).send(&notice()).await;
        match sent {
            Err(SendError::Refused(_)) => assert!(is_refused, "{status}"),
            Err(SendError::Away(_)) => assert!(!is_refused, "{status}"),
            Ok(()) => panic!("{status} is no success"),
        }
    }
    let nobody = SmsSettings {
        url: "http://127.0.0.1:9/".to_owned(),
        shape: SmsShape::Json,
        sender: "Brevdue".to_owned(),
        user: None,
        secret: SecretString::from("hemmelig"),
    };
    let sent = SmsGateway::new(nobody).expect("a client").send(&notice()).await;
    assert!(matches!(sent, Err(SendError::Away(_))));
}

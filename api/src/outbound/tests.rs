//! What goes to gateways and printers, and what their answers mean: against a server on this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use domain::id::{HandoverId, NoticeId};
use domain::identity::OrganisationNumber;
use domain::postal_address::PostalAddress;
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, iter};
use persistence::{Destination, StoreError};
use secrecy::SecretString;

use super::test_server::TestServer;
use super::{
    Carrier as _, Consignment, Document, Messenger as _, OutgoingNotice, Pdf, PrintFolder, PrintService, Progress,
    SendError, SmsGateway, StoredPdf,
};
use crate::settings::{SmsSettings, SmsShape};

const TEXT: &str = "Du har fått en melding fra Solvika & Co.";

/// Answers with the status that its path names, a redirect to nowhere, and more than anybody wants to read.
fn server() -> TestServer {
    TestServer::start(|asked, _| {
        let status = asked.path.trim_start_matches('/');
        Some((format!("{status} Answer\r\nlocation: http://127.0.0.1:9/"), vec![b'x'; 100_000]))
    })
}

fn gateway(url: String, shape: SmsShape) -> SmsGateway {
    let user = (shape == SmsShape::Form).then(|| "konto".to_owned());
    let (sender, secret) = ("Brevdue".to_owned(), SecretString::from("hemmelig"));
    SmsGateway::new(SmsSettings { url, shape, sender, user, secret }).expect("a client")
}

fn notice() -> OutgoingNotice {
    let id = NoticeId::from(uuid::Uuid::from_u128(7));
    OutgoingNotice { id, to: "+4799000001".to_owned(), subject: "".into(), text: TEXT.to_owned() }
}

/// A letter with a file.
pub(super) fn letter_to(to: Destination) -> Consignment {
    Consignment {
        id: HandoverId::from(uuid::Uuid::from_u128(7)),
        to,
        sender: OrganisationNumber::parse("310000019").expect("a number"),
        documents: [("Vedtak", "%PDF-first"), ("Bilag.pdf", "%PDF-second")]
            .map(|(title, pdf)| Document { title: title.to_owned(), pdf: Pdf::Made(pdf.into()) })
            .into(),
    }
}

fn letter() -> Consignment {
    let address = PostalAddress::from_register(vec!["0001 Oslo".to_owned()]).expect("an address");
    letter_to(Destination::Paper { name: "Kari Testesen".to_owned(), address })
}

/// What came of something that was sent, as a word.
pub(super) fn word<T>(sent: Result<T, SendError>) -> &'static str {
    match sent {
        Ok(_) => "taken",
        Err(SendError::Unreached(_)) => "unreached",
        Err(SendError::Away(_)) => "away",
        Err(SendError::Refused(_)) => "refused",
        Err(SendError::Unknown(_)) => "unknown",
    }
}

#[tokio::test]
async fn both_shapes_of_sms_carry_the_notice_and_its_id() {
    let (server, id) = (server(), uuid::Uuid::from_u128(7));
    for shape in [SmsShape::Json, SmsShape::Form] {
        gateway(server.url("/202"), shape).send(&notice()).await.expect("taken");
    }

    let asked = server.asked("/202");
    assert!(asked.iter().all(|asked| asked.head.contains(&format!("idempotency-key: {id}"))));
    assert!(asked[0].head.contains("authorization: Bearer hemmelig"));
    assert!(asked[1].head.contains("authorization: Basic a29udG86aGVtbWVsaWc="));
    let json: serde_json::Value = serde_json::from_str(&asked[0].body).expect("JSON");
    assert_eq!(json, serde_json::json!({"to": "+4799000001", "from": "Brevdue", "text": TEXT, "reference": id}));
    assert_eq!(asked[1].body, "To=%2B4799000001&From=Brevdue&Body=Du+har+f%C3%A5tt+en+melding+fra+Solvika+%26+Co.");
}

#[tokio::test]
async fn a_printer_gets_the_slip_and_every_document_under_an_id() {
    let (server, id) = (server(), uuid::Uuid::from_u128(7));
    let printer = PrintService::new(server.url("/202"), SecretString::from("hemmelig")).expect("a client");
    assert_eq!(printer.hand_over(&letter()).await.expect("taken"), Progress::Arrived);

    let asked = server.asked("/202").remove(0);
    assert!(asked.head.contains(&format!("idempotency-key: {id}")) && asked.head.contains("Bearer hemmelig"));
    let slip = format!(r#"{{"id":"{id}","address":["Kari Testesen","0001 Oslo"],"documents":2}}"#);
    let places = [slip.as_str(), "%PDF-first", "%PDF-second"].map(|part| asked.body.find(part));
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{}", asked.body);
    assert!(!asked.body.contains("Vedtak"), "what it is called stands on the letter alone");
}

#[tokio::test]
async fn a_letter_lies_in_the_folder_whole_and_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("print");
    let (printer, letter) = (PrintFolder::new(folder.clone()), letter());

    for _ in 0..2 {
        assert_eq!(printer.hand_over(&letter).await.expect("written"), Progress::Arrived);
    }

    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    let id = letter.id.to_string();
    assert_eq!(names, [format!("{id}-1.pdf"), format!("{id}-2.pdf"), format!("{id}.json")]);
    let slip = std::fs::read(folder.join(format!("{id}.json"))).expect("the slip");
    let slip: serde_json::Value = serde_json::from_slice(&slip).expect("JSON");
    assert_eq!(slip, serde_json::json!({"id": id, "address": ["Kari Testesen", "0001 Oslo"], "documents": 2}));
}

const MIB: u64 = 1024 * 1024;

/// A file of which is noted how much has been read, and has not come to who it is for.
struct Watched {
    read: Arc<AtomicU64>,
    most_ahead: Arc<AtomicU64>,
    arrived: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl StoredPdf for Watched {
    fn size_bytes(&self) -> u64 {
        3 * MIB
    }

    fn read(&self) -> BoxStream<'static, Result<Bytes, StoreError>> {
        const PIECE: u64 = 64 * 1024;
        let (read, most_ahead, arrived) =
            (Arc::clone(&self.read), Arc::clone(&self.most_ahead), Arc::clone(&self.arrived));
        let piece = move |_| {
            let read = read.fetch_add(PIECE, Ordering::SeqCst) + PIECE;
            most_ahead.fetch_max(read.saturating_sub(arrived()), Ordering::SeqCst);
            Ok(Bytes::from(vec![b'x'; PIECE as usize]))
        };
        iter(0..self.size_bytes() / PIECE).map(piece).boxed()
    }
}

/// A letter with 60 MiB of files, and how much of them is ahead of who gets it at the most.
fn large_letter(arrived: impl Fn() -> u64 + Send + Sync + 'static) -> (Consignment, Arc<AtomicU64>) {
    let (read, most_ahead) = (Arc::default(), Arc::default());
    let arrived: Arc<dyn Fn() -> u64 + Send + Sync> = Arc::new(arrived);
    let mut letter = letter();
    letter.documents.extend((0..20).map(|n| {
        let file =
            Watched { read: Arc::clone(&read), most_ahead: Arc::clone(&most_ahead), arrived: Arc::clone(&arrived) };
        Document { title: n.to_string(), pdf: Pdf::Stored(Arc::new(file)) }
    }));
    (letter, most_ahead)
}

fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|of| of.len()).sum()
}

#[tokio::test]
async fn files_of_a_letter_are_read_while_they_are_written_for_the_printer() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    let (letter, most_ahead) = large_letter(move || size_of(&path));

    PrintFolder::new(folder.path().to_owned()).hand_over(&letter).await.expect("written");

    assert!(size_of(folder.path()) > 60 * MIB);
    let most_ahead = most_ahead.load(Ordering::SeqCst);
    assert!((1..=2 * MIB).contains(&most_ahead), "{most_ahead} bytes");
}

#[tokio::test]
async fn files_of_a_letter_are_read_while_they_go_to_the_printer() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let arrived = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&arrived);
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let (mut buffer, mut end) = (vec![0; 64 * 1024], vec![]);
        // The form ends with two dashes behind its boundary.
        while !end.ends_with(b"--\r\n") {
            let length = stream.read(&mut buffer).expect("more of it");
            assert!(length > 0, "it broke off");
            counted.fetch_add(length as u64, Ordering::SeqCst);
            end.extend_from_slice(&buffer[..length]);
            end.drain(..end.len().saturating_sub(8));
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").expect("answered");
    });
    let came = Arc::clone(&arrived);
    let (letter, most_ahead) = large_letter(move || came.load(Ordering::SeqCst));

    let printer = PrintService::new(url, SecretString::from("hemmelig")).expect("a client");
    assert_eq!(printer.hand_over(&letter).await.expect("taken"), Progress::Arrived);
    server.join().expect("it ends");

    assert!(arrived.load(Ordering::SeqCst) > 60 * MIB);
    // What the buffers of two sockets hold.
    let most_ahead = most_ahead.load(Ordering::SeqCst);
    assert!((1..=20 * MIB).contains(&most_ahead), "{most_ahead} bytes");
}

#[tokio::test]
async fn what_an_answer_means() {
    let server = server();
    let table = [
        (200, "taken", "taken"),
        (302, "away", "away"),
        (400, "refused", "refused"),
        (401, "away", "away"),
        (403, "away", "away"),
        (404, "refused", "away"),
        // A printer has it already; a gateway is still at it.
        (409, "away", "taken"),
        (413, "refused", "refused"),
        (422, "refused", "refused"),
        (429, "away", "away"),
        (500, "away", "away"),
        (503, "away", "away"),
    ];
    for (status, by_gateway, by_printer) in table {
        let url = server.url(&format!("/{status}"));
        let printer = PrintService::new(url.clone(), SecretString::from("hemmelig")).expect("a client");
        assert_eq!(word(gateway(url, SmsShape::Json).send(&notice()).await), by_gateway, "{status}");
        assert_eq!(word(printer.hand_over(&letter()).await), by_printer, "{status}");
    }
    let nobody = "http://127.0.0.1:9/".to_owned();
    let printer = PrintService::new(nobody.clone(), SecretString::from("hemmelig")).expect("a client");
    assert_eq!(word(gateway(nobody, SmsShape::Json).send(&notice()).await), "unreached");
    assert_eq!(word(printer.hand_over(&letter()).await), "unreached");
}

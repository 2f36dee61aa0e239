//! A server on this machine that plays another organisation's system: it keeps what it is asked, and answers as it is told.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::Maskinporten;
use crate::clock::Clock;
use crate::settings::MaskinportenSettings;

/// What came in: path, head and body, also as the bytes that it was.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) head: String,
    pub(super) body: String,
    pub(super) bytes: Vec<u8>,
}

/// Status line with any header lines, and body; nothing where it never answers.
pub(super) type Answered = Option<(String, Vec<u8>)>;
type Answers = dyn Fn(&Asked, usize) -> Answered + Send + Sync;

pub(super) struct TestServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl TestServer {
    /// Starts it. `answers` gets each request and how many came before to the same path.
    pub(super) fn start(answers: impl Fn(&Asked, usize) -> Answered + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let (answers, kept): (Arc<Answers>, _) = (Arc::new(answers), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (answers, asked) = (Arc::clone(&answers), Arc::clone(&kept));
                std::thread::spawn(move || serve(stream, &*answers, &asked));
            }
        });
        Self { address, asked }
    }

    /// Starts it so that it plays Maskinporten, too: it gives a token for each time that it is asked for, numbered.
    pub(super) fn with_maskinporten(answers: impl Fn(&Asked, usize) -> Answered + Send + Sync + 'static) -> Self {
        Self::start(move |asked, before| {
            if asked.path != "/token" {
                return answers(asked, before);
            }
            let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
            assert!(asked.body.starts_with(grant));
            let token = json!({"access_token": format!("token-{before}"), "expires_in": 599, "token_type": "Bearer"});
            Some(("200 OK".to_owned(), token.to_string().into_bytes()))
        })
    }

    /// Who we are at the Maskinporten that it plays.
    pub(super) fn maskinporten_settings(&self, key_file: PathBuf) -> MaskinportenSettings {
        MaskinportenSettings {
            token_url: self.url("/token"),
            audience: "https://test.maskinporten.no/".to_owned(),
            client_id: "brevdue".to_owned(),
            key_id: "key-1".to_owned(),
            key_file,
        }
    }

    /// A client of it, with a key of its own.
    pub(super) fn maskinporten(&self, clock: &Clock) -> Maskinporten {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, key_file) = key_file(folder.path());
        Maskinporten::new(self.maskinporten_settings(key_file), clock.clone()).expect("the key is read")
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came to a path so far.
    pub(super) fn asked(&self, path: &str) -> Vec<Asked> {
        self.asked.lock().expect("what came").iter().filter(|asked| asked.path == path).cloned().collect()
    }
}

fn serve(mut stream: TcpStream, answers: &Answers, kept: &Mutex<Vec<Asked>>) {
    let Some(asked) = read(&mut stream) else { return };
    let before = {
        let mut kept = kept.lock().expect("what came");
        let before = kept.iter().filter(|other| other.path == asked.path).count();
        kept.push(asked.clone());
        before
    };
    match answers(&asked, before) {
        Some((head, body)) => {
            let length = body.len();
            let _ = write!(stream, "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(&body);
        }
        // It waits until the client has had enough.
        None => drop(stream.read(&mut [0; 16])),
    }
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).into_owned();
            let bytes = &request[end + 4..];
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
            if bytes.len() >= length.unwrap_or(0) {
                let path = head.split(' ').nth(1)?.to_owned();
                let body = String::from_utf8_lossy(bytes).into_owned();
                return Some(Asked { path, head, body, bytes: bytes.to_vec() });
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
}

/// What is told of an error, and of all that is behind it.
pub(super) fn told(error: &dyn Error) -> String {
    std::iter::successors(error.source(), |&error| error.source()).map(|error| format!("{error}; ")).collect()
}

/// A new private key, and the file in a folder that it lies in.
pub(super) fn key_file(folder: &Path) -> (KeyPair, PathBuf) {
    let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().expect("DER");
    let text = BASE64_STANDARD.encode(der.as_ref());
    let file = folder.join("key.pem");
    std::fs::write(&file, format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"))
        .expect("written");
    (key, file)
}

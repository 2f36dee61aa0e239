//! The works, as requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use clap::ValueEnum;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::Result;
use crate::client::Connection;
use crate::seed::Seed;

const BODY_BYTES: usize = 1024;
const BOUNDARY: &str = "between-the-parts-of-a-message";

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum WorkKind {
    /// Send a message of 1 KB
    W1,
    /// List the newest 50 of a mailbox
    W2,
    /// Read one message
    W3,
    /// A PDF of 1 MB in, and one out
    W5,
    /// W2 by a parent, beside the same by owners
    W2Parent,
    /// W3 by a parent, beside the same by owners
    W3Parent,
    /// W2 by a holder of a power of attorney, beside the same by owners
    W2Holder,
    /// W3 by a holder of a power of attorney, beside the same by owners
    W3Holder,
}

impl WorkKind {
    /// The same by owners, where it is by somebody who acts for them.
    pub(crate) const fn by_owners(self) -> Option<Self> {
        match self {
            Self::W2Parent | Self::W2Holder => Some(Self::W2),
            Self::W3Parent | Self::W3Holder => Some(Self::W3),
            Self::W1 | Self::W2 | Self::W3 | Self::W5 => None,
        }
    }
}

/// A work that can be done again and again.
pub(crate) struct Work {
    kind: WorkKind,
    host: HeaderValue,
    seed: Arc<Seed>,
    /// Makes the keys of this work differ from those of all others.
    prefix: String,
    done: AtomicUsize,
}

impl Work {
    pub(crate) fn new(kind: WorkKind, address: SocketAddr, seed: Arc<Seed>) -> Self {
        let host = HeaderValue::try_from(address.to_string()).unwrap_or(HeaderValue::from_static("localhost"));
        Self { kind, host, seed, prefix: Uuid::now_v7().simple().to_string(), done: AtomicUsize::new(0) }
    }

    /// Another work on the same program.
    pub(crate) fn as_kind(&self, kind: WorkKind) -> Self {
        let prefix = Uuid::now_v7().simple().to_string();
        Self { kind, host: self.host.clone(), seed: Arc::clone(&self.seed), prefix, done: AtomicUsize::new(0) }
    }

    pub(crate) const fn kind(&self) -> WorkKind {
        self.kind
    }

    /// Does it once, for somebody at random.
    pub(crate) async fn once(&self, connection: &mut Connection) -> Result<()> {
        let n = self.done.fetch_add(1, Ordering::Relaxed);
        let somebody = scatter(n) % self.seed.owners();
        let actor = &self.seed.persons[somebody];
        let person = match self.kind {
            WorkKind::W2Parent | WorkKind::W3Parent => &self.seed.persons[self.seed.child_of(somebody)],
            WorkKind::W2Holder | WorkKind::W3Holder => &self.seed.persons[self.seed.giver_to(somebody)],
            WorkKind::W1 | WorkKind::W2 | WorkKind::W3 | WorkKind::W5 => actor,
        };
        match self.kind {
            WorkKind::W1 => {
                let request = self.to_host(letter(&self.seed, somebody, &self.prefix, n)?);
                connection.exchange(request, StatusCode::CREATED).await?;
            }
            WorkKind::W2 | WorkKind::W2Parent | WorkKind::W2Holder => {
                let path = format!("/v1/mailboxes/{}/messages?limit=50", person.mailbox);
                connection.fetch(self.to_host(get_as(&actor.token, &path)?)).await?;
            }
            WorkKind::W3 | WorkKind::W3Parent | WorkKind::W3Holder => {
                let message = &person.messages[scatter(n + 1) % person.messages.len()];
                let path = format!("/v1/mailboxes/{}/messages/{message}", person.mailbox);
                connection.fetch(self.to_host(get_as(&actor.token, &path)?)).await?;
            }
            WorkKind::W5 => {
                let request = self.to_host(letter_with_file(&self.seed, somebody, &self.prefix, n)?);
                connection.exchange(request, StatusCode::CREATED).await?;
                let file = &self.seed.files[scatter(n) % self.seed.files.len()];
                let request = self.to_host(get_as(&self.seed.persons[file.owner].token, &file.path)?);
                if connection.fetch(request).await? != self.seed.pdf.len() {
                    return Err("a file came back with another length".into());
                }
            }
        }
        Ok(())
    }

    fn to_host(&self, mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
        request.headers_mut().insert(HOST, self.host.clone());
        request
    }
}

/// Jumps about, the same way in each run.
#[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
const fn scatter(n: usize) -> usize {
    let mut bits = (n as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) as usize
}

pub(crate) fn get_as(token: &HeaderValue, path: &str) -> Result<Request<Full<Bytes>>> {
    Ok(Request::get(path).header(HOST, "localhost").header(AUTHORIZATION, token).body(Full::default())?)
}

fn message(seed: &Seed, to: usize, n: usize) -> String {
    let mut body = format!("Melding {n}. ");
    while body.len() < BODY_BYTES {
        body.push_str("Vi har vurdert saken og svarer deg med dette. ");
    }
    body.truncate(BODY_BYTES);
    json!({
        "recipient": { "nationalId": seed.persons[to].national_id },
        "kind": "letter",
        "subject": "Svar fra poliklinikken",
        "body": body,
        "bodyFormat": "text",
    })
    .to_string()
}

/// A message of 1 KB. `prefix` and `n` make its key.
pub(crate) fn letter(seed: &Seed, to: usize, prefix: &str, n: usize) -> Result<Request<Full<Bytes>>> {
    let request = sending(seed, prefix, n).header(CONTENT_TYPE, "application/json");
    Ok(request.body(Full::from(message(seed, to, n)))?)
}

/// The same with a PDF of 1 MB, as a form of two parts.
pub(crate) fn letter_with_file(seed: &Seed, to: usize, prefix: &str, n: usize) -> Result<Request<Full<Bytes>>> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"message\"\r\nContent-Type: application/json\r\n\r\n\
         {}\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"svar.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n",
        message(seed, to, n)
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let body = [head.as_bytes(), &seed.pdf, tail.as_bytes()].concat();
    let request = sending(seed, prefix, n).header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
    Ok(request.body(Full::from(body))?)
}

fn sending(seed: &Seed, prefix: &str, n: usize) -> hyper::http::request::Builder {
    Request::post(format!("/v1/services/{}/messages", seed.service))
        .header(HOST, "localhost")
        .header(AUTHORIZATION, &seed.sender_token)
        .header("idempotency-key", format!("{prefix}-{n}"))
}

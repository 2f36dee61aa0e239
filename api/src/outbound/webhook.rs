//! Sends to webhooks by the rules of Standard Webhooks: what a receiver needs to know that it comes from here, once.
//!
//! Deliberately not here: what is sent when, and what becomes of it.

use std::error::Error as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::webhook::{Fault, Reception};
use persistence::SigningKey;
use reqwest::{Response, Url};
use serde_json::{Value, json};
use uuid::Uuid;

use super::public_address::{NotPublic, PublicOnly, is_here};

/// The most of an answer that is read.
const MOST_ANSWER_BYTES: usize = 4096;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends to receivers.
pub(crate) struct Courier {
    client: reqwest::Client,
    only: PublicOnly,
    /// Of receivers elsewhere than on this machine: nobody has ports of others looked through.
    ports: Vec<u16>,
}

/// Something to send: by this id a receiver knows what it has had before.
pub(crate) struct Parcel {
    pub(crate) id: Uuid,
    pub(crate) body: Vec<u8>,
}

impl Courier {
    /// # Errors
    /// When no TLS client can be made.
    pub(crate) fn new(only: PublicOnly, ports: Vec<u16>, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would look names up by itself.
            .no_proxy()
            .dns_resolver(only)
            .user_agent("Brevdue")
            .build()?;
        Ok(Self { client, only, ports })
    }

    /// Whether an address may be that of a receiver, as far as it shows.
    pub(crate) fn admits(&self, url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| self.may_go_to(&url))
    }

    fn may_go_to(&self, url: &Url) -> bool {
        let port_fits = || url.port_or_known_default().is_some_and(|port| self.ports.contains(&port));
        self.only.admits(url) && ((self.only.and_loopback && is_here(url)) || port_fits())
    }

    /// Sends something.
    pub(crate) async fn send(&self, url: &str, keys: &[SigningKey], parcel: Parcel, now: DateTime<Utc>) -> Reception {
        match self.post(url, keys, parcel, now).await {
            Ok(response) => {
                let reception = Reception::of_status(response.status().as_u16());
                // The connection serves again where the answer is short.
                read(response).await;
                reception
            }
            Err(fault) => Reception::NotNow(fault, None),
        }
    }

    /// Asks whether whoever has the address wants what is sent: it gives back what nobody can guess.
    pub(crate) async fn challenge(&self, url: &str, keys: &[SigningKey], now: DateTime<Utc>) -> Reception {
        let (id, challenge) = (Uuid::now_v7(), challenge());
        let body = json!({"type": "webhook.challenge", "id": id, "at": now, "challenge": challenge});
        let parcel = Parcel { id, body: body.to_string().into_bytes() };
        match self.post(url, keys, parcel, now).await {
            Ok(response) => {
                let reception = Reception::of_status(response.status().as_u16());
                let answer: Option<Value> = serde_json::from_slice(&read(response).await).ok();
                match reception {
                    Reception::Taken if answer.is_some_and(|answer| answer["challenge"] == challenge) => reception,
                    Reception::Taken => Reception::NotNow(Fault::WrongChallenge, None),
                    Reception::NotNow(..) | Reception::Never(_) | Reception::Gone => reception,
                }
            }
            Err(fault) => Reception::NotNow(fault, None),
        }
    }

    async fn post(
        &self,
        url: &str,
        keys: &[SigningKey],
        parcel: Parcel,
        now: DateTime<Utc>,
    ) -> Result<Response, Fault> {
        // Looked at again: what is admitted may have been narrowed since it was stored.
        let url = Url::parse(url).ok().filter(|url| self.may_go_to(url)).ok_or(Fault::AddressNotPublic)?;
        let Parcel { id, body } = parcel;
        let timestamp = now.timestamp();
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", id.to_string())
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures(keys, id, timestamp, &body))
            .body(body);
        request.send().await.map_err(|error| fault_of(&error))
    }
}

/// One signature of each key, so that a receiver that knows any of them is content.
fn signatures(keys: &[SigningKey], id: Uuid, timestamp: i64, body: &[u8]) -> String {
    let message = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
    let signature = |key: &SigningKey| format!("v1a,{}", STANDARD.encode(key.sign(&message)));
    keys.iter().map(signature).collect::<Vec<_>>().join(" ")
}

/// The public key as receivers write it into their settings.
pub(crate) fn public_key(key: &[u8]) -> String {
    format!("whpk_{}", STANDARD.encode(key))
}

/// The beginning of an answer. What is longer is not read, and its connection not used again.
async fn read(mut response: Response) -> Vec<u8> {
    let mut body = vec![];
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_ANSWER_BYTES {
            break;
        }
    }
    body
}

fn fault_of(error: &reqwest::Error) -> Fault {
    if error.is_timeout() {
        return Fault::Timeout;
    }
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<NotPublic>() {
            return Fault::AddressNotPublic;
        }
        source = cause.source();
    }
    Fault::Connection
}

/// 32 random bytes.
///
/// # Panics
/// When the system has no source of them.
fn challenge() -> String {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's source of random bytes works");
    STANDARD.encode(bytes)
}

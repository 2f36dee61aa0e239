//! Letters to mailboxes at any provider, over DPI (Digital postkasse til innbyggere): signed, encrypted for the provider, and
//! handed to an access point, which brings it to the provider's.
//!
//! The access point takes a letter long before the provider does. So a letter counts as delivered when the provider says so, in a
//! receipt that the access point keeps for us; until then it is asked for again. A letter goes under our id, and before it is sent
//! the access point is asked whether it has one of that id: an answer that was lost sends nothing twice.

mod cms;
mod message;
mod package;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use persistence::{Chain, Destination};
use reqwest::multipart::{Form, Part};
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use uuid::Uuid;

use self::message::{Incoming, Outgoing, Receipt, Status, Word, prefixed};
use self::package::{Contents, Seal, pack};
use super::http::{bytes_of, client_for};
use super::key::{KeyError, Signer, read_certificates};
use super::maskinporten::Maskinporten;
use super::{Carrier, Consignment, Progress, SendError};
use crate::clock::Clock;
use crate::settings::DpiSettings;

/// A letter may have files of many megabytes.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a question may take. With the letter itself, all is over before somebody else takes it on.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(4);
/// The most of documents that are packed at a time, in MiB, and so the most of a letter: a package is signed and encrypted as a
/// whole, for which it stands in memory two or three times over.
const MOST_MIB: u32 = 40;
/// Some thousands of receipts of a few thousand bytes each.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// What our tokens are for.
const SCOPES: &str = "digitalpostinnbygger:send";
/// By what kind of number organisations go.
const AUTHORITY: &str = "iso6523-actorid-upis";
/// How long a receipt is kept for the letter that it is about. By then its letter has asked for it, or nobody will.
const KEPT: TimeDelta = TimeDelta::days(3);
/// How many receipts are marked as read at a time: a letter waits for it.
const MOST_MARKED: usize = 5;

/// An access point of DPI.
pub(crate) struct Dpi {
    settings: DpiSettings,
    seal: Seal,
    client: reqwest::Client,
    maskinporten: Maskinporten,
    clock: Clock,
    /// Room for documents that are packed and sent, by the MiB.
    room: Semaphore,
    /// What providers have said, by the letters that it is about.
    receipts: Mutex<HashMap<Uuid, Known>>,
}

/// A receipt, and whether its letter has heard of it.
struct Known {
    receipt: Receipt,
    is_told: bool,
}

impl Dpi {
    /// Reads the key and the certificates.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub(crate) fn new(settings: DpiSettings, maskinporten: Maskinporten, clock: Clock) -> Result<Self, KeyError> {
        let signer = Signer::read(&settings.key_file)?;
        let chain = read_certificates(&settings.certificate_file)?;
        let client = client_for(&settings.url, TIMEOUT)?;
        let room = Semaphore::new(MOST_MIB as usize);
        Ok(Self {
            settings,
            seal: Seal { signer, chain },
            client,
            maskinporten,
            clock,
            room,
            receipts: Mutex::default(),
        })
    }

    async fn send(&self, letter: &Consignment) -> Result<Progress, SendError> {
        let id = letter.id.as_uuid();
        if let Some(word) = self.word_of(id) {
            return Ok(word.into());
        }
        let token = self.maskinporten.token_for(SCOPES, &letter.sender).await.map_err(unreached)?;
        let Some(status) = self.stands(id, &token).await? else {
            self.post(letter, &token).await?;
            return Ok(Progress::Underway);
        };
        if status.is_failed() {
            return Ok(Progress::Failed);
        }
        self.read_receipts().await?;
        Ok(self.word_of(id).map_or(Progress::Underway, Progress::from))
    }

    /// How far a letter is; none where the access point has nothing of it.
    async fn stands(&self, id: Uuid, token: &SecretString) -> Result<Option<Status>, SendError> {
        let request = self.client.get(self.url(&format!("/messages/out/{id}/statuses")));
        let (status, body) = self.asked(request, token).await?;
        match status {
            StatusCode::OK => {
                let statuses: Vec<Status> = serde_json::from_slice(&body).map_err(unreached)?;
                // Of several, a failure is what matters.
                Ok(statuses.into_iter().max_by_key(Status::is_failed))
            }
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND => Ok(None),
            other => Err(unreached(format!("statuses: {other}"))),
        }
    }

    async fn post(&self, letter: &Consignment, token: &SecretString) -> Result<(), SendError> {
        let Destination::Mailbox { provider, address, certificate, .. } = &letter.to else {
            return Err(SendError::Refused("this letter goes to no mailbox".into()));
        };
        let certificate = certificate.as_deref().ok_or("the contact register has no certificate for the mailbox");
        let certificate = certificate.map_err(|error| SendError::Refused(error.into()))?;
        let now = self.clock.now();
        let size_mib = letter.documents.iter().map(|of| of.pdf.size_bytes()).sum::<u64>().div_ceil(1024 * 1024).max(1);
        let size_mib = u32::try_from(size_mib).ok().filter(|size| *size <= MOST_MIB);
        let size_mib = size_mib.ok_or_else(|| SendError::Refused(format!("more than {MOST_MIB} MiB").into()))?;
        // What waits longer comes again, and is not sent twice by who takes it on meanwhile.
        let room = tokio::time::timeout(QUESTION_TIMEOUT, self.room.acquire_many(size_mib)).await;
        let _room = room.map_err(unreached)?.map_err(unreached)?;
        let package = self.package(letter, address, now).await?;
        let package = cms::encrypt(package, certificate).map_err(|error| SendError::Refused(error.into()))?;
        let fingerprint = digest(&SHA256, &package);
        let message = Outgoing {
            id: letter.id.as_uuid(),
            us: &self.settings.organisation,
            sender: &letter.sender,
            provider,
            mailbox: address,
            fingerprint: fingerprint.as_ref(),
            token: token.expose_secret(),
        };
        let message = self.seal.signer.jws(&message.document(now), self.seal.chain.first()).map_err(unreached)?;
        let part = |part: Part, name: &'static str, media_type| part.file_name(name).mime_str(media_type);
        let form = Form::new()
            .part("forretningsmelding", part(Part::text(message), "sbd.jwt", "application/jwt")?)
            .part("dokumentpakke", part(Part::bytes(package), "asic.cms", "application/cms")?);
        let request = self.client.post(self.url("/messages/out")).bearer_auth(token.expose_secret()).multipart(form);
        let status = request.send().await?.status();
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::UNAUTHORIZED => {
                self.maskinporten.forget(SCOPES, token).await;
                Err(unreached("the token was not accepted"))
            }
            // As is an id that it has had: somebody else brought the letter there meanwhile.
            StatusCode::BAD_REQUEST | StatusCode::CONFLICT
                if self.stands(letter.id.as_uuid(), token).await.is_ok_and(|status| status.is_some()) =>
            {
                Ok(())
            }
            StatusCode::BAD_REQUEST
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNPROCESSABLE_ENTITY => Err(SendError::Refused(status.to_string().into())),
            _ => Err(SendError::Away(status.to_string().into())),
        }
    }

    /// The documents of a letter, packed and signed.
    async fn package(&self, letter: &Consignment, mailbox: &str, now: DateTime<Utc>) -> Result<Vec<u8>, SendError> {
        let mut documents = vec![];
        for document in &letter.documents {
            documents.push((document.title.as_str(), document.pdf.whole().await.map_err(unreached)?));
        }
        let contents = Contents {
            mailbox,
            sender: &prefixed(&letter.sender),
            documents: documents.iter().map(|(title, bytes)| (*title, bytes.as_slice())).collect(),
        };
        pack(&contents, &self.seal, now).map_err(unreached)
    }

    /// Reads what has come from providers. What a letter has heard, and what nobody asks for, the access point need not keep. The
    /// rest stays there: the letter that it is about may be another process's.
    async fn read_receipts(&self) -> Result<(), SendError> {
        let token = self.maskinporten.token(SCOPES).await.map_err(unreached)?;
        let (status, body) = self.asked(self.client.get(self.url("/messages/in")), &token).await?;
        let incoming: Vec<Incoming> = match status {
            StatusCode::OK => serde_json::from_slice(&body).map_err(unreached)?,
            StatusCode::NO_CONTENT => vec![],
            other => return Err(unreached(format!("receipts: {other}"))),
        };
        let forgotten = self.clock.now() - KEPT;
        let mut read = vec![];
        {
            let mut receipts = self.receipts();
            receipts.retain(|_, known| known.receipt.at > forgotten);
            for receipt in incoming.iter().filter_map(Incoming::receipt) {
                let is_wanted = receipt.word.is_some() && receipt.at > forgotten;
                if !is_wanted || receipts.get(&receipt.letter).is_some_and(|known| known.is_told) {
                    read.push(receipt.id);
                } else {
                    receipts.entry(receipt.letter).or_insert(Known { receipt, is_told: false });
                }
            }
        }
        for id in read.into_iter().take(MOST_MARKED) {
            // What is not marked comes again.
            let request = self.client.post(self.url(&format!("/messages/in/{id}/read")));
            if let Err(error) = self.asked(request, &token).await {
                tracing::warn!(error = %Chain(&error), "a receipt was not marked as read");
            }
        }
        Ok(())
    }

    /// What the access point says when it is asked. Asking hands nothing over.
    async fn asked(&self, request: RequestBuilder, token: &SecretString) -> Result<(StatusCode, Vec<u8>), SendError> {
        let request = request.timeout(QUESTION_TIMEOUT).bearer_auth(token.expose_secret());
        let response = request.header("accept", "application/json").send().await;
        let response = response.map_err(|error| unreached(error.without_url()))?;
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED {
            self.maskinporten.forget(SCOPES, token).await;
        }
        Ok((status, bytes_of(response, MOST_BYTES).await.map_err(unreached)?))
    }

    /// What the provider says of a letter, which hears of it by this.
    fn word_of(&self, letter: Uuid) -> Option<Word> {
        let mut receipts = self.receipts();
        let known = receipts.get_mut(&letter)?;
        known.is_told = true;
        known.receipt.word
    }

    fn receipts(&self) -> MutexGuard<'_, HashMap<Uuid, Known>> {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.settings.url.trim_end_matches('/'))
    }
}

impl Carrier for Dpi {
    fn hand_over<'a>(&'a self, letter: &'a Consignment) -> BoxFuture<'a, Result<Progress, SendError>> {
        self.send(letter).boxed()
    }
}

impl From<Word> for Progress {
    fn from(word: Word) -> Self {
        match word {
            Word::Delivered => Self::Arrived,
            Word::Failed => Self::Failed,
        }
    }
}

fn unreached(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SendError {
    SendError::Unreached(error.into())
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use message::every_package_text;

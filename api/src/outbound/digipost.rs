//! Letters to mailboxes at Digipost, over version 8 of its message API: one signed request for each letter.
//!
//! A letter goes under our id, so that Digipost knows what it gets twice. It is never told how to print: a recipient who is
//! no user of it is none of its business. What the letter is about is shown to nobody who has not logged in at the level
//! that the settings name.

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use domain::identity::NationalId;
use futures_util::future::BoxFuture;
use futures_util::stream::iter;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use persistence::{Destination, StoreError};
use reqwest::{Body, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::http::{bytes_of, client_for};
use super::key::{KeyError, Signer};
use super::{Carrier, Consignment, Pdf, Progress, SendError};
use crate::clock::Clock;
use crate::settings::DigipostSettings;

/// A letter may have files of many megabytes.
const TIMEOUT: Duration = Duration::from_secs(40);
/// An answer tells of a letter and its documents: some thousand bytes.
const MOST_BYTES: usize = 256 * 1024;
/// As many characters of a title as Digipost takes.
const MOST_OF_TITLE: usize = 255;
const MEDIA_TYPE: &str = "application/vnd.digipost-v8+xml";
const NAMESPACE: &str = "http://api.digipost.no/schema/v8";
/// How times are written in HTTP.
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// Digipost.
pub(crate) struct Digipost {
    settings: DigipostSettings,
    signer: Signer,
    client: reqwest::Client,
    clock: Clock,
}

impl Digipost {
    /// Reads the key.
    ///
    /// # Errors
    /// A key file that cannot be used.
    pub(crate) fn new(settings: DigipostSettings, clock: Clock) -> Result<Self, KeyError> {
        let signer = Signer::read(&settings.key_file)?;
        let client = client_for(&settings.url, TIMEOUT)?;
        Ok(Self { settings, signer, client, clock })
    }

    async fn send(&self, letter: &Consignment) -> Result<Progress, SendError> {
        let Destination::Mailbox { national_id, .. } = &letter.to else {
            return Err(SendError::Refused("this letter goes to no mailbox".into()));
        };
        if self.settings.identify {
            self.identify(national_id).await?;
        }
        let (boundary, body) = self.parcel(letter, national_id)?;
        let media_type = format!("multipart/vnd.digipost-v8+xml; boundary={boundary}");
        let response = self.post("/messages", media_type, &body).await?.send().await?;
        let (status, answer) = answer_of(response).await?;
        if status.is_success() {
            let delivery: Delivery = read(&answer)?;
            return match delivery.status.as_str() {
                "COMPLETE" | "DELIVERED" => Ok(Progress::Arrived),
                other => Err(SendError::Away(format!("the letter stands as {other}").into())),
            };
        }
        let fault = read::<Fault>(&answer).map(|fault| fault.error_code);
        // A page that is not there is another thing than a recipient who is not.
        let is_told = fault.is_ok();
        let code = fault.unwrap_or_default();
        let told = format!("{status} {code}").into();
        match status {
            // Taken before, and the answer was lost.
            _ if code == "DUPLICATE_MESSAGE" => Ok(Progress::Arrived),
            StatusCode::NOT_FOUND if is_told => Err(SendError::Unknown(told)),
            StatusCode::BAD_REQUEST
            | StatusCode::NOT_FOUND
            | StatusCode::CONFLICT
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNPROCESSABLE_ENTITY => Err(SendError::Refused(told)),
            _ => Err(SendError::Away(told)),
        }
    }

    /// Asks whether somebody has a mailbox there. Whatever goes wrong with that, Digipost has nothing of the letter.
    async fn identify(&self, national_id: &NationalId) -> Result<(), SendError> {
        let unreached = |told: String| SendError::Unreached(told.into());
        let asked = Identification { xmlns: NAMESPACE, personal_identification_number: national_id.expose() };
        let body = [Pdf::Made(written(&asked)?.into())];
        let response = self.post("/identification", MEDIA_TYPE.to_owned(), &body).await?.send().await;
        let response = response.map_err(|error| SendError::Unreached(error.without_url().into()))?;
        let (status, answer) = answer_of(response).await.map_err(|error| unreached(error.to_string()))?;
        if !status.is_success() {
            return Err(unreached(format!("identification: {status}")));
        }
        let Identified { result } = read(&answer).map_err(|error| unreached(error.to_string()))?;
        match result.as_str() {
            "DIGIPOST" => Ok(()),
            "IDENTIFIED" | "UNIDENTIFIED" => Err(SendError::Unknown(format!("identification: {result}").into())),
            "INVALID" => Err(SendError::Refused("identification: INVALID".into())),
            _ => Err(unreached("identification: an unknown result".to_owned())),
        }
    }

    /// A request with the headers that say who we are. What is signed are its method, path, time, content and sender; so the
    /// content is read twice, for its fingerprint and on its way.
    async fn post(&self, path: &str, media_type: String, content: &[Pdf]) -> Result<RequestBuilder, SendError> {
        let url = format!("{}{path}", self.settings.url.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|error| SendError::Unreached(error.into()))?;
        let signed_path = url.path().to_lowercase();
        let date = self.clock.now().format(HTTP_DATE).to_string();
        let hash = fingerprint(content).await.map_err(|error| SendError::Unreached(error.into()))?;
        let user = &self.settings.sender_id;
        let text =
            format!("POST\n{signed_path}\ndate: {date}\nx-content-sha256: {hash}\nx-digipost-userid: {user}\n\n");
        let signature = self.signer.sign(text.as_bytes()).map_err(|error| SendError::Unreached(error.into()))?;
        let size_bytes: u64 = content.iter().map(Pdf::size_bytes).sum();
        let pieces: Vec<_> = content.iter().map(Pdf::read).collect();
        Ok(self
            .client
            .post(url)
            .header("accept", MEDIA_TYPE)
            .header("content-type", media_type)
            .header("content-length", size_bytes)
            .header("date", date)
            .header("x-content-sha256", hash)
            .header("x-digipost-userid", user)
            .header("x-digipost-signature", BASE64_STANDARD.encode(signature))
            .body(Body::wrap_stream(iter(pieces).flatten())))
    }

    /// The letter as it goes: what it is, then its documents. With the line between them.
    fn parcel(&self, letter: &Consignment, national_id: &NationalId) -> Result<(String, Vec<Pdf>), SendError> {
        let documents: Vec<Document> = letter
            .documents
            .iter()
            .zip(0..)
            .map(|(document, place)| Document {
                // The same whenever the letter is sent.
                uuid: Uuid::from_u128(letter.id.as_uuid().as_u128().wrapping_add(place)),
                subject: document.title.chars().take(MOST_OF_TITLE).collect(),
                file_type: "pdf",
                authentication_level: self.settings.authentication_level.into(),
                sensitivity_level: "SENSITIVE",
            })
            .collect();
        let [primary_document, attachment @ ..] = documents.as_slice() else {
            return Err(SendError::Unreached("a letter without a document".into()));
        };
        let message = Message {
            xmlns: NAMESPACE,
            message_id: letter.id.as_uuid(),
            sender_organization: SenderOrganization { organization_id: letter.sender.as_str() },
            recipient: Recipient { personal_identification_number: national_id.expose() },
            primary_document,
            attachment,
        };
        let boundary = format!("brevdue-{}", letter.id.as_uuid().simple());
        let mut body = vec![];
        let mut part = |media_type: &str, name: &str, content: Pdf| {
            let head = format!(
                "--{boundary}\r\nContent-Type: {media_type}\r\n\
                 Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n"
            );
            body.extend([Pdf::Made(head.into()), content, Pdf::Made(Bytes::from_static(b"\r\n"))]);
        };
        part(MEDIA_TYPE, "message", Pdf::Made(written(&message)?.into()));
        for (document, content) in documents.iter().zip(&letter.documents) {
            part("application/pdf", &document.uuid.to_string(), content.pdf.clone());
        }
        body.push(Pdf::Made(format!("--{boundary}--\r\n").into()));
        Ok((boundary, body))
    }
}

impl Carrier for Digipost {
    fn hand_over<'a>(&'a self, letter: &'a Consignment) -> BoxFuture<'a, Result<Progress, SendError>> {
        self.send(letter).boxed()
    }
}

#[derive(Serialize)]
#[serde(rename = "identification", rename_all = "kebab-case")]
struct Identification<'l> {
    #[serde(rename = "@xmlns")]
    xmlns: &'static str,
    personal_identification_number: &'l str,
}

/// The order of the fields is that of the schema.
#[derive(Serialize)]
#[serde(rename = "message", rename_all = "kebab-case")]
struct Message<'l> {
    #[serde(rename = "@xmlns")]
    xmlns: &'static str,
    message_id: Uuid,
    sender_organization: SenderOrganization<'l>,
    recipient: Recipient<'l>,
    primary_document: &'l Document,
    attachment: &'l [Document],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SenderOrganization<'l> {
    organization_id: &'l str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Recipient<'l> {
    personal_identification_number: &'l str,
}

/// The order of the fields is that of the schema.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    uuid: Uuid,
    subject: String,
    file_type: &'static str,
    authentication_level: &'static str,
    sensitivity_level: &'static str,
}

#[derive(Deserialize)]
struct Identified {
    result: String,
}

#[derive(Deserialize)]
struct Delivery {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Fault {
    error_code: String,
}

fn written(element: &impl Serialize) -> Result<String, SendError> {
    quick_xml::se::to_string(element).map_err(|error| SendError::Unreached(error.into()))
}

/// The SHA-256 of a content, as it stands in a header.
async fn fingerprint(content: &[Pdf]) -> Result<String, StoreError> {
    let mut context = Context::new(&SHA256);
    for part in content {
        let mut pieces = part.read();
        while let Some(piece) = pieces.try_next().await? {
            context.update(&piece);
        }
    }
    Ok(BASE64_STANDARD.encode(context.finish()))
}

async fn answer_of(response: Response) -> Result<(StatusCode, Vec<u8>), SendError> {
    let status = response.status();
    let bytes = bytes_of(response, MOST_BYTES).await.map_err(|error| SendError::Away(error.into()))?;
    Ok((status, bytes))
}

/// An answer that cannot be read says nothing of what became of the letter.
fn read<A: DeserializeOwned>(answer: &[u8]) -> Result<A, SendError> {
    quick_xml::de::from_reader(answer).map_err(|error| SendError::Away(error.into()))
}

#[cfg(test)]
#[path = "digipost_tests.rs"]
mod tests;

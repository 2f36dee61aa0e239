//! Whoever prints letters and posts them: a folder that they fetch from, or a service over HTTPS.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, TryFutureExt as _, TryStreamExt as _};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Client, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use tokio::io::AsyncWriteExt as _;

use super::http::client_for;
use super::{Carrier, Consignment, Pdf, Progress, SendError};

/// A letter may have files of many megabytes.
const TIMEOUT: Duration = Duration::from_secs(40);

/// What goes along with the documents.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Slip<'c> {
    id: String,
    address: Vec<&'c str>,
    documents: usize,
}

impl Consignment {
    fn slip(&self) -> Slip<'_> {
        Slip { id: self.id.to_string(), address: self.address_lines(), documents: self.documents.len() }
    }
}

/// A folder that the printer empties. A letter is there when its slip is, which is written last.
pub(crate) struct PrintFolder(PathBuf);

impl PrintFolder {
    pub(crate) const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    async fn write(&self, letter: &Consignment) -> std::io::Result<()> {
        tokio::fs::create_dir_all(&self.0).await?;
        for (place, document) in letter.documents.iter().enumerate() {
            put(&self.0.join(format!("{}-{}.pdf", letter.id, place + 1)), &document.pdf).await?;
        }
        let slip = serde_json::to_vec_pretty(&letter.slip())?;
        put(&self.0.join(format!("{}.json", letter.id)), &Pdf::Made(slip.into())).await
    }
}

/// Writes a file that is there whole or not at all.
async fn put(path: &Path, content: &Pdf) -> std::io::Result<()> {
    let part = path.with_extension("part");
    let mut file = tokio::fs::File::create(&part).await?;
    let mut pieces = content.read();
    while let Some(piece) = pieces.try_next().await.map_err(std::io::Error::other)? {
        file.write_all(&piece).await?;
    }
    file.sync_all().await?;
    tokio::fs::rename(&part, path).await
}

impl Carrier for PrintFolder {
    fn hand_over<'a>(&'a self, letter: &'a Consignment) -> BoxFuture<'a, Result<Progress, SendError>> {
        self.write(letter).map_ok(|()| Progress::Arrived).map_err(|error| SendError::Away(error.into())).boxed()
    }
}

/// A printer that takes a letter in one request: a form with the slip and a part for each document.
pub(crate) struct PrintService {
    client: Client,
    url: String,
    secret: SecretString,
}

impl PrintService {
    /// # Errors
    /// When no TLS client can be made.
    pub(crate) fn new(url: String, secret: SecretString) -> Result<Self, reqwest::Error> {
        Ok(Self { client: client_for(&url, TIMEOUT)?, url, secret })
    }

    async fn send(&self, letter: &Consignment) -> Result<(), SendError> {
        let slip = serde_json::to_string(&letter.slip()).map_err(|error| SendError::Away(error.into()))?;
        let mut form = Form::new().part("slip", Part::text(slip).mime_str("application/json")?);
        for (place, document) in letter.documents.iter().enumerate() {
            let body = Body::wrap_stream(document.pdf.read());
            let part =
                Part::stream_with_length(body, document.pdf.size_bytes()).file_name(format!("{}.pdf", place + 1));
            form = form.part("document", part.mime_str("application/pdf")?);
        }
        let request = self.client.post(self.url.as_str()).bearer_auth(self.secret.expose_secret()).multipart(form);
        let answer = request.header("idempotency-key", letter.id.to_string()).send().await?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            // Taken before, and the answer was lost.
            StatusCode::CONFLICT => Ok(()),
            status @ (StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY) => {
                Err(SendError::Refused(status.to_string().into()))
            }
            status => Err(SendError::Away(status.to_string().into())),
        }
    }
}

impl Carrier for PrintService {
    fn hand_over<'a>(&'a self, letter: &'a Consignment) -> BoxFuture<'a, Result<Progress, SendError>> {
        self.send(letter).map_ok(|()| Progress::Arrived).boxed()
    }
}

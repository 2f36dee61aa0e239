//! A message and its files in one request. Each file goes into the store as it comes, and is never held whole.

use actix_multipart::{Field as Part, Multipart, MultipartError};
use actix_web::web::Payload;
use actix_web::{FromRequest as _, HttpMessage as _, HttpRequest};
use aws_lc_rs::digest::{Context as Digest, SHA256};
use domain::access::ServiceAct;
use domain::attachment::{FileName, MAX_FILES};
use domain::id::UploadId;
use domain::upload::UploadOwner;
use futures_util::StreamExt as _;
use persistence::{Context, FillError};
use serde::de::DeserializeOwned;

use crate::http::request::input::{JsonBody, Violations, json_limit_bytes};
use crate::http::request::stream::{broken_off, refuse_encoded, timed};
use crate::problem::{ApiError, ProblemKind};
use crate::state::AppState;

/// The name of the part that is the message.
const MESSAGE: &str = "message";

/// Who sends, for whom the files are stored, and how what is sent is read.
pub(in crate::http) struct Sender<'s, R, M> {
    /// The program.
    pub(in crate::http) state: &'s AppState,
    /// The caller.
    pub(in crate::http) call: &'s Context,
    /// Whose files they are until the message has taken them.
    pub(in crate::http) owner: UploadOwner,
    /// Reads the message out of its JSON.
    pub(in crate::http) read: &'s dyn Fn(R) -> Result<M, ApiError>,
    /// The files that the message names.
    pub(in crate::http) uploads: fn(&mut M) -> &mut Vec<UploadId>,
}

/// Takes in a message, as JSON or with its files. Files handed in ahead come before those of the request.
///
/// Nothing of a file is read before the caller is known to be allowed to hand in files.
///
/// Gives the message, and the hash by which the same request is known again. What has been stored of the files is noted
/// in `files`, also where this fails: it is the caller's to discard.
///
/// # Errors
/// A body that cannot be read, a message or a file that is wrong, refused, or the store away.
pub(in crate::http) async fn receive<R: DeserializeOwned + 'static, M>(
    sender: &Sender<'_, R, M>,
    request: &HttpRequest,
    payload: Payload,
    files: &mut Vec<UploadId>,
) -> Result<(M, [u8; 32]), ApiError> {
    if !matches!(request.mime_type(), Ok(Some(mime)) if mime.essence_str() == "multipart/form-data") {
        let body = JsonBody::<R>::from_request(request, &mut payload.into_inner()).await?;
        return Ok(((sender.read)(body.value)?, body.sha256));
    }
    if let UploadOwner::Service(service) = sender.owner {
        sender.state.store.service_authorise(sender.call, service, ServiceAct::BEGIN_UPLOAD).await?;
    }
    refuse_encoded(request)?;
    let limit_bytes = json_limit_bytes(request);
    let mut parts = Multipart::new(request.headers(), timed(payload, sender.state.limits.body).boxed_local());
    let mut received = Received { sender, message: None, files, digest: Digest::new(&SHA256) };
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| unreadable(&error))?;
        if part.name() == Some(MESSAGE) {
            received.message(part, limit_bytes).await?;
        } else {
            received.file(part).await?;
        }
    }
    received.finish()
}

/// What has come so far.
struct Received<'r, 's, R, M> {
    sender: &'r Sender<'s, R, M>,
    message: Option<(M, [u8; 32])>,
    files: &'r mut Vec<UploadId>,
    /// Of the names and contents of the files.
    digest: Digest,
}

impl<R: DeserializeOwned, M> Received<'_, '_, R, M> {
    async fn message(&mut self, mut part: Part, limit_bytes: usize) -> Result<(), ApiError> {
        if self.message.is_some() {
            return Err(ProblemKind::MalformedMultipart.into());
        }
        let bytes = part.bytes(limit_bytes).await.map_err(|_| ApiError::from(ProblemKind::PayloadTooLarge))?;
        let body = JsonBody::<R>::from_bytes(&bytes.map_err(|error| unreadable(&error))?)?;
        self.message = Some(((self.sender.read)(body.value)?, body.sha256));
        Ok(())
    }

    fn file_count(&mut self) -> usize {
        let named = self.message.as_mut().map_or(0, |(message, _)| (self.sender.uploads)(message).len());
        self.files.len() + named
    }

    async fn file(&mut self, part: Part) -> Result<(), ApiError> {
        let name = part.content_disposition().and_then(|disposition| {
            let extended = disposition.get_filename_ext().and_then(|name| String::from_utf8(name.value.clone()).ok());
            extended.or_else(|| disposition.get_filename().map(str::to_owned))
        });
        let name = name.ok_or(ProblemKind::MalformedMultipart)?;
        if self.file_count() >= MAX_FILES {
            return Err(ProblemKind::TooManyFiles.into());
        }
        let mut violations = Violations::new();
        let pointer = format!("/files/{}/fileName", self.files.len());
        let Some(name) = violations.parse(&pointer, Some(name), FileName::parse) else {
            return Err(violations.into_error());
        };
        let Sender { state, call, owner, .. } = self.sender;
        let opened = state.store.upload_open(call, *owner, name.clone(), None).await?;
        let id = opened.value().id;
        self.files.push(id);
        let filled = state.store.upload_fill(call, *owner, id, part).await;
        let upload = filled.map_err(|error| match error {
            FillError::Source(error) => unreadable(&error),
            FillError::Failure(failure) => failure.into(),
        })?;
        let content = upload.content.ok_or(ProblemKind::InternalError)?;
        // Of fixed length, so that no two lists of files run together.
        self.digest.update(aws_lc_rs::digest::digest(&SHA256, name.expose().as_bytes()).as_ref());
        self.digest.update(&content.sha256);
        Ok(())
    }

    fn finish(mut self) -> Result<(M, [u8; 32]), ApiError> {
        if self.file_count() > MAX_FILES {
            return Err(ProblemKind::TooManyFiles.into());
        }
        let Self { sender, message, files, mut digest } = self;
        let (mut message, message_sha256) = message.ok_or(ProblemKind::MalformedMultipart)?;
        (sender.uploads)(&mut message).extend(files.iter());
        digest.update(&message_sha256);
        let mut content = [0; 32];
        content.copy_from_slice(digest.finish().as_ref());
        Ok((message, content))
    }
}

fn unreadable(error: &MultipartError) -> ApiError {
    match error {
        MultipartError::Payload(error) => broken_off(error, ProblemKind::MalformedMultipart),
        _ => ProblemKind::MalformedMultipart.into(),
    }
}

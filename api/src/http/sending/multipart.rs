//! A message and its files in one request. Each file goes into the store as it comes, and is never held whole.

use actix_multipart::{Field as Part, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::web::Payload;
use aws_lc_rs::digest::{Context as Digest, SHA256};
use domain::access::ServiceAction;
use domain::attachment::{FileName, MAX_FILES};
use domain::id::{ServiceId, UploadId};
use domain::message::Draft;
use futures_util::StreamExt as _;
use persistence::{Context, FillError};
use utoipa::ToSchema;

use super::request::{MessageRequest, draft};
use crate::app::AppState;
use crate::http::idempotency::required_key;
use crate::http::input::{JsonBody, Violations, json_limit_bytes};
use crate::http::stream::{broken_off, refuse_encoded, timed};
use crate::problem::{ApiError, ProblemKind};

/// The name of the part that is the message.
const MESSAGE: &str = "message";

/// A message with its files.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) struct MultipartRequest {
    /// The message, as JSON. Files handed in ahead come before those of this request.
    message: MessageRequest,
    /// The files, each with a file name. Parts may have any other name than `message`.
    #[schema(value_type = Vec<String>, format = Binary, max_items = 20)]
    files: Vec<Vec<u8>>,
}

/// What has come so far.
struct Received {
    message: Option<(Draft, [u8; 32])>,
    files: Vec<UploadId>,
    /// Of the names and contents of the files.
    digest: Digest,
}

/// Takes in a message with its files. Nothing of a file is read before the caller is known to be allowed to send.
///
/// Gives the message, and the hash by which the same request is known again.
///
/// # Errors
/// Refused, no idempotency key, a body that cannot be read, a message or a file that is wrong, or the store away.
pub(super) async fn receive(
    state: &AppState,
    call: &Context,
    service: ServiceId,
    request: &HttpRequest,
    payload: Payload,
) -> Result<(Draft, [u8; 32]), ApiError> {
    state.store.service_authorise(call, service, ServiceAction::SendMessage).await?;
    refuse_encoded(request)?;
    // The files are part of what the key stands for; whether there is one at all is seen before they come.
    required_key(request, &[0; 32])?;
    let limit_bytes = json_limit_bytes(request);
    let mut parts = Multipart::new(request.headers(), timed(payload));
    let mut received = Received { message: None, files: Vec::new(), digest: Digest::new(&SHA256) };
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| unreadable(&error))?;
        if part.name() == Some(MESSAGE) {
            if received.message.is_some() {
                return Err(ProblemKind::MalformedMultipart.into());
            }
            received.message = Some(message(state, call, part, limit_bytes).await?);
        } else {
            received.file(state, call, service, part).await?;
        }
    }
    received.finish()
}

async fn message(
    state: &AppState,
    call: &Context,
    mut part: Part,
    limit_bytes: usize,
) -> Result<(Draft, [u8; 32]), ApiError> {
    let bytes = part.bytes(limit_bytes).await.map_err(|_| ApiError::from(ProblemKind::PayloadTooLarge))?;
    let body = JsonBody::<MessageRequest>::from_bytes(&bytes.map_err(|error| unreadable(&error))?)?;
    Ok((draft(body.value, state.series, call.now)?, body.sha256))
}

impl Received {
    fn file_count(&self) -> usize {
        self.files.len() + self.message.as_ref().map_or(0, |(draft, _)| draft.uploads.len())
    }

    async fn file(&mut self, state: &AppState, call: &Context, service: ServiceId, part: Part) -> Result<(), ApiError> {
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
        let opened = state.store.upload_open(call, service, name.clone(), None).await?;
        let filled = state.store.upload_fill(call, service, opened.value().id, part).await;
        let upload = filled.map_err(|error| match error {
            FillError::Source(error) => unreadable(&error),
            FillError::Failure(failure) => failure.into(),
        })?;
        let content = upload.content.ok_or(ProblemKind::InternalError)?;
        // Of fixed length, so that no two lists of files run together.
        self.digest.update(aws_lc_rs::digest::digest(&SHA256, name.expose().as_bytes()).as_ref());
        self.digest.update(&content.sha256);
        self.files.push(upload.id);
        Ok(())
    }

    fn finish(self) -> Result<(Draft, [u8; 32]), ApiError> {
        if self.file_count() > MAX_FILES {
            return Err(ProblemKind::TooManyFiles.into());
        }
        let Self { message, files, mut digest } = self;
        let (mut draft, message_sha256) = message.ok_or(ProblemKind::MalformedMultipart)?;
        draft.uploads.extend(files);
        digest.update(&message_sha256);
        let mut content = [0; 32];
        content.copy_from_slice(digest.finish().as_ref());
        Ok((draft, content))
    }
}

fn unreadable(error: &MultipartError) -> ApiError {
    match error {
        MultipartError::Payload(error) => broken_off(error, ProblemKind::MalformedMultipart),
        _ => ProblemKind::MalformedMultipart.into(),
    }
}

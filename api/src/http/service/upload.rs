//! Files handed in ahead of their message: first the name, then the bytes.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use chrono::{DateTime, Utc};
use domain::attachment::{FileName, MAX_FILE_BYTES};
use domain::id::{MailboxId, ServiceId, UploadId};
use domain::upload::{Upload, UploadOwner, UploadedContent};
use persistence::{FillError, RequestKey};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::request::context::Call;
use crate::http::request::etag::tagged;
use crate::http::request::idempotency::{created, optional_key, required_key};
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::http::request::stream::{announced_bytes, broken_off, refuse_encoded, timed};
use crate::http::service::settings::ServicePath;
use crate::problem::responses::{BodyProblems, CallProblems, CreateProblems};
use crate::problem::{ApiError, ProblemKind};
use crate::state::AppState;

/// Which upload.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
struct UploadPath {
    /// The service.
    #[param(value_type = Uuid)]
    service_id: ServiceId,
    /// The upload.
    #[param(value_type = Uuid)]
    upload_id: UploadId,
}

/// A file that is to come.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadRequest {
    /// The name that the recipient sees, of at most 200 characters. Folders are left out, and characters that file
    /// systems give a meaning are replaced.
    #[schema(value_type = String, example = "vedtak.pdf")]
    file_name: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// The file itself.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) struct FileBytes(Vec<u8>);

/// A file handed in ahead of its message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadView {
    id: Uuid,
    /// The name that the recipient sees.
    #[schema(example = "vedtak.pdf")]
    file_name: String,
    /// When it is thrown away, unless a message has taken it.
    expires_at: DateTime<Utc>,
    /// What the bytes are; none until they have come.
    #[schema(required)]
    content: Option<UploadContentView>,
}

/// The bytes of an upload.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadContentView {
    /// The media type, judged by the bytes.
    #[schema(example = "application/pdf")]
    content_type: &'static str,
    /// How many bytes.
    size_bytes: u64,
    /// Their SHA-256, in hexadecimal digits.
    sha256: String,
}

impl From<Upload> for UploadView {
    fn from(upload: Upload) -> Self {
        let Upload { id, file_name, content, expires_at } = upload;
        let content = content.map(|UploadedContent { file_type, size_bytes, sha256 }| UploadContentView {
            content_type: file_type.media_type(),
            size_bytes,
            sha256: hex::encode(sha256),
        });
        Self { id: id.as_uuid(), file_name: file_name.expose().to_owned(), expires_at, content }
    }
}

/// Open an upload
///
/// Makes a place for one file. Its bytes follow with `PUT …/content`; a message then names the upload among its
/// `attachments`. What no message has taken within 24 hours is thrown away.
#[utoipa::path(
    operation_id = "uploadOpen",
    tag = "Services",
    params(ServicePath, ("Idempotency-Key" = String, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again.")),
    request_body = UploadRequest,
    responses(
        (status = 201, description = "The upload, without bytes yet.", body = UploadView, headers(
            ("Location" = String, description = "The upload's path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/services/{serviceId}/uploads")]
pub(crate) async fn upload_open(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<ServicePath>,
    body: JsonBody<UploadRequest>,
) -> Result<HttpResponse, ApiError> {
    let key = required_key(&request, &body.sha256)?;
    let service = path.service_id;
    open(&state, &call, service.into(), body.value, Some(key), &format!("/v1/services/{service}")).await
}

async fn open(
    state: &AppState,
    call: &Call,
    owner: UploadOwner,
    request: UploadRequest,
    key: Option<RequestKey>,
    base: &str,
) -> Result<HttpResponse, ApiError> {
    let (upload, replayed) = state.store.upload_open(call, owner, file_name(request)?, key).await?.into_parts();
    Ok(created(format!("{base}/uploads/{}", upload.id), replayed).json(UploadView::from(upload)))
}

fn file_name(request: UploadRequest) -> Result<FileName, ApiError> {
    let UploadRequest { file_name, unknown } = request;
    let mut violations = Violations::new();
    let file_name = violations.required("/fileName", file_name);
    let file_name = violations.parse("/fileName", file_name, FileName::parse);
    violations.unknown("", &unknown);
    match file_name {
        Some(file_name) => violations.finish().map(|()| file_name),
        None => Err(violations.into_error()),
    }
}

/// Hand in the bytes of an upload
///
/// The body is the file itself, of at most 30 MiB; its media type is judged by the bytes alone (HK-4). An upload is
/// filled once; the same bytes again get the same answer.
#[utoipa::path(
    operation_id = "uploadFill",
    tag = "Services",
    params(UploadPath),
    request_body(content = FileBytes, content_type = "application/octet-stream", description = "The bytes of the file."),
    responses(
        (status = 200, description = "The upload, with what its bytes are.", body = UploadView),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[put("/v1/services/{serviceId}/uploads/{uploadId}/content")]
pub(crate) async fn upload_fill(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<UploadPath>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    fill(&state, &call, path.service_id.into(), path.upload_id, &request, payload).await
}

async fn fill(
    state: &AppState,
    call: &Call,
    owner: UploadOwner,
    id: UploadId,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    refuse_encoded(request)?;
    if announced_bytes(request).is_some_and(|bytes| bytes > MAX_FILE_BYTES) {
        return Err(ProblemKind::FileTooLarge.into());
    }
    let filled = state.store.upload_fill(call, owner, id, timed(payload, state.limits.body)).await;
    let upload = filled.map_err(|error| match error {
        FillError::Source(error) => broken_off(&error, ProblemKind::MalformedRequest),
        FillError::Failure(failure) => failure.into(),
    })?;
    Ok(HttpResponse::Ok().json(UploadView::from(upload)))
}

/// Show an upload
///
/// Tells whether its bytes have come, and what they are.
#[utoipa::path(
    operation_id = "uploadShow",
    tag = "Services",
    params(UploadPath, ("If-None-Match" = Option<String>, Header, description = "Tags of versions that the caller has.")),
    responses(
        (status = 200, description = "The upload.", body = UploadView, headers(("ETag" = String, description = "The tag of this version."))),
        (status = 304, description = "The caller has this version (`If-None-Match`)."),
        CallProblems,
    ),
)]
#[get("/v1/services/{serviceId}/uploads/{uploadId}")]
pub(crate) async fn upload_show(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<UploadPath>,
) -> Result<HttpResponse, ApiError> {
    let upload = state.store.upload_fetch(&call, path.service_id.into(), path.upload_id).await?;
    tagged(&request, &UploadView::from(upload))
}

/// Open an upload for what is written
///
/// For a file of a message from this mailbox: first its name, then its bytes. It is thrown away after 24 hours unless a
/// message has taken it.
#[utoipa::path(
    operation_id = "mailboxUploadOpen",
    tag = "Writing",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("Idempotency-Key" = Option<String>, Header, description = "Of the caller's choice, 1–255 visible characters. The same request with the same key gets the first answer again."),
    ),
    request_body = UploadRequest,
    responses(
        (status = 201, description = "The upload, still without bytes.", body = UploadView, headers(
            ("Location" = String, description = "The upload's path."),
            ("Idempotent-Replayed" = String, description = "`true` where an earlier request made it."),
        )),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[post("/v1/mailboxes/{mailboxId}/uploads")]
pub(crate) async fn mailbox_upload_open(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<MailboxId>,
    body: JsonBody<UploadRequest>,
) -> Result<HttpResponse, ApiError> {
    let key = optional_key(&request, &body.sha256)?;
    let mailbox = path.into_inner();
    open(&state, &call, mailbox.into(), body.value, key, &format!("/v1/mailboxes/{mailbox}")).await
}

/// Hand in the bytes of a file for what is written
///
/// The body is the file itself, of at most 30 MiB; its media type is judged by the bytes alone (HK-4). Whether the service
/// takes it is said when the message is sent.
#[utoipa::path(
    operation_id = "mailboxUploadFill",
    tag = "Writing",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("uploadId" = Uuid, Path, description = "The upload."),
    ),
    request_body(content = FileBytes, content_type = "application/octet-stream", description = "The bytes of the file."),
    responses(
        (status = 200, description = "The upload, with what its bytes are.", body = UploadView),
        CallProblems,
        BodyProblems,
        CreateProblems,
    ),
)]
#[put("/v1/mailboxes/{mailboxId}/uploads/{uploadId}/content")]
pub(crate) async fn mailbox_upload_fill(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<(MailboxId, UploadId)>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, id) = path.into_inner();
    fill(&state, &call, mailbox.into(), id, &request, payload).await
}

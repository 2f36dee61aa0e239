//! The bytes of files, whole or in part (RFC 9110, section 14).

use std::ops::Range;

use actix_web::body::SizedStream;
use actix_web::http::header::{
    ACCEPT_RANGES, CONTENT_RANGE, Charset, ContentDisposition, ContentRange, ContentRangeSpec, DispositionParam,
    DispositionType, ETag, EntityTag, ExtendedValue, Header as _, IF_RANGE, IfRange, RANGE, TryIntoHeaderValue as _,
};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError as _, get};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::attachment::{Attachment, FileName};
use domain::id::{AttachmentId, MailboxId, MessageId};
use futures_util::StreamExt as _;
use http_range_header::{EndPosition, RangeUnsatisfiableError, StartPosition, parse_range_header};
use persistence::Fetched;
use utoipa::ToSchema;

use crate::http::request::context::Call;
use crate::http::request::etag::caller_has;
use crate::problem::responses::CallProblems;
use crate::problem::{ApiError, ProblemBody, ProblemKind};
use crate::state::AppState;

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "read by the derive, for the contract")]
pub(crate) struct FileBytes(Vec<u8>);

/// Fetch a file of a message
///
/// The bytes as they were sent, to be kept as a file and never shown inside a page. `Content-Type` is the file's own:
/// `application/pdf`, `application/msword` or that of Word documents. One range of them can be asked for.
#[utoipa::path(
    operation_id = "attachmentFetch",
    tag = "Mailboxes",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("messageId" = Uuid, Path, description = "The message."),
        ("attachmentId" = Uuid, Path, description = "The file."),
        ("Range" = Option<String>, Header, nullable = false,
            description = "One range of bytes.", example = "bytes=0-1023"),
        ("If-Range" = Option<String>, Header, nullable = false,
            description = "The `ETag` for which `Range` is meant. With another one the whole file comes."),
        ("If-None-Match" = Option<String>, Header, nullable = false,
            description = "The `ETag` of the file that the caller has."),
    ),
    responses(
        (status = 200, description = "The whole file.",
            content(
                (FileBytes = "application/octet-stream"),
            ),
            headers(
                ("Content-Disposition" = String, description = "`attachment`, with the name of the file."),
                ("Repr-Digest" = String, description = "The SHA-256 of the whole file (RFC 9530)."),
                ("Accept-Ranges" = String, description = "`bytes`."),
                ("ETag" = String, description = "Goes by the bytes of the file."),
            )),
        (status = 206, description = "The range that was asked for, with the same headers.",
            content(
                (FileBytes = "application/octet-stream"),
            ),
            headers(
                ("Content-Range" = String, description = "Which bytes these are, and how many there are in all."),
                ("Repr-Digest" = String, description = "The SHA-256 of the whole file (RFC 9530)."),
                ("ETag" = String, description = "Goes by the bytes of the file."),
            )),
        (status = 304, description = "The caller has it already."),
        (status = 416, description = "The range lies outside the file, or there are several.", body = ProblemBody,
            content_type = "application/problem+json",
            headers(("Content-Range" = String, description = "`bytes */` and how many bytes there are in all."))),
        CallProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}/messages/{messageId}/attachments/{attachmentId}")]
pub(crate) async fn attachment_fetch(
    call: Call,
    state: Data<AppState>,
    path: Path<(MailboxId, MessageId, AttachmentId)>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, message, id) = path.into_inner();
    let fetched = state.store.attachment_fetch(&call, mailbox, message, id).await?;
    serve(&request, &fetched).await
}

/// Hands out a file, or the range of it that is asked for.
pub(in crate::http) async fn serve(request: &HttpRequest, fetched: &Fetched) -> Result<HttpResponse, ApiError> {
    let size_bytes = fetched.attachment.size_bytes;
    let tag = EntityTag::new_strong(hex::encode(fetched.attachment.sha256));
    if caller_has(request, &tag) {
        return Ok(HttpResponse::NotModified().insert_header(ETag(tag)).finish());
    }
    match part_wanted(request, &tag, size_bytes) {
        Part::Whole => respond(HttpResponse::Ok(), fetched, tag, 0..size_bytes).await,
        Part::Bytes(range) => {
            let mut response = HttpResponse::PartialContent();
            let bounds = Some((range.start, range.end - 1));
            response.insert_header(content_range(bounds, size_bytes));
            respond(response, fetched, tag, range).await
        }
        Part::NotThere => Ok(not_satisfiable(size_bytes)),
    }
}

/// Sends bytes as they are decrypted. A fault before the first becomes a problem; one after it breaks the connection,
/// so that nobody takes a piece for the whole.
async fn respond(
    mut response: HttpResponseBuilder,
    fetched: &Fetched,
    tag: EntityTag,
    range: Range<u64>,
) -> Result<HttpResponse, ApiError> {
    let Attachment { id: _, file_name, file_type, size_bytes: _, sha256 } = &fetched.attachment;
    let length = range.end - range.start;
    let mut content = Box::pin(fetched.content(range).peekable());
    if let Some(Err(error)) = content.as_mut().next_if(Result::is_err).await {
        return Err(error.into());
    }
    Ok(response
        .insert_header(ETag(tag))
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header(disposition(file_name))
        .insert_header(("repr-digest", format!("sha-256=:{}:", STANDARD.encode(sha256))))
        .content_type(file_type.media_type())
        .body(SizedStream::new(length, content)))
}

/// The name twice: for old clients in ASCII, and as it is (RFC 6266, appendix D).
fn disposition(name: &FileName) -> ContentDisposition {
    let exact = name.expose();
    let is_plain = |character: char| character.is_ascii() && character != '%';
    let plain = exact.chars().map(|character| if is_plain(character) { character } else { '_' }).collect();
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(plain),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".to_owned()),
                language_tag: None,
                value: exact.as_bytes().to_vec(),
            }),
        ],
    }
}

const fn content_range(bounds: Option<(u64, u64)>, size_bytes: u64) -> ContentRange {
    ContentRange(ContentRangeSpec::Bytes { range: bounds, instance_length: Some(size_bytes) })
}

fn not_satisfiable(size_bytes: u64) -> HttpResponse {
    let mut response = ApiError::from(ProblemKind::RangeNotSatisfiable).error_response();
    if let Ok(value) = content_range(None, size_bytes).try_into_value() {
        response.headers_mut().insert(CONTENT_RANGE, value);
    }
    response
}

/// Which bytes of a file a request asks for.
#[derive(PartialEq, Eq, Debug)]
enum Part {
    /// All.
    Whole,
    /// Some, at least one.
    Bytes(Range<u64>),
    /// None that can be given: beyond the end, or several ranges.
    NotThere,
}

/// A `Range` that is none, or is meant for another file than this, is as if it were not there.
fn part_wanted(request: &HttpRequest, tag: &EntityTag, size_bytes: u64) -> Part {
    let mut values = request.headers().get_all(RANGE);
    let (Some(value), None) = (values.next(), values.next()) else { return Part::Whole };
    let Some(text) = value.to_str().ok().filter(|_| is_meant_for(request, tag)) else { return Part::Whole };
    let ranges = match parse_range_header(text) {
        Ok(parsed) => parsed.ranges,
        Err(RangeUnsatisfiableError::ZeroSuffix) => return Part::NotThere,
        Err(_) => return Part::Whole,
    };
    let [range] = ranges.as_slice() else { return Part::NotThere };
    let (start, end) = match (range.start, range.end) {
        (StartPosition::Index(first), EndPosition::Index(last)) if last < first => return Part::Whole,
        (StartPosition::Index(first), EndPosition::Index(last)) => (first, last.saturating_add(1).min(size_bytes)),
        (StartPosition::Index(first), EndPosition::LastByte) => (first, size_bytes),
        (StartPosition::FromLast(count), _) => (size_bytes.saturating_sub(count), size_bytes),
    };
    if start < end { Part::Bytes(start..end) } else { Part::NotThere }
}

/// Whether `If-Range`, where there is one, names this very file. A date never does: files have none.
fn is_meant_for(request: &HttpRequest, tag: &EntityTag) -> bool {
    if !request.headers().contains_key(IF_RANGE) {
        return true;
    }
    match IfRange::parse(request) {
        Ok(IfRange::EntityTag(meant)) => meant.strong_eq(tag),
        Ok(IfRange::Date(_)) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const SIZE: u64 = 1000;

    fn wanted(headers: &[(&str, &str)]) -> Part {
        let mut request = TestRequest::default();
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        part_wanted(&request.to_http_request(), &EntityTag::new_strong("a1".into()), SIZE)
    }

    #[test]
    fn one_range_of_a_file_can_be_asked_for() {
        let table = [
            ("bytes=0-0", Part::Bytes(0..1)),
            ("bytes=10-19", Part::Bytes(10..20)),
            ("bytes=990-", Part::Bytes(990..1000)),
            ("bytes=990-5000", Part::Bytes(990..1000)),
            ("bytes=0-18446744073709551615", Part::Bytes(0..1000)),
            ("bytes=-10", Part::Bytes(990..1000)),
            ("bytes=-5000", Part::Bytes(0..1000)),
            ("bytes=1000-", Part::NotThere),
            ("bytes=1000-1001", Part::NotThere),
            ("bytes=-0", Part::NotThere),
            ("bytes=0-1,5-6", Part::NotThere),
            ("bytes=9-5", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=", Part::Whole),
            ("lines=0-1", Part::Whole),
        ];
        for (header, expected) in table {
            assert_eq!(wanted(&[("range", header)]), expected, "{header}");
        }
        assert_eq!(wanted(&[]), Part::Whole);
        assert_eq!(wanted(&[("range", "bytes=0-1"), ("range", "bytes=2-3")]), Part::Whole);
    }

    #[test]
    fn a_range_that_is_meant_for_another_file_gives_the_whole_one() {
        let table = [
            (r#""a1""#, Part::Bytes(0..1)),
            (r#""b2""#, Part::Whole),
            (r#"W/"a1""#, Part::Whole),
            ("Sun, 06 Dec 2026 00:00:00 GMT", Part::Whole),
            ("nonsense", Part::Whole),
        ];
        for (if_range, expected) in table {
            assert_eq!(wanted(&[("range", "bytes=0-0"), ("if-range", if_range)]), expected, "{if_range}");
        }
    }

    #[test]
    fn a_file_keeps_its_name_in_each_client() {
        let table = [
            ("vedtak.pdf", "attachment; filename=\"vedtak.pdf\"; filename*=UTF-8''vedtak.pdf"),
            ("prøve 1.pdf", "attachment; filename=\"pr_ve 1.pdf\"; filename*=UTF-8''pr%C3%B8ve%201.pdf"),
            ("50%41.pdf", "attachment; filename=\"50_41.pdf\"; filename*=UTF-8''50%2541.pdf"),
        ];
        for (name, expected) in table {
            let name = FileName::parse(name).expect("a file name");
            assert_eq!(disposition(&name).to_string(), expected);
        }
    }
}

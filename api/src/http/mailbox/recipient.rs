//! Whom a mailbox can write to.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use domain::attachment::FileType;
use domain::dialogue::{DialoguePolicy, Inquiry, NotWritable};
use domain::id::MailboxId;
use domain::rule::Rule;
use persistence::{Page, ServiceRecipient};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::mailbox::message::MessageServiceView;
use crate::http::open::privacy_notice;
use crate::http::request::context::Call;
use crate::http::request::input::{Field, QueryInput, Unknown};
use crate::http::request::page::ListView;
use crate::http::service::settings::dialogue::RefusedSubjectView;
use crate::problem::ApiError;
use crate::problem::responses::{CallProblems, QueryProblems};
use crate::state::AppState;
use crate::vocabulary;

/// Which services are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct RecipientQuery {
    /// A part of the name of the service or its organisation. Slips and other ways of writing Norwegian letters are
    /// tolerated. Without it, the services that the owner receives or has received.
    #[serde(default)]
    #[param(value_type = Option<String>, max_length = 200, example = "klage")]
    q: Field<String>,
    /// At most this many items.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Field<String>,
    #[serde(flatten)]
    #[param(ignore)]
    unknown: Unknown,
}

/// A service that this mailbox can write to, or cannot, and why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceRecipientView {
    service: MessageServiceView,
    /// What the service is called in Nynorsk, where that differs.
    #[schema(required)]
    name_nynorsk: Option<String>,
    /// What it does.
    #[schema(example = "municipalCare")]
    service_kind: &'static str,
    /// Whether the owner receives the service: `pending`, `active`, `closed`; null where it is not known to.
    #[schema(value_type = Option<vocabulary::RelationshipState>, required, example = "active")]
    relationship: Option<&'static str>,
    /// What can be written to it, and what not.
    kinds: Vec<InquiryVerdictView>,
    /// Within how many working days it mostly answers (CON-18).
    #[schema(required)]
    expected_reply_days: Option<u16>,
    /// Whether one can answer it in a conversation.
    takes_replies: bool,
    /// What it takes on a form, and where (TK-2).
    refused_subjects: Vec<RefusedSubjectView>,
    /// The types of files that it takes: `pdf`, `docx` and `doc`.
    #[schema(value_type = Vec<vocabulary::FileType>)]
    attachment_types: Vec<&'static str>,
    /// The largest file that it takes, in bytes.
    max_attachment_bytes: u64,
    /// The path of its organisation's privacy notice, which is open to everybody (PP-11).
    #[schema(example = "/v1/privacy-notices/310000019")]
    privacy_notice: String,
}

/// Whether something can be written.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InquiryVerdictView {
    /// `dialogue`, `letter` or `accessRequest`.
    #[schema(value_type = vocabulary::InquiryKind, example = "dialogue")]
    kind: &'static str,
    /// Whether it can be written now.
    allowed: bool,
    /// The rule that decides.
    #[schema(example = "DH-8")]
    rule: &'static str,
    /// Why it cannot be written: `notOpen`, `notReceived`, `noLongerReceived`, `pending` or `notForCaller`.
    #[schema(required, example = "notReceived")]
    reason: Option<&'static str>,
    /// From when on it can be, where that is known (CON-15).
    #[schema(required)]
    active_from: Option<DateTime<Utc>>,
}

impl InquiryVerdictView {
    pub(in crate::http) fn of((inquiry, verdict): (Inquiry, Result<Rule, NotWritable>)) -> Self {
        let active_from = match verdict {
            Err(NotWritable::Pending { active_from }) => Some(active_from),
            Ok(_) | Err(_) => None,
        };
        Self {
            kind: inquiry.as_word(),
            allowed: verdict.is_ok(),
            rule: verdict.unwrap_or_else(NotWritable::rule).id(),
            reason: verdict.err().map(NotWritable::as_word),
            active_from,
        }
    }
}

/// Tells how a service stands to the owner at a time.
fn view(recipient: ServiceRecipient, now: DateTime<Utc>) -> ServiceRecipientView {
    let ServiceRecipient { service, name_nynorsk, kind, relationship, inquiries, dialogue, attachment_types } =
        recipient;
    let DialoguePolicy { takes_replies, refused_subjects, max_attachment_bytes, expected_reply_days, .. } = dialogue;
    ServiceRecipientView {
        privacy_notice: privacy_notice::path_of(service.organisation_number.as_str()),
        service: service.into(),
        name_nynorsk: name_nynorsk.map(|name| name.as_str().to_owned()),
        service_kind: kind.as_word(),
        relationship: relationship.map(|relationship| relationship.state(now).as_word()),
        kinds: inquiries.into_iter().map(InquiryVerdictView::of).collect(),
        expected_reply_days,
        takes_replies,
        refused_subjects: refused_subjects.iter().map(RefusedSubjectView::from).collect(),
        attachment_types: attachment_types.into_iter().map(FileType::as_word).collect(),
        max_attachment_bytes,
    }
}

/// List whom this mailbox can write to
///
/// The services that its owner receives, or, by a part of a name, all services. Of each: what can be
/// written to it now, from when, or why not. The closest come first.
#[utoipa::path(
    operation_id = "recipientList",
    tag = "Writing",
    params(("mailboxId" = Uuid, Path, description = "The mailbox."), RecipientQuery),
    responses(
        (status = 200, description = "The services.", body = ListView<ServiceRecipientView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/mailboxes/{mailboxId}/recipients")]
pub(crate) async fn recipient_list(
    call: Call,
    state: Data<AppState>,
    path: Path<MailboxId>,
    query: QueryInput<RecipientQuery>,
) -> Result<HttpResponse, ApiError> {
    let QueryInput { value: RecipientQuery { q, limit, unknown }, mut violations } = query;
    let typed = violations.optional("?q", q);
    let typed = violations.parse("?q", typed, domain::organisation::Name::parse);
    let limit = violations.optional("?limit", limit);
    let limit = violations.number_in_range("?limit", limit, 1..=i64::from(Page::MAX_LIMIT));
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::from(Page::DEFAULT_LIMIT));
    violations.unknown("?", &unknown);
    violations.finish()?;
    let typed = typed.map(|typed| typed.as_str().to_owned());
    let found = state.store.recipient_list(&call, path.into_inner(), typed, limit).await?;
    Ok(HttpResponse::Ok().json(ListView::whole(found, |recipient| view(recipient, call.now))))
}

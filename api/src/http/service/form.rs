//! Forms that citizens fill in when they write to a service (TK-9).

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use domain::form::{AnswersText, FilledForm, Form, FormAnswers, FormName, FormSchema, FormTitle, MAX_ANSWERS};
use domain::id::{MailboxId, ServiceId};
use persistence::{Context, NewForm, SchemaFault, SchemaFaultReason};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::http::request::page::ListView;
use crate::http::service::settings::ServicePath;
use crate::problem::responses::{BodyProblems, CallProblems};
use crate::problem::{ApiError, ProblemKind, ViolationCode};
use crate::state::AppState;

/// Which form of which service.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
struct FormPath {
    /// The service.
    #[param(value_type = Uuid)]
    service_id: ServiceId,
    /// The service's name for the form: 1 to 60 characters out of `a` to `z`, digits and `-`.
    #[param(min_length = 1, max_length = 60, example = "tiltak")]
    form: String,
}

/// What a form asks.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FormRequest {
    /// What people call it: at most 200 characters.
    #[schema(value_type = String, max_length = 200, example = "Opplysninger før første besøk")]
    title: Field<String>,
    /// A JSON Schema of edition 2020-12 for an object, of at most 60,000 characters. References lead to a place of the same
    /// schema, as in `#/$defs/dose`, and none back to itself. Formats such as `date` are checked; patterns have no
    /// look-around and no back-references. What takes too long to judge answers by is refused: many alternatives or required
    /// fields for each item of a list, more than some 90 patterns, or patterns that repeat something hundreds of times.
    #[schema(value_type = Object, example = json!({"type": "object", "required": ["diet"], "properties": {"diet": {"enum": ["none", "vegetarian"]}}}))]
    schema: Field<Map<String, Value>>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A form, in one version. A version never changes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FormView {
    /// The service's name for it.
    #[schema(example = "tiltak")]
    form: String,
    /// The version, from 1.
    #[schema(example = 1)]
    version: i32,
    /// What people call it.
    title: String,
    /// What it asks: a JSON Schema of edition 2020-12.
    schema: Value,
}

/// A form of the service, filled in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FormAnswersRequest {
    /// The service's name for the form.
    #[schema(value_type = String, example = "tiltak")]
    form: Field<String>,
    /// The version that was shown to whoever filled it in.
    #[schema(value_type = i32, minimum = 1, example = 1)]
    version: Field<i64>,
    /// The answers, of at most 100,000 characters as JSON and at most 1,000 values, groups and lists counted as well. With a
    /// form that takes long to judge, fewer characters are taken.
    #[schema(value_type = Object, example = json!({"diet": "vegetarian"}))]
    answers: Field<Map<String, Value>>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A form that was filled in, with all that it takes to read the answers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FormAnswersView {
    #[serde(flatten)]
    form: FormView,
    /// The answers.
    answers: Value,
}

impl From<Form> for FormView {
    fn from(form: Form) -> Self {
        let Form { name, version, title, schema } = form;
        Self {
            form: name.as_str().to_owned(),
            version,
            title: title.as_str().to_owned(),
            schema: stored_json(schema.as_str()),
        }
    }
}

impl From<FormAnswers> for FormAnswersView {
    fn from(filled: FormAnswers) -> Self {
        let FormAnswers { form, answers } = filled;
        Self { form: form.into(), answers: stored_json(answers.expose()) }
    }
}

/// What was stored as JSON is JSON.
pub(in crate::http) fn stored_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// Reads a form that was filled in.
pub(in crate::http) fn filled(violations: &mut Violations, request: Field<FormAnswersRequest>) -> Option<FilledForm> {
    let FormAnswersRequest { form, version, answers, unknown } = violations.optional("/formAnswers", request)?;
    let form = violations.required("/formAnswers/form", form);
    let form = violations.parse("/formAnswers/form", form, FormName::parse);
    let version = violations.required("/formAnswers/version", version);
    let version = violations.in_range("/formAnswers/version", version, 1..=i64::from(i32::MAX));
    let answers = violations.required("/formAnswers/answers", answers).map(Value::from);
    if answers.as_ref().is_some_and(|answers| values_in(answers) > MAX_ANSWERS) {
        violations.add("/formAnswers/answers", ViolationCode::TooManyAnswers { max: MAX_ANSWERS });
    }
    let answers = answers.map(|answers| answers.to_string());
    let answers = violations.parse("/formAnswers/answers", answers, AnswersText::parse);
    violations.unknown("/formAnswers", &unknown);
    let version = version.and_then(|version| i32::try_from(version).ok());
    form.zip(version).zip(answers).map(|((form, version), answers)| FilledForm { form, version, answers })
}

/// How many values there are in one, itself among them.
fn values_in(value: &Value) -> usize {
    let within: usize = match value {
        Value::Array(items) => items.iter().map(values_in).sum(),
        Value::Object(fields) => fields.values().map(values_in).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    };
    within + 1
}

async fn new_form(
    state: &AppState,
    call: &Context,
    service: ServiceId,
    name: &str,
    request: FormRequest,
) -> Result<NewForm, ApiError> {
    let FormRequest { title, schema, unknown } = request;
    let mut violations = Violations::new();
    let name = violations.parse("/form", Some(name), FormName::parse);
    let title = violations.required("/title", title);
    let title = violations.parse("/title", title, FormTitle::parse);
    let schema = violations.required("/schema", schema).map(|schema| Value::from(schema).to_string());
    let schema = violations.parse("/schema", schema, FormSchema::parse);
    violations.unknown("", &unknown);
    if let Some(schema) = schema.clone() {
        for SchemaFault { place, reason } in state.store.form_schema_faults(call, service, schema).await? {
            let code = match reason {
                SchemaFaultReason::NotASchema => ViolationCode::NotASchema,
                SchemaFaultReason::Reference => ViolationCode::SchemaReference,
                SchemaFaultReason::TooCostly => ViolationCode::SchemaTooCostly,
            };
            violations.add(format!("/schema{place}"), code);
        }
    }
    let (Some(name), Some(title), Some(schema)) = (name, title, schema) else { return Err(violations.into_error()) };
    violations.finish()?;
    Ok(NewForm { name, title, schema })
}

/// Open a form, or change it
///
/// By a system of the service's own organisation, with the scope `brevdue:services.write`. A change makes a new version,
/// which is the one that is filled in from then on; what was answered keeps the version it was filled in. Saying what is
/// known changes nothing. A service has at most 50 forms.
#[utoipa::path(
    operation_id = "formPut",
    tag = "Services",
    params(FormPath),
    request_body = FormRequest,
    responses(
        (status = 200, description = "It is known already.", body = FormView),
        (status = 201, description = "A new version.", body = FormView, headers(("Location" = String, description = "The form's path."))),
        CallProblems,
        BodyProblems,
    ),
)]
#[put("/v1/services/{serviceId}/forms/{form}")]
pub(crate) async fn form_put(
    call: Call,
    request: HttpRequest,
    state: Data<AppState>,
    path: Path<FormPath>,
    body: JsonBody<FormRequest>,
) -> Result<HttpResponse, ApiError> {
    let FormPath { service_id, form } = path.into_inner();
    let new = new_form(&state, &call, service_id, &form, body.value).await?;
    let (form, is_new) = state.store.form_put(&call, service_id, new).await?;
    let mut response = HttpResponse::Ok();
    if is_new {
        response = HttpResponse::Created();
        response.insert_header(("location", request.uri().path()));
    }
    Ok(response.json(FormView::from(form)))
}

/// Take a form out of use
///
/// What was answered stays. By a system of the service's own organisation, with the scope `brevdue:services.write`.
#[utoipa::path(
    operation_id = "formRetire",
    tag = "Services",
    params(FormPath),
    responses((status = 204, description = "It is out of use."), CallProblems),
)]
#[delete("/v1/services/{serviceId}/forms/{form}")]
pub(crate) async fn form_retire(
    call: Call,
    state: Data<AppState>,
    path: Path<FormPath>,
) -> Result<HttpResponse, ApiError> {
    let FormPath { service_id, form } = path.into_inner();
    let name = FormName::parse(&form).map_err(|_| ProblemKind::NotFound)?;
    state.store.form_retire(&call, service_id, name).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List the forms of a service
///
/// Those in use, by name, for systems of its own organisation.
#[utoipa::path(
    operation_id = "formList",
    tag = "Services",
    params(ServicePath),
    responses((status = 200, description = "The forms.", body = ListView<FormView>), CallProblems),
)]
#[get("/v1/services/{serviceId}/forms")]
pub(crate) async fn form_list(
    call: Call,
    state: Data<AppState>,
    path: Path<ServicePath>,
) -> Result<HttpResponse, ApiError> {
    let forms = state.store.form_list(&call, path.service_id).await?;
    Ok(HttpResponse::Ok().json(ListView::whole(forms, FormView::from)))
}

/// List the forms that can be filled in
///
/// Those of a service that are in use, by name. One is sent with a message to the service, as `formAnswers`.
#[utoipa::path(
    operation_id = "recipientFormList",
    tag = "Writing",
    params(
        ("mailboxId" = Uuid, Path, description = "The mailbox."),
        ("serviceId" = Uuid, Path, description = "The service."),
    ),
    responses((status = 200, description = "The forms.", body = ListView<FormView>), CallProblems),
)]
#[get("/v1/mailboxes/{mailboxId}/recipients/{serviceId}/forms")]
pub(crate) async fn recipient_form_list(
    call: Call,
    state: Data<AppState>,
    path: Path<(MailboxId, ServiceId)>,
) -> Result<HttpResponse, ApiError> {
    let (mailbox, service) = path.into_inner();
    let forms = state.store.recipient_forms(&call, mailbox, service).await?;
    Ok(HttpResponse::Ok().json(ListView::whole(forms, FormView::from)))
}

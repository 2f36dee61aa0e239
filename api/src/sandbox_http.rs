//! The sandbox's own resources. Open to everybody, and not there in production.

pub(crate) mod contact;
pub(crate) mod faults;
pub(crate) mod outbox;
pub(crate) mod person_change;
pub(crate) mod persons;

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post, put};
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::OperatorRole;
use domain::identity::{HprNumber, NationalId, OrganisationNumber};
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::auth::sandbox_issuer::SandboxSubject;
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::problem::responses::BodyProblems;
use crate::problem::{ApiError, ProblemBody, ProblemKind, ViolationCode};
use crate::sandbox::{Sandbox, parse_duration};
use crate::state::AppState;
use crate::vocabulary::{TokenKind, UnregisteredRecipients};
use crate::worker;

/// Adds the operations.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(sandbox_token_create)
        .service(persons::sandbox_person_list)
        .service(person_change::sandbox_person_change)
        .service(sandbox_organisation_list)
        .service(sandbox_clock_show)
        .service(sandbox_clock_set)
        .service(outbox::sandbox_outbox_show)
        .service(faults::sandbox_faults_show)
        .service(faults::sandbox_faults_set);
}

/// How long a token of the sandbox lives.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::hours(8);
/// The system that a token speaks for where the request names none.
const CLIENT: &str = "sandbox-ehr";
/// The most often that the clock stops on its way. Past that it jumps.
const MOST_STOPS: usize = 2000;
const OPERATOR: &str = "sandbox-operator";

/// Whom a token is to speak for.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenRequest {
    /// `citizen`, `healthWorker`, `system` or `operator`.
    #[schema(value_type = TokenKind, example = "citizen")]
    kind: Field<String>,
    /// The person; for `citizen` and `healthWorker`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "29827200059")]
    national_id: Field<String>,
    /// The level of the login, in the words of ID-porten; for `citizen`. High where left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "idporten-loa-high")]
    acr: Field<String>,
    /// The organisation; for `system` and `healthWorker`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "310000019")]
    organisation_number: Field<String>,
    /// What the token allows; for `system`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["brevdue:messages.write", "brevdue:messages.read"]))]
    scopes: Field<Vec<String>>,
    /// The system; for `system`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "sandbox-ehr")]
    client_id: Field<String>,
    /// The operator; for `operator`. Two of them are needed where one confirms what another has put on record.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "sandbox-operator")]
    subject: Field<String>,
    /// What the token allows beside the registrations; for `operator`: `brevdue-register-powers`, `brevdue-confirm-powers` and
    /// `brevdue-see-operators`. All of them where left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["brevdue-confirm-powers"]))]
    roles: Field<Vec<String>>,
    /// The number in the register of health personnel; for `healthWorker`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "9144900")]
    hpr_number: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenView {
    /// For the header `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// For how many seconds it holds, by the sandbox's clock.
    expires_in: i64,
}

/// An organisation that does not exist.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TestOrganisationView {
    id: Uuid,
    organisation_number: String,
    name: String,
    services: Vec<TestServiceView>,
}

/// A service of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TestServiceView {
    id: Uuid,
    name: String,
    kind: &'static str,
    /// `hold` or `reject`.
    #[schema(value_type = UnregisteredRecipients)]
    unregistered_recipients: &'static str,
}

/// All test organisations.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestOrganisationsView {
    items: Vec<TestOrganisationView>,
}

/// The sandbox's time.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClockView {
    /// What the sandbox takes for now.
    now: DateTime<Utc>,
}

/// Where to move the clock: to a time, or by a duration. Exactly one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClockRequest {
    /// The time to move to.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    now: Field<String>,
    /// How far to move on: days, hours, minutes and seconds as in `P7D` or `PT36H`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "P7D")]
    advance: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

fn sandbox(state: &AppState) -> Result<&Sandbox, ApiError> {
    state.sandbox.as_ref().ok_or_else(|| ProblemKind::NotFound.into())
}

/// Make a token
///
/// For anybody: this is a sandbox. The token is checked like every other.
#[utoipa::path(
    operation_id = "sandboxTokenCreate",
    tag = "Sandbox",
    security(()),
    request_body = TokenRequest,
    responses(
        (status = 200, description = "The token.", body = TokenView),
        BodyProblems,
    ),
)]
#[post("/sandbox/tokens")]
pub(crate) async fn sandbox_token_create(
    state: Data<AppState>,
    body: JsonBody<TokenRequest>,
) -> Result<HttpResponse, ApiError> {
    let subject = subject(&state, body.value)?;
    let access_token = sandbox(&state)?.issuer.token(&subject, state.clock.now(), TOKEN_LIFETIME);
    Ok(HttpResponse::Ok().json(TokenView {
        access_token,
        token_type: "Bearer",
        expires_in: TOKEN_LIFETIME.num_seconds(),
    }))
}

fn subject(state: &AppState, request: TokenRequest) -> Result<SandboxSubject, ApiError> {
    let TokenRequest {
        kind,
        national_id,
        acr,
        organisation_number,
        scopes,
        client_id,
        subject,
        roles,
        hpr_number,
        unknown,
    } = request;
    let mut violations = Violations::new();
    let kind = violations.required("/kind", kind);
    let is = |name: &str| kind.as_deref() == Some(name);
    let (citizen, worker, system, operator) = (is("citizen"), is("healthWorker"), is("system"), is("operator"));
    if kind.is_some() && !(citizen || worker || system || operator) {
        let choices = vec!["citizen", "healthWorker", "system", "operator"];
        violations.add("/kind", ViolationCode::NotAChoice { choices });
    }
    let national_id = if citizen || worker {
        violations.required("/nationalId", national_id)
    } else {
        violations.optional("/nationalId", national_id)
    };
    let national_id = violations.parse("/nationalId", national_id, |text| NationalId::parse(text, state.series));
    let organisation = if worker || system {
        violations.required("/organisationNumber", organisation_number)
    } else {
        violations.optional("/organisationNumber", organisation_number)
    };
    let organisation = violations.parse("/organisationNumber", organisation, OrganisationNumber::parse);
    let acr = violations.optional("/acr", acr);
    let scopes = violations.optional("/scopes", scopes).unwrap_or_default();
    let client_id = violations.optional("/clientId", client_id).unwrap_or_else(|| CLIENT.to_owned());
    let hpr_number = violations.optional("/hprNumber", hpr_number);
    let hpr_number = match hpr_number.as_deref().map(HprNumber::parse) {
        Some(Err(_)) => {
            violations.add("/hprNumber", ViolationCode::WrongType);
            None
        }
        Some(Ok(number)) => Some(number),
        None => None,
    };
    let operator_name = violations.optional("/subject", subject).unwrap_or_else(|| OPERATOR.to_owned());
    let roles = roles_of(&mut violations, roles);
    violations.unknown("", &unknown);
    let subject = match (national_id, organisation) {
        (Some(national_id), _) if citizen => Some(SandboxSubject::Citizen { national_id, acr }),
        (Some(national_id), Some(organisation)) if worker => {
            Some(SandboxSubject::HealthWorker { national_id, hpr_number, organisation, security_level: 4 })
        }
        (_, Some(organisation)) if system => Some(SandboxSubject::System { organisation, scopes, client_id }),
        _ if operator => Some(SandboxSubject::Operator { subject: operator_name, roles }),
        _ => None,
    };
    match subject {
        Some(subject) => violations.finish().map(|()| subject),
        None => Err(violations.into_error()),
    }
}

/// The roles of an operator: all where none are named.
fn roles_of(violations: &mut Violations, roles: Field<Vec<String>>) -> Vec<OperatorRole> {
    let Some(words) = violations.optional("/roles", roles) else { return OperatorRole::VARIANTS.to_vec() };
    let mut roles = vec![];
    for (place, word) in words.iter().enumerate() {
        match word.parse() {
            Ok(role) => roles.push(role),
            Err(_) => {
                let choices = OperatorRole::VARIANTS.iter().map(|role| role.as_word()).collect();
                violations.add(format!("/roles/{place}"), ViolationCode::NotAChoice { choices });
            }
        }
    }
    roles
}

/// List the test organisations
///
/// Each has a data-processing agreement in force, and services.
#[utoipa::path(
    operation_id = "sandboxOrganisationList",
    tag = "Sandbox",
    security(()),
    responses((status = 200, description = "The organisations.", body = TestOrganisationsView)),
)]
#[get("/sandbox/organisations")]
pub(crate) async fn sandbox_organisation_list(state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let service = |service: &crate::sandbox::TestService| TestServiceView {
        id: service.id.as_uuid(),
        name: service.name.clone(),
        kind: service.kind,
        unregistered_recipients: service.unregistered_recipients,
    };
    let organisation = |organisation: &crate::sandbox::TestOrganisation| TestOrganisationView {
        id: organisation.id.as_uuid(),
        organisation_number: organisation.number.clone(),
        name: organisation.name.clone(),
        services: organisation.services.iter().map(service).collect(),
    };
    let items = sandbox(&state)?.organisations.iter().map(organisation).collect();
    Ok(HttpResponse::Ok().json(TestOrganisationsView { items }))
}

/// Tell the sandbox's time
///
/// All rules go by it, and so do tokens.
#[utoipa::path(
    operation_id = "sandboxClockShow",
    tag = "Sandbox",
    security(()),
    responses((status = 200, description = "The time.", body = ClockView)),
)]
#[get("/sandbox/clock")]
pub(crate) async fn sandbox_clock_show(state: Data<AppState>) -> HttpResponse {
    HttpResponse::Ok().json(ClockView { now: state.clock.now() })
}

/// Move the sandbox's time
///
/// To a time or by a duration. What is due on the way is done at its own time, as if one had waited, and all of it before the
/// answer comes.
#[utoipa::path(
    operation_id = "sandboxClockSet",
    tag = "Sandbox",
    security(()),
    request_body = ClockRequest,
    responses(
        (status = 200, description = "The new time.", body = ClockView),
        BodyProblems,
        (status = 503, description = "What is due cannot be done now.", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
#[put("/sandbox/clock")]
pub(crate) async fn sandbox_clock_set(
    state: Data<AppState>,
    body: JsonBody<ClockRequest>,
) -> Result<HttpResponse, ApiError> {
    let ClockRequest { now, advance, unknown } = body.value;
    let mut violations = Violations::new();
    let now = violations.optional("/now", now);
    let advance = violations.optional("/advance", advance);
    if now.is_some() == advance.is_some() {
        violations.add("", ViolationCode::ExactlyOneOf { fields: &["now", "advance"] });
    }
    let to = violations.time("/now", now);
    let by = advance.as_deref().map(parse_duration);
    if by == Some(None) {
        violations.add("/advance", ViolationCode::WrongType);
    }
    violations.unknown("", &unknown);
    violations.finish()?;
    let before = state.clock.now();
    let target = match (to, by.flatten()) {
        (Some(to), _) => Some(to),
        (None, Some(by)) => before.checked_add_signed(by),
        (None, None) => None,
    };
    let Some(target) = target.filter(|target| state.clock.reaches(*target)) else {
        let mut violations = Violations::new();
        violations.add("", ViolationCode::NotATime);
        return Err(violations.into_error());
    };
    pass_time(&state, target).await?;
    state.post.send_due().await?;
    if state.clock.now() - before >= worker::CLEAN_UP_EVERY {
        state.store.clean_up(state.clock.now()).await?;
    }
    Ok(HttpResponse::Ok().json(ClockView { now: state.clock.now() }))
}

/// Lets time go by until then, from one thing that is due to the next, as if one had waited.
async fn pass_time(state: &AppState, target: DateTime<Utc>) -> Result<(), ApiError> {
    let run_due = || worker::run_due(&state.store, &state.outside, state.clock.now());
    for _ in 0..MOST_STOPS {
        if state.clock.now() >= target {
            break;
        }
        run_due().await?;
        let Some(next) = state.store.next_due(state.clock.now(), target).await? else { break };
        state.clock.set(next);
    }
    state.clock.set(target);
    Ok(run_due().await?)
}

//! What the sandbox pretends to be broken.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, put};
use serde::{Deserialize, Serialize};
use strum::VariantArray as _;
use utoipa::ToSchema;

use super::sandbox;
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::problem::ApiError;
use crate::problem::responses::BodyProblems;
use crate::sandbox::Sandbox;
use crate::sandbox::fault::Fault;
use crate::state::AppState;

/// What is pretended to be broken. `down`: it does not answer. `slow`: it thinks for three seconds, and then works.
/// `rejecting`: it refuses whatever it is asked; a provider of mailboxes, for it does not know the recipient.
/// `answeringTwice`: it does what it is asked, or says what it knows, twice. `losingAnswer`: it takes what it is given, and nobody hears of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FaultsView {
    /// What is wrong with the population register; none while it works.
    #[schema(example = "down")]
    population_register: Option<&'static str>,
    /// The same for the contact register.
    #[schema(example = "slow")]
    contact_register: Option<&'static str>,
    /// The same for the gateway for SMS.
    #[schema(example = "losingAnswer")]
    sms: Option<&'static str>,
    /// The same for the mail server.
    #[schema(example = "rejecting")]
    email: Option<&'static str>,
    /// The same for whoever prints.
    #[schema(example = "answeringTwice")]
    print: Option<&'static str>,
    /// The same for the providers of mailboxes.
    #[schema(example = "down")]
    digital_mailbox: Option<&'static str>,
}

/// What is to be pretended from now on: `down`, `slow`, `rejecting`, `answeringTwice` or `losingAnswer`. What is left out or
/// `null` works.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FaultsRequest {
    /// The population register.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "down")]
    population_register: Field<String>,
    /// The contact register.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "slow")]
    contact_register: Field<String>,
    /// The gateway for SMS.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "losingAnswer")]
    sms: Field<String>,
    /// The mail server.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "rejecting")]
    email: Field<String>,
    /// Whoever prints.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "answeringTwice")]
    print: Field<String>,
    /// The providers of mailboxes.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "down")]
    digital_mailbox: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

fn view(sandbox: &Sandbox) -> FaultsView {
    FaultsView {
        population_register: sandbox.register.fault.get().map(Fault::into),
        contact_register: sandbox.contact_register.fault.get().map(Fault::into),
        sms: sandbox.partners.sms.fault.get().map(Fault::into),
        email: sandbox.partners.email.fault.get().map(Fault::into),
        print: sandbox.partners.printer.fault.get().map(Fault::into),
        digital_mailbox: sandbox.partners.mailboxes.fault.get().map(Fault::into),
    }
}

/// Tell what is pretended to be broken
///
/// Nothing, where the sandbox has just started.
#[utoipa::path(
    operation_id = "sandboxFaultsShow",
    tag = "Sandbox",
    security(()),
    responses((status = 200, description = "The faults.", body = FaultsView)),
)]
#[get("/sandbox/faults")]
pub(crate) async fn sandbox_faults_show(state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(view(sandbox(&state)?)))
}

/// Break a system of another organisation, or mend it
///
/// For trying out what happens then. All faults are given at once.
#[utoipa::path(
    operation_id = "sandboxFaultsSet",
    tag = "Sandbox",
    security(()),
    request_body = FaultsRequest,
    responses((status = 200, description = "The faults.", body = FaultsView), BodyProblems),
)]
#[put("/sandbox/faults")]
pub(crate) async fn sandbox_faults_set(
    state: Data<AppState>,
    body: JsonBody<FaultsRequest>,
) -> Result<HttpResponse, ApiError> {
    let FaultsRequest { population_register, contact_register, sms, email, print, digital_mailbox, unknown } =
        body.value;
    let mut violations = Violations::new();
    let mut fault = |pointer, field| {
        let word = violations.optional(pointer, field);
        violations.choice_of(pointer, word, Fault::VARIANTS)
    };
    let register = fault("/populationRegister", population_register);
    let contacts = fault("/contactRegister", contact_register);
    let (sms, email) = (fault("/sms", sms), fault("/email", email));
    let (print, digital_mailbox) = (fault("/print", print), fault("/digitalMailbox", digital_mailbox));
    violations.unknown("", &unknown);
    violations.finish()?;
    let sandbox = sandbox(&state)?;
    sandbox.partners.sms.fault.set(sms);
    sandbox.partners.email.fault.set(email);
    sandbox.partners.printer.fault.set(print);
    sandbox.partners.mailboxes.fault.set(digital_mailbox);
    sandbox.register.fault.set(register);
    sandbox.contact_register.fault.set(contacts);
    Ok(HttpResponse::Ok().json(view(sandbox)))
}

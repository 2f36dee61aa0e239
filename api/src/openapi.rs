//! The contract: what `openapi.yaml` says, taken from the handlers themselves.

mod shape;
mod yaml;

use actix_web::App;
use serde_json::Value;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_actix_web::AppExt as _;

use crate::contract::Contract;
use crate::operations;

/// All that stands in the document beside the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Brevdue",
        description = "The secure digital mailbox for the Norwegian health sector.\n\nClinics, hospitals, municipalities \
            and an appeals body write to citizens; citizens read. Every error is a problem of a closed registry, listed \
            under `/problems`. What a caller may not see does not exist: the answer is the one for an unknown id.",
        contact(name = "Brevdue", url = "https://brevdue.dev"),
        license(name = "EUPL-1.2", url = "https://eupl.eu/1.2/en/"),
    ),
    servers((url = "/", description = "This server.")),
    tags(
        (name = "Me", description = "The citizen's own profile, consent and acceptances."),
        (name = "Mailboxes", description = "What a citizen reads."),
        (name = "Writing", description = "What citizens write to services."),
        (name = "Powers of attorney", description = "What one adult lets another do in their name."),
        (name = "Services", description = "What services of organisations send and follow."),
        (name = "Appointments", description = "Appointments and visits: what services tell of them, and what citizens see and cancel."),
        (name = "Health contacts", description = "General practitioners and others: what services tell of them, and what citizens see."),
        (name = "Queue", description = "What citizens have written, for the members and systems of a service."),
        (name = "Events", description = "What happens to an organisation's messages, in order."),
        (name = "Organisations", description = "What operators register."),
        (name = "Privacy notices", description = "What organisations say of their use of personal data. Open to everybody."),
        (name = "Operation", description = "What operators look after while the mailbox runs."),
        (name = "Documentation", description = "Open to everybody."),
        (name = "Health", description = "For load balancers and monitoring."),
        (name = "Sandbox", description = "Test persons, tokens and the clock. Not there in production."),
    ),
    security(("bearer" = [])),
    modifiers(&Security),
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT".to_owned());
        bearer.description = Some(
            "An access token of a configured issuer: ID-porten for citizens, HelseID or Maskinporten for systems. \
             Tokens of HelseID come as `DPoP` with a proof."
                .to_owned(),
        );
        document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// What a server needs of its contract, read out of the routes.
///
/// # Errors
/// When it cannot be written as JSON, which is a fault of the program.
pub(crate) fn contract(with_sandbox: bool) -> std::io::Result<Contract> {
    let make = move || Contract::of(&document(with_sandbox));
    // On a thread of its own, with which the memory goes: the document is large, and what is kept of it small.
    let made = std::thread::Builder::new().name("contract".to_owned()).spawn(make)?.join();
    made.unwrap_or_else(|_| Err(std::io::Error::other("the contract could not be made")))
}

/// The contract, taken from the routes.
///
/// # Panics
/// Never: a document is JSON.
#[must_use]
pub fn document(with_sandbox: bool) -> Value {
    let app = App::new().into_utoipa_app().openapi(Document::openapi());
    let (_, document) = app.configure(operations::all(with_sandbox)).split_for_parts();
    let mut document = serde_json::to_value(document).expect("a document is JSON");
    shape::shape(&mut document);
    document
}

/// The contract as it is kept in `openapi.yaml`.
///
/// # Errors
/// When it cannot be written as YAML, which is a fault of the program.
pub fn yaml() -> std::io::Result<String> {
    Ok(yaml::compact(&yaml_serde::to_string(&document(true)).map_err(std::io::Error::other)?))
}

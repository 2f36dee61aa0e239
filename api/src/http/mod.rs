//! The list of all routes. A handler that is not named here does not exist.

mod access_log;
mod agreement;
mod attachment;
mod client;
pub(crate) mod context;
pub(crate) mod etag;
pub(crate) mod figures;
pub(crate) mod headers;
mod health;
pub(crate) mod idempotency;
pub(crate) mod input;
mod mailbox;
mod me;
mod message;
mod not_found;
mod organisation;
pub(crate) mod page;
mod registered_service;
mod sending;
mod service;
mod stream;
mod tagged;
mod upload;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{problem, sandbox};

pub(crate) use not_found::{KnownPaths, not_found};

/// Adds every operation. Those of the sandbox are there only where it is.
pub(crate) fn routes(with_sandbox: bool) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .service(health::health_live)
            .service(health::health_ready)
            .service(health::metrics_show)
            .service(health::openapi_show)
            .service(problem::page::problem_index)
            .service(problem::page::problem_page);
        config
            .service(service::service_show)
            .service(sending::message_send)
            .service(sending::sending_list)
            .service(sending::sending_show)
            .service(upload::upload_open)
            .service(upload::upload_fill)
            .service(upload::upload_show)
            .service(organisation::organisation_register)
            .service(organisation::organisation_list)
            .service(organisation::organisation_show)
            .service(agreement::agreement_register)
            .service(agreement::agreement_list)
            .service(client::client_register)
            .service(client::client_list)
            .service(registered_service::service_register)
            .service(registered_service::service_list)
            .service(me::me_show)
            .service(me::me_mailbox_list)
            .service(me::me_consent_set)
            .service(me::me_consent_withdraw)
            .service(me::me_consent_history)
            .service(me::me_acceptance_put)
            .service(mailbox::mailbox_show)
            .service(message::message_list)
            .service(message::message_show)
            .service(message::message_mark)
            .service(message::message_delete)
            .service(attachment::attachment_fetch)
            .service(access_log::access_log_list);
        if with_sandbox {
            config
                .service(sandbox::http::sandbox_token_create)
                .service(sandbox::http::sandbox_person_list)
                .service(sandbox::http::sandbox_organisation_list)
                .service(sandbox::http::sandbox_clock_show)
                .service(sandbox::http::sandbox_clock_set);
        }
    }
}

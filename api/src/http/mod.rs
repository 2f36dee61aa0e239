//! The list of all routes, by side. A handler that is not named in its side's list does not exist.

mod mailbox;
mod me;
pub(crate) mod open;
mod operator;
pub(crate) mod organisation;
pub(crate) mod request;
mod service;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::problem;

pub(crate) use request::not_found::not_found;

/// Adds every operation but those of the sandbox.
pub(crate) fn routes(config: &mut ServiceConfig) {
    open::routes(config);
    config.service(problem::page::problem_index).service(problem::page::problem_page);
    me::routes(config);
    mailbox::routes(config);
    service::routes(config);
    organisation::routes(config);
    operator::routes(config);
}

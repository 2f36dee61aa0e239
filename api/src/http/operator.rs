//! The platform, for operators.

pub(in crate::http) mod agreement;
pub(in crate::http) mod client;
pub(in crate::http) mod job;
pub(in crate::http) mod operator_act;
pub(in crate::http) mod organisation;
pub(in crate::http) mod power_of_attorney;
pub(in crate::http) mod service;
pub(in crate::http) mod service_area;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(power_of_attorney::registered_power_create)
        .service(power_of_attorney::registered_power_confirm)
        .service(power_of_attorney::registered_power_end)
        .service(service_area::service_area_list)
        .service(service_area::service_area_put)
        .service(organisation::organisation_register)
        .service(organisation::organisation_list)
        .service(organisation::organisation_show)
        .service(agreement::agreement_register)
        .service(organisation::organisation_end)
        .service(agreement::agreement_list)
        .service(agreement::agreement_end)
        .service(client::client_register)
        .service(client::client_list)
        .service(client::client_end)
        .service(service::service_register)
        .service(service::service_list)
        .service(operator_act::operator_act_list)
        .service(job::job_list)
        .service(job::job_restart)
        .service(job::job_settle);
}

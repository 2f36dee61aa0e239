//! What is open to everybody.

pub(crate) mod health;
pub(in crate::http) mod privacy_notice;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(health::health_live)
        .service(health::health_ready)
        .service(health::metrics_show)
        .service(health::openapi_show)
        .service(privacy_notice::privacy_notice_list)
        .service(privacy_notice::privacy_notice_show)
        .service(privacy_notice::privacy_notice_version_show)
        .service(privacy_notice::privacy_notice_register);
}

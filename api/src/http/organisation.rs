//! An organisation, for its own systems.

pub(crate) mod event;
pub(in crate::http) mod staff_log;
pub(in crate::http) mod webhook;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(staff_log::staff_log_list)
        .service(event::event_list)
        .service(webhook::webhook_create)
        .service(webhook::webhook_list)
        .service(webhook::webhook_show)
        .service(webhook::webhook_change)
        .service(webhook::webhook_delete)
        .service(webhook::webhook_key_add)
        .service(webhook::delivery::webhook_test)
        .service(webhook::delivery::webhook_delivery_list)
        .service(webhook::delivery::webhook_redeliver);
}

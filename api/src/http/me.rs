//! The citizen, for themselves.

pub(in crate::http) mod contact_details;
pub(in crate::http) mod notification_settings;
pub(in crate::http) mod power_of_attorney;
pub(in crate::http) mod profile;
pub(in crate::http) mod terms;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(profile::me_show)
        .service(profile::me_mailbox_list)
        .service(profile::me_consent_set)
        .service(profile::me_consent_withdraw)
        .service(profile::me_consent_history)
        .service(profile::me_acceptance_put)
        .service(terms::terms_list)
        .service(contact_details::me_contact_details_show)
        .service(contact_details::me_contact_details_change)
        .service(notification_settings::me_notification_settings_show)
        .service(notification_settings::me_notification_settings_change)
        .service(power_of_attorney::power_of_attorney_list)
        .service(power_of_attorney::power_of_attorney_give)
        .service(power_of_attorney::power_of_attorney_show)
        .service(power_of_attorney::power_of_attorney_change)
        .service(power_of_attorney::power_of_attorney_end);
}

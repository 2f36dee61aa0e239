//! A mailbox, for its owner, those who act for them, and the staff who follow them up.

pub(in crate::http) mod access;
pub(in crate::http) mod access_log;
pub(in crate::http) mod appointment;
pub(in crate::http) mod attachment;
pub(in crate::http) mod conversation;
pub(in crate::http) mod decision;
pub(in crate::http) mod draft;
pub(in crate::http) mod health_contact;
pub(in crate::http) mod message;
pub(in crate::http) mod overview;
pub(in crate::http) mod recipient;
pub(in crate::http) mod withholding;
pub(in crate::http) mod writing;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(decision::me_lock)
        .service(decision::me_unlock)
        .service(overview::mailbox_show)
        .service(access::access_explain)
        .service(decision::mailbox_consent_set)
        .service(decision::mailbox_consent_withdraw)
        .service(decision::youth_access_give)
        .service(decision::youth_access_take)
        .service(message::message_list)
        .service(message::message_show)
        .service(message::message_mark)
        .service(message::message_delete)
        .service(withholding::message_withhold_from_holders)
        .service(withholding::message_withhold_from_parents)
        .service(attachment::attachment_fetch)
        .service(access_log::access_log_list)
        .service(writing::inquiry_send)
        .service(writing::reply_send)
        .service(draft::draft_create)
        .service(draft::draft_list)
        .service(draft::draft_show)
        .service(draft::draft_change)
        .service(draft::draft_discard)
        .service(draft::draft_send)
        .service(recipient::recipient_list)
        .service(conversation::conversation_list)
        .service(conversation::conversation_show)
        .service(appointment::appointment_list)
        .service(appointment::appointment_show)
        .service(appointment::appointment_cancel)
        .service(health_contact::health_contact_list);
}

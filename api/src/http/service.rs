//! A service, for its own systems and members.

pub(in crate::http) mod appointment;
pub(in crate::http) mod apprec;
pub(in crate::http) mod desk;
pub(in crate::http) mod follow_up;
pub(in crate::http) mod form;
pub(in crate::http) mod health_contact;
pub(in crate::http) mod journal;
pub(in crate::http) mod journal_document;
pub(in crate::http) mod reachability;
pub(in crate::http) mod relationship;
pub(in crate::http) mod routed;
pub(in crate::http) mod routing_preview;
pub(in crate::http) mod sending;
pub(in crate::http) mod settings;
pub(in crate::http) mod staff;
pub(in crate::http) mod upload;
pub(in crate::http) mod withdrawal;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the operations.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(form::recipient_form_list)
        .service(upload::mailbox_upload_open)
        .service(upload::mailbox_upload_fill)
        .service(health_contact::health_contact_put)
        .service(appointment::service_appointment_put)
        .service(appointment::service_appointment_show)
        .service(appointment::service_appointment_cancel)
        .service(desk::queue_list)
        .service(desk::queue_show)
        .service(desk::turn_list)
        .service(desk::turn_send)
        .service(desk::turn_attachment_fetch)
        .service(desk::assignment_put)
        .service(desk::closure_put)
        .service(desk::closure_remove)
        .service(desk::note_add)
        .service(desk::note_list)
        .service(journal::journal_mark)
        .service(journal_document::journal_document_show)
        .service(journal::journal_receipt_create)
        .service(settings::service_show)
        .service(settings::service_change)
        .service(form::form_put)
        .service(form::form_list)
        .service(form::form_retire)
        .service(relationship::relationship_put)
        .service(relationship::relationship_list)
        .service(sending::message_send)
        .service(sending::sending_list)
        .service(sending::sending_show)
        .service(withdrawal::message_withdraw)
        .service(routing_preview::routing_preview)
        .service(reachability::reachability_check)
        .service(upload::upload_open)
        .service(upload::upload_fill)
        .service(upload::upload_show)
        .service(staff::member_put)
        .service(staff::member_list)
        .service(staff::member_remove)
        .service(follow_up::follow_up_put)
        .service(follow_up::follow_up_list)
        .service(follow_up::follow_up_remove)
        .service(follow_up::patient_list)
        .service(staff::access_record);
}

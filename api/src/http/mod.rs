//! The list of all routes. A handler that is not named here does not exist.

mod accept;
mod access;
mod access_log;
mod agreement;
mod appointment;
mod apprec;
pub(crate) mod at_once;
mod attachment;
mod batch;
mod client;
mod client_address;
mod contact_details;
pub(crate) mod context;
mod conversation;
mod decision;
mod desk;
mod draft;
pub(crate) mod etag;
pub(crate) mod event;
pub(crate) mod figures;
mod follow_up;
mod form;
pub(crate) mod headers;
pub(crate) mod health;
mod health_contact;
pub(crate) mod idempotency;
pub(crate) mod input;
mod job;
mod journal;
mod journal_document;
mod mailbox;
mod me;
mod message;
mod multipart;
mod not_found;
mod notification_settings;
mod operator_act;
mod organisation;
pub(crate) mod page;
pub(crate) mod patience;
mod power_of_attorney;
mod privacy_notice;
mod reachability;
mod recipient;
mod registered_power;
mod registered_service;
mod relationship;
mod routed;
mod routing_preview;
mod sending;
mod service;
mod service_appointment;
mod service_area;
mod service_health_contact;
pub(crate) mod span;
mod staff;
mod staff_log;
mod stream;
mod terms;
mod upload;
mod webhook;
mod withdrawal;
mod withholding;
mod writing;

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
            .service(me::me_show)
            .service(me::me_mailbox_list)
            .service(me::me_consent_set)
            .service(me::me_consent_withdraw)
            .service(me::me_consent_history)
            .service(me::me_acceptance_put)
            .service(terms::terms_list)
            .service(contact_details::me_contact_details_show)
            .service(contact_details::me_contact_details_change)
            .service(notification_settings::me_notification_settings_show)
            .service(notification_settings::me_notification_settings_change)
            .service(decision::me_lock)
            .service(decision::me_unlock)
            .service(mailbox::mailbox_show)
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
            .service(access_log::access_log_list);
        config
            .service(writing::inquiry_send)
            .service(writing::reply_send)
            .service(draft::draft_create)
            .service(draft::draft_list)
            .service(draft::draft_show)
            .service(draft::draft_change)
            .service(draft::draft_discard)
            .service(draft::draft_send)
            .service(recipient::recipient_list)
            .service(form::recipient_form_list)
            .service(upload::mailbox_upload_open)
            .service(upload::mailbox_upload_fill)
            .service(conversation::conversation_list)
            .service(conversation::conversation_show)
            .service(appointment::appointment_list)
            .service(appointment::appointment_show)
            .service(appointment::appointment_cancel)
            .service(health_contact::health_contact_list)
            .service(service_health_contact::health_contact_put)
            .service(service_appointment::service_appointment_put)
            .service(service_appointment::service_appointment_show)
            .service(service_appointment::service_appointment_cancel)
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
            .service(journal::journal_receipt_create);
        config
            .service(power_of_attorney::power_of_attorney_list)
            .service(power_of_attorney::power_of_attorney_give)
            .service(power_of_attorney::power_of_attorney_show)
            .service(power_of_attorney::power_of_attorney_change)
            .service(power_of_attorney::power_of_attorney_end)
            .service(registered_power::registered_power_create)
            .service(registered_power::registered_power_confirm)
            .service(registered_power::registered_power_end)
            .service(service_area::service_area_list)
            .service(service_area::service_area_put);
        config
            .service(service::service_show)
            .service(service::service_change)
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
            .service(staff::access_record)
            .service(organisation::organisation_register)
            .service(organisation::organisation_list)
            .service(organisation::organisation_show)
            .service(agreement::agreement_register)
            .service(organisation::organisation_end)
            .service(agreement::agreement_list)
            .service(agreement::agreement_end)
            .service(privacy_notice::privacy_notice_list)
            .service(privacy_notice::privacy_notice_show)
            .service(privacy_notice::privacy_notice_version_show)
            .service(privacy_notice::privacy_notice_register)
            .service(client::client_register)
            .service(client::client_list)
            .service(client::client_end)
            .service(registered_service::service_register)
            .service(registered_service::service_list)
            .service(operator_act::operator_act_list)
            .service(job::job_list)
            .service(job::job_restart)
            .service(job::job_settle)
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
        if with_sandbox {
            config
                .service(sandbox::http::sandbox_token_create)
                .service(sandbox::http::persons::sandbox_person_list)
                .service(sandbox::http::person_change::sandbox_person_change)
                .service(sandbox::http::sandbox_organisation_list)
                .service(sandbox::http::sandbox_clock_show)
                .service(sandbox::http::sandbox_clock_set)
                .service(sandbox::http::outbox::sandbox_outbox_show)
                .service(sandbox::http::faults::sandbox_faults_show)
                .service(sandbox::http::faults::sandbox_faults_set);
        }
    }
}

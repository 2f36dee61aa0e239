//! The tables, shared by both backends. What they are for stands in `migrations/`; a test compares the two.

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    vault_key (purpose, epoch) {
        purpose -> Text,
        epoch -> Integer,
        wrapped -> Binary,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    organisation (id) {
        id -> SqlUuid,
        number -> Text,
        name -> Text,
        created_at -> SqlTime,
        ended_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    agreement (organisation_id, id) {
        organisation_id -> SqlUuid,
        id -> SqlUuid,
        version -> Text,
        signatory_role -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        created_at -> SqlTime,
        ended_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    client (organisation_id, id) {
        organisation_id -> SqlUuid,
        id -> SqlUuid,
        external_id -> Text,
        name -> Text,
        created_at -> SqlTime,
        ended_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    service (id) {
        id -> SqlUuid,
        organisation_id -> SqlUuid,
        name -> Text,
        kind -> Text,
        key_epoch -> Integer,
        data_key -> Binary,
        minimum_consent -> SmallInt,
        unregistered_recipients -> Text,
        available_at_protected_address -> Bool,
        attachment_types -> Text,
        created_at -> SqlTime,
        parents -> Text,
        power_of_attorney -> Bool,
        youth -> Text,
        kind_visibility -> Text,
        name_nynorsk -> Nullable<Text>,
        dialogue -> Text,
        external_channels -> Text,
        hpr_number_required -> Bool,
    }
}

diesel::table! {
    use crate::database::SqlUuid;
    use diesel::sql_types::*;

    person_lookup (lookup_hash) {
        lookup_hash -> Binary,
        mailbox_id -> SqlUuid,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    mailbox (id) {
        id -> SqlUuid,
        lookup_hash -> Binary,
        key_epoch -> Integer,
        data_key -> Binary,
        national_id -> Binary,
        person_name -> Binary,
        birth_date -> Date,
        death_date -> Nullable<Date>,
        protection -> Text,
        protection_until -> Nullable<Date>,
        lives_with_responsible -> Bool,
        known_at -> Nullable<SqlTime>,
        consent -> SmallInt,
        locked_at -> Nullable<SqlTime>,
        youth_access_at -> Nullable<SqlTime>,
        created_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    consent (mailbox_id, id) {
        mailbox_id -> SqlUuid,
        id -> SqlUuid,
        level -> SmallInt,
        terms_version -> Text,
        given_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    acceptance (mailbox_id, id) {
        mailbox_id -> SqlUuid,
        id -> SqlUuid,
        document -> Text,
        version -> Text,
        accepted_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    message (mailbox_id, id) {
        mailbox_id -> SqlUuid,
        id -> SqlUuid,
        service_id -> SqlUuid,
        direction -> Text,
        kind -> Text,
        owner_key -> Nullable<Binary>,
        service_key -> Nullable<Binary>,
        subject -> Binary,
        attachment_count -> SmallInt,
        minimum_consent -> SmallInt,
        available_at_protected_address -> Bool,
        power_of_attorney -> Bool,
        channel -> Text,
        rule -> Text,
        accepted_at -> SqlTime,
        open_by -> Nullable<SqlTime>,
        received_at -> Nullable<SqlTime>,
        opened_at -> Nullable<SqlTime>,
        read_at -> Nullable<SqlTime>,
        removed_at -> Nullable<SqlTime>,
        parents_until_years -> SmallInt,
        withheld_from_parents -> Bool,
        withheld_from_holders -> Bool,
        youth -> SmallInt,
        is_parental -> Bool,
        conversation_id -> Nullable<SqlUuid>,
        author_relation -> Nullable<Text>,
        author_id -> Nullable<SqlUuid>,
        gone_at -> Nullable<SqlTime>,
        withdrawn_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    message_body (mailbox_id, message_id) {
        mailbox_id -> SqlUuid,
        message_id -> SqlUuid,
        format -> Text,
        body -> Binary,
        form_name -> Nullable<Text>,
        form_version -> Nullable<Integer>,
        form_answers -> Nullable<Binary>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    draft (mailbox_id, id) {
        mailbox_id -> SqlUuid,
        id -> SqlUuid,
        author_id -> SqlUuid,
        content -> Binary,
        version -> Integer,
        changed_at -> SqlTime,
        expires_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    form (service_id, name, version) {
        service_id -> SqlUuid,
        name -> Text,
        version -> Integer,
        title -> Text,
        schema -> Text,
        created_at -> SqlTime,
        retired_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    attachment (mailbox_id, message_id, id) {
        mailbox_id -> SqlUuid,
        message_id -> SqlUuid,
        id -> SqlUuid,
        place -> SmallInt,
        blob_id -> SqlUuid,
        file_key -> Binary,
        file_name -> Binary,
        file_type -> Text,
        size_bytes -> BigInt,
        sha256 -> Binary,
        scanned -> Bool,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    upload (owner_id, id) {
        owner_id -> SqlUuid,
        id -> SqlUuid,
        file_name -> Binary,
        blob_id -> Nullable<SqlUuid>,
        file_key -> Nullable<Binary>,
        file_type -> Nullable<Text>,
        size_bytes -> Nullable<BigInt>,
        sha256 -> Nullable<Binary>,
        created_at -> SqlTime,
        expires_at -> SqlTime,
        scanned -> Bool,
        author -> Text,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    sending (service_id, message_id) {
        service_id -> SqlUuid,
        message_id -> SqlUuid,
        mailbox_id -> SqlUuid,
        sender_reference -> Nullable<Text>,
        reasons -> Text,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    sending_step (service_id, message_id, id) {
        service_id -> SqlUuid,
        message_id -> SqlUuid,
        id -> SqlUuid,
        status -> Text,
        channel -> Text,
        rule -> Text,
        reasons -> Text,
        at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    idempotency (scope, key) {
        scope -> Text,
        key -> Text,
        request_digest -> Binary,
        object_id -> SqlUuid,
        created_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    job (mailbox_id, id) {
        mailbox_id -> SqlUuid,
        id -> SqlUuid,
        kind -> Text,
        object_id -> SqlUuid,
        run_at -> SqlTime,
        attempts -> Integer,
        leased_until -> Nullable<SqlTime>,
        trouble -> Nullable<Text>,
        given_up_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    event (organisation_id, id) {
        arrival -> BigInt,
        organisation_id -> SqlUuid,
        id -> SqlUuid,
        kind -> Text,
        service_id -> Nullable<SqlUuid>,
        message_id -> Nullable<SqlUuid>,
        mailbox_id -> Nullable<SqlUuid>,
        at -> SqlTime,
        number -> Nullable<BigInt>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    feed (organisation_id) {
        organisation_id -> SqlUuid,
        last_number -> BigInt,
        last_event_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    audit_entry (subject_id, id) {
        subject_id -> SqlUuid,
        id -> SqlUuid,
        subject_kind -> Text,
        at -> SqlTime,
        actor_kind -> Text,
        actor_person -> Nullable<SqlUuid>,
        actor_organisation -> Nullable<Text>,
        actor_subject -> Nullable<Text>,
        action -> Text,
        object_kind -> Nullable<Text>,
        object_id -> Nullable<SqlUuid>,
        outcome -> Text,
        rule -> Text,
        trace_id -> SqlUuid,
        actor_relation -> Nullable<Text>,
        actor_client -> Nullable<Text>,
        actor_supplier -> Nullable<Text>,
        actor_hpr_number -> Nullable<Text>,
        count -> Integer,
        last_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    conversation (mailbox_id, id) {
        mailbox_id -> SqlUuid,
        id -> SqlUuid,
        service_id -> SqlUuid,
        inquiry -> Text,
        subject -> Binary,
        state -> Text,
        assignee_id -> Nullable<SqlUuid>,
        version -> Integer,
        begun_at -> SqlTime,
        changed_at -> SqlTime,
        inbound_at -> Nullable<SqlTime>,
        minimum_consent -> SmallInt,
        available_at_protected_address -> Bool,
        parents_until_years -> SmallInt,
        power_of_attorney -> Bool,
        youth -> SmallInt,
        is_parental -> Bool,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    conversation_note (mailbox_id, conversation_id, id) {
        mailbox_id -> SqlUuid,
        conversation_id -> SqlUuid,
        id -> SqlUuid,
        author_id -> Nullable<SqlUuid>,
        text -> Binary,
        at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    conversation_seen (mailbox_id, conversation_id, person_id) {
        mailbox_id -> SqlUuid,
        conversation_id -> SqlUuid,
        person_id -> SqlUuid,
        seen_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    journal_entry (mailbox_id, conversation_id) {
        mailbox_id -> SqlUuid,
        conversation_id -> SqlUuid,
        marked_at -> SqlTime,
        marked_by -> Nullable<SqlUuid>,
        confirm_by -> SqlTime,
        messages -> Text,
        archived_at -> Nullable<SqlTime>,
        reference -> Nullable<Text>,
        document_id -> SqlUuid,
        rejected_at -> Nullable<SqlTime>,
        rejection -> Nullable<Binary>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    appointment (mailbox_id, id) {
        mailbox_id -> SqlUuid,
        id -> SqlUuid,
        service_id -> SqlUuid,
        external_id -> Text,
        kind -> Text,
        title -> Binary,
        place -> Nullable<Binary>,
        description -> Nullable<Binary>,
        starts_at -> SqlTime,
        ends_at -> SqlTime,
        is_cancellable -> Bool,
        cancelled_at -> Nullable<SqlTime>,
        cancelled_by -> Nullable<Text>,
        version -> Integer,
        created_at -> SqlTime,
        changed_at -> SqlTime,
        minimum_consent -> SmallInt,
        available_at_protected_address -> Bool,
        parents_until_years -> SmallInt,
        withheld_from_parents -> Bool,
        power_of_attorney -> Bool,
        withheld_from_holders -> Bool,
        youth -> SmallInt,
        is_parental -> Bool,
    }
}

diesel::table! {
    use crate::database::SqlUuid;
    use diesel::sql_types::*;

    appointment_name (service_id, external_id) {
        service_id -> SqlUuid,
        external_id -> Text,
        mailbox_id -> SqlUuid,
        appointment_id -> SqlUuid,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    relationship (service_id, person_hash) {
        service_id -> SqlUuid,
        person_hash -> Binary,
        told_at -> SqlTime,
        active_from -> SqlTime,
        closed_at -> Nullable<SqlTime>,
        responsible_id -> Nullable<SqlUuid>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    relationship_line (batch_id, line) {
        batch_id -> SqlUuid,
        line -> Integer,
        person_hash -> Binary,
        is_closed -> Bool,
        responsible_id -> Nullable<SqlUuid>,
        told_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    registered_relation (mailbox_id, relation, relative_hash) {
        mailbox_id -> SqlUuid,
        relation -> Text,
        relative_hash -> Binary,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    service_area (code) {
        code -> SmallInt,
        name_nb -> Text,
        name_nn -> Text,
        name_en -> Text,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    power_of_attorney (giver_mailbox_id, id) {
        giver_mailbox_id -> SqlUuid,
        id -> SqlUuid,
        kind -> Text,
        areas -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        given_at -> SqlTime,
        case_number -> Nullable<Text>,
        ended_at -> Nullable<SqlTime>,
        ended_by -> Nullable<Text>,
        replaced_by -> Nullable<SqlUuid>,
        holder_hash -> Binary,
        holder_number -> Nullable<Binary>,
        holder_name -> Nullable<Binary>,
        registered_by -> Nullable<Text>,
        earliest_at -> Nullable<SqlTime>,
        consent_level -> Nullable<SmallInt>,
        consent_terms -> Nullable<Text>,
        confirmed_by -> Nullable<Text>,
        effective_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    membership (service_id, person_id) {
        service_id -> SqlUuid,
        person_id -> SqlUuid,
        clearances -> Text,
        created_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    follow_up (service_id, mailbox_id, person_id) {
        service_id -> SqlUuid,
        mailbox_id -> SqlUuid,
        person_id -> SqlUuid,
        created_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    recorded_access (mailbox_id, id) {
        mailbox_id -> SqlUuid,
        id -> SqlUuid,
        service_id -> SqlUuid,
        person_id -> SqlUuid,
        reason -> Binary,
        recorded_at -> SqlTime,
        valid_until -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    health_contact (mailbox_id, id) {
        mailbox_id -> SqlUuid,
        id -> SqlUuid,
        service_id -> SqlUuid,
        external_id -> Text,
        kind -> Text,
        names -> Binary,
        writes_to_id -> SqlUuid,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        closed_on -> Nullable<Date>,
        name_version -> Integer,
        created_at -> SqlTime,
        changed_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::SqlUuid;
    use diesel::sql_types::*;

    health_contact_name (service_id, external_id) {
        service_id -> SqlUuid,
        external_id -> Text,
        mailbox_id -> SqlUuid,
        contact_id -> SqlUuid,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    health_contact_line (batch_id, line) {
        batch_id -> SqlUuid,
        line -> Integer,
        id -> SqlUuid,
        mailbox_id -> SqlUuid,
        external_id -> Text,
        kind -> Text,
        names -> Binary,
        writes_to_id -> SqlUuid,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        told_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    practitioner_change (mailbox_id, service_id, number) {
        mailbox_id -> SqlUuid,
        service_id -> SqlUuid,
        number -> Integer,
        id -> SqlUuid,
        contact_id -> SqlUuid,
        name_version -> Integer,
        at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    contact_details (mailbox_id) {
        mailbox_id -> SqlUuid,
        email -> Nullable<Binary>,
        mobile -> Nullable<Binary>,
        changed_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    privacy_notice (organisation_id, version) {
        organisation_id -> SqlUuid,
        version -> Integer,
        id -> SqlUuid,
        valid_from -> Date,
        text_nb -> Text,
        text_nn -> Nullable<Text>,
        text_en -> Nullable<Text>,
        created_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    notice (mailbox_id, message_id, person_id, round, channel) {
        mailbox_id -> SqlUuid,
        message_id -> SqlUuid,
        person_id -> SqlUuid,
        round -> SmallInt,
        channel -> Text,
        id -> SqlUuid,
        decided_at -> SqlTime,
        sent_at -> Nullable<SqlTime>,
        refused_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    notification_settings (mailbox_id) {
        mailbox_id -> SqlUuid,
        sms -> Bool,
        email -> Bool,
        changed_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    handover (mailbox_id, message_id, channel) {
        mailbox_id -> SqlUuid,
        message_id -> SqlUuid,
        channel -> Text,
        id -> SqlUuid,
        decided_at -> SqlTime,
        may_be_taken -> Bool,
        handed_at -> Nullable<SqlTime>,
        unknown_at -> Nullable<SqlTime>,
        provider -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    webhook (organisation_id, id) {
        organisation_id -> SqlUuid,
        id -> SqlUuid,
        url -> Text,
        state -> Text,
        ended_because -> Nullable<Text>,
        last_number -> BigInt,
        failures -> Integer,
        next_at -> SqlTime,
        retry_at -> Nullable<SqlTime>,
        challenged_from -> SqlTime,
        leased_until -> Nullable<SqlTime>,
        created_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    webhook_key (organisation_id, webhook_id, id) {
        organisation_id -> SqlUuid,
        webhook_id -> SqlUuid,
        id -> SqlUuid,
        private_key -> Binary,
        public_key -> Binary,
        created_at -> SqlTime,
        signs_until -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    webhook_delivery (organisation_id, webhook_id, number) {
        organisation_id -> SqlUuid,
        webhook_id -> SqlUuid,
        number -> BigInt,
        mailbox_id -> Nullable<SqlUuid>,
        attempts -> Integer,
        first_at -> Nullable<SqlTime>,
        next_at -> Nullable<SqlTime>,
        fault -> Nullable<Text>,
        status -> Nullable<Integer>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    installation (singleton) {
        singleton -> SmallInt,
        id -> SqlUuid,
        generation -> BigInt,
        created_at -> SqlTime,
        kind -> Nullable<Text>,
        swept_at -> Nullable<SqlTime>,
    }
}

diesel::table! {
    use crate::database::{SqlTime, SqlUuid};
    use diesel::sql_types::*;

    loose_blob (blob_id) {
        blob_id -> SqlUuid,
        is_trashed -> Bool,
        due_at -> SqlTime,
    }
}

diesel::table! {
    use crate::database::SqlUuid;
    use diesel::sql_types::*;

    readiness_probe (id) {
        id -> SqlUuid,
        filler -> Text,
    }
}

diesel::table! {
    use crate::database::SqlTime;
    use diesel::sql_types::*;

    dpop_proof (digest) {
        digest -> Binary,
        expires_at -> SqlTime,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    vault_key,
    organisation,
    agreement,
    client,
    service,
    person_lookup,
    mailbox,
    consent,
    acceptance,
    message,
    message_body,
    draft,
    form,
    attachment,
    upload,
    sending,
    idempotency,
    job,
    event,
    feed,
    audit_entry,
    registered_relation,
    service_area,
    conversation,
    conversation_note,
    conversation_seen,
    journal_entry,
    appointment,
    appointment_name,
    health_contact,
    health_contact_name,
    health_contact_line,
    practitioner_change,
    contact_details,
    privacy_notice,
    relationship,
    relationship_line,
    power_of_attorney,
    membership,
    follow_up,
    recorded_access,
    webhook,
    webhook_delivery,
    webhook_key,
    installation,
    loose_blob,
);

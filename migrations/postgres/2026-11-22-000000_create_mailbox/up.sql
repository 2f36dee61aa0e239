-- Keys of the vault, wrapped by the master key.
CREATE TABLE vault_key (
    purpose text NOT NULL,
    epoch integer NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (purpose, epoch)
);

CREATE TABLE organisation (
    id uuid NOT NULL PRIMARY KEY,
    number text NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL
);

-- PP-3: without one in force, an organisation's services send nothing.
CREATE TABLE agreement (
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    id uuid NOT NULL,
    version text NOT NULL,
    signatory_role text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, id)
);

CREATE TABLE client (
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    id uuid NOT NULL,
    external_id text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, id),
    UNIQUE (organisation_id, external_id)
);

CREATE TABLE service (
    id uuid NOT NULL PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    name text NOT NULL,
    kind text NOT NULL,
    minimum_consent smallint NOT NULL,
    unregistered_recipients text NOT NULL,
    available_at_protected_address boolean NOT NULL,
    attachment_types text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX service_organisation ON service (organisation_id);

-- The register's facts about a person. The identity number is found by a keyed hash and stored sealed, in `mailbox`.
CREATE TABLE person (
    id uuid NOT NULL PRIMARY KEY,
    lookup_hash bytea NOT NULL UNIQUE,
    mailbox_id uuid NOT NULL UNIQUE,
    birth_date date NOT NULL,
    death_date date,
    protection text NOT NULL,
    real_number boolean NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE mailbox (
    id uuid NOT NULL PRIMARY KEY,
    person_id uuid NOT NULL UNIQUE REFERENCES person (id),
    key_epoch integer NOT NULL,
    data_key bytea NOT NULL,
    national_id bytea NOT NULL,
    person_name bytea NOT NULL,
    consent smallint NOT NULL,
    created_at timestamptz NOT NULL
);

-- Every change of consent, for ever (CON-9). The newest is also in `mailbox`.
CREATE TABLE consent (
    mailbox_id uuid NOT NULL REFERENCES mailbox (id),
    id uuid NOT NULL,
    level smallint NOT NULL,
    terms_version text NOT NULL,
    given_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);

CREATE TABLE acceptance (
    mailbox_id uuid NOT NULL REFERENCES mailbox (id),
    id uuid NOT NULL,
    document text NOT NULL,
    version text NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);

-- received_at: when it came into the inbox; none while it is on its way or held. removed_at: deleted by its owner.
CREATE TABLE message (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    direction text NOT NULL,
    kind text NOT NULL,
    subject bytea NOT NULL,
    attachment_count smallint NOT NULL,
    minimum_consent smallint NOT NULL,
    available_at_protected_address boolean NOT NULL,
    parents text NOT NULL,
    power_of_attorney boolean NOT NULL,
    channel text NOT NULL,
    rule text NOT NULL,
    accepted_at timestamptz NOT NULL,
    open_by timestamptz,
    received_at timestamptz,
    opened_at timestamptz,
    read_at timestamptz,
    removed_at timestamptz,
    PRIMARY KEY (mailbox_id, id)
);
-- One page of an inbox is one range of this index.
CREATE INDEX message_inbox ON message (mailbox_id, received_at DESC, id DESC)
    WHERE received_at IS NOT NULL AND removed_at IS NULL;
CREATE INDEX message_unread ON message (mailbox_id)
    WHERE received_at IS NOT NULL AND removed_at IS NULL AND read_at IS NULL;

-- Apart from `message`, so that the overview reads, and delivery rewrites, narrow rows.
CREATE TABLE message_body (
    mailbox_id uuid NOT NULL,
    message_id uuid NOT NULL,
    format text NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (mailbox_id, message_id)
);

CREATE TABLE attachment (
    mailbox_id uuid NOT NULL,
    message_id uuid NOT NULL,
    id uuid NOT NULL,
    place smallint NOT NULL,
    blob_id uuid NOT NULL,
    file_key bytea NOT NULL,
    file_name bytea NOT NULL,
    file_type text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    PRIMARY KEY (mailbox_id, message_id, id)
);

-- A file handed in ahead of its message. What is said of its bytes is there when they are, and have been judged.
CREATE TABLE upload (
    service_id uuid NOT NULL,
    id uuid NOT NULL,
    file_name bytea NOT NULL,
    blob_id uuid,
    file_key bytea,
    file_type text,
    size_bytes bigint,
    sha256 bytea,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (service_id, id)
);
CREATE INDEX upload_expiry ON upload (expires_at);

-- The sender's side of a message. Its reference is unique for each service, for ever.
CREATE TABLE sending (
    service_id uuid NOT NULL,
    message_id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    sender_reference text,
    PRIMARY KEY (service_id, message_id),
    UNIQUE (service_id, sender_reference)
);

-- scope: the caller's organisation or person. object_id: what the request made.
CREATE TABLE idempotency (
    scope text NOT NULL,
    key text NOT NULL,
    request_digest bytea NOT NULL,
    object_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Background work, written in the transaction that causes it, leased by one worker at a time, deleted when done.
CREATE TABLE job (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    mailbox_id uuid NOT NULL,
    message_id uuid NOT NULL,
    run_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    leased_until timestamptz
);
CREATE INDEX job_due ON job (run_at);

-- What the sender's organisation is told. Numbered after commit, never here.
CREATE TABLE event (
    organisation_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    service_id uuid NOT NULL,
    message_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, id)
);

CREATE TABLE audit_entry (
    subject_id uuid NOT NULL,
    id uuid NOT NULL,
    subject_kind text NOT NULL,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_person uuid,
    actor_organisation text,
    actor_subject text,
    action text NOT NULL,
    object_kind text,
    object_id uuid,
    outcome text NOT NULL,
    rule text NOT NULL,
    trace_id uuid NOT NULL,
    PRIMARY KEY (subject_id, id)
);

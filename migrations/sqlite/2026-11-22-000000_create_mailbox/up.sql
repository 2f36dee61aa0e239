-- Keys of the vault, wrapped by the master key.
CREATE TABLE vault_key (
    purpose TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (purpose, epoch)
) WITHOUT ROWID;

CREATE TABLE organisation (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- PP-3: without one in force, an organisation's services send nothing.
CREATE TABLE agreement (
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    version TEXT NOT NULL,
    signatory_role TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, id)
) WITHOUT ROWID;

CREATE TABLE client (
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, id),
    UNIQUE (organisation_id, external_id)
) WITHOUT ROWID;

CREATE TABLE service (
    id BLOB NOT NULL PRIMARY KEY,
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    minimum_consent SMALLINT NOT NULL,
    unregistered_recipients TEXT NOT NULL,
    available_at_protected_address BOOLEAN NOT NULL,
    attachment_types TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX service_organisation ON service (organisation_id);

-- The register's facts about a person. The identity number is found by a keyed hash and stored sealed, in `mailbox`.
CREATE TABLE person (
    id BLOB NOT NULL PRIMARY KEY,
    lookup_hash BLOB NOT NULL UNIQUE,
    mailbox_id BLOB NOT NULL UNIQUE,
    birth_date TEXT NOT NULL,
    death_date TEXT,
    protection TEXT NOT NULL,
    real_number BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE mailbox (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL UNIQUE REFERENCES person (id),
    key_epoch INTEGER NOT NULL,
    data_key BLOB NOT NULL,
    national_id BLOB NOT NULL,
    person_name BLOB NOT NULL,
    consent SMALLINT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Every change of consent, for ever (CON-9). The newest is also in `mailbox`.
CREATE TABLE consent (
    mailbox_id BLOB NOT NULL REFERENCES mailbox (id),
    id BLOB NOT NULL,
    level SMALLINT NOT NULL,
    terms_version TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;

CREATE TABLE acceptance (
    mailbox_id BLOB NOT NULL REFERENCES mailbox (id),
    id BLOB NOT NULL,
    document TEXT NOT NULL,
    version TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;

-- received_at: when it came into the inbox; none while it is on its way or held. removed_at: deleted by its owner.
CREATE TABLE message (
    mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    service_id BLOB NOT NULL,
    direction TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject BLOB NOT NULL,
    attachment_count SMALLINT NOT NULL,
    minimum_consent SMALLINT NOT NULL,
    available_at_protected_address BOOLEAN NOT NULL,
    parents TEXT NOT NULL,
    power_of_attorney BOOLEAN NOT NULL,
    channel TEXT NOT NULL,
    rule TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    open_by BIGINT,
    received_at BIGINT,
    opened_at BIGINT,
    read_at BIGINT,
    removed_at BIGINT,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
-- One page of an inbox is one range of this index.
CREATE INDEX message_inbox ON message (mailbox_id, received_at DESC, id DESC)
    WHERE received_at IS NOT NULL AND removed_at IS NULL;
CREATE INDEX message_unread ON message (mailbox_id)
    WHERE received_at IS NOT NULL AND removed_at IS NULL AND read_at IS NULL;

-- Apart from `message`, so that the overview reads, and delivery rewrites, narrow rows.
CREATE TABLE message_body (
    mailbox_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    format TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, message_id)
) WITHOUT ROWID;

CREATE TABLE attachment (
    mailbox_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    id BLOB NOT NULL,
    place SMALLINT NOT NULL,
    blob_id BLOB NOT NULL,
    file_key BLOB NOT NULL,
    file_name BLOB NOT NULL,
    file_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, message_id, id)
) WITHOUT ROWID;

-- A file handed in ahead of its message. What is said of its bytes is there when they are, and have been judged.
CREATE TABLE upload (
    service_id BLOB NOT NULL,
    id BLOB NOT NULL,
    file_name BLOB NOT NULL,
    blob_id BLOB,
    file_key BLOB,
    file_type TEXT,
    size_bytes BIGINT,
    sha256 BLOB,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (service_id, id)
) WITHOUT ROWID;
CREATE INDEX upload_expiry ON upload (expires_at);

-- The sender's side of a message. Its reference is unique for each service, for ever.
CREATE TABLE sending (
    service_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    mailbox_id BLOB NOT NULL,
    sender_reference TEXT,
    PRIMARY KEY (service_id, message_id),
    UNIQUE (service_id, sender_reference)
) WITHOUT ROWID;

-- scope: the caller's organisation or person. object_id: what the request made.
CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    object_id BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Background work, written in the transaction that causes it, leased by one worker at a time, deleted when done.
CREATE TABLE job (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    mailbox_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    run_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    leased_until BIGINT
) WITHOUT ROWID;
CREATE INDEX job_due ON job (run_at);

-- What the sender's organisation is told. Numbered after commit, never here.
CREATE TABLE event (
    organisation_id BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    service_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, id)
) WITHOUT ROWID;

CREATE TABLE audit_entry (
    subject_id BLOB NOT NULL,
    id BLOB NOT NULL,
    subject_kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_person BLOB,
    actor_organisation TEXT,
    actor_subject TEXT,
    action TEXT NOT NULL,
    object_kind TEXT,
    object_id BLOB,
    outcome TEXT NOT NULL,
    rule TEXT NOT NULL,
    trace_id BLOB NOT NULL,
    PRIMARY KEY (subject_id, id)
) WITHOUT ROWID;

-- The schema of Brevdue. It is the same on both databases but for the names of types; docs/data-classes.toml says of each
-- column what it holds, and for how long. From the first release on this file is frozen: a change is a migration of its own,
-- which widens, fills and narrows in three releases (CONTRIBUTING.md).
--
-- Ids are UUIDs of version 7: a key that ends with one grows at its end. Words are those of the program's types, and stored for
-- years. What is sealed is encrypted by the program.

-- The platform.

-- Keys of the vault, wrapped by the master key.
CREATE TABLE vault_key (
    purpose TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (purpose, epoch)
) WITHOUT ROWID;

-- This database among others. Its store of attachments notes the id and the generation too: another id there means another
-- database's files, a higher generation that this database is older than its files. kind: which kind of server has served on it,
-- from the first start on. swept_at: when the store was last swept.
CREATE TABLE installation (
    singleton SMALLINT NOT NULL CHECK (singleton = 1),
    id BLOB NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    kind TEXT CHECK (kind IN ('sandbox', 'production')),
    swept_at BIGINT,
    PRIMARY KEY (singleton)
) WITHOUT ROWID;

-- Bytes in the store of attachments that no row names, written before they are. due_at: when they go, to the trash first.
CREATE TABLE loose_blob (
    blob_id BLOB NOT NULL,
    is_trashed BOOLEAN NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (blob_id)
) WITHOUT ROWID;
CREATE INDEX loose_blob_due ON loose_blob (due_at);

-- Written to see whether the database takes writes. Each row fills its page up, so that the next one needs another: a full disk
-- shows.
CREATE TABLE readiness_probe (
    id BLOB NOT NULL,
    filler TEXT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;

-- Proofs of possession that have been used, for as long as they would serve.
CREATE TABLE dpop_proof (
    digest BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (digest)
) WITHOUT ROWID;
CREATE INDEX dpop_proof_expires ON dpop_proof (expires_at);

-- What requests made, by the key under which they came. scope: the caller's organisation or person. object_id: what it made.
CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    request_digest BLOB NOT NULL,
    object_id BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Who did or tried what, of a subject: a mailbox, a service, an organisation or the platform. Rows are added, never changed, but
-- for those that count what comes in floods: count, last_at.
CREATE TABLE audit_entry (
    subject_id BLOB NOT NULL,
    id BLOB NOT NULL,
    subject_kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_person BLOB,
    actor_relation TEXT,
    actor_organisation TEXT,
    actor_client TEXT,
    actor_supplier TEXT,
    actor_hpr_number TEXT,
    actor_subject TEXT,
    action TEXT NOT NULL,
    object_kind TEXT,
    object_id BLOB,
    outcome TEXT NOT NULL,
    rule TEXT NOT NULL,
    trace_id BLOB NOT NULL,
    count INTEGER NOT NULL DEFAULT 1,
    last_at BIGINT,
    PRIMARY KEY (subject_id, id)
) WITHOUT ROWID;
-- What an organisation's own staff and systems did.
CREATE INDEX audit_entry_organisation ON audit_entry (actor_organisation, at, id) WHERE actor_organisation IS NOT NULL;
CREATE INDEX audit_entry_person ON audit_entry (actor_organisation, actor_person, at, id)
    WHERE actor_organisation IS NOT NULL AND actor_person IS NOT NULL;
CREATE INDEX audit_entry_operator ON audit_entry (id) WHERE actor_kind = 'operator';

-- Organisations.

-- A number stands for one organisation at a time; one that has ended may come again.
CREATE TABLE organisation (
    id BLOB NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX organisation_number ON organisation (number) WHERE ended_at IS NULL;
CREATE INDEX organisation_number_ever ON organisation (number);

-- Data-processing agreements. Without one in force, an organisation's services send nothing (PP-3).
CREATE TABLE agreement (
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    version TEXT NOT NULL,
    signatory_role TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (organisation_id, id)
) WITHOUT ROWID;

-- Systems that act for an organisation. external_id: the issuer's name for it.
CREATE TABLE client (
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (organisation_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX client_external ON client (organisation_id, external_id) WHERE ended_at IS NULL;

-- A version of an organisation's privacy notice, open to everybody. version counts from 1 without gaps; a row never changes.
CREATE TABLE privacy_notice (
    organisation_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    id BLOB NOT NULL,
    valid_from TEXT NOT NULL,
    text_nb TEXT NOT NULL,
    text_nn TEXT,
    text_en TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, version)
) WITHOUT ROWID;

-- The feed of each organisation. Whoever numbers its events holds its row.
CREATE TABLE feed (
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    last_number BIGINT NOT NULL,
    last_event_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id)
) WITHOUT ROWID;

-- What the sender's organisation is told. arrival: the order in which the database took events in. It has gaps and shows before
-- its event is committed, so it only orders those that are numbered together. number: the place in the feed, given after commit.
CREATE TABLE event (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    organisation_id BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    service_id BLOB,
    message_id BLOB,
    mailbox_id BLOB,
    at BIGINT NOT NULL,
    number BIGINT,
    UNIQUE (organisation_id, id),
    -- A heartbeat is about no message.
    CHECK ((message_id IS NULL) = (service_id IS NULL) AND (message_id IS NULL) = (mailbox_id IS NULL))
);
CREATE UNIQUE INDEX event_number ON event (organisation_id, number) WHERE number IS NOT NULL;
CREATE INDEX event_unnumbered ON event (organisation_id, arrival) WHERE number IS NULL;

-- Addresses to which the feed of an organisation is sent. last_number: up to there events have been sent or put aside.
-- failures: attempts in a row that failed. next_at: not before. retry_at: when the first event put aside is due.
-- challenged_from: since when its receiver is asked to answer the challenge.
CREATE TABLE webhook (
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    url TEXT NOT NULL,
    state TEXT NOT NULL,
    ended_because TEXT,
    last_number BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    next_at BIGINT NOT NULL,
    retry_at BIGINT,
    challenged_from BIGINT NOT NULL,
    leased_until BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, id)
) WITHOUT ROWID;

-- What signs a webhook's requests. signs_until: an old one signs beside the new one until then.
CREATE TABLE webhook_key (
    organisation_id BLOB NOT NULL,
    webhook_id BLOB NOT NULL,
    id BLOB NOT NULL,
    private_key BLOB NOT NULL,
    public_key BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    signs_until BIGINT,
    PRIMARY KEY (organisation_id, webhook_id, id),
    FOREIGN KEY (organisation_id, webhook_id) REFERENCES webhook (organisation_id, id) ON DELETE CASCADE
) WITHOUT ROWID;

-- What a receiver has not taken. next_at: when it is sent again; none where it was given up.
CREATE TABLE webhook_delivery (
    organisation_id BLOB NOT NULL,
    webhook_id BLOB NOT NULL,
    number BIGINT NOT NULL,
    mailbox_id BLOB,
    attempts INTEGER NOT NULL,
    first_at BIGINT,
    next_at BIGINT,
    fault TEXT,
    status INTEGER,
    PRIMARY KEY (organisation_id, webhook_id, number),
    FOREIGN KEY (organisation_id, webhook_id) REFERENCES webhook (organisation_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (organisation_id, webhook_id, mailbox_id)
    WHERE next_at IS NOT NULL;

-- Services.

-- A unit of an organisation that sends and receives. What its messages ask of who looks at them: minimum_consent to youth, and
-- in kind_visibility what differs for a kind of message. dialogue: how citizens write to it; external_channels: what it uses
-- beside the inbox (HK-5); both are objects of JSON, closed where they say nothing.
CREATE TABLE service (
    id BLOB NOT NULL,
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    name_nynorsk TEXT,
    kind TEXT NOT NULL,
    key_epoch INTEGER NOT NULL,
    data_key BLOB NOT NULL,
    minimum_consent SMALLINT NOT NULL,
    available_at_protected_address BOOLEAN NOT NULL,
    parents TEXT NOT NULL,
    power_of_attorney BOOLEAN NOT NULL,
    youth TEXT NOT NULL,
    kind_visibility TEXT NOT NULL,
    unregistered_recipients TEXT NOT NULL,
    attachment_types TEXT NOT NULL,
    dialogue TEXT NOT NULL,
    external_channels TEXT NOT NULL,
    hpr_number_required BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE INDEX service_organisation ON service (organisation_id);

-- Who works for a service. clearances: the grades of protection that they have the role for (ADR-7).
CREATE TABLE membership (
    service_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    clearances TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (service_id, person_id)
) WITHOUT ROWID;
CREATE INDEX membership_person ON membership (person_id);

-- Who of a service follows up which patient, as its system has said by hand (DH-7).
CREATE TABLE follow_up (
    service_id BLOB NOT NULL,
    mailbox_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (service_id, mailbox_id, person_id)
) WITHOUT ROWID;
CREATE INDEX follow_up_member ON follow_up (service_id, person_id, mailbox_id);
CREATE INDEX follow_up_patient ON follow_up (mailbox_id, person_id);

-- Who receives a service, as its own system has told (CON-16). The person is found by the keyed hash, and need not be known here.
-- responsible_id: the member who follows up (DH-7).
CREATE TABLE relationship (
    service_id BLOB NOT NULL,
    person_hash BLOB NOT NULL,
    told_at BIGINT NOT NULL,
    active_from BIGINT NOT NULL,
    closed_at BIGINT,
    responsible_id BLOB,
    PRIMARY KEY (service_id, person_hash)
) WITHOUT ROWID;
CREATE INDEX relationship_person ON relationship (person_hash);
CREATE INDEX relationship_responsible ON relationship (service_id, responsible_id, person_hash)
    WHERE responsible_id IS NOT NULL AND closed_at IS NULL;

-- A batch of relationships on its way in: it counts when all of it is here.
CREATE TABLE relationship_line (
    batch_id BLOB NOT NULL,
    line INTEGER NOT NULL,
    person_hash BLOB NOT NULL,
    is_closed BOOLEAN NOT NULL,
    responsible_id BLOB,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (batch_id, line)
) WITHOUT ROWID;
CREATE INDEX relationship_line_person ON relationship_line (batch_id, person_hash);

-- A form that citizens fill in when they write to a service (TK-9). Versions are never changed, so that answers can be read for as
-- long as they are kept; the version without retired_at is the one that is filled in now.
CREATE TABLE form (
    service_id BLOB NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    schema TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    PRIMARY KEY (service_id, name, version)
) WITHOUT ROWID;

-- A file handed in ahead of its message, for a service or a mailbox. What is said of its bytes is there when they are, and have
-- been judged. author: who has handed it in, whose it is until then.
CREATE TABLE upload (
    owner_id BLOB NOT NULL,
    id BLOB NOT NULL,
    author TEXT NOT NULL,
    file_name BLOB NOT NULL,
    blob_id BLOB,
    file_key BLOB,
    file_type TEXT,
    size_bytes BIGINT,
    sha256 BLOB,
    scanned BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (owner_id, id)
) WITHOUT ROWID;
CREATE INDEX upload_author ON upload (owner_id, author, expires_at);
CREATE INDEX upload_blob ON upload (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX upload_expiry ON upload (expires_at);

-- What powers of attorney can cover (FUL-3). Only area 3 has a meaning in the program.
CREATE TABLE service_area (
    code SMALLINT NOT NULL,
    name_nb TEXT NOT NULL,
    name_nn TEXT NOT NULL,
    name_en TEXT NOT NULL,
    PRIMARY KEY (code)
) WITHOUT ROWID;
INSERT INTO service_area (code, name_nb, name_nn, name_en)
VALUES (3, 'Digitale helsetjenester', 'Digitale helsetenester', 'Digital health services');

-- Citizens.

-- The mailbox of whoever has a number, by its keyed hash.
CREATE TABLE person_lookup (
    lookup_hash BLOB NOT NULL,
    mailbox_id BLOB NOT NULL,
    PRIMARY KEY (lookup_hash)
) WITHOUT ROWID;

-- A person and their mailbox, which are one: the id stands for both. data_key is sealed for this mailbox and this lookup_hash, so
-- that rows which are exchanged open nothing. What the register says of the person begins with person_name; known_at: when it last
-- told, none where it must be asked again before what it said is trusted (ADR-11). locked_at: the owner has locked the mailbox
-- (CON-14). youth_access_at: a parent has given the child access (CHI-8).
CREATE TABLE mailbox (
    id BLOB NOT NULL,
    lookup_hash BLOB NOT NULL,
    key_epoch INTEGER NOT NULL,
    data_key BLOB NOT NULL,
    national_id BLOB NOT NULL,
    person_name BLOB NOT NULL,
    birth_date TEXT NOT NULL,
    death_date TEXT,
    protection TEXT NOT NULL,
    protection_until TEXT,
    lives_with_responsible BOOLEAN NOT NULL,
    known_at BIGINT,
    consent SMALLINT NOT NULL,
    locked_at BIGINT,
    youth_access_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;

-- Who is responsible for a person, their guardian, or close family, by the register. The others are found by the same keyed hash
-- as persons are, and need not be known here.
CREATE TABLE registered_relation (
    mailbox_id BLOB NOT NULL,
    relation TEXT NOT NULL,
    relative_hash BLOB NOT NULL,
    PRIMARY KEY (mailbox_id, relation, relative_hash)
) WITHOUT ROWID;
CREATE INDEX registered_relation_relative ON registered_relation (relative_hash);

-- Every change of consent, for ever (CON-9). The newest is also in `mailbox`.
CREATE TABLE consent (
    mailbox_id BLOB NOT NULL REFERENCES mailbox (id),
    id BLOB NOT NULL,
    level SMALLINT NOT NULL,
    terms_version TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;

-- That the owner has accepted a document in a version (DH-5).
CREATE TABLE acceptance (
    mailbox_id BLOB NOT NULL REFERENCES mailbox (id),
    id BLOB NOT NULL,
    document TEXT NOT NULL,
    version TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;

-- How the owner can be reached, as the owner has said. Sealed, and gone with the consent. Where nothing is known there is no row.
CREATE TABLE contact_details (
    mailbox_id BLOB NOT NULL,
    email BLOB,
    mobile BLOB,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id)
) WITHOUT ROWID;

-- How an owner wants to be told. Without a row: by SMS and e-mail.
CREATE TABLE notification_settings (
    mailbox_id BLOB NOT NULL,
    sms BOOLEAN NOT NULL,
    email BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id)
) WITHOUT ROWID;

-- FUL-1 to FUL-8. It stands in the giver's mailbox; whether it holds is computed, never stored. The holder is found by the keyed
-- hash, and need not be known here. Of one that an operator put on record: registered_by, confirmed_by, and from when it can have
-- effect and has. consent_level, consent_terms: what the giver consented to on the form.
CREATE TABLE power_of_attorney (
    giver_mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    areas TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    given_at BIGINT NOT NULL,
    holder_hash BLOB NOT NULL,
    holder_number BLOB,
    holder_name BLOB,
    case_number TEXT,
    consent_level SMALLINT,
    consent_terms TEXT,
    registered_by TEXT,
    earliest_at BIGINT,
    confirmed_by TEXT,
    effective_at BIGINT,
    ended_at BIGINT,
    ended_by TEXT,
    replaced_by BLOB,
    PRIMARY KEY (giver_mailbox_id, id)
) WITHOUT ROWID;
CREATE INDEX power_of_attorney_holder ON power_of_attorney (holder_hash, id);
-- Operators have the id alone.
CREATE INDEX power_of_attorney_id ON power_of_attorney (id);

-- That a health worker has put on record that they have lawful access, and why. The reason is never shown online (RET-10).
CREATE TABLE recorded_access (
    mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    service_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    reason BLOB NOT NULL,
    recorded_at BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
CREATE INDEX recorded_access_member ON recorded_access (service_id, person_id, valid_until);

-- Messages.

-- received_at: when it came into the inbox; none while it is on its way or held. gone_at: when it went another way, or back to
-- its sender; it does not come into the inbox any more. withdrawn_at: when the sender took it back. removed_at: deleted by its
-- owner. author_id: none for what a system of a service wrote. owner_key and service_key: its key, wrapped for the copy of each;
-- none when that copy has ended.
CREATE TABLE message (
    mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    service_id BLOB NOT NULL,
    conversation_id BLOB,
    direction TEXT NOT NULL,
    kind TEXT NOT NULL,
    author_relation TEXT,
    author_id BLOB,
    owner_key BLOB,
    service_key BLOB,
    subject BLOB NOT NULL,
    attachment_count SMALLINT NOT NULL,
    minimum_consent SMALLINT NOT NULL,
    available_at_protected_address BOOLEAN NOT NULL,
    parents_until_years SMALLINT NOT NULL,
    withheld_from_parents BOOLEAN NOT NULL,
    power_of_attorney BOOLEAN NOT NULL,
    withheld_from_holders BOOLEAN NOT NULL,
    youth SMALLINT NOT NULL,
    is_parental BOOLEAN NOT NULL,
    channel TEXT NOT NULL,
    rule TEXT NOT NULL,
    accepted_at BIGINT NOT NULL,
    open_by BIGINT,
    received_at BIGINT,
    opened_at BIGINT,
    read_at BIGINT,
    gone_at BIGINT,
    withdrawn_at BIGINT,
    removed_at BIGINT,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
-- One page of an inbox, or of what is unread in it, is one range of these.
CREATE INDEX message_inbox ON message (mailbox_id, received_at DESC, id DESC)
    WHERE received_at IS NOT NULL AND removed_at IS NULL;
CREATE INDEX message_unread ON message (mailbox_id, received_at DESC, id DESC)
    WHERE received_at IS NOT NULL AND removed_at IS NULL AND read_at IS NULL;
-- For a conversation in the order of ids.
CREATE INDEX message_conversation ON message (mailbox_id, conversation_id, id)
    WHERE conversation_id IS NOT NULL;
-- One page of a conversation in its mailbox is one range of this index.
CREATE INDEX message_conversation_received ON message (mailbox_id, conversation_id, received_at, id)
    WHERE conversation_id IS NOT NULL;
-- What is withheld changes, so it is looked for.
CREATE INDEX message_withheld_from_parents ON message (mailbox_id, conversation_id) WHERE withheld_from_parents;
CREATE INDEX message_withheld_from_holders ON message (mailbox_id, conversation_id) WHERE withheld_from_holders;

-- Apart from `message`, so that the overview reads, and delivery rewrites, narrow rows.
CREATE TABLE message_body (
    mailbox_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    format TEXT NOT NULL,
    body BLOB NOT NULL,
    form_name TEXT,
    form_version INTEGER,
    form_answers BLOB,
    PRIMARY KEY (mailbox_id, message_id)
) WITHOUT ROWID;

-- place: its place in the message. scanned: whether it was looked at for malware.
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
    scanned BOOLEAN NOT NULL,
    PRIMARY KEY (mailbox_id, message_id, id)
) WITHOUT ROWID;
CREATE INDEX attachment_blob ON attachment (blob_id);

-- What somebody has begun to write and not sent. version grows with each change.
CREATE TABLE draft (
    mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    author_id BLOB NOT NULL,
    content BLOB NOT NULL,
    version INTEGER NOT NULL,
    changed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
CREATE INDEX draft_author ON draft (mailbox_id, author_id, changed_at);
CREATE INDEX draft_expiry ON draft (expires_at);

-- Between a citizen and a service; a letter to a service is one with a single message. version grows with each message, and when
-- it moves to somebody else, is closed or is opened again. inbound_at: when the citizen wrote last. minimum_consent to is_parental: what all of its
-- messages ask together of who looks at them, so that an answer need not look at each.
CREATE TABLE conversation (
    mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    service_id BLOB NOT NULL,
    inquiry TEXT NOT NULL,
    subject BLOB NOT NULL,
    state TEXT NOT NULL,
    assignee_id BLOB,
    version INTEGER NOT NULL,
    minimum_consent SMALLINT NOT NULL,
    available_at_protected_address BOOLEAN NOT NULL,
    parents_until_years SMALLINT NOT NULL,
    power_of_attorney BOOLEAN NOT NULL,
    youth SMALLINT NOT NULL,
    is_parental BOOLEAN NOT NULL,
    begun_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    inbound_at BIGINT,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
-- One page of a queue is one range of one of these.
CREATE INDEX conversation_service ON conversation (service_id, id);
CREATE INDEX conversation_queue ON conversation (service_id, changed_at, id);
CREATE INDEX conversation_state ON conversation (service_id, state, changed_at, id);
CREATE INDEX conversation_assignee ON conversation (service_id, assignee_id, changed_at, id);
CREATE INDEX conversation_untaken ON conversation (service_id, changed_at, id) WHERE assignee_id IS NULL;
CREATE INDEX conversation_untaken_state ON conversation (service_id, state, changed_at, id) WHERE assignee_id IS NULL;
CREATE INDEX conversation_to_answer ON conversation (service_id, assignee_id, changed_at, id)
    WHERE assignee_id IS NOT NULL AND state <> 'closed';
CREATE INDEX conversation_answered_by ON conversation (mailbox_id, assignee_id)
    WHERE assignee_id IS NOT NULL AND state <> 'closed';

-- What staff write to each other. Citizens never see it.
CREATE TABLE conversation_note (
    mailbox_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    id BLOB NOT NULL,
    author_id BLOB,
    text BLOB NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, conversation_id, id)
) WITHOUT ROWID;

-- Until when a member has seen what the citizen wrote.
CREATE TABLE conversation_seen (
    mailbox_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, conversation_id, person_id)
) WITHOUT ROWID;

-- What of a conversation is relevant to care, and whether the journal has archived it (TK-3). messages: ids. reference: the
-- journal's own name for it. document_id: what is marked at this moment, under the same id however often it is fetched.
-- rejected_at, rejection: the journal would not take it, and why.
CREATE TABLE journal_entry (
    mailbox_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    marked_at BIGINT NOT NULL,
    marked_by BLOB,
    confirm_by BIGINT NOT NULL,
    messages TEXT NOT NULL,
    document_id BLOB NOT NULL,
    archived_at BIGINT,
    reference TEXT,
    rejected_at BIGINT,
    rejection BLOB,
    PRIMARY KEY (mailbox_id, conversation_id)
) WITHOUT ROWID;
CREATE INDEX journal_entry_conversation ON journal_entry (conversation_id);
CREATE INDEX journal_entry_document ON journal_entry (document_id);

-- The way of letters.

-- The sender's side of a message. Its reference is unique for each service, for ever. reasons: why routing chose the channel, and
-- passed over each other (BX-3): a reason, and a channel with a reason for each.
CREATE TABLE sending (
    service_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    mailbox_id BLOB NOT NULL,
    sender_reference TEXT,
    reasons TEXT NOT NULL,
    PRIMARY KEY (service_id, message_id),
    UNIQUE (service_id, sender_reference)
) WITHOUT ROWID;

-- What routing said when it was asked again, and said something else or was carried out (BX-4). Rows are never changed.
CREATE TABLE sending_step (
    service_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    id BLOB NOT NULL,
    status TEXT NOT NULL,
    channel TEXT NOT NULL,
    rule TEXT NOT NULL,
    reasons TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (service_id, message_id, id)
) WITHOUT ROWID;

-- That a letter leaves the house over a channel: once for each. id: what the carrier knows it by, however often it is handed
-- over. may_be_taken: it has it, or may have it; then the letter goes no other way by itself. unknown_at: when the carrier said
-- that it does not know the recipient; then it has nothing of the letter, which goes another way. provider: whose mailbox it
-- went to, by organisation number; what one provider may have goes to no other.
CREATE TABLE handover (
    mailbox_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    channel TEXT NOT NULL,
    id BLOB NOT NULL,
    provider TEXT,
    decided_at BIGINT NOT NULL,
    may_be_taken BOOLEAN NOT NULL,
    handed_at BIGINT,
    unknown_at BIGINT,
    PRIMARY KEY (mailbox_id, message_id, channel)
) WITHOUT ROWID;

-- That somebody is told of a message by SMS or e-mail, never where. round: 1, and 2 a week later. id: what the other side knows
-- the notice by, however often it is sent.
CREATE TABLE notice (
    mailbox_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    round SMALLINT NOT NULL,
    channel TEXT NOT NULL,
    id BLOB NOT NULL,
    decided_at BIGINT NOT NULL,
    sent_at BIGINT,
    refused_at BIGINT,
    PRIMARY KEY (mailbox_id, message_id, person_id, round, channel)
) WITHOUT ROWID;
CREATE INDEX notice_recent ON notice (mailbox_id, decided_at);

-- Background work, written in the transaction that causes it, leased by one worker at a time, deleted when done. trouble: why it
-- could not be done when it was tried last. given_up_at: it waits for an operator.
CREATE TABLE job (
    mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    object_id BLOB NOT NULL,
    run_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    leased_until BIGINT,
    trouble TEXT,
    given_up_at BIGINT,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
CREATE INDEX job_due ON job (kind, run_at) WHERE given_up_at IS NULL;
-- What operators look at: the few that are in trouble.
CREATE INDEX job_trouble ON job (id) WHERE trouble IS NOT NULL;

-- Appointments and health contacts.

-- An appointment or visit, as the service's own system has told of it under a name of its own. What it asks of who looks at it is
-- what messages ask. version grows with each change.
CREATE TABLE appointment (
    mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    service_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    title BLOB NOT NULL,
    place BLOB,
    description BLOB,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    is_cancellable BOOLEAN NOT NULL,
    cancelled_at BIGINT,
    cancelled_by TEXT,
    version INTEGER NOT NULL,
    minimum_consent SMALLINT NOT NULL,
    available_at_protected_address BOOLEAN NOT NULL,
    parents_until_years SMALLINT NOT NULL,
    withheld_from_parents BOOLEAN NOT NULL,
    power_of_attorney BOOLEAN NOT NULL,
    withheld_from_holders BOOLEAN NOT NULL,
    youth SMALLINT NOT NULL,
    is_parental BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
CREATE INDEX appointment_start ON appointment (mailbox_id, starts_at, id);

-- The appointment that a service calls by a name of its own. Two that tell of the same one at the same time meet here.
CREATE TABLE appointment_name (
    service_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    mailbox_id BLOB NOT NULL,
    appointment_id BLOB NOT NULL,
    PRIMARY KEY (service_id, external_id)
) WITHOUT ROWID;
CREATE INDEX appointment_name_mailbox ON appointment_name (mailbox_id);

-- A health contact of a citizen, as the service's own system has told of it under a name of its own (HN-11). names holds role,
-- person and unit, sealed. writes_to_id: the service to which the citizen writes. closed_on: the day on which a full list named it
-- no more. name_version grows when it becomes somebody else.
CREATE TABLE health_contact (
    mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    service_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    names BLOB NOT NULL,
    name_version INTEGER NOT NULL,
    writes_to_id BLOB NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    closed_on TEXT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
CREATE INDEX health_contact_from ON health_contact (mailbox_id, valid_from, id);

-- The contact that a service calls by a name of its own.
CREATE TABLE health_contact_name (
    service_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    mailbox_id BLOB NOT NULL,
    contact_id BLOB NOT NULL,
    PRIMARY KEY (service_id, external_id)
) WITHOUT ROWID;
CREATE INDEX health_contact_name_mailbox ON health_contact_name (mailbox_id);

-- A batch of health contacts on its way in: it counts when all of it is here. id and names are those that the contact gets if it
-- is new.
CREATE TABLE health_contact_line (
    batch_id BLOB NOT NULL,
    line INTEGER NOT NULL,
    id BLOB NOT NULL,
    mailbox_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    names BLOB NOT NULL,
    writes_to_id BLOB NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (batch_id, line)
) WITHOUT ROWID;
CREATE INDEX health_contact_line_age ON health_contact_line (told_at);
CREATE INDEX health_contact_line_name ON health_contact_line (batch_id, external_id);

-- Who a citizen's general practitioner was by what a service told, one after the other, counted by number. Each but the first
-- gives a receipt.
CREATE TABLE practitioner_change (
    mailbox_id BLOB NOT NULL,
    service_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    id BLOB NOT NULL,
    contact_id BLOB NOT NULL,
    name_version INTEGER NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, service_id, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX practitioner_change_id ON practitioner_change (mailbox_id, id);

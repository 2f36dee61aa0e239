-- The schema of Brevdue. It is the same on both databases but for the names of types; docs/data-classes.toml says of each
-- column what it holds, and for how long. From the first release on this file is frozen: a change is a migration of its own,
-- which widens, fills and narrows in three releases (CONTRIBUTING.md).
--
-- Ids are UUIDs of version 7: a key that ends with one grows at its end. Words are those of the program's types, and stored for
-- years. What is sealed is encrypted by the program.

-- The platform.

-- Keys of the vault, wrapped by the master key.
CREATE TABLE vault_key (
    purpose text NOT NULL,
    epoch integer NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (purpose, epoch)
);

-- This database among others. Its store of attachments notes the id and the generation too: another id there means another
-- database's files, a higher generation that this database is older than its files. kind: which kind of server has served on it,
-- from the first start on. swept_at: when the store was last swept.
CREATE TABLE installation (
    singleton smallint NOT NULL CHECK (singleton = 1),
    id uuid NOT NULL,
    generation bigint NOT NULL,
    created_at timestamptz NOT NULL,
    kind text CHECK (kind IN ('sandbox', 'production')),
    swept_at timestamptz,
    PRIMARY KEY (singleton)
);

-- Bytes in the store of attachments that no row names, written before they are. due_at: when they go, to the trash first.
CREATE TABLE loose_blob (
    blob_id uuid NOT NULL,
    is_trashed boolean NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (blob_id)
);
CREATE INDEX loose_blob_due ON loose_blob (due_at);

-- Written to see whether the database takes writes. Each row fills its page up, so that the next one needs another: a full disk
-- shows.
CREATE TABLE readiness_probe (
    id uuid NOT NULL,
    filler text NOT NULL,
    PRIMARY KEY (id)
) WITH (fillfactor = 10);

-- Proofs of possession that have been used, for as long as they would serve.
-- Unlogged: what a crash of the server takes away has served its time when the server is back.
CREATE UNLOGGED TABLE dpop_proof (
    digest bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (digest)
);
CREATE INDEX dpop_proof_expires ON dpop_proof (expires_at);

-- What requests made, by the key under which they came. scope: the caller's organisation or person. object_id: what it made.
CREATE TABLE idempotency (
    scope text NOT NULL,
    key text NOT NULL,
    request_digest bytea NOT NULL,
    object_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Who did or tried what, of a subject: a mailbox, a service, an organisation or the platform. Rows are added, never changed, but
-- for those that count what comes in floods: count, last_at.
CREATE TABLE audit_entry (
    subject_id uuid NOT NULL,
    id uuid NOT NULL,
    subject_kind text NOT NULL,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_person uuid,
    actor_relation text,
    actor_organisation text,
    actor_client text,
    actor_supplier text,
    actor_hpr_number text,
    actor_subject text,
    action text NOT NULL,
    object_kind text,
    object_id uuid,
    outcome text NOT NULL,
    rule text NOT NULL,
    trace_id uuid NOT NULL,
    count integer NOT NULL DEFAULT 1,
    last_at timestamptz,
    PRIMARY KEY (subject_id, id)
);
-- What an organisation's own staff and systems did.
CREATE INDEX audit_entry_organisation ON audit_entry (actor_organisation, at, id) WHERE actor_organisation IS NOT NULL;
CREATE INDEX audit_entry_person ON audit_entry (actor_organisation, actor_person, at, id)
    WHERE actor_organisation IS NOT NULL AND actor_person IS NOT NULL;
CREATE INDEX audit_entry_operator ON audit_entry (id) WHERE actor_kind = 'operator';

-- Organisations.

-- A number stands for one organisation at a time; one that has ended may come again.
CREATE TABLE organisation (
    id uuid NOT NULL,
    number text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (id)
);
CREATE UNIQUE INDEX organisation_number ON organisation (number) WHERE ended_at IS NULL;
CREATE INDEX organisation_number_ever ON organisation (number);

-- Data-processing agreements. Without one in force, an organisation's services send nothing (PP-3).
CREATE TABLE agreement (
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    id uuid NOT NULL,
    version text NOT NULL,
    signatory_role text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (organisation_id, id)
);

-- Systems that act for an organisation. external_id: the issuer's name for it.
CREATE TABLE client (
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    id uuid NOT NULL,
    external_id text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (organisation_id, id)
);
CREATE UNIQUE INDEX client_external ON client (organisation_id, external_id) WHERE ended_at IS NULL;

-- A version of an organisation's privacy notice, open to everybody. version counts from 1 without gaps; a row never changes.
CREATE TABLE privacy_notice (
    organisation_id uuid NOT NULL,
    version integer NOT NULL,
    id uuid NOT NULL,
    valid_from date NOT NULL,
    text_nb text NOT NULL,
    text_nn text,
    text_en text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, version)
);

-- The feed of each organisation. Whoever numbers its events holds its row.
CREATE TABLE feed (
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    last_number bigint NOT NULL,
    last_event_at timestamptz NOT NULL,
    PRIMARY KEY (organisation_id)
);

-- What the sender's organisation is told. arrival: the order in which the database took events in. It has gaps and shows before
-- its event is committed, so it only orders those that are numbered together. number: the place in the feed, given after commit.
CREATE TABLE event (
    organisation_id uuid NOT NULL,
    id uuid NOT NULL,
    arrival bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    service_id uuid,
    message_id uuid,
    mailbox_id uuid,
    at timestamptz NOT NULL,
    number bigint,
    PRIMARY KEY (organisation_id, id),
    -- A heartbeat is about no message.
    CHECK ((message_id IS NULL) = (service_id IS NULL) AND (message_id IS NULL) = (mailbox_id IS NULL))
);
CREATE UNIQUE INDEX event_number ON event (organisation_id, number) WHERE number IS NOT NULL;
CREATE INDEX event_unnumbered ON event (organisation_id, arrival) WHERE number IS NULL;

-- Addresses to which the feed of an organisation is sent. last_number: up to there events have been sent or put aside.
-- failures: attempts in a row that failed. next_at: not before. retry_at: when the first event put aside is due.
-- challenged_from: since when its receiver is asked to answer the challenge.
CREATE TABLE webhook (
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    id uuid NOT NULL,
    url text NOT NULL,
    state text NOT NULL,
    ended_because text,
    last_number bigint NOT NULL,
    failures integer NOT NULL,
    next_at timestamptz NOT NULL,
    retry_at timestamptz,
    challenged_from timestamptz NOT NULL,
    leased_until timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, id)
);

-- What signs a webhook's requests. signs_until: an old one signs beside the new one until then.
CREATE TABLE webhook_key (
    organisation_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    id uuid NOT NULL,
    private_key bytea NOT NULL,
    public_key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    signs_until timestamptz,
    PRIMARY KEY (organisation_id, webhook_id, id),
    FOREIGN KEY (organisation_id, webhook_id) REFERENCES webhook (organisation_id, id) ON DELETE CASCADE
);

-- What a receiver has not taken. next_at: when it is sent again; none where it was given up.
CREATE TABLE webhook_delivery (
    organisation_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    number bigint NOT NULL,
    mailbox_id uuid,
    attempts integer NOT NULL,
    first_at timestamptz,
    next_at timestamptz,
    fault text,
    status integer,
    PRIMARY KEY (organisation_id, webhook_id, number),
    FOREIGN KEY (organisation_id, webhook_id) REFERENCES webhook (organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (organisation_id, webhook_id, mailbox_id)
    WHERE next_at IS NOT NULL;

-- Services.

-- A unit of an organisation that sends and receives. What its messages ask of who looks at them: minimum_consent to youth, and
-- in kind_visibility what differs for a kind of message. dialogue: how citizens write to it; external_channels: what it uses
-- beside the inbox (HK-5); both are objects of JSON, closed where they say nothing.
CREATE TABLE service (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    name text NOT NULL,
    name_nynorsk text,
    kind text NOT NULL,
    key_epoch integer NOT NULL,
    data_key bytea NOT NULL,
    minimum_consent smallint NOT NULL,
    available_at_protected_address boolean NOT NULL,
    parents text NOT NULL,
    power_of_attorney boolean NOT NULL,
    youth text NOT NULL,
    kind_visibility text NOT NULL,
    unregistered_recipients text NOT NULL,
    attachment_types text NOT NULL,
    dialogue text NOT NULL,
    external_channels text NOT NULL,
    hpr_number_required boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX service_organisation ON service (organisation_id);

-- Who works for a service. clearances: the grades of protection that they have the role for (ADR-7).
CREATE TABLE membership (
    service_id uuid NOT NULL,
    person_id uuid NOT NULL,
    clearances text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (service_id, person_id)
);
CREATE INDEX membership_person ON membership (person_id);

-- Who of a service follows up which patient, as its system has said by hand (DH-7).
CREATE TABLE follow_up (
    service_id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    person_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (service_id, mailbox_id, person_id)
);
CREATE INDEX follow_up_member ON follow_up (service_id, person_id, mailbox_id);
CREATE INDEX follow_up_patient ON follow_up (mailbox_id, person_id);

-- Who receives a service, as its own system has told (CON-16). The person is found by the keyed hash, and need not be known here.
-- responsible_id: the member who follows up (DH-7).
CREATE TABLE relationship (
    service_id uuid NOT NULL,
    person_hash bytea NOT NULL,
    told_at timestamptz NOT NULL,
    active_from timestamptz NOT NULL,
    closed_at timestamptz,
    responsible_id uuid,
    PRIMARY KEY (service_id, person_hash)
);
CREATE INDEX relationship_person ON relationship (person_hash);
CREATE INDEX relationship_responsible ON relationship (service_id, responsible_id, person_hash)
    WHERE responsible_id IS NOT NULL AND closed_at IS NULL;

-- A batch of relationships on its way in: it counts when all of it is here.
-- Lines are joined whole, by hashing: an index costs more than all that it answers.
CREATE TABLE relationship_line (
    batch_id uuid NOT NULL,
    line integer NOT NULL,
    person_hash bytea NOT NULL,
    is_closed boolean NOT NULL,
    responsible_id uuid,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (batch_id, line)
);

-- A form that citizens fill in when they write to a service (TK-9). Versions are never changed, so that answers can be read for as
-- long as they are kept; the version without retired_at is the one that is filled in now.
CREATE TABLE form (
    service_id uuid NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    schema text NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (service_id, name, version)
);

-- A file handed in ahead of its message, for a service or a mailbox. What is said of its bytes is there when they are, and have
-- been judged. author: who has handed it in, whose it is until then.
CREATE TABLE upload (
    owner_id uuid NOT NULL,
    id uuid NOT NULL,
    author text NOT NULL,
    file_name bytea NOT NULL,
    blob_id uuid,
    file_key bytea,
    file_type text,
    size_bytes bigint,
    sha256 bytea,
    scanned boolean NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (owner_id, id)
);
CREATE INDEX upload_author ON upload (owner_id, author, expires_at);
CREATE INDEX upload_blob ON upload (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX upload_expiry ON upload (expires_at);

-- What powers of attorney can cover (FUL-3). Only area 3 has a meaning in the program.
CREATE TABLE service_area (
    code smallint NOT NULL,
    name_nb text NOT NULL,
    name_nn text NOT NULL,
    name_en text NOT NULL,
    PRIMARY KEY (code)
);
INSERT INTO service_area (code, name_nb, name_nn, name_en)
VALUES (3, 'Digitale helsetjenester', 'Digitale helsetenester', 'Digital health services');

-- Citizens.

-- The mailbox of whoever has a number, by its keyed hash.
CREATE TABLE person_lookup (
    lookup_hash bytea NOT NULL,
    mailbox_id uuid NOT NULL,
    PRIMARY KEY (lookup_hash)
);

-- A person and their mailbox, which are one: the id stands for both. data_key is sealed for this mailbox and this lookup_hash, so
-- that rows which are exchanged open nothing. What the register says of the person begins with person_name; known_at: when it last
-- told, none where it must be asked again before what it said is trusted (ADR-11). locked_at: the owner has locked the mailbox
-- (CON-14). youth_access_at: a parent has given the child access (CHI-8).
CREATE TABLE mailbox (
    id uuid NOT NULL,
    lookup_hash bytea NOT NULL,
    key_epoch integer NOT NULL,
    data_key bytea NOT NULL,
    national_id bytea NOT NULL,
    person_name bytea NOT NULL,
    birth_date date NOT NULL,
    death_date date,
    protection text NOT NULL,
    protection_until date,
    lives_with_responsible boolean NOT NULL,
    known_at timestamptz,
    consent smallint NOT NULL,
    locked_at timestamptz,
    youth_access_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id)
);

-- Who is responsible for a person, their guardian, or close family, by the register. The others are found by the same keyed hash
-- as persons are, and need not be known here.
CREATE TABLE registered_relation (
    mailbox_id uuid NOT NULL,
    relation text NOT NULL,
    relative_hash bytea NOT NULL,
    PRIMARY KEY (mailbox_id, relation, relative_hash)
);
CREATE INDEX registered_relation_relative ON registered_relation (relative_hash);

-- Every change of consent, for ever (CON-9). The newest is also in `mailbox`.
CREATE TABLE consent (
    mailbox_id uuid NOT NULL REFERENCES mailbox (id),
    id uuid NOT NULL,
    level smallint NOT NULL,
    terms_version text NOT NULL,
    given_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);

-- That the owner has accepted a document in a version (DH-5).
CREATE TABLE acceptance (
    mailbox_id uuid NOT NULL REFERENCES mailbox (id),
    id uuid NOT NULL,
    document text NOT NULL,
    version text NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);

-- How the owner can be reached, as the owner has said. Sealed, and gone with the consent. Where nothing is known there is no row.
CREATE TABLE contact_details (
    mailbox_id uuid NOT NULL,
    email bytea,
    mobile bytea,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id)
);

-- How an owner wants to be told. Without a row: by SMS and e-mail.
CREATE TABLE notification_settings (
    mailbox_id uuid NOT NULL,
    sms boolean NOT NULL,
    email boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id)
);

-- FUL-1 to FUL-8. It stands in the giver's mailbox; whether it holds is computed, never stored. The holder is found by the keyed
-- hash, and need not be known here. Of one that an operator put on record: registered_by, confirmed_by, and from when it can have
-- effect and has. consent_level, consent_terms: what the giver consented to on the form.
CREATE TABLE power_of_attorney (
    giver_mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    areas text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    given_at timestamptz NOT NULL,
    holder_hash bytea NOT NULL,
    holder_number bytea,
    holder_name bytea,
    case_number text,
    consent_level smallint,
    consent_terms text,
    registered_by text,
    earliest_at timestamptz,
    confirmed_by text,
    effective_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    replaced_by uuid,
    PRIMARY KEY (giver_mailbox_id, id)
);
CREATE INDEX power_of_attorney_holder ON power_of_attorney (holder_hash, id);
-- Operators have the id alone.
CREATE INDEX power_of_attorney_id ON power_of_attorney USING hash (id);

-- That a health worker has put on record that they have lawful access, and why. The reason is never shown online (RET-10).
CREATE TABLE recorded_access (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    person_id uuid NOT NULL,
    reason bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);
CREATE INDEX recorded_access_member ON recorded_access (service_id, person_id, valid_until);

-- Messages.

-- received_at: when it came into the inbox; none while it is on its way or held. gone_at: when it went another way, or back to
-- its sender; it does not come into the inbox any more. withdrawn_at: when the sender took it back. removed_at: deleted by its
-- owner. author_id: none for what a system of a service wrote. owner_key and service_key: its key, wrapped for the copy of each;
-- none when that copy has ended.
CREATE TABLE message (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    conversation_id uuid,
    direction text NOT NULL,
    kind text NOT NULL,
    author_relation text,
    author_id uuid,
    owner_key bytea,
    service_key bytea,
    subject bytea NOT NULL,
    attachment_count smallint NOT NULL,
    minimum_consent smallint NOT NULL,
    available_at_protected_address boolean NOT NULL,
    parents_until_years smallint NOT NULL,
    withheld_from_parents boolean NOT NULL,
    power_of_attorney boolean NOT NULL,
    withheld_from_holders boolean NOT NULL,
    youth smallint NOT NULL,
    is_parental boolean NOT NULL,
    channel text NOT NULL,
    rule text NOT NULL,
    accepted_at timestamptz NOT NULL,
    open_by timestamptz,
    received_at timestamptz,
    opened_at timestamptz,
    read_at timestamptz,
    gone_at timestamptz,
    withdrawn_at timestamptz,
    removed_at timestamptz,
    PRIMARY KEY (mailbox_id, id)
);
-- One page of an inbox, or of what is unread in it, is one range of these.
CREATE INDEX message_inbox ON message (mailbox_id, received_at DESC, id DESC)
    WHERE received_at IS NOT NULL AND removed_at IS NULL;
CREATE INDEX message_unread ON message (mailbox_id, received_at DESC, id DESC)
    WHERE received_at IS NOT NULL AND removed_at IS NULL AND read_at IS NULL;
-- For a conversation in the order of ids alone, which is what the second condition says: without one on its ids, a page in the
-- order of time is taken out of the other index of conversations.
CREATE INDEX message_conversation ON message (mailbox_id, conversation_id, id)
    WHERE conversation_id IS NOT NULL AND id IS NOT NULL;
-- One page of a conversation in its mailbox is one range of this index.
CREATE INDEX message_conversation_received ON message (mailbox_id, conversation_id, received_at, id)
    WHERE conversation_id IS NOT NULL;
-- What is withheld changes, so it is looked for.
CREATE INDEX message_withheld_from_parents ON message (mailbox_id, conversation_id) WHERE withheld_from_parents;
CREATE INDEX message_withheld_from_holders ON message (mailbox_id, conversation_id) WHERE withheld_from_holders;

-- Apart from `message`, so that the overview reads, and delivery rewrites, narrow rows.
CREATE TABLE message_body (
    mailbox_id uuid NOT NULL,
    message_id uuid NOT NULL,
    format text NOT NULL,
    body bytea NOT NULL,
    form_name text,
    form_version integer,
    form_answers bytea,
    PRIMARY KEY (mailbox_id, message_id)
);

-- place: its place in the message. scanned: whether it was looked at for malware.
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
    scanned boolean NOT NULL,
    PRIMARY KEY (mailbox_id, message_id, id)
);
CREATE INDEX attachment_blob ON attachment (blob_id);

-- What somebody has begun to write and not sent. version grows with each change.
CREATE TABLE draft (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    author_id uuid NOT NULL,
    content bytea NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);
CREATE INDEX draft_author ON draft (mailbox_id, author_id, changed_at);
CREATE INDEX draft_expiry ON draft (expires_at);

-- Between a citizen and a service; a letter to a service is one with a single message. version grows with each message, and when
-- it moves to somebody else, is closed or is opened again. inbound_at: when the citizen wrote last. minimum_consent to is_parental: what all of its
-- messages ask together of who looks at them, so that an answer need not look at each.
CREATE TABLE conversation (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    inquiry text NOT NULL,
    subject bytea NOT NULL,
    state text NOT NULL,
    assignee_id uuid,
    version integer NOT NULL,
    minimum_consent smallint NOT NULL,
    available_at_protected_address boolean NOT NULL,
    parents_until_years smallint NOT NULL,
    power_of_attorney boolean NOT NULL,
    youth smallint NOT NULL,
    is_parental boolean NOT NULL,
    begun_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    inbound_at timestamptz,
    PRIMARY KEY (mailbox_id, id)
);
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
    mailbox_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    id uuid NOT NULL,
    author_id uuid,
    text bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, conversation_id, id)
);

-- Until when a member has seen what the citizen wrote.
CREATE TABLE conversation_seen (
    mailbox_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    person_id uuid NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, conversation_id, person_id)
);

-- What of a conversation is relevant to care, and whether the journal has archived it (TK-3). messages: ids. reference: the
-- journal's own name for it. document_id: what is marked at this moment, under the same id however often it is fetched.
-- rejected_at, rejection: the journal would not take it, and why.
CREATE TABLE journal_entry (
    mailbox_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    marked_at timestamptz NOT NULL,
    marked_by uuid,
    confirm_by timestamptz NOT NULL,
    messages text NOT NULL,
    document_id uuid NOT NULL,
    archived_at timestamptz,
    reference text,
    rejected_at timestamptz,
    rejection bytea,
    PRIMARY KEY (mailbox_id, conversation_id)
);
CREATE INDEX journal_entry_conversation ON journal_entry (conversation_id);
CREATE INDEX journal_entry_document ON journal_entry (document_id);

-- The way of letters.

-- The sender's side of a message. Its reference is unique for each service, for ever. reasons: why routing chose the channel, and
-- passed over each other (BX-3): a reason, and a channel with a reason for each.
CREATE TABLE sending (
    service_id uuid NOT NULL,
    message_id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    sender_reference text,
    reasons text NOT NULL,
    PRIMARY KEY (service_id, message_id),
    UNIQUE (service_id, sender_reference)
);

-- What routing said when it was asked again, and said something else or was carried out (BX-4). Rows are never changed.
CREATE TABLE sending_step (
    service_id uuid NOT NULL,
    message_id uuid NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL,
    channel text NOT NULL,
    rule text NOT NULL,
    reasons text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (service_id, message_id, id)
);

-- That a letter leaves the house over a channel: once for each. id: what the carrier knows it by, however often it is handed
-- over. may_be_taken: it has it, or may have it; then the letter goes no other way by itself. unknown_at: when the carrier said
-- that it does not know the recipient; then it has nothing of the letter, which goes another way. provider: whose mailbox it
-- went to, by organisation number; what one provider may have goes to no other.
CREATE TABLE handover (
    mailbox_id uuid NOT NULL,
    message_id uuid NOT NULL,
    channel text NOT NULL,
    id uuid NOT NULL,
    provider text,
    decided_at timestamptz NOT NULL,
    may_be_taken boolean NOT NULL,
    handed_at timestamptz,
    unknown_at timestamptz,
    PRIMARY KEY (mailbox_id, message_id, channel)
);

-- That somebody is told of a message by SMS or e-mail, never where. round: 1, and 2 a week later. id: what the other side knows
-- the notice by, however often it is sent.
CREATE TABLE notice (
    mailbox_id uuid NOT NULL,
    message_id uuid NOT NULL,
    person_id uuid NOT NULL,
    round smallint NOT NULL,
    channel text NOT NULL,
    id uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    sent_at timestamptz,
    refused_at timestamptz,
    PRIMARY KEY (mailbox_id, message_id, person_id, round, channel)
);
CREATE INDEX notice_recent ON notice (mailbox_id, decided_at);

-- Background work, written in the transaction that causes it, leased by one worker at a time, deleted when done. trouble: why it
-- could not be done when it was tried last. given_up_at: it waits for an operator.
CREATE TABLE job (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    object_id uuid NOT NULL,
    run_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    leased_until timestamptz,
    trouble text,
    given_up_at timestamptz,
    PRIMARY KEY (mailbox_id, id)
) WITH (fillfactor = 45); -- Room beside each job for what leasing writes, so that no index changes by it.
CREATE INDEX job_due ON job (kind, run_at) WHERE given_up_at IS NULL;
-- What operators look at: the few that are in trouble.
CREATE INDEX job_trouble ON job (id) WHERE trouble IS NOT NULL;

-- Appointments and health contacts.

-- An appointment or visit, as the service's own system has told of it under a name of its own. What it asks of who looks at it is
-- what messages ask. version grows with each change.
CREATE TABLE appointment (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    external_id text NOT NULL,
    kind text NOT NULL,
    title bytea NOT NULL,
    place bytea,
    description bytea,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    is_cancellable boolean NOT NULL,
    cancelled_at timestamptz,
    cancelled_by text,
    version integer NOT NULL,
    minimum_consent smallint NOT NULL,
    available_at_protected_address boolean NOT NULL,
    parents_until_years smallint NOT NULL,
    withheld_from_parents boolean NOT NULL,
    power_of_attorney boolean NOT NULL,
    withheld_from_holders boolean NOT NULL,
    youth smallint NOT NULL,
    is_parental boolean NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);
CREATE INDEX appointment_start ON appointment (mailbox_id, starts_at, id);

-- The appointment that a service calls by a name of its own. Two that tell of the same one at the same time meet here.
CREATE TABLE appointment_name (
    service_id uuid NOT NULL,
    external_id text NOT NULL,
    mailbox_id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    PRIMARY KEY (service_id, external_id)
);
CREATE INDEX appointment_name_mailbox ON appointment_name (mailbox_id);

-- A health contact of a citizen, as the service's own system has told of it under a name of its own (HN-11). names holds role,
-- person and unit, sealed. writes_to_id: the service to which the citizen writes. closed_on: the day on which a full list named it
-- no more. name_version grows when it becomes somebody else.
CREATE TABLE health_contact (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    external_id text NOT NULL,
    kind text NOT NULL,
    names bytea NOT NULL,
    name_version integer NOT NULL,
    writes_to_id uuid NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    closed_on date,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);
CREATE INDEX health_contact_from ON health_contact (mailbox_id, valid_from, id);

-- The contact that a service calls by a name of its own.
CREATE TABLE health_contact_name (
    service_id uuid NOT NULL,
    external_id text NOT NULL,
    mailbox_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    PRIMARY KEY (service_id, external_id)
);
CREATE INDEX health_contact_name_mailbox ON health_contact_name (mailbox_id);

-- A batch of health contacts on its way in: it counts when all of it is here. id and names are those that the contact gets if it
-- is new.
CREATE TABLE health_contact_line (
    batch_id uuid NOT NULL,
    line integer NOT NULL,
    id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    external_id text NOT NULL,
    kind text NOT NULL,
    names bytea NOT NULL,
    writes_to_id uuid NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (batch_id, line)
);
CREATE INDEX health_contact_line_age ON health_contact_line (told_at);
CREATE INDEX health_contact_line_name ON health_contact_line (batch_id, external_id);

-- Who a citizen's general practitioner was by what a service told, one after the other, counted by number. Each but the first
-- gives a receipt.
CREATE TABLE practitioner_change (
    mailbox_id uuid NOT NULL,
    service_id uuid NOT NULL,
    number integer NOT NULL,
    id uuid NOT NULL,
    contact_id uuid NOT NULL,
    name_version integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, service_id, number)
);
CREATE UNIQUE INDEX practitioner_change_id ON practitioner_change (mailbox_id, id);

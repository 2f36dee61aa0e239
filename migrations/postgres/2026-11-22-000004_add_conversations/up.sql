-- Between a citizen and a service; a letter to a service is one with a single message. version grows when it moves to
-- somebody else, is closed or is opened again. inbound_at: when the citizen wrote last.
CREATE TABLE conversation (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    inquiry text NOT NULL,
    subject bytea NOT NULL,
    state text NOT NULL,
    assignee_id uuid,
    version integer NOT NULL,
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

-- author_id: none for what a system of a service wrote.
ALTER TABLE message ADD COLUMN conversation_id uuid;
ALTER TABLE message ADD COLUMN author_relation text;
ALTER TABLE message ADD COLUMN author_id uuid;
CREATE INDEX message_conversation ON message (mailbox_id, conversation_id, id) WHERE conversation_id IS NOT NULL;

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

-- Files are handed in for messages of services, and for what is written in a mailbox.
ALTER TABLE upload RENAME COLUMN service_id TO owner_id;

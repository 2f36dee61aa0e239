-- A health contact of a citizen, as the service's own system has told of it under a name of its own. names holds role,
-- person and unit, sealed. writes_to_id: the service to which the citizen writes. closed_on: the day on which a full list
-- named it no more. name_version grows when it becomes somebody else.
CREATE TABLE health_contact (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    external_id text NOT NULL,
    kind text NOT NULL,
    names bytea NOT NULL,
    writes_to_id uuid NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    closed_on date,
    name_version integer NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);
CREATE UNIQUE INDEX health_contact_external ON health_contact (service_id, external_id);
-- One page of the list is a range of this index for each state.
CREATE INDEX health_contact_from ON health_contact (mailbox_id, valid_from, id);

-- A batch on its way in: it counts when all of it is here. id and names are those that the contact gets if it is new.
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
CREATE INDEX health_contact_line_name ON health_contact_line (batch_id, external_id);
CREATE INDEX health_contact_line_age ON health_contact_line (told_at);

-- Who a citizen's general practitioner was by what a service told, one after the other. Each but the first gives a receipt.
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

-- A health contact of a citizen, as the service's own system has told of it under a name of its own. names holds role,
-- person and unit, sealed. writes_to_id: the service to which the citizen writes. closed_on: the day on which a full list
-- named it no more. name_version grows when it becomes somebody else.
CREATE TABLE health_contact (
    mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    service_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    names BLOB NOT NULL,
    writes_to_id BLOB NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    closed_on TEXT,
    name_version INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX health_contact_external ON health_contact (service_id, external_id);
-- One page of the list is a range of this index for each state.
CREATE INDEX health_contact_from ON health_contact (mailbox_id, valid_from, id);

-- A batch on its way in: it counts when all of it is here. id and names are those that the contact gets if it is new.
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
CREATE INDEX health_contact_line_name ON health_contact_line (batch_id, external_id);
CREATE INDEX health_contact_line_age ON health_contact_line (told_at);

-- Who a citizen's general practitioner was by what a service told, one after the other. Each but the first gives a receipt.
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

-- An appointment or visit, as the service's own system has told of it under a name of its own. What it asks of who looks
-- at it is what messages ask. version grows with each change.
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
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    minimum_consent SMALLINT NOT NULL,
    available_at_protected_address BOOLEAN NOT NULL,
    parents_until_years SMALLINT NOT NULL,
    withheld_from_parents BOOLEAN NOT NULL,
    power_of_attorney BOOLEAN NOT NULL,
    withheld_from_holders BOOLEAN NOT NULL,
    youth SMALLINT NOT NULL,
    is_parental BOOLEAN NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
-- Two that tell of the same one at the same time meet here.
CREATE UNIQUE INDEX appointment_external ON appointment (service_id, external_id);
-- One page of the list is one range of this index.
CREATE INDEX appointment_start ON appointment (mailbox_id, starts_at, id);

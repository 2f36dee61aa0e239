-- An appointment or visit, as the service's own system has told of it under a name of its own. What it asks of who looks
-- at it is what messages ask. version grows with each change.
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
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    minimum_consent smallint NOT NULL,
    available_at_protected_address boolean NOT NULL,
    parents_until_years smallint NOT NULL,
    withheld_from_parents boolean NOT NULL,
    power_of_attorney boolean NOT NULL,
    withheld_from_holders boolean NOT NULL,
    youth smallint NOT NULL,
    is_parental boolean NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);
-- Two that tell of the same one at the same time meet here.
CREATE UNIQUE INDEX appointment_external ON appointment (service_id, external_id);
-- One page of the list is one range of this index.
CREATE INDEX appointment_start ON appointment (mailbox_id, starts_at, id);

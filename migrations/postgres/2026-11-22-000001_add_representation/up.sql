-- What the population register says of a person, when it last did, and whom it names (CHI-2, ADR-11).
-- known_at: none where the register must be asked again before what it said is trusted.
ALTER TABLE person ADD COLUMN protection_until date;
ALTER TABLE person ADD COLUMN lives_with_responsible boolean NOT NULL DEFAULT false;
ALTER TABLE person ADD COLUMN known_at timestamptz;

-- Who is responsible for a person, their guardian, or close family. The others are found by the same keyed hash as
-- persons are, and need not be known here.
CREATE TABLE registered_relation (
    person_id uuid NOT NULL,
    relation text NOT NULL,
    relative_hash bytea NOT NULL,
    PRIMARY KEY (person_id, relation, relative_hash)
);
CREATE INDEX registered_relation_relative ON registered_relation (relative_hash);

-- locked_at: the owner has locked it (CON-14). youth_access_at: a parent has given the child access (CHI-8).
ALTER TABLE mailbox ADD COLUMN locked_at timestamptz;
ALTER TABLE mailbox ADD COLUMN youth_access_at timestamptz;

-- What a service opens to others than the owner; kind_visibility holds what differs for a kind of message.
ALTER TABLE service ADD COLUMN parents text NOT NULL DEFAULT 'until12';
ALTER TABLE service ADD COLUMN power_of_attorney boolean NOT NULL DEFAULT true;
ALTER TABLE service ADD COLUMN youth text NOT NULL DEFAULT 'never';
ALTER TABLE service ADD COLUMN kind_visibility text NOT NULL DEFAULT '{}';

-- The age at which parents stop seeing a message, as a number that a query can compare.
ALTER TABLE message ADD COLUMN parents_until_years smallint NOT NULL DEFAULT 0;
UPDATE message SET parents_until_years = CASE parents WHEN 'until12' THEN 12 WHEN 'until16' THEN 16 ELSE 0 END;
ALTER TABLE message DROP COLUMN parents;
ALTER TABLE message ADD COLUMN withheld_from_parents boolean NOT NULL DEFAULT false;
ALTER TABLE message ADD COLUMN withheld_from_holders boolean NOT NULL DEFAULT false;
ALTER TABLE message ADD COLUMN youth smallint NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN is_parental boolean NOT NULL DEFAULT false;

-- What the actor was to the owner of the mailbox.
ALTER TABLE audit_entry ADD COLUMN actor_relation text;

-- Jobs are about messages, and now also about powers of attorney.
ALTER TABLE job RENAME COLUMN message_id TO object_id;

-- FUL-3: what the areas are called. Only area 3 has a meaning in the program.
CREATE TABLE service_area (
    code smallint NOT NULL PRIMARY KEY,
    name_nb text NOT NULL,
    name_nn text NOT NULL,
    name_en text NOT NULL
);
INSERT INTO service_area (code, name_nb, name_nn, name_en)
VALUES (3, 'Digitale helsetjenester', 'Digitale helsetenester', 'Digital health services');

-- FUL-1 to FUL-8. It stands in the giver's mailbox; whether it holds is computed, never stored.
CREATE TABLE power_of_attorney (
    giver_mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    giver_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    kind text NOT NULL,
    areas text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    given_at timestamptz NOT NULL,
    case_number text,
    ended_at timestamptz,
    ended_by text,
    replaced_by uuid,
    PRIMARY KEY (giver_mailbox_id, id)
);
CREATE INDEX power_of_attorney_holder ON power_of_attorney (holder_id, id);
-- Operators have the id alone.
CREATE INDEX power_of_attorney_id ON power_of_attorney (id);

-- Who works for a service. clearances: the grades of protection that they have the role for (ADR-7).
CREATE TABLE membership (
    service_id uuid NOT NULL,
    person_id uuid NOT NULL,
    clearances text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (service_id, person_id)
);
CREATE INDEX membership_person ON membership (person_id);

-- Who of a service follows up which patient (DH-7).
CREATE TABLE follow_up (
    service_id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    person_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (service_id, mailbox_id, person_id)
);
CREATE INDEX follow_up_person ON follow_up (person_id, mailbox_id);

-- That a health worker has put on record that they have lawful access, and why. The reason is never shown online
-- (RET-10).
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

-- What the population register says of a person, when it last did, and whom it names (CHI-2, ADR-11).
-- known_at: none where the register must be asked again before what it said is trusted.
ALTER TABLE person ADD COLUMN protection_until TEXT;
ALTER TABLE person ADD COLUMN lives_with_responsible BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE person ADD COLUMN known_at BIGINT;

-- Who is responsible for a person, their guardian, or close family. The others are found by the same keyed hash as
-- persons are, and need not be known here.
CREATE TABLE registered_relation (
    person_id BLOB NOT NULL,
    relation TEXT NOT NULL,
    relative_hash BLOB NOT NULL,
    PRIMARY KEY (person_id, relation, relative_hash)
) WITHOUT ROWID;
CREATE INDEX registered_relation_relative ON registered_relation (relative_hash);

-- locked_at: the owner has locked it (CON-14). youth_access_at: a parent has given the child access (CHI-8).
ALTER TABLE mailbox ADD COLUMN locked_at BIGINT;
ALTER TABLE mailbox ADD COLUMN youth_access_at BIGINT;

-- What a service opens to others than the owner; kind_visibility holds what differs for a kind of message.
ALTER TABLE service ADD COLUMN parents TEXT NOT NULL DEFAULT 'until12';
ALTER TABLE service ADD COLUMN power_of_attorney BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE service ADD COLUMN youth TEXT NOT NULL DEFAULT 'never';
ALTER TABLE service ADD COLUMN kind_visibility TEXT NOT NULL DEFAULT '{}';

-- The age at which parents stop seeing a message, as a number that a query can compare.
ALTER TABLE message ADD COLUMN parents_until_years SMALLINT NOT NULL DEFAULT 0;
UPDATE message SET parents_until_years = CASE parents WHEN 'until12' THEN 12 WHEN 'until16' THEN 16 ELSE 0 END;
ALTER TABLE message DROP COLUMN parents;
ALTER TABLE message ADD COLUMN withheld_from_parents BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE message ADD COLUMN withheld_from_holders BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE message ADD COLUMN youth SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN is_parental BOOLEAN NOT NULL DEFAULT false;

-- What the actor was to the owner of the mailbox.
ALTER TABLE audit_entry ADD COLUMN actor_relation TEXT;

-- Jobs are about messages, and now also about powers of attorney.
ALTER TABLE job RENAME COLUMN message_id TO object_id;

-- FUL-3: what the areas are called. Only area 3 has a meaning in the program.
CREATE TABLE service_area (
    code SMALLINT NOT NULL PRIMARY KEY,
    name_nb TEXT NOT NULL,
    name_nn TEXT NOT NULL,
    name_en TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO service_area (code, name_nb, name_nn, name_en)
VALUES (3, 'Digitale helsetjenester', 'Digitale helsetenester', 'Digital health services');

-- FUL-1 to FUL-8. It stands in the giver's mailbox; whether it holds is computed, never stored.
CREATE TABLE power_of_attorney (
    giver_mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    giver_id BLOB NOT NULL,
    holder_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    areas TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    given_at BIGINT NOT NULL,
    case_number TEXT,
    ended_at BIGINT,
    ended_by TEXT,
    replaced_by BLOB,
    PRIMARY KEY (giver_mailbox_id, id)
) WITHOUT ROWID;
CREATE INDEX power_of_attorney_holder ON power_of_attorney (holder_id, id);
-- Operators have the id alone.
CREATE INDEX power_of_attorney_id ON power_of_attorney (id);

-- Who works for a service. clearances: the grades of protection that they have the role for (ADR-7).
CREATE TABLE membership (
    service_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    clearances TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (service_id, person_id)
) WITHOUT ROWID;
CREATE INDEX membership_person ON membership (person_id);

-- Who of a service follows up which patient (DH-7).
CREATE TABLE follow_up (
    service_id BLOB NOT NULL,
    mailbox_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (service_id, mailbox_id, person_id)
) WITHOUT ROWID;
CREATE INDEX follow_up_person ON follow_up (person_id, mailbox_id);

-- That a health worker has put on record that they have lawful access, and why. The reason is never shown online
-- (RET-10).
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

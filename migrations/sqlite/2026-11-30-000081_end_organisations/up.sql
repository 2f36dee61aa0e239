-- What has ended stays listed with its end, and its number or name is free for a later one.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE organisation_that_ends (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
) WITHOUT ROWID;
INSERT INTO organisation_that_ends (id, number, name, created_at) SELECT id, number, name, created_at FROM organisation;
DROP TABLE organisation;
ALTER TABLE organisation_that_ends RENAME TO organisation;
CREATE UNIQUE INDEX organisation_number ON organisation (number) WHERE ended_at IS NULL;
CREATE INDEX organisation_number_ever ON organisation (number);
ALTER TABLE agreement ADD COLUMN ended_at BIGINT;
CREATE TABLE client_that_ends (
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (organisation_id, id)
) WITHOUT ROWID;
INSERT INTO client_that_ends (organisation_id, id, external_id, name, created_at)
SELECT organisation_id, id, external_id, name, created_at FROM client;
DROP TABLE client;
ALTER TABLE client_that_ends RENAME TO client;
CREATE UNIQUE INDEX client_external ON client (organisation_id, external_id) WHERE ended_at IS NULL;
COMMIT;
PRAGMA foreign_keys = ON;

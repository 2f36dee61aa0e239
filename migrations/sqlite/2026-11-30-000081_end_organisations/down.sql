-- What has ended has no place in what was before, where a later one has its number or name.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE client_for_ever (
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, id),
    UNIQUE (organisation_id, external_id)
) WITHOUT ROWID;
INSERT INTO client_for_ever (organisation_id, id, external_id, name, created_at)
SELECT organisation_id, id, external_id, name, created_at FROM client WHERE ended_at IS NULL;
DROP TABLE client;
ALTER TABLE client_for_ever RENAME TO client;
ALTER TABLE agreement DROP COLUMN ended_at;
CREATE TABLE organisation_for_ever (
    id BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO organisation_for_ever (id, number, name, created_at) SELECT id, number, name, created_at FROM organisation;
DROP TABLE organisation;
ALTER TABLE organisation_for_ever RENAME TO organisation;
COMMIT;
PRAGMA foreign_keys = ON;

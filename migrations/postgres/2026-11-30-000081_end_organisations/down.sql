-- What has ended has no place in what was before, where a later one has its number or name.
DELETE FROM client WHERE ended_at IS NOT NULL;
DROP INDEX client_external;
ALTER TABLE client ADD CONSTRAINT client_organisation_id_external_id_key UNIQUE (organisation_id, external_id);
ALTER TABLE client DROP COLUMN ended_at;
ALTER TABLE agreement DROP COLUMN ended_at;
DROP INDEX organisation_number_ever;
DROP INDEX organisation_number;
ALTER TABLE organisation ADD CONSTRAINT organisation_number_key UNIQUE (number);
ALTER TABLE organisation DROP COLUMN ended_at;

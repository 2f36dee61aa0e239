-- What has ended stays listed with its end, and its number or name is free for a later one.
ALTER TABLE organisation ADD COLUMN ended_at timestamptz;
ALTER TABLE organisation DROP CONSTRAINT organisation_number_key;
CREATE UNIQUE INDEX organisation_number ON organisation (number) WHERE ended_at IS NULL;
CREATE INDEX organisation_number_ever ON organisation (number);
ALTER TABLE agreement ADD COLUMN ended_at timestamptz;
ALTER TABLE client ADD COLUMN ended_at timestamptz;
ALTER TABLE client DROP CONSTRAINT client_organisation_id_external_id_key;
CREATE UNIQUE INDEX client_external ON client (organisation_id, external_id) WHERE ended_at IS NULL;

-- A form that citizens fill in when they write to a service. Versions are never changed, so that answers can be read
-- for as long as they are kept; the version without retired_at is the one that is filled in now.
CREATE TABLE form (
    service_id uuid NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    schema text NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (service_id, name, version)
);
-- What was answered, in messages that carry a form that was filled in.
ALTER TABLE message_body ADD COLUMN form_name text;
ALTER TABLE message_body ADD COLUMN form_version integer;
ALTER TABLE message_body ADD COLUMN form_answers bytea;

-- A form that citizens fill in when they write to a service. Versions are never changed, so that answers can be read
-- for as long as they are kept; the version without retired_at is the one that is filled in now.
CREATE TABLE form (
    service_id BLOB NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    schema TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT,
    PRIMARY KEY (service_id, name, version)
) WITHOUT ROWID;
-- What was answered, in messages that carry a form that was filled in.
ALTER TABLE message_body ADD COLUMN form_name TEXT;
ALTER TABLE message_body ADD COLUMN form_version INTEGER;
ALTER TABLE message_body ADD COLUMN form_answers BLOB;

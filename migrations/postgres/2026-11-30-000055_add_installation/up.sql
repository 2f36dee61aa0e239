-- This database among others. Its store of attachments notes the id and the generation too: another id there means another
-- database's files, a higher generation that this database is older than its files. swept_at: when the store was last
-- swept, so that one process in an hour does it.
CREATE TABLE installation (
    singleton smallint NOT NULL PRIMARY KEY CHECK (singleton = 1),
    id uuid NOT NULL,
    generation bigint NOT NULL,
    created_at timestamptz NOT NULL,
    swept_at timestamptz
);

-- Bytes that this database has caused and that no row names: yet, or any more. Written before the bytes are, and in the
-- transaction that takes away the row that named them, so that the sweep touches nothing that this database does not
-- know to be its own.
CREATE TABLE loose_blob (
    blob_id uuid NOT NULL PRIMARY KEY,
    is_trashed boolean NOT NULL,
    due_at timestamptz NOT NULL
);
CREATE INDEX loose_blob_due ON loose_blob (due_at);

-- Whether anything names a blob is asked for many at a time, in their order.
CREATE INDEX attachment_blob ON attachment (blob_id);
CREATE INDEX upload_blob ON upload (blob_id) WHERE blob_id IS NOT NULL;

-- What somebody has begun to write and not sent. version grows with each change.
CREATE TABLE draft (
    mailbox_id uuid NOT NULL,
    id uuid NOT NULL,
    author_id uuid NOT NULL,
    content bytea NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, id)
);
CREATE INDEX draft_author ON draft (mailbox_id, author_id, changed_at);
CREATE INDEX draft_expiry ON draft (expires_at);

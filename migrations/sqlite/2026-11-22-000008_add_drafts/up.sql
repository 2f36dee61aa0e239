-- What somebody has begun to write and not sent. version grows with each change.
CREATE TABLE draft (
    mailbox_id BLOB NOT NULL,
    id BLOB NOT NULL,
    author_id BLOB NOT NULL,
    content BLOB NOT NULL,
    version INTEGER NOT NULL,
    changed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox_id, id)
) WITHOUT ROWID;
CREATE INDEX draft_author ON draft (mailbox_id, author_id, changed_at);
CREATE INDEX draft_expiry ON draft (expires_at);

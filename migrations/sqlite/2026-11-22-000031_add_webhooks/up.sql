-- Addresses to which the feed of an organisation is sent. last_number: up to there events have been sent or put aside.
-- failures: attempts in a row that failed. next_at: not before. retry_at: when the first event put aside is due.
-- challenged_from: since when its receiver is asked to answer the challenge.
CREATE TABLE webhook (
    organisation_id BLOB NOT NULL REFERENCES organisation (id),
    id BLOB NOT NULL,
    url TEXT NOT NULL,
    state TEXT NOT NULL,
    ended_because TEXT,
    last_number BIGINT NOT NULL,
    failures INTEGER NOT NULL,
    next_at BIGINT NOT NULL,
    retry_at BIGINT,
    challenged_from BIGINT NOT NULL,
    leased_until BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, id)
) WITHOUT ROWID;

CREATE TABLE webhook_key (
    organisation_id BLOB NOT NULL,
    webhook_id BLOB NOT NULL,
    id BLOB NOT NULL,
    private_key BLOB NOT NULL,
    public_key BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    signs_until BIGINT,
    PRIMARY KEY (organisation_id, webhook_id, id),
    FOREIGN KEY (organisation_id, webhook_id) REFERENCES webhook (organisation_id, id) ON DELETE CASCADE
) WITHOUT ROWID;

-- What a receiver has not taken. next_at: when it is sent again; none where it was given up.
CREATE TABLE webhook_delivery (
    organisation_id BLOB NOT NULL,
    webhook_id BLOB NOT NULL,
    number BIGINT NOT NULL,
    mailbox_id BLOB,
    attempts INTEGER NOT NULL,
    first_at BIGINT,
    next_at BIGINT,
    fault TEXT,
    status INTEGER,
    PRIMARY KEY (organisation_id, webhook_id, number),
    FOREIGN KEY (organisation_id, webhook_id) REFERENCES webhook (organisation_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (organisation_id, webhook_id, mailbox_id)
    WHERE next_at IS NOT NULL;

-- Addresses to which the feed of an organisation is sent. last_number: up to there events have been sent or put aside.
-- failures: attempts in a row that failed. next_at: not before. retry_at: when the first event put aside is due.
-- challenged_from: since when its receiver is asked to answer the challenge.
CREATE TABLE webhook (
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    id uuid NOT NULL,
    url text NOT NULL,
    state text NOT NULL,
    ended_because text,
    last_number bigint NOT NULL,
    failures integer NOT NULL,
    next_at timestamptz NOT NULL,
    retry_at timestamptz,
    challenged_from timestamptz NOT NULL,
    leased_until timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, id)
);

CREATE TABLE webhook_key (
    organisation_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    id uuid NOT NULL,
    private_key bytea NOT NULL,
    public_key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    signs_until timestamptz,
    PRIMARY KEY (organisation_id, webhook_id, id),
    FOREIGN KEY (organisation_id, webhook_id) REFERENCES webhook (organisation_id, id) ON DELETE CASCADE
);

-- What a receiver has not taken. next_at: when it is sent again; none where it was given up.
CREATE TABLE webhook_delivery (
    organisation_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    number bigint NOT NULL,
    mailbox_id uuid,
    attempts integer NOT NULL,
    first_at timestamptz,
    next_at timestamptz,
    fault text,
    status integer,
    PRIMARY KEY (organisation_id, webhook_id, number),
    FOREIGN KEY (organisation_id, webhook_id) REFERENCES webhook (organisation_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (organisation_id, webhook_id, mailbox_id)
    WHERE next_at IS NOT NULL;

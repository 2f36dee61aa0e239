-- Why routing chose the channel, and passed over each other (BX-3): a reason, and a channel with a reason for each. Nothing for
-- messages from before.
ALTER TABLE sending ADD COLUMN reasons TEXT NOT NULL DEFAULT '';

-- When a message went another way than into the inbox, or back to its sender. It does not come into the inbox any more.
ALTER TABLE message ADD COLUMN gone_at BIGINT;

-- What routing said when it was asked again, and said something else or was carried out (BX-4). Rows are never changed.
CREATE TABLE sending_step (
    service_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    id BLOB NOT NULL,
    status TEXT NOT NULL,
    channel TEXT NOT NULL,
    rule TEXT NOT NULL,
    reasons TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (service_id, message_id, id)
) WITHOUT ROWID;

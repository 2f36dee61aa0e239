-- Why routing chose the channel, and passed over each other (BX-3): a reason, and a channel with a reason for each. Nothing for
-- messages from before.
ALTER TABLE sending ADD COLUMN reasons text NOT NULL DEFAULT '';

-- When a message went another way than into the inbox, or back to its sender. It does not come into the inbox any more.
ALTER TABLE message ADD COLUMN gone_at timestamptz;

-- What routing said when it was asked again, and said something else or was carried out (BX-4). Rows are never changed.
CREATE TABLE sending_step (
    service_id uuid NOT NULL,
    message_id uuid NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL,
    channel text NOT NULL,
    rule text NOT NULL,
    reasons text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (service_id, message_id, id)
);

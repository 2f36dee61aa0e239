-- That a letter leaves the house over a channel: once for each. id: what the carrier knows it by, however often it is handed
-- over. may_be_taken: it has it, or may have it; then the letter goes no other way by itself.
CREATE TABLE handover (
    mailbox_id uuid NOT NULL,
    message_id uuid NOT NULL,
    channel text NOT NULL,
    id uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    may_be_taken boolean NOT NULL,
    handed_at timestamptz,
    PRIMARY KEY (mailbox_id, message_id, channel)
);

-- When the sender took it back. It is in no inbox since.
ALTER TABLE message ADD COLUMN withdrawn_at timestamptz;

-- That a letter leaves the house over a channel: once for each. id: what the carrier knows it by, however often it is handed
-- over. may_be_taken: it has it, or may have it; then the letter goes no other way by itself.
CREATE TABLE handover (
    mailbox_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    channel TEXT NOT NULL,
    id BLOB NOT NULL,
    decided_at BIGINT NOT NULL,
    may_be_taken BOOLEAN NOT NULL,
    handed_at BIGINT,
    PRIMARY KEY (mailbox_id, message_id, channel)
) WITHOUT ROWID;

-- When the sender took it back. It is in no inbox since.
ALTER TABLE message ADD COLUMN withdrawn_at BIGINT;

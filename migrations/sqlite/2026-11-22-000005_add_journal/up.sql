-- What of a conversation is relevant to care, and whether the journal has archived it (TK-3). messages: ids. reference:
-- the journal's own name for it.
CREATE TABLE journal_entry (
    mailbox_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    marked_at BIGINT NOT NULL,
    marked_by BLOB,
    confirm_by BIGINT NOT NULL,
    messages TEXT NOT NULL,
    archived_at BIGINT,
    reference TEXT,
    PRIMARY KEY (mailbox_id, conversation_id)
) WITHOUT ROWID;
CREATE INDEX journal_entry_conversation ON journal_entry (conversation_id);

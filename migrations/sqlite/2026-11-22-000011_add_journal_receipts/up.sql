-- What a journal answers (TK-3). document_id: what is marked at this moment, under the same id however often it is fetched.
-- rejected_at, rejection: the journal would not take it, and why, sealed. SQLite adds no column that must have a value
-- without a default, so the table is made anew.
CREATE TABLE journal_entry_new (
    mailbox_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    marked_at BIGINT NOT NULL,
    marked_by BLOB,
    confirm_by BIGINT NOT NULL,
    messages TEXT NOT NULL,
    archived_at BIGINT,
    reference TEXT,
    document_id BLOB NOT NULL,
    rejected_at BIGINT,
    rejection BLOB,
    PRIMARY KEY (mailbox_id, conversation_id)
) WITHOUT ROWID;
INSERT INTO journal_entry_new
SELECT mailbox_id, conversation_id, marked_at, marked_by, confirm_by, messages, archived_at, reference, conversation_id,
    NULL, NULL
FROM journal_entry;
DROP TABLE journal_entry;
ALTER TABLE journal_entry_new RENAME TO journal_entry;
CREATE INDEX journal_entry_conversation ON journal_entry (conversation_id);
CREATE INDEX journal_entry_document ON journal_entry (document_id);

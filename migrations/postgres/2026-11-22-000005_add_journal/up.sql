-- What of a conversation is relevant to care, and whether the journal has archived it (TK-3). messages: ids. reference:
-- the journal's own name for it.
CREATE TABLE journal_entry (
    mailbox_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    marked_at timestamptz NOT NULL,
    marked_by uuid,
    confirm_by timestamptz NOT NULL,
    messages text NOT NULL,
    archived_at timestamptz,
    reference text,
    PRIMARY KEY (mailbox_id, conversation_id)
);
CREATE INDEX journal_entry_conversation ON journal_entry (conversation_id);

-- What a journal answers (TK-3). document_id: what is marked at this moment, under the same id however often it is fetched.
-- rejected_at, rejection: the journal would not take it, and why, sealed.
ALTER TABLE journal_entry ADD COLUMN document_id uuid;
UPDATE journal_entry SET document_id = conversation_id;
ALTER TABLE journal_entry ALTER COLUMN document_id SET NOT NULL;
ALTER TABLE journal_entry ADD COLUMN rejected_at timestamptz;
ALTER TABLE journal_entry ADD COLUMN rejection bytea;
CREATE INDEX journal_entry_document ON journal_entry (document_id);

DROP INDEX journal_entry_document;
ALTER TABLE journal_entry DROP COLUMN rejection;
ALTER TABLE journal_entry DROP COLUMN rejected_at;
ALTER TABLE journal_entry DROP COLUMN document_id;

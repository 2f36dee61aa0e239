ALTER TABLE upload RENAME COLUMN owner_id TO service_id;
DROP TABLE conversation_seen;
DROP TABLE conversation_note;
DROP INDEX message_conversation;
ALTER TABLE message DROP COLUMN author_id;
ALTER TABLE message DROP COLUMN author_relation;
ALTER TABLE message DROP COLUMN conversation_id;
DROP TABLE conversation;

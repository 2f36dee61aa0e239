DROP INDEX upload_author;
ALTER TABLE upload DROP COLUMN author;

ALTER TABLE attachment DROP COLUMN scanned;
ALTER TABLE upload DROP COLUMN scanned;

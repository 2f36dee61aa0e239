ALTER TABLE service DROP COLUMN dialogue;
ALTER TABLE service DROP COLUMN name_nynorsk;

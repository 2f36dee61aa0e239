ALTER TABLE handover DROP COLUMN provider;

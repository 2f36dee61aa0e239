ALTER TABLE handover DROP COLUMN unknown_at;

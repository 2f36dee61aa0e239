ALTER TABLE message DROP COLUMN withdrawn_at;
DROP TABLE handover;

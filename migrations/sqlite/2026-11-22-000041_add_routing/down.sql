DROP TABLE sending_step;
ALTER TABLE message DROP COLUMN gone_at;
ALTER TABLE sending DROP COLUMN reasons;

DROP INDEX job_trouble;
DROP INDEX job_due;
ALTER TABLE job DROP COLUMN given_up_at;
ALTER TABLE job DROP COLUMN trouble;
CREATE INDEX job_due ON job (run_at);

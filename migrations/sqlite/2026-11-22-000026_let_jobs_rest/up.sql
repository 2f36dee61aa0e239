-- trouble: why it could not be done when it was tried last. given_up_at: it waits for an operator.
ALTER TABLE job ADD COLUMN trouble TEXT;
ALTER TABLE job ADD COLUMN given_up_at BIGINT;
DROP INDEX job_due;
CREATE INDEX job_due ON job (kind, run_at) WHERE given_up_at IS NULL;
-- What operators look at: the few that are in trouble.
CREATE INDEX job_trouble ON job (id) WHERE trouble IS NOT NULL;

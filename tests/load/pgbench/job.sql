-- One worker's job, without doing it: leased in one transaction, looked at and taken off the list in the next.
BEGIN;
SELECT id FROM job WHERE kind = 'yardstick' AND run_at <= now() AND given_up_at IS NULL AND leased_until IS NULL ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED \gset
UPDATE job SET leased_until = now() + interval '1 minute', attempts = attempts + 1 WHERE id = :id::uuid;
COMMIT;
BEGIN;
SELECT id FROM job WHERE id = :id::uuid AND leased_until > now() FOR UPDATE;
DELETE FROM job WHERE id = :id::uuid;
COMMIT;

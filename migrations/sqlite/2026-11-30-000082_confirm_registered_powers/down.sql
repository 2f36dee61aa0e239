-- What nobody has confirmed has no place in what was before.
DELETE FROM power_of_attorney WHERE registered_by IS NOT NULL AND confirmed_by IS NULL;
ALTER TABLE power_of_attorney DROP COLUMN effective_at;
ALTER TABLE power_of_attorney DROP COLUMN confirmed_by;
ALTER TABLE power_of_attorney DROP COLUMN consent_terms;
ALTER TABLE power_of_attorney DROP COLUMN consent_level;
ALTER TABLE power_of_attorney DROP COLUMN earliest_at;
ALTER TABLE power_of_attorney DROP COLUMN registered_by;

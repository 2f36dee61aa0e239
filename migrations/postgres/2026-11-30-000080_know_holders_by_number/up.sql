-- Whoever holds a power of attorney need not be known here, so that nobody learns from the answer whether they are: a keyed hash of
-- the number finds them, and what the giver wrote of them (number and name, both sealed) is all that the giver sees.
ALTER TABLE power_of_attorney ADD COLUMN holder_hash bytea NOT NULL DEFAULT ''::bytea;
ALTER TABLE power_of_attorney ADD COLUMN holder_number bytea;
ALTER TABLE power_of_attorney ADD COLUMN holder_name bytea;
UPDATE power_of_attorney SET holder_hash = person.lookup_hash FROM person WHERE person.id = power_of_attorney.holder_id;
ALTER TABLE power_of_attorney ALTER COLUMN holder_hash DROP DEFAULT;
DROP INDEX power_of_attorney_holder;
ALTER TABLE power_of_attorney DROP COLUMN holder_id;
CREATE INDEX power_of_attorney_holder ON power_of_attorney (holder_hash, id);

-- Those whose holder is not known here have no place in what was before.
ALTER TABLE power_of_attorney ADD COLUMN holder_id uuid;
UPDATE power_of_attorney SET holder_id = person.id FROM person WHERE person.lookup_hash = power_of_attorney.holder_hash;
DELETE FROM power_of_attorney WHERE holder_id IS NULL;
ALTER TABLE power_of_attorney ALTER COLUMN holder_id SET NOT NULL;
DROP INDEX power_of_attorney_holder;
ALTER TABLE power_of_attorney DROP COLUMN holder_name;
ALTER TABLE power_of_attorney DROP COLUMN holder_number;
ALTER TABLE power_of_attorney DROP COLUMN holder_hash;
CREATE INDEX power_of_attorney_holder ON power_of_attorney (holder_id, id);

-- One that an operator put on record waits until another has confirmed it, and until a time has passed in which its giver, who has been
-- told, can object. What the giver consents to on the form goes on record with the confirmation.
ALTER TABLE power_of_attorney ADD COLUMN registered_by text;
ALTER TABLE power_of_attorney ADD COLUMN earliest_at timestamptz;
ALTER TABLE power_of_attorney ADD COLUMN consent_level smallint;
ALTER TABLE power_of_attorney ADD COLUMN consent_terms text;
ALTER TABLE power_of_attorney ADD COLUMN confirmed_by text;
ALTER TABLE power_of_attorney ADD COLUMN effective_at timestamptz;

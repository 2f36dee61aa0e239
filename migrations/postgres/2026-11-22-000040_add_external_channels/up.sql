-- The channels beside the inbox that a service uses (HK-5): an object of JSON. What is not there it does not use.
ALTER TABLE service ADD COLUMN external_channels text NOT NULL DEFAULT '{}';

ALTER TABLE service DROP COLUMN external_channels;

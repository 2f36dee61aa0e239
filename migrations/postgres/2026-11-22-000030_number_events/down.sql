DROP INDEX event_unnumbered;
DROP INDEX event_number;
DELETE FROM event WHERE message_id IS NULL;
ALTER TABLE event
    DROP COLUMN arrival,
    DROP COLUMN mailbox_id,
    DROP COLUMN number,
    ALTER COLUMN service_id SET NOT NULL,
    ALTER COLUMN message_id SET NOT NULL;
DROP TABLE feed;

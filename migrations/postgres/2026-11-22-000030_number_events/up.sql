-- The feed of each organisation. Whoever numbers its events holds its row.
CREATE TABLE feed (
    organisation_id uuid NOT NULL PRIMARY KEY REFERENCES organisation (id),
    last_number bigint NOT NULL,
    last_event_at timestamptz NOT NULL
);
INSERT INTO feed SELECT id, 0, created_at FROM organisation;

-- arrival: the order in which the database took events in. It has gaps and shows before its event is committed, so it
-- only orders those that are numbered together. number: the place in the feed, given after commit.
ALTER TABLE event
    ADD COLUMN arrival bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN mailbox_id uuid,
    ADD COLUMN number bigint,
    ALTER COLUMN service_id DROP NOT NULL,
    ALTER COLUMN message_id DROP NOT NULL;
UPDATE event SET mailbox_id = message.mailbox_id FROM message WHERE message.id = event.message_id;
-- A heartbeat is about no message.
ALTER TABLE event ADD CHECK ((message_id IS NULL) = (service_id IS NULL) AND (message_id IS NULL) = (mailbox_id IS NULL));
CREATE UNIQUE INDEX event_number ON event (organisation_id, number) WHERE number IS NOT NULL;
CREATE INDEX event_unnumbered ON event (organisation_id, arrival) WHERE number IS NULL;
